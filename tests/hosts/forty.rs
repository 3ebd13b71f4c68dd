//! A fleet of forty names: what is the same on all of them is read once, and who differs is named. The names are of three
//! machines, so what is planned is planned forty times, and what is applied is applied under the locks of three.

use std::fmt::Write as _;

use crate::support::{World, worker};

const FILE: &str = "/home/app/.config/systemd/user/a.service";

/// The machine that a name is of: the last name has one for itself.
fn machine(number: usize) -> &'static str {
    match number {
        40 => "h3",
        20.. => "h2",
        _ => "h1",
    }
}

fn name(number: usize) -> String {
    format!("w{number:02}")
}

/// Forty names in the ssh configuration and in the manifest.
fn world() -> World {
    let machines = [("h1", "bookworm"), ("h2", "trixie"), ("h3", "bookworm")];
    let world = World::new("forty", &machines);
    let mut hosts = String::new();
    let mut manifest = String::from("version: 1\nname: forty\nhosts:\n");
    for number in 1..=40 {
        let (name, address) = (name(number), world.fleet.address(machine(number)));
        writeln!(hosts, "Host {name}\n    HostName {address}").expect("text");
        writeln!(manifest, "  {name}: {{}}").expect("text");
    }
    let file = world.fleet.ssh_config();
    let config = std::fs::read_to_string(&file).expect("a configuration");
    std::fs::write(file, hosts + &config).expect("a configuration");
    manifest += "groups:\n  all:\n    users: {app: {units: {a.service: {source: a.service}}}}\n";
    world
        .manifest(&manifest)
        .file("a.service", &worker("Environment=V=1"));
    world
}

/// How often a line is in a text, wherever it is indented.
fn times(text: &str, line: &str) -> usize {
    text.lines().filter(|one| one.trim() == line).count()
}

#[test]
fn forty_hosts_with_one_change_are_one_diff_and_who_differs_is_named() {
    let world = world();
    // Two names of one machine: one waits for the lock of the other, and then sees that the machine has moved on.
    world
        .abide(&[
            "apply",
            "--yes",
            "--host",
            "w01",
            "--host",
            "w02",
            "--lock-timeout",
            "60s",
        ])
        .ends_with(5)
        .says("to release the lock")
        .says("1 host changed and 1 stale");
    world
        .abide(&["apply", "--yes", "--host", "w20", "--host", "w40"])
        .ends_with(0);
    world
        .abide(&["plan", "--detailed-exitcode"])
        .ends_with(0)
        .says("No changes. 40 hosts are as the manifest says");

    world.file("a.service", &worker("Environment=V=2"));
    let alike = world
        .plan()
        .ends_with(0)
        .says("w01-w40 (all 40 hosts)")
        .says("40 to change, 0 to remove on 40 hosts; 40 restarts")
        .stdout;
    assert_eq!(times(&alike, "+ Environment=V=2"), 1, "{alike}");
    assert!(alike.lines().count() < 40, "{alike}");

    world.fleet.sh("h3", &format!("sed -i s/V=1/V=9/ {FILE}"));
    let said = world
        .abide(&["plan", "--report", "md=plan.md", "-o", "plan.json"])
        .ends_with(0)
        .says_in_order(&[
            "w01-w39 (39 hosts)",
            "- Environment=V=1",
            "w40\n",
            "- Environment=V=9",
        ])
        .stdout;
    assert_eq!(times(&said, "- Environment=V=1"), 1, "{said}");
    assert!(said.lines().count() < 40, "{said}");
    for line in [&["show", "plan.json"][..], &["plan", "-v"]] {
        let said = world.abide(line).ends_with(0).says("w01-w39").stdout;
        assert!(said.lines().count() < 45, "{said}");
    }

    let markdown = std::fs::read_to_string(world.path("plan.md")).expect("a report");
    for (text, count) in [
        ("Hosts: w01-w39", 1),
        ("But **w40**:", 1),
        ("-Environment=V=1", 1),
        ("-Environment=V=9", 1),
        ("+Environment=V=2", 2),
    ] {
        assert_eq!(times(&markdown, text), count, "{text} in\n{markdown}");
    }

    // One name of each machine, and the others see that it is done.
    world
        .abide(&[
            "apply",
            "plan.json",
            "--host",
            "w19",
            "--host",
            "w39",
            "--host",
            "w40",
        ])
        .ends_with(0);
    world
        .abide(&["apply", "plan.json"])
        .ends_with(0)
        .says("Done: 40 hosts unchanged.");
    world.assert_converged();
}
