//! Jobs in their order (job.c).

use abide_model::{ActiveState, UnitKind, UnitName};

use super::{Hold, Outcome, RunningJob, SimulatedManager};
use crate::deps::Dep;
use crate::kind::{JobKind, is_active};
use crate::transaction::Units as _;

impl SimulatedManager<'_> {
    /// Puts a job to work. `again`: also where the unit has one that runs, it is run once more.
    pub(super) fn install(&mut self, unit: &UnitName, kind: JobKind, again: bool) {
        let state = self.state(unit);
        if let Some(job) = self.jobs.get(unit).copied() {
            let merged = job.kind.merge(kind, state);
            match merged {
                None => self.finish(unit, Outcome::Canceled, false),
                Some(merged) => {
                    let joins =
                        !again && kind != JobKind::Reload && job.kind.does_all_of(kind, state);
                    let job = RunningJob {
                        kind: merged,
                        runs: job.runs && joins,
                        ..job
                    };
                    self.jobs.insert(unit.clone(), job);
                    self.queue.insert(unit.clone());
                    return;
                }
            }
        }
        self.next_job += 1;
        let job = RunningJob {
            id: self.next_job,
            kind,
            runs: false,
        };
        self.jobs.insert(unit.clone(), job);
        self.queue.insert(unit.clone());
    }

    /// The job that runs first (`unit_compare_priority`): of slices before paths, timers, targets, sockets, services; of
    /// services those with the lower `Nice=`; then by name.
    pub(super) fn next_in_queue(&self) -> Option<UnitName> {
        let rank = |unit: &UnitName| match unit.kind() {
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
        let nice = |unit: &UnitName| {
            let definition = self.definition_of(unit);
            let nice = definition.effective.last_value("Service", "Nice");
            nice.and_then(|nice| nice.parse::<i32>().ok()).unwrap_or(0)
        };
        if self.queue.len() < 2 {
            return self.queue.first().cloned();
        }
        let first = |unit: &&UnitName| (rank(unit), nice(unit), (*unit).clone());
        self.queue.iter().min_by_key(first).cloned()
    }

    pub(super) fn run(&mut self, unit: &UnitName) {
        let Some(job) = self.jobs.get(unit).copied() else {
            return;
        };
        if job.runs || !self.is_runnable(unit, job.kind) {
            return;
        }
        self.set_runs(unit, job.id, true);
        let state = self.state(unit);
        let done = match job.kind {
            JobKind::Verify if is_active(state) => Err(Hold::Already),
            JobKind::Verify if state == ActiveState::Activating => Err(Hold::Again),
            JobKind::Verify => Err(Hold::Ends(Outcome::Skipped)),
            JobKind::Start => self.start_unit(unit),
            JobKind::Stop | JobKind::Restart => self.stop_unit(unit),
            JobKind::Reload => self.reload_unit(unit),
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

    fn is_runnable(&self, unit: &UnitName, kind: JobKind) -> bool {
        let job = |unit: &UnitName| self.jobs.get(unit).map(|job| job.kind);
        let waits_for_earlier = |other: &UnitName| job(other).is_some_and(|_| !kind.comes_first());
        let waits_for_later = |other: &UnitName| job(other).is_some_and(JobKind::comes_first);
        !self.graph.earlier_units(unit).iter().any(waits_for_earlier)
            && !self.graph.later_units(unit).iter().any(waits_for_later)
    }

    /// Ends a job, fails what needed it, and lets those go on that waited for it.
    pub(super) fn finish(&mut self, unit: &UnitName, outcome: Outcome, tells: bool) {
        let Some(job) = self.jobs.get(unit).copied() else {
            return;
        };
        if outcome == Outcome::Done && job.kind == JobKind::Restart {
            let start = RunningJob {
                kind: JobKind::Start,
                runs: false,
                ..job
            };
            self.jobs.insert(unit.clone(), start);
            self.queue.insert(unit.clone());
        } else {
            self.jobs.remove(unit);
            self.ended.insert(job.id, outcome);
            self.tell_clients(unit);
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
            .earlier_units(unit)
            .into_iter()
            .chain(self.graph.later_units(unit))
        {
            if self.jobs.contains_key(&other) {
                self.queue.insert(other);
            }
        }
        self.look_whether_upheld(unit);
        self.look_whether_bound(unit);
        self.look_whether_needed(unit);
    }

    fn tell_dependents(&mut self, unit: &UnitName, kind: JobKind, outcome: Outcome) {
        let starts = matches!(kind, JobKind::Start | JobKind::Verify);
        let up = is_active(self.state(unit));
        let told = match outcome {
            Outcome::Done if matches!(kind, JobKind::Start | JobKind::Reload) && !up => {
                self.graph.units_naming(unit, &[Dep::Requisite])
            }
            Outcome::Done => Vec::new(),
            _ if starts => self.graph.dependent_units(unit),
            _ if kind == JobKind::Stop => self.graph.units_naming(unit, &[Dep::Conflicts]),
            _ => Vec::new(),
        };
        for other in told {
            let waits = self.jobs.get(&other).map(|job| job.kind);
            if matches!(waits, Some(JobKind::Start | JobKind::Verify)) {
                self.finish(&other, Outcome::Dependency, true);
            }
        }
    }
}
