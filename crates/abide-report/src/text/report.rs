//! What came of `abide apply`: who is as the manifest says, what failed and why, what was not done.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Action, Change, HostName, HostOutcome, HostReport, Plan, Report, ResourceId, StepOutcome,
};

use crate::fleet::Hosts;
use crate::hosts;
use crate::layout::Page;
use crate::mark::Mark;
use crate::options::TextOptions;
use crate::paint::Role;
use crate::summary::is_restart;
use crate::surprise;
use crate::words::{count, list};

mod trouble;

/// What came of `abide apply`.
pub(super) fn render(report: &Report, options: &TextOptions) -> String {
    render_with_pending(report, &BTreeSet::new(), options)
}

/// The same, where on these hosts something is left that was not to be done.
pub(super) fn render_with_pending(
    report: &Report,
    pending: &BTreeSet<HostName>,
    options: &TextOptions,
) -> String {
    let mut page = Page::new(options);
    if report.hosts.is_empty() {
        page.line("No host was selected.");
        return page.finish();
    }
    write_fine(&mut page, report, pending);
    trouble::write(&mut page, report);
    write_surprises(&mut page, report);
    write_undone(&mut page, report);
    page.add_blank_line();
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
    Role::Head.paint_text(&hosts::names_among(set, all))
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
            let lead = Role::Good.paint_text(&format!("{} ", page.symbols.good));
            page.add_prose(&lead, 2, &format!("{} {words}", names(&set, &all)), None);
        }
    }
}

/// Where the plans' forecasts were wrong, each once. It changes no outcome.
fn write_surprises(page: &mut Page<'_>, report: &Report) {
    let mut said: BTreeMap<String, Hosts<'_>> = BTreeMap::new();
    for (name, host) in &report.hosts {
        for one in &host.surprises {
            said.entry(surprise::mismatch_sentence(one))
                .or_default()
                .insert(name);
        }
    }
    if !said.is_empty() {
        page.add_blank_line();
    }
    let all = report.hosts.keys().collect();
    for (text, set) in said {
        let names = names(&set, &all);
        page.add_remark(0, Mark::Interrupt, &format!("{names} {text}"), None);
    }
}

