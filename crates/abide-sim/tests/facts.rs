//! What real hosts did (systemd 252 and 257), done again by the simulated one. They are docs/systemd-facts.md's.

use abide_model::{ActiveState, Manager};
use abide_sim::{Edit, SimHost, desired, path, scope, unit_ref, user};

const SERVICE: &str = "[Service]\nExecStart=/bin/a\n[Install]\nWantedBy=multi-user.target\n";

fn write(host: &mut SimHost, unit: &str, text: &str) {
    host.edit(&Edit::Write(unit_ref(unit), text.to_owned()));
}

fn started(host: &SimHost, unit: &str) -> Option<(ActiveState, String)> {
    let runtime = host.runtime_of(&unit_ref(unit))?;
    Some((runtime.active, runtime.invocation.clone()))
}

fn up(host: &SimHost, unit: &str) -> bool {
    host.is_up(&unit_ref(unit))
}

#[test]
fn a_new_unit_starts_without_a_daemon_reload_and_a_changed_one_starts_as_it_was() {
    let mut host = SimHost::new();
    write(&mut host, "system/a.service", SERVICE);
    host.enable(&unit_ref("system/a.service")).unwrap();
    host.start(&unit_ref("system/a.service")).unwrap();
    write(
        &mut host,
        "system/a.service",
        "[Service]\nExecStart=/bin/b\n",
    );
    host.restart(&unit_ref("system/a.service")).unwrap();
    assert!(!host.runs_what_is_on_disk(&unit_ref("system/a.service")));
    host.reload_manager(&scope("system")).unwrap();
    host.restart(&unit_ref("system/a.service")).unwrap();
    assert!(host.runs_what_is_on_disk(&unit_ref("system/a.service")));
}

#[test]
fn a_stopped_unit_is_forgotten_unless_its_target_names_it() {
    let mut host = SimHost::new();
    for (unit, enabled) in [("system/a.service", false), ("system/b.service", true)] {
        write(&mut host, unit, SERVICE);
        if enabled {
            host.enable(&unit_ref(unit)).unwrap();
        }
        host.reload_manager(&scope("system")).unwrap();
        host.start(&unit_ref(unit)).unwrap();
        host.stop(&unit_ref(unit)).unwrap();
        assert_eq!(started(&host, unit).is_some(), enabled, "{unit}");
    }
}

#[test]
fn need_daemon_reload_misses_a_drop_in_in_a_new_directory_on_252_and_sees_it_on_257() {
    let wanted = desired("h1").unit("a.service", SERVICE).build();
    let needs_reload = |host: &SimHost| {
        let seen = host.observe(&wanted);
        let system = seen.scopes[&scope("system")].as_known().unwrap();
        system.units.values().next().unwrap().need_reload
    };
    let drop_in = |name: &str| {
        let unit = unit_ref("system/a.service");
        Edit::DropIn(unit, name.to_owned(), "[Service]\nNice=1\n".to_owned())
    };
    for (systemd, sees) in [(252, false), (257, true)] {
        let mut host = SimHost::new();
        host.facts.systemd = systemd;
        write(&mut host, "system/a.service", SERVICE);
        host.start(&unit_ref("system/a.service")).unwrap();
        host.edit(&drop_in("1.conf"));
        assert_eq!(needs_reload(&host), sees, "a new directory");
        host.reload_manager(&scope("system")).unwrap();
        host.edit(&drop_in("2.conf"));
        assert!(needs_reload(&host), "a known directory");
    }
}

#[test]
fn a_restart_takes_those_along_that_require_it_and_a_stop_leaves_them_down() {
    let mut host = SimHost::new();
    write(&mut host, "system/base.service", SERVICE);
    write(
        &mut host,
        "system/needs.service",
        "[Unit]\nRequires=base.service\n[Service]\nExecStart=/bin/n\n",
    );
    write(
        &mut host,
        "system/part.service",
        "[Unit]\nPartOf=base.service\n[Service]\nExecStart=/bin/p\n",
    );
    host.start(&unit_ref("system/needs.service")).unwrap();
    host.start(&unit_ref("system/part.service")).unwrap();
    let before = [
        started(&host, "system/needs.service"),
        started(&host, "system/part.service"),
    ];
    host.restart(&unit_ref("system/base.service")).unwrap();
    let after = [
        started(&host, "system/needs.service"),
        started(&host, "system/part.service"),
    ];
    assert!(before[0] != after[0] && before[1] != after[1]);
    host.stop(&unit_ref("system/base.service")).unwrap();
    host.start(&unit_ref("system/base.service")).unwrap();
    assert!(!up(&host, "system/needs.service") && !up(&host, "system/part.service"));
}

