//! The course of a plan in thought: what has been read by when, what comes back, and what a change of links makes of it.

use abide_model::{ActiveState, LastLoad, Manager, Timestamp, Wanted};
use abide_sim::{Edit, SimHost, unit_ref};

use super::forecast::{database, with_theirs, worker};
use super::support::{
    as_declared, assert_converges, foretold, notes, one, planned, seen_of, seen_unit, told,
};

#[test]
fn a_plan_without_a_daemon_reload_reads_no_times_anew() {
    let with = |value: &str| {
        one(
            "job.timer",
            "[Timer]\nOnBootSec=30s\n[Install]\nWantedBy=timers.target\n",
        )
        .unit(
            "job.service",
            "[Service]\nType=oneshot\nExecStart=/bin/job\n",
        )
        .file("app.conf", value)
        .build()
    };
    let mut host = as_declared(&with("a"));
    host.edit(&Edit::Stop(unit_ref("user:deploy/job.timer")));
    let plan = |value: &str| {
        let mut seen = host.observe(&with(value));
        let booted = seen.facts.booted_at.0;
        seen.facts.now = Timestamp(booted + 600_000_000);
        seen_of(&mut seen, "user:deploy").manager = Manager::Up {
            last_load: LastLoad::At(Timestamp(booted + 1_000_001)),
        };
        for file in seen_of(&mut seen, "user:deploy").files.values_mut() {
            if let abide_model::Observation::Known(file) = file {
                file.changed_at = Timestamp(1);
            }
        }
        seen_unit(&mut seen, "user:deploy/job.timer").invocation = "abc".to_owned();
        crate::plan(&with(value), &seen)
    };
    for value in ["a", "b"] {
        let plan = plan(value);
        assert_eq!(foretold(&plan), Vec::<String>::new(), "{}", told(&plan));
        assert_eq!(notes(&plan).len(), 1, "{}", told(&plan));
    }
}

#[test]
fn what_another_unit_upholds_comes_back() {
    let mut host = as_declared(&database(1).build());
    host = with_theirs(host, "app.service", "PartOf=db.service");
    let stopped = database(1).with_running(Wanted::No).build();
    let stop = ["1: Stop user:deploy/app.service (PartOf= db.service)"];
    assert_eq!(foretold(&planned(&host, &stopped)), stop);
    host = with_theirs(host, "keeper.service", "Upholds=app.service");
    assert_eq!(
        foretold(&planned(&host, &stopped)),
        ["1: Restart user:deploy/app.service (PartOf= db.service)"]
    );
    host.edit(&Edit::Stop(unit_ref("user:deploy/keeper.service")));
    assert_eq!(foretold(&planned(&host, &stopped)), stop);
}

#[test]
fn what_comes_to_its_end_takes_along_what_it_says() {
    let job =
        "[Unit]\nPropagatesStopTo=theirs.service\n[Service]\nType=oneshot\nExecStart=/bin/job\n";
    let with = |version: u8| {
        let db = worker("Wants=job.service", &format!("/bin/db {version}"));
        one("db.service", &db)
            .unit("job.service", job)
            .unit("theirs.service", &worker("Description=x", "/bin/theirs"))
            .with_running(Wanted::Unmanaged)
            .build()
    };
    let mut host = as_declared(&with(1));
    host.edit(&Edit::Start(unit_ref("user:deploy/theirs.service")));
    let plan = assert_converges(&mut host, &with(2));
    assert!(!host.is_up(&unit_ref("user:deploy/theirs.service")));
    assert!(!host.is_up(&unit_ref("user:deploy/part.service")));
    assert_eq!(
        foretold(&plan),
        [
            "3: Start user:deploy/job.service (Wants= db.service)",
            "3: Stop user:deploy/theirs.service (PropagatesStopTo= job.service)",
        ]
    );
}

#[test]
fn a_timer_starts_nothing_that_is_not_there() {
    let timer = "[Timer]\nOnActiveSec=0\nUnit=gone.service\n[Install]\nWantedBy=timers.target\n";
    let wanted = one("job.timer", timer).build();
    let plan = planned(&as_declared(&database(1).build()), &wanted);
    assert_eq!(foretold(&plan), Vec::<String>::new(), "{}", told(&plan));
}

#[test]
fn a_path_that_stays_as_it_is_does_not_look_again_at_a_reload() {
    let path = "[Path]\nPathExists=/home/deploy/there\n[Install]\nWantedBy=default.target\n";
    let with = |version: u8| {
        database(version)
            .file("there", "x")
            .unit("watch.path", path)
            .unit("watch.service", "[Service]\nExecStart=/bin/watch\n")
            .build()
    };
    let mut seen = as_declared(&with(1)).observe(&with(2));
    seen_unit(&mut seen, "user:deploy/watch.service").active = ActiveState::Inactive;
    let plan = crate::plan(&with(2), &seen);
    assert_eq!(foretold(&plan), Vec::<String>::new(), "{}", told(&plan));
}

