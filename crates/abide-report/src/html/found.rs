//! What a look for drift found, each finding once with the hosts it is on.

use crate::document::{Document, HostEntry};
use crate::findings::{self, Found};
use crate::hosts;
use crate::html::write::Html;

pub(super) fn write(html: &mut Html, document: &Document) {
    let found = document
        .hosts
        .iter()
        .map(|host| (&host.host, of_host(host)));
    let all = findings::shared(found);
    if all.is_empty() {
        return;
    }
    html.raw("<section id=\"found\" aria-labelledby=\"found-title\">\n<h2 id=\"found-title\">Found</h2>\n<ul class=\"found\">\n");
    for (found, names) in &all {
        html.open("li", &[("class", class(found))]);
        html.leaf("span", &[("class", "sign")], found.sign.trim());
        html.raw("<div>");
        html.leaf("b", &[], &hosts::ranges(names.iter().copied()));
        html.raw(" ");
        if !found.resource.is_empty() {
            html.leaf("code", &[], &found.resource);
            html.raw(" ");
        }
        html.text(&found.text);
        html.raw("</div></li>\n");
    }
    html.raw("</ul>\n");
    if all.iter().any(|(found, _)| found.is_in_a_column()) {
        html.leaf("p", &[("class", "quiet")], findings::KEY);
    }
    html.raw("</section>\n");
}

fn of_host(host: &HostEntry) -> Vec<Found> {
    host.drift.as_ref().map_or_else(Vec::new, findings::of)
}

fn class(found: &Found) -> &'static str {
    match found.sign {
        "DM" => "s-drifted",
        "D " | " M" => "s-pending",
        _ => "s-unknown",
    }
}
