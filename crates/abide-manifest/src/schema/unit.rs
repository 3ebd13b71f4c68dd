//! Units.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Choice, DropIn, DurationText};
use crate::located::Located;

/// A unit. With `source` or `content` it is ours: the file is installed, and unless written otherwise the unit is
/// started, and enabled if it has an `[Install]` section. Without, it is somebody else's, and only what is written
/// here is managed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[serde(rename = "Unit")]
pub(crate) struct WrittenUnit {
    /// A file beside this manifest that is the unit file, relative to the manifest.
    #[serde(default)]
    #[schemars(extend("examples" = ["units/sidekiq.service"]))]
    pub(crate) source: Option<Located<String>>,
    /// The text of the unit file.
    #[serde(default)]
    pub(crate) content: Option<Located<String>>,
    /// Whether `${name}` in the unit file and its drop-ins stands for one of `vars`. `$${` is a literal `${`.
    #[serde(default)]
    pub(crate) template: Option<Located<bool>>,
    /// Drop-ins by file name: a text, or `{source: FILE}`. Drop-ins of others are kept.
    #[serde(default)]
    #[schemars(extend("examples" = [{"10-memory.conf": "[Service]\nMemoryMax=768M\n"}, {"20-env.conf": {"source": "units/env.conf"}}]))]
    pub(crate) drop_ins: BTreeMap<String, Located<DropIn>>,
    /// Instances of a template, by what stands behind the `@`.
    #[serde(default)]
    #[schemars(extend("examples" = [{"critical": {}, "batch": {"state": "stopped", "enabled": false}}]))]
    pub(crate) instances: Option<Located<BTreeMap<String, Located<Instance>>>>,
    /// Whether it runs. Without it: `started` for units of ours, except oneshots that do not remain active, slices,
    /// targets, bare templates and what a declared timer, socket or path starts, which are `unmanaged`.
    #[serde(default)]
    pub(crate) state: Option<Located<UnitState>>,
    /// Whether it is started at boot. Without it: `true` for units of ours that have an `[Install]` section.
    #[serde(default)]
    pub(crate) enabled: Option<Located<Choice>>,
    /// Whether it is made impossible to start.
    #[serde(default)]
    pub(crate) masked: Option<Located<bool>>,
    /// What a running unit gets when its configuration changed. Without it: `restart`. Where it is given, that is done as well
    /// where nothing tells whether the unit runs an old file.
    #[serde(default)]
    pub(crate) on_change: Option<Located<WrittenOnChange>>,
    /// Files whose change counts as a change of the unit, beside those it reads by `EnvironmentFile=` and
    /// `LoadCredential=`: absolute, or below the user's home with `~/`.
    #[serde(default)]
    #[schemars(extend("examples" = [["/etc/app/env", "~/.config/app.yml"]]))]
    pub(crate) restart_on: Option<Located<Vec<Located<String>>>>,
    /// Files whose change reloads the unit.
    #[serde(default)]
    pub(crate) reload_on: Option<Located<Vec<Located<String>>>>,
    /// How long it is watched after a start.
    #[serde(default)]
    pub(crate) settle: Option<Located<WrittenSettle>>,
}

/// One instance of a template. What it does not say is as the template says.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instance {
    /// Drop-ins by file name, for this instance only: a text, or `{source: FILE}`.
    #[serde(default)]
    pub(crate) drop_ins: BTreeMap<String, Located<DropIn>>,
    /// Whether it runs. Without it: `started`.
    #[serde(default)]
    pub(crate) state: Option<Located<UnitState>>,
    /// Whether it is started at boot. Without it: `true` if the template has an `[Install]` section.
    #[serde(default)]
    pub(crate) enabled: Option<Located<Choice>>,
    /// Whether it is made impossible to start.
    #[serde(default)]
    pub(crate) masked: Option<Located<bool>>,
    /// What it gets when its configuration changed.
    #[serde(default)]
    pub(crate) on_change: Option<Located<WrittenOnChange>>,
    /// Files whose change counts as a change of it.
    #[serde(default)]
    pub(crate) restart_on: Option<Located<Vec<Located<String>>>>,
    /// Files whose change reloads it.
    #[serde(default)]
    pub(crate) reload_on: Option<Located<Vec<Located<String>>>>,
    /// How long it is watched after a start.
    #[serde(default)]
    pub(crate) settle: Option<Located<WrittenSettle>>,
}

/// Whether a unit runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum UnitState {
    /// It runs.
    Started,
    /// It does not run.
    Stopped,
    /// It is stopped and disabled, and what is ours of it is removed.
    Absent,
    /// Left as it is.
    Unmanaged,
}

/// What a running unit gets when its configuration changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
#[serde(rename = "OnChange")]
pub(crate) enum WrittenOnChange {
    /// A restart.
    Restart,
    /// A reload; the unit must be able to.
    Reload,
    /// A stop with the old definition and a start with the new one.
    StopStart,
    /// Nothing; the plan says that a restart is pending.
    None,
}

/// How long a unit is watched after a start.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[serde(rename = "Settle")]
pub(crate) struct WrittenSettle {
    /// It must stay up this long, without a restart. Without it: `2s`.
    #[serde(default, rename = "for")]
    #[schemars(extend("examples" = ["5s"]))]
    pub(crate) hold: Option<Located<DurationText>>,
    /// It must have come up within this. Without it: `90s`.
    #[serde(default)]
    #[schemars(extend("examples" = ["90s"]))]
    pub(crate) timeout: Option<Located<DurationText>>,
}
