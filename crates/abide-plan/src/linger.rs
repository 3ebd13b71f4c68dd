//! Lingering that is switched on, and the user managers that it brings up.
//!
//! What counts is the record in `/var/lib/systemd/linger`, never an open session: the manager that a session holds
//! up is gone ten seconds after the last logout (systemd-facts.md#linger-starts-manager).

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    ActiveState, Cause, Change, DesiredUser, Field, LastLoad, LingerNote, LingerReason, Manager,
    NoteKind, NoteText, Observation, RefusalReason, ResourceId, Scope, UserName, Wanted,
};

use crate::account::Account;
use crate::by_hand;
use crate::causes;
use crate::draft::{Draft, DraftStep, Phase, StepId};
use crate::host::Host;
use crate::refuse::Denied;
use crate::scope;

/// A service manager as the units of its scope will find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ManagerState {
    /// It answers.
    Up {
        /// Its last (re)load of unit files.
        last_load: LastLoad,
    },
    /// It does not run, and this step starts it.
    Starting(StepId),
    /// It does not run.
    Down,
    /// It runs and does not answer, or was not looked at.
    Unseen(String),
}

/// The manager of one user.
#[derive(Debug)]
pub(crate) struct UserManager {
    pub(crate) state: ManagerState,
    /// Steps without which nothing may be asked of it.
    pub(crate) after: Vec<StepId>,
}

/// Switches lingering on where it is wanted, and starts managers that are not there.
pub(crate) fn draft_on(
    host: &Host<'_>,
    draft: &mut Draft,
    accounts: &BTreeMap<UserName, Account>,
) -> BTreeMap<UserName, UserManager> {
    let mut managers = BTreeMap::new();
    for (name, account) in accounts {
        let made = match account {
            Account::There => None,
            Account::Made(step) => Some(*step),
            Account::Gone | Account::Refused => continue,
        };
        let manager = draft_user_manager(host, draft, name, made);
        note_held(host, draft, name);
        managers.insert(name.clone(), manager);
    }
    managers
}

fn draft_user_manager(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
    made: Option<StepId>,
) -> UserManager {
    let mut manager = UserManager {
        state: current_state(host, name),
        after: made.into_iter().collect(),
    };
    // One that starts has what the account has then.
    if !matches!(manager.state, ManagerState::Up { .. }) {
        manager
            .after
            .extend(crate::account::process_relevant_steps(draft, name));
    }
    let workable =
        made.is_some() && host.observed.facts.user_managers || scope::is_workable(host, name);
    let Some(user) = wanted_on(host, name, workable) else {
        return manager;
    };
    let enabled = match enable(host, name) {
        Ok(true) => None,
        Ok(false) => {
            // With a new account everything is off.
            let by_hand = by_hand::lingering_off(host, name).filter(|_| made.is_none());
            let why = [reason(user)].into_iter().chain(by_hand);
            Some(switch_on(draft, name, why, &manager.after))
        }
        Err(denied) => {
            draft.refuse(denied.into_refusal(ResourceId::Linger(name.clone())));
            return manager;
        }
    };
    manager.after.extend(enabled);
    if let Some(due) = host.restarts.get(name) {
        let step = restart(host, draft, name, &due.groups, &manager.after);
        manager.started_by(step);
    } else if workable && must_start(host, name, &manager.state) {
        match start(host, draft, name, enabled, &manager.after) {
            Ok(step) => manager.started_by(step),
            Err(denied) => {
                let scope = Scope::User(name.clone());
                draft.refuse(denied.into_refusal(ResourceId::Manager(scope)));
            }
        }
    }
    manager
}

impl UserManager {
    fn started_by(&mut self, step: StepId) {
        self.after.push(step);
        if self.state == ManagerState::Down {
            self.state = ManagerState::Starting(step);
        }
    }
}

/// The user, where it should linger. What units need is moot where their scope cannot be planned.
fn wanted_on<'a>(host: &Host<'a>, name: &UserName, workable: bool) -> Option<&'a DesiredUser> {
    let user = host.declared(name)?;
    let declared = matches!(user.linger.reason, LingerReason::Declared(_));
    (user.linger.value == Some(true) && (workable || declared)).then_some(user)
}

fn switch_on(
    draft: &mut Draft,
    name: &UserName,
    why: impl Iterator<Item = Cause>,
    after: &[StepId],
) -> StepId {
    let resource = ResourceId::Linger(name.clone());
    let step = DraftStep::new(Phase::LingerOn, resource, Change::EnableLinger);
    let step = step.because_all(why).after_steps(after.iter().copied());
    draft.ledger.lingers.insert(name.clone());
    draft.add(step)
}

/// Whether lingering is recorded, or may be switched on.
fn enable(host: &Host<'_>, name: &UserName) -> Result<bool, Denied> {
    if host.is_lingering(name) {
        return Ok(true);
    }
    may_switch(host, name).map(|()| false)
}

/// Whether lingering of this user may be switched on or off from this login.
pub(crate) fn may_switch(host: &Host<'_>, name: &UserName) -> Result<(), Denied> {
    let facts = &host.observed.facts;
    let own = facts.login == *name;
    if host.is_root() || own && facts.may_linger_itself == Some(true) {
        return Ok(());
    }
    let verb = match host.is_lingering(name) {
        true => "disable-linger",
        false => "enable-linger",
    };
    let by_root = format!("run `sudo loginctl {verb} {}` on the host", name.in_shell());
    let help = match own {
        true => format!(
            "{by_root}, or allow org.freedesktop.login1.set-self-linger to {name} with a polkit rule"
        ),
        false => by_root,
    };
    Err(Denied::impossible_on_host(format!(
        "switching lingering needs root, and {}",
        host.without_root()
    ))
    .with_help(help))
}

