//! The manifest as a whole, its hosts and its groups.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{HostConnection, User, WrittenConnection, WrittenPolicy, WrittenRollout, WrittenUnit};
use crate::located::Located;

/// What the systemd services and users of some hosts should be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[serde(rename = "Manifest")]
pub(crate) struct WrittenManifest {
    /// The version of the manifest language: `1`.
    #[schemars(range(min = 1, max = 1))]
    #[expect(dead_code, reason = "judged before anything else is read")]
    pub(crate) version: Located<u64>,
    /// This manifest's identity. Every host's ledger lists what it owns under this name, so two manifests can share a
    /// host, and a manifest that changes its name gives up what it owned.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"), extend("examples" = ["shop"]))]
    pub(crate) name: Located<String>,
    /// How hosts are reached. Each host may override it.
    #[serde(default)]
    pub(crate) connection: Option<Located<WrittenConnection>>,
    /// Texts for `${name}` in files and units marked `template: true`. Groups and hosts may override them.
    #[serde(default)]
    #[schemars(extend("examples" = [{"queue": "default"}]))]
    pub(crate) vars: BTreeMap<String, Located<String>>,
    /// The hosts. The key is the ssh destination, as in `ssh worker-1`, unless `address` is given.
    #[serde(default)]
    #[schemars(extend("examples" = [{"worker-1": {"groups": ["workers"]}}]))]
    pub(crate) hosts: BTreeMap<String, Located<ManifestHost>>,
    /// What hosts have in common. Every host is in the group `all`, and in those it lists.
    #[serde(default)]
    pub(crate) groups: BTreeMap<String, Located<Group>>,
    /// Limits of what a plan may do.
    #[serde(default)]
    pub(crate) policy: Option<Located<WrittenPolicy>>,
    /// In which waves hosts are changed. Without it: all at once, and no new wave after a failed one.
    #[serde(default)]
    pub(crate) rollout: Option<Located<WrittenRollout>>,
}

/// One host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[serde(rename = "Host")]
pub(crate) struct ManifestHost {
    /// The groups it is in, without `all`. Where two of them differ, the host must say which it wants.
    #[serde(default)]
    pub(crate) groups: Option<Located<Vec<Located<String>>>>,
    /// The ssh destination, where it is not the host's key.
    #[serde(default)]
    #[schemars(extend("examples" = ["10.0.0.12"]))]
    pub(crate) address: Option<Located<String>>,
    /// The port, where `ssh_config(5)` does not say.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) port: Option<Located<u16>>,
    /// How this host is reached, over what the manifest says for all.
    #[serde(default)]
    pub(crate) connection: Option<Located<HostConnection>>,
    /// Texts for `${name}`, over those of the manifest and of its groups.
    #[serde(default)]
    pub(crate) vars: BTreeMap<String, Located<String>>,
    /// Whether users that linger and that nobody declares are a finding.
    #[serde(default)]
    pub(crate) linger: Option<Located<LingerPolicy>>,
    /// Users, and what runs under them.
    #[serde(default)]
    pub(crate) users: BTreeMap<String, Located<User>>,
    /// Units of the system manager. Lingering is no part of them.
    #[serde(default)]
    pub(crate) units: BTreeMap<String, Located<WrittenUnit>>,
}

/// What some hosts have in common.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// Texts for `${name}`, over those of the manifest.
    #[serde(default)]
    pub(crate) vars: BTreeMap<String, Located<String>>,
    /// Whether users that linger and that nobody declares are a finding.
    #[serde(default)]
    pub(crate) linger: Option<Located<LingerPolicy>>,
    /// Users, and what runs under them.
    #[serde(default)]
    pub(crate) users: BTreeMap<String, Located<User>>,
    /// Units of the system manager. Lingering is no part of them.
    #[serde(default)]
    pub(crate) units: BTreeMap<String, Located<WrittenUnit>>,
}

/// What is done about users that linger and that nobody declares.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LingerPolicy {
    /// Report them.
    #[serde(default)]
    pub(crate) exclusive: Option<Located<bool>>,
    /// Plan to disable their lingering, too.
    #[serde(default)]
    pub(crate) enforce: Option<Located<bool>>,
}
