//! Whether an approved plan still holds on a host that was observed again, and what is left of it to do.
//!
//! What would be planned now is compared with what was approved. A fact that moved matters where an action that is
//! still wanted stands on it; where none is, the host is already as it should be. What was not approved is never done:
//! where the approved actions would need it, the plan is stale; where it is about something else, it is left alone.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Action, ActionId, Cause, Change, Desired, Observed, Plan, Refusal, ResourceId, Scope,
    StaleFact, StaleKind, StaleSubject,
};

use crate::host::Host;
use crate::{ledger, plan, precondition};
use moved::Moved;
use users::owning_scope;

mod ledgers;
mod moved;
mod users;
mod within;

/// What an approved plan comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// These actions, all of them approved, are still to be done.
    Go(Box<Plan>),
    /// Everything is as the plan would make it.
    Done,
    /// What the plan stands on has moved.
    Stale {
        /// Each fact.
        facts: Vec<StaleFact>,
        /// What is still to be done where these facts are users' own: the plan without the scopes of these users. A user
        /// can make a plan stale as often as they like. `None` where nothing is left then, or the host's own facts moved.
        others: Option<Box<Plan>>,
    },
}

/// An approved plan on a host as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gated {
    /// What it comes to.
    pub gate: Gate,
    /// How many actions a new plan would have about things that the approved one does not name.
    pub elsewhere: usize,
}

/// Compares an approved plan with the host as it is now. `desired` is what the plan was made from.
pub fn gate(approved: &Plan, desired: &Desired, observed: &Observed) -> Gated {
    let fresh = plan(desired, observed);
    let listed = Listed::new(approved);
    let Sorted {
        kept,
        needed,
        elsewhere,
    } = listed.sort(&fresh);
    let host = Host::new(desired, observed);
    let mut stale = moved::facts(approved, &fresh, &kept, observed);
    let told: BTreeSet<StaleSubject> = stale.iter().map(|one| one.fact.subject.clone()).collect();
    let moved = |resource: &ResourceId, kind: StaleKind| Moved {
        whose: owning_scope(resource),
        fact: StaleFact::of_resource(resource.clone(), kind),
    };
    // A unit that was stopped by hand needs a start: the first says it all.
    let needed = needed.into_iter().map(|action| {
        moved(
            &action.resource,
            StaleKind::Needs(Box::new(action.change.clone())),
        )
    });
    stale.extend(needed.filter(|one| !told.contains(&one.fact.subject)));
    let refused = listed.refused_now(&fresh);
    stale
        .extend(refused.map(|one| moved(&one.resource, StaleKind::Refused(Box::new(one.clone())))));
    let gate = if !stale.is_empty() {
        let moved: BTreeSet<Scope> = stale.iter().map(|fact| fact.whose.clone()).collect();
        let others = users::without_scopes(&moved, &fresh, &kept);
        Gate::Stale {
            facts: stale.into_iter().map(|one| one.fact).collect(),
            others: others.map(|(kept, left)| {
                let left: Vec<&Action> =
                    left.into_iter().chain(elsewhere.iter().copied()).collect();
                Box::new(rest_of_approved(approved, &fresh, &kept, &left, &host))
            }),
        }
    } else if kept.is_empty() {
        Gate::Done
    } else {
        Gate::Go(Box::new(rest_of_approved(
            approved, &fresh, &kept, &elsewhere, &host,
        )))
    };
    Gated {
        gate,
        elsewhere: elsewhere.len(),
    }
}

/// What of an approved plan a host still owes, after it was carried out: a new plan for what the approved one names,
/// and how many actions it would have beyond that.
pub fn plan_still_owed(approved: &Plan, desired: &Desired, observed: &Observed) -> (Plan, usize) {
    let mut fresh = plan(desired, observed);
    let sorted = Listed::new(approved).sort(&fresh);
    let elsewhere: BTreeSet<ActionId> = sorted.elsewhere.iter().map(|one| one.id).collect();
    fresh.actions.retain(|one| !elsewhere.contains(&one.id));
    let listed = Listed::new(approved).resources;
    fresh.refused.retain(|one| listed.contains(&one.resource));
    fresh
        .forecast
        .retain(|one| !elsewhere.contains(&one.action));
    (fresh, elsewhere.len())
}

/// The actions of a new plan that are approved ones, each with the number of that one.
type ApprovedActions = BTreeMap<ActionId, ActionId>;

/// The actions of a new plan, by what they are to the approved one.
struct Sorted<'f> {
    kept: ApprovedActions,
    /// Not approved, and the approved ones would not be right without them.
    needed: Vec<&'f Action>,
    /// About something else.
    elsewhere: Vec<&'f Action>,
}

/// An approved plan, to be looked things up in.
struct Listed<'a> {
    plan: &'a Plan,
    resources: BTreeSet<&'a ResourceId>,
}

