//! What one host is, as its probe answered. Unknown is not absent: it carries its reason.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::Bytes;
use crate::boot::Rehearsal;
use crate::digest::Digest;
use crate::inputs::Inputs;
use crate::ledger::{Ledger, LedgerFinding};
use crate::name::{ManifestName, UserName};
use crate::path::HostPath;
use crate::podman::Podman;
use crate::scope::Scope;
use crate::time::Timestamp;
use crate::unit_name::UnitName;
use crate::unknown::UnknownReason;

/// An answer of a host, the certainty that there is nothing, or the reason why nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation<T> {
    /// It is so.
    Known(T),
    /// It is not there.
    Absent,
    /// It could not be seen, and why.
    Unknown(UnknownReason),
}

impl<T> Observation<T> {
    /// The answer, where there is one.
    pub fn as_known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }
}

/// What one host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The host itself.
    pub facts: HostFacts,
    /// Every user that was asked for, and every user with a linger record.
    pub users: BTreeMap<UserName, Observation<ObservedUser>>,
    /// Every name with a record in `/var/lib/systemd/linger` (even of a user that is gone).
    pub lingering: Observation<BTreeSet<String>>,
    /// Every scope that was asked for. A user scope is `Absent` where its user is.
    pub scopes: BTreeMap<Scope, Observation<ObservedScope>>,
    /// What the ledger of this manifest says; `Absent` before the first apply.
    pub ledger: Observation<Ledger>,
    /// Lines of this manifest's ledger that are not believed.
    pub ledger_findings: Vec<LedgerFinding>,
    /// The ledgers of other manifests on this host.
    pub other_ledgers: BTreeMap<ManifestName, Ledger>,
    /// The ledgers of other manifests that could not be read at all, and why.
    pub unread_ledgers: BTreeMap<ManifestName, UnknownReason>,
    /// Who holds the lock, if anybody does.
    pub lock: Option<LockHolder>,
    /// Who held it last and went without a word: what a killed run leaves. Nobody holds it then.
    pub stale_lock: Option<LockHolder>,
    /// Its suspension, expired or not.
    pub suspended: Option<Suspension>,
    /// When the ledger of this manifest was written last: the end of the last apply that changed something.
    pub applied_at: Option<Timestamp>,
    /// What the units that would be started need, where that was asked for.
    pub inputs: Inputs,
}

impl Observed {
    /// The suspension that is in force.
    pub fn suspension(&self) -> Option<&Suspension> {
        let now = self.facts.now;
        self.suspended.as_ref().filter(|one| one.until > now)
    }
}

/// The host itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostFacts {
    /// `hostname`.
    pub hostname: String,
    /// `PRETTY_NAME` of os-release(5).
    pub os: String,
    /// `/etc/machine-id`; empty where a file is read that leaves it out, for it should not be shown around.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub machine_id: String,
    /// The systemd version, 252.
    pub systemd: u32,
    /// `/proc/sys/kernel/random/boot_id`: it names this boot.
    pub boot_id: String,
    /// When this boot began.
    pub booted_at: Timestamp,
    /// The host's clock when it answered.
    pub now: Timestamp,
    /// The login user.
    pub login: UserName,
    /// The login user's id.
    pub login_uid: u32,
    /// How root was reached.
    pub root: RootRoute,
    /// The tool that runs something as a user from root: `setpriv`, `runuser`, `sudo`. Empty where not root.
    pub run_as: String,
    /// `systemctl is-system-running`: `running`, `degraded`, `stopping` …
    pub system_state: String,
    /// Whether the login user may enable its own lingering without root (polkit); only asked where not root.
    pub may_linger_itself: Option<bool>,
    /// Whether users have managers there: EL7 leaves `user@.service` out.
    #[serde(default = "default_true", skip_serializing_if = "is_yes")]
    pub user_managers: bool,
    /// What it has of Podman; only asked where quadlets are declared.
    #[serde(default)]
    pub podman: Option<Podman>,
}

impl HostFacts {
    /// Which machine this is: see [`machine_identity`](crate::machine_identity).
    pub fn machine_identity(&self) -> Option<Digest> {
        crate::machine_identity::from_machine_id(&self.machine_id)
    }
}

