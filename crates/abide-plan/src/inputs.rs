//! Whether what a unit needs at its start will be there: its program, the files that are read for it, its working
//! directory, its accounts, as the user sees them that runs it, once this plan is done.
//!
//! Only of units that the plan starts or restarts, and only what is certain: a wrong alarm is worse than none. What the
//! answers do not hold is not judged, so where nothing was asked nothing is said.

mod brought;
mod judge;
mod places;
mod programs;
mod question;
mod texts;

use abide_model::{
    BrokenInput, Change, NoteKind, NoteReason, RefusalReason, ResourceId, Scope, UserName, Wanted,
};
use abide_unit::{Needs, Relation, specifier};

use crate::account;
use crate::draft::{Draft, StepId};
use crate::obstacles;
use crate::refuse::Denied;
use crate::unit::Unit;
use crate::unit::decide::Decision;
use crate::unit::notes::foreign_drop_ins;
use crate::unit::run::{Verb, comes_up};
use judge::Judge;

/// Refuses to restart a unit that runs into a failure that can be foreseen, and notes that one which does not run yet will
/// fail.
pub(crate) fn judge<'a>(decision: Decision<'a>, draft: &mut Draft) -> Result<Decision<'a>, Denied> {
    let written = decision.files.iter().chain(&decision.replaced);
    obstacles::may_write(decision.unit.view, draft, written)?;
    texts::check_load(&decision, draft)?;
    let unit = &decision.unit;
    let accepted = unit.view.host.desired.policy.accept_broken;
    if !accepted {
        spares_others(&decision, draft)?;
    }
    let starts = matches!(decision.run.then, Some((Verb::Start | Verb::Restart, _)));
    if starts {
        note_triggered(unit, draft);
    }
    let starts = starts || is_restarted_with_manager(&decision);
    let Some(input) = starts.then(|| first_broken_input(unit, draft)).flatten() else {
        return Ok(decision);
    };
    let runs = is_well(unit);
    if runs && !accepted {
        return Err(Denied::for_reason(RefusalReason::WouldNotStartAgain {
            input,
        }));
    }
    let why = match runs {
        true => NoteReason::AcceptedBroken { input },
        false => NoteReason::WillNotStart { input },
    };
    draft.note_why(unit.file_resource(), NoteKind::WillFail, why);
    Ok(decision)
}

/// Notes that a service which only this timer, socket or path starts will fail then.
fn note_triggered(unit: &Unit<'_>, draft: &mut Draft) {
    let Some(name) = unit.wanted.triggers().filter(|_| unit.ours) else {
        return;
    };
    let declared = unit.view.host.units(&unit.view.scope);
    let Some((name, wanted)) = declared.and_then(|units| units.get_key_value(&name)) else {
        return;
    };
    let Ok(other) = Unit::declared(unit.view, name, wanted) else {
        return;
    };
    // One that is to run anyway is judged by itself, and one that is masked is not started.
    if other.wanted_running() == Wanted::Yes
        || other.should_be_masked()
        || other.removal_cause().is_some()
    {
        return;
    }
    if let Some(input) = first_broken_input(&other, draft) {
        let why = NoteReason::WillNotStart { input };
        draft.note_why(other.file_resource(), NoteKind::WillFail, why);
    }
}

/// Whether a unit that runs is stopped with its manager, and comes up with it by itself.
fn is_restarted_with_manager(decision: &Decision<'_>) -> bool {
    let unit = &decision.unit;
    unit.manager_restarts() && decision.run.stop.is_empty() && is_well(unit) && comes_up(unit)
}

/// Whether something would be lost: the unit is up, or is stopped only with its manager, and is none that comes and goes.
fn is_well(unit: &Unit<'_>) -> bool {
    let user = unit.view.scope.user();
    let restart = user.and_then(|user| unit.view.host.restarts.get(user));
    restart.is_some_and(|due| due.was_well(&unit.loaded))
        || unit.seen.active.is_up() && !unit.health().comes_and_goes()
}

/// Whether declared units that run, and that systemd restarts together with this one, would come up again.
fn spares_others(decision: &Decision<'_>, draft: &mut Draft) -> Result<(), Denied> {
    let unit = &decision.unit;
    let comes_back = matches!(decision.run.then, Some((Verb::Start | Verb::Restart, _)));
    if !comes_back || !unit.seen.active.is_up() {
        return Ok(());
    }
    let along = Relation::STOPPED_TOGETHER
        .iter()
        .filter_map(|relation| unit.seen.relations.get(relation.inverse_property()));
    for name in along.flatten() {
        let declared = unit.view.host.units(&unit.view.scope);
        let Some(wanted) = declared.and_then(|units| units.get(name)) else {
            continue;
        };
        let Ok(other) = Unit::declared(unit.view, name, wanted) else {
            continue;
        };
        if is_well(&other)
            && let Some(input) = first_broken_input(&other, draft)
        {
            let unit = name.clone();
            return Err(Denied::for_reason(RefusalReason::WouldBreakAnother {
                unit,
                input,
            }));
        }
    }
    Ok(())
}

/// The first thing that the unit will not have when it is started.
fn first_broken_input(unit: &Unit<'_>, draft: &mut Draft) -> Option<BrokenInput> {
    if !is_all_known(unit) {
        return None;
    }
    let needs = Needs::of_unit(&unit.wanted);
    if needs.conditional && !is_well(unit) {
        return None;
    }
    let judge = Judge::new(unit, &needs);
    let mut first = None;
    for input in &needs.inputs {
        let Some(question) = judge.question_about(input, draft) else {
            continue;
        };
        draft.looks.extend(question.needed_looks());
        let fault = question.certain_fault(unit, draft, needs.only_presence);
        if let (None, Some(fault)) = (&first, fault) {
            first = Some(BrokenInput {
                setting: input.setting.to_owned(),
                value: question.value,
                runner: question.runner,
                fault,
            });
        }
    }
    first
}

/// Whether the text of the unit is all that there is to it, and may be shown.
fn is_all_known(unit: &Unit<'_>) -> bool {
    let mut files = unit.files.iter().chain(&unit.template_files);
    let secret = files.any(|file| file.body.is_some_and(abide_model::Body::is_secret));
    unit.ours && !unit.name.is_template() && !secret && foreign_drop_ins(unit).is_empty()
}

/// The steps that make or change the accounts which a unit of the system runs as.
pub(crate) fn accounts_settled(unit: &Unit<'_>, draft: &Draft) -> Vec<StepId> {
    if unit.view.scope != Scope::System {
        return Vec::new();
    }
    let named = ["User", "Group"]
        .into_iter()
        .filter_map(|key| unit.wanted.last_value("Service", key));
    let names = named.filter_map(|name| UserName::parse(&expanded_name(unit, name)?).ok());
    let steps = names.flat_map(|name| {
        let made = draft.steps.iter().position(|step| {
            matches!(step.change, Change::CreateUser { .. })
                && matches!(&step.resource, ResourceId::User(user) if *user == name)
        });
        let changed = account::process_relevant_steps(draft, &name).into_iter();
        changed.chain(made.map(StepId)).collect::<Vec<StepId>>()
    });
    steps.collect()
}

/// A name with the specifiers that the unit's own name decides.
fn expanded_name(unit: &Unit<'_>, text: &str) -> Option<String> {
    specifier::expand(&unit.loaded, None, text)
}
