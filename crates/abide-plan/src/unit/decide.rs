//! Everything that is to be done about one unit, before it is known what that does to others.

use abide_model::{
    Cause, Change, Field, FilePurpose, NoteKind, NoteText, Observation, UnitKind, UnitNote, Wanted,
};

use super::enablement::{self, Links};
use super::mask::{self, Mask};
use super::run::{self, Run};
use super::sources::SourceFile;
use super::{Unit, quadlet, reload, replace};
use crate::draft::Draft;
use crate::file::{self, FileVerdict};
use crate::refuse::Denied;

/// What is to be done about one unit.
#[derive(Debug)]
pub(crate) struct Decision<'a> {
    pub(crate) unit: Unit<'a>,
    /// In the order of the unit's files.
    pub(crate) files: Vec<FileVerdict>,
    /// In the order of the files that it replaces.
    pub(crate) replaced: Vec<FileVerdict>,
    pub(crate) mask: Mask,
    pub(crate) links: Links,
    pub(crate) run: Run,
    /// What shows that its manager has not read what is on disk.
    pub(crate) reload: Option<String>,
}

impl Decision<'_> {
    /// Whether its unit file or drop-ins change on the host.
    pub(crate) fn changes_files(&self) -> bool {
        let mut files = self.files.iter().chain(&self.replaced);
        files.any(|file| file.change().is_some())
    }

    /// Whether anything is done on the host.
    pub(crate) fn is_work(&self) -> bool {
        self.changes_files()
            || self.mask != Mask::Leave
            || self.links.is_work()
            || self.run.is_work()
            || self.reload.is_some()
    }
}

/// Decides about one unit.
pub(crate) fn decide<'a>(unit: Unit<'a>, draft: &Draft) -> Result<Decision<'a>, Denied> {
    claimed_by_us_alone(&unit)?;
    no_alias(&unit)?;
    nothing_before_ours(&unit)?;
    quadlet::check_support(&unit)?;
    quadlet::nothing_before_it(&unit)?;
    let files = file_verdicts(&unit)?;
    has_what_it_adds_to(&unit, &files)?;
    let mask = mask::decide(&unit)?;
    let links = enablement::decide(&unit, mask)?;
    let replaced = replaced_file_verdicts(&unit)?;
    let mut all = files.iter().chain(&replaced);
    let changes = all.any(|file| file.change().is_some());
    let template_changes = unit.template_files.iter().any(SourceFile::needs_change);
    let owed = reload::owed_reason(&unit);
    let loads = changes || template_changes || owed.is_some() || mask == Mask::Off;
    let run = run::decide(&unit, draft, loads)?;
    let reload = owed.or_else(|| reload::before_use(&unit).filter(|_| run.then.is_some()));
    let decision = Decision {
        unit,
        files,
        replaced,
        mask,
        links,
        run,
        reload,
    };
    may_be_done(&decision)?;
    spares_the_connection(&decision)?;
    vendor_unit_stays(&decision)?;
    Ok(with_notes(decision))
}

/// Drop-ins for a unit that is not there do not load (`LoadState=not-found`): better said now than by the apply.
fn has_what_it_adds_to(unit: &Unit<'_>, files: &[FileVerdict]) -> Result<(), Denied> {
    let adds = files
        .iter()
        .any(|file| matches!(file.change(), Some(Change::WriteFile(_))));
    // Nobody can ask a manager for a template.
    let missing = unit.seen.load == "not-found" && !unit.name.is_template() && unit.manager_up();
    match missing && adds && !unit.ours {
        true => Err(enablement::no_such_unit()),
        false => Ok(()),
    }
}

fn claimed_by_us_alone(unit: &Unit<'_>) -> Result<(), Denied> {
    let owner = unit.view.host.unit_owner(&unit.unit_ref());
    match owner {
        Some(other) => Err(file::owned_by_another(
            unit.view,
            other,
            unit.loaded.as_str(),
        )),
        None => Ok(()),
    }
}

/// An alias of another unit may be named (it stands for that unit), but a unit file of ours would replace its link.
fn no_alias(unit: &Unit<'_>) -> Result<(), Denied> {
    let alias = unit.loaded != unit.view.loaded_as(&unit.name);
    let both = alias
        && unit
            .view
            .host
            .units(&unit.view.scope)
            .is_some_and(|units| units.contains_key(&unit.loaded));
    if both {
        return Err(Denied::impossible_on_host(format!(
            "it is an alias of {}, which is declared too",
            unit.loaded
        ))
        .with_help("declare one of the two"));
    }
    let own = unit
        .files
        .iter()
        .any(|file| file.purpose == FilePurpose::Unit && file.body.is_some());
    if alias && own {
        return Err(Denied::impossible_on_host(format!(
            "on the host it is an alias of {}",
            unit.loaded
        ))
        .with_help(format!("declare {}, or remove the alias", unit.loaded)));
    }
    Ok(())
}

