//! Answers for programs: one object, members in a fixed order, a newline at the end. What a run came to is a
//! [`Document`](crate::document::Document) instead.
//!
//! Every document begins with `format` (the number that changes when a reader would break), `format_version`
//! (its minor part grows with every member that is added), `kind` and `exit`. Secrets are in none of them: a
//! secret is written as where it comes from, and what stands in its place on the host is left out.

use abide_model::Diagnostic;
use serde::Serialize;

use crate::document::Exit;
use crate::status::{self, HostLines, HostStatus};

#[derive(Serialize)]
struct Answer<'a, T> {
    format: u32,
    format_version: &'static str,
    kind: &'static str,
    exit: Exit,
    #[serde(flatten)]
    body: &'a T,
}

/// The document of `abide status --json`.
pub fn status(hosts: &[HostStatus<'_>], exit: Exit) -> String {
    #[derive(Serialize)]
    struct Status {
        hosts: Vec<HostLines>,
    }
    let hosts = hosts.iter().map(status::lines).collect();
    document("status", exit, &Status { hosts })
}

/// The document of `abide validate --json`.
pub fn diagnostics(diagnostics: &[Diagnostic], exit: Exit) -> String {
    #[derive(Serialize)]
    struct Found<'a> {
        diagnostics: &'a [Diagnostic],
    }
    document("validate", exit, &Found { diagnostics })
}

fn document<T: Serialize>(kind: &'static str, exit: Exit, body: &T) -> String {
    pretty(&Answer {
        format: 1,
        format_version: "1.0",
        kind,
        exit,
        body,
    })
}

/// A value over many lines, with a newline at the end.
pub(crate) fn pretty<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_else(|error| {
        // Every type here has string keys and no fallible parts; the reader is told all the same.
        serde_json::json!({"format": 1, "kind": "error", "message": error.to_string()}).to_string()
    });
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
