//! What somebody agreed to.

use abide_model::{Digest, Plan, RootRoute};

/// What was approved for a host.
#[derive(Debug, Clone)]
pub struct Approved {
    /// The plan.
    pub plan: Plan,
    /// Which machine it was made for, where that is known.
    pub identity: Option<Digest>,
    /// How root was reached when it was made, where that is known.
    pub root: Option<RootRoute>,
    /// Its digest.
    pub digest: Option<Digest>,
    /// Whether it is all that the host needs, so that nothing may be left to do after it; else only what it names.
    pub is_all: bool,
}
