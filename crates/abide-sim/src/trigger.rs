//! Units that start others: sockets, timers and paths (socket.c, timer.c and path.c of systemd 252 and 257).
//!
//! Calendars are not read: what one says never comes.

use abide_model::{ActiveState, HostPath, Timestamp, UnitKind, UnitName};
use abide_unit::Effective;

use crate::definition::Definition;
use crate::deps::Dep;
use crate::engine::{Engine, Event, Hold, Outcome};
use crate::transaction::{Kind, Units as _, is_down};

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

impl Engine<'_> {
    /// A unit changed, or its job ended: what starts it hears of it.
    pub(crate) fn tell_triggers(&mut self, unit: &UnitName) {
        for trigger in self.graph.to(unit, &[Dep::Triggers]) {
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
        definition: &Definition,
    ) -> Result<(), Hold> {
        let service = definition.effective.triggers();
        let service = service.filter(|_| !definition.effective.accepts());
        if let Some(service) = service {
            // A socket cannot take over from a service that already runs (V6).
            let active = !is_down(self.state(&service));
            if self.definition(&service).load != "loaded" || active {
                return Err(Hold::Ends(Outcome::Failed));
            }
        }
        self.begin_run(unit, definition);
        self.set_state(unit, ActiveState::Active, "listening");
        Ok(())
    }

    fn tell_socket(&mut self, socket: &UnitName, service: &UnitName) {
        let sub = self.runtime(socket).map_or("dead", |runtime| runtime.sub);
        let accepts = self.definition(socket).effective.accepts();
        if !matches!(sub, "listening" | "running") || accepts {
            return;
        }
        let limited = self.runtime(service).is_some_and(|runtime| runtime.limited);
        if limited {
            self.runtime_mut(socket).result = "service-start-limit-hit";
            self.set_state(socket, ActiveState::Failed, "failed");
            return;
        }
        if self.has_job(service) {
            return;
        }
        let runs = self.runtime(service).map_or("dead", |runtime| runtime.sub);
        if is_down(self.state(service)) && sub != "listening" {
            self.set_state(socket, ActiveState::Active, "listening");
        }
        if runs == "running" && sub != "running" {
            self.set_state(socket, ActiveState::Active, "running");
        }
    }

    pub(crate) fn start_timer(
        &mut self,
        unit: &UnitName,
        definition: &Definition,
    ) -> Result<(), Hold> {
        self.trigger_is_loaded(definition)?;
        self.begin_run(unit, definition);
        self.wait_for_time(unit);
        Ok(())
    }

    /// A timer, path or socket refuses to start where its unit is not loaded.
    fn trigger_is_loaded(&self, definition: &Definition) -> Result<(), Hold> {
        let triggered = definition.effective.triggers();
        let loaded = triggered.is_some_and(|unit| self.definition(&unit).load == "loaded");
        match loaded {
            true => Ok(()),
            false => Err(Hold::Ends(Outcome::Failed)),
        }
    }

    /// Computes when a timer elapses next.
    pub(crate) fn wait_for_time(&mut self, timer: &UnitName) {
        let config = self.definition(timer).effective;
        let mut calendar = false;
        let mut stays = false;
        let mut next: Option<Timestamp> = None;
        let now = self.host.facts.now;
        for (key, base) in BASES {
            for value in config.all("Timer", key) {
                stays |= matches!(base, Base::UnitActive | Base::UnitInactive);
                if base == Base::Calendar {
                    calendar = true;
                    continue;
                }
                let Some(from) = self.counts_from(timer, &config, base) else {
                    continue;
                };
                let at = Timestamp(from.0.saturating_add(span(value)));
                let fired = self
                    .runtime(timer)
                    .is_some_and(|runtime| runtime.triggered_at.is_some());
                let once = matches!(base, Base::Active | Base::Boot | Base::Startup);
                if fired && once && at < now {
                    continue;
                }
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
        if next.is_none() && !calendar {
            let remains = config.flag("Timer", "RemainAfterElapse") != Some(false);
            match remains || stays {
                true => self.set_state(timer, ActiveState::Active, "elapsed"),
                false => self.set_state(timer, ActiveState::Inactive, "dead"),
            }
            return;
        }
        if next.is_some_and(|next| next <= now) {
            self.later(Event::Elapsed(timer.clone()));
        }
        self.set_state(timer, ActiveState::Active, "waiting");
    }

    fn counts_from(&self, timer: &UnitName, config: &Effective, base: Base) -> Option<Timestamp> {
        let now = self.host.facts.now;
        let own = self.runtime(timer);
        let unit = config.triggers().and_then(|unit| self.runtime(&unit));
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
    pub(crate) fn elapse(&mut self, timer: &UnitName) {
        let waits = self
            .runtime(timer)
            .is_some_and(|runtime| runtime.sub == "waiting");
        if !waits || self.stop_pending(timer) {
            return;
        }
        let unit = self.definition(timer).effective.triggers();
        let started = unit.is_some_and(|unit| self.submit(Kind::Start, &unit).is_ok());
        if started {
            let now = self.host.blink();
            self.runtime_mut(timer).triggered_at = Some(now);
            self.set_state(timer, ActiveState::Active, "running");
        } else {
            self.runtime_mut(timer).result = "resources";
            self.set_state(timer, ActiveState::Failed, "failed");
        }
    }

    fn tell_timer(&mut self, timer: &UnitName, unit: &UnitName) {
        match self.runtime(timer).map_or("dead", |runtime| runtime.sub) {
            "waiting" | "elapsed" => self.wait_for_time(timer),
            "running" if is_down(self.state(unit)) => self.wait_for_time(timer),
            _ => {}
        }
    }

    pub(crate) fn start_path(
        &mut self,
        unit: &UnitName,
        definition: &Definition,
    ) -> Result<(), Hold> {
        self.trigger_is_loaded(definition)?;
        self.begin_run(unit, definition);
        self.wait_for_path(unit, true);
        Ok(())
    }

    /// Starts the unit where the path is as it should be, and watches it otherwise.
    pub(crate) fn wait_for_path(&mut self, path: &UnitName, initial: bool) {
        let sub = self.runtime(path).map_or("dead", |runtime| runtime.sub);
        if !initial && !matches!(sub, "waiting" | "running") {
            return;
        }
        let config = self.definition(path).effective;
        let unit = config.triggers();
        let busy = unit.as_ref().is_some_and(|unit| {
            let state = self.state(unit);
            !is_down(state) && state != ActiveState::Deactivating
        });
        let exists = |path: &str| {
            HostPath::parse(path).is_ok_and(|path| self.host.disk.get(&path).is_some())
        };
        let fulfilled = config.all("Path", "PathExists").into_iter().any(exists);
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
        let unit = self.definition(path).effective.triggers();
        let started = unit.is_some_and(|unit| self.submit(Kind::Start, &unit).is_ok());
        if started {
            self.set_state(path, ActiveState::Active, "running");
        } else {
            self.runtime_mut(path).result = "resources";
            self.set_state(path, ActiveState::Failed, "failed");
        }
    }

    fn tell_path(&mut self, path: &UnitName, unit: &UnitName) {
        let sub = self.runtime(path).map_or("dead", |runtime| runtime.sub);
        if !matches!(sub, "waiting" | "running") {
            return;
        }
        if self.runtime(unit).is_some_and(|runtime| runtime.limited) {
            self.runtime_mut(path).result = "unit-start-limit-hit";
            self.set_state(path, ActiveState::Failed, "failed");
            return;
        }
        if self.has_job(unit) {
            return;
        }
        let state = self.state(unit);
        let down = is_down(state) || state == ActiveState::Deactivating;
        if (sub == "running") == down {
            self.soon(Event::Recheck(path.clone()));
        }
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
            let config = self.definition(&path).effective;
            let watches = |key| config.all("Path", key).contains(&changed.as_str());
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
            .filter(|(_, runtime)| matches!(runtime.sub, "waiting" | "running"))
            .map(|(name, runtime)| (name.clone(), runtime.sub))
            .collect();
        for (name, sub) in triggers {
            match (name.kind(), sub) {
                (UnitKind::Timer, "waiting") => self.wait_for_time(&name),
                (UnitKind::Path, _) => self.wait_for_path(&name, true),
                _ => {}
            }
        }
    }
}

/// A time span in microseconds, where it is written as one number with one unit (systemd.time(7)).
fn span(text: &str) -> u64 {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits.trim().parse().unwrap_or(u64::MAX / 2);
    let unit = text.strip_prefix(digits).unwrap_or_default().trim();
    let micros: u64 = match unit {
        "us" | "usec" => 1,
        "ms" | "msec" => 1_000,
        "" | "s" | "sec" | "second" | "seconds" => 1_000_000,
        "m" | "min" | "minute" | "minutes" => 60_000_000,
        "h" | "hr" | "hour" | "hours" => 3_600_000_000,
        "d" | "day" | "days" => 86_400_000_000,
        _ => 604_800_000_000,
    };
    number.saturating_mul(micros)
}
