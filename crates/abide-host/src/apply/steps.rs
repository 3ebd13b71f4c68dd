//! The plan's actions as calls of the script's functions, in the plan's order.

use std::fmt::Write as _;

use abide_model::{
    Action, ActionId, ActiveState, Change, FieldChange, Plan, Precondition, ResourceId, Scope,
    UnitRef,
};

use crate::quote::{word, words};

/// All steps of a plan.
pub(super) fn of(plan: &Plan) -> String {
    let mut out = String::new();
    let mut open: Option<(&str, Scope)> = None;
    for (index, action) in plan.actions.iter().enumerate() {
        let batch = verb(&action.change).map(|verb| (verb, action.resource.scope()));
        if open.is_some() && open != batch {
            out.push_str("flush\n");
        }
        if let Some((verb, scope)) = &batch {
            if open != batch {
                let _infallible = writeln!(out, "batch {verb} {scope}");
            }
            out.push_str(&member(action));
        } else {
            out.push_str(&single(action));
            out.push_str(&after_files(plan, index));
            out.push_str(&after_reload(plan, action));
        }
        open = batch;
    }
    if open.is_some() {
        out.push_str("flush\n");
    }
    out
}

/// Verbs that take all their units in one call (unit-change fact 7).
fn verb(change: &Change) -> Option<&'static str> {
    match change {
        Change::Stop => Some("stop"),
        Change::Start => Some("start"),
        Change::Restart => Some("restart"),
        Change::Reload => Some("reload"),
        Change::ResetFailed => Some("reset-failed"),
        _ => None,
    }
}

fn unit_of(action: &Action) -> String {
    match &action.resource {
        ResourceId::Unit(unit) => word(unit.unit.loaded_as().as_str()),
        _ => "''".to_owned(),
    }
}

fn ids(after: &[ActionId]) -> String {
    after.iter().map(|id| format!(" {id}")).collect()
}

fn member(action: &Action) -> String {
    format!(
        "member {} {}{}\n",
        action.id,
        unit_of(action),
        ids(&action.after)
    )
}

fn single(action: &Action) -> String {
    let Some(call) = call(action) else {
        return format!(
            "step {} {}{} && finish ok\n",
            action.id,
            action.resource.scope(),
            ids(&action.after)
        );
    };
    format!(
        "step {} {}{} && {call}\n",
        action.id,
        action.resource.scope(),
        ids(&action.after)
    )
}

/// What one action calls; `None` where nothing happens on the host but the ledger.
fn call(action: &Action) -> Option<String> {
    let id = action.id;
    let scope = action.resource.scope();
    let unit = unit_of(action);
    let user = user_of(&action.resource);
    Some(match &action.change {
        Change::CreateUser { .. } => format!("run create_user {}", create(&action.change, &user)),
        Change::ModifyUser(fields) => format!(
            "run usermod {} -- {user}",
            words(modify(fields).iter().map(String::as_str))
        ),
        Change::DeleteUser { remove_home } => {
            format!(
                "run delete_user {user}{} -- {user}",
                if *remove_home { " -r" } else { "" }
            )
        }
        Change::EnableLinger => {
            format!("run limit 30 loginctl --no-ask-password enable-linger {user}")
        }
        Change::DisableLinger => {
            format!("run limit 60 loginctl --no-ask-password disable-linger {user}")
        }
        Change::StartManager => format!("manager_step {user}"),
        Change::WriteFile(write) => {
            format!(
                "file_step write {id} {scope} {} {:04o}",
                word(write.path.as_str()),
                write.mode
            )
        }
        Change::RemoveFile { path, .. } => {
            format!("file_step remove {id} {scope} {}", word(path.as_str()))
        }
        Change::SetMode { path, to, .. } => {
            format!("run set_mode {scope} {} {to:04o}", word(path.as_str()))
        }
        Change::Enable { remove, .. } if remove.is_empty() => {
            format!("run links {scope} enable {unit}")
        }
        Change::Enable { .. } => format!("run links {scope} reenable {unit}"),
        Change::Disable { .. } => format!("run links {scope} disable {unit}"),
        Change::Mask => format!("run links {scope} mask {unit}"),
        Change::Unmask => format!("run links {scope} unmask {unit}"),
        Change::DaemonReload => format!("run ctl {scope} daemon-reload"),
        Change::Adopt | Change::Forget => return None,
        Change::ResetFailed | Change::Stop | Change::Start | Change::Restart | Change::Reload => {
            return None;
        }
    })
}

fn user_of(resource: &ResourceId) -> String {
    match resource {
        ResourceId::User(user) | ResourceId::Linger(user) => word(user.as_str()),
        ResourceId::Manager(scope) => scope
            .user()
            .map_or_else(|| "''".to_owned(), |user| word(user.as_str())),
        ResourceId::File { .. } | ResourceId::Unit(_) => "''".to_owned(),
    }
}

/// The home, then the arguments of useradd(8).
fn create(change: &Change, user: &str) -> String {
    let Change::CreateUser {
        uid,
        group,
        groups,
        home,
        shell,
        comment,
        system,
    } = change
    else {
        return String::new();
    };
    let mut arguments = vec![
        home.to_string(),
        "-m".to_owned(),
        "-d".to_owned(),
        home.to_string(),
    ];
    if *system {
        arguments.push("-r".to_owned());
    }
    let mut option = |flag: &str, value: Option<String>| {
        if let Some(value) = value {
            arguments.extend([flag.to_owned(), value]);
        }
    };
    option("-u", uid.map(|uid| uid.to_string()));
    option("-g", group.clone());
    option(
        "-G",
        (!groups.is_empty()).then(|| groups.iter().cloned().collect::<Vec<_>>().join(",")),
    );
    option("-s", shell.as_ref().map(ToString::to_string));
    option("-c", comment.clone());
    if group.is_none() {
        arguments.push("-U".to_owned());
    }
    format!("{} -- {user}", words(arguments.iter().map(String::as_str)))
}

