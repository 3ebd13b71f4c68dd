use abide_model::Report;

use super::*;
use crate::document::{Command, RunExit, RunFailure};
use crate::moment::Moment;
use crate::sample::*;

/// Checks it by promtool, which is part of Prometheus.
#[track_caller]
fn is_valid(text: &str) {
    crate::tool::assert_accepts("prometheus", &["promtool", "check", "metrics"], text);
}

#[track_caller]
fn value<'t>(text: &'t str, series: &str) -> &'t str {
    let found = text.lines().find_map(|line| line.strip_prefix(series));
    found
        .unwrap_or_else(|| panic!("no {series} in\n{text}"))
        .trim()
}

fn at(hour: u64, exit: RunExit, report: &Report) -> Document {
    let mut frame = frame_of_command(Command::Plan);
    frame.exit = exit;
    frame.run.ended = Moment(1_772_546_700_000 + hour * 3_600_000);
    Document::new(frame, report)
}

const DONE: RunExit = RunExit {
    code: 0,
    reason: "done",
};
const INCOMPLETE: RunExit = RunExit {
    code: 3,
    reason: "incomplete",
};
const RUN: &str = "manifest=\"shop\",command=\"plan\"";

#[test]
#[expect(clippy::too_many_lines, reason = "a whole document")]
fn every_gauge_has_its_help_and_its_zeros() {
    let mut all = report(vec![plan_of("h1").with_changed_unit(NOW)]);
    all.hosts.extend(report(vec![plan_of("h2")]).hosts);
    let text = render(&document(Command::Plan, &all), None);
    is_valid(&text);
    let shown: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("abide_drift_resources") || !line.ends_with(" 0"))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r##"
    # HELP abide_build_info The version of abide that wrote this.
    # TYPE abide_build_info gauge
    abide_build_info{manifest="shop",command="plan",version="0.1.0"} 1
    # HELP abide_last_run_timestamp_seconds When the last run ended.
    # TYPE abide_last_run_timestamp_seconds gauge
    abide_last_run_timestamp_seconds{manifest="shop",command="plan"} 1772546703
    # HELP abide_last_success_timestamp_seconds When the last run ended that did what it is for; 0: none so far.
    # TYPE abide_last_success_timestamp_seconds gauge
    abide_last_success_timestamp_seconds{manifest="shop",command="plan"} 1772546703
    # HELP abide_last_run_exit_code The exit code of the last run.
    # TYPE abide_last_run_exit_code gauge
    abide_last_run_exit_code{manifest="shop",command="plan"} 0
    # HELP abide_run_duration_seconds How long the last run took.
    # TYPE abide_run_duration_seconds gauge
    abide_run_duration_seconds{manifest="shop",command="plan"} 3.800
    # HELP abide_hosts Selected hosts by what came of them.
    # TYPE abide_hosts gauge
    abide_hosts{manifest="shop",command="plan",state="clean"} 1
    abide_hosts{manifest="shop",command="plan",state="drifted"} 0
    abide_hosts{manifest="shop",command="plan",state="pending"} 1
    abide_hosts{manifest="shop",command="plan",state="changed"} 0
    abide_hosts{manifest="shop",command="plan",state="failed"} 0
    abide_hosts{manifest="shop",command="plan",state="unknown"} 0
    abide_hosts{manifest="shop",command="plan",state="stale"} 0
    abide_hosts{manifest="shop",command="plan",state="locked"} 0
    abide_hosts{manifest="shop",command="plan",state="suspended"} 0
    abide_hosts{manifest="shop",command="plan",state="not_started"} 0
    abide_hosts{manifest="shop",command="plan",state="interrupted"} 0
    # HELP abide_resources Resources of all selected hosts by what came of them.
    # TYPE abide_resources gauge
    abide_resources{manifest="shop",command="plan",state="clean"} 0
    abide_resources{manifest="shop",command="plan",state="drifted"} 0
    abide_resources{manifest="shop",command="plan",state="pending"} 1
    abide_resources{manifest="shop",command="plan",state="changed"} 0
    abide_resources{manifest="shop",command="plan",state="failed"} 0
    abide_resources{manifest="shop",command="plan",state="restored"} 0
    abide_resources{manifest="shop",command="plan",state="skipped"} 0
    abide_resources{manifest="shop",command="plan",state="refused"} 0
    abide_resources{manifest="shop",command="plan",state="unknown"} 0
    abide_resources{manifest="shop",command="plan",state="suspended"} 0
    # HELP abide_drift_resources Resources that are not as the manifest says, by host and main reason.
    # TYPE abide_drift_resources gauge
    abide_drift_resources{manifest="shop",command="plan",host="h1",reason="content_differs"} 1
    # HELP abide_host_last_observed_timestamp_seconds When a host was last observed; 0: never so far.
    # TYPE abide_host_last_observed_timestamp_seconds gauge
    abide_host_last_observed_timestamp_seconds{manifest="shop",command="plan",host="h1"} 1772546703
    abide_host_last_observed_timestamp_seconds{manifest="shop",command="plan",host="h2"} 1772546703
    "##);
    assert_eq!(
        text.matches("host=\"h2\",reason=").count(),
        ReasonCode::ALL.len() - 1
    );
}

