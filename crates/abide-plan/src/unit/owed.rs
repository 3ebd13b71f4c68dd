//! What a running unit is owed: whether what it runs is what it should run.
//!
//! Observed, never remembered (crates/README.md, "What a running unit runs"): the ledger's configuration where the
//! unit still is in the run that the ledger names; else, where it started after its files last changed, what stands
//! on disk; else it is unknown, and old.

use abide_model::{Digest, HostPath, LastLoad, LedgerFile, Timestamp, UnitKind};
use abide_unit::{ChangeClass, Difference, compare};

use super::Unit;
use super::reload;
use super::sources::Trigger;
use crate::draft::Draft;
use crate::ledger::{config_digest, is_secret};
use crate::linger::ManagerState;

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
}

/// What this unit is owed, if it runs or is about to be started by its manager.
pub(crate) fn owed(unit: &Unit<'_>, draft: &Draft, starts_by_itself: bool) -> Owed {
    if nothing_of_it_is_ours(unit) {
        return Owed::default();
    }
    let runs = match starts_by_itself {
        true => on_disk_config(unit),
        false => running(unit),
    };
    let unseen = unseen_changes(unit, draft, starts_by_itself);
    let restart = runs != Some(wanted_config(unit)) || !unseen.is_empty();
    let difference = unit
        .on_disk
        .effective()
        .map(|on_disk| compare(on_disk, &unit.wanted));
    let class = difference.as_ref().map(Difference::class);
    let reload = reload_files(unit, draft);
    let mut keys = difference.map_or(Vec::new(), |difference| {
        difference.keys(ChangeClass::Restart)
    });
    keys.extend(unseen);
    keys.extend(changed_since(unit, draft));
    Owed {
        restart,
        reload: !reload.is_empty() || remount(unit, class),
        keys,
        by_own_files: class.is_none_or(|class| class >= ChangeClass::Reload),
        by_files: match restart {
            true => restart_files(unit, draft),
            false => reload,
        },
    }
}

fn nothing_of_it_is_ours(unit: &Unit<'_>) -> bool {
    unit.files.is_empty()
        && unit.template_files.is_empty()
        && unit.restart_on.is_empty()
        && unit.reload_on.is_empty()
}

/// Files that are no part of the digest and have changed since the unit started: secrets, and what nobody could read.
fn unseen_changes(unit: &Unit<'_>, draft: &Draft, starts_by_itself: bool) -> Vec<String> {
    let changed = |file: &&Trigger<'_>| match file.is_secret() {
        true => written(draft, file) || !starts_by_itself && !taken_in(unit, file),
        false => !starts_by_itself && unreadable(file) && newer_than_run(unit, file),
    };
    let changed = unit.restart_on.iter().filter(changed);
    changed.map(|file| file.path.to_string()).collect()
}

/// Files that it reads at its start, that changed since, and that this plan leaves as they are.
fn changed_since(unit: &Unit<'_>, draft: &Draft) -> Vec<String> {
    let changed = told(unit).filter(|file| !unreadable(file) && newer_than_run(unit, file));
    let left = changed.filter(|file| !written(draft, file));
    left.map(|file| file.path.to_string()).collect()
}

fn restart_files(unit: &Unit<'_>, draft: &Draft) -> Vec<HostPath> {
    let files = unit.restart_on.iter().filter(|file| written(draft, file));
    files.map(|file| file.path.clone()).collect()
}

/// Files of `reload_on` that this plan writes, or that a run wrote which was cut before its end.
fn reload_files(unit: &Unit<'_>, draft: &Draft) -> Vec<HostPath> {
    let files = unit.reload_on.iter();
    let files = files.filter(|file| written(draft, file) || cut(unit, &file.path));
    files.map(|file| file.path.clone()).collect()
}

/// A mount takes new options by a reload (unit-change V8c).
fn remount(unit: &Unit<'_>, class: Option<ChangeClass>) -> bool {
    let mount = unit.name.kind() == UnitKind::Mount;
    let own_cut = unit.files.iter().any(|file| cut(unit, &file.path));
    class == Some(ChangeClass::Reload) || mount && own_cut
}

