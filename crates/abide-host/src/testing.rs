//! What the tests of several modules need: the shells that scripts must run in, and shellcheck.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// The shells of this machine that a script must run in: the standard one, dash and busybox's where they are.
pub(crate) fn shells() -> Vec<Vec<&'static str>> {
    let mut shells = vec![vec!["sh"]];
    for shell in [vec!["dash"], vec!["busybox", "sh"], vec!["bash", "--posix"]] {
        if runs(&shell) {
            shells.push(shell);
        }
    }
    shells
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests run the scripts they check"
)]
fn runs(shell: &[&str]) -> bool {
    Command::new(shell[0])
        .args(&shell[1..])
        .args(["-c", ":"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a script from standard input, as hosts do, and returns what it prints.
#[expect(
    clippy::disallowed_methods,
    reason = "tests run the scripts they check"
)]
pub(crate) fn run(shell: &[&str], arguments: &[&str], script: &[u8]) -> Vec<u8> {
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .arg("-s")
        .arg("--")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let script = script.to_vec();
    // A script that ends early leaves the rest unread; that is for the caller to judge.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&script)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.stdout
}

/// Fails the test with shellcheck's own words where it has any. Without shellcheck the test passes on a
/// developer's machine and fails in CI.
#[expect(
    clippy::disallowed_methods,
    reason = "shellcheck is a program; CI is known by its environment"
)]
pub(crate) fn shellcheck(script: &str) {
    let child = Command::new("shellcheck")
        .args(["--shell=sh", "--severity=style", "--color=never", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        assert!(std::env::var("CI").is_err(), "CI must have shellcheck");
        return;
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}\n{script}",
        String::from_utf8_lossy(&output.stdout)
    );
}
