//! Units that start others: sockets, timers and paths (socket.c, timer.c and path.c of systemd 252 and 257).
//!
//! Calendars are not read: what one says never comes.

use abide_model::{ActiveState, HostPath, Timestamp, UnitKind, UnitName};
use abide_unit::{Effective, time_span};

use crate::definition::LoadedDefinition;
use crate::deps::Dep;
use crate::engine::{Hold, Outcome, PendingEvent, SimulatedManager};
use crate::kind::{JobKind, is_down};
use crate::service::RESTARTS_BY_START;
use crate::transaction::{Mode, Units as _};

/// Before this a timer that is started anew forgets when it last fired.
const REMEMBERS_TRIGGER: u32 = 254;
/// From here on a unit that is about to stop is down for its path.
const KNOWS_STOPPING: u32 = 254;

/// From when a timer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Calendar,
    Active,
    Boot,
    Startup,
    UnitActive,
    UnitInactive,
}

const BASES: [(&str, Base); 6] = [
    ("OnCalendar", Base::Calendar),
    ("OnActiveSec", Base::Active),
    ("OnBootSec", Base::Boot),
    ("OnStartupSec", Base::Startup),
    ("OnUnitActiveSec", Base::UnitActive),
    ("OnUnitInactiveSec", Base::UnitInactive),
];

