//! A run as JUnit XML, which every CI system shows: a suite is a host, a case is a resource that should be as the
//! manifest says.
//!
//! A failure is what is not so (or could not be made so), an error what could not be seen or done at all; skipped is
//! what had no turn or is suspended. There is no standard: this is what both schemas in use allow, that of Ant
//! (windyroad/JUnit-Schema), which asks for much, and that of Jenkins (xunit-plugin, junit-10.xsd).

use abide_model::{HostState, Severity};

use crate::document::{Command, Document, HostEntry, RemarkKind, ResourceEntry, ResourceState};
use crate::xml::Xml;

/// How a case ended.
enum CaseResult {
    Passed,
    Failure,
    Error,
    Skipped,
}

/// One case.
struct Case {
    name: String,
    verdict: CaseResult,
    /// The reason's code.
    code: String,
    /// In one line.
    message: String,
    /// At length.
    detail: String,
    millis: u64,
}

/// One suite.
struct Suite {
    name: String,
    cases: Vec<Case>,
    millis: u64,
    /// Last words of units that did not stay up.
    journal: String,
}

/// A run as JUnit XML.
pub fn render(document: &Document) -> String {
    let mut suites: Vec<Suite> = manifest_suite(document).into_iter().collect();
    suites.extend(document.hosts.iter().map(|host| host_suite(document, host)));
    let mut xml = Xml::document();
    xml.open("testsuites", &[]);
    for (id, suite) in suites.iter().enumerate() {
        write_suite(&mut xml, document, id, suite);
    }
    xml.close();
    xml.finish()
}

fn write_suite(xml: &mut Xml, document: &Document, id: usize, suite: &Suite) {
    let count = |wanted: fn(&CaseResult) -> bool| {
        let cases = suite.cases.iter().filter(|case| wanted(&case.verdict));
        cases.count().to_string()
    };
    let package = package_name(document);
    xml.open(
        "testsuite",
        &[
            ("name", &suite.name),
            ("id", &id.to_string()),
            ("package", &package),
            ("hostname", &suite.name),
            ("timestamp", &document.run.started.without_zone()),
            ("tests", &suite.cases.len().to_string()),
            (
                "failures",
                &count(|verdict| matches!(verdict, CaseResult::Failure)),
            ),
            (
                "errors",
                &count(|verdict| matches!(verdict, CaseResult::Error)),
            ),
            (
                "skipped",
                &count(|verdict| matches!(verdict, CaseResult::Skipped)),
            ),
            ("time", &seconds_text(suite.millis)),
        ],
    );
    xml.open("properties", &[]);
    for (name, value) in [
        ("abide.command", document.kind.word()),
        ("abide.version", &document.run.abide),
        ("abide.run", &document.run.id),
    ] {
        xml.write_element("property", &[("name", name), ("value", value)], "");
    }
    xml.close();
    for case in &suite.cases {
        write_case(xml, &format!("{package}.{}", suite.name), case);
    }
    xml.write_element("system-out", &[], "");
    xml.write_element("system-err", &[], &suite.journal);
    xml.close();
}