fn reason(user: &DesiredUser) -> Cause {
    match &user.linger.reason {
        LingerReason::ImpliedBy(unit) => Cause::LingerNeeded { unit: unit.clone() },
        LingerReason::Declared(_) | LingerReason::Unasked => Cause::Missing,
    }
}

/// The manager before anything is done.
fn current_state(host: &Host<'_>, name: &UserName) -> ManagerState {
    let active = manager_active(host, name);
    match host.scope(&Scope::User(name.clone())) {
        Observation::Known(scope) => match &scope.manager {
            Manager::Up { last_load } => ManagerState::Up {
                last_load: *last_load,
            },
            Manager::Broken(why) if active.is_up() => {
                ManagerState::Unseen(causes::safe_host_text(why))
            }
            Manager::Down | Manager::Broken(_) => ManagerState::Down,
        },
        Observation::Absent => ManagerState::Down,
        Observation::Unknown(why) if active.is_up() => {
            ManagerState::Unseen(causes::safe_host_text(&why.to_string()))
        }
        Observation::Unknown(_) => ManagerState::Down,
    }
}

fn manager_active(host: &Host<'_>, name: &UserName) -> ActiveState {
    let user = host.user(name);
    user.as_known()
        .map_or(ActiveState::Inactive, |user| user.linger.manager)
}

/// A manager that is down has to be started. One that nothing holds, no record and no session, dies within seconds.
fn must_start(host: &Host<'_>, name: &UserName, state: &ManagerState) -> bool {
    let user = host.user(name);
    let held = user.as_known().is_some_and(|user| user.linger.sessions > 0);
    let dying = !host.is_lingering(name) && !held;
    match state {
        ManagerState::Down => true,
        ManagerState::Up { .. } => dying,
        ManagerState::Unseen(_) | ManagerState::Starting(_) => false,
    }
}

fn start(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
    enabled: Option<StepId>,
    after: &[StepId],
) -> Result<StepId, Denied> {
    // Switching lingering on starts the manager without root; nothing else does.
    if !host.is_root() && enabled.is_none() {
        return Err(Denied::impossible_on_host(format!(
            "its manager is {} and starting it needs root, and {}",
            manager_active(host, name).word(),
            host.without_root()
        ))
        .with_help(format!(
            "log in as {name} with a real session, or run `sudo systemctl start user@UID.service`"
        )));
    }
    if let Some(why) = masked_manager(host, name) {
        return Err(Denied::for_reason(why));
    }
    let resource = ResourceId::Manager(Scope::User(name.clone()));
    let step = DraftStep::new(Phase::ManagerStart, resource, Change::StartManager);
    let step = match enabled {
        Some(enabled) => step.with_cause(enabled),
        None => step.with_cause(causes::state(
            manager_active(host, name),
            ActiveState::Active,
        )),
    };
    Ok(draft.add(step.after_steps(after.iter().copied())))
}

/// Why nothing can start a manager, where it or what it needs is masked. Without systemd-logind only a boot does not.
pub(crate) fn masked_manager(host: &Host<'_>, name: &UserName) -> Option<RefusalReason> {
    let user = host.user(name);
    let user = user.as_known()?;
    let masked = user.linger.masked.as_ref()?;
    let of_logind = masked.as_str() == "systemd-logind.service";
    let is_manager = masked.as_str().starts_with("user@");
    (!of_logind).then(|| RefusalReason::ManagerMasked {
        uid: user.uid,
        needs: (!is_manager).then(|| masked.clone()),
    })
}

/// Groups that came after the manager started come with its restart.
fn restart(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
    groups: &BTreeSet<String>,
    after: &[StepId],
) -> StepId {
    let has = host.user(name);
    let has = has
        .as_known()
        .and_then(|user| user.linger.manager_groups.as_ref());
    let has: Vec<&str> = has.into_iter().flatten().map(String::as_str).collect();
    let lacks = groups.iter().map(String::as_str);
    let all: Vec<&str> = has.iter().copied().chain(lacks).collect();
    let cause = causes::difference_cause(Field::ManagerGroups, has.join(","), all.join(","));
    let account = ResourceId::User(name.clone());
    let changed: Vec<StepId> = draft.steps_about(Phase::Account, &account).collect();
    let resource = ResourceId::Manager(Scope::User(name.clone()));
    let step = DraftStep::new(Phase::ManagerStart, resource, Change::RestartManager)
        .with_cause(cause)
        .after_steps(after.iter().copied())
        .after_steps(changed);
    draft.add(step)
}

/// Says where units run only as long as somebody is logged in.
fn note_held(host: &Host<'_>, draft: &mut Draft, name: &UserName) {
    let resource = ResourceId::Linger(name.clone());
    let switched_on = draft
        .steps
        .iter()
        .any(|step| step.resource == resource && step.change == Change::EnableLinger);
    let running = host.declared(name).and_then(|user| {
        let mut units = user.units.iter();
        units.find(|(_, unit)| unit.running == Wanted::Yes)
    });
    let (Some((unit, _)), false) = (running, switched_on || host.is_lingering(name)) else {
        return;
    };
    if manager_active(host, name).is_up() {
        let text = NoteText::Linger {
            user: name.clone(),
            says: LingerNote::HeldBySession { unit: unit.clone() },
        };
        draft.note(resource, NoteKind::HeldBySession, text);
    }
}