impl<'a> Listed<'a> {
    fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            resources: plan.actions.iter().map(|one| &one.resource).collect(),
        }
    }

    fn sort<'f>(&self, fresh: &'f Plan) -> Sorted<'f> {
        let mut kept = self.kept_actions(fresh);
        let touched = |one: &Action| self.resources.contains(&one.resource);
        let others = fresh
            .actions
            .iter()
            .filter(|one| !kept.contains_key(&one.id));
        let (mut needed, mut elsewhere): (Vec<_>, Vec<_>) =
            others.partition(|one| touched(one) || is_needed(one.id, fresh, &kept));
        // A reload for other files than the plan's is no more the plan's than they are.
        let left: BTreeSet<ActionId> = elsewhere.iter().map(|one| one.id).collect();
        let is_theirs = |one: &Action| {
            let mut causes = one.causes.iter();
            one.change == Change::DaemonReload
                && causes.all(|cause| matches!(cause, Cause::FollowsFrom(id) if left.contains(id)))
        };
        kept.retain(|id, _| !fresh.action(*id).is_some_and(is_theirs));
        needed.retain(|one| !is_theirs(one));
        elsewhere.extend(fresh.actions.iter().filter(|one| is_theirs(one)));
        elsewhere.sort_by_key(|one| one.id);
        elsewhere.dedup_by_key(|one| one.id);
        Sorted {
            kept,
            needed,
            elsewhere,
        }
    }

    fn kept_actions(&self, fresh: &Plan) -> ApprovedActions {
        let mut free: Vec<&Action> = self.plan.actions.iter().collect();
        let mut kept = ApprovedActions::new();
        for action in &fresh.actions {
            let found = free.iter().position(|one| within::is_within(action, one));
            if let Some(at) = found {
                kept.insert(action.id, free.remove(at).id);
            }
        }
        kept
    }

    /// What can no longer be done: refused now, and not then.
    fn refused_now<'f>(&'f self, fresh: &'f Plan) -> impl Iterator<Item = &'f Refusal> {
        let refused = fresh.refused.iter();
        refused.filter(|refusal| {
            self.is_about(&refusal.resource) && !self.plan.refused.contains(refusal)
        })
    }

    /// Whether something about this resource is about the plan: it names it, or something that belongs to it.
    fn is_about(&self, resource: &ResourceId) -> bool {
        let in_scope = |scope: &Scope| self.resources.iter().any(|one| one.scope() == *scope);
        let belongs = match resource {
            // The system's manager stands for the whole host.
            ResourceId::Manager(Scope::System) => true,
            ResourceId::Manager(scope) => in_scope(scope),
            ResourceId::User(user) => in_scope(&Scope::User(user.clone())),
            ResourceId::Linger(_) | ResourceId::File { .. } | ResourceId::Unit(_) => false,
        };
        belongs || self.resources.contains(resource)
    }
}

/// Whether an approved action would not be right without this one. A daemon-reload waits for all files of its manager,
/// and is as right without some of them.
fn is_needed(id: ActionId, fresh: &Plan, kept: &ApprovedActions) -> bool {
    let waiting = fresh.actions.iter().filter(|one| one.after.contains(&id));
    waiting
        .filter(|one| one.change != Change::DaemonReload)
        .any(|one| kept.contains_key(&one.id))
}

/// The approved actions that are left, under their own numbers, on the facts of now.
fn rest_of_approved(
    approved: &Plan,
    fresh: &Plan,
    kept: &ApprovedActions,
    elsewhere: &[&Action],
    host: &Host<'_>,
) -> Plan {
    let numbered = |id: &ActionId| kept.get(id).copied();
    let mut actions: Vec<Action> = fresh
        .actions
        .iter()
        .filter_map(|one| {
            let id = numbered(&one.id)?;
            let mut after: Vec<ActionId> = one.after.iter().filter_map(numbered).collect();
            after.sort_unstable();
            Some(Action {
                id,
                after,
                // Those that were read and approved.
                causes: approved
                    .action(id)
                    .map_or_else(|| vec![Cause::Missing], |one| one.causes.clone()),
                ..one.clone()
            })
        })
        .collect();
    actions.sort_by_key(|one| one.id);
    let about: BTreeSet<&ResourceId> = actions.iter().map(|one| &one.resource).collect();
    let watches = fresh.watches.iter();
    let watches = watches.filter(|one| about.contains(&ResourceId::Unit(one.unit.clone())));
    let forecast = fresh.forecast.iter().filter_map(|one| {
        let action = numbered(&one.action)?;
        Some(abide_model::Disruption {
            action,
            ..one.clone()
        })
    });
    let mut rest = Plan {
        host: approved.host.clone(),
        manifest: approved.manifest.clone(),
        forecast: forecast.collect(),
        refused: approved.refused.clone(),
        notes: approved.notes.clone(),
        unchanged: approved.unchanged,
        preconditions: precondition::for_actions(host, &actions),
        watches: watches.cloned().collect(),
        services: fresh.services.clone(),
        ledger_claim: abide_model::Ledger::default(),
        ledger_after: if elsewhere.is_empty() {
            fresh.ledger_after.clone()
        } else {
            ledgers::without_elsewhere(
                elsewhere,
                &host.ledger,
                &fresh.ledger_after,
                &approved.ledger_after,
            )
        },
        actions,
    };
    rest.ledger_claim = ledger::claim(&host.ledger, &rest);
    rest
}
