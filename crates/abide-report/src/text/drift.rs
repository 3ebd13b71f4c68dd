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
/// The fewest columns in which what was found is told.
const NARROWEST: usize = 30;

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
        let mut lead = pad(names, hosts);
        if !found.resource.is_empty() {
            lead.push_str(&format!("  {}", pad(&found.resource, resources)));
        }
        row(&mut page, found, &lead);
    }
    if rows.iter().any(|(_, found)| found.is_in_a_column()) {
        page.gap();
        page.line(findings::KEY);
    }
    page.finish()
}

/// What was found behind where it was, as far as there is room for that.
fn row(page: &mut Page<'_>, found: &Found, lead: &str) {
    let sign = role(found).paint(found.sign);
    let indent = columns(lead) + 6;
    if page.options.unbroken {
        page.line(&format!("{sign}  {lead}  {}", found.text));
    } else if indent + NARROWEST <= page.options.width {
        page.prose(&format!("{sign}  {lead}  "), indent, &found.text, None);
    } else {
        page.line(&format!("{sign}  {lead}"));
        page.prose("      ", 6, &found.text, None);
    }
}

fn role(found: &Found) -> Role {
    match found.sign {
        "DM" => Role::Wrong,
        " M" => Role::Change,
        "? " => Role::Unknown,
        _ => Role::Quiet,
    }
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
