//! What a look for drift found, each finding once with the hosts it is on.

use crate::document::{Document, HostEntry};
use crate::findings::{self, ToldFinding};
use crate::hosts;
use crate::html::write::Html;

pub(super) fn write(html: &mut Html, document: &Document) {
    let found = document
        .hosts
        .iter()
        .map(|host| (&host.host, of_host(host)));
    let all = findings::shared_by_hosts(found);
    if all.is_empty() {
        return;
    }
    html.write_markup("<section id=\"found\" aria-labelledby=\"found-title\">\n<h2 id=\"found-title\">Found</h2>\n<ul class=\"found\">\n");
    for (found, names) in &all {
        html.open("li", &[("class", class(found))]);
        html.write_element("span", &[("class", "sign")], found.sign.trim());
        html.write_markup("<div>");
        html.write_element("b", &[], &hosts::name_ranges(names.iter().copied()));
        html.write_markup(" ");
        if !found.resource.is_empty() {
            html.write_element("code", &[], &found.resource);
            html.write_markup(" ");
        }
        html.text(&found.text);
        html.write_markup("</div></li>\n");
    }
    html.write_markup("</ul>\n");
    if all.iter().any(|(found, _)| found.is_in_a_column()) {
        html.write_element("p", &[("class", "quiet")], findings::KEY);
    }
    html.write_markup("</section>\n");
}

fn of_host(host: &HostEntry) -> Vec<ToldFinding> {
    host.drift
        .as_ref()
        .map_or_else(Vec::new, findings::found_on_host)
}

fn class(found: &ToldFinding) -> &'static str {
    match found.sign {
        "DM" => "s-drifted",
        "D " | " M" => "s-pending",
        _ => "s-unknown",
    }
}
