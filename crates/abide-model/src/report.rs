//! What came of a run, host by host.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action_id::ActionId;
use crate::diagnostic::Origin;
use crate::drift::{DriftClass, HostDrift};
use crate::fail_reason::FailReason;
use crate::forecast::Surprise;
use crate::name::HostName;
use crate::observed::{HostFacts, LockHolder, Suspension};
use crate::plan::{Plan, ResourceId};
use crate::scope::UnitRef;
use crate::stale::StaleFact;
use crate::step_outcome::StepOutcome;

/// What came of a run.
#[must_use = "an unread report is not actionable"]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Every selected host has its outcome.
    pub hosts: BTreeMap<HostName, HostReport>,
}

/// What came of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostReport {
    /// The outcome.
    pub outcome: HostOutcome,
    /// What was observed about the host itself, where it answered.
    pub facts: Option<HostFacts>,
    /// What the manifest declares for it, whether it was seen or not.
    #[serde(default)]
    pub declared: Vec<Declared>,
    /// What was planned, where it could be.
    pub plan: Option<Plan>,
    /// How each attempted step ended.
    pub steps: Vec<StepReport>,
    /// Units with which something else happened than the plan forecast.
    #[serde(default)]
    pub surprises: Vec<Surprise>,
    /// Wall time in milliseconds.
    pub millis: u64,
}

/// A resource that the manifest declares for a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Declared {
    /// The resource.
    pub resource: ResourceId,
    /// What it is loaded as, where that has another name: the service of a quadlet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded_as: Option<ResourceId>,
    /// Where it is declared.
    pub origin: Origin,
}

impl Declared {
    /// Whether a plan that names this resource means this one.
    pub fn is_meant_by(&self, resource: &ResourceId) -> bool {
        self.resource == *resource || self.loaded_as.as_ref() == Some(resource)
    }
}

/// How one host ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HostOutcome {
    /// It is as the manifest says; nothing was done.
    Unchanged,
    /// It differs; nothing was done (plan, drift).
    Pending,
    /// It was changed, and the next plan is empty.
    Changed,
    /// Something went wrong.
    Failed {
        /// What, one clause each.
        reasons: Vec<FailReason>,
        /// What the plan after the run would still do, where it could be made.
        residue: Option<Box<Plan>>,
        /// Units that failed, each with its last journal lines.
        failed_units: Vec<FailedUnit>,
    },
    /// It could not be observed.
    Unreachable {
        /// Why, one clause.
        reason: String,
        /// What a person can do about it.
        help: Option<String>,
    },
    /// Somebody else holds its lock.
    Locked(LockHolder),
    /// It was looked at for drift; nothing was done.
    Judged(Box<HostDrift>),
    /// It is suspended; nothing was done.
    Suspended {
        /// By whom, why, until when.
        suspension: Suspension,
        /// Whether it was not yet when the plan was made.
        since_plan: bool,
    },
    /// Facts that the plan stands on have changed; nothing was written.
    Stale {
        /// Each as `what: planned from …, now …`.
        facts: Vec<StaleFact>,
    },
    /// The run ended before its turn (a failed wave, Ctrl-C).
    NotStarted,
    /// It was interrupted while it ran on the host; the host finishes or restores by itself.
    Interrupted,
}

impl HostOutcome {
    /// The state that it comes to, without its details.
    pub fn state(&self) -> HostState {
        match self {
            Self::Unchanged => HostState::Clean,
            Self::Pending => HostState::Pending,
            Self::Changed => HostState::Changed,
            Self::Failed { .. } => HostState::Failed,
            Self::Unreachable { .. } => HostState::Unknown,
            Self::Locked(_) => HostState::Locked,
            Self::Judged(drift) => match drift.class() {
                DriftClass::Clean | DriftClass::HandEditedButRight => HostState::Clean,
                DriftClass::PendingRollout => HostState::Pending,
                DriftClass::Drifted => HostState::Drifted,
                DriftClass::Unknown => HostState::Unknown,
            },
            Self::Suspended { .. } => HostState::Suspended,
            Self::Stale { .. } => HostState::Stale,
            Self::NotStarted => HostState::NotStarted,
            Self::Interrupted => HostState::Interrupted,
        }
    }

    /// The word for tables.
    pub fn word(&self) -> &'static str {
        self.state().display_word()
    }

    /// Why it is not as it should be, one clause each. Who holds a lock says more than a clause.
    pub fn reasons(&self) -> Vec<String> {
        match self {
            Self::Failed { reasons, .. } => reasons.iter().map(ToString::to_string).collect(),
            Self::Unreachable { reason, .. } => vec![reason.clone()],
            Self::Suspended { suspension, .. } => {
                vec![format!("by {}: {}", suspension.who, suspension.reason)]
            }
            Self::Stale { facts } => facts.iter().map(ToString::to_string).collect(),
            Self::Unchanged
            | Self::Pending
            | Self::Changed
            | Self::Locked(_)
            | Self::Judged(_)
            | Self::NotStarted
            | Self::Interrupted => Vec::new(),
        }
    }

    /// Units that did not hold, with their last journal lines.
    pub fn failed_units(&self) -> &[FailedUnit] {
        match self {
            Self::Failed { failed_units, .. } => failed_units,
            _ => &[],
        }
    }
}

/// How a host is, or what came of it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// It is as the manifest says.
    Clean,
    /// Somebody changed it since the last apply.
    Drifted,
    /// It differs from the manifest; nothing was done.
    Pending,
    /// It was changed, and is now seen to be as the manifest says.
    Changed,
    /// Something went wrong.
    Failed,
    /// It could not be observed.
    Unknown,
    /// What the plan stands on has changed; nothing was written.
    Stale,
    /// Somebody else holds its lock.
    Locked,
    /// It is suspended: nothing is done there for now.
    Suspended,
    /// The run ended before its turn.
    NotStarted,
    /// The run was interrupted while its script ran; the host finishes or restores by itself.
    Interrupted,
}

impl HostState {
    /// Every state.
    pub const ALL: [Self; 11] = [
        Self::Clean,
        Self::Drifted,
        Self::Pending,
        Self::Changed,
        Self::Failed,
        Self::Unknown,
        Self::Stale,
        Self::Locked,
        Self::Suspended,
        Self::NotStarted,
        Self::Interrupted,
    ];

    /// Its name in documents and labels.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Drifted => "drifted",
            Self::Pending => "pending",
            Self::Changed => "changed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::Locked => "locked",
            Self::Suspended => "suspended",
            Self::NotStarted => "not_started",
            Self::Interrupted => "interrupted",
        }
    }

    /// The word for people.
    pub fn display_word(self) -> &'static str {
        match self {
            Self::Clean => "unchanged",
            Self::Unknown => "unknown",
            Self::NotStarted => "not started",
            other => other.word(),
        }
    }
}

/// How one attempted step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepReport {
    /// The action.
    pub action: ActionId,
    /// How.
    pub outcome: StepOutcome,
    /// What the host said, control characters removed.
    pub message: String,
}

/// A unit that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailedUnit {
    /// The unit.
    pub unit: UnitRef,
    /// `failed (exit-code), 3 restarts`.
    pub state: String,
    /// Its last journal lines, control characters removed.
    pub journal: Vec<String>,
}