#[test]
fn a_failed_run_keeps_when_the_last_one_succeeded() {
    let all = report(vec![plan_of("h1"), plan_of("h2")]);
    let first = render(&at(0, DONE, &all), None);
    let success = format!("{SUCCESS}{{{RUN}}}");
    assert_eq!(value(&first, &success), "1772546700");
    let second = render(
        &at(1, INCOMPLETE, &with_unreachable_host(all, "h2")),
        Some(&first),
    );
    is_valid(&second);
    assert_eq!(value(&second, &success), "1772546700");
    let last_run = format!("abide_last_run_timestamp_seconds{{{RUN}}}");
    assert_eq!(value(&second, &last_run), "1772550300");
    let observed = |host: &str| format!("{OBSERVED}{{{RUN},host=\"{host}\"}}");
    assert_eq!(value(&second, &observed("h1")), "1772550300");
    // `unreachable` of the sample keeps the plan of a host that has one.
    let never = render(
        &at(
            2,
            INCOMPLETE,
            &with_unreachable_host(Report::default(), "h3"),
        ),
        Some(&second),
    );
    assert_eq!(value(&never, &observed("h3")), "0");
    let lost = render(
        &at(
            3,
            INCOMPLETE,
            &with_unreachable_host(Report::default(), "h1"),
        ),
        Some(&second),
    );
    assert_eq!(value(&lost, &observed("h1")), "1772550300");
    assert_eq!(value(&lost, &success), "1772546700");
}

#[test]
fn a_run_that_could_not_read_its_manifest_keeps_its_series() {
    let first = render(&at(0, DONE, &report(vec![plan_of("h1")])), None);
    let mut frame = frame_of_command(Command::Plan);
    frame.manifest = None;
    frame.exit = RunExit {
        code: 65,
        reason: "manifest",
    };
    frame.failure = Some(RunFailure {
        message: "the manifest is wrong".to_owned(),
        hints: Vec::new(),
    });
    let second = render(&Document::new(frame, &Report::default()), Some(&first));
    is_valid(&second);
    for series in [
        format!("{SUCCESS}{{{RUN}}}"),
        format!("{OBSERVED}{{{RUN},host=\"h1\"}}"),
    ] {
        assert_eq!(value(&second, &series), "1772546700");
    }
    assert_eq!(
        value(&second, &format!("abide_last_run_exit_code{{{RUN}}}")),
        "65"
    );
}

#[test]
fn an_earlier_file_of_somebody_else_does_no_harm() {
    let all = report(vec![plan_of("h1")]);
    for odd in [
        "\u{0}",
        "abide_build_info{manifest=\"a\\\"b\",command=\"plan\",version=\"1\"} 1",
        "abide_last_success_timestamp_seconds{manifest=\"shop\",command=\"plan\"} evil",
        "x y z\n}{ 7",
    ] {
        let text = render(&at(0, INCOMPLETE, &all), Some(odd));
        is_valid(&text);
        assert_eq!(value(&text, &format!("{SUCCESS}{{{RUN}}}")), "0");
    }
}

#[test]
fn the_example_alerts_are_sound_and_fire_when_they_should() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/prometheus");
    for line in [
        ["check", "rules", "abide.rules.yml"],
        ["test", "rules", "abide.rules.test.yml"],
    ] {
        let [what, kind, file] = line;
        let path = format!("{directory}/{file}");
        crate::tool::assert_accepts("prometheus", &["promtool", what, kind, &path], "");
    }
}