/// The arguments of usermod(8).
fn modify(fields: &[FieldChange]) -> Vec<String> {
    let flags = |field: &str| match field {
        "uid" => Some("-u"),
        "group" => Some("-g"),
        "groups" => Some("-aG"),
        "home" => Some("-d"),
        "shell" => Some("-s"),
        "comment" => Some("-c"),
        _ => None,
    };
    let change =
        |field: &FieldChange| flags(&field.field).map(|flag| [flag.to_owned(), field.to.clone()]);
    fields.iter().filter_map(change).flatten().collect()
}

/// After the last file of a scope: a failure puts the others back.
fn after_files(plan: &Plan, index: usize) -> String {
    let is_file = |action: &Action| {
        matches!(
            action.change,
            Change::WriteFile(_) | Change::RemoveFile { .. }
        )
    };
    let Some(action) = plan.actions.get(index).filter(|action| is_file(action)) else {
        return String::new();
    };
    let scope = action.resource.scope();
    let more = plan
        .actions
        .iter()
        .skip(index.saturating_add(1))
        .any(|later| is_file(later) && later.resource.scope() == scope);
    if more {
        String::new()
    } else {
        format!("check_files {scope}\n")
    }
}

/// After a daemon-reload: every unit whose file was written must be loaded from it.
fn after_reload(plan: &Plan, action: &Action) -> String {
    if action.change != Change::DaemonReload {
        return String::new();
    }
    let scope = action.resource.scope();
    let mut units = String::new();
    for other in &plan.actions {
        if let (Change::WriteFile(write), ResourceId::Unit(unit)) = (&other.change, &other.resource)
            && unit.scope == scope
            && write.purpose == abide_model::FilePurpose::Unit
            && !unit.unit.is_template()
        {
            let from = if unit.unit.kind().is_quadlet() {
                "''".to_owned()
            } else {
                word(write.path.as_str())
            };
            let _infallible = write!(units, " {} {from}", word(unit.unit.loaded_as().as_str()));
        }
    }
    if units.is_empty() {
        String::new()
    } else {
        format!(
            "[ \"$(status_of {})\" != ok ] || gate {scope}{units}\n",
            action.id
        )
    }
}

/// The step that gives a unit a new run or makes its run read its configuration.
pub(super) fn starter(plan: &Plan, unit: &UnitRef) -> Option<ActionId> {
    plan.actions
        .iter()
        .rfind(|action| {
            matches!(
                action.change,
                Change::Start | Change::Restart | Change::Reload
            ) && action.resource == ResourceId::Unit(unit.clone())
        })
        .map(|action| action.id)
}

/// A precondition as a call, with what the plan makes of it: what is already so is not stale.
pub(super) fn expectation(fact: &Precondition, actions: &[Action]) -> String {
    match fact {
        Precondition::File {
            scope,
            path,
            digest,
        } => {
            let target = actions.iter().find_map(|action| match &action.change {
                Change::WriteFile(write) if write.path == *path => {
                    write.body.bytes().map(|bytes| bytes.digest().to_string())
                }
                Change::RemoveFile { path: removed, .. } if removed == path => {
                    Some("absent".to_owned())
                }
                _ => None,
            });
            let secret = actions.iter().any(|action| matches!(&action.change, Change::WriteFile(write) if write.path == *path && write.body.is_secret()));
            let link = actions.iter().any(|action| {
                let before = match &action.change {
                    Change::WriteFile(write) if write.path == *path => &write.before,
                    Change::RemoveFile {
                        path: removed,
                        before,
                        ..
                    } if removed == path => before,
                    _ => return false,
                };
                !matches!(
                    before,
                    abide_model::Before::Absent | abide_model::Before::File { .. }
                )
            });
            let planned = match digest {
                Some(digest) => digest.to_string(),
                None if link || secret => "other".to_owned(),
                None => "absent".to_owned(),
            };
            let target = target
                .filter(|_| !secret)
                .unwrap_or_else(|| planned.clone());
            format!(
                "expect_file {scope} {} {planned} {target}\n",
                word(path.as_str())
            )
        }
        Precondition::User { user, uid } => {
            let planned = uid.map_or_else(|| "absent".to_owned(), |uid| uid.to_string());
            format!("expect_user {} {planned}\n", word(user.as_str()))
        }
        Precondition::Linger { user, recorded } => {
            let target =
                actions
                    .iter()
                    .find_map(|action| match (&action.resource, &action.change) {
                        (ResourceId::Linger(of), Change::EnableLinger) if of == user => Some("on"),
                        (ResourceId::Linger(of), Change::DisableLinger) if of == user => {
                            Some("off")
                        }
                        _ => None,
                    });
            let planned = if *recorded { "on" } else { "off" };
            format!(
                "expect_linger {} {planned} {}\n",
                word(user.as_str()),
                target.unwrap_or(planned)
            )
        }
        // A unit that is down or flapping has no run to protect.
        Precondition::Unit {
            unit,
            active: ActiveState::Active,
            invocation,
        } if !invocation.is_empty() => {
            format!(
                "expect_run {} {} {}\n",
                unit.scope,
                word(unit.unit.loaded_as().as_str()),
                word(invocation)
            )
        }
        Precondition::Unit { .. } => String::new(),
    }
}
