//! The beginning of the page: what ran, what it came to, what must not be missed, and what to filter by.

use std::collections::BTreeMap;

use abide_model::Severity;

use crate::document::{Command, Document, ResourceState};
use crate::html::glyph;
use crate::html::write::Html;
use crate::verdict;
use crate::words::{count, duration_from_millis};

/// The title of the page.
pub(super) fn title(document: &Document) -> String {
    let name = document.manifest.as_ref();
    let name = name.map_or_else(String::new, |name| format!(" · {name}"));
    format!("abide {}{name}", document.kind.word())
}

pub(super) fn write(html: &mut Html, document: &Document) {
    html.write_markup("<header>\n<div class=\"top\">\n<h1>");
    html.text(&title(document));
    html.write_markup("</h1>\n");
    let tone = match document.exit.code {
        // Of a plan, 2 is just another word for it.
        2 if document.kind == Command::Drift => "warn",
        0 | 2 if document.complete => "good",
        0 | 2 | 3 => "warn",
        _ => "bad",
    };
    html.write_element(
        "p",
        &[("class", &format!("verdict {tone}"))],
        &verdict::of_document(document),
    );
    html.write_markup("\n</div>\n");
    write_about(html, document);
    if document.failure.is_none() && document.kind != Command::Validate {
        write_counts(html, document);
    }
    write_alerts(html, document);
    if !document.hosts.is_empty() {
        write_filter(html, document);
    }
    html.write_markup("</header>\n");
}

fn write_about(html: &mut Html, document: &Document) {
    html.write_markup("<p class=\"about\">");
    html.text(&format!(
        "{} · took {} · {}",
        document.run.started.for_people(),
        duration_from_millis(document.run.millis),
        count(document.hosts.len(), "host"),
    ));
    if let Some(digest) = &document.digest {
        html.write_markup(" · plan ");
        html.write_element(
            "code",
            &[("title", &digest.to_string())],
            &digest.spoken_form(),
        );
    }
    if let Some(url) = &document.run.url {
        html.write_markup(" · ");
        let href = url.to_string();
        let link = [("href", href.as_str()), ("rel", "noreferrer noopener")];
        html.write_element("a", &link, "the run");
    }
    html.write_markup("</p>\n");
}

fn write_counts(html: &mut Html, document: &Document) {
    let summary = &document.summary;
    let always = [
        ("add", "+", summary.add, "to add"),
        ("change", "~", summary.change, "to change"),
        ("remove", "−", summary.remove, "to remove"),
        (
            "interrupt",
            "↻",
            summary.restarts,
            plural_form(summary.restarts, ["restart", "restarts"]),
        ),
    ];
    let some = [
        (
            "interrupt",
            "↻",
            summary.reloads,
            plural_form(summary.reloads, ["reload", "reloads"]),
        ),
        (
            "remove",
            "■",
            summary.stops,
            plural_form(summary.stops, ["stop", "stops"]),
        ),
        (
            "interrupt",
            "↻",
            summary.by_dependency,
            "more by dependency",
        ),
        ("adopt", "⊙", summary.adopt, "to adopt"),
        ("refused", "!", summary.refused, "refused"),
        (
            "unknown",
            "?",
            summary.hosts_unknown,
            plural_form(summary.hosts_unknown, ["host not seen", "hosts not seen"]),
        ),
        ("clean", "·", summary.unchanged, "unchanged"),
    ];
    html.write_markup("<ul class=\"counts\">");
    let some = some.into_iter().filter(|(_, _, n, _)| *n > 0);
    for (class, sign, n, words) in always.into_iter().chain(some) {
        let class = if n == 0 { "none" } else { class };
        html.open("li", &[("class", class)]);
        html.write_element("span", &[("aria-hidden", "true")], sign);
        html.write_element("b", &[], &n.to_string());
        html.text(words);
        html.close("li");
    }
    html.write_markup("</ul>\n");
}

fn plural_form(n: usize, [one, many]: [&'static str; 2]) -> &'static str {
    if n == 1 { one } else { many }
}

/// Why nothing could be done, and what is wrong or odd in the manifest.
fn write_alerts(html: &mut Html, document: &Document) {
    if let Some(failure) = &document.failure {
        html.write_markup("<div class=\"alert bad\" role=\"alert\">");
        html.write_element("p", &[], &failure.message);
        for hint in &failure.hints {
            html.write_element("p", &[("class", "quiet")], &format!("hint: {hint}"));
        }
        html.write_markup("</div>\n");
    }
    if document.diagnostics.is_empty() {
        return;
    }
    html.write_markup("<ul class=\"alert warn\">");
    for found in &document.diagnostics {
        let word = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        html.write_markup("<li>");
        html.write_element("code", &[], &found.span.origin.to_string());
        html.text(&format!(" {word} {}: {}", found.code, found.message));
        if let Some(help) = &found.help {
            html.write_element("span", &[("class", "quiet")], &format!(" help: {help}"));
        }
        html.write_markup("</li>");
    }
    html.write_markup("</ul>\n");
}

/// Hidden until the script is there to make it do something.
fn write_filter(html: &mut Html, document: &Document) {
    html.write_markup("<form class=\"filter\" role=\"search\" hidden>\n");
    html.write_markup(
        "<label><span class=\"v\">Filter by host, resource or text</span>\
         <input type=\"search\" name=\"q\" placeholder=\"host, resource or text\" autocomplete=\"off\" spellcheck=\"false\"></label>\n",
    );
    html.write_markup("<div class=\"chips\" role=\"group\" aria-label=\"States\">");
    for (word, (sign, said, hosts)) in states(document) {
        html.open(
            "button",
            &[
                ("type", "button"),
                ("class", "chip"),
                ("data-s", word),
                ("aria-pressed", "false"),
            ],
        );
        html.write_element("span", &[("aria-hidden", "true")], sign);
        html.text(said);
        html.write_element("b", &[("title", &count(hosts, "host"))], &hosts.to_string());
        html.close("button");
    }
    html.write_markup("</div>\n<output aria-live=\"polite\"></output>\n</form>\n");
}

/// Every state that occurs, with its sign, its word and the number of hosts on which it does.
fn states(document: &Document) -> BTreeMap<&'static str, (&'static str, &'static str, usize)> {
    let mut all = BTreeMap::new();
    for host in &document.hosts {
        let of_host = (
            host.state.word(),
            glyph::of_host(host.state),
            host.state.display_word(),
        );
        let of_resources = host.resources.iter().map(|resource| {
            let state = resource.state;
            (
                state.word(),
                glyph::of_state(state),
                glyph::state_word(state),
            )
        });
        // That nobody saw a host says the same of each of its resources; that a host has unchanged resources says
        // nothing about the host.
        let told = of_resources.filter(|(word, _, _)| *word != ResourceState::Clean.word());
        let mut here: Vec<_> = told.chain([of_host]).collect();
        here.sort_unstable();
        here.dedup_by_key(|(word, _, _)| *word);
        for (word, sign, said) in here {
            let entry = all.entry(word).or_insert((sign, said, 0));
            entry.2 += 1;
        }
    }
    all
}

pub(super) fn write_foot(html: &mut Html, document: &Document) {
    html.write_markup("<footer><p>");
    html.text(&format!(
        "abide {} · run {} · exit code {} ({})",
        document.run.abide, document.run.id, document.exit.code, document.exit.reason
    ));
    html.write_markup("</p></footer>\n");
}
