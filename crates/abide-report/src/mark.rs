//! What becomes of a resource, from all that is done to it: the symbol at its head, and what it counts as.

use abide_model::{Action, Before, Cause, Change, FilePurpose, Plan, ResourceId, UnitRef};

use schemars::JsonSchema;
use serde::Serialize;

use crate::paint::{Role, Symbols};

/// What becomes of a resource, or what is said about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// It comes.
    Add,
    /// It is there and changes.
    Change,
    /// It goes.
    Remove,
    /// Its configuration is right; what runs is not, and is restarted or reloaded.
    Interrupt,
    /// Only the ledger changes.
    #[serde(rename = "adopt")]
    Ledger,
    /// Something was refused.
    Refused,
    /// Something could not be seen.
    Unknown,
    /// Something to know.
    Note,
}

impl Mark {
    /// The symbol.
    pub(crate) fn sign(self, symbols: Symbols) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Change => "~",
            Self::Remove => "-",
            Self::Interrupt => symbols.interrupt,
            Self::Ledger | Self::Note => symbols.dot,
            Self::Refused => "!",
            Self::Unknown => "?",
        }
    }

    /// The style it is shown in.
    pub(crate) fn paint_role(self) -> Role {
        match self {
            Self::Add => Role::Add,
            Self::Change => Role::Change,
            Self::Remove => Role::Remove,
            Self::Interrupt => Role::Interrupt,
            Self::Ledger | Self::Note => Role::Quiet,
            Self::Refused => Role::Wrong,
            Self::Unknown => Role::Unknown,
        }
    }
}

/// The resource that an action is shown under. A user manager is started because its user lingers now: that is
/// one thing for a reader.
pub(crate) fn shown_under(action: &Action, plan: &Plan) -> ResourceId {
    if let (Change::StartManager, Some(user)) = (&action.change, action.resource.scope().user()) {
        let linger = ResourceId::Linger(user.clone());
        if plan.actions.iter().any(|other| other.resource == linger) {
            return linger;
        }
    }
    action.resource.clone()
}

/// Whether this is a daemon-reload that follows from files of the same plan: it is told once at the end, not as a
/// change of its own.
pub(crate) fn is_mere_reload(action: &Action) -> bool {
    let follows = |cause: &Cause| matches!(cause, Cause::FollowsFrom(_));
    action.change == Change::DaemonReload && action.causes.iter().all(follows)
}

/// What becomes of a resource by these actions, which are all of one resource of this plan.
pub(crate) fn of_resource(resource: &ResourceId, actions: &[&Action], plan: &Plan) -> Mark {
    let all = |matches: fn(&Change) -> bool| actions.iter().all(|action| matches(&action.change));
    if all(|change| matches!(change, Change::Adopt | Change::Record | Change::Forget)) {
        return Mark::Ledger;
    }
    if all(|change| matches!(change, Change::Restart | Change::Reload)) {
        return Mark::Interrupt;
    }
    if actions.iter().any(|action| is_creation(&action.change)) {
        return Mark::Add;
    }
    if actions.iter().any(|action| is_removal(&action.change)) || is_given_up(actions) {
        return Mark::Remove;
    }
    match resource {
        ResourceId::Unit(unit) if is_instance_of_new(unit, plan) => Mark::Add,
        ResourceId::User(_)
        | ResourceId::Linger(_)
        | ResourceId::Manager(_)
        | ResourceId::File { .. }
        | ResourceId::Unit(_) => Mark::Change,
    }
}

/// Whether a change brings its resource into being. A new drop-in changes its unit.
fn is_creation(change: &Change) -> bool {
    match change {
        Change::CreateUser { .. } | Change::EnableLinger => true,
        Change::WriteFile(write) => {
            write.before == Before::Absent && write.purpose != FilePurpose::DropIn
        }
        _ => false,
    }
}

fn is_removal(change: &Change) -> bool {
    match change {
        Change::DeleteUser { .. } | Change::DisableLinger => true,
        Change::RemoveFile { purpose, .. } => *purpose != FilePurpose::DropIn,
        _ => false,
    }
}

/// A unit without a file of ours (an instance, one whose file somebody removed) that is only taken down.
fn is_given_up(actions: &[&Action]) -> bool {
    let given_up = |cause: &Cause| matches!(cause, Cause::DeclaredAbsent | Cause::Undeclared);
    let takes_down = |action: &&Action| {
        matches!(
            action.change,
            Change::Stop | Change::Disable { .. } | Change::RemoveFile { .. } | Change::ResetFailed
        )
    };
    actions.iter().all(takes_down)
        && actions
            .iter()
            .any(|action| action.causes.iter().any(given_up))
}

fn is_instance_of_new(unit: &UnitRef, plan: &Plan) -> bool {
    let Some(template) = unit.unit.template() else {
        return false;
    };
    let template = ResourceId::Unit(UnitRef::new(&unit.scope, &template));
    plan.actions
        .iter()
        .any(|action| action.resource == template && is_creation(&action.change))
}
