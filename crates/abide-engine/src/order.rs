//! Carries an order to a host: suspend, resume, break a lock.

use std::time::Duration;

use abide_host::order::{self, LockOrder, OrderOutcome};
use abide_model::Become;

use crate::cancel::{Cancel, Urgency};
use crate::host::{EngineHost, EngineOptions, Sink, Teller};
use crate::nonce;
use crate::observe::{Unseen, check_script_began, connected_session, last_line};
use crate::script::{self, Limits, NotRun, Script};

/// Breaking a lock waits ten seconds for its holder; the rest is a file.
const PATIENCE: Duration = Duration::from_secs(60);
const LARGEST_ANSWER: usize = 64 << 10;

/// Why an order was not carried out. `Display` is one clause.
#[derive(Debug, thiserror::Error)]
pub enum Undone {
    /// The host did not answer.
    #[error("{0}")]
    Unseen(#[from] Unseen),
    /// It answered that it cannot.
    #[error("{0}")]
    Refused(String),
}

/// Carries out an order; the answer is what was done.
pub(crate) async fn carry_out(
    host: &mut EngineHost,
    order: &LockOrder,
    options: &EngineOptions,
    events: &Sink,
    stop: &Cancel,
) -> Result<String, Undone> {
    let teller = Teller::start(&host.name, events);
    let done = tokio::select! {
        done = send(host, order, options) => done,
        () = stop.at_least(Urgency::Leave) => Err(Undone::Unseen(Unseen::Cancelled)),
    };
    host.spent += teller.elapsed_time();
    done
}

async fn send(
    host: &mut EngineHost,
    order: &LockOrder,
    options: &EngineOptions,
) -> Result<String, Undone> {
    let nonce = nonce::random_hex().map_err(Unseen::Nonce)?;
    let text = order::script(order, &nonce);
    let r#become = host.wanted.connection.r#become;
    let session = connected_session(host, options).await?;
    let limits = Limits {
        timeout: PATIENCE,
        output: LARGEST_ANSWER,
        read_only: options.read_only,
    };
    let mut answer = None;
    let ran = script::run(session, r#become, Script::Change(&text), limits, |line| {
        if let Some(said) = order::read(line, &nonce) {
            answer = Some(said);
        }
    })
    .await;
    let exit = match ran {
        Ok(exit) => exit,
        Err(NotRun::Run(error)) => return Err(Unseen::Run(error).into()),
        Err(error @ NotRun::ReadOnly) => return Err(Undone::Refused(error.to_string())),
    };
    check_script_began(&exit)?;
    match answer {
        Some(OrderOutcome::Done(done)) => Ok(done),
        Some(OrderOutcome::Refused(why)) => Err(Undone::Refused(why)),
        // Where any way is good, only a host on which abide was root before ends so (order.sh).
        None if exit.code == Some(abide_host::bootstrap::NO_ROOT) => {
            let said = last_line(&exit.stderr);
            Err(match r#become {
                Become::Auto => Unseen::RootLost(said),
                _ => Unseen::NoRoot(said),
            }
            .into())
        }
        None => Err(Undone::Refused(last_line(&exit.stderr))),
    }
}
