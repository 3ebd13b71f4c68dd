//! What `systemctl start`, `stop`, `restart`, `reload` and `reset-failed` do to units (systemd.unit(5); systemd-facts.md, "What units do").

use std::collections::BTreeMap;

use abide_model::{ActiveState, Digest, HostPath, Scope, UnitName, UnitRef};
use abide_unit::{Effective, specifier};

use crate::ToolError;
use crate::boot::no_manager;
use crate::definition::LoadedDefinition;
use crate::engine::{Outcome, SimulatedManager};
use crate::host::{Runtime, SimHost};
use crate::kind::JobKind;
use crate::transaction::Mode;

/// What came of a job; the reason is systemctl's, in short.
pub(crate) type JobResult = Result<(), ToolError>;

impl SimHost {
    /// `systemctl start`. A unit that runs is left alone.
    pub fn start(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        self.start_all(std::slice::from_ref(unit))
    }

    /// `systemctl stop`, with what requires the unit.
    pub fn stop(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        self.stop_all(std::slice::from_ref(unit))
    }

    /// `systemctl restart`.
    pub fn restart(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        self.restart_all(std::slice::from_ref(unit))
    }

    /// `systemctl reload`.
    pub fn reload(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        first_failure(self.ask(JobKind::Reload, std::slice::from_ref(unit)))
    }

    /// `systemctl start` of several units of one manager in one call. The first failure is told.
    pub fn start_all(&mut self, units: &[UnitRef]) -> Result<(), ToolError> {
        first_failure(self.ask(JobKind::Start, units))
    }

    /// `systemctl stop` of several units of one manager in one call. The first failure is told.
    pub fn stop_all(&mut self, units: &[UnitRef]) -> Result<(), ToolError> {
        first_failure(self.ask(JobKind::Stop, units))
    }

    /// `systemctl restart` of several units of one manager in one call. The first failure is told.
    pub fn restart_all(&mut self, units: &[UnitRef]) -> Result<(), ToolError> {
        first_failure(self.ask(JobKind::Restart, units))
    }

    /// One call of systemctl: a job for each unit, one after the other, and then all of them are waited for.
    pub(crate) fn ask(&mut self, kind: JobKind, units: &[UnitRef]) -> Vec<JobResult> {
        let Some(scope) = units.first().map(|unit| unit.scope.clone()) else {
            return Vec::new();
        };
        if !self.managers.contains_key(&scope) {
            return units.iter().map(|_| Err(no_manager(&scope))).collect();
        }
        let mut engine = SimulatedManager::new(self, &scope);
        let asked: Vec<Result<u64, ToolError>> = units
            .iter()
            .map(|unit| {
                let id = engine.host.admit_manual_job(kind, unit)?;
                engine.read_graph();
                let job = engine.submit_job(kind, &id, Mode::Replace);
                engine.run_jobs();
                job.map_err(crate::transaction::JobRefusal::into_error)
            })
            .collect();
        engine.run_all_events();
        let outcomes = asked
            .into_iter()
            .zip(units)
            .map(|(job, unit)| match engine.job_outcome(job?) {
                Outcome::Done | Outcome::Skipped => Ok(()),
                Outcome::Dependency => {
                    Err(format!("A dependency job for {} failed.", unit.unit).into())
                }
                Outcome::Canceled => Err(format!("Job for {} canceled.", unit.unit).into()),
                Outcome::Failed | Outcome::Invalid => {
                    Err(format!("Job for {} failed.", unit.unit).into())
                }
            })
            .collect();
        self.collect(&scope);
        outcomes
    }

