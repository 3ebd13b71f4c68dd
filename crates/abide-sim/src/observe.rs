//! What a probe would answer: everything that was asked for, and nothing that a host would not show.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Body, Desired, DesiredUnit, Digest, FileKind, HostPath, HostPathOrHome, LastLoad, Ledger,
    Manager, Observation, Observed, ObservedFile, ObservedInstall, ObservedLinger, ObservedProcess,
    ObservedScope, ObservedUnit, ObservedUser, Presence, Scope, UnitName, UnitRef, UnknownReason,
    UserName, Wanted,
};

use crate::aged::forget_unsupported;
use crate::definition::LoadedDefinition;
use crate::deps::{Dep, DependencyGraph};
use crate::disk::{DiskNode, NodeKind};
use crate::engine::can_reload;
use crate::host::{Runtime, SimHost};
use crate::install::owner;
use crate::place::{config_dir, path_below, quadlet_dir, search_path, transient_dir};

/// Files that are asked for, each with the digest that is wanted and whether its content may come back.
type RequestedFiles = BTreeMap<HostPath, (Option<Digest>, bool)>;

impl SimHost {
    /// Answers everything that a plan for this host needs. Looking changes nothing.
    pub fn observe(&self, desired: &Desired) -> Observed {
        self.observe_with(desired, &BTreeSet::new())
    }

    /// The same, and what became of these units.
    pub fn observe_with(&self, desired: &Desired, also: &BTreeSet<UnitRef>) -> Observed {
        let ledger = self.ledgers.get(&desired.manifest);
        let mut scopes = BTreeSet::from([Scope::System]);
        scopes.extend(desired.users.keys().cloned().map(Scope::User));
        if let Some(ledger) = ledger {
            scopes.extend(ledger.units.keys().map(|unit| unit.scope.clone()));
            scopes.extend(ledger.files.values().map(|file| file.scope.clone()));
            scopes.extend(ledger.users.iter().cloned().map(Scope::User));
            scopes.extend(ledger.lingers.iter().cloned().map(Scope::User));
        }
        let others = self
            .ledgers
            .iter()
            .filter(|(name, _)| **name != desired.manifest);
        let mut observed = Observed {
            facts: self.facts.clone(),
            users: self.observed_users(&scopes, desired),
            lingering: Observation::Known(self.lingering.clone()),
            scopes: scopes
                .into_iter()
                .map(|scope| {
                    let seen = self.observed_scope(&scope, desired, ledger, also);
                    (scope, seen)
                })
                .collect(),
            ledger: ledger
                .cloned()
                .map_or(Observation::Absent, Observation::Known),
            ledger_findings: Vec::new(),
            unread_ledgers: BTreeMap::new(),
            inputs: BTreeMap::new(),
            other_ledgers: others
                .map(|(name, ledger)| (name.clone(), ledger.clone()))
                .collect(),
            lock: self.lock.clone(),
            stale_lock: None,
            suspended: None,
            applied_at: self.applied.get(&desired.manifest).copied(),
        };
        forget_unsupported(&mut observed);
        observed
    }

    fn observed_users(
        &self,
        scopes: &BTreeSet<Scope>,
        desired: &Desired,
    ) -> BTreeMap<UserName, Observation<ObservedUser>> {
        let asked = scopes.iter().filter_map(Scope::user).cloned();
        let lingering = self
            .lingering
            .iter()
            .filter_map(|name| UserName::parse(name).ok());
        asked
            .chain(lingering)
            .map(|name| {
                let seen = match self.users.get(&name) {
                    None => Observation::Absent,
                    Some(user) => Observation::Known(ObservedUser {
                        uid: user.uid,
                        group: user.group.clone(),
                        groups: user.groups.clone(),
                        home: user.home.clone(),
                        home_exists: user.home_exists,
                        home_mounted: false,
                        shell: user.shell.clone(),
                        comment: user.comment.clone(),
                        linger: ObservedLinger {
                            recorded: self.lingering.contains(name.as_str()),
                            manager: self.manager_state(&name),
                            masked: None,
                            sessions: self.session_count(&name),
                            manager_groups: self
                                .managers
                                .get(&Scope::User(name.clone()))
                                .map(|manager| manager.groups.clone()),
                        },
                        processes: self.processes_of(&name, desired),
                    }),
                };
                (name, seen)
            })
            .collect()
    }

