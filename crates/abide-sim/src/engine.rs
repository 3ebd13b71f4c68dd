//! A service manager at work: jobs in their order, and what every change of a unit's state sets off (job.c and
//! unit.c of systemd 252 and 257).
//!
//! Time passes only here, event by event. What needs a moment on a host (a process ends, a timer elapses) happens
//! after everything that can happen at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use abide_model::{ActiveState, Scope, UnitKind, UnitName, UnitRef};

use crate::definition::Definition;
use crate::deps::{Dep, Graph};
use crate::host::{Runtime, SimHost};
use crate::place::is_builtin;
use crate::transaction::{Kind, Refusal, Transaction, Units, is_active, is_down};

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// There was nothing to do.
    Skipped,
    Failed,
    /// Something that it needs failed.
    Dependency,
    /// Another job took its place.
    Canceled,
    /// The unit is in no state for it.
    Invalid,
}

/// Why a job does nothing, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// The unit is so already.
    Already,
    /// Not now.
    Again,
    /// A condition holds the unit back.
    Condition,
    /// The job ends so.
    Ends(Outcome),
}

/// A job under way.
#[derive(Debug, Clone, Copy)]
struct Job {
    id: u64,
    kind: Kind,
    runs: bool,
}

/// Something that happens by itself after a while. The number tells the run of the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// The main process is up, or a oneshot has done its work.
    Ready(UnitName, u64),
    /// The main process ended.
    Exited(UnitName, u64),
    /// The processes are gone after a stop.
    Stopped(UnitName, u64),
    /// `ExecReload=` ended.
    Reloaded(UnitName, u64),
    /// The pause before an automatic restart is over.
    Restart(UnitName, u64),
    /// A timer elapses.
    Elapsed(UnitName),
    /// A path unit looks again after its unit ended.
    Recheck(UnitName),
}

/// A manager at work.
pub(crate) struct Engine<'h> {
    pub(crate) host: &'h mut SimHost,
    pub(crate) scope: Scope,
    pub(crate) graph: Graph,
    jobs: BTreeMap<UnitName, Job>,
    queue: BTreeSet<UnitName>,
    ended: BTreeMap<u64, Outcome>,
    next_job: u64,
    soon: VecDeque<Event>,
    later: VecDeque<Event>,
    uphold: BTreeSet<UnitName>,
    unbind: BTreeSet<UnitName>,
    unneed: BTreeSet<UnitName>,
    happened: u32,
}

impl<'h> Engine<'h> {
    pub(crate) fn new(host: &'h mut SimHost, scope: &Scope) -> Self {
        let mut engine = Self {
            host,
            scope: scope.clone(),
            graph: Graph::default(),
            jobs: BTreeMap::new(),
            queue: BTreeSet::new(),
            ended: BTreeMap::new(),
            next_job: 0,
            soon: VecDeque::new(),
            later: VecDeque::new(),
            uphold: BTreeSet::new(),
            unbind: BTreeSet::new(),
            unneed: BTreeSet::new(),
            happened: 0,
        };
        engine.read_graph();
        engine
    }

    /// Reads the dependencies anew after units were loaded.
    pub(crate) fn read_graph(&mut self) {
        let manager = self.host.managers.get(&self.scope);
        self.graph =
            manager.map_or_else(Graph::default, |manager| Graph::new(&manager.definitions));
    }

    /// Adds a job with all that it brings with it. Its number tells how it ended.
    pub(crate) fn submit(&mut self, kind: Kind, unit: &UnitName) -> Result<u64, Refusal> {
        self.submit_as(kind, unit, false)
    }

    pub(crate) fn submit_as(
        &mut self,
        kind: Kind,
        unit: &UnitName,
        restarts: bool,
    ) -> Result<u64, Refusal> {
        let jobs = Transaction::of(self, kind, unit, restarts)?;
        for (unit, kind) in jobs {
            self.install(&unit, kind);
        }
        // A job that was merged into one that ends at once is done with it.
        let id = self.jobs.get(unit).map_or(self.next_job, |job| job.id);
        Ok(id)
    }

    /// Lets everything happen that can happen now and later.
    pub(crate) fn settle(&mut self) {
        loop {
            self.run_jobs();
            let Some(event) = self.later.pop_front() else {
                return;
            };
            self.count(&event);
            self.happen(event);
        }
    }

