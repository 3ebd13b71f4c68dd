//! A run as SARIF 2.1.0, by which code hosts show findings at the line of the manifest that they are about.
//!
//! What is the same on many hosts is one result. Sources: the OASIS standard (section numbers below), and "SARIF support
//! for code scanning" of GitHub's documentation, which asks for a location of every result.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{HostName, HostState, Origin, Severity};
use serde_json::{Value, json};

use crate::document::{Command, Document, ResourceState};
use crate::hosts;

mod uri;

/// One finding, before its hosts are known. The order is that of the results.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct SarifFinding {
    origin: Option<Origin>,
    rule: String,
    level: &'static str,
    /// What it is about: `sidekiq.service (user deploy)`; empty where that is the line itself.
    subject: String,
    /// The resource's name on its host, for a fingerprint that survives other lines.
    id: String,
    text: String,
}

/// A run as SARIF.
pub fn render(document: &Document) -> String {
    let findings = findings_with_hosts(document);
    let rules = rules_by_id(&findings);
    let fallback = findings.keys().find_map(|finding| finding.origin.clone());
    let results: Vec<Value> = findings
        .iter()
        .map(|(finding, hosts)| {
            result_object(document, finding, hosts, (&rules, fallback.as_ref()))
        })
        .collect();
    let package = document
        .manifest
        .as_ref()
        .map_or("abide", |name| name.as_str());
    let driver = json!({
        "name": "abide",
        "version": document.run.abide,
        "informationUri": "https://github.com/abide-rs/abide",
        "rules": rules.values().collect::<Vec<_>>(),
    });
    let log = json!({
        // Section 3.13.3: where the schema is.
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            // Section 3.17: the slash at the end says that this is a kind of run, not one of them.
            "automationDetails": {
                "id": format!("abide/{}/{package}/", document.kind.word()),
                "guid": document.run.id,
            },
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation(document)],
            "results": results,
        }],
    });
    crate::json::pretty_text(&log)
}

fn invocation(document: &Document) -> Value {
    let mut said: Vec<Value> = Vec::new();
    if let Some(failure) = &document.failure {
        said.push(json!({ "level": "error", "message": { "text": failure.message } }));
    }
    let mut invocation = json!({
        "executionSuccessful": document.exit.is_success(),
        "exitCode": document.exit.code,
        "exitCodeDescription": document.exit.reason,
        "startTimeUtc": document.run.started,
        "endTimeUtc": document.run.ended,
    });
    if let (false, Some(object)) = (said.is_empty(), invocation.as_object_mut()) {
        object.insert("toolExecutionNotifications".to_owned(), said.into());
    }
    invocation
}

/// Every finding with the hosts that it is about; none where it is about the manifest itself.
fn findings_with_hosts(document: &Document) -> BTreeMap<SarifFinding, BTreeSet<&HostName>> {
    let mut all: BTreeMap<SarifFinding, BTreeSet<&HostName>> = BTreeMap::new();
    for found in &document.diagnostics {
        let finding = SarifFinding {
            origin: Some(found.span.origin.clone()),
            rule: found.code.to_string(),
            level: match found.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            subject: String::new(),
            id: String::new(),
            text: match &found.help {
                Some(help) => format!("{} (help: {help})", found.message),
                None => found.message.clone(),
            },
        };
        all.entry(finding).or_default();
    }
    for host in &document.hosts {
        if let Some(finding) = of_host(host.state, &host.reasons) {
            all.entry(finding).or_default().insert(&host.host);
        }
        if host.plan.is_none() {
            // That nobody saw the host is said already, once.
            continue;
        }
        for resource in &host.resources {
            if let Some(finding) = of_resource(document.kind, resource) {
                all.entry(finding).or_default().insert(&host.host);
            }
        }
    }
    all
}

