//! What came of `abide apply`: who is as the manifest says, what failed and why, what was not done.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Action, Change, HostName, HostOutcome, HostReport, Report, ResourceId, StepOutcome, StepReport,
};

use crate::fleet::Hosts;
use crate::hosts;
use crate::layout::Page;
use crate::mark::Mark;
use crate::options::Options;
use crate::paint::Role;
use crate::summary::is_restart;
use crate::surprise;
use crate::words::{count, list};

mod trouble;

/// What came of `abide apply`.
pub(super) fn render(report: &Report, options: &Options) -> String {
    restored(report, &BTreeSet::new(), options)
}

/// The same, where on these hosts something is left that was not to be done.
pub(super) fn restored(report: &Report, pending: &BTreeSet<HostName>, options: &Options) -> String {
    let mut page = Page::new(options);
    if report.hosts.is_empty() {
        page.line("No host was selected.");
        return page.finish();
    }
    write_fine(&mut page, report, pending);
    trouble::write(&mut page, report);
    write_surprises(&mut page, report);
    write_undone(&mut page, report);
    page.gap();
    page.line(&summary(report));
    page.finish()
}

fn hosts_with(report: &Report, wanted: fn(&HostOutcome) -> bool) -> Hosts<'_> {
    let hosts = report.hosts.iter();
    let hosts = hosts.filter(|(_, host)| wanted(&host.outcome));
    hosts.map(|(name, _)| name).collect()
}

/// Of these, the ones where nothing was refused.
fn fine_with(report: &Report, wanted: fn(&HostOutcome) -> bool) -> Hosts<'_> {
    let mut hosts = hosts_with(report, wanted);
    hosts.retain(|name| report.hosts.get(*name).is_some_and(trouble::is_fine));
    hosts
}

fn names(set: &Hosts<'_>, all: &Hosts<'_>) -> String {
    Role::Head.paint(&hosts::among(set, all))
}

fn write_fine(page: &mut Page<'_>, report: &Report, pending: &BTreeSet<HostName>) {
    let changed = fine_with(report, |outcome| *outcome == HostOutcome::Changed);
    let (partly, changed): (Hosts<'_>, Hosts<'_>) = changed
        .into_iter()
        .partition(|name| pending.contains(*name));
    let unchanged = fine_with(report, |outcome| *outcome == HostOutcome::Unchanged);
    let all = report.hosts.keys().collect();
    for (set, words) in [
        (changed, "changed, and seen to be as the manifest says"),
        (unchanged, "unchanged"),
        (
            partly,
            "restored; what else the manifest says is still pending: `abide apply` rolls it out",
        ),
    ] {
        if !set.is_empty() {
            let lead = Role::Good.paint(&format!("{} ", page.symbols.good));
            page.prose(&lead, 2, &format!("{} {words}", names(&set, &all)), None);
        }
    }
}

/// Where the plans' forecasts were wrong, each once. It changes no outcome.
fn write_surprises(page: &mut Page<'_>, report: &Report) {
    let mut said: BTreeMap<String, Hosts<'_>> = BTreeMap::new();
    for (name, host) in &report.hosts {
        for one in &host.surprises {
            said.entry(surprise::sentence(one))
                .or_default()
                .insert(name);
        }
    }
    if !said.is_empty() {
        page.gap();
    }
    let all = report.hosts.keys().collect();
    for (text, set) in said {
        let names = names(&set, &all);
        page.remark(0, Mark::Interrupt, &format!("{names} {text}"), None);
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
        "unknown",
        "interrupted",
        "suspended",
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
    let fine = report
        .hosts
        .values()
        .all(|host| trouble::is_fine(host) || trouble::is_skipped(host));
    let all_skipped = report.hosts.values().all(trouble::is_skipped);
    let (word, role) = if all_skipped {
        ("Nothing was done", Role::Quiet)
    } else if fine {
        ("Done", Role::Good)
    } else {
        ("Not all done", Role::Wrong)
    };
    format!(
        "{} {}{}{}.",
        role.paint(&format!("{word}:")),
        list(&said),
        done(report),
        refused(report)
    )
}

fn refused(report: &Report) -> String {
    let plans = report.hosts.values().filter_map(|host| host.plan.as_ref());
    match plans.map(|plan| plan.refused.len()).sum() {
        0 => String::new(),
        n => format!("; {n} refused"),
    }
}

fn done(report: &Report) -> String {
    let (mut steps, mut restarts, mut reloads) = (0, 0, 0);
    for host in report.hosts.values() {
        let done = done_on(host);
        steps += done.len();
        reloads += done
            .iter()
            .filter(|action| action.change == Change::Reload)
            .count();
        let mut by_resource: BTreeMap<&ResourceId, Vec<&Action>> = BTreeMap::new();
        for action in done {
            by_resource
                .entry(&action.resource)
                .or_default()
                .push(action);
        }
        restarts += by_resource
            .values()
            .filter(|actions| is_restart(actions))
            .count();
    }
    let parts = [(steps, "step"), (restarts, "restart"), (reloads, "reload")];
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

/// The actions of a host that succeeded.
fn done_on(host: &HostReport) -> Vec<&Action> {
    let Some(plan) = &host.plan else {
        return Vec::new();
    };
    let succeeded = |step: &&StepReport| step.outcome == StepOutcome::Ok;
    let steps = host.steps.iter().filter(succeeded);
    steps.filter_map(|step| plan.action(step.action)).collect()
}

#[cfg(test)]
mod tests;
