//! The only way to a host: a script that is sent over its connection, of a kind that says whether it may write.

use std::time::Duration;

use abide_host::bootstrap;
use abide_model::Become;
use abide_transport::{CommandExit, Exec, RunError, Session};

/// A script, by what it may do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Script<'a> {
    /// A probe: it reads.
    Probe(&'a str),
    /// Everything else: it may change the host.
    Change(&'a str),
}

impl Script<'_> {
    /// What the log calls it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Probe(_) => "probe",
            Self::Change(_) => "change",
        }
    }
}

/// Why a script did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRun {
    /// This run may only look.
    #[error("this run only looks: it changes nothing on a host")]
    ReadOnly,
    /// The connection or the script failed.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Limits of a script.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) timeout: Duration,
    pub(crate) output: usize,
    /// Nothing but a probe is ever sent.
    pub(crate) read_only: bool,
}

/// Runs a script as the manifest wants to become root.
pub(crate) async fn run(
    session: &Session,
    r#become: Become,
    script: Script<'_>,
    limits: Limits,
    on_line: impl FnMut(&[u8]) + Send,
) -> Result<CommandExit, NotRun> {
    let (command, input) = (bootstrap::command(r#become), script_input(script, limits)?);
    let exec = exec((&command, &input), limits);
    Ok(session.run(exec, on_line).await?)
}

/// What is sent, if it may be.
fn script_input(script: Script<'_>, limits: Limits) -> Result<String, NotRun> {
    let text = match script {
        Script::Probe(text) => text,
        Script::Change(_) if limits.read_only => return Err(NotRun::ReadOnly),
        Script::Change(text) => text,
    };
    tracing::debug!(kind = script.kind(), bytes = text.len(), timeout = ?limits.timeout, "sending a script");
    Ok(bootstrap::marked_script(text))
}

fn exec<'a>((command, input): (&'a str, &'a str), limits: Limits) -> Exec<'a> {
    Exec {
        command,
        stdin: input.as_bytes(),
        timeout: limits.timeout,
        max_output: limits.output,
    }
}

/// Runs a probe and gathers what it answers.
pub(crate) async fn ask(
    session: &Session,
    r#become: Become,
    probe: &str,
    limits: Limits,
) -> Result<(CommandExit, Vec<u8>), NotRun> {
    let command = bootstrap::command(r#become);
    let input = script_input(Script::Probe(probe), limits)?;
    Ok(session
        .run_and_collect(exec((&command, &input), limits))
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_transport::{Route, Settings, connect};

    /// What this script leaves behind, on this machine, without root.
    async fn leaves(
        script: impl Fn(&str) -> String,
        is_probe: bool,
        read_only: bool,
    ) -> (bool, bool) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("written");
        let text = script(&path.to_string_lossy());
        let session = connect(&Settings::new(Route::Local)).await.unwrap();
        let kind = if is_probe {
            Script::Probe(&text)
        } else {
            Script::Change(&text)
        };
        let limits = Limits {
            timeout: Duration::from_secs(20),
            output: 1024,
            read_only,
        };
        let ran = run(&session, Become::Never, kind, limits, |_| {}).await;
        (matches!(ran, Err(NotRun::ReadOnly)), path.exists())
    }

    #[tokio::test]
    async fn a_run_that_only_looks_sends_nothing_that_may_write() {
        let write = |path: &str| format!(": >'{path}'\n");
        assert_eq!(leaves(write, false, false).await, (false, true));
        assert_eq!(leaves(write, false, true).await, (true, false));
    }

    #[tokio::test]
    async fn a_run_that_only_looks_still_sends_probes() {
        let look = |_: &str| "exit 0\n".to_owned();
        assert_eq!(leaves(look, true, true).await, (false, false));
    }
}
