//! The answer of `abide drift`, made for mails of cron: the counts, a line a finding of every host that is not clean,
//! and nothing else.

use abide_model::{HostOutcome, HostReport, Report};

use crate::findings::{self, ToldFinding};
use crate::layout::Page;
use crate::options::{TextOptions, Verbosity};
use crate::paint::Role;
use crate::tally::{HostTally, Standing};
use crate::text::outcome;
use crate::words::{display_width, pad_to_width};

/// The widest that a column of names gets.
const WIDEST: usize = 30;
/// The fewest columns in which what was found is told.
const NARROWEST: usize = 30;

pub(super) fn render(report: &Report, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    let tally = HostTally::of_hosts(
        report
            .hosts
            .values()
            .map(|host| host_standing(&host.outcome)),
    );
    if options.verbosity == Verbosity::Quiet && !tally.is_news() {
        return String::new();
    }
    page.line(&Role::Head.paint_text(&tally.counts_sentence()));
    let found = report
        .hosts
        .iter()
        .map(|(name, host)| (name, findings_of_host(host)));
    let rows: Vec<(String, ToldFinding)> = findings::shared_by_hosts(found)
        .into_iter()
        .map(|(found, hosts)| (crate::hosts::name_ranges(hosts), found))
        .collect();
    let hosts = widest_cell(rows.iter().map(|(hosts, _)| hosts));
    let resources = widest_cell(rows.iter().map(|(_, found)| &found.resource));
    for (names, found) in &rows {
        let mut lead = pad_to_width(names, hosts);
        if !found.resource.is_empty() {
            lead.push_str(&format!("  {}", pad_to_width(&found.resource, resources)));
        }
        write_row(&mut page, found, &lead);
    }
    if rows.iter().any(|(_, found)| found.is_in_a_column()) {
        page.add_blank_line();
        page.line(findings::KEY);
    }
    page.finish()
}

/// What was found behind where it was, as far as there is room for that.
fn write_row(page: &mut Page<'_>, found: &ToldFinding, lead: &str) {
    let sign = finding_role(found).paint_text(found.sign);
    let indent = display_width(lead) + 6;
    if page.options.unbroken {
        page.line(&format!("{sign}  {lead}  {}", found.text));
    } else if indent + NARROWEST <= page.options.width {
        page.add_prose(&format!("{sign}  {lead}  "), indent, &found.text, None);
    } else {
        page.line(&format!("{sign}  {lead}"));
        page.add_prose("      ", 6, &found.text, None);
    }
}

fn finding_role(found: &ToldFinding) -> Role {
    match found.sign {
        "DM" => Role::Wrong,
        " M" => Role::Change,
        "? " => Role::Unknown,
        _ => Role::Quiet,
    }
}

fn widest_cell<'a>(cells: impl Iterator<Item = &'a String>) -> usize {
    let widths = cells.map(|cell| display_width(cell).min(WIDEST));
    widths.max().unwrap_or(0)
}

fn host_standing(outcome: &HostOutcome) -> Standing {
    match outcome {
        HostOutcome::Judged(drift) => Standing::Judged(drift.class()),
        HostOutcome::Suspended { .. } => Standing::Suspended,
        _ => Standing::Unknown,
    }
}

fn findings_of_host(host: &HostReport) -> Vec<ToldFinding> {
    // Without a clock: what is so is said in the same words each time, and `cmp` tells whether it is news.
    let whole = |sign| {
        vec![ToldFinding::of_host(
            sign,
            outcome::ending_clause(&host.outcome, None),
        )]
    };
    match &host.outcome {
        HostOutcome::Judged(drift) => findings::found_on_host(drift),
        HostOutcome::Suspended { .. } => whole("- "),
        _ => whole("? "),
    }
}

#[cfg(test)]
mod tests;