#[test]
fn a_socket_cannot_start_while_its_service_runs() {
    let mut host = SimHost::new();
    write(&mut host, "system/a.service", SERVICE);
    write(
        &mut host,
        "system/a.socket",
        "[Socket]\nListenStream=/run/a\n",
    );
    host.start(&unit_ref("system/a.socket")).unwrap();
    host.start(&unit_ref("system/a.service")).unwrap();
    assert!(host.restart(&unit_ref("system/a.socket")).is_err());
    assert!(!up(&host, "system/a.socket"), "and it is dead then");
    host.stop(&unit_ref("system/a.service")).unwrap();
    host.start(&unit_ref("system/a.socket")).unwrap();
}

#[test]
fn a_trigger_without_its_unit_does_not_start() {
    let mut host = SimHost::new();
    write(&mut host, "system/a.timer", "[Timer]\nOnCalendar=daily\n");
    assert!(host.start(&unit_ref("system/a.timer")).is_err());
    assert!(!up(&host, "system/a.timer"));
}

#[test]
fn a_mask_needs_its_place_free_and_stops_nothing() {
    let mut host = SimHost::new();
    let unit = unit_ref("system/a.service");
    write(&mut host, "system/a.service", SERVICE);
    host.start(&unit).unwrap();
    assert!(host.mask(&unit).is_err(), "the file is in the way");
    host.edit(&Edit::Remove(unit.clone()));
    host.mask(&unit).unwrap();
    host.reload_manager(&scope("system")).unwrap();
    assert!(up(&host, "system/a.service"));
    assert!(host.restart(&unit).is_err() && host.enable(&unit).is_err());
    host.stop(&unit).unwrap();
    assert!(host.start(&unit).is_err());
}

#[test]
fn enable_adds_the_links_of_the_file_and_keeps_stale_ones() {
    let mut host = SimHost::new();
    let unit = unit_ref("system/a.service");
    write(&mut host, "system/a.service", SERVICE);
    host.enable(&unit).unwrap();
    write(
        &mut host,
        "system/a.service",
        "[Service]\nExecStart=/bin/a\n[Install]\nWantedBy=b.target\nAlias=c.service\n",
    );
    host.enable(&unit).unwrap();
    let links = host.links(&scope("system"));
    let expected = [
        "b.target.wants/a.service",
        "c.service",
        "multi-user.target.wants/a.service",
    ];
    assert_eq!(links, expected.map(str::to_owned).into());
    host.edit(&Edit::Remove(unit.clone()));
    host.disable(&unit).unwrap();
    assert!(
        host.links(&scope("system")).is_empty(),
        "disable works without the file"
    );
}

#[test]
fn disabling_a_template_removes_the_links_of_its_instances() {
    let mut host = SimHost::new();
    write(&mut host, "system/t@.service", SERVICE);
    host.enable(&unit_ref("system/t@a.service")).unwrap();
    host.enable(&unit_ref("system/t@b.service")).unwrap();
    host.disable(&unit_ref("system/t@a.service")).unwrap();
    assert_eq!(host.links(&scope("system")).len(), 1);
    host.disable(&unit_ref("system/t@.service")).unwrap();
    assert!(
        host.links(&scope("system")).is_empty(),
        "disable reaches every instance"
    );
}

#[test]
fn a_unit_that_runs_outlives_its_file_and_cannot_be_restarted() {
    let mut host = SimHost::new();
    let unit = unit_ref("system/a.service");
    write(&mut host, "system/a.service", SERVICE);
    host.start(&unit).unwrap();
    host.edit(&Edit::Remove(unit.clone()));
    host.reload_manager(&scope("system")).unwrap();
    let seen = host.observe(&desired("h1").foreign_unit("a.service").build());
    let seen = &seen.scopes[&scope("system")].as_known().unwrap().units[&unit.unit];
    assert_eq!(
        (seen.load.as_str(), seen.active),
        ("not-found", ActiveState::Active),
        "it runs on without its file"
    );
    assert!(host.restart(&unit).is_err());
    host.stop(&unit).unwrap();
    assert!(host.stop(&unit).is_err(), "not loaded any more");
}

#[test]
fn a_crash_loop_needs_reset_failed_before_it_may_start_again() {
    let mut host = SimHost::new();
    let unit = unit_ref("system/a.service");
    write(
        &mut host,
        "system/a.service",
        "[Service]\nExecStart=/bin/a\nRestart=always\n",
    );
    host.fail_on_start(&unit, true);
    host.start(&unit).unwrap();
    assert_eq!(
        host.runtime_of(&unit).map(|run| (run.active, run.restarts)),
        Some((ActiveState::Failed, 5))
    );
    host.fail_on_start(&unit, false);
    assert!(host.start(&unit).is_err());
    host.reset_failed(&unit).unwrap();
    host.start(&unit).unwrap();
    assert!(up(&host, "system/a.service"));
}