    /// What systemd checks before it makes a job of what somebody asks for by hand. Returns the unit's own name.
    fn admit_manual_job(&mut self, kind: JobKind, unit: &UnitRef) -> Result<UnitName, ToolError> {
        let definition = self.load_unit(unit)?;
        let id = definition.id.clone();
        let broken = matches!(definition.load, "not-found" | "bad-setting" | "error");
        let rests = self
            .runtime_of(unit)
            .is_none_or(|runtime| runtime.active == ActiveState::Inactive);
        if kind == JobKind::Stop && broken && rests {
            return Err(format!("Unit {} not loaded.", unit.unit).into());
        }
        let refused = |key| definition.effective.boolean_value("Unit", key) == Some(true);
        let starts =
            matches!(kind, JobKind::Start | JobKind::Restart) && refused("RefuseManualStart");
        let stops = matches!(kind, JobKind::Stop | JobKind::Restart) && refused("RefuseManualStop");
        if starts || stops {
            return Err(format!(
                "Operation refused, unit {id} may be requested by dependency only."
            )
            .into());
        }
        Ok(id)
    }

    /// `systemctl reset-failed`.
    pub fn reset_failed(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        let manager = self
            .managers
            .get(&unit.scope)
            .ok_or_else(|| no_manager(&unit.scope))?;
        let Some(id) = manager.definitions.get(&unit.unit) else {
            return Err(format!("Unit {} not loaded.", unit.unit).into());
        };
        let id = id.id.clone();
        let mut engine = SimulatedManager::new(self, &unit.scope);
        if engine.runtime_of(&id).is_some() {
            let runtime = engine.runtime_mut(&id);
            runtime.limited = false;
            runtime.counted = (0, None);
            runtime.restarts = 0;
            runtime.ends_count = false;
            if runtime.active == ActiveState::Failed {
                engine.set_state(&id, ActiveState::Inactive, "dead");
            }
            engine.runtime_mut(&id).result = "success";
            engine.run_all_events();
        }
        self.collect(&unit.scope);
        Ok(())
    }

    /// Whether a unit may be started once more; the start counts.
    pub(crate) fn may_start_again(&mut self, unit: &UnitRef) -> bool {
        let now = self.advance_millisecond();
        let interval = self.start_limit_interval;
        let definition = self.definition_of(unit);
        let burst = definition.effective.last_value("Unit", "StartLimitBurst");
        let burst: u32 = burst.and_then(|text| text.parse().ok()).unwrap_or(5);
        let off = definition
            .effective
            .last_value("Unit", "StartLimitIntervalSec")
            == Some("0");
        let Some(runtime) = self.runtime_or_new(unit) else {
            return true;
        };
        let (count, since) = runtime.counted;
        let new = since.is_none_or(|since| now.secs_since(since) > interval.as_secs());
        runtime.counted = if new {
            (1, Some(now))
        } else {
            (count + 1, since)
        };
        runtime.limited = !off && runtime.counted.0 > burst;
        !runtime.limited
    }

    fn runtime_or_new(&mut self, unit: &UnitRef) -> Option<&mut Runtime> {
        let config = self.definition_of(unit).effective;
        let manager = self.managers.get_mut(&unit.scope)?;
        let known = manager.runtimes.entry(unit.unit.clone());
        Some(known.or_insert_with(|| Runtime::new(config)))
    }

    /// The unit as its manager has it, read now if it is new.
    pub(crate) fn load_unit(&mut self, unit: &UnitRef) -> Result<LoadedDefinition, ToolError> {
        if !self.managers.contains_key(&unit.scope) {
            return Err(no_manager(&unit.scope));
        }
        if unit.unit.is_template() {
            return Err(format!("Unit name {} is missing the instance name.", unit.unit).into());
        }
        self.load_new(unit);
        self.look_again(unit);
        Ok(self.definition_of(unit))
    }

    pub(crate) fn condition_holds(&self, config: &Effective) -> bool {
        let paths = config.all_values("Unit", "ConditionPathExists");
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
    pub(crate) fn misses_file(&self, scope: &Scope, config: &Effective) -> bool {
        let files = files_read(config, &self.home(scope));
        let mut needed = files.iter().filter(|(_, needed)| *needed);
        needed.any(|(path, _)| self.disk.get(path).is_none())
    }
}

fn first_failure(jobs: Vec<JobResult>) -> JobResult {
    jobs.into_iter().collect()
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
