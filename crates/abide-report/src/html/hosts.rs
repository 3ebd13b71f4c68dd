//! Each host folded: what it is, what came of it, what differs on it, and the last words of what failed.

use abide_model::HostState;

use crate::document::{
    Document, DocumentRemark, HostEntry, RemarkKind, ResourceEntry, ResourceState,
};
use crate::html::glyph;
use crate::html::write::Html;
use crate::surprise;
use crate::words::{count, duration_from_millis, duration_from_secs};

/// Hosts that somebody should look at.
pub(super) fn write_troubled(html: &mut Html, document: &Document) {
    let title = "<section id=\"trouble\" aria-labelledby=\"trouble-title\">\n<h2 id=\"trouble-title\">Needs a look</h2>\n";
    write_section(html, document, title, glyph::is_trouble);
}

/// All others.
pub(super) fn write(html: &mut Html, document: &Document) {
    let title = "<section id=\"hosts\" aria-labelledby=\"hosts-title\">\n<h2 id=\"hosts-title\">Hosts</h2>\n";
    write_section(html, document, title, |state| !glyph::is_trouble(state));
}

fn write_section(
    html: &mut Html,
    document: &Document,
    title: &'static str,
    wanted: fn(HostState) -> bool,
) {
    let mut hosts: Vec<(usize, &HostEntry)> = document
        .hosts
        .iter()
        .enumerate()
        .filter(|(_, host)| wanted(host.state))
        .collect();
    if hosts.is_empty() {
        return;
    }
    html.write_markup(title);
    hosts.sort_by_key(|(_, host)| glyph::urgency_rank(host.state));
    for (index, host) in hosts {
        write_host(html, index, host);
    }
    html.write_markup("</section>\n");
}

fn write_host(html: &mut Html, index: usize, host: &HostEntry) {
    let failed = host.state == HostState::Failed;
    let text = searchable_text(host);
    let words = states(host);
    let attributes = [
        ("class", "fold"),
        ("data-t", text.as_str()),
        ("data-s", words.as_str()),
    ];
    if failed {
        let [class, text, states] = attributes;
        html.open("details", &[class, text, states, ("open", "")]);
    } else {
        html.open("details", &attributes);
    }
    html.write_markup("<summary>");
    let class = format!("sign s-{}", host.state.word());
    html.write_element("span", &[("class", &class)], glyph::of_host(host.state));
    html.write_markup("<span class=\"what\">");
    html.write_element("b", &[], host.host.as_str());
    html.text(" ");
    html.write_element("span", &[("class", "quiet")], host.state.display_word());
    html.write_markup("</span><span class=\"badges\">");
    let unlike = host
        .resources
        .iter()
        .filter(|one| one.state != ResourceState::Clean);
    match unlike.count() {
        0 => {}
        n => html.write_element(
            "span",
            &[("class", "badge")],
            &format!("{n} of {}", count(host.resources.len(), "resource")),
        ),
    }
    html.write_markup("</span></summary>\n");
    html.open("div", &[("class", "body"), ("id", &format!("h{index}"))]);
    write_about(html, host);
    write_resources(html, host);
    write_journals(html, host);
    html.write_markup("</div></details>\n");
}

fn searchable_text(host: &HostEntry) -> String {
    let mut words = vec![host.host.as_str()];
    words.extend(host.reasons.iter().map(String::as_str));
    for resource in &host.resources {
        if resource.state != ResourceState::Clean {
            words.extend([resource.name.as_str(), &resource.owner]);
            words.extend(resource.reasons.iter().map(|reason| reason.text.as_str()));
        }
    }
    words.join(" ").to_lowercase()
}

fn states(host: &HostEntry) -> String {
    let mut words = vec![host.state.word()];
    let resources = host.resources.iter().map(|resource| resource.state);
    let told = resources.filter(|state| *state != ResourceState::Clean);
    words.extend(told.map(ResourceState::word));
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}

