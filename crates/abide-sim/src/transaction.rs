//! What one job brings with it: the jobs of everything that the unit names, reduced to what is needed and possible
//! (transaction.c of systemd 252 and 257).

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{ActiveState, UnitName};

use crate::deps::{Dep, Graph};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Start,
    /// Succeeds where the unit is active.
    Verify,
    Stop,
    Reload,
    Restart,
}

impl Kind {
    /// What does both; `None` where that is impossible.
    pub(crate) fn merge(self, other: Self, state: ActiveState) -> Option<Self> {
        let (a, b) = if self <= other {
            (self, other)
        } else {
            (other, self)
        };
        Some(match (a, b) {
            _ if a == b => a,
            (Self::Stop, _) | (_, Self::Stop) => return None,
            (_, Self::Restart) | (Self::Restart, _) => Self::Restart,
            (Self::Start, Self::Reload) => match is_active(state) {
                true => Self::Reload,
                false => Self::Start,
            },
            (Self::Verify, Self::Reload) => Self::Reload,
            _ => Self::Start,
        })
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_redundant(self, state: ActiveState) -> bool {
        match self {
            Self::Start | Self::Verify => is_active(state),
            Self::Stop => is_down(state),
            Self::Reload | Self::Restart => false,
        }
    }

    /// Whether two jobs of units in this order (`self` of the one before) run in the other order: stops come first.
    pub(crate) fn comes_after(other: Self) -> bool {
        matches!(other, Self::Stop | Self::Restart)
    }
}

/// `active` or `reloading`.
pub(crate) fn is_active(state: ActiveState) -> bool {
    matches!(state, ActiveState::Active | ActiveState::Reloading)
}

/// `inactive` or `failed`.
pub(crate) fn is_down(state: ActiveState) -> bool {
    matches!(state, ActiveState::Inactive | ActiveState::Failed)
}

/// Why a job cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The type of unit has no such job.
    NotApplicable(String),
    /// The unit is not loaded as it would have to be, or the jobs contradict each other.
    Impossible(String),
}

impl Refusal {
    pub(crate) fn text(self) -> String {
        match self {
            Self::NotApplicable(text) | Self::Impossible(text) => text,
        }
    }
}

/// What a transaction asks about its manager.
pub(crate) trait Units {
    fn graph(&self) -> &Graph;
    fn state(&self, unit: &UnitName) -> ActiveState;
    /// The job that is under way.
    fn installed(&self, unit: &UnitName) -> Option<Kind>;
    /// Whether the unit can have the job; it is read now if nothing was found at its place before.
    fn check(&mut self, kind: Kind, unit: &UnitName) -> Result<(), Refusal>;
    /// systemd's version.
    fn systemd(&self) -> u32;
}

#[derive(Debug, Clone)]
struct Job {
    unit: UnitName,
    kind: Kind,
    matters: bool,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    from: usize,
    to: usize,
    matters: bool,
    conflicts: bool,
}

/// The jobs while they are gathered and sorted out.
pub(crate) struct Transaction<'u, U> {
    units: &'u mut U,
    jobs: BTreeMap<usize, Job>,
    links: Vec<Link>,
    next: usize,
}

/// The first job: the one that was asked for.
const ANCHOR: usize = 0;
/// Since here a stop that is propagated by `PropagatesStopTo=` becomes a restart where the unit is needed.
const GRACEFUL_STOP: u32 = 254;
/// Since here a job whose requirement cannot be had leaves the transaction again.
const DROPS_UNWANTED: u32 = 254;

/// Which kind of call adds a job.
#[derive(Debug, Clone, Copy, Default)]
struct By {
    job: Option<usize>,
    matters: bool,
    conflicts: bool,
    graceful: bool,
}

