//! The ledger after the last change: what a step did not achieve stays as it was claimed, so that nothing of ours is
//! ever without an owner.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Action, ActionId, Cause, Change, LedgerUnit, Plan, ResourceId, UnitRef};

use super::steps;
use crate::ledger;
use crate::quote::{quote, scope_word, word};

/// The calls that print the ledger, and write it.
pub(super) fn ledger_calls(plan: &Plan) -> String {
    let mut entries = vec![LedgerLine::Sure(ledger::first_line())];
    entries.extend(users(plan));
    entries.extend(files(plan));
    entries.extend(units(plan));
    entries.push(LedgerLine::Sure(ledger::last_line()));
    format!(
        "\n# How everything was left.\n{{\n{}}} | of_users_there | complete_ledger{} || \
         problem \"the ledger $ledger could not be completed\"\n",
        printing_commands(&entries),
        unclaimed_keys(plan)
    )
}

/// What the ledger may say although it was not claimed: attributes that this plan changes, and what units read that did
/// not before, or not to the ledger's knowledge.
fn unclaimed_keys(plan: &Plan) -> String {
    let after = plan.ledger_after.attributes.iter();
    let keys = after.flat_map(|(user, all)| all.keys().map(move |field| (user, field)));
    let claimed = |(user, field): &(_, &String)| {
        let claim = plan.ledger_claim.attributes.get(*user);
        claim.is_some_and(|all| all.contains_key(*field))
    };
    let words: Vec<String> = keys
        .filter(|key| !claimed(key))
        .map(|(user, field)| format!(" {}", quote(&ledger::attribute_key(user, field))))
        .collect();
    let reads: Vec<String> = unclaimed_reads(plan)
        .into_iter()
        .map(|key| format!(" {}", quote(&key)))
        .collect();
    words.concat() + &reads.concat()
}

fn unclaimed_reads(plan: &Plan) -> BTreeSet<String> {
    let keys = |units: &BTreeMap<UnitRef, LedgerUnit>| {
        let keys = units
            .iter()
            .flat_map(|(unit, left)| ledger::reads_keys(unit, left));
        keys.collect::<BTreeSet<String>>()
    };
    let after = keys(&plan.ledger_after.units);
    let claim = keys(&plan.ledger_claim.units);
    after.difference(&claim).cloned().collect()
}

/// A line of the ledger.
enum LedgerLine {
    /// Whatever comes of the steps.
    Sure(String),
    /// A call that decides.
    Call(String),
}

/// Sure lines as they are, calls between them.
fn printing_commands(entries: &[LedgerLine]) -> String {
    let both_sure = |a: &LedgerLine, b: &LedgerLine| {
        matches!((a, b), (LedgerLine::Sure(_), LedgerLine::Sure(_)))
    };
    let blocks = entries.chunk_by(both_sure).map(|block| {
        let text: Vec<&str> = block
            .iter()
            .map(|entry| match entry {
                LedgerLine::Sure(text) | LedgerLine::Call(text) => text.as_str(),
            })
            .collect();
        match block {
            [LedgerLine::Call(call)] => call.clone(),
            _ => format!("cat <<'END'\n{}END\n", text.concat()),
        }
    });
    blocks.collect::<Vec<_>>().concat()
}

/// As planned where these steps succeeded, else as claimed.
fn entry_after_steps(after: &str, claimed: &str, steps: &[ActionId]) -> LedgerLine {
    if steps.is_empty() || after == claimed {
        return LedgerLine::Sure(after.to_owned());
    }
    let steps = steps::id_arguments(steps);
    LedgerLine::Call(format!(
        "entry {} {}{steps}\n",
        quote(after),
        quote(claimed)
    ))
}

fn steps_of(plan: &Plan, is_about: impl Fn(&Action) -> bool) -> Vec<ActionId> {
    let about = plan.actions.iter().filter(|action| is_about(action));
    about.map(|action| action.id).collect()
}

fn users(plan: &Plan) -> Vec<LedgerLine> {
    let (after, claim) = (&plan.ledger_after, &plan.ledger_claim);
    let created: BTreeSet<_> = after.users.union(&claim.users).collect();
    let lingering: BTreeSet<_> = after.lingers.union(&claim.lingers).collect();
    let created = created.into_iter().map(|user| {
        let resource = ResourceId::User(user.clone());
        let line = ledger::user_line(user);
        let made = |change: &Change| matches!(change, Change::CreateUser { .. });
        made_entry(plan, ("user", &resource), made, &line).unwrap_or_else(|| {
            let if_in = |there: bool| if there { line.as_str() } else { "" };
            let (after, claimed) = (after.users.contains(user), claim.users.contains(user));
            let steps = steps_of(plan, |action| action.resource == resource);
            entry_after_steps(if_in(after), if_in(claimed), &steps)
        })
    });
    let lingering = lingering.into_iter().map(|user| {
        let resource = ResourceId::Linger(user.clone());
        let line = ledger::linger_line(user);
        let made = |change: &Change| matches!(change, Change::EnableLinger);
        made_entry(plan, ("linger", &resource), made, &line).unwrap_or_else(|| {
            let if_in = |there: bool| if there { line.as_str() } else { "" };
            let (after, claimed) = (after.lingers.contains(user), claim.lingers.contains(user));
            let steps = steps_of(plan, |action| action.resource == resource);
            entry_after_steps(if_in(after), if_in(claimed), &steps)
        })
    });
    created
        .chain(lingering)
        .chain(attribute_entries(plan))
        .collect()
}

