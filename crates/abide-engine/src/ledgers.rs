//! Looks at the ledgers of a host as they stand, and carries out a repair of them.

use std::time::Duration;

use abide_host::bootstrap;
use abide_host::ledger::repair::{RepairOptions, Repaired};
use abide_host::ledger::{ask, repair};
use abide_model::{Become, HostLedgers, LedgerRepair, LockHolder, Suspension};
use abide_transport::{CommandExit, RunError};

use crate::cancel::{Cancel, Urgency};
use crate::host::{EngineHost, EngineOptions, Sink, Teller};
use crate::nonce;
use crate::observe::{Unseen, check_script_began, connected_session, last_line};
use crate::room;
use crate::script::{self, Limits, NotRun, Script};

/// A question is a few processes; a repair copies a few files.
const PATIENCE: Duration = Duration::from_secs(120);
/// A repair may take so long once it has the lock.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Why ledgers were not looked at, or not repaired. `Display` is one clause.
#[derive(Debug, thiserror::Error)]
pub enum LedgersError {
    /// The host did not answer.
    #[error("{0}")]
    Unseen(#[from] Unseen),
    /// Its answer says nothing.
    #[error("{0}")]
    Answer(#[from] ask::AskError),
    /// Somebody else is changing it.
    #[error("{} holds its lock ({}): wait, or see `abide lock ls`", .0.who, .0.operation)]
    Locked(LockHolder),
    /// It is to be left alone for now.
    #[error("it is suspended by {}: {}; `abide resume` ends that", .0.who, .0.reason)]
    Suspended(Suspension),
    /// The script failed.
    #[error("{0}")]
    Failed(String),
}

/// What ledgers a host has.
pub(crate) async fn look(
    host: &mut EngineHost,
    options: &EngineOptions,
    events: &Sink,
    stop: &Cancel,
) -> Result<HostLedgers, LedgersError> {
    let teller = Teller::start(&host.name, events);
    let seen = tokio::select! {
        seen = ask_for_them(host, options) => seen,
        () = stop.at_least(Urgency::Finish) => Err(Unseen::Cancelled.into()),
    };
    host.spent += teller.elapsed_time();
    seen
}

async fn ask_for_them(
    host: &mut EngineHost,
    options: &EngineOptions,
) -> Result<HostLedgers, LedgersError> {
    let nonce = nonce::random_hex().map_err(Unseen::Nonce)?;
    let r#become = host.wanted.connection.r#become;
    let session = connected_session(host, options).await?;
    let limits = Limits {
        timeout: options.timeout.min(PATIENCE),
        output: ask::largest_answer(),
        read_only: options.read_only,
    };
    let _room = room::reserve_memory(limits.output).await;
    let asked = script::ask(session, r#become, &ask::script(&nonce), limits).await;
    let (exit, answer) = asked.map_err(|error| not_run(error, limits.output))?;
    has_root(&exit, r#become)?;
    ask::read(&nonce, &answer).map_err(|error| match exit.code {
        Some(0) | None => error.into(),
        Some(status) => Unseen::Status {
            status,
            said: last_line(&exit.stderr),
        }
        .into(),
    })
}

/// Carries out a repair.
pub(crate) async fn carry_out_repair(
    host: &mut EngineHost,
    what: &LedgerRepair,
    options: &EngineOptions,
    events: &Sink,
    stop: &Cancel,
) -> Result<Repaired, LedgersError> {
    let teller = Teller::start(&host.name, events);
    let done = tokio::select! {
        done = send(host, what, options) => done,
        () = stop.at_least(Urgency::Leave) => Err(Unseen::Cancelled.into()),
    };
    host.spent += teller.elapsed_time();
    done
}

async fn send(
    host: &mut EngineHost,
    what: &LedgerRepair,
    options: &EngineOptions,
) -> Result<Repaired, LedgersError> {
    let nonce = nonce::random_hex().map_err(Unseen::Nonce)?;
    let settings = RepairOptions {
        nonce: nonce.clone(),
        who: options.who.clone(),
        url: options.job.clone(),
        time_limit: TIME_LIMIT,
    };
    let text = repair::script(what, &settings);
    let r#become = host.wanted.connection.r#become;
    let session = connected_session(host, options).await?;
    let limits = Limits {
        timeout: PATIENCE,
        output: repair::largest_answer(what),
        read_only: options.read_only,
    };
    let mut reader = repair::RepairReader::new(what, &nonce);
    let ran = script::run(session, r#become, Script::Change(&text), limits, |line| {
        reader.line(line);
    });
    let exit = ran.await.map_err(|error| not_run(error, limits.output))?;
    has_root(&exit, r#become)?;
    let mut told = reader.end();
    if let Some(holder) = told.locked.take() {
        return Err(LedgersError::Locked(holder));
    }
    if let Some(suspension) = told.suspended.take() {
        return Err(LedgersError::Suspended(suspension));
    }
    if !told.ended && told.steps.is_empty() {
        let why = told.failed.pop();
        let why = why.unwrap_or_else(|| last_line(&exit.stderr));
        return Err(LedgersError::Failed(why));
    }
    Ok(told)
}

fn not_run(error: NotRun, limit: usize) -> LedgersError {
    match error {
        NotRun::Run(RunError::TooMuchOutput { .. }) => Unseen::TooMuch { limit }.into(),
        NotRun::Run(error) => Unseen::Run(error).into(),
        error @ NotRun::ReadOnly => LedgersError::Failed(error.to_string()),
    }
}

/// Where any way is good, only a host on which abide was root before ends so (`places.sh`).
fn has_root(exit: &CommandExit, r#become: Become) -> Result<(), Unseen> {
    check_script_began(exit)?;
    if exit.code != Some(bootstrap::NO_ROOT) {
        return Ok(());
    }
    let said = last_line(&exit.stderr);
    Err(match r#become {
        Become::Auto => Unseen::RootLost(said),
        _ => Unseen::NoRoot(said),
    })
}
