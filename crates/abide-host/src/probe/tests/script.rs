//! What is sent: whole or nothing, readable to every shell, and harmless.
#![expect(clippy::string_slice, reason = "the texts are known to be ASCII there")]

use super::*;

#[test]
fn shellcheck_has_nothing_to_say_about_the_script_and_its_scopes() {
    let script = script(&desired(), NONCE);
    shellcheck(&script);
    for (scope, ask) in ask::Ask::new(&desired(), &BTreeSet::new()).scopes {
        let functions = [
            "# shellcheck disable=SC2016,SC2119,SC2120 # names are meant as they stand\n",
            COMMON,
            SCOPE,
            "nonce=x limiter=none ledger_units='' ledger_files=''\n",
        ];
        shellcheck(&format!(
            "{}\n{}",
            functions.concat(),
            ask.text_for_scope(&scope, 1 << 20)
        ));
    }
}

/// For capturing answers: see `testdata/README.md`.
#[test]
#[ignore = "prints the script whose answers are in testdata"]
fn print_the_script_of_the_captured_answers() {
    println!("{}", script(&desired(), NONCE));
}

/// A word that would change a host, wherever it stands.
const FORBIDDEN: [&str; 34] = [
    "rm",
    "mv",
    "cp",
    "ln",
    "mkdir",
    "rmdir",
    "touch",
    "chmod",
    "chown",
    "tee",
    "dd",
    "install",
    "kill",
    "pkill",
    "useradd",
    "usermod",
    "userdel",
    "loginctl",
    "mount",
    "flock",
    "start",
    "stop",
    "restart",
    "reload",
    "enable",
    "disable",
    "mask",
    "unmask",
    "daemon-reload",
    "daemon-reexec",
    "reset-failed",
    "set-property",
    "-delete",
    "-exec",
];

#[test]
fn the_script_has_no_word_that_changes_a_host() {
    // A shared try of the lock is over at once (lock.sh); nothing else takes it.
    let lock = crate::LOCK.replace("flock", "");
    for text in [COMMON, lock.as_str(), HOST, SCOPE] {
        for line in text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
        {
            let words = line.split(|c: char| !(c.is_alphanumeric() || c == '-'));
            for word in words {
                assert!(!FORBIDDEN.contains(&word), "`{word}` in: {line}");
            }
            for (before, target) in redirections(line) {
                let ok = target.starts_with("/dev/null") || target.starts_with('&');
                assert!(ok, "writes to `{target}` behind `{before}`: {line}");
            }
        }
    }
}

/// Every `>` of a line outside quotes, with what follows it.
fn redirections(line: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut quote = None;
    for (index, c) in line.char_indices() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '>') => found.push((&line[..index], line[index + 1..].trim_start_matches('>'))),
            _ => {}
        }
    }
    found
}

/// Everything that the script may run beside the shell's own words and its functions.
const ALLOWED: [&str; 28] = [
    "base64",
    "cat",
    "cut",
    "date",
    "env",
    "find",
    "flock",
    "getent",
    "grep",
    "head",
    "id",
    "od",
    "pkcheck",
    "podman",
    "readlink",
    "runuser",
    "sed",
    "setpriv",
    "sh",
    "sha256sum",
    "sort",
    "stat",
    "sudo",
    "systemctl",
    "timeout",
    "tr",
    "true",
    "printf",
];

/// Runs the whole script with a `PATH` of doubles that note their names and arguments, and nothing else.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the shell tells what a script runs"
)]
fn the_script_runs_nothing_that_is_not_on_the_list() {
    let host = crate::testing::Directory::new("probe");
    for name in ALLOWED {
        host.double(name);
    }
    let script = script(&desired(), NONCE).replace("[ -d /run/systemd/system ]", "[ -d / ]");
    for route in ["root", "none"] {
        let output = std::process::Command::new("/bin/sh")
            .args(["-c", &script, "sh", route, "deploy", "1000", "why"])
            .env_clear()
            .env("PATH", host.path())
            .env("HOME", "/nowhere")
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("not found"), "{stderr}");
        assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("{NONCE} end")));
    }
    let ran = host.read("ran");
    assert!(
        ran.lines()
            .any(|line| line.starts_with("systemctl --system show ")),
        "{ran}"
    );
    for line in ran.lines().filter(|line| line.starts_with("systemctl")) {
        let verb = line
            .split(' ')
            .find(|word| !word.starts_with('-') && *word != "systemctl");
        assert_eq!(verb, Some("show"), "{line}");
    }
}

/// systemd 262 prints what is of services only behind `Id`, and those before it in front: a group that a manager lacks
/// was not seen there, for nobody's groups were.
#[test]
fn the_groups_of_managers_are_read_whatever_the_order_of_the_properties() {
    let code = |main: &str| {
        format!(
            "{COMMON}\n{HOST}\nset -eu\ngids=\nmanagers=$(printf '{main}')\nmanager_groups\nprintf %s \"$groups_of_managers\""
        )
    };
    let other = "Id=user@4294967294.service\\nActiveState=inactive\\nMainPID=0\\n\\n";
    let id = "Id=user@'\"$(id -u)\"'.service\\nActiveState=active\\n";
    let pid = "MainPID='$$'\\n";
    for shell in shells() {
        for answer in [
            format!("{other}{pid}{id}\\n{other}"),
            format!("{other}{id}{pid}\\n{other}"),
            format!("{id}{pid}"),
        ] {
            let said = crate::testing::run(&shell, &[], code(&answer).as_bytes());
            let said = String::from_utf8_lossy(&said).into_owned();
            assert_eq!(said.lines().count(), 1, "{shell:?}: {answer}: {said}");
            assert!(said.split(' ').count() > 2, "{shell:?}: {said}");
        }
        // Of another than its unit says, or gone.
        for answer in [
            format!("{pid}Id=user@4294967294.service\\n"),
            "MainPID=4194304\\nId=user@0.service\\n".to_owned(),
            "Failed to connect to bus\\n".to_owned(),
        ] {
            let said = crate::testing::run(&shell, &[], code(&answer).as_bytes());
            assert!(said.is_empty(), "{shell:?}: {answer}");
        }
    }
}
