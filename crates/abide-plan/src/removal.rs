//! Users that are declared absent: what runs is stopped, lingering ends, then they are deleted, last of all.
//!
//! Only `state: absent` leads here. Prune never deletes a user.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Cause, Change, DesiredUser, HostPath, Observation, ObservedProcess, ObservedUser, Presence,
    RefusalReason, ResourceId, Scope, UnitName, UnitRef, UserName,
};

use crate::causes::safe_host_text;
use crate::draft::{Draft, DraftStep, Phase, StepId};
use crate::host::Host;
use crate::obstacles;
use crate::refuse::Denied;

/// Removes every user that is declared absent and is there: those whose homes are in the homes of others go first.
pub(crate) fn draft(host: &Host<'_>, draft: &mut Draft) {
    let users = host.desired.users.iter();
    let mut absent: Vec<(&UserName, &DesiredUser)> = users
        .filter(|(_, user)| user.state == Presence::Absent)
        .collect();
    let depth = |name: &UserName| host.home(name).as_str().split('/').count();
    absent.sort_by_key(|(name, _)| Reverse(depth(name)));
    let mut gone = HomesGone::new();
    for (name, user) in absent {
        let removed = match user_to_remove(host, name, user) {
            Ok(Some(found)) => may_go(host, draft, (name, user, found), &gone).map(|()| {
                let step = remove(host, draft, (name, user, found), &gone);
                if user.remove_home {
                    gone.insert(name.clone(), (found.home.clone(), step));
                }
            }),
            Ok(None) => {
                forget(draft, name);
                Ok(())
            }
            Err(denied) => Err(denied),
        };
        if let Err(denied) = removed {
            draft.refuse(denied.into_refusal(ResourceId::User(name.clone())));
        }
    }
}

/// The users that go with their homes, each with its home and the step that removes both.
type HomesGone = BTreeMap<UserName, (HostPath, StepId)>;

/// Whether nothing is in the way of the account and, where that goes too, of its home.
fn may_go(
    host: &Host<'_>,
    draft: &mut Draft,
    (name, wanted, found): (&UserName, &DesiredUser, &ObservedUser),
    gone: &HomesGone,
) -> Result<(), Denied> {
    obstacles::may_be_changed(host, draft, name)?;
    let goes = |other: &UserName| gone.contains_key(other);
    match wanted.remove_home && found.home_exists {
        true => obstacles::home_may_go(host, draft, (name, &found.home), goes),
        false => Ok(()),
    }
}

/// The user that goes; `None` where it is gone.
fn user_to_remove<'a>(
    host: &Host<'a>,
    name: &UserName,
    wanted: &DesiredUser,
) -> Result<Option<&'a ObservedUser>, Denied> {
    let found = match host.user(name) {
        Observation::Known(found) => found,
        Observation::Absent => return Ok(None),
        Observation::Unknown(why) => {
            return Err(Denied::not_seen(format!(
                "whether the user is there could not be seen: {}",
                safe_host_text(&why.to_string())
            )));
        }
    };
    let facts = &host.observed.facts;
    if found.uid == 0 {
        return Err(Denied::by_guard("the superuser is never deleted"));
    }
    if *name == facts.login {
        return Err(
            Denied::by_guard("abide is logged in as this user and does not delete it")
                .with_help("connect as another user"),
        );
    }
    if name.is_of_directory() {
        return Err(Denied::for_reason(RefusalReason::OfDirectory {
            known: true,
        }));
    }
    if let Some(other) = host.user_owner(name) {
        return Err(Denied::by_guard(format!(
            "manifest {other} has units, files or lingering of this user"
        ))
        .with_help(format!(
            "remove the user from manifest {other} and apply that first"
        )));
    }
    if !host.is_root() {
        return Err(Denied::impossible_on_host(format!(
            "deleting the user needs root, and {}",
            host.without_root()
        )));
    }
    if wanted.remove_home && found.home_mounted {
        let home = found.home.clone();
        return Err(Denied::for_reason(RefusalReason::HomeIsMounted { home }));
    }
    if !wanted.end_processes {
        nothing_else_runs(host, name, wanted, found)?;
    }
    Ok(Some(found))
}

/// The units of ours in a user's scope.
fn our_units(host: &Host<'_>, name: &UserName, wanted: &DesiredUser) -> BTreeSet<UnitName> {
    let scope = Scope::User(name.clone());
    let owned = host.ledger.units.keys().filter(|unit| unit.scope == scope);
    owned
        .map(|unit| unit.unit.clone())
        .chain(wanted.units.iter().map(|(name, unit)| unit.loaded_as(name)))
        .collect()
}

