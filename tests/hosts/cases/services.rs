//! Services: what a change of their file leads to, and what it leaves alone.

use super::case::{At, Case};

/// A service that runs until it is stopped, and logs its starts and stops.
fn service(lines: &str) -> String {
    format!(
        "[Unit]\nDescription=A service\n[Service]\nExecStartPre=/bin/sh -c 'echo start >>%h/log'\n\
         ExecStart=/bin/sleep infinity\nExecStop=/bin/sh -c 'echo stop >>%h/log'\n{lines}\n[Install]\nWantedBy=default.target\n"
    )
}

/// A case with this unit, converged, its log emptied.
fn running(name: &'static str, text: &str) -> Case {
    let mut case = Case::user(name);
    case.unit("a.service", text);
    case.begin();
    case.each(|at| assert_eq!(at.log(), ["start"]));
    case
}

/// The environment of a unit's main process has this line.
#[track_caller]
fn has(at: &At<'_>, unit: &str, line: &str) {
    let pid = at.show(unit, "MainPID");
    // `Type=simple` is up before its program is executed (systemd.service(5)); until then the environment is the manager's.
    let environment = at.root(&format!(
        "i=0; until tr '\\0' '\\n' </proc/{pid}/environ | grep -qxF '{line}' || [ $i = 20 ]; do
           i=$((i+1)); sleep 0.1; done
         tr '\\0' '\\n' </proc/{pid}/environ"
    ));
    let found = environment.lines().any(|other| other == line);
    assert!(found, "{unit} on {} has\n{environment}", at.host);
}

#[test]
fn case_01_what_is_as_declared_needs_no_operation_at_all() {
    let case = running("c01", &service(""));
    let runs = case.runs(&["a.service"]);
    case.stays();
    assert_eq!(case.runs(&["a.service"]), runs);
}

#[test]
fn case_02_and_03_a_description_and_a_comment_restart_nothing() {
    let mut case = running("c02", &service(""));
    let runs = case.runs(&["a.service"]);
    case.unit(
        "a.service",
        &service("").replace("A service", "The service"),
    );
    case.begin();
    assert_eq!(case.show("a.service", "Description"), ["The service"; 2]);
    let loaded = case.loaded_at();
    case.unit("a.service", &format!("# Why\n\n{}", service("")));
    case.plan().says("+ # Why").does_not_say("restart");
    case.converge();
    assert_ne!(case.loaded_at(), loaded, "the manager has read it");
    assert_eq!(case.runs(&["a.service"]), runs);
    case.each(|at| assert_eq!(at.log(), Vec::<String>::new()));
}

#[test]
fn case_04_the_order_of_a_list_counts() {
    let pre = |first: &str, second: &str| {
        service(&format!(
            "ExecStartPre=/bin/sh -c 'echo {first} >>%h/log'\nExecStartPre=/bin/sh -c 'echo {second} >>%h/log'"
        ))
    };
    let mut case = Case::user("c04");
    case.unit("a.service", &pre("one", "two"));
    case.begin();
    case.each(|at| assert_eq!(at.log(), ["start", "one", "two"]));
    case.unit("a.service", &pre("two", "one"));
    case.plan().says("restart").says("ExecStartPre=");
    case.converge();
    case.each(|at| assert_eq!(at.log(), ["stop", "start", "two", "one"]));
}

#[test]
fn case_05_a_changed_exec_start_restarts_once() {
    let mut case = running("c05", &service(""));
    let runs = case.runs(&["a.service"]);
    case.unit("a.service", &service("").replace("infinity", "99999"));
    case.plan().says("restart").says("ExecStart=");
    case.converge();
    case.each(|at| {
        assert_eq!(at.log(), ["stop", "start"], "once on {}", at.host);
        let pid = at.show("a.service", "MainPID");
        assert_eq!(
            at.root(&format!("tr '\\0' ' ' </proc/{pid}/cmdline")),
            "/bin/sleep 99999 "
        );
    });
    assert_ne!(case.runs(&["a.service"]), runs);
}

#[test]
fn case_06_a_changed_unit_that_does_not_run_and_need_not_is_only_written() {
    let mut case = Case::user("c06");
    case.user_key("linger: true")
        .unit("a.service", &service(""));
    case.keys("a.service", "state: unmanaged, enabled: false");
    case.begin();
    case.unit("a.service", &service("Nice=5"));
    case.plan().does_not_say("restart").does_not_say("start  ");
    case.converge();
    case.each(|at| {
        at.is("a.service", "inactive");
        assert_eq!(at.log(), Vec::<String>::new());
        at.sh("ctl start a.service");
        assert_eq!(at.show("a.service", "Nice"), "5", "the manager has read it");
    });
}

