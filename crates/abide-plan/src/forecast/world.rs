//! One manager's units while a plan is carried out in thought: what is up, what is loaded, what stands on disk.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Change, HostPath, LastLoad, Manager, ObservedScope, ObservedUnit, Scope, UnitName, UnitRef,
};

use abide_unit::Graph;

use super::DefinitionChange;
use crate::host::Host;

/// One manager and its units.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) host: &'a Host<'a>,
    pub(super) scope: Scope,
    pub(super) graph: Graph,
    /// Whether it has read all unit files in this plan.
    pub(super) reloaded: bool,
    seen: Option<&'a ObservedScope>,
    definitions: BTreeMap<&'a UnitName, &'a DefinitionChange>,
    /// What units that have definitions are loaded as, by the names that they are declared by.
    names: BTreeMap<UnitName, UnitName>,
    /// What this plan has made of units so far.
    now_up: BTreeMap<UnitName, bool>,
    links: LinkChanges,
}

/// Links that come and go, read at the next daemon-reload.
#[derive(Debug, Default)]
struct LinkChanges {
    come: BTreeSet<String>,
    go: BTreeSet<String>,
}

impl<'a> World<'a> {
    /// The manager as it was seen.
    pub(super) fn new(
        host: &'a Host<'a>,
        scope: &Scope,
        definitions: &'a BTreeMap<UnitRef, DefinitionChange>,
    ) -> Self {
        let seen = host.scope(scope).as_known().copied();
        let own = definitions.iter().filter(|(unit, _)| unit.scope == *scope);
        let names = own
            .clone()
            .map(|(unit, own)| (own.new.unit().clone(), unit.unit.clone()));
        Self {
            names: names.collect(),
            host,
            scope: scope.clone(),
            graph: seen.map(Graph::observed).unwrap_or_default(),
            reloaded: false,
            seen,
            definitions: own.map(|(unit, own)| (&unit.unit, own)).collect(),
            now_up: BTreeMap::new(),
            links: LinkChanges::default(),
        }
    }

    /// The unit that the manager knows, of one that an action names.
    pub(super) fn loaded_as(&self, name: &UnitName) -> UnitName {
        let known = self.names.get(name).cloned();
        known.unwrap_or_else(|| name.usually_loaded_as())
    }

    /// The unit as it was before the plan.
    pub(super) fn observed_unit(&self, unit: &UnitName) -> Option<&'a ObservedUnit> {
        self.seen?.unit(unit)
    }

    /// Whether it was up before the plan.
    pub(super) fn was_up(&self, unit: &UnitName) -> bool {
        self.observed_unit(unit)
            .is_some_and(|seen| seen.active.is_up())
    }

    /// Whether it is up now.
    pub(super) fn is_up(&self, unit: &UnitName) -> bool {
        let made = self.now_up.get(unit).copied();
        made.unwrap_or_else(|| self.was_up(unit))
    }

    /// Whether anybody knows whether it is up.
    pub(super) fn is_known(&self, unit: &UnitName) -> bool {
        self.observed_unit(unit).is_some() || self.unit_definition(unit).is_some()
    }

    /// What is wanted of a unit's files.
    pub(super) fn unit_definition(&self, unit: &UnitName) -> Option<&'a DefinitionChange> {
        self.definitions.get(unit).copied()
    }

    /// All of them.
    pub(super) fn all_definitions(
        &self,
    ) -> impl Iterator<Item = (&'a UnitName, &'a DefinitionChange)> + '_ {
        self.definitions.iter().map(|(name, own)| (*name, *own))
    }

    /// Whether it can be started: what is not known of cannot be foretold.
    pub(super) fn can_start(&self, unit: &UnitName) -> bool {
        let loaded = self
            .observed_unit(unit)
            .is_some_and(|seen| seen.load == "loaded");
        match self.unit_definition(unit) {
            Some(own) => !own.goes && (own.new.all_settings().next().is_some() || loaded),
            None => loaded,
        }
    }

    /// Whether it can be reloaded.
    pub(super) fn can_reload(&self, unit: &UnitName) -> bool {
        let own = self.unit_definition(unit).filter(|_| self.reloaded);
        own.is_some_and(|own| own.new.can_reload())
            || self.observed_unit(unit).is_some_and(|seen| seen.can_reload)
    }

    /// It stopped.
    pub(super) fn mark_stopped(&mut self, unit: &UnitName) {
        self.now_up.insert(unit.clone(), false);
    }

    /// It started; what does its work and ends is down again.
    pub(super) fn mark_started(&mut self, unit: &UnitName) {
        self.now_up.insert(unit.clone(), !self.ends_by_itself(unit));
    }

    /// Whether it does its work and ends.
    pub(super) fn ends_by_itself(&self, unit: &UnitName) -> bool {
        let own = self.unit_definition(unit);
        own.is_some_and(|own| own.new.is_oneshot() && !own.new.remains_after_exit())
    }

    /// When the manager read its units last, as a bound of when it started.
    pub(super) fn loaded_at(&self) -> Option<abide_model::Timestamp> {
        match self.seen?.manager {
            Manager::Up {
                last_load: LastLoad::At(time) | LastLoad::NotAfter(time),
            } => Some(time),
            Manager::Up {
                last_load: LastLoad::Unknown,
            }
            | Manager::Down
            | Manager::Broken(_) => None,
        }
    }

    /// An action that neither runs nor stops anything, and counts later.
    pub(super) fn note(&mut self, change: &Change) {
        match change {
            Change::Enable { add, remove, .. } => {
                self.links.come.extend(add.iter().cloned());
                self.links.go.extend(remove.iter().cloned());
            }
            Change::Disable { remove } => self.links.go.extend(remove.iter().cloned()),
            _ => {}
        }
    }

    /// The manager reads all unit files.
    pub(super) fn reload(&mut self) {
        self.reloaded = true;
        for (name, own) in &self.definitions {
            let new = Some(&own.new).filter(|_| !own.goes);
            if own.is_loaded {
                self.graph.change(own.old.as_ref(), new, &self.names);
            } else {
                self.graph.forget(name);
                self.graph.change(None, new, &self.names);
            }
        }
        // Links that stand there count from now on, whoever made them and whenever.
        let here = self.seen.into_iter().flat_map(|scope| &scope.links);
        for link in here {
            self.graph.link(&link.path);
        }
        let links = std::mem::take(&mut self.links);
        for path in links.go {
            self.graph.unlink(&path);
        }
        for path in links.come {
            self.graph.link(&path);
        }
    }

    /// Whether something stands at this path for certain, wherever it was asked for.
    pub(super) fn has_path(&self, path: &HostPath) -> bool {
        let seen = self.host.file(&self.scope, path);
        seen.is_some_and(|seen| seen.as_known().is_some())
    }
}
