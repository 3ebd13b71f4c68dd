//! What the tests of several modules need: the shells that scripts must run in, and shellcheck.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

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
        .stderr(Stdio::null())
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

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A directory of its own for one test.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new(what: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("abide-{what}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    /// A program of this directory.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let path = self.0.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// This machine's program of that name, with a note of each call in the file `ran`.
    pub(crate) fn double(&self, name: &str) {
        let real = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
            .iter()
            .map(|directory| Path::new(directory).join(name))
            .find(|path| path.exists());
        let real = real.unwrap_or_else(|| PathBuf::from("/bin/false"));
        self.program(
            name,
            &format!(
                "echo \"{name} $*\" >>'{}/ran'\nexec {} \"$@\"",
                self.0.display(),
                real.display()
            ),
        );
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
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
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}
