//! What changes: each change once with all its hosts, folded, its exceptions behind it.

use std::collections::BTreeMap;

use crate::document::{ChangeStep, Document, RemarkKind, ResourceState, SharedChange};
use crate::groups;
use crate::html::glyph;
use crate::html::write::Html;
use crate::mark::Mark;
use crate::step;
use crate::words::count;

/// More names than this are folded into a line of their own.
const MOST_NAMES: usize = 3;

/// With no more changes than this, they are open.
const MOST_OPEN: usize = 3;

pub(super) fn write(html: &mut Html, document: &Document) {
    html.write_markup("<section id=\"changes\" aria-labelledby=\"changes-title\">\n");
    html.write_markup("<h2 id=\"changes-title\">Changes</h2>\n");
    if document.changes.is_empty() {
        html.write_markup("<p class=\"quiet\">None.</p>\n");
    }
    let states = states(document);
    let groups = groups::group_changes(&document.changes);
    for group in &groups {
        write_group(html, group, &states, groups.len() <= MOST_OPEN);
    }
    html.write_markup("</section>\n");
}

/// How many hosts are in which state, for each change.
type States = BTreeMap<usize, BTreeMap<ResourceState, usize>>;

fn states(document: &Document) -> States {
    let mut states = States::new();
    for resource in document.hosts.iter().flat_map(|host| &host.resources) {
        for change in &resource.changes {
            *states
                .entry(*change)
                .or_default()
                .entry(resource.state)
                .or_default() += 1;
        }
    }
    states
}

fn write_group(html: &mut Html, group: &[(usize, &SharedChange)], states: &States, open: bool) {
    let Some(((_, rule), exceptions)) = group.split_first() else {
        return;
    };
    let hosts: usize = group.iter().map(|(_, change)| change.hosts.len()).sum();
    let mut in_state: BTreeMap<ResourceState, usize> = BTreeMap::new();
    for (place, _) in group {
        for (state, n) in states.get(place).into_iter().flatten() {
            *in_state.entry(*state).or_default() += n;
        }
    }
    let words: Vec<&str> = in_state.keys().map(|state| state.word()).collect();
    let attributes = [
        ("class", "fold"),
        ("data-t", &searchable_text(group) as &str),
        ("data-s", &words.join(" ")),
    ];
    let wanted =
        rule.effect == Mark::Remove || matches!(rule.effect, Mark::Refused | Mark::Unknown);
    if open || wanted {
        html.open(
            "details",
            &[attributes[0], attributes[1], attributes[2], ("open", "")],
        );
    } else {
        html.open("details", &attributes);
    }
    write_summary(html, rule, hosts, &in_state);
    html.write_markup("<div class=\"body\">\n");
    for (number, (place, change)) in group.iter().enumerate() {
        html.open("div", &[("class", "variant"), ("id", &format!("c{place}"))]);
        if !exceptions.is_empty() {
            let words = if number == 0 { "On " } else { "But on " };
            html.write_markup("<h4>");
            html.text(words);
            html.write_element("span", &[], &change.hosts_text);
            html.write_markup("</h4>\n");
        }
        write_body(html, change, exceptions.is_empty());
        html.close("div");
    }
    html.write_markup("</div></details>\n");
}

/// What the filter looks for a text in.
fn searchable_text(group: &[(usize, &SharedChange)]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for (_, change) in group {
        words.extend([change.name.as_str(), &change.owner]);
        words.extend(change.hosts.iter().map(abide_model::HostName::as_str));
        for step in &change.steps {
            words.extend([step.verb.as_str(), &step.object, &step.why]);
            words.extend(step.brings.iter().map(String::as_str));
            words.extend(step.diff.iter().map(String::as_str));
        }
        words.extend(change.remarks.iter().map(|remark| remark.text.as_str()));
    }
    words.join(" ").to_lowercase()
}

fn write_summary(
    html: &mut Html,
    rule: &SharedChange,
    hosts: usize,
    states: &BTreeMap<ResourceState, usize>,
) {
    html.write_markup("<summary>");
    let class = format!("sign s-pending m-{}", step::mark_word(rule.effect));
    html.open(
        "span",
        &[("class", &class), ("title", step::mark_said(rule.effect))],
    );
    html.text(glyph::of_mark(rule.effect));
    html.close("span");
    html.write_markup("<span class=\"what\">");
    html.write_element("b", &[], &rule.name);
    html.text(" ");
    html.write_element("span", &[("class", "quiet")], &rule.owner);
    html.write_markup("</span><span class=\"badges\">");
    for step in rule.steps.iter().filter(|step| step.interrupts.is_some()) {
        html.write_element("span", &[("class", "badge interrupt")], &step.verb);
    }
    let told = states
        .iter()
        .filter(|(state, _)| !matches!(state, ResourceState::Pending | ResourceState::Clean));
    for (state, n) in told {
        let class = format!("badge s-{}", state.word());
        html.write_element(
            "span",
            &[("class", &class)],
            &format!("{n} {}", glyph::state_word(*state)),
        );
    }
    let names = match rule.hosts.len() {
        n if n == hosts && n <= MOST_NAMES => rule.hosts_text.clone(),
        _ => count(hosts, "host"),
    };
    html.write_element("span", &[("class", "badge")], &names);
    html.write_markup("</span></summary>\n");
}

fn write_body(html: &mut Html, change: &SharedChange, alone: bool) {
    if alone && change.hosts.len() > MOST_NAMES {
        html.write_element("p", &[("class", "hosts")], &change.hosts_text);
    }
    html.write_markup("<ol class=\"steps\">\n");
    for step in &change.steps {
        write_step(html, step);
    }
    html.write_markup("</ol>\n");
    if let Some(seconds) = change.holds_seconds {
        let text = format!("healthy: up for {seconds} s without a restart");
        html.write_element("p", &[("class", "quiet")], &text);
    }
    for remark in &change.remarks {
        let class = match remark.kind {
            RemarkKind::Note => "remark",
            _ => "remark bad",
        };
        html.open("p", &[("class", class)]);
        html.text(&remark.text);
        if let Some(help) = &remark.help {
            html.write_element("span", &[("class", "quiet")], &format!(" help: {help}"));
        }
        html.close("p");
    }
}

fn write_step(html: &mut Html, step: &ChangeStep) {
    html.write_markup("<li>");
    html.write_element("b", &[], &step.verb);
    html.text(" ");
    if !step.object.is_empty() {
        html.write_element("code", &[], &step.object);
        html.text(" ");
    }
    if !step.why.is_empty() {
        html.write_element("span", &[("class", "quiet")], &format!("— {}", step.why));
    }
    for clause in &step.brings {
        html.write_element("p", &[("class", "remark")], clause);
    }
    if !step.diff.is_empty() {
        write_diff(html, &step.diff);
    }
    html.write_markup("</li>\n");
}

pub(super) fn write_diff(html: &mut Html, lines: &[String]) {
    html.write_markup("<pre class=\"diff\" tabindex=\"0\">");
    for line in lines {
        let tag = match line.chars().next() {
            Some('+') => "ins",
            Some('-') => "del",
            Some(' ') | None => "span",
            Some(_) => "i",
        };
        html.write_element(tag, &[], &format!("{line}\n"));
    }
    html.write_markup("</pre>\n");
}
