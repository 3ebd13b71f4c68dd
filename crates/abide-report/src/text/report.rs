//! What came of `abide apply`: who is as the manifest says, what failed and why, what was not done.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Change, FailedUnit, HostName, HostOutcome, HostReport, Plan, Report, StepOutcome, StepReport,
};

use crate::fleet::Hosts;
use crate::layout::Page;
use crate::mark::Mark;
use crate::options::Options;
use crate::paint::Role;
use crate::words::{count, cut, list, one_line};
use crate::{hosts, step, why};

/// Steps still to do that are named; of more, the number.
const MOST_LEFT: usize = 10;
/// Journal lines that are shown of a unit; of more, the last.
const MOST_JOURNAL: usize = 20;

/// What a failure comes to, comparable across hosts. Journals differ on each and are shown of the first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Trouble {
    text: String,
    units: Vec<(String, String)>,
    steps: Vec<(Mark, String)>,
    left: Vec<String>,
}

/// What came of `abide apply`.
pub(super) fn render(report: &Report, options: &Options) -> String {
    let mut page = Page::new(options);
    if report.hosts.is_empty() {
        page.line("No host was selected.");
        return page.finish();
    }
    write_fine(&mut page, report);
    write_troubles(&mut page, report);
    write_undone(&mut page, report);
    page.gap();
    page.line(&summary(report));
    page.finish()
}

fn hosts_with(report: &Report, wanted: fn(&HostOutcome) -> bool) -> Hosts<'_> {
    report
        .hosts
        .iter()
        .filter(|(_, host)| wanted(&host.outcome))
        .map(|(name, _)| name)
        .collect()
}

fn names(set: &Hosts<'_>, all: &Hosts<'_>) -> String {
    Role::Head.paint(&hosts::among(set, all))
}

fn write_fine(page: &mut Page<'_>, report: &Report) {
    let changed = hosts_with(report, |outcome| *outcome == HostOutcome::Changed);
    let unchanged = hosts_with(report, |outcome| *outcome == HostOutcome::Unchanged);
    let all = report.hosts.keys().collect();
    for (set, words) in [
        (changed, "changed, and seen to be as the manifest says"),
        (unchanged, "unchanged"),
    ] {
        if !set.is_empty() {
            let lead = Role::Good.paint(&format!("{} ", page.symbols.good));
            page.prose(&lead, 2, &format!("{} {words}", names(&set, &all)), None);
        }
    }
}

fn write_troubles(page: &mut Page<'_>, report: &Report) {
    let mut all: BTreeMap<Trouble, Vec<(&HostName, &HostReport)>> = BTreeMap::new();
    for (name, host) in &report.hosts {
        if let Some(trouble) = trouble(host, page.options) {
            all.entry(trouble).or_default().push((name, host));
        }
    }
    for (trouble, hosts) in all {
        page.gap();
        write_trouble(page, &trouble, &hosts);
    }
}

fn trouble(host: &HostReport, options: &Options) -> Option<Trouble> {
    let now = host.facts.as_ref().map(|facts| facts.now);
    let text = super::outcome::sentence(&host.outcome, now);
    match &host.outcome {
        HostOutcome::Failed {
            residue,
            failed_units,
            ..
        } => Some(Trouble {
            text,
            units: failed_units.iter().map(unit_words).collect(),
            steps: bad_steps(host),
            left: residue
                .iter()
                .flat_map(|plan| left(plan, options))
                .collect(),
        }),
        HostOutcome::Unreachable { .. } | HostOutcome::Locked(_) | HostOutcome::Stale { .. } => {
            Some(Trouble {
                text,
                units: Vec::new(),
                steps: Vec::new(),
                left: Vec::new(),
            })
        }
        HostOutcome::Unchanged
        | HostOutcome::Pending
        | HostOutcome::Changed
        | HostOutcome::NotStarted
        | HostOutcome::Interrupted => None,
    }
}

