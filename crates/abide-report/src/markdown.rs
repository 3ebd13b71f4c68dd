//! A run as Markdown for a comment on a pull request, or for the page of a CI job.
//!
//! The first line is a marker by which a script finds the comment again and edits it in place. Counts and what a
//! reviewer must not miss stand above the fold; diffs are folded. A comment may have 65 536 characters on GitHub, so
//! what is too long is rendered anew with less in it, and never cut.

use crate::document::{Command, Document};
use crate::verdict;
use crate::words::{count, duration_from_millis};

mod changes;
mod drift;
mod escape;
mod troubles;
mod warnings;

use escape::{code, escaped_prose};

/// Most bytes of a rendering. GitHub takes 65 536 characters; what posts the comment may add some.
const BUDGET: usize = 60_000;

/// How much is in a rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detail {
    /// Lines of a diff that stay the same.
    pub(crate) context: bool,
    /// What differs on some hosts from what is the same on most of them.
    pub(crate) exceptions: bool,
    /// Most lines of one diff or journal.
    pub(crate) lines: usize,
    /// What is folded: steps, diffs, journals.
    pub(crate) bodies: bool,
}

/// From all there is to headings and counts.
const DETAILS: [Detail; 5] = [
    Detail {
        context: true,
        exceptions: true,
        lines: usize::MAX,
        bodies: true,
    },
    Detail {
        context: false,
        exceptions: true,
        lines: usize::MAX,
        bodies: true,
    },
    Detail {
        context: false,
        exceptions: false,
        lines: usize::MAX,
        bodies: true,
    },
    Detail {
        context: false,
        exceptions: false,
        lines: 40,
        bodies: true,
    },
    Detail {
        context: false,
        exceptions: false,
        lines: 0,
        bodies: false,
    },
];

/// A run as Markdown, of at most 60 000 bytes.
pub fn render(document: &Document) -> String {
    let whole = DETAILS
        .iter()
        .map(|detail| page_with_detail(document, *detail))
        .find(|page| page.len() <= BUDGET);
    whole.unwrap_or_else(|| headings_that_fit(document))
}

fn page_with_detail(document: &Document, detail: Detail) -> String {
    let mut parts = head_parts(document);
    parts.extend(sections(document, detail));
    if detail != DETAILS[0] {
        parts.push(shortened_notice(document));
    }
    parts.push(foot_text(document));
    parts.join("\n")
}

/// As many headings as there is room for, and where the rest is.
fn headings_that_fit(document: &Document) -> String {
    let [.., least] = DETAILS;
    let (head, tail) = (
        head_parts(document),
        [shortened_notice(document), foot_text(document)],
    );
    let room = BUDGET.saturating_sub(head.join("\n").len() + tail.join("\n").len() + 100);
    let sections = sections(document, least);
    let mut used = 0;
    let fitting = sections.iter().take_while(|section| {
        used += section.len() + 1;
        used <= room
    });
    let mut parts = head;
    let before = parts.len();
    parts.extend(fitting.cloned());
    let left = sections.len() - (parts.len() - before);
    parts.push(format!("… and {}.\n", count(left, "more change")));
    parts.extend(tail);
    parts.join("\n")
}

/// What stands above the fold: the marker, the heading, the counts, what a reviewer must not miss.
fn head_parts(document: &Document) -> Vec<String> {
    let mut parts = vec![format!(
        "{}\n{}\n",
        marker_line(document),
        heading_line(document)
    )];
    parts.extend(failure_alert(document));
    match document.kind {
        _ if document.failure.is_some() => {}
        Command::Plan => parts.push(plan_counts(document)),
        Command::Apply => parts.push(state_counts(document)),
        // The heading has the counts.
        Command::Validate | Command::Drift => {}
    }
    parts.extend(warnings::alert_block(document));
    parts
}

fn sections(document: &Document, detail: Detail) -> Vec<String> {
    let mut sections = troubles::sections(document, detail);
    let changes = changes::sections(document, detail);
    if document.kind == Command::Drift {
        sections.extend(drift::table(document, detail));
        if !changes.is_empty() {
            sections.push("What `abide apply` would do:\n".to_owned());
        }
    }
    sections.extend(changes);
    sections
}

