//! How a host is against what was applied to it last, and against what its manifest says now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::observed::LockHolder;
use crate::path::HostPath;
use crate::plan::ResourceId;
use crate::time::Timestamp;

/// How one host is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostDrift {
    /// Every resource that is not clean, or of which something is to be known, in their order.
    pub resources: Vec<Drift>,
    /// When abide last changed something there; `None` before the first time.
    pub applied_at: Option<Timestamp>,
    /// Who changes it just now: then what differs proves nothing.
    pub busy: Option<LockHolder>,
    /// What `--fix` cannot restore, and why.
    #[serde(default)]
    pub left: Vec<Left>,
}

/// One resource of which something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// The resource.
    pub resource: ResourceId,
    /// Which of the cells it is in.
    pub class: DriftClass,
    /// What shows it.
    pub findings: Vec<Finding>,
}

/// What `--fix` leaves alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Left {
    /// The resource.
    pub resource: ResourceId,
    /// Why: one clause.
    pub reason: String,
}

/// "Changed on the host since the last apply" by "differs from the manifest", and what is not known.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DriftClass {
    /// Neither.
    Clean,
    /// Changed on the host, and as the manifest says.
    HandEditedButRight,
    /// As the last apply left it; the manifest has moved on.
    PendingRollout,
    /// Changed on the host, and not as the manifest says.
    Drifted,
    /// It could not be seen.
    Unknown,
}

impl DriftClass {
    /// The cell of the two columns.
    pub fn from_columns(on_host: bool, differs: bool) -> Self {
        match (on_host, differs) {
            (false, false) => Self::Clean,
            (true, false) => Self::HandEditedButRight,
            (false, true) => Self::PendingRollout,
            (true, true) => Self::Drifted,
        }
    }

    /// The word for people.
    pub fn display_word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::HandEditedButRight => "hand-edited but right",
            Self::PendingRollout => "pending rollout",
            Self::Drifted => "drifted",
            Self::Unknown => "unknown",
        }
    }

    /// The two columns: `D` changed on the host, `M` differs from the manifest, `?` not known.
    pub fn column_marks(self) -> &'static str {
        match self {
            Self::Clean => "  ",
            Self::HandEditedButRight => "D ",
            Self::PendingRollout => " M",
            Self::Drifted => "DM",
            Self::Unknown => "? ",
        }
    }
}

/// Something that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Which kind.
    pub kind: FindingKind,
    /// One clause.
    pub text: String,
    /// The file that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<HostPath>,
    /// Since when, by the host's clock, where there is evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Who, where there is evidence: the owner of the file that stands there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What else the host knows of how that came to be; empty where nothing was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Something that a host knows of a change: it may have been that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Which kind.
    pub kind: EvidenceKind,
    /// One clause: `sudo by ana: systemctl edit app.service`, `package nginx was installed or upgraded then`.
    pub text: String,
    /// When, by the host's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Where evidence comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A line of sudo in the host's journal.
    Sudo,
    /// The package that the path belongs to.
    Package,
    /// The last line of the unit's own journal.
    Journal,
}

impl Finding {
    /// Whether somebody did this, so that it can be asked who.
    pub fn is_done(&self) -> bool {
        match self.kind {
            FindingKind::File
            | FindingKind::DropIn
            | FindingKind::Enablement
            | FindingKind::Linger
            | FindingKind::Account
            | FindingKind::State
            | FindingKind::RunningOld => true,
            FindingKind::Failed
            | FindingKind::Flapping
            | FindingKind::NotStarted
            | FindingKind::Manifest
            | FindingKind::Refused
            | FindingKind::Ledger
            | FindingKind::Unseen => false,
        }
    }
}

impl DriftClass {
    /// Whether it changed on the host since the last apply.
    pub fn is_on_host(self) -> bool {
        matches!(self, Self::Drifted | Self::HandEditedButRight)
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A file that abide wrote is another now.
    File,
    /// A drop-in beside ours; an apply leaves it.
    DropIn,
    /// Enablement or a mask.
    Enablement,
    /// Lingering.
    Linger,
    /// An account.
    Account,
    /// A unit that should run does not, or the other way round.
    State,
    /// A unit failed.
    Failed,
    /// A unit restarts again and again.
    Flapping,
    /// A unit was not started since this boot.
    NotStarted,
    /// What runs is older than what is on disk.
    RunningOld,
    /// The manifest asks for something that is not there.
    Manifest,
    /// What the manifest asks for is refused there.
    Refused,
    /// The ledger has lines that are not believed.
    Ledger,
    /// It could not be seen.
    Unseen,
}

impl HostDrift {
    /// The worst of its resources. While somebody changes the host, what differs is not known to be wrong.
    pub fn class(&self) -> DriftClass {
        let all = self.resources.iter().map(|one| one.class);
        let worst = all.max().unwrap_or(DriftClass::Clean);
        match &self.busy {
            Some(_) if worst != DriftClass::Clean => DriftClass::Unknown,
            _ => worst,
        }
    }
}
