//! Asks a host what it is: one connection, one script, one answer.

use std::time::Duration;

use abide_host::{bootstrap, probe};
use abide_model::{HostOutcome, Observed, RootRoute, printable_text};
use abide_transport::{CommandExit, ConnectError, RunError, Session};

use crate::host::{EngineHost, EngineOptions};
use crate::inputs;
use crate::nonce;
use crate::room;
use crate::script::{self, Limits, NotRun};
use crate::settings::transport_settings;

/// An observation is a few processes; a host that takes longer is ill.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why a host could not be observed. `Display` is one clause; [`Unseen::help_text`] the next step.
#[derive(Debug, thiserror::Error)]
pub enum Unseen {
    /// No connection.
    #[error("{0}")]
    Connect(ConnectError),
    /// It said more than the question deserves; the rest was not read.
    #[error("it answered more than was asked: more than {} MiB", limit >> 20)]
    TooMuch {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The connection broke, or the script did not come to its end.
    #[error("observing it failed: {0}")]
    Run(RunError),
    /// The asked way to root does not work.
    #[error("no way to root: {0}")]
    NoRoot(String),
    /// It worked when the host was observed, or on this host before.
    #[error("root was lost there: {0}")]
    RootLost(String),
    /// The login shell did something else than to run the script.
    #[error("the login shell does not run what it is asked for: {did}")]
    LoginShell {
        /// What it did, one clause.
        did: String,
    },
    /// The script failed.
    #[error("the probe ended with status {status}: {said}")]
    Status {
        /// Its exit status; -1 for a signal.
        status: i32,
        /// What it said.
        said: String,
    },
    /// The answer means nothing, or says that the host cannot be managed.
    #[error("{0}")]
    Answer(#[source] probe::ProbeError),
    /// This machine gives no random numbers.
    #[error("no random numbers on this machine: {0}")]
    Nonce(#[source] std::io::Error),
    /// A bug of abide: its task for the host broke down.
    #[error("abide itself failed: {0}")]
    Broken(String),
    /// The run was ended first.
    #[error("the run was ended first")]
    Cancelled,
}

impl Unseen {
    /// What a person can do about it.
    pub fn help_text(&self) -> Option<String> {
        match self {
            Self::Connect(error) => error.help_text(),
            Self::NoRoot(said) => Some(way_to_root(said).to_owned()),
            Self::RootLost(said) => Some(format!(
                "nothing is done there without it; {}",
                way_to_root(said)
            )),
            Self::Run(RunError::TimedOut { .. }) => {
                Some("look at the host by hand, or allow more time with `--timeout`".to_owned())
            }
            Self::Run(RunError::NotStarted { .. }) => {
                Some("sshd refuses another session: see MaxSessions in sshd_config(5)".to_owned())
            }
            Self::TooMuch { .. } => Some(
                "look at what `ssh HOST true` prints: a login shell must be silent, and a host that floods is not to be trusted".to_owned(),
            ),
            Self::LoginShell { .. } => Some(
                "a login user needs a shell that runs commands (not `nologin`, `false` or `rbash`); what its start files (`.bashrc`, `.zshenv`, `/etc/profile.d` …) read, exec or exit from is done at every login by ssh too: put `case $- in *i*) ;; *) return ;; esac` before it; `ssh HOST true` must end at once, with 0".to_owned(),
            ),
            Self::Status {
                status: 126 | 127, ..
            } => Some("abide needs a POSIX `sh` on the host".to_owned()),
            _ => None,
        }
    }

    /// The outcome of a host that could not be observed.
    pub(crate) fn host_outcome(&self) -> HostOutcome {
        match self {
            Self::Cancelled => HostOutcome::NotStarted,
            _ => HostOutcome::Unreachable {
                reason: self.to_string(),
                help: self.help_text(),
            },
        }
    }

    /// Whether a new connection may help.
    pub(crate) fn is_loss(&self) -> bool {
        matches!(self, Self::Run(RunError::Lost { .. }))
    }
}

fn way_to_root(said: &str) -> &'static str {
    if said.contains("password") || said.contains("Authentication required") {
        "abide never types passwords: allow it without one (`NOPASSWD` in sudoers(5), `nopass` in doas.conf(5)), or connect as root"
    } else {
        "install it, connect as root, or write `become: never` to manage only the login user's own units"
    }
}

/// The connection; made where there is none yet.
pub(crate) async fn connected_session<'h>(
    host: &'h mut EngineHost,
    options: &EngineOptions,
) -> Result<&'h Session, Unseen> {
    if host.session.is_none() {
        let connection = &host.wanted.connection;
        let settings = transport_settings(&host.name, connection, options.runtime_dir.as_deref());
        let session = abide_transport::connect(&settings)
            .await
            .map_err(Unseen::Connect)?;
        host.session = Some(session);
    }
    host.session.as_ref().ok_or(Unseen::Cancelled)
}

/// Connects where there is no connection yet, and observes.
pub(crate) async fn observe(
    host: &mut EngineHost,
    options: &EngineOptions,
) -> Result<Observed, Unseen> {
    connected_session(host, options).await?;
    let nonce = nonce::random_hex().map_err(Unseen::Nonce)?;
    let Some(session) = &host.session else {
        return Err(Unseen::Cancelled);
    };
    let mut observed = probe(session, host, &nonce, options).await?;
    inputs::add(session, host, &mut observed, options).await;
    Ok(observed)
}

