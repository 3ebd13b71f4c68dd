//! What goes wrong in the middle of a run: what the plan said before, and what the next one makes of it. How the apply
//! script behaves meanwhile is shown on real hosts (`tests/hosts/cases/faults.rs`).

use abide_model::{ActiveState, LockHolder, StepOutcome, Timestamp};
use abide_sim::{SimHost, desired, scope, unit_ref, user};

use super::support::{
    WEB, as_declared, assert_converges, lines, one, planned, refusals, service, steps, told,
};

#[test]
fn case_43_a_broken_file_leaves_the_running_process_alone_and_the_mended_one_restarts_it() {
    let web = |text: &str| one("web.service", text).build();
    let mut host = as_declared(&web(&service("/bin/a")));
    let before = host.runtime_of(&unit_ref(WEB)).unwrap().invocation.clone();
    // systemd refuses a service without anything to run.
    let broken = web("[Service]\nType=simple\n[Install]\nWantedBy=default.target\n");
    let plan = planned(&host, &broken);
    let reports = host.apply(&plan);
    let (restart, others) = reports.split_last().unwrap();
    assert_eq!(restart.outcome, StepOutcome::Failed, "{}", told(&plan));
    assert!(others.iter().all(|step| step.outcome == StepOutcome::Ok));
    let runs = host.runtime_of(&unit_ref(WEB)).unwrap();
    assert_eq!(
        (runs.active, &runs.invocation),
        (ActiveState::Active, &before)
    );
    // What could not be done is still to do, and the mended file brings it to an end.
    assert!(!planned(&host, &broken).is_empty());
    let mended = web(&service("/bin/b"));
    assert_eq!(
        steps(&assert_converges(&mut host, &mended)).last().unwrap(),
        &format!("{WEB}: restart")
    );
}

#[test]
fn case_44_a_service_that_dies_after_its_restart_is_watched_and_started_again_once_mended() {
    let web = |command: &str| one("web.service", &service(command)).build();
    let mut host = as_declared(&web("/bin/a"));
    let plan = planned(&host, &web("/bin/missing"));
    let watched: Vec<_> = plan
        .watches
        .iter()
        .map(|watch| watch.unit.to_string())
        .collect();
    assert_eq!(
        watched,
        [WEB],
        "systemctl says nothing of it: only a watch does"
    );
    host.fail_on_start(&unit_ref(WEB), true);
    let reports = host.apply(&plan);
    assert!(
        reports.iter().all(|step| step.outcome == StepOutcome::Ok),
        "`Type=simple` counts as started"
    );
    assert_eq!(
        host.runtime_of(&unit_ref(WEB)).unwrap().active,
        ActiveState::Failed
    );
    assert_eq!(
        steps(&planned(&host, &web("/bin/missing"))),
        [format!("{WEB}: reset-failed"), format!("{WEB}: start")]
    );
    host.fail_on_start(&unit_ref(WEB), false);
    assert_eq!(
        steps(&assert_converges(&mut host, &web("/bin/a"))),
        lines(
            "write /home/deploy/.config/systemd/user/web.service 0644
            manager user:deploy: daemon-reload
            user:deploy/web.service: reset-failed
            user:deploy/web.service: start"
        )
    );
}

#[test]
fn case_49_a_bus_that_only_a_session_has_changes_nothing_in_the_plan() {
    let wanted = |version: u8| one("web.service", &service(&format!("/bin/web {version}"))).build();
    let mut host = as_declared(&wanted(1));
    let without = planned(&host, &wanted(2));
    host.log_in(&user("deploy"));
    assert_eq!(steps(&planned(&host, &wanted(2))), steps(&without));
    host.log_out(&user("deploy"));
    assert_converges(&mut host, &wanted(2));
}

