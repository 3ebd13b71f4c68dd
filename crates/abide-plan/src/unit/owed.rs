//! What a running unit is owed: whether what it runs is what it should run.
//!
//! Observed, never remembered: what its run has of each thing that it reads is judged in [`super::reads`]. A restart is
//! owed where it has something else than it should; where nothing tells, that is said, and is no reason to interrupt it.

use abide_model::{Digest, HostPath, UnitKind};
use abide_unit::{ChangeClass, Difference, compare};

use super::Unit;
use super::reads::{
    self, ReadPart, RunVerdict, content_changes, cut, definition_changed, digest, parts_at_start,
};
use super::sources::Trigger;
use crate::draft::Draft;
use crate::ledger::config_digest;

/// What a running unit is owed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Owed {
    /// It runs something else than it should.
    pub(crate) restart: bool,
    /// What it reads at a reload has changed.
    pub(crate) reload: bool,
    /// Settings and files that differ, where that is known: `ExecStart=`.
    pub(crate) keys: Vec<String>,
    /// Its own files (or its template's) are part of it.
    pub(crate) by_own_files: bool,
    /// Files beside it that this plan writes and that are part of it.
    pub(crate) by_files: Vec<HostPath>,
    /// Files of which it may run an old one, where nothing tells.
    pub(crate) may_be_old: Vec<HostPath>,
}

/// What this unit is owed, if it runs or is about to be started by its manager.
pub(crate) fn owed_to_unit(unit: &Unit<'_>, draft: &Draft, starts_by_itself: bool) -> Owed {
    if nothing_of_it_is_ours(unit) {
        return Owed::default();
    }
    let parts = parts_at_start(unit, starts_by_itself);
    let of = |wanted: RunVerdict| {
        parts
            .iter()
            .filter(move |part| part.run_verdict() == wanted)
    };
    let old: Vec<&ReadPart<'_>> = of(RunVerdict::Old).collect();
    let restart = !old.is_empty();
    let difference = unit
        .on_disk
        .known_effective()
        .map(|on_disk| compare(on_disk, &unit.wanted));
    let class = difference.as_ref().map(Difference::class);
    let reload = reload_files(unit, draft);
    let mut keys = difference.map_or(Vec::new(), |difference| {
        difference.keys_of_class(ChangeClass::Restart)
    });
    let is_definition = |part: &&&ReadPart<'_>| part.path.is_none();
    if keys.is_empty() && old.iter().any(|part| part.path.is_none()) {
        keys.extend(newer_files(unit).map(ToString::to_string));
    }
    let files = old.iter().filter(|part| !is_definition(part));
    let files: Vec<&HostPath> = files.filter_map(|part| part.path).collect();
    let left = files
        .iter()
        .filter(|path| draft.writing_step(path).is_none());
    keys.extend(left.map(ToString::to_string));
    let written = files
        .iter()
        .filter(|path| draft.writing_step(path).is_some());
    Owed {
        restart,
        reload: !reload.is_empty() || needs_remount(unit, class),
        keys,
        by_own_files: class.is_none_or(|class| class >= ChangeClass::Reload),
        by_files: match restart {
            true => written.map(|path| (*path).clone()).collect(),
            false => reload,
        },
        may_be_old: of(RunVerdict::MayBeOld)
            .flat_map(|part| may_be_old(unit, part))
            .collect(),
    }
}

/// The files that a thing is made of.
fn may_be_old(unit: &Unit<'_>, part: &ReadPart<'_>) -> Vec<HostPath> {
    match part.path {
        Some(path) => vec![path.clone()],
        None => newer_files(unit).cloned().collect(),
    }
}

/// Its own files, or its template's, that changed last: since it started, or since its manager read them.
fn newer_files<'u>(unit: &'u Unit<'_>) -> impl Iterator<Item = &'u HostPath> {
    let started = unit.seen.started_at;
    let last = definition_changed(unit);
    let files = unit.files.iter().chain(&unit.template_files);
    let newer = files.filter(move |file| {
        let changed = file
            .found
            .filter(|_| file.is_regular_file())
            .map(|found| found.changed_at);
        changed.is_some_and(|at| Some(at) >= last.min(started))
    });
    newer.map(|file| &file.path)
}

fn nothing_of_it_is_ours(unit: &Unit<'_>) -> bool {
    unit.files.is_empty()
        && unit.template_files.is_empty()
        && unit.restart_on.is_empty()
        && unit.reload_on.is_empty()
}

/// Files of `reload_on` that this plan writes, or that a run wrote which was cut before its end.
fn reload_files(unit: &Unit<'_>, draft: &Draft) -> Vec<HostPath> {
    let files = unit.reload_on.iter();
    let changes =
        |file: &&Trigger<'_>| draft.writing_step(&file.path).is_some() && content_changes(file);
    let files = files.filter(|file| changes(file) || cut(unit, &file.path));
    files.map(|file| file.path.clone()).collect()
}

/// A mount takes new options by a reload (systemd-facts.md#mount-reload).
fn needs_remount(unit: &Unit<'_>, class: Option<ChangeClass>) -> bool {
    let mount = unit.name.kind() == UnitKind::Mount;
    let own_cut = unit.files.iter().any(|file| cut(unit, &file.path));
    class == Some(ChangeClass::Reload) || mount && own_cut
}

/// The configuration that the unit should run.
pub(crate) fn wanted_config(unit: &Unit<'_>) -> Digest {
    let files = unit.restart_on.iter().filter(|file| !file.is_secret());
    let files = files.map(|file| (&file.path, reads::wanted_content(file).and_then(digest)));
    config_digest(unit.wanted.restart_digest(), files)
}
