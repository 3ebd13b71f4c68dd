//! A unit that does not stay up, asked about in every way: nobody may say that all is well.

use crate::attack::{Promise, attack};
use crate::support::{Said, World};

const LOOP: &str = "[Service]\nExecStart=/bin/sh -c 'echo no database; exit 1'\nRestart=always\nRestartSec=2\n[Install]\nWantedBy=default.target\n";
const MUTE: &str = "[Service]\nType=notify\nExecStart=/bin/sleep infinity\nRestart=always\nRestartSec=1\nTimeoutStartSec=6\n[Install]\nWantedBy=default.target\n";

fn manifest(world: &World, name: &str, units: &str) {
    world.manifest(&format!(
        "version: 1\nname: {name}\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      {name}:\n        units:\n{units}"
    ));
}

/// What plan, apply, status and drift say of it.
fn asked(world: &World) -> [Said; 4] {
    [
        world.abide(&["plan"]),
        world.abide(&["status"]),
        world.abide(&["drift"]),
        world.abide(&["apply", "--yes"]),
    ]
}

#[test]
fn a_unit_that_ends_at_once_and_is_restarted_for_ever_is_green_nowhere() {
    let _attack = attack("a crash loop", Promise::AsDeclared);
    let world = World::used();
    world.file("units/a.service", LOOP);
    manifest(
        &world,
        "crashloop",
        "          a.service: {source: units/a.service, settle: {for: 2s, timeout: 5s}}\n",
    );
    world.apply().ends_with(1);
    for _ in 0..2 {
        let [plan, status, drift, apply] = asked(&world);
        plan.ends_with(1)
            .says("crash-looping")
            .says("exit status 1")
            .says("a.service said last: `no database`")
            .does_not_say("No changes");
        status
            .says("crash-looping")
            .says("0 up")
            .says("no database")
            .says("2 not as declared");
        drift
            .ends_with(2)
            .says("a.service is crash-looping")
            .says("no database");
        apply.ends_with(1).does_not_say("as the manifest says");
    }
}

#[test]
fn a_unit_that_never_says_that_it_is_ready_is_green_nowhere() {
    let _attack = attack("a start without an end", Promise::AsDeclared);
    let world = World::used();
    world.file("units/a.service", MUTE);
    manifest(
        &world,
        "mute",
        "          a.service: {source: units/a.service, settle: {for: 1s, timeout: 3s}}\n",
    );
    world.apply().ends_with(1);
    let [plan, status, drift, apply] = asked(&world);
    plan.ends_with(1).does_not_say("No changes");
    status.says("0 up").says("2 not as declared");
    drift.ends_with(2);
    apply.ends_with(1);
}

#[test]
fn a_foreign_unit_whose_first_restart_is_pending_is_not_called_started() {
    let _attack = attack("a first restart that is pending", Promise::AsDeclared);
    let world = World::used();
    let unit = "[Service]\nExecStart=/bin/sh -c 'exit 3'\nRestart=on-failure\nRestartSec=300\n";
    for host in ["h1", "h2"] {
        world.fleet.sh_as(
            host,
            "root",
            &format!("printf '%b' \"{}\" >/etc/systemd/system/pending1.service; systemctl daemon-reload; systemctl start pending1.service; sleep 1", unit.replace('\n', "\\n")),
        );
    }
    world.manifest("version: 1\nname: pending1\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    units:\n      pending1.service: {state: started, settle: {for: 1s, timeout: 3s}}\n");
    world
        .abide(&["plan", "--detailed-exitcode"])
        .ends_with(2)
        .says("crash-looping")
        .says("exit status 3");
    world
        .abide(&["status"])
        .says("0 up")
        .says("2 not as declared");
    world.apply().ends_with(1);
    world.plan().ends_with(1).says("crash-looping");
    world.apply().ends_with(1);
}
