//! Words of other tools: whoever comes from there is told what is meant by them here.

use crate::{Desk, TWO_HOSTS};

#[test]
fn flags_and_commands_of_other_tools_get_a_tip() {
    let desk = Desk::with(TWO_HOSTS);
    for (line, tip) in [
        (&["apply", "--limit", "web1"][..], "`--host NAME`"),
        (&["apply", "--limit=web1"], "`--host NAME`"),
        (&["apply", "--check"], "`abide plan` shows"),
        (&["plan", "-i", "hosts"], "`-f FILE` names the manifest"),
        (&["apply", "--auto-approve"], "`abide apply --yes`"),
        (&["check"], "`abide validate` checks the manifest"),
        (&["deploy"], "`abide apply`"),
        (&["plan", "abide.yaml"], "`-f FILE` names the manifest"),
        (&["status", "web1"], "`--host NAME` chooses a host"),
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, 64, "{line:?} {said:?}");
        assert!(
            said.stderr.contains(&format!("tip: {tip}")),
            "{}",
            said.stderr
        );
        // A guess from the spelling would lead elsewhere (`check`: "similar: 'schema'").
        assert_eq!(said.stderr.matches("tip:").count(), 1, "{}", said.stderr);
    }
}

#[test]
fn a_manifest_where_a_plan_is_wanted_is_named_with_its_flag() {
    let desk = Desk::with(TWO_HOSTS);
    let said = desk.abide(&["apply", "abide.yaml"]);
    assert_eq!(said.code, 64, "{said:?}");
    assert!(
        said.stderr
            .contains("a manifest is named with `-f`: `-f abide.yaml`"),
        "{}",
        said.stderr
    );
}

#[test]
fn keys_and_words_of_other_tools_get_a_hint() {
    for (manifest, hint) in [
        ("hosts: {h1: {hostname: web1}}", "`address: …`"),
        ("hosts: {h1: {user: deploy}}", "`connection: {user: …}`"),
        (
            "hosts: {h1: {connection: {port: 22}}}",
            "for the host itself",
        ),
        (
            "hosts: {h1: {units: {a.service: {state: running}}}}",
            "write `started`",
        ),
        (
            "hosts: {h1: {units: {a.service: {state: present}}}}",
            "`unmanaged`",
        ),
        (
            "hosts: {h1: {units: {a.service: {state: enabled}}}}",
            "`enabled: true`",
        ),
        ("hosts: {h1: {services: {a: {}}}}", "write `units`"),
    ] {
        let desk = Desk::with(&format!("version: 1\nname: t\n{manifest}\n"));
        let said = desk.abide(&["validate"]);
        assert_eq!(said.code, 65, "{said:?}");
        let all = format!("{}{}", said.stdout, said.stderr);
        assert!(all.contains(hint), "{manifest}\n{all}");
    }
}

#[test]
fn what_is_odd_in_a_manifest_is_told_whole_by_validate_in_a_line_by_plan_and_never_by_status_or_drift()
 {
    let odd = "version: 1\nname: t\nhosts:\n  h1: {address: 127.0.0.1, port: 9, units: {a.service: {content: \"[Service]\\nExecStart=sidekiq\\n\"}}}\n";
    let desk = Desk::with(odd);
    let whole = desk.abide(&["validate"]);
    assert!(
        format!("{}{}", whole.stdout, whole.stderr).contains("is looked up in systemd's own list"),
        "{whole:?}"
    );
    let line = "1 warning about the manifest (W0602): `abide validate` shows it";
    for (command, says) in [
        (&["plan"][..], true),
        (&["apply", "--yes"], true),
        (&["plan", "-q"], false),
        (&["status"], false),
        (&["drift"], false),
        (&["drift", "-q"], false),
    ] {
        let said = desk.abide(command);
        assert_eq!(
            said.stderr.matches(line).count(),
            usize::from(says),
            "{command:?} {said:?}"
        );
        assert_eq!(said.stderr.contains("W0602"), says, "{command:?} {said:?}");
    }
    let desk = Desk::with(&odd.replace(
        "hosts:",
        "policy: {allow: [W0602: it is in /usr/local/bin]}\nhosts:",
    ));
    assert!(!desk.abide(&["plan"]).stderr.contains("W0602"));
}

#[test]
fn suspending_all_hosts_has_to_be_said() {
    let desk = Desk::with(TWO_HOSTS);
    let said = desk.abide(&["suspend", "--reason", "x", "--until", "1h"]);
    assert_eq!(said.code, 64, "{said:?}");
    assert!(
        said.stderr.contains("which hosts?") && said.stderr.contains("--group all"),
        "{}",
        said.stderr
    );
    // Somebody who says all is taken at their word.
    let said = desk.abide(&[
        "suspend", "--reason", "x", "--until", "1h", "--group", "all",
    ]);
    assert_eq!(said.code, 3, "{said:?}");
}
