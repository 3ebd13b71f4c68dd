//! Changes one host: runs its plan's script, reads what it tells, survives a lost connection.

use std::time::{Duration, Instant};

use abide_host::apply;
use abide_host::apply::{ApplyOptions, ApplyReader, HostEvent};
use abide_host::bootstrap;
use abide_model::{
    Action, ActiveState, Event, FailReason, FailedUnit, HostOutcome, HostReport, LockHolder,
    Observed, Plan, StaleFact, StepOutcome, StepReport, Surprise, printable_text,
};
use abide_transport::{CommandExit, RunError};

use crate::cancel::{Cancel, Urgency};
use crate::host::{EngineHost, EngineOptions, Sink, Teller};
use crate::nonce;
use crate::observe::{Unseen, check_script_began, last_line, no_root, observe};
use crate::script::{self, Limits, NotRun, Script};
use crate::told::Told;
use crate::verify::apply_outcome;

/// Beyond its limit a script begins no step: it puts back what it must, and says how everything was left.
const TIDYING: Duration = Duration::from_secs(60);
/// Pause between two looks at a host that is still at it, or not reachable yet.
const PAUSE: Duration = Duration::from_secs(2);

/// Carries out a host's plan and verifies it. Leaving leaves the script running on the host.
pub(crate) async fn change(
    host: &mut EngineHost,
    options: &EngineOptions,
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
    teller.finish_host(&mut report);
    host.spent += teller.elapsed_time();
    report
}

async fn change_and_verify(
    host: &mut EngineHost,
    options: &EngineOptions,
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
        Ok(exit) if exit.code == Some(bootstrap::NO_ROOT) => {
            return no_root(host, &exit).host_outcome();
        }
        Ok(exit) => {
            if let Err(why) = check_script_began(&exit) {
                return why.host_outcome();
            }
            note_exit(host, &exit, told);
            let seen = observe_again(host, options).await;
            // Our script has ended: who holds the lock now came after us.
            seen.map(|observed| Observed {
                lock: None,
                ..observed
            })
        }
        Err(Unran::NotSent(why)) => return failed_outcome(why),
        Err(Unran::Run(error @ RunError::Lost { .. })) => {
            teller.send_progress(format!("{error}; reconnecting"));
            let seen = wait_for_end(host, options, teller).await;
            note_unheld(host, &seen, told);
            seen
        }
        Err(Unran::Run(error)) => {
            told.reasons.push(FailReason::from_text(error.to_string()));
            let seen = observe_again(host, options).await;
            note_unheld(host, &seen, told);
            seen
        }
    };
    if let Ok(observed) = &seen {
        told.surprises = surprises_after_full_apply(host, observed, told);
    }
    apply_outcome(host, seen, told)
}

/// Where the forecast was wrong; where a step failed or was not heard of, nobody forecast what came then.
fn surprises_after_full_apply(
    host: &EngineHost,
    observed: &Observed,
    told: &Told,
) -> Vec<Surprise> {
    let Some(plan) = &host.plan else {
        return Vec::new();
    };
    let done = |action: &Action| {
        let mut steps = told.steps.iter();
        steps.any(|step| step.action == action.id && step.outcome == StepOutcome::Ok)
    };
    if plan.actions.iter().all(done) {
        abide_plan::find_surprises(plan, &host.runs, &abide_plan::Runs::of_observed(observed))
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
    host: &EngineHost,
    options: &EngineOptions,
    teller: &Teller,
    told: &mut Told,
) -> Result<CommandExit, Unran> {
    let (Some(session), Some(plan), Some(facts)) = (&host.session, &host.plan, &host.facts) else {
        return Err(Unran::NotSent(FailReason::NotObserved));
    };
    let nonce = nonce::random_hex().map_err(|error| {
        Unran::NotSent(FailReason::NoRandom {
            error: error.to_string(),
        })
    })?;
    let mut reader = ApplyReader::new(plan, &nonce, host.secret_masks());
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
        NotRun::ReadOnly => Unran::NotSent(FailReason::from_text(error.to_string())),
    })
}

/// How long a script may be at a host that nobody else is at: it ends by itself before that, for it has the same limit,
/// and afterwards tidies up.
fn longest_run(plan: &Plan, options: &EngineOptions) -> Duration {
    options.timeout + longest_hold(plan) + TIDYING
}

/// How long the script watches its units, which a person asked for and which is no delay.
fn longest_hold(plan: &Plan) -> Duration {
    let holds = plan.watches.iter().map(|watch| watch.hold);
    holds.max().unwrap_or_default()
}

pub(crate) fn apply_options(nonce: String, options: &EngineOptions) -> ApplyOptions {
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
        HostEvent::Start(action) => teller.send_event(|host| Event::ActionStart { host, action }),
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
            teller.send_event(|host| Event::ActionDone {
                host,
                action,
                outcome,
                message,
            });
        }
        HostEvent::Progress(message) => teller.send_progress(message),
        HostEvent::Notice(message) => teller.send_notice(message),
        HostEvent::Waiting(left, holder) => teller.send_notice(lock_wait_text(left, &holder)),
        HostEvent::Suspended(suspension) => told.suspended = Some(suspension),
        HostEvent::Locked(holder) => told.locked = Some(holder),
        HostEvent::Stale(fact) => told.stale.push(StaleFact::from_text(fact)),
        HostEvent::UnitFailed(unit) => told.failed_units.push(unit),
        HostEvent::Failed(reason) => told.reasons.push(FailReason::from_text(reason)),
    }
}

/// Who is waited for, and how much longer.
fn lock_wait_text(left: u64, holder: &LockHolder) -> String {
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
fn note_exit(host: &EngineHost, exit: &CommandExit, told: &mut Told) {
    let silent = told.reasons.is_empty() && told.failed_units.is_empty();
    let all_well = told
        .steps
        .iter()
        .all(|step| step.outcome == StepOutcome::Ok);
    if !exit.is_success() && silent && all_well {
        told.reasons.push(FailReason::ScriptEnded {
            status: exit.code,
            said: host.secret_masks().hide(&last_line(&exit.stderr)),
        });
    }
}

/// What the script would have told about units that do not hold, had anybody been there to hear it; without their last
/// words.
fn note_unheld(host: &EngineHost, seen: &Result<Observed, Unseen>, told: &mut Told) {
    let (Ok(observed), Some(plan)) = (seen, &host.plan) else {
        return;
    };
    let unheld = plan.watches.iter().filter_map(|watch| {
        let scope = observed.scopes.get(&watch.unit.scope)?.as_known()?;
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
async fn observe_again(host: &mut EngineHost, options: &EngineOptions) -> Result<Observed, Unseen> {
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
    host: &mut EngineHost,
    options: &EngineOptions,
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
            Ok(_) => teller.send_progress("the host is still at it"),
            Err(why) => {
                teller.send_progress(printable_text(&why.to_string()));
                host.disconnect().await;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn failed_outcome(reason: FailReason) -> HostOutcome {
    HostOutcome::Failed {
        reasons: vec![reason],
        residue: None,
        failed_units: Vec::new(),
    }
}
