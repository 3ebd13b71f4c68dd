//! What a plan interrupts beside what it names: which units systemd stops, restarts, starts or reloads together with the
//! ones that the actions are about, and what is closed.
//!
//! The actions are carried out in thought on the units that were seen: calls in their order, each with the jobs that
//! systemd adds (systemd.unit(5), transaction.c), stops by what is loaded now, starts and restarts by what is read after
//! the daemon-reload. Only what is known is foretold; [`surprises`] says where it came otherwise.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Action, ActionId, Change, Disruption, Effect, HostPath, Note, NoteKind, ResourceId, Scope,
    UnitKind, UnitName, UnitRef,
};
use abide_unit::Effective;

use crate::host::Host;

mod graph;
mod jobs;
mod span;
mod sum;
mod surprise;
mod triggers;
mod world;

pub use surprise::{Runs, surprises};

use graph::Tie;
use jobs::Job;
use sum::{Log, Own};
use triggers::Fires;
use world::World;

/// A unit's files before and after a plan.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    /// What stands on disk, where that is known.
    pub(crate) old: Option<Effective>,
    /// What should stand there.
    pub(crate) new: Effective,
    /// Whether its manager has loaded what stands on disk.
    pub(crate) is_loaded: bool,
    /// Whether it goes, or is masked.
    pub(crate) goes: bool,
}

/// What is to be expected of a plan.
#[derive(Debug, Default)]
pub(crate) struct Forecast {
    /// What is certain.
    pub(crate) disruptions: Vec<Disruption>,
    /// What may be.
    pub(crate) notes: Vec<Note>,
}

/// What these actions do to units beside the ones that they name.
pub(crate) fn of(
    host: &Host<'_>,
    actions: &[Action],
    definitions: &BTreeMap<UnitRef, Definition>,
) -> Forecast {
    // All from the start: what is written first may be watched anywhere.
    let named = definitions.keys().map(|unit| unit.scope.clone());
    let named = named.chain(actions.iter().map(|action| action.resource.scope()));
    let named: BTreeSet<Scope> = named.collect();
    let course = |scope: Scope| (scope.clone(), Course::new(host, &scope, definitions));
    let mut scopes: BTreeMap<Scope, Course<'_>> = named.into_iter().map(course).collect();
    let mut written = BTreeSet::new();
    for call in calls(actions) {
        let Some(first) = call.first() else { continue };
        if let Change::WriteFile(write) = &first.change {
            written.insert(write.path.clone());
            for course in scopes.values_mut() {
                course.file_written(first.id, &write.path);
            }
        }
        if let Some(course) = scopes.get_mut(&first.resource.scope()) {
            course.take(&call, &written);
        }
    }
    let mut forecast = Forecast::default();
    for course in scopes.into_values() {
        let Forecast { disruptions, notes } = course.end();
        forecast.disruptions.extend(disruptions);
        forecast.notes.extend(notes);
    }
    forecast.disruptions.sort();
    forecast
}

/// Neighbours with the same verb in the same scope are one call of systemctl (unit-change fact 7).
fn calls(actions: &[Action]) -> Vec<Vec<&Action>> {
    let mut calls: Vec<Vec<&Action>> = Vec::new();
    for action in actions {
        let together = calls.last_mut().filter(|call| {
            call.first().is_some_and(|first| {
                effect(&first.change).is_some()
                    && effect(&first.change) == effect(&action.change)
                    && first.resource.scope() == action.resource.scope()
            })
        });
        match together {
            Some(call) => call.push(action),
            None => calls.push(vec![action]),
        }
    }
    calls
}

fn effect(change: &Change) -> Option<Effect> {
    match change {
        Change::Stop => Some(Effect::Stop),
        Change::Start => Some(Effect::Start),
        Change::Restart => Some(Effect::Restart),
        Change::Reload => Some(Effect::Reload),
        _ => None,
    }
}