impl SimulatedManager<'_> {
    /// A unit changed, or its job ended: what starts it hears of it.
    pub(crate) fn tell_triggers(&mut self, unit: &UnitName) {
        for trigger in self.graph.units_naming(unit, &[Dep::Triggers]) {
            match trigger.kind() {
                UnitKind::Socket => self.tell_socket(&trigger, unit),
                UnitKind::Timer => self.tell_timer(&trigger, unit),
                UnitKind::Path => self.tell_path(&trigger, unit),
                _ => {}
            }
        }
    }

    pub(crate) fn start_socket(
        &mut self,
        unit: &UnitName,
        definition: &LoadedDefinition,
    ) -> Result<(), Hold> {
        let service = definition.effective.triggers();
        let service = service.filter(|_| !definition.effective.is_per_connection());
        if let Some(service) = service {
            // A socket cannot take over from a service that already runs (systemd-facts.md#socket-beside-service).
            let active = !is_down(self.state(&service)) && !self.waits_for_restart(&service);
            if self.definition_of(&service).load != "loaded" || active {
                return Err(Hold::Ends(Outcome::Failed));
            }
        }
        self.begin_run(unit, definition);
        self.set_state(unit, ActiveState::Active, "listening");
        Ok(())
    }

    /// Whether a service is down only until it is restarted automatically.
    fn waits_for_restart(&self, service: &UnitName) -> bool {
        match self.sub_state(service) {
            "auto-restart" => true,
            "auto-restart-queued" => self.systemd_version() >= RESTARTS_BY_START,
            _ => false,
        }
    }

    fn tell_socket(&mut self, socket: &UnitName, service: &UnitName) {
        let sub = self.sub_state(socket);
        let accepts = self.definition_of(socket).effective.is_per_connection();
        if !matches!(sub, "listening" | "running") || accepts {
            return;
        }
        let limited = self
            .runtime_of(service)
            .is_some_and(|runtime| runtime.limited);
        if limited {
            self.runtime_mut(socket).result = "service-start-limit-hit";
            self.set_state(socket, ActiveState::Failed, "failed");
            return;
        }
        if self.has_job(service) {
            return;
        }
        let down = is_down(self.state(service)) || self.waits_for_restart(service);
        // Also where it is so already: then it is looked whether what it is bound to is still there.
        if down {
            self.set_state(socket, ActiveState::Active, "listening");
        }
        if self.sub_state(service) == "running" {
            self.set_state(socket, ActiveState::Active, "running");
        }
    }

    pub(crate) fn start_timer(
        &mut self,
        unit: &UnitName,
        definition: &LoadedDefinition,
    ) -> Result<(), Hold> {
        self.trigger_is_loaded(definition)?;
        self.begin_run(unit, definition);
        let forgets = self.systemd_version() < REMEMBERS_TRIGGER;
        let timer = self.runtime_mut(unit);
        timer.elapsed.remove("OnActiveSec");
        if forgets {
            timer.triggered_at = None;
        }
        self.wait_for_time(unit);
        Ok(())
    }

    /// A timer, path or socket refuses to start where its unit is not loaded.
    fn trigger_is_loaded(&self, definition: &LoadedDefinition) -> Result<(), Hold> {
        let triggered = definition.effective.triggers();
        let loaded = triggered.is_some_and(|unit| self.definition_of(&unit).load == "loaded");
        match loaded {
            true => Ok(()),
            false => Err(Hold::Ends(Outcome::Failed)),
        }
    }

    /// Computes when a timer elapses next (`timer_enter_waiting`).
    pub(crate) fn wait_for_time(&mut self, timer: &UnitName) {
        self.wait_for_time_from(timer, false);
    }

    /// The same; after a daemon-reload `OnActiveSec=` counts from then on, for the timer is not yet known to be active.
    fn wait_for_time_from(&mut self, timer: &UnitName, reloaded: bool) {
        self.soon
            .retain(|event| *event != PendingEvent::Elapsed(timer.clone()));
        if self
            .graph
            .units_named_by(timer, &[Dep::Triggers])
            .is_empty()
        {
            // Its file is gone, and with it what it would start.
            self.runtime_mut(timer).result = "resources";
            self.set_state(timer, ActiveState::Failed, "failed");
            return;
        }
        let config = self.definition_of(timer).effective;
        let has = |base: Base| {
            let mut keys = BASES.iter().filter(|(_, other)| *other == base);
            keys.any(|(key, _)| !config.all_values("Timer", key).is_empty())
        };
        let next = self.next_elapse(timer, &config, reloaded);
        if next.is_none() && !has(Base::Calendar) {
            let remains = config.boolean_value("Timer", "RemainAfterElapse") != Some(false);
            match remains || has(Base::UnitActive) || has(Base::UnitInactive) {
                true => self.set_state(timer, ActiveState::Active, "elapsed"),
                false => self.set_state(timer, ActiveState::Inactive, "dead"),
            }
            return;
        }
        if next.is_some_and(|next| next <= self.host.facts.now) {
            self.schedule_soon(PendingEvent::Elapsed(timer.clone()));
        }
        self.set_state(timer, ActiveState::Active, "waiting");
    }

    /// The earliest moment that a timer waits for, beside its calendar.
    fn next_elapse(
        &mut self,
        timer: &UnitName,
        config: &Effective,
        reloaded: bool,
    ) -> Option<Timestamp> {
        // Time has passed since the timer started, unless it starts just now.
        let now = self.host.advance_millisecond();
        let fired = self
            .runtime_of(timer)
            .is_some_and(|timer| timer.triggered_at.is_some());
        let mut next: Option<Timestamp> = None;
        for (key, base) in BASES {
            let elapsed = self
                .runtime_of(timer)
                .is_some_and(|timer| timer.elapsed.contains(key));
            for value in config.all_values("Timer", key) {
                let from = match base {
                    Base::Active if reloaded => Some(now),
                    base => self.counts_from(timer, config, base),
                };
                let Some(from) = from else {
                    continue;
                };
                let at = Timestamp(
                    from.0
                        .saturating_add(time_span::parse_micros(value).unwrap_or(u64::MAX / 2)),
                );
                let once = matches!(base, Base::Active | Base::Boot | Base::Startup);
                if elapsed || fired && once && at < now {
                    self.runtime_mut(timer).elapsed.insert(key);
                    continue;
                }
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
        next
    }

    fn counts_from(&self, timer: &UnitName, config: &Effective, base: Base) -> Option<Timestamp> {
        let now = self.host.facts.now;
        let own = self.runtime_of(timer);
        let unit = config.triggers().and_then(|unit| self.runtime_of(&unit));
        let triggered = own.and_then(|own| own.triggered_at);
        match base {
            Base::Calendar => None,
            Base::Active => match own {
                Some(own) if own.active == ActiveState::Active => own.began_at,
                _ => Some(now),
            },
            Base::Boot | Base::Startup => self
                .host
                .managers
                .get(&self.scope)
                .map(|manager| manager.started_at),
            Base::UnitActive => unit.and_then(|unit| unit.began_at).max(triggered),
            Base::UnitInactive => unit.and_then(|unit| unit.ended_at).max(triggered),
        }
    }

    /// The time has come.
    pub(crate) fn elapse_timer(&mut self, timer: &UnitName) {
        let waits = self
            .runtime_of(timer)
            .is_some_and(|runtime| runtime.sub == "waiting");
        if !waits || self.stop_pending(timer) {
            return;
        }
        let unit = self.definition_of(timer).effective.triggers();
        let started = unit.is_some_and(|unit| {
            self.submit_job(JobKind::Start, &unit, Mode::Replace)
                .is_ok()
        });
        if started {
            let now = self.host.advance_millisecond();
            self.runtime_mut(timer).triggered_at = Some(now);
            self.set_state(timer, ActiveState::Active, "running");
        } else {
            self.runtime_mut(timer).result = "resources";
            self.set_state(timer, ActiveState::Failed, "failed");
        }
    }

    fn tell_timer(&mut self, timer: &UnitName, unit: &UnitName) {
        match self.runtime_of(timer).map_or("dead", |runtime| runtime.sub) {
            "waiting" | "elapsed" => self.wait_for_time(timer),
            "running" if is_down(self.state(unit)) => self.wait_for_time(timer),
            _ => {}
        }
    }

    pub(crate) fn start_path(
        &mut self,
        unit: &UnitName,
        definition: &LoadedDefinition,
    ) -> Result<(), Hold> {
        self.trigger_is_loaded(definition)?;
        self.begin_run(unit, definition);
        self.wait_for_path(unit, true);
        Ok(())
    }

    /// Starts the unit where the path is as it should be, and watches it otherwise.
    pub(crate) fn wait_for_path(&mut self, path: &UnitName, initial: bool) {
        if !initial && !matches!(self.sub_state(path), "waiting" | "running") {
            return;
        }
        self.soon
            .retain(|event| *event != PendingEvent::Recheck(path.clone()));
        let config = self.definition_of(path).effective;
        // One whose file is gone has nothing to start, and waits.
        let unit = self.graph.units_named_by(path, &[Dep::Triggers]).pop();
        let busy = unit.is_some_and(|unit| !self.is_down_for_path(&unit));
        let exists = |path: &str| {
            HostPath::parse(path).is_ok_and(|path| self.host.disk.get(&path).is_some())
        };
        let fulfilled = config
            .all_values("Path", "PathExists")
            .into_iter()
            .any(exists);
        if busy {
            self.set_state(path, ActiveState::Active, "running");
        } else if fulfilled {
            self.fire_path(path);
        } else {
            self.set_state(path, ActiveState::Active, "waiting");
        }
    }

    /// The path changed as the unit waits for.
    pub(crate) fn fire_path(&mut self, path: &UnitName) {
        if self.stop_pending(path) {
            return;
        }
        if self.fires_too_often(path) {
            // One that is upheld begins again, and keeps its manager busy for ever.
            self.host.restless |= self.is_held_up(path);
            self.runtime_mut(path).result = "trigger-limit-hit";
            self.set_state(path, ActiveState::Failed, "failed");
            return;
        }
        let unit = self.graph.units_named_by(path, &[Dep::Triggers]).pop();
        let started = unit.is_some_and(|unit| {
            self.submit_job(JobKind::Start, &unit, Mode::Replace)
                .is_ok()
        });
        if started {
            self.set_state(path, ActiveState::Active, "running");
        } else {
            self.runtime_mut(path).result = "resources";
            self.set_state(path, ActiveState::Failed, "failed");
        }
    }

    /// `TriggerLimitIntervalSec=` and `TriggerLimitBurst=`, as they are where nobody sets them.
    fn fires_too_often(&mut self, path: &UnitName) -> bool {
        let now = self.host.facts.now;
        let fired = &mut self.runtime_mut(path).fired;
        match fired.1 {
            Some(since) if now.secs_since(since) <= 2 => fired.0 += 1,
            _ => *fired = (1, Some(now)),
        }
        fired.0 > 200
    }

    fn is_down_for_path(&self, unit: &UnitName) -> bool {
        let state = self.state(unit);
        let stops = state == ActiveState::Deactivating && self.systemd_version() >= KNOWS_STOPPING;
        is_down(state) || stops
    }

    /// What was put off when the path heard of its unit.
    pub(crate) fn recheck_path(&mut self, path: &UnitName) {
        let unit = self.definition_of(path).effective.triggers();
        if unit.is_some_and(|unit| self.concerns_path(path, &unit)) {
            self.wait_for_path(path, false);
        }
    }

    fn tell_path(&mut self, path: &UnitName, unit: &UnitName) {
        if self.concerns_path(path, unit) {
            self.schedule_soon(PendingEvent::Recheck(path.clone()));
        }
    }

    /// Whether the state of its unit is new for a path. Fails the path where its unit was started too often.
    fn concerns_path(&mut self, path: &UnitName, unit: &UnitName) -> bool {
        let sub = self.sub_state(path);
        if !matches!(sub, "waiting" | "running") {
            return false;
        }
        if self.runtime_of(unit).is_some_and(|runtime| runtime.limited) {
            self.runtime_mut(path).result = "unit-start-limit-hit";
            self.set_state(path, ActiveState::Failed, "failed");
            return false;
        }
        !self.has_job(unit) && (sub == "running") == self.is_down_for_path(unit)
    }

    /// A file appeared, changed or went: path units that watch it.
    pub(crate) fn look_at(&mut self, changed: &HostPath) {
        let manager = self.host.managers.get(&self.scope);
        let runtimes = manager.into_iter().flat_map(|manager| &manager.runtimes);
        let waiting: Vec<UnitName> = runtimes
            .filter(|(name, runtime)| name.kind() == UnitKind::Path && runtime.sub == "waiting")
            .map(|(name, _)| name.clone())
            .collect();
        for path in waiting {
            let config = self.definition_of(&path).effective;
            let watches = |key| config.all_values("Path", key).contains(&changed.as_str());
            if watches("PathChanged") || watches("PathModified") {
                self.fire_path(&path);
            } else if watches("PathExists") {
                self.wait_for_path(&path, false);
            }
        }
    }

    /// After a daemon-reload timers are computed anew, and paths looked at again.
    pub(crate) fn resume_triggers(&mut self) {
        let manager = self.host.managers.get(&self.scope);
        let runtimes = manager.into_iter().flat_map(|manager| &manager.runtimes);
        let triggers: Vec<(UnitName, &'static str)> = runtimes
            .filter(|(name, _)| matches!(name.kind(), UnitKind::Timer | UnitKind::Path))
            .map(|(name, runtime)| (name.clone(), runtime.sub))
            .collect();
        for (name, sub) in triggers {
            self.runtime_mut(&name).elapsed.clear();
            match (name.kind(), sub) {
                (UnitKind::Timer, "waiting") => {
                    self.wait_for_time_from(&name, true);
                    if self.hears_again(&name) {
                        self.wait_for_time(&name);
                    }
                }
                (UnitKind::Path, "waiting" | "running") => self.wait_for_path(&name, true),
                _ => {}
            }
        }
    }
}

impl SimulatedManager<'_> {
    /// Whether what a timer starts is read back after the timer itself: it tells its timer then, which is active by now and
    /// does not count `OnActiveSec=` from the reload (`manager_coldplug` goes through a hash table).
    fn hears_again(&self, timer: &UnitName) -> bool {
        let Some(unit) = self.definition_of(timer).effective.triggers() else {
            return false;
        };
        let both = [timer.clone(), unit.clone()].into_iter().collect();
        let last = self.host.hash_order.sort_names(both).pop();
        self.state(&unit) != ActiveState::Inactive && last == Some(unit)
    }
}
