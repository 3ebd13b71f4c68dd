//! What people did to a host by hand: each is named as what it is, and the least is done about it.

use super::case::{At, Case};

fn service(lines: &str) -> String {
    format!(
        "[Service]\nExecStart=/bin/sleep infinity\n{lines}\n[Install]\nWantedBy=default.target\n"
    )
}

fn running(name: &'static str, text: &str) -> Case {
    let mut case = Case::user(name);
    case.unit("a.service", text);
    case.begin();
    case
}

/// The `A=` of a unit's main process.
fn value(at: &At<'_>) -> String {
    let pid = at.show("a.service", "MainPID");
    // `Type=simple` is up before its program is executed (systemd.service(5)); until then the environment is the manager's.
    let script = format!(
        "i=0; until tr '\\0' '\\n' </proc/{pid}/environ | sed -n s/^A=//p | grep . || [ $i = 20 ]; do
           i=$((i+1)); sleep 0.1; done"
    );
    at.root(&script).trim().to_owned()
}

#[test]
fn a_hand_edit_that_was_loaded_and_not_run_is_written_back_without_a_restart() {
    let mut case = running("edited", &service("Environment=A=1"));
    let runs = case.runs(&["a.service"]);
    case.each(|at| {
        at.sh("sed -i s/A=1/A=9/ .config/systemd/user/a.service; ctl daemon-reload");
    });
    case.plan()
        .says("- Environment=A=9")
        .says("+ Environment=A=1")
        .does_not_say("restart");
    case.converge();
    assert_eq!(case.runs(&["a.service"]), runs, "it never ran the edit");

    // One that was loaded, and that the manifest now says too: the unit still runs the old one.
    case.each(|at| {
        at.sh("sed -i s/A=1/A=2/ .config/systemd/user/a.service; ctl daemon-reload");
    });
    case.unit("a.service", &service("Environment=A=2"));
    case.plan()
        .says("restart")
        .says("with the old /home/edited/.config/systemd/user/a.service")
        .does_not_say("write")
        .does_not_say("daemon-reload");
    case.converge();
    case.each(|at| assert_eq!(value(at), "2"));
}

#[test]
fn a_hand_edit_that_runs_is_written_back_and_restarted() {
    let case = running("ranedit", &service("Environment=A=1"));
    case.each(|at| {
        at.sh("sed -i s/A=1/A=9/ .config/systemd/user/a.service; ctl daemon-reload; ctl restart a.service");
        assert_eq!(value(at), "9");
    });
    case.plan()
        .says("write")
        .says("restart")
        .says("with the old Environment=");
    case.converge();
    case.each(|at| assert_eq!(value(at), "1"));
}

