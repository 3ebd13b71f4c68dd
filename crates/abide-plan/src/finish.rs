//! From a draft to a plan: order, numbers, and the facts that the plan stands on.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Action, ActionId, Cause, Declared, Ledger, Plan, ResourceId, Scope, UnitRef};

use crate::declared::declared;
use crate::draft::{Draft, DraftStep, StepId, StepReason};
use crate::forecast;
use crate::host::Host;
use crate::ledger;
use crate::precondition;

/// The plan that a draft comes to.
pub(crate) fn plan(host: &Host<'_>, draft: Draft) -> Plan {
    let actions = number_actions(&draft.steps);
    let forecast = forecast::for_actions(host, &actions, &draft.definitions);
    let unchanged = count_unchanged(host, &draft);
    let mut notes = draft.notes;
    notes.extend(forecast.notes);
    let is_named = |unit: &UnitRef| {
        let resource = ResourceId::Unit(unit.clone());
        actions.iter().any(|action| action.resource == resource)
    };
    let services = draft.services.into_iter();
    let services = services.filter(|(unit, _)| is_named(unit)).collect();
    let mut plan = Plan {
        services,
        host: host.desired.host.clone(),
        manifest: host.desired.manifest.clone(),
        unchanged,
        preconditions: precondition::for_actions(host, &actions),
        actions,
        forecast: forecast.disruptions,
        refused: draft.refused,
        notes,
        watches: draft.watches,
        ledger_claim: Ledger::default(),
        ledger_after: draft.ledger,
    };
    plan.ledger_claim = ledger::claim(&host.ledger, &plan);
    plan
}

/// Puts the steps in order (by phase, then system before users, then by rank, then as they were decided) and numbers
/// them.
fn number_actions(steps: &[DraftStep]) -> Vec<Action> {
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|index| {
        steps
            .get(*index)
            .map(|step| (step.phase, step.resource.scope(), step.rank, *index))
    });
    let ids: BTreeMap<StepId, ActionId> = order
        .iter()
        .zip(1..)
        .map(|(index, id)| (StepId(*index), ActionId(id)))
        .collect();
    let action = |index: &usize| {
        let step = steps.get(*index)?;
        let id = *ids.get(&StepId(*index))?;
        let mut after: Vec<ActionId> = step
            .after
            .iter()
            .filter_map(|step| ids.get(step).copied())
            .collect();
        after.sort_unstable();
        after.dedup();
        Some(Action {
            id,
            resource: step.resource.clone(),
            change: step.change.clone(),
            causes: causes(&step.why, &ids),
            after,
        })
    };
    order.iter().filter_map(action).collect()
}

fn causes(why: &[StepReason], ids: &BTreeMap<StepId, ActionId>) -> Vec<Cause> {
    let mut causes = Vec::new();
    for why in why {
        let cause = match why {
            StepReason::Fact(cause) => Some(cause.clone()),
            StepReason::Follows(step) => ids.get(step).copied().map(Cause::FollowsFrom),
        };
        causes.extend(cause.filter(|cause| !causes.contains(cause)));
    }
    causes
}

/// Declared resources about which there is nothing to do and nothing to refuse.
fn count_unchanged(host: &Host<'_>, draft: &Draft) -> usize {
    let steps = draft.steps.iter().map(|step| &step.resource);
    let touched: BTreeSet<&ResourceId> = steps
        .chain(draft.refused.iter().map(|refusal| &refusal.resource))
        .collect();
    let refused_scopes: BTreeSet<Scope> = draft
        .refused
        .iter()
        .filter_map(|refusal| match &refusal.resource {
            ResourceId::Manager(scope) => Some(scope.clone()),
            _ => None,
        })
        .collect();
    let same = |one: &&Declared| {
        let names = [Some(&one.resource), one.loaded_as.as_ref()];
        names
            .into_iter()
            .flatten()
            .all(|name| !touched.contains(name) && !refused_scopes.contains(&name.scope()))
    };
    declared(host.desired, Some(host.observed))
        .iter()
        .filter(same)
        .count()
}