/// The configuration that the unit should run.
pub(crate) fn wanted_config(unit: &Unit<'_>) -> Digest {
    let files = told(unit).map(|file| {
        let managed = file.body.and_then(|body| body.bytes());
        let digest = match managed {
            Some(bytes) => Some(bytes.digest()),
            None => file.found.and_then(|found| found.digest),
        };
        (&file.path, digest)
    });
    config_digest(&unit.wanted, files)
}

/// The configuration that stands on disk, where it is known.
fn on_disk_config(unit: &Unit<'_>) -> Option<Digest> {
    let files = told(unit).map(|file| (&file.path, file.found.and_then(|found| found.digest)));
    Some(config_digest(unit.on_disk.effective()?, files))
}

/// The configuration that the unit runs, where it is known.
pub(crate) fn running(unit: &Unit<'_>) -> Option<Digest> {
    recorded_config(unit).or_else(|| {
        started_from_disk(unit)
            .then(|| on_disk_config(unit))
            .flatten()
    })
}

/// What the ledger says that this very run was started with.
fn recorded_config(unit: &Unit<'_>) -> Option<Digest> {
    let invocation = unit.seen.invocation.as_str();
    unit.recorded()
        .filter(|left| !invocation.is_empty() && left.invocation == invocation)
        .and_then(|left| left.config)
}

/// Whether it started after everything that it is made of last changed. A definition counts only where its manager
/// has read it since: until the daemon-reload a start uses the old one.
fn started_from_disk(unit: &Unit<'_>) -> bool {
    let Some(started) = unit.seen.started_at else {
        return false;
    };
    let ManagerState::Up { last_load } = unit.view.manager else {
        return false;
    };
    if reload::gone(unit).is_some() {
        // It started from what came first then.
        return false;
    }
    let definition = definition_changed(unit);
    let is_read = |changed| {
        let told = matches!(last_load, LastLoad::At(_));
        last_load.may_have_read(changed) && (told || !reload::says_so(unit))
    };
    let read = told(unit)
        .filter_map(|file| file.found)
        .map(|found| found.changed_at);
    let read = read.max();
    definition.is_none_or(|changed| changed < started && is_read(changed))
        && read.is_none_or(|changed| changed < started)
}

/// When one of the unit's files, or its template's, last changed.
pub(crate) fn definition_changed(unit: &Unit<'_>) -> Option<Timestamp> {
    let files = unit.files.iter().chain(&unit.template_files);
    let standing = files.filter(|file| file.stands());
    let changed = standing.filter_map(|file| file.found);
    changed.map(|found| found.changed_at).max()
}

/// The files of `restart_on` whose digests are part of the configuration.
fn told<'u, 'a>(unit: &'u Unit<'a>) -> impl Iterator<Item = &'u Trigger<'a>> {
    unit.restart_on.iter().filter(|file| !file.is_secret())
}

fn written(draft: &Draft, file: &Trigger<'_>) -> bool {
    draft.writes(&file.path).is_some()
}

fn newer_than_run(unit: &Unit<'_>, file: &Trigger<'_>) -> bool {
    match (file.found, unit.seen.started_at) {
        (Some(found), Some(started)) => found.changed_at >= started,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// A file that is there, and whose content nobody managed to read.
fn unreadable(file: &Trigger<'_>) -> bool {
    file.found.is_some_and(|found| found.digest.is_none())
}

/// Whether a secret is as the last finished run left it, or older than the unit's run.
fn taken_in(unit: &Unit<'_>, file: &Trigger<'_>) -> bool {
    let left = recorded_file(unit, &file.path).is_some_and(is_secret);
    let told_of_run = unit
        .recorded()
        .is_some_and(|left| left.invocation == unit.seen.invocation);
    left && told_of_run || !newer_than_run(unit, file)
}

fn recorded_file<'a>(unit: &Unit<'a>, path: &HostPath) -> Option<&'a LedgerFile> {
    unit.view.host.ledger.files.get(path)
}

/// Whether a run that wrote this file was cut before it could finish.
pub(crate) fn cut(unit: &Unit<'_>, path: &HostPath) -> bool {
    recorded_file(unit, path).is_some_and(|file| file.digest.is_none())
}
