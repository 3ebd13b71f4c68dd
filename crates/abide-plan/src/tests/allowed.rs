//! What may be done to a unit, and what stands in the way of it.

use abide_model::{Cause, Desired, NoteKind, OnChange, Policy, RootRoute, Wanted};
use abide_sim::{DesiredBuilder, Edit, SimHost, desired, path, scope, unit_ref, user};

use super::support::{
    as_declared, assert_converges, lines, one, planned, refusals, seen_unit, service, steps, told,
};

const VENDOR: &str = "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=multi-user.target\n";
const NGINX: &str = "system/nginx.service";

/// A host with the unit of a package, running and enabled.
fn with_nginx() -> SimHost {
    let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", VENDOR);
    host.enable(&unit_ref(NGINX)).unwrap();
    host.reload_manager(&scope("system")).unwrap();
    host.start(&unit_ref(NGINX)).unwrap();
    host
}

fn nginx() -> DesiredBuilder {
    desired("h1")
        .foreign_unit("nginx.service")
        .with_running(Wanted::Yes)
        .enabled(Wanted::Yes)
}

/// The host as its user `deploy` sees it, who cannot become root.
fn without_root(mut host: SimHost) -> SimHost {
    host = host.with_user("deploy");
    host.facts.login = user("deploy");
    host.facts.root = RootRoute::None("sudo wants a password".to_owned());
    host
}

#[test]
fn without_root_each_kind_of_work_is_refused_and_what_is_right_is_not() {
    let refused = |edit: &dyn Fn(&mut SimHost), wanted: &Desired| {
        let mut host = with_nginx();
        edit(&mut host);
        let mut host = without_root(host);
        let plan = planned(&host, wanted);
        assert!(plan.actions.is_empty(), "{}", told(&plan));
        assert_eq!(host.apply(&plan), []);
        refusals(&plan)
    };
    let why = "changing it needs root, and root was not reached (sudo wants a password)";
    let needs_root = [format!("{NGINX}: {why}")];
    assert_eq!(refused(&|_| {}, &nginx().build()), Vec::<String>::new());
    let stopped = |host: &mut SimHost| host.stop(&unit_ref(NGINX)).unwrap();
    assert_eq!(refused(&stopped, &nginx().build()), needs_root);
    let disabled = |host: &mut SimHost| {
        host.disable(&unit_ref(NGINX)).unwrap();
        host.reload_manager(&scope("system")).unwrap();
    };
    assert_eq!(refused(&disabled, &nginx().build()), needs_root);
    let off = nginx().with_running(Wanted::No).build();
    assert_eq!(refused(&|_| {}, &off), needs_root);
    let masked = desired("h1")
        .foreign_unit("other.service")
        .with_masked(true)
        .build();
    assert_eq!(
        refused(&|_| {}, &masked),
        [format!("system/other.service: {why}")]
    );
}

#[test]
fn without_root_a_reload_that_is_owed_is_refused() {
    let wanted = desired("h1")
        .unit("web.service", "[Service]\nExecStart=/bin/x\n")
        .build();
    let mut host = as_declared(&wanted);
    host.write_file(
        &path("/etc/systemd/system/web.service"),
        "[Service]\nExecStart=/bin/x\n",
        "root",
    );
    let plan = planned(&without_root(host), &wanted);
    assert_eq!(
        refusals(&plan),
        [
            "system/web.service: changing it needs root, and root was not reached (sudo wants a password)"
        ]
    );
}

#[test]
fn without_root_a_failure_of_a_unit_that_goes_is_not_forgotten() {
    let wanted = desired("h1")
        .foreign_unit("gone.service")
        .marked_absent()
        .build();
    let mut host = without_root(SimHost::new());
    host.run_transient(&unit_ref("system/gone.service"), "/bin/x")
        .unwrap();
    let mut seen = host.observe(&wanted);
    let unit = seen_unit(&mut seen, "system/gone.service");
    unit.active = abide_model::ActiveState::Failed;
    unit.transient = false;
    unit.fragment = None;
    unit.load = "not-found".to_owned();
    let plan = crate::plan(&wanted, &seen);
    assert!(
        refusals(&plan)[0].starts_with("system/gone.service: changing it needs root"),
        "{}",
        told(&plan)
    );
    seen.facts.root = RootRoute::Sudo;
    let plan = crate::plan(&wanted, &seen);
    assert_eq!(steps(&plan), ["system/gone.service: reset-failed"]);
}

/// A host whose `nginx.service` is also called `www.service`.
fn with_alias() -> SimHost {
    let vendor = "[Service]\nExecStart=/bin/x\n[Install]\nAlias=www.service\n";
    let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", vendor);
    host.enable(&unit_ref(NGINX)).unwrap();
    host.reload_manager(&scope("system")).unwrap();
    host
}

#[test]
fn a_unit_file_of_ours_does_not_take_the_place_of_an_alias() {
    let wanted = desired("h1")
        .unit("www.service", "[Service]\nExecStart=/bin/w\n")
        .build();
    assert_eq!(
        refusals(&planned(&with_alias(), &wanted)),
        ["system/www.service: on the host it is an alias of nginx.service"]
    );
}

