//! Services: what a change of one leads to.

use abide_model::{Cause, NoteKind, OnChange, Wanted};
use abide_sim::{Edit, SimHost, desired, unit_ref};

use super::support::{
    WEB, as_declared, assert_converges, from_to, lines, notes, one, planned, refusals, rewritten,
    service, steps, told, web,
};

#[test]
fn case_01_what_is_as_declared_needs_no_operation_at_all() {
    let wanted = web(&service("/bin/web"));
    let host = as_declared(&wanted);
    let plan = planned(&host, &wanted);
    assert!(plan.is_empty() && plan.notes.is_empty() && plan.preconditions.is_empty());
    // The user, its lingering and the unit.
    assert_eq!(plan.unchanged, 3);
}

#[test]
fn case_02_a_changed_description_restarts_nothing() {
    let described = |text: &str| {
        web(&format!(
            "[Unit]\nDescription={text}\n{}",
            service("/bin/web")
        ))
    };
    assert_eq!(from_to(&described("a"), &described("b")), rewritten(""));
}

#[test]
fn case_03_a_comment_restarts_nothing() {
    let commented = format!("# a comment\n\n{}", service("/bin/web"));
    assert_eq!(
        from_to(&web(&service("/bin/web")), &web(&commented)),
        rewritten("")
    );
}

#[test]
fn case_04_the_order_of_a_list_counts() {
    let pre = |list: &str| web(&format!("[Service]\n{list}ExecStart=/bin/web\n"));
    let first = pre("ExecStartPre=/bin/a\nExecStartPre=/bin/b\n");
    let second = pre("ExecStartPre=/bin/b\nExecStartPre=/bin/a\n");
    assert_eq!(
        from_to(&first, &second),
        rewritten("user:deploy/web.service: restart")
    );
}

#[test]
fn case_05_a_changed_exec_start_restarts_once() {
    let mut host = as_declared(&web(&service("/bin/web -c 10")));
    let before = host.runtime_of(&unit_ref(WEB)).unwrap().invocation.clone();
    let plan = assert_converges(&mut host, &web(&service("/bin/web -c 20")));
    assert_eq!(steps(&plan), rewritten("user:deploy/web.service: restart"));
    assert_ne!(host.runtime_of(&unit_ref(WEB)).unwrap().invocation, before);
    let Cause::RunningOldConfig { keys, since } = &plan.actions[2].causes[1] else {
        panic!("{}", told(&plan));
    };
    assert_eq!(
        plan.actions[2].causes[0],
        Cause::FollowsFrom(plan.actions[0].id)
    );
    assert_eq!(
        (keys.as_slice(), since.is_some()),
        (["ExecStart=".to_owned()].as_slice(), true)
    );
}

#[test]
fn case_05_units_beside_it_are_left_alone() {
    let both = |command: &str| {
        let wanted = one("web.service", &service(command));
        wanted.unit("other.service", &service("/bin/other")).build()
    };
    let mut host = as_declared(&both("/bin/web"));
    host.clear_log();
    assert_converges(&mut host, &both("/bin/web -v"));
    assert!(
        !host.log().iter().any(|line| line.contains("other")),
        "{:?}",
        host.log()
    );
}

#[test]
fn case_06_a_changed_unit_that_does_not_run_and_need_not_is_only_written() {
    let wanted = |command: &str| {
        let unit = one("web.service", &service(command));
        unit.with_running(Wanted::Unmanaged)
            .enabled(Wanted::Unmanaged)
            .linger(Some(true))
            .build()
    };
    assert_eq!(from_to(&wanted("/bin/a"), &wanted("/bin/b")), rewritten(""));
}

#[test]
fn case_07_a_failed_unit_is_reset_and_started_with_its_new_file() {
    let mut host = as_declared(&web(&service("/bin/web")));
    host.edit(&Edit::Crash(unit_ref(WEB)));
    let plan = assert_converges(&mut host, &web(&service("/bin/web -v")));
    assert_eq!(
        steps(&plan),
        rewritten("user:deploy/web.service: reset-failed\nuser:deploy/web.service: start")
    );
    // What it failed with, and not how often it was restarted.
    let result = "exit status 1".to_owned();
    assert_eq!(plan.actions[2].causes[0], Cause::Failed { result });
}