    /// A crash loop ends by its limit: what has no end is a fault of the simulator's.
    fn count(&mut self, what: &impl std::fmt::Debug) {
        self.happened += 1;
        assert!(self.happened < 2000, "{what:?} again and again");
    }

    /// Lets everything happen that needs no time.
    pub(crate) fn run_jobs(&mut self) {
        loop {
            if self.keep_promises() {
                continue;
            }
            if let Some(event) = self.soon.pop_front() {
                self.count(&event);
                self.happen(event);
            } else if let Some(unit) = self.next_in_queue() {
                self.count(&unit);
                self.queue.remove(&unit);
                self.run(&unit);
            } else {
                return;
            }
        }
    }

    /// How a job ended; one that never was one is done.
    pub(crate) fn outcome(&self, id: u64) -> Outcome {
        self.ended.get(&id).copied().unwrap_or(Outcome::Done)
    }

    pub(crate) fn soon(&mut self, event: Event) {
        if !self.soon.contains(&event) {
            self.soon.push_back(event);
        }
    }

    pub(crate) fn later(&mut self, event: Event) {
        if !self.later.contains(&event) {
            self.later.push_back(event);
        }
    }

    pub(crate) fn has_job(&self, unit: &UnitName) -> bool {
        self.jobs.contains_key(unit)
    }

    pub(crate) fn stop_pending(&self, unit: &UnitName) -> bool {
        self.jobs
            .get(unit)
            .is_some_and(|job| job.kind == Kind::Stop)
    }

    pub(crate) fn at(&self, unit: &UnitName) -> UnitRef {
        UnitRef::new(&self.scope, unit)
    }

    pub(crate) fn definition(&self, unit: &UnitName) -> Definition {
        self.host.definition(&self.at(unit))
    }

    pub(crate) fn runtime(&self, unit: &UnitName) -> Option<&Runtime> {
        self.host.managers.get(&self.scope)?.runtimes.get(unit)
    }

    /// What the manager remembers of the unit from its first start on.
    pub(crate) fn runtime_mut(&mut self, unit: &UnitName) -> &mut Runtime {
        let config = self.definition(unit).effective;
        let manager = self.host.managers.get_mut(&self.scope);
        let manager = manager.expect("only a manager that is up works");
        let known = manager.runtimes.entry(unit.clone());
        known.or_insert_with(|| Runtime::new(config))
    }

    /// Brings a unit into a state, with all that follows from it.
    pub(crate) fn set_state(&mut self, unit: &UnitName, active: ActiveState, sub: &'static str) {
        self.set_state_after_reload(unit, active, sub, true);
    }

    pub(crate) fn set_state_after_reload(
        &mut self,
        unit: &UnitName,
        active: ActiveState,
        sub: &'static str,
        reloaded: bool,
    ) {
        let before = self.state(unit);
        let now = self.host.blink();
        let runtime = self.runtime_mut(unit);
        (runtime.active, runtime.sub) = (active, sub);
        match (is_down(before), is_down(active)) {
            (true, false) => runtime.began_at = Some(now),
            (false, true) => runtime.ended_at = Some(now),
            _ => {}
        }
        self.notify(unit, before, active, reloaded);
    }

    fn notify(&mut self, unit: &UnitName, before: ActiveState, now: ActiveState, reloaded: bool) {
        let expected = match self.jobs.get(unit).copied() {
            Some(job) => self.tell_job(unit, job, now, reloaded),
            None => false,
        };
        if !expected {
            if is_down(before) && now.is_up() {
                self.start_what_it_needs(unit);
            } else if before.is_up() && !now.is_up() {
                self.stop_what_is_bound(unit);
            }
        }
        if before != now {
            let told = match now {
                ActiveState::Inactive if before != ActiveState::Failed => Some(Dep::OnSuccess),
                ActiveState::Failed => Some(Dep::OnFailure),
                _ => None,
            };
            if let Some(told) = told {
                self.start_named(unit, told);
            }
        }
        self.tell_triggers(unit);
        if is_down(now) {
            self.unneed.extend(self.graph.used(unit));
            self.unbind.extend(self.graph.to(unit, &[Dep::BindsTo]));
            self.uphold.insert(unit.clone());
        } else if is_active(now) {
            self.uphold.extend(self.graph.of(unit, &[Dep::Upholds]));
            self.unneed.insert(unit.clone());
            self.unbind.insert(unit.clone());
        }
    }

