//! Judges one host for drift, asks who may have done it, and plans what restores it where that is asked for.

use abide_model::{Event, HostFacts, HostOutcome, HostReport, Observed, Plan};

use crate::approved::Approved;
use crate::cancel::Cancel;
use crate::evidence;
use crate::gate::look;
use crate::host::{EngineHost, EngineOptions, Sink, Teller};

/// Observes one host and judges it. With `fix`, what restores it becomes the host's plan, and all that is approved.
pub(crate) async fn drift_one(
    host: &mut EngineHost,
    fix: bool,
    options: &EngineOptions,
    events: &Sink,
    stop: &Cancel,
) -> HostReport {
    let judge = |host: &mut EngineHost, observed: Observed, teller: &Teller| {
        let desired = &host.wanted.desired;
        let drift = if fix {
            let restored = abide_plan::restore(desired, &observed);
            approve(host, restored.plan, &observed.facts);
            restored.drift
        } else {
            host.plan = Some(abide_plan::plan(desired, &observed));
            abide_plan::drift(desired, &observed)
        };
        record_observed(host, observed, teller);
        HostOutcome::Judged(Box::new(drift))
    };
    let mut report = look(host, options, events, stop, judge).await;
    evidence::add(host, &mut report, options, stop).await;
    report
}

fn approve(host: &mut EngineHost, plan: Plan, facts: &HostFacts) {
    host.approved = (!plan.actions.is_empty()).then(|| Approved {
        plan: plan.clone(),
        identity: facts.machine_identity(),
        root: Some(facts.root.clone()),
        digest: None,
        is_all: false,
    });
    host.plan = Some(plan);
}

fn record_observed(host: &mut EngineHost, observed: Observed, teller: &Teller) {
    let actions = host.plan.as_ref().map_or(0, |plan| plan.actions.len());
    teller.send_event(|host| Event::ObserveDone { host, actions });
    host.declared = abide_plan::declared(&host.wanted.desired, Some(&observed));
    host.facts = Some(observed.facts);
}
