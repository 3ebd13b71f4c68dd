//! The plan's actions as calls of the script's functions, in the plan's order.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Action, ActionId, Change, FilePurpose, HostPath, Plan, ResourceId, Scope, UnitName, UnitRef,
};

use super::accounts;
use crate::quote::{scope_word, word, words};

/// All steps of a plan.
pub(super) fn action_calls(plan: &Plan) -> String {
    let mut parts = Vec::new();
    let mut open: Option<(&str, Scope)> = None;
    for (index, action) in plan.actions.iter().enumerate() {
        let batch = batch_verb(&action.change).map(|verb| (verb, action.resource.scope()));
        if open.is_some() && open != batch {
            parts.push("flush\n".to_owned());
        }
        if let Some((verb, scope)) = &batch {
            if open != batch {
                let seconds = batch_seconds(plan, verb, batch_members(plan, index, verb, scope));
                parts.push(format!("batch {verb} {} {seconds}\n", scope_word(scope)));
            }
            parts.push(member(plan, action));
        } else {
            parts.push(single_step_call(plan, action));
            parts.push(after_files(plan, index));
            parts.push(after_reload(plan, action));
            parts.push(forget_failure_calls(plan, action));
        }
        open = batch;
    }
    if open.is_some() {
        parts.push("flush\n".to_owned());
    }
    parts.concat()
}

/// The actions of the batch that begins at this index of the plan.
fn batch_members<'a>(
    plan: &'a Plan,
    first: usize,
    of_verb: &'a str,
    of_scope: &'a Scope,
) -> impl Iterator<Item = &'a Action> {
    let rest = plan.actions.iter().skip(first);
    rest.take_while(move |action| {
        batch_verb(&action.change) == Some(of_verb) && action.resource.scope() == *of_scope
    })
}

/// How long the systemctl call of a batch is waited for, in seconds: a start no longer than the longest `settle.timeout` of its
/// units, and a little more so that systemd's own timeout of the same length is told in its words. A unit that nobody watches
/// (it ends by itself) may take what any job may.
fn batch_seconds<'a>(plan: &Plan, verb: &str, members: impl Iterator<Item = &'a Action>) -> u64 {
    let most = super::systemctl_timeout_secs(plan);
    if !matches!(verb, "start" | "restart") {
        return most;
    }
    let timeout = |action: &Action| {
        let watch = plan
            .watches
            .iter()
            .find(|watch| action.resource == ResourceId::Unit(watch.unit.clone()))?;
        Some(watch.timeout.as_secs().saturating_add(SYSTEMD_FIRST))
    };
    let longest = members.map(|action| timeout(action).unwrap_or(most)).max();
    longest.unwrap_or(most).min(most)
}

/// Seconds in which systemd may end and tell by itself what took too long.
const SYSTEMD_FIRST: u64 = 5;

/// Verbs that take all their units in one call (systemd-facts.md#one-call-one-restart).
fn batch_verb(change: &Change) -> Option<&'static str> {
    match change {
        Change::Stop => Some("stop"),
        Change::Start => Some("start"),
        Change::Restart => Some("restart"),
        Change::Reload => Some("reload"),
        Change::ResetFailed => Some("reset-failed"),
        _ => None,
    }
}

/// These numbers, each behind a blank.
pub(super) fn id_arguments(ids: &[ActionId]) -> String {
    let words: Vec<String> = ids.iter().map(|id| format!(" {id}")).collect();
    words.concat()
}

fn member(plan: &Plan, action: &Action) -> String {
    let unit = unit_of(plan, action);
    let comes_back =
        |other: &Action| other.resource == action.resource && matches!(other.change, Change::Start);
    let goes = action.change == Change::Stop && !plan.actions.iter().any(comes_back);
    let call = if goes { "member_goes" } else { "member" };
    format!(
        "{call} {} {unit}{}\n",
        action.id,
        id_arguments(&action.after)
    )
}

fn single_step_call(plan: &Plan, action: &Action) -> String {
    let call = call(plan, action).unwrap_or_else(|| "finish ok".to_owned());
    format!(
        "step {} {}{} && {call}\n",
        action.id,
        scope_word(&action.resource.scope()),
        id_arguments(&action.after)
    )
}

