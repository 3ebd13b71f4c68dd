//! Jobs in their order (job.c).

use abide_model::{ActiveState, UnitKind, UnitName};

use super::{Engine, Hold, Job, Outcome};
use crate::deps::Dep;
use crate::kind::{Kind, is_active};
use crate::transaction::Units as _;

impl Engine<'_> {
    /// Puts a job to work. `again`: also where the unit has one that runs, it is run once more.
    pub(super) fn install(&mut self, unit: &UnitName, kind: Kind, again: bool) {
        let state = self.state(unit);
        if let Some(job) = self.jobs.get(unit).copied() {
            let merged = job.kind.merge(kind, state);
            match merged {
                None => self.finish(unit, Outcome::Canceled, false),
                Some(merged) => {
                    let joins = !again && kind != Kind::Reload && job.kind.covers(kind, state);
                    let job = Job {
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
        let job = Job {
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
            let definition = self.definition(unit);
            let nice = definition.effective.last("Service", "Nice");
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
        let waits_for_earlier = |other: &UnitName| job(other).is_some_and(|_| !kind.comes_first());
        let waits_for_later = |other: &UnitName| job(other).is_some_and(Kind::comes_first);
        !self.graph.after(unit).iter().any(waits_for_earlier)
            && !self.graph.before(unit).iter().any(waits_for_later)
    }

    /// Ends a job, fails what needed it, and lets those go on that waited for it.
    pub(super) fn finish(&mut self, unit: &UnitName, outcome: Outcome, tells: bool) {
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
            .after(unit)
            .into_iter()
            .chain(self.graph.before(unit))
        {
            if self.jobs.contains_key(&other) {
                self.queue.insert(other);
            }
        }
        self.look_whether_upheld(unit);
        self.look_whether_bound(unit);
        self.look_whether_needed(unit);
    }

    fn tell_dependents(&mut self, unit: &UnitName, kind: Kind, outcome: Outcome) {
        let starts = matches!(kind, Kind::Start | Kind::Verify);
        let up = is_active(self.state(unit));
        let told = match outcome {
            Outcome::Done if matches!(kind, Kind::Start | Kind::Reload) && !up => {
                self.graph.to(unit, &[Dep::Requisite])
            }
            Outcome::Done => Vec::new(),
            _ if starts => self.graph.dependents(unit),
            _ if kind == Kind::Stop => self.graph.to(unit, &[Dep::Conflicts]),
            _ => Vec::new(),
        };
        for other in told {
            let waits = self.jobs.get(&other).map(|job| job.kind);
            if matches!(waits, Some(Kind::Start | Kind::Verify)) {
                self.finish(&other, Outcome::Dependency, true);
            }
        }
    }
}
