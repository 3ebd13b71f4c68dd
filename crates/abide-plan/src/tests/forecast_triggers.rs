//! Timers, paths and sockets in a forecast: what fires at once, what may, and what closes.

use abide_model::{Desired, LastLoad, Plan, Timestamp};
use abide_sim::{DesiredBuilder, Edit, SimHost, desired, unit_ref};

use super::support::{as_declared, foretold, notes, one, planned, told};

const SECOND: u64 = 1_000_000;

/// A job of the system and its timer.
fn job(times: &str) -> Desired {
    let timer = format!("[Timer]\n{times}\n[Install]\nWantedBy=timers.target\n");
    desired("h1")
        .system()
        .unit("job.timer", &timer)
        .unit(
            "job.service",
            "[Service]\nType=oneshot\nExecStart=/bin/job\n",
        )
        .build()
}

/// The plan that gives the timer these times so long after the host's boot.
fn plan_after(times: &str, secs: u64) -> Plan {
    let mut seen = as_declared(&job("OnCalendar=daily")).observe(&job(times));
    seen.facts.now = Timestamp(seen.facts.booted_at.0 + secs * SECOND);
    crate::plan(&job(times), &seen)
}

/// The setting by which the job starts at once, where it does.
fn fires(times: &str, secs: u64) -> Option<String> {
    let all = foretold(&plan_after(times, secs));
    let one = all
        .into_iter()
        .find(|one| one.contains("Start system/job.service"))?;
    let setting = one.split_once('(')?.1;
    Some(setting.split(' ').next()?.to_owned())
}

#[test]
fn a_time_after_boot_is_due_from_the_moment_that_it_has_passed() {
    assert_eq!(fires("OnBootSec=30s", 29), None);
    assert_eq!(fires("OnBootSec=30s", 30), Some("OnBootSec=".to_owned()));
    assert_eq!(
        fires("OnStartupSec=30s", 30),
        Some("OnStartupSec=".to_owned())
    );
    assert_eq!(
        fires("OnBootSec=1h\nOnBootSec=30s", 30),
        Some("OnBootSec=".to_owned())
    );
    assert_eq!(fires("OnBootSec=1h", 30), None);
}

#[test]
fn a_random_delay_counts_in_full_and_one_that_nobody_understands_says_nothing() {
    let delayed = "OnBootSec=30s\nRandomizedDelaySec=10s";
    assert_eq!(fires(delayed, 39), None);
    assert_eq!(fires(delayed, 40), Some("OnBootSec=".to_owned()));
    assert_eq!(fires("OnBootSec=30s\nRandomizedDelaySec=soon", 600), None);
}

#[test]
fn what_a_stamp_may_hold_back_is_not_foretold() {
    assert_eq!(fires("OnBootSec=30s\nPersistent=yes", 60), None);
    assert_eq!(
        fires("OnBootSec=30s\nPersistent=no", 60),
        Some("OnBootSec=".to_owned())
    );
}

#[test]
fn a_time_after_the_timers_own_start_is_due_only_where_it_is_none() {
    assert_eq!(fires("OnActiveSec=0", 60), Some("OnActiveSec=".to_owned()));
    assert_eq!(fires("OnActiveSec=1", 60), None);
}

#[test]
fn a_time_after_the_jobs_last_start_is_due_when_that_has_passed() {
    let fires_after = |secs: u64| {
        let times = "OnUnitActiveSec=60s";
        let mut seen = as_declared(&job("OnCalendar=daily")).observe(&job(times));
        let name = unit_ref("system/job.service").unit;
        let system = super::support::seen_of(&mut seen, "system");
        let ran_at = Timestamp(1_000 * SECOND);
        system.units.get_mut(&name).unwrap().started_at = Some(ran_at);
        seen.facts.booted_at = Timestamp(0);
        seen.facts.now = Timestamp(ran_at.0 + secs * SECOND);
        let plan = crate::plan(&job(times), &seen);
        foretold(&plan)
            .iter()
            .any(|one| one.contains("(OnUnitActiveSec= job.timer)"))
    };
    assert!(!fires_after(59));
    assert!(fires_after(60));
    assert_eq!(fires("OnUnitActiveSec=60s", 600), None, "it never ran");
}

/// The plan for a timer that was stopped by hand and is started again as it was.
fn started_again(ran: bool, secs: u64) -> Plan {
    let wanted = job("OnBootSec=30s");
    let mut host = as_declared(&wanted);
    host.edit(&Edit::Stop(unit_ref("system/job.timer")));
    let mut seen = host.observe(&wanted);
    seen.facts.now = Timestamp(seen.facts.booted_at.0 + secs * SECOND);
    let system = super::support::seen_of(&mut seen, "system");
    let timer = unit_ref("system/job.timer").unit;
    let timer = system.units.get_mut(&timer).unwrap();
    timer.invocation = if ran { "abc".to_owned() } else { String::new() };
    crate::plan(&wanted, &seen)
}

#[test]
fn what_was_due_once_since_boot_may_fire_again_and_is_only_noted() {
    let may = "system/job.timer: job.timer may fire at once: a time after boot that has passed counts as due";
    let again = started_again(true, 60);
    assert_eq!(foretold(&again), Vec::<String>::new(), "{}", told(&again));
    assert_eq!(notes(&again), [may]);
    let early = started_again(true, 20);
    assert_eq!((foretold(&early), notes(&early)), (vec![], vec![]));
    let first = started_again(false, 60);
    assert_eq!(foretold(&first).len(), 1, "{}", told(&first));
    assert_eq!(notes(&first), Vec::<String>::new());
}

