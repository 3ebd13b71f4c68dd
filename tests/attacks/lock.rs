//! Who holds a lock is found by the lock itself, and it is called free only when it is.

use crate::attack::{Promise, attack};
use crate::support::World;

const HOSTS: [&str; 2] = ["h1", "h2"];
const BODY: &str = "id=7.8\\nwho=bob@desk\\noperation=apply\\nsince=5\\npid=1\\n";

fn world(name: &str) -> World {
    let world = World::used();
    world
        .manifest(&format!(
            "version: 1\nname: {name}\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      {name}:\n        units:\n          a.service: {{source: a.service}}\n"
        ))
        .file("a.service", &crate::support::worker(""));
    for host in HOSTS {
        world.fleet.sh(host, "install -d -m 700 /run/abide");
    }
    world
}

/// A holder of the lock, whose text is `body`: a shell script that has it open as 9 and ends with `then`.
fn held(world: &World, host: &str, body: &str, then: &str) {
    let script = format!(
        "cat >/tmp/holder <<'END'
exec 9>>/run/abide/lock
flock 9
printf '{body}' >/run/abide/lock
: >/tmp/holds
{then}
END
rm -f /tmp/holds
setsid sh /tmp/holder </dev/null >/dev/null 2>&1 &
i=0; until [ -e /tmp/holds ]; do i=$((i+1)); [ $i -lt 100 ] || exit 1; sleep 0.1; done"
    );
    world.fleet.sh(host, &script);
}

/// The lock is named by `lock ls`, ended by `lock break`, free for `flock`, and not shown any more.
fn broken(world: &World, host: &str, holder: &str) {
    let said = world
        .abide(&["lock", "ls", "--host", host])
        .ends_with(0)
        .says(holder);
    world
        .abide(&["apply", "--yes", "--host", host])
        .ends_with(6)
        .says(holder);
    let id = said
        .stdout
        .split(", id ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .expect("an id")
        .to_owned();
    world
        .abide(&["lock", "break", "--id", &id, host])
        .ends_with(0);
    world.fleet.sh(host, "flock -n /run/abide/lock true");
    world
        .abide(&["lock", "ls", "--host", host])
        .ends_with(0)
        .says("Nobody holds a lock.")
        .does_not_say("56y");
}

#[test]
fn a_stopped_child_with_another_number_of_the_lock_is_found() {
    let _attack = attack(
        "a stopped child in another session keeps the lock as descriptor 57",
        Promise::LockTruth,
    );
    let world = world("lock-child");
    for host in HOSTS {
        held(
            &world,
            host,
            BODY,
            "bash -c 'exec 57>&9 9>&-; exec setsid sh -c \"kill -STOP \\$\\$; sleep 1000\"' & sleep 1; : >/run/abide/lock",
        );
        world.fleet.sh(host, "sleep 1.2");
        broken(&world, host, "an unknown process (pid ");
    }
    world.converge();
}

#[test]
fn a_stopped_holder_and_all_it_started_are_ended() {
    let _attack = attack(
        "a stopped holder and a child that minds no TERM",
        Promise::LockTruth,
    );
    let world = world("lock-stopped");
    for host in HOSTS {
        held(
            &world,
            host,
            BODY,
            "trap '' TERM; sh -c 'trap \"\" TERM; while :; do sleep 1; done' & kill -STOP $$; sleep 1000",
        );
        broken(&world, host, "bob@desk");
        let left = world
            .fleet
            .sh(host, "pgrep -f '[t]rap \"\" TERM' || echo none");
        assert_eq!(left, "none\n", "{host}");
    }
    world.converge();
}

#[test]
fn an_empty_or_forged_text_is_not_what_says_who_holds_it() {
    let _attack = attack(
        "the lock's file is empty, or names a process that is gone",
        Promise::LockTruth,
    );
    let world = world("lock-text");
    for host in HOSTS {
        held(&world, host, "", "exec sleep 1000");
        broken(&world, host, "an unknown process (pid ");
        // Only who wrote it says that it is held.
        world
            .fleet
            .sh(host, &format!("printf '{BODY}' >/run/abide/lock"));
        world
            .abide(&["lock", "ls", "--host", host])
            .ends_with(0)
            .says("Nobody holds a lock.");
        world
            .abide(&["lock", "break", "--id", "7.8", host])
            .ends_with(0)
            .says("nobody held it any more");
    }
    world.converge();
}

#[test]
fn nobody_is_ended_for_a_lock_of_another_id() {
    let _attack = attack("somebody else holds the lock by now", Promise::LockTruth);
    let world = world("lock-other");
    for host in HOSTS {
        held(&world, host, BODY, "exec sleep 1000");
        world
            .abide(&["lock", "break", "--id", "7.9", host])
            .ends_with(1)
            .says("7.8");
        world.fleet.sh(host, "! flock -n /run/abide/lock true");
        broken(&world, host, "bob@desk");
    }
}