/// `userdel` refuses a user with processes, when its units are stopped already. What is not ours is somebody's work.
fn nothing_else_runs(
    host: &Host<'_>,
    name: &UserName,
    wanted: &DesiredUser,
    found: &ObservedUser,
) -> Result<(), Denied> {
    let or = "or write `end_processes: true` to have them end with the user";
    if found.linger.sessions > 0 {
        return Err(Denied::by_guard(format!(
            "the user is logged in ({})",
            crate::causes::count(found.linger.sessions as usize, "session")
        ))
        .with_help(format!(
            "end its sessions: `loginctl terminate-user {name}`; {or}"
        )));
    }
    let ours = our_units(host, name, wanted);
    let others = found.processes.iter().filter_map(|process| {
        let unit = process.cgroup.rsplit('/').find(|part| part.contains('.'));
        let unit = unit.unwrap_or("no unit");
        let own = is_its_managers(process, found.uid) && is_expected(unit, &ours);
        (!own).then(|| {
            format!(
                "{} ({}, in {})",
                safe_host_text(&process.command),
                process.pid,
                safe_host_text(unit)
            )
        })
    });
    let others: Vec<String> = others.collect();
    match others.is_empty() {
        true => Ok(()),
        false => Err(Denied::by_guard(format!(
            "what no unit of ours started runs as this user: {}",
            crate::causes::names(others, 5)
        ))
        .with_help(format!("end these processes, {or}"))),
    }
}

fn is_its_managers(process: &ObservedProcess, uid: u32) -> bool {
    let manager = format!("user@{uid}.service");
    process.cgroup.split('/').any(|part| part == manager)
}

/// Our units, and what every manager of a user has: itself, and its bus.
fn is_expected(unit: &str, ours: &BTreeSet<UnitName>) -> bool {
    const OF_EVERY_MANAGER: &[&str] = &["init.scope", "dbus.service", "dbus-broker.service"];
    OF_EVERY_MANAGER.contains(&unit) || ours.iter().any(|our| our.as_str() == unit)
}

fn remove(
    host: &Host<'_>,
    draft: &mut Draft,
    (name, wanted, found): (&UserName, &DesiredUser, &ObservedUser),
    gone: &HomesGone,
) -> StepId {
    let mut before = stop_units(host, draft, name, wanted);
    if found.linger.recorded {
        let resource = ResourceId::Linger(name.clone());
        let step = DraftStep::new(Phase::LingerOff, resource, Change::DisableLinger);
        let step = step
            .with_cause(Cause::DeclaredAbsent)
            .after_steps(before.clone());
        before.push(draft.add(step));
    }
    if wanted.remove_home {
        let within = gone
            .values()
            .filter(|(home, _)| home.is_within(&found.home));
        before.extend(within.map(|(_, step)| *step));
    }
    let change = Change::DeleteUser {
        remove_home: wanted.remove_home,
        end_processes: wanted.end_processes,
    };
    let step = DraftStep::new(
        Phase::AccountRemoval,
        ResourceId::User(name.clone()),
        change,
    );
    let step = draft.add(step.with_cause(Cause::DeclaredAbsent).after_steps(before));
    forget(draft, name);
    step
}

/// Stops the units of ours that run, so that their `ExecStop=` runs with their manager still there.
fn stop_units(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
    wanted: &DesiredUser,
) -> Vec<StepId> {
    let scope = Scope::User(name.clone());
    let Observation::Known(seen) = host.scope(&scope) else {
        return Vec::new();
    };
    let running = our_units(host, name, wanted)
        .iter()
        .filter_map(|unit| seen.units.get(unit))
        .filter(|unit| unit.active.is_up())
        .map(|unit| UnitRef::new(&scope, &unit.id))
        .collect::<BTreeSet<_>>();
    let stop = |unit: UnitRef| {
        draft.removals.insert(unit.clone());
        let step = DraftStep::new(Phase::Stop, ResourceId::Unit(unit), Change::Stop);
        draft.add(step.with_cause(Cause::DeclaredAbsent))
    };
    running.into_iter().map(stop).collect()
}

fn forget(draft: &mut Draft, name: &UserName) {
    let scope = Scope::User(name.clone());
    let ledger = &mut draft.ledger;
    ledger.users.remove(name);
    ledger.attributes.remove(name);
    ledger.lingers.remove(name);
    ledger.files.retain(|_, file| file.scope != scope);
    ledger.units.retain(|unit, _| unit.scope != scope);
}
