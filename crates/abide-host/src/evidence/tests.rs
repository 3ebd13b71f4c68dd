use std::collections::BTreeMap;

use abide_model::{DriftClass, FindingKind, ResourceId, UnitRef};

use super::*;
use crate::testing::{run, shellcheck, shells};

const NONCE: &str = "0123456789abcdef0123456789abcdef";
const PATH: &str = "/etc/systemd/system/app.service";
/// 2026-03-03T14:02:11Z.
const AT: u64 = 1_772_546_531;

fn finding(kind: FindingKind, path: Option<&str>, since: Option<u64>) -> Finding {
    Finding {
        kind,
        text: "app.service was edited".to_owned(),
        path: path.map(|path| path.parse().unwrap()),
        since: since.map(Timestamp::from_secs),
        by: None,
        evidence: Vec::new(),
    }
}

fn drift_of(class: DriftClass, findings: Vec<Finding>) -> HostDrift {
    let unit: UnitRef = "system/app.service".parse().unwrap();
    HostDrift {
        resources: vec![Drift {
            resource: ResourceId::Unit(unit),
            class,
            findings,
        }],
        applied_at: Some(Timestamp::from_secs(AT - 86_400)),
        busy: None,
        left: Vec::new(),
    }
}

fn edited() -> HostDrift {
    let found = finding(FindingKind::File, Some(PATH), Some(AT));
    drift_of(DriftClass::Drifted, vec![found])
}

fn now() -> Timestamp {
    Timestamp::from_secs(AT + 3600)
}

/// What is told of the first finding when sudo logged these lines, as `SECONDS MESSAGE`.
fn told(drift: &HostDrift, lines: &[(u64, &str)], package: &str) -> Vec<String> {
    let lines: BTreeMap<usize, String> = lines
        .iter()
        .map(|(at, message)| format!("{at}.000001 sudo[7]: {message}\n"))
        .enumerate()
        .collect();
    let lines: String = lines.into_values().collect();
    let answer = format!("\n{NONCE} sudo\n{lines}\n{NONCE} package 0\n{package}\n\n{NONCE} end\n");
    let mut drift = drift.clone();
    read(&mut drift, now(), NONCE, answer.as_bytes());
    let evidence = &drift.resources[0].findings[0].evidence;
    evidence.iter().map(|one| one.text.clone()).collect()
}

fn ran(command: &str) -> String {
    format!("     ana : TTY=pts/0 ; PWD=/home/ana ; USER=root ; COMMAND={command}")
}

#[test]
fn nothing_is_asked_where_nothing_has_drifted() {
    let clean = HostDrift {
        resources: Vec::new(),
        ..edited()
    };
    let pending = drift_of(
        DriftClass::PendingRollout,
        edited().resources.remove(0).findings,
    );
    let failed = finding(FindingKind::Failed, None, None);
    let failed = drift_of(DriftClass::Drifted, vec![failed]);
    for drift in [clean, pending, failed] {
        assert_eq!(script(&drift, now(), NONCE), None);
    }
}

#[test]
fn who_ran_sudo_about_it_in_that_time_is_told_and_no_other_argument() {
    for (command, says) in [
        (
            "/usr/bin/systemctl edit app.service",
            Some("systemctl edit app.service"),
        ),
        (
            "/usr/bin/systemctl edit app",
            Some("systemctl edit app.service"),
        ),
        (
            "/usr/bin/vi /etc/systemd/system/app.service",
            Some("vi /etc/systemd/system/app.service"),
        ),
        (
            "/usr/bin/cp /tmp/pass-hunter2/app.service .",
            Some("cp app.service"),
        ),
        (
            "/usr/bin/sed -i s/hunter1/hunter2/ app.service",
            Some("sed app.service"),
        ),
        (
            "/usr/bin/systemctl set-property app.service Environment=PW=hunter2",
            Some("systemctl set-property app.service"),
        ),
        ("/usr/bin/mysql -phunter2", None),
        ("/usr/bin/systemctl status app.service", None),
        ("/usr/bin/journalctl -u app.service", None),
        ("/usr/bin/systemctl restart other.service", None),
        ("/usr/bin/bash", Some("bash")),
        ("/usr/bin/bash -c hunter2", None),
    ] {
        let says: Vec<String> = says
            .map(|says| format!("sudo by ana: {says}"))
            .into_iter()
            .collect();
        assert_eq!(
            told(&edited(), &[(AT - 60, &ran(command))], ""),
            says,
            "{command}"
        );
    }
}

