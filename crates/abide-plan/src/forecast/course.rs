//! A plan's actions carried out in thought in one scope: calls of systemctl, daemon-reloads, what fires because of them.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Action, ActionId, Change, Effect, HostPath, Note, NoteKind, NoteText, ResourceId, Scope,
    UnitKind, UnitName, UnitNote, UnitRef,
};

use abide_unit::Relation;

use super::jobs::{self, UnitJob};
use super::sum::{Log, Own};
use super::triggers::{self, Fires};
use super::world::World;
use super::{DefinitionChange, Forecast, effect_of_change};
use crate::host::Host;

/// A plan's course in one scope.
pub(super) struct Course<'a> {
    world: World<'a>,
    log: Log,
    notes: Vec<Note>,
    /// The last action about each unit so far.
    last: BTreeMap<UnitName, ActionId>,
}

impl<'a> Course<'a> {
    pub(super) fn new(
        host: &'a Host<'a>,
        scope: &Scope,
        definitions: &'a BTreeMap<UnitRef, DefinitionChange>,
    ) -> Self {
        Self {
            world: World::new(host, scope, definitions),
            log: Log::default(),
            notes: Vec::new(),
            last: BTreeMap::new(),
        }
    }

    pub(super) fn apply_call(&mut self, call: &[&Action], written: &BTreeSet<HostPath>) {
        for action in call {
            self.world.note(&action.change);
            if let ResourceId::Unit(unit) = &action.resource {
                let loaded = self.world.loaded_as(&unit.unit);
                self.last.insert(loaded, action.id);
            }
        }
        let units: Vec<(ActionId, UnitName)> = call
            .iter()
            .filter_map(|action| match &action.resource {
                ResourceId::Unit(unit) => Some((action.id, self.world.loaded_as(&unit.unit))),
                _ => None,
            })
            .collect();
        let Some(first) = call.first() else { return };
        match effect_of_change(&first.change) {
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
            self.log.record_own(
                unit,
                Own {
                    action: *action,
                    effect,
                },
            );
            match effect {
                Effect::Stop | Effect::Close => self.world.mark_stopped(unit),
                Effect::Start | Effect::Restart => {
                    self.world.mark_started(unit);
                    started.push((*action, unit.clone()));
                }
                Effect::Reload => {}
            }
        }
        started.extend(self.apply_jobs(jobs));
        self.log.next();
        for (action, unit) in started {
            self.unit_started(action, &unit, written);
        }
    }

    /// Jobs of other units are done; which of them start something.
    fn apply_jobs(&mut self, jobs: Vec<UnitJob>) -> Vec<(ActionId, UnitName)> {
        let mut started = Vec::new();
        let mut stopped = Vec::new();
        for job in jobs {
            match job.effect {
                Effect::Stop | Effect::Close => {
                    self.world.mark_stopped(&job.unit);
                    stopped.push((job.action, job.unit.clone()));
                }
                Effect::Start => {
                    self.world.mark_started(&job.unit);
                    started.push((job.action, job.unit.clone()));
                }
                Effect::Restart => self.world.mark_started(&job.unit),
                Effect::Reload => {}
            }
            self.log.job(job);
        }
        for (action, unit) in stopped {
            self.start_upheld(action, &unit);
        }
        started
    }

    /// What stops although a unit that is up upholds it comes back (systemd.unit(5), `Upholds=`).
    fn start_upheld(&mut self, action: ActionId, unit: &UnitName) {
        let mut upholders = self
            .world
            .graph
            .units_naming(unit, Relation::Upholds)
            .into_iter();
        let upholder = upholders.find(|one| self.world.is_up(one));
        if let Some(through) = upholder.filter(|_| !self.world.is_up(unit)) {
            self.start(action, unit, &through, Relation::Upholds.setting_name());
        }
    }

    /// A timer or path that has started may start its unit at once.
    fn unit_started(&mut self, action: ActionId, unit: &UnitName, written: &BTreeSet<HostPath>) {
        if self.world.ends_by_itself(unit) {
            self.unit_ended(action, unit);
        }
        match triggers::fires_on_start(&self.world, unit, written) {
            Fires::Now(setting) => self.fire_trigger(action, unit, setting),
            Fires::Perhaps => {
                self.notes.push(Note {
                    resource: ResourceId::Unit(UnitRef::new(&self.world.scope, unit)),
                    kind: NoteKind::Expect,
                    text: NoteText::of_unit(unit, UnitNote::MayFire),
                    why: None,
                });
            }
            Fires::No => {}
        }
    }

