//! How units start and stop, each by its type; above all services (service.c of systemd 252 and 257).

use abide_model::{ActiveState, UnitKind, UnitName};
use abide_unit::Effective;

use crate::definition::LoadedDefinition;
use crate::engine::{Hold, Outcome, PendingEvent, SimulatedManager, StateChange};
use crate::kind::JobKind;
use crate::transaction::{Mode, Units as _};

/// What becomes of a service's main process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Process {
    Runs,
    Succeeds,
    /// It fails, or is no program.
    Fails,
    /// It cannot be started: a file is missing that it reads.
    Impossible,
}

/// How long things take compared with each other, as seen on hosts: a signal ends a process, a program has run or is
/// known to run, a program is not found, the pause before an automatic restart.
const KILL: u64 = 1;
const PROGRAM: u64 = 4;
const NO_PROGRAM: u64 = 6;
const PAUSE: u64 = 9;

/// From here on a daemon-reload keeps count of starts (`unit_serialize_state`).
pub(crate) const KEEPS_COUNT: u32 = 255;
/// From here on an automatic restart is a start that restarts what depends on the unit.
pub(crate) const RESTARTS_BY_START: u32 = 254;

impl SimulatedManager<'_> {
    /// Starts a unit that is down, or that waits for its automatic restart.
    pub(crate) fn start(
        &mut self,
        unit: &UnitName,
        definition: &LoadedDefinition,
    ) -> Result<(), Hold> {
        let kind = unit.kind();
        let counted = matches!(
            kind,
            UnitKind::Service | UnitKind::Socket | UnitKind::Timer | UnitKind::Path
        );
        let sub = self.sub_state(unit);
        if counted && !self.host.may_start_again(&self.unit_ref(unit)) {
            self.hit_limit(unit);
            return Err(Hold::Ends(Outcome::Failed));
        }
        match (kind, sub) {
            (UnitKind::Service, "stop-sigterm") => return Err(Hold::Again),
            (UnitKind::Service, "start") => return Ok(()),
            (UnitKind::Service, "auto-restart") if self.systemd_version() < RESTARTS_BY_START => {
                return Err(Hold::Again);
            }
            _ => {}
        }
        match kind {
            UnitKind::Service => {
                if sub == "auto-restart" && self.systemd_version() >= RESTARTS_BY_START {
                    self.restart_automatically(unit);
                    return Err(Hold::Again);
                }
                self.start_service(unit, definition);
                Ok(())
            }
            UnitKind::Socket => self.start_socket(unit, definition),
            UnitKind::Timer => self.start_timer(unit, definition),
            UnitKind::Path => self.start_path(unit, definition),
            UnitKind::Mount => {
                self.begin_run(unit, definition);
                self.set_state(unit, ActiveState::Active, "mounted");
                Ok(())
            }
            _ => {
                self.begin_run(unit, definition);
                self.set_state(unit, ActiveState::Active, "active");
                Ok(())
            }
        }
    }

    /// Stops a unit that is up, or about to be.
    pub(crate) fn stop(&mut self, unit: &UnitName) {
        let sub = self.sub_state(unit);
        let run = self.run_of(unit);
        match (unit.kind(), sub) {
            (_, "stop-sigterm") => {}
            (UnitKind::Service, "auto-restart" | "auto-restart-queued") => {
                self.set_state(unit, ActiveState::Inactive, "dead");
            }
            (UnitKind::Service, "running" | "start" | "reload") => {
                self.host.note(format!("stop {}", self.unit_ref(unit)));
                self.runtime_mut(unit).forbids_restart = true;
                self.schedule_later(KILL, PendingEvent::Stopped(unit.clone(), run));
                self.set_state(unit, ActiveState::Deactivating, "stop-sigterm");
            }
            (UnitKind::Service, _) => {
                self.host.note(format!("stop {}", self.unit_ref(unit)));
                self.runtime_mut(unit).forbids_restart = true;
                self.end_service(unit, "success");
            }
            _ => {
                self.host.note(format!("stop {}", self.unit_ref(unit)));
                self.set_state(unit, ActiveState::Inactive, "dead");
            }
        }
    }

    /// `ExecReload=` runs.
    pub(crate) fn reload(&mut self, unit: &UnitName) {
        self.host.note(format!("reload {}", self.unit_ref(unit)));
        self.runtime_mut(unit).reloads += 1;
        if unit.kind() == UnitKind::Service {
            let run = self.run_of(unit);
            self.schedule_later(PROGRAM, PendingEvent::Reloaded(unit.clone(), run));
            self.set_state(unit, ActiveState::Reloading, "reload");
        } else {
            let sub = self
                .runtime_of(unit)
                .map_or("active", |runtime| runtime.sub);
            self.set_state(unit, ActiveState::Active, sub);
        }
    }

    /// Something happens by itself.
    pub(crate) fn handle_event(&mut self, event: PendingEvent) {
        match event {
            PendingEvent::Ready(unit, run) if self.is_in(&unit, run, &["start"]) => {
                self.get_ready(&unit);
            }
            PendingEvent::Exited(unit, run) if self.is_in(&unit, run, &["running"]) => {
                self.exit(&unit);
            }
            // It was quicker than the signal that should have ended it.
            PendingEvent::Ready(unit, run) | PendingEvent::Exited(unit, run)
                if self.is_in(&unit, run, &["stop-sigterm"]) && self.ends_by_itself(&unit) =>
            {
                let fails =
                    self.expected_process(&unit, &self.running_config(&unit)) == Process::Fails;
                self.end_service(&unit, if fails { "exit-code" } else { "success" });
            }
            PendingEvent::Stopped(unit, run) if self.is_in(&unit, run, &["stop-sigterm"]) => {
                // The end by a signal is a clean one for daemons only.
                let oneshot = self.definition_of(&unit).is_oneshot();
                self.end_service(&unit, if oneshot { "signal" } else { "success" });
            }
            PendingEvent::Reloaded(unit, run) if self.is_in(&unit, run, &["reload"]) => {
                self.go_on_after_reload(&unit);
            }
            PendingEvent::Restart(unit, run) if self.is_in(&unit, run, &["auto-restart"]) => {
                self.restart_automatically(&unit);
            }
            PendingEvent::Elapsed(timer) => self.elapse_timer(&timer),
            PendingEvent::Recheck(path) => self.recheck_path(&path),
            PendingEvent::Ready(..)
            | PendingEvent::Exited(..)
            | PendingEvent::Stopped(..)
            | PendingEvent::Reloaded(..)
            | PendingEvent::Restart(..) => {}
        }
    }

    /// `ExecReload=` has ended: the unit goes on, if something of it still runs or nothing needs to
    /// (`service_enter_running`).
    fn go_on_after_reload(&mut self, unit: &UnitName) {
        let now = self.definition_of(unit).effective;
        let commands = now.all_values("Service", "ExecReload").into_iter();
        let fails = |command| command_outcome(Some(command)) == Process::Fails;
        let fails = commands.filter(|text| !text.is_empty()).any(fails);
        let how = match fails {
            true => StateChange::ReloadFailed,
            false => StateChange::Plain,
        };
        match self.expected_process(unit, &self.running_config(unit)) {
            Process::Succeeds if now.remains_after_exit() => {
                self.change(unit, ActiveState::Active, "exited", how);
            }
            Process::Succeeds => self.end_service(unit, "success"),
            // What would fail if it started now is up all the same.
            Process::Runs | Process::Fails | Process::Impossible => {
                self.change(unit, ActiveState::Active, "running", how);
            }
        }
    }

    /// Whether its process ends by itself.
    fn ends_by_itself(&self, unit: &UnitName) -> bool {
        self.expected_process(unit, &self.running_config(unit)) != Process::Runs
    }

    /// A new invocation, with what the unit reads at its start.
    pub(crate) fn begin_run(&mut self, unit: &UnitName, definition: &LoadedDefinition) {
        let at = self.host.advance_millisecond();
        self.host.serial += 1;
        let serial = self.host.serial;
        let read = self.host.read_at_start(&self.scope, &definition.effective);
        let runtime = self.runtime_mut(unit);
        runtime.invocation = format!("{serial:032x}");
        runtime.started_at = Some(at);
        runtime.result = "success";
        runtime.config = definition.effective.clone();
        runtime.read = read;
        runtime.reloads = 0;
        runtime.starts += 1;
        self.host.note(format!("start {}", self.unit_ref(unit)));
    }

    fn start_service(&mut self, unit: &UnitName, definition: &LoadedDefinition) {
        let counts = match self.systemd_version() >= RESTARTS_BY_START {
            true => self.sub_state(unit) != "auto-restart-queued",
            false => self.runtime_of(unit).is_some_and(|unit| unit.ends_count),
        };
        self.begin_run(unit, definition);
        let runtime = self.runtime_mut(unit);
        runtime.forbids_restart = false;
        runtime.ends_count = false;
        if counts {
            runtime.restarts = 0;
        }
        let run = self.run_of(unit);
        let config = &definition.effective;
        match (self.expected_process(unit, config), config.service_type()) {
            (Process::Impossible, _) => self.end_service(unit, "resources"),
            (_, "oneshot") if config.last_value("Service", "ExecStart").is_none() => {
                self.set_state(unit, ActiveState::Activating, "start");
                self.get_ready(unit);
            }
            (_, "oneshot" | "exec" | "notify" | "notify-reload" | "forking" | "dbus") => {
                self.schedule_later(
                    time_to_start(config),
                    PendingEvent::Ready(unit.clone(), run),
                );
                self.set_state(unit, ActiveState::Activating, "start");
            }
            (process, _) => {
                if process != Process::Runs {
                    let time = time_to_start(config);
                    self.schedule_later(time, PendingEvent::Exited(unit.clone(), run));
                }
                self.set_state(unit, ActiveState::Active, "running");
            }
        }
    }

    /// The start of a service comes to its end.
    fn get_ready(&mut self, unit: &UnitName) {
        let config = self.running_config(unit);
        let run = self.run_of(unit);
        let process = self.expected_process(unit, &config);
        match (config.is_oneshot(), process) {
            (_, Process::Fails | Process::Impossible) => self.end_service(unit, "exit-code"),
            (true, _) if config.remains_after_exit() => {
                self.set_state(unit, ActiveState::Active, "exited");
            }
            (true, _) => self.end_service(unit, "success"),
            (false, Process::Succeeds) => {
                self.schedule_later(PROGRAM, PendingEvent::Exited(unit.clone(), run));
                self.set_state(unit, ActiveState::Active, "running");
            }
            (false, Process::Runs) => self.set_state(unit, ActiveState::Active, "running"),
        }
    }

    /// The main process ends by itself.
    fn exit(&mut self, unit: &UnitName) {
        let config = self.running_config(unit);
        match self.expected_process(unit, &config) {
            Process::Succeeds if self.definition_of(unit).effective.remains_after_exit() => {
                self.set_state(unit, ActiveState::Active, "exited");
            }
            Process::Succeeds | Process::Runs => self.end_service(unit, "success"),
            Process::Fails | Process::Impossible => self.end_service(unit, "exit-code"),
        }
    }

    /// Nothing of the service runs any more: it is down, or starts again.
    pub(crate) fn end_service(&mut self, unit: &UnitName, result: &'static str) {
        let definition = self.definition_of(unit);
        let restart = definition.effective.last_value("Service", "Restart");
        let runtime = self.runtime_mut(unit);
        if runtime.result == "success" {
            runtime.result = result;
        }
        let failed = runtime.result != "success";
        let forbidden = runtime.forbids_restart;
        runtime.forbids_restart = false;
        let restarts = match restart {
            Some("always") => true,
            Some("on-failure") => failed,
            Some("on-success") => !failed,
            _ => false,
        };
        let restarts = restarts && !forbidden && !self.stop_pending(unit);
        let (active, sub) = match failed {
            true => (ActiveState::Failed, "failed"),
            false => (ActiveState::Inactive, "dead"),
        };
        let how = match restarts {
            true => StateChange::BeforeRestart,
            false => StateChange::Plain,
        };
        self.change(unit, active, sub, how);
        self.runtime_mut(unit).ends_count |= !restarts;
        if restarts {
            let run = self.run_of(unit);
            self.schedule_later(PAUSE, PendingEvent::Restart(unit.clone(), run));
            self.set_state(unit, ActiveState::Activating, "auto-restart");
        }
    }

    fn restart_automatically(&mut self, unit: &UnitName) {
        if self.stop_pending(unit) {
            return;
        }
        let by_start = self.systemd_version() >= RESTARTS_BY_START;
        let (kind, mode) = match by_start {
            true => (JobKind::Start, Mode::RestartDependencies),
            false => (JobKind::Restart, Mode::Replace),
        };
        let submitted = self.submit_job(kind, unit, mode);
        if submitted.is_err() {
            self.runtime_mut(unit).forbids_restart = true;
            self.end_service(unit, "resources");
            return;
        }
        let runtime = self.runtime_mut(unit);
        runtime.restarts += 1;
        runtime.ends_count = false;
        if by_start {
            self.set_state(unit, ActiveState::Activating, "auto-restart-queued");
        }
    }

    /// Too many starts: what was about to start fails.
    fn hit_limit(&mut self, unit: &UnitName) {
        let runtime = self.runtime_mut(unit);
        if runtime.result == "success" {
            runtime.result = "start-limit-hit";
        }
        runtime.forbids_restart = false;
        runtime.ends_count = true;
        self.set_state(unit, ActiveState::Failed, "failed");
    }

    fn running_config(&self, unit: &UnitName) -> Effective {
        let runtime = self.runtime_of(unit).map(|runtime| runtime.config.clone());
        runtime.unwrap_or_else(|| self.definition_of(unit).effective)
    }

    fn expected_process(&self, unit: &UnitName, config: &Effective) -> Process {
        if self.host.misses_file(&self.scope, config) {
            return Process::Impossible;
        }
        if self.host.failing.contains(&self.unit_ref(unit)) {
            return Process::Fails;
        }
        let commands = config.all_values("Service", "ExecStart");
        let outcomes: Vec<Process> = commands
            .iter()
            .map(|text| command_outcome(Some(text)))
            .collect();
        let ends = config.is_oneshot();
        match outcomes
            .iter()
            .find(|outcome| **outcome != Process::Succeeds)
        {
            Some(Process::Runs) if ends => Process::Succeeds,
            Some(other) => *other,
            None if commands.is_empty() && !ends => Process::Runs,
            None => Process::Succeeds,
        }
    }

    /// The number of the unit's run.
    fn run_of(&self, unit: &UnitName) -> u64 {
        self.runtime_of(unit)
            .map_or(0, |runtime| u64::from(runtime.starts))
    }

    fn is_in(&self, unit: &UnitName, run: u64, subs: &[&str]) -> bool {
        self.run_of(unit) == run
            && self
                .runtime_of(unit)
                .is_some_and(|runtime| subs.contains(&runtime.sub))
    }
}

/// How long it takes until a process has ended that does so at once, or until it is known that it runs.
fn time_to_start(config: &Effective) -> u64 {
    let commands = config.all_values("Service", "ExecStart");
    let missing = commands.iter().any(|command| command.ends_with("/missing"));
    if missing { NO_PROGRAM } else { PROGRAM }
}

/// What a command does. Most programs of a simulated host are daemons.
fn command_outcome(command: Option<&str>) -> Process {
    let command = command
        .unwrap_or_default()
        .trim_start_matches(['@', ':', '+', '!', '|']);
    let (ignored, command) = match command.strip_prefix('-') {
        Some(command) => (true, command),
        None => (false, command),
    };
    let program = command.split_whitespace().next().unwrap_or_default();
    match program.rsplit('/').next() {
        Some("true") => Process::Succeeds,
        Some("false" | "missing") if ignored => Process::Succeeds,
        Some("false" | "missing") => Process::Fails,
        _ => Process::Runs,
    }
}
