//! Users: which are made, changed in which attributes, or deleted.
//!
//! Nothing that would pull the ground from under running processes is done: another id or home of a user that runs
//! something is refused, and so is deleting the login user or root.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    AccountField, Cause, Change, DesiredAccount, DesiredUser, FieldChange, HostPath, Observation,
    ObservedUser, Presence, RefusalReason, ResourceId, Scope, UnknownReason, UserName,
};

use crate::by_hand;
use crate::causes::safe_host_text;
use crate::draft::{Draft, DraftStep, Phase, StepId};
use crate::host::Host;
use crate::manager_restart;
use crate::obstacles;
use crate::refuse::Denied;

/// What will be known of a user when its scope is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// It is there.
    There,
    /// This step makes it: nothing of it is there yet.
    Made(StepId),
    /// It is not there, and will not be.
    Gone,
    /// It could not be seen or may not be made; a refusal says why.
    Refused,
}

/// Makes and changes users; says of every user of the manifest and the ledger what to expect.
pub(crate) fn draft(host: &Host<'_>, draft: &mut Draft) -> BTreeMap<UserName, Account> {
    let mut accounts = BTreeMap::new();
    let declared = |name: &UserName| host.declared(name).is_some();
    draft.ledger.attributes.retain(|name, _| declared(name));
    for (name, user) in &host.desired.users {
        let account = match user.state {
            Presence::Present => draft_present_user(host, draft, name, user),
            Presence::Absent => Account::Gone,
        };
        accounts.insert(name.clone(), account);
    }
    for name in owned_users(host) {
        accounts
            .entry(name.clone())
            .or_insert_with(|| undeclared(host, draft, &name));
    }
    accounts
}

/// Users in whose scope the ledger owns something.
fn owned_users(host: &Host<'_>) -> BTreeSet<UserName> {
    let of_files = host.ledger.files.values().map(|file| &file.scope);
    let of_units = host.ledger.units.keys().map(|unit| &unit.scope);
    let scopes = of_files.chain(of_units);
    let users = scopes.filter_map(Scope::user).cloned();
    users.chain(host.ledger.lingers.iter().cloned()).collect()
}

fn undeclared(host: &Host<'_>, draft: &mut Draft, name: &UserName) -> Account {
    match host.user(name) {
        Observation::Known(_) => Account::There,
        Observation::Absent => Account::Gone,
        Observation::Unknown(why) => {
            refuse_unknown(draft, name, &why);
            Account::Refused
        }
    }
}

fn draft_present_user(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
    wanted: &DesiredUser,
) -> Account {
    match host.user(name) {
        Observation::Known(found) => {
            let fields = manager_restart::check_group_change(host, draft, name, (wanted, found));
            match fields.and_then(|()| modify(host, name, wanted, found)) {
                Ok(fields) if fields.is_empty() => {}
                Ok(fields) => {
                    if let Err(denied) = obstacles::may_modify(host, draft, name, &fields) {
                        draft.refuse(denied.into_refusal(ResourceId::User(name.clone())));
                        return Account::There;
                    }
                    change(host, draft, name, (found, fields));
                }
                Err(denied) => {
                    draft.refuse(denied.into_refusal(ResourceId::User(name.clone())));
                    return Account::There;
                }
            }
            keep_books(draft, name, &wanted.account);
            Account::There
        }
        Observation::Absent if name.is_of_directory() => {
            let denied = Denied::for_reason(RefusalReason::OfDirectory { known: false });
            draft.refuse(denied.into_refusal(ResourceId::User(name.clone())));
            Account::Refused
        }
        Observation::Absent if host.is_root() => {
            match obstacles::may_make(host, draft, name, wanted) {
                Ok(()) => Account::Made(make(host, draft, name, wanted)),
                Err(denied) => {
                    draft.refuse(denied.into_refusal(ResourceId::User(name.clone())));
                    Account::Refused
                }
            }
        }
        Observation::Absent => {
            let denied = Denied::impossible_on_host(format!(
                "making the user needs root, and {}",
                host.without_root()
            ));
            draft.refuse(denied.into_refusal(ResourceId::User(name.clone())));
            Account::Refused
        }
        Observation::Unknown(why) => {
            refuse_unknown(draft, name, &why);
            Account::Refused
        }
    }
}

fn refuse_unknown(draft: &mut Draft, name: &UserName, why: &UnknownReason) {
    let denied = Denied::not_seen(format!(
        "whether the user is there could not be seen: {}",
        safe_host_text(&why.to_string())
    ));
    draft.refuse(denied.into_refusal(ResourceId::User(name.clone())));
}

fn make(host: &Host<'_>, draft: &mut Draft, name: &UserName, wanted: &DesiredUser) -> StepId {
    let DesiredAccount {
        uid,
        group,
        groups,
        home: _,
        shell,
        comment,
        system,
    } = wanted.account.clone();
    let change = Change::CreateUser {
        uid,
        group,
        groups: groups.unwrap_or_default(),
        home: host.home(name),
        shell,
        comment,
        system: system.unwrap_or(false),
    };
    let step = DraftStep::new(Phase::Account, ResourceId::User(name.clone()), change);
    draft.ledger.users.insert(name.clone());
    keep_books(draft, name, &wanted.account);
    let why = [Cause::Missing].into_iter();
    draft.add(step.because_all(why.chain(by_hand::account_gone(host, name))))
}