    /// Tells the unit's job of its new state, and whether the job accounts for it.
    fn tell_job(&mut self, unit: &UnitName, job: Job, now: ActiveState, reloaded: bool) -> bool {
        if !job.runs {
            self.queue.insert(unit.clone());
        }
        let failed = |failed| {
            if failed {
                Outcome::Failed
            } else {
                Outcome::Done
            }
        };
        match job.kind {
            Kind::Start | Kind::Verify if is_active(now) => {
                self.finish(unit, Outcome::Done, true);
                true
            }
            Kind::Start | Kind::Verify if job.runs && now != ActiveState::Activating => {
                if is_down(now) {
                    self.finish(unit, failed(now == ActiveState::Failed), true);
                }
                false
            }
            Kind::Reload if job.runs && now == ActiveState::Active => {
                self.finish(unit, failed(!reloaded), true);
                true
            }
            Kind::Reload if job.runs && !now.is_up() => {
                if is_down(now) {
                    self.finish(unit, failed(now == ActiveState::Failed), true);
                }
                false
            }
            Kind::Stop | Kind::Restart if is_down(now) => {
                self.finish(unit, Outcome::Done, true);
                true
            }
            Kind::Stop | Kind::Restart if job.runs && now != ActiveState::Deactivating => {
                self.finish(unit, Outcome::Failed, true);
                false
            }
            _ => true,
        }
    }

    fn start_what_it_needs(&mut self, unit: &UnitName) {
        let after = self.graph.after(unit);
        let needs = self.graph.of(
            unit,
            &[Dep::Requires, Dep::BindsTo, Dep::Upholds, Dep::Wants],
        );
        for other in needs {
            if !after.contains(&other) && !self.state(&other).is_up() {
                let _cannot = self.submit(Kind::Start, &other).is_err();
            }
        }
        for other in self.graph.opponents(unit) {
            if self.state(&other).is_up() {
                let _cannot = self.submit(Kind::Stop, &other).is_err();
            }
        }
    }

    fn stop_what_is_bound(&mut self, unit: &UnitName) {
        for other in self.graph.bound(unit) {
            if self.state(&other).is_up() {
                let _cannot = self.submit(Kind::Stop, &other).is_err();
            }
        }
    }

    fn start_named(&mut self, unit: &UnitName, dep: Dep) {
        for other in self.graph.of(unit, &[dep]) {
            let _cannot = self.submit(Kind::Start, &other).is_err();
        }
    }

    /// What systemd sees to all the time: `Upholds=`, `BindsTo=`, `StopWhenUnneeded=`. Whether anything was done.
    fn keep_promises(&mut self) -> bool {
        for unit in std::mem::take(&mut self.uphold) {
            let upheld = self.graph.to(&unit, &[Dep::Upholds]);
            let upheld = upheld
                .iter()
                .any(|other| !self.has_job(other) && is_active(self.state(other)));
            if upheld && is_down(self.state(&unit)) && !self.has_job(&unit) && self.may_act(&unit) {
                let _cannot = self.submit(Kind::Start, &unit).is_err();
                return true;
            }
        }
        for unit in std::mem::take(&mut self.unbind) {
            let binds = self.graph.of(&unit, &[Dep::BindsTo]);
            let loose = binds
                .iter()
                .any(|other| !self.has_job(other) && is_down(self.state(other)));
            let rests = self.state(&unit) == ActiveState::Active && !self.has_job(&unit);
            if loose && rests && self.may_act(&unit) {
                let _cannot = self.submit(Kind::Stop, &unit).is_err();
                return true;
            }
        }
        for unit in std::mem::take(&mut self.unneed) {
            if self.is_unneeded(&unit) && self.may_act(&unit) {
                let _cannot = self.submit(Kind::Stop, &unit).is_err();
                return true;
            }
        }
        false
    }

    fn is_unneeded(&self, unit: &UnitName) -> bool {
        let definition = self.definition(unit);
        definition.effective.flag("Unit", "StopWhenUnneeded") == Some(true)
            && self.state(unit) == ActiveState::Active
            && !self.has_job(unit)
            && self
                .graph
                .users(unit)
                .iter()
                .all(|other| !self.has_job(other) && is_down(self.state(other)))
    }

