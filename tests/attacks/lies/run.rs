//! An apply while somebody lies.

use std::fs;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::World;

/// A run that takes longer is one that a user can hold up.
const PATIENCE: Duration = Duration::from_secs(180);

/// `abide apply`, and what it must not do whatever it is told.
pub fn apply(world: &World) -> Vec<String> {
    let mut command = world.command(&["apply", "--yes"]);
    let out = tempfile::NamedTempFile::new().expect("a file");
    let err = tempfile::NamedTempFile::new().expect("a file");
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out.reopen().expect("a file"))
        .stderr(err.reopen().expect("a file"))
        .spawn()
        .expect("abide starts");
    let mut wrong = Vec::new();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if started.elapsed() > PATIENCE {
            wrong.push(format!("abide still ran after {PATIENCE:?}"));
            drop(child.kill());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let read = |file: &tempfile::NamedTempFile| fs::read(file.path()).expect("what was said");
    let output = Output {
        status,
        stdout: read(&out),
        stderr: read(&err),
    };
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    if !matches!(status.code(), Some(0..=10)) {
        wrong.push(format!(
            "abide ended with {status}: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let is_control = |byte: &&u8| byte.is_ascii_control() && !matches!(byte, b'\n' | b'\t');
    if let Some(byte) = said.iter().find(is_control) {
        wrong.push(format!("abide said a control character, {byte:#x}"));
    }
    if said.len() > 1 << 20 {
        wrong.push(format!("abide said {} bytes", said.len()));
    }
    wrong
}