/// Another's file for just this instance, or in a place that comes first, hides ours (systemd.unit(5)).
fn nothing_before_ours(unit: &Unit<'_>) -> Result<(), Denied> {
    let (false, Some(view)) = (unit.removal_cause().is_some() || !unit.ours, unit.view.seen) else {
        return Ok(());
    };
    let own = unit
        .files
        .iter()
        .any(|file| file.purpose == FilePurpose::Unit);
    let of_instance = unit.view.places.unit(&unit.loaded).ok().filter(|path| {
        let stands = view.files.get(path).and_then(Observation::as_known);
        !own && unit.name.template().is_some() && stands.is_some()
    });
    let loaded = unit.seen.fragment.clone();
    // What is gone is read away by a reload.
    let elsewhere = loaded.filter(|path| {
        reload::is_before_ours(path)
            && !unit.seen.transient
            && reload::vanished_file(unit).is_none()
    });
    // What is there and not loaded yet comes first from the next reload on.
    let waiting = view.files.iter().find_map(|(path, found)| {
        let named = path.file_name() == unit.loaded.as_str() && reload::is_before_ours(path);
        (named && !unit.seen.transient && found.as_known().is_some()).then(|| path.clone())
    });
    match of_instance.or(elsewhere).or(waiting) {
        Some(path) => Err(
            Denied::impossible_on_host(format!("{path} comes before our unit file"))
                .with_help(format!("remove {path}")),
        ),
        None => Ok(()),
    }
}

fn file_verdicts(unit: &Unit<'_>) -> Result<Vec<FileVerdict>, Denied> {
    let mut verdicts = Vec::new();
    for unit_file in &unit.files {
        let verdict = match unit_file.body {
            Some(body) => file::verdict_for_declared(
                unit.view,
                &file::DeclaredFile {
                    path: &unit_file.path,
                    purpose: unit_file.purpose,
                    body,
                    // A manager that may not read it does without it, and one who may write it decides what runs.
                    mode: Some(file::usual_mode(body)),
                },
            )?,
            None if unit_file.kept => FileVerdict::Same,
            None if mask::is_masked(unit) && unit_file.purpose == FilePurpose::Unit => {
                FileVerdict::Same
            }
            None => {
                let cause = match unit.should_be_masked() {
                    true => crate::causes::difference_cause(Field::Masked, "no", "yes"),
                    false => unit.removal_cause().cloned().unwrap_or(Cause::Undeclared),
                };
                file::verdict_for_removal(unit.view, &unit_file.path, unit_file.purpose, &cause)?
            }
        };
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

fn replaced_file_verdicts(unit: &Unit<'_>) -> Result<Vec<FileVerdict>, Denied> {
    let cause = replace::cause(unit);
    let files = unit.replaces.iter();
    files
        .map(|one| file::verdict_for_removal(unit.view, &one.path, one.purpose, &cause))
        .collect()
}

/// Whether this login may do it. What is as it should be needs no right at all.
fn may_be_done(decision: &Decision<'_>) -> Result<(), Denied> {
    let view = decision.unit.view;
    if !decision.is_work() || view.host.may_change(&view.scope) {
        return Ok(());
    }
    Err(Denied::impossible_on_host(format!(
        "changing it needs root, and {}",
        view.host.without_root()
    ))
    .with_help("connect as root or as a user with `sudo -n`"))
}

/// What the connection, and with it abide, stands on. A stop of it in the middle of a run would end the run.
const UNDER_US: &[&str] = &[
    "ssh",
    "sshd",
    "dbus",
    "dbus-broker",
    "systemd-logind",
    "systemd-networkd",
    "systemd-resolved",
    "NetworkManager",
];

fn spares_the_connection(decision: &Decision<'_>) -> Result<(), Denied> {
    let unit = &decision.unit;
    let kind = unit.loaded.kind();
    let under_us = unit.view.scope.user().is_none()
        && matches!(kind, UnitKind::Service | UnitKind::Socket)
        && UNDER_US.contains(&unit.loaded.prefix_name());
    match under_us && !decision.run.stop.is_empty() {
        true => Err(Denied::by_guard(format!(
            "stopping {} could cut the connection to the host",
            unit.loaded
        ))
        .with_help("do it by hand at the console, or use `on_change: restart`")),
        false => Ok(()),
    }
}

/// `state: absent` of a unit that a package brought leaves nothing to remove.
fn vendor_unit_stays(decision: &Decision<'_>) -> Result<(), Denied> {
    let unit = &decision.unit;
    let source = unit
        .seen
        .source
        .as_ref()
        .filter(|_| unit.name.kind().is_quadlet());
    let Some(fragment) = source.or(unit.seen.fragment.as_ref()) else {
        return Ok(());
    };
    let declared = unit.removal_cause() == Some(&Cause::DeclaredAbsent);
    let own = unit
        .files
        .iter()
        .any(|file| file.path == *fragment || file.found.is_some());
    // A transient unit takes its file along when it stops.
    if unit.seen.transient {
        return Ok(());
    }
    if !declared || own || unit.seen.load != "loaded" || unit.name.template().is_some() {
        return Ok(());
    }
    Err(
        Denied::impossible_on_host(format!("{fragment} is not abide's to remove")).with_help(
            "uninstall what brought it, or declare `masked: true` with `state: stopped`",
        ),
    )
}

fn with_notes(mut decision: Decision<'_>) -> Decision<'_> {
    let notes = quadlet::notes(&decision);
    decision.run.notes.extend(notes);
    let unit = &decision.unit;
    let enabled = unit
        .desired()
        .is_some_and(|unit| unit.enabled == Wanted::Yes);
    let starts_timer = unit.name.kind() == UnitKind::Timer && decision.run.then.is_some();
    if starts_timer && unit.wanted.boolean_value("Timer", "Persistent") == Some(true) && enabled {
        let text = NoteText::of_unit(&decision.unit.loaded, UnitNote::Persistent);
        decision.run.notes.push((NoteKind::Expect, text));
    }
    decision
}
