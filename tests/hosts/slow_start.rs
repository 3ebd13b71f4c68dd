//! A start that does not end costs its own unit's `settle.timeout`, and nobody else anything.

use std::time::{Duration, Instant};

use crate::support::World;

/// Starts for ten minutes, if it is let.
const HANGS: &str = "[Service]\nType=notify\nTimeoutStartSec=600\nExecStart=/bin/sleep infinity\n";
const RUNS: &str = "[Service]\nExecStart=/bin/sleep infinity\n";
/// Starts at once, and takes longer to stop than it is given to start.
const STOPS_SLOWLY: &str =
    "[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/sleep 12\nEnvironment=V=1\n";

/// A manifest of these units, as the system's and as a user's.
fn manifest(units: &[(&str, &str)]) -> String {
    let mut text = "version: 1\nname: slow\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n".to_owned();
    for (before, indent) in [("", "    "), ("    users:\n      app:\n", "        ")] {
        text += &format!("{before}{indent}units:\n");
        for (unit, source) in units {
            text += &format!(
                "{indent}  {unit}: {{source: {source}, settle: {{for: 1s, timeout: 3s}}}}\n"
            );
        }
    }
    text
}

#[test]
fn a_start_that_hangs_fails_no_other_and_takes_no_longer_than_its_limit() {
    let world = World::both("slow-start");
    world
        .manifest(&manifest(&[
            ("a.service", "runs.service"),
            ("hangs.service", "hangs.service"),
            ("z.service", "runs.service"),
        ]))
        .file("runs.service", RUNS)
        .file("hangs.service", HANGS);
    let began = Instant::now();
    let applied = world.apply().ends_with(1);
    // Two calls of three seconds each: nothing here waits for the ten minutes of systemd, nor for one of abide's own.
    assert!(
        began.elapsed() < Duration::from_secs(80),
        "{:?}: {applied:?}",
        began.elapsed()
    );
    let applied = applied.says("hangs.service is still starting");
    for (host, user, scope) in [
        ("h1", "root", "system"),
        ("h2", "root", "system"),
        ("h1", "app", "app"),
        ("h2", "app", "app"),
    ] {
        for unit in ["a.service", "z.service"] {
            world.assert_active(host, user, unit);
            assert!(
                !applied.stdout.contains(&format!("failed: start {unit}")),
                "{host} {scope} {unit}: {applied:?}"
            );
        }
        assert_eq!(
            world.show(host, user, "hangs.service", "ActiveState"),
            "activating",
            "systemd goes on with it on {host}"
        );
    }
    // What is left is the one that hangs, and the others are as declared.
    world
        .plan()
        .ends_with(1)
        .says("hangs.service")
        .does_not_say("a.service")
        .does_not_say("z.service");
}

#[test]
fn what_stops_slowly_is_waited_for_before_the_time_of_its_start_begins() {
    let world = World::both("slow-stop");
    world
        .manifest(&manifest(&[("slow.service", "slow.service")]))
        .file("slow.service", STOPS_SLOWLY);
    world.converge();
    world.file("slow.service", &STOPS_SLOWLY.replace("V=1", "V=2"));
    world.converge();
    for host in ["h1", "h2"] {
        for user in ["root", "app"] {
            world.assert_active(host, user, "slow.service");
        }
    }
}

#[test]
fn what_ended_beside_a_start_that_hangs_is_told_as_it_ended() {
    let world = World::used();
    let text = manifest(&[
        ("held.service", "held.service"),
        ("hangs.service", "hangs.service"),
        ("fails.service", "fails.service"),
        ("needs.service", "needs.service"),
    ]);
    world
        .manifest(&text.replace("name: slow", "name: beside").replace("app:", "beside:"))
        .file("hangs.service", HANGS)
        .file(
            "held.service",
            "[Unit]\nConditionPathExists=/srv/not-there-yet\n[Service]\nExecStart=/bin/sleep infinity\n",
        )
        .file("fails.service", "[Service]\nType=notify\nExecStart=/bin/false\n")
        .file(
            "needs.service",
            "[Unit]\nRequires=fails.service\nAfter=fails.service\n[Service]\nExecStart=/bin/sleep infinity\n",
        );
    let applied = world.apply().ends_with(1);
    let flat = applied.stdout.split_whitespace().collect::<Vec<_>>();
    let flat = flat.join(" ");
    for (unit, said) in [
        (
            "hangs.service",
            "it did not end in time. hangs.service is still starting",
        ),
        ("fails.service", "Job for fails.service failed"),
        ("needs.service", "A dependency job for needs.service failed"),
    ] {
        assert!(
            flat.contains(&format!("failed: start {unit}: {said}"))
                && flat.contains(&format!("failed: start {unit} (user beside): {said}")),
            "{unit}: {flat}"
        );
    }
    assert!(!flat.contains("start held.service"), "{flat}");
    // A condition that does not hold is told as such, and is no failure of the unit.
    let planned = world.plan().ends_with(1);
    planned.says("held.service").says("/srv/not-there-yet");
    world.manifest(
        "version: 1\nname: beside\nhosts: {h1: {}, h2: {}}\npolicy: {max_removals: 100}\n",
    );
    world.converge();
}

#[test]
fn a_socket_or_mount_that_fails_fails_no_other_of_its_call() {
    let world = World::used();
    let text = "version: 1\nname: nameless\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    units:\n      \
                ns-taken.socket: {content: \"[Socket]\\nListenStream=127.0.0.1:22\\n\"}\n      \
                ns-taken.service: {content: \"[Service]\\nExecStart=/bin/cat\\n\"}\n      \
                mnt-nsbad.mount: {content: \"[Mount]\\nWhat=/dev/none\\nWhere=/mnt/nsbad\\nType=ext4\\n\"}\n      \
                ns-after.service: {content: \"[Unit]\\nRequires=mnt-nsbad.mount\\nAfter=mnt-nsbad.mount\\n[Service]\\nExecStart=/bin/sleep infinity\\n\"}\n      \
                ns-good.service: {content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\"}\n";
    world.manifest(text);
    let applied = world.apply().ends_with(1);
    let flat = applied.stdout.split_whitespace().collect::<Vec<_>>();
    let flat = flat.join(" ");
    for said in [
        "failed: start ns-taken.socket: ns-taken.socket failed",
        "failed: start mnt-nsbad.mount: mnt-nsbad.mount failed",
        "failed: start ns-after.service: A dependency job for ns-after.service failed",
    ] {
        assert!(flat.contains(said), "{said}: {flat}");
    }
    assert!(!flat.contains("start ns-good.service"), "{flat}");
    for host in ["h1", "h2"] {
        world.assert_active(host, "root", "ns-good.service");
    }
    world.manifest(
        "version: 1\nname: nameless\nhosts: {h1: {}, h2: {}}\npolicy: {max_removals: 100}\n",
    );
    world.converge();
}
