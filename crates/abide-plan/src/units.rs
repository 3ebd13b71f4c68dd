//! All units of one scope: each is decided, then what they mean for each other, then the steps and the ledger.

use abide_model::{
    Cause, Digest, Field, LedgerFile, LedgerUnit, NoteKind, NoteText, RefusalReason, ResourceId,
    UnitName, UnitNote, UnitRef, Wanted,
};

use crate::causes::difference_cause;
use crate::draft::Draft;
use crate::file::FileVerdict;
use crate::forecast::DefinitionChange;
use crate::inputs;
use crate::ledger::digest_of;
use crate::prune;
use crate::refuse::Denied;
use crate::scope::ScopeView;
use crate::unit::couple::{Bystanders, Decisions, propagate_decisions};
use crate::unit::decide::{Decision, decide};
use crate::unit::owed::wanted_config;
use crate::unit::reads;
use crate::unit::respond::{Response, to_restart};
use crate::unit::run::{Verb, comes_up};
use crate::unit::sources::wish_of;
use crate::unit::targets::start_new_members;
use crate::unit::{Intent, Unit, aliases, at_boot, emit, notes, support};

/// Plans the units of one scope.
pub(crate) fn draft<'a>(view: &'a ScopeView<'a>, draft: &mut Draft) {
    let mut decisions = decide_units(view, draft);
    let mut bystanders = propagate_decisions(view, &mut decisions);
    start_new_members(view, &decisions, &mut bystanders);
    emit::add_steps(view, &decisions, &bystanders, draft);
    notes::draft(view, &decisions, draft);
    note_runs(view, &decisions, &bystanders, draft);
    note_last_words(&decisions, draft);
    refuse_trouble(&decisions, draft);
    at_boot::judge(view, &decisions, draft);
    for decision in decisions.values() {
        count_removal(decision, draft);
        let unit = &decision.unit;
        if unit.name.kind().is_quadlet() && unit.loaded != unit.name.usually_loaded_as() {
            let quadlet = UnitRef::new(&view.scope, &unit.name);
            draft.services.insert(quadlet, unit.loaded.clone());
        }
        draft
            .definitions
            .insert(decision.unit.unit_ref(), unit_definition(decision));
        if view.host.may_change(&view.scope) {
            keep_books(decision, draft);
        }
    }
}