#[test]
fn an_environment_file_edited_by_hand_restarts_only_what_read_it() {
    let mut case = Case::user("envfile");
    case.user_key(r#"files: {env: {content: "A=1\n"}}"#);
    case.unit("a.service", &service("EnvironmentFile=%h/env"));
    case.begin();
    let runs = case.runs(&["a.service"]);
    case.each(|at| {
        at.sh("echo A=9 >env");
    });
    case.plan()
        .says("- A=9")
        .says("+ A=1")
        .does_not_say("restart");
    case.begin();
    assert_eq!(case.runs(&["a.service"]), runs, "it never read the edit");
    case.each(|at| {
        at.sh("echo A=9 >env; ctl restart a.service");
        assert_eq!(value(at), "9");
    });
    case.plan().says("restart").says("env");
    case.converge();
    case.each(|at| assert_eq!(value(at), "1"));

    // A file that nobody manages is part of what names it.
    case.each(|at| {
        at.root("echo A=1 >/etc/envfile");
    });
    case.unit("a.service", &service("EnvironmentFile=/etc/envfile"));
    case.keys("a.service", "restart_on: [/etc/envfile]")
        .user_key("files: {}");
    case.begin();
    case.each(|at| {
        at.root("echo A=2 >/etc/envfile");
    });
    case.plan().says("restart").says("/etc/envfile");
    case.converge();
    case.each(|at| assert_eq!(value(at), "2"));
}

#[test]
fn an_admins_restart_changes_nothing_for_abide() {
    let case = running("restarted", &service(""));
    case.each(|at| {
        at.sh("ctl restart a.service");
    });
    let runs = case.runs(&["a.service"]);
    case.stays();
    assert_eq!(case.runs(&["a.service"]), runs);
    // A stop is not a restart.
    case.each(|at| {
        at.sh("ctl stop a.service");
    });
    case.plan()
        .says("start")
        .says("it ran when abide left it, and was stopped since");
    case.converge();
}

#[test]
fn a_link_made_by_hand_is_told_and_goes() {
    let case = running("linked", &service(""));
    let runs = case.runs(&["a.service"]);
    case.each(|at| {
        at.sh("cd .config/systemd/user; mkdir basic.target.wants; ln -s ../a.service basic.target.wants/");
    });
    case.plan()
        .says("a link made by hand")
        .says("no longer wanted by basic.target");
    case.converge();
    case.each(|at| assert_eq!(at.standing("wants"), ["default.target.wants/a.service"]));
    assert_eq!(case.runs(&["a.service"]), runs);
}

#[test]
fn a_preset_that_disabled_a_unit_is_undone() {
    let mut case = Case::system("preset");
    case.unit(
        "preset-a.service",
        &service("").replace("default", "multi-user"),
    );
    case.begin();
    let runs = case.runs(&["preset-a.service"]);
    case.each(|at| {
        at.root("mkdir -p /etc/systemd/system-preset; echo 'disable preset-a.service' >/etc/systemd/system-preset/00-a.preset; systemctl preset --quiet preset-a.service 2>&1");
        assert_eq!(at.standing("preset-a"), ["preset-a.service"]);
    });
    case.plan()
        .says("enable")
        .says("disabled on the host since abide enabled it")
        .does_not_say("restart");
    case.converge();
    assert_eq!(case.runs(&["preset-a.service"]), runs);
    case.each(|at| {
        assert_eq!(at.standing("preset-a").len(), 2);
        at.root("rm /etc/systemd/system-preset/00-a.preset");
    });
}

#[test]
fn an_override_of_systemctl_edit_is_kept_and_named() {
    let case = running("override", &service("Environment=A=1"));
    case.each(|at| {
        at.sh("printf '[Service]\\nEnvironment=A=9\\n' | SYSTEMD_EDITOR='cp /dev/stdin' ctl edit a.service 2>/dev/null || {
                 mkdir -p .config/systemd/user/a.service.d
                 printf '[Service]\\nEnvironment=A=9\\n' >.config/systemd/user/a.service.d/override.conf; }
               ctl daemon-reload; ctl restart a.service");
        assert_eq!(value(at), "9");
    });
    let said = case.world.abide(&["plan", "-v"]).ends_with(0);
    said.says("drop-in override.conf beside ours is kept");
    case.stays();
    case.each(|at| assert_eq!(value(at), "9"));
}

#[test]
fn a_linked_unit_file_is_named_and_replaced_by_ours_and_used_where_it_is_somebody_elses() {
    let mut case = Case::system("linkedfile");
    case.each(|at| {
        at.root("for unit in lf-ours lf-theirs; do printf '[Service]\\nExecStart=/bin/sleep 1000\\n[Install]\\nWantedBy=multi-user.target\\n' >/srv/$unit.service
                 systemctl link --quiet /srv/$unit.service; done");
    });
    case.unit(
        "lf-ours.service",
        &service("").replace("default", "multi-user"),
    );
    case.keys("lf-theirs.service", "state: started, enabled: true");
    case.plan()
        .says("instead of a symbolic link to /srv/lf-ours.service");
    case.converge();
    case.each(|at| {
        at.is("lf-ours.service", "active");
        at.is("lf-theirs.service", "active");
        at.root(
            "! [ -L /etc/systemd/system/lf-ours.service ] && grep -q 1000 /srv/lf-ours.service",
        );
        assert_eq!(
            at.show("lf-ours.service", "FragmentPath"),
            "/etc/systemd/system/lf-ours.service"
        );
        assert_eq!(at.show("lf-theirs.service", "UnitFileState"), "enabled");
    });
    case.stays();
}

#[test]
fn a_plan_that_removes_too_much_is_refused_unless_it_is_allowed() {
    let mut case = Case::user("toomuch");
    case.user_key("linger: true");
    for n in 0..5 {
        case.unit(&format!("u{n}.service"), &service(""));
    }
    case.begin();
    let runs = case.runs(&["u0.service", "u4.service"]);
    for n in 1..5 {
        case.without(&format!("u{n}.service"));
    }
    case.unit("u0.service", &service("Nice=1"));
    let said = case.plan().ends_with(7);
    said.says("it would stop or remove 4 units where max_removals allows 3 of 5 owned")
        .says("--allow-removals 4");
    case.apply().ends_with(7);
    assert_eq!(
        case.runs(&["u0.service", "u4.service"]),
        runs,
        "nothing was begun"
    );
    case.world
        .abide(&["plan", "--allow-removals", "3"])
        .ends_with(7);
    case.world
        .abide(&["plan", "--allow-removals", "4"])
        .ends_with(0)
        .says("8 to remove on 2 hosts")
        .says("Next: abide apply --allow-removals=4 ");
    case.world
        .abide(&["apply", "--yes", "--allow-removals", "4"])
        .ends_with(0);
    case.each(|at| assert_eq!(at.standing("service").len(), 2));
    case.stays();
    // The manifest may allow it for good.
    case.without("u0.service")
        .policy("max_removals: 100%")
        .converge();
}

#[test]
fn what_another_manifest_owns_is_refused_naming_both() {
    let mut case = Case::user("shared");
    case.user_key(r#"files: {env: {content: "A=1\n"}}"#);
    case.unit("a.service", &service("Environment=A=1"))
        .unit("b.service", &service(""));
    case.begin();
    let runs = case.runs(&["a.service", "b.service"]);
    let first = std::fs::read_to_string(case.world.path("abide.yaml")).expect("the manifest");
    let second = first
        .replace("name: shared", "name: rival")
        .replace("A=1", "A=2")
        .replace("\"b.service\"", "\"c.service\"")
        .replace("units/b.service", "units/a.service");
    case.world.file("rival.yaml", &second);
    let rival = |arguments: &[&str]| {
        let all: Vec<&str> = arguments
            .iter()
            .chain(&["-f", "rival.yaml"])
            .copied()
            .collect();
        case.world.abide(&all)
    };
    let said = rival(&["plan"]).ends_with(7);
    said.says("a.service belongs to manifest shared")
        .says("/home/shared/env belongs to manifest shared")
        .says("rival");
    // The rest of it is done.
    rival(&["apply", "--yes"]).ends_with(7);
    case.each(|at| {
        at.is("c.service", "active");
        assert_eq!(at.sh("cat env"), "A=1\n");
    });
    assert_eq!(case.runs(&["a.service", "b.service"]), runs);
    case.stays();
}

#[test]
fn what_stands_there_exactly_as_declared_is_taken_over_untouched() {
    let mut case = Case::user("adopted");
    case.unit("a.service", &service("Environment=A=1"))
        .user_key(r#"files: {env: {content: "A=1\n"}}"#);
    let text = service("Environment=A=1");
    case.each(|at| {
        at.root("useradd -m adopted; loginctl enable-linger adopted; systemctl start \"user@$(id -u adopted)\"");
        at.sh(&format!(
            "mkdir -p .config/systemd/user; printf '%s' '{text}' >.config/systemd/user/a.service; echo A=1 >env
             ctl daemon-reload; ctl enable --now --quiet a.service"
        ));
    });
    let stamps = |case: &Case| {
        case.ask(|at| at.sh("stat -c '%n %i %z' .config/systemd/user/a.service env .config/systemd/user/default.target.wants/a.service"))
    };
    let before = (case.runs(&["a.service"]), case.loaded_at(), stamps(&case));
    case.plan()
        .says("adopt")
        .says("as it is, from now on abide's to keep")
        .does_not_say("write")
        .does_not_say("start");
    case.begin();
    assert_eq!(
        (case.runs(&["a.service"]), case.loaded_at(), stamps(&case)),
        before
    );
    case.stays();
    // And it is ours from now on: undeclared, it goes.
    case.without("a.service")
        .user_key("linger: true")
        .user_key("files: {}");
    case.converge();
    case.each(|at| assert_eq!(at.standing("a.service"), Vec::<String>::new()));
}