    /// What runs as a user that should go: its manager, its units, and what belongs to none.
    fn processes_of(&self, name: &UserName, desired: &Desired) -> Vec<ObservedProcess> {
        let declared = desired.users.get(name);
        if declared.is_none_or(|user| user.state == Presence::Present) {
            return Vec::new();
        }
        let uid = self.users.get(name).map_or(0, |user| user.uid);
        let own = format!("/user.slice/user-{uid}.slice/user@{uid}.service");
        let manager = self.managers.get(&Scope::User(name.clone()));
        let units = manager.into_iter().flat_map(|manager| &manager.runtimes);
        let units = units
            .filter(|(_, runtime)| runtime.active.is_up() && runtime.sub == "running")
            .map(|(unit, _)| (format!("{own}/app.slice/{unit}"), "unit".to_owned()));
        let strays = self.strays.get(name).into_iter().flatten();
        let strays = strays.map(|name| ("/system.slice/cron.service".to_owned(), name.clone()));
        let init = manager.map(|_| (format!("{own}/init.scope"), "systemd".to_owned()));
        (100..)
            .zip(init.into_iter().chain(units).chain(strays))
            .map(|(pid, (cgroup, command))| ObservedProcess {
                pid,
                cgroup,
                command,
            })
            .collect()
    }

    fn observed_scope(
        &self,
        scope: &Scope,
        desired: &Desired,
        ledger: Option<&Ledger>,
        also: &BTreeSet<UnitRef>,
    ) -> Observation<ObservedScope> {
        if let Scope::User(name) = scope {
            if !self.users.contains_key(name) {
                return Observation::Absent;
            }
            if !self.facts.root.is_root() && *name != self.facts.login {
                return Observation::Unknown(UnknownReason::from_text(format!(
                    "looking at {name}'s units needs root"
                )));
            }
        }
        let declared = declared(scope, desired);
        let names = asked_units(scope, &declared, ledger);
        let files = self.asked_files(scope, desired, &declared, ledger);
        let units = names.into_iter().filter(|name| !name.is_template());
        let units: BTreeMap<UnitName, ObservedUnit> = units
            .map(|name| {
                let seen = self.observed_unit(&UnitRef::new(scope, &name));
                (name, seen)
            })
            .collect();
        Observation::Known(ObservedScope {
            manager: self.observed_manager(scope),
            config_dir: config_dir(scope, &self.home(scope)),
            beside: self.observed_beside(scope, &units, also),
            units,
            files: files
                .into_iter()
                .map(|(path, (digest, may_show))| {
                    let seen = self.observed_file(&path, digest, may_show);
                    (path, seen)
                })
                .collect(),
            links: self.config_links(scope),
            links_elsewhere: BTreeSet::new(),
            pulling: BTreeMap::new(),
            installs: self.observed_installs(scope, &declared),
            rehearsal: Observation::Absent,
        })
    }

    /// What the files of units say that are not ours, should be enabled and are not.
    fn observed_installs(
        &self,
        scope: &Scope,
        declared: &BTreeMap<&UnitName, &DesiredUnit>,
    ) -> BTreeMap<UnitName, ObservedInstall> {
        let of_others = declared
            .iter()
            .filter(|(_, unit)| unit.enabled == Wanted::Yes && !unit.is_ours());
        let install = |name: &UnitName| {
            let seen = self.observed_unit(&UnitRef::new(scope, name));
            let asked = ["disabled", "linked", "indirect"].contains(&seen.file_state.as_str());
            let definition = self.sources(scope).load(&seen.id);
            let file = definition.fragment.clone().filter(|_| asked)?;
            let keys = [
                "Alias",
                "WantedBy",
                "RequiredBy",
                "UpheldBy",
                "Also",
                "DefaultInstance",
            ];
            let lines = keys.iter().flat_map(|key| {
                let values = definition.effective.all_values("Install", key).into_iter();
                values.map(move |value| format!("{key}={value}\n"))
            });
            let text = std::iter::once("[Install]\n".to_owned())
                .chain(lines)
                .collect();
            Some((seen.id, ObservedInstall { file, text }))
        };
        of_others
            .filter_map(|(name, unit)| install(&unit.loaded_as(name)))
            .collect()
    }