/// A user or a lingering that this plan makes, and that was not ours before: where its step fails nothing of it is claimed.
fn made_entry(
    plan: &Plan,
    (what, resource): (&str, &ResourceId),
    makes: impl Fn(&Change) -> bool,
    line: &str,
) -> Option<LedgerLine> {
    let (ResourceId::User(user) | ResourceId::Linger(user)) = resource else {
        return None;
    };
    let step = plan
        .actions
        .iter()
        .find(|action| action.resource == *resource && makes(&action.change))?;
    // What somebody took away was ours, and stays so until it is there again.
    let by_hand = |cause: &Cause| matches!(cause, Cause::ChangedOnHost { .. });
    if step.causes.iter().any(by_hand) {
        return None;
    }
    let steps = steps::id_arguments(&steps_of(plan, |action| action.resource == *resource));
    Some(LedgerLine::Call(format!(
        "made_entry {what} {} {}{steps}\n",
        word(user.as_str()),
        quote(line)
    )))
}

fn attribute_entries(plan: &Plan) -> Vec<LedgerLine> {
    let (after, claim) = (&plan.ledger_after.attributes, &plan.ledger_claim.attributes);
    let users: BTreeSet<_> = after.keys().chain(claim.keys()).collect();
    let of = |user| {
        let lines = |all| ledger::attribute_lines(user, all);
        let steps = steps_of(plan, |action| {
            action.resource == ResourceId::User(user.clone())
        });
        entry_after_steps(
            &after.get(user).map(lines).unwrap_or_default(),
            &claim.get(user).map(lines).unwrap_or_default(),
            &steps,
        )
    };
    users.into_iter().map(of).collect()
}

fn files(plan: &Plan) -> Vec<LedgerLine> {
    let (after, claim) = (&plan.ledger_after.files, &plan.ledger_claim.files);
    let paths: BTreeSet<_> = after.keys().chain(claim.keys()).collect();
    let of = |path| {
        let line = |file| ledger::file_line(path, file);
        let steps = steps_of(plan, |action| match &action.change {
            Change::WriteFile(write) => write.path == *path,
            Change::RemoveFile { path: of, .. } | Change::SetMode { path: of, .. } => of == path,
            _ => false,
        });
        entry_after_steps(
            &after.get(path).map(line).unwrap_or_default(),
            &claim.get(path).map(line).unwrap_or_default(),
            &steps,
        )
    };
    paths.into_iter().map(of).collect()
}

fn units(plan: &Plan) -> Vec<LedgerLine> {
    let (after, claim) = (&plan.ledger_after.units, &plan.ledger_claim.units);
    let units: BTreeSet<_> = after.keys().chain(claim.keys()).collect();
    units
        .into_iter()
        .map(|unit| unit_entry(plan, unit))
        .collect()
}

/// A unit that this plan started, or whose manager it started, is entered with the run that the unit has then.
fn unit_entry(plan: &Plan, unit: &UnitRef) -> LedgerLine {
    let line = |left: &LedgerUnit| {
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
    let begins = |left: &&LedgerUnit| {
        steps::start_or_reload_id(plan, unit).is_some()
            || left.invocation.is_empty() && left.config.is_some()
    };
    match after.filter(begins) {
        None => entry_after_steps(&after.map(line).unwrap_or_default(), &claimed, &steps),
        Some(left) => {
            let unseen = ledger::unseen_reads(left);
            let mut told = left.clone();
            told.reads.files.retain(|path, _| !unseen.contains(path));
            let [before, after] = ledger::unit_line(unit, &told);
            let steps = steps::id_arguments(&steps);
            let entry = format!(
                "run_entry {} {} {} {} {}{steps}\n",
                scope_word(&unit.scope),
                word(unit.unit.as_str()),
                quote(&before),
                quote(&after),
                quote(&claimed),
            );
            let unseen = unseen.iter().map(|path| {
                format!(
                    "read_entry {} {} {}{steps}\n",
                    scope_word(&unit.scope),
                    quote(&ledger::read_key(unit, path)),
                    quote(path.as_str()),
                )
            });
            LedgerLine::Call(entry + &unseen.collect::<String>())
        }
    }
}