#[test]
fn what_a_package_says_of_its_unit_is_known_also_before_a_reload() {
    let vendor = "[Unit]\nRequires=db.service\n[Service]\nExecStart=/usr/bin/theirs\n";
    let with = |version: u8| {
        database(version)
            .foreign_unit("theirs.service")
            .drop_in("10-about.conf", "[Unit]\nDescription=x\n")
            .build()
    };
    let mut host = as_declared(&database(1).build());
    host = host.with_vendor_unit(true, "theirs.service", vendor);
    assert_converges(&mut host, &with(1));
    host.edit(&Edit::Start(unit_ref("user:deploy/theirs.service")));
    let told_where = |stale: bool| {
        let mut seen = host.observe(&with(2));
        seen_unit(&mut seen, "user:deploy/theirs.service").need_reload = stale;
        foretold(&crate::plan(&with(2), &seen))
    };
    let restart = "Restart user:deploy/theirs.service (Requires= db.service)";
    for stale in [false, true] {
        assert_eq!(told_where(stale).len(), 1, "{:?}", told_where(stale));
        assert!(
            told_where(stale)[0].ends_with(restart),
            "{:?}",
            told_where(stale)
        );
    }
}

#[test]
fn what_was_started_once_is_not_started_again_by_what_requires_it() {
    let wanted = one("a.service", &worker("Description=a", "/bin/a"))
        .unit("b.service", &worker("Requires=a.service", "/bin/b"))
        .build();
    let mut host = as_declared(&wanted);
    host.edit(&Edit::Stop(unit_ref("user:deploy/b.service")));
    host.edit(&Edit::Stop(unit_ref("user:deploy/a.service")));
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(foretold(&plan), Vec::<String>::new(), "{}", told(&plan));
}

#[test]
fn what_is_bound_to_something_that_nobody_knows_is_not_foretold_to_stop() {
    let with = |about: &str| {
        database(1)
            .unit("app.service", &worker(about, "/bin/app"))
            .build()
    };
    let bound = with("BindsTo=other.service");
    let host = as_declared(&with("Description=x"));
    let stop = |known: bool| {
        let mut seen = host.observe(&bound);
        let mut other =
            abide_model::ObservedUnit::not_found(&unit_ref("system/other.service").unit);
        "loaded".clone_into(&mut other.load);
        let deploy = seen_of(&mut seen, "user:deploy");
        deploy.beside.remove(&other.id);
        if known {
            deploy.beside.insert(other.id.clone(), other);
        }
        foretold(&crate::plan(&bound, &seen))
    };
    assert_eq!(stop(false), Vec::<String>::new());
    assert_eq!(stop(true).len(), 1, "{:?}", stop(true));
    assert!(stop(true)[0].contains("Stop user:deploy/app.service (BindsTo= other.service)"));
}

#[test]
fn what_one_call_brings_up_the_next_may_stop_again() {
    let with = |version: u8, app: Wanted| {
        let db = worker("Wants=theirs.service", &format!("/bin/db {version}"));
        one("db.service", &db)
            .unit(
                "app.service",
                &worker("Conflicts=theirs.service", "/bin/app"),
            )
            .with_running(app)
            .unit(
                "part.service",
                &worker("PartOf=theirs.service", "/bin/part"),
            )
            .with_running(Wanted::Unmanaged)
            .build()
    };
    let mut host = as_declared(&with(1, Wanted::No));
    host = with_theirs(host, "theirs.service", "Description=x");
    host.edit(&Edit::Stop(unit_ref("user:deploy/theirs.service")));
    host.edit(&Edit::Start(unit_ref("user:deploy/part.service")));
    assert!(host.is_up(&unit_ref("user:deploy/part.service")));
    let plan = assert_converges(&mut host, &with(2, Wanted::Yes));
    assert!(!host.is_up(&unit_ref("user:deploy/theirs.service")));
    assert!(!host.is_up(&unit_ref("user:deploy/part.service")));
    assert_eq!(
        foretold(&plan),
        [
            "3: Start user:deploy/theirs.service (Wants= db.service)",
            "4: Stop user:deploy/part.service (PartOf= theirs.service)",
        ],
        "{}",
        told(&plan)
    );
}

#[test]
fn what_a_restart_stops_and_needs_itself_comes_back() {
    let with = |version: u8| {
        one(
            "db.service",
            &worker(
                "Wants=theirs.service\nPropagatesStopTo=theirs.service",
                &format!("/bin/db {version}"),
            ),
        )
        .build()
    };
    let mut host = SimHost::new();
    host.facts.systemd = 257;
    assert_converges(&mut host, &with(1));
    host = with_theirs(host, "theirs.service", "Description=x");
    assert_eq!(
        foretold(&assert_converges(&mut host, &with(2))),
        ["3: Restart user:deploy/theirs.service (PropagatesStopTo= db.service)"]
    );
}