    /// systemd acts sixteen times in a row on its own account, then it gives a unit up.
    fn may_act(&mut self, unit: &UnitName) -> bool {
        let runtime = self.runtime_mut(unit);
        runtime.acted += 1;
        runtime.acted <= 16
    }

    fn install(&mut self, unit: &UnitName, kind: Kind) {
        let state = self.state(unit);
        if let Some(job) = self.jobs.get(unit).copied() {
            let merged = job.kind.merge(kind, state);
            match merged {
                None => self.finish(unit, Outcome::Canceled, false),
                Some(merged) => {
                    let joins = !job.runs || kind != Kind::Reload && merged == job.kind;
                    let runs = job.runs && joins;
                    let job = Job {
                        kind: merged,
                        runs,
                        ..job
                    };
                    self.jobs.insert(unit.clone(), job);
                    self.queue.insert(unit.clone());
                    return;
                }
            }
        }
        self.next_job += 1;
        let job = Job {
            id: self.next_job,
            kind,
            runs: false,
        };
        self.jobs.insert(unit.clone(), job);
        self.queue.insert(unit.clone());
    }

    /// The job that runs first: of slices before paths, timers, targets, sockets, services; then by name.
    fn next_in_queue(&self) -> Option<UnitName> {
        let rank = |unit: &&UnitName| match unit.kind() {
            UnitKind::Slice => 0,
            UnitKind::Path => 1,
            UnitKind::Timer => 2,
            UnitKind::Automount => 3,
            UnitKind::Target => 4,
            UnitKind::Socket => 5,
            UnitKind::Swap => 6,
            UnitKind::Mount => 7,
            _ => 8,
        };
        self.queue
            .iter()
            .min_by_key(|unit| (rank(unit), (*unit).clone()))
            .cloned()
    }

    fn run(&mut self, unit: &UnitName) {
        let Some(job) = self.jobs.get(unit).copied() else {
            return;
        };
        if job.runs || !self.is_runnable(unit, job.kind) {
            return;
        }
        self.set_runs(unit, job.id, true);
        let state = self.state(unit);
        let done = match job.kind {
            Kind::Verify if is_active(state) => Err(Hold::Already),
            Kind::Verify if state == ActiveState::Activating => Err(Hold::Again),
            Kind::Verify => Err(Hold::Ends(Outcome::Skipped)),
            Kind::Start => self.start_unit(unit),
            Kind::Stop | Kind::Restart => self.stop_unit(unit),
            Kind::Reload => self.reload_unit(unit),
        };
        // The job may have ended meanwhile.
        if self.jobs.get(unit).is_none_or(|now| now.id != job.id) {
            return;
        }
        match done {
            Ok(()) => {}
            Err(Hold::Again) => self.set_runs(unit, job.id, false),
            Err(Hold::Already | Hold::Condition) => self.finish(unit, Outcome::Done, true),
            Err(Hold::Ends(outcome)) => self.finish(unit, outcome, true),
        }
    }

    fn set_runs(&mut self, unit: &UnitName, id: u64, runs: bool) {
        if let Some(job) = self.jobs.get_mut(unit).filter(|job| job.id == id) {
            job.runs = runs;
        }
    }

    fn is_runnable(&self, unit: &UnitName, kind: Kind) -> bool {
        let job = |unit: &UnitName| self.jobs.get(unit).map(|job| job.kind);
        let waits_for_earlier =
            |other: &UnitName| job(other).is_some_and(|_| !Kind::comes_after(kind));
        let waits_for_later = |other: &UnitName| job(other).is_some_and(Kind::comes_after);
        !self.graph.after(unit).iter().any(waits_for_earlier)
            && !self.graph.before(unit).iter().any(waits_for_later)
    }

    /// Ends a job, fails what needed it, and lets those go on that waited for it.
    fn finish(&mut self, unit: &UnitName, outcome: Outcome, tells: bool) {
        let Some(job) = self.jobs.get(unit).copied() else {
            return;
        };
        if outcome == Outcome::Done && job.kind == Kind::Restart {
            let start = Job {
                kind: Kind::Start,
                runs: false,
                ..job
            };
            self.jobs.insert(unit.clone(), start);
            self.queue.insert(unit.clone());
        } else {
            self.jobs.remove(unit);
            self.ended.insert(job.id, outcome);
            if tells {
                self.tell_dependents(unit, job.kind, outcome);
            }
            if outcome == Outcome::Dependency {
                self.start_named(unit, Dep::OnFailure);
            }
            self.tell_triggers(unit);
        }
        for other in self
            .graph
            .after(unit)
            .into_iter()
            .chain(self.graph.before(unit))
        {
            if self.jobs.contains_key(&other) {
                self.queue.insert(other);
            }
        }
        self.uphold.insert(unit.clone());
        self.unbind.insert(unit.clone());
        self.unneed.insert(unit.clone());
    }

