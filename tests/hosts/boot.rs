//! "Starts at boot" is what a boot does: `abide status` against `systemd --test`, and against the boot itself.

mod declared;
mod first;
mod managers;
mod others;
mod said;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use said::{boots, declare, is_right, rehearsed};
use ways::{Kind, made, make};

use crate::support::World;

const HOSTS: [&str; 2] = ["h1", "h2"];
const USER: &str = "u-boot";

#[test]
fn starts_at_boot_is_what_systemd_rehearses_and_what_the_boot_does() {
    let world = World::both("boot");
    let (system, mut asked) = made(false);
    let (own, of_user) = made(true);
    asked.extend(of_user);
    for host in HOSTS {
        make(&world, host, &system, &own);
    }
    declare(&world, &asked);
    let boots_before = boots(&world);
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for host in HOSTS {
        let rehearsals = [
            rehearsed(&world, host, false),
            rehearsed(&world, host, true),
        ];
        for one in &asked {
            let (starts, cycles) = &rehearsals[usize::from(one.user)];
            let key = (host.to_owned(), one.user, one.unit.clone());
            let (said, whole) = &boots_before[&key];
            *counts.entry(said.clone()).or_default() += 1;
            let starts = |unit: &str| starts.contains(unit);
            if !is_right(one, (said, whole), cycles, starts) {
                wrong.push(format!(
                    "{key:?} ({}): status says {whole}, and systemd --test {}",
                    one.way.what,
                    starts(&one.unit)
                ));
            }
        }
    }
    println!("{} units on each host: {counts:?}", asked.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // The same answers without the rehearsal: what links say may not be enough, and is never wrong.
    for host in HOSTS {
        world.fleet.sh(host, "chmod a-x /lib/systemd/systemd");
    }
    let by_links = boots(&world);
    let mut told = 0;
    for host in HOSTS {
        world.fleet.sh(host, "chmod a+x /lib/systemd/systemd");
        let rehearsals = [
            rehearsed(&world, host, false),
            rehearsed(&world, host, true),
        ];
        for one in asked.iter().filter(|one| one.way.kind == Kind::Plain) {
            let (starts, cycles) = &rehearsals[usize::from(one.user)];
            let key = (host.to_owned(), one.user, one.unit.clone());
            let (said, whole) = &by_links[&key];
            told += usize::from(said != "unknown");
            let right = || is_right(one, (said, whole), cycles, |unit| starts.contains(unit));
            if said != "unknown" && !cycles.contains(&one.unit) && !right() {
                wrong.push(format!("{key:?} ({}): links say {whole}", one.way.what));
            }
        }
    }
    println!("links alone: {told} of {} are told", 2 * asked.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // And the boot itself.
    for host in HOSTS {
        world.fleet.reboot(host);
        world.wait_until_active(host, USER, "default.target");
        world
            .fleet
            .sh(host, "systemctl is-system-running --wait >/dev/null || :");
    }
    for host in HOSTS {
        for user in [false, true] {
            let (_, cycles) = rehearsed(&world, host, user);
            let names: Vec<&str> = asked
                .iter()
                .filter(|one| one.user == user)
                .map(|one| one.unit.as_str())
                .collect();
            let show = format!("show -p ActiveState --value -- {}", names.join(" "));
            let said = match user {
                true => world.fleet.sh_as(
                    host,
                    USER,
                    &format!("XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user {show}"),
                ),
                false => world.fleet.sh(host, &format!("systemctl {show}")),
            };
            let states: Vec<&str> = said.split_whitespace().collect();
            assert_eq!(states.len(), names.len(), "{said}");
            let active: BTreeSet<&str> = names
                .iter()
                .zip(&states)
                .filter(|(_, state)| **state == "active")
                .map(|(name, _)| *name)
                .collect();
            for one in asked
                .iter()
                .filter(|one| one.user == user && one.way.kind != Kind::Fails)
            {
                let key = (host.to_owned(), one.user, one.unit.clone());
                let (said, whole) = &boots_before[&key];
                let requires_gone = one.way.what == "requires what is not there";
                let right = || is_right(one, (said, whole), &cycles, |unit| active.contains(unit));
                if !requires_gone && !right() {
                    wrong.push(format!("{key:?} ({}): status said {whole}", one.way.what));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "after the boot:\n{}", wrong.join("\n"));

    // Managers that do not start at boot start nothing.
    for (script, why) in [
        ("loginctl disable-linger u-boot", "no_linger"),
        (
            "loginctl enable-linger u-boot; systemctl -q mask user@$(id -u u-boot).service",
            "manager_masked",
        ),
    ] {
        for host in HOSTS {
            world.fleet.sh(host, script);
        }
        let now = boots(&world);
        let mut some = 0;
        for ((_, user, unit), (said, whole)) in &now {
            assert!(
                !user || said == "no" || said == "unknown",
                "{unit}: {whole}"
            );
            some += usize::from(whole.contains(why));
        }
        assert!(some > 20, "{why}: {some}");
    }
}
