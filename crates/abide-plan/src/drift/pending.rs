//! What a plan would do, one finding a resource that did not change on the host.

use abide_model::{Action, Before, Cause, Change, FindingKind, Plan, ResourceId};

use super::{Cells, finding};
use crate::causes::safe_host_text;

pub(super) fn judge(plan: &Plan, cells: &mut Cells) {
    for action in &plan.actions {
        if is_consequence(action) {
            continue;
        }
        let cell = cells.cell_mut(action.resource.clone());
        cell.differs = true;
        // What changed there was told; undoing it says the same again.
        if cell.on_host {
            continue;
        }
        // That it runs something old is told with what.
        let restarts = matches!(action.change, Change::Restart | Change::Reload);
        let mut told = cell.findings.iter();
        if restarts && told.any(|one| one.kind == FindingKind::RunningOld) {
            continue;
        }
        let text = words(action);
        if !cell.findings.iter().any(|one| one.text == text) {
            cell.findings.push(finding(FindingKind::Manifest, text));
        }
    }
}

/// What only follows from other actions: those are told. That a unit runs something else than it should goes without
/// saying where its files are to change.
fn is_consequence(action: &Action) -> bool {
    let follows = |cause: &Cause| matches!(cause, Cause::FollowsFrom(_));
    let mut causes = action.causes.iter();
    match action.change {
        Change::Restart | Change::Reload => causes.any(follows),
        _ => causes.all(follows),
    }
}

/// What is not as declared.
fn words(action: &Action) -> String {
    let name = |path: &abide_model::HostPath| safe_host_text(path.file_name());
    match &action.change {
        Change::WriteFile(write) => match write.before {
            Before::Absent => format!("{} is not there yet", name(&write.path)),
            Before::File { .. } | Before::Symlink(_) => {
                format!("{} is not what the manifest says", name(&write.path))
            }
        },
        Change::SetMode { path, from, to } => format!(
            "{} has the mode {from:04o}, declared is {to:04o}",
            name(path)
        ),
        Change::RemoveFile { path, .. } => format!("{} is no longer declared", name(path)),
        Change::CreateUser { .. } => "the account is not there".to_owned(),
        Change::ModifyUser(fields) => {
            let fields: Vec<&str> = fields.iter().map(|field| field.field.word()).collect();
            format!("other than declared: {}", fields.join(", "))
        }
        Change::DeleteUser { .. } => "the account is declared absent".to_owned(),
        Change::EnableLinger => "lingering is off".to_owned(),
        Change::DisableLinger => "lingering is on".to_owned(),
        Change::StartManager => "its manager does not run".to_owned(),
        Change::RestartManager => "its manager runs without groups that it should have".to_owned(),
        Change::Enable { .. } => "it is not enabled as declared".to_owned(),
        Change::Disable { .. } => "it is enabled".to_owned(),
        Change::Mask => "it is not masked".to_owned(),
        Change::Unmask => "it is masked".to_owned(),
        Change::DaemonReload => reload(action),
        Change::ResetFailed => "it has failed".to_owned(),
        Change::Stop => "it runs".to_owned(),
        Change::Start => "it does not run".to_owned(),
        Change::Restart => "it runs something old".to_owned(),
        Change::Reload => "it has not read its files again".to_owned(),
        Change::Record => "what it reads is not recorded yet".to_owned(),
        Change::Adopt => "it is as declared, and not recorded as abide's".to_owned(),
        Change::Forget => "it is gone, and still recorded as abide's".to_owned(),
    }
}

fn reload(action: &Action) -> String {
    let evidence = action.causes.iter().find_map(|cause| match cause {
        Cause::ReloadOwed { evidence, .. } => Some(safe_host_text(evidence)),
        _ => None,
    });
    let whose = match &action.resource {
        ResourceId::Manager(scope) => scope.to_string(),
        other => other.to_string(),
    };
    format!(
        "the manager of {whose} has not read its unit files again ({})",
        evidence.unwrap_or_else(|| "they changed".to_owned())
    )
}