#[test]
fn a_drop_in_may_be_declared_under_an_alias() {
    let wanted = desired("h1")
        .foreign_unit("www.service")
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .build();
    let plan = planned(&with_alias(), &wanted);
    assert_eq!(refusals(&plan), Vec::<String>::new());
    assert!(
        steps(&plan)
            .contains(&"write /etc/systemd/system/www.service.d/10-nice.conf 0644".to_owned()),
        "{}",
        told(&plan)
    );
}

/// A template with an instance of it that has a file of its own, written by hand.
fn with_instance_file() -> (SimHost, Desired) {
    let wanted = one("pool@.service", "[Service]\nExecStart=/bin/pool %i\n")
        .instance("pool@a.service")
        .build();
    let mut host = as_declared(&wanted);
    host.write_file(
        &path("/home/deploy/.config/systemd/user/pool@a.service"),
        "[Service]\nExecStart=/bin/own\n",
        "deploy",
    );
    host.reload_manager(&scope("user:deploy")).unwrap();
    (host, wanted)
}

#[test]
fn a_file_for_just_this_instance_hides_its_template() {
    let (host, wanted) = with_instance_file();
    assert_eq!(
        refusals(&planned(&host, &wanted)),
        [
            "user:deploy/pool@a.service: /home/deploy/.config/systemd/user/pool@a.service comes before our unit file"
        ]
    );
}

#[test]
fn a_file_for_just_this_instance_may_be_declared() {
    let (mut host, _) = with_instance_file();
    let wanted = one("pool@.service", "[Service]\nExecStart=/bin/pool %i\n")
        .unit("pool@a.service", "[Service]\nExecStart=/bin/declared\n")
        .build();
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(refusals(&plan), Vec::<String>::new());
    assert!(
        steps(&plan)
            .contains(&"write /home/deploy/.config/systemd/user/pool@a.service 0644".to_owned()),
        "{}",
        told(&plan)
    );
}

#[test]
fn a_file_for_just_this_instance_goes_when_the_instance_is_declared_absent() {
    let (mut host, _) = with_instance_file();
    let wanted = one("pool@.service", "[Service]\nExecStart=/bin/pool %i\n")
        .foreign_unit("pool@a.service")
        .marked_absent()
        .build();
    let plan = assert_converges(&mut host, &wanted);
    assert!(
        steps(&plan)
            .contains(&"remove /home/deploy/.config/systemd/user/pool@a.service".to_owned()),
        "{}",
        told(&plan)
    );
}

/// The refusals where the unit was loaded from this file.
fn loaded_from(fragment: &str, wanted: &Desired, unit: &str, host: &SimHost) -> Vec<String> {
    let mut seen = host.observe(wanted);
    let found = seen_unit(&mut seen, unit);
    found.fragment = Some(path(fragment));
    refusals(&crate::plan(wanted, &seen))
}

#[test]
fn a_unit_file_in_a_place_that_comes_first_hides_ours_and_not_one_that_is_not() {
    let early = "/run/systemd/generator.early/nginx.service";
    let ours = desired("h1").unit("nginx.service", VENDOR).build();
    let host = as_declared(&ours);
    assert_eq!(
        loaded_from(early, &ours, NGINX, &host),
        [format!("{NGINX}: {early} comes before our unit file")]
    );
    // It may go all the same, and somebody else's unit may be loaded from wherever it likes.
    let gone = desired("h1")
        .foreign_unit("nginx.service")
        .marked_absent()
        .build();
    assert_eq!(
        loaded_from(early, &gone, NGINX, &host),
        Vec::<String>::new()
    );
    let foreign = nginx().build();
    let host = with_nginx();
    assert_eq!(
        loaded_from(early, &foreign, NGINX, &host),
        Vec::<String>::new()
    );
}

#[test]
fn a_mask_by_hand_of_a_unit_that_goes_stays_and_its_drop_in_does_not() {
    let wanted = one("web.service", &service("/bin/web"))
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .linger(Some(true))
        .build();
    let mut host = as_declared(&wanted);
    let file = path("/home/deploy/.config/systemd/user/web.service");
    host.write_link(&file, "/dev/null", "deploy");
    host.reload_manager(&scope("user:deploy")).unwrap();
    let none = desired("h1").user("deploy").linger(Some(true)).build();
    let plan = assert_converges(&mut host, &none);
    let steps = steps(&plan);
    assert!(
        steps.contains(
            &"remove /home/deploy/.config/systemd/user/web.service.d/10-nice.conf".to_owned()
        ),
        "{steps:?}"
    );
    assert!(!steps.contains(&format!("remove {file}")), "{steps:?}");
}

