//! The jobs of a transaction while they are sorted out: what is redundant, in a circle, contradicts another or is no
//! longer asked for goes; what is left of a unit becomes one job (transaction.c of systemd 252 and 257).

use std::collections::{BTreeMap, BTreeSet};

use abide_model::UnitName;

use crate::kind::JobKind;
use crate::order::NameOrder;
use crate::transaction::{JobRefusal, Mode, Units};

/// The first job: the one that was asked for.
pub(crate) const ANCHOR: usize = 0;

#[derive(Debug, Clone)]
struct DraftJob {
    unit: UnitName,
    kind: JobKind,
    matters: bool,
}

/// One job asks for another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JobLink {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Without the other it cannot be.
    pub(crate) matters: bool,
    pub(crate) conflicts: bool,
}

/// The jobs while they are gathered and sorted out.
#[derive(Debug, Default)]
pub(crate) struct TransactionDraft {
    jobs: BTreeMap<usize, DraftJob>,
    links: Vec<JobLink>,
    next: usize,
    order: NameOrder,
}

impl TransactionDraft {
    pub(crate) fn new(order: NameOrder) -> Self {
        Self {
            order,
            ..Self::default()
        }
    }

    /// Adds a job, unless it is there. Its number, and whether it is new.
    pub(crate) fn add(&mut self, kind: JobKind, unit: &UnitName) -> (usize, bool) {
        let mut known = self.of_unit(unit).filter(|(_, job)| job.kind == kind);
        if let Some((id, _)) = known.next() {
            return (id, false);
        }
        drop(known);
        let id = self.next;
        self.next += 1;
        let job = DraftJob {
            unit: unit.clone(),
            kind,
            matters: false,
        };
        self.jobs.insert(id, job);
        (id, true)
    }

    pub(crate) fn link(&mut self, link: JobLink) {
        self.links.push(link);
    }

    /// The kinds of a unit's jobs.
    pub(crate) fn job_kinds(&self, unit: &UnitName) -> Vec<JobKind> {
        self.of_unit(unit).map(|(_, job)| job.kind).collect()
    }

    /// Sorts the jobs out (`transaction_activate`).
    pub(crate) fn reduce(
        mut self,
        units: &impl Units,
        mode: Mode,
    ) -> Result<BTreeMap<UnitName, JobKind>, JobRefusal> {
        self.mark();
        if mode == Mode::Fail {
            self.minimize_impact(units);
        }
        self.drop_redundant(units);
        loop {
            self.collect_garbage();
            if !self.break_cycle(units)? {
                break;
            }
        }
        while self.drop_contradiction()? {
            self.collect_garbage();
        }
        self.merge(units);
        self.drop_redundant(units);
        if mode == Mode::Fail {
            self.refuse_destruction(units)?;
        }
        let jobs = self.jobs.into_values();
        Ok(jobs.map(|job| (job.unit, job.kind)).collect())
    }

    /// Deletes a job, and with it those that cannot be without it.
    pub(crate) fn delete(&mut self, id: usize, with_those_it_matters_to: bool) {
        self.jobs.remove(&id);
        let gone = self.links.iter();
        let needs: Vec<usize> = gone
            .filter(|link| link.to == id && link.matters)
            .map(|link| link.from)
            .collect();
        self.links.retain(|link| link.from != id && link.to != id);
        if with_those_it_matters_to {
            for other in needs {
                if self.jobs.contains_key(&other) {
                    self.delete(other, true);
                }
            }
        }
    }

    fn of_unit(&self, unit: &UnitName) -> impl Iterator<Item = (usize, &DraftJob)> {
        let unit = unit.clone();
        let jobs = self.jobs.iter();
        jobs.filter(move |(_, job)| job.unit == unit)
            .map(|(id, job)| (*id, job))
    }

    fn units(&self) -> Vec<UnitName> {
        let units = self.jobs.values().map(|job| job.unit.clone());
        self.order.sort_names(units.collect())
    }

    /// Marks the jobs without which the first cannot be.
    fn mark(&mut self) {
        let mut next = vec![ANCHOR];
        while let Some(id) = next.pop() {
            if let Some(job) = self.jobs.get_mut(&id)
                && !job.matters
            {
                job.matters = true;
                let links = self.links.iter();
                let asked = links.filter(|link| link.from == id && link.matters);
                next.extend(asked.map(|link| link.to));
            }
        }
    }

    /// Drops what does not matter and would stop what runs, or replace a job that is under way.
    fn minimize_impact(&mut self, units: &impl Units) {
        let harms = |job: &DraftJob| {
            let stops = job.kind == JobKind::Stop && units.state(&job.unit).is_up();
            !job.matters && (stops || contradicts_installed_job(units, job))
        };
        while let Some(id) = self.jobs.iter().find(|(_, job)| harms(job)) {
            self.delete(*id.0, true);
        }
    }

    /// Drops the jobs of units all of whose jobs would do nothing.
    fn drop_redundant(&mut self, units: &impl Units) {
        for unit in self.units() {
            let state = units.state(&unit);
            let idle = |(id, job): (usize, &DraftJob)| {
                id != ANCHOR
                    && job.kind.is_redundant(state)
                    && !contradicts_installed_job(units, job)
            };
            if self.of_unit(&unit).all(idle) {
                self.delete_all(&unit, false);
            }
        }
    }

    fn delete_all(&mut self, unit: &UnitName, with_those_it_matters_to: bool) {
        let ids: Vec<usize> = self.of_unit(unit).map(|(id, _)| id).collect();
        for id in ids {
            self.delete(id, with_those_it_matters_to);
        }
    }