fn unit_words(failed: &FailedUnit) -> (String, String) {
    let whose = step::scope_words(&failed.unit.scope);
    let unit = format!("{} ({whose})", failed.unit.unit);
    (unit, one_line(&failed.state))
}

/// Steps that were not done or were undone, each with what the host said or why it was left out.
fn bad_steps(host: &HostReport) -> Vec<(Mark, String)> {
    let clause = |step: &StepReport| {
        host.plan
            .as_ref()
            .and_then(|plan| plan.action(step.action))
            .map_or_else(|| format!("step {}", step.action), step::clause)
    };
    host.steps
        .iter()
        .filter_map(|step| {
            let said = match one_line(&step.message) {
                said if said.is_empty() => said,
                said => format!(": {said}"),
            };
            match step.outcome {
                StepOutcome::Ok => None,
                StepOutcome::Failed => {
                    Some((Mark::Refused, format!("failed: {}{said}", clause(step))))
                }
                StepOutcome::Skipped => {
                    let because = blamed(host, step).unwrap_or(said);
                    Some((Mark::Note, format!("skipped: {}{because}", clause(step))))
                }
                StepOutcome::Restored => {
                    Some((Mark::Note, format!("put back: {}{said}", clause(step))))
                }
            }
        })
        .collect()
}

/// The failed step that a skipped one waited for.
fn blamed(host: &HostReport, skipped: &StepReport) -> Option<String> {
    let plan = host.plan.as_ref()?;
    let mut waiting = plan.action(skipped.action)?.after.clone();
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        let action = plan.action(id)?;
        let failed = |step: &StepReport| step.action == id && step.outcome == StepOutcome::Failed;
        if host.steps.iter().any(failed) {
            return Some(format!(", because it follows `{}`", step::clause(action)));
        }
        waiting.extend(&action.after);
    }
    None
}

fn left(plan: &Plan, options: &Options) -> Vec<String> {
    let symbols = crate::paint::Symbols::of(options);
    let actions = plan.actions.iter().map(|action| {
        let why = why::words(action, plan, symbols);
        format!("{} {} {why}", step::clause(action), symbols.dash)
    });
    let refused = plan
        .refused
        .iter()
        .map(|refusal| format!("refused: {}", one_line(&refusal.reason)));
    actions.chain(refused).collect()
}

fn write_trouble(page: &mut Page<'_>, trouble: &Trouble, on: &[(&HostName, &HostReport)]) {
    let names = Role::Head.paint(&hosts::ranges(on.iter().map(|(name, _)| *name)));
    let lead = Role::Wrong.paint(&format!("{} ", page.symbols.bad));
    page.prose(&lead, 2, &format!("{names} {}", trouble.text), None);
    let help = on
        .first()
        .and_then(|(_, host)| super::outcome::help(&host.outcome));
    if let Some(help) = help {
        page.prose("  help: ", 8, &help, None);
    }
    let journals: Vec<&FailedUnit> = on
        .first()
        .map(|(_, host)| failed_units(host))
        .unwrap_or_default();
    for (index, (unit, state)) in trouble.units.iter().enumerate() {
        page.line(&format!("    {}  {state}", Role::Head.paint(unit)));
        if let Some(failed) = journals.get(index) {
            write_journal(page, failed, on);
        }
    }
    for (mark, text) in &trouble.steps {
        page.remark(4, *mark, text, None);
    }
    write_left(page, &trouble.left);
}

fn failed_units(host: &HostReport) -> Vec<&FailedUnit> {
    match &host.outcome {
        HostOutcome::Failed { failed_units, .. } => failed_units.iter().collect(),
        _ => Vec::new(),
    }
}

