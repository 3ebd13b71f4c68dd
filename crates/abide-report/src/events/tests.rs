use serde_json::Value;

use super::*;
use crate::sample::{NOW, document, plan_of, report, with_unreachable_host};

fn lines(events: Vec<StreamEvent>) -> Vec<Value> {
    let mut stream = Stream::new("a-run");
    let texts = events
        .into_iter()
        .map(|event| stream.line(Moment(1_772_546_700_042), event));
    texts
        .map(|text| {
            assert!(text.ends_with('\n') && text.matches('\n').count() == 1);
            serde_json::from_str(&text).unwrap()
        })
        .collect()
}

fn planned() -> Report {
    with_unreachable_host(
        report(vec![plan_of("h1").with_changed_unit(NOW - 60)]),
        "h2",
    )
}

#[test]
fn every_line_says_its_form_its_number_its_time_and_its_run() {
    let begin = |host: &str| StreamEvent::HostStart {
        host: host.parse().unwrap(),
    };
    let lines = lines(vec![begin("h1"), begin("h2")]);
    assert_eq!(
        lines[1],
        serde_json::json!({
            "v": "1.0", "seq": 1, "ts": "2026-03-03T14:05:00.042Z", "run": "a-run",
            "type": "host_start", "host": "h2",
        })
    );
    assert_eq!(lines[0]["seq"], 0);
}

#[test]
fn a_step_is_told_with_what_it_is_about() {
    let done = |outcome| Event::ActionDone {
        host: "h1".parse().unwrap(),
        action: ActionId(3),
        outcome,
        message: "said".to_owned(),
    };
    let events = [StepOutcome::Ok, StepOutcome::Failed]
        .map(|outcome| StreamEvent::of_engine_event(&done(outcome), &planned()));
    let lines = lines(events.to_vec());
    assert_eq!(
        (&lines[0]["type"], &lines[0]["outcome"]),
        (&"action_done".into(), &"ok".into())
    );
    assert_eq!(lines[1]["type"], "action_failed");
    assert_eq!(lines[1]["resource"], "user:deploy/sidekiq.service");
    assert_eq!(lines[1]["what"], "restart sidekiq.service (user deploy)");
}

#[test]
fn a_plan_is_told_resource_by_resource_and_summed_up() {
    let document = document(Command::Plan, &planned());
    let lines = lines(StreamEvent::of_plan(&document));
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["type"], "planned_change");
    assert_eq!(lines[0]["effect"], "change");
    assert_eq!(lines[0]["reasons"][0]["code"], "content_differs");
    assert_eq!(lines[1]["type"], "plan_summary");
    assert_eq!(lines[1]["complete"], false);
}

#[test]
fn the_end_of_a_run_has_its_exit_and_every_host() {
    let document = document(Command::Plan, &planned());
    let line = &lines(vec![StreamEvent::of_run(&document)])[0];
    assert_eq!(line["type"], "run_summary");
    assert_eq!(line["exit"]["code"], 0);
    assert_eq!(line["hosts"]["h1"], "pending");
    assert_eq!(line["hosts"]["h2"], "unknown");
    assert_eq!(line["host_states"]["failed"], 0);
}
