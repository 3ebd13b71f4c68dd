//! Secrets are resolved here before any host is spoken to, and never printed.

use crate::{Desk, said};

fn manifest(secret: &str) -> String {
    format!(
        "version: 1\nname: s\nhosts: {{h1: {{address: 127.0.0.1, port: 9}}}}\n\
         groups:\n  all:\n    users:\n      app:\n        files:\n          secret.env: {{secret: {secret}}}\n"
    )
}

#[test]
fn a_secret_that_is_not_to_be_had_names_its_place_and_ends_before_any_connection() {
    for (secret, why) in [
        (
            "{env: ABIDE_NO_SUCH}",
            "the environment variable ABIDE_NO_SUCH is not set",
        ),
        ("{file: none.key}", "none.key: there is no such file"),
        (
            "{command: [sh, -c, 'echo canary; echo locked >&2; exit 4']}",
            "`sh` ended with exit status: 4: locked",
        ),
        (
            "{command: [no-such-program]}",
            "`no-such-program` could not be started",
        ),
    ] {
        let said = Desk::with(&manifest(secret)).abide(&["plan", "--allow-commands"]);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.stderr.contains(why), "{}", said.stderr);
        assert!(said.stderr.contains("abide.yaml:9:"), "{}", said.stderr);
        assert!(
            !said.stderr.contains("canary") && !said.stderr.contains("refused"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn a_resolved_secret_is_in_no_output() {
    let desk = Desk::with(&manifest("{env: TOKEN}"));
    for line in [
        &["plan"][..],
        &["plan", "--json", "-v"],
        &["show", "--resolved", "h1"],
        &["apply", "--yes", "--json"],
    ] {
        let said = said(desk.command(line).env("TOKEN", "canary"));
        assert!(
            !said.stdout.contains("canary") && !said.stderr.contains("canary"),
            "{said:?}"
        );
    }
}
