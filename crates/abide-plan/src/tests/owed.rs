//! What a running unit is owed, seen on the host: a restart that was cut off, a hand's edit, a file that it reads.

use abide_model::{Cause, Change, Desired, HomePath, HostPathOrHome, OnChange, Wanted};
use abide_sim::{Edit, SimHost, desired, path, scope, unit_ref};

use super::support::{
    WEB, as_declared, assert_converges, notes, one, planned, seen_unit, service, steps, told, web,
};

#[test]
fn case_15_a_drop_in_whose_reload_was_lost_is_reloaded_and_restarted() {
    // `NeedDaemonReload` of systemd 252 misses a drop-in in a new directory.
    for (systemd, cause) in [
        (252, "changed after the last reload"),
        (257, "NeedDaemonReload"),
    ] {
        let wanted = one("web.service", &service("/bin/web"));
        let limited = wanted
            .clone()
            .drop_in("10-nice.conf", "[Service]\nNice=5\n")
            .build();
        let mut host = SimHost::new();
        host.facts.systemd = systemd;
        assert_converges(&mut host, &wanted.build());
        let whole = planned(&host, &limited);
        assert_eq!(whole.actions[1].change, Change::DaemonReload);
        host.apply_until(&whole, 1);
        let plan = assert_converges(&mut host, &limited);
        assert_eq!(
            told(&plan).lines().collect::<Vec<_>>(),
            [
                &*format!(
                    "1 manager user:deploy: daemon-reload <- reload owed: web.service: {cause}"
                ),
                "2 user:deploy/web.service: restart <- runs old /home/deploy/.config/systemd/user/web.service.d/10-nice.conf",
            ]
        );
    }
}

#[test]
fn case_16_a_file_that_was_replaced_by_hand_is_written_and_reloaded() {
    let wanted = web(&service("/bin/web"));
    let mut host = as_declared(&wanted);
    host.write_file(
        &path("/home/deploy/.config/systemd/user/web.service"),
        &service("/bin/other"),
        "deploy",
    );
    // Back to what it was: nothing but its ctime tells.
    host.write_file(
        &path("/home/deploy/.config/systemd/user/web.service"),
        &service("/bin/web"),
        "deploy",
    );
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(steps(&plan), ["manager user:deploy: daemon-reload"]);
}

#[test]
fn case_17_a_restart_that_was_cut_off_is_done_and_one_that_was_done_is_not_repeated() {
    let (first, second) = (web(&service("/bin/a")), web(&service("/bin/b")));
    let host = as_declared(&first);
    let whole = planned(&host, &second);
    let mut cut_before = host.clone();
    cut_before.apply_until(&whole, 2);
    assert_eq!(
        steps(&assert_converges(&mut cut_before, &second)),
        ["user:deploy/web.service: restart"]
    );
    let mut cut_after = host;
    cut_after.apply_until(&whole, 3);
    assert_eq!(
        steps(&assert_converges(&mut cut_after, &second)),
        Vec::<String>::new()
    );
}

#[test]
fn case_18_a_restart_by_an_admin_after_our_write_settles_the_debt() {
    let (first, second) = (web(&service("/bin/a")), web(&service("/bin/b")));
    let mut host = as_declared(&first);
    let whole = planned(&host, &second);
    host.apply_until(&whole, 2);
    host.restart(&unit_ref(WEB)).unwrap();
    assert_eq!(
        steps(&assert_converges(&mut host, &second)),
        Vec::<String>::new()
    );
}

#[test]
fn a_restart_by_an_admin_before_the_reload_does_not() {
    let (first, second) = (web(&service("/bin/a")), web(&service("/bin/b")));
    let mut host = as_declared(&first);
    let whole = planned(&host, &second);
    host.apply_until(&whole, 1);
    host.restart(&unit_ref(WEB)).unwrap();
    assert_eq!(
        steps(&assert_converges(&mut host, &second)),
        [
            "manager user:deploy: daemon-reload",
            "user:deploy/web.service: restart"
        ]
    );
}

