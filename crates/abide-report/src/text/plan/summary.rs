//! The last line of a plan.

use abide_model::Report;

use crate::paint::Role;
use crate::summary::Summary;
use crate::words::count;

/// The last line: what the plan adds up to, and whether it is all there is to know.
pub(super) fn line(report: &Report) -> String {
    let summary = Summary::of_report(report);
    let mut said = vec![if summary.has_actions() {
        changes_line(&summary)
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
        let held = match held_back_words(&summary) {
            None => String::new(),
            Some(held) => format!("; {held}"),
        };
        format!("No changes. {hosts} {verb} as the manifest says ({resources}){held}.")
    } else if summary.hosts_suspended > 0 {
        "Nothing was planned.".to_owned()
    } else {
        "Nothing is known.".to_owned()
    }];
    if summary.hosts_suspended > 0 {
        let verb = if summary.hosts_suspended == 1 {
            "is"
        } else {
            "are"
        };
        said.push(format!(
            "{} {verb} suspended and left out.",
            count(summary.hosts_suspended, "host")
        ));
    }
    if summary.refused > 0 {
        said.push(format!("{} refused.", summary.refused));
    }
    if summary.hosts_failed > 0 {
        said.push(format!(
            "{} could not be planned.",
            count(summary.hosts_failed, "host")
        ));
    }
    let line = Role::Head.paint_text(&said.join(" "));
    match incomplete_sentence(&summary) {
        Some(missing) => format!("{line} {}", Role::Unknown.paint_text(&missing)),
        None => line,
    }
}

fn changes_line(summary: &Summary) -> String {
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
        .chain(
            (summary.by_dependency > 0)
                .then(|| format!("{} more by dependency", summary.by_dependency)),
        )
        .chain(held_back_words(summary))
        .chain((summary.adopt > 0).then(|| format!("{} to adopt", summary.adopt)))
        .collect();
    if !extras.is_empty() {
        line.push_str("; ");
        line.push_str(&extras.join(", "));
    }
    line.push('.');
    line
}

fn held_back_words(summary: &Summary) -> Option<String> {
    (summary.held > 0).then(|| format!("{} held back", count(summary.held, "restart")))
}

fn incomplete_sentence(summary: &Summary) -> Option<String> {
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
