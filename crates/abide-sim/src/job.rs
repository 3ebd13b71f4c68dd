//! What `systemctl start`, `stop`, `restart`, `reload` and `reset-failed` do to units (V8, V9, systemd.unit(5)).

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{ActiveState, Digest, HostPath, Scope, UnitKind, UnitName, UnitRef};
use abide_unit::{Effective, specifier};

use crate::boot::no_manager;
use crate::definition::Definition;
use crate::host::{Runtime, SimHost};

/// What came of a job; the reason is systemctl's, in short.
pub(crate) type Job = Result<(), String>;

impl SimHost {
    /// `systemctl start`. A unit that runs is left alone, but what it wants is started.
    pub fn start(&mut self, unit: &UnitRef) -> Result<(), String> {
        self.manually(unit, "RefuseManualStart")?;
        let job = self.job_start(unit, &mut BTreeSet::new());
        self.collect(&unit.scope);
        job
    }

    /// `systemctl stop`, with what requires the unit.
    pub fn stop(&mut self, unit: &UnitRef) -> Result<(), String> {
        let definition = self.loaded(unit)?;
        if definition.load == "not-found" && self.runtime(unit).is_none() {
            return Err(format!("Unit {} not loaded.", unit.unit));
        }
        self.manually(unit, "RefuseManualStop")?;
        self.job_stop(&UnitRef::new(&unit.scope, &definition.id));
        self.collect(&unit.scope);
        Ok(())
    }

    /// `systemctl restart` of one unit.
    pub fn restart(&mut self, unit: &UnitRef) -> Result<(), String> {
        self.restart_in(unit, &mut BTreeSet::new())
    }

    /// `systemctl restart` of a unit within one call that names several: each restarts once (V8).
    pub(crate) fn restart_in(&mut self, unit: &UnitRef, done: &mut BTreeSet<UnitRef>) -> Job {
        let definition = self.loaded(unit)?;
        startable(&definition)?;
        self.manually(unit, "RefuseManualStart")?;
        self.manually(unit, "RefuseManualStop")?;
        let scope = unit.scope.clone();
        let unit = UnitRef::new(&scope, &definition.id);
        if done.contains(&unit) {
            return Ok(());
        }
        // Those that follow it come up again with it (V8); a plain stop would lose them.
        let followers = self.followers(&unit);
        for follower in followers.iter().rev() {
            self.bring_down(follower);
        }
        self.bring_down(&unit);
        let mut seen = BTreeSet::new();
        let result = self.job_start(&unit, &mut seen);
        let mut failed: BTreeSet<UnitName> = BTreeSet::new();
        if result.is_err() {
            failed.insert(unit.unit.clone());
        }
        done.insert(unit);
        for follower in followers {
            // One that cannot come up again, or stands on one that cannot, is seen in its own state.
            let stands_on_failed = !self.definition(&follower).requires().is_disjoint(&failed);
            if stands_on_failed || self.job_start(&follower, &mut seen).is_err() {
                failed.insert(follower.unit.clone());
            }
            done.insert(follower);
        }
        self.collect(&scope);
        result
    }

    /// `systemctl reload`.
    pub fn reload(&mut self, unit: &UnitRef) -> Result<(), String> {
        let definition = self.loaded(unit)?;
        let unit = UnitRef::new(&unit.scope, &definition.id);
        if !self.is_up(&unit) {
            return Err(format!("{} is not active, cannot reload.", unit.unit));
        }
        if !definition.effective.can_reload() {
            return Err(format!(
                "Job type reload is not applicable for unit {}.",
                unit.unit
            ));
        }
        self.tick();
        if let Some(runtime) = self.runtime_mut(&unit) {
            runtime.reloads += 1;
        }
        self.note(format!("reload {unit}"));
        Ok(())
    }

    /// `systemctl reset-failed`.
    pub fn reset_failed(&mut self, unit: &UnitRef) -> Result<(), String> {
        let manager = self
            .managers
            .get(&unit.scope)
            .ok_or_else(|| no_manager(&unit.scope))?;
        if !manager.definitions.contains_key(&unit.unit) {
            return Err(format!("Unit {} not loaded.", unit.unit));
        }
        if let Some(runtime) = self.runtime_mut(unit) {
            runtime.limited = false;
            runtime.restarts = 0;
            if runtime.active == ActiveState::Failed {
                runtime.active = ActiveState::Inactive;
                runtime.sub = "dead";
                runtime.result = "success";
            }
        }
        self.collect(&unit.scope);
        Ok(())
    }

