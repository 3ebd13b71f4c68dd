//! The ledger after the last change: what a step did not achieve stays as it was claimed, so that nothing of ours is
//! ever without an owner.

use std::collections::BTreeSet;

use abide_model::{Action, ActionId, Change, Plan, ResourceId, UnitRef};

use super::steps;
use crate::ledger;
use crate::quote::{quote, word};

/// The calls that print the ledger, and write it.
pub(super) fn all(plan: &Plan) -> String {
    let mut parts = vec!["\n# How everything was left.\n{\n".to_owned()];
    parts.push(printed(&ledger::first_line(), "", &[]));
    parts.extend(users(plan));
    parts.extend(files(plan));
    parts.extend(units(plan));
    parts.push(printed(&ledger::last_line(), "", &[]));
    parts.push(
        "} | write_ledger || problem \"the ledger $ledger could not be completed\"\n".to_owned(),
    );
    parts.concat()
}

/// One entry: as planned where these steps succeeded, else as claimed.
fn printed(after: &str, claimed: &str, steps: &[ActionId]) -> String {
    if steps.is_empty() {
        return match after {
            "" => String::new(),
            after => format!("entry {} ''\n", quote(after)),
        };
    }
    format!(
        "entry {} {}{}\n",
        quote(after),
        quote(claimed),
        steps::ids(steps)
    )
}

fn steps_of(plan: &Plan, is_about: impl Fn(&Action) -> bool) -> Vec<ActionId> {
    let about = plan.actions.iter().filter(|action| is_about(action));
    about.map(|action| action.id).collect()
}

fn users(plan: &Plan) -> Vec<String> {
    let (after, claim) = (&plan.ledger_after, &plan.ledger_claim);
    let created: BTreeSet<_> = after.users.union(&claim.users).collect();
    let lingering: BTreeSet<_> = after.lingers.union(&claim.lingers).collect();
    let created = created.into_iter().map(|user| {
        let line = ledger::user_line(user);
        let if_in = |there: bool| if there { line.as_str() } else { "" };
        let steps = steps_of(plan, |action| {
            action.resource == ResourceId::User(user.clone())
        });
        printed(
            if_in(after.users.contains(user)),
            if_in(claim.users.contains(user)),
            &steps,
        )
    });
    let lingering = lingering.into_iter().map(|user| {
        let line = ledger::linger_line(user);
        let if_in = |there: bool| if there { line.as_str() } else { "" };
        let steps = steps_of(plan, |action| {
            action.resource == ResourceId::Linger(user.clone())
        });
        printed(
            if_in(after.lingers.contains(user)),
            if_in(claim.lingers.contains(user)),
            &steps,
        )
    });
    created.chain(lingering).collect()
}

fn files(plan: &Plan) -> Vec<String> {
    let (after, claim) = (&plan.ledger_after.files, &plan.ledger_claim.files);
    let paths: BTreeSet<_> = after.keys().chain(claim.keys()).collect();
    let entry = |path| {
        let line = |file| ledger::file_line(path, file);
        let steps = steps_of(plan, |action| match &action.change {
            Change::WriteFile(write) => write.path == *path,
            Change::RemoveFile { path: of, .. } | Change::SetMode { path: of, .. } => of == path,
            _ => false,
        });
        printed(
            &after.get(path).map(line).unwrap_or_default(),
            &claim.get(path).map(line).unwrap_or_default(),
            &steps,
        )
    };
    paths.into_iter().map(entry).collect()
}

fn units(plan: &Plan) -> Vec<String> {
    let (after, claim) = (&plan.ledger_after.units, &plan.ledger_claim.units);
    let units: BTreeSet<_> = after.keys().chain(claim.keys()).collect();
    units.into_iter().map(|unit| entry_of(plan, unit)).collect()
}

/// A unit that this plan started is entered with the run it has now.
fn entry_of(plan: &Plan, unit: &UnitRef) -> String {
    let line = |left: &abide_model::LedgerUnit| {
        let [before, after] = ledger::unit_line(unit, left);
        format!("{before}{}{after}", ledger::or_dash(&left.invocation))
    };
    let steps = steps_of(plan, |action| {
        action.resource == ResourceId::Unit(unit.clone())
    });
    let claimed = plan
        .ledger_claim
        .units
        .get(unit)
        .map(line)
        .unwrap_or_default();
    let after = plan.ledger_after.units.get(unit);
    match after.filter(|_| steps::starter(plan, unit).is_some()) {
        None => printed(&after.map(line).unwrap_or_default(), &claimed, &steps),
        Some(left) => {
            let [before, after] = ledger::unit_line(unit, left);
            format!(
                "run_entry {} {} {} {} {}{}\n",
                unit.scope,
                word(unit.unit.loaded_as().as_str()),
                quote(&before),
                quote(&after),
                quote(&claimed),
                steps::ids(&steps)
            )
        }
    }
}
