//! What Podman itself reads, mounts and builds from for a quadlet: it ends with 125 where that is missing (seen with Podman 5.4).

use abide_model::UnitKind;

use crate::effective::Effective;

use super::{Input, InputKind, is_pattern, programs};

/// What a quadlet needs. Paths may be relative to its directory.
pub(super) fn of_quadlet(unit: &Effective) -> Vec<Input> {
    let of_service = unit.all_values("Service", "EnvironmentFile").into_iter();
    let of_service =
        of_service.filter(|file| is_plain(file) && is_absolute(file) && !is_pattern(file));
    let mut needed: Vec<Input> = of_service
        .map(|file| input_of_kind("EnvironmentFile", file, InputKind::File))
        .collect();
    needed.extend(programs::before_podman(unit));
    // Podman's generator gives a build one of its own.
    let directory = super::working_directory(unit);
    needed.extend(directory.filter(|_| unit.unit().kind() != UnitKind::Build));
    // A step before it may make what Podman reads.
    if !unit.all_values("Service", "ExecStartPre").is_empty() {
        return needed;
    }
    needed.extend(match unit.unit().kind() {
        UnitKind::Container => of_container(unit),
        UnitKind::Kube => of_kube(unit),
        UnitKind::Build => of_build(unit),
        UnitKind::Pod => volume_inputs(unit, "Pod", "[Pod] Volume"),
        _ => Vec::new(),
    });
    needed
}

fn input_of_kind(setting: &'static str, text: &str, kind: InputKind) -> Input {
    Input {
        setting,
        text: text.to_owned(),
        kind,
        by_manager: true,
        in_root: false,
    }
}

fn is_plain(value: &str) -> bool {
    !value.is_empty() && !value.contains(['"', '\'', '\\']) && !value.contains("://")
}

fn is_absolute(value: &str) -> bool {
    value.starts_with(['/', '%'])
}

fn of_container(unit: &Effective) -> Vec<Input> {
    let mut needed = files(
        unit,
        "Container",
        "EnvironmentFile",
        "[Container] EnvironmentFile",
    );
    needed.extend(volume_inputs(unit, "Container", "[Container] Volume"));
    for mount in unit.all_values("Container", "Mount") {
        let is_bind = mount.split(',').any(|part| part == "type=bind");
        let source = mount.split(',').find_map(|part| {
            let (key, value) = part.split_once('=')?;
            matches!(key, "source" | "src").then_some(value)
        });
        let source = source.filter(|source| is_bind && is_plain(mount) && is_absolute(source));
        needed.extend(
            source.map(|source| input_of_kind("[Container] Mount", source, InputKind::Mounted)),
        );
    }
    needed
}

fn of_kube(unit: &Effective) -> Vec<Input> {
    // Of several, Podmans take the last one or all.
    let mut needed = match unit.all_values("Kube", "Yaml").len() {
        1 => files(unit, "Kube", "Yaml", "[Kube] Yaml"),
        _ => Vec::new(),
    };
    needed.extend(files(unit, "Kube", "ConfigMap", "[Kube] ConfigMap"));
    needed
}

fn of_build(unit: &Effective) -> Vec<Input> {
    // What is relative is so to the directory that is built from, by rules of Podman's own.
    let file = unit.last_value("Build", "File").into_iter();
    let file = file.filter(|file| is_plain(file) && is_absolute(file));
    let file = file.map(|file| input_of_kind("[Build] File", file, InputKind::File));
    let context = unit.last_value("Build", "SetWorkingDirectory").into_iter();
    let context = context.filter(|path| is_plain(path) && is_absolute(path));
    let context = context
        .map(|path| input_of_kind("[Build] SetWorkingDirectory", path, InputKind::Directory));
    file.chain(context).collect()
}

/// Files that Podman reads, one or more of them a line.
fn files(unit: &Effective, section: &str, key: &str, setting: &'static str) -> Vec<Input> {
    let values = unit.all_values(section, key).into_iter();
    let values = values.filter(|file| is_plain(file) && !file.contains(char::is_whitespace));
    values
        .map(|file| input_of_kind(setting, file, InputKind::File))
        .collect()
}

/// Directories and files that are mounted; one path alone is an anonymous volume, a bare name one of Podman's.
fn volume_inputs(unit: &Effective, section: &str, setting: &'static str) -> Vec<Input> {
    let volumes = unit.all_values(section, "Volume").into_iter();
    let volumes = volumes.filter_map(|volume| {
        let (source, _) = volume.split_once(':')?;
        let source = Some(source).filter(|source| is_plain(volume) && is_path(source))?;
        Some(input_of_kind(setting, source, InputKind::Mounted))
    });
    volumes.collect()
}

fn is_path(source: &str) -> bool {
    is_absolute(source) || source.starts_with("./")
}
