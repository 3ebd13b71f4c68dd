//! What changes the meaning of a declared file without touching its text: its mode, and files elsewhere that come first.

use crate::attack::{Promise, attack};
use crate::support::World;

/// A manifest with one unit of a user, applied on both hosts.
fn applied(name: &str, user: &str) -> World {
    let world = World::used();
    world.file(
        "units/app.service",
        "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n",
    );
    world.manifest(&format!(
        "version: 1\nname: {name}\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      {user}:\n        files:\n          app.env: {{content: \"A=1\\n\"}}\n        units:\n          app.service:\n            source: units/app.service\n            drop_ins: {{more.conf: \"[Service]\\nNice=5\\n\"}}\n"
    ));
    world.converge();
    world
}

#[test]
fn a_unit_file_that_nobody_may_read_is_repaired() {
    let _attack = attack(
        "takes away every permission of a declared unit file, drop-in and file, or lets others write them",
        Promise::AsDeclared,
    );
    let world = applied("modes", "moder");
    let units = "/home/moder/.config/systemd/user";
    let paths = [
        format!("{units}/app.service"),
        format!("{units}/app.service.d/more.conf"),
        "/home/moder/app.env".to_owned(),
    ];
    for mode in ["000", "666"] {
        let ran = |host: &str| {
            let run = world.show(host, "moder", "app.service", "InvocationID");
            for path in &paths {
                world.fleet.sh(host, &format!("chmod {mode} {path}"));
            }
            run
        };
        let before = [ran("h1"), ran("h2")];
        let said = world.abide(&["drift"]);
        assert_eq!(said.code, 2, "{}", said.stdout);
        world.converge();
        for (host, before) in ["h1", "h2"].into_iter().zip(before) {
            for path in paths.iter().take(if mode == "000" { 3 } else { 2 }) {
                let now = world.fleet.sh(host, &format!("stat -c '%a %U' {path}"));
                assert_eq!(now.trim(), "644 moder", "{path} on {host}");
            }
            let after = world.show(host, "moder", "app.service", "InvocationID");
            assert_eq!(after, before, "a mode is no reason for a restart");
        }
    }
    // A directory that may not be searched is named, and nothing is called clean.
    for host in ["h1", "h2"] {
        world
            .fleet
            .sh(host, &format!("chmod 000 {units}/app.service.d"));
    }
    world
        .abide(&["drift"])
        .ends_with(3)
        .says("may not be searched");
    for host in ["h1", "h2"] {
        world
            .fleet
            .sh(host, &format!("chmod 755 {units}/app.service.d"));
    }
}

#[test]
fn drop_ins_elsewhere_that_change_a_declared_unit_are_seen() {
    let _attack = attack(
        "replaces ExecStart= by drop-ins in user.control, the runtime directory and for all services",
        Promise::AsDeclared,
    );
    let world = applied("elsewhere", "shade");
    let places = [
        "$HOME/.config/systemd/user.control/app.service.d",
        "$XDG_RUNTIME_DIR/systemd/user.control/app.service.d",
        "$XDG_RUNTIME_DIR/systemd/user/app.service.d",
        "$HOME/.local/share/systemd/user/app.service.d",
        "$HOME/.config/systemd/user/service.d",
    ];
    for (number, place) in places.into_iter().enumerate() {
        // Some are read by the manager, some wait for the next reload.
        let reload = if number == 1 {
            ""
        } else {
            "systemctl --user daemon-reload"
        };
        for host in ["h1", "h2"] {
            let user = "export XDG_RUNTIME_DIR=/run/user/$(id -u)";
            let script = format!(
                "{user}\nmkdir -p {place}\nprintf '[Service]\\nExecStart=\\nExecStart=/bin/sleep 77\\n' >{place}/evil.conf\n{reload}\n"
            );
            world.fleet.sh_as(host, "shade", &script);
        }
        let directory = place
            .rsplit_once("systemd/")
            .map_or(place, |(_, last)| last);
        let drift = world
            .abide(&["drift"])
            .ends_with(2)
            .says("evil.conf was added in");
        assert!(drift.stdout.contains(directory), "{}", drift.stdout);
        let plan = world.plan();
        let named = plan.stdout.contains(&format!("{directory}/evil.conf"));
        assert!(named, "{place}: {}", plan.stdout);
        world
            .abide(&["status"])
            .ends_with(0)
            .says("evil.conf is kept");
        for host in ["h1", "h2"] {
            let script = format!(
                "export XDG_RUNTIME_DIR=/run/user/$(id -u)\nrm -r {place}\nsystemctl --user daemon-reload\n"
            );
            world.fleet.sh_as(host, "shade", &script);
        }
        world.assert_converged();
    }
}

#[test]
fn a_unit_file_that_comes_before_the_declared_one_is_refused_before_it_is_loaded() {
    let _attack = attack(
        "puts another unit file, or a mask, into user.control and waits for the next reload",
        Promise::AsDeclared,
    );
    let world = applied("before", "hider");
    for planted in ["echo '[Service]' >", "ln -s /dev/null "] {
        for host in ["h1", "h2"] {
            let script = format!(
                "cd; mkdir -p .config/systemd/user.control; rm -f .config/systemd/user.control/app.service; {planted}.config/systemd/user.control/app.service\n"
            );
            world.fleet.sh_as(host, "hider", &script);
        }
        world.plan().ends_with(1).says(
            "/home/hider/.config/systemd/user.control/app.service comes before our unit file",
        );
        world
            .abide(&["drift"])
            .ends_with(2)
            .says("in /home/hider/.config/systemd/user.control, which comes before ours");
        world
            .abide(&["status"])
            .ends_with(0)
            .says("comes before our unit file");
    }
}

#[test]
fn what_came_before_the_declared_unit_file_and_is_gone_again_leaves_nothing_behind() {
    let _attack = attack(
        "has another unit file, or a mask, in user.control loaded and started, and takes it away again",
        Promise::AsDeclared,
    );
    let world = applied("hidden", "hidden");
    for planted in [
        "printf '[Service]\\nExecStart=/bin/sleep 77\\n' >",
        "ln -s /dev/null ",
    ] {
        for host in ["h1", "h2"] {
            let script = format!(
                "export XDG_RUNTIME_DIR=/run/user/$(id -u); cd; mkdir -p .config/systemd/user.control
                 {planted}.config/systemd/user.control/app.service
                 systemctl --user daemon-reload; systemctl --user restart app.service"
            );
            world
                .fleet
                .exec_with(host, "hidden", &["/bin/sh", "-s"], script.as_bytes());
        }
        world.plan().ends_with(1).says("comes before our unit file");
        world.abide(&["drift"]).ends_with(2);
        for host in ["h1", "h2"] {
            world.fleet.sh_as(
                host,
                "hidden",
                "rm ~/.config/systemd/user.control/app.service",
            );
        }
        world
            .plan()
            .ends_with(0)
            .says("daemon-reload — none since app.service changed");
        world.abide(&["drift"]).ends_with(2);
        world.converge();
        for host in ["h1", "h2"] {
            world.assert_active(host, "hidden", "app.service");
            let runs = world.fleet.sh(host, "pgrep -u hidden -a sleep");
            assert!(runs.contains("infinity") && !runs.contains("77"), "{runs}");
        }
    }
}
