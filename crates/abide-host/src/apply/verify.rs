//! Which staged files the host's own systemd reads before anything is touched.
//!
//! `systemd-analyze verify` ends with 1 for what keeps a unit from being loaded or started, and with 0 where it only
//! warns (unknown keys); systemd 252 and 257 agree. Only what keeps a unit from being loaded refuses it here, and the rest is
//! passed on. It also fails for what a later step of the same plan brings: programs below a home, services that quadlets
//! generate. Those complaints are excused.

use std::collections::BTreeSet;

use abide_model::{
    Action, ActionId, Change, FilePurpose, HostPath, NoteKind, Plan, ResourceId, Scope, UnitName,
    WriteFile,
};

use abide_unit::{Effective, InputKind, Needs, UnitFile};

use crate::quote::{scope_word, word};

/// One verification for each scope whose units or drop-ins are written.
pub(super) fn calls_by_scope(plan: &Plan) -> String {
    let scopes: BTreeSet<&Scope> = writes_read_by_systemd(plan)
        .map(|(_, scope, ..)| scope)
        .collect();
    if scopes.is_empty() {
        return String::new();
    }
    let mut parts =
        vec!["\n# The host's systemd reads them before anything is touched.\n".to_owned()];
    parts.extend(excuse_calls(plan));
    parts.extend(missing_program_calls(plan));
    for scope in scopes {
        parts.push(format!("verify_in {}\n", scope_word(scope)));
        parts.extend(files(plan, scope));
        parts.push(format!(
            "verify {} {}\n",
            scope_word(scope),
            new_home(plan, scope)
        ));
    }
    parts.concat()
}

/// Unit files and drop-ins that are written and that systemd reads itself. Of a secret systemd would show a part where it
/// complains.
pub(crate) fn writes_read_by_systemd(
    plan: &Plan,
) -> impl Iterator<Item = (ActionId, &Scope, &UnitName, &WriteFile)> {
    plan.actions.iter().filter_map(|action| {
        let (unit, write) = written_unit_file(action)?;
        let read = !unit.unit.kind().is_quadlet()
            && write.purpose != FilePurpose::Plain
            && !write.body.is_secret();
        read.then_some((action.id, &unit.scope, &unit.unit, write))
    })
}

fn written_unit_file(action: &Action) -> Option<(&abide_model::UnitRef, &WriteFile)> {
    match (&action.resource, &action.change) {
        (ResourceId::Unit(unit), Change::WriteFile(write)) => Some((unit, write)),
        _ => None,
    }
}

fn excuse_calls(plan: &Plan) -> Vec<String> {
    let excuse = |text: String| format!("excuse {}\n", word(&text));
    plan.actions
        .iter()
        .filter_map(|action| match &action.change {
            Change::WriteFile(write) if write.mode & 0o111 != 0 => {
                Some(excuse(format!("Command {} is not executable", write.path)))
            }
            Change::WriteFile(write) if write.purpose == FilePurpose::Unit => {
                let (unit, _) = written_unit_file(action)?;
                let generated = plan.loaded_as(unit);
                (generated != unit.unit).then(|| excuse(format!("Unit {generated} not found")))
            }
            _ => None,
        })
        .collect()
}

/// What systemd says of missing programs refuses a unit only where it runs now and this plan restarts it; whatever else may
/// not run is passed on. What the plan itself names, or the unit finds, makes or awaits itself, is no news.
fn missing_program_calls(plan: &Plan) -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for (_, scope, unit, write) in writes_read_by_systemd(plan) {
        let known =
            is_noted_to_fail(plan, scope, unit) || finds_its_program_itself(plan, scope, unit);
        // A template is read as an instance of some name.
        if unit.is_template() {
            calls.insert(format!(
                "is_known {}\n",
                word(&format!("{}@", unit.prefix_name()))
            ));
        } else if known {
            calls.insert(format!("is_known {}\n", word(&format!("{unit}: Command "))));
        } else if is_restarted(plan, scope, unit) {
            let text = write.body.bytes().map(abide_model::Bytes::as_slice);
            let text = String::from_utf8_lossy(text.unwrap_or_default());
            let needs = Needs::of_unit(&Effective::new(unit, &text, &[]));
            let programs = needs.inputs.iter();
            let programs = programs.filter(|input| input.kind == InputKind::Program);
            calls.extend(programs.map(|input| {
                let line = format!("{unit}: Command {} is not executable", input.text);
                // That of 247 looks for no name in systemd's path. The plan has looked there itself.
                let call = match input.text.contains('/') {
                    true => "must_run",
                    false => "is_known",
                };
                format!("{call} {}\n", word(&line))
            }));
        }
    }
    calls
}

/// Whether the plan says itself that the unit will not start.
fn is_noted_to_fail(plan: &Plan, scope: &Scope, unit: &UnitName) -> bool {
    plan.notes.iter().any(|note| {
        let about = matches!(&note.resource, ResourceId::Unit(of) if of.scope == *scope && of.unit == *unit);
        about && note.kind == NoteKind::WillFail
    })
}

/// Whether the plan gives a unit that runs its new configuration.
fn is_restarted(plan: &Plan, scope: &Scope, unit: &UnitName) -> bool {
    let does = |wanted: &dyn Fn(&Change) -> bool| {
        plan.actions.iter().any(|action| {
            matches!(&action.resource, ResourceId::Unit(of) if of.scope == *scope && of.unit == *unit)
                && wanted(&action.change)
        })
    };
    does(&|change| matches!(change, Change::Restart))
        || does(&|change| matches!(change, Change::Stop))
            && does(&|change| matches!(change, Change::Start))
}