    fn tell_dependents(&mut self, unit: &UnitName, kind: Kind, outcome: Outcome) {
        let starts = matches!(kind, Kind::Start | Kind::Verify);
        let up = is_active(self.state(unit));
        let told = match outcome {
            Outcome::Done if matches!(kind, Kind::Start | Kind::Reload) && !up => {
                self.graph.to(unit, &[Dep::Requisite])
            }
            Outcome::Done => BTreeSet::new(),
            _ if starts => self.graph.dependents(unit),
            _ if kind == Kind::Stop => self.graph.to(unit, &[Dep::Conflicts]),
            _ => BTreeSet::new(),
        };
        for other in told {
            let waits = self.jobs.get(&other).map(|job| job.kind);
            if matches!(waits, Some(Kind::Start | Kind::Verify)) {
                self.finish(&other, Outcome::Dependency, true);
            }
        }
    }

    fn start_unit(&mut self, unit: &UnitName) -> Result<(), Hold> {
        let state = self.state(unit);
        if is_active(state) {
            return Err(Hold::Already);
        }
        let definition = self.definition(unit);
        if definition.load != "loaded" {
            return Err(Hold::Ends(Outcome::Failed));
        }
        if state != ActiveState::Activating {
            let holds = self.host.condition_holds(&definition.effective);
            self.runtime_mut(unit).condition = holds;
            if !holds {
                return Err(Hold::Condition);
            }
        }
        let after = self.graph.after(unit);
        for other in self.graph.of(unit, &[Dep::BindsTo]) {
            if after.contains(&other) && !is_active(self.state(&other)) {
                return Err(Hold::Ends(Outcome::Dependency));
            }
        }
        self.start(unit, &definition)
    }

    fn stop_unit(&mut self, unit: &UnitName) -> Result<(), Hold> {
        if is_down(self.state(unit)) {
            return Err(Hold::Already);
        }
        self.stop(unit);
        Ok(())
    }

    fn reload_unit(&mut self, unit: &UnitName) -> Result<(), Hold> {
        match self.state(unit) {
            ActiveState::Active => {
                self.reload(unit);
                Ok(())
            }
            ActiveState::Reloading => Err(Hold::Again),
            _ => Err(Hold::Ends(Outcome::Invalid)),
        }
    }
}

impl Units for Engine<'_> {
    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn state(&self, unit: &UnitName) -> ActiveState {
        match self.runtime(unit) {
            Some(runtime) => runtime.active,
            None if is_builtin(&self.scope, unit) && unit.as_str() != "shutdown.target" => {
                ActiveState::Active
            }
            None => ActiveState::Inactive,
        }
    }

    fn installed(&self, unit: &UnitName) -> Option<Kind> {
        self.jobs.get(unit).map(|job| job.kind)
    }

    fn check(&mut self, kind: Kind, unit: &UnitName) -> Result<(), Refusal> {
        if kind != Kind::Stop {
            if self.host.look_again(&self.at(unit)) {
                self.read_graph();
            }
            startable(&self.definition(unit)).map_err(Refusal::Impossible)?;
        }
        if kind == Kind::Reload && !can_reload(&self.definition(unit), &self.graph) {
            return Err(Refusal::NotApplicable(format!(
                "Job type reload is not applicable for unit {unit}."
            )));
        }
        Ok(())
    }

    fn systemd(&self) -> u32 {
        self.host.facts.systemd
    }
}

/// Whether a unit has a way to reload: a command, or others that it passes the reload on to.
pub(crate) fn can_reload(unit: &Definition, graph: &Graph) -> bool {
    match unit.id.kind() {
        UnitKind::Service | UnitKind::Mount => unit.effective.can_reload(),
        _ => !graph.of(&unit.id, &[Dep::PropagatesReloadTo]).is_empty(),
    }
}

/// Whether a unit is loaded so that it can be started; the text is systemctl's, in short.
pub(crate) fn startable(definition: &Definition) -> Result<(), String> {
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
