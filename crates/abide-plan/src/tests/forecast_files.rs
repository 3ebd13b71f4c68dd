//! Files and links that change what units say about each other, in a forecast.

use abide_model::{Desired, Wanted};
use abide_sim::{Edit, SimHost, desired, path, scope, unit_ref};

use super::forecast::{database, with_theirs, worker};
use super::support::{as_declared, assert_converges, foretold, one, planned, steps, told};

const APP: &str = "user:deploy/app.service";

#[test]
fn what_was_written_and_never_read_is_read_by_the_plan_before_it_restarts() {
    let with = |version: u8, about: &str| {
        database(version)
            .unit("app.service", &worker(about, "/bin/app"))
            .build()
    };
    // A run was cut between the file of the app and the daemon-reload.
    let mut host = as_declared(&with(1, "Requires=db.service"));
    let next = with(1, "After=db.service");
    let whole = planned(&host, &next);
    host.apply_until(&whole, 1);
    let plan = assert_converges(&mut host, &with(2, "After=db.service"));
    assert!(steps(&plan).contains(&"manager user:deploy: daemon-reload".to_owned()));
    assert_eq!(foretold(&plan), Vec::<String>::new(), "{}", told(&plan));
}

#[test]
fn what_goes_is_not_started_by_what_wants_it() {
    let db = |version: u8| {
        let text = worker("Wants=app.service", &format!("/bin/db {version}"));
        one("db.service", &text)
    };
    let app = worker("Description=x", "/bin/app");
    let host = as_declared(&db(1).unit("app.service", &app).build());
    for wanted in [
        db(2).build(),
        db(2).unit("app.service", &app).with_masked(true).build(),
    ] {
        let plan = assert_converges(&mut host.clone(), &wanted);
        assert!(steps(&plan).contains(&format!("{APP}: stop")));
        assert_eq!(foretold(&plan), Vec::<String>::new(), "{}", told(&plan));
    }
}

/// A database, and an app that its links tie to it and that does not run by itself.
fn tied(version: u8, install: &str, enabled: Wanted) -> Desired {
    let app = format!("[Service]\nExecStart=/bin/app\n[Install]\n{install}=db.service\n");
    database(version)
        .unit("app.service", &app)
        .with_running(Wanted::Unmanaged)
        .enabled(enabled)
        .build()
}

/// A host as the manifest says, on which the app does not run.
fn without_app(wanted: &Desired) -> SimHost {
    let mut host = as_declared(wanted);
    host.edit(&Edit::Stop(unit_ref(APP)));
    host
}

#[test]
fn a_link_that_comes_ties_and_one_that_goes_unties() {
    for (install, setting) in [
        ("WantedBy", "Wants="),
        ("RequiredBy", "Requires="),
        ("UpheldBy", "Upholds="),
    ] {
        let (off, on) = (
            |version| tied(version, install, Wanted::No),
            |version| tied(version, install, Wanted::Yes),
        );
        let mut host = without_app(&off(1));
        let plan = assert_converges(&mut host, &on(2));
        let start = format!("Start user:deploy/app.service ({setting} db.service)");
        assert_eq!(foretold(&plan).len(), 1, "{install}: {}", told(&plan));
        assert!(
            foretold(&plan)[0].ends_with(&start),
            "{:?}",
            foretold(&plan)
        );

        let mut host = without_app(&on(1));
        if host.is_up(&unit_ref(APP)) {
            continue;
        }
        let plan = assert_converges(&mut host, &off(2));
        assert_eq!(
            foretold(&plan),
            Vec::<String>::new(),
            "{install}: {}",
            told(&plan)
        );
        assert!(!host.is_up(&unit_ref(APP)), "{install}");
    }
}

#[test]
fn a_link_to_a_unit_that_was_never_read_counts_once_it_is() {
    // Somebody linked it by hand and reloaded nothing.
    let wanted = |version: u8| tied(version, "WantedBy", Wanted::Unmanaged);
    let mut host = without_app(&wanted(1));
    let dir = "/home/deploy/.config/systemd/user";
    host.write_link(
        &path(&format!("{dir}/db.service.wants/app.service")),
        &format!("{dir}/app.service"),
        "deploy",
    );
    let plan = assert_converges(&mut host, &wanted(2));
    assert_eq!(
        foretold(&plan),
        ["3: Start user:deploy/app.service (Wants= db.service)"]
    );
}

#[test]
fn what_a_stop_passes_on_goes_with_a_restart_since_254() {
    let with = |version: u8| {
        let text = worker(
            "PropagatesStopTo=theirs.service",
            &format!("/bin/db {version}"),
        );
        one("db.service", &text).build()
    };
    let told_by = |systemd: u32| {
        let mut host = SimHost::new();
        host.facts.systemd = systemd;
        assert_converges(&mut host, &with(1));
        host = with_theirs(host, "theirs.service", "Description=x");
        foretold(&assert_converges(&mut host, &with(2)))
    };
    let stop = ["3: Stop user:deploy/theirs.service (PropagatesStopTo= db.service)"];
    assert_eq!(told_by(253), Vec::<String>::new());
    assert_eq!(told_by(254), stop);
    assert_eq!(told_by(257), stop);
}

