use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    ActiveState, Body, Bytes, DesiredAccount, DesiredFile, DesiredLinger, DesiredUnit, DesiredUser,
    FileKind, HomePath, HostPath, HostPathOrHome, LingerReason, Manager, Observation, OnChange,
    Origin, Policy, RootRoute, Scope, SecretSource, Settle, Timestamp, UnitName, Wanted,
};
use proptest::prelude::*;

use super::*;
use crate::testing::{shellcheck, shells};

const NONCE: &str = "0123456789abcdef0123456789abcdef";

fn origin() -> Origin {
    Origin {
        file: "fleet.yaml".into(),
        line: 1,
        column: 1,
    }
}

fn unit(text: Option<&str>, drop_in: Option<&str>) -> DesiredUnit {
    DesiredUnit {
        service: None,
        declared_at: origin(),
        presence: Presence::Present,
        file: text.map(|text| Body::Plain(text.into())),
        drop_ins: drop_in
            .map(|text| ("10-x.conf".to_owned(), Body::Plain(text.into())))
            .into_iter()
            .collect(),
        running: Wanted::Yes,
        enabled: Wanted::Yes,
        masked: None,
        on_change: OnChange::Restart,
        on_change_said: false,
        restart_on: BTreeSet::from([HostPathOrHome::Absolute(path("/etc/hostname"))]),
        reload_on: BTreeSet::new(),
        settle: Settle::default(),
    }
}

fn file(body: Body, mode: Option<u32>) -> DesiredFile {
    DesiredFile {
        declared_at: origin(),
        body,
        mode,
    }
}

fn secret(text: &str) -> Body {
    Body::Secret {
        source: SecretSource::Env("TOKEN".into()),
        bytes: Some(text.into()),
    }
}

fn user(files: Vec<(&str, DesiredFile)>, units: Vec<(&str, DesiredUnit)>) -> DesiredUser {
    DesiredUser {
        declared_at: origin(),
        state: Presence::Present,
        remove_home: false,
        end_processes: false,
        manager_restart: None,
        account: DesiredAccount::default(),
        linger: DesiredLinger {
            value: Some(true),
            reason: LingerReason::Unasked,
        },
        files: files
            .into_iter()
            .map(|(path, file)| (HomePath::parse(path).unwrap(), file))
            .collect(),
        units: named(units),
    }
}

fn named(units: Vec<(&str, DesiredUnit)>) -> BTreeMap<UnitName, DesiredUnit> {
    units
        .into_iter()
        .map(|(name, unit)| (UnitName::parse(name).unwrap(), unit))
        .collect()
}

fn path(text: &str) -> HostPath {
    HostPath::parse(text).unwrap()
}

const SIDEKIQ: &str =
    "[Service]\nExecStart=/bin/sleep infinity\n\n[Install]\nWantedBy=default.target\n";

/// What the captured answers were asked for: `testdata/README.md` says how their hosts were prepared.
fn desired() -> Desired {
    let deploy = user(
        vec![
            ("odd 'na\nme' $x", file(Body::Plain("new".into()), None)),
            ("secret.env", file(secret("token"), Some(0o600))),
            ("was-secret", file(Body::Plain("now plain".into()), None)),
        ],
        vec![
            (
                "sidekiq.service",
                unit(Some(SIDEKIQ), Some("[Service]\nNice=5\n")),
            ),
            (
                "app@.service",
                unit(Some("[Service]\nExecStart=/bin/sleep 9\n"), None),
            ),
            ("app@a.service", unit(None, None)),
            ("web.container", unit(Some("[Container]\n"), None)),
        ],
    );
    Desired {
        manifest: "shop".parse().unwrap(),
        host: "h1".parse().unwrap(),
        users: BTreeMap::from([
            ("deploy".parse().unwrap(), deploy),
            ("gone".parse().unwrap(), user(vec![], vec![])),
            (
                "idle".parse().unwrap(),
                user(vec![], vec![("x.service", unit(Some("x"), None))]),
            ),
        ]),
        units: named(vec![
            ("ssh.service", unit(None, None)),
            ("sshd.service", unit(None, None)),
            ("nope.service", unit(Some("[Service]\n"), None)),
        ]),
        linger_exclusive: None,
        policy: Policy::default(),
    }
}

fn observed(answer: &[u8]) -> Observed {
    read(&desired(), NONCE, answer).unwrap()
}

/// A host of systemd 252.
pub(crate) fn any_host() -> Observed {
    observed(ANSWERS[0].1)
}

const ANSWERS: [(&str, &[u8]); 5] = [
    ("252 sudo", include_bytes!("testdata/252-sudo")),
    ("257 sudo", include_bytes!("testdata/257-sudo")),
    ("257 none", include_bytes!("testdata/257-none")),
    ("252 busybox", include_bytes!("testdata/252-busybox")),
    ("247 sudo", include_bytes!("testdata/247-sudo")),
];

mod beside;
mod captured;
mod facts;
mod flood;
mod local;
mod podman;
mod script;
mod untrusted;

#[test]
fn what_a_login_shell_does_instead_is_no_answer() {
    assert!(was_asked(b"NONCE host\nlogin=deploy\n", "NONCE"));
    assert!(
        was_asked(b"hello\nNONCE host\nlogin=deploy\n", "NONCE"),
        "it may greet"
    );
    assert!(!was_asked(b"", "NONCE"));
    assert!(!was_asked(b"no entry\n", "NONCE"));
    assert!(
        !was_asked(b"NONCE host\nlogin=\n", "NONCE"),
        "another shell read the script"
    );
}
