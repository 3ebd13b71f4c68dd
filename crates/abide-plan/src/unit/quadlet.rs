//! What only quadlets have: services that another program makes of their files, on hosts that have it.

use std::collections::BTreeMap;

use abide_model::{
    HostPath, NoteKind, NoteText, Podman, PodmanNote, PodmanVersion, QuadletFeature, RefusalReason,
    UnitKind,
};
use abide_unit::{
    ChangeClass, Effective, ProblemKind, QUADLET_COMMENTS_SINCE, QUADLET_DROP_INS_SINCE,
    QUADLET_TEMPLATES_SINCE, UnitFile, compare, quadlet_keys, quadlet_references, quadlet_resource,
    quadlet_since,
};

use super::Unit;
use super::decide::Decision;
use super::mask::{is_masked, is_undone};
use super::sources::{self, DiskConfiguration, Sources, wish_of};
use crate::refuse::Denied;
use crate::scope::ScopeView;

/// Whether the host's Podman makes a service of this quadlet. An older one passes over what it does not know, without a
/// word.
pub(crate) fn check_support(unit: &Unit<'_>) -> Result<(), Denied> {
    let (Some(needed), Some(desired)) = (needed_feature(unit), unit.desired()) else {
        return Ok(());
    };
    // A saved plan may stand on what was seen before this was asked.
    let Some(podman) = unit.view.host.observed.facts.podman else {
        return Ok(());
    };
    if unit.should_be_masked() || desired.file.is_none() && desired.drop_ins.is_empty() {
        return Ok(());
    }
    match podman {
        Podman {
            version: Some(version),
            ..
        } if version < needed.since => Err(Denied::for_reason(RefusalReason::PodmanTooOld {
            what: needed.what,
            since: needed.since,
            has: version,
        })),
        Podman {
            generator: true, ..
        } => Ok(()),
        Podman {
            version: Some(version),
            ..
        } => Err(Denied::impossible_on_host(format!(
            "the host's Podman {version} has no `podman-system-generator`, which would make its service"
        ))
        .with_help("install the package that brings it, or unmask it in /etc/systemd/system-generators")),
        Podman { version: None, .. } => Err(Denied::impossible_on_host(
            "the host has no Podman, which would make its service",
        )
        .with_help(format!("install Podman {} or newer", needed.since))),
    }
}

/// What Podman must be able to do.
struct Needed {
    what: QuadletFeature,
    since: PodmanVersion,
}

fn needed_feature(unit: &Unit<'_>) -> Option<Needed> {
    let kind = unit.name.kind();
    let of_kind = Needed {
        what: QuadletFeature::Kind {
            suffix: kind.name_suffix().to_owned(),
        },
        since: quadlet_since(kind)?,
    };
    let template = unit.name.instance().map(|_| Needed {
        what: QuadletFeature::Templates,
        since: QUADLET_TEMPLATES_SINCE,
    });
    let has_drop_ins = unit
        .desired()
        .is_some_and(|desired| !desired.drop_ins.is_empty());
    let drop_ins = has_drop_ins.then_some(Needed {
        what: QuadletFeature::DropIns,
        since: QUADLET_DROP_INS_SINCE,
    });
    let comments = has_newer_comments(unit).then_some(Needed {
        what: QuadletFeature::Comments,
        since: QUADLET_COMMENTS_SINCE,
    });
    // Of those that came with the same version the last one says most.
    let all = [
        newest_key(unit),
        Some(of_kind),
        template,
        drop_ins,
        comments,
    ]
    .into_iter();
    all.flatten().max_by_key(|needed| needed.since)
}

/// The key of its own section, or of `[Quadlet]`, that came last: Podman makes no service of a quadlet with a key that it
/// does not know.
fn newest_key(unit: &Unit<'_>) -> Option<Needed> {
    let settings = unit.wanted.all_settings();
    let known = settings.filter_map(|(section, key, _)| {
        let (_, since) = quadlet_keys(section).find(|(known, _)| *known == key)?;
        let what = QuadletFeature::Key {
            section: section.to_owned(),
            key: key.to_owned(),
        };
        Some(Needed { what, since })
    });
    known.max_by_key(|needed| needed.since)
}

/// Whether a text of ours has comments or empty lines that older versions of Podman do not pass over.
fn has_newer_comments(unit: &Unit<'_>) -> bool {
    let wanted = unit.files.iter().chain(&unit.template_files);
    let mut texts = wanted.filter_map(sources::SourceFile::wanted_text);
    texts.any(|text| {
        let problems = UnitFile::parse_quadlet(&text).problems;
        problems
            .iter()
            .any(|problem| problem.kind == ProblemKind::OtherBefore54)
    })
}

