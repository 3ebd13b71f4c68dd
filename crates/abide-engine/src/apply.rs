//! Changes one host: runs its plan's script, reads what it tells, survives a lost connection.

use std::time::{Duration, Instant};

use abide_host::apply;
use abide_host::apply::{ApplyOptions, HostEvent, Reader};
use abide_host::bootstrap;
use abide_model::{
    Action, ActiveState, Event, FailReason, FailedUnit, HostOutcome, HostReport, LockHolder,
    Observed, Plan, StaleFact, StepOutcome, StepReport, Surprise, printable,
};
use abide_transport::{Exit, RunError};

use crate::cancel::{Cancel, Urgency};
use crate::host::{Host, Options, Sink, Teller};
use crate::nonce;
use crate::observe::{Unseen, began, last_line, no_root, observe};
use crate::script::{self, Limits, NotRun, Script};
use crate::told::Told;
use crate::verify::verdict;

/// Beyond its limit a script begins no step: it puts back what it must, and says how everything was left.
const TIDYING: Duration = Duration::from_secs(60);
/// Pause between two looks at a host that is still at it, or not reachable yet.
const PAUSE: Duration = Duration::from_secs(2);

/// Carries out a host's plan and verifies it. Leaving leaves the script running on the host.
pub(crate) async fn change(
    host: &mut Host,
    options: &Options,
    events: &Sink,
    stop: &Cancel,
) -> HostReport {
    let teller = Teller::start(&host.name, events);
    let mut told = Told::default();
    let outcome = tokio::select! {
        outcome = change_and_verify(host, options, &teller, &mut told) => outcome,
        () = stop.at_least(Urgency::Leave) => HostOutcome::Interrupted,
    };
    let mut report = host.report(outcome);
    report.steps = told.steps;
    report.surprises = told.surprises;
    teller.done(&mut report);
    host.spent += teller.elapsed();
    report
}

async fn change_and_verify(
    host: &mut Host,
    options: &Options,
    teller: &Teller,
    told: &mut Told,
) -> HostOutcome {
    let ran = run_script(host, options, teller, told).await;
    if let Some(holder) = told.locked.take() {
        return HostOutcome::Locked(holder);
    }
    if let Some(suspension) = told.suspended.take() {
        return HostOutcome::Suspended {
            suspension,
            since_plan: true,
        };
    }
    // It ended before it began anything.
    let nothing_else = told.steps.is_empty() && told.reasons.is_empty();
    if ran.is_ok() && nothing_else && !told.stale.is_empty() {
        return HostOutcome::Stale {
            facts: std::mem::take(&mut told.stale),
        };
    }
    let before = std::mem::take(&mut host.left_alone);
    let stale = before.into_iter().chain(std::mem::take(&mut told.stale));
    let stale = stale.map(|fact| FailReason::ScopeLeftAlone(Box::new(fact)));
    told.reasons.extend(stale);
    let seen = match ran {
        // It was not begun: who had root when it was planned has it no more.
        Ok(exit) if exit.code == Some(bootstrap::NO_ROOT) => return no_root(host, &exit).outcome(),
        Ok(exit) => {
            if let Err(why) = began(&exit) {
                return why.outcome();
            }
            note_exit(host, &exit, told);
            let seen = observe_again(host, options).await;
            // Our script has ended: who holds the lock now came after us.
            seen.map(|observed| Observed {
                lock: None,
                ..observed
            })
        }
        Err(Unran::NotSent(why)) => return failed(why),
        Err(Unran::Run(error @ RunError::Lost { .. })) => {
            teller.progress(format!("{error}; reconnecting"));
            let seen = wait_for_end(host, options, teller).await;
            note_unheld(host, &seen, told);
            seen
        }
        Err(Unran::Run(error)) => {
            told.reasons.push(FailReason::told(error.to_string()));
            let seen = observe_again(host, options).await;
            note_unheld(host, &seen, told);
            seen
        }
    };
    if let Ok(observed) = &seen {
        told.surprises = surprises(host, observed, told);
    }
    verdict(host, seen, told)
}

/// Where the forecast was wrong; where a step failed or was not heard of, nobody forecast what came then.
fn surprises(host: &Host, observed: &Observed, told: &Told) -> Vec<Surprise> {
    let Some(plan) = &host.plan else {
        return Vec::new();
    };
    let done = |action: &Action| {
        let mut steps = told.steps.iter();
        steps.any(|step| step.action == action.id && step.outcome == StepOutcome::Ok)
    };
    if plan.actions.iter().all(done) {
        abide_plan::surprises(plan, &host.runs, &abide_plan::Runs::of(observed))
    } else {
        Vec::new()
    }
}

/// Why a script did not come to its end before our eyes.
enum Unran {
    /// It was not even sent.
    NotSent(FailReason),
    /// It was, or may have been.
    Run(RunError),
}

async fn run_script(
    host: &Host,
    options: &Options,
    teller: &Teller,
    told: &mut Told,
) -> Result<Exit, Unran> {
    let (Some(session), Some(plan), Some(facts)) = (&host.session, &host.plan, &host.facts) else {
        return Err(Unran::NotSent(FailReason::NotObserved));
    };
    let nonce = nonce::fresh().map_err(|error| {
        Unran::NotSent(FailReason::NoRandom {
            error: error.to_string(),
        })
    })?;
    let mut reader = Reader::new(plan, &nonce, host.masks());
    let text = apply::script(plan, facts, &apply_options(nonce, options));
    let limits = Limits {
        timeout: longest_run(plan, options) + options.lock_timeout,
        output: apply::largest_output(plan),
        read_only: options.read_only,
    };
    let ran = script::run(
        session,
        host.become_planned(),
        Script::Change(&text),
        limits,
        |line| {
            for event in reader.line(line) {
                note(event, teller, told);
            }
        },
    );
    ran.await.map_err(|error| match error {
        NotRun::Run(error) => Unran::Run(error),
        NotRun::ReadOnly => Unran::NotSent(FailReason::told(error.to_string())),
    })
}

