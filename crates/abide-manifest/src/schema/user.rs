//! Users and their files.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Choice, WrittenUnit};
use crate::located::Located;

/// A user, and what runs under it. Attributes are compared only where they are written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    /// Without it: `present`. `absent` removes the user; nothing else ever does.
    #[serde(default)]
    pub(crate) state: Option<Located<UserState>>,
    /// With `state: absent`: remove its home directory as well.
    #[serde(default)]
    pub(crate) remove_home: Option<Located<bool>>,
    /// With `state: absent`: end what else runs as this user, its sessions included. Without it a user with processes
    /// beside its declared units is not removed.
    #[serde(default)]
    pub(crate) end_processes: Option<Located<bool>>,
    /// Its numeric id.
    #[serde(default)]
    pub(crate) uid: Option<Located<u32>>,
    /// Its primary group.
    #[serde(default)]
    pub(crate) group: Option<Located<String>>,
    /// Its supplementary groups: at least these.
    #[serde(default)]
    #[schemars(extend("examples" = [["app"]]))]
    pub(crate) groups: Option<Located<Vec<Located<String>>>>,
    /// Its home directory. A user that is created without it gets `/home/NAME`.
    #[serde(default)]
    #[schemars(regex(pattern = "^/"), extend("examples" = ["/srv/sidekiq"]))]
    pub(crate) home: Option<Located<String>>,
    /// Its login shell.
    #[serde(default)]
    #[schemars(regex(pattern = "^/"), extend("examples" = ["/bin/bash"]))]
    pub(crate) shell: Option<Located<String>>,
    /// Its comment (the GECOS field), often a full name.
    #[serde(default)]
    pub(crate) comment: Option<Located<String>>,
    /// Whether it is created as a system user. Matters only then.
    #[serde(default)]
    pub(crate) system: Option<Located<bool>>,
    /// Whether abide may restart its service manager (`user@UID.service`), which stops all of its units and starts the
    /// enabled ones again: nothing else gives them groups that came after it started. `never` leaves them without; without
    /// either the plan asks.
    #[serde(default)]
    pub(crate) manager_restart: Option<Located<WrittenManagerRestart>>,
    /// Whether its units start at boot and survive logout. Without it: `true` when it has a unit that must run or be
    /// enabled, and the plan says for which.
    #[serde(default)]
    pub(crate) linger: Option<Located<Choice>>,
    /// Files below its home directory, by their path there. They belong to the user, and so do directories that are
    /// made for them.
    #[serde(default)]
    #[schemars(extend("examples" = [{".config/sidekiq/env": {"source": "files/sidekiq.env", "mode": "0600"}}]))]
    pub(crate) files: BTreeMap<String, Located<File>>,
    /// Units of its own manager (`systemctl --user`). The type is the suffix of the name.
    #[serde(default)]
    pub(crate) units: BTreeMap<String, Located<WrittenUnit>>,
}

/// Whether a user should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum UserState {
    /// It should.
    Present,
    /// It should not.
    Absent,
}

/// Whether the service manager of a user may be restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[serde(rename = "ManagerRestart")]
pub(crate) enum WrittenManagerRestart {
    /// It may, where what is declared needs it.
    Allow,
    /// It may not.
    Never,
}

/// A file below a user's home directory. It has exactly one of `source`, `content` and `secret`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// A file beside this manifest that it is a copy of, relative to the manifest.
    #[serde(default)]
    #[schemars(extend("examples" = ["files/sidekiq.env"]))]
    pub(crate) source: Option<Located<String>>,
    /// Its text.
    #[serde(default)]
    pub(crate) content: Option<Located<String>>,
    /// Where its text comes from when it may not be seen: never shown, never stored on the way.
    #[serde(default)]
    pub(crate) secret: Option<Located<WrittenSecret>>,
    /// Its permission bits in octal, in quotes. Without it: `"0600"` for a secret, `"0644"` for a new file, and those
    /// of an old one are left alone.
    #[serde(default)]
    #[schemars(regex(pattern = "^0?[0-7]{3}$"), extend("examples" = ["0600"]))]
    pub(crate) mode: Option<Located<String>>,
    /// Whether `${name}` in its text stands for one of `vars`. `$${` is a literal `${`.
    #[serde(default)]
    pub(crate) template: Option<Located<bool>>,
}

/// Where a secret comes from: looked up on this machine once a run, and never printed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
#[serde(rename = "Secret")]
pub(crate) enum WrittenSecret {
    /// An environment variable.
    Env(String),
    /// A file, relative to this manifest.
    File(String),
    /// What a program prints: its name and its arguments, without a shell.
    Command(Vec<String>),
}
