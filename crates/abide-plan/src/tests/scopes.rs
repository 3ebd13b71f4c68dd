//! Accounts, lingering, managers and plain files: what is done about them, and what is not.

use abide_model::{
    ActiveState, Before, Change, DesiredAccount, DesiredLinger, LingerReason, NoteKind,
    Observation, ObservedProcess, RefusalKind, RootRoute, Share,
};
use abide_sim::{Edit, SimHost, desired, path, scope, unit_ref, user};

use super::support::{
    WEB, as_declared, assert_converges, notes, one, planned, refusals, seen_file, service, steps,
    told,
};

#[test]
fn systemd_206_is_the_oldest() {
    let wanted = desired("h1").build();
    let mut host = SimHost::new();
    host.facts.systemd = 206;
    assert_eq!(refusals(&planned(&host, &wanted)), Vec::<String>::new());
    host.facts.systemd = 205;
    assert_eq!(
        refusals(&planned(&host, &wanted)),
        ["manager system: the host has systemd 205; user lingering needs 206 or newer"]
    );
}

fn account(change: impl Fn(&mut DesiredAccount)) -> DesiredAccount {
    let mut account = DesiredAccount::default();
    change(&mut account);
    account
}

#[test]
fn either_a_manager_or_a_session_keeps_a_user_from_another_number() {
    let wanted = desired("h1")
        .user("deploy")
        .account(account(|one| one.uid = Some(4321)))
        .build();
    let refused = |manager: ActiveState, sessions: u32| {
        let mut seen = SimHost::new().with_user("deploy").observe(&wanted);
        let Some(Observation::Known(deploy)) = seen.users.get_mut(&user("deploy")) else {
            panic!()
        };
        (deploy.linger.manager, deploy.linger.sessions) = (manager, sessions);
        let plan = crate::plan(&wanted, &seen);
        let refusals = refusals(&plan);
        refusals
            .iter()
            .any(|why| why.contains("cannot change while processes of the user run"))
    };
    assert!(refused(ActiveState::Active, 0));
    assert!(refused(ActiveState::Inactive, 1));
    assert!(!refused(ActiveState::Inactive, 0));
}

#[test]
fn a_file_that_was_edited_keeps_the_mode_that_somebody_gave_it() {
    let with = |text: &str| {
        desired("h1")
            .user("deploy")
            .linger(Some(true))
            .file("app.conf", text)
            .build()
    };
    let mut seen = as_declared(&with("a\n")).observe(&with("b\n"));
    seen_file(&mut seen, "user:deploy", "/home/deploy/app.conf").mode = 0o640;
    assert_eq!(
        steps(&crate::plan(&with("b\n"), &seen)),
        ["write /home/deploy/app.conf 0640"]
    );
}

#[test]
fn what_only_its_owner_may_read_is_not_shown_when_it_goes() {
    let with = desired("h1").user("deploy").linger(Some(true));
    let mut host = as_declared(&with.clone().file("app.conf", "a\n").build());
    let shown = |host: &SimHost, mode: u32| {
        let wanted = with.clone().build();
        let mut seen = host.observe(&wanted);
        seen_file(&mut seen, "user:deploy", "/home/deploy/app.conf").mode = mode;
        let plan = crate::plan(&wanted, &seen);
        let Change::RemoveFile {
            before: Before::File { digest, .. },
            ..
        } = &plan.actions[0].change
        else {
            panic!("{}", told(&plan))
        };
        digest.is_some()
    };
    assert!(shown(&host, 0o644));
    assert!(shown(&host, 0o640));
    assert!(!shown(&host, 0o600));
    assert!(!shown(&host, 0o700));
    assert_eq!(
        steps(&assert_converges(&mut host, &with.clone().build())),
        ["remove /home/deploy/app.conf"]
    );
}

/// The host as its user `deploy` sees it, who cannot become root.
fn without_root(mut host: SimHost) -> SimHost {
    host.facts.login = user("deploy");
    host.facts.root = RootRoute::None("sudo wants a password".to_owned());
    host
}

#[test]
fn what_this_login_may_not_change_it_does_not_adopt() {
    let text = "[Service]\nExecStart=/bin/s\n";
    let wanted = desired("h1")
        .unit("sys.service", text)
        .manifest("mine")
        .build();
    let mut host = SimHost::new().with_user("deploy");
    host.edit(&Edit::Write(
        unit_ref("system/sys.service"),
        text.to_owned(),
    ));
    host.reload_manager(&scope("system")).unwrap();
    host.edit(&Edit::Start(unit_ref("system/sys.service")));
    assert_eq!(
        steps(&planned(&host, &wanted)),
        ["system/sys.service: adopt"]
    );
    let plan = planned(&without_root(host), &wanted);
    assert!(
        plan.is_empty() && plan.refused.is_empty(),
        "{}",
        told(&plan)
    );
}

