//! What one host should be: the manifest, lowered. Defaults are applied, so every field says what is meant.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::Body;
use crate::diagnostic::Origin;
use crate::name::{HostName, ManifestName, UserName};
use crate::path::{HomePath, HostPath};
use crate::scope::Scope;
use crate::share::Share;
use crate::unit_name::UnitName;

/// What one host should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Desired {
    /// The manifest's identity in the host's ledger.
    pub manifest: ManifestName,
    /// The host.
    pub host: HostName,
    /// Declared users.
    pub users: BTreeMap<UserName, DesiredUser>,
    /// Declared units of the system scope.
    pub units: BTreeMap<UnitName, DesiredUnit>,
    /// Whether lingering users that nobody declares are a finding.
    pub linger_exclusive: Option<LingerExclusive>,
    /// Limits of what a plan may do.
    pub policy: Policy,
}

impl Desired {
    /// The declared units of a scope.
    pub fn units_of(&self, scope: &Scope) -> Option<&BTreeMap<UnitName, DesiredUnit>> {
        match scope.user() {
            None => Some(&self.units),
            Some(user) => self.users.get(user).map(|user| &user.units),
        }
    }

    /// The unit of a scope that systemd knows by the text of what is declared, or usually by that name.
    pub fn loaded_as(&self, scope: &Scope, name: &UnitName) -> UnitName {
        let declared = self.units_of(scope).and_then(|units| units.get(name));
        declared.map_or_else(|| name.usually_loaded_as(), |unit| unit.loaded_as(name))
    }

    /// What is declared that systemd knows by this name.
    pub fn declared_as(
        &self,
        scope: &Scope,
        loaded: &UnitName,
    ) -> Option<(&UnitName, &DesiredUnit)> {
        let mut units = self.units_of(scope)?.iter();
        units.find(|(name, unit)| unit.loaded_as(name) == *loaded)
    }
}

/// `linger: {exclusive: true}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LingerExclusive {
    /// Plan to disable them, not only report.
    pub enforce: bool,
    /// Where it is declared.
    pub declared_at: Origin,
}

/// Limits of what a plan may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// Remove what the ledger says this manifest owns and it no longer declares.
    pub prune: bool,
    /// More removals than this share of the owned units (but at least 3) are refused.
    pub max_removals: Share,
    /// So many removals are allowed in this run, whatever that share comes to (`--allow-removals`).
    pub allowed_removals: usize,
    /// Units that run are restarted even where it can be foreseen that they will not come up (`--accept-broken`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept_broken: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            prune: true,
            max_removals: Share::Percent(25),
            allowed_removals: 0,
            accept_broken: false,
        }
    }
}

/// Whether something should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It should.
    Present,
    /// It should not.
    Absent,
}

/// A user that should be there (or not), and what runs under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DesiredUser {
    /// Where it is declared; the first place that names it.
    pub declared_at: Origin,
    /// Present or absent.
    pub state: Presence,
    /// With `state: absent`: remove the home directory as well.
    pub remove_home: bool,
    /// With `state: absent`: end what else runs as this user, its sessions included.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub end_processes: bool,
    /// Attributes; compared only where written.
    pub account: DesiredAccount,
    /// Whether its manager may be restarted where that alone brings what is declared; `None`: nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager_restart: Option<ManagerRestart>,
    /// Whether it should linger.
    pub linger: DesiredLinger,
    /// Files below its home, by relative path.
    pub files: BTreeMap<HomePath, DesiredFile>,
    /// Units of its own manager.
    pub units: BTreeMap<UnitName, DesiredUnit>,
}

/// Whether a user's manager may be restarted: that stops all of its units, and starts those that are enabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ManagerRestart {
    /// It may.
    Allow,
    /// It may not: what waits for it is told, and nothing more.
    Never,
}

/// Attributes of an account, each only where written. Source: passwd(5), useradd(8).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DesiredAccount {
    /// Numeric id.
    pub uid: Option<u32>,
    /// Primary group.
    pub group: Option<String>,
    /// Supplementary groups: at least these.
    pub groups: Option<BTreeSet<String>>,
    /// Home directory.
    pub home: Option<HostPath>,
    /// Login shell.
    pub shell: Option<HostPath>,
    /// GECOS field.
    pub comment: Option<String>,
    /// Made with `useradd --system`; matters only when the user is created.
    pub system: Option<bool>,
}