#[test]
fn a_users_manager_starts_later_than_its_host() {
    let with = |times: &str| {
        let timer = format!("[Timer]\n{times}\n[Install]\nWantedBy=timers.target\n");
        one("job.timer", &timer)
            .unit(
                "job.service",
                "[Service]\nType=oneshot\nExecStart=/bin/job\n",
            )
            .build()
    };
    let plan = |loaded: u64, secs: u64| {
        let wanted = with("OnBootSec=30s");
        let mut seen = as_declared(&with("OnCalendar=daily")).observe(&wanted);
        let booted = seen.facts.booted_at.0;
        seen.facts.now = Timestamp(booted + secs * SECOND);
        let deploy = super::support::seen_of(&mut seen, "user:deploy");
        deploy.manager = abide_model::Manager::Up {
            last_load: LastLoad::At(Timestamp((booted + loaded * SECOND) + 1)),
        };
        crate::plan(&wanted, &seen)
    };
    let fires = |plan: &Plan| foretold(plan).iter().any(|one| one.contains("job.service"));
    let may = |plan: &Plan| {
        notes(plan)
            .iter()
            .any(|note| note.contains("may fire at once"))
    };
    let late = plan(50, 60);
    assert!(!fires(&late) && may(&late), "{}", told(&late));
    let long_ago = plan(10, 60);
    assert!(fires(&long_ago) && !may(&long_ago), "{}", told(&long_ago));
    let soon = plan(10, 20);
    assert!(!fires(&soon) && !may(&soon), "{}", told(&soon));
}

/// A path unit that watches in this way, and the file.
fn watch(setting: &str, text: &str) -> DesiredBuilder {
    let path = format!("[Path]\n{setting}\n[Install]\nWantedBy=default.target\n");
    one("watch.path", &path)
        .unit("watch.service", "[Service]\nExecStart=/bin/watch\n")
        .file("there", text)
}

#[test]
fn a_file_that_is_written_starts_what_its_path_watches_for() {
    let told_of = |setting: &str| {
        let first = watch(setting, "a").build();
        let mut host = as_declared(&first);
        host.edit(&Edit::Stop(unit_ref("user:deploy/watch.service")));
        let plan = planned(&host, &watch(setting, "b").build());
        foretold(&plan)
    };
    for key in ["PathChanged", "PathModified"] {
        assert_eq!(
            told_of(&format!("{key}=/home/deploy/there")),
            [format!(
                "1: Start user:deploy/watch.service ({key}= watch.path)"
            )],
        );
    }
    for setting in [
        "PathChanged=/home/deploy/elsewhere",
        "DirectoryNotEmpty=/home/deploy/there",
    ] {
        assert_eq!(told_of(setting), Vec::<String>::new(), "{setting}");
    }
}

#[test]
fn a_path_that_stopped_watching_or_whose_unit_runs_starts_nothing() {
    let first = watch("PathChanged=/home/deploy/there", "a").build();
    let second = watch("PathChanged=/home/deploy/there", "b").build();
    let mut host = as_declared(&first);
    host.edit(&Edit::Start(unit_ref("user:deploy/watch.service")));
    assert_eq!(foretold(&planned(&host, &second)), Vec::<String>::new());
    host.edit(&Edit::Stop(unit_ref("user:deploy/watch.service")));
    host.edit(&Edit::Stop(unit_ref("user:deploy/watch.path")));
    let plan = planned(&host, &second);
    assert!(
        foretold(&plan).iter().all(|one| !one.starts_with("1: ")),
        "{}",
        told(&plan)
    );
}

#[test]
fn a_socket_that_closes_is_told_by_its_first_address_of_whatever_kind() {
    let closes = |addresses: &str| {
        let api = |addresses: &str| {
            let socket = format!("[Socket]\n{addresses}\n[Install]\nWantedBy=sockets.target\n");
            one("api.socket", &socket)
                .unit("api.service", "[Service]\nExecStart=/bin/api\n")
                .build()
        };
        let plan = planned(&as_declared(&api(addresses)), &api("ListenStream=/run/new"));
        foretold(&plan)
    };
    let told = |address: &str| {
        [format!(
            "1: Close user:deploy/api.socket ({address} api.socket)"
        )]
    };
    for address in [
        "ListenStream=8080",
        "ListenDatagram=8080",
        "ListenSequentialPacket=/run/a",
        "ListenFIFO=/run/a",
        "ListenSpecial=/dev/a",
        "ListenNetlink=audit 1",
        "ListenMessageQueue=/a",
        "ListenUSBFunction=/a",
    ] {
        assert_eq!(closes(address), told(address));
    }
    assert_eq!(
        closes("ListenStream=1\nListenStream=2\nListenFIFO=/run/a"),
        told("ListenStream=1 and 2 more")
    );
}

#[test]
fn a_socket_that_does_not_listen_closes_nothing() {
    let api = |address: &str| {
        let socket = format!("[Socket]\nListenStream={address}\n");
        one("api.socket", &socket)
            .unit("api.service", "[Service]\nExecStart=/bin/api\n")
            .build()
    };
    let mut host = as_declared(&api("/run/a"));
    host.edit(&Edit::Stop(unit_ref("user:deploy/api.socket")));
    let plan = planned(&host, &api("/run/b"));
    assert_eq!(foretold(&plan), Vec::<String>::new(), "{}", told(&plan));
    assert_eq!(
        foretold(&planned(&SimHost::new(), &api("/run/a"))),
        Vec::<String>::new()
    );
}
