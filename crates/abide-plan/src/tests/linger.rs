//! Lingering: declared, recorded, effective and held are four things.

use abide_model::{ActiveState, Cause, LastLoad, NoteKind, Observation, Wanted};
use abide_sim::{Edit, SimHost, desired, scope, unit_ref, user};

use super::support::{
    as_declared, assert_converges, from_to, lines, notes, one, planned, refusals, seen_of, service,
    steps, told,
};

#[test]
fn case_46_lingering_comes_before_the_units_and_nothing_waits_or_repeats() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let mut host = SimHost::new().with_user("deploy");
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted)),
        lines(
            "linger deploy: enable-linger
            manager user:deploy: start-manager
            write /home/deploy/.config/systemd/user/web.service 0644
            user:deploy/web.service: enable +default.target.wants/web.service
            manager user:deploy: daemon-reload
            user:deploy/web.service: start"
        )
    );
}

#[test]
fn case_47_a_lingering_user_whose_manager_failed_needs_its_manager_only() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let mut host = as_declared(&wanted);
    host.break_manager(&user("deploy"), true);
    host.reboot();
    let plan = planned(&host, &wanted);
    assert_eq!(
        steps(&plan),
        [
            "manager user:deploy: start-manager",
            "user:deploy/web.service: start"
        ]
    );
    assert!(
        matches!(plan.actions[0].causes[0], Cause::Differs { .. }),
        "{}",
        told(&plan)
    );
    host.break_manager(&user("deploy"), false);
    assert_converges(&mut host, &wanted);
}

#[test]
fn case_47_other_scopes_proceed_when_a_manager_does_not_answer() {
    let wanted = one("web.service", &service("/bin/web"))
        .system()
        .unit("sys.service", "[Service]\nExecStart=/bin/s\n")
        .build();
    let mut seen = SimHost::new().with_user("deploy").observe(&wanted);
    let Some(Observation::Known(deploy)) = seen.users.get_mut(&user("deploy")) else {
        panic!()
    };
    deploy.linger.recorded = true;
    deploy.linger.manager = ActiveState::Active;
    let Some(Observation::Known(scope)) = seen.scopes.get_mut(&scope("user:deploy")) else {
        panic!()
    };
    scope.manager = abide_model::Manager::Broken("Transport endpoint is not connected".to_owned());
    let plan = crate::plan(&wanted, &seen);
    assert_eq!(
        refusals(&plan),
        [
            "manager user:deploy: its manager runs and does not answer: Transport endpoint is not connected"
        ]
    );
    assert_eq!(steps(&plan).last().unwrap(), "system/sys.service: start");
}

#[test]
fn case_48_lingering_ends_last_when_its_units_go() {
    let first = one("web.service", &service("/bin/web")).build();
    let mut host = as_declared(&first);
    let plan = assert_converges(&mut host, &desired("h1").user("deploy").build());
    assert_eq!(
        steps(&plan),
        lines(
            "user:deploy/web.service: stop
            user:deploy/web.service: disable -default.target.wants/web.service
            remove /home/deploy/.config/systemd/user/web.service
            manager user:deploy: daemon-reload
            linger deploy: disable-linger"
        )
    );
    assert_eq!(plan.actions[4].causes, [Cause::Undeclared]);
}

#[test]
fn case_48_lingering_that_somebody_elses_unit_needs_stays() {
    let first = one("web.service", &service("/bin/web")).build();
    let mut host = as_declared(&first);
    host.edit(&Edit::Write(
        unit_ref("user:deploy/mine.service"),
        service("/bin/mine"),
    ));
    host.edit(&Edit::Enable(unit_ref("user:deploy/mine.service")));
    let plan = assert_converges(&mut host, &desired("h1").user("deploy").build());
    assert!(!steps(&plan).contains(&"linger deploy: disable-linger".to_owned()));
    assert_eq!(
        notes(&plan),
        [
            "linger deploy: lingering stays on: mine.service would stop and not start at boot: enabled there, and not by this manifest"
        ]
    );
    let off = desired("h1").user("deploy").linger(Some(false)).build();
    assert_eq!(
        refusals(&planned(&host, &off)),
        [
            "linger deploy: mine.service would stop and not start at boot: enabled there, and not by this manifest"
        ]
    );
}

#[test]
fn lingering_that_abide_did_not_switch_on_is_left_alone_when_nothing_asks_for_it() {
    let mut host = SimHost::new().with_user("deploy");
    host.enable_linger(&user("deploy")).unwrap();
    let first = one("web.service", &service("/bin/web")).build();
    assert_converges(&mut host, &first);
    let plan = assert_converges(&mut host, &desired("h1").user("deploy").build());
    assert!(
        !steps(&plan).contains(&"linger deploy: disable-linger".to_owned()),
        "{}",
        told(&plan)
    );
}

