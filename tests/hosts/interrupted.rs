//! Ctrl-C: what was done is told, what was not is named, and the exit code says that it was cut.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::World;

/// A run that is to be interrupted.
fn begin(world: &World, arguments: &[&str]) -> Child {
    let mut command = world.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("abide starts")
}

fn interrupt(child: &Child) {
    let mut kill = Command::new("kill");
    let sent = kill.args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill").success());
}

/// Its exit code and all that it said.
fn end(child: Child) -> (i32, String) {
    let output = child.wait_with_output().expect("abide ends");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output.status.code().unwrap_or(-1), said)
}

#[track_caller]
fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "no `{word}` in\n{said}");
    }
}

/// Until the host is in the middle of it.
fn await_start(world: &World, host: &str) {
    for _ in 0..100 {
        if world.show(host, "root", "int-slow.service", "ActiveState") == "activating" {
            return;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("int-slow.service of {host} is not begun");
}

#[test]
fn an_interrupted_plan_shows_what_was_seen_and_names_the_rest() {
    let world = World::used();
    world.manifest("version: 1\nname: interrupted-plan\nhosts: {h1: {}, h2: {}, h3: {}}\ngroups: {all: {units: {int-plan.service: {content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\"}}}}\n");
    world.file(
        "ssh_config",
        &format!(
            "Host h3\n  ProxyCommand sleep 60\nHost *\nInclude {}\n",
            world.fleet.ssh_config().display()
        ),
    );
    for (verb, whole, rest) in [
        ("plan", "+ int-plan.service", "h3 not observed"),
        ("drift", "h1, h2", "h3      not observed"),
        ("status", "int-plan.service", "h3 not observed"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_abide"));
        command
            .args([verb, "-v", "--ssh-config", "ssh_config"])
            .current_dir(world.path(""))
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut run = command.spawn().expect("abide starts");
        // It tells of each host that is done.
        let mut told = BufReader::new(run.stderr.take().expect("a pipe"));
        let mut done = 0;
        let mut line = String::new();
        while done < 2 && told.read_line(&mut line).expect("a line") > 0 {
            done += usize::from(line.contains(" after "));
            line.clear();
        }
        interrupt(&run);
        let mut rest_of_it = String::new();
        std::io::Read::read_to_string(&mut told, &mut rest_of_it).expect("an end");
        let (code, said) = end(run);
        assert_eq!(code, 130, "{verb}: {said}");
        says(&rest_of_it, &["Interrupted: no host was changed."]);
        says(&said, &[whole, rest]);
    }
}

#[test]
fn an_interrupted_run_says_what_was_done_and_what_was_not() {
    let world = World::both("interrupted");
    let unit = |seconds: u8| {
        world.file(
            "int-slow.service",
            &format!("[Service]\nExecStartPre=/bin/sleep {seconds}\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"),
        );
    };
    unit(8);
    world.manifest("version: 1\nname: interrupted\nhosts: {h1: {}, h2: {}}\ngroups: {all: {units: {int-slow.service: {source: int-slow.service, settle: {for: 1s}}}}}\n");
    // The first lets a host that was begun come to its end, and begins no other.
    let run = begin(&world, &["apply", "--yes", "--parallel", "1"]);
    await_start(&world, "h1");
    interrupt(&run);
    let (code, said) = end(run);
    assert_eq!(code, 130, "{said}");
    says(
        &said,
        &[
            "no new host is begun",
            "h1 changed",
            "h2 not started: nothing was done there",
            "1 host changed and 1 not started",
        ],
    );
    world.assert_active("h1", "root", "int-slow.service");
    world
        .abide(&["plan", "--detailed-exitcode", "--host", "h1"])
        .ends_with(0);
    world
        .abide(&["plan", "--detailed-exitcode", "--host", "h2"])
        .ends_with(2);
    // The second leaves at once; the host goes on by itself.
    let run = begin(&world, &["apply", "--yes"]);
    await_start(&world, "h2");
    interrupt(&run);
    std::thread::sleep(Duration::from_millis(300));
    interrupt(&run);
    let (code, said) = end(run);
    assert_eq!(code, 130, "{said}");
    says(
        &said,
        &[
            "Leaving now",
            "h2 cut off while its script ran",
            "h1 unchanged",
        ],
    );
    world.wait_until_active("h2", "root", "int-slow.service");
    world.converge();
    // A plan changes nothing, and says of no host that it is as declared.
    let run = begin(&world, &["plan"]);
    interrupt_when_up(&run);
    let (code, said) = end(run);
    assert_eq!(code, 130, "{said}");
    assert!(!said.contains("No changes"), "{said}");
}

/// As soon as it listens for signals.
fn interrupt_when_up(child: &Child) {
    let caught = |status: &str| {
        let mut lines = status.lines();
        let mask = lines.find_map(|line| line.strip_prefix("SigCgt:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    };
    for _ in 0..1000 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        if caught(&status.unwrap_or_default()).is_some_and(|mask| mask & 2 != 0) {
            return interrupt(child);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("it listens for no signal");
}
