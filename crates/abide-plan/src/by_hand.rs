//! What somebody did on a host since abide left it: the ledger against what is there now. It tells a hand edit from a
//! manifest that moved on.
//!
//! Only what the ledger records is told so, and nothing of what a run did not get to its end with.

use std::collections::BTreeSet;

use abide_model::{
    ActiveState, Cause, FieldChange, FileKind, FilePurpose, HandEdit, HostPath, LedgerFile,
    LedgerUnit, ObservedFile, ObservedUser, Scope, Timestamp, UserName,
};
use abide_unit::install_links;

use crate::causes::safe_host_text;
use crate::host::Host;
use crate::ledger::{digest_of, is_secret};
use crate::linger::ManagerState;
use crate::places::LedgerPlace;
use crate::unit::Unit;
use crate::unit::sources::SourceFile;

fn cause(edit: HandEdit, at: Option<Timestamp>) -> Cause {
    Cause::ChangedOnHost { edit, at }
}

/// How the file that stands there, or nothing, came to be other than abide wrote it.
pub(crate) fn file(
    host: &Host<'_>,
    path: &HostPath,
    place: &LedgerPlace,
    found: Option<&ObservedFile>,
) -> Option<Cause> {
    let recorded = host.ledger.files.get(path);
    let recorded = recorded.filter(|file| file.digest.is_some())?;
    match found {
        None => Some(cause(HandEdit::Removed, None)),
        Some(found) => {
            let edit = match file_edit(host, path, recorded, found)? {
                // That is told of the unit, which is unmasked.
                HandEdit::Masked if matches!(place, LedgerPlace::Unit(_)) => return None,
                HandEdit::Masked => HandEdit::Replaced,
                edit => edit,
            };
            Some(cause(edit, Some(found.changed_at)))
        }
    }
}

/// How a file changed since abide wrote it.
pub(crate) fn file_edit(
    host: &Host<'_>,
    path: &HostPath,
    recorded: &LedgerFile,
    found: &ObservedFile,
) -> Option<HandEdit> {
    match &found.kind {
        FileKind::Symlink(target) if target == "/dev/null" => return Some(HandEdit::Masked),
        FileKind::Symlink(_) | FileKind::Directory | FileKind::Other => {
            return Some(HandEdit::Replaced);
        }
        FileKind::Regular => {}
    }
    let same = if is_secret(recorded) {
        is_same_secret(host, path, found)
    } else {
        found.digest == recorded.digest
    };
    if !same {
        return Some(HandEdit::Edited);
    }
    other_owner(&recorded.scope, found).map(|_| HandEdit::GivenAway)
}

/// The ledger keeps nothing that a secret could be guessed from. It is as abide left it where it is the declared one,
/// or where nobody touched it since.
fn is_same_secret(host: &Host<'_>, path: &HostPath, found: &ObservedFile) -> bool {
    let declared = host.managed_file(path).and_then(|body| body.bytes());
    let is_declared = declared.is_some_and(|bytes| found.digest == Some(bytes.digest()));
    is_declared || !after_apply(host, found.changed_at)
}

/// Whether this was after the last apply that changed something.
pub(crate) fn after_apply(host: &Host<'_>, at: Timestamp) -> bool {
    host.observed.applied_at.is_some_and(|applied| at > applied)
}

/// The owner, where it is not the scope's user.
pub(crate) fn other_owner(scope: &Scope, found: &ObservedFile) -> Option<String> {
    let ours = scope.user().map_or("root", |user| user.as_str());
    let other = found.owner.as_str();
    let is_name = !other.is_empty() && !other.bytes().all(|byte| byte.is_ascii_digit());
    (is_name && other != ours).then(|| safe_host_text(other))
}

/// How abide left the unit, unless its last run was cut there or failed: that may have been itself.
fn completed_record<'a>(unit: &Unit<'a>) -> Option<&'a LedgerUnit> {
    unit.ledger_entry().filter(|left| !left.claimed)
}

/// A unit that ran when abide left it and has stopped since, in this boot.
pub(crate) fn stop_cause(unit: &Unit<'_>) -> Option<Cause> {
    let ran = completed_record(unit).is_some_and(|left| !left.invocation.is_empty());
    let up = matches!(unit.view.manager, ManagerState::Up { .. });
    // Its manager keeps the name of the last run; after a boot there is none.
    let in_this_boot = !unit.seen.invocation.is_empty();
    let stopped = ran && up && in_this_boot && unit.seen.active == ActiveState::Inactive;
    (stopped).then(|| cause(HandEdit::Stopped, None))
}

/// A unit that did not run when abide left it, and does.
pub(crate) fn start_cause(unit: &Unit<'_>) -> Option<Cause> {
    let rested = completed_record(unit).is_some_and(|left| left.invocation.is_empty());
    let started = rested && unit.seen.active.is_up();
    started.then(|| cause(HandEdit::Started, unit.seen.started_at))
}

