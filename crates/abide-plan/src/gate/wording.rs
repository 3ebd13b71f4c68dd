//! Why a plan is stale, in words: what was planned from, what is now, what was wanted.

use abide_model::{
    Action, Before, Change, HostPath, Observed, Plan, Precondition, Refusal, ResourceId, UserName,
};

use super::moved::{last_change, wanted, wanted_of};
use crate::causes::said;

/// A fact that moved.
pub(super) fn moved(
    then: &Precondition,
    now: &Precondition,
    approved: &Plan,
    observed: &Observed,
) -> String {
    let (about, wanted, seen) = match then {
        Precondition::File { scope, path, .. } => (
            path.to_string(),
            wanted(approved, path),
            last_change(observed, scope, path),
        ),
        Precondition::User { user, .. } => {
            let resource = ResourceId::User(user.clone());
            (format!("user {user}"), word(approved, &resource), None)
        }
        Precondition::Linger { user, .. } => {
            let resource = ResourceId::Linger(user.clone());
            (lingering(user), word(approved, &resource), None)
        }
        Precondition::Unit { unit, .. } => {
            let resource = ResourceId::Unit(unit.clone());
            (unit.to_string(), word(approved, &resource), None)
        }
    };
    let seen = seen.map_or_else(String::new, |seen| format!(" ({seen})"));
    let wanted = wanted.map_or_else(String::new, |wanted| format!(", wanted {wanted}"));
    format!(
        "{about}: planned from {}, now {}{seen}{wanted}",
        state(then),
        state(now)
    )
}

fn word(approved: &Plan, resource: &ResourceId) -> Option<String> {
    wanted_of(approved, resource).map(str::to_owned)
}

fn lingering(user: &UserName) -> String {
    format!("lingering of {user}")
}

fn state(fact: &Precondition) -> String {
    match fact {
        Precondition::File { digest, .. } => digest.map_or_else(absent, |digest| digest.short()),
        Precondition::User { uid, .. } => uid.map_or_else(absent, |uid| format!("uid {uid}")),
        Precondition::Linger { recorded: true, .. } => "on".to_owned(),
        Precondition::Linger {
            recorded: false, ..
        } => "off".to_owned(),
        Precondition::Unit { active, .. } => active.word().to_owned(),
    }
}

fn absent() -> String {
    "absent".to_owned()
}

/// Something else stands where a file is written or removed.
pub(super) fn replaced(path: &HostPath, then: &Before, now: &Before) -> String {
    let kind = |before: &Before| match before {
        Before::Absent => absent(),
        Before::File { .. } => "a file".to_owned(),
        Before::Symlink(target) => format!("a link to {}", said(target)),
    };
    format!("{path}: planned from {}, now {}", kind(then), kind(now))
}

/// An action that would be needed as well.
pub(super) fn needed(action: &Action) -> String {
    let about = match &action.resource {
        ResourceId::Linger(user) => lingering(user),
        other => other.to_string(),
    };
    let what = match &action.change {
        Change::CreateUser { .. } => "to be created".to_owned(),
        Change::ModifyUser(_) => "to be modified otherwise than planned".to_owned(),
        Change::DeleteUser { .. } => "to be deleted".to_owned(),
        Change::EnableLinger => "to be enabled".to_owned(),
        Change::DisableLinger => "to be disabled".to_owned(),
        Change::StartManager | Change::Start => "to be started".to_owned(),
        Change::RestartManager => "to be restarted".to_owned(),
        Change::WriteFile(write) => format!("{} to be written otherwise than planned", write.path),
        Change::SetMode { path, to, .. } => format!("{path} to have mode {to:04o}"),
        Change::RemoveFile { path, .. } => format!("{path} to be removed"),
        Change::Enable { .. } => "to be enabled otherwise than planned".to_owned(),
        Change::Disable { .. } => "to be disabled otherwise than planned".to_owned(),
        Change::Mask => "to be masked".to_owned(),
        Change::Unmask => "to be unmasked".to_owned(),
        Change::DaemonReload => "a daemon-reload".to_owned(),
        Change::ResetFailed => "its failure to be forgotten".to_owned(),
        Change::Stop => "to be stopped".to_owned(),
        Change::Restart => "a restart".to_owned(),
        Change::Reload => "a reload".to_owned(),
        Change::Adopt => "to be adopted".to_owned(),
        Change::Record => "to be recorded".to_owned(),
        Change::Forget => "to be let go of".to_owned(),
    };
    format!("{about}: now needs {what}, which is not in the plan")
}

/// An action that can no longer be done.
pub(super) fn refused(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.resource, refusal.reason)
}
