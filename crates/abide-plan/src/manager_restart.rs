//! Managers of users that have to be restarted: the groups of an account are read when its manager starts, and its units
//! have those. Seen on 247, 252 and 257: `usermod -aG` changes nothing about what runs, nor about what is started later.
//!
//! A restart stops everything under the manager, so it is planned as what it is: the scope is looked at as if its manager
//! were down, and starts anew. Where a unit that runs would not come up again, the manager is not restarted.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Desired, DesiredUser, Health, Manager, ManagerRestart, NoteKind, NoteReason, NoteText,
    Observation, Observed, ObservedScope, ObservedUnit, ObservedUser, Presence, RefusalReason,
    ResourceId, Scope, UnitName, UserName,
};

use crate::draft::Draft;
use crate::host::Host;
use crate::refuse::Denied;

/// Managers that a plan restarts.
pub(crate) type Restarts = BTreeMap<UserName, Due>;

/// Managers that are not restarted, because a unit would be lost, each with the first of these.
pub(crate) type Spared = BTreeMap<UserName, RefusalReason>;

/// The restart of a manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    /// The groups that it lacks.
    pub(crate) groups: BTreeSet<String>,
    /// Units that run now, and are none that come and go.
    well: BTreeSet<UnitName>,
}

impl Due {
    /// Whether this unit ran well before.
    pub(crate) fn was_well(&self, unit: &UnitName) -> bool {
        self.well.contains(unit)
    }
}

/// Managers that have to be restarted and may be.
pub(crate) fn due_restarts(desired: &Desired, observed: &Observed) -> Restarts {
    if !observed.facts.root.is_root() {
        return Restarts::new();
    }
    let users = desired.users.iter();
    let may = users.filter(|(_, wanted)| wanted.manager_restart == Some(ManagerRestart::Allow));
    let due = may.filter_map(|(name, wanted)| {
        let scope = observed
            .scopes
            .get(&Scope::User(name.clone()))?
            .as_known()?;
        matches!(scope.manager, Manager::Up { .. }).then_some(())?;
        let found = observed.users.get(name)?.as_known()?;
        let due = Due {
            groups: missing_groups(wanted, found),
            well: units_up(observed, scope, wanted),
        };
        Some((name.clone(), due))
    });
    due.filter(|(_, due)| !due.groups.is_empty()).collect()
}

fn units_up(
    observed: &Observed,
    scope: &ObservedScope,
    wanted: &DesiredUser,
) -> BTreeSet<UnitName> {
    let is_well = |(name, unit): &(&UnitName, &ObservedUnit)| {
        let limit = wanted.units.get(*name).map(|unit| unit.settle.timeout);
        let health = Health::from_observed(unit, observed.facts.now, limit);
        unit.active.is_up() && !health.comes_and_goes()
    };
    let units = scope.units.iter().filter(is_well);
    units.map(|(name, _)| name.clone()).collect()
}

/// The managers whose restart would cost a unit that runs, as this plan of their restart says.
pub(crate) fn costly_restarts(draft: &Draft, restarts: &Restarts) -> Spared {
    let mut spared = Spared::new();
    for (unit, why) in &draft.not_started {
        let user = unit.scope.user();
        let Some((user, due)) = user.and_then(|user| restarts.get_key_value(user)) else {
            continue;
        };
        if due.was_well(&unit.unit) {
            let input = match why {
                Some(RefusalReason::WouldNotStartAgain { input }) => Some(input.clone()),
                _ => None,
            };
            let unit = unit.unit.clone();
            let why = RefusalReason::ManagerRestartWouldStop { unit, input };
            spared.entry(user.clone()).or_insert(why);
        }
    }
    spared
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
pub(crate) fn check_group_change(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
    (wanted, found): (&DesiredUser, &ObservedUser),
) -> Result<(), Denied> {
    if host.restarts.contains_key(name) {
        return Ok(());
    }
    let groups = missing_groups(wanted, found);
    if groups.is_empty() {
        note_unseen(draft, name, (wanted, found));
        return Ok(());
    }
    if let Some(why) = host.spared.get(name) {
        return Err(Denied::for_reason(why.clone()));
    }
    let uid = found.uid;
    let why = RefusalReason::ManagerLacksGroups { groups, uid };
    match wanted.manager_restart {
        Some(ManagerRestart::Never) => {
            let resource = ResourceId::Manager(Scope::User(name.clone()));
            let text = NoteText::Accepted(Box::new(why));
            draft.note(resource, NoteKind::PendingRestart, text);
            note_unseen(draft, name, (wanted, found));
            Ok(())
        }
        Some(ManagerRestart::Allow) if !host.is_root() => {
            let help = "connect as root, or as a user with `sudo -n`";
            Err(Denied::for_reason(why).with_help(help))
        }
        Some(ManagerRestart::Allow) | None => Err(Denied::unless_told(why)),
    }
}

/// Says of which declared groups nobody knows whether the running manager has them: its process cannot be looked at, and
/// the account may have got them after it started. Nothing is restarted for that.
fn note_unseen(draft: &mut Draft, name: &UserName, (wanted, found): (&DesiredUser, &ObservedUser)) {
    if found.linger.manager_groups.is_some() {
        return;
    }
    let groups: BTreeSet<String> = groups_that_matter(wanted, found)
        .filter(|group| account_has(found, group))
        .cloned()
        .collect();
    if !groups.is_empty() {
        let uid = found.uid;
        let resource = ResourceId::Manager(Scope::User(name.clone()));
        let why = NoteReason::GroupsUnseen { groups, uid };
        draft.note_why(resource, NoteKind::GroupsUnseen, why);
    }
}

/// Declared groups of the account that its running manager does not have, for all that is known.
fn missing_groups(wanted: &DesiredUser, found: &ObservedUser) -> BTreeSet<String> {
    let has = |group: &&String| match &found.linger.manager_groups {
        Some(groups) => groups.contains(*group),
        // Nobody could look. What the account gets now, the manager does not have; the rest is noted.
        None => account_has(found, group),
    };
    let groups = groups_that_matter(wanted, found);
    groups.filter(|group| !has(group)).cloned().collect()
}

/// Declared groups of the account where units run under its manager. What runs under no manager of the user, as services
/// of the system with `User=` do, gets them at its start.
fn groups_that_matter<'a>(
    wanted: &'a DesiredUser,
    found: &ObservedUser,
) -> impl Iterator<Item = &'a String> {
    let present = |unit: &abide_model::DesiredUnit| unit.presence == Presence::Present;
    let used = wanted.state == Presence::Present && wanted.units.values().any(present);
    let account = (used && found.linger.manager.is_up()).then_some(&wanted.account);
    account
        .into_iter()
        .flat_map(|account| account.groups.iter().flatten().chain(&account.group))
}

fn account_has(found: &ObservedUser, group: &str) -> bool {
    found.groups.contains(group) || found.group == group
}
