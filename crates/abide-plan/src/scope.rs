//! One scope as its files and units are planned: what was seen of it, and what the steps before have made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use abide_model::{
    Cause, Change, HostPath, LastLoad, Manager, NoteKind, NoteText, Observation, ObservedScope,
    ObservedUnit, ObservedUser, RefusalReason, ResourceId, Scope, UnitName, UnitRef, UserName,
};

use crate::account::{self, Account};
use crate::causes::safe_host_text;
use crate::draft::{Draft, DraftStep, Phase, StepId};
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
    /// Steps that change its user's account: without them nothing new is written or started.
    pub(crate) account_after: Vec<StepId>,
}

impl ScopeView<'_> {
    /// The unit that systemd knows: by the text that is declared, or, of a quadlet of which none is, by the manager's own
    /// word, or as it usually is.
    pub(crate) fn loaded_as(&self, name: &UnitName) -> UnitName {
        let declared = self.host.units(&self.scope);
        match declared.and_then(|units| units.get(name)) {
            Some(unit) if unit.is_ours() || unit.service.is_some() => unit.loaded_as(name),
            _ if !name.kind().is_quadlet() => name.clone(),
            _ => {
                let usual = name.usually_loaded_as();
                let mut made = self.made_of(name);
                match made.contains(&usual) {
                    true => usual,
                    false => made.pop_first().unwrap_or(usual),
                }
            }
        }
    }

    /// The services of ours that the manager has of this quadlet.
    pub(crate) fn made_of(&self, quadlet: &UnitName) -> BTreeSet<UnitName> {
        let Some(seen) = self.seen else {
            return BTreeSet::new();
        };
        let ours = |unit: &&ObservedUnit| {
            let reference = UnitRef::new(&self.scope, &unit.id);
            self.host.ledger.units.contains_key(&reference)
        };
        let is_of = |unit: &&ObservedUnit| {
            let source = unit.source.as_ref();
            source.is_some_and(|source| self.is_at(source, quadlet))
        };
        let units = seen.units.values().filter(ours).filter(is_of);
        units.map(|unit| unit.id.clone()).collect()
    }

    /// Whether a quadlet of ours stands there. Podman names it without the links on the way to it.
    fn is_at(&self, path: &HostPath, quadlet: &UnitName) -> bool {
        let below = |dir: &HostPath| {
            dir.file_name() == "systemd" && dir.parent_directory().file_name() == "containers"
        };
        path.file_name() == quadlet.as_str()
            && (self.places.unit(quadlet).as_ref() == Ok(path) || below(&path.parent_directory()))
    }

    /// The services of ours that declared quadlets had and that have another name now (`ServiceName=`), each with that.
    pub(crate) fn renamed_services(&self) -> BTreeMap<UnitName, UnitName> {
        let declared = self.host.units(&self.scope).into_iter().flatten();
        let declared: Vec<(&UnitName, UnitName)> = declared
            .filter(|(name, _)| name.kind().is_quadlet())
            .map(|(name, _)| (name, self.loaded_as(name)))
            .collect();
        let is_taken = |service: &UnitName| declared.iter().any(|(_, loaded)| loaded == service);
        let renamed = declared.iter().flat_map(|(name, loaded)| {
            let before = self.made_of(name).into_iter();
            before.map(move |service| (service, loaded.clone()))
        });
        renamed.filter(|(service, _)| !is_taken(service)).collect()
    }
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
                Some(Account::There) => open_user(host, name, managers, None, draft),
                Some(Account::Made(step)) => open_user(host, name, managers, Some(*step), draft),
                Some(Account::Refused) | None => {
                    Err(Denied::impossible_on_host("its user is refused"))
                }
            },
        };
        match opened {
            Ok(view) => {
                note_unknown_load(view.as_ref(), draft);
                scopes.extend(view);
            }
            Err(denied) => draft.refuse(denied.into_refusal(ResourceId::Manager(scope))),
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
        draft.note(
            ResourceId::Manager(view.scope.clone()),
            NoteKind::Expect,
            NoteText::LoadTimeHidden { systemd },
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
    let step = DraftStep::new(
        Phase::Claims,
        ResourceId::User(name.clone()),
        Change::Forget,
    );
    draft.add(step.with_cause(Cause::Undeclared));
}

fn open_system<'a>(host: &'a Host<'a>) -> Result<ScopeView<'a>, Denied> {
    let scope = Scope::System;
    let seen = match host.scope(&scope) {
        Observation::Known(seen) => seen,
        Observation::Absent => return Err(unseen_refusal(host, &scope, &"it is not there")),
        Observation::Unknown(why) => return Err(unseen_refusal(host, &scope, &why)),
    };
    let manager = match &seen.manager {
        Manager::Up { last_load } => ManagerState::Up {
            last_load: *last_load,
        },
        Manager::Down => {
            return Err(unseen_refusal(
                host,
                &scope,
                &"the system manager does not run",
            ));
        }
        Manager::Broken(why) => return Err(unseen_refusal(host, &scope, why)),
    };
    Ok(ScopeView {
        host,
        scope,
        seen: Some(seen),
        manager,
        places: Places::system(),
        files_after: Vec::new(),
        manager_after: Vec::new(),
        account_after: Vec::new(),
    })
}

fn open_user<'a>(
    host: &'a Host<'a>,
    name: &UserName,
    managers: &BTreeMap<UserName, UserManager>,
    made: Option<StepId>,
    draft: &Draft,
) -> Result<Option<ScopeView<'a>>, Denied> {
    let scope = Scope::User(name.clone());
    let seen = match (made, host.scope(&scope)) {
        (Some(_), _) | (None, Observation::Absent) => None,
        (None, Observation::Known(seen)) => Some(seen),
        (None, Observation::Unknown(why)) => return Err(unseen_refusal(host, &scope, &why)),
    };
    if let (None, Observation::Known(user)) = (made, host.user(name)) {
        home_is_there(name, user)?;
    }
    let Some(manager) = managers.get(name) else {
        return Ok(None);
    };
    if !host.observed.facts.user_managers && has_things(host, &scope) {
        let systemd = host.observed.facts.systemd;
        return Err(Denied::for_reason(RefusalReason::NoUserManagers {
            systemd,
        }));
    }
    if let ManagerState::Unseen(why) = &manager.state {
        let reason = format!("its manager runs and does not answer: {why}");
        let help = format!(
            "look at `journalctl -u user@UID.service` on the host; `loginctl terminate-user {name}` ends it"
        );
        return Err(Denied::not_seen(reason).with_help(help));
    }
    let mut places = Places::of_home(&host.home(name)).map_err(|error| {
        Denied::impossible_on_host(format!("its home is no place for files: {error}"))
    })?;
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
        account_after: account::process_relevant_steps(draft, name),
    }))
}

/// Whether the scope of a user that is there can be planned. One in which there is nothing to plan is no obstacle.
pub(crate) fn is_workable(host: &Host<'_>, name: &UserName) -> bool {
    let scope = Scope::User(name.clone());
    let user = host.user(name);
    let at_home = user
        .as_known()
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
        safe_host_text(&user.group),
        user.home
    );
    Err(Denied::impossible_on_host(reason).with_help(help))
}

/// What could not be seen without root is no mystery: it needs root.
fn unseen_refusal(host: &Host<'_>, scope: &Scope, why: &dyn fmt::Display) -> Denied {
    let things = match declared_things(host, scope) {
        0 => "what abide owns there".to_owned(),
        1 => "what is declared there".to_owned(),
        number => format!("the {number} units and files declared there"),
    };
    if !host.may_change(scope) {
        return Denied::impossible_on_host(format!(
            "changing {things} needs root, and {}",
            host.without_root()
        ))
        .with_help("connect as root or as a user with `sudo -n`, or as the user itself");
    }
    let why = safe_host_text(&why.to_string());
    Denied::not_seen(format!("{things} could not be seen: {why}"))
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