const ENV: &str = "[Service]\nEnvironmentFile=%h/.config/app/env\nExecStart=/bin/web\n";

#[test]
fn case_19_a_changed_environment_file_restarts_without_a_reload() {
    let wanted = |value: &str| {
        let user = desired("h1").user("deploy").file(".config/app/env", value);
        user.unit("web.service", ENV).build()
    };
    let mut host = as_declared(&wanted("A=1\n"));
    let plan = assert_converges(&mut host, &wanted("A=2\n"));
    assert_eq!(
        steps(&plan),
        [
            "write /home/deploy/.config/app/env 0644",
            "user:deploy/web.service: restart"
        ]
    );
    assert_eq!(
        plan.actions[1].causes[0],
        Cause::FollowsFrom(plan.actions[0].id)
    );
    assert_eq!(plan.actions[1].after, [plan.actions[0].id]);
}

#[test]
fn case_19_a_file_that_was_written_before_the_cut_still_restarts() {
    let wanted = |value: &str| {
        let user = desired("h1").user("deploy").file(".config/app/env", value);
        user.unit("web.service", ENV).build()
    };
    let mut host = as_declared(&wanted("A=1\n"));
    let whole = planned(&host, &wanted("A=2\n"));
    host.apply_until(&whole, 1);
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted("A=2\n"))),
        ["user:deploy/web.service: restart"]
    );
}

#[test]
fn case_19_a_file_that_nobody_manages_restarts_what_names_it() {
    let env = path("/etc/app/env");
    let wanted = one("web.service", &service("/bin/web"));
    let wanted = wanted
        .restart_on(HostPathOrHome::Absolute(env.clone()))
        .build();
    let mut host = SimHost::new();
    host.write_file(&env, "A=1\n", "root");
    assert_converges(&mut host, &wanted);
    host.write_file(&env, "A=2\n", "root");
    assert_eq!(
        told(&assert_converges(&mut host, &wanted)),
        "1 user:deploy/web.service: restart <- runs old /etc/app/env"
    );
    host.remove_file(&env);
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted)),
        ["user:deploy/web.service: restart"]
    );
}

#[test]
fn a_changed_file_of_reload_on_reloads_and_does_so_again_after_a_cut() {
    let text = "[Service]\nExecStart=/bin/web\nExecReload=/bin/true\n";
    let conf = HostPathOrHome::Home(HomePath::parse("app.conf").unwrap());
    let wanted = |value: &str| {
        let user = desired("h1").user("deploy").file("app.conf", value);
        user.unit("web.service", text)
            .reload_on(conf.clone())
            .build()
    };
    let host = as_declared(&wanted("a\n"));
    let whole = planned(&host, &wanted("b\n"));
    assert_eq!(
        steps(&whole),
        [
            "write /home/deploy/app.conf 0644",
            "user:deploy/web.service: reload"
        ]
    );
    let mut cut = host;
    cut.apply_until(&whole, 1);
    assert_eq!(
        steps(&assert_converges(&mut cut, &wanted("b\n"))),
        ["user:deploy/web.service: reload"]
    );
}

#[test]
fn case_20_a_foreign_drop_in_is_kept_and_told() {
    let wanted = web(&service("/bin/web"));
    let mut host = as_declared(&wanted);
    let by_hand = Edit::DropIn(
        unit_ref(WEB),
        "override.conf".to_owned(),
        "[Service]\nNice=1\n".to_owned(),
    );
    host.edit(&by_hand);
    host.edit(&Edit::DaemonReload(scope("user:deploy")));
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        notes(&plan),
        [
            "user:deploy/web.service: drop-in override.conf beside ours is kept: it was written since the last apply, as `systemctl edit` does"
        ]
    );
    // It is old news after the next apply that changes something.
    let plan = assert_converges(&mut host, &web(&service("/bin/web --new")));
    assert_eq!(notes(&plan).len(), 1);
    let plan = planned(&host, &web(&service("/bin/web --new")));
    assert_eq!(
        notes(&plan),
        [
            "user:deploy/web.service: drop-ins that are not ours are kept: /home/deploy/.config/systemd/user/web.service.d/override.conf"
        ]
    );
}

