//! A unit of ours that another declared one takes the name of: `web.container` in the place of `web.service`, or the
//! other way round. The manager knows both by one name, so the old one is stopped while its definition is loaded, its
//! files and links go, and the new one is started: one unit, not two that are in each other's way.

use std::collections::BTreeSet;

use abide_model::{Cause, Field, HostPath, UnitName};

use super::Unit;
use super::run::{Reason, Run, Verb};
use super::sources::{self, SourceFile};
use crate::causes::difference_cause;
use crate::places::LedgerPlace;
use crate::refuse::Denied;
use crate::scope::ScopeView;

/// The undeclared unit of ours whose name this declared one takes, where undeclared ones go.
pub(crate) fn replaced_unit(view: &ScopeView<'_>, name: &UnitName) -> Option<UnitName> {
    let declared = view.host.units(&view.scope)?;
    let loaded = view.loaded_as(name);
    let is_other = |unit: &UnitName| {
        unit != name && view.loaded_as(unit) == loaded && !declared.contains_key(unit)
    };
    let prune = view.host.desired.policy.prune;
    let mut owned = owned_files(view).map(|(_, unit)| unit);
    owned.find(is_other).filter(|_| prune)
}

/// Units whose files give way to those of a declared one; they are not removed for themselves.
pub(crate) fn giving_way(view: &ScopeView<'_>) -> BTreeSet<UnitName> {
    let declared = view.host.units(&view.scope).into_iter().flatten();
    let present = declared.filter(|(_, unit)| unit.is_ours());
    present
        .filter_map(|(name, _)| replaced_unit(view, name))
        .collect()
}

/// The files of the predecessor, all of which go.
pub(crate) fn files<'a>(
    view: &'a ScopeView<'a>,
    name: &UnitName,
) -> Result<Vec<SourceFile<'a>>, Denied> {
    let Some(before) = replaced_unit(view, name) else {
        return Ok(Vec::new());
    };
    let owned = owned_files(view).filter(|(_, unit)| *unit == before);
    owned
        .map(|(path, _)| {
            let purpose = view.places.classify(path).file_purpose();
            sources::unit_file(view, path.clone(), purpose, None)
        })
        .collect()
}

fn owned_files<'v>(view: &'v ScopeView<'_>) -> impl Iterator<Item = (&'v HostPath, UnitName)> + 'v {
    let files = view.host.ledger.files.iter();
    let files = files.filter(|(_, file)| file.scope == view.scope);
    files.filter_map(|(path, _)| match view.places.classify(path) {
        LedgerPlace::Unit(unit) | LedgerPlace::DropIn(unit) => Some((path, unit)),
        LedgerPlace::Plain => None,
    })
}

/// Why the predecessor goes.
pub(crate) fn cause(unit: &Unit<'_>) -> Cause {
    let before = replaced_unit(unit.view, &unit.name);
    let before = before.map_or_else(String::new, |name| name.to_string());
    difference_cause(Field::UnitFile, before, unit.name.as_str())
}

/// What is done with the unit that is there under the name, and with the new one; `None` where nothing is there.
pub(crate) fn run(unit: &Unit<'_>) -> Option<Run> {
    if unit.replaces.is_empty() {
        return None;
    }
    let up = unit.seen.active.is_up();
    // A manager that starts may bring the old one up.
    let (stop, start) = match (up, unit.manager_starts()) {
        (true, _) => (vec![Reason::Fact(cause(unit))], true),
        (false, true) => (vec![Reason::ManagerStart], true),
        (false, false) => (Vec::new(), false),
    };
    start.then(|| Run {
        stop,
        then: Some((
            Verb::Start,
            vec![Reason::StopOf(unit.loaded.clone()), Reason::OwnFiles],
        )),
        ..Run::default()
    })
}