async fn probe(
    session: &Session,
    host: &EngineHost,
    nonce: &str,
    options: &EngineOptions,
) -> Result<Observed, Unseen> {
    let desired = &host.wanted.desired;
    // After an apply there may be nothing that names what stopped, so it is asked for by name.
    let text = probe::script_with(
        desired,
        host.runs.undeclared_units(),
        options.rehearse,
        nonce,
    );
    let limits = Limits {
        timeout: options.timeout.min(PATIENCE),
        output: probe::largest_answer(desired, host.runs.undeclared_units()),
        read_only: options.read_only,
    };
    // Held until the answer has been read and is let go.
    let _room = room::reserve_memory(limits.output).await;
    let asked = script::ask(session, host.r#become(), &text, limits);
    let (exit, answer) = match asked.await {
        Ok(answered) => answered,
        Err(NotRun::Run(RunError::TooMuchOutput { limit })) => {
            return Err(Unseen::TooMuch { limit });
        }
        Err(NotRun::Run(error)) => return Err(Unseen::Run(error)),
        Err(error @ NotRun::ReadOnly) => return Err(Unseen::Broken(error.to_string())),
    };
    let observed = match read(&exit, host, |()| probe::read(desired, nonce, &answer)) {
        Ok(observed) => observed,
        Err(why) => {
            let did = login_shell_interference(&exit, &answer, nonce);
            return Err(did.map_or(why, |did| Unseen::LoginShell { did }));
        }
    };
    match &observed.facts.root {
        RootRoute::None(why) if host.had_root() => Err(Unseen::RootLost(why.clone())),
        _ => Ok(observed),
    }
}

/// What the login shell did where the script could not begin for it.
fn shell_reading_script(exit: &CommandExit) -> Option<String> {
    let did = "it read what is sent to the script, or some of it";
    (exit.code == Some(bootstrap::NOT_WHOLE)).then(|| did.to_owned())
}

/// Fails where the script could not begin.
pub(crate) fn check_script_began(exit: &CommandExit) -> Result<(), Unseen> {
    shell_reading_script(exit).map_or(Ok(()), |did| Err(Unseen::LoginShell { did }))
}

/// What the login shell did in place of the script, where nothing of an answer came.
fn login_shell_interference(exit: &CommandExit, answer: &[u8], nonce: &str) -> Option<String> {
    let first = bootstrap::FIRST.as_bytes();
    if answer.windows(first.len()).any(|bytes| bytes == first) {
        return Some("it printed the script that is sent to it".to_owned());
    }
    if let Some(did) = shell_reading_script(exit) {
        return Some(did);
    }
    // These have a meaning of their own: no root, and no `sh`.
    let known = matches!(exit.code, Some(bootstrap::NO_ROOT | 126 | 127) | None);
    if known || probe::was_asked(answer, nonce) {
        return None;
    }
    let ended = match exit.code {
        Some(0) | None => "it ended".to_owned(),
        Some(code) => format!("it ended with status {code}"),
    };
    let answer = String::from_utf8_lossy(answer.get(..answer.len().min(4096)).unwrap_or_default());
    // What came of the script without its words has the host's name at most.
    let printed = answer
        .lines()
        .find(|line| !line.trim().is_empty() && !line.contains(nonce));
    if printed.is_some_and(|line| line.starts_with("hostname=")) {
        return Some(
            "it put another shell in its place, which does not know how abide came".to_owned(),
        );
    }
    let said = exit.stderr.lines().rfind(|line| !line.trim().is_empty());
    let words: Vec<String> = [printed, said]
        .into_iter()
        .flatten()
        .map(|line| {
            format!(
                "`{}`",
                printable_text(&line.trim().chars().take(200).collect::<String>())
            )
        })
        .collect();
    Some(match words.is_empty() {
        true => format!("{ended} and printed nothing"),
        false => format!("{ended} and printed {}", words.join(" and ")),
    })
}

/// Where there is no way to root: what was there and is lost is another thing than what never was.
pub(crate) fn no_root(host: &EngineHost, exit: &CommandExit) -> Unseen {
    let said = last_line(&exit.stderr);
    if host.had_root() {
        Unseen::RootLost(said)
    } else {
        Unseen::NoRoot(said)
    }
}

/// What an ended probe amounts to. The answer is looked at first: it knows more than an exit status.
fn read(
    exit: &CommandExit,
    host: &EngineHost,
    answer: impl FnOnce(()) -> Result<Observed, probe::ProbeError>,
) -> Result<Observed, Unseen> {
    match exit.code {
        Some(bootstrap::NO_ROOT) => Err(no_root(host, exit)),
        Some(0) => answer(()).map_err(Unseen::Answer),
        status => match answer(()) {
            Ok(observed) => Ok(observed),
            Err(_) => Err(Unseen::Status {
                status: status.unwrap_or(-1),
                said: last_line(&exit.stderr),
            }),
        },
    }
}

/// The last thing that was said, as one line.
pub(crate) fn last_line(text: &str) -> String {
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    printable_text(last.unwrap_or("nothing was said").trim())
}
