//! What a person should know about units beside ours: drop-ins and links that we keep, instances that nobody declares.

use std::collections::BTreeSet;

use abide_model::{
    HostPath, NoteKind, NoteReason, NoteText, Observation, ResourceId, UnitName, UnitNote, UnitRef,
    Wanted,
};

use super::Unit;
use super::couple::Decisions;
use super::enablement::links_of;
use super::reload;
use crate::by_hand::after_apply;
use crate::draft::Draft;
use crate::scope::ScopeView;

/// Notes foreign drop-ins, links that nothing asks for, and stale instances of a scope.
pub(crate) fn draft(view: &ScopeView<'_>, decisions: &Decisions<'_>, draft: &mut Draft) {
    for decision in decisions.values() {
        let unit = &decision.unit;
        if let Some(path) = reload::source_missing(unit).filter(|_| unit.seen.need_reload) {
            let why = NoteReason::SourceMissing {
                unit: unit.loaded.clone(),
                path: path.clone(),
            };
            draft.note_why(unit.file_resource(), NoteKind::SourceMissing, why);
        }
        let (added, foreign) = foreign_drop_ins(unit)
            .into_iter()
            .partition::<BTreeSet<HostPath>, _>(|path| is_added(unit, path));
        for path in &added {
            draft.note(
                unit.file_resource(),
                NoteKind::Added,
                added_text(unit, path),
            );
        }
        if let Some(links) = links_by_hand(unit) {
            draft.note(unit.file_resource(), NoteKind::Added, links);
        }
        if decision.links.is_work() && !decision.links.also.is_empty() {
            let text = NoteText::AlsoLeft(decision.links.also.clone());
            draft.note(unit.file_resource(), NoteKind::AlsoLeft, text);
        }
        if !foreign.is_empty() {
            let text = NoteText::ForeignDropIns(foreign);
            draft.note(unit.file_resource(), NoteKind::Foreign, text);
        }
        if unit.name.is_template() {
            for instance in
                stale_instances(view, decisions, &decision.unit, decision.changes_files())
            {
                let resource = ResourceId::Unit(UnitRef::new(&view.scope, &instance));
                if decision.changes_files() {
                    let text = NoteText::of_unit(
                        &instance,
                        UnitNote::KeepsOld {
                            template: unit.name.clone(),
                        },
                    );
                    draft.note(resource, NoteKind::PendingRestart, text);
                    continue;
                }
                // Of it nothing is recorded: a time alone does not tell.
                let why = NoteReason::StaleInstance {
                    instance,
                    template: unit.name.clone(),
                };
                draft.note_why(resource, NoteKind::MayRunOld, why);
            }
        }
    }
}

/// Links to a unit of ours that has no `[Install]` section, so abide makes none: they start it all the same.
fn links_by_hand(unit: &Unit<'_>) -> Option<NoteText> {
    let desired = unit.desired()?;
    let nothing_asks = unit.ours && !unit.wanted.has_install();
    let kept = desired.enabled == Wanted::Unmanaged && !unit.should_be_masked();
    let links = links_of(unit);
    (nothing_asks && kept && !links.is_empty()).then_some(NoteText::LinksByHand(links))
}

/// Drop-ins in effect that no manifest of ours declares. What a distribution ships belongs to its unit, and what a template
/// has is told of the template.
pub(crate) fn foreign_drop_ins(unit: &Unit<'_>) -> BTreeSet<HostPath> {
    if unit.files.is_empty() && !unit.ours {
        return BTreeSet::new();
    }
    let ours: BTreeSet<&HostPath> = unit
        .files
        .iter()
        .chain(&unit.template_files)
        .map(|file| &file.path)
        .collect();
    let beside = unit.view.seen.into_iter().flat_map(|scope| &scope.files);
    // Wherever its manager looks for them; it may not have read them yet.
    let own = [format!("{}.d", unit.name), format!("{}.d", unit.loaded)];
    let is_own = |path: &HostPath| {
        own.iter()
            .any(|dir| path.parent_directory().file_name() == dir)
    };
    let beside = beside
        .filter(|(path, found)| is_own(path) && matches!(found, Observation::Known(_)))
        .map(|(path, _)| path);
    let template = unit.name.template().map(|name| format!("{name}.d"));
    let of_template =
        |path: &HostPath| template.as_deref() == Some(path.parent_directory().file_name());
    unit.seen
        .drop_ins
        .iter()
        .chain(beside)
        .filter(|path| !ours.contains(path) && !is_from_package(path))
        .filter(|path| unit.template_files.is_empty() || !of_template(path))
        .filter(|path| !unit.view.host.ledger.files.contains_key(*path))
        .cloned()
        .collect()
}

/// Whether a package brought it.
fn is_from_package(path: &HostPath) -> bool {
    let path = path.as_str();
    let local = path.starts_with("/usr/local/");
    !local && (path.starts_with("/usr/") || path.starts_with("/lib/"))
}

/// Whether it appeared, or changed, since the last apply.
fn is_added(unit: &Unit<'_>, path: &HostPath) -> bool {
    let host = unit.view.host;
    let found = unit
        .view
        .seen
        .and_then(|seen| seen.files.get(path)?.as_known());
    let changed = found.is_some_and(|found| after_apply(host, found.changed_at));
    let mut files = unit.files.iter();
    // Of a template only the files are in the ledger.
    let by_us = unit.ledger_entry().is_some()
        || files.any(|file| host.ledger.files.contains_key(&file.path));
    changed && by_us && host.file_owner(path).is_none()
}

fn added_text(unit: &Unit<'_>, path: &HostPath) -> NoteText {
    let own = unit.view.places.drop_in_dir(&unit.name).ok();
    NoteText::AddedDropIn {
        path: path.clone(),
        beside: own == Some(path.parent_directory()),
    }
}

/// systemctl(1): `edit` writes override.conf unless it is told another name.
pub(crate) fn as_edit_does(path: &HostPath) -> &'static str {
    match path.file_name() {
        "override.conf" => ", as `systemctl edit` does",
        _ => "",
    }
}

/// Running instances of our template that nobody declares and that have not seen its last change.
fn stale_instances(
    view: &ScopeView<'_>,
    decisions: &Decisions<'_>,
    template: &Unit<'_>,
    changes: bool,
) -> Vec<UnitName> {
    let changed = super::reads::definition_changed(template);
    let units = view.seen.into_iter().flat_map(|scope| &scope.units);
    units
        .filter(|(name, seen)| {
            let of_ours = name.template().as_ref() == Some(&template.name);
            let old = changed.is_some_and(|changed| seen.started_at.is_none_or(|at| at <= changed));
            of_ours && seen.active.is_up() && (changes || old) && !decisions.contains_key(*name)
        })
        .map(|(name, _)| name.clone())
        .collect()
}
