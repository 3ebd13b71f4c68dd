//! What the host's systemd makes of settings that it does not know: some it ignores, and some units it would not load.

use abide_model::{NoteKind, NoteReason, RefusalReason};
use abide_unit::support::{ignored_settings, load_fault};

use super::Unit;
use super::decide::Decision;
use super::notes::foreign_drop_ins;
use crate::draft::Draft;
use crate::refuse::Denied;

/// Refuses to write a unit that would not load, and notes what would be ignored of one that is worked on.
pub(crate) fn judge<'a>(decision: Decision<'a>, draft: &mut Draft) -> Result<Decision<'a>, Denied> {
    let unit = &decision.unit;
    if unit.desired().is_none() || unit.files.iter().all(|file| file.body.is_none()) {
        return Ok(decision);
    }
    let secret = |body: &abide_model::Body| body.is_secret();
    if unit.files.iter().any(|file| file.body.is_some_and(secret)) {
        return Ok(decision);
    }
    let systemd = unit.view.host.observed.facts.systemd;
    let certain = is_whole(unit) && !brings_later_things(&unit.view.host.observed.facts.os);
    if certain
        && decision.changes_files()
        && let Some(fault) = load_fault(&unit.wanted, systemd)
    {
        return Err(Denied::for_reason(RefusalReason::TooNew { systemd, fault }));
    }
    let settings = ignored_settings(&unit.wanted, systemd);
    if !settings.is_empty() && decision.is_work() {
        let why = NoteReason::SettingsIgnored { systemd, settings };
        draft.note_why(unit.file_resource(), NoteKind::Unsupported, why);
    }
    Ok(decision)
}

/// Whether [`judge`] tells of a key that the host's systemd named in this line: `Unknown key 'RestartMode' in section …`.
pub(crate) fn is_told_by_judge(unit: &Unit<'_>, line: &str) -> bool {
    let systemd = unit.view.host.observed.facts.systemd;
    let settings = ignored_settings(&unit.wanted, systemd);
    line.contains("Unknown key")
        && settings
            .iter()
            .any(|one| line.contains(&format!("'{}'", one.setting)))
}

/// Whether its text is all that there is to it, and systemd reads it.
fn is_whole(unit: &Unit<'_>) -> bool {
    unit.ours && !unit.name.kind().is_quadlet() && foreign_drop_ins(unit).is_empty()
}

/// Whether the distribution is known to bring things of later releases into its systemd: Red Hat's and what is made of it.
fn brings_later_things(os: &str) -> bool {
    const KIN: [&str; 7] = [
        "Red Hat",
        "CentOS",
        "Rocky",
        "AlmaLinux",
        "Oracle",
        "Amazon",
        "Scientific",
    ];
    KIN.iter().any(|name| os.contains(name))
}
