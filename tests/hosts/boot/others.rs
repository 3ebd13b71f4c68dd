//! What others start at boot: scripts of System V init, packages, generators.

use super::HOSTS;
use super::said::boots;
use crate::fleet::skip;
use crate::support::World;

/// Scripts of System V init are started by links in /etc/rc2.d, and packages link their units where systemctl does not look.
#[test]
fn what_others_start_at_boot_is_enabled_and_cannot_be_disabled_by_links() {
    let world = World::used();
    let generator = "ls /lib/systemd/system-generators/systemd-sysv-generator 2>/dev/null || :";
    let lacks_scripts = |host: &&str| world.fleet.sh(host, generator).is_empty();
    let without: Vec<&str> = HOSTS.into_iter().filter(lacks_scripts).collect();
    let scripts = without.is_empty();
    let tried = |unit: &str| scripts || !["bl-on", "bl-off"].contains(&unit);
    if !scripts {
        skip(&format!(
            "{}: its systemd makes no units of scripts of System V init",
            without.join(", ")
        ));
    }
    for host in HOSTS {
        world.fleet.sh(
            host,
            "for name in bl-on bl-off; do
               printf '#!/bin/sh\n### BEGIN INIT INFO\n# Provides: %s\n# Default-Start: 2 3 4 5\n# Default-Stop: 0 1 6\n### END INIT INFO\n' \
                 $name >/etc/init.d/$name; chmod 755 /etc/init.d/$name
             done
             for level in 2 3 4 5; do ln -sf ../init.d/bl-on /etc/rc$level.d/S01bl-on; done
             for name in bl-linked bl-plain; do
               printf '[Service]\nExecStart=/bin/sleep infinity\n' >/lib/systemd/system/$name.service
             done
             mkdir -p /lib/systemd/system/multi-user.target.wants
             ln -sf ../bl-linked.service /lib/systemd/system/multi-user.target.wants/
             systemctl daemon-reload",
        );
    }
    let declare = |units: &[(&str, &str)]| {
        let units: String = units
            .iter()
            .filter(|(unit, _)| tried(unit))
            .map(|(unit, how)| format!("      {unit}.service: {{state: unmanaged, {how}}}\n"))
            .collect();
        world.manifest(&format!(
            "version: 1\nname: boot-others\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    units:\n{units}"
        ));
    };
    let assert_boot = |unit: &str, word: &str| {
        if !tried(unit) {
            return;
        }
        let all = boots(&world);
        for host in HOSTS {
            let said = &all[&(host.to_owned(), false, format!("{unit}.service"))].1;
            assert!(said.contains(word), "{unit} on {host}: {said}");
        }
    };
    declare(&[
        ("bl-on", "enabled: true"),
        ("bl-off", "enabled: false"),
        ("bl-linked", "enabled: true"),
        ("bl-plain", "enabled: false"),
    ]);
    world.assert_converged();
    assert_boot("bl-on", "\"yes\"");
    assert_boot("bl-linked", "\"yes\"");
    assert_boot("bl-off", "not_wanted");
    assert_boot("bl-plain", "not_wanted");
    for (unit, how, code) in [
        ("bl-on", "enabled: false", "R0304"),
        ("bl-linked", "enabled: false", "R0304"),
        ("bl-off", "enabled: true", "R0305"),
    ] {
        world.abide(&["explain", code]).ends_with(0);
        if tried(unit) {
            declare(&[(unit, how)]);
            world.plan().ends_with(1).says(code).says(unit);
        }
    }
    declare(&[("bl-on", "masked: true"), ("bl-linked", "masked: true")]);
    world.converge();
    assert_boot("bl-on", "masked");
    assert_boot("bl-linked", "masked");
    declare(&[("bl-on", "masked: false"), ("bl-linked", "masked: false")]);
    world.converge();
    assert_boot("bl-on", "\"yes\"");
    // What nobody but root may read: nobody can tell.
    for host in HOSTS {
        world
            .fleet
            .sh(host, "chmod 600 /lib/systemd/system/bl-linked.service");
    }
    assert_boot("bl-linked", "unreadable");
}

/// A quadlet with `[Install]` was "BOOT no", the same as one without.
#[test]
fn a_quadlet_starts_at_boot_where_its_install_section_says_so() {
    let Some(world) = World::fitting("boot-quadlets", &[("h1", "trixie+podman")]) else {
        return;
    };
    let text = "[Container]\nImage=localhost/box:1\nExec=/bin/sleep infinity\nStopSignal=KILL\nNetwork=none\n";
    world.file(
        "with.container",
        &format!("{text}[Install]\nWantedBy=default.target\n"),
    );
    world.file(
        "never.container",
        &format!("{text}[Install]\nWantedBy=bq-never.target\n"),
    );
    world.file("without.container", text);
    let units = |linger: bool| {
        world.manifest(&format!(
            "version: 1\nname: boot-quadlets\nhosts: {{h1: {{}}}}\ngroups:\n  all:\n    users:\n      u-quad:\n        \
             linger: {linger}\n        units:\n          with.container: {{source: with.container, state: stopped}}\n          \
             never.container: {{source: never.container, state: stopped}}\n          \
             without.container: {{source: without.container, state: stopped}}\n"
        ));
    };
    units(true);
    world.apply();
    let boot = |unit: &str| {
        boots(&world)[&("h1".to_owned(), true, unit.to_owned())]
            .1
            .clone()
    };
    assert_eq!(boot("with.container"), "\"yes\"");
    assert!(boot("without.container").contains("not_wanted"));
    // Nobody has loaded that target, so its manager does not know that it wants anything.
    assert!(boot("never.container").contains("\"no\""));
}