#[test]
fn case_07_a_failed_unit_is_reset_and_started_with_its_new_file() {
    let mut case = running("c07", &service(""));
    case.unit(
        "a.service",
        "[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=600\n[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=10ms\n",
    );
    case.apply().ends_with(1).says("a.service");
    case.each(|at| {
        at.sh("i=0; until ctl is-failed --quiet a.service; do i=$((i+1)); [ $i -lt 100 ]; sleep 0.1; done");
        at.sh("! ctl start a.service");
        at.log();
    });
    case.unit(
        "a.service",
        &format!(
            "[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=600\n{}",
            service("")
        ),
    );
    case.plan().says("reset-failed").says("start");
    case.converge();
    case.each(|at| {
        at.is("a.service", "active");
        assert_eq!(at.log(), ["start"]);
    });
}

#[test]
fn case_08_a_unit_that_can_reload_is_reloaded_where_that_is_wanted() {
    let reloadable = |line: &str| {
        service(&format!(
            "ExecReload=/bin/sh -c 'echo reload >>%h/log'\n{line}"
        ))
    };
    let mut case = running("c08", &reloadable(""));
    let runs = case.runs(&["a.service"]);
    case.keys("a.service", "on_change: reload")
        .unit("a.service", &reloadable("Environment=A=1"));
    case.plan().says("reload").does_not_say("restart");
    case.begin();
    case.each(|at| assert_eq!(at.log(), ["reload"]));
    assert_eq!(case.runs(&["a.service"]), runs);

    // One that does not run is started.
    case.each(|at| {
        at.sh("ctl stop a.service");
    });
    case.unit("a.service", &reloadable("Environment=A=2"));
    case.begin();
    case.each(|at| assert_eq!(at.log(), ["stop", "start"]));

    // Without a way to reload the manifest is wrong, and nothing is done.
    case.unit("a.service", &service("Environment=A=3"));
    case.apply()
        .ends_with(65)
        .says("on_change")
        .says("ExecReload=");
    case.each(|at| has(at, "a.service", "A=2"));
    case.unit("a.service", &reloadable("Environment=A=2"));
    case.stays();
}

#[test]
fn case_09_and_18_a_pending_restart_is_told_until_an_admin_restarts() {
    let mut case = running("c09", &service("Environment=A=1"));
    let runs = case.runs(&["a.service"]);
    case.keys("a.service", "on_change: none")
        .unit("a.service", &service("Environment=A=2"));
    case.begin();
    for _ in 0..2 {
        case.plan()
            .says("keeps running its old configuration until it is restarted");
        case.stays();
    }
    assert_eq!(case.runs(&["a.service"]), runs);
    case.each(|at| {
        has(at, "a.service", "A=1");
        at.sh("ctl restart a.service");
        has(at, "a.service", "A=2");
    });
    let runs = case.runs(&["a.service"]);
    case.world
        .abide(&["plan", "-v"])
        .ends_with(0)
        .does_not_say("old configuration");
    case.stays();
    assert_eq!(
        case.runs(&["a.service"]),
        runs,
        "the admin's restart settled the debt"
    );
}

#[test]
fn case_10_what_takes_effect_by_itself_restarts_nothing() {
    let mut case = running("c10", &service("Restart=no"));
    let runs = case.runs(&["a.service"]);
    case.unit(
        "a.service",
        &service("Restart=always\nRestartSec=1\nMemoryMax=500M"),
    );
    case.plan().does_not_say("restart ");
    case.begin();
    assert_eq!(case.runs(&["a.service"]), runs);
    // And it has taken effect.
    case.each(|at| {
        at.sh("kill -9 \"$(ctl show --value -p MainPID a.service)\"");
        at.sh("i=0; until [ \"$(ctl show --value -p NRestarts a.service)\" = 1 ]; do i=$((i+1)); [ $i -lt 50 ]; sleep 0.1; done");
        at.becomes("a.service", "active");
        // Who came back only just may be in a crash loop.
        at.sh("sleep 11");
    });
    case.stays();
}

