//! What the host's systemd says of the texts that a plan writes.

use abide_model::{
    Change, InputLook, InputSeen, NoteKind, NoteReason, RefusalReason, UnitName, UnitRef,
};

use crate::draft::Draft;
use crate::refuse::Denied;
use crate::unit::Unit;
use crate::unit::decide::Decision;
use crate::unit::support;

/// More lines of systemd's about one unit are counted.
const MOST_LINES: usize = 6;

/// Whether systemd would load what is written, and what it says of it besides. A text with secrets nobody else is shown.
pub(super) fn check_load(decision: &Decision<'_>, draft: &mut Draft) -> Result<(), Denied> {
    let unit = &decision.unit;
    let mut files = unit.files.iter().chain(&unit.template_files);
    let secret = files.any(|file| file.body.is_some_and(abide_model::Body::is_secret));
    let mut written = decision.files.iter();
    let written = written.any(|file| matches!(file.change(), Some(Change::WriteFile(_))));
    if !written || secret || unit.name.kind().is_quadlet() {
        return Ok(());
    }
    let look = InputLook::Text(UnitRef::new(&unit.view.scope, &unit.name));
    let seen = unit.view.host.observed.inputs.get(&look);
    draft.looks.insert(look);
    let Some(InputSeen::Text {
        refused,
        ignored,
        held,
    }) = seen
    else {
        return Ok(());
    };
    let ignored: Vec<&String> = ignored
        .iter()
        .filter(|line| !support::is_told_by_judge(unit, line))
        .collect();
    let more = ignored.len().saturating_sub(MOST_LINES);
    let told = ignored.len().min(MOST_LINES);
    for (index, line) in ignored.into_iter().take(told).enumerate() {
        let line = line.clone();
        let more = if index + 1 == told { more } else { 0 };
        let why = NoteReason::SystemdIgnores { line, more };
        draft.note_why(unit.file_resource(), NoteKind::Expect, why);
    }
    for line in held
        .iter()
        .filter(|line| !is_declared(unit, line))
        .take(MOST_LINES)
    {
        let line = line.clone();
        let why = NoteReason::SystemdWouldNotStart { line };
        draft.note_why(unit.file_resource(), NoteKind::Expect, why);
    }
    match refused {
        Some(line) => Err(Denied::for_reason(RefusalReason::WouldNotLoad {
            line: line.clone(),
        })),
        None => Ok(()),
    }
}

/// Whether a unit that the line names, and that is not there yet, comes with the manifest.
fn is_declared(unit: &Unit<'_>, line: &str) -> bool {
    let missing = line
        .split_once("/start: Unit ")
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .and_then(|name| UnitName::parse(name).ok());
    let mut declared = unit.view.host.units(&unit.view.scope).into_iter().flatten();
    missing.is_some_and(|missing| {
        declared.any(|(name, unit)| {
            let loaded = unit.loaded_as(name);
            *name == missing || loaded == missing || missing.template().as_ref() == Some(name)
        })
    })
}
