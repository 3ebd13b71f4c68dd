//! The scripts are what a shell and shellcheck accept, and say what the plan says.

use std::time::Duration;

use abide_model::{
    Action, ActionId, Before, Body, Bytes, Cause, Change, FilePurpose, HostFacts, HostName,
    HostPath, Ledger, ManifestName, OnChange, Plan, ResourceId, RootRoute, Scope, SecretSource,
    StepOutcome, Timestamp, UnitName, UnitRef, UserName, Watch, WriteFile,
};

use super::*;
use crate::testing::{run, shellcheck, shells};

fn facts() -> HostFacts {
    HostFacts {
        hostname: "h1".into(),
        os: "Debian".into(),
        machine_id: "m".into(),
        systemd: 252,
        boot_id: "b".into(),
        booted_at: Timestamp(0),
        now: Timestamp(0),
        login: UserName::parse("root").unwrap(),
        login_uid: 0,
        root: RootRoute::Root,
        run_as: "setpriv".into(),
        system_state: "running".into(),
        may_linger_itself: None,
    }
}

fn plan() -> Plan {
    let user = UserName::parse("app").unwrap();
    let scope = Scope::User(user.clone());
    let unit = UnitRef::new(&scope, &UnitName::parse("a.service").unwrap());
    let path = |text: &str| HostPath::parse(text).unwrap();
    let write = |at: &str, purpose, body| {
        Change::WriteFile(WriteFile {
            path: path(at),
            purpose,
            body,
            mode: 0o644,
            before: Before::Absent,
        })
    };
    let secret = Body::Secret {
        source: SecretSource::Env("T".into()),
        bytes: Some(Bytes::from("canary\n")),
    };
    let changes = [
        (ResourceId::Linger(user.clone()), Change::EnableLinger),
        (ResourceId::Manager(scope.clone()), Change::StartManager),
        (
            ResourceId::Unit(unit.clone()),
            write(
                "/home/app/.config/systemd/user/a.service",
                FilePurpose::Unit,
                Body::Plain(
                    "[Service]\nExecStart=/bin/sleep infinity\n# $HOME 'x'\nEnvironment=A=1\n"
                        .into(),
                ),
            ),
        ),
        (
            ResourceId::File {
                scope: scope.clone(),
                path: path("/home/app/it's"),
            },
            write("/home/app/it's", FilePurpose::Plain, secret),
        ),
        (ResourceId::Manager(scope), Change::DaemonReload),
        (ResourceId::Unit(unit.clone()), Change::Start),
    ];
    let actions = changes
        .into_iter()
        .zip(1..)
        .map(|((resource, change), id)| Action {
            id: ActionId(id),
            resource,
            change,
            causes: vec![Cause::Missing],
            after: if id > 1 {
                vec![ActionId(id - 1)]
            } else {
                Vec::new()
            },
        })
        .collect();
    Plan {
        host: HostName::parse("h1").unwrap(),
        manifest: ManifestName::parse("m").unwrap(),
        actions,
        refused: Vec::new(),
        notes: Vec::new(),
        unchanged: 0,
        preconditions: Vec::new(),
        watches: vec![Watch {
            unit,
            hold: Duration::from_secs(2),
            timeout: Duration::from_secs(90),
            on_change: OnChange::Restart,
        }],
        ledger_claim: Ledger::default(),
        ledger_after: Ledger::default(),
    }
}

fn options() -> ApplyOptions {
    ApplyOptions {
        nonce: "n0nce".into(),
        who: "ana@laptop".into(),
    }
}

#[test]
fn shellcheck_has_nothing_to_say() {
    shellcheck(&format!(
        "#!/bin/sh\n{}",
        script(&plan(), &facts(), &options())
    ));
}

#[test]
fn a_shown_script_holds_no_secret_and_a_run_one_does() {
    assert!(script(&plan(), &facts(), &options()).contains("canary"));
    let shown = shown_script(&plan(), &facts(), &options());
    assert!(!shown.contains("canary") && shown.contains("echo '(secret)' | stage"));
}

#[test]
fn a_script_that_was_cut_does_nothing() {
    let whole = script(&plan(), &facts(), &options());
    for shell in shells() {
        for part in 1..20 {
            let cut = whole.len() * part / 20;
            let cut = (0..=cut)
                .rev()
                .find(|at| whole.is_char_boundary(*at))
                .unwrap();
            let said = run(&shell, &[], whole[..cut].as_bytes());
            assert_eq!(said, b"", "{shell:?} at {cut}");
        }
    }
}

#[test]
fn units_of_one_verb_are_one_call() {
    let mut plan = plan();
    let mut second = plan.actions[5].clone();
    second.id = ActionId(7);
    plan.actions.push(second);
    let steps = steps::all(&plan);
    assert_eq!(steps.matches("batch start").count(), 1, "{steps}");
    assert_eq!(steps.matches("member ").count(), 2, "{steps}");
}

#[test]
fn only_lines_behind_the_nonce_are_believed() {
    let mut reader = Reader::new(&plan(), "n0nce");
    assert_eq!(reader.line(b"other done 1 ok"), None);
    assert_eq!(
        reader.line(b"n0nce done 99 ok "),
        None,
        "not an action of the plan"
    );
    assert_eq!(
        reader.line(b"n0nce begin 1"),
        Some(HostEvent::Start(ActionId(1)))
    );
    assert_eq!(
        reader.line(b"n0nce done 1 failed a\x1b[31mb"),
        Some(HostEvent::Done {
            action: ActionId(1),
            outcome: StepOutcome::Failed,
            message: "a\u{FFFD}[31mb".into()
        })
    );
    assert_eq!(
        reader.line(b"n0nce unit user:app/a.service failed (exit-code)"),
        None
    );
    assert_eq!(reader.line(b"n0nce journal out of cheese"), None);
    let Some(HostEvent::UnitFailed(unit)) = reader.line(b"n0nce end") else {
        panic!("the unit is complete")
    };
    assert_eq!(unit.journal, ["out of cheese"]);
}
