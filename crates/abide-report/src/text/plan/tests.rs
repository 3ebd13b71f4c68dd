use abide_model::{
    AccountField, ActionId, Before, Cause, Change, Effect, FieldChange, FilePurpose, HandEdit,
    LockHolder, NoteKind, RefusalKind, ResourceId, Timestamp,
};

use super::*;
use crate::sample::*;
use crate::summary::Summary;
use crate::words::display_width;

fn said(report: &Report) -> String {
    without_styles(&render(report, &narrow_options()))
}

fn verbose() -> TextOptions {
    TextOptions {
        verbosity: Verbosity::Verbose,
        ..narrow_options()
    }
}

#[test]
fn a_host_where_nothing_is_gets_a_block_for_each_thing_that_comes() {
    let report = report(vec![
        plan_of("h1").with_new_user_and_unit("sidekiq", "/srv/sidekiq"),
    ]);
    insta::assert_snapshot!(said(&report), @r##"
    h1
      + user sidekiq
          create system account, home /srv/sidekiq — no such user
      + linger           user sidekiq
          enable — needed by sidekiq.service to survive logout and to start at boot
          start  its user manager — lingering is enabled
      + sidekiq.service  user sidekiq
          install /srv/sidekiq/.config/systemd/user/sidekiq.service (10 lines)
                  — not there
          enable  wanted by default.target — not enabled
          start — not running

    Once the files are in place: daemon-reload of the manager of sidekiq.

    Plan: 3 to add, 0 to change, 0 to remove on 1 host.
    "##);
}

#[test]
fn a_changed_unit_shows_its_diff_and_what_it_interrupts() {
    let report = report(vec![plan_of("h1").with_changed_unit(NOW - 12 * 86_400)]);
    insta::assert_snapshot!(said(&report), @r##"
    h1
      ~ sidekiq.service  user deploy
          write   /home/deploy/.config/systemd/user/sidekiq.service
            @@ line 2, [Unit]
              Description=Background worker

              [Service]
            - ExecStart=/srv/app/bin/sidekiq -c 10
            + ExecStart=/srv/app/bin/sidekiq -c 20
              Restart=on-failure
              RestartSec=1

        ↻ restart — up 12d with the old ExecStart=

    Once the files are in place: daemon-reload of the manager of deploy.

    Plan: 0 to add, 1 to change, 0 to remove on 1 host; 1 restart.
    "##);
}

#[test]
fn ascii_twins_stand_for_every_symbol() {
    let mut options = narrow_options();
    options.unicode = false;
    let report = with_unreachable_host(
        report(vec![plan_of("h1").with_changed_unit(NOW - 60)]),
        "h2",
    );
    let said = render(&report, &options);
    assert!(said.is_ascii(), "{said}");
    insta::assert_snapshot!(without_styles(&said), @r##"
    h1
      ~ sidekiq.service  user deploy
          write   /home/deploy/.config/systemd/user/sidekiq.service
            @@ line 2, [Unit]
              Description=Background worker

              [Service]
            - ExecStart=/srv/app/bin/sidekiq -c 10
            + ExecStart=/srv/app/bin/sidekiq -c 20
              Restart=on-failure
              RestartSec=1

        @ restart -- up 1m with the old ExecStart=

    Once the files are in place: daemon-reload of the manager of deploy on h1.

    ? h2 not observed: connect timed out after 10s
      help: check that `ssh h2 true` works

    Plan: 0 to add, 1 to change, 0 to remove on 1 host; 1 restart. 1 host could not be observed: INCOMPLETE
    "##);
}

#[test]
fn forty_hosts_with_one_change_fit_on_a_screen_and_name_the_exceptions() {
    let mut plans: Vec<_> = (1..=40)
        .filter(|n| *n != 17)
        .map(|n| plan_of(&format!("web{n:02}")).with_changed_unit(NOW - 3600 * n))
        .collect();
    plans.push(plan_of("web17").with_unchanged(2));
    let said = said(&report(plans));
    assert!(said.lines().count() < 40);
    insta::assert_snapshot!(said, @r##"
    all 40 hosts but web17
      ~ sidekiq.service  user deploy
          write   /home/deploy/.config/systemd/user/sidekiq.service
            @@ line 2, [Unit]
              Description=Background worker

              [Service]
            - ExecStart=/srv/app/bin/sidekiq -c 10
            + ExecStart=/srv/app/bin/sidekiq -c 20
              Restart=on-failure
              RestartSec=1

        ↻ restart — up 1h to 1d 16h with the old ExecStart=

    Once the files are in place: daemon-reload of the manager of deploy on all 40
    hosts but web17.
    As the manifest says: web17.

    Plan: 0 to add, 39 to change, 0 to remove on 39 hosts; 39 restarts.
    "##);
}

#[test]
fn a_host_that_differs_from_the_others_has_a_section_of_its_own() {
    let linger = |host: &str| {
        plan_of(host).with_changed_unit(NOW - 60).with_action(
            ResourceId::Linger(user("deploy")),
            Change::EnableLinger,
            missing_causes(),
        )
    };
    let mut plans: Vec<_> = (1..=3)
        .map(|n| plan_of(&format!("w{n}")).with_changed_unit(NOW - 60))
        .collect();
    plans.extend([linger("w4"), linger("w5")]);
    let said = said(&report(plans));
    assert_eq!(said.matches("ExecStart=/srv").count(), 2, "{said}");
    assert!(
        said.contains("w1-w5 (all 5 hosts)\n") && said.contains("\nw4, w5\n"),
        "{said}"
    );
}

#[test]
fn another_old_content_is_another_change() {
    let path = "/etc/systemd/system/a.service";
    let plan = |host: &str, before: &str| {
        plan_of(host).with_action(
            unit("system/a.service"),
            write(path, FilePurpose::Unit, before_with_content(before), "c\n"),
            missing_causes(),
        )
    };
    let said = said(&report(vec![
        plan("h1", "a\n"),
        plan("h2", "b\n"),
        plan("h3", "a\n"),
    ]));
    assert!(
        said.contains("h1, h3\n") && said.contains("\nh2\n"),
        "{said}"
    );
}

#[test]
fn no_change_is_said_in_one_line() {
    let report = report(vec![
        plan_of("h1").with_unchanged(7),
        plan_of("h2").with_unchanged(7),
    ]);
    assert_eq!(
        said(&report),
        "No changes. 2 hosts are as the manifest says (14 resources).\n"
    );
}

#[test]
fn a_host_that_nobody_saw_makes_the_plan_incomplete() {
    let report = with_unreachable_host(report(vec![plan_of("h1").with_unchanged(1)]), "h2");
    let report = with_unreachable_host(report, "h3");
    insta::assert_snapshot!(said(&report), @r##"
    As the manifest says: h1.

    ? h2, h3 not observed: connect timed out after 10s
      help: check that `ssh h2 true` works

    No changes. 1 host is as the manifest says (1 resource). 2 hosts could not be observed: INCOMPLETE
    "##);
}

#[test]
fn nothing_selected_and_nothing_known_are_said() {
    assert_eq!(said(&Report::default()), "No host was selected.\n");
    let report = with_unreachable_host(Report::default(), "h1");
    assert!(
        said(&report).ends_with("Nothing is known. 1 host could not be observed: INCOMPLETE\n")
    );
}

#[test]
fn removals_refusals_and_notes_are_told_with_their_resource() {
    let old = unit("system/old.service");
    let path = "/etc/systemd/system/old.service";
    let purpose = FilePurpose::Unit;
    let report = report(vec![
        plan_of("h1")
            .with_action(old.clone(), Change::Stop, vec![Cause::Undeclared])
            .with_action(
                old.clone(),
                Change::Disable { remove: ["multi-user.target.wants/old.service".to_owned()].into() },
                vec![Cause::Undeclared],
            )
            .with_action(
                old,
                Change::RemoveFile { path: path.parse().unwrap(), purpose, before: before_with_content("a\n") },
                vec![Cause::Undeclared],
            )
            .notes(unit("user:deploy/a.timer"), NoteKind::Expect, "a.service runs once when this timer is started: its last run is overdue")
            .notes(unit("system/b.service"), NoteKind::Foreign, "keeps 50-x.conf, which is not ours")
            .with_refusal(
                ResourceId::Linger(user("deploy")),
                RefusalKind::Impossible,
                "lingering cannot be enabled: not root, and polkit does not let deploy do it for itself",
                "connect as root, or run `loginctl enable-linger deploy` there once",
            )
            .with_refusal(unit("user:ops/x.service"), RefusalKind::Unknown, "the manager of ops did not answer", ""),
    ]);
    insta::assert_snapshot!(said(&report), @r##"
    h1
      - old.service  system
        - stop — no longer declared
          disable was wanted by multi-user.target — no longer declared
          remove  /etc/systemd/system/old.service (1 line) — no longer declared
      ! linger       user deploy
        ! refused: lingering cannot be enabled: not root, and polkit does not let
          deploy do it for itself
          help: connect as root, or run `loginctl enable-linger deploy` there once
      · a.timer      user deploy
        · a.service runs once when this timer is started: its last run is overdue
      ? x.service    user ops
        ? unknown: the manager of ops did not answer

    1 note about what abide leaves alone: see -v.

    Plan: 0 to add, 0 to change, 1 to remove on 1 host; 1 stop. 2 refused. Not everything could be observed: INCOMPLETE
    "##);
}

fn field(field: AccountField, from: &str, to: &str) -> FieldChange {
    FieldChange {
        field,
        from: from.to_owned(),
        to: to.to_owned(),
    }
}

fn differs(field: &str) -> Vec<Cause> {
    vec![Cause::Differs {
        field: field.to_owned().into(),
        observed: "a".to_owned(),
        desired: "b".to_owned(),
    }]
}

#[test]
fn accounts_files_and_modes_are_told_in_their_own_words() {
    let env = "/home/deploy/.config/app/env";
    let netrc = "/home/deploy/.netrc";
    let fields = vec![
        field(AccountField::Shell, "/bin/sh", "/bin/bash"),
        field(AccountField::Groups, "", "app"),
    ];
    let mode = Change::SetMode {
        path: netrc.parse().unwrap(),
        from: 0o644,
        to: 0o600,
    };
    let written = write(
        env,
        FilePurpose::Plain,
        before_with_content("A=1\n"),
        "A=2\n",
    );
    let owed = Cause::ReloadOwed {
        evidence: "NeedDaemonReload".to_owned(),
        unit: Some("nginx.service".parse().unwrap()),
    };
    let manager = ResourceId::Manager(scope("system"));
    let plan = plan_of("h1")
        .with_action(
            ResourceId::User(user("deploy")),
            Change::ModifyUser(fields),
            differs("shell"),
        )
        .with_action(file("user:deploy", env), written, differs("content"))
        .with_action(file("user:deploy", netrc), mode, differs("mode"))
        .with_action(unit("user:deploy/a.service"), Change::Restart, from(2))
        .with_action(manager, Change::DaemonReload, vec![owed])
        .with_action(
            unit("system/nginx.service"),
            Change::Adopt,
            missing_causes(),
        );
    let report = report(vec![plan]);
    insta::assert_snapshot!(said(&report), @r##"
    h1
      ~ service manager               system
          daemon-reload — none since nginx.service changed (NeedDaemonReload)
      · nginx.service                 system
          adopt as it is, from now on abide's to keep — not there
      ~ user deploy
          modify shell /bin/sh → /bin/bash, add to app — as declared
      ~ /home/deploy/.config/app/env  user deploy
          write
            - A=1
            + A=2

      ~ /home/deploy/.netrc           user deploy
          chmod 0644 → 0600 — as declared
      ↻ a.service                     user deploy
        ↻ restart — /home/deploy/.config/app/env changes

    Plan: 0 to add, 5 to change, 0 to remove on 1 host; 1 restart, 1 to adopt.
    "##);
}

#[test]
fn more_is_said_where_it_is_asked_for() {
    let report = report(vec![plan_of("h1").with_changed_unit(NOW - 60).notes(
        unit("system/b.service"),
        NoteKind::Foreign,
        "keeps 50-x.conf, which is not ours",
    )]);
    let less = said(&report);
    assert!(
        !less.contains("50-x.conf")
            && less.contains("1 note about what abide leaves alone: see -v."),
        "{less}"
    );
    let more = without_styles(&render(&report, &verbose()));
    assert!(
        more.contains("h1  Debian GNU/Linux 12 (bookworm), systemd 252\n"),
        "{more}"
    );
    assert!(
        more.contains("50-x.conf") && more.contains("[step 3]"),
        "{more}"
    );
}

#[test]
fn quiet_keeps_the_summary_and_what_is_wrong() {
    let options = TextOptions {
        verbosity: Verbosity::Quiet,
        ..narrow_options()
    };
    let plan = plan_of("h1").with_changed_unit(NOW - 60).with_refusal(
        unit("system/x.service"),
        RefusalKind::Guard,
        "no",
        "",
    );
    let report = with_unreachable_host(report(vec![plan]), "h2");
    insta::assert_snapshot!(without_styles(&render(&report, &options)), @r##"
    h1
      ! x.service  system
        ! refused: no

    ? h2 not observed: connect timed out after 10s
      help: check that `ssh h2 true` works

    Plan: 0 to add, 1 to change, 0 to remove on 1 host; 1 restart. 1 refused. 1 host could not be observed: INCOMPLETE
    "##);
}

#[test]
fn nothing_that_a_host_says_reaches_the_terminal_as_it_is() {
    let evil = "\u{1b}[2J\u{7}\u{202e}\n\r\u{9b}31m";
    let report = report(vec![
        plan_of("h1")
            .with_action(
                unit("system/a.service"),
                Change::Start,
                vec![
                    Cause::Differs {
                        field: evil.to_owned().into(),
                        observed: evil.into(),
                        desired: evil.into(),
                    },
                    Cause::Failed {
                        result: evil.into(),
                    },
                ],
            )
            .notes(unit("system/a.service"), NoteKind::Expect, evil)
            .with_refusal(unit("system/b.service"), RefusalKind::Guard, evil, evil),
    ]);
    let holder = LockHolder {
        who: evil.into(),
        operation: evil.into(),
        since: Timestamp::from_secs(NOW),
        id: String::new(),
        plan: String::new(),
        url: String::new(),
    };
    let report = with_outcome(report, "h2", HostOutcome::Locked(holder));
    let report = with_outcome(
        report,
        "h3",
        HostOutcome::Stale {
            facts: vec![abide_model::StaleFact::from_text(evil)],
        },
    );
    let failed = HostOutcome::Failed {
        reasons: vec![abide_model::FailReason::from_text(evil)],
        residue: None,
        failed_units: vec![],
    };
    let report = with_outcome(report, "h4", failed);
    let said = said(&report);
    let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!said.contains(acts), "{said:?}");
    assert!(said.contains("h2") && said.contains("h3") && said.contains("h4"));
}

#[test]
fn a_stop_and_a_start_of_one_unit_are_one_restart() {
    let a = unit("system/a.service");
    let plan = plan_of("h1")
        .with_action(a.clone(), Change::Stop, missing_causes())
        .with_action(a, Change::Start, from(1));
    let summary = Summary::of_report(&report(vec![plan]));
    assert_eq!((summary.restarts, summary.stops, summary.change), (1, 0, 1));
}

#[test]
fn instances_of_a_new_template_are_new() {
    let path = "/etc/systemd/system/a@.service";
    let plan = plan_of("h1")
        .with_action(
            unit("system/a@.service"),
            write(path, FilePurpose::Unit, Before::Absent, "x\n"),
            missing_causes(),
        )
        .with_action(unit("system/a@1.service"), Change::Start, missing_causes());
    assert_eq!(Summary::of_report(&report(vec![plan])).add, 2);
    let alone =
        plan_of("h1").with_action(unit("system/a@1.service"), Change::Start, missing_causes());
    assert_eq!(Summary::of_report(&report(vec![alone])).change, 1);
}

#[test]
fn no_line_of_prose_is_wider_than_the_terminal() {
    let mut options = narrow_options();
    options.width = 60;
    let plan = plan_of("h1")
        .with_new_user_and_unit("sidekiq", "/srv/sidekiq")
        .with_refusal(
            unit("system/x.service"),
            RefusalKind::Guard,
            &"word ".repeat(60),
            &"help ".repeat(60),
        );
    let said = without_styles(&render(&report(vec![plan]), &options));
    let wide: Vec<_> = said
        .lines()
        .filter(|line| display_width(line) > 60 && !line.contains("/systemd/"))
        .collect();
    // The summary is one line, for those who read the last one only.
    assert_eq!(
        wide.len(),
        usize::from(display_width(said.lines().last().unwrap()) > 60),
        "{said}"
    );
}

#[test]
fn a_cause_that_another_one_implies_is_left_out() {
    let path = "/etc/systemd/system/a.service";
    let install = write(path, FilePurpose::Unit, Before::Absent, "x\n");
    let start = vec![
        Cause::Missing,
        Cause::FollowsFrom(ActionId(1)),
        Cause::Failed {
            result: "exit-code".to_owned(),
        },
    ];
    let plan = plan_of("h1")
        .with_action(unit("system/a.service"), install, missing_causes())
        .with_action(unit("system/a.service"), Change::Start, start)
        .with_action(unit("system/b.service"), Change::Restart, from(1));
    let said = said(&report(vec![plan]));
    assert!(
        said.contains("start — not running and it failed (exit-code)\n"),
        "{said}"
    );
    assert!(said.contains("restart — a.service is new\n"), "{said}");
}

#[test]
fn one_change_on_forty_hosts_is_one_diff_and_one_range() {
    let hosts =
        (1..=40).map(|n| plan_of(&format!("web{n:02}")).with_changed_unit(NOW - 86_400 * n));
    let said = said(&report(hosts.collect()));
    assert!(said.lines().count() < 40, "{said}");
    insta::assert_snapshot!(said, @r##"
    web01-web40 (all 40 hosts)
      ~ sidekiq.service  user deploy
          write   /home/deploy/.config/systemd/user/sidekiq.service
            @@ line 2, [Unit]
              Description=Background worker

              [Service]
            - ExecStart=/srv/app/bin/sidekiq -c 10
            + ExecStart=/srv/app/bin/sidekiq -c 20
              Restart=on-failure
              RestartSec=1

        ↻ restart — up 1d to 40d with the old ExecStart=

    Once the files are in place: daemon-reload of the manager of deploy on
    web01-web40 (all 40 hosts).

    Plan: 0 to add, 40 to change, 0 to remove on 40 hosts; 40 restarts.
    "##);
}

#[test]
fn hosts_that_are_unlike_the_others_are_named() {
    let mut hosts: Vec<_> = (1..=38)
        .map(|n| plan_of(&format!("web{n:02}")).with_changed_unit(NOW - 60))
        .collect();
    let path = "/home/deploy/.config/systemd/user/sidekiq.service";
    let old = SIDEKIQ.replace("-c 10", "-c 5");
    let other = write(path, FilePurpose::Unit, before_with_content(&old), SIDEKIQ);
    let differs = vec![Cause::Differs {
        field: abide_model::Field::Content,
        observed: "1".to_owned(),
        desired: "2".to_owned(),
    }];
    hosts.push(plan_of("web39").with_action(unit("user:deploy/sidekiq.service"), other, differs));
    let all = with_unreachable_host(report(hosts), "web40");
    insta::assert_snapshot!(said(&all), @r##"
    web01-web38 (38 hosts)
      ~ sidekiq.service  user deploy
          write   /home/deploy/.config/systemd/user/sidekiq.service
            @@ line 2, [Unit]
              Description=Background worker

              [Service]
            - ExecStart=/srv/app/bin/sidekiq -c 10
            + ExecStart=/srv/app/bin/sidekiq -c 20
              Restart=on-failure
              RestartSec=1

        ↻ restart — up 1m with the old ExecStart=

    web39
      ~ sidekiq.service  user deploy
          write /home/deploy/.config/systemd/user/sidekiq.service
            @@ line 2, [Unit]
              Description=Background worker

              [Service]
            - ExecStart=/srv/app/bin/sidekiq -c 5
            + ExecStart=/srv/app/bin/sidekiq -c 10
              Restart=on-failure
              RestartSec=1

    Once the files are in place: daemon-reload of the manager of deploy on
    web01-web38 (38 hosts).

    ? web40 not observed: connect timed out after 10s
      help: check that `ssh web40 true` works

    Plan: 0 to add, 39 to change, 0 to remove on 39 hosts; 38 restarts. 1 host could not be observed: INCOMPLETE
    "##);
}

#[test]
fn a_change_that_is_another_on_every_host_is_not_shown_forty_times() {
    let path = "/home/deploy/.config/app/env";
    let hosts = (1..=40).map(|n| {
        let old = before_with_content(&format!("HOST={n}\n"));
        let new = write(path, FilePurpose::Plain, old, "HOST=x\n");
        plan_of(&format!("web{n:02}")).with_action(file("user:deploy", path), new, missing_causes())
    });
    let all = report(hosts.collect());
    insta::assert_snapshot!(said(&all), @r##"
    all 40 hosts but web01, web10
      ~ /home/deploy/.config/app/env  user deploy
          write (another diff on each host: --full shows them) — not there

    web01
      ~ /home/deploy/.config/app/env  user deploy
          write — not there
            - HOST=1
            + HOST=x

    web10
      ~ /home/deploy/.config/app/env  user deploy
          write — not there
            - HOST=10
            + HOST=x

    Plan: 0 to add, 40 to change, 0 to remove on 40 hosts.
    "##);
    let options = TextOptions {
        full: true,
        ..narrow_options()
    };
    let full = without_styles(&render(&all, &options));
    assert!(full.contains("- HOST=37\n"), "{full}");
    let first = full.lines().next().unwrap();
    assert_eq!(
        full.lines().last(),
        Some(first),
        "a long plan is summed up first, too"
    );
}

#[test]
fn what_is_unchanged_is_named_where_it_is_asked_for() {
    let mut all = report(vec![
        plan_of("h1").with_changed_unit(NOW - 60),
        plan_of("h2"),
    ]);
    for host in all.hosts.values_mut() {
        let names = ["system/nginx.service", "user:deploy/sidekiq.service"];
        host.declared = names
            .map(|name| abide_model::Declared {
                resource: unit(name),
                loaded_as: None,
                origin: origin_at_line(3),
            })
            .to_vec();
    }
    let said = without_styles(&render(&all, &verbose()));
    assert!(
        said.contains("Unchanged on h1: nginx.service (system).\n"),
        "{said}"
    );
    assert!(
        said.contains("Unchanged on h2: nginx.service (system), sidekiq.service (user deploy).\n"),
        "{said}"
    );
}

#[test]
fn what_somebody_did_by_hand_is_told_with_its_time_and_once_for_hosts_on_which_it_was_done_at_other_times()
 {
    let at = |minute: u64| Some(Timestamp::from_secs(NOW - 60 * minute));
    let by_hand = |edit: HandEdit, at| Cause::ChangedOnHost { edit, at };
    let plan = |host: &str, minute: u64| {
        let edited = by_hand(HandEdit::Edited, at(minute));
        let content = differs("content").into_iter().chain([edited]).collect();
        let link = "timers.target.wants/a.service".to_owned();
        let links = Change::Enable {
            add: [].into(),
            remove: [link.clone()].into(),
            file: None,
        };
        let made = by_hand(HandEdit::Linked([link].into()), None);
        let links_differ = differs("links").into_iter().chain([made]).collect();
        let stopped = by_hand(HandEdit::Stopped, None);
        let down = differs("ActiveState").into_iter().chain([stopped]);
        plan_of(host)
            .with_action(
                unit("user:deploy/a.service"),
                write(
                    "/home/deploy/a.service",
                    FilePurpose::Unit,
                    before_with_content("A=1\n"),
                    "A=2\n",
                ),
                content,
            )
            .with_action(unit("user:deploy/a.service"), links, links_differ)
            .with_action(unit("user:deploy/a.service"), Change::Start, down.collect())
    };
    let said = said(&report(vec![plan("h1", 5), plan("h2", 90)]));
    insta::assert_snapshot!(said, @r##"
    h1, h2
      ~ a.service  user deploy
          write  /home/deploy/a.service
                 — edited on the host since abide wrote it (2001-09-09 00:16 to
                 2001-09-09 01:41 UTC)
            - A=1
            + A=2
          enable no longer wanted by timers.target
                 — a link made by hand, [Install] does not ask for it
          start — it ran when abide left it, and was stopped since

    Plan: 0 to add, 2 to change, 0 to remove on 2 hosts.
    "##);
}

#[test]
fn what_a_restart_takes_along_is_told_under_it() {
    let report = report(vec![plan_of("h1").with_dependents()]);
    insta::assert_snapshot!(said(&report), @r##"
    h1
      ~ sidekiq.service  user deploy
          write   /home/deploy/.config/systemd/user/sidekiq.service
            @@ line 2, [Unit]
              Description=Background worker

              [Service]
            - ExecStart=/srv/app/bin/sidekiq -c 10
            + ExecStart=/srv/app/bin/sidekiq -c 20
              Restart=on-failure
              RestartSec=1

        ↻ restart — up 0s with the old ExecStart=
            also stops old.service (Conflicts=)
            also restarts app.service (Requires=) and web.service (PartOf=
              app.service)

    Once the files are in place: daemon-reload of the manager of deploy.

    Plan: 0 to add, 1 to change, 0 to remove on 1 host; 1 restart, 3 more by dependency.
    "##);
}

#[test]
fn hosts_with_the_same_consequences_are_told_together_and_others_apart() {
    let report = report(vec![
        plan_of("h1").with_dependents(),
        plan_of("h2").with_dependents(),
        plan_of("h3").with_changed_unit(1_764_000_000),
    ]);
    let text = said(&report);
    assert_eq!(
        text.matches("also restarts app.service").count(),
        1,
        "{text}"
    );
    assert!(text.contains("3 restarts, 6 more by dependency"), "{text}");
}

#[test]
fn what_fires_and_what_closes_is_told_in_words_of_its_own() {
    let timer = unit("user:deploy/backup.timer");
    let socket = unit("user:deploy/web.socket");
    let api = unit("user:deploy/api.socket");
    let report = report(vec![
        plan_of("h1")
            .with_action(socket.clone(), Change::Stop, missing_causes())
            .with_action(api, Change::Stop, missing_causes())
            .with_action(socket, Change::Start, missing_causes())
            .with_action(timer, Change::Start, missing_causes())
            .with_disruption(
                1,
                Effect::Close,
                "user:deploy/web.socket",
                ("ListenStream=8080", "web.socket"),
            )
            .with_disruption(
                2,
                Effect::Close,
                "user:deploy/api.socket",
                ("ListenStream=", "api.socket"),
            )
            .with_disruption(
                4,
                Effect::Start,
                "user:deploy/backup.service",
                ("OnBootSec=", "backup.timer"),
            ),
    ]);
    insta::assert_snapshot!(said(&report), @r##"
    h1
      ~ api.socket    user deploy
        - stop — not there
            closes what it listens on: nobody can connect any more
      ~ backup.timer  user deploy
          start — not running
            runs backup.service at once: the time of OnBootSec= has passed
      ~ web.socket    user deploy
        - stop — not there
            closes 8080 until it is started again
          start — not running

    Plan: 0 to add, 3 to change, 0 to remove on 1 host; 1 restart, 1 stop.
    "##);
}
