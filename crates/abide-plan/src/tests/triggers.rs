//! Sockets, timers, paths, slices, targets and mounts: the rules of docs/change-classes.md.

use abide_model::{Desired, Wanted};
use abide_sim::{Edit, desired, scope, unit_ref};

use super::support::{as_declared, assert_converges, from_to, lines, notes, one, steps};

fn api(listen: &str, version: u8) -> Desired {
    one(
        "api.socket",
        &format!("[Socket]\nListenStream={listen}\n[Install]\nWantedBy=sockets.target\n"),
    )
    .unit(
        "api.service",
        &format!("[Service]\nExecStart=/bin/api {version}\n"),
    )
    .build()
}

const API_SERVICE: &str = "user:deploy/api.service";

#[test]
fn case_27_a_changed_socket_is_stopped_together_with_its_service() {
    let mut host = as_declared(&api("/run/a.sock", 1));
    host.start(&unit_ref(API_SERVICE)).unwrap();
    assert_eq!(
        steps(&assert_converges(&mut host, &api("/run/b.sock", 1))),
        lines(
            "user:deploy/api.socket: stop
            user:deploy/api.service: stop
            write /home/deploy/.config/systemd/user/api.socket 0644
            manager user:deploy: daemon-reload
            user:deploy/api.socket: start
            user:deploy/api.service: start"
        )
    );
}

#[test]
fn case_27_a_service_that_does_not_run_is_not_started() {
    assert_eq!(
        from_to(&api("/run/a.sock", 1), &api("/run/b.sock", 1)),
        lines(
            "user:deploy/api.socket: stop
            write /home/deploy/.config/systemd/user/api.socket 0644
            manager user:deploy: daemon-reload
            user:deploy/api.socket: start"
        )
    );
}

#[test]
fn case_28_a_changed_service_is_restarted_and_its_socket_keeps_listening() {
    let mut host = as_declared(&api("/run/a.sock", 1));
    host.start(&unit_ref(API_SERVICE)).unwrap();
    let socket = unit_ref("user:deploy/api.socket");
    let before = host.runtime_of(&socket).unwrap().invocation.clone();
    assert_eq!(
        steps(&assert_converges(&mut host, &api("/run/a.sock", 2))),
        lines(
            "write /home/deploy/.config/systemd/user/api.service 0644
            manager user:deploy: daemon-reload
            user:deploy/api.service: restart"
        )
    );
    assert_eq!(host.runtime_of(&socket).unwrap().invocation, before);
}

#[test]
fn a_service_that_gains_a_socket_while_it_runs_makes_room_for_it() {
    let alone = one("api.service", "[Service]\nExecStart=/bin/api 1\n").build();
    let mut host = as_declared(&alone);
    assert_eq!(
        steps(&assert_converges(&mut host, &api("/run/a.sock", 1))),
        lines(
            "user:deploy/api.service: stop
            write /home/deploy/.config/systemd/user/api.socket 0644
            user:deploy/api.socket: enable +sockets.target.wants/api.socket
            manager user:deploy: daemon-reload
            user:deploy/api.socket: start
            user:deploy/api.service: start"
        )
    );
}

#[test]
fn case_29_connections_of_an_accepting_socket_are_left_alone() {
    let wanted = |version: u8| {
        one(
            "echo.socket",
            "[Socket]\nListenStream=/run/e.sock\nAccept=yes\n",
        )
        .unit(
            "echo@.service",
            &format!("[Service]\nExecStart=/bin/echo {version}\n"),
        )
        .build()
    };
    let mut host = as_declared(&wanted(1));
    host.edit(&Edit::Start(unit_ref("user:deploy/echo@1.service")));
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted(2))),
        lines(
            "write /home/deploy/.config/systemd/user/echo@.service 0644
            manager user:deploy: daemon-reload"
        )
    );
}

fn job(calendar: &str, command: &str) -> Desired {
    one(
        "job.timer",
        &format!("[Timer]\nOnCalendar={calendar}\n[Install]\nWantedBy=timers.target\n"),
    )
    .unit(
        "job.service",
        &format!("[Service]\nType=oneshot\nExecStart={command}\n"),
    )
    .build()
}

#[test]
fn case_30_a_changed_calendar_stops_and_starts_the_timer_and_not_its_job() {
    assert_eq!(
        from_to(&job("03:00", "/bin/job"), &job("05:00", "/bin/job")),
        lines(
            "user:deploy/job.timer: stop
            write /home/deploy/.config/systemd/user/job.timer 0644
            manager user:deploy: daemon-reload
            user:deploy/job.timer: start"
        )
    );
}