fn of_host(state: HostState, reasons: &[String]) -> Option<SarifFinding> {
    let level = match state {
        HostState::Clean | HostState::Drifted | HostState::Pending | HostState::Changed => {
            return None;
        }
        HostState::Suspended | HostState::NotStarted => "note",
        HostState::Unknown | HostState::Locked | HostState::Stale | HostState::Interrupted => {
            "warning"
        }
        HostState::Failed => "error",
    };
    let why = reasons.join("; ");
    Some(SarifFinding {
        origin: None,
        rule: format!("host_{}", state.word()),
        level,
        subject: "the host".to_owned(),
        id: String::new(),
        text: match why.as_str() {
            "" => state.display_word().to_owned(),
            why => format!("{}: {why}", state.display_word()),
        },
    })
}

fn of_resource(kind: Command, resource: &crate::document::ResourceEntry) -> Option<SarifFinding> {
    let level = match resource.state {
        ResourceState::Clean
        | ResourceState::Changed
        | ResourceState::Skipped
        | ResourceState::Suspended => return None,
        // In a plan, that something will change is what one wants to read, not a fault.
        ResourceState::Pending if kind == Command::Plan => "note",
        ResourceState::Pending | ResourceState::Drifted | ResourceState::Unknown => "warning",
        ResourceState::Failed | ResourceState::Restored | ResourceState::Refused => "error",
    };
    let main = resource.main_reason();
    let said: Vec<&str> = resource
        .reasons
        .iter()
        .map(|reason| reason.text.as_str())
        .collect();
    Some(SarifFinding {
        origin: resource.origin.clone(),
        rule: main
            .map_or(resource.state.word(), |reason| reason.code.word())
            .to_owned(),
        level,
        subject: match resource.owner.as_str() {
            "" => resource.name.clone(),
            owner => format!("{} ({owner})", resource.name),
        },
        id: resource.id.clone(),
        text: match said.as_slice() {
            [] => resource.state.word().to_owned(),
            said => said.join("; "),
        },
    })
}

/// The rules that occur, by their ids.
fn rules_by_id(findings: &BTreeMap<SarifFinding, BTreeSet<&HostName>>) -> BTreeMap<String, Value> {
    let ids: BTreeSet<&String> = findings.keys().map(|finding| &finding.rule).collect();
    let rule = |id: &String| {
        let rule = json!({
            "id": id,
            "shortDescription": { "text": rule_description(id) },
        });
        (id.clone(), rule)
    };
    ids.into_iter().map(rule).collect()
}

fn rule_description(rule: &str) -> String {
    use crate::document::ReasonCode;
    let known = ReasonCode::ALL.iter().find(|code| code.word() == rule);
    match known {
        Some(code) => code.explain().to_owned(),
        None if rule.starts_with("host_") => "A host could not be worked on as planned.".to_owned(),
        None if rule.starts_with(['E', 'W']) => {
            format!("A mistake in the manifest: `abide explain {rule}` tells more.")
        }
        None => "A resource is not as the manifest says.".to_owned(),
    }
}

fn result_object(
    document: &Document,
    finding: &SarifFinding,
    on: &BTreeSet<&HostName>,
    (rules, fallback): (&BTreeMap<String, Value>, Option<&Origin>),
) -> Value {
    let names = hosts::name_ranges(on.iter().copied());
    let text = match (finding.subject.as_str(), names.as_str()) {
        ("", _) => finding.text.clone(),
        (subject, names) => format!("{subject} on {names}: {}", finding.text),
    };
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": rules.keys().position(|id| *id == finding.rule),
        "level": finding.level,
        "message": { "text": text },
        "partialFingerprints": {
            "abideResource/v1": format!("{}/{}", finding.rule, finding.id),
        },
    });
    // What the manifest no longer declares is shown at its beginning.
    let beginning = fallback.map(|origin| Origin {
        line: 1,
        column: 1,
        ..origin.clone()
    });
    if let (Some(origin), Some(object)) =
        (finding.origin.clone().or(beginning), result.as_object_mut())
    {
        let location = location_object(document, &origin);
        object.insert("locations".to_owned(), json!([location]));
    }
    result
}

fn location_object(document: &Document, origin: &Origin) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": uri::artifact_location(document.run.directory.as_deref(), &origin.file),
            "region": {
                "startLine": origin.line.max(1),
                "startColumn": origin.column.max(1),
            },
        },
    })
}

#[cfg(test)]
mod tests;
