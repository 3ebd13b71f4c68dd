//! A plan for one or many hosts: what changes, why, what is interrupted; what stands in the way; the numbers last.

use std::collections::BTreeMap;

use abide_model::{HostName, HostOutcome, HostReport, Report};

use crate::block::{self, Block};
use crate::fleet::{self, Hosts, Section};
use crate::hosts;
use crate::layout::Page;
use crate::mark::Mark;
use crate::options::{TextOptions, Verbosity};
use crate::paint::Role;
use crate::step;
use crate::words::{count, list, one_line};

mod blocks;
mod summary;
mod unchanged;

/// A plan for one or many hosts.
pub(super) fn render(report: &Report, options: &TextOptions) -> String {
    if report.hosts.is_empty() {
        return "No host was selected.\n".to_owned();
    }
    let body = plan_body(report, options);
    let summary = summary::line(report);
    let mut page = Page::new(options);
    if body.lines().count() > LONG {
        page.line(&summary);
        page.add_blank_line();
    }
    page.lines(&body);
    page.add_blank_line();
    page.line(&summary);
    page.finish()
}

/// A plan of more lines than this says at its beginning, too, what it adds up to.
const LONG: usize = 50;

fn plan_body(report: &Report, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    let all: Hosts<'_> = report.hosts.keys().collect();
    let mut blocks = fleet::blocks_by_host(report, options);
    if !options.full {
        fleet::fold_variants(&mut blocks);
    }
    for section in fleet::sections(&blocks) {
        write_section(&mut page, &section, &all, report);
    }
    if options.verbosity >= Verbosity::Verbose {
        unchanged::write(&mut page, report, &blocks);
    }
    write_small_print(&mut page, report);
    write_obstacles(&mut page, report);
    page.finish()
}

fn write_section(page: &mut Page<'_>, section: &Section<'_>, all: &Hosts<'_>, report: &Report) {
    let quiet = page.options.verbosity <= Verbosity::Quiet;
    let wanted = |block: &Block| !quiet || block.remarks.iter().any(|r| r.mark != Mark::Note);
    let blocks: Vec<_> = section
        .blocks
        .iter()
        .filter(|(block, _)| wanted(block))
        .collect();
    if blocks.is_empty() {
        return;
    }
    page.add_blank_line();
    let head = Role::Head.paint_text(&hosts::names_among(&section.hosts, all));
    let facts = Role::Quiet.paint_text(&facts(section, report, page.options));
    page.line(&format!("{head}  {facts}"));
    blocks::write(page, &blocks);
}

/// What a reader of a single host's plan may want to know about it (`-v`).
fn facts(section: &Section<'_>, report: &Report, options: &TextOptions) -> String {
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

/// What happens on the way, and who is fine.
fn write_small_print(page: &mut Page<'_>, report: &Report) {
    if page.options.verbosity <= Verbosity::Quiet {
        return;
    }
    let all = report.hosts.keys().collect();
    let reloads: Vec<String> = fleet::mere_reloads(report)
        .iter()
        .map(|(scope, set)| {
            let on = if report.hosts.len() == 1 {
                String::new()
            } else {
                format!(" on {}", hosts::names_among(set, &all))
            };
            format!("{}{on}", step::manager(scope))
        })
        .collect();
    let unchanged = as_declared(report);
    let untold: usize = report
        .hosts
        .values()
        .filter_map(|host| host.plan.as_ref())
        .map(|plan| block::left_out_note_count(plan, page.options))
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
            hosts::name_ranges(unchanged)
        ));
    }
    if untold > 0 {
        said.push(format!(
            "{} about what abide leaves alone: see -v.",
            count(untold, "note")
        ));
    }
    if !said.is_empty() {
        page.add_blank_line();
    }
    for line in said {
        page.add_prose("", 0, &line, Some(Role::Quiet));
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
        if let Some((mark, text)) = host_obstacle(&host.outcome) {
            let help = super::outcome::help_text(&host.outcome);
            let (hosts, _) = all.entry((mark, text)).or_insert((Hosts::new(), help));
            hosts.insert(name);
        }
    }
    if !all.is_empty() {
        page.add_blank_line();
    }
    for ((mark, text), (names, help)) in all {
        let names = Role::Head.paint_text(&hosts::name_ranges(names));
        page.add_remark(0, mark, &format!("{names} {text}"), help.as_deref());
    }
}

fn host_obstacle(outcome: &HostOutcome) -> Option<(Mark, String)> {
    let mark = match outcome {
        HostOutcome::Unreachable { .. } | HostOutcome::NotStarted | HostOutcome::Interrupted => {
            Mark::Unknown
        }
        HostOutcome::Failed { .. } | HostOutcome::Locked(_) | HostOutcome::Stale { .. } => {
            Mark::Refused
        }
        HostOutcome::Suspended { .. } => Mark::Note,
        HostOutcome::Unchanged
        | HostOutcome::Pending
        | HostOutcome::Changed
        | HostOutcome::Judged(_) => return None,
    };
    Some((mark, super::outcome::ending_clause(outcome, None)))
}

#[cfg(test)]
mod tests;
