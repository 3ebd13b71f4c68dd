//! Jobs, and what the end of a unit sets off.

use abide_model::ActiveState;
use abide_sim::{Edit, NameOrder, path};

use crate::{DAEMON, drop_in, host, is_known, reload, show, state, unit, write};

#[test]
fn a_process_that_fails_at_once_did_so_before_it_was_killed() {
    let mut host = host(257);
    for (name, ties) in [
        ("a.service", ""),
        ("b.service", "[Unit]\nRequires=d.service\n"),
    ] {
        let text = format!("{ties}[Service]\nExecStart=/bin/false\n");
        write(&mut host, name, &text);
    }
    let text = format!("[Unit]\nBindsTo=a.service\n{DAEMON}");
    write(&mut host, "d.service", &text);
    host.start(&unit("b.service")).unwrap();
    assert_eq!(show(&host, "b.service").active, ActiveState::Failed);
}

#[test]
fn that_a_program_is_missing_is_noticed_after_others_have_run() {
    let mut host = host(257);
    write(
        &mut host,
        "b.service",
        "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    );
    let text = "[Unit]\nBindsTo=b.service\n[Service]\nExecStart=/bin/missing\n";
    write(&mut host, "a.service", text);
    host.start(&unit("a.service")).unwrap();
    let seen = show(&host, "a.service");
    assert_eq!(seen.active, ActiveState::Inactive, "it was killed before");
}

#[test]
fn the_end_by_a_signal_is_a_failure_for_a_oneshot_and_none_for_what_is_no_service_any_more() {
    for (text, active) in [
        (
            Some("[Service]\nType=oneshot\nExecStart=/bin/true\n"),
            ActiveState::Failed,
        ),
        (Some(""), ActiveState::Inactive),
        (None, ActiveState::Inactive),
    ] {
        let mut host = host(257);
        write(&mut host, "a.service", DAEMON);
        host.start(&unit("a.service")).unwrap();
        match text {
            Some(text) => write(&mut host, "a.service", text),
            None => host.edit(&Edit::Remove(unit("a.service"))),
        }
        reload(&mut host);
        host.stop(&unit("a.service")).unwrap();
        assert_eq!(show(&host, "a.service").active, active, "{text:?}");
    }
}

#[test]
fn a_daemon_reload_starts_again_what_is_upheld_and_failed_where_it_forgets_the_limit() {
    for (systemd, again) in [(252, true), (257, false)] {
        let mut host = host(systemd);
        write(
            &mut host,
            "a.service",
            &format!("[Unit]\nUpholds=b.service\n{DAEMON}"),
        );
        write(&mut host, "b.service", "[Service]\nExecStart=/bin/false\n");
        host.start(&unit("a.service")).unwrap();
        let failed = host.runtime_of(&unit("b.service")).unwrap().active;
        assert_eq!(failed, ActiveState::Failed);
        host.clear_log();
        reload(&mut host);
        let starts = host
            .log()
            .iter()
            .filter(|line| *line == "start system/b.service");
        assert_eq!(starts.count() > 0, again, "{systemd}");
    }
}

#[test]
fn every_unit_that_is_upheld_is_started() {
    let mut host = host(257);
    let text = format!("[Unit]\nUpholds=b.service c.service\n{DAEMON}");
    write(&mut host, "a.service", &text);
    for name in ["b.service", "c.service"] {
        write(
            &mut host,
            name,
            "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
        );
    }
    host.start(&unit("a.service")).unwrap();
    for name in ["b.service", "c.service"] {
        host.stop(&unit(name)).unwrap();
        assert!(host.is_up(&unit(name)), "{name}");
    }
}

#[test]
fn on_failure_hears_of_a_crash_that_is_followed_by_a_restart_only_since_254() {
    for (systemd, hears) in [(252, false), (257, true)] {
        let mut host = host(systemd);
        let text =
            "[Unit]\nOnFailure=b.service\n[Service]\nRestart=on-failure\nExecStart=/bin/daemon\n";
        write(&mut host, "a.service", text);
        write(&mut host, "b.service", DAEMON);
        host.fail_on_start(&unit("a.service"), true);
        host.start(&unit("a.service")).unwrap();
        let mut starts = host.log().iter().filter(|line| line.starts_with("start "));
        let heard = starts.position(|line| line == "start system/b.service");
        assert_eq!(heard == Some(1), hears, "{systemd}");
    }
}

#[test]
fn units_that_start_each_other_for_ever_leave_a_manager_without_rest() {
    let mut host = host(252);
    let requisite = "[Unit]\nOnFailure=b.service\nRequisite=gone.service\nAfter=gone.service\n";
    write(&mut host, "a.service", &format!("{requisite}{DAEMON}"));
    write(
        &mut host,
        "b.service",
        &format!("[Unit]\nRequires=a.service\nAfter=a.service\n{DAEMON}"),
    );
    write(
        &mut host,
        "gone.service",
        "[Unit]\nConditionPathExists=/nowhere\n[Service]\nExecStart=/bin/x\n",
    );
    assert!(host.start(&unit("b.service")).is_err());
    assert!(host.restless);
}

#[test]
fn what_depends_on_the_order_of_hash_tables_ends_one_way_or_the_other() {
    // The start of a.service wants and cannot stand b.service. Which of the two jobs of b.service goes is decided when
    // either unit's come up.
    let ends = |order| {
        let mut host = host(252);
        host.hash_order = NameOrder(order);
        write(
            &mut host,
            "a.service",
            &format!("[Unit]\nWants=b.service\nBefore=b.service\n{DAEMON}"),
        );
        write(
            &mut host,
            "b.service",
            &format!("[Unit]\nConflicts=a.service\n{DAEMON}"),
        );
        host.start(&unit("b.service")).unwrap();
        host.start(&unit("a.service")).unwrap();
        host.is_up(&unit("b.service"))
    };
    let ends: Vec<bool> = (0..16).map(ends).collect();
    assert!(ends.contains(&true) && ends.contains(&false), "{ends:?}");
}

#[test]
fn a_reload_runs_every_command_and_fails_with_the_first_that_does() {
    let mut host = host(257);
    let text = "[Service]\nExecStart=/bin/daemon\nExecReload=/bin/false\n";
    write(&mut host, "b.service", text);
    drop_in(&mut host, "b.service", "[Service]\nExecReload=/bin/true\n");
    host.start(&unit("b.service")).unwrap();
    assert!(host.reload(&unit("b.service")).is_err());
}

#[test]
fn a_slice_cannot_fail_and_names_nothing_to_start_then() {
    let mut host = host(252);
    let text = "[Unit]\nOnFailure=a.service\n[Install]\nWantedBy=multi-user.target\n";
    write(&mut host, "s.slice", text);
    host.enable(&unit("s.slice")).unwrap();
    reload(&mut host);
    assert!(is_known(&host, "s.slice"));
    assert!(!is_known(&host, "a.service"));
}

#[test]
fn restarts_are_counted_anew_when_an_automatic_one_is_replaced_by_another() {
    let mut host = host(257);
    let text = "[Unit]\nRequisite=b.service\n[Service]\nRestart=on-failure\nExecStart=/bin/false\n";
    write(&mut host, "a.service", text);
    let text = format!("[Unit]\nPartOf=a.service\n{DAEMON}");
    write(&mut host, "b.service", &text);
    host.restart(&unit("b.service")).unwrap();
    host.restart(&unit("a.service")).unwrap();
    assert_eq!(show(&host, "a.service").restarts, 1);
}

#[test]
fn a_job_that_nobody_asks_for_any_more_may_still_contradict_another_of_its_unit() {
    for systemd in [252, 257] {
        let mut host = host(systemd);
        let text = format!("[Unit]\nRequires=c.path\nConflicts=u.target\n{DAEMON}");
        write(&mut host, "a.service", &text);
        let text = "[Unit]\nWants=a.service\nPartOf=c.service\n[Path]\nPathExists=/run/p\n";
        write(&mut host, "c.path", text);
        let text = format!("[Unit]\nPartOf=u.target\nWants=c.path\n{DAEMON}");
        write(&mut host, "c.service", &text);
        host.start(&unit("c.service")).unwrap();
        let refused = host.restart(&unit("c.path")).unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("conflicting jobs for a.service")
        );
    }
}

