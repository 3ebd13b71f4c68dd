//! The ledgers of hosts as they stand, and what mends them: the answers of `abide ledger`.

use std::collections::BTreeMap;

use abide_model::{
    FoundLedger, Ledger, LedgerTextFault, PlaceFault, RepairStep, Scope, StepResult,
};

use crate::layout::Page;
use crate::ledgers::{
    LedgersLine, RepairLine, RepairOutcome, fault_clauses, invalid_line_count, is_doubted,
    left_alone, manifest,
};
use crate::mark::Mark;
use crate::options::{TextOptions, Verbosity};
use crate::paint::Role;
use crate::words::{count, one_line};

/// So many entries of a ledger, and invalid lines, are shown unless nothing is to be folded.
const SHOWN: usize = 20;

/// What the ledgers say, and what is wrong with them.
pub(super) fn render(hosts: &[LedgersLine<'_>], options: &TextOptions) -> String {
    let mut page = Page::new(options);
    let mut broken = Vec::new();
    for line in hosts {
        page.add_blank_line();
        let host = Role::Head.paint_text(line.host);
        let seen = match line.seen {
            Ok(seen) => seen,
            Err(why) => {
                page.line(&format!(
                    "{host}  not observed: {}",
                    one_line(&why.to_string())
                ));
                continue;
            }
        };
        page.line(&format!("{host}  {}", one_line(&seen.directory)));
        if let Some(fault) = seen.directory_fault {
            page.add_remark(2, Mark::Refused, fault.of_directory(), None);
        }
        if seen.in_the_way {
            let text =
                "a directory stands where the next ledger is made (`.new`), so none can be written";
            page.add_remark(2, Mark::Refused, text, None);
        }
        if seen.unread > 0 {
            let text = format!("{} were not looked at", count(seen.unread, "more ledger"));
            page.add_remark(2, Mark::Refused, &text, None);
        }
        if seen.ledgers.is_empty() && seen.directory_fault.is_none() {
            page.line("  no ledger: nothing there is abide's");
        }
        for (name, found) in &seen.ledgers {
            write_ledger(&mut page, name.as_str(), found, is_doubted(seen, found));
        }
        if !seen.repair(false).steps.is_empty() {
            broken.push(line.host);
        }
    }
    if !broken.is_empty() {
        page.add_blank_line();
    }
    for host in broken {
        page.line(&format!(
            "To repair what is marked: abide ledger repair {host}"
        ));
    }
    page.finish()
}

fn write_ledger(page: &mut Page<'_>, name: &str, found: &FoundLedger, doubted: bool) {
    let wrong = fault_clauses(found);
    let lines = invalid_line_count(found);
    page.line(&format!(
        "  {}: {}",
        Role::Head.paint_text(name),
        content_summary(found)
    ));
    if page.options.verbosity > Verbosity::Quiet {
        entries(page, &found.ledger);
    }
    for fault in wrong {
        page.add_remark(4, Mark::Refused, &fault, None);
    }
    if doubted && found.digest.is_some() {
        let text = "others may have written its lines: a repair keeps none of them, unless with --keep-lines";
        page.add_remark(4, Mark::Refused, text, None);
    }
    invalid_lines(page, found);
    if lines > 0 {
        let text = match lines {
            1 => "1 line is not valid, and leads to nothing".to_owned(),
            lines => format!("{lines} lines are not valid, and lead to nothing"),
        };
        page.add_remark(4, Mark::Refused, &text, None);
    }
}

/// Each line that is not valid, as far as they are shown.
fn invalid_lines(page: &mut Page<'_>, found: &FoundLedger) {
    let most = shown_limit(page.options);
    let shown = found
        .findings
        .iter()
        .filter(|finding| !finding.text.is_empty());
    for finding in shown.take(most) {
        page.add_remark(4, Mark::Refused, &one_line(&finding.to_string()), None);
    }
}

fn shown_limit(options: &TextOptions) -> usize {
    if options.full { usize::MAX } else { SHOWN }
}

fn content_summary(found: &FoundLedger) -> String {
    let Ledger {
        files,
        units,
        users,
        lingers,
        attributes,
    } = &found.ledger;
    let attributes = attributes.values().map(BTreeMap::len).sum();
    let all = [
        (users.len(), "user"),
        (lingers.len(), "lingering user"),
        (attributes, "attribute"),
        (files.len(), "file"),
        (units.len(), "unit"),
    ];
    let parts: Vec<String> = all
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| count(number, what))
        .collect();
    match (parts.is_empty(), found.digest) {
        (true, None) => "not read".to_owned(),
        (true, Some(_)) => "nothing".to_owned(),
        (false, _) => parts.join(", "),
    }
}

