use std::path::Path;
use std::process::{Command, Stdio};

use super::*;

const ALL: [Become; 5] = [
    Become::Auto,
    Become::Never,
    Become::Sudo,
    Become::Doas,
    Become::Run0,
];

#[test]
fn every_login_shell_reads_the_line_as_one_word() {
    for r#become in ALL {
        let line = command(r#become);
        let inside = line
            .strip_prefix("exec sh -c '")
            .and_then(|rest| rest.strip_suffix('\''))
            .unwrap();
        for special in ['\'', '\n', '\\', '!'] {
            assert!(!inside.contains(special), "{special:?} in {line}");
        }
        crate::testing::shellcheck(inside);
    }
}

/// What a host says on which sudo, doas and run0 behave as these scripts do.
fn on_a_host_with(tools: &[(&str, &str)], r#become: Become) -> String {
    asked(tools, &command(r#become))
}

fn asked(tools: &[(&str, &str)], line: &str) -> String {
    let host = crate::testing::Directory::new("bootstrap");
    host.program("id", "case $1 in -u) echo 1000 ;; *) echo deploy ;; esac");
    for (name, script) in tools {
        host.program(name, script);
    }
    ask(host.path(), line)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the line is for a shell to judge"
)]
fn ask(host: &Path, line: &str) -> String {
    // The host's own tools come first, and none of this machine's ways to root are found.
    let line = line.replace(PATH, &format!("{}:/nowhere", host.display()));
    let found = |name: &str| {
        ["/usr/bin", "/bin"]
            .iter()
            .map(|dir| Path::new(dir).join(name))
            .find(|path| path.exists())
            .unwrap()
    };
    for name in ["sh", "env", "cat"] {
        let link = host.join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(found(name), link).unwrap();
        }
    }
    let mut child = Command::new("sh")
        .args(["-c", &line])
        .env("STRAY", "inherited")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let script = marked_script("printf '[%s]' \"$@\"; echo \"${STRAY-scrubbed} $LC_ALL\"\n");
    let _ignored = std::io::Write::write_all(&mut stdin, script.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    format!(
        "{}{}exit {}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        output.status.code().unwrap()
    )
}

const REFUSES: &str = "echo sudo: a password is required >&2; exit 1";
const GRANTS: &str = "shift 2; exec \"$@\"";

#[test]
fn auto_takes_the_first_way_that_works() {
    let sudo = on_a_host_with(&[("sudo", GRANTS)], Become::Auto);
    assert_eq!(sudo, "[sudo][deploy][1000]scrubbed C\nexit 0");
    let doas = on_a_host_with(&[("sudo", REFUSES), ("doas", GRANTS)], Become::Auto);
    assert_eq!(doas, "[doas][deploy][1000]scrubbed C\nexit 0");
}

#[test]
fn auto_goes_on_without_root_and_says_why() {
    let refused = on_a_host_with(
        &[
            ("sudo", REFUSES),
            ("doas", "echo Permission denied; exit 1"),
        ],
        Become::Auto,
    );
    assert_eq!(
        refused,
        "[none][deploy][1000][sudo: a password is required; doas: Permission denied]scrubbed C\nexit 0"
    );
    let nothing = on_a_host_with(&[], Become::Auto);
    assert_eq!(
        nothing,
        "[none][deploy][1000][no sudo, doas or run0 on this host]scrubbed C\nexit 0"
    );
}

#[test]
fn an_explicit_way_that_does_not_work_ends_with_its_reason() {
    let refused = on_a_host_with(&[("sudo", REFUSES)], Become::Sudo);
    assert_eq!(refused, "sudo: a password is required\nexit 77");
    let absent = on_a_host_with(&[("sudo", GRANTS)], Become::Doas);
    assert_eq!(absent, "doas is not installed\nexit 77");
}

#[test]
fn never_does_not_even_try() {
    let never = on_a_host_with(&[("sudo", GRANTS)], Become::Never);
    assert_eq!(
        never,
        "[none][deploy][1000][the manifest says become: never]scrubbed C\nexit 0"
    );
}

#[test]
fn a_script_whose_beginning_is_missing_is_not_run() {
    let eaten = asked(&[], &format!("read -r eaten; {}", command(Become::Never)));
    assert_eq!(eaten, "the beginning of the script did not arrive\nexit 78");
}