#[test]
fn a_failed_unit_whose_file_is_right_is_reset_and_started_again() {
    let wanted = web(&service("/bin/web"));
    let mut host = as_declared(&wanted);
    host.edit(&Edit::Crash(unit_ref(WEB)));
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(
        steps(&plan),
        [
            "user:deploy/web.service: reset-failed",
            "user:deploy/web.service: start"
        ]
    );
}

#[test]
fn case_08_a_unit_that_can_reload_is_reloaded_where_that_is_wanted() {
    let wanted = |text: &str| {
        let text = format!("[Service]\nExecReload=/bin/true\n{text}");
        one("web.service", &text)
            .on_change(OnChange::Reload)
            .build()
    };
    let (first, second) = (wanted("ExecStart=/bin/a\n"), wanted("ExecStart=/bin/b\n"));
    assert_eq!(
        from_to(&first, &second),
        rewritten("user:deploy/web.service: reload")
    );
    let mut host = as_declared(&first);
    host.stop(&unit_ref(WEB)).unwrap();
    assert_eq!(
        steps(&assert_converges(&mut host, &second)),
        rewritten("user:deploy/web.service: start")
    );
}

#[test]
fn case_08_without_a_way_to_reload_it_is_refused() {
    let wanted = |command: &str| {
        one("web.service", &service(command))
            .on_change(OnChange::Reload)
            .build()
    };
    let host = as_declared(&wanted("/bin/a"));
    let plan = planned(&host, &wanted("/bin/b"));
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        refusals(&plan),
        ["user:deploy/web.service: it should be reloaded, and it has no way to reload"]
    );
}

#[test]
fn case_09_a_pending_restart_is_told_in_every_plan_until_somebody_restarts() {
    let wanted = |command: &str| {
        one("web.service", &service(command))
            .on_change(OnChange::None)
            .build()
    };
    let mut host = as_declared(&wanted("/bin/a"));
    let plan = assert_converges(&mut host, &wanted("/bin/b"));
    assert_eq!(steps(&plan), rewritten(""));
    for _ in 0..2 {
        let plan = assert_converges(&mut host, &wanted("/bin/b"));
        assert_eq!(
            plan.notes.iter().map(|note| note.kind).collect::<Vec<_>>(),
            [NoteKind::PendingRestart]
        );
    }
    host.restart(&unit_ref(WEB)).unwrap();
    assert_eq!(
        notes(&planned(&host, &wanted("/bin/b"))),
        Vec::<String>::new()
    );
}

#[test]
fn case_10_what_takes_effect_by_itself_restarts_nothing() {
    let with = |key: &str| web(&format!("[Service]\nExecStart=/bin/web\n{key}\n"));
    assert_eq!(
        from_to(&with("Restart=no"), &with("Restart=always")),
        rewritten("")
    );
    assert_eq!(
        from_to(&with("MemoryMax=1G"), &with("MemoryMax=2G")),
        rewritten("")
    );
}

#[test]
fn stop_start_stops_with_the_old_definition() {
    let wanted = |command: &str| {
        one("web.service", &service(command))
            .on_change(OnChange::StopStart)
            .build()
    };
    assert_eq!(
        from_to(&wanted("/bin/a"), &wanted("/bin/b")),
        lines(
            "user:deploy/web.service: stop
            write /home/deploy/.config/systemd/user/web.service 0644
            manager user:deploy: daemon-reload
            user:deploy/web.service: start"
        )
    );
}

#[test]
fn case_39_a_unit_that_refuses_to_be_stopped_is_kept_running() {
    let wanted = |command: &str| {
        one(
            "web.service",
            &format!("[Unit]\nRefuseManualStop=yes\n[Service]\nExecStart={command}\n"),
        )
        .build()
    };
    let mut host = as_declared(&wanted("/bin/a"));
    let plan = assert_converges(&mut host, &wanted("/bin/b"));
    assert_eq!(steps(&plan), rewritten(""));
    assert!(
        notes(&plan)[0].contains("RefuseManualStop=yes"),
        "{:?}",
        notes(&plan)
    );
}