    /// A unit has done its work: what is bound to it stops (systemd.unit(5), `BindsTo=`, `PropagatesStopTo=`).
    fn unit_ended(&mut self, action: ActionId, unit: &UnitName) {
        let bound = self
            .world
            .graph
            .units_naming(unit, Relation::BindsTo)
            .into_iter();
        let bound = bound.map(|bound| (bound, Relation::BindsTo));
        let told = self
            .world
            .graph
            .named_by(unit, Relation::StopTo)
            .into_iter();
        let all: Vec<(UnitName, Relation)> = bound
            .chain(told.map(|told| (told, Relation::StopTo)))
            .filter(|(other, _)| self.world.is_up(other))
            .collect();
        let calls: Vec<_> = all
            .iter()
            .map(|(other, _)| (action, other.clone()))
            .collect();
        let further = jobs::of_call(&self.world, Effect::Stop, &calls);
        let jobs = all.into_iter().map(|(other, tie)| UnitJob {
            action,
            unit: other,
            effect: Effect::Stop,
            through: unit.clone(),
            setting: tie.setting_name().to_owned(),
        });
        self.apply_jobs(jobs.chain(further).collect());
        self.log.next();
    }

    fn fire_trigger(&mut self, action: ActionId, trigger: &UnitName, setting: &str) {
        for unit in self.world.graph.named_by(trigger, Relation::Triggers) {
            if self.world.is_up(&unit) {
                // It is started all the same, and brings up what it wants.
                let jobs = jobs::of_call(&self.world, Effect::Start, &[(action, unit)]);
                self.apply_jobs(jobs);
                self.log.next();
            } else if self.world.can_start(&unit) {
                self.start(action, &unit, trigger, setting);
            }
        }
    }

    /// A unit is started by another one, with all that this brings.
    fn start(&mut self, action: ActionId, unit: &UnitName, through: &UnitName, setting: &str) {
        let mut jobs = vec![UnitJob {
            action,
            unit: unit.clone(),
            effect: Effect::Start,
            through: through.clone(),
            setting: setting.to_owned(),
        }];
        let call = [(action, unit.clone())];
        jobs.extend(jobs::of_call(&self.world, Effect::Start, &call));
        let started = self.apply_jobs(jobs);
        self.log.next();
        for (action, unit) in started {
            if self.world.ends_by_itself(&unit) {
                self.unit_ended(action, &unit);
            }
        }
    }

    /// The manager reads its units: paths that change look at once (systemd-facts.md#path-looks-at-reload).
    fn reload(&mut self, action: ActionId, written: &BTreeSet<HostPath>) {
        self.world.reload();
        self.stop_bound_units(action);
        let looks: Vec<UnitName> = self
            .world
            .all_definitions()
            .filter(|(name, own)| {
                name.kind() == UnitKind::Path
                    && self.world.is_up(name)
                    && (!own.is_loaded || own.old.as_ref() != Some(&own.new))
            })
            .map(|(name, _)| name.clone())
            .collect();
        for path in looks {
            if let Fires::Now(setting) = triggers::fires_on_start(&self.world, &path, written) {
                let changed = self.last.get(&path).copied().unwrap_or(action);
                self.fire_trigger(changed, &path, setting);
            }
        }
    }

    /// What is up and from now on bound to what is down stops (`unit_is_bound_by_inactive` of unit.c).
    fn stop_bound_units(&mut self, action: ActionId) {
        let up = self.world.all_definitions().map(|(name, _)| name.clone());
        let up: Vec<UnitName> = up.filter(|name| self.world.is_up(name)).collect();
        for unit in up {
            let mut others = self
                .world
                .graph
                .named_by(&unit, Relation::BindsTo)
                .into_iter();
            let gone = others.find(|other| self.world.is_known(other) && !self.world.is_up(other));
            let Some(through) = gone else { continue };
            let changed = self.last.get(&unit).copied().unwrap_or(action);
            let mut jobs = vec![UnitJob {
                action: changed,
                unit: unit.clone(),
                effect: Effect::Stop,
                through,
                setting: Relation::BindsTo.setting_name().to_owned(),
            }];
            jobs.extend(jobs::of_call(&self.world, Effect::Stop, &[(changed, unit)]));
            self.apply_jobs(jobs);
            self.log.next();
        }
    }

    /// A file was written: paths that watch it start their units, whatever their files will say later.
    pub(super) fn file_written(&mut self, action: ActionId, file: &HostPath) {
        let paths: Vec<(UnitName, &'static str)> = self
            .world
            .all_definitions()
            .filter(|(name, own)| {
                name.kind() == UnitKind::Path && self.world.is_up(name) && own.is_loaded
            })
            .filter_map(|(name, own)| {
                Some((
                    name.clone(),
                    triggers::watching_setting(own.old.as_ref()?, file)?,
                ))
            })
            .collect();
        for (path, setting) in paths {
            self.fire_trigger(action, &path, setting);
        }
    }

    pub(super) fn end(self) -> Forecast {
        let Self {
            world, log, notes, ..
        } = self;
        Forecast {
            disruptions: log.into_disruptions(&world),
            notes,
        }
    }
}
