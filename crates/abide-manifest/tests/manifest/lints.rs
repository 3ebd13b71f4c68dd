//! What is said about the text of a unit, and what is not. (Each code has its plain case in its explanation.)

use crate::support::{load_text, told};

/// The codes that a unit `a.TYPE` gets, in user scope or as a system unit.
fn codes(in_user: bool, kind: &str, lines: &[&str]) -> Vec<String> {
    let indentation = if in_user { 14 } else { 10 };
    let scope = if in_user {
        "    users:\n      u:\n        units:\n          a"
    } else {
        "    units:\n      a"
    };
    let lines: Vec<_> = lines
        .iter()
        .map(|line| format!("{:indentation$}{line}\n", ""))
        .collect();
    let text = format!(
        "version: 1\nname: t\nhosts:\n  h1:\n{scope}.{kind}:\n{:2$}content: |\n{}",
        "",
        lines.concat(),
        indentation - 2,
    );
    let loaded = load_text(&text);
    loaded
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.to_string())
        .collect()
}

fn user_service(lines: &[&str]) -> Vec<String> {
    let program: &[&str] = &["[Service]", "ExecStart=/bin/a"];
    codes(true, "service", &[program, lines].concat())
}

#[test]
fn an_alias_that_systemctl_refuses_is_refused_before() {
    let install = |line: &str| user_service(&["[Install]", "WantedBy=default.target", line]);
    for line in [
        "Alias=b.socket",
        "Alias=b@.service b@1.service",
        "Alias=%p.timer",
    ] {
        assert!(install(line).contains(&"E0414".to_owned()), "{line}");
    }
    for line in ["Alias=b.service", "Alias=a.service", "Alias=%H.service"] {
        assert_eq!(install(line), Vec::<String>::new(), "{line}");
    }
}

#[test]
fn another_target_beside_a_wrong_one_is_enough() {
    assert_eq!(
        user_service(&["[Install]", "WantedBy=multi-user.target"]),
        ["E0501"]
    );
    assert_eq!(
        user_service(&["[Install]", "WantedBy=multi-user.target graphical.target"]),
        ["E0501", "E0501"]
    );
    for install in [
        "WantedBy=multi-user.target default.target",
        "WantedBy=app.target",
        "RequiredBy=b.service",
        "Alias=b.service",
    ] {
        assert_eq!(
            user_service(&["[Install]", install]),
            Vec::<String>::new(),
            "{install}"
        );
    }
    let cleared = [
        "[Install]",
        "WantedBy=multi-user.target",
        "WantedBy=",
        "WantedBy=default.target",
    ];
    assert_eq!(user_service(&cleared), Vec::<String>::new());
    let system = |install| {
        codes(
            false,
            "service",
            &["[Service]", "ExecStart=/bin/a", "[Install]", install],
        )
    };
    assert_eq!(
        system("WantedBy=multi-user.target default.target"),
        Vec::<String>::new()
    );
    assert_eq!(system("WantedBy=default.target"), ["W0605"]);
    let quadlet = [
        "[Container]",
        "Image=x",
        "[Install]",
        "WantedBy=default.target",
    ];
    assert_eq!(codes(false, "container", &quadlet), Vec::<String>::new());
    let podmans = "version: 1\nname: t\nhosts: {h1: {units: {podman-restart.service: {content: \"[Service]\\nExecStart=/bin/a\\n[Install]\\nWantedBy=default.target\\n\"}}}}\n";
    assert_eq!(
        told(&load_text(podmans)),
        "",
        "it is the same text for both managers"
    );
}