    /// Drops what no other job asks for any more. Of each unit only the job that came last is looked at
    /// (`transaction_collect_garbage`): others stay, and may contradict it.
    fn collect_garbage(&mut self) {
        loop {
            let asked: BTreeSet<usize> = self.links.iter().map(|link| link.to).collect();
            let last: BTreeMap<&UnitName, usize> =
                self.jobs.iter().map(|(id, job)| (&job.unit, *id)).collect();
            let unasked = |id: &usize| *id != ANCHOR && !asked.contains(id);
            let Some(id) = last.into_values().find(unasked) else {
                return;
            };
            self.delete(id, true);
        }
    }

    /// Where two jobs of a unit contradict each other, drops the one that matters less.
    fn drop_contradiction(&mut self) -> Result<bool, JobRefusal> {
        for unit in self.units() {
            let jobs: Vec<(usize, DraftJob)> = self
                .of_unit(&unit)
                .map(|(id, job)| (id, job.clone()))
                .collect();
            // Those that came last are looked at first.
            let last = |stops: bool| {
                let mut jobs = jobs.iter().rev();
                jobs.find(|(_, job)| (job.kind == JobKind::Stop) == stops)
            };
            let (Some((stop, stopping)), Some((other, starting))) = (last(true), last(false))
            else {
                continue;
            };
            let mut conflicts = self.links.iter();
            let conflicted = conflicts.any(|link| link.to == *stop && link.conflicts);
            let dropped = match (stopping.matters, starting.matters) {
                (false, false) if conflicted => *other,
                (false, _) => *stop,
                (true, false) => *other,
                (true, true) => {
                    return Err(JobRefusal::Impossible(
                        format!("Transaction contains conflicting jobs for {unit}.").into(),
                    ));
                }
            };
            self.delete(dropped, true);
            return Ok(true);
        }
        Ok(false)
    }

    /// Makes the jobs of each unit one.
    fn merge(&mut self, units: &impl Units) {
        for unit in self.units() {
            let state = units.state(&unit);
            let jobs: Vec<(usize, JobKind)> = self
                .of_unit(&unit)
                .map(|(id, job)| (id, job.kind))
                .collect();
            let Some((first, kind)) = jobs.first().copied() else {
                continue;
            };
            let others = jobs.iter().skip(1);
            let merged = others.clone().fold(kind, |kind, (_, other)| {
                kind.merge(*other, state).unwrap_or(kind)
            });
            for (id, _) in others {
                let ends = self.links.iter_mut();
                let ends = ends.flat_map(|link| [&mut link.from, &mut link.to]);
                ends.filter(|end| **end == *id).for_each(|end| *end = first);
                self.jobs.remove(id);
            }
            if let Some(job) = self.jobs.get_mut(&first) {
                job.kind = merged;
            }
        }
    }

    /// A job that systemd adds on its own account replaces none that is under way.
    fn refuse_destruction(&self, units: &impl Units) -> Result<(), JobRefusal> {
        match self
            .jobs
            .values()
            .find(|job| contradicts_installed_job(units, job))
        {
            Some(job) => Err(JobRefusal::Impossible(
                format!("Transaction is destructive ({} has a job).", job.unit).into(),
            )),
            None => Ok(()),
        }
    }

    /// Finds jobs that wait for each other, and drops one that does not matter.
    fn break_cycle(&mut self, units: &impl Units) -> Result<bool, JobRefusal> {
        let mut done = BTreeSet::new();
        for unit in self.units() {
            let mut path = Vec::new();
            let Some(cycle) = self.cycle_from(units, &unit, &mut path, &mut done) else {
                continue;
            };
            let of_unit = |unit: &UnitName| {
                let mut jobs = self.of_unit(unit).peekable();
                jobs.peek().is_some() && jobs.all(|(_, job)| !job.matters)
            };
            let dropped = cycle.iter().rev().find(|unit| of_unit(unit));
            let Some(dropped) = dropped.cloned() else {
                return Err(JobRefusal::Impossible(
                    "Transaction order is cyclic.".into(),
                ));
            };
            self.delete_all(&dropped, true);
            return Ok(true);
        }
        Ok(false)
    }

    fn cycle_from(
        &self,
        units: &impl Units,
        unit: &UnitName,
        path: &mut Vec<UnitName>,
        done: &mut BTreeSet<UnitName>,
    ) -> Option<Vec<UnitName>> {
        if let Some(at) = path.iter().position(|other| other == unit) {
            return Some(path.iter().skip(at).cloned().collect());
        }
        if done.contains(unit) {
            return None;
        }
        let kind = self.kind_of(units, unit)?;
        path.push(unit.clone());
        let graph = units.unit_graph();
        let later = graph.later_units(unit).into_iter().filter(|other| {
            let kind = self.kind_of(units, other);
            kind.is_some_and(|kind| !kind.comes_first())
        });
        let earlier = graph.earlier_units(unit).into_iter();
        let earlier = earlier.filter(|_| kind.comes_first());
        for other in later.chain(earlier) {
            if let Some(cycle) = self.cycle_from(units, &other, path, done) {
                return Some(cycle);
            }
        }
        path.pop();
        done.insert(unit.clone());
        None
    }

    /// The kind of a unit's job that was added last, or that is under way.
    fn kind_of(&self, units: &impl Units, unit: &UnitName) -> Option<JobKind> {
        let last = self.of_unit(unit).map(|(_, job)| job.kind).last();
        last.or_else(|| units.installed_job(unit))
    }
}

/// Whether the job would replace one of its unit that is under way.
fn contradicts_installed_job(units: &impl Units, job: &DraftJob) -> bool {
    let installed = units.installed_job(&job.unit);
    installed.is_some_and(|other| job.kind.merge(other, units.state(&job.unit)).is_none())
}