#[test]
fn case_15_a_drop_in_whose_reload_was_lost_is_reloaded_and_restarted() {
    let mut case = running("c15", &service("Environment=A=1"));
    case.each(|at| {
        at.sh("mkdir ~/.config/systemd/user/a.service.d; printf '[Service]\\nEnvironment=B=2\\n' >~/.config/systemd/user/a.service.d/10-b.conf");
        // The trap: systemd does not know. (257 does.)
        let known = at.show("a.service", "NeedDaemonReload");
        assert!(at.host == "h2" || known == "no", "{known} on {}", at.host);
    });
    case.keys(
        "a.service",
        r#"drop_ins: {"10-b.conf": "[Service]\nEnvironment=B=2\n"}"#,
    );
    case.plan()
        .says("daemon-reload")
        .says("restart")
        .does_not_say("write");
    case.converge();
    case.each(|at| has(at, "a.service", "B=2"));
}

#[test]
fn case_16_a_file_with_an_old_mtime_is_loaded_and_the_unit_restarted() {
    let mut case = running("c16", &service("Environment=A=1"));
    case.each(|at| {
        at.sh("cd ~/.config/systemd/user; sed s/A=1/A=2/ a.service >new; touch -d 2020-01-01 new; mv new a.service");
    });
    case.unit("a.service", &service("Environment=A=2"));
    case.plan()
        .says("daemon-reload")
        .says("restart")
        .does_not_say("write");
    case.converge();
    case.each(|at| has(at, "a.service", "A=2"));
}

