//! What a plan interrupts beside what it names, and where it came otherwise.

use abide_model::{Desired, Effect, Observation, OnChange, Wanted};
use abide_sim::{DesiredBuilder, SimHost, desired, scope, unit_ref};

use super::support::{
    as_declared, assert_converges, foretold, notes, one, planned, service, steps,
};
use crate::{Runs, find_surprises, plan};

/// A unit file that starts at boot and says this about others.
pub(super) fn worker(about: &str, command: &str) -> String {
    format!("[Unit]\n{about}\n{}", service(command))
}

pub(super) fn database(version: u8) -> DesiredBuilder {
    one("db.service", &service(&format!("/bin/db {version}")))
}

/// What carrying out the second manifest on a host as the first one says is foretold to do.
#[track_caller]
fn between(first: &Desired, second: &Desired) -> Vec<String> {
    let mut host = as_declared(first);
    foretold(&assert_converges(&mut host, second))
}

/// A host with a unit of a package that the user started.
pub(super) fn with_theirs(mut host: SimHost, name: &str, about: &str) -> SimHost {
    host = host.with_vendor_unit(true, name, &worker(about, "/usr/bin/theirs"));
    host.start(&unit_ref(&format!("user:deploy/{name}")))
        .unwrap();
    host
}

fn is_up(host: &SimHost, name: &str) -> bool {
    host.is_up(&unit_ref(&format!("user:deploy/{name}")))
}

#[test]
fn a_restart_takes_along_what_requires_it_and_what_is_part_of_that() {
    let all = |version: u8| {
        database(version)
            .unit("app.service", &worker("Requires=db.service", "/bin/app"))
            .unit("web.service", &worker("PartOf=app.service", "/bin/web"))
            .unit("log.service", &worker("Wants=db.service", "/bin/log"))
            .build()
    };
    assert_eq!(
        between(&all(1), &all(2)),
        [
            "3: Restart user:deploy/app.service (Requires= db.service)",
            "3: Restart user:deploy/web.service (PartOf= app.service)",
        ]
    );
}

#[test]
fn a_unit_that_nobody_declares_is_taken_along_too() {
    let mut host = as_declared(&database(1).build());
    host = with_theirs(host, "theirs.service", "BindsTo=db.service");
    host = with_theirs(host, "far.service", "Requires=theirs.service");
    let plan = assert_converges(&mut host, &database(2).build());
    assert_eq!(
        foretold(&plan),
        [
            "3: Restart user:deploy/far.service (Requires= theirs.service)",
            "3: Restart user:deploy/theirs.service (BindsTo= db.service)",
        ]
    );
}

#[test]
fn what_is_down_is_not_interrupted() {
    let mut host = as_declared(&database(1).build());
    host = with_theirs(host, "theirs.service", "Requires=db.service");
    host.stop(&unit_ref("user:deploy/theirs.service")).unwrap();
    let plan = assert_converges(&mut host, &database(2).build());
    assert_eq!(foretold(&plan), Vec::<String>::new());
}

#[test]
fn a_stop_for_good_stops_what_requires_it() {
    let mut host = as_declared(&database(1).build());
    host = with_theirs(host, "theirs.service", "Requires=db.service");
    let stopped = database(1).with_running(Wanted::No).build();
    let plan = assert_converges(&mut host, &stopped);
    assert_eq!(
        foretold(&plan),
        ["1: Stop user:deploy/theirs.service (Requires= db.service)"]
    );
    assert!(!is_up(&host, "theirs.service"));
}

#[test]
fn what_stops_with_a_stop_and_start_is_started_again_whoever_declares_it() {
    let stop_start = |version| database(version).on_change(OnChange::StopStart).build();
    let mut host = as_declared(&stop_start(1));
    host = with_theirs(host, "theirs.service", "Requires=db.service");
    let plan = assert_converges(&mut host, &stop_start(2));
    assert!(steps(&plan).contains(&"user:deploy/theirs.service: start".to_owned()));
    assert_eq!(foretold(&plan), Vec::<String>::new());
    assert!(is_up(&host, "theirs.service"));
}

#[test]
fn a_reload_is_passed_on() {
    let db = |version: u8| {
        let text = format!(
            "[Unit]\nPropagatesReloadTo=theirs.service\n[Service]\nExecStart=/bin/db {version}\nExecReload=/bin/r\n[Install]\nWantedBy=default.target\n"
        );
        one("db.service", &text).on_change(OnChange::Reload).build()
    };
    let mut host = SimHost::new().with_vendor_unit(
        true,
        "theirs.service",
        "[Service]\nExecStart=/bin/t\nExecReload=/bin/r\n",
    );
    assert_converges(&mut host, &db(1));
    host.start(&unit_ref("user:deploy/theirs.service")).unwrap();
    let plan = assert_converges(&mut host, &db(2));
    assert_eq!(
        foretold(&plan),
        ["3: Reload user:deploy/theirs.service (PropagatesReloadTo= db.service)"]
    );
}

