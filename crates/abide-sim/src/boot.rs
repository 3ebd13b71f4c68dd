//! Service managers: when they run, what they read, what they start by themselves.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{ActiveState, Scope, UnitKind, UnitName, UnitRef, UserName};

use crate::ToolError;
use crate::definition::LoadedDefinition;
use crate::deps::DependencyGraph;
use crate::engine::{SimulatedManager, TELLS_FIRST};
use crate::host::{RunningManager, SimHost};
use crate::kind::JobKind;
use crate::place::{BOOT_TARGETS, transient_dir, unit_name};
use crate::service::KEEPS_COUNT;
use crate::transaction::Mode;

impl SimHost {
    /// Starts a manager that is down: it reads its files and starts what its targets want.
    pub(crate) fn start_manager(&mut self, scope: &Scope) {
        if self.managers.contains_key(scope) {
            return;
        }
        if scope.user().is_some_and(|user| self.broken.contains(user)) {
            return;
        }
        let now = self.advance_second();
        let user = scope.user().and_then(|name| self.users.get(name));
        let groups = user.map(|user| user.groups.iter().chain([&user.group]).cloned().collect());
        let manager = RunningManager {
            groups: groups.unwrap_or_default(),
            started_at: now,
            loaded_at: now,
            links_outdated: false,
            definitions: BTreeMap::new(),
            runtimes: BTreeMap::new(),
            garbage: Vec::new(),
            untold: Vec::new(),
        };
        self.managers.insert(scope.clone(), manager);
        self.load_all(scope);
        let wanted = self.wanted_at_boot(scope);
        let mut engine = SimulatedManager::new(self, scope);
        for unit in wanted {
            // Whatever does not start does not keep the others from it.
            let _failed = engine
                .submit_job(JobKind::Start, &unit, Mode::Replace)
                .is_err();
        }
        engine.run_all_events();
        self.collect(scope);
    }

    fn wanted_at_boot(&self, scope: &Scope) -> BTreeSet<UnitName> {
        let targets = BOOT_TARGETS.map(unit_name);
        let wanted = targets.iter().flat_map(|target| {
            let target = self.definition_of(&UnitRef::new(scope, target));
            let wanted = target
                .wanted_units()
                .into_iter()
                .chain(target.required_units());
            // A user's manager has no `multi-user.target` (systemd-facts.md#user-has-no-multi-user): what it wants is never started.
            wanted.filter(move |_| target.load == "loaded")
        });
        wanted
            .map(|unit| self.definition_of(&UnitRef::new(scope, &unit)).id)
            .collect()
    }

    /// Stops a user's manager with everything in it.
    pub(crate) fn stop_manager(&mut self, scope: &Scope) {
        if self.managers.remove(scope).is_some() {
            self.forget_transients(scope);
            self.advance_second();
            self.note(format!("manager-down {scope}"));
        }
    }

    /// `daemon-reload`: all units are read anew; what runs keeps running.
    pub fn reload_manager(&mut self, scope: &Scope) -> Result<(), ToolError> {
        if !self.managers.contains_key(scope) {
            return Err(no_manager(scope));
        }
        self.load_all(scope);
        let mut engine = SimulatedManager::new(self, scope);
        engine.look_at_all();
        engine.resume_triggers();
        engine.run_all_events();
        self.collect(scope);
        self.note(format!("daemon-reload {scope}"));
        Ok(())
    }

    /// Reads everything anew that the manager knows of, and what that names.
    fn load_all(&mut self, scope: &Scope) {
        let loaded_at = self.advance_second();
        let forgets = self.facts.systemd < KEEPS_COUNT;
        let Some(manager) = self.managers.get_mut(scope) else {
            return;
        };
        manager.loaded_at = loaded_at;
        manager.links_outdated = false;
        let known = std::mem::take(&mut manager.definitions);
        let known = known.into_values().map(|unit| unit.id);
        let known: BTreeSet<UnitName> = known
            .chain(manager.runtimes.keys().cloned())
            .chain(BOOT_TARGETS.map(unit_name))
            .collect();
        for runtime in manager.runtimes.values_mut() {
            runtime.limited = false;
            if forgets {
                runtime.counted = (0, None);
                runtime.acted = 0;
            }
        }
        self.load_with_mentioned(scope, known);
    }

    /// Reads units that the manager does not know yet, and all that they name.
    fn load_with_mentioned(&mut self, scope: &Scope, names: BTreeSet<UnitName>) {
        let read = self.read_with_mentioned(scope, names);
        let tells_first = self.facts.systemd >= TELLS_FIRST;
        if let Some(manager) = self.managers.get_mut(scope) {
            let ids = read.values().map(|unit| unit.id.clone());
            let ids: BTreeSet<UnitName> = ids.collect();
            let queue = match tells_first {
                true => &mut manager.untold,
                false => &mut manager.garbage,
            };
            queue.retain(|unit| !ids.contains(unit));
            queue.extend(ids);
            manager.definitions.extend(read);
        }
    }

