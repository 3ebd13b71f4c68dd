//! The answer on standard output, talk on standard error, colour where it belongs.

use std::process::{Command, Stdio};

use crate::{Desk, TWO_HOSTS, said};

const WARNS: &str = "
version: 1
name: warns
hosts: {h1: {address: 127.0.0.1, port: 9}}
groups: {all: {users: {app: {units: {a.service: {content: \"[Service]\\nExecStart=/bin/sleep 1\\n[Install]\\nWantedBy=multi-user.target\\n\"}}}}}}
";

#[test]
fn an_answer_as_json_is_one_document_and_nothing_else() {
    let desk = Desk::with(TWO_HOSTS);
    for line in [&["status", "--json"][..], &["validate", "--json"]] {
        let said = desk.abide(line);
        let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(document["exit"]["code"], said.code, "{line:?}");
    }
}

#[test]
fn there_is_no_colour_without_a_terminal_unless_it_is_asked_for() {
    let desk = Desk::with(WARNS);
    let escape = |text: &str| text.contains('\x1b');
    let plain = desk.abide(&["validate"]);
    assert!(
        !escape(&plain.stdout) && !escape(&plain.stderr),
        "{plain:?}"
    );
    let always = desk.abide(&["validate", "--color", "always"]);
    assert!(escape(&always.stdout), "{always:?}");
    let refused = said(desk.command(&["validate"]).env("NO_COLOR", "1"));
    assert!(!escape(&refused.stdout), "{refused:?}");
    let forced = said(desk.command(&["validate"]).env("CLICOLOR_FORCE", "1"));
    assert!(escape(&forced.stdout), "{forced:?}");
    let flag_wins = said(
        desk.command(&["--color", "never", "validate"])
            .env("CLICOLOR_FORCE", "1"),
    );
    assert!(!escape(&flag_wins.stdout), "{flag_wins:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let desk = Desk::empty();
    let mut child = Command::new(env!("CARGO_BIN_EXE_abide"))
        .args(["completions", "zsh"])
        .current_dir(desk.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn quiet_says_nothing_beside_the_answer() {
    let desk = Desk::with(TWO_HOSTS);
    let said = desk.abide(&["validate", "-q"]);
    assert_eq!(
        (said.code, said.stdout.as_str(), said.stderr.as_str()),
        (0, "", "")
    );
}

#[test]
fn twice_quiet_says_nothing_and_ends_the_same() {
    let desk = Desk::with(TWO_HOSTS);
    for line in [
        &["plan"][..],
        &["apply", "--yes"],
        &["status"],
        &["validate"],
    ] {
        let loud = desk.abide(line);
        let quiet = desk.abide(&[line, &["-qq"]].concat());
        assert_eq!(
            (quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()),
            (loud.code, "", ""),
            "{line:?}"
        );
    }
    let wrong = desk.abide(&["plan", "-qq", "--host", "x"]);
    assert_eq!(wrong.code, 4);
    assert!(
        wrong.stderr.contains("error"),
        "why it cannot work is said: {wrong:?}"
    );
}

#[test]
fn quiet_flags_do_not_silence_what_programs_read() {
    let desk = Desk::with(TWO_HOSTS);
    for line in [
        &["plan", "-qq", "--json"][..],
        &["plan", "-qq", "--report", "json=-"],
        &["validate", "-qq", "--json"],
        &["status", "-qq", "--json"],
    ] {
        let said = desk.abide(line);
        assert!(said.stdout.contains("\"exit\""), "{line:?}: {said:?}");
    }
}

#[test]
fn what_abide_does_is_logged_on_standard_error_where_that_is_asked_for() {
    let desk = Desk::with(WARNS);
    let plain = desk.abide(&["validate"]);
    let flag = desk.abide(&["validate", "-vv"]);
    let variable = said(desk.command(&["validate"]).env("ABIDE_LOG", "debug"));
    for logged in [&flag, &variable] {
        assert_eq!(logged.code, plain.code, "{logged:?}");
        assert!(logged.stderr.contains("read a manifest file"), "{logged:?}");
    }
    assert_eq!(variable.stdout, plain.stdout);
    assert!(!plain.stderr.contains("read a manifest file"), "{plain:?}");
    let wrong = said(desk.command(&["validate"]).env("ABIDE_LOG", "abide=loud"));
    assert_eq!(wrong.code, 64, "{wrong:?}");
    assert!(wrong.stderr.contains("ABIDE_LOG=debug"), "{wrong:?}");
}

#[test]
fn the_log_names_the_host_that_a_line_is_about() {
    let desk = Desk::with(TWO_HOSTS);
    let said = said(desk.command(&["plan"]).env("ABIDE_LOG", "debug"));
    assert_eq!(said.code, 3, "{said:?}");
    let line = said
        .stderr
        .lines()
        .find(|line| line.contains("not connected"));
    assert!(
        line.is_some_and(|line| line.contains("host{name=")),
        "{said:?}"
    );
}
