//! What puts back what was changed on a host, and nothing of a rollout that waits.
//!
//! Of a plan, the actions about drifted resources and what they need. What the last apply wrote is known by its digest
//! only: where the manifest still says the same it can be written again, and where it has moved on it cannot.

use std::collections::BTreeSet;

use abide_model::{
    AccountField, Action, ActionId, Cause, Change, Desired, Drift, DriftClass, FieldChange,
    FindingKind, HostDrift, LedgerUnit, Left, Observed, Plan, ResourceId, StaleFact,
};

use super::judge;
use crate::gate::{Gate, gate};
use crate::host::Host;
use crate::ledger::digest_of;
use crate::plan;

/// How a host is, and what would restore it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How it is; [`HostDrift::left`] names what is not restored.
    pub drift: HostDrift,
    /// The plan; without actions where there is nothing to restore.
    pub plan: Plan,
}

/// Judges the host and plans to restore what was changed there.
pub fn restore(desired: &Desired, observed: &Observed) -> Restored {
    let host = Host::new(desired, observed);
    let fresh = plan(desired, observed);
    let mut drift = judge(&host, &fresh);
    let mut left = Vec::new();
    let mut chosen = BTreeSet::new();
    let drifted = |one: &&Drift| one.class == DriftClass::Drifted;
    for one in drift.resources.iter().filter(drifted) {
        match why_left(&host, &fresh, one) {
            Some(reason) => left.push(Left {
                resource: one.resource.clone(),
                reason: reason.to_owned(),
            }),
            None => {
                chosen.insert(one.resource.clone());
            }
        }
    }
    let approved = Plan {
        actions: with_consequences(&fresh, &chosen),
        refused: Vec::new(),
        ..fresh.clone()
    };
    let nothing = Plan {
        actions: Vec::new(),
        ..approved.clone()
    };
    let plan = if approved.actions.is_empty() {
        nothing
    } else {
        match gate(&approved, desired, observed).gate {
            Gate::Go(rest) => *rest,
            Gate::Done => nothing,
            Gate::Stale { facts, .. } => {
                let reason = format!(
                    "it cannot be restored without what the manifest asks for beside it: {}",
                    join_facts(&facts)
                );
                left.extend(chosen.into_iter().map(|resource| Left {
                    resource,
                    reason: reason.clone(),
                }));
                nothing
            }
        }
    };
    drift.left = left;
    Restored { drift, plan }
}

fn join_facts(facts: &[StaleFact]) -> String {
    let facts: Vec<String> = facts.iter().map(ToString::to_string).collect();
    facts.join("; ")
}

/// Why nothing is done about a drifted resource, if so.
fn why_left(host: &Host<'_>, fresh: &Plan, one: &Drift) -> Option<&'static str> {
    let actions = fresh.actions.iter();
    let mut actions = actions
        .filter(|act| act.resource == one.resource)
        .peekable();
    if actions.peek().is_some() {
        return actions.find_map(|act| moved_on(host, act));
    }
    let only = |kind: FindingKind| one.findings.iter().all(|found| found.kind == kind);
    Some(if only(FindingKind::DropIn) {
        "abide removes no drop-in that it did not write: remove it, or declare it"
    } else if only(FindingKind::Flapping) {
        "nothing that abide restores would make it stay up"
    } else {
        "no action of abide changes it"
    })
}

/// Why an action leads to something else than the last apply left.
fn moved_on(host: &Host<'_>, action: &Action) -> Option<&'static str> {
    const MOVED: &str = "the manifest has moved on since the last apply, and what was there then is not known: `abide apply` rolls out what it says now";
    let left: Option<&LedgerUnit> = match &action.resource {
        ResourceId::Unit(unit) => host.ledger.units.get(unit),
        ResourceId::User(_)
        | ResourceId::Linger(_)
        | ResourceId::Manager(_)
        | ResourceId::File { .. } => None,
    };
    let enabled = left.is_some_and(|left| left.enabled);
    let ran = left.is_some_and(|left| !left.invocation.is_empty());
    let moved = match &action.change {
        Change::WriteFile(write) => {
            let recorded = host.ledger.files.get(&write.path);
            recorded.and_then(|file| file.digest) != Some(digest_of(&write.body))
        }
        Change::Enable { .. } => !enabled,
        Change::Disable { .. } => enabled,
        Change::Stop => {
            ran && !action.causes.iter().any(|cause| {
                matches!(
                    cause,
                    Cause::RunningOldConfig { .. }
                        | Cause::MayRunOld { .. }
                        | Cause::FollowsFrom(_)
                )
            })
        }
        Change::ModifyUser(fields) => !fields.iter().all(|field| is_as_left(host, action, field)),
        Change::RemoveFile { .. }
        | Change::SetMode { .. }
        | Change::DeleteUser { .. }
        | Change::Mask => true,
        Change::CreateUser { .. }
        | Change::EnableLinger
        | Change::DisableLinger
        | Change::StartManager
        | Change::RestartManager
        | Change::Unmask
        | Change::DaemonReload
        | Change::ResetFailed
        | Change::Start
        | Change::Restart
        | Change::Reload
        | Change::Record
        | Change::Adopt
        | Change::Forget => false,
    };
    moved.then_some(MOVED)
}

/// Whether an attribute becomes what abide left it as.
fn is_as_left(host: &Host<'_>, action: &Action, field: &FieldChange) -> bool {
    let ResourceId::User(user) = &action.resource else {
        return false;
    };
    let left = host.ledger.attributes.get(user);
    let left = left.and_then(|left| left.get(field.field.word()));
    left.is_some_and(|left| match field.field {
        AccountField::Groups => {
            let left: Vec<&str> = left.split(',').collect();
            field.to.split(',').all(|group| left.contains(&group))
        }
        _ => *left == field.to,
    })
}

/// The actions about these resources, with what they wait for and what they lead to.
fn with_consequences(fresh: &Plan, chosen: &BTreeSet<ResourceId>) -> Vec<Action> {
    let mut ids: BTreeSet<ActionId> = fresh
        .actions
        .iter()
        .filter(|one| chosen.contains(&one.resource))
        .map(|one| one.id)
        .collect();
    if ids.is_empty() {
        return Vec::new();
    }
    loop {
        let before = ids.len();
        for action in &fresh.actions {
            let leads_here = action
                .causes
                .iter()
                .any(|cause| matches!(cause, Cause::FollowsFrom(id) if ids.contains(id)));
            let is_awaited = fresh
                .actions
                .iter()
                .any(|one| ids.contains(&one.id) && one.after.contains(&action.id));
            if is_run(&action.change) && (leads_here || is_awaited) {
                ids.insert(action.id);
            }
        }
        if ids.len() == before {
            break;
        }
    }
    let actions = fresh
        .actions
        .iter()
        .filter(|one| ids.contains(&one.id))
        .cloned();
    let mut actions: Vec<Action> = actions.collect();
    for action in &mut actions {
        action.after.retain(|id| ids.contains(id));
    }
    actions
}

/// What changes no file and no account: it may follow along.
fn is_run(change: &Change) -> bool {
    matches!(
        change,
        Change::DaemonReload
            | Change::StartManager
            | Change::EnableLinger
            | Change::ResetFailed
            | Change::Stop
            | Change::Start
            | Change::Restart
            | Change::Reload
    )
}
