//! Whether a saved plan still holds.

use std::collections::BTreeMap;

use abide_model::{HostOutcome, Report};

use crate::fleet::Hosts;
use crate::hosts;
use crate::layout::Page;
use crate::mark::Mark;
use crate::options::TextOptions;
use crate::paint::Role;
use crate::text::outcome;
use crate::words::{count, one_line};

/// The hosts where it does not, each reason once, and the answer last.
pub(super) fn render(plan: &str, report: &Report, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    let mut told: BTreeMap<(Mark, Vec<String>), Hosts<'_>> = BTreeMap::new();
    for (name, host) in &report.hosts {
        let reasons = match &host.outcome {
            HostOutcome::Unchanged => continue,
            HostOutcome::Stale { facts } => {
                let facts = facts.iter().map(|fact| one_line(&fact.to_string()));
                (Mark::Refused, facts.collect())
            }
            other => (Mark::Unknown, vec![outcome::ending_clause(other, None)]),
        };
        told.entry(reasons).or_default().insert(name);
    }
    let of = |mark: Mark| -> usize {
        let hosts = told.iter().filter(|((of, _), _)| *of == mark);
        hosts.map(|(_, hosts)| hosts.len()).sum()
    };
    let (stale, unknown) = (of(Mark::Refused), of(Mark::Unknown));
    for ((mark, reasons), names) in &told {
        let lead = page.mark(0, *mark);
        let names = Role::Head.paint_text(&hosts::name_ranges(names.iter().copied()));
        page.add_prose(&lead, 2, &names, None);
        for reason in reasons {
            page.add_prose("    ", 4, reason, None);
        }
    }
    page.add_blank_line();
    let all = count(report.hosts.len(), "host");
    let plan = one_line(plan);
    page.line(&if stale > 0 {
        format!("{plan} no longer holds: {stale} of {all} would be planned otherwise now.")
    } else if unknown > 0 {
        format!(
            "Whether {plan} still holds is not known: {unknown} of {all} could not be observed."
        )
    } else {
        format!("{plan} still holds: the same would be planned now ({all}).")
    });
    page.finish()
}