    /// Units that go along with asked ones, and what goes along with those: a few steps far.
    fn observed_beside(
        &self,
        scope: &Scope,
        asked: &BTreeMap<UnitName, ObservedUnit>,
        also: &BTreeSet<UnitRef>,
    ) -> BTreeMap<UnitName, ObservedUnit> {
        let mut beside = BTreeMap::new();
        if !self.managers.contains_key(scope) {
            return beside;
        }
        let mut known: BTreeSet<UnitName> = asked.values().map(|unit| unit.id.clone()).collect();
        let also = also.iter().filter(|unit| unit.scope == *scope);
        let mut next: BTreeSet<UnitName> = also.map(|unit| unit.unit.clone()).collect();
        next.extend(asked.values().flat_map(goes_along));
        for _round in 0..4 {
            next.retain(|name| !known.contains(name));
            let shown: Vec<ObservedUnit> = std::mem::take(&mut next)
                .into_iter()
                .map(|name| self.observed_unit(&UnitRef::new(scope, &name)))
                .collect();
            known.extend(shown.iter().map(|unit| unit.id.clone()));
            next.extend(shown.iter().flat_map(goes_along));
            beside.extend(shown.into_iter().map(|unit| (unit.id.clone(), unit)));
        }
        beside
    }

    fn observed_manager(&self, scope: &Scope) -> Manager {
        match (self.managers.get(scope), scope) {
            (Some(manager), _) => Manager::Up {
                last_load: LastLoad::At(manager.loaded_at),
            },
            (None, Scope::User(user))
                if self.manager_state(user) == abide_model::ActiveState::Failed =>
            {
                Manager::Broken(format!("the service manager of {user} failed"))
            }
            (None, _) => Manager::Down,
        }
    }

    /// What a manager has in its memory: each unit by its own name.
    pub fn in_memory(&self, scope: &Scope) -> BTreeMap<UnitName, ObservedUnit> {
        let Some(manager) = self.managers.get(scope) else {
            return BTreeMap::new();
        };
        let graph = DependencyGraph::new(&manager.definitions, self.hash_order);
        let known = manager.definitions.iter();
        known
            .filter(|(name, unit)| **name == unit.id)
            .map(|(name, unit)| {
                let seen = self.seen_as(&UnitRef::new(scope, name), unit, &graph);
                (name.clone(), seen)
            })
            .collect()
    }

    fn observed_unit(&self, unit: &UnitRef) -> ObservedUnit {
        match self.managers.contains_key(&unit.scope) {
            true => self.seen_as(unit, &self.shown_definition(unit), &self.graph_with(unit)),
            false => ObservedUnit::not_found(&unit.unit),
        }
    }

    fn seen_as(
        &self,
        unit: &UnitRef,
        definition: &LoadedDefinition,
        graph: &DependencyGraph,
    ) -> ObservedUnit {
        let mut seen = ObservedUnit::not_found(&unit.unit);
        definition.load.clone_into(&mut seen.load);
        seen.id = definition.id.clone();
        seen.fragment.clone_from(&definition.fragment);
        seen.source.clone_from(&definition.source);
        seen.drop_ins.clone_from(&definition.drop_ins);
        let home = self.home(&unit.scope);
        let read = definition.effective.environment_files().into_iter();
        seen.environment_files = read
            .map(|file| file.path.replace("%h", home.as_str()))
            .collect();
        let outdated = self.managers.get(&unit.scope);
        let outdated = outdated.is_some_and(|manager| manager.links_outdated);
        let sources = self.sources(&unit.scope);
        seen.need_reload = outdated || definition.needs_reload(&sources, self.facts.systemd);
        let transients = transient_dir(&unit.scope, &self.home(&unit.scope));
        let fragment = definition.fragment.as_ref();
        seen.transient = fragment.is_some_and(|path| path.parent_directory() == transients);
        seen.file_state = self.file_state(&unit.scope, definition);
        let flag = |key| definition.effective.boolean_value("Unit", key) == Some(true);
        seen.refuse_start = flag("RefuseManualStart");
        seen.refuse_stop = flag("RefuseManualStop");
        seen.can_reload = can_reload(definition, graph);
        let triggers = graph.units_naming(&definition.id, &[Dep::Triggers]);
        seen.triggered_by = triggers.into_iter().collect();
        seen.relations = relations_by_name(graph, &definition.id);
        if let Some(runtime) = self.runtime_of(unit) {
            show_runtime(&mut seen, runtime);
        }
        seen
    }

    /// As `is-enabled` says it, for what is simple.
    fn file_state(&self, scope: &Scope, definition: &LoadedDefinition) -> String {
        let names_it = |link: &abide_model::Link| {
            let ends = |path: &str| path.rsplit('/').next() == Some(definition.id.as_str());
            ends(&link.path) || ends(&link.target)
        };
        let enabled = self.config_links(scope).iter().any(names_it);
        match definition.load {
            "masked" => "masked",
            "not-found" => "",
            _ if definition.source.is_some() => "generated",
            _ if enabled => "enabled",
            _ if definition.effective.has_install() => "disabled",
            _ if !definition
                .effective
                .all_values("Install", "Also")
                .is_empty() =>
            {
                "indirect"
            }
            _ => "static",
        }
        .to_owned()
    }