#[test]
fn lingering_that_is_declared_off_ends() {
    let mut host = SimHost::new().with_user("deploy");
    host.enable_linger(&user("deploy")).unwrap();
    let off = desired("h1").user("deploy").linger(Some(false)).build();
    assert_eq!(
        steps(&assert_converges(&mut host, &off)),
        ["linger deploy: disable-linger"]
    );
}

#[test]
fn unmanaged_lingering_is_let_go_of() {
    let first = one("web.service", &service("/bin/web")).build();
    let mut host = as_declared(&first);
    let unmanaged = one("web.service", &service("/bin/web"))
        .linger(None)
        .build();
    assert_eq!(
        steps(&assert_converges(&mut host, &unmanaged)),
        Vec::<String>::new()
    );
}

#[test]
fn units_that_should_run_in_a_manager_that_does_not_are_refused() {
    let wanted = one("web.service", &service("/bin/web"))
        .linger(None)
        .build();
    let plan = planned(&SimHost::new().with_user("deploy"), &wanted);
    assert_eq!(
        refusals(&plan),
        [
            "user:deploy/web.service: it should run, and the manager of deploy does not: deploy does not linger"
        ]
    );
}

#[test]
fn a_masked_part_of_a_manager_that_is_down_is_named() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let refused = |masked: &str| {
        let mut seen = as_declared(&wanted).observe(&wanted);
        let Some(Observation::Known(deploy)) = seen.users.get_mut(&user("deploy")) else {
            panic!()
        };
        deploy.linger.masked = abide_model::UnitName::parse(masked).ok();
        deploy.linger.manager = ActiveState::Inactive;
        let scope = seen_of(&mut seen, "user:deploy");
        scope.manager = abide_model::Manager::Down;
        for (name, unit) in &mut scope.units {
            *unit = abide_model::ObservedUnit::not_found(name);
        }
        refusals(&crate::plan(&wanted, &seen))
    };
    let why = refused("user.slice");
    let text = "user.slice is masked, which user@1000.service needs, so nothing can start it";
    let of = ["manager user:deploy", "user:deploy/web.service"];
    assert_eq!(why, of.map(|of| format!("{of}: {text}")));
    // Without this one only a boot does not start it.
    let why = refused("systemd-logind.service");
    let why: Vec<&str> = why.iter().map(String::as_str).collect();
    assert_eq!(
        why,
        [
            "user:deploy/web.service: it is enabled, and a boot does not start it: the user manager needs systemd-logind.service, which is masked"
        ]
    );
}

#[test]
fn units_of_a_masked_manager_that_is_down_are_refused_for_the_mask() {
    let wanted = one("web.service", &service("/bin/web"))
        .linger(Some(true))
        .build();
    let host = as_declared(&wanted);
    let mut seen = host.observe(&wanted);
    let Some(Observation::Known(deploy)) = seen.users.get_mut(&user("deploy")) else {
        panic!()
    };
    deploy.linger.masked = abide_model::UnitName::parse("user@1000.service").ok();
    deploy.linger.manager = ActiveState::Inactive;
    let scope = seen_of(&mut seen, "user:deploy");
    scope.manager = abide_model::Manager::Down;
    for (name, unit) in &mut scope.units {
        *unit = abide_model::ObservedUnit::not_found(name);
    }
    let plan = crate::plan(&wanted, &seen);
    let why = "user@1000.service is masked, so nothing can start it";
    let of = ["manager user:deploy", "user:deploy/web.service"];
    assert_eq!(refusals(&plan), of.map(|of| format!("{of}: {why}")));
}

#[test]
fn a_unit_that_need_not_run_is_installed_without_a_manager_and_without_a_reload() {
    let wanted = one("web.service", &service("/bin/web"))
        .linger(None)
        .with_running(Wanted::Unmanaged)
        .build();
    let mut host = SimHost::new().with_user("deploy");
    let plan = planned(&host, &wanted);
    assert_eq!(
        steps(&plan),
        lines(
            "write /home/deploy/.config/systemd/user/web.service 0644
            user:deploy/web.service: enable +default.target.wants/web.service"
        )
    );
    assert_converges(&mut host, &wanted);
}