/// Whether its texts change where a program is looked for (`RootDirectory=`, `ExecSearchPath=`), what is there by then
/// (`ExecStartPre=`), or whether it is run at all (`Condition…=`). Source: systemd.exec(5), systemd.service(5).
fn finds_its_program_itself(plan: &Plan, scope: &Scope, unit: &UnitName) -> bool {
    const KEYS: [&str; 6] = [
        "RootDirectory",
        "RootImage",
        "ExecSearchPath",
        "ExecStartPre",
        "ExecCondition",
        "BindReadOnlyPaths",
    ];
    let texts =
        writes_read_by_systemd(plan).filter(|(_, of, written, _)| *of == scope && *written == unit);
    let mut bytes = texts.filter_map(|(_, _, _, write)| write.body.bytes());
    bytes.any(|bytes| {
        let file = UnitFile::parse(&String::from_utf8_lossy(bytes.as_slice()));
        let mut keys = file.entries.iter().map(|entry| entry.key.as_str());
        keys.any(|key| {
            KEYS.contains(&key) || key.starts_with("Condition") || key.starts_with("Assert")
        })
    })
}

/// One file of the directory that systemd reads in place of a scope's own.
pub(crate) enum Staged<'p> {
    /// A unit file that is written; of an instance also that of its template.
    Unit(&'p UnitName, ActionId, &'p WriteFile),
    /// A drop-in that is written, by its directory and name.
    DropIn(String, String, ActionId, &'p WriteFile),
    /// A drop-in that is removed.
    Without(String, String),
    /// The unit file that the host has: only drop-ins of it change.
    Own(&'p UnitName, String),
}

/// The calls that fill the directory of one scope.
fn files(plan: &Plan, scope: &Scope) -> Vec<String> {
    let calls = staged_files(plan, scope);
    let calls = calls.iter().map(|file| match file {
        Staged::Unit(unit, id, _) => format!("verify_unit {} {id}\n", word(unit.as_str())),
        Staged::DropIn(folder, name, id, _) => {
            format!("verify_drop_in {} {} {id}\n", word(folder), word(name))
        }
        Staged::Without(folder, name) => {
            format!("without_drop_in {} {}\n", word(folder), word(name))
        }
        Staged::Own(unit, file) => {
            format!("verify_with {} {}\n", word(unit.as_str()), word(file))
        }
    });
    calls.collect()
}

/// What systemd reads of one scope.
pub(crate) fn staged_files<'p>(plan: &'p Plan, scope: &Scope) -> Vec<Staged<'p>> {
    let mut files = Vec::new();
    let mut complete: BTreeSet<UnitName> = BTreeSet::new();
    let here = || writes_read_by_systemd(plan).filter(|(_, of, ..)| *of == scope);
    for (id, _, unit, write) in here() {
        if write.purpose == FilePurpose::Unit {
            files.push(Staged::Unit(unit, id, write));
            complete.insert(unit.clone());
        }
    }
    for (id, _, unit, write) in here() {
        if write.purpose == FilePurpose::DropIn {
            let folder = write.path.parent_directory();
            let (name, config) = (write.path.file_name().to_owned(), folder.parent_directory());
            let folder = folder.file_name().to_owned();
            files.push(Staged::DropIn(folder, name, id, write));
            if complete.insert(unit.clone()) {
                files.push(base_unit_file(plan, scope, unit, &config));
            }
        }
    }
    files.extend(removed_drop_ins(plan, scope));
    files
}

/// The unit file of a unit of which only drop-ins are written: its template's where this plan writes that, else what
/// the host has.
fn base_unit_file<'p>(
    plan: &'p Plan,
    scope: &Scope,
    unit: &'p UnitName,
    config: &HostPath,
) -> Staged<'p> {
    let name = unit.template().unwrap_or_else(|| unit.clone());
    let staged = writes_read_by_systemd(plan).find(|(_, of, written, write)| {
        *of == scope && **written == name && write.purpose == FilePurpose::Unit
    });
    match staged {
        Some((id, _, _, write)) => Staged::Unit(unit, id, write),
        None => Staged::Own(unit, format!("{config}/{name}")),
    }
}

fn removed_drop_ins<'p>(plan: &'p Plan, scope: &Scope) -> Vec<Staged<'p>> {
    plan.actions
        .iter()
        .filter(|action| action.resource.scope() == *scope)
        .filter_map(|action| match &action.change {
            Change::RemoveFile {
                path,
                purpose: FilePurpose::DropIn,
                ..
            } => Some(Staged::Without(
                path.parent_directory().file_name().to_owned(),
                path.file_name().to_owned(),
            )),
            _ => None,
        })
        .collect()
}

/// The home of a user whom this plan creates.
pub(crate) fn new_home(plan: &Plan, scope: &Scope) -> String {
    let home = plan
        .actions
        .iter()
        .find_map(|action| match (&action.resource, &action.change) {
            (ResourceId::User(user), Change::CreateUser { home, .. })
                if scope.user() == Some(user) =>
            {
                Some(word(home.as_str()))
            }
            _ => None,
        });
    home.unwrap_or_else(|| "''".to_owned())
}
