//! What the ledger says is ours and the manifest no longer declares.
//!
//! The ledger alone decides what may be removed, never a name. Users are never pruned.

use std::collections::BTreeSet;

use abide_model::{NoteKind, NoteText, ResourceId, UnitName, UnitRef};

use crate::draft::Draft;
use crate::places::LedgerPlace;
use crate::scope::ScopeView;
use crate::unit::replace::giving_way;
use crate::unit::sources::seen_unit;

/// Units of a scope with something of ours that nothing declares: a unit file, drop-ins, or only our word in the ledger
/// (an instance of a template, a unit of a package).
pub(crate) fn units(view: &ScopeView<'_>) -> BTreeSet<UnitName> {
    let declared = declared(view);
    let mut undeclared: BTreeSet<UnitName> = with_files(view)
        .into_iter()
        .filter(|unit| !declared.contains(unit))
        .collect();
    let named = declared.iter().chain(&undeclared);
    let loaded: BTreeSet<UnitName> = named.map(|unit| loaded_name(view, unit)).collect();
    let units = view.host.ledger.units.keys();
    let units = units.filter(|unit| unit.scope == view.scope && !loaded.contains(&unit.unit));
    undeclared.extend(units.map(|unit| unit.unit.clone()));
    let giving_way = giving_way(view);
    // Those have a reason of their own to go.
    let renamed = view.renamed_services();
    undeclared.retain(|unit| !giving_way.contains(unit) && !renamed.contains_key(unit));
    undeclared
}

/// What the manager calls it: an alias stands for its unit.
fn loaded_name(view: &ScopeView<'_>, unit: &UnitName) -> UnitName {
    seen_unit(view, unit).map_or_else(|| view.loaded_as(unit), |seen| seen.id.clone())
}

/// With `prune: false` they are only named.
pub(crate) fn note_orphans(view: &ScopeView<'_>, units: &BTreeSet<UnitName>, draft: &mut Draft) {
    for unit in units {
        let resource = ResourceId::Unit(UnitRef::new(&view.scope, unit));
        draft.note(resource, NoteKind::Orphan, NoteText::Orphan);
    }
    let declared = declared(view);
    for path in owned_paths(view) {
        if let LedgerPlace::DropIn(unit) = view.places.classify(path)
            && declared.contains(&unit)
            && !is_declared_drop_in(view, &unit, path.file_name())
        {
            let resource = ResourceId::Unit(UnitRef::new(&view.scope, &unit));
            let text = NoteText::OrphanDropIn {
                name: path.file_name().to_owned(),
            };
            draft.note(resource, NoteKind::Orphan, text);
        }
    }
}

fn is_declared_drop_in(view: &ScopeView<'_>, unit: &UnitName, name: &str) -> bool {
    let units = view.host.units(&view.scope);
    let unit = units.and_then(|units| units.get(unit));
    unit.is_some_and(|unit| unit.drop_ins.contains_key(name))
}

fn declared(view: &ScopeView<'_>) -> BTreeSet<UnitName> {
    let units = view.host.units(&view.scope);
    units
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect()
}

fn with_files(view: &ScopeView<'_>) -> BTreeSet<UnitName> {
    owned_paths(view)
        .filter_map(|path| match view.places.classify(path) {
            LedgerPlace::Unit(unit) | LedgerPlace::DropIn(unit) => Some(unit),
            LedgerPlace::Plain => None,
        })
        .collect()
}

fn owned_paths<'v>(
    view: &'v ScopeView<'_>,
) -> impl Iterator<Item = &'v abide_model::HostPath> + 'v {
    let files = view.host.ledger.files.iter();
    files
        .filter(|(_, file)| file.scope == view.scope)
        .map(|(path, _)| path)
}
