//! A service manager at work: jobs in their order, and what every change of a unit's state sets off (job.c and
//! unit.c of systemd 252 and 257).
//!
//! Time passes only here, event by event. What needs a moment on a host (a process ends) happens after everything that
//! can happen at once.

mod change;
mod garbage;
mod jobs;
mod promise;
mod unit;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use abide_model::{Scope, UnitName, UnitRef};

pub(crate) use self::change::StateChange;
pub(crate) use self::garbage::TELLS_FIRST;
use self::promise::Promises;
pub(crate) use self::unit::can_reload;
use crate::definition::LoadedDefinition;
use crate::deps::DependencyGraph;
use crate::host::{Runtime, SimHost};
use crate::kind::JobKind;
use crate::transaction::{JobRefusal, Mode, Transaction};

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
struct RunningJob {
    id: u64,
    kind: JobKind,
    runs: bool,
}

/// Something that happens by itself after a while. The number tells the run of the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PendingEvent {
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

/// What happens at once, or one after the other, before a manager is taken for one that never comes to rest.
const RESTLESS: u32 = 4000;

/// A manager at work.
pub(crate) struct SimulatedManager<'h> {
    pub(crate) host: &'h mut SimHost,
    pub(crate) scope: Scope,
    pub(crate) graph: DependencyGraph,
    jobs: BTreeMap<UnitName, RunningJob>,
    queue: BTreeSet<UnitName>,
    ended: BTreeMap<u64, Outcome>,
    next_job: u64,
    pub(crate) soon: VecDeque<PendingEvent>,
    /// What happens when, in moments; of one moment in the order in which it was begun.
    later: BTreeMap<(u64, u64), PendingEvent>,
    moment: u64,
    begun: u64,
    promises: Promises,
    happened: u32,
}

impl<'h> SimulatedManager<'h> {
    pub(crate) fn new(host: &'h mut SimHost, scope: &Scope) -> Self {
        let mut engine = Self {
            host,
            scope: scope.clone(),
            graph: DependencyGraph::default(),
            jobs: BTreeMap::new(),
            queue: BTreeSet::new(),
            ended: BTreeMap::new(),
            next_job: 0,
            soon: VecDeque::new(),
            later: BTreeMap::new(),
            moment: 0,
            begun: 0,
            promises: Promises::default(),
            happened: 0,
        };
        engine.read_graph();
        engine
    }

    /// Reads the dependencies anew after units were loaded.
    pub(crate) fn read_graph(&mut self) {
        let manager = self.host.managers.get(&self.scope);
        let order = self.host.hash_order;
        self.graph = manager.map_or_else(DependencyGraph::default, |manager| {
            DependencyGraph::new(&manager.definitions, order)
        });
    }

    /// Adds a job with all that it brings with it. Its number tells how it ended.
    pub(crate) fn submit_job(
        &mut self,
        kind: JobKind,
        unit: &UnitName,
        mode: Mode,
    ) -> Result<u64, JobRefusal> {
        let jobs = Transaction::jobs_for(self, kind, unit, mode)?;
        for (other, kind) in jobs {
            let again = mode == Mode::RestartDependencies && other == *unit;
            self.install(&other, kind, again);
        }
        // A job that was merged into one that ends at once is done with it.
        let id = self.jobs.get(unit).map_or(self.next_job, |job| job.id);
        Ok(id)
    }

    /// Lets everything happen that can happen now and later.
    pub(crate) fn run_all_events(&mut self) {
        loop {
            self.run_jobs();
            let Some(((moment, _), event)) = self.later.pop_first() else {
                return;
            };
            self.moment = moment;
            self.handle_event(event);
        }
    }

    /// Lets everything happen that needs no time, as the loop of manager.c does: first what systemd sees to on its own
    /// account, then what was put off, then all jobs that can run. There are units that never come to rest, such as two
    /// that start each other when they fail: they are left where they are at the bound.
    pub(crate) fn run_jobs(&mut self) {
        while self.happened < RESTLESS {
            self.happened += 1;
            self.look_for_garbage();
            if self.keep_promises() || self.tell_changes() {
                continue;
            }
            if let Some(event) = self.soon.pop_front() {
                self.handle_event(event);
                continue;
            }
            if self.queue.is_empty() {
                return;
            }
            while let Some(unit) = self.next_in_queue().filter(|_| self.happened < RESTLESS) {
                self.happened += 1;
                self.queue.remove(&unit);
                self.run(&unit);
            }
        }
        self.host.restless = true;
        self.queue.clear();
        self.soon.clear();
        self.later.clear();
    }

    /// How a job ended; one that never was one is done.
    pub(crate) fn job_outcome(&self, id: u64) -> Outcome {
        self.ended.get(&id).copied().unwrap_or(Outcome::Done)
    }

    pub(crate) fn schedule_soon(&mut self, event: PendingEvent) {
        if !self.soon.contains(&event) {
            self.soon.push_back(event);
        }
    }

    /// Lets something happen after so many moments.
    pub(crate) fn schedule_later(&mut self, moments: u64, event: PendingEvent) {
        self.begun += 1;
        let at = (self.moment + moments, self.begun);
        self.later.insert(at, event);
    }

    pub(crate) fn has_job(&self, unit: &UnitName) -> bool {
        self.jobs.contains_key(unit)
    }

    pub(crate) fn stop_pending(&self, unit: &UnitName) -> bool {
        self.jobs
            .get(unit)
            .is_some_and(|job| job.kind == JobKind::Stop)
    }

    pub(crate) fn unit_ref(&self, unit: &UnitName) -> UnitRef {
        UnitRef::new(&self.scope, unit)
    }

    pub(crate) fn definition_of(&self, unit: &UnitName) -> LoadedDefinition {
        self.host.definition_of(&self.unit_ref(unit))
    }

    pub(crate) fn runtime_of(&self, unit: &UnitName) -> Option<&Runtime> {
        self.host.managers.get(&self.scope)?.runtimes.get(unit)
    }

    pub(crate) fn sub_state(&self, unit: &UnitName) -> &'static str {
        self.runtime_of(unit).map_or("dead", |runtime| runtime.sub)
    }

    /// What the manager remembers of the unit from its first start on.
    pub(crate) fn runtime_mut(&mut self, unit: &UnitName) -> &mut Runtime {
        let config = self.definition_of(unit).effective;
        let manager = self.host.managers.get_mut(&self.scope);
        let manager = manager.expect("only a manager that is up works");
        let known = manager.runtimes.entry(unit.clone());
        known.or_insert_with(|| Runtime::new(config))
    }
}
