//! A connection over the user's own ssh.
//!
//! ssh runs once, as a master that logs in and then serves commands through a socket (`ControlMaster` in
//! `ssh_config(5)`); the `openssh` crate speaks to that socket. The master is started here and not by the crate's
//! builder: so a login that hangs can be ended, what a jump host says is kept, and how long it outlives us is ours to say.

mod master;

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use openssh::Stdio;

use crate::connect_error::ConnectError;
use crate::exec::{CommandExit, Exec, RunError};
use crate::settings::Settings;
use crate::streams::{Streams, missing_stream};
use crate::text::printable_text;

/// A connection over ssh.
#[derive(Debug)]
pub struct SshSession {
    // Fields are dropped in this order: first let go, then stop the master.
    _hold: UnixStream,
    mux: openssh::Session,
    log: PathBuf,
}

/// Connects: starts the master and holds on to it.
pub(crate) async fn connect(settings: &Settings) -> Result<SshSession, ConnectError> {
    let directory = master::start(settings).await?;
    let log = directory.path().join(master::LOG);
    let socket = directory.path().join(master::SOCKET);
    let mux = openssh::Session::new_native_mux(directory);
    // An open client keeps the master up while a person reads a plan, however short `ControlPersist` is, and the
    // kernel closes it whatever ends this process.
    let hold = UnixStream::connect(socket).map_err(ConnectError::Socket)?;
    Ok(SshSession {
        _hold: hold,
        mux,
        log,
    })
}

impl SshSession {
    pub(crate) async fn run(
        &self,
        exec: &Exec<'_>,
        on_bytes: impl FnMut(&[u8]),
    ) -> Result<CommandExit, RunError> {
        let spawned = self
            .mux
            .raw_command(exec.command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .await;
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return Err(self.not_started(error).await),
        };
        let streams = Streams {
            stdin: child.stdin().take().ok_or_else(missing_stream)?,
            stdout: child.stdout().take().ok_or_else(missing_stream)?,
            stderr: child.stderr().take().ok_or_else(missing_stream)?,
        };
        let stderr = streams.feed_and_read(exec, on_bytes).await?;
        let code = match child.wait().await {
            Ok(status) => status.code(),
            // The crate's reading of status 127.
            Err(openssh::Error::Remote(_)) => Some(127),
            // Without a status: a signal ended the command, or the connection broke.
            Err(openssh::Error::RemoteProcessTerminated) if self.is_alive().await => None,
            Err(_) => return Err(self.connection_lost_error()),
        };
        Ok(CommandExit { code, stderr })
    }

    pub(crate) async fn close(self) {
        let Self {
            _hold: hold, mux, ..
        } = self;
        drop(hold);
        // The master may be gone already, and then there is nothing to close.
        let _ignored = mux.close().await;
    }

    /// Whether the master still serves, a moment after something ended: while it dies, commands end first.
    async fn is_alive(&self) -> bool {
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.mux.check().await.is_ok()
    }

    async fn not_started(&self, error: openssh::Error) -> RunError {
        if self.is_alive().await {
            let mut reason = error.to_string();
            if let Some(source) = std::error::Error::source(&error) {
                reason = source.to_string();
            }
            return RunError::NotStarted {
                reason: printable_text(reason.as_bytes()),
            };
        }
        self.connection_lost_error()
    }

    fn connection_lost_error(&self) -> RunError {
        let log = master::read_log(&self.log).unwrap_or_default();
        let last = log
            .split(|byte| *byte == b'\n')
            .rfind(|line| !line.trim_ascii().is_empty());
        RunError::Lost {
            reason: printable_text(last.unwrap_or_default()),
        }
    }
}