impl<'u, U: Units> Transaction<'u, U> {
    /// The jobs that one job comes to. `restarts` has it restart what a restart would (an automatic restart).
    pub(crate) fn of(
        units: &'u mut U,
        kind: Kind,
        unit: &UnitName,
        restarts: bool,
    ) -> Result<BTreeMap<UnitName, Kind>, Refusal> {
        let mut transaction = Self {
            units,
            jobs: BTreeMap::new(),
            links: Vec::new(),
            next: ANCHOR,
        };
        transaction.add(kind, unit, By::default(), restarts)?;
        transaction.mark(ANCHOR);
        transaction.drop_redundant();
        loop {
            transaction.collect_garbage();
            if !transaction.break_cycle()? {
                break;
            }
        }
        while transaction.drop_contradiction()? {
            transaction.collect_garbage();
        }
        transaction.merge();
        transaction.drop_redundant();
        let jobs = transaction.jobs.into_values();
        Ok(jobs.map(|job| (job.unit, job.kind)).collect())
    }

    fn add(&mut self, kind: Kind, unit: &UnitName, by: By, restarts: bool) -> Result<(), Refusal> {
        self.units.check(kind, unit)?;
        let known = self
            .jobs
            .iter()
            .find(|(_, job)| job.unit == *unit && job.kind == kind)
            .map(|(id, _)| *id);
        let id = known.unwrap_or(self.next);
        if known.is_none() {
            self.next += 1;
            let job = Job {
                unit: unit.clone(),
                kind,
                matters: false,
            };
            self.jobs.insert(id, job);
        }
        if let Some(from) = by.job {
            self.links.push(Link {
                from,
                to: id,
                matters: by.matters,
                conflicts: by.conflicts,
            });
        }
        if known.is_some() {
            return Ok(());
        }
        self.pull_in(kind, unit, id).inspect_err(|_| {
            if self.units.systemd() >= DROPS_UNWANTED {
                self.delete(id, false);
            }
        })?;
        self.propagate(kind, unit, id, by, restarts)
    }

    /// What a start needs, wants, and cannot stand.
    fn pull_in(&mut self, kind: Kind, unit: &UnitName, id: usize) -> Result<(), Refusal> {
        if !matches!(kind, Kind::Start | Kind::Restart) {
            return Ok(());
        }
        let graph = self.units.graph();
        let required = graph.of(unit, &[Dep::Requires, Dep::BindsTo]);
        let wanted = graph.of(unit, &[Dep::Wants, Dep::Upholds]);
        let verified = graph.of(unit, &[Dep::Requisite]);
        let conflicts = graph.of(unit, &[Dep::Conflicts]);
        let conflicted = graph.to(unit, &[Dep::Conflicts]);
        let by = |matters, conflicts| By {
            job: Some(id),
            matters,
            conflicts,
            graceful: false,
        };
        for other in required {
            applicable(self.add(Kind::Start, &other, by(true, false), false))?;
        }
        for other in wanted {
            let _missing = self
                .add(Kind::Start, &other, by(false, false), false)
                .is_err();
        }
        for other in verified {
            applicable(self.add(Kind::Verify, &other, by(true, false), false))?;
        }
        for other in conflicts {
            applicable(self.add(Kind::Stop, &other, by(true, true), false))?;
        }
        for other in conflicted {
            let _missing = self
                .add(Kind::Stop, &other, by(false, false), false)
                .is_err();
        }
        Ok(())
    }

