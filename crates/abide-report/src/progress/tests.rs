use super::*;
use crate::sample::*;

fn host(name: &str) -> HostName {
    name.parse().unwrap()
}

fn done(name: &str, state: HostState) -> Event {
    Event::HostDone {
        host: host(name),
        state,
        reasons: Vec::new(),
        failed_units: Vec::new(),
        millis: 6120,
    }
}

fn step_done(outcome: StepOutcome, message: &str) -> Event {
    Event::ActionDone {
        host: host("h1"),
        action: ActionId(3),
        outcome,
        message: message.to_owned(),
    }
}

fn said(event: &Event, verbosity: Verbosity) -> Option<String> {
    let planned = report(vec![plan_of("h1").with_changed_unit(NOW)]);
    let options = TextOptions {
        verbosity,
        ..narrow_options()
    };
    line(event, &planned, &options).map(|line| without_styles(&line))
}

#[test]
fn a_log_has_a_line_for_each_host_that_changed_or_did_not_get_there() {
    let normal = |event: &Event| said(event, Verbosity::Normal);
    assert_eq!(
        normal(&done("h1", HostState::Changed)).as_deref(),
        Some("✓ h1  changed after 6.1s")
    );
    assert_eq!(
        normal(&done("h1", HostState::Failed)).as_deref(),
        Some("✗ h1  failed after 6.1s")
    );
    assert_eq!(normal(&done("h1", HostState::Clean)), None);
    assert_eq!(
        said(&done("h1", HostState::Unknown), Verbosity::Quiet).as_deref(),
        Some("✗ h1  unknown after 6.1s")
    );
    assert_eq!(
        said(&done("h1", HostState::Changed), Verbosity::Quiet),
        None
    );
}

#[test]
fn a_failed_step_is_told_at_once_and_in_words() {
    let failed = step_done(StepOutcome::Failed, "Job failed\u{1b}[2J\nsee journalctl");
    assert_eq!(
        said(&failed, Verbosity::Quiet).as_deref(),
        Some(
            "✗ h1  failed: restart sidekiq.service (user deploy): Job failed\u{fffd}[2J see journalctl"
        )
    );
    assert_eq!(
        said(&step_done(StepOutcome::Ok, ""), Verbosity::Normal),
        None
    );
    assert_eq!(
        said(&step_done(StepOutcome::Ok, ""), Verbosity::Verbose).as_deref(),
        Some("✓ h1  done: restart sidekiq.service (user deploy)")
    );
}

#[test]
fn a_step_that_no_plan_knows_has_its_number() {
    let planned = Report::default();
    let line = line(
        &step_done(StepOutcome::Failed, ""),
        &planned,
        &narrow_options(),
    )
    .unwrap();
    assert_eq!(without_styles(&line), "✗ h1  failed: step 3");
}

#[test]
fn the_live_line_counts_and_names_who_runs() {
    let mut tally = Tally::new(40);
    assert_eq!(tally.line(&narrow_options()), "0 of 40 hosts");
    for n in 1..=12 {
        tally.note(&Event::HostStart {
            host: host(&format!("web{n:02}")),
        });
    }
    tally.note(&done("web01", HostState::Changed));
    tally.note(&done("web02", HostState::Failed));
    assert_eq!(
        tally.line(&narrow_options()),
        "2 of 40 hosts, 1 not well; running: web03-web12"
    );
    for n in 0..60 {
        tally.note(&Event::HostStart {
            host: host(&format!("host-with-a-name{}.example.com", n * 3)),
        });
    }
    assert!(crate::words::display_width(&tally.line(&narrow_options())) <= 80);
}