/// A mask in the place of our file, or of a unit that could not have been left masked.
pub(crate) fn mask_cause(unit: &Unit<'_>) -> Option<Cause> {
    let mut files = unit
        .files
        .iter()
        .filter(|one| one.purpose == FilePurpose::Unit);
    let of_file = files.find_map(|one| {
        let host = unit.view.host;
        let (found, recorded) = (one.found?, host.ledger.files.get(&one.path)?);
        recorded.digest?;
        let edit = file_edit(host, &one.path, recorded, found)?;
        (edit == HandEdit::Masked).then(|| cause(edit, Some(found.changed_at)))
    });
    let worked = |left: &LedgerUnit| left.enabled || !left.invocation.is_empty();
    of_file.or_else(|| {
        let masked = completed_record(unit).is_some_and(worked);
        masked.then(|| cause(HandEdit::Masked, None))
    })
}

/// Links that were made or removed beside the ones that abide left.
pub(crate) fn links(
    unit: &Unit<'_>,
    add: &BTreeSet<String>,
    remove: &BTreeSet<String>,
) -> Vec<Cause> {
    let Some(left) = links_left(unit) else {
        return Vec::new();
    };
    let made: BTreeSet<String> = remove.difference(&left).cloned().collect();
    let gone: BTreeSet<String> = add.intersection(&left).cloned().collect();
    let made = (!made.is_empty()).then(|| cause(HandEdit::Linked(made), None));
    let gone = (!gone.is_empty()).then(|| cause(HandEdit::Unlinked(gone), None));
    made.into_iter().chain(gone).collect()
}

/// A unit that abide enabled, and that is not: nobody showed us which links it had.
pub(crate) fn disable_cause(unit: &Unit<'_>) -> Option<Cause> {
    let enabled = completed_record(unit).is_some_and(|left| left.enabled);
    (enabled).then(|| cause(HandEdit::Unlinked(BTreeSet::new()), None))
}

/// The links that abide left, where that is known: the ledger says that it enabled the unit, and which `[Install]` it
/// had then is in the manifest still, or on the disk still.
fn links_left(unit: &Unit<'_>) -> Option<BTreeSet<String>> {
    let enabled = completed_record(unit).is_some_and(|left| left.enabled);
    if !enabled {
        return None;
    }
    let files = || unit.files.iter().chain(&unit.template_files);
    let recorded = |file: &SourceFile<'_>| unit.view.host.ledger.files.get(&file.path)?.digest;
    let then = if files().all(|file| file.body.map(digest_of) == recorded(file)) {
        &unit.wanted
    } else if files().all(|file| file.found.and_then(|found| found.digest) == recorded(file)) {
        unit.on_disk.known_effective()?
    } else {
        return None;
    };
    let links = install_links(&unit.loaded, then).into_iter();
    Some(links.map(|link| link.path).collect())
}

/// Lingering that abide enabled, and that is off.
pub(crate) fn lingering_off(host: &Host<'_>, name: &UserName) -> Option<Cause> {
    let ours = host.ledger.lingers.contains(name);
    ours.then(|| cause(HandEdit::LingerDisabled, None))
}

/// An account that abide made, and that is gone.
pub(crate) fn account_gone(host: &Host<'_>, name: &UserName) -> Option<Cause> {
    let ours = host.ledger.users.contains(name);
    ours.then(|| cause(HandEdit::AccountDeleted, None))
}

/// Attributes that are not as abide left them, among those that are about to change.
pub(crate) fn account(
    host: &Host<'_>,
    name: &UserName,
    found: &ObservedUser,
    fields: &[FieldChange],
) -> Option<Cause> {
    let mut changed = changed_attributes(host, name, found);
    changed.retain(|attribute| fields.iter().any(|field| field.field.word() == attribute));
    (!changed.is_empty()).then(|| cause(HandEdit::AccountModified(changed), None))
}

/// Attributes of an account that are not as abide left them.
pub(crate) fn changed_attributes(
    host: &Host<'_>,
    name: &UserName,
    found: &ObservedUser,
) -> BTreeSet<String> {
    let left = host.ledger.attributes.get(name);
    let left = left.into_iter().flatten();
    left.filter(|(field, value)| is_other(field, value, found))
        .map(|(field, _)| field.clone())
        .collect()
}

fn is_other(field: &str, left: &str, found: &ObservedUser) -> bool {
    match field {
        "uid" => left != found.uid.to_string(),
        "group" => left != found.group,
        // Others may be added: nobody declares them.
        "groups" => {
            let mut groups = left.split(',').filter(|group| !group.is_empty());
            groups.any(|group| !found.groups.contains(group) && found.group != group)
        }
        "home" => left != found.home.as_str(),
        "shell" => left != found.shell,
        "comment" => left != found.comment.trim_end_matches(','),
        _ => false,
    }
}
