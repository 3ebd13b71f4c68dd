//! A plan for one or many hosts: what changes, why, what is interrupted; what stands in the way; the numbers last.

use std::collections::BTreeMap;

use abide_model::{HostName, HostOutcome, HostReport, Report, ResourceId};

use crate::block::{self, Block, Step};
use crate::fleet::{self, Hosts, Section, Spans};
use crate::hosts;
use crate::layout::Page;
use crate::mark::Mark;
use crate::options::{Options, Verbosity};
use crate::paint::Role;
use crate::summary::Summary;
use crate::words::{columns, count, duration, list, one_line, pad};
use crate::{step, why};

/// Names are padded to a common width up to this.
const WIDEST_NAME: usize = 34;
/// Where steps begin.
const STEP: usize = 6;

/// A plan for one or many hosts.
pub(super) fn render(report: &Report, options: &Options) -> String {
    let mut page = Page::new(options);
    if report.hosts.is_empty() {
        page.line("No host was selected.");
        return page.finish();
    }
    let all: Hosts<'_> = report.hosts.keys().collect();
    for section in fleet::sections(report, options) {
        write_section(&mut page, &section, &all, report);
    }
    write_small_print(&mut page, report);
    write_obstacles(&mut page, report);
    page.gap();
    write_summary(&mut page, report);
    page.finish()
}

fn write_section(page: &mut Page<'_>, section: &Section<'_>, all: &Hosts<'_>, report: &Report) {
    let quiet = page.options.verbosity == Verbosity::Quiet;
    let wanted = |block: &Block| !quiet || block.remarks.iter().any(|r| r.mark != Mark::Note);
    let blocks: Vec<_> = section
        .blocks
        .iter()
        .filter(|(block, _)| wanted(block))
        .collect();
    if blocks.is_empty() {
        return;
    }
    page.gap();
    let head = Role::Head.paint(&hosts::among(&section.hosts, all));
    let facts = Role::Quiet.paint(&facts(section, report, page.options));
    page.line(&format!("{head}  {facts}"));
    let widest = blocks
        .iter()
        .map(|(block, _)| columns(&title(&block.resource)))
        .filter(|width| *width <= WIDEST_NAME)
        .max()
        .unwrap_or(0);
    let mut after_diff = false;
    for (block, spans) in blocks {
        if after_diff {
            page.gap();
        }
        write_block(page, block, spans, widest);
        after_diff = block.steps.iter().any(|step| !step.lines.is_empty());
    }
}

/// What a reader of a single host's plan may want to know about it (`-v`).
fn facts(section: &Section<'_>, report: &Report, options: &Options) -> String {
    let mut hosts = section.hosts.iter();
    let (Some(host), None, Verbosity::Verbose) = (hosts.next(), hosts.next(), options.verbosity)
    else {
        return String::new();
    };
    report
        .hosts
        .get(*host)
        .and_then(|host| host.facts.as_ref())
        .map(|facts| format!("{}, systemd {}", one_line(&facts.os), facts.systemd))
        .unwrap_or_default()
}

fn title(resource: &ResourceId) -> String {
    match resource {
        ResourceId::User(user) => format!("user {user}"),
        ResourceId::Linger(_) => "linger".to_owned(),
        ResourceId::Manager(_) => "service manager".to_owned(),
        ResourceId::File { path, .. } => one_line(path.as_str()),
        ResourceId::Unit(unit) => unit.unit.to_string(),
    }
}

/// Whose a resource is, for the second column; empty for an account.
fn whose(resource: &ResourceId) -> String {
    match resource {
        ResourceId::User(_) => String::new(),
        ResourceId::Linger(user) => format!("user {user}"),
        ResourceId::Manager(scope) | ResourceId::File { scope, .. } => step::scope_words(scope),
        ResourceId::Unit(unit) => step::scope_words(&unit.scope),
    }
}

