//! What a user's manager needs at boot: where that is masked, no boot starts the user's units, and everybody says so.

use super::HOSTS;
use super::said::boots;
use crate::support::World;

const USERS: [&str; 3] = ["u-well", "u-dir", "u-slice"];

fn manifest(world: &World) {
    let users = USERS.map(|user| {
        format!("      {user}: {{units: {{m-{user}.service: {{source: mgr.service}}}}}}\n")
    });
    world.file(
        "mgr.service",
        "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n",
    );
    world.manifest(&format!(
        "version: 1\nname: managers\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n{}",
        users.concat()
    ));
}

/// Whether a boot brought the unit of this user up. Nobody asks its manager: that may not be there.
fn runs(world: &World, host: &str, user: &str) -> bool {
    let count = world
        .fleet
        .sh(host, &format!("pgrep -c -u {user} -x sleep || :"));
    count.trim() != "0"
}

fn mask(world: &World, verb: &str, units: &str) {
    for host in HOSTS {
        world.fleet.sh(
            host,
            &format!("dir=$(id -u u-dir) slice=$(id -u u-slice); systemctl -q {verb} {units}"),
        );
    }
}

fn reboot(world: &World) {
    for host in HOSTS {
        world.fleet.reboot(host);
    }
}

#[test]
fn units_whose_manager_no_boot_can_start_are_refused_and_do_not_start() {
    let world = World::both("boot-managers");
    manifest(&world);
    world.converge();
    let of_users = "user-runtime-dir@$dir.service user-$slice.slice";
    for (units, users) in [
        (of_users, &USERS[1..]),
        ("user.slice", &USERS[..]),
        ("systemd-logind.service", &USERS[..]),
    ] {
        mask(&world, "mask", units);
        world.plan().ends_with(1).says("explain R0306");
        let boot = boots(&world);
        for host in HOSTS {
            for user in USERS {
                let lacks = users.contains(&user);
                let key = (host.to_owned(), true, format!("m-{user}.service"));
                let (word, whole) = &boot[&key];
                assert_eq!(word == "yes", !lacks, "{units}: {user} on {host}: {whole}");
            }
        }
        world.abide(&["status", "--exit-code"]).ends_with(2);
        world.abide(&["drift"]).ends_with(2);
        reboot(&world);
        for host in HOSTS {
            for user in USERS {
                let starts = !users.contains(&user);
                assert_eq!(
                    runs(&world, host, user),
                    starts,
                    "{units}: {user} on {host}"
                );
            }
        }
        // Down, it is told what keeps it so.
        if units != "systemd-logind.service" {
            world.plan().ends_with(1).says("explain R0307");
        }
        mask(&world, "unmask", units);
    }
    reboot(&world);
    for host in HOSTS {
        for user in USERS {
            assert!(runs(&world, host, user), "{user} on {host} again");
        }
    }
    world.assert_converged();
}
