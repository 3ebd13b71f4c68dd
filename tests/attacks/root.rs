//! Root that is taken away while abide is at work: one outcome, one code and one text, whenever that is.

use crate::attack::{Promise, attack};
use crate::support::{Said, World, worker};

const HOSTS: [&str; 2] = ["h1", "h2"];

/// sudo works so many times more. One script of abide's asks it twice: whether it works, and for good.
fn sudo_works(world: &World, times: u32) {
    for host in HOSTS {
        world.fleet.sh(
            host,
            &format!(
                "echo {times} >/tmp/sudo-left; chmod 666 /tmp/sudo-left
cat >/usr/local/bin/sudo <<'END'
#!/bin/sh
read -r left </tmp/sudo-left
if [ \"$left\" = 0 ]; then
  echo 'sudo: a password is required' >&2
  exit 1
fi
echo $((left - 1)) >/tmp/sudo-left
exec /usr/bin/sudo \"$@\"
END
chmod 755 /usr/local/bin/sudo"
            ),
        );
    }
}

fn sudo_works_again(world: &World) {
    for host in HOSTS {
        world.fleet.sh(host, "rm -f /usr/local/bin/sudo");
    }
}

fn is_lost(said: Said) {
    said.ends_with(3)
        .says("root was lost there: sudo: a password is required");
}

#[test]
fn root_that_is_lost_on_the_way_is_one_thing_with_one_code() {
    let _attack = attack(
        "takes sudo away between the steps of a run",
        Promise::AsDeclared,
    );
    let world = World::used();
    world.manifest("version: 1\nname: root-lost\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      root-lost:\n        units:\n          a.service: {source: a.service}\n");
    world.file("a.service", &worker("Environment=V=0"));
    world.converge();
    for (version, times) in [(1, 2), (2, 4)] {
        world.file("a.service", &worker(&format!("Environment=V={version}")));
        sudo_works(&world, times);
        is_lost(world.apply());
        sudo_works_again(&world);
        world.converge();
    }
    world.file("a.service", &worker("Environment=V=3"));
    world.abide(&["plan", "-o", "plan.json"]).ends_with(0);
    sudo_works(&world, 0);
    is_lost(world.abide(&["apply", "plan.json"]));
    is_lost(world.abide(&["lock", "break", "--id", "1.2", "h1"]));
    is_lost(world.abide(&["suspend", "--host", "h1", "--reason", "x", "--until", "2h"]));
    sudo_works_again(&world);
    world.abide(&["apply", "plan.json"]).ends_with(0);
    world.assert_converged();
    // What was seen is told, though nobody says any more who may have done it.
    for host in HOSTS {
        world.fleet.sh_as(
            host,
            "root-lost",
            "cd; echo >>.config/systemd/user/a.service",
        );
    }
    sudo_works(&world, 2);
    world.abide(&["drift"]).ends_with(2);
    sudo_works_again(&world);
    world.converge();
}