fn write_journal(page: &mut Page<'_>, failed: &FailedUnit, on: &[(&HostName, &HostReport)]) {
    let bar = page.symbols.bar;
    if let (Some((name, _)), true) = (on.first(), on.len() > 1 && !failed.journal.is_empty()) {
        page.line(&Role::Quiet.paint(&format!("      {bar} on {name}:")));
    }
    let skipped = if page.options.full {
        0
    } else {
        failed.journal.len().saturating_sub(MOST_JOURNAL)
    };
    let width = page.options.width.saturating_sub(8);
    for line in failed.journal.iter().skip(skipped) {
        let line = one_line(line);
        let line = if page.options.full {
            line
        } else {
            cut(&line, width.max(72), page.symbols.cut)
        };
        page.line(&format!("      {} {line}", Role::Quiet.paint(bar)));
    }
}

fn write_left(page: &mut Page<'_>, left: &[String]) {
    if left.is_empty() {
        return;
    }
    page.line("    still to do:");
    let most = if page.options.full {
        left.len()
    } else {
        MOST_LEFT
    };
    for text in left.iter().take(most) {
        page.prose("      ", 6, text, None);
    }
    if left.len() > most {
        let more = format!("{} {} more (--full)", page.symbols.cut, left.len() - most);
        page.line(&format!("      {}", Role::Quiet.paint(&more)));
    }
}

/// What Ctrl-C or a failed wave left undone.
fn write_undone(page: &mut Page<'_>, report: &Report) {
    let interrupted = hosts_with(report, |outcome| *outcome == HostOutcome::Interrupted);
    let not_started = hosts_with(report, |outcome| {
        matches!(outcome, HostOutcome::NotStarted | HostOutcome::Pending)
    });
    let all = report.hosts.keys().collect();
    if !interrupted.is_empty() || !not_started.is_empty() {
        page.gap();
    }
    if !interrupted.is_empty() {
        let text = "cut off while its script ran; the host finishes it or puts the old state back by itself";
        let names = names(&interrupted, &all);
        page.remark(0, Mark::Unknown, &format!("{names} {text}"), None);
    }
    if !not_started.is_empty() {
        let names = names(&not_started, &all);
        page.remark(
            0,
            Mark::Note,
            &format!("{names} not started: nothing was done there"),
            None,
        );
    }
}

/// The last line: hosts by outcome, then what was done to what runs.
fn summary(report: &Report) -> String {
    let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
    for host in report.hosts.values() {
        *hosts.entry(host.outcome.word()).or_default() += 1;
    }
    let order = [
        "changed",
        "unchanged",
        "failed",
        "stale",
        "locked",
        "unreachable",
        "interrupted",
        "not started",
        "pending",
    ];
    let said: Vec<String> = order
        .iter()
        .filter_map(|word| hosts.get(word).map(|n| (word, *n)))
        .enumerate()
        .map(|(index, (word, n))| match index {
            0 => format!("{} {word}", count(n, "host")),
            _ => format!("{n} {word}"),
        })
        .collect();
    let fine = hosts
        .keys()
        .all(|word| matches!(*word, "changed" | "unchanged"));
    let (word, role) = if fine {
        ("Done", Role::Good)
    } else {
        ("Not done", Role::Wrong)
    };
    format!(
        "{} {}{}.",
        role.paint(&format!("{word}:")),
        list(&said),
        done(report)
    )
}

fn done(report: &Report) -> String {
    let of = |wanted: fn(&Change) -> bool| {
        let hosts = report.hosts.values();
        hosts
            .flat_map(|host| host.steps.iter().map(move |step| (host, step)))
            .filter(|(_, step)| step.outcome == StepOutcome::Ok)
            .filter_map(|(host, step)| host.plan.as_ref()?.action(step.action))
            .filter(|action| wanted(&action.change))
            .count()
    };
    let parts = [
        (of(|_| true), "step"),
        (of(|change| *change == Change::Restart), "restart"),
        (of(|change| *change == Change::Reload), "reload"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| count(*n, word))
        .collect();
    if said.is_empty() {
        return String::new();
    }
    format!("; {} done", list(&said))
}

#[cfg(test)]
mod tests;