/// A plan's course in one scope.
struct Course<'a> {
    world: World<'a>,
    log: Log,
    notes: Vec<Note>,
    /// The last action about each unit so far.
    last: BTreeMap<UnitName, ActionId>,
}

impl<'a> Course<'a> {
    fn new(
        host: &'a Host<'a>,
        scope: &Scope,
        definitions: &'a BTreeMap<UnitRef, Definition>,
    ) -> Self {
        Self {
            world: World::new(host, scope, definitions),
            log: Log::default(),
            notes: Vec::new(),
            last: BTreeMap::new(),
        }
    }

    fn take(&mut self, call: &[&Action], written: &BTreeSet<HostPath>) {
        for action in call {
            self.world.note(&action.change);
            if let ResourceId::Unit(unit) = &action.resource {
                self.last.insert(unit.unit.loaded_as(), action.id);
            }
        }
        let units: Vec<(ActionId, UnitName)> = call
            .iter()
            .filter_map(|action| match &action.resource {
                ResourceId::Unit(unit) => Some((action.id, unit.unit.loaded_as())),
                _ => None,
            })
            .collect();
        let Some(first) = call.first() else { return };
        match effect(&first.change) {
            // Each start is a transaction of its own, and what one brings up the next finds running.
            Some(Effect::Start) => {
                for unit in units {
                    self.run(Effect::Start, &[unit], written);
                }
            }
            Some(effect) => self.run(effect, &units, written),
            None if first.change == Change::DaemonReload => self.reload(first.id, written),
            None => {}
        }
    }

    fn run(
        &mut self,
        effect: Effect,
        units: &[(ActionId, UnitName)],
        written: &BTreeSet<HostPath>,
    ) {
        let jobs = jobs::of_call(&self.world, effect, units);
        let mut started: Vec<(ActionId, UnitName)> = Vec::new();
        for (action, unit) in units {
            self.log.own(
                unit,
                Own {
                    action: *action,
                    effect,
                },
            );
            match effect {
                Effect::Stop | Effect::Close => self.world.stopped(unit),
                Effect::Start | Effect::Restart => {
                    self.world.started(unit);
                    started.push((*action, unit.clone()));
                }
                Effect::Reload => {}
            }
        }
        started.extend(self.happen(jobs));
        self.log.next();
        for (action, unit) in started {
            self.started(action, &unit, written);
        }
    }

    /// Jobs of other units are done; which of them start something.
    fn happen(&mut self, jobs: Vec<Job>) -> Vec<(ActionId, UnitName)> {
        let mut started = Vec::new();
        let mut stopped = Vec::new();
        for job in jobs {
            match job.effect {
                Effect::Stop | Effect::Close => {
                    self.world.stopped(&job.unit);
                    stopped.push((job.action, job.unit.clone()));
                }
                Effect::Start => {
                    self.world.started(&job.unit);
                    started.push((job.action, job.unit.clone()));
                }
                Effect::Restart => self.world.started(&job.unit),
                Effect::Reload => {}
            }
            self.log.job(job);
        }
        for (action, unit) in stopped {
            self.upheld(action, &unit);
        }
        started
    }

    /// What stops although a unit that is up upholds it comes back (systemd.unit(5), `Upholds=`).
    fn upheld(&mut self, action: ActionId, unit: &UnitName) {
        let mut upholders = self.world.graph.to(unit, Tie::Upholds).into_iter();
        let upholder = upholders.find(|one| self.world.is_up(one));
        if let Some(through) = upholder.filter(|_| !self.world.is_up(unit)) {
            self.start(action, unit, &through, Tie::Upholds.setting());
        }
    }

    /// A timer or path that has started may start its unit at once.
    fn started(&mut self, action: ActionId, unit: &UnitName, written: &BTreeSet<HostPath>) {
        if self.world.ends(unit) {
            self.ended(action, unit);
        }
        match triggers::fires(&self.world, unit, written) {
            Fires::Now(setting) => self.fire(action, unit, setting),
            Fires::Perhaps => {
                let text = format!(
                    "{unit} may fire at once: a time after boot that has passed counts as due"
                );
                self.notes.push(Note {
                    resource: ResourceId::Unit(UnitRef::new(&self.world.scope, unit)),
                    kind: NoteKind::Expect,
                    text,
                });
            }
            Fires::No => {}
        }
    }