/// What it says abide owns.
fn entries(page: &mut Page<'_>, ledger: &Ledger) {
    let whose = |scope: &Scope| match scope {
        Scope::System => "of the system".to_owned(),
        Scope::User(user) => format!("of {user}"),
    };
    let mut lines = Vec::new();
    lines.extend(
        ledger
            .users
            .iter()
            .map(|user| format!("user {user}, made by abide")),
    );
    let lingers = ledger.lingers.iter();
    lines.extend(lingers.map(|user| format!("lingering of {user}, enabled by abide")));
    for (user, all) in &ledger.attributes {
        let all = all.iter();
        lines.extend(all.map(|(field, value)| format!("{field} {value} of {user}")));
    }
    for (path, file) in &ledger.files {
        let claimed = if file.digest.is_none() {
            ", claimed"
        } else {
            ""
        };
        lines.push(format!("file {path} {}{claimed}", whose(&file.scope)));
    }
    for (unit, left) in &ledger.units {
        let enabled = if left.enabled { ", enabled" } else { "" };
        let claimed = if left.claimed { ", claimed" } else { "" };
        lines.push(format!(
            "unit {} {}{enabled}{claimed}",
            unit.unit,
            whose(&unit.scope)
        ));
    }
    let most = shown_limit(page.options);
    for line in lines.iter().take(most) {
        page.line(&format!("    {}", one_line(line)));
    }
    if let Some(more) = lines.len().checked_sub(most).filter(|more| *more > 0) {
        page.line(&format!("    {} (--full)", count(more, "more line")));
    }
}

