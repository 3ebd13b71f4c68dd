use abide_model::{ActionId, Effect, FailedUnit, RefusalKind, StepReport, Surprise, UnitRef};

use super::*;
use crate::sample::*;
use crate::words::display_width;

fn said(report: &Report) -> String {
    without_styles(&render(report, &narrow_options()))
}

/// Every step of the host ended like this; the rest were done.
fn stepped(mut report: Report, host: &str, odd: &[(u32, StepOutcome, &str)]) -> Report {
    let host = report
        .hosts
        .get_mut(&host.parse::<HostName>().unwrap())
        .unwrap();
    let actions = host.plan.iter().flat_map(|plan| &plan.actions);
    host.steps = actions
        .map(|action| {
            let (outcome, message) = odd
                .iter()
                .find(|(id, _, _)| ActionId(*id) == action.id)
                .map_or((StepOutcome::Ok, ""), |(_, outcome, message)| {
                    (*outcome, *message)
                });
            StepReport {
                action: action.id,
                outcome,
                message: message.to_owned(),
            }
        })
        .collect();
    report
}

fn crashed(host: &str) -> HostOutcome {
    let sidekiq: UnitRef = "user:deploy/sidekiq.service".parse().unwrap();
    HostOutcome::Failed {
        reasons: vec![abide_model::FailReason::from_text("1 unit did not stay up")],
        residue: Some(Box::new(
            plan_of(host)
                .with_action(
                    ResourceId::Unit(sidekiq.clone()),
                    Change::Start,
                    missing_causes(),
                )
                .0,
        )),
        failed_units: vec![FailedUnit {
            unit: sidekiq,
            state: "failed (exit-code), 3 restarts".to_owned(),
            journal: vec![
                format!(
                    "{host} sidekiq[812]: bin/sidekiq:14 ArgumentError: concurrency > pool (10)"
                ),
                "systemd[700]: sidekiq.service: Start request repeated too quickly.\u{1b}[2J"
                    .to_owned(),
            ],
        }],
    }
}

