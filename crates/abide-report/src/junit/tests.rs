use abide_model::{HostOutcome, Report};

use super::*;
use crate::document::{RunExit, RunFailure};
use crate::sample::*;

/// Checks it against the schema by xmllint of libxml2.
#[track_caller]
fn is_valid(xml: &str) {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/junit.xsd");
    let line = ["xmllint", "--noout", "--nonet", "--schema", schema, "-"];
    crate::tool::assert_accepts("libxml2-utils", &line, xml);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a whole document")]
fn a_suite_is_a_host_and_a_case_is_a_resource() {
    let mut frame = frame_of_command(Command::Apply);
    frame.exit = RunExit {
        code: 1,
        reason: "failed",
    };
    let xml = render(&Document::new(frame, &report_of_everything()));
    is_valid(&xml);
    insta::assert_snapshot!(xml, @r##"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites>
      <testsuite name="h1" id="0" package="shop" hostname="h1" timestamp="2026-03-03T14:05:00" tests="10" failures="7" errors="0" skipped="0" time="0.400">
        <properties>
          <property name="abide.command" value="apply"/>
          <property name="abide.version" value="0.1.0"/>
          <property name="abide.run" value="00000000-0000-4000-8000-000000000000"/>
        </properties>
        <testcase name="the host" classname="shop.h1" time="0.400"/>
        <testcase name="nginx.service (system)" classname="shop.h1" time="0.000"/>
        <testcase name="sidekiq.service (user deploy)" classname="shop.h1" time="0.000">
          <failure message="content differs; it runs with the old ExecStart=" type="content_differs">declared at abide.yaml:9:3
    write /home/deploy/.config/systemd/user/sidekiq.service: content differs
    @@ line 2, [Unit]
     Description=Background worker
     
     [Service]
    -ExecStart=/srv/app/bin/sidekiq -c 10
    +ExecStart=/srv/app/bin/sidekiq -c 20
     Restart=on-failure
     RestartSec=1
     
    restart: up 1m to 2h with the old ExecStart=</failure>
        </testcase>
        <testcase name="user a" classname="shop.h1" time="0.000">
          <failure message="no such user" type="missing">create system account, home /home/a: no such user</failure>
        </testcase>
        <testcase name="linger (user a)" classname="shop.h1" time="0.000">
          <failure message="needed by sidekiq.service to survive logout and to start at boot" type="linger_differs">enable: needed by sidekiq.service to survive logout and to start at boot
    start its user manager: lingering is enabled</failure>
        </testcase>
        <testcase name="/home/deploy/.env (user deploy)" classname="shop.h1" time="0.000">
          <failure message="not there" type="missing">write mode 0600 (secret, new) instead of a symbolic link to /etc/passwd: not there</failure>
        </testcase>
        <testcase name="/home/deploy/bin (user deploy)" classname="shop.h1" time="0.000">
          <failure message="not there" type="missing">create mode 0755 (binary, 2 bytes): not there</failure>
        </testcase>
        <testcase name="sidekiq.service (user a)" classname="shop.h1" time="0.000">
          <failure message="not there; not enabled; not running" type="missing">install /home/a/.config/systemd/user/sidekiq.service (10 lines): not there
    +[Unit]
    +Description=Background worker
    +
    +[Service]
    +ExecStart=/srv/app/bin/sidekiq -c 10
    +Restart=on-failure
    +RestartSec=1
    +
    +[Install]
    +WantedBy=default.target
    enable wanted by default.target: not enabled
    start: not running</failure>
        </testcase>
        <testcase name="x.service (system)" classname="shop.h1" time="0.000">
          <failure message="no" type="refused">refused: no
    help: allow it</failure>
        </testcase>
        <testcase name="y.service (system)" classname="shop.h1" time="0.000"/>
        <system-out/>
        <system-err/>
      </testsuite>
      <testsuite name="h2" id="1" package="shop" hostname="h2" timestamp="2026-03-03T14:05:00" tests="3" failures="2" errors="0" skipped="0" time="0.400">
        <properties>
          <property name="abide.command" value="apply"/>
          <property name="abide.version" value="0.1.0"/>
          <property name="abide.run" value="00000000-0000-4000-8000-000000000000"/>
        </properties>
        <testcase name="the host" classname="shop.h2" time="0.400">
          <failure message="failed: 1 step failed" type="failed"/>
        </testcase>
        <testcase name="nginx.service (system)" classname="shop.h2" time="0.000"/>
        <testcase name="sidekiq.service (user deploy)" classname="shop.h2" time="0.000">
          <failure message="content differs; it runs with the old ExecStart=; failed: restart sidekiq.service (user deploy): Job failed; it is still not as the manifest says; it did not stay up: failed (exit-code), 3 restarts" type="action_failed">declared at abide.yaml:9:3
    failed: restart sidekiq.service (user deploy): Job failed
    failed: did not stay up: failed (exit-code), 3 restarts
    write /home/deploy/.config/systemd/user/sidekiq.service: content differs
    @@ line 2, [Unit]
     Description=Background worker
     
     [Service]
    -ExecStart=/srv/app/bin/sidekiq -c 10
    +ExecStart=/srv/app/bin/sidekiq -c 20
     Restart=on-failure
     RestartSec=1
     
    restart: up 1m to 2h with the old ExecStart=</failure>
        </testcase>
        <system-out/>
        <system-err>user:deploy/sidekiq.service: failed (exit-code), 3 restarts
    boom
    </system-err>
      </testsuite>
      <testsuite name="h3" id="2" package="shop" hostname="h3" timestamp="2026-03-03T14:05:00" tests="3" failures="1" errors="0" skipped="0" time="0.400">
        <properties>
          <property name="abide.command" value="apply"/>
          <property name="abide.version" value="0.1.0"/>
          <property name="abide.run" value="00000000-0000-4000-8000-000000000000"/>
        </properties>
        <testcase name="the host" classname="shop.h3" time="0.400"/>
        <testcase name="nginx.service (system)" classname="shop.h3" time="0.000"/>
        <testcase name="sidekiq.service (user deploy)" classname="shop.h3" time="0.000">
          <failure message="content differs; it runs with the old ExecStart=" type="content_differs">declared at abide.yaml:9:3
    write /home/deploy/.config/systemd/user/sidekiq.service: content differs
    @@ line 2, [Unit]
     Description=Background worker
     
     [Service]
    -ExecStart=/srv/app/bin/sidekiq -c 10
    +ExecStart=/srv/app/bin/sidekiq -c 20
     Restart=on-failure
     RestartSec=1
     
    restart: up 1m to 2h with the old ExecStart=</failure>
        </testcase>
        <system-out/>
        <system-err/>
      </testsuite>
      <testsuite name="h4" id="3" package="shop" hostname="h4" timestamp="2026-03-03T14:05:00" tests="3" failures="0" errors="0" skipped="0" time="0.400">
        <properties>
          <property name="abide.command" value="apply"/>
          <property name="abide.version" value="0.1.0"/>
          <property name="abide.run" value="00000000-0000-4000-8000-000000000000"/>
        </properties>
        <testcase name="the host" classname="shop.h4" time="0.400"/>
        <testcase name="nginx.service (system)" classname="shop.h4" time="0.000"/>
        <testcase name="sidekiq.service (user deploy)" classname="shop.h4" time="0.000"/>
        <system-out/>
        <system-err/>
      </testsuite>
      <testsuite name="h5" id="4" package="shop" hostname="h5" timestamp="2026-03-03T14:05:00" tests="3" failures="0" errors="3" skipped="0" time="0.000">
        <properties>
          <property name="abide.command" value="apply"/>
          <property name="abide.version" value="0.1.0"/>
          <property name="abide.run" value="00000000-0000-4000-8000-000000000000"/>
        </properties>
        <testcase name="the host" classname="shop.h5" time="0.000">
          <error message="unknown: connect timed out after 10s" type="unknown">check that `ssh h5 true` works</error>
        </testcase>
        <testcase name="nginx.service (system)" classname="shop.h5" time="0.000">
          <error message="the host was not observed: connect timed out after 10s" type="unobservable">declared at abide.yaml:4:3</error>
        </testcase>
        <testcase name="sidekiq.service (user deploy)" classname="shop.h5" time="0.000">
          <error message="the host was not observed: connect timed out after 10s" type="unobservable">declared at abide.yaml:9:3</error>
        </testcase>
        <system-out/>
        <system-err/>
      </testsuite>
    </testsuites>
    "##);
}

#[test]
fn a_manifest_that_is_wrong_is_a_suite_of_its_own() {
    let mut frame = frame_of_command(Command::Validate);
    let mut wrong = warning_diagnostic();
    wrong.severity = Severity::Error;
    frame.diagnostics = vec![wrong];
    let xml = render(&Document::new(frame, &Report::default()));
    is_valid(&xml);
    assert!(xml.contains("tests=\"1\" failures=\"1\""), "{xml}");
    let fine = render(&document(Command::Validate, &Report::default()));
    is_valid(&fine);
    assert!(
        fine.contains("tests=\"1\" failures=\"0\" errors=\"0\""),
        "{fine}"
    );
}

#[test]
fn a_run_that_could_not_begin_is_an_error() {
    let mut frame = frame_of_command(Command::Plan);
    frame.failure = Some(RunFailure {
        message: "no host is selected".to_owned(),
        hints: vec!["look".to_owned()],
    });
    let xml = render(&Document::new(frame, &Report::default()));
    is_valid(&xml);
    assert!(
        xml.contains("<error message=\"no host is selected\""),
        "{xml}"
    );
}

#[test]
fn what_a_host_says_is_no_markup_and_no_forbidden_character() {
    let evil = "]]><x y='\"&\u{1b}\u{0}\u{ffff}\n\u{202e}";
    let unreachable = HostOutcome::Unreachable {
        reason: evil.to_owned(),
        help: Some(evil.to_owned()),
    };
    let failed = HostOutcome::Failed {
        reasons: vec![abide_model::FailReason::from_text(evil)],
        residue: None,
        failed_units: vec![abide_model::FailedUnit {
            unit: "user:deploy/sidekiq.service".parse().unwrap(),
            state: evil.to_owned(),
            journal: vec![evil.to_owned()],
        }],
    };
    let all = with_outcome(report_of_everything(), "h1", unreachable);
    let xml = render(&document(Command::Plan, &with_outcome(all, "h2", failed)));
    is_valid(&xml);
    assert!(!xml.contains("<x "), "{xml}");
}

#[test]
fn hosts_that_had_no_turn_are_skipped() {
    let all = with_outcome(
        report(vec![plan_of("h1").with_changed_unit(NOW)]),
        "h1",
        HostOutcome::NotStarted,
    );
    let xml = render(&document(Command::Apply, &all));
    is_valid(&xml);
    assert!(
        xml.contains("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"2\""),
        "{xml}"
    );
}