    pub(crate) fn job_start(&mut self, unit: &UnitRef, seen: &mut BTreeSet<UnitName>) -> Job {
        let definition = self.loaded(unit)?;
        let unit = UnitRef::new(&unit.scope, &definition.id);
        if !seen.insert(unit.unit.clone()) {
            return Ok(());
        }
        startable(&definition)?;
        if self.runtime(&unit).is_some_and(|runtime| runtime.limited) {
            return Err(format!("{}: start-limit-hit", unit.unit));
        }
        for other in definition.conflicts() {
            self.job_stop(&UnitRef::new(&unit.scope, &other));
        }
        for required in definition.requires() {
            let job = self.job_start(&UnitRef::new(&unit.scope, &required), seen);
            job.map_err(|why| format!("A dependency job for {} failed: {why}", unit.unit))?;
        }
        for wanted in definition.wants() {
            let _failed = self
                .job_start(&UnitRef::new(&unit.scope, &wanted), seen)
                .is_err();
        }
        if self.is_up(&unit) {
            return Ok(());
        }
        self.run(&unit, &definition)
    }

    /// Stops a unit and what cannot be without it. A failed unit stays failed.
    pub(crate) fn job_stop(&mut self, unit: &UnitRef) {
        for follower in self.followers(unit).iter().rev() {
            self.bring_down(follower);
        }
        self.bring_down(unit);
    }

    fn bring_down(&mut self, unit: &UnitRef) {
        if !self.is_up(unit) {
            return;
        }
        self.tick();
        if let Some(runtime) = self.runtime_mut(unit) {
            runtime.active = ActiveState::Inactive;
            runtime.sub = "dead";
            runtime.result = "success";
        }
        self.note(format!("stop {unit}"));
    }

    /// Running units that require, are bound to or are part of this one, the nearest first.
    fn followers(&self, unit: &UnitRef) -> Vec<UnitRef> {
        let Some(manager) = self.managers.get(&unit.scope) else {
            return Vec::new();
        };
        let mut found = vec![unit.unit.clone()];
        let mut next = 0;
        while let Some(of) = found.get(next).cloned() {
            for (name, definition) in &manager.definitions {
                let runs = manager
                    .runtimes
                    .get(name)
                    .is_some_and(|runtime| runtime.active.is_up());
                if runs && definition.follows().contains(&of) && !found.contains(name) {
                    found.push(name.clone());
                }
            }
            next += 1;
        }
        let found = found.into_iter().skip(1);
        found.map(|name| UnitRef::new(&unit.scope, &name)).collect()
    }

    /// The unit as its manager has it, read now if it is new.
    pub(crate) fn loaded(&mut self, unit: &UnitRef) -> Result<Definition, String> {
        if !self.managers.contains_key(&unit.scope) {
            return Err(no_manager(&unit.scope));
        }
        if unit.unit.is_template() {
            return Err(format!(
                "Unit name {} is missing the instance name.",
                unit.unit
            ));
        }
        self.load_new(unit);
        Ok(self.definition(unit))
    }

    fn manually(&mut self, unit: &UnitRef, key: &str) -> Job {
        let refused = self.loaded(unit)?.effective.flag("Unit", key) == Some(true);
        if refused {
            return Err(format!(
                "Operation refused, unit {} has {key}=yes.",
                unit.unit
            ));
        }
        Ok(())
    }

    pub(crate) fn runtime_mut(&mut self, unit: &UnitRef) -> Option<&mut Runtime> {
        self.managers
            .get_mut(&unit.scope)?
            .runtimes
            .get_mut(&unit.unit)
    }

    /// Starts the unit itself, if its conditions hold.
    fn run(&mut self, unit: &UnitRef, definition: &Definition) -> Job {
        let at = self.tick();
        self.serial += 1;
        let before = self.runtime(unit).map_or(0, |runtime| runtime.starts);
        let mut runtime = Runtime {
            active: ActiveState::Active,
            sub: "active",
            result: "success",
            invocation: format!("{:032x}", self.serial),
            started_at: at,
            restarts: 0,
            condition: self.condition_holds(&definition.effective),
            limited: false,
            config: definition.effective.clone(),
            read: self.read_at_start(&unit.scope, &definition.effective),
            starts: before + 1,
            reloads: 0,
        };
        let result = if runtime.condition {
            self.note(format!("start {unit}"));
            self.enter(unit, &mut runtime)
        } else {
            // A start that a condition holds back is a success, and nothing runs (V9).
            (runtime.active, runtime.sub) = (ActiveState::Inactive, "dead");
            runtime.starts = before;
            Ok(())
        };
        if let Some(manager) = self.managers.get_mut(&unit.scope) {
            manager.runtimes.insert(unit.unit.clone(), runtime);
        }
        result
    }