#[test]
fn a_run_that_went_well_is_told_in_two_lines() {
    let plans = (1..=3)
        .map(|n| plan_of(&format!("h{n}")).with_changed_unit(NOW))
        .collect();
    let mut all = report(plans);
    for host in ["h1", "h2", "h3"] {
        all = stepped(with_outcome(all, host, HostOutcome::Changed), host, &[]);
    }
    let all = with_outcome(all, "h4", HostOutcome::Unchanged);
    insta::assert_snapshot!(said(&all), @r##"
    ✓ h1-h3 (3 hosts) changed, and seen to be as the manifest says
    ✓ h4 unchanged

    Done: 3 hosts changed and 1 unchanged; 9 steps and 3 restarts done.
    "##);
}

#[test]
fn what_was_refused_is_told_once_and_keeps_a_host_from_being_done() {
    let refused = |host: &str| {
        let cron = unit("system/cron.service");
        let reason = "there is no such unit on the host";
        plan_of(host).with_refusal(cron, RefusalKind::Impossible, reason, "install it")
    };
    let mut all = report(vec![
        refused("h1").with_changed_unit(NOW),
        refused("h2").with_changed_unit(NOW),
        plan_of("h3").with_changed_unit(NOW),
    ]);
    for host in ["h1", "h2", "h3"] {
        all = stepped(with_outcome(all, host, HostOutcome::Changed), host, &[]);
    }
    insta::assert_snapshot!(said(&all), @r"
    ✓ h3 changed, and seen to be as the manifest says

    ✗ h1, h2 changed, and not everything could be done there
        ! cron.service — refused: there is no such unit on the host (help: install
          it)

    Not all done: 3 hosts changed; 9 steps and 3 restarts done; 2 refused.
    ");
}

#[test]
fn a_stop_and_a_start_of_one_unit_are_a_restart_as_the_plan_counted_it() {
    let socket = || unit("user:deploy/web.socket");
    let plan = plan_of("h1")
        .with_action(socket(), Change::Stop, missing_causes())
        .with_action(socket(), Change::Start, missing_causes())
        .with_action(
            unit("user:deploy/new.service"),
            Change::Start,
            missing_causes(),
        )
        .with_action(
            unit("user:deploy/old.service"),
            Change::Stop,
            missing_causes(),
        );
    let all = with_outcome(report(vec![plan]), "h1", HostOutcome::Changed);
    let all = stepped(all, "h1", &[]);
    assert!(
        said(&all).ends_with("Done: 1 host changed; 4 steps and 1 restart done.\n"),
        "{}",
        said(&all)
    );
}

#[test]
fn a_unit_that_does_not_stay_up_is_told_with_its_journal_and_what_is_left() {
    let all = report(vec![plan_of("web17").with_changed_unit(NOW)]);
    let all = stepped(with_outcome(all, "web17", crashed("web17")), "web17", &[]);
    insta::assert_snapshot!(said(&all), @r##"
    ✗ web17 failed: 1 unit did not stay up
        sidekiq.service (user deploy)  failed (exit-code), 3 restarts
          │ web17 sidekiq[812]: bin/sidekiq:14 ArgumentError: concurrency > pool (10)
          │ systemd[700]: sidekiq.service: Start request repeated too quickly.�[2J
        still to do:
          start sidekiq.service (user deploy) — not running

    Not all done: 1 host failed; 3 steps and 1 restart done; 1 unit did not stay up.
    "##);
}

#[test]
fn the_same_failure_of_many_hosts_is_told_once_with_one_journal() {
    let hosts: Vec<String> = (1..=9).map(|n| format!("w{n}")).collect();
    let mut all = report(
        hosts
            .iter()
            .map(|host| plan_of(host).with_changed_unit(NOW))
            .collect(),
    );
    for host in &hosts {
        all = stepped(with_outcome(all, host, crashed(host)), host, &[]);
    }
    let said = said(&all);
    assert!(
        said.contains("✗ w1-w9 failed: 1 unit") && said.contains("│ on w1:"),
        "{said}"
    );
    assert_eq!(said.matches("ArgumentError").count(), 1, "{said}");
}

#[test]
fn a_failed_step_is_told_with_what_was_skipped_and_put_back() {
    let all = report(vec![
        plan_of("h1")
            .with_new_user_and_unit("sidekiq", "/srv/sidekiq")
            .with_action(unit("user:sidekiq/b.service"), Change::Start, from(3)),
    ]);
    let failed = HostOutcome::Failed {
        reasons: vec![abide_model::FailReason::from_text(
            "the manager of sidekiq did not start",
        )],
        residue: None,
        failed_units: Vec::new(),
    };
    let odd = [
        (3, StepOutcome::Failed, "Job for user@990.service failed"),
        (4, StepOutcome::Restored, ""),
        (8, StepOutcome::Skipped, ""),
    ];
    let all = stepped(with_outcome(all, "h1", failed), "h1", &odd);
    insta::assert_snapshot!(said(&all), @r##"
    ✗ h1 failed: the manager of sidekiq did not start
        ! failed: start the manager of sidekiq: Job for user@990.service failed
        · put back: install /srv/sidekiq/.config/systemd/user/sidekiq.service
        · skipped: start b.service (user sidekiq), because it follows `start the
          manager of sidekiq`

    Not all done: 1 host failed; 5 steps done; 1 step failed, 1 put back and 1 skipped.
    "##);
}

#[test]
fn an_interrupted_run_says_what_was_and_was_not_done() {
    let mut all = report(
        (1..=5)
            .map(|n| plan_of(&format!("h{n}")).with_changed_unit(NOW))
            .collect(),
    );
    all = stepped(with_outcome(all, "h1", HostOutcome::Changed), "h1", &[]);
    all = with_outcome(all, "h2", HostOutcome::Interrupted);
    for host in ["h3", "h4", "h5"] {
        all = with_outcome(all, host, HostOutcome::NotStarted);
    }
    insta::assert_snapshot!(said(&all), @r##"
    ✓ h1 changed, and seen to be as the manifest says

    ? h2 cut off while its script ran; the host finishes it or puts the old state
      back by itself
    · h3-h5 (3 hosts) not started: nothing was done there

    Not all done: 1 host changed, 1 interrupted and 3 not started; 3 steps and 1 restart done.
    "##);
}

#[test]
fn locked_and_stale_hosts_are_told_with_the_next_step() {
    let holder = abide_model::LockHolder {
        who: "ana@laptop".to_owned(),
        operation: "apply".to_owned(),
        since: abide_model::Timestamp::from_secs(NOW - 180),
        id: String::new(),
        plan: String::new(),
        url: String::new(),
    };
    let all = report(vec![
        plan_of("h1").with_changed_unit(NOW),
        plan_of("h2").with_changed_unit(NOW),
    ]);
    let all = with_outcome(all, "h1", HostOutcome::Locked(holder));
    let fact = "sidekiq.service: planned from active, now failed";
    let facts = vec![abide_model::StaleFact::from_text(fact)];
    let all = with_outcome(all, "h2", HostOutcome::Stale { facts });
    insta::assert_snapshot!(said(&with_unreachable_host(all, "h3")), @r##"
    ✗ h1 locked by ana@laptop (apply, for 3m)
      help: nothing was done there; run again later, or with `--lock-timeout 5m`

    ✗ h3 not observed: connect timed out after 10s
      help: check that `ssh h3 true` works

    ✗ h2 stale, nothing was written
      help: make a new plan and look at it
        ! sidekiq.service: planned from active, now failed

    Not all done: 1 host stale, 1 locked and 1 unknown.
    "##);
}

#[test]
fn a_host_where_everything_is_refused_says_so() {
    let plan = plan_of("h1").with_refusal(
        ResourceId::Linger(user("deploy")),
        RefusalKind::Impossible,
        "lingering cannot be enabled without root",
        "connect as root",
    );
    insta::assert_snapshot!(said(&report(vec![plan])), @r##"
    ✗ h1 differs; nothing was done
        still to do:
          lingering of deploy — refused: lingering cannot be enabled without root
          (help: connect as root)

    Not all done: 1 host pending; 1 refused.
    "##);
}

#[test]
fn what_was_done_and_put_back_is_not_counted_as_done() {
    let mut all = report(vec![plan_of("h1").with_changed_unit(NOW)]);
    let failed = HostOutcome::Failed {
        reasons: vec![abide_model::FailReason::from_text("it does not load")],
        residue: None,
        failed_units: Vec::new(),
    };
    all = stepped(with_outcome(all, "h1", failed), "h1", &[]);
    let host = all.hosts.values_mut().next().unwrap();
    let undone = host.steps.first().unwrap().action;
    host.steps.push(StepReport {
        action: undone,
        outcome: StepOutcome::Restored,
        message: String::new(),
    });
    let said = said(&all);
    assert!(
        said.ends_with(
            "Not all done: 1 host failed; 2 steps and 1 restart done; 1 step put back.\n"
        ),
        "{said}"
    );
}

#[test]
fn steps_of_which_nothing_was_heard_are_judged_by_how_the_host_is() {
    let of = |outcome| {
        with_outcome(
            report(vec![plan_of("h1").with_changed_unit(NOW)]),
            "h1",
            outcome,
        )
    };
    let failed = |residue| HostOutcome::Failed {
        reasons: vec![abide_model::FailReason::from_text(
            "the connection was lost",
        )],
        residue,
        failed_units: Vec::new(),
    };
    let plan = plan_of("h1").with_changed_unit(NOW).0;
    let mut half = plan.clone();
    half.actions.truncate(1);
    for (outcome, ends) in [
        (HostOutcome::Changed, "3 steps and 1 restart done."),
        (
            failed(Some(Box::new(plan))),
            "1 host failed; 3 steps not done.",
        ),
        (failed(None), "1 host failed; 3 steps not heard of."),
    ] {
        let said = said(&of(outcome));
        assert!(said.trim_end().ends_with(ends), "{said}");
    }
    let said = said(&of(failed(Some(Box::new(half)))));
    assert!(
        said.contains("not done.") && said.contains(" done; "),
        "{said}"
    );
}

#[test]
fn a_long_journal_keeps_its_end() {
    let mut all = report(vec![plan_of("h1").with_changed_unit(NOW)]);
    let mut outcome = crashed("h1");
    if let HostOutcome::Failed { failed_units, .. } = &mut outcome {
        failed_units[0].journal = (1..=100)
            .map(|n| format!("line {n} {}", "x".repeat(900)))
            .collect();
    }
    all = with_outcome(all, "h1", outcome);
    let said = said(&all);
    assert!(
        said.contains("line 100") && !said.contains("line 80 "),
        "{said}"
    );
    assert!(said.lines().all(|line| display_width(line) < 340), "{said}");
}

fn surprised(report: &mut Report, host: &str, all: &[(&str, Option<Effect>, Option<Effect>)]) {
    let name = host.parse::<HostName>().unwrap();
    let host = report.hosts.get_mut(&name).unwrap();
    host.surprises = all
        .iter()
        .map(|(unit, forecast, happened)| Surprise {
            unit: unit.parse().unwrap(),
            forecast: *forecast,
            happened: *happened,
        })
        .collect();
}

#[test]
fn a_forecast_that_was_wrong_is_told_and_all_is_well_none_the_less() {
    let mut report = report(vec![
        plan_of("h1").with_changed_unit(1),
        plan_of("h2").with_changed_unit(1),
    ]);
    for host in ["h1", "h2"] {
        report = with_outcome(report, host, HostOutcome::Changed);
        report = stepped(report, host, &[]);
    }
    let app = ("user:deploy/app.service", None, Some(Effect::Restart));
    surprised(&mut report, "h1", &[app]);
    let web = ("system/web.service", Some(Effect::Restart), None);
    let old = (
        "system/old.service",
        Some(Effect::Stop),
        Some(Effect::Restart),
    );
    surprised(&mut report, "h2", &[app, web, old]);
    insta::assert_snapshot!(said(&report), @r##"
    ✓ h1, h2 changed, and seen to be as the manifest says

    ↻ h1, h2 app.service (user deploy) was restarted too, which the plan did not
      forecast
    ↻ h2 old.service was restarted, and the plan had forecast that it would be
      stopped
    ↻ h2 web.service was not restarted, which the plan had forecast

    Done: 2 hosts changed; 6 steps and 2 restarts done.
    "##);
}
