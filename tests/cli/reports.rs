//! What programs get of a run: events as they happen, reports at its end.

use serde_json::Value;

use crate::{Desk, Said, TWO_HOSTS};

/// Whether a document or an event is as the schema says that abide prints.
#[track_caller]
fn is_valid(form: &str, instance: &Value) {
    let said = Desk::empty().abide(&["schema", form]);
    let schema: Value = serde_json::from_str(&said.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(instance)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\nin {instance:#}");
}

/// The lines on standard output, and that they begin and end as they always must.
#[track_caller]
fn events(said: &Said) -> Vec<Value> {
    let lines = said.stdout.lines();
    let events: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let first = events.first().unwrap();
    assert_eq!(first["type"], "version", "{said:?}");
    let last = events.last().unwrap();
    assert_eq!(last["type"], "run_summary", "{said:?}");
    assert_eq!(last["exit"]["code"], said.code);
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], number);
        assert_eq!(event["run"], last["run"]);
        is_valid("events", event);
    }
    events
}

fn count(events: &[Value], wanted: &str) -> usize {
    let found = events.iter().filter(|event| event["type"] == wanted);
    found.count()
}

#[test]
fn events_begin_with_the_version_and_end_with_the_summary() {
    let desk = Desk::with(TWO_HOSTS);
    for line in [&["plan", "--json"][..], &["apply", "--yes", "--json"]] {
        let said = desk.abide(line);
        assert_eq!(said.code, 3, "{said:?}");
        let events = events(&said);
        for (wanted, times) in [
            ("run_start", 1),
            ("host_start", 2),
            ("planned_change", 2),
            ("plan_summary", 1),
            ("host_done", 2),
        ] {
            assert_eq!(count(&events, wanted), times, "{wanted} in {}", said.stdout);
        }
        assert_eq!(events.last().unwrap()["host_states"]["unknown"], 2);
    }
}

#[test]
fn events_end_with_the_summary_however_the_command_fails() {
    let desk = Desk::with(TWO_HOSTS);
    desk.file(
        "wrong.yaml",
        "version: 1\nname: x\nhosts: {h1: {nonsense: 1}}\n",
    );
    for (line, code) in [
        (&["plan", "--json", "-f", "wrong.yaml"][..], 65),
        (&["plan", "--json", "-f", "none.yaml"], 65),
        (&["plan", "--json", "--host", "x"], 4),
        (&["apply", "--yes", "--json", "--host", "x"], 4),
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, code, "{line:?}: {said:?}");
        let events = events(&said);
        let failure = &events.last().unwrap()["failure"]["message"];
        assert!(
            failure.as_str().is_some_and(|text| !text.is_empty()),
            "{line:?}"
        );
    }
    let wrong = desk.abide(&["plan", "--json", "-f", "wrong.yaml"]);
    let events = events(&wrong);
    assert_eq!(count(&events, "diagnostic"), 1, "{wrong:?}");
    assert_eq!(events[1]["diagnostic"]["span"]["origin"]["line"], 3);
}

#[test]
fn reports_are_written_beside_what_a_person_reads() {
    let desk = Desk::with(TWO_HOSTS);
    let said = desk.abide(&["plan", "--report", "json=out.json"]);
    assert_eq!(said.code, 3);
    assert!(said.stdout.contains("INCOMPLETE"), "{said:?}");
    let text = std::fs::read_to_string(desk.path().join("out.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    is_valid("report", &document);
    assert_eq!(document["kind"], "plan");
    assert_eq!(document["exit"]["code"], 3);
    assert_eq!(document["manifest"], "cli");
    let nginx = &document["hosts"][0]["resources"][0];
    assert_eq!(nginx["id"], "system/nginx.service");
    assert_eq!(nginx["state"], "unknown");
    assert_eq!(
        (&nginx["origin"]["file"], &nginx["origin"]["line"]),
        (&"abide.yaml".into(), &12.into())
    );
}

#[test]
fn a_report_on_standard_output_is_all_that_is_there() {
    let said = Desk::with(TWO_HOSTS).abide(&["plan", "--report", "json=-"]);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["exit"]["code"], 3);
}

#[test]
fn a_report_tells_of_a_manifest_that_is_wrong_too() {
    let desk = Desk::with("version: 1\nname: x\nhosts: {h1: {nonsense: 1}}\n");
    let said = desk.abide(&["plan", "--report", "json=out.json"]);
    assert_eq!(said.code, 65, "{said:?}");
    let text = std::fs::read_to_string(desk.path().join("out.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    is_valid("report", &document);
    assert_eq!(document["exit"]["code"], 65);
    assert_eq!(document["diagnostics"][0]["severity"], "error");
    assert_eq!(document["complete"], false);
}

#[test]
fn a_report_that_cannot_be_written_is_said_before_anything_is_done() {
    let desk = Desk::with(TWO_HOSTS);
    for (target, says) in [
        ("json=no/where.json", "no/where.json"),
        ("pdf=x.pdf", "kinds: json, md, html, junit, sarif, prom"),
        ("json", "KIND=PATH"),
    ] {
        let said = desk.abide(&["plan", "--report", target]);
        assert_eq!((said.code, said.stdout.as_str()), (64, ""), "{target}");
        assert!(said.stderr.contains(says), "{said:?}");
    }
    let said = desk.abide(&["plan", "--json", "--report", "json=-"]);
    assert_eq!(said.code, 64, "{said:?}");
}

#[test]
fn markdown_leads_to_the_job_of_the_ci_system() {
    let desk = Desk::with(TWO_HOSTS);
    let said = crate::said(
        desk.command(&["plan", "--report", "md=-"])
            .env("GITHUB_SERVER_URL", "https://github.com")
            .env("GITHUB_REPOSITORY", "a/b")
            .env("GITHUB_RUN_ID", "17"),
    );
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.stdout.starts_with("<!-- abide:plan:cli -->\n"),
        "{said:?}"
    );
    let link = "[run](https://github.com/a/b/actions/runs/17)";
    assert!(said.stdout.contains(link), "{said:?}");
}

#[test]
fn validate_tells_code_scanning_at_which_line_something_is_wrong() {
    let desk = Desk::with("version: 1\nname: x\nhosts: {h1: {nonsense: 1}}\n");
    let said = desk.abide(&[
        "validate",
        "--report",
        "sarif=out.sarif",
        "--report",
        "junit=out.xml",
        "--report",
        "md=out.md",
    ]);
    assert_eq!(said.code, 65, "{said:?}");
    assert!(said.stdout.contains("nonsense"), "{said:?}");
    let text = |name: &str| std::fs::read_to_string(desk.path().join(name)).unwrap();
    let log: Value = serde_json::from_str(&text("out.sarif")).unwrap();
    let result = &log["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(result["level"], "error");
    assert_eq!(place["artifactLocation"]["uri"], "abide.yaml");
    assert_eq!(place["region"]["startLine"], 3);
    assert!(text("out.xml").contains("failures=\"1\""));
    assert!(text("out.md").contains("not valid"));
}
