//! What a plan interrupts beside what it names: foretold, and held against what happened.

use super::case::{At, Case};

const CHAIN: [&str; 4] = [
    "app.service",
    "web.service",
    "theirs.service",
    "log.service",
];

/// A service that stays, with these lines in its `[Unit]` section.
fn service(about: &str, lines: &str) -> String {
    format!(
        "[Unit]\n{about}\n[Service]\nExecStart=/bin/sleep infinity\n{lines}\n[Install]\nWantedBy=default.target\n"
    )
}

/// A unit that nobody declares, written and started by hand.
fn theirs(at: &At<'_>, name: &str, text: &str) {
    at.sh(&format!(
        "mkdir -p ~/.config/systemd/user\ncat >~/.config/systemd/user/{name} <<'END'\n{text}END\nctl daemon-reload\nctl start {name}"
    ));
}

/// A database, an application that requires it, its front end, and a unit that nobody declares.
fn chain(name: &'static str, keys: &str) -> Case {
    let mut case = Case::user(name);
    case.unit("db.service", &service("", "Nice=1"))
        .keys("db.service", keys)
        .unit(
            "app.service",
            &service("Requires=db.service\nAfter=db.service", ""),
        )
        .unit("web.service", &service("PartOf=app.service", ""))
        .unit("log.service", &service("Wants=db.service", ""));
    case.begin();
    case.each(|at| theirs(at, "theirs.service", &service("BindsTo=app.service", "")));
    case
}

#[test]
fn a_restart_takes_along_what_was_foretold_and_nothing_else() {
    let mut case = chain("fchain", "");
    let before = case.runs(&CHAIN);
    case.unit("db.service", &service("", "Nice=2"));
    case.plan().ends_with(0).says_in_order(&[
        "restart",
        "also restarts app.service (Requires=)",
        "theirs.service (BindsTo=",
        "app.service)",
        "web.service (PartOf=",
        "2 restarts, 6 more by dependency",
    ]);
    case.converge().does_not_say("forecast");
    let now = case.runs(&CHAIN);
    for (now, before) in now.iter().zip(&before) {
        let same: Vec<bool> = now.iter().zip(before).map(|(a, b)| a == b).collect();
        assert_eq!(same, [false, false, false, true]);
    }
}

#[test]
fn what_nobody_declares_stops_with_what_stops_for_good() {
    let mut case = Case::user("fstop");
    case.unit("db.service", &service("", ""));
    case.begin();
    case.each(|at| theirs(at, "theirs.service", &service("Requires=db.service", "")));
    case.keys("db.service", "state: stopped");
    case.plan()
        .ends_with(0)
        .says("also stops theirs.service (Requires=)");
    case.converge().does_not_say("forecast");
    case.each(|at| at.is("theirs.service", "inactive"));
}

#[test]
fn a_stop_and_start_brings_back_what_nobody_declares() {
    let mut case = chain("fagain", "on_change: stop-start");
    case.unit("db.service", &service("", "Nice=2"));
    case.plan().ends_with(0).says("theirs.service");
    case.converge().does_not_say("forecast");
    case.each(|at| {
        for unit in CHAIN {
            at.is(unit, "active");
        }
    });
}

#[test]
fn a_reload_is_passed_on_and_a_socket_closes() {
    let reloads = "ExecReload=/bin/sh -c 'echo reload >>%h/log'";
    let mut case = Case::user("fother");
    let db = |nice: u8| {
        service(
            "PropagatesReloadTo=theirs.service",
            &format!("ExecReload=/bin/true {nice}\nEnvironment=V={nice}"),
        )
    };
    let socket = |name: &str| {
        format!("[Socket]\nListenStream=%t/{name}\n[Install]\nWantedBy=sockets.target\n")
    };
    case.unit("db.service", &db(1))
        .keys("db.service", "on_change: reload")
        .unit("s.socket", &socket("old"))
        .unit("s.service", "[Service]\nExecStart=/bin/sleep infinity\n");
    case.begin();
    case.each(|at| theirs(at, "theirs.service", &service("", reloads)));
    case.unit("db.service", &db(2))
        .unit("s.socket", &socket("new"));
    case.plan()
        .ends_with(0)
        .says("also reloads theirs.service (PropagatesReloadTo=)")
        .says("closes %t/old until it is started again");
    case.converge().does_not_say("forecast");
    case.each(|at| assert_eq!(at.log(), ["reload"]));
}

#[test]
fn a_timer_whose_time_has_passed_runs_its_job_as_was_foretold() {
    let mut case = Case::system("ffire");
    let timer = |times: &str| format!("[Timer]\n{times}\n[Install]\nWantedBy=timers.target\n");
    case.unit("ffire.timer", &timer("OnCalendar=2037-01-01"))
        .unit(
            "ffire.service",
            "[Service]\nType=oneshot\nExecStart=/bin/true\n",
        );
    case.begin();
    case.unit("ffire.timer", &timer("OnBootSec=1us"));
    let before = case.runs(&["ffire.service"]);
    case.plan()
        .ends_with(0)
        .says("runs ffire.service at once: the time of OnBootSec= has passed");
    case.converge().does_not_say("forecast");
    for (now, before) in case.runs(&["ffire.service"]).iter().zip(&before) {
        assert_ne!(now, before, "the job ran");
    }
    // One whose time is far away does not.
    case.unit("ffire.timer", &timer("OnBootSec=300d"));
    let before = case.runs(&["ffire.service"]);
    case.plan().ends_with(0).does_not_say("at once");
    case.converge().does_not_say("forecast");
    assert_eq!(case.runs(&["ffire.service"]), before);
}

#[test]
fn a_path_that_watches_a_managed_file_starts_its_unit_as_was_foretold() {
    let mut case = Case::user("fpath");
    case.user_key("files: {app.conf: {content: first}}")
        .unit(
            "w.path",
            "[Path]\nPathChanged=/home/fpath/app.conf\n[Install]\nWantedBy=default.target\n",
        )
        .unit("w.service", "[Service]\nExecStart=/bin/sleep infinity\n")
        .keys("w.service", "state: unmanaged");
    case.begin();
    case.each(|at| at.is("w.service", "inactive"));
    case.user_key("files: {app.conf: {content: second}}");
    case.plan()
        .ends_with(0)
        .says("starts w.service at once (PathChanged= of w.path)");
    case.converge().does_not_say("forecast");
    case.each(|at| at.becomes("w.service", "active"));
}

#[test]
fn a_forecast_that_was_wrong_is_told_and_fails_nothing() {
    let mut case = Case::user("fwrong");
    let db = |nice: u8| {
        service(
            "",
            &format!("Nice={nice}\nExecStartPost=-/bin/systemctl --user restart hooked.service"),
        )
    };
    case.unit("db.service", &db(1))
        .unit("hooked.service", &service("", ""));
    case.begin();
    case.unit("db.service", &db(2));
    case.plan().ends_with(0).does_not_say("also restarts");
    case.converge()
        .says("hooked.service (user fwrong) was restarted too, which the plan did not")
        .says("changed, and seen to be as the manifest says");
}