/// How root was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RootRoute {
    /// The login user is root.
    Root,
    /// `sudo -n`.
    Sudo,
    /// `doas -n`.
    Doas,
    /// `run0`.
    Run0,
    /// Not reached; why, in words. Only the login user's own resources can be managed.
    None(String),
}

impl RootRoute {
    /// Whether root was reached.
    pub fn is_root(&self) -> bool {
        !matches!(self, Self::None(_))
    }
}

/// An account, and its lingering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedUser {
    /// Numeric id.
    pub uid: u32,
    /// Name of the primary group.
    pub group: String,
    /// Supplementary groups.
    pub groups: BTreeSet<String>,
    /// Home directory, as passwd says.
    pub home: HostPath,
    /// Whether the home directory is there.
    pub home_exists: bool,
    /// Whether the home, or something below it, is a mount point; only asked of users that are declared absent.
    pub home_mounted: bool,
    /// Login shell.
    pub shell: String,
    /// GECOS field.
    pub comment: String,
    /// Its lingering.
    pub linger: ObservedLinger,
    /// What runs as this user; only asked of users that are declared absent.
    pub processes: Vec<ObservedProcess>,
}

/// A process of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedProcess {
    /// Its number.
    pub pid: u32,
    /// Its control group, which names the unit that it belongs to.
    pub cgroup: String,
    /// Its name (`/proc/PID/comm`).
    pub command: String,
}

/// The facts about a user's lingering that a host shows; the fourth, *declared*, is the manifest's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedLinger {
    /// `/var/lib/systemd/linger/NAME` is there: the truth for "will it be there after boot".
    pub recorded: bool,
    /// `ActiveState` of `user@UID.service`: *effective* where active.
    pub manager: ActiveState,
    /// What is masked, and will be after a boot, of what has to start for a boot to bring the manager up: `user@UID.service`
    /// itself, `user-runtime-dir@UID.service`, `user-UID.slice`, `user.slice`, `systemd-logind.service`.
    pub masked: Option<UnitName>,
    /// Sessions of this user that are open now (abide's own included): they *hold* the manager up.
    pub sessions: u32,
    /// Groups of the manager's process (`/proc/PID/status`), which it was given when it started and which its units have;
    /// `None` where it does not run or nobody could look.
    pub manager_groups: Option<BTreeSet<String>>,
}

/// `ActiveState` of a unit (org.freedesktop.systemd1(5)).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "systemd's own words")]
pub enum ActiveState {
    Active,
    Reloading,
    Activating,
    Deactivating,
    Inactive,
    Failed,
    Maintenance,
}

impl ActiveState {
    /// Whether processes of the unit run or are about to: `active | activating | reloading`.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Active | Self::Reloading | Self::Activating)
    }

    /// systemd's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Reloading => "reloading",
            Self::Activating => "activating",
            Self::Deactivating => "deactivating",
            Self::Inactive => "inactive",
            Self::Failed => "failed",
            Self::Maintenance => "maintenance",
        }
    }
}

/// A word that is no `ActiveState`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no state of a unit")]
pub struct UnknownState(String);

impl std::str::FromStr for ActiveState {
    type Err = UnknownState;

    fn from_str(word: &str) -> Result<Self, UnknownState> {
        [
            Self::Active,
            Self::Reloading,
            Self::Activating,
            Self::Deactivating,
            Self::Inactive,
            Self::Failed,
            Self::Maintenance,
        ]
        .into_iter()
        .find(|state| state.word() == word || (word == "refreshing" && *state == Self::Reloading))
        .ok_or_else(|| UnknownState(word.to_owned()))
    }
}

