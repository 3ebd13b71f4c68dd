//! What is not as declared and has no line of its own, so that a host does not look better than its plan.

use std::collections::BTreeSet;

use abide_model::{Action, Cause, Change, Desired, Plan, Presence, ResourceId, Scope, UnitName};

/// Resources that a plan does or refuses something about, beside declared users and units.
pub(super) fn other_resources(desired: &Desired, plan: &Plan) -> Vec<String> {
    let has_line = |resource: &ResourceId| match resource {
        ResourceId::User(user) | ResourceId::Linger(user) => desired.users.contains_key(user),
        ResourceId::Unit(unit) => is_declared(desired, &unit.scope, &unit.unit),
        ResourceId::Manager(_) | ResourceId::File { .. } => false,
    };
    let is_told = |action: &Action| match (&action.change, &action.resource) {
        // A user's line tells how the manager is.
        (Change::StartManager | Change::RestartManager, ResourceId::Manager(scope)) => scope
            .user()
            .is_some_and(|user| desired.users.contains_key(user)),
        // What only follows from others is told by them, and an owed reload by its unit.
        (Change::DaemonReload, resource) => action.causes.iter().all(|cause| match cause {
            Cause::FollowsFrom(_) => true,
            Cause::ReloadOwed {
                unit: Some(unit), ..
            } => is_declared(desired, &resource.scope(), unit),
            _ => false,
        }),
        (_, resource) => has_line(resource),
    };
    let actions = plan.actions.iter().filter(|action| !is_told(action));
    // Units and users say themselves that they cannot be judged without their manager.
    let refused = plan
        .refused
        .iter()
        .filter(|refusal| match &refusal.resource {
            ResourceId::Manager(scope) => scope
                .user()
                .is_none_or(|user| !desired.users.contains_key(user)),
            resource => !has_line(resource),
        });
    let actions = actions.map(|action| &action.resource);
    let resources: BTreeSet<&ResourceId> = actions
        .chain(refused.map(|refusal| &refusal.resource))
        .collect();
    resources.into_iter().map(ToString::to_string).collect()
}

/// Whether a unit of this name, or what is loaded as that, has a line.
fn is_declared(desired: &Desired, scope: &Scope, name: &UnitName) -> bool {
    let units = match scope.user() {
        None => Some(&desired.units),
        Some(user) => desired.users.get(user).map(|user| &user.units),
    };
    let mut units = units.into_iter().flatten();
    units.any(|(unit, wanted)| {
        let has_line = !unit.is_template() || wanted.presence == Presence::Absent;
        has_line && (unit == name || wanted.loaded_as(unit) == *name)
    })
}