    /// The state that a unit of its type comes to.
    fn enter(&self, unit: &UnitRef, runtime: &mut Runtime) -> Job {
        let config = runtime.config.clone();
        let missing = self.misses_file(&unit.scope, &config);
        if missing || self.failing.contains(unit) {
            return fail(unit, runtime, missing);
        }
        self.trigger_is_loaded(unit, &config).inspect_err(|_| {
            (runtime.active, runtime.sub) = (ActiveState::Inactive, "dead");
        })?;
        let ends = config.is_oneshot() && !config.remains_after_exit();
        runtime.sub = match unit.unit.kind() {
            UnitKind::Service if ends => {
                runtime.active = ActiveState::Inactive;
                "dead"
            }
            UnitKind::Service if config.is_oneshot() => "exited",
            UnitKind::Service => "running",
            UnitKind::Socket if self.serves(unit, &config) => {
                // A socket cannot take over from a service that already runs (V6).
                (runtime.active, runtime.sub) = (ActiveState::Inactive, "dead");
                return Err(format!(
                    "Socket service of {} already active, refusing.",
                    unit.unit
                ));
            }
            UnitKind::Socket => "listening",
            UnitKind::Timer | UnitKind::Path => "waiting",
            UnitKind::Mount => "mounted",
            _ => "active",
        };
        Ok(())
    }

    /// A timer, path or socket refuses to start where its unit is not loaded.
    fn trigger_is_loaded(&self, unit: &UnitRef, config: &Effective) -> Job {
        let triggered = config
            .triggers()
            .filter(|triggered| !triggered.is_template());
        let Some(triggered) = triggered else {
            return Ok(());
        };
        let load = self.definition(&UnitRef::new(&unit.scope, &triggered)).load;
        match load {
            "loaded" => Ok(()),
            load => Err(format!(
                "{}: unit to trigger is {load}, refusing.",
                unit.unit
            )),
        }
    }

    fn serves(&self, socket: &UnitRef, config: &Effective) -> bool {
        let service = config.triggers().filter(|_| !config.accepts());
        service.is_some_and(|service| self.is_up(&UnitRef::new(&socket.scope, &service)))
    }

    fn condition_holds(&self, config: &Effective) -> bool {
        let paths = config.all("Unit", "ConditionPathExists");
        paths.into_iter().all(|condition| {
            let (negated, path) = match condition.strip_prefix('!') {
                Some(path) => (true, path),
                None => (false, condition),
            };
            let path = HostPath::parse(path);
            path.is_ok_and(|path| self.disk.get(&path).is_some() != negated)
        })
    }

    /// The files that a unit reads at its start, each with what it holds now.
    pub(crate) fn read_at_start(
        &self,
        scope: &Scope,
        config: &Effective,
    ) -> BTreeMap<HostPath, Option<Digest>> {
        let home = self.home(scope);
        files_read(config, &home)
            .into_iter()
            .map(|(path, _)| {
                let digest = self
                    .disk
                    .get(&path)
                    .and_then(|node| Some(node.file()?.digest()));
                (path, digest)
            })
            .collect()
    }

    /// Whether a file is missing that may not be.
    fn misses_file(&self, scope: &Scope, config: &Effective) -> bool {
        let files = files_read(config, &self.home(scope));
        let mut needed = files.iter().filter(|(_, needed)| *needed);
        needed.any(|(path, _)| self.disk.get(path).is_none())
    }
}

/// The files that a unit reads at its start, each with whether it must be there.
fn files_read(config: &Effective, home: &HostPath) -> Vec<(HostPath, bool)> {
    let environment = config.environment_files().into_iter();
    let environment = environment.map(|file| (file.path, !file.optional));
    let credentials = config.load_credentials().into_iter();
    let credentials = credentials.map(|credential| (credential.path, false));
    let expand = |path: &str| {
        let path = path.replace("%h", home.as_str());
        let path = path.replace("%E", &format!("{home}/.config"));
        HostPath::parse(&specifier::expand(config.unit(), None, &path)?).ok()
    };
    environment
        .chain(credentials)
        .filter_map(|(path, needed)| Some((expand(&path)?, needed)))
        .collect()
}

fn startable(definition: &Definition) -> Job {
    match definition.load {
        "loaded" => Ok(()),
        "masked" => Err(format!("Unit {} is masked.", definition.id)),
        "not-found" => Err(format!("Unit {} not found.", definition.id)),
        bad => Err(format!(
            "Unit {} has a bad unit file setting ({bad}).",
            definition.id
        )),
    }
}

/// A service that cannot run. `Type=simple` counts as started before that is known (V9).
fn fail(unit: &UnitRef, runtime: &mut Runtime, missing: bool) -> Job {
    (runtime.active, runtime.sub) = (ActiveState::Failed, "failed");
    runtime.result = if missing { "resources" } else { "exit-code" };
    let restart = runtime.config.last("Service", "Restart");
    if matches!(restart, Some("always" | "on-failure")) && !missing {
        // Five starts within ten seconds are systemd's limit.
        runtime.restarts = 5;
        runtime.limited = true;
    }
    match runtime.config.service_type() {
        "simple" if !missing => Ok(()),
        _ => Err(format!("Job for {} failed.", unit.unit)),
    }
}