#[test]
fn programs_are_found_behind_their_prefixes() {
    let exec = |line: &str| codes(true, "service", &["[Service]", line]);
    for fine in [
        "ExecStart=/bin/a b",
        "ExecStart=@/bin/a b",
        "ExecStart=-/bin/a",
        "ExecStart=!!/bin/a",
        "ExecStart=:/bin/a $$x",
        "ExecStart=%h/bin/a $HOME ~/x",
        "ExecStart=\"/opt/a b/c\" d",
        "ExecStart=/bin/a ; true ; -/bin/b",
        "ExecStart=/bin/a; bin/b",
        "ExecStart=/bin/a \\; bin/b",
        "ExecStart=/bin/a \";\" bin/b",
        "ExecStart=/bin/sh -c 'a ; b/c ; d'",
    ] {
        assert_eq!(exec(fine), Vec::<String>::new(), "{fine}");
    }
    for looked_up in [
        "ExecStart=-bundle exec",
        "ExecStart=@bundle bundle",
        "ExecStart=bundle",
        "ExecStart=-bin/a",
        "ExecStart=-bin/a ; bin/b",
        "ExecStart=-/opt/",
        "ExecStart=/bin/a ; bundle",
    ] {
        assert_eq!(exec(looked_up), ["W0602"], "{looked_up}");
    }
    for refused in [
        "ExecStartPre=bin/a",
        "ExecStop='~/a b'",
        "ExecCondition=${A}",
        "ExecStart=+./a",
        "ExecStart=/opt/",
        "ExecStart=/bin/a ; bin/b",
        "ExecStart=/bin/a ; \"bin/b\"",
        "ExecStart=; bin/b",
        "ExecStart=/bin/a ; ~/b",
    ] {
        assert_eq!(exec(refused), ["E0507"], "{refused}");
    }
}

#[test]
fn programs_that_systemd_finds_are_not_told() {
    let exec = |line: &str| codes(true, "service", &["[Service]", line]);
    for found in [
        "ExecStart=sh -c x",
        "ExecStartPost=systemctl --user start x",
        "ExecReload=kill -HUP $MAINPID",
    ] {
        assert_eq!(exec(found), Vec::<String>::new(), "{found}");
    }
    let system = |line: &str| codes(false, "service", &["[Service]", line]);
    assert_eq!(system("ExecStart=mkdir -p /run/x"), Vec::<String>::new());
    assert_eq!(system("ExecStart=sidekiq"), ["W0602"]);
    for tool in [
        "networkctl reload",
        "systemd-tmpfiles --create",
        "ldconfig",
        "ssh-keygen -A",
    ] {
        assert_eq!(
            system(&format!("ExecStart={tool}")),
            Vec::<String>::new(),
            "{tool}"
        );
    }
}

#[test]
fn a_device_may_have_a_unit_file() {
    assert_eq!(
        codes(false, "device", &["[Unit]", "Wants=x.service"]),
        Vec::<String>::new()
    );
    assert_eq!(
        codes(false, "scope", &["[Unit]", "Wants=x.service"]),
        ["E0411"]
    );
}

#[test]
fn who_a_quadlets_podman_runs_as_is_warned_of_as_podman_does() {
    let container = ["[Container]", "Image=x", "[Service]", "User=app"];
    assert_eq!(codes(true, "container", &container), ["W0611"]);
    assert_eq!(codes(false, "container", &container), ["W0611"]);
}

