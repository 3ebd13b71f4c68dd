//! What holds where nothing is written of a unit (docs/reference/manifest.md), each with its reason.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_model::{UnitKind, UnitName, Wanted};
use abide_unit::Effective;

use crate::schema::Choice;
use crate::schema::unit::{UnitState, WrittenOnChange};
use crate::settled::{Settled, SettledUnit, WrittenUnitDraft};

/// Settles every unit of a scope.
pub(crate) fn settle_units(
    drafts: BTreeMap<UnitName, WrittenUnitDraft<'_>>,
) -> BTreeMap<UnitName, SettledUnit<'_>> {
    let triggered = triggered_units(&drafts);
    drafts
        .into_iter()
        .map(|(name, draft)| {
            let unit = settle_unit(draft, &triggered);
            (name, unit)
        })
        .collect()
}

/// Units that a declared timer, socket, path or automount starts, with who does.
fn triggered_units(
    drafts: &BTreeMap<UnitName, WrittenUnitDraft<'_>>,
) -> BTreeMap<UnitName, UnitName> {
    drafts
        .values()
        .filter(|draft| !is_absent(draft))
        .filter_map(|draft| Some((draft.effective.as_ref()?.triggers()?, draft.name.clone())))
        .collect()
}

fn is_absent(draft: &WrittenUnitDraft<'_>) -> bool {
    draft
        .written
        .state
        .is_some_and(|state| state.value == UnitState::Absent)
}

fn settle_unit<'m>(
    draft: WrittenUnitDraft<'m>,
    triggered: &BTreeMap<UnitName, UnitName>,
) -> SettledUnit<'m> {
    let state = state(&draft, triggered);
    let masked = masked_or_default(&draft, state.value);
    let enabled = enabled(&draft, state.value);
    let written = &draft.written;
    SettledUnit {
        on_change: match &written.on_change {
            Some(said) => Settled::declared(said, said.value),
            None => Settled::default(WrittenOnChange::Restart, "the usual"),
        },
        hold: duration_or_default(written.hold.as_ref(), abide_model::Settle::default().hold),
        timeout: duration_or_default(
            written.timeout.as_ref(),
            abide_model::Settle::default().timeout,
        ),
        // Filled in by `triggers`, which knows the managed files.
        restart_on: BTreeMap::new(),
        reload_on: BTreeMap::new(),
        draft,
        state,
        enabled,
        masked,
    }
}

fn duration_or_default<'m>(
    said: Option<&crate::precedence::Said<'m, Duration>>,
    usual: Duration,
) -> Settled<'m, Duration> {
    match said {
        Some(said) => Settled::declared(said, said.value),
        None => Settled::default(usual, "the usual"),
    }
}

fn state<'m>(
    draft: &WrittenUnitDraft<'m>,
    triggered: &BTreeMap<UnitName, UnitName>,
) -> Settled<'m, UnitState> {
    use UnitState::{Started, Stopped, Unmanaged};
    if let Some(said) = &draft.written.state {
        return Settled::declared(said, said.value);
    }
    if draft.written.masked.is_some_and(|masked| masked.value) {
        return Settled::default(Stopped, "it is masked");
    }
    if !draft.ours {
        return Settled::default(Unmanaged, "somebody else's unit");
    }
    // A socket with `Accept=yes` starts instances of its template, which is bare.
    if let Some(by) = triggered.get(&draft.loaded_as()) {
        return Settled::default(Unmanaged, format!("`{by}` starts it"));
    }
    if draft.name.is_template() {
        return Settled::default(Unmanaged, "a bare template does not run");
    }
    match draft.name.kind() {
        UnitKind::Slice => Settled::default(Unmanaged, "a slice runs with its units"),
        UnitKind::Target => Settled::default(Unmanaged, "a target is reached by its units"),
        UnitKind::Scope | UnitKind::Device => {
            Settled::default(Unmanaged, "it is not started by name")
        }
        _ if draft.effective.as_ref().is_some_and(ends_by_itself) => {
            Settled::default(Unmanaged, "a oneshot ends by itself")
        }
        _ => Settled::default(Started, "a unit of ours"),
    }
}

fn ends_by_itself(effective: &Effective) -> bool {
    effective.is_oneshot() && !effective.remains_after_exit()
}

fn enabled<'m>(draft: &WrittenUnitDraft<'m>, state: UnitState) -> Settled<'m, Wanted> {
    use Wanted::{No, Unmanaged, Yes};
    if let Some(said) = &draft.written.enabled {
        let wanted = match said.value {
            Choice::Yes => Yes,
            Choice::No => No,
            Choice::Unmanaged => Unmanaged,
        };
        return Settled::declared(said, wanted);
    }
    if state == UnitState::Absent {
        return Settled::default(No, "it is absent");
    }
    if draft.written.masked.is_some_and(|masked| masked.value) {
        return Settled::default(No, "it is masked");
    }
    if !draft.ours {
        return Settled::default(Unmanaged, "somebody else's unit");
    }
    if draft.name.kind().is_quadlet() {
        return Settled::default(Unmanaged, "a quadlet is enabled by its `[Install]` section");
    }
    if draft.name.is_template() {
        return Settled::default(Unmanaged, "a bare template is enabled by its instances");
    }
    match &draft.effective {
        Some(effective) if effective.has_install() => {
            Settled::default(Yes, "it has an `[Install]` section")
        }
        _ => Settled::default(Unmanaged, "it has no `[Install]` section"),
    }
}

fn masked_or_default<'m>(
    draft: &WrittenUnitDraft<'m>,
    state: UnitState,
) -> Settled<'m, Option<bool>> {
    match &draft.written.masked {
        Some(said) => Settled::declared(said, Some(said.value)),
        None if draft.ours && state != UnitState::Absent => {
            Settled::default(Some(false), "a unit of ours")
        }
        None => Settled::default(None, "not managed"),
    }
}
