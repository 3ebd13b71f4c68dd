//! Holds an approved plan against a host as it is now, before anything is written anywhere.

use abide_model::{
    Desired, Disruption, Event, HostOutcome, HostReport, Observed, Plan, StaleFact, StaleKind,
    printable_text,
};
use abide_plan::{Gate, Gated, Runs};

use crate::approved::Approved;
use crate::cancel::{Cancel, Urgency};
use crate::host::{EngineHost, EngineOptions, Sink, Teller};
use crate::observe::observe;

impl Approved {
    /// What this comes to on the host that was seen.
    fn gate(&self, desired: &Desired, observed: &Observed) -> Gated {
        let now = observed.facts.machine_identity();
        if self.identity.is_some() && self.identity != now {
            return Gated {
                gate: Gate::Stale {
                    facts: vec![StaleFact::of_host(StaleKind::AnotherMachine)],
                    others: None,
                },
                elsewhere: 0,
            };
        }
        abide_plan::gate(&self.plan, desired, observed)
    }
}

/// Observes one host and sees what is left of its approved plan: that becomes the host's plan. With `skip_stale` a scope
/// of a user that has moved on holds back that scope only.
pub(crate) async fn gate_one(
    host: &mut EngineHost,
    skip_stale: bool,
    options: &EngineOptions,
    events: &Sink,
    stop: &Cancel,
) -> HostReport {
    look(host, options, events, stop, |host, observed, teller| {
        let Some(approved) = &host.approved else {
            return HostOutcome::NotStarted;
        };
        let Gated { gate, elsewhere } = approved.gate(&host.wanted.desired, &observed);
        if elsewhere > 0 {
            teller.send_notice(format!(
                "{elsewhere} more would be to do here; the plan does not name it, so it is left alone"
            ));
        }
        if let Gate::Go(rest) = &gate
            && let Some(more) = more_interrupted(&approved.plan, rest)
        {
            teller.send_notice(more);
        }
        let nothing = Plan {
            actions: Vec::new(),
            forecast: Vec::new(),
            ..approved.plan.clone()
        };
        let (plan, outcome) = match gate {
            Gate::Go(rest) => (*rest, HostOutcome::Pending),
            Gate::Done => (nothing, HostOutcome::Unchanged),
            Gate::Stale {
                facts,
                others: Some(others),
            } if skip_stale => {
                for fact in &facts {
                    teller.send_notice(format!("stale, so its user's scope is left alone: {fact}"));
                }
                host.left_alone = facts;
                (*others, HostOutcome::Pending)
            }
            Gate::Stale { facts, .. } => (nothing, HostOutcome::Stale { facts }),
        };
        let actions = plan.actions.len();
        teller.send_event(|host| Event::ObserveDone { host, actions });
        host.runs = Runs::of_observed(&observed);
        host.facts = Some(observed.facts);
        host.plan = Some(plan);
        outcome
    })
    .await
}

/// What would be interrupted now and was not when the plan was approved. Whether other units run is no part of what was
/// approved, so it does not make the plan stale.
fn more_interrupted(approved: &Plan, now: &Plan) -> Option<String> {
    let is_new = |one: &&Disruption| {
        let mut known = approved.forecast.iter();
        !known.any(|other| (&other.unit, other.effect) == (&one.unit, one.effect))
    };
    let units = now.forecast.iter().filter(is_new);
    let units: Vec<String> = units
        .map(|one| format!("{} ({} {})", one.unit.unit, one.setting, one.through))
        .collect();
    (!units.is_empty()).then(|| {
        format!(
            "more than the plan says would be interrupted here: {}",
            printable_text(&units.join(", "))
        )
    })
}

/// Observes and plans one host, and sees whether that plan is the approved one.
pub(crate) async fn check_one(
    host: &mut EngineHost,
    options: &EngineOptions,
    events: &Sink,
    stop: &Cancel,
) -> HostReport {
    look(host, options, events, stop, |host, observed, _| {
        let desired = &host.wanted.desired;
        let plan = abide_plan::plan(desired, &observed);
        let identity = observed.facts.machine_identity();
        let digest = abide_model::plan_digest::host_digest(&plan, identity, desired);
        let outcome = match &host.approved {
            Some(approved) if approved.digest == digest => HostOutcome::Unchanged,
            Some(approved) => HostOutcome::Stale {
                facts: differences_from_approved(approved, desired, &observed),
            },
            None if digest.is_none() => HostOutcome::Unchanged,
            None => HostOutcome::Stale {
                facts: vec![StaleFact::of_host(StaleKind::NotPlanned)],
            },
        };
        host.runs = Runs::of_observed(&observed);
        host.facts = Some(observed.facts);
        host.plan = Some(plan);
        outcome
    })
    .await
}

/// Why a new plan is not the approved one.
fn differences_from_approved(
    approved: &Approved,
    desired: &Desired,
    observed: &Observed,
) -> Vec<StaleFact> {
    let Gated { gate, elsewhere } = approved.gate(desired, observed);
    let planned = approved.plan.actions.len();
    let kind = match gate {
        Gate::Stale { facts, .. } => return facts,
        Gate::Done if elsewhere == 0 && planned > 0 => StaleKind::DoneAlready,
        Gate::Go(rest) if rest.actions.len() < planned => StaleKind::PartlyDone,
        _ if elsewhere > 0 => StaleKind::More(elsewhere),
        _ => StaleKind::ManifestMovedOn,
    };
    vec![StaleFact::of_host(kind)]
}

/// Observes one host and lets somebody judge what was seen. An interruption of any urgency ends it at once.
pub(crate) async fn look(
    host: &mut EngineHost,
    options: &EngineOptions,
    events: &Sink,
    stop: &Cancel,
    judge: impl FnOnce(&mut EngineHost, Observed, &Teller) -> HostOutcome,
) -> HostReport {
    let teller = Teller::start(&host.name, events);
    let seen = tokio::select! {
        seen = observe(host, options) => seen,
        () = stop.at_least(Urgency::Finish) => Err(crate::Unseen::Cancelled),
    };
    let outcome = match seen {
        Err(why) => {
            host.plan = None;
            why.host_outcome()
        }
        Ok(observed) => match observed.suspension().cloned() {
            Some(suspension) => {
                host.plan = None;
                host.facts = Some(observed.facts);
                HostOutcome::Suspended {
                    suspension,
                    // What is approved was planned before.
                    since_plan: host.approved.is_some(),
                }
            }
            None => judge(host, observed, &teller),
        },
    };
    let mut report = host.report(outcome);
    teller.finish_host(&mut report);
    host.spent += teller.elapsed_time();
    report
}