/// How long a script may be at a host that nobody else is at: it ends by itself before that, for it has the same limit,
/// and afterwards tidies up.
fn longest_run(plan: &Plan, options: &Options) -> Duration {
    options.timeout + longest_hold(plan) + TIDYING
}

/// How long the script watches its units, which a person asked for and which is no delay.
fn longest_hold(plan: &Plan) -> Duration {
    let holds = plan.watches.iter().map(|watch| watch.hold);
    holds.max().unwrap_or_default()
}

pub(crate) fn apply_options(nonce: String, options: &Options) -> ApplyOptions {
    ApplyOptions {
        nonce,
        who: options.who.clone(),
        plan: options.plan_name.clone(),
        url: options.job.clone(),
        lock_timeout: options.lock_timeout,
        time_limit: options.timeout,
    }
}

fn note(event: HostEvent, teller: &Teller, told: &mut Told) {
    match event {
        HostEvent::Start(action) => teller.tell(|host| Event::ActionStart { host, action }),
        HostEvent::Done {
            action,
            outcome,
            message,
        } => {
            told.steps.push(StepReport {
                action,
                outcome,
                message: message.clone(),
            });
            teller.tell(|host| Event::ActionDone {
                host,
                action,
                outcome,
                message,
            });
        }
        HostEvent::Progress(message) => teller.progress(message),
        HostEvent::Notice(message) => teller.notice(message),
        HostEvent::Waiting(left, holder) => teller.notice(waiting(left, &holder)),
        HostEvent::Suspended(suspension) => told.suspended = Some(suspension),
        HostEvent::Locked(holder) => told.locked = Some(holder),
        HostEvent::Stale(fact) => told.stale.push(StaleFact::told(fact)),
        HostEvent::UnitFailed(unit) => told.failed_units.push(unit),
        HostEvent::Failed(reason) => told.reasons.push(FailReason::told(reason)),
    }
}

/// Who is waited for, and how much longer.
fn waiting(left: u64, holder: &LockHolder) -> String {
    let plan = match holder.plan.as_str() {
        "" => String::new(),
        plan => format!(" of {plan}"),
    };
    format!(
        "waiting for {} ({}{plan}) to release the lock, {left}s left",
        holder.who, holder.operation
    )
}

/// A script that fails has told why by its events; where it has not, its last words are all there is.
fn note_exit(host: &Host, exit: &Exit, told: &mut Told) {
    let silent = told.reasons.is_empty() && told.failed_units.is_empty();
    let all_well = told
        .steps
        .iter()
        .all(|step| step.outcome == StepOutcome::Ok);
    if !exit.success() && silent && all_well {
        told.reasons.push(FailReason::ScriptEnded {
            status: exit.code,
            said: host.masks().hide(&last_line(&exit.stderr)),
        });
    }
}

/// What the script would have told about units that do not hold, had anybody been there to hear it; without their last
/// words.
fn note_unheld(host: &Host, seen: &Result<Observed, Unseen>, told: &mut Told) {
    let (Ok(observed), Some(plan)) = (seen, &host.plan) else {
        return;
    };
    let unheld = plan.watches.iter().filter_map(|watch| {
        let scope = observed.scopes.get(&watch.unit.scope)?.known()?;
        let unit = scope.units.get(&watch.unit.unit)?;
        let is_down = unit.active == ActiveState::Failed || unit.sub == "auto-restart";
        is_down.then(|| FailedUnit {
            unit: watch.unit.clone(),
            state: format!(
                "{} ({}), {}",
                unit.active.word(),
                unit.result,
                match unit.restarts {
                    1 => "1 restart".to_owned(),
                    restarts => format!("{restarts} restarts"),
                }
            ),
            journal: Vec::new(),
        })
    });
    for unit in unheld {
        if !told
            .failed_units
            .iter()
            .any(|known| known.unit == unit.unit)
        {
            told.failed_units.push(unit);
        }
    }
}

/// Observes with the connection that is there, and with a new one where that broke meanwhile.
async fn observe_again(host: &mut Host, options: &Options) -> Result<Observed, Unseen> {
    match observe(host, options).await {
        Err(why) if why.is_loss() => {
            host.disconnect().await;
            observe(host, options).await
        }
        seen => seen,
    }
}

/// After a lost connection the script goes on by itself, and holds the lock while it does. Reconnects and looks until
/// nobody holds the lock, at most as long as a script may be at it.
async fn wait_for_end(
    host: &mut Host,
    options: &Options,
    teller: &Teller,
) -> Result<Observed, Unseen> {
    let watched = host.plan.as_ref().map(longest_hold).unwrap_or_default();
    let deadline = Instant::now() + options.timeout + watched + TIDYING;
    host.disconnect().await;
    loop {
        let seen = observe(host, options).await;
        let goes_on = match &seen {
            Ok(observed) => observed.lock.is_some(),
            Err(_) => true,
        };
        if !goes_on || Instant::now() + PAUSE > deadline {
            return seen;
        }
        match &seen {
            Ok(_) => teller.progress("the host is still at it"),
            Err(why) => {
                teller.progress(printable(&why.to_string()));
                host.disconnect().await;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn failed(reason: FailReason) -> HostOutcome {
    HostOutcome::Failed {
        reasons: vec![reason],
        residue: None,
        failed_units: Vec::new(),
    }
}
