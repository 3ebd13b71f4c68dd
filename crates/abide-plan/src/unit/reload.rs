//! Whether a manager still has to read what already stands on disk: a daemon-reload that an earlier run, or a person,
//! did not get to.
//!
//! `NeedDaemonReload` alone proves nothing where it is false: a drop-in in a new directory and a file with an old
//! mtime go unseen (systemd-facts.md#reload-not-noticed). So what is loaded is compared with what is there, and ctime with the last load.

use abide_model::{FilePurpose, HostPath, LastLoad, Timestamp};

use super::Unit;
use super::mask::{is_masked, is_undone};
use super::reads::definition_changed;
use super::sources::SourceFile;
use crate::linger::ManagerState;

/// What shows that a daemon-reload is owed; `None` where nothing does, or where no manager has loaded anything.
pub(crate) fn owed_reason(unit: &Unit<'_>) -> Option<String> {
    let ManagerState::Up { last_load } = unit.view.manager else {
        return None;
    };
    if unit.files.is_empty() && unit.template_files.is_empty() {
        return None;
    }
    if says_so(unit) {
        return Some("NeedDaemonReload".to_owned());
    }
    if let Some(path) = vanished_file(unit) {
        return Some(format!("{path}, which is loaded, is gone"));
    }
    if is_undone(unit) {
        return Some("the mask that is loaded is gone".to_owned());
    }
    let changed = definition_changed(unit).max(drop_ins_changed(unit));
    if changed.is_some_and(|changed| !last_load.may_have_read(changed)) {
        return Some("changed after the last reload".to_owned());
    }
    // Where nothing shows when it read its units, it may have looked for this one before its file came.
    let may_be = !unit.loaded.is_template() && unit.removal_cause().is_none();
    if last_load == LastLoad::Unknown && unit.seen.load == "not-found" && may_be {
        return fragment_elsewhere(unit);
    }
    let loaded = unit.seen.load == "loaded" && !unit.loaded.is_template() && !is_masked(unit);
    loaded
        .then(|| {
            let stays = unit.removal_cause().is_none();
            let elsewhere = stays.then(|| fragment_elsewhere(unit)).flatten();
            elsewhere
                .or_else(|| drop_in_not_loaded(unit))
                .or_else(|| drop_in_gone(unit))
        })
        .flatten()
}

/// A reload is owed once more after a foreign unit was changed by its package, and only where it is about to be used.
pub(crate) fn before_use(unit: &Unit<'_>) -> Option<String> {
    let stale = unit.manager_up() && says_so(unit);
    stale.then(|| "NeedDaemonReload".to_owned())
}

/// Whether `NeedDaemonReload` says yes and means it. systemd 252 says yes of a masked unit that has drop-ins however
/// often it reads them; 257 does not load them (`unit_need_daemon_reload` of unit.c, seen on hosts).
///
/// All versions say yes of a unit whose file names a `SourcePath=` where nothing stands, however often they read it
/// (`fragment_mtime_newer`); a unit that a generator made of what is gone is gone after a reload.
pub(super) fn says_so(unit: &Unit<'_>) -> bool {
    let masked = unit.seen.load == "masked" && !unit.seen.drop_ins.is_empty();
    unit.seen.need_reload && !masked && source_missing(unit).is_none()
}

/// The `SourcePath=` that the unit's own file names, where nothing stands there.
pub(super) fn source_missing<'u>(unit: &'u Unit<'_>) -> Option<&'u HostPath> {
    let fragment = unit.seen.fragment.as_ref()?;
    let generated = fragment.as_str().contains("/systemd/generator");
    let missing = unit.seen.source_missing && !generated && unit.removal_cause().is_none();
    unit.seen.source.as_ref().filter(|_| missing)
}

/// The unit was loaded from another place, and ours comes first.
fn fragment_elsewhere(unit: &Unit<'_>) -> Option<String> {
    let files = unit.files.iter().chain(&unit.template_files);
    let ours = files
        .filter(|file| file.purpose == FilePurpose::Unit && file.body.is_some())
        .find(|file| file.is_regular_file())?;
    let quadlet = unit.name.kind().is_quadlet();
    let loaded = match quadlet {
        true => unit.seen.source.as_ref(),
        false => unit.seen.fragment.as_ref(),
    };
    // Podman names a quadlet without the links on the way to it, as where /home is one.
    let same = |loaded: &HostPath| match quadlet {
        true => loaded.file_name() == ours.path.file_name(),
        false => *loaded == ours.path,
    };
    match loaded {
        Some(loaded) if same(loaded) || is_before_ours(loaded) => None,
        Some(loaded) => Some(format!("loaded from {loaded}")),
        None => Some(format!("{} is not loaded", ours.path)),
    }
}

