//! One scope as its files and units are planned: what was seen of it, and what the steps before have made of it.

use std::collections::BTreeMap;

use abide_model::{
    Manager, Observation, ObservedScope, ObservedUser, Refusal, ResourceId, Scope, UserName,
};

use crate::account::Account;
use crate::causes::said;
use crate::draft::StepId;
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

/// The scopes that have to be looked at, each opened, forgotten with its user, or refused as a whole.
#[derive(Debug)]
pub(crate) enum Opened<'a> {
    /// It can be planned.
    Open(Box<ScopeView<'a>>),
    /// Its user is gone, and what was ours there with it.
    Gone,
    /// It cannot be planned. A refusal of its user may already say why.
    Refused(Option<Refusal>),
}

/// Every scope in which something is declared or owned, system first.
pub(crate) fn all(host: &Host<'_>, users: &BTreeMap<UserName, Account>) -> Vec<Scope> {
    let of_files = host.ledger.files.values().map(|file| &file.scope);
    let of_units = host.ledger.units.keys().map(|unit| &unit.scope);
    let owned_by_system = of_files.chain(of_units).any(|scope| *scope == Scope::System);
    let system = !host.desired.units.is_empty() || owned_by_system;
    let users = users.keys().filter(|name| {
        let declared = host.declared(name).is_some();
        declared || !host.desired.users.contains_key(*name)
    });
    let system = system.then_some(Scope::System).into_iter();
    system.chain(users.cloned().map(Scope::User)).collect()
}

/// Opens a scope for planning.
pub(crate) fn open<'a>(
    host: &'a Host<'a>,
    scope: &Scope,
    accounts: &BTreeMap<UserName, Account>,
    managers: &BTreeMap<UserName, UserManager>,
) -> Opened<'a> {
    if declared_things(host, scope) + owned_things(host, scope) == 0 {
        return Opened::Refused(None);
    }
    let opened = match scope {
        Scope::System => open_system(host).map(Some),
        Scope::User(name) => match accounts.get(name) {
            Some(Account::Gone) => return Opened::Gone,
            Some(Account::There) => open_user(host, name, managers, None),
            Some(Account::Made(step)) => open_user(host, name, managers, Some(*step)),
            Some(Account::Refused) | None => Err(Denied::impossible("its user is refused")),
        },
    };
    match opened {
        Ok(Some(view)) => Opened::Open(Box::new(view)),
        Ok(None) => Opened::Refused(None),
        Err(denied) => Opened::Refused(Some(denied.about(ResourceId::Manager(scope.clone())))),
    }
}

fn open_system<'a>(host: &'a Host<'a>) -> Result<ScopeView<'a>, Denied> {
    let scope = Scope::System;
    let seen = match host.scope(&scope) {
        Observation::Known(seen) => seen,
        Observation::Absent => return Err(unseen(host, &scope, "it is not there")),
        Observation::Unknown(why) => return Err(unseen(host, &scope, &why)),
    };
    let manager = match &seen.manager {
        Manager::Up { units_loaded_at } => ManagerState::Up {
            units_loaded_at: *units_loaded_at,
        },
        Manager::Down => return Err(unseen(host, &scope, "the system manager does not run")),
        Manager::Broken(why) => return Err(unseen(host, &scope, why)),
    };
    Ok(ScopeView {
        host,
        scope,
        seen: Some(seen),
        manager,
        places: Places {
            config: seen.config_dir.clone(),
            ..Places::system()
        },
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
    if let ManagerState::Unseen(why) = &manager.state {
        let reason = format!("its manager runs and does not answer: {why}");
        let help = format!("look at `journalctl -u user@UID.service` on the host; `loginctl terminate-user {name}` ends it");
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
        return Denied::impossible(format!("changing {things} needs root, and {}", host.without_root()))
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