/// By this line a script finds the comment again.
fn marker_line(document: &Document) -> String {
    let kind = document.kind.word();
    match &document.manifest {
        Some(name) => format!("<!-- abide:{kind}:{name} -->"),
        None => format!("<!-- abide:{kind} -->"),
    }
}

fn heading_line(document: &Document) -> String {
    let digest = document
        .digest
        .map(|digest| format!(" {}", code(&digest.spoken_form())));
    let manifest = document
        .manifest
        .as_ref()
        .map(|name| format!(" · {}", escaped_prose(name.as_str())));
    format!(
        "### abide {}{}{} · {}",
        document.kind.word(),
        digest.unwrap_or_default(),
        manifest.unwrap_or_default(),
        verdict::of_document(document)
    )
}

fn failure_alert(document: &Document) -> Option<String> {
    let failure = document.failure.as_ref()?;
    let mut text = format!("> [!CAUTION]\n> {}\n", escaped_prose(&failure.message));
    for hint in &failure.hints {
        text.push_str(&format!("> hint: {}\n", escaped_prose(hint)));
    }
    Some(text)
}

fn plan_counts(document: &Document) -> String {
    let summary = &document.summary;
    let hosts = |n: usize| match n {
        0 => "0".to_owned(),
        n => count(n, "host"),
    };
    let mut columns = vec![
        ("+ add", summary.add.to_string()),
        ("~ change", summary.change.to_string()),
        ("- remove", summary.remove.to_string()),
        ("↻ restarts", summary.restarts.to_string()),
    ];
    let more = [
        ("↻ reloads", summary.reloads),
        ("stops", summary.stops),
        ("by dependency", summary.by_dependency),
        ("adopt", summary.adopt),
        ("! refused", summary.refused),
    ];
    let more = more.into_iter().filter(|(_, n)| *n > 0);
    columns.extend(more.map(|(head, n)| (head, n.to_string())));
    columns.push(("? unknown", hosts(summary.hosts_unknown)));
    table(&columns)
}

fn state_counts(document: &Document) -> String {
    let states = document.host_states.iter().filter(|(_, n)| **n > 0);
    let columns: Vec<(&str, String)> = states
        .map(|(state, n)| (state.display_word(), count(*n, "host")))
        .collect();
    if columns.is_empty() {
        return String::new();
    }
    table(&columns)
}

fn table(columns: &[(&str, String)]) -> String {
    let row = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let heads = row(columns.iter().map(|(head, _)| *head).collect());
    let rule = row(columns.iter().map(|_| "--:").collect());
    heads + &rule + &row(columns.iter().map(|(_, cell)| cell.as_str()).collect())
}

fn shortened_notice(document: &Document) -> String {
    let whole = match &document.run.url {
        Some(url) => format!("[the run]({url})"),
        None => "the run's other reports and its log".to_owned(),
    };
    format!("This was shortened to fit into a comment. All of it: {whole}.\n")
}

fn foot_text(document: &Document) -> String {
    let mut said = Vec::new();
    let unchanged = document.summary.unchanged;
    if unchanged > 0 {
        said.push(format!("{} as declared", count(unchanged, "resource")));
    }
    said.push(format!("abide {}", escaped_prose(&document.run.abide)));
    let started = document.run.started.for_people();
    // A saved plan does not tell how long it took to make.
    said.push(match document.run.millis {
        0 => started,
        took => format!("{started}, took {}", duration_from_millis(took)),
    });
    if let Some(url) = &document.run.url {
        said.push(format!("[run]({url})"));
    }
    let mut text = format!("<sub>{}</sub>\n", said.join(" · "));
    if let (Some(digest), Command::Plan) = (document.digest, document.kind) {
        text = format!(
            "Digest of this plan: {}\n\n{text}",
            code(&digest.to_string())
        );
    }
    text
}

#[cfg(test)]
mod tests;
