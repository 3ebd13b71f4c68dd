use std::path::Path;

use abide_model::{HostOutcome, LockHolder, Report, Timestamp};

use super::*;
use crate::document::Command;
use crate::events::{Stream, StreamEvent};
use crate::moment::Moment;
use crate::sample::{NOW, document, report_of_everything};

#[track_caller]
fn is_published(file: &str, schema: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../schemas")
        .join(file);
    let current = serde_json::to_string_pretty(schema).unwrap() + "\n";
    if std::env::var_os("ABIDE_BLESS").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == current,
        "schemas/{file} is out of date: run `ABIDE_BLESS=1 cargo test -p abide-report`"
    );
}

#[track_caller]
fn is_valid(schema: &Value, instance: &Value) {
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap();
    let errors: Vec<_> = validator
        .iter_errors(instance)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\nin {instance:#}");
}

fn samples() -> Vec<Report> {
    let holder = LockHolder {
        who: "ana@ci".to_owned(),
        operation: "apply".to_owned(),
        since: Timestamp::from_secs(NOW),
        id: String::new(),
        plan: String::new(),
        url: String::new(),
    };
    let with = |outcome| crate::sample::with_outcome(report_of_everything(), "h1", outcome);
    vec![
        Report::default(),
        report_of_everything(),
        with(HostOutcome::Locked(holder)),
        with(HostOutcome::Interrupted),
        with(HostOutcome::Stale {
            facts: vec![abide_model::StaleFact::from_text(
                "x: planned from a, now b",
            )],
        }),
    ]
}

#[test]
fn the_schemas_are_published() {
    is_published("report.schema.json", &report());
    is_published("events.schema.json", &events());
    is_published("plan.schema.json", &plan());
}

#[test]
fn every_report_is_as_its_schema_says() {
    let schema = report();
    for sample in samples() {
        let text = document(Command::Apply, &sample).to_json();
        is_valid(&schema, &serde_json::from_str(&text).unwrap());
    }
}

#[test]
fn a_report_of_another_form_is_not() {
    let text = document(Command::Plan, &report_of_everything()).to_json();
    let good: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&report()).unwrap();
    let without = |member: &str| {
        let mut document = good.clone();
        document.as_object_mut().unwrap().remove(member);
        document
    };
    for member in ["exit", "hosts", "changes", "summary"] {
        assert!(!validator.is_valid(&without(member)), "{member}");
    }
    let mut odd = good.clone();
    odd["hosts"][0]["state"] = "splendid".into();
    assert!(!validator.is_valid(&odd));
}

#[test]
fn every_event_is_as_its_schema_says() {
    let schema = events();
    let mut stream = Stream::new("a-run");
    let document = document(Command::Plan, &report_of_everything());
    let mut all = StreamEvent::of_plan(&document);
    all.extend(
        crate::sample::engine_events()
            .iter()
            .map(|event| StreamEvent::of_engine_event(event, &report_of_everything())),
    );
    all.push(StreamEvent::Version {
        abide: "0.1.0".to_owned(),
        command: Command::Plan,
    });
    all.push(StreamEvent::RunStart {
        manifest: "shop".parse().unwrap(),
        hosts: vec!["h1".parse().unwrap()],
    });
    all.push(StreamEvent::Diagnostic {
        diagnostic: Box::new(crate::sample::warning_diagnostic()),
    });
    all.push(StreamEvent::of_run(&document));
    for event in all {
        let line = stream.line(Moment(1_772_546_700_042), event);
        is_valid(&schema, &serde_json::from_str(&line).unwrap());
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let nonsense = serde_json::json!({"v": "1.0", "seq": 0, "ts": "2026-03-03T14:05:00Z", "run": "x", "type": "nonsense"});
    assert!(!validator.is_valid(&nonsense));
}

#[test]
fn every_saved_plan_that_is_kept_is_as_the_schema_says() {
    let schema = plan();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../abide-model/testdata/saved-plans");
    let mut seen = 0;
    for entry in folder.read_dir().unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        is_valid(&schema, &serde_json::from_str(&text).unwrap());
        seen += 1;
    }
    assert!(seen >= 2, "{seen}");
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(!validator.is_valid(&serde_json::json!({"kind": "saved_plan"})));
}
