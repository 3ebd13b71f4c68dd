use abide_model::FilePurpose;

use super::*;
use crate::document::{Document, DocumentFrame};
use crate::sample::{
    before_with_content, frame_of_command, missing_causes, origin_at_line, plan_of, report,
    report_of_everything, unit, warning_diagnostic, with_outcome, with_unreachable_host, write,
};
use crate::sample_drift::drifted_report;

fn back(document: &Document) -> ReadDocument {
    let known =
        |code: &str| (code == warning_diagnostic().code.0).then(|| warning_diagnostic().code);
    read(document.to_json().as_bytes(), known).unwrap()
}

/// A document made of what was read of another is that other one, to the last byte.
#[track_caller]
fn is_read_back_whole(kind: Command, report: &Report) {
    let framed = DocumentFrame {
        diagnostics: vec![warning_diagnostic()],
        ..frame_of_command(kind)
    };
    let document = Document::new(framed.clone(), report);
    let kept = back(&document);
    assert_eq!(kept.kind, kind);
    let again = DocumentFrame {
        run: kept.run,
        manifest: kept.manifest,
        selected: kept.selected,
        diagnostics: kept.diagnostics,
        failure: kept.failure,
        ..framed
    };
    assert_eq!(
        Document::from_safe_report(again, &kept.report).to_json(),
        document.to_json()
    );
}

#[test]
fn what_is_read_back_makes_the_same_document_again() {
    is_read_back_whole(Command::Plan, &report_of_everything());
    is_read_back_whole(Command::Apply, &report_of_everything());
    is_read_back_whole(Command::Drift, &drifted_report());
    is_read_back_whole(
        Command::Apply,
        &with_unreachable_host(report(Vec::new()), "h9"),
    );
    for outcome in [
        HostOutcome::NotStarted,
        HostOutcome::Interrupted,
        HostOutcome::Changed,
        HostOutcome::Stale {
            facts: vec![StaleFact::from_text("x: planned from a, now b")],
        },
    ] {
        is_read_back_whole(
            Command::Apply,
            &with_outcome(report_of_everything(), "h1", outcome),
        );
    }
}

#[test]
fn a_quadlet_stays_one_resource_with_its_service() {
    let mut all = report_of_everything();
    let host = all.hosts.get_mut(&"h1".parse().unwrap()).unwrap();
    host.declared.push(Declared {
        resource: unit("user:deploy/worker.container"),
        loaded_as: Some(unit("user:deploy/sidekiq.service")),
        origin: origin_at_line(3),
    });
    is_read_back_whole(Command::Plan, &all);
}

#[test]
fn what_is_no_document_is_told_from_one_of_another_time() {
    let said = |text: &str| read(text.as_bytes(), |_| None).unwrap_err().to_string();
    assert!(said("nonsense").starts_with("it is not JSON"));
    assert_eq!(
        said("{\"format\": 2}"),
        "its format is 2, and this abide reads 1"
    );
    assert!(said("{\"format\": 1}").contains("missing field"));
}

#[test]
fn what_was_hidden_stays_hidden_as_it_was() {
    let path = "/home/deploy/.config/systemd/user/sidekiq.service";
    let text =
        |token: &str| format!("[Service]\nEnvironment=API_TOKEN={token}\nExecStart=/bin/true\n");
    let write = write(
        path,
        FilePurpose::Unit,
        before_with_content(&text("old")),
        &text("new"),
    );
    let plan =
        plan_of("h1").with_action(unit("user:deploy/sidekiq.service"), write, missing_causes());
    let report = report(vec![plan]);
    let json = Document::new(frame_of_command(Command::Plan), &report).to_json();
    assert!(
        !json.contains("TOKEN=old") && !json.contains("TOKEN=new"),
        "{json}"
    );
    is_read_back_whole(Command::Plan, &report);
}
