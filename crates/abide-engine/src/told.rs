//! What comes of an apply script while it runs.

use abide_model::{
    FailReason, FailedUnit, LockHolder, StaleFact, StepReport, Surprise, Suspension,
};

/// What an apply script has told so far.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) steps: Vec<StepReport>,
    pub(crate) failed_units: Vec<FailedUnit>,
    pub(crate) locked: Option<LockHolder>,
    pub(crate) suspended: Option<Suspension>,
    /// Facts that have moved: of users' scopes, which were left alone then, or of the host, where nothing was done.
    pub(crate) stale: Vec<StaleFact>,
    /// Units with which something else happened than was forecast.
    pub(crate) surprises: Vec<Surprise>,
    /// What went wrong beside the steps, one clause each.
    pub(crate) reasons: Vec<FailReason>,
}