#[test]
fn case_31_a_timer_that_may_fire_at_once_says_so() {
    let timer = |times: &str| {
        one(
            "job.timer",
            &format!("[Timer]\n{times}\n[Install]\nWantedBy=timers.target\n"),
        )
        .unit(
            "job.service",
            "[Service]\nType=oneshot\nExecStart=/bin/job\n",
        )
        .build()
    };
    let mut host = as_declared(&timer("OnCalendar=daily"));
    let plan = assert_converges(&mut host, &timer("OnBootSec=5s"));
    assert_eq!(
        notes(&plan),
        [
            "user:deploy/job.timer: job.timer may fire at once: a time after boot that has passed counts as due"
        ]
    );
    let plan = assert_converges(&mut host, &timer("OnCalendar=daily\nPersistent=true"));
    assert_eq!(
        notes(&plan),
        ["user:deploy/job.timer: job.timer fires at once if a run was missed (`Persistent=yes`)"]
    );
}

#[test]
fn case_32_a_changed_job_is_only_written() {
    assert_eq!(
        from_to(&job("daily", "/bin/a"), &job("daily", "/bin/b")),
        [
            "write /home/deploy/.config/systemd/user/job.service 0644",
            "manager user:deploy: daemon-reload"
        ]
    );
}

#[test]
fn case_33_paths_and_slices_take_changes_with_the_reload() {
    let path = |watched: &str| {
        one("watch.path", &format!("[Path]\nPathExists={watched}\n"))
            .unit(
                "watch.service",
                "[Service]\nType=oneshot\nExecStart=/bin/w\n",
            )
            .build()
    };
    assert_eq!(
        from_to(&path("/run/a"), &path("/run/b")),
        [
            "write /home/deploy/.config/systemd/user/watch.path 0644",
            "manager user:deploy: daemon-reload"
        ]
    );
    let slice = |limit: &str| {
        one("jobs.slice", &format!("[Slice]\nMemoryMax={limit}\n"))
            .linger(Some(true))
            .build()
    };
    assert_eq!(
        from_to(&slice("1G"), &slice("2G")),
        [
            "write /home/deploy/.config/systemd/user/jobs.slice 0644",
            "manager user:deploy: daemon-reload"
        ]
    );
}

#[test]
fn case_34_a_target_starts_its_new_members_and_not_the_stopped_ones() {
    let vendor = "[Service]\nExecStart=/bin/x\n";
    let target = |wants: &str| {
        desired("h1")
            .unit("all.target", &format!("[Unit]\nWants={wants}\n"))
            .with_running(Wanted::Yes)
            .build()
    };
    let mut host = ["a.service", "b.service"]
        .iter()
        .fold(abide_sim::SimHost::new(), |host, name| {
            host.with_vendor_unit(false, name, vendor)
        });
    assert_converges(&mut host, &target("a.service"));
    host.stop(&unit_ref("system/a.service")).unwrap();
    assert_eq!(
        steps(&assert_converges(&mut host, &target("a.service b.service"))),
        lines(
            "write /etc/systemd/system/all.target 0644
            manager system: daemon-reload
            system/b.service: start"
        )
    );
    assert!(!host.is_up(&unit_ref("system/a.service")));
}

#[test]
fn case_35_a_mount_takes_options_with_a_reload_and_another_device_with_a_restart() {
    let mount = |what: &str, options: &str| {
        let text =
            format!("[Mount]\nWhat={what}\nWhere=/srv/data\nType=tmpfs\nOptions={options}\n");
        desired("h1").unit("srv-data.mount", &text).build()
    };
    let written = "write /etc/systemd/system/srv-data.mount 0644";
    assert_eq!(
        from_to(&mount("tmpfs", "size=1M"), &mount("tmpfs", "size=2M")),
        [
            written,
            "manager system: daemon-reload",
            "system/srv-data.mount: reload"
        ]
    );
    assert_eq!(
        from_to(&mount("tmpfs", "size=1M"), &mount("other", "size=1M")),
        [
            written,
            "manager system: daemon-reload",
            "system/srv-data.mount: restart"
        ]
    );
}

#[test]
fn a_trigger_that_could_start_a_stopped_unit_again_is_told() {
    let running = api("/run/a.sock", 1);
    let stopped = one(
        "api.socket",
        "[Socket]\nListenStream=/run/a.sock\n[Install]\nWantedBy=sockets.target\n",
    )
    .unit("api.service", "[Service]\nExecStart=/bin/api 1\n")
    .with_running(Wanted::No)
    .build();
    let mut host = as_declared(&running);
    host.start(&unit_ref(API_SERVICE)).unwrap();
    let plan = assert_converges(&mut host, &stopped);
    assert_eq!(
        notes(&plan),
        ["user:deploy/api.service: api.service can still be started by api.socket"]
    );
    assert!(host.manager_is_up(&scope("user:deploy")));
}
