//! The host itself: what it has, how a test makes one, and how a test looks into it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use abide_model::{
    ActiveState, Digest, HostFacts, HostPath, Ledger, Link, LockHolder, ManifestName, Podman,
    PodmanVersion, RootRoute, Scope, Timestamp, UnitName, UnitRef, UserName,
};
use abide_unit::Effective;

use crate::definition::{LoadedDefinition, ManagerSources};
use crate::disk::SimulatedDisk;
use crate::order::NameOrder;
use crate::place::path;

/// A simulated host. Two hosts are equal where everything on them is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimHost {
    /// The host's facts; a test may change them.
    pub facts: HostFacts,
    /// Another run that holds the lock.
    pub lock: Option<LockHolder>,
    /// `DefaultStartLimitIntervalSec=`: five starts of a unit within it, and the sixth fails.
    pub start_limit_interval: Duration,
    /// In what order systemd happens to go through its hash tables.
    pub hash_order: NameOrder,
    /// Units were found that never come to rest: from then on nothing that it says of their manager counts.
    pub restless: bool,
    pub(crate) serial: u64,
    pub(crate) disk: SimulatedDisk,
    pub(crate) users: BTreeMap<UserName, SimUser>,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) lingering: BTreeSet<String>,
    pub(crate) sessions: BTreeMap<UserName, u32>,
    /// Names of processes that belong to no unit of a user's manager.
    pub(crate) strays: BTreeMap<UserName, Vec<String>>,
    pub(crate) managers: BTreeMap<Scope, RunningManager>,
    pub(crate) broken: BTreeSet<UserName>,
    pub(crate) failing: BTreeSet<UnitRef>,
    pub(crate) ledgers: BTreeMap<ManifestName, Ledger>,
    /// When each ledger was completed last.
    pub(crate) applied: BTreeMap<ManifestName, Timestamp>,
    pub(crate) log: Vec<String>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of passwd(5)")]
pub struct SimUser {
    pub uid: u32,
    pub group: String,
    pub groups: BTreeSet<String>,
    pub home: HostPath,
    pub home_exists: bool,
    pub shell: String,
    pub comment: String,
}

/// A service manager that is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunningManager {
    pub(crate) started_at: Timestamp,
    pub(crate) loaded_at: Timestamp,
    /// Those of its user when it started: its units have them.
    pub(crate) groups: BTreeSet<String>,
    /// Links were made or removed by its own means since then: systemd 257 tells so for every unit.
    pub(crate) links_outdated: bool,
    pub(crate) definitions: BTreeMap<UnitName, LoadedDefinition>,
    pub(crate) runtimes: BTreeMap<UnitName, Runtime>,
    /// Units to look at: nothing may keep them any more. The one that came last is looked at first.
    pub(crate) garbage: Vec<UnitName>,
    /// Units that changed, which clients were not told yet.
    pub(crate) untold: Vec<UnitName>,
}

/// What a unit does, or did last.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "systemd has them too, each for itself"
)]
pub struct Runtime {
    /// Its state.
    pub active: ActiveState,
    /// Its substate.
    pub sub: &'static str,
    /// How its last run ended.
    pub result: &'static str,
    /// Names its last run; empty where it was tried to start and never did.
    pub invocation: String,
    /// When that began.
    pub started_at: Option<Timestamp>,
    /// Restarts by the manager itself.
    pub restarts: u32,
    /// Whether its conditions held at the last start.
    pub condition: bool,
    /// It was started too often and starts again only after `reset-failed` (systemd-facts.md#start-limit).
    pub limited: bool,
    /// What it was started with.
    pub config: Effective,
    /// Files that it read at its start, each with what it held.
    pub read: BTreeMap<HostPath, Option<Digest>>,
    /// How often it was started since its manager has known it.
    pub starts: u32,
    /// How often this run was reloaded.
    pub reloads: u32,
    /// When it last left the states `inactive` and `failed`.
    pub(crate) began_at: Option<Timestamp>,
    /// When it last entered them.
    pub(crate) ended_at: Option<Timestamp>,
    /// Starts that count against the limit, and since when.
    pub(crate) counted: (u32, Option<Timestamp>),
    /// What systemd did to it on its own account.
    pub(crate) acted: u32,
    /// It was stopped by hand: it does not come back by itself.
    pub(crate) forbids_restart: bool,
    /// Its last run was not followed by an automatic restart: the next start counts these anew (before 254).
    pub(crate) ends_count: bool,
    /// When it, a timer, last fired.
    pub(crate) triggered_at: Option<Timestamp>,
    /// What it, a timer, waits for no more, for it comes only once.
    pub(crate) elapsed: BTreeSet<&'static str>,
    /// How often it, a path, fired, and since when.
    pub(crate) fired: (u32, Option<Timestamp>),
}