#[test]
fn a_start_stops_what_it_conflicts_with() {
    let mut host = as_declared(&database(1).build());
    host = with_theirs(host, "old.service", "Description=old");
    let wanted = database(1)
        .unit("new.service", &worker("Conflicts=old.service", "/bin/new"))
        .build();
    // Nobody has loaded the new unit yet, so nobody could say what the other one is.
    assert_eq!(foretold(&planned(&host, &wanted)), Vec::<String>::new());
    host.apply(&plan(&wanted, &host.observe(&wanted)));
    assert!(!is_up(&host, "old.service"));
    host.start(&unit_ref("user:deploy/old.service")).unwrap();
    assert!(!is_up(&host, "new.service"));
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(
        foretold(&plan),
        ["1: Stop user:deploy/old.service (Conflicts= new.service)"]
    );
}

#[test]
fn a_restart_starts_what_it_wants() {
    let wanted = |version: u8| {
        let text = worker("Wants=cache.service", &format!("/bin/db {version}"));
        one("db.service", &text).build()
    };
    let mut host = as_declared(&wanted(1));
    host = host.with_vendor_unit(true, "cache.service", "[Service]\nExecStart=/bin/c\n");
    let plan = assert_converges(&mut host, &wanted(2));
    assert_eq!(
        foretold(&plan),
        ["3: Start user:deploy/cache.service (Wants= db.service)"]
    );
}

#[test]
fn what_its_new_file_no_longer_requires_is_not_counted_and_what_it_requires_now_is() {
    let all = |version: u8, about: &str| {
        database(version)
            .unit("app.service", &worker(about, "/bin/app"))
            .build()
    };
    assert_eq!(
        between(&all(1, "Requires=db.service"), &all(2, "After=db.service")),
        Vec::<String>::new()
    );
    assert_eq!(
        between(&all(1, "After=db.service"), &all(2, "Requires=db.service")),
        ["4: Restart user:deploy/app.service (Requires= db.service)"]
    );
}

#[test]
fn a_unit_that_the_plan_restarts_anyway_is_no_disruption() {
    let all = |version: u8| {
        database(version)
            .unit(
                "app.service",
                &worker("Requires=db.service", &format!("/bin/app {version}")),
            )
            .build()
    };
    assert_eq!(between(&all(1), &all(2)), Vec::<String>::new());
}

#[test]
fn a_planned_reload_that_comes_to_a_restart_says_so() {
    let all = |version: u8| {
        let app = format!(
            "[Unit]\nRequires=db.service\n[Service]\nExecStart=/bin/app {version}\nExecReload=/bin/r\n[Install]\nWantedBy=default.target\n"
        );
        database(version)
            .unit("app.service", &app)
            .on_change(OnChange::Reload)
            .build()
    };
    let host = as_declared(&all(1));
    let told = foretold(&planned(&host, &all(2)));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("Restart user:deploy/app.service (Requires= db.service)"));
}

#[test]
fn a_stop_that_another_action_undoes_says_so() {
    let all = |version: u8, app: Wanted| {
        let text = worker("Wants=app.service", &format!("/bin/db {version}"));
        one("db.service", &text)
            .unit("app.service", "[Service]\nExecStart=/bin/app\n")
            .with_running(app)
            .build()
    };
    let host = as_declared(&all(1, Wanted::Yes));
    assert_eq!(
        foretold(&planned(&host, &all(2, Wanted::No))),
        ["4: Start user:deploy/app.service (Wants= db.service)"]
    );
}

#[test]
fn a_socket_that_is_stopped_closes_what_it_listens_on() {
    let api = |listen: &str| {
        one(
            "api.socket",
            &format!("[Socket]\nListenStream={listen}\nListenStream=9\n[Install]\nWantedBy=sockets.target\n"),
        )
        .unit("api.service", "[Service]\nExecStart=/bin/api\n")
        .build()
    };
    assert_eq!(
        between(&api("/run/a.sock"), &api("/run/b.sock")),
        ["1: Close user:deploy/api.socket (ListenStream=/run/a.sock and 1 more api.socket)"]
    );
}

fn job(times: &str) -> Desired {
    desired("h1")
        .system()
        .unit(
            "job.timer",
            &format!("[Timer]\n{times}\n[Install]\nWantedBy=timers.target\n"),
        )
        .unit(
            "job.service",
            "[Service]\nType=oneshot\nExecStart=/bin/job\n",
        )
        .build()
}

#[test]
fn a_timer_whose_time_has_passed_runs_its_job_at_once() {
    let told = between(&job("OnCalendar=daily"), &job("OnActiveSec=0"));
    assert_eq!(
        told,
        ["4: Start system/job.service (OnActiveSec= job.timer)"]
    );
    let mut host = as_declared(&job("OnCalendar=daily"));
    host.facts.now.0 += 60_000_000;
    let plan = assert_converges(&mut host, &job("OnBootSec=30s"));
    assert_eq!(
        foretold(&plan),
        ["4: Start system/job.service (OnBootSec= job.timer)"]
    );
    assert_eq!(notes(&plan), Vec::<String>::new());
}

#[test]
fn a_timer_whose_time_comes_later_runs_nothing() {
    let mut host = as_declared(&job("OnCalendar=daily"));
    let plan = assert_converges(&mut host, &job("OnBootSec=10h"));
    assert_eq!(foretold(&plan), Vec::<String>::new());
    assert_eq!(notes(&plan), Vec::<String>::new());
}

