//! What happens while a run goes on, as the engine tells it: for progress, logs and NDJSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action_id::ActionId;
use crate::name::HostName;
use crate::report::{FailedUnit, HostState};
use crate::step_outcome::StepOutcome;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// abide begins with a host.
    HostStart {
        /// The host.
        host: HostName,
    },
    /// A host answered and was planned.
    ObserveDone {
        /// The host.
        host: HostName,
        /// How many actions its plan has.
        actions: usize,
    },
    /// A step of the apply script began.
    ActionStart {
        /// The host.
        host: HostName,
        /// The action.
        action: ActionId,
    },
    /// A step of the apply script ended.
    ActionDone {
        /// The host.
        host: HostName,
        /// The action.
        action: ActionId,
        /// How.
        outcome: StepOutcome,
        /// What the host said, control characters removed; may be empty.
        message: String,
    },
    /// Something that belongs to no action, for those who watch closely: settling, a new connection.
    Progress {
        /// The host.
        host: HostName,
        /// One clause.
        message: String,
    },
    /// Something that a person should know while it goes on: that somebody else is changing the host, that more would be
    /// interrupted than was approved.
    Notice {
        /// The host.
        host: HostName,
        /// One clause.
        message: String,
    },
    /// abide is done with a host.
    HostDone {
        /// The host.
        host: HostName,
        /// What came of it.
        state: HostState,
        /// Why it is not as it should be, one clause each.
        reasons: Vec<String>,
        /// Units that did not hold, with their last journal lines.
        failed_units: Vec<FailedUnit>,
        /// Wall time in milliseconds.
        millis: u64,
    },
}