/// What Ctrl-C or a failed wave left undone.
fn write_undone(page: &mut Page<'_>, report: &Report) {
    let interrupted = hosts_with(report, |outcome| *outcome == HostOutcome::Interrupted);
    let not_started = hosts_with(report, |outcome| *outcome == HostOutcome::NotStarted);
    let all = report.hosts.keys().collect();
    if !interrupted.is_empty() || !not_started.is_empty() {
        page.add_blank_line();
    }
    if !interrupted.is_empty() {
        let text = "cut off while its script ran; the host finishes it or puts the old state back by itself";
        let names = names(&interrupted, &all);
        page.add_remark(0, Mark::Unknown, &format!("{names} {text}"), None);
    }
    if !not_started.is_empty() {
        let names = names(&not_started, &all);
        page.add_remark(
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
    let steps: Vec<Steps<'_>> = report.hosts.values().map(Steps::of_host).collect();
    format!(
        "{} {}{}{}{}{}.",
        role.paint_text(&format!("{word}:")),
        list(&said),
        done_count_words(&steps),
        not_done(&steps),
        count_unheld_units(report),
        refused_count_words(report)
    )
}

/// What the plan refused, and what is refused since.
fn refused_count_words(report: &Report) -> String {
    let refused = report.hosts.values().map(|host| {
        let planned = host.plan.as_ref().map_or(0, |plan| plan.refused.len());
        planned + residue_of_host(host).map_or(0, |plan| plan.refused.len())
    });
    match refused.sum() {
        0 => String::new(),
        n => format!("; {n} refused"),
    }
}

fn residue_of_host(host: &HostReport) -> Option<&Plan> {
    match &host.outcome {
        HostOutcome::Failed { residue, .. } => residue.as_deref(),
        _ => None,
    }
}

/// Units that did not stay up.
fn count_unheld_units(report: &Report) -> String {
    let units = report.hosts.values().map(|host| match &host.outcome {
        HostOutcome::Failed { failed_units, .. } => failed_units.len(),
        _ => 0,
    });
    match units.sum() {
        0 => String::new(),
        n => format!("; {} did not stay up", count(n, "unit")),
    }
}

fn done_count_words(hosts: &[Steps<'_>]) -> String {
    let (mut steps, mut restarts, mut reloads) = (0, 0, 0);
    for host in hosts {
        steps += host.done.len();
        reloads += host
            .done
            .iter()
            .filter(|action| action.change == Change::Reload)
            .count();
        let mut by_resource: BTreeMap<&ResourceId, Vec<&Action>> = BTreeMap::new();
        for action in &host.done {
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

/// The other steps, by what came of them.
fn not_done(hosts: &[Steps<'_>]) -> String {
    let sum = |of: fn(&Steps<'_>) -> usize| hosts.iter().map(of).sum::<usize>();
    let parts = [
        (sum(|host| host.failed), "failed"),
        (sum(|host| host.restored), "put back"),
        (sum(|host| host.skipped), "skipped"),
        (sum(|host| host.untried), "not done"),
        (sum(|host| host.unheard), "not heard of"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .enumerate()
        .map(|(index, (n, word))| match index {
            0 => format!("{} {word}", count(*n, "step")),
            _ => format!("{n} {word}"),
        })
        .collect();
    if said.is_empty() {
        return String::new();
    }
    format!("; {}", list(&said))
}

/// What came of the planned steps of one host that abide set out to change.
#[derive(Default)]
struct Steps<'a> {
    done: Vec<&'a Action>,
    failed: usize,
    restored: usize,
    skipped: usize,
    /// The host told nothing of them, and what they are about is still to be changed.
    untried: usize,
    /// The host told nothing of them, and could not be looked at afterwards.
    unheard: usize,
}

impl<'a> Steps<'a> {
    fn of_host(host: &'a HostReport) -> Self {
        let mut steps = Self::default();
        // What is put back was done first: the last word counts.
        let told: BTreeMap<_, _> = host
            .steps
            .iter()
            .map(|step| (step.action, step.outcome))
            .collect();
        for action in host.plan.iter().flat_map(|plan| &plan.actions) {
            match told.get(&action.id) {
                Some(StepOutcome::Ok) => steps.done.push(action),
                Some(StepOutcome::Failed) => steps.failed += 1,
                Some(StepOutcome::Restored) => steps.restored += 1,
                Some(StepOutcome::Skipped) => steps.skipped += 1,
                None => steps.judge_silent(action, &host.outcome),
            }
        }
        steps
    }

    /// A step of which nothing was told, as where the connection was lost: by how the host was seen afterwards.
    fn judge_silent(&mut self, action: &'a Action, outcome: &HostOutcome) {
        match outcome {
            HostOutcome::Changed => self.done.push(action),
            HostOutcome::Failed {
                residue: Some(left),
                ..
            } => {
                let mut left = left.actions.iter();
                match left.any(|one| one.resource == action.resource) {
                    true => self.untried += 1,
                    false => self.done.push(action),
                }
            }
            HostOutcome::Failed { residue: None, .. } => self.unheard += 1,
            // Nothing was begun, or nobody waited for the end: the host is told with that.
            HostOutcome::Unchanged
            | HostOutcome::Pending
            | HostOutcome::Judged(_)
            | HostOutcome::Stale { .. }
            | HostOutcome::Locked(_)
            | HostOutcome::Suspended { .. }
            | HostOutcome::Unreachable { .. }
            | HostOutcome::Interrupted
            | HostOutcome::NotStarted => {}
        }
    }
}

#[cfg(test)]
mod tests;