    fn observed_file(
        &self,
        path: &HostPath,
        wanted: Option<Digest>,
        may_show: bool,
    ) -> Observation<ObservedFile> {
        let Some(node) = self.disk.get(path) else {
            return Observation::Absent;
        };
        let DiskNode {
            kind,
            owner,
            mode,
            changed_at,
            modified_at,
        } = node;
        let bytes = node.file();
        let digest = bytes.map(abide_model::Bytes::digest);
        let differs = may_show && digest != wanted;
        Observation::Known(ObservedFile {
            kind: match kind {
                NodeKind::File(_) => FileKind::Regular,
                NodeKind::Link(target) => FileKind::Symlink(target.clone()),
            },
            digest,
            size: bytes.map_or(0, |bytes| bytes.as_slice().len() as u64),
            mode: *mode,
            owner: owner.clone(),
            changed_at: *changed_at,
            written_at: *modified_at,
            content: bytes.filter(|_| differs).cloned(),
        })
    }

    /// Unit files, drop-ins (everybody's), plain files, triggers, and what the ledger lists.
    fn asked_files(
        &self,
        scope: &Scope,
        desired: &Desired,
        declared: &BTreeMap<&UnitName, &DesiredUnit>,
        ledger: Option<&Ledger>,
    ) -> RequestedFiles {
        let home = self.home(scope);
        let (config, quadlets) = (config_dir(scope, &home), quadlet_dir(scope, &home));
        let mut asked = RequestedFiles::new();
        let owned = ledger.into_iter().flat_map(|ledger| &ledger.files);
        let owned = owned.filter(|(_, file)| owner(&file.scope) == owner(scope));
        asked.extend(owned.map(|(path, _)| (path.clone(), (None, true))));
        for unit in asked_units(scope, declared, ledger)
            .iter()
            .chain(declared.keys().copied())
        {
            let dir = if unit.kind().is_quadlet() {
                &quadlets
            } else {
                &config
            };
            let drop_ins = path_below(dir, &format!("{unit}.d"));
            let beside = self.disk.directory_entries(&drop_ins);
            asked.extend(beside.map(|(path, _)| (path.clone(), (None, true))));
            asked
                .entry(path_below(dir, unit.as_str()))
                .or_insert((None, true));
            for path in self.foreign_paths(scope, unit) {
                asked.entry(path).or_insert((None, false));
            }
        }
        for (name, unit) in declared {
            let dir = if name.kind().is_quadlet() {
                &quadlets
            } else {
                &config
            };
            if let Some(body) = &unit.file {
                asked.insert(path_below(dir, name.as_str()), expected_content(body));
            }
            for (drop_in, body) in &unit.drop_ins {
                asked.insert(
                    path_below(dir, &format!("{name}.d/{drop_in}")),
                    expected_content(body),
                );
            }
            for path in unit.restart_on.iter().chain(&unit.reload_on) {
                let path = match path {
                    HostPathOrHome::Absolute(path) => path.clone(),
                    HostPathOrHome::Home(relative) => home.join(relative),
                };
                asked.entry(path).or_insert((None, false));
            }
        }
        let user = scope.user().and_then(|user| desired.users.get(user));
        for (relative, file) in user.into_iter().flat_map(|user| &user.files) {
            asked.insert(home.join(relative), expected_content(&file.body));
        }
        asked
    }
}

impl SimHost {
    /// What stands elsewhere, apart from packages, and changes a unit: drop-ins, and unit files in places that come before its
    /// own.
    fn foreign_paths(&self, scope: &Scope, unit: &UnitName) -> Vec<HostPath> {
        let home = self.home(scope);
        let own = config_dir(scope, &home);
        let places = search_path(scope, &home);
        let before = places.iter().take_while(|place| **place != own);
        let files = before.map(|place| path_below(place, unit.as_str()));
        let mut paths: Vec<HostPath> = files.filter(|path| self.disk.get(path).is_some()).collect();
        let elsewhere = places
            .iter()
            .filter(|place| **place != own && !place.as_str().starts_with("/usr/"));
        for place in elsewhere {
            let drop_ins = path_below(place, &format!("{unit}.d"));
            let there = self.disk.directory_entries(&drop_ins);
            paths.extend(there.map(|(path, _)| path.clone()));
        }
        paths
    }
}