#[test]
fn case_50_a_transient_unit_of_that_name_is_stopped_and_ours_is_started() {
    let wanted = one("web.service", &service("/bin/web"))
        .linger(Some(true))
        .build();
    let mut host = as_declared(&desired("h1").user("deploy").linger(Some(true)).build());
    host.run_transient(&unit_ref(WEB), "/bin/by-hand").unwrap();
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(
        steps(&plan),
        lines(
            "user:deploy/web.service: stop
            write /home/deploy/.config/systemd/user/web.service 0644
            user:deploy/web.service: enable +default.target.wants/web.service
            manager user:deploy: daemon-reload
            user:deploy/web.service: start"
        )
    );
    assert!(host.runs_what_is_on_disk(&unit_ref(WEB)));
}

#[test]
fn case_50_a_transient_unit_that_should_not_run_is_stopped_and_stays_so() {
    let absent = desired("h1")
        .foreign_unit("web.service")
        .marked_absent()
        .build();
    let mut host = SimHost::new();
    host.run_transient(&unit_ref("system/web.service"), "/bin/by-hand")
        .unwrap();
    assert_eq!(
        steps(&assert_converges(&mut host, &absent)),
        ["system/web.service: stop"]
    );
}

#[test]
fn case_51_one_of_twenty_restarts_fails_and_the_others_are_done() {
    let fleet = |version: u8| {
        let units = (0..20).fold(desired("h1").user("deploy"), |builder, n| {
            builder.unit(
                &format!("u{n:02}.service"),
                &format!("[Service]\nType=exec\nExecStart=/bin/u {version}\n"),
            )
        });
        let dependent = format!(
            "[Unit]\nRequires=u07.service\nAfter=u07.service\n[Service]\nType=exec\nExecStart=/bin/d {version}\n"
        );
        units.unit("dependent.service", &dependent).build()
    };
    let mut host = as_declared(&fleet(1));
    host.fail_on_start(&unit_ref("user:deploy/u07.service"), true);
    let plan = planned(&host, &fleet(2));
    let reports = host.apply(&plan);
    let failed = reports
        .iter()
        .filter(|step| step.outcome != StepOutcome::Ok);
    let failed: Vec<_> = failed
        .map(|step| plan.action(step.action).unwrap().resource.to_string())
        .collect();
    // Its dependent is named as well ("A dependency job … failed").
    assert_eq!(
        failed,
        ["user:deploy/dependent.service", "user:deploy/u07.service"]
    );
    assert!(!host.is_up(&unit_ref("user:deploy/dependent.service")));
    for n in (0..20).filter(|n| *n != 7) {
        let unit = unit_ref(&format!("user:deploy/u{n:02}.service"));
        assert!(host.runs_what_is_on_disk(&unit), "{unit}");
    }
    host.fail_on_start(&unit_ref("user:deploy/u07.service"), false);
    let rest = assert_converges(&mut host, &fleet(2));
    assert_eq!(
        steps(&rest),
        lines(
            "user:deploy/u07.service: reset-failed
            user:deploy/dependent.service: start
            user:deploy/u07.service: start"
        ),
        "what was done is not repeated"
    );
}

#[test]
fn case_54_a_lock_is_no_part_of_a_plan_and_whoever_comes_second_converges_when_it_is_gone() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let mut host = SimHost::new();
    let free = planned(&host, &wanted);
    host.lock = Some(LockHolder {
        who: "ana@laptop".to_owned(),
        operation: "apply".to_owned(),
        since: Timestamp::from_secs(1_767_225_600),
        id: String::new(),
        plan: String::new(),
        url: String::new(),
    });
    let locked = planned(&host, &wanted);
    assert_eq!(steps(&locked), steps(&free), "looking takes no lock");
    assert_eq!(refusals(&locked), Vec::<String>::new());
    // The other run does the same, so nothing is left for this one.
    host.apply(&free);
    host.lock = None;
    assert!(assert_converges(&mut host, &wanted).is_empty());
    assert!(host.manager_is_up(&scope("user:deploy")));
}
