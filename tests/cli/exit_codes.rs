//! Exit codes are a contract.

use crate::{Desk, TWO_HOSTS};

#[test]
fn a_command_line_that_means_nothing_is_64_and_never_2() {
    let desk = Desk::with(TWO_HOSTS);
    for line in [
        &["plan", "--no-such-flag"][..],
        &["no-such-command"],
        &["plan", "-j", "0"],
        &["plan", "--timeout", "soon"],
        &["plan", "--color", "mauve"],
        &["plan", "-q", "-v"],
        &["show", "web1"],
        &["apply", "--json"],
        &["completions", "tcl"],
        &["explain", "E9999"],
        &["explain", "nonsense"],
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, 64, "{line:?}: {said:?}");
        assert_eq!(said.stdout, "", "{line:?}");
        assert!(
            said.stderr.starts_with("error: "),
            "{line:?}: {}",
            said.stderr
        );
    }
}

#[test]
fn no_command_is_64_and_shows_the_help() {
    let said = Desk::empty().abide(&[]);
    assert_eq!((said.code, said.stdout.as_str()), (64, ""));
    assert!(said.stderr.contains("Usage: abide"), "{}", said.stderr);
}

#[test]
fn a_wrong_manifest_is_65() {
    let desk = Desk::with("version: 1\nname: x\nhosts: {h1: {unitz: {}}}\n");
    for command in ["validate", "plan", "status"] {
        let said = desk.abide(&[command]);
        assert_eq!(said.code, 65, "{command}: {said:?}");
        let everything = said.stdout + &said.stderr;
        assert!(
            everything.contains("unitz") && everything.contains("abide.yaml:3"),
            "{everything}"
        );
    }
}

#[test]
fn a_missing_manifest_is_65_and_says_how_to_begin() {
    let said = Desk::empty().abide(&["plan"]);
    assert_eq!(said.code, 65);
    assert_eq!(
        said.stderr,
        "error: there is no abide.yaml in this directory\n\
         hint: write one with `abide init`, or name another with `-f`\n"
    );
}

#[test]
fn an_apply_without_a_terminal_and_without_yes_is_64_and_connects_to_nothing() {
    let said = Desk::with(TWO_HOSTS).abide(&["apply"]);
    assert_eq!(said.code, 64);
    assert_eq!(
        said.stderr,
        "error: nobody can be asked: standard input is no terminal\n\
         hint: pass --yes to apply without a confirmation\n"
    );
}

#[test]
fn a_repair_without_a_terminal_and_without_yes_is_64_and_connects_to_nothing() {
    let said = Desk::with(TWO_HOSTS).abide(&["ledger", "repair", "web1"]);
    assert_eq!(said.code, 64);
    assert_eq!(
        said.stderr,
        "error: nobody can be asked: standard input is no terminal\n\
         hint: pass --yes to repair without a confirmation\n"
    );
}

#[test]
fn ledgers_are_of_a_host_that_there_is() {
    let desk = Desk::with(TWO_HOSTS);
    for line in [
        &["ledger"][..],
        &["ledger", "show"],
        &["ledger", "repair", "--yes"],
    ] {
        assert_eq!(desk.abide(line).code, 64, "{line:?}");
    }
    for line in [
        &["ledger", "show", "web9"][..],
        &["ledger", "repair", "--yes", "web9"],
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, 4, "{line:?}: {said:?}");
    }
}

#[test]
fn hosts_that_cannot_be_reached_are_3_and_each_is_named() {
    let desk = Desk::with(TWO_HOSTS);
    for line in [
        &["plan"][..],
        &["plan", "--detailed-exitcode"],
        &["apply", "--yes"],
        &["status"],
        &["show", "--script", "web1"],
        &["ledger", "show", "web1"],
        &["ledger", "show", "web1", "--json"],
        &["ledger", "repair", "--yes", "web1"],
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, 3, "{line:?}: {said:?}");
        let everything = said.stdout + &said.stderr;
        assert!(
            everything.contains("web1") && everything.contains("Connection refused"),
            "{everything}"
        );
    }
}