/// Says in the ledger how the declared attributes are left.
fn keep_books(draft: &mut Draft, name: &UserName, wanted: &DesiredAccount) {
    let attributes = visible_attributes(wanted);
    match attributes.is_empty() {
        true => draft.ledger.attributes.remove(name),
        false => draft.ledger.attributes.insert(name.clone(), attributes),
    };
}

/// The attributes that can be seen on a host.
fn visible_attributes(wanted: &DesiredAccount) -> BTreeMap<String, String> {
    let DesiredAccount {
        uid,
        group,
        groups,
        home,
        shell,
        comment,
        system: _,
    } = wanted;
    let groups = groups.as_ref();
    let groups = groups.map(|groups| groups.iter().map(String::as_str).collect::<Vec<_>>());
    let all = [
        ("uid", uid.map(|uid| uid.to_string())),
        ("group", group.clone()),
        ("groups", groups.map(|groups| groups.join(","))),
        ("home", home.as_ref().map(HostPath::to_string)),
        ("shell", shell.as_ref().map(HostPath::to_string)),
        ("comment", comment.clone()),
    ];
    let all = all.into_iter();
    all.filter_map(|(field, value)| Some((field.to_owned(), value?)))
        .collect()
}

fn change(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
    (found, fields): (&ObservedUser, Vec<FieldChange>),
) {
    let causes: Vec<_> = fields
        .iter()
        .map(|field| crate::causes::difference_cause(field.field, &field.from, &field.to))
        .chain(by_hand::account(host, name, found, &fields))
        .collect();
    let change = Change::ModifyUser(fields);
    let step = DraftStep::new(Phase::Account, ResourceId::User(name.clone()), change);
    draft.add(step.because_all(causes));
}

/// The steps that change what a user's processes get from its account: all but its name for people.
pub(crate) fn process_relevant_steps(draft: &Draft, name: &UserName) -> Vec<StepId> {
    let account = ResourceId::User(name.clone());
    let steps = draft.steps_about(Phase::Account, &account);
    let matters = |step: &StepId| match draft.steps.get(step.0).map(|step| &step.change) {
        Some(Change::ModifyUser(fields)) => fields
            .iter()
            .any(|field| field.field != AccountField::Comment),
        _ => false,
    };
    steps.filter(matters).collect()
}

/// The attributes that are written in the manifest and differ.
fn modify(
    host: &Host<'_>,
    name: &UserName,
    wanted: &DesiredUser,
    found: &ObservedUser,
) -> Result<Vec<FieldChange>, Denied> {
    let fields = differing_fields(&wanted.account, found);
    let has = |field: AccountField| fields.iter().any(|change| change.field == field);
    if !fields.is_empty() && !host.is_root() {
        let names: Vec<_> = fields.iter().map(|change| change.field.word()).collect();
        return Err(Denied::impossible_on_host(format!(
            "changing its {} needs root, and {}",
            names.join(", "),
            host.without_root()
        )));
    }
    if has(AccountField::Uid) || has(AccountField::Home) {
        may_move(name, wanted, found, has(AccountField::Home))?;
    }
    Ok(fields)
}

/// Whether a user may get another id or home. `usermod` refuses it while a process of the user runs, and what stands
/// in the new home has not been looked at.
fn may_move(
    name: &UserName,
    wanted: &DesiredUser,
    found: &ObservedUser,
    home: bool,
) -> Result<(), Denied> {
    let what = if home { "home" } else { "uid" };
    let by_hand = format!("log {name} out, change it with usermod(8), and plan again");
    if found.linger.manager.is_up() || found.linger.sessions > 0 {
        let reason = format!("its {what} cannot change while processes of the user run");
        return Err(Denied::impossible_on_host(reason).with_help(by_hand));
    }
    if home && !(wanted.units.is_empty() && wanted.files.is_empty()) {
        let reason = format!(
            "its home is {}, and its declared files and units stand there; they are not moved",
            found.home
        );
        return Err(Denied::impossible_on_host(reason).with_help(by_hand));
    }
    Ok(())
}

/// Destructured, so that a new attribute cannot be forgotten.
fn differing_fields(wanted: &DesiredAccount, found: &ObservedUser) -> Vec<FieldChange> {
    let DesiredAccount {
        uid,
        group,
        groups,
        home,
        shell,
        comment,
        system: _, // It decides how the user is made, and cannot be seen afterwards.
    } = wanted;
    let missing = groups
        .iter()
        .flatten()
        .filter(|group| !found.groups.contains(*group));
    let missing: Vec<&str> = missing
        .filter(|group| **group != found.group)
        .map(String::as_str)
        .collect();
    let current: Vec<&str> = found.groups.iter().map(String::as_str).collect();
    let add = (!missing.is_empty()).then(|| missing.join(","));
    [
        field(
            AccountField::Uid,
            &found.uid.to_string(),
            uid.map(|uid| uid.to_string()),
        ),
        field(AccountField::Group, &found.group, group.clone()),
        field(AccountField::Groups, &current.join(","), add),
        field(
            AccountField::Home,
            found.home.as_str(),
            home.as_ref().map(HostPath::to_string),
        ),
        field(
            AccountField::Shell,
            &found.shell,
            shell.as_ref().map(HostPath::to_string),
        ),
        // adduser(8) leaves empty GECOS parts behind the name.
        field(
            AccountField::Comment,
            found.comment.trim_end_matches(','),
            comment.clone(),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn field(field: AccountField, from: &str, to: Option<String>) -> Option<FieldChange> {
    to.filter(|to| to != from).map(|to| FieldChange {
        field,
        from: safe_host_text(from),
        to,
    })
}
