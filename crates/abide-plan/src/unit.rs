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
use sources::{DiskConfiguration, Sources, Trigger};

/// What is wanted of a unit.
#[derive(Debug, Clone)]
pub(crate) enum Intent<'a> {
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
    pub(crate) wish: Intent<'a>,
    pub(crate) seen: Cow<'a, ObservedUnit>,
    /// Its unit file, or that of its template, is ours.
    pub(crate) ours: bool,
    /// Its own files, declared ones and ours that go.
    pub(crate) files: Vec<sources::SourceFile<'a>>,
    /// The files of another unit of ours whose name it takes.
    pub(crate) replaces: Vec<sources::SourceFile<'a>>,
    /// The files of its template, which are planned there.
    pub(crate) template_files: Vec<sources::SourceFile<'a>>,
    /// What it should be configured as: its file, or its template's, with our drop-ins.
    pub(crate) wanted: Effective,
    /// What stands on disk of that.
    pub(crate) on_disk: DiskConfiguration,
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
        Self::new(view, name, Intent::Declared(wanted))
    }

    /// Gathers what decides about a unit that goes.
    pub(crate) fn for_removal(
        view: &'a ScopeView<'a>,
        name: &UnitName,
        cause: Cause,
    ) -> Result<Self, Denied> {
        Self::new(view, name, Intent::Removed(cause))
    }

    fn new(view: &'a ScopeView<'a>, name: &UnitName, wish: Intent<'a>) -> Result<Self, Denied> {
        let sources = Sources::of_unit(view, name, &wish)?;
        let seen = sources::seen_unit(view, name);
        let (wanted, on_disk) = quadlet::with_quadlet_names(
            view,
            sources.wanted_effective(name),
            sources.on_disk(name),
        );
        let triggers = |paths| sources::triggers(view, paths);
        let (mut restart_on, reload_on) = match &wish {
            Intent::Declared(unit) => (triggers(&unit.restart_on)?, triggers(&unit.reload_on)?),
            Intent::Removed(_) => (Vec::new(), Vec::new()),
        };
        if let (Intent::Declared(_), false, Some(seen)) = (&wish, sources.is_unit_file_ours(), seen)
        {
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
            ours: sources.is_unit_file_ours(),
            wanted,
            on_disk,
            replaces: match &wish {
                Intent::Declared(unit) if unit.is_ours() => replace::files(view, name)?,
                Intent::Declared(_) | Intent::Removed(_) => Vec::new(),
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
    pub(crate) fn unit_ref(&self) -> UnitRef {
        UnitRef::new(&self.view.scope, &self.loaded)
    }

    /// What the manifest declares, unless the unit goes.
    pub(crate) fn desired(&self) -> Option<&'a DesiredUnit> {
        match &self.wish {
            Intent::Declared(unit) => Some(unit),
            Intent::Removed(_) => None,
        }
    }

    /// Why it goes, if it does.
    pub(crate) fn removal_cause(&self) -> Option<&Cause> {
        match &self.wish {
            Intent::Declared(_) => None,
            Intent::Removed(cause) => Some(cause),
        }
    }

    /// Whether it should be masked.
    pub(crate) fn should_be_masked(&self) -> bool {
        self.desired().and_then(|unit| unit.masked) == Some(true)
    }

    /// Whether it should run.
    pub(crate) fn wanted_running(&self) -> Wanted {
        self.desired().map_or(Wanted::No, |unit| unit.running)
    }

    /// How the ledger says that it was left.
    pub(crate) fn ledger_entry(&self) -> Option<&'a LedgerUnit> {
        self.view.host.ledger.units.get(&self.unit_ref())
    }

    /// How it is now, by the time that its start may take.
    pub(crate) fn health(&self) -> Health {
        let limit = self.desired().map(|desired| desired.settle.timeout);
        Health::from_observed(&self.seen, self.view.host.observed.facts.now, limit)
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
