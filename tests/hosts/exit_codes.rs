//! Which exit code wins where several hold, each provoked on a host of its own; and how events end when a signal ends the
//! run. The codes that need no host are in `tests/cli/exit_codes.rs`.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::{World, worker};

/// Each host comes to something else when a saved plan is applied.
const MANIFEST: &str = "
version: 1
name: codes
hosts:
  good: {}
  gone: {}
  held: {}
  moved: {}
  guarded: {users: {root: {state: absent}}}
  failing:
    users:
      app:
        units:
          a.service: {content: \"[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/false\\n\"}
groups:
  all:
    users:
      app:
        units:
          a.service: {source: a.service}
";

#[test]
fn of_several_ends_the_one_that_a_caller_must_hear_wins() {
    let world = World::new(
        "codes",
        &[
            ("failing", "bookworm"),
            ("gone", "bookworm"),
            ("good", "trixie"),
            ("guarded", "bookworm"),
            ("held", "trixie"),
            ("moved", "bookworm"),
        ],
    );
    world.manifest(MANIFEST).file("a.service", &worker(""));
    world.abide(&["plan", "-o", "plan.json"]).ends_with(7);
    world
        .abide(&["plan", "--detailed-exitcode", "--exclude", "guarded"])
        .ends_with(2);

    world.fleet.sh(
        "moved",
        "useradd -m app; install -D -o app /dev/null /home/app/.config/systemd/user/a.service
         chown -R app: /home/app",
    );
    world.fleet.isolate("gone");
    crate::drift::hold_lock(&world, "held");
    // From the worst to the best: each time without the host that decided.
    let order = [
        ("failing", 1),
        ("guarded", 7),
        ("moved", 5),
        ("held", 6),
        ("gone", 3),
    ];
    let mut line = vec![
        "apply",
        "plan.json",
        "--skip-stale",
        "--connect-timeout",
        "3s",
    ];
    for (host, code) in order {
        world.abide(&line).ends_with(code).says(host);
        line.extend(["--exclude", host]);
    }
    world.abide(&line).ends_with(0);
    world.assert_active("good", "app", "a.service");

    // What is pending is the least of all: not knowing of a host outranks it.
    let mut line = vec!["plan", "--detailed-exitcode", "--connect-timeout", "3s"];
    for (left_out, code) in [("failing", 7), ("guarded", 3), ("gone", 2)] {
        line.extend(["--exclude", left_out]);
        world.abide(&line).ends_with(code);
    }
    world
        .abide(&["plan", "--detailed-exitcode", "--host", "good"])
        .ends_with(0);
    world.fleet.rejoin("gone");
}

/// The events on standard output: the first says the version, the last sums the run up.
fn events(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("an event a line"))
        .collect();
    let (first, last) = (
        events.first().expect("an event"),
        events.last().expect("an event"),
    );
    assert_eq!(first["type"], "version", "{text}");
    assert_eq!(last["type"], "run_summary", "{text}");
    let code = output.status.code().expect("an exit code");
    assert_eq!(last["exit"]["code"], code, "{text}");
    events
}

#[test]
fn a_status_can_end_with_what_it_found() {
    let world = World::both("codes-status");
    world
        .manifest(
            "version: 1\nname: codes\nhosts: {h1: {}, h2: {}}\n\
             groups: {all: {users: {app: {units: {a.service: {source: a.service}}}}}}\n",
        )
        .file("a.service", &worker(""));
    world.converge();
    let ends_with = |arguments: &[&str], code: i32| {
        let asked = [&["status"], arguments].concat();
        world.abide(&asked).ends_with(code)
    };
    ends_with(&["--exit-code"], 0).says("2 up");
    world.fleet.sh_as(
        "h1",
        "app",
        "XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user stop a.service",
    );
    ends_with(&["--exit-code"], 2).says("1 not as declared");
    ends_with(&[], 0).says("1 not as declared");
    // An answer that is not known outranks one that is.
    world.fleet.isolate("h2");
    ends_with(&["--exit-code"], 3);
    ends_with(&["--exit-code", "--host", "h1"], 2);
}

#[test]
fn a_signal_outranks_a_failure_and_events_end_with_the_summary() {
    let world = World::both("codes-signal");
    let slow = worker("Type=exec\nExecStartPre=/bin/sleep 6");
    world
        .manifest(
            "version: 1\nname: codes\nhosts: {h1: {}, h2: {users: {app: {units: {a.service: {source: b.service}}}}}}\n\
             groups: {all: {users: {app: {units: {a.service: {source: a.service}}}}}}\n",
        )
        .file("a.service", &slow)
        .file("b.service", &slow.replace("/bin/sleep 6", "/bin/sh -c 'sleep 4; exit 1'"));
    for (signals, code, state) in [
        (&["-INT"][..], 130, "changed"),
        (&["-TERM"], 143, "changed"),
        (&["-INT", "-TERM"], 130, "interrupted"),
    ] {
        let child = world
            .command(&["apply", "--yes", "--json", "--report", "json=run.json"])
            .env("USER", "bob")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("abide starts");
        for host in ["h1", "h2"] {
            world.fleet.sh(
                host,
                "i=0; until pgrep -f 'sleep [46]' >/dev/null; do
                   i=$((i+1)); [ $i -lt 150 ] || exit 1; sleep 0.1; done",
            );
        }
        for signal in signals {
            let sent = Command::new("kill")
                .args([*signal, &child.id().to_string()])
                .status();
            assert!(sent.expect("kill").success());
            // The next signal is one of its own only once this one was taken.
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        let output = child.wait_with_output().expect("abide ends");
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let events = events(&output);
        let last = events.last().expect("a summary");
        assert_eq!(
            last["host_states"][state],
            1 + usize::from(state == "interrupted"),
            "{last}"
        );
        let report = std::fs::read(world.path("run.json")).expect("a report");
        let report: Value = serde_json::from_slice(&report).expect("JSON");
        assert_eq!(report["exit"], last["exit"]);
        assert_eq!(report["host_states"], last["host_states"]);
        // Begin anew.
        for host in ["h1", "h2"] {
            world.fleet.sh(
                host,
                "flock /run/abide/lock true
                 uid=$(id -u app); loginctl disable-linger app; userdel -rf app; rm -rf /var/lib/abide
                 # A host that still knows the user waits before it makes one with that id, and the other would be done.
                 i=0; while [ -e /run/systemd/users/$uid ] && [ $i -lt 200 ]; do i=$((i+1)); sleep 0.1; done",
            );
        }
    }
}
