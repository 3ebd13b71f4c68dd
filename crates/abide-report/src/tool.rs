//! Validators that we did not write: programs that tests run.

#![expect(
    clippy::disallowed_methods,
    reason = "a test may start a program and ask for a variable"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Feeds a text to a program and asserts that it likes it. Where the program is missing this says so and passes,
/// unless `ABIDE_TEST_TOOLS=all` is set, as it is in CI.
#[track_caller]
pub(crate) fn assert_accepts(package: &str, line: &[&str], text: &str) {
    let (name, arguments) = line.split_first().unwrap();
    let started = Command::new(name)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut program = match started {
        Ok(program) => program,
        Err(error) => {
            let all = std::env::var_os("ABIDE_TEST_TOOLS").is_some_and(|value| value == "all");
            assert!(!all, "{name}: {error}; it is in the package {package}");
            eprintln!("not checked: {name} is missing (apt-get install {package})");
            return;
        }
    };
    let mut stdin = program.stdin.take().unwrap();
    // A program that has seen enough closes its end.
    let _seen_enough = stdin.write_all(text.as_bytes());
    drop(stdin);
    let said = program.wait_with_output().unwrap();
    assert!(
        said.status.success(),
        "{name} says:\n{}{}\n{text}",
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr)
    );
}