    /// A unit has done its work: what is bound to it stops (systemd.unit(5), `BindsTo=`, `PropagatesStopTo=`).
    fn ended(&mut self, action: ActionId, unit: &UnitName) {
        let bound = self.world.graph.to(unit, Tie::BindsTo).into_iter();
        let bound = bound.map(|bound| (bound, Tie::BindsTo));
        let told = self.world.graph.of(unit, Tie::StopTo).into_iter();
        let all: Vec<(UnitName, Tie)> = bound
            .chain(told.map(|told| (told, Tie::StopTo)))
            .filter(|(other, _)| self.world.is_up(other))
            .collect();
        let calls: Vec<_> = all
            .iter()
            .map(|(other, _)| (action, other.clone()))
            .collect();
        let further = jobs::of_call(&self.world, Effect::Stop, &calls);
        let jobs = all.into_iter().map(|(other, tie)| Job {
            action,
            unit: other,
            effect: Effect::Stop,
            through: unit.clone(),
            setting: tie.setting().to_owned(),
        });
        self.happen(jobs.chain(further).collect());
        self.log.next();
    }

    fn fire(&mut self, action: ActionId, trigger: &UnitName, setting: &str) {
        for unit in self.world.graph.of(trigger, Tie::Triggers) {
            if !self.world.is_up(&unit) && self.world.can_start(&unit) {
                self.start(action, &unit, trigger, setting);
            }
        }
    }

    /// A unit is started by another one, with all that this brings.
    fn start(&mut self, action: ActionId, unit: &UnitName, through: &UnitName, setting: &str) {
        let mut jobs = vec![Job {
            action,
            unit: unit.clone(),
            effect: Effect::Start,
            through: through.clone(),
            setting: setting.to_owned(),
        }];
        let call = [(action, unit.clone())];
        jobs.extend(jobs::of_call(&self.world, Effect::Start, &call));
        let started = self.happen(jobs);
        self.log.next();
        for (action, unit) in started {
            if self.world.ends(&unit) {
                self.ended(action, &unit);
            }
        }
    }

    /// The manager reads its units: paths that change look at once (unit-change V6b).
    fn reload(&mut self, action: ActionId, written: &BTreeSet<HostPath>) {
        self.world.reload();
        let looks: Vec<UnitName> = self
            .world
            .definitions()
            .filter(|(name, own)| {
                name.kind() == UnitKind::Path
                    && self.world.is_up(name)
                    && (!own.is_loaded || own.old.as_ref() != Some(&own.new))
            })
            .map(|(name, _)| name.clone())
            .collect();
        for path in looks {
            if let Fires::Now(setting) = triggers::fires(&self.world, &path, written) {
                let changed = self.last.get(&path).copied().unwrap_or(action);
                self.fire(changed, &path, setting);
            }
        }
    }

    /// A file was written: paths that watch it start their units, whatever their files will say later.
    fn file_written(&mut self, action: ActionId, file: &HostPath) {
        let paths: Vec<(UnitName, &'static str)> = self
            .world
            .definitions()
            .filter(|(name, own)| {
                name.kind() == UnitKind::Path && self.world.is_up(name) && own.is_loaded
            })
            .filter_map(|(name, own)| {
                Some((name.clone(), triggers::watches(own.old.as_ref()?, file)?))
            })
            .collect();
        for (path, setting) in paths {
            self.fire(action, &path, setting);
        }
    }

    fn end(self) -> Forecast {
        let Self {
            world, log, notes, ..
        } = self;
        Forecast {
            disruptions: log.sum(&world),
            notes,
        }
    }
}