#[test]
fn a_manager_that_nothing_holds_is_made_sure_of() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let host = SimHost::new().with_user("deploy");
    let mut seen = host.observe(&wanted);
    let Some(Observation::Known(deploy)) = seen.users.get_mut(&user("deploy")) else {
        panic!()
    };
    deploy.linger.manager = ActiveState::Active;
    let Some(Observation::Known(scope)) = seen.scopes.get_mut(&scope("user:deploy")) else {
        panic!()
    };
    scope.manager = abide_model::Manager::Up {
        last_load: LastLoad::At(seen.facts.now),
    };
    let plan = crate::plan(&wanted, &seen);
    // It dies ten seconds after the last logout (systemd-facts.md#linger-starts-manager).
    assert_eq!(
        steps(&plan)[..2],
        [
            "linger deploy: enable-linger",
            "manager user:deploy: start-manager"
        ]
    );
}

#[test]
fn undeclared_lingering_is_told_or_ended_but_never_the_login_users() {
    let lingering = || {
        let mut host = SimHost::new().with_user("deploy").with_user("alice");
        host.enable_linger(&user("alice")).unwrap();
        host
    };
    let report = desired("h1").user("deploy").linger_exclusive(false).build();
    let plan = assert_converges(&mut lingering(), &report);
    assert_eq!(
        plan.notes.iter().map(|note| note.kind).collect::<Vec<_>>(),
        [NoteKind::UndeclaredLinger]
    );
    let enforce = desired("h1").user("deploy").linger_exclusive(true).build();
    assert_eq!(
        steps(&assert_converges(&mut lingering(), &enforce)),
        ["linger alice: disable-linger"]
    );
    let mut as_alice = lingering();
    as_alice.facts.login = user("alice");
    let plan = assert_converges(&mut as_alice, &enforce);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        notes(&plan),
        [
            "linger alice: alice lingers and nobody declares it; abide leaves its own login user alone"
        ]
    );
}

#[test]
fn a_record_that_outlived_its_user_is_told() {
    let mut seen = SimHost::new().observe(&desired("h1").linger_exclusive(true).build());
    seen.lingering = Observation::Known(["ghost".to_owned()].into());
    seen.users.insert(user("ghost"), Observation::Absent);
    let plan = crate::plan(&desired("h1").linger_exclusive(true).build(), &seen);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert!(notes(&plan)[0].contains("no account"), "{:?}", notes(&plan));
}

#[test]
fn undeclaring_the_user_takes_its_units_and_lingering_along_and_never_the_user() {
    let first = one("web.service", &service("/bin/web")).build();
    let plan = from_to(&first, &desired("h1").build());
    assert_eq!(
        plan,
        lines(
            "user:deploy/web.service: stop
            user:deploy/web.service: disable -default.target.wants/web.service
            remove /home/deploy/.config/systemd/user/web.service
            manager user:deploy: daemon-reload
            linger deploy: disable-linger"
        )
    );
}

#[test]
fn what_somebody_elses_unit_may_bring_up_with_the_old_file_is_restarted() {
    let wanted = |text: &str| one("base.service", text).build();
    let mut host = as_declared(&wanted(&service("/bin/old")));
    host.edit(&Edit::DisableLinger(user("deploy")));
    host.edit(&Edit::Write(
        unit_ref("user:deploy/app.service"),
        "[Unit]\nRequires=base.service\nAfter=base.service\n[Service]\nExecStart=/bin/app\n[Install]\nWantedBy=default.target\n".to_owned(),
    ));
    host.edit(&Edit::Link(
        unit_ref("user:deploy/app.service"),
        "default.target.wants/app.service".to_owned(),
    ));
    let plan = assert_converges(&mut host, &wanted(&service("/bin/new")));
    assert_eq!(
        steps(&plan).last().map(String::as_str),
        Some("user:deploy/base.service: restart")
    );
    assert!(host.runs_what_is_on_disk(&unit_ref("user:deploy/base.service")));
}

#[test]
fn a_socket_starts_before_its_service_when_their_manager_starts() {
    let wanted = |nice: u8| {
        let text = format!("[Service]\nExecStart=/bin/api\nNice={nice}\n");
        let host = one("api.service", &text).with_running(Wanted::Yes);
        host.unit("api.socket", "[Socket]\nListenStream=/run/api.sock\n")
            .build()
    };
    let mut host = as_declared(&wanted(1));
    host.edit(&Edit::DisableLinger(user("deploy")));
    let plan = assert_converges(&mut host, &wanted(2));
    let starts = [
        "user:deploy/api.socket: start",
        "user:deploy/api.service: start",
    ];
    assert!(told(&plan).contains(starts[0]), "{}", told(&plan));
    assert_eq!(steps(&plan).last().map(String::as_str), Some(starts[1]));
}
