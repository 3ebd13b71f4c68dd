//! What a plan does to units beside the ones that its actions name, and where that came otherwise.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action_id::ActionId;
use crate::scope::UnitRef;
use crate::unit_name::UnitName;

/// An action's effect that its own words do not say: on a unit that systemd takes along, or on what a unit offers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Disruption {
    /// The action that leads to it.
    pub action: ActionId,
    /// The unit to which it happens.
    pub unit: UnitRef,
    /// What happens to it.
    pub effect: Effect,
    /// The unit that passes it on: the action's own, or one between them.
    pub through: UnitName,
    /// The setting that ties the two or lets it happen, as a unit file has it: `Requires=`, `PartOf=`, `OnBootSec=`; of a
    /// socket that closes, its address, `ListenStream=8080`.
    pub setting: String,
}

/// What happens to a unit.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It stops and stays so.
    Stop,
    /// It stops and comes back: a new invocation.
    Restart,
    /// It reads its configuration again.
    Reload,
    /// It starts: a timer or path fires, something requires or wants it.
    Start,
    /// What it listens on is closed: nobody can connect any more.
    Close,
}

/// A unit with which something else happened than was forecast.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Surprise {
    /// The unit.
    pub unit: UnitRef,
    /// What was forecast; `None`: nothing.
    pub forecast: Option<Effect>,
    /// What happened by its `InvocationID` and state before and after; `None`: nothing.
    pub happened: Option<Effect>,
}
