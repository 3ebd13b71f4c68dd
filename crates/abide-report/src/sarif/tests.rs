use abide_model::Report;

use super::*;
use crate::document::{RunExit, RunFailure};
use crate::sample::*;

const SCHEMA: &str = include_str!("../../testdata/sarif.schema.json");

#[track_caller]
fn valid(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap();
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{text}");
    // What a schema cannot say: an index is that of the rule.
    let run = &log["runs"][0];
    for result in run["results"].as_array().unwrap() {
        let place = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            run["tool"]["driver"]["rules"][place]["id"],
            result["ruleId"]
        );
    }
    log
}

/// One line a result.
fn told(log: &Value) -> Vec<String> {
    let results = log["runs"][0]["results"].as_array().unwrap().iter();
    results
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            format!(
                "{} {} {}:{} {}",
                result["level"].as_str().unwrap(),
                result["ruleId"].as_str().unwrap(),
                place["artifactLocation"]["uri"].as_str().unwrap_or("-"),
                place["region"]["startLine"],
                result["message"]["text"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn what_is_the_same_on_many_hosts_is_one_result_at_its_line() {
    let mut frame = frame_of_command(Command::Apply);
    frame.exit = RunExit {
        code: 1,
        reason: "failed",
    };
    frame.diagnostics = vec![warning_diagnostic()];
    let log = valid(&render(&Document::new(frame, &report_of_everything())));
    insta::assert_snapshot!(told(&log).join("\n"), @r##"
    error host_failed abide.yaml:1 the host on h2: failed: 1 step failed
    warning host_unknown abide.yaml:1 the host on h5: unknown: connect timed out after 10s
    warning linger_differs abide.yaml:1 linger (user a) on h1: needed by sidekiq.service to survive logout and to start at boot
    warning missing abide.yaml:1 /home/deploy/.env (user deploy) on h1: not there
    warning missing abide.yaml:1 /home/deploy/bin (user deploy) on h1: not there
    warning missing abide.yaml:1 sidekiq.service (user a) on h1: not there; not enabled; not running
    warning missing abide.yaml:1 user a on h1: no such user
    error refused abide.yaml:1 x.service (system) on h1: no
    warning W0201 abide.yaml:7 a user's unit is wanted by a system target (help: write `default.target`)
    error action_failed abide.yaml:9 sidekiq.service (user deploy) on h2: content differs; it runs with the old ExecStart=; failed: restart sidekiq.service (user deploy): Job failed; it is still not as the manifest says; it did not stay up: failed (exit-code), 3 restarts
    warning content_differs abide.yaml:9 sidekiq.service (user deploy) on h1, h3: content differs; it runs with the old ExecStart=
    "##);
    assert_eq!(
        log["runs"][0]["invocations"][0]["executionSuccessful"],
        false
    );
}

#[test]
fn a_pending_change_of_a_plan_is_a_note() {
    let log = valid(&render(&document(Command::Plan, &report_of_everything())));
    let told = told(&log);
    let line = told
        .iter()
        .find(|line| line.contains("sidekiq.service (user deploy) on h1"))
        .unwrap();
    assert!(
        line.starts_with("note content_differs abide.yaml:9 "),
        "{line}"
    );
}

#[test]
fn a_run_that_could_not_begin_is_a_notification() {
    let mut frame = frame_of_command(Command::Plan);
    frame.failure = Some(RunFailure {
        message: "no host is selected".to_owned(),
        hints: Vec::new(),
    });
    let log = valid(&render(&Document::new(frame, &Report::default())));
    let said = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(said[0]["message"]["text"], "no host is selected");
}

#[test]
fn a_run_below_the_repository_names_files_from_its_root() {
    let mut frame = frame_of_command(Command::Plan);
    frame.run.directory = Some("deploy".to_owned());
    let log = valid(&render(&Document::new(frame, &report_of_everything())));
    assert!(
        told(&log)
            .iter()
            .all(|line| line.contains(" deploy/abide.yaml:"))
    );
}