#[test]
fn a_file_by_hand_over_a_packages_unit_is_ours_to_remove_where_that_is_declared() {
    let mut host = with_nginx();
    host.edit(&Edit::Write(
        unit_ref(NGINX),
        "[Service]\nExecStart=/bin/mine\n".to_owned(),
    ));
    // Nobody has loaded it yet: the package's own is what its manager knows.
    let absent = desired("h1")
        .foreign_unit("nginx.service")
        .marked_absent()
        .build();
    let plan = planned(&host, &absent);
    assert_eq!(refusals(&plan), Vec::<String>::new());
    assert!(
        steps(&plan).contains(&"remove /etc/systemd/system/nginx.service".to_owned()),
        "{}",
        told(&plan)
    );
    assert_eq!(
        refusals(&planned(&with_nginx(), &absent)),
        [format!(
            "{NGINX}: /usr/lib/systemd/system/nginx.service is not abide's to remove"
        )]
    );
}

#[test]
fn an_instance_of_a_packages_template_is_stopped_and_disabled_where_it_is_declared_absent() {
    let mut host = SimHost::new().with_vendor_unit(false, "getty@.service", VENDOR);
    let getty = unit_ref("system/getty@tty9.service");
    host.enable(&getty).unwrap();
    host.reload_manager(&scope("system")).unwrap();
    host.start(&getty).unwrap();
    let absent = desired("h1")
        .foreign_unit("getty@tty9.service")
        .marked_absent()
        .build();
    assert_eq!(
        steps(&assert_converges(&mut host, &absent)),
        lines(
            "system/getty@tty9.service: stop
            system/getty@tty9.service: disable -multi-user.target.wants/getty@tty9.service
            manager system: daemon-reload"
        )
    );
}

#[test]
fn a_packages_unit_that_nobody_declares_any_more_is_let_go_of_and_left_as_it_is() {
    let mut host = with_nginx();
    host.stop(&unit_ref(NGINX)).unwrap();
    assert_converges(&mut host, &nginx().build());
    let keeping = Policy {
        prune: false,
        ..Policy::default()
    };
    let kept = planned(&host, &desired("h1").policy(keeping).build());
    assert!(
        kept.is_empty() && kept.notes[0].kind == NoteKind::Orphan,
        "{}",
        told(&kept)
    );
    let plan = assert_converges(&mut host, &desired("h1").build());
    assert_eq!(steps(&plan), [format!("{NGINX}: forget")]);
    assert_eq!(plan.actions[0].causes, [Cause::Undeclared]);
    assert!(host.is_up(&unit_ref(NGINX)));
    // Another manifest may have it now.
    let other = nginx().with_running(Wanted::No).manifest("other").build();
    assert_eq!(
        steps(&assert_converges(&mut host, &other)),
        [format!("{NGINX}: stop")]
    );
}

#[test]
fn a_unit_that_is_declared_under_its_alias_is_still_declared() {
    let wanted = |running: Wanted| {
        desired("h1")
            .foreign_unit("www.service")
            .with_running(running)
            .build()
    };
    let mut host = with_alias();
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted(Wanted::Yes))),
        [format!("{NGINX}: start")]
    );
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted(Wanted::No))),
        [format!("{NGINX}: stop")]
    );
}

#[test]
fn a_packages_unit_is_reloaded_where_either_it_or_our_drop_in_says_how() {
    let with = |text: &str| {
        nginx()
            .on_change(OnChange::Reload)
            .drop_in("10-web.conf", text)
            .build()
    };
    let reloads = |vendor_can: bool, from: &str, to: &str| {
        let mut host = with_nginx();
        assert_converges(&mut host, &with(from));
        let mut seen = host.observe(&with(to));
        seen_unit(&mut seen, NGINX).can_reload = vendor_can;
        let plan = crate::plan(&with(to), &seen);
        assert!(!plan.is_empty() || !plan.refused.is_empty());
        steps(&plan).contains(&format!("{NGINX}: reload"))
    };
    let (five, six) = ("[Service]\nNice=5\n", "[Service]\nNice=6\n");
    let how = "ExecReload=/bin/kill -HUP $MAINPID\n";
    assert!(reloads(true, five, six));
    assert!(!reloads(false, five, six));
    assert!(reloads(
        false,
        &format!("{five}{how}"),
        &format!("{six}{how}")
    ));
}

#[test]
fn a_packages_unit_that_was_never_timed_is_left_running() {
    let wanted = nginx().build();
    let mut seen = with_nginx().observe(&wanted);
    // A target, a mount, a slice: there is no process that started.
    seen_unit(&mut seen, NGINX).started_at = None;
    let plan = crate::plan(&wanted, &seen);
    assert!(
        plan.actions
            .iter()
            .all(|one| one.change == abide_model::Change::Adopt),
        "{}",
        told(&plan)
    );
}

#[test]
fn a_packages_unit_keeps_running_and_enabled_when_only_our_drop_in_goes() {
    let mut host = with_nginx();
    let with = nginx().drop_in("10-nice.conf", "[Service]\nNice=5\n");
    assert_converges(&mut host, &with.build());
    let plan = assert_converges(&mut host, &desired("h1").build());
    assert_eq!(
        steps(&plan),
        lines(
            "remove /etc/systemd/system/nginx.service.d/10-nice.conf
            manager system: daemon-reload"
        )
    );
    assert!(host.is_up(&unit_ref(NGINX)));
}