/// What a repair will do, for whoever is asked.
pub(super) fn repair(hosts: &[RepairLine<'_>], options: &TextOptions) -> String {
    let mut page = Page::new(options);
    let mut drops = false;
    for line in hosts {
        page.add_blank_line();
        page.line(&format!(
            "{}  {}",
            Role::Head.paint_text(line.host),
            one_line(&line.seen.directory)
        ));
        for step in &line.repair.steps {
            let found = manifest(step).and_then(|name| {
                let mut ledgers = line.seen.ledgers.iter();
                ledgers.find(|(other, _)| other.as_str() == name)
            });
            drops |= write_planned_step(&mut page, step, found.map(|(_, found)| found));
        }
        write_left_alone(&mut page, line);
    }
    if drops {
        page.add_blank_line();
        page.add_prose(
            "",
            0,
            "What dropped lines named stays on the host as it is and is no longer abide's: what is declared there is adopted by the next apply, the rest is for you. What stood there is kept beside, under a name that begins with `.kept.`.",
            None,
        );
    }
    page.finish()
}

/// Says what a step will do, and returns whether that lets go of lines.
fn write_planned_step(page: &mut Page<'_>, step: &RepairStep, found: Option<&FoundLedger>) -> bool {
    let (text, lets_go) = match (step, found) {
        (RepairStep::Directory(PlaceFault::Owner | PlaceFault::Writable), _) => (
            "the directory gets its owner and mode back".to_owned(),
            false,
        ),
        (RepairStep::Directory(_), _) => (
            "what stands in the place of the directory is moved aside".to_owned(),
            true,
        ),
        (RepairStep::InTheWay, _) => ("`.new`, a directory, is moved aside".to_owned(), false),
        (RepairStep::SetAside { name, fault }, _) => {
            let why = found.map(fault_clauses).unwrap_or_default().join("; ");
            let why = if why.is_empty() {
                fault.to_string()
            } else {
                why
            };
            (format!("{name}: moved aside as a whole: {why}"), true)
        }
        (RepairStep::Readable { name }, _) => (
            format!("{name}: made readable to its owner; look at it again then"),
            false,
        ),
        (RepairStep::Rewrite { name, ledger, .. }, Some(found)) => {
            return write_rewrite_step(page, name.as_str(), found, ledger);
        }
        (RepairStep::Rewrite { .. }, None) => return false,
    };
    page.add_remark(2, Mark::Change, &text, None);
    lets_go
}

/// Says which lines of a ledger stay, and returns whether others go.
fn write_rewrite_step(
    page: &mut Page<'_>,
    name: &str,
    found: &FoundLedger,
    ledger: &Ledger,
) -> bool {
    let kept = entry_count(ledger);
    let valid = entry_count(&found.ledger);
    let dropped = valid
        .saturating_sub(kept)
        .saturating_add(invalid_line_count(found));
    let why = match fault_clauses(found).join("; ") {
        why if why.is_empty() => why,
        why => format!(" ({why})"),
    };
    let (kept_lines, dropped_lines) = (count(kept, "line"), count(dropped, "line"));
    let text = format!("{name}: written again{why}: {kept_lines} kept, {dropped_lines} dropped");
    page.add_remark(2, Mark::Change, &text, None);
    if kept == 0 && valid > 0 {
        entries(page, &found.ledger);
    }
    invalid_lines(page, found);
    let shown = found.findings.len().min(shown_limit(page.options));
    // Of a text that is no ledger no line is shown.
    if found.text != Some(LedgerTextFault::NoLedger)
        && let Some(more) = invalid_line_count(found)
            .checked_sub(shown)
            .filter(|more| *more > 0)
    {
        page.line(&format!("    {} (--full)", count(more, "more line")));
    }
    dropped > 0
}

fn entry_count(ledger: &Ledger) -> usize {
    let attributes: usize = ledger.attributes.values().map(BTreeMap::len).sum();
    [
        ledger.users.len(),
        ledger.lingers.len(),
        attributes,
        ledger.files.len(),
        ledger.units.len(),
    ]
    .into_iter()
    .fold(0, usize::saturating_add)
}

/// What is left alone although it is not as it should be.
fn write_left_alone(page: &mut Page<'_>, line: &RepairLine<'_>) {
    for (name, found) in &line.seen.ledgers {
        let mut steps = line.repair.steps.iter();
        if steps.any(|step| manifest(step) == Some(name.as_str())) {
            continue;
        }
        if let Some(why) = left_alone(found) {
            page.add_remark(2, Mark::Note, &format!("{name}: left alone: {why}"), None);
        }
    }
    if line.seen.unread > 0 {
        let more = count(line.seen.unread, "more ledger");
        page.add_remark(
            2,
            Mark::Note,
            &format!("{more} left alone: too many at once"),
            None,
        );
    }
}

/// What became of the steps of a repair.
pub(super) fn render_repaired(
    line: &RepairLine<'_>,
    outcome: &RepairOutcome,
    options: &TextOptions,
) -> String {
    let mut page = Page::new(options);
    page.line(&Role::Head.paint_text(line.host));
    for (number, step) in line.repair.steps.iter().enumerate() {
        let subject = match step {
            RepairStep::Directory(_) => "the directory",
            RepairStep::InTheWay => "`.new`",
            RepairStep::SetAside { name, .. }
            | RepairStep::Readable { name }
            | RepairStep::Rewrite { name, .. } => name.as_str(),
        };
        let text = match (outcome.get(&number), step) {
            (None, _) => "not reached".to_owned(),
            (Some(StepResult::Failed { said }), _) => format!("not repaired: {}", one_line(said)),
            (Some(StepResult::Mended { kept: Some(kept) }), RepairStep::Rewrite { .. }) => {
                format!("repaired; what it was is kept in {}", one_line(kept))
            }
            (Some(StepResult::Mended { kept: Some(kept) }), _) => {
                format!("moved aside, to {}", one_line(kept))
            }
            (Some(StepResult::Mended { kept: None }), _) => "repaired".to_owned(),
        };
        page.line(&format!("  {subject}: {text}"));
    }
    page.finish()
}
