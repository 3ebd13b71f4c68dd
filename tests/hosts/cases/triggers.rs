//! Sockets, timers, paths, targets, slices and mounts.

use super::case::Case;

fn logging(word: &str) -> String {
    format!("[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo {word} >>%h/log'\n")
}

/// A service that a socket starts: it lets go of what it is given, and stays.
fn served(lines: &str) -> String {
    format!("[Service]\nExecStart=/bin/sleep infinity\n{lines}\n")
}

fn socket(name: &str) -> String {
    format!("[Socket]\nListenStream=%t/{name}\n[Install]\nWantedBy=sockets.target\n")
}

#[test]
fn case_27_a_changed_socket_is_stopped_and_started_together_with_its_service() {
    let mut case = Case::user("c27");
    case.unit("s.socket", &socket("old"))
        .unit("s.service", &served(""));
    case.begin();
    case.each(|at| {
        at.sh("ctl start s.service");
        at.sh("[ -S $XDG_RUNTIME_DIR/old ]");
    });
    let runs = case.runs(&["s.service", "s.socket"]);
    case.unit("s.socket", &socket("new"));
    case.begin();
    case.each(|at| {
        at.is("s.socket", "active");
        at.is("s.service", "active");
        at.sh("[ -S $XDG_RUNTIME_DIR/new ]");
        let listens = at.show("s.socket", "Listen");
        assert!(
            listens.contains("/new ") && !listens.contains("/old "),
            "{listens}"
        );
    });
    let now = case.runs(&["s.service", "s.socket"]);
    assert!(
        now.iter()
            .zip(&runs)
            .all(|(now, then)| now[0] != then[0] && now[1] != then[1])
    );

    // A service that does not run is not started for it.
    case.each(|at| {
        at.sh("ctl stop s.service 2>&1");
    });
    case.unit("s.socket", &socket("newer"));
    case.begin();
    case.each(|at| {
        at.is("s.service", "inactive");
        at.is("s.socket", "active");
    });
    case.stays();
}

#[test]
fn case_28_a_changed_service_is_restarted_and_its_socket_keeps_listening() {
    let mut case = Case::user("c28");
    case.unit("s.socket", &socket("s"))
        .unit("s.service", &served(""));
    case.begin();
    case.each(|at| {
        at.sh("ctl start s.service");
    });
    let (service, socket) = (case.runs(&["s.service"]), case.runs(&["s.socket"]));
    case.unit("s.service", &served("Nice=3"));
    case.begin();
    assert_eq!(case.runs(&["s.socket"]), socket);
    let now = case.runs(&["s.service"]);
    assert!(now.iter().zip(&service).all(|(now, then)| now != then));
    case.stays();
}

