//! What is left of an approved plan where only users' own facts moved: a user decides about their own scope.

use std::collections::BTreeSet;

use abide_model::{Action, ActionId, Plan, Precondition, ResourceId, Scope};

use super::ApprovedActions;

/// Whose a resource is, as far as facts about it go: users may have the right to switch their own lingering, and nobody
/// but root changes an account.
pub(super) fn owning_scope(resource: &ResourceId) -> Scope {
    match resource {
        ResourceId::Linger(user) => Scope::User(user.clone()),
        other => other.scope(),
    }
}

/// Whose a fact is.
pub(super) fn whose_fact(fact: &Precondition) -> Scope {
    match fact {
        Precondition::File { scope, .. } => scope.clone(),
        Precondition::User { .. } => Scope::System,
        Precondition::Linger { user, .. } => Scope::User(user.clone()),
        Precondition::Unit { unit, .. } => unit.scope.clone(),
    }
}

/// The approved actions that are neither of these scopes nor come after one of theirs, and the actions of the new plan
/// that are left alone for it. `None` where nothing would be left to do, and where the host's own scope is among them.
pub(super) fn without_scopes<'f>(
    moved: &BTreeSet<Scope>,
    fresh: &'f Plan,
    kept: &ApprovedActions,
) -> Option<(ApprovedActions, Vec<&'f Action>)> {
    if moved.contains(&Scope::System) {
        return None;
    }
    let mut left: BTreeSet<ActionId> = BTreeSet::new();
    // A plan's actions come after those that they wait for.
    for action in &fresh.actions {
        let waits = action.after.iter().any(|id| left.contains(id));
        if waits || moved.contains(&owning_scope(&action.resource)) {
            left.insert(action.id);
        }
    }
    let mut kept = kept.clone();
    kept.retain(|id, _| !left.contains(id));
    let actions = fresh.actions.iter().filter(|one| left.contains(&one.id));
    (!kept.is_empty()).then(|| (kept, actions.collect()))
}