fn unit_of(plan: &Plan, action: &Action) -> String {
    match &action.resource {
        ResourceId::Unit(unit) => word(plan.loaded_as(unit).as_str()),
        _ => "''".to_owned(),
    }
}

/// What one action calls; `None` where nothing happens on the host but the ledger.
fn call(plan: &Plan, action: &Action) -> Option<String> {
    let id = action.id;
    let scope = scope_word(&action.resource.scope());
    let unit = unit_of(plan, action);
    let user = user_of(&action.resource);
    let file = |kind: &str, path: &HostPath| {
        format!("file_step {kind} {id} {scope} {}", word(path.as_str()))
    };
    Some(match &action.change {
        Change::CreateUser { .. } => {
            format!(
                "create_step {user} {}",
                accounts::create(&action.change, &user)
            )
        }
        Change::ModifyUser(fields) => {
            format!(
                "run account_tool usermod {}",
                accounts::modify(fields, &user)
            )
        }
        Change::DeleteUser {
            remove_home,
            end_processes,
        } => delete(&user, *remove_home, *end_processes),
        Change::EnableLinger => linger("enable-linger", &user),
        Change::DisableLinger => linger("disable-linger", &user),
        Change::StartManager => format!("manager_step start {user}"),
        Change::RestartManager => format!("manager_step restart {user}"),
        Change::WriteFile(write) => format!("{} {:04o}", file("write", &write.path), write.mode),
        Change::RemoveFile { path, .. } => file("remove", path),
        Change::SetMode { path, to, .. } => {
            format!("run set_mode {scope} {} {to:04o}", word(path.as_str()))
        }
        Change::Enable {
            add,
            remove,
            file: Some(file),
        } => {
            format!(
                "link_step {id} {scope} {}",
                links(file.as_str(), add, remove)
            )
        }
        Change::Enable { file: None, .. } => format!("run enable_unseen {scope} {unit}"),
        Change::Disable { remove } => {
            let links = links("-", &BTreeSet::new(), remove);
            format!("link_step {id} {scope} {links}")
        }
        Change::Mask => format!("mask_step {id} {scope} {unit}"),
        Change::Unmask => format!("unmask_step {id} {scope} {unit}"),
        Change::DaemonReload => format!("run ctl {scope} daemon-reload"),
        Change::Adopt | Change::Record | Change::Forget => return None,
        // These are members of a batch.
        Change::ResetFailed | Change::Stop => return None,
        Change::Start | Change::Restart | Change::Reload => return None,
    })
}

/// A unit file, how many links to it come, those, and links that go.
fn links(file: &str, add: &BTreeSet<String>, remove: &BTreeSet<String>) -> String {
    let links: Vec<String> = add.iter().chain(remove).map(|link| word(link)).collect();
    format!("{} {} {}", word(file), add.len(), links.join(" "))
}

fn delete(user: &str, remove_home: bool, end_processes: bool) -> String {
    let others = if end_processes { "end" } else { "spare" };
    let home = if remove_home { " -r" } else { "" };
    format!("run delete_user {user} {others}{home} -- {user}")
}

fn linger(verb: &str, user: &str) -> String {
    format!("run limit 60 loginctl --no-ask-password {verb} {user}")
}

fn user_of(resource: &ResourceId) -> String {
    match resource {
        ResourceId::User(user) | ResourceId::Linger(user) => word(user.as_str()),
        ResourceId::Manager(scope) => scope
            .user()
            .map(|user| word(user.as_str()))
            .unwrap_or_default(),
        ResourceId::File { .. } | ResourceId::Unit(_) => String::new(),
    }
}

/// After the last file of a scope: a failure puts the others back.
fn after_files(plan: &Plan, index: usize) -> String {
    let is_file = |action: &&Action| {
        matches!(
            action.change,
            Change::WriteFile(_) | Change::RemoveFile { .. }
        )
    };
    let Some(action) = plan.actions.get(index).filter(is_file) else {
        return String::new();
    };
    let scope = action.resource.scope();
    let mut later = plan.actions.iter().skip(index.saturating_add(1));
    if later.any(|later| is_file(&later) && later.resource.scope() == scope) {
        String::new()
    } else {
        format!("check_files {}\n", scope_word(&scope))
    }
}

/// What the manager must have loaded of one unit.
#[derive(Default)]
struct ExpectedLoad<'a> {
    fragment: &'a str,
    source: &'a str,
    drop_ins: Vec<&'a str>,
}

