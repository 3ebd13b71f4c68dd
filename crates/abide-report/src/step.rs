//! One action in words: a verb and what it acts on. Why is `why`'s.

use std::collections::BTreeSet;

use abide_model::{
    AccountField, Action, Before, Change, FieldChange, FilePurpose, HostPath, ResourceId, Scope,
    WriteFile,
};

use crate::mark::Mark;
use crate::paint::Symbols;
use crate::words::{list, one_line};

/// The verb of a change, as the step's first word.
pub(crate) fn change_verb(change: &Change) -> &'static str {
    match change {
        Change::CreateUser { .. } => "create",
        Change::ModifyUser(_) => "modify",
        Change::DeleteUser { .. } => "delete",
        Change::EnableLinger | Change::Enable { .. } => "enable",
        Change::DisableLinger | Change::Disable { .. } => "disable",
        Change::StartManager | Change::Start => "start",
        Change::WriteFile(write) => match (&write.before, write.purpose) {
            (Before::Absent, FilePurpose::Unit | FilePurpose::DropIn) => "install",
            (Before::Absent, FilePurpose::Plain) => "create",
            (Before::File { .. } | Before::Symlink(_), _) => "write",
        },
        Change::SetMode { .. } => "chmod",
        Change::RemoveFile { .. } => "remove",
        Change::Mask => "mask",
        Change::Unmask => "unmask",
        Change::DaemonReload => "daemon-reload",
        Change::ResetFailed => "reset-failed",
        Change::Stop => "stop",
        Change::Restart | Change::RestartManager => "restart",
        Change::Reload => "reload",
        Change::Adopt => "adopt",
        Change::Record => "record",
        Change::Forget => "forget",
    }
}

fn deletion_words(remove_home: bool, end_processes: bool) -> String {
    let home = match remove_home {
        true => "with its home directory",
        false => "but keep its home directory",
    };
    let processes = match end_processes {
        true => ", and end all that runs as this user",
        false => "",
    };
    format!("{home}{processes}")
}

/// What a change acts on, beyond the resource that its block names; may be empty.
pub(crate) fn change_object(action: &Action, symbols: Symbols) -> String {
    match &action.change {
        Change::CreateUser { .. } => account(&action.change),
        Change::ModifyUser(fields) => modified_field_words(fields, symbols),
        Change::DeleteUser {
            remove_home,
            end_processes,
        } => deletion_words(*remove_home, *end_processes),
        Change::StartManager => "its user manager".to_owned(),
        Change::RestartManager => {
            "its user manager, which stops all units of the user and starts the enabled ones"
                .to_owned()
        }
        Change::WriteFile(write) => written_file_words(write, &action.resource, symbols),
        Change::SetMode { path, from, to } => {
            let change = format!("{from:04o} {} {to:04o}", symbols.arrow);
            format!("{} {change}", unless_named(path, &action.resource))
                .trim_start()
                .to_owned()
        }
        Change::RemoveFile { path, .. } => unless_named(path, &action.resource),
        Change::Enable { add, remove, .. } => {
            let (come, go) = (links(add), links(remove));
            let go = if go.is_empty() {
                go
            } else {
                format!("no longer {go}")
            };
            [come, go]
                .into_iter()
                .filter(|s| !s.is_empty())
                .collect::<Vec<_>>()
                .join("; ")
        }
        Change::Disable { remove } => {
            let gone = links(remove);
            if gone.is_empty() {
                gone
            } else {
                format!("was {gone}")
            }
        }
        Change::Adopt => "as it is, from now on abide's to keep".to_owned(),
        Change::Record => "what it has read, to know the next change".to_owned(),
        Change::Forget => "it is gone".to_owned(),
        Change::EnableLinger
        | Change::DisableLinger
        | Change::Mask
        | Change::Unmask
        | Change::DaemonReload
        | Change::ResetFailed
        | Change::Stop
        | Change::Start
        | Change::Restart
        | Change::Reload => String::new(),
    }
}

/// A path, unless the block is about just this file.
fn unless_named(path: &HostPath, resource: &ResourceId) -> String {
    match resource {
        ResourceId::File { path: named, .. } if named == path => String::new(),
        _ => one_line(path.as_str()),
    }
}