fn write_about(html: &mut Html, host: &HostEntry) {
    for reason in &host.reasons {
        html.write_element("p", &[("class", "remark bad")], reason);
    }
    for one in &host.surprises {
        html.write_element(
            "p",
            &[("class", "remark")],
            &surprise::mismatch_sentence(one),
        );
    }
    if let Some(lock) = &host.lock {
        let text = format!("locked by {} ({})", lock.who, lock.operation);
        html.write_element("p", &[("class", "remark bad")], &text);
    }
    if let Some(help) = &host.help {
        html.write_element("p", &[("class", "quiet")], &format!("help: {help}"));
    }
    let mut said = Vec::new();
    if let Some(facts) = &host.facts {
        said.push(facts.os.clone());
        said.push(format!("systemd {}", facts.systemd));
        let up = facts.now.secs_since(facts.booted_at);
        said.push(format!("up {}", duration_from_secs(up)));
        said.push(format!("system {}", facts.system_state));
    }
    said.push(format!("took {}", duration_from_millis(host.millis)));
    html.write_element("p", &[("class", "quiet")], &said.join(" · "));
}

fn write_resources(html: &mut Html, host: &HostEntry) {
    let unseen = host.plan.is_none();
    let unlike: Vec<&ResourceEntry> = host
        .resources
        .iter()
        .filter(|one| one.state != ResourceState::Clean && !unseen)
        .collect();
    if !unlike.is_empty() {
        html.write_markup("<ul class=\"resources\">\n");
        for resource in &unlike {
            write_resource(html, resource);
        }
        html.write_markup("</ul>\n");
    }
    let rest = host.resources.len() - unlike.len();
    if rest > 0 {
        let words = if unseen { "not seen" } else { "unchanged" };
        let text = format!("{} {words}", count(rest, "resource"));
        html.write_element("p", &[("class", "quiet")], &text);
    }
}

fn write_resource(html: &mut Html, resource: &ResourceEntry) {
    html.write_markup("<li>");
    let class = format!("sign s-{}", resource.state.word());
    html.write_element(
        "span",
        &[
            ("class", &class),
            ("title", glyph::state_word(resource.state)),
        ],
        glyph::of_resource(resource),
    );
    html.write_markup("<div>");
    match resource.changes.first() {
        Some(change) => {
            html.write_element("a", &[("href", &format!("#c{change}"))], &resource.name);
        }
        None => html.write_element("b", &[], &resource.name),
    }
    html.text(" ");
    html.write_element("span", &[("class", "quiet")], &resource.owner);
    let reasons: Vec<&str> = resource
        .reasons
        .iter()
        .map(|reason| reason.text.as_str())
        .collect();
    if !reasons.is_empty() {
        html.text(&format!(" {}", reasons.join("; ")));
    }
    for remark in &resource.remarks {
        write_remark(html, remark);
    }
    html.write_markup("</div></li>\n");
}

fn write_remark(html: &mut Html, remark: &DocumentRemark) {
    match remark.kind {
        // It is among the reasons already.
        RemarkKind::Failed | RemarkKind::Refused | RemarkKind::Unknown => {}
        RemarkKind::Restored => {
            html.write_element(
                "p",
                &[("class", "remark bad")],
                &format!("put back: {}", remark.text),
            );
        }
        RemarkKind::Skipped => {
            html.write_element(
                "p",
                &[("class", "remark")],
                &format!("skipped: {}", remark.text),
            );
        }
        RemarkKind::Note => html.write_element("p", &[("class", "remark")], &remark.text),
    }
    if let Some(help) = &remark.help {
        html.write_element("p", &[("class", "quiet")], &format!("help: {help}"));
    }
}

fn write_journals(html: &mut Html, host: &HostEntry) {
    for unit in &host.failed_units {
        html.write_markup("<h4>");
        html.text(&format!("{} ", unit.unit));
        html.write_element("span", &[("class", "quiet")], &unit.state);
        html.write_markup("</h4>\n");
        if !unit.journal.is_empty() {
            html.write_element("pre", &[("tabindex", "0")], &unit.journal.join("\n"));
        }
    }
}