/// The configuration with the names of what other quadlets of the scope make, as they will be and as they stand on disk.
pub(crate) fn with_quadlet_names(
    view: &ScopeView<'_>,
    wanted: Effective,
    on_disk: DiskConfiguration,
) -> (Effective, DiskConfiguration) {
    let references = quadlet_references(&wanted);
    if references.is_empty() {
        return (wanted, on_disk);
    }
    let mut new = BTreeMap::new();
    let mut old = BTreeMap::new();
    for quadlet in references {
        let declared = view.host.units(&view.scope);
        let declared = declared.and_then(|units| units.get(&quadlet));
        let wish = declared.map(wish_of);
        let sources = wish.and_then(|wish| Sources::of_unit(view, &quadlet, &wish).ok());
        let Some(sources) = sources else {
            continue;
        };
        let will_be = quadlet_resource(&sources.wanted_effective(&quadlet));
        let is = match sources.on_disk(&quadlet) {
            DiskConfiguration::Read(on_disk) => quadlet_resource(&on_disk),
            DiskConfiguration::Nothing => None,
            DiskConfiguration::Unreadable => will_be.clone(),
        };
        new.extend(will_be.map(|name| (quadlet.clone(), name)));
        old.extend(is.map(|name| (quadlet, name)));
    }
    let on_disk = match on_disk {
        DiskConfiguration::Read(effective) => {
            DiskConfiguration::Read(Box::new(effective.with_resources(&old)))
        }
        DiskConfiguration::Nothing | DiskConfiguration::Unreadable => on_disk,
    };
    (wanted.with_resources(&new), on_disk)
}

/// Whether what the quadlet makes gets another name, so that a restart makes a new one and leaves the old one there. What
/// a run wrote that was cut may have been one more.
pub(crate) fn is_renamed(unit: &Unit<'_>) -> bool {
    let before = unit.on_disk.known_effective().and_then(quadlet_resource);
    let cut = unit
        .files
        .iter()
        .any(|file| super::reads::cut(unit, &file.path));
    before != quadlet_resource(&unit.wanted) || cut
}

/// What a person has to do where a network or volume that is there should be another.
pub(crate) fn recreate_text(unit: &Unit<'_>) -> NoteText {
    NoteText::Podman(PodmanNote::Recreate {
        quadlet: unit.name.clone(),
        unit: unit.loaded.clone(),
        what: unit.name.kind().name_suffix(),
        name: quadlet_resource(&unit.wanted).unwrap_or_default(),
    })
}

/// What a reviewer should expect of quadlets that are not processes: what they made stays, or is made at another time.
pub(crate) fn notes(decision: &Decision<'_>) -> Option<(NoteKind, NoteText)> {
    let unit = &decision.unit;
    let kind = unit.name.kind();
    let before = unit.on_disk.known_effective().and_then(quadlet_resource);
    let renamed = before != quadlet_resource(&unit.wanted);
    let left = before.filter(|_| unit.removal_cause().is_some() || renamed);
    let changed = unit
        .on_disk
        .known_effective()
        .is_some_and(|on_disk| compare(on_disk, &unit.wanted).class() == ChangeClass::Restart);
    let pulls = |what| PodmanNote::PullsAgain {
        unit: unit.loaded.clone(),
        what,
    };
    let note = match (kind, left) {
        (UnitKind::Volume, Some(name)) => PodmanNote::VolumeStays { name },
        (
            UnitKind::Network | UnitKind::Image | UnitKind::Build | UnitKind::Artifact,
            Some(name),
        ) => {
            let what = match kind {
                UnitKind::Network => "network",
                UnitKind::Artifact => "artifact",
                _ => "image",
            };
            PodmanNote::Stays { what, name }
        }
        (UnitKind::Image, None) if decision.run.then.is_some() && changed => pulls("image"),
        (UnitKind::Artifact, None) if decision.run.then.is_some() && changed => pulls("artifact"),
        (UnitKind::Build, None) if changed => PodmanNote::BuildsAgain {
            unit: unit.loaded.clone(),
        },
        _ => return None,
    };
    Some((NoteKind::Expect, NoteText::Podman(note)))
}

/// Another unit file comes before what the generator makes (systemd.unit(5), "Unit File Load Path").
pub(crate) fn nothing_before_it(unit: &Unit<'_>) -> Result<(), Denied> {
    let masked = is_masked(unit) || is_undone(unit);
    if !unit.name.kind().is_quadlet() || unit.removal_cause().is_some() || masked {
        return Ok(());
    }
    let fragment = unit.seen.fragment.as_ref().filter(|_| !unit.seen.transient);
    let goes = |path: &&HostPath| unit.replaces.iter().any(|file| file.path == **path);
    let fragment = fragment.filter(|path| !goes(path));
    match fragment.filter(|path| comes_before_a_generator(path)) {
        Some(path) => Err(Denied::impossible_on_host(format!(
            "{path} comes before the {} that Podman makes of it",
            unit.loaded
        ))
        .with_help(format!("remove {path}, or give the quadlet another name"))),
        None => Ok(()),
    }
}

/// Whether a unit file there hides one that a generator makes.
fn comes_before_a_generator(path: &HostPath) -> bool {
    const BEHIND: &[&str] = &[
        "/systemd/generator/",
        "/systemd/generator.late/",
        "/.local/share/systemd/",
        "/usr/share/systemd/",
        "/usr/local/share/systemd/",
        "/usr/local/lib/systemd/",
        "/usr/lib/systemd/",
    ];
    let path = path.as_str();
    !BEHIND.iter().any(|dir| path.contains(dir)) && !path.starts_with("/lib/systemd/")
}
