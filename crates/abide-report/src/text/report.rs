//! What came of `abide apply`: who is as the manifest says, what failed and why, what was not done.

use std::collections::BTreeMap;

use abide_model::{Change, HostOutcome, Report, StepOutcome};

use crate::fleet::Hosts;
use crate::hosts;
use crate::layout::Page;
use crate::mark::Mark;
use crate::options::Options;
use crate::paint::Role;
use crate::words::{count, list};

mod trouble;

/// What came of `abide apply`.
pub(super) fn render(report: &Report, options: &Options) -> String {
    let mut page = Page::new(options);
    if report.hosts.is_empty() {
        page.line("No host was selected.");
        return page.finish();
    }
    write_fine(&mut page, report);
    trouble::write(&mut page, report);
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

/// What Ctrl-C or a failed wave left undone.
fn write_undone(page: &mut Page<'_>, report: &Report) {
    let interrupted = hosts_with(report, |outcome| *outcome == HostOutcome::Interrupted);
    let not_started = hosts_with(report, |outcome| *outcome == HostOutcome::NotStarted);
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
        ("Not all done", Role::Wrong)
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
