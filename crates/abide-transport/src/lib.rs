//! Runs a script on a host and streams what it says.
//!
//! A [`Session`] is one connection: over ssh (one handshake, then as many commands as wanted), or to this very
//! machine. It decides how a connection is made, kept, told broken and cleaned up. What is sent and what the answer
//! means is others' business: nothing here knows users, units or plans.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use abide_transport::{Exec, Route, Settings, connect};
//! use std::time::Duration;
//!
//! let session = connect(&Settings::new(Route::Local)).await?;
//! let exec = Exec {
//!     command: "cat",
//!     stdin: b"hello\n",
//!     timeout: Duration::from_secs(10),
//!     max_output: 1024,
//! };
//! let exit = session.run(exec, |line| assert_eq!(line, b"hello")).await?;
//! assert!(exit.is_success());
//! # Ok(())
//! # }
//! ```

mod connect_error;
mod exec;
mod local;
mod settings;
mod ssh;
mod streams;
mod text;

pub use connect_error::ConnectError;
pub use exec::{CommandExit, Exec, RunError};
pub use settings::{Route, Settings};
use std::time::Instant;

use streams::Lines;

/// A connection to a host.
#[derive(Debug)]
pub enum Session {
    /// Over ssh.
    Ssh(ssh::SshSession),
    /// This machine.
    Local(local::LocalSession),
}

/// Connects to a host; never prompts.
pub async fn connect(settings: &Settings) -> Result<Session, ConnectError> {
    let began = Instant::now();
    let session = match &settings.route {
        Route::Local => Ok(Session::Local(local::LocalSession)),
        Route::Ssh { .. } => ssh::connect(settings).await.map(Session::Ssh),
    };
    let took = began.elapsed();
    match &session {
        Ok(_) => tracing::debug!(?took, "connected"),
        Err(error) => tracing::debug!(?took, %error, "not connected"),
    }
    session
}

impl Session {
    /// Runs `sh -c COMMAND`, gives it its standard input, and hands on each line of its standard output (without the
    /// newline, and cut after 64 KiB) as it comes.
    ///
    /// After a timeout, too much output, or a dropped future the streams are closed; the command itself is not killed:
    /// over ssh nobody could, and one that changes the host must not be cut at any point.
    pub async fn run(
        &self,
        exec: Exec<'_>,
        on_line: impl FnMut(&[u8]) + Send,
    ) -> Result<CommandExit, RunError> {
        let mut lines = Lines::new(on_line);
        let exit = self
            .stream_output(exec, |read| lines.push_bytes(read))
            .await?;
        lines.end();
        Ok(exit)
    }

    /// The same, and hands on its standard output as a whole once it has ended.
    pub async fn run_and_collect(
        &self,
        exec: Exec<'_>,
    ) -> Result<(CommandExit, Vec<u8>), RunError> {
        let mut output = Vec::new();
        let exit = self
            .stream_output(exec, |read| output.extend_from_slice(read))
            .await?;
        Ok((exit, output))
    }

    async fn stream_output(
        &self,
        exec: Exec<'_>,
        mut on_bytes: impl FnMut(&[u8]) + Send,
    ) -> Result<CommandExit, RunError> {
        let (began, mut received) = (Instant::now(), 0_usize);
        let count = |read: &[u8]| {
            received = received.saturating_add(read.len());
            on_bytes(read);
        };
        let running = async {
            match self {
                Self::Ssh(session) => session.run(&exec, count).await,
                Self::Local(session) => session.run(&exec, count).await,
            }
        };
        let ended = match tokio::time::timeout(exec.timeout, running).await {
            Ok(ended) => ended,
            Err(_elapsed) => Err(RunError::TimedOut {
                after: exec.timeout,
            }),
        };
        // What is sent and what comes back may hold secrets: only how much it is.
        let (sent, took) = (exec.stdin.len(), began.elapsed());
        match &ended {
            Ok(exit) => tracing::debug!(sent, received, ?took, status = ?exit.code, "ran"),
            Err(error) => tracing::debug!(sent, received, ?took, %error, "did not end"),
        }
        ended
    }

    /// Ends the connection and removes what belongs to it on this machine. Dropping the session does the same, but
    /// blocks for a moment.
    pub async fn close(self) {
        match self {
            Self::Ssh(session) => session.close().await,
            Self::Local(_) => {}
        }
    }
}
