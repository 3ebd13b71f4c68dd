//! The findings of a look for drift, each with all the hosts it is on.

use crate::document::{Document, HostEntry};
use crate::findings::{self, ToldFinding};
use crate::hosts;
use crate::markdown::Detail;
use crate::markdown::escape::{code, escaped_prose};

/// Lines of the table; of more, the number.
const MOST: usize = 200;
/// The same where there is room for headings only.
const FEW: usize = 20;

/// The table; `None` where nothing was found.
pub(super) fn table(document: &Document, detail: Detail) -> Option<String> {
    let found = document
        .hosts
        .iter()
        .map(|host| (&host.host, of_host(host)));
    let all = findings::shared_by_hosts(found);
    if all.is_empty() {
        return None;
    }
    let most = if detail.bodies { MOST } else { FEW };
    let mut text = String::from("| | hosts | resource | found |\n| --- | --- | --- | --- |\n");
    for (found, names) in all.iter().take(most) {
        let resource = match found.resource.as_str() {
            "" => String::new(),
            resource => code(resource),
        };
        text.push_str(&format!(
            "| {} | {} | {resource} | {} |\n",
            sign(found),
            escaped_prose(&hosts::name_ranges(names.iter().copied())),
            escaped_prose(&found.text)
        ));
    }
    if let Some(left @ 1..) = all.len().checked_sub(most) {
        text.push_str(&format!("\n… and {left} more.\n"));
    }
    if all.iter().any(|(found, _)| found.is_in_a_column()) {
        text.push_str(&format!("\n<sub>{}</sub>\n", findings::KEY));
    }
    Some(text)
}

fn of_host(host: &HostEntry) -> Vec<ToldFinding> {
    host.drift
        .as_ref()
        .map_or_else(Vec::new, findings::found_on_host)
}

fn sign(found: &ToldFinding) -> String {
    match found.sign.trim() {
        "" => String::new(),
        sign => format!("**{sign}**"),
    }
}