#[test]
fn lingering_starts_what_the_user_enabled_and_its_end_stops_it() {
    let mut host = SimHost::new().with_user("deploy");
    write(
        &mut host,
        "user:deploy/a.service",
        "[Service]\nExecStart=/bin/a\n[Install]\nWantedBy=default.target\n",
    );
    write(&mut host, "user:deploy/b.service", SERVICE);
    host.enable(&unit_ref("user:deploy/a.service")).unwrap();
    host.enable(&unit_ref("user:deploy/b.service")).unwrap();
    assert!(!host.manager_is_up(&scope("user:deploy")));
    host.enable_linger(&user("deploy")).unwrap();
    assert!(up(&host, "user:deploy/a.service"));
    assert!(
        !up(&host, "user:deploy/b.service"),
        "a user has no multi-user.target"
    );
    host.reboot();
    assert!(up(&host, "user:deploy/a.service"));
    host.disable_linger(&user("deploy")).unwrap();
    assert!(!host.manager_is_up(&scope("user:deploy")));
}

#[test]
fn a_session_holds_the_manager_only_until_it_ends() {
    let mut host = SimHost::new().with_user("deploy");
    host.log_in(&user("deploy"));
    write(&mut host, "user:deploy/a.service", SERVICE);
    host.start(&unit_ref("user:deploy/a.service")).unwrap();
    host.log_out(&user("deploy"));
    assert!(!up(&host, "user:deploy/a.service"));
}

#[test]
fn a_broken_manager_is_seen_as_one_and_lingering_stays_recorded() {
    let mut host = SimHost::new().with_user("deploy");
    host.break_manager(&user("deploy"), true);
    host.enable_linger(&user("deploy")).unwrap();
    let seen = host.observe(&desired("h1").user("deploy").build());
    let known = seen.users[&user("deploy")].as_known().unwrap();
    assert!(
        known.linger.recorded && known.linger.manager == ActiveState::Failed,
        "recorded though its manager failed"
    );
    let seen = seen.scopes[&scope("user:deploy")].as_known().unwrap();
    assert!(matches!(seen.manager, Manager::Broken(_)));
}

#[test]
fn contents_come_back_only_where_they_differ_and_foreign_drop_ins_always() {
    let mut host = SimHost::new();
    write(&mut host, "system/a.service", SERVICE);
    host.write_file(
        &path("/etc/systemd/system/a.service.d/90-theirs.conf"),
        "[Service]\nNice=1\n",
        "root",
    );
    let file = |text: &str, name: &str| {
        let seen = host.observe(&desired("h1").unit("a.service", text).build());
        let system = seen.scopes[&scope("system")].as_known().unwrap();
        system.files[&path(name)]
            .as_known()
            .unwrap()
            .content
            .is_some()
    };
    assert!(!file(SERVICE, "/etc/systemd/system/a.service"));
    assert!(file(
        "[Service]\nExecStart=/bin/b\n",
        "/etc/systemd/system/a.service"
    ));
    assert!(file(
        SERVICE,
        "/etc/systemd/system/a.service.d/90-theirs.conf"
    ));
}

#[test]
fn without_root_only_the_login_users_own_is_seen() {
    let mut host = SimHost::new().with_user("deploy").with_user("worker");
    host.facts.login = user("deploy");
    host.facts.root = abide_model::RootRoute::None("sudo wants a password".to_owned());
    let seen = host.observe(&desired("h1").user("deploy").user("worker").build());
    assert!(seen.scopes[&scope("user:deploy")].as_known().is_some());
    assert!(matches!(
        seen.scopes[&scope("user:worker")],
        abide_model::Observation::Unknown(_)
    ));
}

#[test]
fn a_quadlet_is_generated_at_daemon_reload_and_cannot_be_enabled() {
    let mut host = SimHost::new().with_user("deploy");
    host.enable_linger(&user("deploy")).unwrap();
    write(
        &mut host,
        "user:deploy/web.container",
        "[Container]\nImage=a\n[Install]\nWantedBy=default.target\n",
    );
    host.reload_manager(&scope("user:deploy")).unwrap();
    let unit = unit_ref("user:deploy/web.service");
    assert!(
        host.enable(&unit).is_err(),
        "a generated unit cannot be enabled"
    );
    host.reboot();
    assert!(host.runs_what_is_on_disk(&unit));
}
