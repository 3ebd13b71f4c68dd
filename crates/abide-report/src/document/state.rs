//! The words for how a resource is: one list for every command.

use schemars::JsonSchema;
use serde::Serialize;

/// How a resource is, or what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResourceState {
    /// It is as the manifest says.
    Clean,
    /// Somebody changed it since the last apply.
    Drifted,
    /// It differs from the manifest; nothing was done.
    Pending,
    /// It was changed.
    Changed,
    /// Changing it failed, it did not stay up, or it is still not as the manifest says.
    Failed,
    /// It was changed, and put back because something else failed.
    Restored,
    /// Not attempted, because what it follows from failed.
    Skipped,
    /// What is wanted of it is refused.
    Refused,
    /// It could not be seen.
    Unknown,
    /// Its host is suspended.
    Suspended,
}

impl ResourceState {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Clean,
        Self::Drifted,
        Self::Pending,
        Self::Changed,
        Self::Failed,
        Self::Restored,
        Self::Skipped,
        Self::Refused,
        Self::Unknown,
        Self::Suspended,
    ];

    /// Its name in documents and labels.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Drifted => "drifted",
            Self::Pending => "pending",
            Self::Changed => "changed",
            Self::Failed => "failed",
            Self::Restored => "restored",
            Self::Skipped => "skipped",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Suspended => "suspended",
        }
    }
}