#[test]
fn case_29_connections_of_an_accepting_socket_are_left_alone() {
    let accepting =
        "[Socket]\nListenStream=%t/acc\nAccept=yes\n[Install]\nWantedBy=sockets.target\n";
    let template =
        |line: &str| format!("[Service]\nExecStart=/bin/cat\nStandardInput=socket\n{line}\n");
    let mut case = Case::user("c29");
    case.unit("acc.socket", accepting)
        .unit("acc@.service", &template(""));
    case.begin();
    let connections = |case: &Case| {
        case.ask(|at| at.sh("ctl list-units --plain --no-legend 'acc@*.service' | cut -d' ' -f1 | xargs ctl show -p Id,InvocationID".replace("xargs ctl", "xargs systemctl --user").as_str()))
    };
    case.each(|at| {
        // Perl is on every Debian; nothing else there speaks to a socket of the file system.
        at.sh("perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Peer => \"$ENV{XDG_RUNTIME_DIR}/acc\") or die; sleep 60' </dev/null >/dev/null 2>&1 &
               i=0; until ctl list-units --plain --no-legend 'acc@*.service' | grep -q running; do i=$((i+1)); [ $i -lt 50 ]; sleep 0.1; done");
    });
    let before = connections(&case);
    assert!(
        before.iter().all(|said| said.contains("acc@")),
        "{before:?}"
    );
    case.unit("acc@.service", &template("Nice=1"));
    case.begin();
    assert_eq!(
        connections(&case),
        before,
        "the open connection is served on"
    );
    case.unit("acc.socket", &accepting.replace("/acc", "/acc2"));
    case.converge();
    assert_eq!(connections(&case), before);
    case.each(|at| {
        at.sh("[ -S $XDG_RUNTIME_DIR/acc2 ]");
        at.sh("pkill -x perl || true");
    });
}

#[test]
fn case_30_a_calendar_moved_into_the_past_does_not_fire_the_job() {
    let timer = |calendar: &str| {
        format!(
            "[Timer]\nOnCalendar={calendar}\nAccuracySec=1us\n[Install]\nWantedBy=timers.target\n"
        )
    };
    let mut case = Case::user("c30");
    case.unit("job.service", &logging("ran"));
    // It fires once a second, so that there is a last trigger.
    case.unit("job.timer", &timer("*-*-* *:*:00/1"));
    case.begin();
    case.each(|at| {
        at.sh("i=0; until [ -e log ]; do i=$((i+1)); [ $i -lt 50 ]; sleep 0.1; done");
    });
    // A moment between the last trigger and now: a daemon-reload alone would fire it (SD#16732).
    let moved = case.ask(|at| {
        at.sh("ctl stop job.timer; sleep 0.2; ctl start job.timer; ctl stop job.timer; sleep 1.2; rm -f log; date -d '-1 second' '+*-*-* %H:%M:%S'")
    });
    case.each(|at| {
        at.sh("ctl start job.timer; sleep 1.3; rm -f log");
    });
    let _ = moved;
    case.unit("job.timer", &timer("*-*-* 03:00:00"));
    case.plan().says_in_order(&["stop", "write", "start"]);
    case.begin();
    let logged = case.ask(|at| {
        at.sh("ctl show -p Result,NextElapseUSecRealtime job.timer >/dev/null; sleep 0.5; cat log 2>/dev/null || true")
    });
    // What fired before the stop was the old timer; nothing fires from then on.
    case.each(|at| {
        at.sh("sleep 0.3");
    });
    let later = case.ask(|at| at.sh("cat log 2>/dev/null || true"));
    assert_eq!(later, logged);
    assert_eq!(case.show("job.timer", "SubState"), ["waiting"; 2]);
    case.stays();
}

#[test]
fn case_31_a_timer_that_fires_at_its_start_is_told_before() {
    let timer = |keys: &str| format!("[Timer]\n{keys}\n[Install]\nWantedBy=timers.target\n");
    let mut case = Case::user("c31");
    case.unit("job.service", &logging("ran"))
        .unit("job.timer", &timer("OnBootSec=10y"));
    case.begin();
    // Its manager is known to have started before its last reload, so that has to be as long ago.
    case.each(|at| {
        at.sh("sleep 1.2");
    });
    case.unit("job.timer", &timer("OnBootSec=1s"));
    case.plan()
        .says("runs job.service at once: the time of OnBootSec= has passed");
    case.begin();
    case.each(|at| {
        at.sh("i=0; until [ -e log ]; do i=$((i+1)); [ $i -lt 50 ]; sleep 0.1; done");
    });
    // An overdue stamp of a persistent timer: its last run was three days ago.
    case.unit("job.timer", &timer("OnCalendar=daily\nPersistent=yes"));
    case.begin();
    case.each(|at| {
        at.sh("ctl stop job.timer; touch -d '3 days ago' ~/.local/share/systemd/timers/stamp-job.timer; rm -f log");
    });
    case.plan()
        .says("job.timer fires at once if a run was missed");
    case.begin();
    case.each(|at| {
        at.sh("i=0; until [ -e log ]; do i=$((i+1)); [ $i -lt 50 ]; sleep 0.1; done");
        assert_eq!(at.log(), ["ran"]);
    });
    case.stays();
}

#[test]
fn case_32_a_changed_job_of_a_timer_is_only_written() {
    let mut case = Case::user("c32");
    case.unit("job.service", &logging("one"));
    case.unit(
        "job.timer",
        "[Timer]\nOnCalendar=yearly\n[Install]\nWantedBy=timers.target\n",
    );
    case.begin();
    let runs = case.runs(&["job.timer"]);
    case.unit("job.service", &logging("two"));
    case.plan().does_not_say("start").says("write");
    case.begin();
    case.each(|at| {
        assert_eq!(at.log(), Vec::<String>::new());
        at.sh("ctl start job.service");
        assert_eq!(at.log(), ["two"], "its next run is the new one");
    });
    assert_eq!(case.runs(&["job.timer"]), runs);
    case.stays();
}

#[test]
fn case_33_paths_and_slices_take_changes_with_the_reload() {
    let path =
        |name: &str| format!("[Path]\nPathExists=%h/{name}\n[Install]\nWantedBy=paths.target\n");
    let mut case = Case::user("c33");
    case.unit("p.path", &path("old"));
    case.unit("p.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c 'echo fired >>%h/log'\n");
    case.unit("s.slice", "[Slice]\nMemoryMax=500M\n");
    case.unit(
        "in.service",
        "[Service]\nExecStart=/bin/sleep infinity\nSlice=s.slice\n",
    );
    case.begin();
    let runs = case.runs(&["in.service", "s.slice", "p.path"]);
    case.unit("p.path", &path("new"))
        .unit("s.slice", "[Slice]\nMemoryMax=400M\n");
    case.plan()
        .does_not_say("stop")
        .does_not_say("restart")
        .does_not_say("start ");
    case.begin();
    assert_eq!(case.runs(&["in.service", "s.slice", "p.path"]), runs);
    assert_eq!(case.show("s.slice", "MemoryMax"), ["419430400"; 2]);
    case.each(|at| {
        at.sh(
            "touch old new; i=0; until [ -e log ]; do i=$((i+1)); [ $i -lt 50 ]; sleep 0.1; done",
        );
        assert_eq!(at.log(), ["fired"]);
    });
    case.stays();
}

#[test]
fn case_34_a_target_starts_its_new_members_and_not_the_stopped_ones() {
    let target = |wants: &str| {
        format!("[Unit]\nDescription=Group\nWants={wants}\n[Install]\nWantedBy=default.target\n")
    };
    let mut case = Case::user("c34");
    case.each(|at| {
        at.root("getent passwd c34 >/dev/null || useradd -m c34");
        // Members that nobody declares.
        at.root("for unit in old new; do install -d -o c34 -g c34 ~c34/.config ~c34/.config/systemd ~c34/.config/systemd/user
                 printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >~c34/.config/systemd/user/$unit.service; done");
    });
    case.user_key("linger: true")
        .unit("g.target", &target("old.service"));
    case.keys("g.target", "state: started");
    case.begin();
    case.each(|at| {
        at.is("old.service", "active");
        at.sh("ctl stop old.service");
    });
    let runs = case.runs(&["g.target"]);
    case.unit("g.target", &target("old.service new.service"));
    case.begin();
    case.each(|at| {
        at.is("new.service", "active");
        at.is("old.service", "inactive");
    });
    assert_eq!(case.runs(&["g.target"]), runs);
    case.stays();
}

#[test]
fn case_35_a_mount_takes_options_with_a_reload_and_another_device_with_a_restart() {
    let mount = |what: &str, options: &str| {
        format!(
            "[Mount]\nWhat={what}\nWhere=/mnt/c35\nType=tmpfs\nOptions={options}\n[Install]\nWantedBy=multi-user.target\n"
        )
    };
    let mut case = Case::system("c35");
    case.unit("mnt-c35.mount", &mount("one", "size=1M"));
    case.begin();
    case.each(|at| {
        at.root("echo kept >/mnt/c35/file; df --output=size /mnt/c35 | grep -qx ' *1024'");
    });
    let runs = case.runs(&["mnt-c35.mount"]);
    case.unit("mnt-c35.mount", &mount("one", "size=2M"));
    case.plan().says("reload").does_not_say("restart");
    case.begin();
    assert_eq!(case.runs(&["mnt-c35.mount"]), runs);
    case.each(|at| {
        at.root("grep -qx kept /mnt/c35/file; df --output=size /mnt/c35 | grep -qx ' *2048'");
        at.root("cd /mnt/c35 && { setsid sleep 600 >/dev/null 2>&1 & echo $! >/run/c35.pid; }");
    });
    // Busy: the restart fails, and the old mount stays.
    case.unit("mnt-c35.mount", &mount("two", "size=2M"));
    case.apply().ends_with(1).says("mnt-c35.mount");
    case.each(|at| {
        at.root("grep -qx kept /mnt/c35/file");
        at.root("kill \"$(cat /run/c35.pid)\"");
    });
    case.converge();
    case.each(|at| {
        at.root("grep -q '^two /mnt/c35 ' /proc/mounts; ! [ -e /mnt/c35/file ]");
    });
    case.stays();
    case.without("mnt-c35.mount").converge();
    case.each(|at| {
        at.root("! grep -q /mnt/c35 /proc/mounts");
    });
}