/// A service manager, its units and files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedScope {
    /// The manager, up or not. Files and links are known either way.
    pub manager: Manager,
    /// Where its unit files are written: `/etc/systemd/system`, `~/.config/systemd/user`.
    pub config_dir: HostPath,
    /// Every unit that was asked for (declared ones, their generated units, the ledger's). While the manager
    /// is down all are `not loaded` and inactive.
    pub units: BTreeMap<UnitName, ObservedUnit>,
    /// Units that nobody asked for and that go along with those: what stops, restarts or starts together with them.
    /// They tell what a plan interrupts, and nothing else is decided by them.
    pub beside: BTreeMap<UnitName, ObservedUnit>,
    /// Every file that was asked for, and every drop-in beside the asked units (foreign ones too).
    pub files: BTreeMap<HostPath, Observation<ObservedFile>>,
    /// Symbolic links in the configuration directory, its `*.wants`, `*.requires` and `*.upholds`.
    pub links: BTreeSet<Link>,
    /// Links in other places that pull in asked units, absolute: `/etc/systemd/user/default.target.wants/a.service`
    /// (`systemctl --global enable`), `/run/systemd/system/…` (`enable --runtime`).
    pub links_elsewhere: BTreeSet<HostPath>,
    /// Units that pull in asked ones by a link in the configuration directory, apart from targets of every boot, and what
    /// pulls those in; then `default.target` as well. By the names that were asked for, which may be aliases.
    pub pulling: BTreeMap<UnitName, ObservedUnit>,
    /// What units whose files are not ours ask for, where they should be enabled and are not.
    pub installs: BTreeMap<UnitName, ObservedInstall>,
    /// What its manager would start at the next boot; `Absent` where nobody asked.
    pub rehearsal: Observation<Rehearsal>,
}

/// What the file of a unit says about enabling it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedInstall {
    /// The unit file.
    pub file: HostPath,
    /// All lines of `[Install]` sections in it and its drop-ins, in their order.
    pub text: String,
}

impl ObservedScope {
    /// A unit, asked for or beside those.
    pub fn unit(&self, name: &UnitName) -> Option<&ObservedUnit> {
        self.units.get(name).or_else(|| self.beside.get(name))
    }
}

/// Whether a service manager answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manager {
    /// It answers.
    Up {
        /// Its last (re)load of unit files.
        last_load: LastLoad,
    },
    /// It does not run (a user without lingering and session). A known state, no error.
    Down,
    /// It should run and does not answer, and why.
    Broken(String),
}

fn default_true() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}

/// When a manager last read its unit files, as far as it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastLoad {
    /// At this time: `UnitsLoadTimestamp`, in microseconds where the host can say so.
    At(Timestamp),
    /// Not after this time, and nobody knows when: systemd before 250 has no `UnitsLoadTimestamp`. Where there are
    /// generators every reload makes and removes directories for them in the manager's runtime directory, so it cannot be
    /// later than that last changed (seen on 247).
    NotAfter(Timestamp),
    /// Nothing on the host shows it: before systemd 250, where the manager has no directory of generators, and before 230
    /// that of every user. What it has read is told by its units' `NeedDaemonReload` alone (docs/systemd-facts.md).
    Unknown,
}

impl LastLoad {
    /// Whether the manager can have read what changed at this time. Older hosts tell times in whole seconds: it was at any
    /// time within that second.
    pub fn may_have_read(self, changed: Timestamp) -> bool {
        let (Self::At(time) | Self::NotAfter(time)) = self else {
            return true;
        };
        let latest = match time.0 % 1_000_000 {
            0 => Timestamp(time.0.saturating_add(999_999)),
            _ => time,
        };
        changed <= latest
    }
}

/// A symbolic link that enables or names a unit, relative to the configuration directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// `default.target.wants/sidekiq.service`, or `alias.service`.
    pub path: String,
    /// What it points to, as written.
    pub target: String,
}

/// A file on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedFile {
    /// What stands there.
    pub kind: FileKind,
    /// Digest of a regular file's content; `None` where it cannot be read or is no file.
    pub digest: Option<Digest>,
    /// Size in bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// Name (or number) of the owner.
    pub owner: String,
    /// Last change of content or attributes (ctime): it cannot be set back, unlike mtime.
    pub changed_at: Timestamp,
    /// Last change of content (mtime). Whoever may write the file can set it to anything, as `rsync --times` does; `chmod` and
    /// `chown` leave it.
    pub written_at: Timestamp,
    /// The content, only where the digest differs from the asked one and the file is not secret or too large.
    pub content: Option<Bytes>,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A symbolic link, with its target as written.
    Symlink(String),
    /// A directory.
    Directory,
    /// Anything else.
    Other,
}