#[test]
fn what_is_unchanged_is_counted_without_what_is_refused_with_its_scope() {
    let with = |command: &str| {
        let wanted = one("web.service", &service("/bin/web")).system();
        wanted
            .unit("sys.service", &format!("[Service]\nExecStart={command}\n"))
            .build()
    };
    let host = as_declared(&with("/bin/a"));
    let all = planned(&host, &with("/bin/a")).unchanged;
    assert_eq!(planned(&host, &with("/bin/b")).unchanged, all - 1);
    let mut seen = host.observe(&with("/bin/a"));
    let unknown = Observation::Unknown(abide_model::UnknownReason::from_text("no answer"));
    seen.scopes.insert(scope("user:deploy"), unknown);
    let plan = crate::plan(&with("/bin/a"), &seen);
    assert_eq!(
        plan.refused[0].resource.to_string(),
        "manager user:deploy",
        "{}",
        told(&plan)
    );
    // The unit in it; the account and its lingering were seen.
    assert_eq!(plan.unchanged, all - 1, "{}", told(&plan));
}

/// The plan for a user of which nothing but its lingering is declared, its scope unseen.
fn unseen_scope(manager: ActiveState, mine: bool) -> abide_model::Plan {
    let wanted = desired("h1").user("deploy").linger(Some(true));
    let before = match mine {
        true => wanted.clone().unit("web.service", &service("/bin/web")),
        false => wanted
            .clone()
            .system()
            .unit("sys.service", "[Service]\nExecStart=/bin/s\n"),
    };
    let mut seen = as_declared(&before.build()).observe(&wanted.clone().build());
    seen.scopes.insert(
        scope("user:deploy"),
        Observation::Unknown(abide_model::UnknownReason::from_text("no answer")),
    );
    if let Some(Observation::Known(deploy)) = seen.users.get_mut(&user("deploy")) {
        deploy.linger.manager = manager;
    }
    crate::plan(&wanted.build(), &seen)
}

#[test]
fn a_scope_that_could_not_be_seen_is_no_obstacle_where_nothing_of_it_is_to_be_planned() {
    let manager = ["manager user:deploy: start-manager"];
    let down = unseen_scope(ActiveState::Inactive, false);
    assert!(
        steps(&down).contains(&manager[0].to_owned()),
        "{}",
        told(&down)
    );
    let up = unseen_scope(ActiveState::Active, false);
    assert!(
        !steps(&up).contains(&manager[0].to_owned()),
        "{}",
        told(&up)
    );
    let ours = unseen_scope(ActiveState::Inactive, true);
    assert!(
        !steps(&ours).contains(&manager[0].to_owned()),
        "{}",
        told(&ours)
    );
}

#[test]
fn what_could_not_be_seen_is_counted() {
    let refused = |units: usize| {
        let start = desired("h1").user("deploy").linger(Some(true));
        let wanted = (0..units).fold(start, |wanted, n| {
            wanted.unit(&format!("u{n}.service"), &service("/bin/u"))
        });
        let wanted = wanted.build();
        let host = as_declared(&one("web.service", &service("/bin/web")).build());
        let mut seen = host.observe(&wanted);
        seen.scopes.insert(
            scope("user:deploy"),
            Observation::Unknown(abide_model::UnknownReason::from_text("no answer")),
        );
        refusals(&crate::plan(&wanted, &seen))
    };
    let says = |what: &str| {
        [format!(
            "manager user:deploy: {what} could not be seen: no answer"
        )]
    };
    assert_eq!(refused(0), says("what abide owns there"));
    assert_eq!(refused(1), says("what is declared there"));
    assert_eq!(refused(3), says("the 3 units and files declared there"));
}

#[test]
fn a_process_is_ours_only_where_the_users_manager_started_it() {
    let gone = desired("h1").user("deploy").user_absent(true).build();
    let host = as_declared(&one("web.service", &service("/bin/web")).build());
    let refused = |cgroup: &dyn Fn(u32) -> String| {
        let mut seen = host.observe(&gone);
        let Some(Observation::Known(deploy)) = seen.users.get_mut(&user("deploy")) else {
            panic!()
        };
        deploy.processes = vec![ObservedProcess {
            pid: 7,
            cgroup: cgroup(deploy.uid),
            command: "web".to_owned(),
        }];
        let plan = crate::plan(&gone, &seen);
        plan.refused
            .iter()
            .any(|one| one.kind == RefusalKind::Guard)
    };
    let manager =
        |uid: u32| format!("/user.slice/user-{uid}.slice/user@{uid}.service/app.slice/web.service");
    assert!(!refused(&manager));
    assert!(refused(&|_| "/system.slice/web.service".to_owned()));
}