fn written_file_words(write: &WriteFile, resource: &ResourceId, symbols: Symbols) -> String {
    let path = unless_named(&write.path, resource);
    let mode = match &write.before {
        Before::File { mode, .. } if *mode != write.mode => {
            format!("mode {mode:04o} {} {:04o}", symbols.arrow, write.mode)
        }
        Before::Absent | Before::Symlink(_) if write.purpose == FilePurpose::Plain => {
            format!("mode {:04o}", write.mode)
        }
        Before::File { .. } | Before::Absent | Before::Symlink(_) => String::new(),
    };
    [path, mode]
        .into_iter()
        .filter(|s| !s.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

fn account(change: &Change) -> String {
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
    let groups: Vec<String> = groups.iter().map(|group| one_line(group)).collect();
    let parts = [
        system.then(|| "system account".to_owned()),
        uid.map(|uid| format!("uid {uid}")),
        group
            .as_ref()
            .map(|group| format!("group {}", one_line(group))),
        (!groups.is_empty()).then(|| format!("in {}", list(&groups))),
        Some(format!("home {}", one_line(home.as_str()))),
        shell
            .as_ref()
            .map(|shell| format!("shell {}", one_line(shell.as_str()))),
        comment
            .as_ref()
            .map(|comment| format!("comment `{}`", one_line(comment))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn modified_field_words(fields: &[FieldChange], symbols: Symbols) -> String {
    let said: Vec<String> = fields
        .iter()
        .map(|change| match change.field {
            AccountField::Groups => format!("add to {}", one_line(&change.to)),
            field => format!(
                "{} {} {} {}",
                field.word(),
                or_none(&change.from),
                symbols.arrow,
                or_none(&change.to)
            ),
        })
        .collect();
    said.join(", ")
}

pub(crate) fn or_none(text: &str) -> String {
    if text.is_empty() {
        "(none)".to_owned()
    } else {
        one_line(text)
    }
}

/// `wanted by default.target; alias web.service` of links as the configuration directory names them.
fn links(links: &BTreeSet<String>) -> String {
    let kinds = [
        (".wants/", "wanted by"),
        (".requires/", "required by"),
        (".upholds/", "upheld by"),
    ];
    let mut said: Vec<String> = Vec::new();
    for (joint, words) in kinds {
        // Links of several instances hang from one target.
        let units: BTreeSet<String> = links
            .iter()
            .filter_map(|link| link.split_once(joint))
            .map(|(unit, _)| one_line(unit))
            .collect();
        let units: Vec<String> = units.into_iter().collect();
        if !units.is_empty() {
            said.push(format!("{words} {}", list(&units)));
        }
    }
    let aliases: Vec<String> = links
        .iter()
        .filter(|link| !kinds.iter().any(|(joint, _)| link.contains(joint)))
        .map(|link| one_line(link))
        .collect();
    if !aliases.is_empty() {
        said.push(format!("alias {}", list(&aliases)));
    }
    said.join(", ")
}

/// A resource's name inside a sentence: `sidekiq.service`, `user deploy`, `/etc/x`.
pub(crate) fn name(resource: &ResourceId) -> String {
    match resource {
        ResourceId::User(user) => format!("user {user}"),
        ResourceId::Linger(user) => format!("lingering of {user}"),
        ResourceId::Manager(scope) => manager(scope),
        ResourceId::File { path, .. } => one_line(path.as_str()),
        ResourceId::Unit(unit) => unit.unit.to_string(),
    }
}

/// `the system manager`, `the manager of deploy`.
pub(crate) fn manager(scope: &Scope) -> String {
    match scope {
        Scope::System => "the system manager".to_owned(),
        Scope::User(user) => format!("the manager of {user}"),
    }
}

/// `system`, `user deploy`.
pub(crate) fn scope_words(scope: &Scope) -> String {
    match scope {
        Scope::System => "system".to_owned(),
        Scope::User(user) => format!("user {user}"),
    }
}

/// A resource at the head of what is said about it; whose it is stands beside it.
pub(crate) fn title(resource: &ResourceId) -> String {
    match resource {
        ResourceId::User(user) => format!("user {user}"),
        ResourceId::Linger(_) => "linger".to_owned(),
        ResourceId::Manager(_) => "service manager".to_owned(),
        ResourceId::File { path, .. } => one_line(path.as_str()),
        ResourceId::Unit(unit) => unit.unit.to_string(),
    }
}

/// Whose a resource is, for the second column; empty for an account.
pub(crate) fn owner_words(resource: &ResourceId) -> String {
    match resource {
        ResourceId::User(_) => String::new(),
        ResourceId::Linger(user) => format!("user {user}"),
        ResourceId::Manager(scope) | ResourceId::File { scope, .. } => scope_words(scope),
        ResourceId::Unit(unit) => scope_words(&unit.scope),
    }
}

/// The name of a mark in documents.
pub(crate) fn mark_word(mark: Mark) -> &'static str {
    match mark {
        Mark::Add => "add",
        Mark::Change => "change",
        Mark::Remove => "remove",
        Mark::Interrupt => "interrupt",
        Mark::Ledger => "adopt",
        Mark::Refused => "refused",
        Mark::Unknown => "unknown",
        Mark::Note => "note",
    }
}

/// A mark in words.
pub(crate) fn mark_said(mark: Mark) -> &'static str {
    match mark {
        Mark::Add => "to add",
        Mark::Change => "to change",
        Mark::Remove => "to remove",
        Mark::Interrupt => "to restart or reload",
        Mark::Ledger => "to adopt",
        Mark::Refused => "refused",
        Mark::Unknown => "unknown",
        Mark::Note => "to know",
    }
}

/// A whole action as one clause, for results: `restart sidekiq.service (user deploy)`.
pub(crate) fn action_clause(action: &Action) -> String {
    let verb = change_verb(&action.change);
    let about = name(&action.resource);
    let whose = match (&action.resource, action.resource.scope().user()) {
        (ResourceId::Unit(_), Some(user)) => format!(" (user {user})"),
        _ => String::new(),
    };
    match &action.change {
        Change::WriteFile(WriteFile { path, .. })
        | Change::RemoveFile { path, .. }
        | Change::SetMode { path, .. } => format!("{verb} {}", one_line(path.as_str())),
        Change::DaemonReload => format!("daemon-reload of {about}"),
        Change::StartManager => format!("start {about}"),
        _ => format!("{verb} {about}{whose}"),
    }
}
