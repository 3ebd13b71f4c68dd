//! The answer of `abide drift`, made for mails of cron: the counts, a line a finding of every host that is not clean,
//! and nothing else.

use abide_model::{HostOutcome, HostReport, Report};

use crate::findings::{self, Found};
use crate::layout::Page;
use crate::options::{Options, Verbosity};
use crate::paint::Role;
use crate::tally::{Standing, Tally};
use crate::text::outcome;
use crate::words::{columns, pad};

/// The widest that a column of names gets.
const WIDEST: usize = 30;

pub(super) fn render(report: &Report, options: &Options) -> String {
    let mut page = Page::new(options);
    let tally = Tally::of(report.hosts.values().map(|host| standing(&host.outcome)));
    if options.verbosity == Verbosity::Quiet && !tally.is_news() {
        return String::new();
    }
    page.line(&Role::Head.paint(&tally.sentence()));
    let found = report.hosts.iter().map(|(name, host)| (name, found(host)));
    let rows: Vec<(String, Found)> = findings::shared(found)
        .into_iter()
        .map(|(found, hosts)| (crate::hosts::ranges(hosts), found))
        .collect();
    let hosts = widest(rows.iter().map(|(hosts, _)| hosts));
    let resources = widest(rows.iter().map(|(_, found)| &found.resource));
    for (names, found) in &rows {
        let mut row = format!("{}  {}", found.sign, pad(names, hosts));
        if !found.resource.is_empty() {
            row.push_str(&format!("  {}", pad(&found.resource, resources)));
        }
        page.line(&format!("{row}  {}", found.text));
    }
    if rows.iter().any(|(_, found)| found.is_in_a_column()) {
        page.gap();
        page.line(findings::KEY);
    }
    page.finish()
}

fn widest<'a>(cells: impl Iterator<Item = &'a String>) -> usize {
    let widths = cells.map(|cell| columns(cell).min(WIDEST));
    widths.max().unwrap_or(0)
}

fn standing(outcome: &HostOutcome) -> Standing {
    match outcome {
        HostOutcome::Judged(drift) => Standing::Judged(drift.class()),
        HostOutcome::Suspended { .. } => Standing::Suspended,
        _ => Standing::Unknown,
    }
}

fn found(host: &HostReport) -> Vec<Found> {
    // Without a clock: what is so is said in the same words each time, and `cmp` tells whether it is news.
    let whole = |sign| vec![Found::of_host(sign, outcome::sentence(&host.outcome, None))];
    match &host.outcome {
        HostOutcome::Judged(drift) => findings::of(drift),
        HostOutcome::Suspended { .. } => whole("- "),
        _ => whole("? "),
    }
}

#[cfg(test)]
mod tests;
