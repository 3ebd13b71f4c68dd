//! The manual, as it is printed.

use crate::Desk;

fn help(line: &[&str]) -> String {
    let said = Desk::empty().abide(line);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{line:?}");
    said.stdout
}

#[test]
fn the_short_help() {
    insta::assert_snapshot!(help(&["-h"]));
}

#[test]
fn the_help_of_plan() {
    insta::assert_snapshot!(help(&["help", "plan"]));
}

#[test]
fn the_help_of_apply() {
    insta::assert_snapshot!(help(&["apply", "--help"]));
}

#[test]
fn every_command_shows_examples() {
    for command in [
        "init",
        "validate",
        "plan",
        "apply",
        "show",
        "status",
        "hosts",
        "merge",
        "schema",
        "explain",
        "completions",
        "lock",
        "ledger",
    ] {
        let text = help(&[command, "--help"]);
        assert!(
            text.contains("Examples:") && text.contains("Usage: abide "),
            "{command}:\n{text}"
        );
        let widest = text
            .lines()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0);
        assert!(widest <= 120, "{command}: a line of {widest}");
    }
}

#[test]
fn the_version_is_printed() {
    assert_eq!(
        help(&["--version"]),
        format!("abide {}\n", env!("CARGO_PKG_VERSION"))
    );
}