#[test]
fn a_reload_ends_a_unit_that_no_longer_stays_up_without_a_process() {
    let mut host = host(257);
    let text = "[Service]\nRemainAfterExit=yes\nExecStart=/bin/true\n";
    write(&mut host, "a.service", text);
    host.start(&unit("a.service")).unwrap();
    let text = format!("{DAEMON}ExecReload=/bin/true\n");
    write(&mut host, "a.service", &text);
    reload(&mut host);
    assert_eq!(state(&host, "a.service").1, ActiveState::Active);
    host.reload(&unit("a.service")).unwrap();
    assert_eq!(state(&host, "a.service").1, ActiveState::Inactive);
}

#[test]
fn a_socket_whose_service_fails_looks_whether_what_it_is_bound_to_is_there() {
    for systemd in [252, 257] {
        let mut host = host(systemd);
        write(&mut host, "s.slice", "[Unit]\nWants=a.socket\n");
        let text = "[Unit]\nBindsTo=b.service\n[Socket]\nListenStream=/run/x\n";
        write(&mut host, "a.socket", text);
        let text = "[Service]\nType=oneshot\nExecStart=/bin/false\n";
        write(&mut host, "a.service", text);
        let text = format!("[Unit]\nRequires=a.service\nAfter=a.service\n{DAEMON}");
        write(&mut host, "b.service", &text);
        host.start(&unit("s.slice")).unwrap();
        assert_eq!(state(&host, "a.socket").1, ActiveState::Inactive);
    }
}

#[test]
fn a_path_that_is_upheld_and_fires_too_often_leaves_a_manager_without_rest() {
    let mut host = host(252);
    write(&mut host, "c.path", "[Path]\nPathExists=/run/p\n");
    let text = format!("[Unit]\nConditionPathExists=/run/flag\n{DAEMON}");
    write(&mut host, "c.service", &text);
    let text = format!("[Unit]\nUpholds=c.path\n{DAEMON}");
    write(&mut host, "e.service", &text);
    host.start(&unit("e.service")).unwrap();
    assert!(!host.restless);
    host.write_file(&path("/run/p"), "x", "root");
    assert!(host.restless);
}

#[test]
fn a_reload_leaves_a_unit_up_that_could_not_start_any_more() {
    let mut host = host(257);
    host.write_file(&path("/etc/a.env"), "A=1", "root");
    let text = format!("{DAEMON}EnvironmentFile=/etc/a.env\nExecReload=/bin/true\n");
    write(&mut host, "a.service", &text);
    host.start(&unit("a.service")).unwrap();
    host.remove_file(&path("/etc/a.env"));
    let _failed = host.reload(&unit("a.service")).is_err();
    assert_eq!(state(&host, "a.service").1, ActiveState::Active);
}