    pub(crate) fn read_with_mentioned(
        &self,
        scope: &Scope,
        names: BTreeSet<UnitName>,
    ) -> BTreeMap<UnitName, LoadedDefinition> {
        let sources = self.sources(scope);
        let known = self.managers.get(scope).map(|manager| &manager.definitions);
        let mut read = BTreeMap::new();
        let mut next: Vec<UnitName> = names.into_iter().collect();
        while let Some(name) = next.pop() {
            // What was not found is looked for again.
            let stands = |name: &UnitName| {
                let known = known.and_then(|known| known.get(name));
                known.is_some_and(|known| known.load != "not-found")
            };
            if name.is_template() || read.contains_key(&name) || stands(&name) {
                continue;
            }
            let mut unit = sources.load(&name);
            let mut aliases = sources.aliases(&unit.id);
            let goes_on = |name: &UnitName| {
                let known = known.is_some_and(|known| known.contains_key(name));
                known && self.is_up(&UnitRef::new(scope, name))
            };
            let taken = |name: &UnitName| stands(name) || goes_on(name);
            if unit.id != name && taken(&unit.id) || aliases.iter().any(taken) {
                // A unit that is loaded or up takes no other name, and gives none away (`unit_merge`).
                unit = sources.own_file(&unit).as_separate_unit(&name, "error");
                aliases.clear();
            }
            let has_none = matches!(unit.load, "not-found" | "masked");
            if !has_none && self.cannot_have_slice(scope, &name) {
                unit.load = "error";
            }
            next.extend(unit.mentions.iter().cloned());
            next.extend(unit.named_in_vain.iter().cloned());
            for other in aliases.into_iter().chain([unit.id.clone(), name]) {
                read.insert(other, unit.clone());
            }
        }
        read
    }

    /// A unit whose file was gone when it was read last, and that is up, cannot be read again without a daemon-reload:
    /// its slice cannot be set (`unit_set_slice`).
    fn cannot_have_slice(&self, scope: &Scope, name: &UnitName) -> bool {
        let manager = self.managers.get(scope);
        let known = manager.and_then(|manager| manager.definitions.get(name));
        let state = manager.and_then(|manager| manager.runtimes.get(name));
        let has_slice = matches!(
            name.kind(),
            UnitKind::Service | UnitKind::Socket | UnitKind::Mount | UnitKind::Swap
        );
        known.is_some_and(|known| known.load == "not-found")
            && state.is_some_and(|state| state.active != ActiveState::Inactive)
            && has_slice
    }

    /// Forgets what nothing keeps.
    pub(crate) fn collect(&mut self, scope: &Scope) {
        if self.managers.contains_key(scope) {
            SimulatedManager::new(self, scope).run_jobs();
        }
    }

    /// Reads a unit that the manager does not know yet: a new file needs no daemon-reload to be found (systemd-facts.md#new-unit-needs-no-reload).
    pub(crate) fn load_new(&mut self, unit: &UnitRef) {
        self.load_with_mentioned(&unit.scope, BTreeSet::from([unit.unit.clone()]));
    }

    /// The dependencies of a manager's units, and those of a unit that would be read if somebody asked for it.
    pub(crate) fn graph_with(&self, unit: &UnitRef) -> DependencyGraph {
        let Some(manager) = self.managers.get(&unit.scope) else {
            return DependencyGraph::default();
        };
        let known = manager.definitions.get(&unit.unit);
        if known.is_some_and(|known| known.load != "not-found") {
            return DependencyGraph::new(&manager.definitions, self.hash_order);
        }
        let mut all = manager.definitions.clone();
        all.remove(&unit.unit);
        all.extend(self.read_with_mentioned(&unit.scope, [unit.unit.clone()].into()));
        DependencyGraph::new(&all, self.hash_order)
    }

    /// Looks again for a unit that others name and for which nothing was found. Whether there is something now.
    pub(crate) fn look_again(&mut self, unit: &UnitRef) -> bool {
        let load = |host: &Self| {
            let manager = host.managers.get(&unit.scope)?;
            Some(manager.definitions.get(&unit.unit)?.load)
        };
        let missing = load(self).is_none_or(|load| load == "not-found");
        if missing {
            self.load_new(unit);
        }
        missing && load(self) != Some("not-found")
    }

    /// Starts the host anew: what is enabled starts, what was started by hand does not.
    pub fn reboot(&mut self) {
        self.sessions.clear();
        for scope in std::mem::take(&mut self.managers).into_keys() {
            self.forget_transients(&scope);
        }
        self.facts.now.0 += 60_000_000;
        self.facts.booted_at = self.facts.now;
        self.serial += 1;
        self.facts.boot_id = format!("boot-{}", self.serial);
        self.note("reboot");
        self.start_manager(&Scope::System);
        let lingering = self
            .users
            .keys()
            .filter(|user| self.lingering.contains(user.as_str()));
        for user in lingering.cloned().collect::<Vec<_>>() {
            self.start_manager(&Scope::User(user));
        }
    }

    /// Transient units stand in `/run`, and do not outlive their manager.
    fn forget_transients(&mut self, scope: &Scope) {
        let dir = transient_dir(scope, &self.home(scope));
        let paths: Vec<_> = self
            .disk
            .directory_entries(&dir)
            .map(|(path, _)| path.clone())
            .collect();
        for path in paths {
            self.disk.remove(&path);
        }
    }

    /// `user@UID.service`: failed where it should run and cannot.
    pub(crate) fn manager_state(&self, user: &UserName) -> ActiveState {
        let should = self.lingering.contains(user.as_str()) || self.session_count(user) > 0;
        if self.managers.contains_key(&Scope::User(user.clone())) {
            ActiveState::Active
        } else if should && self.broken.contains(user) {
            ActiveState::Failed
        } else {
            ActiveState::Inactive
        }
    }

    pub(crate) fn session_count(&self, user: &UserName) -> u32 {
        self.sessions.get(user).copied().unwrap_or(0)
    }
}

pub(crate) fn no_manager(scope: &Scope) -> ToolError {
    match scope {
        Scope::System => "the system manager does not run".into(),
        Scope::User(user) => format!("the service manager of {user} does not run").into(),
    }
}
