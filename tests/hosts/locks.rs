//! Locks and suspensions: who is at a host is told, waited for or ended, and what is suspended is left alone.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::support::{Said, World, worker};

const MANIFEST: &str = "
version: 1
name: locks
hosts: {h1: {}, h2: {}}
groups:
  all:
    users:
      app:
        units:
          a.service: {source: a.service}
";

const OTHER: &str = "
version: 1
name: other
hosts: {h1: {}, h2: {}}
groups:
  all:
    users:
      app2:
        units:
          o.service: {source: o.service}
";

/// A unit whose start takes so many seconds.
fn slow(seconds: u32) -> String {
    worker(&format!("Type=exec\nExecStartPre=/bin/sleep {seconds}"))
}

fn world(name: &str, seconds: u32) -> World {
    let world = World::both(name);
    world
        .manifest(MANIFEST)
        .file("other/abide.yaml", OTHER)
        // It holds the lock for a while after it waited: who was there before looks at the host meanwhile.
        .file("other/o.service", &slow(3))
        .file("a.service", &slow(seconds));
    world
}

/// Begins an apply as `bob`, and waits until it holds the lock on both hosts.
fn begin(world: &World) -> Child {
    let child = world
        .command(&["apply", "--yes"])
        .env("USER", "bob")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("abide starts");
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "i=0; until grep -q who=bob /run/abide/lock 2>/dev/null; do
               i=$((i+1)); [ $i -lt 150 ] || exit 1; sleep 0.2; done",
        );
    }
    child
}

fn end(child: Child) -> Said {
    let output = child.wait_with_output().expect("abide ends");
    Said {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_second_apply_is_told_who_is_at_it_or_waits_for_its_end() {
    let world = world("locks-second", 15);
    let first = begin(&world);
    let said = world.abide(&["lock", "ls"]).ends_with(0).says("by bob@");
    assert!(
        said.stdout.contains("apply of "),
        "the plan is named: {}",
        said.stdout
    );
    // Who only looks is told too; no host that answers is said not to be reached.
    for (verb, code) in [("plan", 0), ("drift", 3), ("status", 0)] {
        world
            .abide(&[verb, "-f", "other"])
            .ends_with(code)
            .says("apply of bob@")
            .says("runs there now: what differs may be its doing")
            .does_not_say("unreachable")
            .does_not_say("not observed");
    }
    world
        .abide(&["apply", "--yes", "-f", "other"])
        .ends_with(6)
        .says("locked by bob@")
        .does_not_say("unreachable")
        .says("--lock-timeout");
    world
        .abide(&["apply", "--yes", "-f", "other", "--lock-timeout", "1s"])
        .ends_with(6)
        .says("waiting for bob@");
    world
        .abide(&["apply", "--yes", "-f", "other", "--lock-timeout", "60s"])
        .ends_with(0)
        .says("waiting for bob@");
    world.assert_active("h1", "app2", "o.service");
    end(first).ends_with(0);
    world
        .abide(&["lock", "ls"])
        .ends_with(0)
        .says("Nobody holds a lock.");
    world.assert_converged();
}

#[test]
fn who_waits_for_a_lock_and_goes_away_does_nothing_later() {
    let world = world("locks-left", 12);
    let first = begin(&world);
    let mut second = world
        .command(&["apply", "--yes", "-f", "other", "--lock-timeout", "5m"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("abide starts");
    sleep(Duration::from_secs(4));
    second.kill().expect("it waits");
    let _ = second.wait();
    end(first).ends_with(0);
    sleep(Duration::from_secs(4));
    for host in ["h1", "h2"] {
        let found = world.fleet.sh(host, "getent passwd app2 || echo nobody");
        assert_eq!(found.trim(), "nobody", "{host}");
    }
}

#[test]
fn only_the_lock_that_was_meant_is_broken_and_the_next_apply_completes() {
    let world = world("locks-break", 60);
    let first = begin(&world);
    let said = world.abide(&["lock", "ls", "--host", "h1"]).ends_with(0);
    let id = said
        .stdout
        .split("id ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .expect("an id")
        .to_owned();
    world
        .abide(&["lock", "break", "--id", "1.2", "h1"])
        .ends_with(1)
        .says(&id);
    world
        .abide(&["lock", "break", "--id", &id, "h1"])
        .ends_with(0);
    world
        .abide(&["lock", "ls", "--host", "h1"])
        .ends_with(0)
        .says("Nobody holds a lock.");
    world.file("a.service", &slow(0));
    world.fleet.sh("h2", "pkill -f 'sleep 60'");
    end(first).ends_with(1);
    world.converge();
}

#[test]
fn a_lock_of_a_killed_run_is_recognised_and_keeps_nobody_out() {
    let world = world("locks-stale", 0);
    world.fleet.sh(
        "h1",
        "mkdir -p /run/abide; printf 'id=5.6\\nwho=bob@desk\\noperation=apply\\nsince=5\\npid=1\\n' >/run/abide/lock",
    );
    world
        .abide(&["lock", "ls"])
        .ends_with(0)
        .says("nobody holds the lock; apply of bob@desk was killed")
        .says("Nobody holds a lock.");
    world.converge();
}

#[test]
fn a_suspended_host_is_left_alone_until_it_is_resumed_or_the_time_is_over() {
    let world = world("locks-suspend", 0);
    let suspend = |until: &str| {
        world.abide(&[
            "suspend",
            "--host",
            "h1",
            "--reason",
            "ask ana: disk",
            "--until",
            until,
        ])
    };
    world.abide(&["plan", "-o", "plan.json"]).ends_with(0);
    world
        .abide(&["suspend", "--host", "h1", "--until", "2h"])
        .ends_with(64);
    suspend("2020-01-01T00:00:00Z").ends_with(64);
    suspend("2h").ends_with(0).says("h1  suspended");

    // Since the plan was made: nothing is done there, and that is no success. The other host is done.
    world
        .abide(&["apply", "plan.json"])
        .ends_with(6)
        .says("ask ana: disk");
    world.assert_active("h2", "app", "a.service");
    let nobody = world.fleet.sh("h1", "getent passwd app || echo nobody");
    assert_eq!(nobody.trim(), "nobody");

    // Planned as suspended, it is only shown.
    for line in [
        &["plan", "--detailed-exitcode"][..],
        &["apply", "--yes"],
        &["drift"],
    ] {
        world.abide(line).ends_with(0).says("ask ana: disk");
    }
    world
        .abide(&["lock", "ls"])
        .ends_with(0)
        .says("suspended by");
    world
        .abide(&["resume", "--host", "h1"])
        .ends_with(0)
        .says("h1  resumed");
    world.abide(&["plan", "--detailed-exitcode"]).ends_with(2);

    suspend("15s").ends_with(0);
    sleep(Duration::from_secs(16));
    world
        .abide(&["lock", "ls"])
        .ends_with(0)
        .says("suspension expired");
    world.converge();
    world.assert_active("h1", "app", "a.service");
}

#[test]
fn a_signal_ends_a_run_with_its_own_code_after_what_was_begun() {
    let world = world("locks-signal", 6);
    for (signal, code, next) in [("-INT", 130, 5), ("-TERM", 143, 4)] {
        let child = begin(&world);
        let sent = std::process::Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .expect("kill");
        assert!(sent.success());
        end(child).ends_with(code);
        // The first signal lets a host that was begun come to its end.
        world.assert_active("h1", "app", "a.service");
        world.assert_converged();
        world.file("a.service", &slow(next));
    }
    world.converge();
}
