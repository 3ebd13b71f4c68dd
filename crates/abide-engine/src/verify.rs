//! What an apply amounts to: observed again and planned again, not what commands returned.

use abide_model::{
    FailReason, Failing, HostOutcome, Observed, Plan, Refusal, StepOutcome, StepReport,
};

use crate::host::EngineHost;
use crate::observe::Unseen;
use crate::told::Told;

/// Success is a plan without actions, nothing refused that was not refused before, no failed step, and no unit that failed
/// to hold.
pub(crate) fn apply_outcome(
    host: &EngineHost,
    seen: Result<Observed, Unseen>,
    told: &mut Told,
) -> HostOutcome {
    let failed_units = std::mem::take(&mut told.failed_units);
    let mut reasons = std::mem::take(&mut told.reasons);
    let residue = match seen {
        Ok(observed) => {
            if let Some(holder) = &observed.lock {
                reasons.push(FailReason::StillRuns(Box::new(holder.clone())));
            }
            Some(residual_plan(host, &observed))
        }
        // The same as when it is lost before: nobody knows how the host is.
        Err(why @ Unseen::RootLost(_)) if reasons.is_empty() && failed_units.is_empty() => {
            return why.host_outcome();
        }
        Err(why) => {
            reasons.push(FailReason::NotSeenAfterwards {
                why: why.to_string(),
            });
            None
        }
    };
    // What the plan refused already is told with it, and has its own exit code.
    let residue = residue.map(|plan| without_known(plan, host.plan.as_ref()));
    let converged = residue.as_ref().is_some_and(Plan::is_empty);
    let failed = |step: &StepReport| step.outcome == StepOutcome::Failed;
    let all_done = !told.steps.iter().any(failed);
    if converged && all_done && failed_units.is_empty() && reasons.is_empty() {
        return HostOutcome::Changed;
    }
    reasons.extend(summary(told, residue.as_ref(), failed_units.len()));
    HostOutcome::Failed {
        reasons,
        residue: residue.filter(|plan| !plan.is_empty()).map(Box::new),
        failed_units,
    }
}

/// A plan without what an earlier one refused as well.
fn without_known(mut plan: Plan, earlier: Option<&Plan>) -> Plan {
    let known = |refusal: &Refusal| {
        let mut earlier = earlier.iter().flat_map(|plan| &plan.refused);
        earlier.any(|one| one.resource == refusal.resource && one.kind == refusal.kind)
    };
    plan.refused.retain(|refusal| !known(refusal));
    plan
}

/// What is left to do. Of an approved plan only what it names: it promised nothing else.
fn residual_plan(host: &EngineHost, observed: &Observed) -> Plan {
    let desired = &host.wanted.desired;
    match &host.approved {
        Some(approved) if !approved.is_all => {
            abide_plan::plan_still_owed(&approved.plan, desired, observed).0
        }
        _ => abide_plan::plan(desired, observed),
    }
}

/// What went wrong, in numbers; the details stand beside it in the report.
fn summary(told: &Told, residue: Option<&Plan>, failed_units: usize) -> Vec<FailReason> {
    let count = |wanted| {
        told.steps
            .iter()
            .filter(|step| step.outcome == wanted)
            .count()
    };
    let left = residue.map_or(0, |plan| plan.actions.len());
    let refused = residue.map_or(0, |plan| plan.refused.len());
    let steps = |outcome| (count(outcome), Failing::Steps(outcome));
    [
        steps(StepOutcome::Failed),
        steps(StepOutcome::Restored),
        (failed_units, Failing::Units),
        (left, Failing::Changes),
        (refused, Failing::Refused),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| FailReason::Counted { number, what })
    .collect()
}