fn write_block(page: &mut Page<'_>, block: &Block, spans: &Spans, widest: usize) {
    let sign = page.mark(2, block.mark);
    let name = Role::Head.paint(&title(&block.resource));
    let whose = Role::Quiet.paint(&whose(&block.resource));
    page.line(&format!("{sign}{}  {whose}", pad(&name, widest)));
    let verbs = block
        .steps
        .iter()
        .map(|step| columns(step.verb))
        .max()
        .unwrap_or(0);
    for (step, span) in block.steps.iter().zip(spans) {
        write_step(page, step, *span, verbs);
    }
    for remark in &block.remarks {
        page.remark(STEP - 2, remark.mark, &remark.text, remark.help.as_deref());
    }
}

/// A step, its cause behind it or, where the line would be too long, under it.
fn write_step(page: &mut Page<'_>, step: &Step, span: Option<(u64, u64)>, verbs: usize) {
    let sign = match step.interrupts {
        Some(mark) => page.mark(STEP - 2, mark),
        None => " ".repeat(STEP),
    };
    let object = match step.object.as_str() {
        "" => String::new(),
        object => format!(" {object}"),
    };
    let lead = if object.is_empty() {
        step.verb.to_owned()
    } else {
        pad(step.verb, verbs)
    };
    let what = format!("{lead}{object}");
    let reason = format!("{} {}{}", page.symbols.dash, step.why, running(span));
    // The diff under it says better that the content differs.
    let is_shown = step.why == why::CONTENT_DIFFERS && !step.lines.is_empty();
    let reason = if is_shown { String::new() } else { reason };
    let fits = STEP + columns(&what) + 1 + columns(&reason) <= page.options.width;
    if fits {
        page.line(&format!("{sign}{what} {}", Role::Quiet.paint(&reason)));
    } else if object.is_empty() {
        let lead = format!("{sign}{what} ");
        page.prose(&lead, STEP + verbs + 1, &reason, Some(Role::Quiet));
    } else {
        page.line(&format!("{sign}{what}"));
        let indent = STEP + verbs + 1;
        page.prose(&" ".repeat(indent), indent, &reason, Some(Role::Quiet));
    }
    for line in &step.lines {
        page.line(&format!("{}{line}", " ".repeat(STEP + 2)));
    }
}

/// `, running for 12d 3h`; over many hosts from the shortest to the longest.
fn running(span: Option<(u64, u64)>) -> String {
    match span.map(|(least, most)| (duration(least), duration(most))) {
        None => String::new(),
        Some((least, most)) if least == most => format!(", running for {most}"),
        Some((least, most)) => format!(", running for {least} to {most}"),
    }
}

/// What happens on the way, and who is fine.
fn write_small_print(page: &mut Page<'_>, report: &Report) {
    if page.options.verbosity == Verbosity::Quiet {
        return;
    }
    let all = report.hosts.keys().collect();
    let reloads: Vec<String> = fleet::mere_reloads(report)
        .iter()
        .map(|(scope, set)| {
            let on = if report.hosts.len() == 1 {
                String::new()
            } else {
                format!(" on {}", hosts::among(set, &all))
            };
            format!("{}{on}", step::manager(scope))
        })
        .collect();
    let unchanged = as_declared(report);
    let untold: usize = report
        .hosts
        .values()
        .filter_map(|host| host.plan.as_ref())
        .map(|plan| block::untold(plan, page.options))
        .sum();
    let mut said = Vec::new();
    if !reloads.is_empty() {
        said.push(format!(
            "Once the files are in place: daemon-reload of {}.",
            list(&reloads)
        ));
    }
    if !unchanged.is_empty() && unchanged.len() < report.hosts.len() {
        said.push(format!(
            "As the manifest says: {}.",
            hosts::ranges(unchanged)
        ));
    }
    if untold > 0 {
        said.push(format!(
            "{} about what abide leaves alone: see -v.",
            count(untold, "note")
        ));
    }
    if !said.is_empty() {
        page.gap();
    }
    for line in said {
        page.prose("", 0, &line, Some(Role::Quiet));
    }
}