#[test]
fn a_foreign_drop_in_of_an_instance_is_told_of_the_instance() {
    let text = "[Service]\nExecStart=/bin/pool %i\n[Install]\nWantedBy=default.target\n";
    let wanted = desired("h1")
        .user("deploy")
        .unit("pool@.service", text)
        .instance("pool@a.service")
        .instance("pool@b.service")
        .build();
    let mut host = as_declared(&wanted);
    let by_hand = |of: &str, name: &str| {
        let of = unit_ref(&format!("user:deploy/{of}"));
        Edit::DropIn(of, name.to_owned(), "[Service]\nNice=1\n".to_owned())
    };
    host.edit(&by_hand("pool@a.service", "one.conf"));
    host.edit(&by_hand("pool@.service", "all.conf"));
    host.edit(&Edit::DaemonReload(scope("user:deploy")));
    let kept = |unit: &str, name: &str| {
        format!(
            "user:deploy/{unit}: drop-in {name} beside ours is kept: it was written since the last apply"
        )
    };
    assert_eq!(
        notes(&assert_converges(&mut host, &wanted)),
        [
            kept("pool@.service", "all.conf"),
            kept("pool@a.service", "one.conf")
        ]
    );
}

#[test]
fn a_link_to_a_unit_that_has_no_install_section_is_kept_and_told() {
    let wanted = web("[Service]\nExecStart=/bin/web\n");
    let mut host = as_declared(&wanted);
    assert_eq!(notes(&planned(&host, &wanted)), Vec::<String>::new());
    let link = "default.target.wants/web.service".to_owned();
    host.edit(&Edit::Link(unit_ref(WEB), link));
    assert_eq!(
        notes(&assert_converges(&mut host, &wanted)),
        [
            "user:deploy/web.service: links that were made by hand are kept, for `enabled` is not declared: default.target.wants/web.service"
        ]
    );
}

/// Notes on a host where `web.service` was linked into `default.target.wants` by hand.
fn noted_of_link(wanted: &Desired) -> Vec<String> {
    let mut host = as_declared(wanted);
    let link = "default.target.wants/web.service".to_owned();
    host.edit(&Edit::Link(unit_ref(WEB), link));
    notes(&assert_converges(&mut host, wanted))
}

#[test]
fn a_link_that_goes_or_is_somebody_elses_affair_is_not_told_as_kept() {
    use Wanted::{No, Unmanaged};
    let web = |install: &str, enabled: Wanted| {
        let text = format!("[Service]\nExecStart=/bin/web\n{install}");
        one("web.service", &text).enabled(enabled).build()
    };
    let install = "[Install]\nWantedBy=default.target\n";
    assert_eq!(noted_of_link(&web("", Unmanaged)).len(), 1);
    assert_eq!(noted_of_link(&web("", No)), Vec::<String>::new());
    assert_eq!(
        noted_of_link(&web(install, Unmanaged)),
        Vec::<String>::new()
    );
    let theirs = desired("h1").user("deploy").foreign_unit("web.service");
    let theirs = theirs.with_running(Unmanaged).enabled(Unmanaged).build();
    let mut host = SimHost::new().with_user("deploy");
    host = host.with_vendor_unit(true, "web.service", "[Service]\nExecStart=/bin/web\n");
    assert_converges(&mut host, &theirs);
    let link = "default.target.wants/web.service".to_owned();
    host.edit(&Edit::Link(unit_ref(WEB), link.clone()));
    assert_eq!(notes(&planned(&host, &theirs)), Vec::<String>::new());
    // What is masked loses its links first.
    let mut host = as_declared(&web("", Unmanaged));
    host.edit(&Edit::Link(unit_ref(WEB), link));
    let masked = one("web.service", "[Service]\nExecStart=/bin/web\n")
        .with_running(No)
        .enabled(Unmanaged)
        .with_masked(true)
        .build();
    assert_eq!(
        notes(&assert_converges(&mut host, &masked)),
        Vec::<String>::new()
    );
}

