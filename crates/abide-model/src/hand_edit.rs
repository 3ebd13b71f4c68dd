//! What somebody did on a host since abide left it, as the ledger against the host shows.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that was done by hand, or by another program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandEdit {
    /// A file has another content than abide wrote.
    Edited,
    /// A file that abide wrote is gone.
    Removed,
    /// Something else stands where abide wrote a file.
    Replaced,
    /// A file that abide wrote belongs to somebody else.
    GivenAway,
    /// A unit was masked.
    Masked,
    /// Links that enable or name a unit were made: below the configuration directory.
    Linked(BTreeSet<String>),
    /// Links that abide made are gone; all of them where the unit was disabled.
    Unlinked(BTreeSet<String>),
    /// A unit that ran does not run.
    Stopped,
    /// A unit that did not run does.
    Started,
    /// Lingering that abide enabled is off.
    LingerDisabled,
    /// Attributes of an account are not as abide left them: `shell`, `groups`.
    AccountModified(BTreeSet<String>),
    /// An account that abide created is gone.
    AccountDeleted,
}