#[test]
fn a_user_that_goes_loses_its_lingering_once() {
    let mut gone = desired("h1").user("deploy").user_absent(true).build();
    for deploy in gone.users.values_mut() {
        deploy.linger = DesiredLinger {
            value: None,
            reason: LingerReason::Unasked,
        };
    }
    let mut host = as_declared(&one("web.service", &service("/bin/web")).build());
    let plan = assert_converges(&mut host, &gone);
    assert_eq!(
        steps(&plan),
        [
            format!("{WEB}: stop"),
            "linger deploy: disable-linger".to_owned(),
            "user deploy: delete (with home: true)".to_owned(),
        ]
    );
}

#[test]
fn lingering_that_the_manifest_lets_go_of_is_not_undeclared() {
    let wanted = desired("h1")
        .user("eve")
        .linger(None)
        .linger_exclusive(true)
        .build();
    let mut host = SimHost::new().with_user("eve");
    host.edit(&Edit::EnableLinger(user("eve")));
    let plan = assert_converges(&mut host, &wanted);
    assert!(
        !steps(&plan).iter().any(|step| step.contains("linger")),
        "{}",
        told(&plan)
    );
    assert_eq!(notes(&plan), Vec::<String>::new());
}

#[test]
fn lingering_of_a_session_is_told_unless_it_is_switched_on() {
    let web = |linger: Option<bool>| one("web.service", &service("/bin/web")).linger(linger);
    let mut host = SimHost::new().with_user("deploy");
    host.log_in(&user("deploy"));
    let held = |wanted: &abide_model::Desired| {
        let plan = planned(&host, wanted);
        plan.notes
            .iter()
            .any(|note| note.kind == NoteKind::HeldBySession)
    };
    assert!(held(&web(None).build()));
    assert!(!held(&web(Some(true)).build()));
    // That of another user is no help.
    let two = web(None).user("ana").linger(Some(true)).build();
    assert!(held(&two));
}

/// A user whose lingering abide switched on, with a template, an instance that somebody enabled, and a package's unit
/// that abide enabled.
fn with_lingering() -> SimHost {
    let vendor = "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=default.target\n";
    let wanted = one("web.service", &service("/bin/web"))
        .unit("pool@.service", "[Service]\nExecStart=/bin/pool %i\n")
        .foreign_unit("agent.service")
        .with_running(abide_model::Wanted::Yes)
        .enabled(abide_model::Wanted::Yes)
        .system()
        .unit("sys.service", "[Service]\nExecStart=/bin/s\n")
        .build();
    let mut host = SimHost::new().with_vendor_unit(true, "agent.service", vendor);
    assert_converges(&mut host, &wanted);
    let dir = "/home/deploy/.config/systemd/user";
    host.write_link(
        &path(&format!("{dir}/default.target.wants/pool@one.service")),
        &format!("{dir}/pool@.service"),
        "deploy",
    );
    host.reload_manager(&scope("user:deploy")).unwrap();
    host
}

#[test]
fn lingering_ends_with_what_needed_it_where_only_ours_is_enabled_there() {
    let mut none = desired("h1").build();
    none.policy.max_removals = Share::Count(100);
    let plan = planned(&with_lingering(), &none);
    let find = |text: &str| {
        let at = steps(&plan).iter().position(|step| step == text);
        &plan.actions[at.unwrap_or_else(|| panic!("no `{text}` in\n{}", told(&plan)))]
    };
    let end = find("linger deploy: disable-linger");
    // After the stops in its scope, and only those.
    assert_eq!(
        end.after,
        [find(&format!("{WEB}: stop")).id],
        "{}",
        told(&plan)
    );
    assert!(steps(&plan).contains(&"system/sys.service: stop".to_owned()));
}

#[test]
fn lingering_stays_where_something_else_is_enabled_there() {
    let mut host = with_lingering();
    host.edit(&Edit::Write(
        unit_ref("user:deploy/mine.service"),
        service("/bin/mine"),
    ));
    host.edit(&Edit::Enable(unit_ref("user:deploy/mine.service")));
    let mut none = desired("h1").build();
    none.policy.max_removals = Share::Count(100);
    let plan = planned(&host, &none);
    assert!(
        !steps(&plan).contains(&"linger deploy: disable-linger".to_owned()),
        "{}",
        told(&plan)
    );
    assert!(
        notes(&plan)
            .iter()
            .any(|note| note.contains("mine.service would stop")),
        "{:?}",
        notes(&plan)
    );
}
