//! What the ledger says is ours and the manifest no longer declares.
//!
//! The ledger alone decides what may be removed, never a name. Users are never pruned.

use std::collections::BTreeSet;

use abide_model::{NoteKind, ResourceId, UnitName, UnitRef};

use crate::draft::Draft;
use crate::places::Place;
use crate::scope::ScopeView;

/// Units of a scope with something of ours that nothing declares: a unit file, drop-ins, an instance of our template.
pub(crate) fn units(view: &ScopeView<'_>) -> BTreeSet<UnitName> {
    let declared = declared(view);
    let loaded: BTreeSet<UnitName> = declared.iter().map(UnitName::loaded_as).collect();
    let mut undeclared: BTreeSet<UnitName> = with_files(view)
        .into_iter()
        .filter(|unit| !declared.contains(unit))
        .collect();
    let of_our_template = |unit: &UnitName| {
        let template = unit.template();
        template.is_some_and(|template| undeclared.contains(&template) || ours(view, &template))
    };
    let units = view.host.ledger.units.keys();
    let instances: Vec<UnitName> = units
        .filter(|unit| unit.scope == view.scope && !loaded.contains(&unit.unit))
        .map(|unit| unit.unit.clone())
        .filter(of_our_template)
        .collect();
    undeclared.extend(instances);
    undeclared
}

/// With `prune: false` they are only named.
pub(crate) fn note_orphans(view: &ScopeView<'_>, units: &BTreeSet<UnitName>, draft: &mut Draft) {
    for unit in units {
        let resource = ResourceId::Unit(UnitRef::new(&view.scope, unit));
        draft.note(
            resource,
            NoteKind::Orphan,
            "it is ours, and nothing declares it any more",
        );
    }
    let declared = declared(view);
    for path in owned(view) {
        if let Place::DropIn(unit) = view.places.classify(path)
            && declared.contains(&unit)
            && !is_declared_drop_in(view, &unit, path.file_name())
        {
            let resource = ResourceId::Unit(UnitRef::new(&view.scope, &unit));
            let text = format!(
                "its drop-in {} is ours, and nothing declares it any more",
                path.file_name()
            );
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

fn ours(view: &ScopeView<'_>, unit: &UnitName) -> bool {
    let units = view.host.units(&view.scope);
    let unit = units.and_then(|units| units.get(unit));
    unit.is_some_and(abide_model::DesiredUnit::is_ours)
}

fn with_files(view: &ScopeView<'_>) -> BTreeSet<UnitName> {
    owned(view)
        .filter_map(|path| match view.places.classify(path) {
            Place::Unit(unit) | Place::DropIn(unit) => Some(unit),
            Place::Plain => None,
        })
        .collect()
}

fn owned<'v>(view: &'v ScopeView<'_>) -> impl Iterator<Item = &'v abide_model::HostPath> + 'v {
    let files = view.host.ledger.files.iter();
    files
        .filter(|(_, file)| file.scope == view.scope)
        .map(|(path, _)| path)
}