#[test]
fn a_warning_that_is_meant_is_said_so_once_with_its_reason() {
    let with = |policy: &str| {
        told(&load_text(&format!(
            "version: 1\nname: t\npolicy: {policy}\nhosts: {{h1: {{units: {{a.service: {{content: \"[Service]\\nExecStart=sidekiq\\n\"}}}}}}}}\n"
        )))
    };
    assert!(with("{}").starts_with("W0602"), "{}", with("{}"));
    assert_eq!(with("{allow: [{W0602: it is in /usr/local/bin}]}"), "");
    assert_eq!(with("{allow: [W0602: it is in /usr/local/bin]}"), "");
    for (wrong, why) in [
        ("{allow: [W0602: \"\"]}", "without a reason"),
        ("{allow: [E0401: x]}", "is an error"),
        ("{allow: [W602: x]}", "did you mean `W0602`?"),
    ] {
        let loaded = load_text(&format!(
            "version: 1\nname: t\npolicy: {wrong}\nhosts: {{h1: {{}}}}\n"
        ));
        assert!(loaded.fleet.is_none());
        let said = format!("{:?}", loaded.diagnostics);
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn only_a_shell_expands_a_home_directory() {
    let line = |line: &str| user_service(&[line]);
    for fine in [
        "WorkingDirectory=~",
        "WorkingDirectory=-%h/x",
        "EnvironmentFile=-/etc/x",
        "Environment=A=~/x",
        "LoadCredential=a",
    ] {
        assert_eq!(line(fine), Vec::<String>::new(), "{fine}");
    }
    for wrong in [
        "WorkingDirectory=~/x",
        "EnvironmentFile=-~/x",
        "EnvironmentFile=$HOME/x",
        "LoadCredential=a:~/x",
        "PIDFile=$X",
    ] {
        assert_eq!(line(wrong), ["W0603"], "{wrong}");
    }
}

#[test]
fn timers_fire_by_themselves_or_after_a_run_that_something_makes() {
    let timer = |lines: &[&str]| codes(true, "timer", &[&["[Timer]"], lines].concat());
    for fine in [
        ["OnCalendar=daily"],
        ["OnBootSec=1"],
        ["OnActiveSec=1"],
        ["OnStartupSec=1"],
        ["OnClockChange=yes"],
    ] {
        assert_eq!(timer(&fine), Vec::<String>::new(), "{fine:?}");
    }
    // Its service is somebody else's, who may start it.
    assert_eq!(timer(&["OnUnitActiveSec=1h"]), Vec::<String>::new());
    assert_eq!(timer(&["OnCalendar=daily", "OnCalendar="]), ["W0604"]);
    let started = "
version: 1
name: t
hosts:
  h1:
    units:
      a.timer: {content: \"[Timer]\\nOnUnitActiveSec=1h\\n\"}
      a.service: {content: \"[Service]\\nExecStart=/bin/a\\n[Install]\\nWantedBy=multi-user.target\\n\"}
";
    assert_eq!(
        told(&load_text(started)),
        "",
        "a.service is enabled, so there is a first run"
    );
}

#[test]
fn a_drop_in_for_somebody_elses_unit_is_read_as_well() {
    let text = "
version: 1
name: t
hosts:
  h1:
    users:
      u:
        units:
          a.service:
            drop_ins:
              10-user.conf: |
                [Service]
                User=x
";
    assert!(
        told(&load_text(text)).starts_with("E0502 fleet.yaml:13:22 `x`"),
        "{}",
        told(&load_text(text))
    );
}

#[test]
fn a_system_unit_may_say_what_a_user_unit_may_not() {
    let lines = [
        "[Unit]",
        "After=network-online.target",
        "Requires=network.target",
        "[Service]",
        "User=u",
        "ExecStart=/bin/a",
    ];
    assert_eq!(codes(false, "service", &lines), Vec::<String>::new());
    assert_eq!(codes(true, "service", &lines), ["W0601", "E0503", "E0502"]);
}

#[test]
fn lingering_for_units_of_the_system_manager_says_so() {
    let text = "
version: 1
name: t
hosts:
  h1:
    users: {u: {linger: true}}
    units: {a.service: {content: \"[Service]\\nUser=u\\nExecStart=/bin/a\\n\"}}
";
    let told = told(&load_text(text));
    assert!(
        told.contains("W0607") && told.contains("in the system manager"),
        "{told}"
    );
}

#[test]
fn a_quadlet_that_podman_refuses_is_refused_and_one_that_it_reads_is_not() {
    let container = |lines: &[&str]| {
        codes(
            true,
            "container",
            &[&["[Container]", "Image=x"], lines].concat(),
        )
    };
    for fine in [
        &["Exec=a \\", "", "# c", "; d", "  b"][..],
        &["Exec=a\\"],
        &[
            "[Service]",
            "KillMode=\"mixed\"",
            "Type=oneshot",
            "Anything=1",
        ],
        &["[Quadlet]", "DefaultDependencies=no"],
    ] {
        assert_eq!(container(fine), Vec::<String>::new(), "{fine:?}");
    }
    for refused in [
        &["Exec=a", "  b"][..],
        &["Exec=a \\", "", "# c"],
        &["[Service", "A=b"],
        &["Exec=a", "[Service] A=b"],
        &["=b"],
    ] {
        assert_eq!(container(refused), ["E0508"], "{refused:?}");
    }
    for impossible in [
        &["Rootfs=/x"][..],
        &["[Service]", "KillMode=process"],
        &["[Service]", "KillMode="],
        &["[Service]", "Type=simple"],
    ] {
        assert_eq!(container(impossible), ["E0505"], "{impossible:?}");
    }
    for named in ["front", "\"front\"", "front@a", "a.b"] {
        let name = format!("ServiceName={named}");
        assert_eq!(container(&[&name]), Vec::<String>::new(), "{named}");
    }
    for misnamed in ["", "front.service", "front@", "%n", "a b", "a/b"] {
        let name = format!("ServiceName={misnamed}");
        assert_eq!(container(&[&name]), ["E0506"], "{misnamed}");
    }
    for unknown in [&["exec=a"][..], &["Exce="], &["[Quadlet]", "ServiceName=a"]] {
        assert_eq!(container(unknown), ["W0612"], "{unknown:?}");
    }
    // Nothing is said of one service beside what systemd makes of it.
    assert_eq!(
        codes(true, "service", &["[Service]", "ExecStart=/bin/a", "b"]),
        ["W0606"]
    );
}

#[test]
fn a_unit_of_a_package_may_be_there_for_both_managers() {
    let told = |name: &str, system: &str| {
        let text = format!(
            "version: 1\nname: t\nhosts:\n  h1:\n    units: {{{name}: {system}}}\n    users:\n      u:\n        units:\n          \
             a.service:\n            content: |\n              [Unit]\n              Requires={name}\n              [Service]\n              ExecStart=/bin/a\n"
        );
        let loaded = load_text(&text);
        let codes = loaded.diagnostics.iter();
        codes.map(|told| told.code.to_string()).collect::<Vec<_>>()
    };
    for system in [
        "{state: started}",
        "{content: \"[Socket]\\nListenStream=/run/x\\n\"}",
    ] {
        for both in [
            "podman.socket",
            "dbus.socket",
            "sockets.target",
            "srv-data.mount",
        ] {
            assert_eq!(told(both, system), Vec::<String>::new(), "{both}");
        }
        assert_eq!(told("b.socket", system), ["E0503"]);
    }
}

#[test]
fn what_is_said_of_a_skipped_command_is_what_systemd_does() {
    let text = "version: 1\nname: t\nhosts: {h1: {units: {a.service: {content: \"[Service]\\nExecStart=/bin/a\\nExecStop=-bin/b\\n\"}}}}\n";
    let said = told(&load_text(text));
    assert!(
        said.contains("`bin/b` is a relative path, and systemd skips the line"),
        "{said}"
    );
}

#[test]
fn two_units_with_one_service_are_refused() {
    let text = "version: 1\nname: t\nhosts:\n  h1:\n    units:\n      \
        a.container: {content: \"[Container]\\nImage=x\\nServiceName=front\\n\"}\n      \
        front.service: {content: \"[Service]\\nExecStart=/bin/a\\n\"}\n";
    let loaded = load_text(text);
    let codes: Vec<_> = loaded
        .diagnostics
        .iter()
        .map(|told| told.code.to_string())
        .collect();
    assert_eq!(codes, ["E0408"]);
}
