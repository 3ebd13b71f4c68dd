//! Which hosts a command is about.

use crate::{Desk, TWO_HOSTS};

#[test]
fn a_selection_that_matches_nothing_is_4_and_lists_what_there_is() {
    let desk = Desk::with(TWO_HOSTS);
    for (line, message) in [
        (
            &["plan", "--host", "wbe1"][..],
            "--host `wbe1` matches no host",
        ),
        (
            &["plan", "--host", "web1", "--exclude", "x*"],
            "--exclude `x*` matches no host",
        ),
        (&["plan", "--group", "webb"], "--group `webb` has no host"),
        (
            &["apply", "--yes", "--exclude", "*"],
            "the selection leaves no host",
        ),
        (
            &["show", "--script", "nope"],
            "--host `nope` matches no host",
        ),
        (
            &["show", "--resolved", "nope"],
            "the manifest has no host `nope`",
        ),
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, 4, "{line:?}: {said:?}");
        assert!(
            said.stderr.starts_with(&format!("error: {message}\n")),
            "{}",
            said.stderr
        );
    }
    let said = desk.abide(&["plan", "--host", "wbe1"]);
    assert!(
        said.stderr.contains("hint: the hosts are db1, web1"),
        "{}",
        said.stderr
    );
}

#[test]
fn only_selected_hosts_are_spoken_to() {
    let desk = Desk::with(TWO_HOSTS);
    for line in [
        &["plan", "--host", "w*"][..],
        &["--host", "web?", "plan"],
        &["plan", "--group", "web"],
        &["plan", "--exclude", "db*"],
        &["plan", "--group", "all", "--exclude", "db1"],
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, 3, "{line:?}");
        let everything = said.stdout + &said.stderr;
        assert!(
            everything.contains("web1") && !everything.contains("db1"),
            "{line:?}: {everything}"
        );
    }
}