#[test]
fn what_a_restart_stops_comes_back_where_a_dependent_that_restarts_needs_it() {
    let with = |version: u8| {
        let text = worker(
            "PropagatesStopTo=theirs.service",
            &format!("/bin/db {version}"),
        );
        one("db.service", &text).build()
    };
    let mut host = SimHost::new();
    host.facts.systemd = 257;
    assert_converges(&mut host, &with(1));
    host = with_theirs(host, "theirs.service", "Description=x");
    host = with_theirs(
        host,
        "both.service",
        "Requires=db.service\nRequires=theirs.service",
    );
    assert_eq!(
        foretold(&assert_converges(&mut host, &with(2))),
        [
            "3: Restart user:deploy/both.service (Requires= db.service)",
            "3: Restart user:deploy/theirs.service (PropagatesStopTo= db.service)",
        ]
    );
}

#[test]
fn a_scope_of_its_own_has_a_course_of_its_own() {
    let with = |version: u8| {
        let text = |command: &str| format!("[Service]\nExecStart={command} {version}\n");
        let needs = "[Unit]\nRequires=db.service\n[Service]\nExecStart=/bin/app\n";
        desired("h1")
            .unit("db.service", &text("/bin/sys"))
            .unit("app.service", needs)
            .user("deploy")
            .unit("db.service", &text("/bin/db"))
            .unit("app.service", needs)
            .build()
    };
    let mut host = as_declared(&with(1));
    assert!(host.manager_is_up(&scope("user:deploy")));
    let told = foretold(&assert_converges(&mut host, &with(2)));
    let units: Vec<&str> = told
        .iter()
        .filter_map(|one| one.split(' ').nth(2))
        .collect();
    let mut sorted = units.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["system/app.service", APP], "{told:?}");
}

#[test]
fn a_stop_is_passed_on_from_unit_to_unit_and_not_through_other_ties() {
    let db = |version: u8| {
        let text = worker("PropagatesStopTo=a.service", &format!("/bin/db {version}"));
        one("db.service", &text).build()
    };
    let mut host = as_declared(&db(1));
    host = with_theirs(host, "b.service", "Description=b");
    host = with_theirs(host, "a.service", "PropagatesStopTo=b.service");
    host = with_theirs(host, "d.service", "Description=d");
    host = with_theirs(
        host,
        "c.service",
        "Requires=db.service\nPropagatesStopTo=d.service",
    );
    assert_eq!(
        foretold(&assert_converges(&mut host, &db(2))),
        [
            "3: Stop user:deploy/a.service (PropagatesStopTo= db.service)",
            "3: Stop user:deploy/b.service (PropagatesStopTo= a.service)",
            "3: Restart user:deploy/c.service (Requires= db.service)",
        ]
    );
    assert!(host.is_up(&unit_ref("user:deploy/d.service")));
}

#[test]
fn a_reload_reaches_only_what_runs_and_can_be_reloaded() {
    let db = |version: u8| {
        let text = format!(
            "[Unit]\nPropagatesReloadTo=down.service stiff.service\n[Service]\nExecStart=/bin/db {version}\nExecReload=/bin/r\n[Install]\nWantedBy=default.target\n"
        );
        one("db.service", &text)
            .on_change(abide_model::OnChange::Reload)
            .build()
    };
    let reloads = "[Service]\nExecStart=/bin/t\nExecReload=/bin/r\n";
    let mut host = SimHost::new().with_vendor_unit(true, "down.service", reloads);
    host = host.with_vendor_unit(true, "stiff.service", "[Service]\nExecStart=/bin/t\n");
    assert_converges(&mut host, &db(1));
    host.start(&unit_ref("user:deploy/stiff.service")).unwrap();
    let plan = assert_converges(&mut host, &db(2));
    assert!(steps(&plan).contains(&"user:deploy/db.service: reload".to_owned()));
    assert_eq!(foretold(&plan), Vec::<String>::new(), "{}", told(&plan));
}

#[test]
fn what_one_call_does_to_its_own_units_is_no_disruption() {
    let both = |version: u8| {
        let db = worker(
            "PropagatesStopTo=app.service",
            &format!("/bin/db {version}"),
        );
        let app = worker("Description=x", &format!("/bin/app {version}"));
        one("db.service", &db).unit("app.service", &app).build()
    };
    let plan = planned(&as_declared(&both(1)), &both(2));
    assert!(steps(&plan).contains(&format!("{APP}: restart")));
    assert_eq!(foretold(&plan), Vec::<String>::new(), "{}", told(&plan));
}
