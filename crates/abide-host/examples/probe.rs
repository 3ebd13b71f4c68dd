//! Prints a probe script for a small manifest, or reads an answer: `probe script`, `probe read FILE`.
#![expect(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a tool for trying scripts by hand"
)]

use abide_model::*;
use std::collections::{BTreeMap, BTreeSet};

const NONCE: &str = "0123456789abcdef0123456789abcdef";

fn origin() -> Origin {
    Origin {
        file: "x".into(),
        line: 1,
        column: 1,
    }
}

fn unit(text: Option<&str>) -> DesiredUnit {
    DesiredUnit {
        declared_at: origin(),
        presence: Presence::Present,
        file: text.map(|t| Body::Plain(t.into())),
        drop_ins: BTreeMap::from([(
            "10-x.conf".to_owned(),
            Body::Plain("[Service]\nNice=1\n".into()),
        )]),
        running: Wanted::Yes,
        enabled: Wanted::Yes,
        masked: None,
        on_change: OnChange::Restart,
        restart_on: BTreeSet::from([HostPathOrHome::Absolute(
            HostPath::parse("/etc/hostname").unwrap(),
        )]),
        reload_on: BTreeSet::new(),
        settle: Settle::default(),
    }
}

fn user(units: &[(&str, Option<&str>)]) -> DesiredUser {
    DesiredUser {
        declared_at: origin(),
        state: Presence::Present,
        remove_home: false,
        account: DesiredAccount::default(),
        linger: DesiredLinger {
            value: Some(true),
            reason: LingerReason::Unasked,
        },
        files: BTreeMap::from([(
            HomePath::parse("odd 'na\nme' $x").unwrap(),
            DesiredFile {
                declared_at: origin(),
                body: Body::Plain("x".into()),
                mode: None,
            },
        )]),
        units: units
            .iter()
            .map(|(n, t)| (UnitName::parse(n).unwrap(), unit(*t)))
            .collect(),
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let desired = Desired {
        manifest: "shop".parse().unwrap(),
        host: "h1".parse().unwrap(),
        users: BTreeMap::from([
            (
                "deploy".parse().unwrap(),
                user(&[
                    (
                        "sidekiq.service",
                        Some("[Service]\nExecStart=/bin/sleep 1\n"),
                    ),
                    ("app@.service", Some("x")),
                    ("app@a.service", None),
                    ("web.container", Some("[Container]\n")),
                ]),
            ),
            (
                "nobodyhere".parse().unwrap(),
                user(&[("sidekiq.service", Some("[Service]\n"))]),
            ),
            ("root".parse().unwrap(), user(&[])),
        ]),
        units: [("ssh.service", None), ("nope.service", Some("[Service]\n"))]
            .iter()
            .map(|(n, t)| (UnitName::parse(n).unwrap(), unit(*t)))
            .collect(),
        linger_exclusive: None,
        policy: Policy::default(),
    };
    match args[1].as_str() {
        "command" => println!(
            "{}",
            abide_host::bootstrap::command(match args[2].as_str() {
                "never" => Become::Never,
                _ => Become::Auto,
            })
        ),
        "script" => print!("{}", abide_host::probe::script(&desired, NONCE)),
        _ => println!(
            "{:#?}",
            abide_host::probe::read(&desired, NONCE, &std::fs::read(&args[2]).unwrap())
        ),
    }
}