#[test]
fn case_39_a_unit_that_refuses_to_be_started_is_never_started() {
    let wanted = web("[Unit]\nRefuseManualStart=yes\n[Service]\nExecStart=/bin/web\n");
    let plan = assert_converges(&mut SimHost::new(), &wanted);
    assert!(!steps(&plan).iter().any(|step| step.ends_with(": start")));
    assert!(
        notes(&plan)[0].contains("RefuseManualStart=yes"),
        "{:?}",
        notes(&plan)
    );
}

#[test]
fn case_45_a_unit_that_its_condition_held_back_is_not_tried_again() {
    let wanted = web("[Unit]\nConditionPathExists=/nowhere\n[Service]\nExecStart=/bin/web\n");
    let mut host = SimHost::new();
    let first = planned(&host, &wanted);
    assert_eq!(
        steps(&first).last().unwrap(),
        "user:deploy/web.service: start"
    );
    host.apply(&first);
    let second = assert_converges(&mut host, &wanted);
    assert_eq!(steps(&second), Vec::<String>::new());
    assert!(
        notes(&second)[0].contains("a condition held web.service back"),
        "{:?}",
        notes(&second)
    );
}

#[test]
fn case_53_a_oneshot_that_remains_is_not_run_again_and_one_that_ends_is_never_started() {
    let remains = web("[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/setup\n");
    assert!(planned(&as_declared(&remains), &remains).is_empty());
    let ends = one(
        "job.service",
        "[Service]\nType=oneshot\nExecStart=/bin/job\n",
    )
    .with_running(Wanted::Yes)
    .build();
    let plan = assert_converges(&mut SimHost::new(), &ends);
    assert!(
        !steps(&plan).iter().any(|step| step.ends_with(": start")),
        "{}",
        told(&plan)
    );
}

#[test]
fn a_changed_oneshot_that_remains_is_run_again() {
    let remains = |command: &str| {
        web(&format!(
            "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart={command}\n"
        ))
    };
    assert_eq!(
        from_to(&remains("/bin/a"), &remains("/bin/b")),
        rewritten("user:deploy/web.service: restart")
    );
}

#[test]
fn a_unit_that_should_not_run_is_stopped() {
    let running = one("web.service", &service("/bin/web"));
    let stopped = running.clone().with_running(Wanted::No).build();
    assert_eq!(
        from_to(&running.build(), &stopped),
        ["user:deploy/web.service: stop"]
    );
}

#[test]
fn a_foreign_unit_is_started_and_enabled_and_nothing_else() {
    let vendor = "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=multi-user.target\n";
    let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", vendor);
    let wanted = desired("h1")
        .foreign_unit("nginx.service")
        .with_running(Wanted::Yes)
        .enabled(Wanted::Yes)
        .build();
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted)),
        lines(
            "system/nginx.service: enable +multi-user.target.wants/nginx.service
            manager system: daemon-reload
            system/nginx.service: start"
        )
    );
}

#[test]
fn a_drop_in_of_ours_on_a_foreign_unit_restarts_it() {
    let vendor = "[Service]\nExecStart=/bin/x\n";
    let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", vendor);
    host.start(&unit_ref("system/nginx.service")).unwrap();
    let wanted = desired("h1")
        .foreign_unit("nginx.service")
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .build();
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted)),
        lines(
            "write /etc/systemd/system/nginx.service.d/10-nice.conf 0644
            manager system: daemon-reload
            system/nginx.service: restart"
        )
    );
}

#[test]
fn a_unit_that_its_manager_brings_up_with_the_old_file_is_restarted() {
    let (first, second) = (web(&service("/bin/a")), web(&service("/bin/b")));
    let mut host = as_declared(&first);
    host.disable_linger(&abide_sim::user("deploy")).unwrap();
    assert_eq!(
        steps(&assert_converges(&mut host, &second)),
        lines(
            "linger deploy: enable-linger
            manager user:deploy: start-manager
            write /home/deploy/.config/systemd/user/web.service 0644
            manager user:deploy: daemon-reload
            user:deploy/web.service: restart"
        )
    );
}
