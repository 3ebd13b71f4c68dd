//! One unit with everything that decides about it: what is wanted, what its manager says, what stands on disk.

pub(crate) mod aliases;
pub(crate) mod at_boot;
pub(crate) mod couple;
pub(crate) mod decide;
pub(crate) mod emit;
pub(crate) mod enablement;
pub(crate) mod mask;
pub(crate) mod notes;
pub(crate) mod owed;
pub(crate) mod quadlet;
pub(crate) mod reads;
pub(crate) mod reload;
pub(crate) mod replace;
pub(crate) mod respond;
pub(crate) mod run;
pub(crate) mod sources;
pub(crate) mod support;
pub(crate) mod targets;

use std::borrow::Cow;

use abide_model::{
    Cause, DesiredUnit, Health, LedgerUnit, ObservedUnit, ResourceId, UnitName, UnitRef, Wanted,
};
use abide_unit::Effective;

use crate::linger::ManagerState;
use crate::refuse::Denied;
use crate::scope::ScopeView;
use sources::{Disk, Sources, Trigger};

/// What is wanted of a unit.
#[derive(Debug, Clone)]
pub(crate) enum Wish<'a> {
    /// It is declared so.
    Declared(&'a DesiredUnit),
    /// It goes, with everything that is ours of it, for this reason.
    Removed(Cause),
}

/// One unit of one scope.
#[derive(Debug)]
pub(crate) struct Unit<'a> {
    pub(crate) view: &'a ScopeView<'a>,
    /// As it is declared; a quadlet's own name.
    pub(crate) name: UnitName,
    /// As its manager calls it: the generated service of a quadlet, the target of an alias.
    pub(crate) loaded: UnitName,
    pub(crate) wish: Wish<'a>,
    pub(crate) seen: Cow<'a, ObservedUnit>,
    /// Its unit file, or that of its template, is ours.
    pub(crate) ours: bool,
    /// Its own files, declared ones and ours that go.
    pub(crate) files: Vec<sources::UnitFile<'a>>,
    /// The files of another unit of ours whose name it takes.
    pub(crate) replaces: Vec<sources::UnitFile<'a>>,
    /// The files of its template, which are planned there.
    pub(crate) template_files: Vec<sources::UnitFile<'a>>,
    /// What it should be configured as: its file, or its template's, with our drop-ins.
    pub(crate) wanted: Effective,
    /// What stands on disk of that.
    pub(crate) on_disk: Disk,
    /// Files that it reads at start.
    pub(crate) restart_on: Vec<Trigger<'a>>,
    /// Files that it reads again when it is reloaded.
    pub(crate) reload_on: Vec<Trigger<'a>>,
}

impl<'a> Unit<'a> {
    /// Gathers what decides about a declared unit.
    pub(crate) fn declared(
        view: &'a ScopeView<'a>,
        name: &UnitName,
        wanted: &'a DesiredUnit,
    ) -> Result<Self, Denied> {
        Self::new(view, name, Wish::Declared(wanted))
    }

    /// Gathers what decides about a unit that goes.
    pub(crate) fn removed(
        view: &'a ScopeView<'a>,
        name: &UnitName,
        cause: Cause,
    ) -> Result<Self, Denied> {
        Self::new(view, name, Wish::Removed(cause))
    }

    fn new(view: &'a ScopeView<'a>, name: &UnitName, wish: Wish<'a>) -> Result<Self, Denied> {
        let sources = Sources::of(view, name, &wish)?;
        let seen = sources::seen_unit(view, name);
        let (wanted, on_disk) = quadlet::named(view, sources.wanted(name), sources.on_disk(name));
        let triggers = |paths| sources::triggers(view, paths);
        let (mut restart_on, reload_on) = match &wish {
            Wish::Declared(unit) => (triggers(&unit.restart_on)?, triggers(&unit.reload_on)?),
            Wish::Removed(_) => (Vec::new(), Vec::new()),
        };
        if let (Wish::Declared(_), false, Some(seen)) = (&wish, sources.ours(), seen) {
            let known: Vec<Trigger<'_>> = restart_on.iter().chain(&reload_on).cloned().collect();
            restart_on.extend(sources::also_read(view, seen, &known)?);
        }
        Ok(Self {
            view,
            name: name.clone(),
            loaded: match &seen {
                Some(seen) => seen.id.clone(),
                None => view.loaded_as(name),
            },
            ours: sources.ours(),
            wanted,
            on_disk,
            replaces: match &wish {
                Wish::Declared(unit) if unit.is_ours() => replace::files(view, name)?,
                Wish::Declared(_) | Wish::Removed(_) => Vec::new(),
            },
            wish,
            files: sources.own,
            template_files: sources.template,
            seen: seen.map_or_else(
                || Cow::Owned(ObservedUnit::not_found(&view.loaded_as(name))),
                Cow::Borrowed,
            ),
            restart_on,
            reload_on,
        })
    }

    /// The unit as its files are told apart: a quadlet by its own name.
    pub(crate) fn file_resource(&self) -> ResourceId {
        ResourceId::Unit(UnitRef::new(&self.view.scope, &self.name))
    }

    /// The unit as its manager knows it.
    pub(crate) fn reference(&self) -> UnitRef {
        UnitRef::new(&self.view.scope, &self.loaded)
    }

    /// What the manifest declares, unless the unit goes.
    pub(crate) fn desired(&self) -> Option<&'a DesiredUnit> {
        match &self.wish {
            Wish::Declared(unit) => Some(unit),
            Wish::Removed(_) => None,
        }
    }

    /// Why it goes, if it does.
    pub(crate) fn goes(&self) -> Option<&Cause> {
        match &self.wish {
            Wish::Declared(_) => None,
            Wish::Removed(cause) => Some(cause),
        }
    }

    /// Whether it should be masked.
    pub(crate) fn masked(&self) -> bool {
        self.desired().and_then(|unit| unit.masked) == Some(true)
    }

    /// Whether it should run.
    pub(crate) fn running(&self) -> Wanted {
        self.desired().map_or(Wanted::No, |unit| unit.running)
    }

    /// How the ledger says that it was left.
    pub(crate) fn recorded(&self) -> Option<&'a LedgerUnit> {
        self.view.host.ledger.units.get(&self.reference())
    }

    /// How it is now, by the time that its start may take.
    pub(crate) fn health(&self) -> Health {
        let limit = self.desired().map(|desired| desired.settle.timeout);
        Health::of(&self.seen, self.view.host.observed.facts.now, limit)
    }

    /// Whether its manager can be asked about it now.
    pub(crate) fn manager_up(&self) -> bool {
        matches!(self.view.manager, ManagerState::Up { .. })
    }

    /// Whether its manager is started by this plan.
    pub(crate) fn manager_starts(&self) -> bool {
        matches!(self.view.manager, ManagerState::Starting(_))
    }

    /// Whether its manager is restarted by this plan: what it runs now is over by then.
    pub(crate) fn manager_restarts(&self) -> bool {
        let user = self.view.scope.user();
        user.is_some_and(|user| self.view.host.restarts.contains_key(user))
    }

    /// Whether it does its work and ends: it is never started or interrupted for its own sake (systemd-facts.md#oneshot-runs-again).
    pub(crate) fn ends_by_itself(&self) -> bool {
        self.ours && self.wanted.is_oneshot() && !self.wanted.remains_after_exit()
    }
}