fn write_case(xml: &mut Xml, class: &str, case: &Case) {
    let attributes: [(&'static str, &str); 3] = [
        ("name", &case.name),
        ("classname", class),
        ("time", &seconds_text(case.millis)),
    ];
    let element = match case.verdict {
        CaseResult::Passed => return xml.write_element("testcase", &attributes, ""),
        CaseResult::Failure => "failure",
        CaseResult::Error => "error",
        CaseResult::Skipped => "skipped",
    };
    xml.open("testcase", &attributes);
    let said = [("message", case.message.as_str()), ("type", &case.code)];
    match case.verdict {
        CaseResult::Skipped => xml.write_element(element, &said[..1], ""),
        _ => xml.write_element(element, &said, &case.detail),
    }
    xml.close();
}

fn package_name(document: &Document) -> String {
    let name = document.manifest.as_ref();
    name.map_or_else(|| "abide".to_owned(), ToString::to_string)
}

fn seconds_text(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// What is wrong in the manifest, and why nothing could be done. Of a run without either there is no such suite, but of
/// `validate`, which is about nothing else.
fn manifest_suite(document: &Document) -> Option<Suite> {
    let mut cases: Vec<Case> = document
        .diagnostics
        .iter()
        .map(|found| Case {
            name: found.span.origin.to_string(),
            verdict: match found.severity {
                Severity::Error => CaseResult::Failure,
                Severity::Warning => CaseResult::Passed,
            },
            code: found.code.to_string(),
            message: found.message.clone(),
            detail: found.help.clone().unwrap_or_default(),
            millis: 0,
        })
        .collect();
    if let Some(failure) = &document.failure {
        cases.push(Case {
            name: format!("abide {}", document.kind.word()),
            verdict: CaseResult::Error,
            code: document.exit.reason.to_owned(),
            message: failure.message.clone(),
            detail: failure.hints.join("\n"),
            millis: document.run.millis,
        });
    }
    if cases.is_empty() && document.kind == Command::Validate {
        cases.push(Case {
            name: "the manifest".to_owned(),
            verdict: CaseResult::Passed,
            code: String::new(),
            message: String::new(),
            detail: String::new(),
            millis: document.run.millis,
        });
    }
    (!cases.is_empty()).then(|| Suite {
        name: "manifest".to_owned(),
        cases,
        millis: document.run.millis,
        journal: String::new(),
    })
}

fn host_suite(document: &Document, host: &HostEntry) -> Suite {
    let mut cases = vec![host_case(host)];
    let resources = host.resources.iter();
    cases.extend(resources.map(|resource| resource_case(document, host, resource)));
    let journal = host.failed_units.iter().map(|unit| {
        let lines = unit.journal.join("\n");
        format!("{}: {}\n{lines}\n", unit.unit, unit.state)
    });
    Suite {
        name: host.host.to_string(),
        cases,
        millis: host.millis,
        journal: journal.collect(),
    }
}

/// The host itself: whether it could be observed and changed.
fn host_case(host: &HostEntry) -> Case {
    let verdict = match host.state {
        HostState::Clean | HostState::Drifted | HostState::Pending | HostState::Changed => {
            CaseResult::Passed
        }
        HostState::Failed => CaseResult::Failure,
        HostState::Unknown | HostState::Stale | HostState::Locked | HostState::Interrupted => {
            CaseResult::Error
        }
        HostState::Suspended | HostState::NotStarted => CaseResult::Skipped,
    };
    let reasons = match &host.lock {
        Some(holder) => format!("by {} ({})", holder.who, holder.operation),
        None => host.reasons.join("; "),
    };
    Case {
        name: "the host".to_owned(),
        verdict,
        code: host.state.word().to_owned(),
        message: match reasons.as_str() {
            "" => host.state.display_word().to_owned(),
            reasons => format!("{}: {reasons}", host.state.display_word()),
        },
        detail: host.help.clone().unwrap_or_default(),
        millis: host.millis,
    }
}

fn resource_case(document: &Document, host: &HostEntry, resource: &ResourceEntry) -> Case {
    let verdict = match resource.state {
        ResourceState::Clean | ResourceState::Changed => CaseResult::Passed,
        // Its host had no turn.
        ResourceState::Pending if host.state == HostState::NotStarted => CaseResult::Skipped,
        ResourceState::Pending
        | ResourceState::Drifted
        | ResourceState::Failed
        | ResourceState::Restored
        | ResourceState::Refused => CaseResult::Failure,
        ResourceState::Unknown => CaseResult::Error,
        ResourceState::Skipped | ResourceState::Suspended => CaseResult::Skipped,
    };
    let reasons: Vec<&str> = resource
        .reasons
        .iter()
        .map(|reason| reason.text.as_str())
        .collect();
    Case {
        name: match resource.owner.as_str() {
            "" => resource.name.clone(),
            owner => format!("{} ({owner})", resource.name),
        },
        verdict,
        code: resource
            .main_reason()
            .map_or(resource.state.word(), |reason| reason.code.word())
            .to_owned(),
        message: match reasons.as_slice() {
            [] => resource.state.word().to_owned(),
            reasons => reasons.join("; "),
        },
        detail: detail_text(document, resource),
        millis: 0,
    }
}

fn detail_text(document: &Document, resource: &ResourceEntry) -> String {
    let mut lines: Vec<String> = Vec::new();
    if let Some(origin) = &resource.origin {
        lines.push(format!("declared at {origin}"));
    }
    for remark in &resource.remarks {
        let word = match remark.kind {
            RemarkKind::Refused | RemarkKind::Unknown => "",
            RemarkKind::Failed => "failed: ",
            RemarkKind::Restored => "put back: ",
            RemarkKind::Skipped => "skipped: ",
            RemarkKind::Note => "note: ",
        };
        lines.push(format!("{word}{}", remark.text));
        lines.extend(remark.help.iter().map(|help| format!("help: {help}")));
    }
    let changes = resource
        .changes
        .iter()
        .filter_map(|place| document.changes.get(*place));
    for step in changes.flat_map(|change| &change.steps) {
        let words = [&step.verb, &step.object];
        let words: Vec<&str> = words
            .into_iter()
            .map(String::as_str)
            .filter(|word| !word.is_empty())
            .collect();
        lines.push(format!("{}: {}", words.join(" "), step.why));
        lines.extend(step.diff.iter().cloned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