impl Runtime {
    /// A unit that was never started.
    pub(crate) fn new(config: Effective) -> Self {
        Self {
            active: ActiveState::Inactive,
            sub: "dead",
            result: "success",
            invocation: String::new(),
            started_at: None,
            restarts: 0,
            condition: true,
            limited: false,
            config,
            read: BTreeMap::new(),
            starts: 0,
            reloads: 0,
            began_at: None,
            ended_at: None,
            counted: (0, None),
            acted: 0,
            forbids_restart: false,
            ends_count: false,
            triggered_at: None,
            elapsed: BTreeSet::new(),
            fired: (0, None),
        }
    }
}

/// 2026-01-01 in seconds.
const FIRST_BOOT: u64 = 1_767_225_600;

impl SimHost {
    /// A host with systemd 257, reached as root, on which nobody has done anything yet.
    pub fn new() -> Self {
        let booted_at = Timestamp::from_secs(FIRST_BOOT);
        let login = UserName::parse("root").expect("root is a user name");
        let root = SimUser {
            uid: 0,
            group: "root".to_owned(),
            groups: BTreeSet::new(),
            home: path("/root"),
            home_exists: true,
            shell: "/bin/bash".to_owned(),
            comment: "root".to_owned(),
        };
        let facts = HostFacts {
            hostname: "h1".to_owned(),
            os: "Debian GNU/Linux 13 (trixie)".to_owned(),
            machine_id: "0123456789abcdef0123456789abcdef".to_owned(),
            systemd: 257,
            boot_id: "boot-1".to_owned(),
            booted_at,
            now: booted_at,
            login: login.clone(),
            login_uid: 0,
            root: RootRoute::Root,
            run_as: "setpriv".to_owned(),
            system_state: "running".to_owned(),
            may_linger_itself: None,
            user_managers: true,
            podman: Some(Podman {
                generator: true,
                version: Some(PodmanVersion::new(5, 8)),
            }),
        };
        let mut host = Self {
            facts,
            lock: None,
            start_limit_interval: Duration::from_secs(10),
            hash_order: NameOrder::default(),
            restless: false,
            serial: 0,
            disk: SimulatedDisk::default(),
            users: BTreeMap::from([(login, root)]),
            groups: ["root", "sudo", "docker", "app"].map(str::to_owned).into(),
            lingering: BTreeSet::new(),
            sessions: BTreeMap::new(),
            strays: BTreeMap::new(),
            managers: BTreeMap::new(),
            broken: BTreeSet::new(),
            failing: BTreeSet::new(),
            ledgers: BTreeMap::new(),
            applied: BTreeMap::new(),
            log: Vec::new(),
        };
        host.start_manager(&Scope::System);
        host
    }

    /// The next moment: a second later.
    pub(crate) fn advance_second(&mut self) -> Timestamp {
        self.facts.now.0 += 1_000_000;
        self.facts.now
    }

    /// The next moment within what a manager does by itself: a millisecond later.
    pub(crate) fn advance_millisecond(&mut self) -> Timestamp {
        self.facts.now.0 += 1_000;
        self.facts.now
    }

    /// What a unit does, or did last; `None` where it never started in this life of its manager.
    pub fn runtime_of(&self, unit: &UnitRef) -> Option<&Runtime> {
        let manager = self.managers.get(&unit.scope)?;
        let loaded = manager.definitions.get(&unit.unit);
        let id = loaded.map_or(&unit.unit, |definition| &definition.id);
        manager.runtimes.get(id)
    }

    /// Whether a unit runs.
    pub fn is_up(&self, unit: &UnitRef) -> bool {
        self.runtime_of(unit)
            .is_some_and(|runtime| runtime.active.is_up())
    }

    /// Whether a running unit was started with just what is on disk now, the files included that it reads at its start. It
    /// is the judge of plans: it sees both sides at once, as no plan can.
    pub fn runs_what_is_on_disk(&self, unit: &UnitRef) -> bool {
        self.runs_what_is_on_disk_of(unit, |_| true)
    }