    /// What stops, restarts and reloads with it.
    fn propagate(
        &mut self,
        kind: Kind,
        unit: &UnitName,
        id: usize,
        by: By,
        restarts: bool,
    ) -> Result<(), Refusal> {
        let graceful = self.units.systemd() >= GRACEFUL_STOP;
        let mut from = By {
            job: Some(id),
            matters: true,
            conflicts: false,
            graceful: false,
        };
        if matches!(kind, Kind::Stop | Kind::Restart) || restarts {
            let mut followers = self.units.graph().followers(unit);
            let told = self.units.graph().of(unit, &[Dep::PropagatesStopTo]);
            if !graceful && kind == Kind::Stop {
                followers.extend(told.iter().cloned());
            }
            for other in followers {
                let up = self.units.state(&other).is_up();
                let propagated = match kind {
                    Kind::Stop => Kind::Stop,
                    _ if up => Kind::Restart,
                    _ => continue,
                };
                applicable(self.add(propagated, &other, from, false))?;
            }
            if graceful && (by.job.is_none() || by.graceful) {
                from.graceful = true;
                for other in told {
                    if let Some(kind) = self.graceful_stop(&other) {
                        applicable(self.add(kind, &other, from, false))?;
                    }
                }
            }
        }
        if kind == Kind::Reload {
            for other in self.units.graph().of(unit, &[Dep::PropagatesReloadTo]) {
                if is_active(self.units.state(&other)) {
                    let told = By {
                        job: Some(id),
                        ..By::default()
                    };
                    let _cannot = self.add(Kind::Reload, &other, told, false).is_err();
                }
            }
        }
        Ok(())
    }

    fn graceful_stop(&self, unit: &UnitName) -> Option<Kind> {
        let kinds: Vec<Kind> = self.of_unit(unit).map(|(_, job)| job.kind).collect();
        if kinds.iter().any(|kind| Kind::comes_after(*kind)) {
            None
        } else if kinds.contains(&Kind::Start) {
            Some(Kind::Restart)
        } else {
            Some(Kind::Stop)
        }
    }

    fn of_unit(&self, unit: &UnitName) -> impl Iterator<Item = (usize, &Job)> {
        let unit = unit.clone();
        let jobs = self.jobs.iter();
        jobs.filter(move |(_, job)| job.unit == unit)
            .map(|(id, job)| (*id, job))
    }

    fn mark(&mut self, id: usize) {
        let mut next = vec![id];
        while let Some(id) = next.pop() {
            if let Some(job) = self.jobs.get_mut(&id)
                && !job.matters
            {
                job.matters = true;
                let links = self.links.iter();
                next.extend(
                    links
                        .filter(|link| link.from == id && link.matters)
                        .map(|link| link.to),
                );
            }
        }
    }

