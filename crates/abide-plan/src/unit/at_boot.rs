//! Units that are enabled as declared, and that a boot does not start all the same (docs/decisions/0027).

use abide_model::{
    AtBoot, Boot, Change, NotAtBoot, NoteKind, NoteReason, RefusalReason, ResourceId, Wanted,
};

use super::Unit;
use super::couple::Decisions;
use super::decide::Decision;
use crate::draft::Draft;
use crate::refuse::Denied;
use crate::scope::ScopeView;

/// Refuses what keeps an enabled unit from starting and cannot be meant so, and notes what can.
pub(crate) fn judge(view: &ScopeView<'_>, decisions: &Decisions<'_>, draft: &mut Draft) {
    let boot = Boot::from_observed(&view.scope, view.host.observed);
    for decision in decisions.values() {
        let unit = &decision.unit;
        if !is_enabled(unit) || decision.links.is_work() || decision.changes_files() {
            continue;
        }
        let AtBoot::StartsNot(why) = boot.starts_by_links(&unit.name, &unit.loaded) else {
            continue;
        };
        if is_mended(view, decision, &why, draft) {
            continue;
        }
        let resource = unit.file_resource();
        if why.may_be_meant() {
            let unit = unit.loaded.clone();
            let note = NoteReason::NotAtBoot { unit, why };
            draft.note_why(resource, NoteKind::NotAtBoot, note);
        } else {
            let denied = Denied::for_reason(RefusalReason::NotAtBoot { why });
            draft.refuse(denied.into_refusal(resource));
        }
    }
}

/// Whether a boot should start it. Of a quadlet its own text says so.
fn is_enabled(unit: &Unit<'_>) -> bool {
    let Some(desired) = unit.desired() else {
        return false;
    };
    let by_text = unit.name.kind().is_quadlet() && unit.wanted.has_install();
    !unit.should_be_masked()
        && !unit.loaded.is_template()
        && (desired.enabled == Wanted::Yes || by_text)
}

/// Whether this plan does something about that already, or has refused it.
fn is_mended(
    view: &ScopeView<'_>,
    decision: &Decision<'_>,
    why: &NotAtBoot,
    draft: &Draft,
) -> bool {
    let resource = decision.unit.file_resource();
    if draft.refused.iter().any(|one| one.resource == resource) {
        return true;
    }
    let linger = view.scope.user().cloned().map(ResourceId::Linger);
    let switches = |on: &Change| {
        draft
            .steps
            .iter()
            .any(|step| step.change == *on && Some(&step.resource) == linger.as_ref())
    };
    match why {
        NotAtBoot::NoLinger => switches(&Change::EnableLinger),
        // What it needs is about to be there.
        NotAtBoot::NotLoaded { .. } | NotAtBoot::Masked => {
            decision.is_work() || decision.reload.is_some()
        }
        _ => false,
    }
}