/// After a daemon-reload: every unit whose files were written must be loaded from them.
fn after_reload(plan: &Plan, action: &Action) -> String {
    if action.change != Change::DaemonReload {
        return String::new();
    }
    let scope = action.resource.scope();
    let mut units: BTreeMap<UnitName, ExpectedLoad<'_>> = BTreeMap::new();
    for other in &plan.actions {
        let (Change::WriteFile(write), ResourceId::Unit(unit)) = (&other.change, &other.resource)
        else {
            continue;
        };
        if unit.scope != scope || unit.unit.is_template() {
            continue;
        }
        let gated = units.entry(plan.loaded_as(unit)).or_default();
        // The generator reads a quadlet's files, and the manager what that makes of them.
        match write.purpose {
            FilePurpose::Unit if unit.unit.kind().is_quadlet() => {
                gated.source = write.path.as_str();
            }
            _ if unit.unit.kind().is_quadlet() => {}
            FilePurpose::Unit => gated.fragment = write.path.as_str(),
            FilePurpose::DropIn => gated.drop_ins.push(write.path.as_str()),
            FilePurpose::Plain => {}
        }
    }
    if units.is_empty() {
        return String::new();
    }
    let calls = units.iter().zip(1..).map(|((unit, gated), number)| {
        let expected = [unit.as_str(), gated.fragment, gated.source];
        let expected = expected.into_iter().chain(gated.drop_ins.iter().copied());
        format!("gate_unit {number} {}\n", words(expected))
    });
    let calls: Vec<String> = calls.collect();
    format!(
        "{}gate {} {}\n",
        calls.concat(),
        scope_word(&scope),
        action.id
    )
}

/// After a daemon-reload: what was stopped and is gone may have ended with an error, and its manager would show that for
/// good.
fn forget_failure_calls(plan: &Plan, action: &Action) -> String {
    if action.change != Change::DaemonReload {
        return String::new();
    }
    let scope = action.resource.scope();
    let stopped: BTreeSet<&UnitRef> = plan
        .actions
        .iter()
        .filter(|action| action.change == Change::Stop)
        .filter_map(|action| match &action.resource {
            ResourceId::Unit(unit) => Some(unit),
            _ => None,
        })
        .collect();
    let gone = plan.actions.iter().filter_map(|removal| {
        let (Change::RemoveFile { purpose, .. }, ResourceId::Unit(unit)) =
            (&removal.change, &removal.resource)
        else {
            return None;
        };
        let loaded = UnitRef::new(&unit.scope, &plan.loaded_as(unit));
        let stopped = unit.scope == scope && stopped.contains(&loaded);
        (*purpose == FilePurpose::Unit && stopped)
            .then(|| format!(" {} {}", removal.id, word(loaded.unit.as_str())))
    });
    // A quadlet whose service gets another name leaves no file behind.
    let renamed = plan.actions.iter().filter_map(|stop| {
        let ResourceId::Unit(unit) = &stop.resource else {
            return None;
        };
        let mut causes = stop.causes.iter();
        let is_renamed = stop.change == Change::Stop && unit.scope == scope;
        (is_renamed && causes.any(abide_model::Cause::is_another_service_name))
            .then(|| format!(" {} {}", stop.id, word(unit.unit.as_str())))
    });
    let gone: Vec<String> = gone.chain(renamed).collect();
    match gone.is_empty() {
        true => String::new(),
        false => format!("forget_failures {}{}\n", scope_word(&scope), gone.concat()),
    }
}

/// The step that gives a unit a new run or makes its run read its configuration.
pub(super) fn start_or_reload_id(plan: &Plan, unit: &UnitRef) -> Option<ActionId> {
    let resource = ResourceId::Unit(unit.clone());
    plan.actions
        .iter()
        .rfind(|action| {
            let starts = matches!(
                action.change,
                Change::Start | Change::Restart | Change::Reload
            );
            starts && action.resource == resource
        })
        .map(|action| action.id)
}

/// Whether this plan gives the unit a new run.
pub(super) fn has_new_run(plan: &Plan, unit: &UnitRef) -> bool {
    let id = start_or_reload_id(plan, unit);
    let action = id.and_then(|id| plan.action(id));
    action.is_some_and(|action| action.change != Change::Reload)
}
