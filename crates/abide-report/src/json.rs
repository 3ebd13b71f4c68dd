//! Documents for programs: one object, members in a fixed order, a newline at the end.
//!
//! Every document begins with `format` (the number that changes when a reader would break), `format_version`
//! (its minor part grows with every member that is added), `kind` and `exit`. Secrets are in none of them: a
//! secret is written as where it comes from, and what stands in its place on the host is left out.

use abide_model::{
    Before, Body, Change, Diagnostic, FailedUnit, HostFacts, HostName, HostOutcome, HostReport,
    LockHolder, Plan, Report, StepReport,
};
use serde::Serialize;

use crate::status::{self, HostLines, HostStatus};
use crate::summary::Summary;

/// The exit code that goes with a document, so that no program parses text to learn it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Exit {
    /// The process's exit code.
    pub code: u8,
    /// Its meaning in one word or two: `done`, `pending`, `incomplete`.
    pub reason: &'static str,
}

#[derive(Serialize)]
struct Document<'a, T> {
    format: u32,
    format_version: &'static str,
    kind: &'static str,
    exit: Exit,
    #[serde(flatten)]
    body: &'a T,
}

#[derive(Serialize)]
struct Run<'a> {
    /// Everything that was asked about could be seen.
    complete: bool,
    /// There is something to do, and nothing is refused.
    applyable: bool,
    summary: Summary,
    hosts: Vec<HostRun<'a>>,
}

#[derive(Serialize)]
struct HostRun<'a> {
    host: &'a HostName,
    outcome: String,
    #[serde(flatten)]
    detail: Detail<'a>,
    millis: u64,
    facts: Option<&'a HostFacts>,
    plan: Option<Plan>,
    steps: &'a [StepReport],
}

/// What an outcome says beyond its word.
#[derive(Default, Serialize)]
struct Detail<'a> {
    reasons: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<&'a LockHolder>,
    #[serde(skip_serializing_if = "<[FailedUnit]>::is_empty")]
    failed_units: &'a [FailedUnit],
    #[serde(skip_serializing_if = "Option::is_none")]
    residue: Option<Plan>,
}

/// The document of `abide plan --json`.
pub fn plan(report: &Report, exit: Exit) -> String {
    document("plan", exit, &run(report))
}

/// The document of `abide apply --json`.
pub fn report(report: &Report, exit: Exit) -> String {
    document("apply", exit, &run(report))
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
    let document = Document {
        format: 1,
        format_version: "1.0",
        kind,
        exit,
        body,
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_else(|error| {
        // Every type here has string keys and no fallible parts; the reader is told all the same.
        serde_json::json!({"format": 1, "kind": "error", "message": error.to_string()}).to_string()
    });
    text.push('\n');
    text
}

fn run(report: &Report) -> Run<'_> {
    let summary = Summary::of(report);
    Run {
        complete: summary.is_complete(),
        applyable: summary.has_actions() && summary.refused == 0,
        summary,
        hosts: report
            .hosts
            .iter()
            .map(|(name, host)| host_document(name, host))
            .collect(),
    }
}

fn host_document<'a>(name: &'a HostName, host: &'a HostReport) -> HostRun<'a> {
    HostRun {
        host: name,
        outcome: host.outcome.word().replace(' ', "_"),
        detail: detail(&host.outcome),
        millis: host.millis,
        facts: host.facts.as_ref(),
        plan: host.plan.as_ref().map(without_secrets),
        steps: &host.steps,
    }
}

fn detail(outcome: &HostOutcome) -> Detail<'_> {
    let mut detail = Detail::default();
    match outcome {
        HostOutcome::Failed {
            reasons,
            residue,
            failed_units,
        } => {
            detail.reasons = reasons.iter().map(String::as_str).collect();
            detail.residue = residue.as_deref().map(without_secrets);
            detail.failed_units = failed_units;
        }
        HostOutcome::Unreachable { reason, help } => {
            detail.reasons = vec![reason];
            detail.help = help.as_deref();
        }
        HostOutcome::Locked(holder) => detail.lock = Some(holder),
        HostOutcome::Stale { facts } => {
            detail.reasons = facts.iter().map(String::as_str).collect();
        }
        HostOutcome::Unchanged
        | HostOutcome::Pending
        | HostOutcome::Changed
        | HostOutcome::NotStarted
        | HostOutcome::Interrupted => {}
    }
    detail
}

/// The plan, without what stands now in the place of a secret: it is most likely the last secret.
fn without_secrets(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    for action in &mut plan.actions {
        if let Change::WriteFile(write) = &mut action.change
            && let (
                Body::Secret { .. },
                Before::File {
                    content, digest, ..
                },
            ) = (&write.body, &mut write.before)
        {
            *content = None;
            *digest = None;
        }
    }
    plan
}

#[cfg(test)]
mod tests;
