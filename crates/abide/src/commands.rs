//! One file a command: its flags, its manual, its wiring.

pub(crate) mod apply;
pub(crate) mod completions;
pub(crate) mod drift;
pub(crate) mod explain;
pub(crate) mod hosts;
pub(crate) mod init;
pub(crate) mod ledger;
pub(crate) mod lock;
pub(crate) mod man;
pub(crate) mod merge;
pub(crate) mod plan;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod suspend;
pub(crate) mod trust;
pub(crate) mod validate;
