//! Why something is not as the manifest says: a closed list of codes for programs, each with its meaning.

use abide_model::{Action, Cause, Change, Field, RefusalKind};
use schemars::JsonSchema;
use serde::Serialize;

/// Why a resource is not as the manifest says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename = "Reason")]
pub struct DocumentReason {
    /// The code; the list is closed.
    pub code: ReasonCode,
    /// In words.
    pub text: String,
}

/// Why something is not as the manifest says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// Somebody changed it on the host since abide left it.
    ChangedOnHost,
    /// It is declared and not there.
    Missing,
    /// A file's content differs.
    ContentDiffers,
    /// It is enabled and should not be, or the other way round; or its links differ.
    EnablementDiffers,
    /// It runs and should not, or the other way round.
    StateDiffers,
    /// Lingering is off and should be on, or the other way round.
    LingerDiffers,
    /// Something else about it differs: a mode, a shell, a group.
    AttributeDiffers,
    /// It is declared absent and is there.
    DeclaredAbsent,
    /// abide made it, and the manifest no longer declares it.
    Orphan,
    /// It runs a configuration that is no longer on disk.
    RunningOldConfig,
    /// The manager read its files before they changed.
    ReloadOwed,
    /// It failed earlier.
    UnitFailed,
    /// It follows from another change.
    Follows,
    /// A guard refuses what is wanted.
    Refused,
    /// The host or the route to it does not allow what is wanted.
    Impossible,
    /// It could not be seen.
    Unobservable,
    /// A step failed.
    ActionFailed,
    /// It did not stay up.
    NotSettled,
    /// It is still not as the manifest says after the run.
    NotConverged,
}

impl ReasonCode {
    /// Every code.
    pub const ALL: [Self; 19] = [
        Self::ChangedOnHost,
        Self::Missing,
        Self::ContentDiffers,
        Self::EnablementDiffers,
        Self::StateDiffers,
        Self::LingerDiffers,
        Self::AttributeDiffers,
        Self::DeclaredAbsent,
        Self::Orphan,
        Self::RunningOldConfig,
        Self::ReloadOwed,
        Self::UnitFailed,
        Self::Follows,
        Self::Refused,
        Self::Impossible,
        Self::Unobservable,
        Self::ActionFailed,
        Self::NotSettled,
        Self::NotConverged,
    ];

    /// Its name in documents and labels.
    pub fn word(self) -> &'static str {
        match self {
            Self::ChangedOnHost => "changed_on_host",
            Self::Missing => "missing",
            Self::ContentDiffers => "content_differs",
            Self::EnablementDiffers => "enablement_differs",
            Self::StateDiffers => "state_differs",
            Self::LingerDiffers => "linger_differs",
            Self::AttributeDiffers => "attribute_differs",
            Self::DeclaredAbsent => "declared_absent",
            Self::Orphan => "orphan",
            Self::RunningOldConfig => "running_old_config",
            Self::ReloadOwed => "reload_owed",
            Self::UnitFailed => "unit_failed",
            Self::Follows => "follows",
            Self::Refused => "refused",
            Self::Impossible => "impossible",
            Self::Unobservable => "unobservable",
            Self::ActionFailed => "action_failed",
            Self::NotSettled => "not_settled",
            Self::NotConverged => "not_converged",
        }
    }

    /// What it means: one sentence.
    pub fn explain(self) -> &'static str {
        match self {
            Self::ChangedOnHost => "Somebody changed it on the host since abide left it.",
            Self::Missing => "It is declared and not there.",
            Self::ContentDiffers => "A file's content differs from what is declared.",
            Self::EnablementDiffers => {
                "It is enabled and should not be, or the other way round; or its links differ."
            }
            Self::StateDiffers => "It runs and should not, or the other way round.",
            Self::LingerDiffers => "Lingering is off and should be on, or the other way round.",
            Self::AttributeDiffers => "A mode, a shell, a group or the like differs.",
            Self::DeclaredAbsent => "It is declared absent and is there.",
            Self::Orphan => "abide made it, and the manifest no longer declares it.",
            Self::RunningOldConfig => "It runs a configuration that is no longer on disk.",
            Self::ReloadOwed => "The service manager read its files before they changed.",
            Self::UnitFailed => "The unit failed earlier and would not start again by itself.",
            Self::Follows => "It follows from another change.",
            Self::Refused => "A guard refuses what is wanted.",
            Self::Impossible => "The host or the route to it does not allow what is wanted.",
            Self::Unobservable => "It could not be seen, so nobody knows how it is.",
            Self::ActionFailed => "A step that should have changed it failed.",
            Self::NotSettled => "The unit did not stay up after it was started.",
            Self::NotConverged => "It is still not as the manifest says after the run.",
        }
    }

    /// The code of a cause of an action.
    pub(super) fn of_cause(cause: &Cause, action: &Action) -> Self {
        match cause {
            Cause::Missing => match action.change {
                Change::Enable { .. } => Self::EnablementDiffers,
                Change::Start | Change::StartManager | Change::Restart => Self::StateDiffers,
                Change::EnableLinger => Self::LingerDiffers,
                _ => Self::Missing,
            },
            Cause::Differs { field, .. } => Self::of_field(field),
            Cause::DeclaredAbsent => Self::DeclaredAbsent,
            Cause::Undeclared => Self::Orphan,
            Cause::LingerNeeded { .. } => Self::LingerDiffers,
            Cause::FollowsFrom(_) => Self::Follows,
            Cause::ReloadOwed { .. } => Self::ReloadOwed,
            Cause::RunningOldConfig { .. } | Cause::MayRunOld { .. } => Self::RunningOldConfig,
            Cause::Failed { .. } | Cause::Unhealthy { .. } => Self::UnitFailed,
            Cause::ChangedOnHost { .. } => Self::ChangedOnHost,
        }
    }

    fn of_field(field: &Field) -> Self {
        match field {
            Field::Content => Self::ContentDiffers,
            Field::Enabled | Field::Links => Self::EnablementDiffers,
            Field::ActiveState => Self::StateDiffers,
            Field::Linger => Self::LingerDiffers,
            Field::Account(_)
            | Field::FragmentPath
            | Field::ManagerGroups
            | Field::Install
            | Field::Kind
            | Field::Ledger
            | Field::Masked
            | Field::Mode
            | Field::Owner
            | Field::RestartOn
            | Field::ServiceName
            | Field::UnitFile
            | Field::Wants
            | Field::Unit(_)
            | Field::Other(_) => Self::AttributeDiffers,
        }
    }

    /// The code of a refusal.
    pub(super) fn of_refusal(kind: RefusalKind) -> Self {
        match kind {
            RefusalKind::Guard => Self::Refused,
            RefusalKind::Impossible => Self::Impossible,
            RefusalKind::Unknown => Self::Unobservable,
        }
    }
}
