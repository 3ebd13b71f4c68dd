//! What differs between versions of systemd (docs/systemd-facts.md): run on whatever versions this run has.

use crate::support::World;

const HOSTS: [&str; 2] = ["h1", "h2"];

/// Which socket it is by which `systemctl --user` reaches the manager of `looked`.
fn socket(world: &World, host: &str) -> String {
    world
        .fleet
        .sh(host, "stat -c %i /run/user/$(id -u looked)/systemd/private")
}

#[test]
fn looking_at_a_host_leaves_the_managers_of_its_users_as_they_are() {
    let world = World::used();
    let unit = |condition: &str| {
        format!(
            "[Unit]\n{condition}\n[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n"
        )
    };
    world
        .file("a.service", &unit(""))
        .file("held.service", &unit("ConditionPathExists=/nowhere"))
        .manifest(
            "version: 1\nname: looked\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      looked:\n        units:\n          \
             a.service: {source: a.service}\n          held.service: {source: held.service, state: unmanaged}\n",
        );
    world.apply().ends_with(0);
    let before = HOSTS.map(|host| socket(&world, host));
    for look in ["status", "plan", "drift", "status"] {
        world.abide(&[look]);
        assert_eq!(
            HOSTS.map(|host| socket(&world, host)),
            before,
            "after {look}"
        );
        for host in HOSTS {
            world.assert_active(host, "looked", "a.service");
        }
    }
    world.assert_converged();
    world
        .abide(&["status"])
        .ends_with(0)
        .does_not_say("unknown");
}

#[test]
fn what_a_host_ignores_of_a_unit_is_said_and_what_it_would_not_load_is_refused() {
    let world = World::used();
    let service = |lines: &str| format!("[Service]\n{lines}\n[Install]\nWantedBy=default.target\n");
    let declare = |start: &str, more: &str| {
        world
            .file("a.service", &service(&format!("ExecStart={start}\n{more}")))
            .manifest(
                "version: 1\nname: newer\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      newer:\n        units:\n          \
                 a.service: {source: a.service}\n",
            );
    };
    declare(
        "/bin/sleep infinity",
        "RestartMode=direct\nRestrat=always\nXAttrListen=yes",
    );
    let said = world.plan().ends_with(0).says("N0801").stdout;
    assert!(said.contains("`Restrat=`"), "{said}");
    world.converge();
    for host in HOSTS {
        world.assert_active(host, "newer", "a.service");
        let version = world.show(host, "root", "", "Version");
        let said = world.fleet.sh(
            host,
            "journalctl -q -b -o cat | grep -E 'a.service:[0-9]+: .*(RestartMode|Restrat)' | sort -u",
        );
        assert!(said.contains("Restrat"), "{version}: {said}");
        // The table says what the host itself says.
        let early = version
            .split('.')
            .next()
            .and_then(|all| all.parse::<u32>().ok());
        let early = early.is_some_and(|version| version < 254);
        assert_eq!(said.contains("RestartMode"), early, "{version}: {said}");
    }
    // `|` came with 258: older hosts are refused and keep what runs, newer ones take it.
    declare("|exec sleep infinity", "");
    let version = |host: &str| {
        let version = world.show(host, "root", "", "Version");
        let digits = version.split(|c: char| !c.is_ascii_digit()).next();
        digits.and_then(|digits| digits.parse::<u32>().ok())
    };
    let old = HOSTS.map(|host| version(host).is_some_and(|version| version < 258));
    let said = world.plan();
    assert_eq!(
        said.stdout.contains("would not load it"),
        old.contains(&true),
        "{}",
        said.stdout
    );
    world.apply();
    for (host, old) in HOSTS.into_iter().zip(old) {
        world.assert_active(host, "newer", "a.service");
        let text = world
            .fleet
            .sh(host, "cat ~newer/.config/systemd/user/a.service");
        assert_eq!(text.contains("ExecStart=|"), !old, "{text}");
    }
}
