//! Limits of a plan, and its waves.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::WrittenShare;
use crate::located::Located;

/// Limits of what a plan may do.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[serde(rename = "Policy")]
pub(crate) struct WrittenPolicy {
    /// Remove what this manifest owns on a host and no longer declares. `false` keeps it and reports it. Without it:
    /// `true`. Users are removed by `state: absent` only.
    #[serde(default)]
    pub(crate) prune: Option<Located<bool>>,
    /// A plan that removes or stops more than this share of the units it owns on a host, and more than 3, is refused.
    /// Without it: `25%`.
    #[serde(default)]
    pub(crate) max_removals: Option<Located<WrittenShare>>,
    /// Warnings that are known and meant, each with the reason: they are not told any more.
    #[serde(default)]
    #[schemars(extend("examples" = [[{"W0601": "the database is up before us, by other means"}]]))]
    pub(crate) allow: Option<Located<Vec<Allowed>>>,
}

/// A warning's code, and why it is meant.
pub(crate) type Allowed = BTreeMap<String, Located<String>>;

/// In which waves hosts are changed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[serde(rename = "Rollout")]
pub(crate) struct WrittenRollout {
    /// How many hosts are changed first, before all others.
    #[serde(default)]
    pub(crate) canary: Option<Located<u32>>,
    /// How many hosts each later wave has. Without it: all the rest.
    #[serde(default)]
    pub(crate) batch: Option<Located<WrittenShare>>,
    /// After this many failed hosts no new wave begins. Without it: 1.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) max_failures: Option<Located<u32>>,
}