/// Whether a user should linger, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DesiredLinger {
    /// On, off, or `None`: not managed.
    pub value: Option<bool>,
    /// Why.
    pub reason: LingerReason,
}

/// Why lingering is wanted, not wanted or left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LingerReason {
    /// The manifest says so.
    Declared(Origin),
    /// This unit must run or be enabled, and would stop at logout and stay off after a boot.
    ImpliedBy(UnitName),
    /// Nothing asks for it.
    Unasked,
}

/// A file below a user's home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DesiredFile {
    /// Where it is declared.
    pub declared_at: Origin,
    /// What it holds.
    pub body: Body,
    /// Permission bits; `None`: 0644 for a new file, left alone otherwise. Secrets are 0600 unless written.
    pub mode: Option<u32>,
}

/// A wish about a unit that may also be left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Running, or enabled.
    Yes,
    /// Not running, or not enabled.
    No,
    /// Not managed.
    Unmanaged,
}

/// What is done with a running unit whose configuration changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnChange {
    /// Restart it.
    Restart,
    /// Reload it; it must be able to.
    Reload,
    /// Stop it with the old definition, start it with the new one.
    StopStart,
    /// Leave it running; the plan reports that a restart is pending.
    None,
}

/// How long a started unit is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settle {
    /// It must stay up this long, without a restart.
    pub hold: Duration,
    /// It must have come up within this.
    pub timeout: Duration,
}

impl Default for Settle {
    /// 2 s: a `Type=simple` unit with a missing binary has failed by then (systemd-facts.md#start-says-little); 90 s is
    /// systemd's own `DefaultTimeoutStartSec=`.
    fn default() -> Self {
        Self {
            hold: Duration::from_secs(2),
            timeout: Duration::from_secs(90),
        }
    }
}

/// What one unit should be. Instances of a template stand beside it as units of their own
/// ([`UnitName::template`] names their template).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DesiredUnit {
    /// Where it is declared.
    pub declared_at: Origin,
    /// Present, or removed with everything that is ours of it.
    pub presence: Presence,
    /// The unit file; `None`: somebody else's unit, or an instance of a template.
    pub file: Option<Body>,
    /// Our drop-ins by file name (`10-memory.conf`).
    pub drop_ins: BTreeMap<String, Body>,
    /// Running or not.
    pub running: Wanted,
    /// Started at boot or not.
    pub enabled: Wanted,
    /// Masked, unmasked, or `None`: not managed.
    pub masked: Option<bool>,
    /// What a change of a running unit leads to.
    pub on_change: OnChange,
    /// Whether the manifest says so. Then it also decides where nothing tells whether the unit runs something old, which is
    /// no reason to interrupt it otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_change_said: bool,
    /// Files whose change restarts the unit: written ones, and managed ones that it reads at start
    /// (`EnvironmentFile=`, `LoadCredential=`).
    pub restart_on: BTreeSet<HostPathOrHome>,
    /// Files whose change reloads the unit.
    pub reload_on: BTreeSet<HostPathOrHome>,
    /// How long it is watched after a start.
    pub settle: Settle,
    /// The service that Podman makes of it, where the text of the quadlet names it (`ServiceName=`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<UnitName>,
}

impl DesiredUnit {
    /// The unit that systemd knows, of a unit that is declared by this name.
    pub fn loaded_as(&self, name: &UnitName) -> UnitName {
        self.service
            .clone()
            .unwrap_or_else(|| name.usually_loaded_as())
    }

    /// Whether the manifest owns the unit file (and not only the state of somebody else's unit).
    pub fn is_ours(&self) -> bool {
        self.file.is_some()
    }
}

/// A file on a host, absolute or below the home of the unit's user (which only the host knows).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HostPathOrHome {
    /// An absolute path.
    Absolute(HostPath),
    /// Below the home of the unit's user: `%h/…`, `~/…`.
    Home(HomePath),
}
