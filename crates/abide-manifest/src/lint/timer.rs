//! Timers that never fire (systemd-facts.md#timer-never-elapses), or that systemd refuses for want of a time.

use std::collections::BTreeMap;

use abide_model::{UnitKind, UnitName};

use super::View;
use crate::codes;
use crate::finding::Mistake;
use crate::settled::SettledUnit;
use crate::work::Work;

/// Settings that make a timer fire by themselves.
const ALONE: [&str; 4] = ["OnCalendar", "OnActiveSec", "OnBootSec", "OnStartupSec"];
/// Settings that count from the last run of the unit, which somebody must have started.
const AFTER_A_RUN: [&str; 2] = ["OnUnitActiveSec", "OnUnitInactiveSec"];

/// A timer without a time, or one that waits for a first run that nothing makes.
pub(super) fn lint(
    view: &View<'_, '_>,
    units: &BTreeMap<UnitName, SettledUnit<'_>>,
    work: &mut Work<'_>,
) {
    let draft = &view.unit.draft;
    if draft.name.kind() != UnitKind::Timer || !draft.is_known || draft.is_instance {
        return;
    }
    let set = |key: &&str| !view.effective.all_values("Timer", key).is_empty();
    let on_clock = ["OnClockChange", "OnTimezoneChange"]
        .iter()
        .any(|key| view.effective.boolean_value("Timer", key) == Some(true));
    if on_clock || ALONE.iter().any(&set) {
        return;
    }
    let started = view.effective.triggers().and_then(|unit| units.get(&unit));
    let waits = AFTER_A_RUN.iter().any(set);
    // What another package ships may start by itself, or be started by something else.
    if waits && started.is_none_or(|unit| !unit.draft.ours || unit.must_run()) {
        return;
    }
    let waiting = view
        .entries()
        .find(|(_, entry)| AFTER_A_RUN.contains(&entry.key.as_str()));
    let finding = match waiting {
        Some((text, entry)) => {
            let message = format!(
                "this timer never fires: `{}=` counts from a run that nothing makes",
                entry.key
            );
            let at = text.place_of_word(&work.texts, entry.line, &entry.value);
            text.add_naming_place(Mistake::new(codes::NEVER_FIRES, at, message))
                .with_help(
                    "add `OnBootSec=` or `OnActiveSec=` for the first run, or use `OnCalendar=`",
                )
        }
        None => Mistake::new(
            codes::NEVER_FIRES,
            draft.key,
            "this timer never fires: it has no time",
        )
        .with_help(
            "add `OnCalendar=`, or `OnBootSec=` with `OnUnitActiveSec=`, to its `[Timer]` section",
        ),
    };
    work.push(finding);
}