#[test]
fn drop_ins_of_a_packages_unit_are_told_where_some_are_ours() {
    let with = |ours: bool| {
        let wanted = desired("h1")
            .foreign_unit("nginx.service")
            .with_running(Wanted::Yes);
        match ours {
            true => wanted
                .drop_in("10-ours.conf", "[Service]\nNice=5\n")
                .build(),
            false => wanted.build(),
        }
    };
    for ours in [false, true] {
        let vendor = "[Service]\nExecStart=/bin/x\n";
        let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", vendor);
        assert_converges(&mut host, &with(ours));
        host.edit(&Edit::DropIn(
            unit_ref("system/nginx.service"),
            "theirs.conf".to_owned(),
            "[Service]\nNice=1\n".to_owned(),
        ));
        let noted = notes(&assert_converges(&mut host, &with(ours)));
        assert_eq!(noted.len(), usize::from(ours), "{noted:?}");
    }
}

#[test]
fn a_changed_unit_that_keeps_crashing_is_reset_before_it_is_restarted() {
    let host = as_declared(&web(&service("/bin/web")));
    let wanted = web(&service("/bin/web --new"));
    let resets = |restarts: u32, secs_ago: u64| {
        let mut seen = host.observe(&wanted);
        let at = seen.facts.now.0 - secs_ago * 1_000_000;
        let unit = seen_unit(&mut seen, WEB);
        (unit.restarts, unit.started_at) = (restarts, Some(abide_model::Timestamp(at)));
        let plan = crate::plan(&wanted, &seen);
        let steps = steps(&plan);
        assert!(steps.contains(&format!("{WEB}: restart")), "{steps:?}");
        let resets = steps.contains(&format!("{WEB}: reset-failed"));
        assert_eq!(
            told(&plan).contains("3 restarts"),
            resets,
            "{}",
            told(&plan)
        );
        resets
    };
    assert!(resets(3, 1));
    assert!(resets(3, 59));
    assert!(!resets(3, 60), "it runs by now");
    assert!(!resets(0, 1));
}

/// A package's unit that reads a file of ours, and the manifest's part of it.
fn of_a_package(text: &str) -> abide_sim::DesiredBuilder {
    desired("h1")
        .user("deploy")
        .linger(Some(true))
        .file(".config/web.env", text)
        .foreign_unit("web.service")
        .with_running(Wanted::Yes)
}

const OF_A_PACKAGE: &str = "[Service]\nExecStart=/bin/web\nEnvironmentFile=-%h/.config/*.env\nEnvironmentFile=-/etc/default/web\n";

#[test]
fn a_managed_file_that_a_packages_unit_reads_restarts_it_as_one_of_ours() {
    let mut host = SimHost::new().with_vendor_unit(true, "web.service", OF_A_PACKAGE);
    assert_converges(&mut host, &of_a_package("A=1\n").build());
    let changed = of_a_package("A=2\n");
    let held = changed.clone().on_change(OnChange::None).build();
    let plan = planned(&host, &held);
    assert_eq!(steps(&plan), ["write /home/deploy/.config/web.env 0644"]);
    let plan = assert_converges(&mut host, &changed.build());
    assert_eq!(
        steps(&plan),
        [
            "write /home/deploy/.config/web.env 0644",
            "user:deploy/web.service: restart"
        ]
    );
    // From now on it is known what the run has read.
    let touched = of_a_package("A=2\n").build();
    host.write_file(&path("/home/deploy/.config/web.env"), "A=2\n", "deploy");
    assert!(planned(&host, &touched).is_empty());
    // What the manifest does not have is nobody's to watch.
    host.write_file(&path("/etc/default/web"), "B=1\n", "root");
    let plan = planned(&host, &touched);
    assert!(plan.is_empty(), "{}", told(&plan));
}
