//! What is run, and how it can end.

use std::io;
use std::time::Duration;

/// A command for a host's `sh`.
#[derive(Clone, Copy)]
pub struct Exec<'a> {
    /// Shell command line. It is visible in the host's process list: nothing secret belongs here.
    pub command: &'a str,
    /// What it gets on its standard input.
    pub stdin: &'a [u8],
    /// How long it may take.
    pub timeout: Duration,
    /// How many bytes it may write to its standard output, and as many to its standard error.
    pub max_output: usize,
}

impl std::fmt::Debug for Exec<'_> {
    /// Standard input may hold secrets: only its size is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exec")
            .field("command", &self.command)
            .field("stdin", &format_args!("{} bytes", self.stdin.len()))
            .field("timeout", &self.timeout)
            .field("max_output", &self.max_output)
            .finish()
    }
}

/// How a command ended.
#[must_use = "a command that ran may have failed"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandExit {
    /// Its exit status; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to its standard error, cut to a few KiB and safe to print.
    pub stderr: String,
}

impl CommandExit {
    /// Whether its status was 0.
    pub fn is_success(&self) -> bool {
        self.code == Some(0)
    }
}

/// Why nobody knows how a command ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// It did not end in time. It may still run on the host.
    #[error("no end within {} s", after.as_secs())]
    TimedOut {
        /// The limit.
        after: Duration,
    },
    /// The connection broke. The command may still run on the host.
    #[error("the connection was lost{}", reason_clause(reason))]
    Lost {
        /// What ssh said about it; may be empty.
        reason: String,
    },
    /// It wrote more than it may.
    #[error("it wrote more than {limit} bytes")]
    TooMuchOutput {
        /// The limit.
        limit: usize,
    },
    /// It was not started: the host refused another session (`MaxSessions` in `sshd_config(5)`), for example.
    #[error("it could not be started{}", reason_clause(reason))]
    NotStarted {
        /// What was said about it.
        reason: String,
    },
    /// A stream of this machine failed.
    #[error("its streams could not be read")]
    Streams(#[source] io::Error),
}

fn reason_clause(reason: &str) -> String {
    if reason.is_empty() {
        String::new()
    } else {
        format!(": {reason}")
    }
}
