//! Connections to a real sshd, and to this machine.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

#[path = "../fleet/fleet.rs"]
#[expect(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::let_underscore_must_use,
    clippy::expect_used,
    reason = "the harness is a library of its own that every test binary includes"
)]
mod fleet;

mod failures;
mod local;
mod session;

use std::path::Path;
use std::time::Duration;

use abide_transport::{CommandExit, Exec, Route, RunError, Session, Settings};
use fleet::Fleet;

/// The way to a host of a fleet.
fn route(fleet: &Fleet, host: &str) -> Settings {
    Settings::new(Route::Ssh {
        destination: host.to_owned(),
        port: None,
        user: None,
        config_file: Some(fleet.ssh_config()),
    })
}

/// A command without standard input, with limits that no test of something else reaches.
fn command(command: &str) -> Exec<'_> {
    Exec {
        command,
        stdin: b"",
        timeout: Duration::from_secs(20),
        max_output: 64 << 20,
    }
}

/// Runs a command and returns how it ended with the lines it wrote.
async fn run(session: &Session, exec: Exec<'_>) -> (Result<CommandExit, RunError>, Vec<String>) {
    let mut lines = Vec::new();
    let ended = session
        .run(exec, |line| {
            lines.push(String::from_utf8_lossy(line).into_owned());
        })
        .await;
    (ended, lines)
}

/// What a command behaves like on any session: over ssh and on this machine alike.
async fn behaves(session: &Session) {
    streams_and_status_come_back(session).await;
    large_input_and_output_do_not_block_each_other(session).await;
    input_that_nobody_reads_does_no_harm(session).await;
    limits_hold_and_the_session_goes_on(session).await;
}

async fn streams_and_status_come_back(session: &Session) {
    let (exit, lines) = run(
        session,
        command("echo a; echo; printf b; echo w >&2; exit 3"),
    )
    .await;
    let exit = exit.unwrap();
    assert_eq!((exit.code, exit.stderr.as_str()), (Some(3), "w"));
    assert_eq!(lines, ["a", "", "b"]);
    for status in [0, 127, 255] {
        let text = format!("exit {status}");
        let (exit, _) = run(session, command(&text)).await;
        assert_eq!(exit.unwrap().code, Some(status));
    }
}

async fn large_input_and_output_do_not_block_each_other(session: &Session) {
    let line = format!("{}\n", "x".repeat(1023));
    let stdin = line.repeat(8 * 1024);
    let exec = Exec {
        stdin: stdin.as_bytes(),
        ..command("tee /dev/stderr")
    };
    let (exit, lines) = run(session, exec).await;
    assert!(exit.unwrap().is_success());
    assert_eq!(lines.len(), 8 * 1024);
    assert!(lines.iter().all(|read| read.len() == 1023));
}

async fn input_that_nobody_reads_does_no_harm(session: &Session) {
    let stdin = vec![b'x'; 4 << 20];
    let exec = Exec {
        stdin: &stdin,
        ..command("exec 0<&-; echo done")
    };
    let (exit, lines) = run(session, exec).await;
    assert!(exit.unwrap().is_success());
    assert_eq!(lines, ["done"]);
}

async fn limits_hold_and_the_session_goes_on(session: &Session) {
    let exec = Exec {
        max_output: 1000,
        ..command("yes")
    };
    let (ended, _) = run(session, exec).await;
    assert!(
        matches!(ended, Err(RunError::TooMuchOutput { limit: 1000 })),
        "{ended:?}"
    );

    let exec = Exec {
        timeout: Duration::from_millis(700),
        ..command("echo first; sleep 30")
    };
    let (ended, lines) = run(session, exec).await;
    assert!(matches!(ended, Err(RunError::TimedOut { .. })), "{ended:?}");
    assert_eq!(
        lines,
        ["first"],
        "a line comes when it is written, not at the end"
    );

    let (exit, _) = run(session, command("true")).await;
    assert!(exit.unwrap().is_success());
}

/// Whether a process of this machine has this text in its command line.
fn some_process_names(text: &Path) -> bool {
    let text = text.to_str().unwrap();
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        std::fs::read(entry.path().join("cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(text))
    })
}