/// Whether a unit file there comes before ours, so that a reload would not change anything (systemd.unit(5)).
pub(crate) fn is_before_ours(loaded: &HostPath) -> bool {
    let parts = [".control/", "/transient/", "generator.early/"];
    parts.iter().any(|part| loaded.as_str().contains(part))
}

/// What came before ours, or masked it, when the manager last read its units, and does not stand there any more. In these
/// places every file of an asked unit is observed, so one that is not among the observed ones is not there.
pub(super) fn vanished_file<'u>(unit: &'u Unit<'_>) -> Option<&'u HostPath> {
    let seen = unit.view.seen?;
    let loaded = unit.seen.fragment.as_ref()?;
    let is_observed = [".control/", "/transient/"]
        .iter()
        .any(|part| loaded.as_str().contains(part));
    let stands = !matches!(
        seen.files.get(loaded),
        None | Some(abide_model::Observation::Absent)
    );
    (is_observed && unit.ours && !unit.seen.transient && !stands).then_some(loaded)
}

fn drop_in_not_loaded(unit: &Unit<'_>) -> Option<String> {
    if unit.name.kind().is_quadlet() {
        // They are merged into the generated unit and never listed.
        return None;
    }
    let own = unit.files.iter();
    let hidden = |file: &&SourceFile<'_>| {
        let mut own = unit.files.iter();
        !own.any(|other| other.path.file_name() == file.path.file_name())
    };
    let mut files = own.chain(unit.template_files.iter().filter(hidden));
    let missing = files.find(|file| {
        let holds_something = file.found.is_some_and(|found| found.size > 0);
        file.purpose == FilePurpose::DropIn
            && file.body.is_some()
            && file.is_regular_file()
            && holds_something
            && !is_loaded(unit, &file.path)
    })?;
    Some(format!(
        "drop-in {} is not loaded",
        missing.path.file_name()
    ))
}

/// Another drop-in of the same name that comes first hides ours rightly.
fn is_loaded(unit: &Unit<'_>, path: &HostPath) -> bool {
    let mut loaded = unit.seen.drop_ins.iter();
    loaded.any(|loaded| loaded.file_name() == path.file_name())
}

/// When a drop-in beside the unit last changed, whoever wrote it. A manager does not miss a new one in a new directory,
/// nor one that a generator has merged into its unit (systemd-facts.md#generated-units).
fn drop_ins_changed(unit: &Unit<'_>) -> Option<Timestamp> {
    let dirs = drop_in_dirs(unit);
    let files = unit.view.seen.into_iter().flat_map(|scope| &scope.files);
    let beside = files.filter(|(path, _)| dirs.contains(&path.parent_directory()));
    let changed = beside.filter_map(|(_, file)| Some(file.as_known()?.changed_at));
    changed.max()
}

fn drop_in_dirs(unit: &Unit<'_>) -> Vec<HostPath> {
    let own = match unit.name.kind().is_quadlet() {
        true => unit.name.clone(),
        false => unit.loaded.clone(),
    };
    let names = [own.template(), Some(own)];
    let names = names.iter().flatten();
    names
        .filter_map(|name| unit.view.places.drop_in_dir(name).ok())
        .collect()
}

/// A drop-in is loaded that is no longer there.
fn drop_in_gone(unit: &Unit<'_>) -> Option<String> {
    let seen = unit.view.seen?;
    let dirs = drop_in_dirs(unit);
    let mut loaded = unit
        .seen
        .drop_ins
        .iter()
        .filter(|path| dirs.contains(&path.parent_directory()));
    let gone = loaded.find(|path| {
        let found = seen.files.get(*path);
        matches!(found, Some(abide_model::Observation::Absent))
    })?;
    Some(format!("drop-in {} is loaded and gone", gone.file_name()))
}