    fn delete(&mut self, id: usize, with_those_it_matters_to: bool) {
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

    /// Drops the jobs of units all of whose jobs would do nothing.
    fn drop_redundant(&mut self) {
        let units: BTreeSet<UnitName> = self.jobs.values().map(|job| job.unit.clone()).collect();
        for unit in units {
            let state = self.units.state(&unit);
            let installed = self.units.installed(&unit);
            let contradicts =
                |kind: Kind| installed.is_some_and(|other| kind.merge(other, state).is_none());
            let idle = |(id, job): (usize, &Job)| {
                id != ANCHOR && job.kind.is_redundant(state) && !contradicts(job.kind)
            };
            if self.of_unit(&unit).all(idle) {
                let ids: Vec<usize> = self.of_unit(&unit).map(|(id, _)| id).collect();
                for id in ids {
                    self.delete(id, false);
                }
            }
        }
    }

    /// Drops what no other job asks for any more.
    fn collect_garbage(&mut self) {
        loop {
            let asked: BTreeSet<usize> = self.links.iter().map(|link| link.to).collect();
            let unasked = |id: &&usize| **id != ANCHOR && !asked.contains(id);
            let Some(id) = self.jobs.keys().find(unasked).copied() else {
                return;
            };
            self.delete(id, true);
        }
    }

    /// Where two jobs of a unit contradict each other, drops the one that matters less.
    fn drop_contradiction(&mut self) -> Result<bool, Refusal> {
        let units: BTreeSet<UnitName> = self.jobs.values().map(|job| job.unit.clone()).collect();
        for unit in units {
            let jobs: Vec<(usize, Job)> = self
                .of_unit(&unit)
                .map(|(id, job)| (id, job.clone()))
                .collect();
            let stop = jobs.iter().find(|(_, job)| job.kind == Kind::Stop);
            let other = jobs.iter().find(|(_, job)| job.kind != Kind::Stop);
            let (Some((stop, stopping)), Some((other, starting))) = (stop, other) else {
                continue;
            };
            let conflicted = self
                .links
                .iter()
                .any(|link| link.to == *stop && link.conflicts);
            let dropped = match (stopping.matters, starting.matters) {
                (false, false) if conflicted => *other,
                (false, _) => *stop,
                (true, false) => *other,
                (true, true) => {
                    return Err(Refusal::Impossible(format!(
                        "Transaction contains conflicting jobs for {unit}."
                    )));
                }
            };
            self.delete(dropped, true);
            return Ok(true);
        }
        Ok(false)
    }

    /// Makes the jobs of each unit one.
    fn merge(&mut self) {
        let units: BTreeSet<UnitName> = self.jobs.values().map(|job| job.unit.clone()).collect();
        for unit in units {
            let state = self.units.state(&unit);
            let jobs: Vec<(usize, Kind)> = self
                .of_unit(&unit)
                .map(|(id, job)| (id, job.kind))
                .collect();
            let Some((first, kind)) = jobs.first().copied() else {
                continue;
            };
            let merged = jobs.iter().skip(1).fold(kind, |kind, (_, other)| {
                kind.merge(*other, state).unwrap_or(kind)
            });
            for (id, _) in jobs.iter().skip(1) {
                for link in &mut self.links {
                    if link.to == *id {
                        link.to = first;
                    }
                    if link.from == *id {
                        link.from = first;
                    }
                }
                self.jobs.remove(id);
            }
            if let Some(job) = self.jobs.get_mut(&first) {
                job.kind = merged;
            }
        }
    }

    /// Finds jobs that wait for each other, and drops one that does not matter.
    fn break_cycle(&mut self) -> Result<bool, Refusal> {
        let units: Vec<UnitName> = self.jobs.values().map(|job| job.unit.clone()).collect();
        let mut done = BTreeSet::new();
        for unit in units {
            let mut path = Vec::new();
            let Some(cycle) = self.cycle_from(&unit, &mut path, &mut done) else {
                continue;
            };
            let dropped = cycle
                .iter()
                .rev()
                .find(|unit| self.of_unit(unit).all(|(_, job)| !job.matters));
            let Some(dropped) = dropped.cloned() else {
                return Err(Refusal::Impossible(
                    "Transaction order is cyclic.".to_owned(),
                ));
            };
            let ids: Vec<usize> = self.of_unit(&dropped).map(|(id, _)| id).collect();
            for id in ids {
                self.delete(id, true);
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn cycle_from(
        &self,
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
        let kind = self.first_kind(unit)?;
        path.push(unit.clone());
        let graph = self.units.graph();
        for other in graph.before(unit) {
            let runs_later = self
                .first_kind(&other)
                .is_some_and(|other| !Kind::comes_after(other));
            if runs_later && let Some(cycle) = self.cycle_from(&other, path, done) {
                return Some(cycle);
            }
        }
        if Kind::comes_after(kind) {
            for other in graph.after(unit) {
                if self.first_kind(&other).is_some()
                    && let Some(cycle) = self.cycle_from(&other, path, done)
                {
                    return Some(cycle);
                }
            }
        }
        path.pop();
        done.insert(unit.clone());
        None
    }

    fn first_kind(&self, unit: &UnitName) -> Option<Kind> {
        let first = self.of_unit(unit).map(|(_, job)| job.kind).next();
        first.or_else(|| self.units.installed(unit))
    }
}

/// A job that its type of unit does not have is left out.
fn applicable(added: Result<(), Refusal>) -> Result<(), Refusal> {
    match added {
        Err(Refusal::NotApplicable(_)) => Ok(()),
        added => added,
    }
}
