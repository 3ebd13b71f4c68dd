//! One scope as its files and units are planned: what was seen of it, and what the steps before have made of it.

use std::collections::BTreeMap;

use abide_model::{
    Cause, Change, LastLoad, Manager, NoteKind, Observation, ObservedScope, ObservedUser,
    RefusalReason, ResourceId, Scope, UserName,
};

use crate::account::Account;
use crate::causes::said;
use crate::draft::{Draft, Phase, Step, StepId};
use crate::host::Host;
use crate::linger::{ManagerState, UserManager};
use crate::places::Places;
use crate::refuse::Denied;

/// One scope of one host.
#[derive(Debug)]
pub(crate) struct ScopeView<'a> {
    pub(crate) host: &'a Host<'a>,
    pub(crate) scope: Scope,
    /// `None` where its user is about to be made: there is nothing of it.
    pub(crate) seen: Option<&'a ObservedScope>,
    pub(crate) manager: ManagerState,
    pub(crate) places: Places,
    /// Steps without which no file of it can be written.
    pub(crate) files_after: Vec<StepId>,
    /// Steps without which its manager cannot be asked for anything.
    pub(crate) manager_after: Vec<StepId>,
}

/// Opens every scope in which something is declared or owned, system first. What cannot be opened is refused as a
/// whole; what is gone with its user is forgotten.
pub(crate) fn open_all<'a>(
    host: &'a Host<'a>,
    accounts: &BTreeMap<UserName, Account>,
    managers: &BTreeMap<UserName, UserManager>,
    draft: &mut Draft,
) -> Vec<ScopeView<'a>> {
    let users = accounts.keys().cloned().map(Scope::User);
    let mut scopes = Vec::new();
    for scope in std::iter::once(Scope::System).chain(users) {
        if declared_things(host, &scope) + owned_things(host, &scope) == 0 {
            continue;
        }
        let opened = match scope.user() {
            None => open_system(host).map(Some),
            Some(name) if to_be_deleted(host, name) => Ok(None),
            Some(name) => match accounts.get(name) {
                Some(Account::Gone) => {
                    forget(draft, name);
                    Ok(None)
                }
                Some(Account::There) => open_user(host, name, managers, None),
                Some(Account::Made(step)) => open_user(host, name, managers, Some(*step)),
                Some(Account::Refused) | None => Err(Denied::impossible("its user is refused")),
            },
        };
        match opened {
            Ok(view) => {
                note_unknown_load(view.as_ref(), draft);
                scopes.extend(view);
            }
            Err(denied) => draft.refuse(denied.about(ResourceId::Manager(scope))),
        }
    }
    scopes
}

/// What older systemd does not show (docs/systemd-facts.md) is said, and nothing is owed because of it.
fn note_unknown_load(view: Option<&ScopeView<'_>>, draft: &mut Draft) {
    let Some(view) = view else { return };
    let unknown = ManagerState::Up {
        last_load: LastLoad::Unknown,
    };
    if view.manager == unknown {
        let systemd = view.host.observed.facts.systemd;
        let text = format!(
            "systemd {systemd} does not show when it read its units last: that a reload is owed is known by NeedDaemonReload alone"
        );
        draft.note(
            ResourceId::Manager(view.scope.clone()),
            NoteKind::Expect,
            text,
        );
    }
}

fn to_be_deleted(host: &Host<'_>, name: &UserName) -> bool {
    host.desired.users.contains_key(name) && host.declared(name).is_none()
}

/// What was ours there is gone with its user.
fn forget(draft: &mut Draft, name: &UserName) {
    let scope = Scope::User(name.clone());
    draft.ledger.files.retain(|_, file| file.scope != scope);
    draft.ledger.units.retain(|unit, _| unit.scope != scope);
    draft.ledger.users.remove(name);
    draft.ledger.attributes.remove(name);
    let step = Step::new(
        Phase::Claims,
        ResourceId::User(name.clone()),
        Change::Forget,
    );
    draft.add(step.because(Cause::Undeclared));
}

fn open_system<'a>(host: &'a Host<'a>) -> Result<ScopeView<'a>, Denied> {
    let scope = Scope::System;
    let seen = match host.scope(&scope) {
        Observation::Known(seen) => seen,
        Observation::Absent => return Err(unseen(host, &scope, "it is not there")),
        Observation::Unknown(why) => return Err(unseen(host, &scope, &why)),
    };
    let manager = match &seen.manager {
        Manager::Up { last_load } => ManagerState::Up {
            last_load: *last_load,
        },
        Manager::Down => return Err(unseen(host, &scope, "the system manager does not run")),
        Manager::Broken(why) => return Err(unseen(host, &scope, why)),
    };
    Ok(ScopeView {
        host,
        scope,
        seen: Some(seen),
        manager,
        places: Places::system(),
        files_after: Vec::new(),
        manager_after: Vec::new(),
    })
}

