//! A connection that works, until it does not.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use abide_transport::{RunError, connect};

use crate::fleet::Fleet;
use crate::{behaves, command, route, run, some_process_names};

/// A runtime directory of the test's own, so that it sees what is left in it.
fn runtime_dir(name: &str) -> PathBuf {
    let path = PathBuf::from(format!("/tmp/abt-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

async fn gone(directory: &Path) {
    let start = Instant::now();
    while some_process_names(directory) || !entries(directory).is_empty() {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "left: {:?}",
            entries(directory)
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn one_login_serves_many_commands_and_leaves_nothing_behind() {
    let fleet = Fleet::up("transport", &[("h1", "bookworm")]);
    let runtime = runtime_dir("many");
    let mut settings = route(&fleet, "h1");
    settings.runtime_dir = Some(runtime.clone());

    let session = connect(&settings).await.unwrap();
    let [private] = entries(&runtime).try_into().unwrap();
    assert_eq!(
        private.metadata().unwrap().permissions().mode() & 0o7777,
        0o700
    );
    behaves(&session).await;
    let (exit, _) = run(&session, command("kill -9 $$")).await;
    assert_eq!(exit.unwrap().code, None, "a signal is no exit status");
    let logins = fleet.sh(
        "h1",
        "journalctl -u ssh -o cat | grep -c 'Accepted publickey for deploy'",
    );
    assert_eq!(logins.trim(), "1");
    session.close().await;
    gone(&runtime).await;

    // Dropped without a word, as when a run is interrupted.
    drop(connect(&settings).await.unwrap());
    gone(&runtime).await;
    std::fs::remove_dir_all(&runtime).unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_apart_from_a_command_that_fails() {
    let fleet = Fleet::up("transport", &[("h1", "bookworm")]);
    let session = connect(&route(&fleet, "h1")).await.unwrap();

    let running = run(&session, command("echo up; sleep 60"));
    let breaking = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        fleet.sh("h1", "pkill -9 -u deploy sshd");
    };
    let ((ended, lines), ()) = tokio::join!(running, breaking);
    assert_eq!(lines, ["up"]);
    assert!(matches!(ended, Err(RunError::Lost { .. })), "{ended:?}");
    let (ended, _) = run(&session, command("true")).await;
    assert!(matches!(ended, Err(RunError::Lost { .. })), "{ended:?}");
}

#[tokio::test]
async fn a_host_that_falls_silent_is_given_up() {
    let fleet = Fleet::up("transport", &[("h1", "bookworm")]);
    let session = connect(&route(&fleet, "h1")).await.unwrap();
    fleet.isolate("h1");
    let mut exec = command("true");
    exec.timeout = Duration::from_secs(60);
    let start = Instant::now();
    let (ended, _) = run(&session, exec).await;
    let Err(RunError::Lost { reason }) = ended else {
        panic!("{ended:?}")
    };
    assert!(reason.contains("not responding"), "{reason:?}");
    assert!(start.elapsed() < Duration::from_secs(30));
}
