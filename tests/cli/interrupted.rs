//! Ctrl-C and SIGTERM while hosts are looked at: nothing is changed, so nothing is said to come to its end.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::Desk;

/// A host whose connection hangs; the file tells that somebody waits for it.
const SLOW: &str = "Host *\n  ProxyCommand sh -c 'touch \"$BEGUN\"; exec sleep 60'\n";

const MANIFEST: &str = "
version: 1
name: slow
hosts: {web1: {}, web2: {}}
groups: {all: {units: {nginx.service: {state: started}}}}
";

/// Starts abide, and sends a signal once it waits for a host.
fn interrupted(desk: &Desk, arguments: &[&str], signal: &str) -> Output {
    // Each run has its own: what a run before has started may be late.
    let begun = desk
        .path()
        .join(format!("begun{}", arguments.join("-").replace('.', "")));
    let child = Command::new(env!("CARGO_BIN_EXE_abide"))
        .args(arguments)
        .args(["--ssh-config", "ssh_config"])
        .current_dir(desk.path())
        .env("HOME", desk.path())
        .env("NO_COLOR", "1")
        .env("BEGUN", &begun)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let patience = Instant::now() + Duration::from_secs(20);
    while !begun.exists() {
        assert!(Instant::now() < patience, "{arguments:?} asks no host");
        std::thread::sleep(Duration::from_millis(10));
    }
    let since = Instant::now();
    let mut kill = Command::new("kill");
    let sent = kill.args([signal, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let took = since.elapsed();
    assert!(
        took < Duration::from_secs(10),
        "{arguments:?} took {took:?}"
    );
    output
}

#[test]
fn who_interrupts_a_look_at_hosts_is_told_that_none_was_changed() {
    let desk = Desk::with(MANIFEST);
    desk.file("ssh_config", SLOW);
    let verbs: [&[&str]; 9] = [
        &["plan"],
        &["plan", "-o", "plan.json"],
        &["drift"],
        &["status"],
        &["lock", "ls"],
        &["ledger", "show", "web1"],
        &["show", "--script", "web1"],
        // Before they change anything they look, too.
        &["apply", "--yes"],
        &["drift", "--fix", "--yes"],
    ];
    for (number, verb) in verbs.into_iter().enumerate() {
        let (signal, code) = if number % 2 == 0 {
            ("-INT", 130)
        } else {
            ("-TERM", 143)
        };
        let ended = interrupted(&desk, verb, signal);
        let said = [ended.stdout, ended.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{verb:?}: {said}");
        assert!(
            said.contains("Interrupted: no host was changed."),
            "{verb:?}: {said}"
        );
        for false_word in [
            "comes to its end",
            "Nobody holds",
            "No changes",
            "unreachable",
        ] {
            assert!(!said.contains(false_word), "{verb:?}: {said}");
        }
        assert!(!desk.path().join("plan.json").exists(), "{verb:?}");
        // Each host is told once, in the answer.
        assert!(said.matches("web2").count() <= 1, "{verb:?}: {said}");
    }
}

#[test]
fn who_interrupts_an_order_is_told_how_to_leave() {
    let desk = Desk::with(MANIFEST);
    desk.file(
        "ssh_config",
        // It ends by itself, as a host would that is being changed.
        "Host *\n  ProxyCommand sh -c 'touch \"$BEGUN\"; exec sleep 2'\n",
    );
    let order = [
        "suspend", "--host", "web1", "--reason", "disk", "--until", "2h",
    ];
    let ended = interrupted(&desk, &order, "-INT");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("Again to leave at once."), "{said}");
}
