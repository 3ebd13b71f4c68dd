//! What came of one step.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a step of an apply script ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepOutcome {
    /// Done.
    Ok,
    /// Attempted, and failed.
    Failed,
    /// Not attempted, because what it follows from failed.
    Skipped,
    /// Done, and undone by the gate.
    Restored,
}
