//! What `abide status` is rendered from.

use abide_model::{Desired, Observed};

/// One host for `abide status`.
#[derive(Debug, Clone, Copy)]
pub struct HostStatus<'a> {
    /// What it should be.
    pub desired: &'a Desired,
    /// What it is.
    pub seen: Seen<'a>,
}

/// What is known about a host.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// It answered.
    Observed(&'a Observed),
    /// It could not be observed.
    Unreachable {
        /// Why, one clause.
        reason: &'a str,
        /// What a person can do about it.
        help: Option<&'a str>,
    },
}