fn as_declared(report: &Report) -> Vec<&HostName> {
    let fine = |host: &HostReport| host.plan.as_ref().is_some_and(abide_model::Plan::is_empty);
    report
        .hosts
        .iter()
        .filter(|(_, host)| fine(host))
        .map(|(name, _)| name)
        .collect()
}

/// Hosts that could not be observed or planned, each reason once, with the help for the first of them.
fn write_obstacles(page: &mut Page<'_>, report: &Report) {
    let mut all: BTreeMap<(Mark, String), (Hosts<'_>, Option<String>)> = BTreeMap::new();
    for (name, host) in &report.hosts {
        if let Some((mark, text)) = obstacle(&host.outcome) {
            let help = super::outcome::help(&host.outcome);
            let (hosts, _) = all.entry((mark, text)).or_insert((Hosts::new(), help));
            hosts.insert(name);
        }
    }
    if !all.is_empty() {
        page.gap();
    }
    for ((mark, text), (names, help)) in all {
        let names = Role::Head.paint(&hosts::ranges(names));
        page.remark(0, mark, &format!("{names} {text}"), help.as_deref());
    }
}

fn obstacle(outcome: &HostOutcome) -> Option<(Mark, String)> {
    let mark = match outcome {
        HostOutcome::Unreachable { .. } | HostOutcome::NotStarted | HostOutcome::Interrupted => {
            Mark::Unknown
        }
        HostOutcome::Failed { .. } | HostOutcome::Locked(_) | HostOutcome::Stale { .. } => {
            Mark::Refused
        }
        HostOutcome::Unchanged | HostOutcome::Pending | HostOutcome::Changed => return None,
    };
    Some((mark, super::outcome::sentence(outcome, None)))
}

/// The last line: what the plan adds up to, and whether it is all there is to know.
fn write_summary(page: &mut Page<'_>, report: &Report) {
    let summary = Summary::of(report);
    let mut said = vec![if summary.has_actions() {
        changes(&summary)
    } else if summary.refused > 0 {
        "Plan: nothing can be done.".to_owned()
    } else if summary.hosts_unchanged > 0 {
        let verb = if summary.hosts_unchanged == 1 {
            "is"
        } else {
            "are"
        };
        let hosts = count(summary.hosts_unchanged, "host");
        let resources = count(summary.unchanged, "resource");
        format!("No changes. {hosts} {verb} as the manifest says ({resources}).")
    } else {
        "Nothing is known.".to_owned()
    }];
    if summary.refused > 0 {
        said.push(format!("{} refused.", summary.refused));
    }
    if summary.hosts_failed > 0 {
        said.push(format!(
            "{} could not be planned.",
            count(summary.hosts_failed, "host")
        ));
    }
    let line = Role::Head.paint(&said.join(" "));
    match incomplete(&summary) {
        Some(missing) => page.line(&format!("{line} {}", Role::Unknown.paint(&missing))),
        None => page.line(&line),
    }
}

fn changes(summary: &Summary) -> String {
    let mut line = format!(
        "Plan: {} to add, {} to change, {} to remove on {}",
        summary.add,
        summary.change,
        summary.remove,
        count(summary.hosts_to_change, "host")
    );
    let extras = [
        (summary.restarts, "restart"),
        (summary.reloads, "reload"),
        (summary.stops, "stop"),
    ];
    let extras: Vec<String> = extras
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| count(*n, word))
        .chain((summary.adopt > 0).then(|| format!("{} to adopt", summary.adopt)))
        .collect();
    if !extras.is_empty() {
        line.push_str("; ");
        line.push_str(&extras.join(", "));
    }
    line.push('.');
    line
}

fn incomplete(summary: &Summary) -> Option<String> {
    if summary.is_complete() {
        return None;
    }
    let hosts = count(summary.hosts_unknown, "host");
    Some(if summary.hosts_unknown > 0 {
        format!("{hosts} could not be observed: INCOMPLETE")
    } else {
        "Not everything could be observed: INCOMPLETE".to_owned()
    })
}

#[cfg(test)]
mod tests;