    /// The same, but of the files that it reads at its start only these count.
    pub fn runs_what_is_on_disk_of(
        &self,
        unit: &UnitRef,
        counts: impl Fn(&HostPath) -> bool,
    ) -> bool {
        let now = self.sources(&unit.scope).load(&unit.unit);
        self.runtime_of(unit).is_some_and(|runtime| {
            let on_disk = self.read_at_start(&unit.scope, &now.effective);
            let of = |files: &BTreeMap<HostPath, _>| {
                let counted = files.iter().filter(|(path, _)| counts(path));
                counted
                    .map(|(path, digest)| (path.clone(), *digest))
                    .collect::<BTreeMap<_, Option<Digest>>>()
            };
            runtime.active.is_up()
                && runtime.config.restart_digest() == now.effective.restart_digest()
                && of(&runtime.read) == of(&on_disk)
        })
    }

    /// Whether what the manager has loaded of a unit is what is on disk.
    pub fn has_loaded_what_is_on_disk(&self, unit: &UnitRef) -> bool {
        let loaded = self.managers.get(&unit.scope);
        let loaded = loaded.and_then(|manager| manager.definitions.get(&unit.unit));
        loaded.is_none_or(|loaded| *loaded == self.sources(&unit.scope).load(&unit.unit))
    }

    /// A unit as its manager has it, or would have it if it was asked now.
    pub fn definition_of(&self, unit: &UnitRef) -> LoadedDefinition {
        let manager = self.managers.get(&unit.scope);
        let loaded = manager.and_then(|manager| manager.definitions.get(&unit.unit));
        loaded.map_or_else(|| self.would_load(unit), LoadedDefinition::clone)
    }

    /// A unit as `systemctl show` has it: one that was not found is looked for again.
    pub(crate) fn shown_definition(&self, unit: &UnitRef) -> LoadedDefinition {
        match self.definition_of(unit) {
            missing if missing.load == "not-found" => self.would_load(unit),
            known => known,
        }
    }

    fn would_load(&self, unit: &UnitRef) -> LoadedDefinition {
        let names = BTreeSet::from([unit.unit.clone()]);
        let mut read = self.read_with_mentioned(&unit.scope, names);
        let found = read.remove(&unit.unit);
        found.unwrap_or_else(|| self.sources(&unit.scope).load(&unit.unit))
    }

    /// Everything that happened to units, users and lingering, one line each: `start user:deploy/web.service`.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// Forgets what happened so far.
    pub fn clear_log(&mut self) {
        self.log.clear();
    }

    /// The text of a file.
    pub fn text(&self, path: &HostPath) -> Option<&str> {
        self.disk.text(path)
    }

    /// Permission bits and owner of a file.
    pub fn mode_and_owner(&self, path: &HostPath) -> Option<(u32, &str)> {
        self.disk
            .get(path)
            .map(|node| (node.mode, node.owner.as_str()))
    }

    /// Symbolic links below the configuration directory of a scope, relative to it.
    pub fn links(&self, scope: &Scope) -> BTreeSet<String> {
        let links = self.config_links(scope).into_iter();
        links.map(|link| link.path).collect()
    }

    /// The same links, each with what it points to.
    pub fn link_targets(&self, scope: &Scope) -> BTreeSet<Link> {
        self.config_links(scope)
    }

    /// When a unit last left the states `inactive` and `failed`, as far as its manager remembers.
    pub fn began_at(&self, unit: &UnitRef) -> Option<Timestamp> {
        self.runtime_of(unit)?.began_at
    }

    /// An account.
    pub fn user(&self, name: &UserName) -> Option<&SimUser> {
        self.users.get(name)
    }

    /// Whether lingering is recorded.
    pub fn is_lingering(&self, name: &str) -> bool {
        self.lingering.contains(name)
    }

    /// Whether a manager is up.
    pub fn manager_is_up(&self, scope: &Scope) -> bool {
        self.managers.contains_key(scope)
    }

    /// What the ledger of a manifest says.
    pub fn ledger(&self, manifest: &ManifestName) -> Option<&Ledger> {
        self.ledgers.get(manifest)
    }

    /// The home of a scope's user; `/root` for the system.
    pub(crate) fn home(&self, scope: &Scope) -> HostPath {
        let user = scope.user().and_then(|user| self.users.get(user));
        match (user, scope) {
            (Some(user), _) => user.home.clone(),
            (None, Scope::System) => path("/root"),
            (None, Scope::User(name)) => path(&format!("/home/{name}")),
        }
    }

    pub(crate) fn sources<'a>(&'a self, scope: &'a Scope) -> ManagerSources<'a> {
        ManagerSources {
            disk: &self.disk,
            scope,
            home: self.home(scope),
            systemd: self.facts.systemd,
        }
    }

    pub(crate) fn note(&mut self, what: impl Into<String>) {
        self.log.push(what.into());
    }
}

impl Default for SimHost {
    fn default() -> Self {
        Self::new()
    }
}