/// A unit as its manager describes it (`systemctl show`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property that systemd has as a boolean"
)]
pub struct ObservedUnit {
    /// Canonical name (an alias resolves to it).
    pub id: UnitName,
    /// `LoadState`: `loaded`, `not-found`, `bad-setting`, `error`, `masked`.
    pub load: String,
    /// `ActiveState`.
    pub active: ActiveState,
    /// `SubState`.
    pub sub: String,
    /// `Result`, empty where the type has none.
    pub result: String,
    /// `UnitFileState`: cached by the manager, for foreign units only (systemd-facts.md#enablement-is-cached).
    pub file_state: String,
    /// `FragmentPath` as loaded.
    pub fragment: Option<HostPath>,
    /// `SourcePath`: the quadlet of a generated unit.
    pub source: Option<HostPath>,
    /// Nothing stands at its `SourcePath`.
    pub source_missing: bool,
    /// `DropInPaths` as loaded.
    pub drop_ins: Vec<HostPath>,
    /// `EnvironmentFiles` as loaded: paths, and patterns of such.
    pub environment_files: BTreeSet<String>,
    /// `NeedDaemonReload`: `true` is a reason to reload, `false` proves nothing (systemd-facts.md#reload-not-noticed).
    pub need_reload: bool,
    /// `InvocationID`, empty where it never ran.
    pub invocation: String,
    /// When its main process (or it) started last.
    pub started_at: Option<Timestamp>,
    /// Since when it is in its state (`StateChangeTimestamp`).
    pub state_since: Option<Timestamp>,
    /// `Type=oneshot` without `RemainAfterExit=`: it does its work and ends.
    pub ends_by_itself: bool,
    /// `NRestarts`.
    pub restarts: u32,
    /// `ExecMainStatus` of a service.
    pub main_status: Option<i32>,
    /// `CanReload`.
    pub can_reload: bool,
    /// `RefuseManualStart`.
    pub refuse_start: bool,
    /// `RefuseManualStop`.
    pub refuse_stop: bool,
    /// `ConditionResult`: `false` after a start that a condition held back.
    pub condition: bool,
    /// Whether its conditions hold now, where one held it back and the host can say so.
    pub condition_now: Option<bool>,
    /// The condition that does not hold now: `ConditionPathExists=/etc/x`.
    pub unmet: Option<String>,
    /// The last line of its journal that says why it is in trouble, where it is; without known secrets.
    pub last_said: Option<String>,
    /// `Transient`.
    pub transient: bool,
    /// `TriggeredBy`.
    pub triggered_by: BTreeSet<UnitName>,
    /// Other relations from the live graph, by systemd's name: `RequiredBy`, `BoundBy`, `ConsistsOf`, `Triggers` …
    pub relations: BTreeMap<String, BTreeSet<UnitName>>,
}

impl ObservedUnit {
    /// A unit that its manager does not know: what a host shows where nothing is there.
    pub fn not_found(name: &UnitName) -> Self {
        Self {
            id: name.clone(),
            load: "not-found".to_owned(),
            active: ActiveState::Inactive,
            sub: "dead".to_owned(),
            result: String::new(),
            file_state: String::new(),
            fragment: None,
            source: None,
            source_missing: false,
            environment_files: BTreeSet::new(),
            drop_ins: Vec::new(),
            need_reload: false,
            invocation: String::new(),
            started_at: None,
            state_since: None,
            ends_by_itself: false,
            restarts: 0,
            main_status: None,
            can_reload: false,
            refuse_start: false,
            refuse_stop: false,
            condition: true,
            condition_now: None,
            unmet: None,
            last_said: None,
            transient: false,
            triggered_by: BTreeSet::new(),
            relations: BTreeMap::new(),
        }
    }
}

/// Who holds a host's lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LockHolder {
    /// `user@machine` of the controller.
    pub who: String,
    /// What it does: `apply`.
    pub operation: String,
    /// Since when, by the host's clock.
    pub since: Timestamp,
    /// What `abide lock break` wants to hear; empty where the lock has none.
    #[serde(default)]
    pub id: String,
    /// The plan, in its spoken form, where it is known.
    #[serde(default)]
    pub plan: String,
    /// Where the job of a CI system that it is part of can be seen.
    #[serde(default)]
    pub url: String,
}

/// Nothing is done on a host for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suspension {
    /// `user@machine` of whoever asked for it.
    pub who: String,
    /// Why.
    pub reason: String,
    /// Since when, by the host's clock.
    pub since: Timestamp,
    /// Until when, by the host's clock.
    pub until: Timestamp,
}
