//! Managers of users that have to be restarted: the groups of an account are read when its manager starts, and its units
//! have those. Seen on 247, 252 and 257: `usermod -aG` changes nothing about what runs, nor about what is started later.
//!
//! A restart stops everything under the manager, so it is planned as what it is: the scope is looked at as if its manager
//! were down, and starts anew.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Desired, DesiredUser, Manager, ManagerRestart, NoteKind, Observation, Observed, ObservedUnit,
    ObservedUser, Presence, RefusalReason, ResourceId, Scope, UserName,
};

use crate::draft::Draft;
use crate::host::Host;
use crate::refuse::Denied;

/// Managers that a plan restarts, and the groups that are missing in each.
pub(crate) type Restarts = BTreeMap<UserName, BTreeSet<String>>;

/// Managers that have to be restarted and may be.
pub(crate) fn due(desired: &Desired, observed: &Observed) -> Restarts {
    if !observed.facts.root.is_root() {
        return Restarts::new();
    }
    let users = desired.users.iter();
    let may = users.filter(|(_, wanted)| wanted.manager_restart == Some(ManagerRestart::Allow));
    let due = may.filter_map(|(name, wanted)| {
        let scope = observed.scopes.get(&Scope::User(name.clone()))?;
        matches!(scope.known()?.manager, Manager::Up { .. }).then_some(())?;
        let found = observed.users.get(name)?.known()?;
        Some((name.clone(), missing_groups(wanted, found)))
    });
    due.filter(|(_, groups)| !groups.is_empty()).collect()
}

/// The host as it is once these managers are stopped.
pub(crate) fn with_stopped(observed: &Observed, restarts: &Restarts) -> Observed {
    let mut observed = observed.clone();
    for name in restarts.keys() {
        let scope = observed.scopes.get_mut(&Scope::User(name.clone()));
        if let Some(Observation::Known(scope)) = scope {
            scope.manager = Manager::Down;
            scope.beside.clear();
            for (name, unit) in &mut scope.units {
                *unit = ObservedUnit::not_found(name);
            }
        }
    }
    observed
}

/// Whether the groups of an account may be settled as declared: what runs would go on without those that are new, and
/// whether its manager may be restarted for that is for a person to say.
pub(crate) fn permit(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
    (wanted, found): (&DesiredUser, &ObservedUser),
) -> Result<(), Denied> {
    let groups = missing_groups(wanted, found);
    if groups.is_empty() || host.restarts.contains_key(name) {
        return Ok(());
    }
    let uid = found.uid;
    let why = RefusalReason::ManagerLacksGroups { groups, uid };
    match wanted.manager_restart {
        Some(ManagerRestart::Never) => {
            let resource = ResourceId::Manager(Scope::User(name.clone()));
            let text = format!("{why} (`abide explain {}`)", why.code());
            draft.note(resource, NoteKind::PendingRestart, text);
            Ok(())
        }
        Some(ManagerRestart::Allow) if !host.is_root() => {
            let help = "connect as root, or as a user with `sudo -n`";
            Err(Denied::because(why).help(help))
        }
        Some(ManagerRestart::Allow) | None => Err(Denied::unless_told(why)),
    }
}

/// Declared groups of the account that its running manager does not have. What runs under no manager of the user, as
/// services of the system with `User=` do, gets them at its start.
fn missing_groups(wanted: &DesiredUser, found: &ObservedUser) -> BTreeSet<String> {
    let present = |unit: &abide_model::DesiredUnit| unit.presence == Presence::Present;
    let used = wanted.state == Presence::Present && wanted.units.values().any(present);
    if !used || !found.linger.manager.is_up() {
        return BTreeSet::new();
    }
    let account = &wanted.account;
    let declared = account.groups.iter().flatten().chain(&account.group);
    let has = |group: &&String| match &found.linger.manager_groups {
        Some(groups) => groups.contains(*group),
        // Nobody could look. What the account gets now, the manager does not have.
        None => found.groups.contains(*group) || found.group == **group,
    };
    declared.filter(|group| !has(group)).cloned().collect()
}