fn open_user<'a>(
    host: &'a Host<'a>,
    name: &UserName,
    managers: &BTreeMap<UserName, UserManager>,
    made: Option<StepId>,
) -> Result<Option<ScopeView<'a>>, Denied> {
    let scope = Scope::User(name.clone());
    let seen = match (made, host.scope(&scope)) {
        (Some(_), _) | (None, Observation::Absent) => None,
        (None, Observation::Known(seen)) => Some(seen),
        (None, Observation::Unknown(why)) => return Err(unseen(host, &scope, &why)),
    };
    if let (None, Observation::Known(user)) = (made, host.user(name)) {
        home_is_there(name, user)?;
    }
    let Some(manager) = managers.get(name) else {
        return Ok(None);
    };
    if !host.observed.facts.user_managers && has_things(host, &scope) {
        let systemd = host.observed.facts.systemd;
        return Err(Denied::because(RefusalReason::NoUserManagers { systemd }));
    }
    if let ManagerState::Unseen(why) = &manager.state {
        let reason = format!("its manager runs and does not answer: {why}");
        let help = format!(
            "look at `journalctl -u user@UID.service` on the host; `loginctl terminate-user {name}` ends it"
        );
        return Err(Denied::unknown(reason).help(help));
    }
    let mut places = Places::of_home(&host.home(name))
        .map_err(|error| Denied::impossible(format!("its home is no place for files: {error}")))?;
    if let Some(seen) = seen {
        places.config = seen.config_dir.clone();
    }
    Ok(Some(ScopeView {
        host,
        scope,
        seen,
        manager: manager.state.clone(),
        places,
        files_after: made.into_iter().collect(),
        manager_after: manager.after.clone(),
    }))
}

/// Whether the scope of a user that is there can be planned. One in which there is nothing to plan is no obstacle.
pub(crate) fn is_workable(host: &Host<'_>, name: &UserName) -> bool {
    let scope = Scope::User(name.clone());
    let user = host.user(name);
    let at_home = user
        .known()
        .is_none_or(|user| home_is_there(name, user).is_ok());
    let seen = !matches!(host.scope(&scope), Observation::Unknown(_));
    at_home && seen && host.observed.facts.user_managers || !has_things(host, &scope)
}

fn has_things(host: &Host<'_>, scope: &Scope) -> bool {
    declared_things(host, scope) + owned_things(host, scope) > 0
}

/// A user without its home has no place for files, and may not make one in a directory of root.
fn home_is_there(name: &UserName, user: &ObservedUser) -> Result<(), Denied> {
    if user.home_exists {
        return Ok(());
    }
    let reason = format!("its home {} is not there", user.home);
    let help = format!(
        "make it: `install -d -o {name} -g {} -m 0750 {}`",
        said(&user.group),
        user.home
    );
    Err(Denied::impossible(reason).help(help))
}

/// What could not be seen without root is no mystery: it needs root.
fn unseen(host: &Host<'_>, scope: &Scope, why: &str) -> Denied {
    let things = match declared_things(host, scope) {
        0 => "what abide owns there".to_owned(),
        1 => "what is declared there".to_owned(),
        number => format!("the {number} units and files declared there"),
    };
    if !host.may_change(scope) {
        return Denied::impossible(format!(
            "changing {things} needs root, and {}",
            host.without_root()
        ))
        .help("connect as root or as a user with `sudo -n`, or as the user itself");
    }
    Denied::unknown(format!("{things} could not be seen: {}", said(why)))
}

fn declared_things(host: &Host<'_>, scope: &Scope) -> usize {
    let files = scope.user().and_then(|name| host.declared(name));
    let files = files.map_or(0, |user| user.files.len());
    files + host.units(scope).map_or(0, BTreeMap::len)
}

fn owned_things(host: &Host<'_>, scope: &Scope) -> usize {
    let files = host.ledger.files.values();
    let units = host.ledger.units.keys();
    files.filter(|file| file.scope == *scope).count()
        + units.filter(|unit| unit.scope == *scope).count()
}