#[test]
fn what_was_long_before_or_after_is_no_evidence_and_a_shell_only_where_nothing_else_is() {
    let edit = ran("/usr/bin/systemctl edit app");
    for at in [AT - 3600, AT + 60] {
        assert_eq!(told(&edited(), &[(at, &edit)], ""), Vec::<String>::new());
    }
    let shell = ran("/bin/bash");
    assert_eq!(
        told(&edited(), &[(AT - 2, &edit), (AT - 1, &shell)], ""),
        ["sudo by ana: systemctl edit app.service"]
    );
    // Of a stop it is not known when: what names the unit counts, since the last apply.
    let stopped = finding(FindingKind::State, None, None);
    let stopped = drift_of(DriftClass::Drifted, vec![stopped]);
    let stop = ran("/usr/bin/systemctl stop app");
    assert_eq!(
        told(
            &stopped,
            &[(AT - 90_000, &stop), (AT - 3600, &stop), (AT, &shell)],
            ""
        ),
        ["sudo by ana: systemctl stop app.service"]
    );
}

#[test]
fn a_package_is_told_and_whether_it_was_unpacked_then() {
    let line = format!("nginx {}", AT + 10);
    assert_eq!(
        told(&edited(), &[], &line),
        ["package nginx, which it belongs to, was installed or upgraded then"]
    );
    let line = format!("nginx {}", AT - 9000);
    assert_eq!(told(&edited(), &[], &line), ["it belongs to package nginx"]);
    for odd in ["", "nginx", "\u{1b}[2Jx 1", "a b c 1"] {
        let told = told(&edited(), &[], odd);
        assert!(told.iter().all(|text| !text.contains('\u{1b}')), "{told:?}");
    }
}

#[test]
fn an_answer_that_means_nothing_adds_nothing() {
    for line in [
        "",
        "x",
        " : ; COMMAND=",
        "ana : TTY=x ; COMMAND=",
        "a\u{1b}[2Jna : TTY=x ; COMMAND=/usr/bin/systemctl stop app",
        "pam_unix(sudo:session): session opened for user root(uid=0) by ana(uid=1000)",
    ] {
        assert_eq!(
            told(&edited(), &[(AT, line)], ""),
            Vec::<String>::new(),
            "{line}"
        );
    }
    let mut drift = edited();
    read(&mut drift, now(), NONCE, b"\xff\xfe\n\n");
    assert_eq!(drift, edited());
}

#[test]
fn the_script_is_plain_and_whole_or_does_nothing() {
    let script = script(&edited(), now(), NONCE).unwrap();
    shellcheck(&script);
    for shell in shells() {
        let cut = &script.as_bytes()[..script.len() - 8];
        assert_eq!(run(&shell, &[], cut), b"", "{shell:?}");
        let said = String::from_utf8_lossy(&run(&shell, &[], script.as_bytes())).into_owned();
        assert!(
            said.ends_with(&format!("{NONCE} end\n")),
            "{shell:?}: {said}"
        );
    }
}

#[test]
fn a_path_of_an_odd_name_is_asked_for_as_it_is_or_not_at_all() {
    let odd = finding(FindingKind::File, Some("/etc/a b'c"), Some(AT));
    let asked = script(&drift_of(DriftClass::Drifted, vec![odd]), now(), NONCE).unwrap();
    assert!(asked.contains(r"evidence '/etc/a b'\''c' "), "{asked}");
    let pattern = finding(FindingKind::File, Some("/etc/*"), Some(AT));
    let asked = script(&drift_of(DriftClass::Drifted, vec![pattern]), now(), NONCE).unwrap();
    assert!(asked.contains("\nevidence </dev/null"), "{asked}");
}
