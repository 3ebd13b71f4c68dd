//! Facts stay typed until words are made: why something is refused, noted, stale, unknown or failed is data.

use crate::files::{Text, texts};

/// The crates in which reasons arise and travel. Words are made in one `Display` a type, or in abide-report.
const CRATES: [&str; 4] = ["abide-model", "abide-plan", "abide-engine", "abide-host"];

/// The types that stand for why, by the ends of their names.
const REASONS: [&str; 17] = [
    "Reason",
    "Refusal",
    "Denied",
    "Note",
    "NoteText",
    "Fact",
    "StaleKind",
    "Unseen",
    "Outcome",
    "Obstacle",
    "Fault",
    "Cause",
    "Field",
    "NotAtBoot",
    "BootUnknown",
    "Response",
    "Left",
];

/// Fields that hold a name, a value or a line of something on a host, and no reason.
const DATA: [&str; 20] = [
    "by",
    "condition",
    "desired",
    "did",
    "error",
    "from",
    "group",
    "groups",
    "keys",
    "line",
    "load",
    "name",
    "observed",
    "owner",
    "result",
    "said",
    "setting",
    "status",
    "to",
    "value",
];

/// Texts that are left, each with why.
const LEFT: [(&str, &str); 24] = [
    (
        "Cause.evidence",
        "names of properties, read back as written",
    ),
    (
        "Denied.help",
        "what the planner advises where a refusal has no code yet",
    ),
    (
        "Denied.reason",
        "the planner's words where a refusal has no code yet",
    ),
    (
        "FailReason.Told",
        "what a host's script or an earlier document says",
    ),
    (
        "FailReason.why",
        "the error of a connection, which has its words from there",
    ),
    ("Field.Other", "a word that a plan of another version has"),
    ("HostOutcome.help", "what the error of a connection advises"),
    (
        "HostOutcome.reason",
        "the error of a connection, which has its words from there",
    ),
    (
        "LedgerNote.finding",
        "what is wrong with a line, which is its finding's to say",
    ),
    ("Left.reason", "what drift says of what it does not restore"),
    (
        "LingerNote.why",
        "the words of the refusal that keeps it on",
    ),
    (
        "NoteText.LinksByHand",
        "paths below the configuration directory",
    ),
    ("NoteText.Told", "what an earlier document says"),
    ("OrderOutcome.Done", "what a host's script says"),
    ("OrderOutcome.Refused", "what a host's script says"),
    ("Refusal.help", "in plan files beside `why`"),
    ("Refusal.reason", "in plan files beside `why`"),
    (
        "StaleKind.Told",
        "what a host's script or an earlier document says",
    ),
    ("UnknownReason.NotUnderstood", "the error of a parser"),
    (
        "UnknownReason.Told",
        "what a host's script or an earlier document says",
    ),
    (
        "UnknownReason.why",
        "why there is no root, as the host says it",
    ),
    ("Unseen.Broken", "the error of what this machine runs"),
    ("Unseen.NoRoot", "what a host's script says"),
    ("Unseen.RootLost", "what a host's script says"),
];

#[test]
fn no_function_fails_with_a_string() {
    let with_string = |line: &&str| {
        let ended = line.split("Result<").skip(1);
        ended.into_iter().any(|rest| {
            let rest = rest.split(['{', ';']).next().unwrap_or_default();
            rest.contains(", String>")
        })
    };
    let mut found = Vec::new();
    for text in sources(|_| true) {
        let lines = code(&text.content).lines().filter(with_string);
        found.extend(lines.map(|line| format!("{}: {}", text.path, line.trim())));
    }
    let shown = found.join("\n");
    assert!(found.is_empty(), "give these errors a type:\n{shown}");
}

#[test]
fn no_reason_is_a_string() {
    let mut found = Vec::new();
    for text in sources(|path| {
        CRATES
            .iter()
            .any(|name| path.starts_with(&format!("crates/{name}/")))
    }) {
        for (name, body) in types(code(&text.content)) {
            let fields = body.lines().filter_map(string_field);
            let fields = fields.filter(|field| !DATA.contains(field));
            found.extend(fields.map(|field| format!("{name}.{field}")));
        }
    }
    found.sort();
    found.dedup();
    let left: Vec<&str> = LEFT.iter().map(|(field, _)| *field).collect();
    assert_eq!(
        found, left,
        "a reason is data; its words are made where it is told"
    );
}

/// Files that are built into the program.
fn sources(wanted: impl Fn(&str) -> bool) -> Vec<Text> {
    let mut all = texts(&[".rs"]);
    all.retain(|text| {
        let of_tests = [
            "/tests/",
            "/tests.rs",
            "/testing.rs",
            "/sample",
            "abide-sim/",
        ];
        let is_source = text.path.starts_with("crates/") && text.path.contains("/src/");
        is_source && wanted(&text.path) && !of_tests.iter().any(|part| text.path.contains(part))
    });
    assert!(all.len() > 20, "only {} files", all.len());
    all
}

/// A file without the tests at its end.
fn code(content: &str) -> &str {
    content.split("#[cfg(test)]").next().unwrap_or_default()
}

/// The types of a file that stand for reasons, each with what is between its braces.
fn types(code: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for keyword in ["enum ", "struct "] {
        for (at, _) in code.match_indices(keyword) {
            let rest = &code[at + keyword.len()..];
            let end = rest
                .find(|c: char| !c.is_alphanumeric())
                .unwrap_or(rest.len());
            let name = &rest[..end];
            let is_definition = code[..at].ends_with(['\n', ' ', ')']);
            if is_definition && REASONS.iter().any(|reason| name.ends_with(reason)) {
                // rustfmt puts the closing brace of what stands at the margin there as well.
                let body = rest.split("\n}").next().unwrap_or_default();
                found.push((name, body));
            }
        }
    }
    found
}

/// The name of a field or variant that holds a string, if this line is one.
fn string_field(line: &str) -> Option<&str> {
    let line = line.trim();
    if !line.contains("String") || line.starts_with("//") || line.starts_with('#') {
        return None;
    }
    let end = line.find(['(', ':'])?;
    let name = line[..end].trim_start_matches("pub ");
    Some(name.trim_start_matches("pub(crate) "))
}
