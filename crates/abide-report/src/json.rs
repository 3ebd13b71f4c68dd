//! Answers for programs: one object, members in a fixed order, a newline at the end. What a run came to is a
//! [`Document`](crate::document::Document) instead.
//!
//! Every document begins with `format` (the number that changes when a reader would break), `format_version`
//! (its minor part grows with every member that is added), `kind` and `exit`. Secrets are in none of them: a
//! secret is written as where it comes from, and what stands in its place on the host is left out.

use abide_model::{Diagnostic, Ledger};
use serde::Serialize;

use crate::document::RunExit;
use crate::ledgers::LedgersLine;
use crate::status::{self, HostLines, HostStatus};

#[derive(Serialize)]
struct Answer<'a, T> {
    format: u32,
    format_version: &'static str,
    kind: &'static str,
    exit: RunExit,
    #[serde(flatten)]
    body: &'a T,
}

/// The document of `abide status --json`.
pub fn status(hosts: &[HostStatus<'_>], exit: RunExit) -> String {
    #[derive(Serialize)]
    #[serde(rename = "Status")]
    struct StatusDocument {
        hosts: Vec<HostLines>,
    }
    let hosts = hosts.iter().map(status::lines).collect();
    document("status", exit, &StatusDocument { hosts })
}

/// The document of `abide ledger show --json`.
pub fn ledgers(hosts: &[LedgersLine<'_>], exit: RunExit) -> String {
    let hosts = hosts.iter().map(ledgers_of).collect();
    document("ledgers", exit, &LedgerDocument { hosts })
}

#[derive(Serialize)]
#[serde(rename = "Ledgers")]
struct LedgerDocument<'a> {
    hosts: Vec<LedgersOf<'a>>,
}

/// The ledgers of a host.
#[derive(Serialize)]
struct LedgersOf<'a> {
    host: &'a str,
    /// Why it could not be observed.
    #[serde(skip_serializing_if = "Option::is_none")]
    unseen: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    directory: Option<&'a str>,
    /// What is wrong with the directory.
    faults: Vec<String>,
    ledgers: Vec<OneLedger<'a>>,
}

#[derive(Serialize)]
struct OneLedger<'a> {
    manifest: &'a str,
    /// It is as abide writes it.
    good: bool,
    /// What is wrong with it as a whole.
    faults: Vec<String>,
    /// Lines that are not valid, as far as they are kept.
    invalid_lines: Vec<InvalidLine<'a>>,
    /// How many those are in all.
    invalid: usize,
    /// What the others say.
    owns: &'a Ledger,
}

#[derive(Serialize)]
struct InvalidLine<'a> {
    line: usize,
    text: &'a str,
    reason: String,
}

fn ledgers_of<'a>(line: &LedgersLine<'a>) -> LedgersOf<'a> {
    let seen = line.seen.ok();
    let mut faults: Vec<String> = Vec::new();
    let directory_fault = seen.and_then(|seen| seen.directory_fault);
    faults.extend(directory_fault.map(|fault| fault.of_directory().to_owned()));
    if seen.is_some_and(|seen| seen.in_the_way) {
        faults.push("a directory stands where the next ledger is made".to_owned());
    }
    let ledgers = seen.into_iter().flat_map(|seen| &seen.ledgers);
    let ledgers = ledgers.map(|(name, found)| OneLedger {
        manifest: name.as_str(),
        good: found.is_good(),
        faults: crate::ledgers::fault_clauses(found),
        invalid: crate::ledgers::invalid_line_count(found),
        invalid_lines: found
            .findings
            .iter()
            .map(|finding| InvalidLine {
                line: finding.line,
                text: &finding.text,
                reason: finding.fault.to_string(),
            })
            .collect(),
        owns: &found.ledger,
    });
    LedgersOf {
        host: line.host,
        unseen: line.seen.err().map(ToString::to_string),
        directory: seen.map(|seen| seen.directory.as_str()),
        faults,
        ledgers: ledgers.collect(),
    }
}

/// The document of `abide validate --json`.
pub fn diagnostics(diagnostics: &[Diagnostic], exit: RunExit) -> String {
    #[derive(Serialize)]
    #[serde(rename = "Found")]
    struct ValidateDocument<'a> {
        diagnostics: &'a [Diagnostic],
    }
    document("validate", exit, &ValidateDocument { diagnostics })
}

fn document<T: Serialize>(kind: &'static str, exit: RunExit, body: &T) -> String {
    pretty_text(&Answer {
        format: 1,
        format_version: "1.0",
        kind,
        exit,
        body,
    })
}

/// A value over many lines, with a newline at the end.
pub(crate) fn pretty_text<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_else(|error| {
        // Every type here has string keys and no fallible parts; the reader is told all the same.
        serde_json::json!({"format": 1, "kind": "error", "message": error.to_string()}).to_string()
    });
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