fn decide_units<'a>(view: &'a ScopeView<'a>, draft: &mut Draft) -> Decisions<'a> {
    let mut decisions = Decisions::new();
    let declared = view.host.units(&view.scope).into_iter().flatten();
    let mut units: Vec<(UnitName, Intent<'a>)> = declared
        .map(|(name, unit)| (name.clone(), wish_of(unit)))
        .collect();
    let undeclared = prune::units(view);
    match view.host.desired.policy.prune {
        true => units.extend(
            undeclared
                .into_iter()
                .map(|name| (name, Intent::Removed(Cause::Undeclared))),
        ),
        false => prune::note_orphans(view, &undeclared, draft),
    }
    let renamed = view.renamed_services().into_iter();
    units.extend(renamed.map(|(before, now)| {
        let cause = difference_cause(Field::ServiceName, before.as_str(), now.as_str());
        (before, Intent::Removed(cause))
    }));
    for (name, wish) in units {
        let is_declared = matches!(wish, Intent::Declared(_));
        let unit = match wish {
            Intent::Declared(unit) => Unit::declared(view, &name, unit),
            Intent::Removed(cause) => Unit::for_removal(view, &name, cause),
        };
        let by_itself = unit.as_ref().is_ok_and(comes_up);
        let decision = unit.and_then(|unit| decide(unit, draft));
        let decision = decision.and_then(|decision| support::judge(decision, draft));
        match decision.and_then(|decision| inputs::judge(decision, draft)) {
            Ok(decision) if decisions.contains_key(&decision.unit.loaded) => {
                let denied = declared_twice(&decision.unit.loaded);
                draft.refuse(denied.into_refusal(decision.unit.file_resource()));
            }
            Ok(decision) => {
                decisions.insert(decision.unit.loaded.clone(), decision);
            }
            Err(denied) => {
                let resource = ResourceId::Unit(UnitRef::new(&view.scope, &name));
                let refusal = denied.into_refusal(resource);
                let fails = matches!(refusal.why, Some(RefusalReason::WouldNotStartAgain { .. }));
                if is_declared && (fails || !by_itself) {
                    let unit = UnitRef::new(&view.scope, &view.loaded_as(&name));
                    draft.not_started.push((unit, refusal.why.clone()));
                }
                draft.refuse(refusal);
            }
        }
    }
    for (name, denied) in aliases::taken_aliases(view, &decisions, draft) {
        if let Some(decision) = decisions.remove(&name) {
            draft.refuse(denied.into_refusal(decision.unit.file_resource()));
        }
    }
    decisions
}

/// What the unit's files come to before and after. Of a unit whose file is not ours, or is made by a generator, our files
/// are only a part: what changes in them changes, and the rest stays as it is loaded.
fn unit_definition(decision: &Decision<'_>) -> DefinitionChange {
    let unit = &decision.unit;
    let in_part = !unit.ours || unit.name.kind().is_quadlet();
    let up_to_date = unit.manager_up() && decision.reload.is_none() && unit.seen.load == "loaded";
    DefinitionChange {
        old: unit.on_disk.known_effective().cloned(),
        new: unit.wanted.clone(),
        is_loaded: in_part || up_to_date,
        goes: unit.removal_cause().is_some() || unit.should_be_masked(),
    }
}

/// Names what is wrong with a unit that is as it should be in everything that abide could do about it. Where it does
/// something, how that ends is seen afterwards.
fn refuse_trouble(decisions: &Decisions<'_>, draft: &mut Draft) {
    for decision in decisions.values() {
        let adopts =
            |verdict: &FileVerdict| matches!(verdict, FileVerdict::Adopt | FileVerdict::Forget);
        let is_work = decision.is_work() || decision.files.iter().any(adopts);
        if let (Some(why), false) = (&decision.run.trouble, is_work) {
            let denied = Denied::for_reason(why.clone());
            draft.refuse(denied.into_refusal(decision.unit.file_resource()));
        }
    }
}

fn declared_twice(loaded: &UnitName) -> Denied {
    Denied::impossible_on_host(format!("it is {loaded} on the host, which is declared too"))
        .with_help("declare one of the two")
}

fn note_runs(
    view: &ScopeView<'_>,
    decisions: &Decisions<'_>,
    bystanders: &Bystanders,
    draft: &mut Draft,
) {
    let declared = decisions
        .iter()
        .map(|(name, decision)| (name, &decision.run));
    for (name, run) in declared.chain(bystanders) {
        let resource = || ResourceId::Unit(UnitRef::new(&view.scope, name));
        for (kind, text) in &run.notes {
            draft.note(resource(), *kind, text.clone());
        }
        if let Some(doubt) = &run.doubt {
            draft.note_why(resource(), NoteKind::MayRunOld, doubt.clone());
        }
    }
}

/// What units in trouble said last, where it is told that they are.
fn note_last_words(decisions: &Decisions<'_>, draft: &mut Draft) {
    for decision in decisions.values() {
        let unit = &decision.unit;
        let should_run = unit.wanted_running() != Wanted::No && unit.removal_cause().is_none();
        if let (Some(said), true) = (&unit.seen.last_said, should_run) {
            let line = said.clone();
            let text = NoteText::of_unit(&unit.loaded, UnitNote::SaidLast { line });
            draft.note(unit.file_resource(), NoteKind::Said, text);
        }
    }
}

/// Counts what `max_removals` limits: units of ours that go, and units that are stopped and stay so.
fn count_removal(decision: &Decision<'_>, draft: &mut Draft) {
    let goes = decision.unit.removal_cause().is_some() && decision.changes_files();
    // It goes on under another name.
    let renamed = decision
        .unit
        .removal_cause()
        .is_some_and(Cause::is_another_service_name);
    if !renamed && (goes || decision.run.stops_for_good()) {
        draft.removals.insert(decision.unit.unit_ref());
    }
}

/// Says in the ledger how the unit is left.
fn keep_books(decision: &Decision<'_>, draft: &mut Draft) {
    let unit = &decision.unit;
    let replaced = unit.replaces.iter().zip(&decision.replaced);
    for (file, verdict) in unit.files.iter().zip(&decision.files).chain(replaced) {
        match (file.body, verdict) {
            (Some(body), FileVerdict::Same | FileVerdict::Adopt | FileVerdict::Do(..)) => {
                let left = LedgerFile {
                    scope: unit.view.scope.clone(),
                    digest: Some(digest_of(body)),
                };
                draft.ledger.files.insert(file.path.clone(), left);
            }
            (None, _) if file.kept => {}
            (None, _) | (_, FileVerdict::Forget) => {
                draft.ledger.files.remove(&file.path);
            }
        }
    }
    let reference = unit.unit_ref();
    match unit.desired() {
        Some(_) if unit.loaded.is_template() => {}
        Some(desired) => {
            let enabled = match desired.enabled {
                Wanted::Yes => true,
                Wanted::No => false,
                Wanted::Unmanaged => {
                    unit.ledger_entry().is_some_and(|left| left.enabled)
                        && !decision.links.is_work()
                }
            };
            draft
                .ledger
                .units
                .insert(reference, new_ledger_entry(decision, enabled));
        }
        None => {
            draft.ledger.units.remove(&reference);
        }
    }
}

/// How the run of the unit is left. Where it begins anew, by this plan or by its manager's start, its invocation is filled
/// in on the host.
fn new_ledger_entry(decision: &Decision<'_>, enabled: bool) -> LedgerUnit {
    let unit = &decision.unit;
    let verb = decision.run.then.as_ref().map(|(verb, _)| *verb);
    let anew = || (String::new(), started_config(unit), reads::wanted_run(unit));
    let as_wanted = || {
        let invocation = unit.seen.invocation.clone();
        (
            invocation,
            Some(wanted_config(unit)),
            reads::wanted_run(unit),
        )
    };
    let (invocation, config, reads) = match verb {
        Some(Verb::Start | Verb::Restart) => anew(),
        Some(Verb::Reload) => as_wanted(),
        None if decision.run.stop.is_empty() && comes_up(unit) => anew(),
        None if !decision.run.stop.is_empty() || !unit.seen.active.is_up() => {
            (String::new(), None, reads::no_run(unit))
        }
        // The daemon-reload brings the new configuration to what has no process of its own.
        None if takes_effect(unit) => as_wanted(),
        None => {
            let invocation = unit.seen.invocation.clone();
            (
                invocation,
                reads::running_config(unit),
                reads::this_run(unit),
            )
        }
    };
    LedgerUnit {
        invocation,
        config,
        enabled,
        claimed: false,
        reads,
    }
}

fn takes_effect(unit: &Unit<'_>) -> bool {
    to_restart(unit) == Ok(Response::TakesEffect) && !unit.ends_by_itself()
}

/// What a unit that is started now runs. Where it reads a file that nobody has looked at yet, that is not known.
fn started_config(unit: &Unit<'_>) -> Option<Digest> {
    let mut read = unit.restart_on.iter();
    let known = read.all(|file| file.looked_at || file.body.is_some());
    known.then(|| wanted_config(unit))
}