#[test]
fn case_19_a_changed_environment_file_restarts_without_a_reload() {
    let mut case = Case::user("c19");
    let text = service("EnvironmentFile=%h/env\nEnvironmentFile=-/etc/c19-nowhere");
    case.user_key(r#"files: {env: {content: "A=1\n"}}"#)
        .unit("a.service", &text);
    case.begin();
    let loaded = case.loaded_at();
    case.stays();
    case.user_key(r#"files: {env: {content: "A=2\n"}}"#);
    case.plan().says("restart").does_not_say("daemon-reload");
    case.converge();
    assert_eq!(case.loaded_at(), loaded);
    case.each(|at| {
        has(at, "a.service", "A=2");
        assert_eq!(at.log(), ["start", "stop", "start"]);
    });
}

#[test]
fn case_20_a_foreign_drop_in_is_kept_and_told() {
    let mut case = running("c20", &service(""));
    case.each(|at| {
        at.sh("ctl set-property a.service TasksMax=77");
    });
    case.stays();
    let said = case.world.abide(&["plan", "-v"]).ends_with(0);
    said.says(
        "user.control/a.service.d/50-TasksMax.conf is kept: it was written since the last apply",
    );
    case.unit("a.service", &service("Environment=A=2"));
    case.begin();
    assert_eq!(case.show("a.service", "TasksMax"), ["77"; 2]);
}

#[test]
fn case_38_each_is_restarted_once_in_one_call() {
    let units = |case: &mut Case, version: u8| {
        let line = format!("Environment=V={version}");
        case.unit("b.service", &service(&line).replace("echo ", "echo b-"));
        let text = service(&line).replace("[Unit]", "[Unit]\nRequires=b.service\nAfter=b.service");
        case.unit("a.service", &text.replace("echo ", "echo a-"));
    };
    let mut case = Case::user("c38");
    units(&mut case, 1);
    case.begin();
    case.each(|at| assert_eq!(at.log(), ["b-start", "a-start"]));
    units(&mut case, 2);
    case.begin();
    case.each(|at| assert_eq!(at.log(), ["a-stop", "b-stop", "b-start", "a-start"]));

    // A stop takes the dependent along: it is started again.
    case.keys("b.service", "on_change: stop-start");
    case.unit(
        "b.service",
        &service("Environment=V=3").replace("echo ", "echo b-"),
    );
    case.converge();
    case.each(|at| {
        assert_eq!(at.log(), ["a-stop", "b-stop", "b-start", "a-start"]);
        has(at, "b.service", "V=3");
        has(at, "a.service", "V=2");
    });
}

#[test]
fn case_38_each_is_restarted_once_however_many_are_restarted_between_them() {
    let units = |case: &mut Case, version: u8| {
        let text = |name: &str, ties: &str| {
            let text = service(&format!("Environment=V={version}"));
            text.replace("echo ", &format!("echo {name}-"))
                .replace("[Unit]", &format!("[Unit]\n{ties}"))
        };
        // Alphabetical, as they are asked for: what restarts first has long restarted when the last one does.
        case.unit(
            "a.service",
            &text("a", "Requires=z.service\nAfter=z.service"),
        );
        case.unit("b.service", &text("b", "BindsTo=a.service"));
        case.unit("c.service", &text("c", "PartOf=z.service"));
        for number in 10..30 {
            case.unit(&format!("m{number}.service"), &text("m", ""));
        }
        case.unit("z.service", &text("z", ""));
    };
    let mut case = Case::user("c38m");
    units(&mut case, 1);
    case.begin();
    case.each(|at| assert_eq!(at.log().len(), 24));
    units(&mut case, 2);
    case.converge();
    case.each(|at| {
        let mut log = at.log();
        log.retain(|word| !word.starts_with("m-"));
        log.sort();
        let once = [
            "a-start", "a-stop", "b-start", "b-stop", "c-start", "c-stop", "z-start", "z-stop",
        ];
        assert_eq!(log, once, "on {}", at.host);
        for unit in [
            "a.service",
            "b.service",
            "c.service",
            "m15.service",
            "z.service",
        ] {
            has(at, unit, "V=2");
        }
    });
}

#[test]
fn case_39_units_that_refuse_hands_are_kept_as_they_are() {
    let refusing =
        |key: &str, line: &str| service(line).replace("[Unit]", &format!("[Unit]\n{key}=yes"));
    let mut case = Case::user("c39");
    case.unit(
        "a.service",
        &refusing("RefuseManualStop", "Environment=A=1"),
    );
    case.unit(
        "b.service",
        &refusing("RefuseManualStart", "").replace("[Install]\nWantedBy=default.target\n", ""),
    );
    case.plan()
        .says("b.service is not started: it says `RefuseManualStart=yes`");
    case.begin();
    case.each(|at| {
        at.is("a.service", "active");
        at.is("b.service", "inactive");
    });
    let runs = case.runs(&["a.service"]);
    case.unit(
        "a.service",
        &refusing("RefuseManualStop", "Environment=A=2"),
    );
    case.plan()
        .says("a.service is kept running its old configuration: it says `RefuseManualStop=yes`");
    case.begin();
    case.stays();
    assert_eq!(case.runs(&["a.service"]), runs);
}

#[test]
fn case_45_a_unit_that_its_condition_held_back_is_not_tried_again() {
    let conditional = service("").replace("[Unit]", "[Unit]\nConditionPathExists=/c45-nowhere");
    let mut case = Case::user("c45");
    case.unit("a.service", &conditional);
    case.begin();
    let tried = case.show("a.service", "ConditionTimestampMonotonic");
    case.each(|at| assert_eq!(at.show("a.service", "ConditionResult"), "no"));
    let said = case.world.abide(&["plan", "-v"]);
    // systemd 247 cannot be asked which condition it is.
    let named = "a.service is not started: ConditionPathExists=/c45-nowhere does not hold";
    let unnamed = "a condition held a.service back";
    assert!(
        said.stdout.contains(named) || said.stdout.contains(unnamed),
        "{said:?}"
    );
    case.stays();
    assert_eq!(case.show("a.service", "ConditionTimestampMonotonic"), tried);
    case.unit("a.service", &service(""));
    case.begin();
    case.each(|at| at.is("a.service", "active"));
}

#[test]
fn case_52_an_alias_stands_for_its_unit() {
    let mut case = Case::system("c52");
    case.each(|at| {
        at.sh(
            "printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nAlias=c52-too.service\\n' >/etc/systemd/system/c52.service
             ctl enable --quiet c52.service",
        );
    });
    case.keys("c52-too.service", "state: started");
    case.plan().says("start").says("2 to change");
    case.converge();
    case.each(|at| at.is("c52.service", "active"));
    let runs = case.runs(&["c52.service"]);
    case.keys("c52.service", "state: started");
    let said = case.plan().ends_with(1);
    said.says("it is an alias of c52.service, which is declared too");
    case.without("c52-too.service").stays();
    assert_eq!(case.runs(&["c52.service"]), runs);
}

#[test]
fn case_53_oneshots_are_not_run_again() {
    let oneshot = |more: &str| {
        format!("[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo ran >>%h/log'\n{more}")
    };
    let mut case = Case::user("c53");
    case.user_key("linger: true");
    case.unit(
        "stays.service",
        &oneshot("RemainAfterExit=yes\n[Install]\nWantedBy=default.target\n"),
    );
    case.unit("ends.service", &oneshot(""))
        .keys("ends.service", "state: started");
    case.begin();
    case.each(|at| {
        assert_eq!(at.log(), ["ran"], "only the one that remains was run");
        assert_eq!(at.show("stays.service", "SubState"), "exited");
        at.sh("ctl start ends.service");
        assert_eq!(at.log(), ["ran"]);
    });
    case.stays();
    case.each(|at| assert_eq!(at.log(), Vec::<String>::new()));
}