/// systemd's names of what others are to a unit.
fn relations_by_name(
    graph: &DependencyGraph,
    unit: &UnitName,
) -> BTreeMap<String, BTreeSet<UnitName>> {
    let to = |dep| graph.units_naming(unit, &[dep]);
    let of = |dep| graph.units_named_by(unit, &[dep]);
    let all = [
        ("RequiredBy", to(Dep::Requires)),
        ("WantedBy", to(Dep::Wants)),
        ("RequisiteOf", to(Dep::Requisite)),
        ("BoundBy", to(Dep::BindsTo)),
        ("ConsistsOf", to(Dep::PartOf)),
        ("UpheldBy", to(Dep::Upholds)),
        ("TriggeredBy", to(Dep::Triggers)),
        ("Triggers", of(Dep::Triggers)),
        ("Requires", of(Dep::Requires)),
        ("BindsTo", of(Dep::BindsTo)),
        ("Wants", of(Dep::Wants)),
        ("Upholds", of(Dep::Upholds)),
        ("Conflicts", of(Dep::Conflicts)),
        ("ConflictedBy", to(Dep::Conflicts)),
        ("PropagatesStopTo", of(Dep::PropagatesStopTo)),
        ("PropagatesReloadTo", of(Dep::PropagatesReloadTo)),
    ];
    all.into_iter()
        .filter(|(_, units)| !units.is_empty())
        .map(|(name, units)| (name.to_owned(), units.into_iter().collect()))
        .collect()
}

/// What a stop, restart or reload of this unit reaches while it is up, and what its start pulls in or stops.
fn goes_along(unit: &ObservedUnit) -> BTreeSet<UnitName> {
    let reached = [
        "RequiredBy",
        "RequisiteOf",
        "BoundBy",
        "ConsistsOf",
        "UpheldBy",
        "PropagatesStopTo",
        "PropagatesReloadTo",
        "Triggers",
        "TriggeredBy",
    ];
    let pulled = [
        "Requires",
        "BindsTo",
        "Wants",
        "Upholds",
        "Conflicts",
        "ConflictedBy",
    ];
    let named = |keys: &[&str]| -> Vec<UnitName> {
        let named = keys.iter().filter_map(|key| unit.relations.get(*key));
        named.flatten().cloned().collect()
    };
    let interrupts = |name: &UnitName| {
        use abide_model::UnitKind::{Path, Service, Socket, Timer};
        matches!(name.kind(), Service | Socket | Timer | Path)
    };
    let mut all: BTreeSet<UnitName> = named(&pulled).into_iter().filter(interrupts).collect();
    if unit.active.is_up() {
        all.extend(named(&reached));
    }
    all
}

fn expected_content(body: &Body) -> (Option<Digest>, bool) {
    (
        body.bytes().map(abide_model::Bytes::digest),
        !body.is_secret(),
    )
}

fn declared<'a>(scope: &Scope, desired: &'a Desired) -> BTreeMap<&'a UnitName, &'a DesiredUnit> {
    match scope {
        Scope::System => desired.units.iter().collect(),
        Scope::User(user) => {
            let user = desired.users.get(user).into_iter();
            user.flat_map(|user| &user.units).collect()
        }
    }
}

/// Declared units, what quadlets generate, and the ledger's. Quadlets themselves are no units of systemd's.
fn asked_units(
    scope: &Scope,
    declared: &BTreeMap<&UnitName, &DesiredUnit>,
    ledger: Option<&Ledger>,
) -> BTreeSet<UnitName> {
    let owned = ledger.into_iter().flat_map(|ledger| ledger.units.keys());
    let owned = owned
        .filter(|unit| unit.scope == *scope)
        .map(|unit| &unit.unit);
    let declared = declared.iter().map(|(name, unit)| unit.loaded_as(name));
    declared.chain(owned.cloned()).collect()
}

fn show_runtime(seen: &mut ObservedUnit, runtime: &Runtime) {
    seen.active = runtime.active;
    runtime.sub.clone_into(&mut seen.sub);
    runtime.result.clone_into(&mut seen.result);
    seen.invocation.clone_from(&runtime.invocation);
    seen.started_at = runtime.started_at;
    seen.restarts = runtime.restarts;
    seen.condition = runtime.condition;
    seen.main_status = Some(i32::from(runtime.result == "exit-code"));
}
