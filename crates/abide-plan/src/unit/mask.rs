//! Masks: a link to `/dev/null` in the place of the unit file.

use abide_model::{FileKind, FilePurpose, UnitName, Wanted};

use super::{Unit, reload};
use crate::refuse::Denied;

/// What is to be done about a unit's mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mask {
    /// Nothing.
    Leave,
    /// It is masked.
    On,
    /// It is unmasked.
    Off,
}

pub(crate) const NOWHERE: &str = "/dev/null";

/// Whether the unit is masked in its configuration directory, where it can be undone.
pub(crate) fn is_masked(unit: &Unit<'_>) -> bool {
    let mut files = unit
        .files
        .iter()
        .filter(|file| file.purpose == FilePurpose::Unit);
    let masks = |kind: &FileKind| matches!(kind, FileKind::Symlink(target) if target == NOWHERE);
    has_mask(unit, &unit.loaded)
        || files.any(|file| file.found.is_some_and(|found| masks(&found.kind)))
}

/// Whether a link to nowhere stands in the configuration directory in the place of this unit file.
fn has_mask(unit: &Unit<'_>, name: &UnitName) -> bool {
    let links = unit.view.seen.into_iter().flat_map(|scope| &scope.links);
    let mut links = links.filter(|link| link.path == name.as_str());
    links.any(|link| link.target == NOWHERE)
}

/// Whether the mask that the manager has loaded is no longer there: a reload was lost. A masked unit is loaded from its
/// link, and its `FragmentPath` is the link's place (seen on 252 and 257).
pub(crate) fn is_undone(unit: &Unit<'_>) -> bool {
    let own = unit.view.places.config.clone();
    let link = unit.seen.fragment.as_ref();
    let is_own = link.is_some_and(|link| link.parent_directory() == own);
    unit.seen.load == "masked"
        && !is_masked(unit)
        && (is_own || reload::vanished_file(unit).is_some())
}

/// Whether `systemctl disable` passes over the unit, and leaves its links: it is masked now, or its template is (seen on
/// 252 and 257). Such links start nothing, and go when the unit is unmasked.
pub(crate) fn keeps_links(unit: &Unit<'_>) -> bool {
    let template = unit.loaded.template();
    let by_template = template.is_some_and(|template| has_mask(unit, &template));
    let elsewhere = unit.seen.load == "masked" && !is_undone(unit);
    is_masked(unit) || by_template || elsewhere
}

/// What makes the mask as declared.
pub(crate) fn decide(unit: &Unit<'_>) -> Result<Mask, Denied> {
    let Some(desired) = unit.desired() else {
        return Ok(Mask::Leave);
    };
    let masked = is_masked(unit);
    let elsewhere = unit.seen.load == "masked" && !masked && !is_undone(unit);
    match desired.masked {
        Some(true) if masked || elsewhere => Ok(Mask::Leave),
        Some(true) => may_mask(unit).map(|()| Mask::On),
        Some(false) if masked => Ok(Mask::Off),
        // Our unit file stands where the mask is: declaring the one undoes the other.
        None if masked && desired.is_ours() => Ok(Mask::Off),
        Some(false) | None if elsewhere => Err(Denied::impossible_on_host(
            "it is masked outside its configuration directory, where it cannot be undone for good",
        )
        .with_help(format!(
            "run `systemctl unmask --runtime {}` in its scope",
            unit.loaded
        ))),
        None if masked && (desired.running == Wanted::Yes || desired.enabled == Wanted::Yes) => {
            Err(Denied::impossible_on_host("it is masked on the host")
                .with_help("declare `masked: false`"))
        }
        Some(false) | None => Ok(Mask::Leave),
    }
}

/// `systemctl mask` fails where a file stands (systemd-facts.md#mask-needs-its-place). Ours is removed first; another's is not ours to remove.
fn may_mask(unit: &Unit<'_>) -> Result<(), Denied> {
    let ours = unit
        .files
        .iter()
        .any(|file| file.purpose == FilePurpose::Unit);
    let Ok(path) = unit.view.places.unit(&unit.loaded) else {
        return Ok(());
    };
    let files = unit.view.seen.map(|scope| &scope.files);
    let found = files.and_then(|files| files.get(&path)?.as_known());
    match found {
        Some(_) if !ours => Err(Denied::impossible_on_host(format!(
            "{path} stands where the mask would be, and is not ours"
        ))
        .with_help("remove it, or declare the unit with its source so that abide may")),
        _ => Ok(()),
    }
}