#[test]
fn a_path_that_is_there_already_starts_its_unit_at_once() {
    let watch = |path: &str| {
        one(
            "watch.path",
            &format!("[Path]\nPathExists={path}\n[Install]\nWantedBy=default.target\n"),
        )
        .unit("watch.service", "[Service]\nExecStart=/bin/watch\n")
        .file("there", "x")
        .build()
    };
    let mut host = SimHost::new();
    let plan = assert_converges(&mut host, &watch("/home/deploy/there"));
    let told = foretold(&plan);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("Start user:deploy/watch.service (PathExists= watch.path)"));
    assert_eq!(
        between(&watch("/nowhere"), &watch("/home/deploy/there")),
        ["1: Start user:deploy/watch.service (PathExists= watch.path)"]
    );
}

#[test]
fn a_path_that_watches_a_file_starts_its_unit_when_that_is_written() {
    let watch = |text: &str| {
        one(
            "watch.path",
            "[Path]\nPathChanged=/home/deploy/app.conf\n[Install]\nWantedBy=default.target\n",
        )
        .unit("watch.service", "[Service]\nExecStart=/bin/watch\n")
        .with_running(Wanted::Unmanaged)
        .file("app.conf", text)
        .build()
    };
    assert_eq!(
        between(&watch("a"), &watch("b")),
        ["1: Start user:deploy/watch.service (PathChanged= watch.path)"]
    );
}

/// The manifest of `database`, carried out on a host where `theirs.service` requires it; what was seen before and after.
#[track_caller]
fn surprised(
    wanted: &Desired,
    about: &str,
    meanwhile: impl FnOnce(&mut SimHost),
) -> Vec<(String, Option<Effect>, Option<Effect>)> {
    let mut host = as_declared(&database(1).build());
    host = with_theirs(host, "theirs.service", about);
    let seen = host.observe(wanted);
    let planned = plan(wanted, &seen);
    host.apply(&planned);
    meanwhile(&mut host);
    let before = Runs::of_observed(&seen);
    let after = Runs::of_observed(&host.observe_with(wanted, before.undeclared_units()));
    find_surprises(&planned, &before, &after)
        .into_iter()
        .map(|one| (one.unit.unit.to_string(), one.forecast, one.happened))
        .collect()
}

const THEIRS: &str = "user:deploy/theirs.service";

#[test]
fn what_happened_and_was_not_foretold_is_a_surprise() {
    let wanted = database(2).build();
    let by_hand = |host: &mut SimHost| {
        host.stop(&unit_ref(THEIRS)).unwrap();
        host.start(&unit_ref(THEIRS)).unwrap();
    };
    let theirs = "theirs.service".to_owned();
    assert_eq!(
        surprised(&wanted, "PartOf=db.service", |_| ()),
        [],
        "it was foretold"
    );
    let stopped = |host: &mut SimHost| host.stop(&unit_ref(THEIRS)).unwrap();
    assert_eq!(
        surprised(&wanted, "PartOf=db.service", stopped),
        [(theirs.clone(), Some(Effect::Restart), Some(Effect::Stop))]
    );
    assert_eq!(
        surprised(
            &database(1).with_running(Wanted::No).build(),
            "Requires=db.service",
            by_hand
        ),
        [(theirs.clone(), Some(Effect::Stop), Some(Effect::Restart))]
    );
    assert_eq!(
        surprised(&database(1).build(), "PartOf=db.service", by_hand),
        [(theirs, None, Some(Effect::Restart))]
    );
}

#[test]
fn what_was_foretold_and_did_not_happen_is_a_surprise() {
    let wanted = database(2).build();
    let mut host = as_declared(&database(1).build());
    host = with_theirs(host, "theirs.service", "PartOf=db.service");
    let seen = host.observe(&wanted);
    let planned = plan(&wanted, &seen);
    let before = Runs::of_observed(&seen);
    let said: Vec<_> = find_surprises(&planned, &before, &before)
        .into_iter()
        .map(|one| (one.forecast, one.happened))
        .collect();
    assert_eq!(said, [(Some(Effect::Restart), None)]);
}

#[test]
fn a_unit_that_crashes_and_comes_back_by_itself_is_no_surprise() {
    let wanted = database(1).build();
    let host = with_theirs(as_declared(&wanted), "theirs.service", "PartOf=db.service");
    let nothing = planned(&host, &wanted);
    let seen = host.observe(&wanted);
    let later = |restarts: u32| {
        let mut later = seen.clone();
        let scope = later.scopes.get_mut(&scope("user:deploy"));
        let Some(Observation::Known(scope)) = scope else {
            panic!("it is there")
        };
        let theirs = scope.beside.values_mut().next().unwrap();
        theirs.invocation = "another".to_owned();
        theirs.restarts += restarts;
        find_surprises(
            &nothing,
            &Runs::of_observed(&seen),
            &Runs::of_observed(&later),
        )
        .len()
    };
    assert_eq!(later(1), 0);
    assert_eq!(later(0), 1);
}
