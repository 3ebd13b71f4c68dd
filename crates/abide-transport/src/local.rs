//! This machine as a host: `sh -c`, without ssh.

use std::process::Stdio;

use tokio::process::Command;

use crate::exec::{CommandExit, Exec, RunError};
use crate::streams::{Streams, missing_stream};

/// This machine.
#[derive(Debug, Clone, Copy)]
pub struct LocalSession;

impl LocalSession {
    pub(crate) async fn run(
        self,
        exec: &Exec<'_>,
        on_bytes: impl FnMut(&[u8]),
    ) -> Result<CommandExit, RunError> {
        let mut child = Command::new("/bin/sh")
            .arg("-c")
            .arg(exec.command)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: Ctrl-C in the terminal is ours to handle and must not cut a script that changes the
            // machine.
            .process_group(0)
            .spawn()
            .map_err(|error| RunError::NotStarted {
                reason: format!("/bin/sh: {error}"),
            })?;
        let streams = Streams {
            stdin: child.stdin.take().ok_or_else(missing_stream)?,
            stdout: child.stdout.take().ok_or_else(missing_stream)?,
            stderr: child.stderr.take().ok_or_else(missing_stream)?,
        };
        let stderr = streams.feed_and_read(exec, on_bytes).await?;
        let status = child.wait().await.map_err(RunError::Streams)?;
        Ok(CommandExit {
            code: status.code(),
            stderr,
        })
    }
}
