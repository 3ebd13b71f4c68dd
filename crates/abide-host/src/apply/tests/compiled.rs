//! What plans compile to.

use abide_model::AccountField;

use super::*;
use crate::testing::{run, shellcheck, shells};

/// A plan with every kind of change.
fn everything() -> Plan {
    everything_of("app")
}

/// The same with another user.
#[expect(clippy::too_many_lines, reason = "something of everything")]
fn everything_of(name: &str) -> Plan {
    let user: UserName = name.parse().unwrap();
    let scope = Scope::User(user.clone());
    let account = ResourceId::User(user.clone());
    let of = |name: &str| ResourceId::Unit(unit(&scope, name));
    let system = |name: &str| ResourceId::Unit(unit(&Scope::System, name));
    let home = "/home/app/.config/systemd/user";
    let conf = "/home/app/-it's conf";
    let mut plan = plan_of(vec![
        (account.clone(), create(), vec![]),
        (
            account,
            Change::ModifyUser(vec![
                field(AccountField::Groups, "a,b"),
                field(AccountField::Comment, "x y"),
            ]),
            vec![1],
        ),
        (
            ResourceId::Linger(user.clone()),
            Change::EnableLinger,
            vec![1],
        ),
        (
            ResourceId::Manager(scope.clone()),
            Change::StartManager,
            vec![3],
        ),
        (system("old.timer"), Change::Stop, vec![]),
        (system("old.service"), Change::Stop, vec![5]),
        (system("was-masked.service"), Change::Unmask, vec![]),
        (
            of("a.service"),
            write(
                path(&format!("{home}/a.service")),
                FilePurpose::Unit,
                Body::Plain("[Service]\nExecStart=/bin/sleep 1\n# END\n".into()),
                0o644,
            ),
            vec![4],
        ),
        (
            of("a.service"),
            write(
                path(&format!("{home}/a.service.d/10-x y.conf")),
                FilePurpose::DropIn,
                Body::Plain("[Service]\nNice=1\n".into()),
                0o644,
            ),
            vec![4],
        ),
        (
            ResourceId::File {
                scope: scope.clone(),
                path: path(conf),
            },
            write(
                path(conf),
                FilePurpose::Plain,
                secret("canary\nEND\n"),
                0o600,
            ),
            vec![4],
        ),
        (
            of("web.container"),
            write(
                path("/home/app/.config/containers/systemd/web.container"),
                FilePurpose::Unit,
                Body::Plain("[Container]".into()),
                0o644,
            ),
            vec![4],
        ),
        (
            of("t@i.service"),
            write(
                path(&format!("{home}/t@i.service.d/1.conf")),
                FilePurpose::DropIn,
                Body::Plain("[Service]\n".into()),
                0o644,
            ),
            vec![4],
        ),
        (
            ResourceId::File {
                scope: scope.clone(),
                path: path("/home/app/m"),
            },
            Change::SetMode {
                path: path("/home/app/m"),
                from: 0o644,
                to: 0o600,
            },
            vec![],
        ),
        (
            system("old.service"),
            Change::RemoveFile {
                path: path("/etc/systemd/system/old.service"),
                purpose: FilePurpose::Unit,
                before: Before::Absent,
            },
            vec![6],
        ),
        (of("a.service"), enable(&[]), vec![8]),
        (
            of("b.service"),
            enable(&["x.target.wants/b.service"]),
            vec![],
        ),
        (
            system("old.service"),
            Change::Disable {
                remove: ["x".to_owned()].into(),
            },
            vec![6],
        ),
        (system("masked.service"), Change::Mask, vec![]),
        (
            ResourceId::Manager(Scope::System),
            Change::DaemonReload,
            vec![14],
        ),
        (
            ResourceId::Manager(scope.clone()),
            Change::DaemonReload,
            vec![8, 9],
        ),
        (of("a.service"), Change::ResetFailed, vec![20]),
        (of("b.service"), Change::Reload, vec![20]),
        (of("c.service"), Change::Restart, vec![20]),
        (of("d.service"), Change::Restart, vec![20]),
        (of("a.service"), Change::Start, vec![20, 21]),
        (of("web.container"), Change::Start, vec![20]),
        (of("e.service"), Change::Adopt, vec![]),
        (of("f.service"), Change::Forget, vec![]),
        (
            ResourceId::Linger(gone(name)),
            Change::DisableLinger,
            vec![],
        ),
        (
            ResourceId::User(gone(name)),
            Change::DeleteUser {
                remove_home: true,
                end_processes: true,
            },
            vec![29],
        ),
    ]);
    plan.preconditions = preconditions(&scope, conf);
    plan.watches = vec![
        watch(&unit(&scope, "a.service"), 2),
        watch(&unit(&scope, "b.service"), 5),
    ];
    (plan.ledger_claim, plan.ledger_after) = ledgers(&scope, home);
    plan
}

/// A user who goes while this one comes.
fn gone(name: &str) -> UserName {
    name.replace("app", "gone").parse().unwrap()
}

fn create() -> Change {
    Change::CreateUser {
        uid: Some(1500),
        group: None,
        groups: ["adm".to_owned(), "app users".to_owned()].into(),
        home: path("/home/app"),
        shell: Some(path("/bin/sh")),
        comment: Some("it's -x".into()),
        system: true,
    }
}

fn field(field: AccountField, to: &str) -> FieldChange {
    FieldChange {
        field,
        from: String::new(),
        to: to.into(),
    }
}

fn enable(remove: &[&str]) -> Change {
    Change::Enable {
        add: ["default.target.wants/a.service".to_owned()].into(),
        remove: remove.iter().map(ToString::to_string).collect(),
        file: "/home/app/.config/systemd/user/a.service".parse().ok(),
    }
}

fn preconditions(scope: &Scope, conf: &str) -> Vec<Precondition> {
    let user = || scope.user().unwrap().clone();
    let file = |at: &str, digest| Precondition::File {
        scope: scope.clone(),
        path: path(at),
        digest,
    };
    vec![
        Precondition::User {
            user: user(),
            uid: None,
        },
        Precondition::Linger {
            user: user(),
            recorded: false,
        },
        file(conf, None),
        file("/home/app/m", Some(Digest::of_bytes(b"m"))),
        Precondition::Unit {
            unit: unit(scope, "c.service"),
            active: ActiveState::Active,
            invocation: "0123456789abcdef0123456789abcdef".into(),
        },
    ]
}

fn ledgers(scope: &Scope, home: &str) -> (Ledger, Ledger) {
    let user = || scope.user().unwrap().clone();
    let a = path(&format!("{home}/a.service"));
    let file = |digest| LedgerFile {
        scope: scope.clone(),
        digest,
    };
    let left = |config, enabled| LedgerUnit {
        invocation: String::new(),
        config,
        enabled,
        claimed: false,
        reads: abide_model::LedgerReads::default(),
    };
    let old = (
        path("/etc/systemd/system/old.service"),
        LedgerFile {
            scope: Scope::System,
            digest: None,
        },
    );
    let claim = Ledger {
        files: [(a.clone(), file(None)), old].into(),
        units: [
            (unit(scope, "a.service"), left(None, true)),
            (unit(&Scope::System, "old.service"), left(None, true)),
        ]
        .into(),
        users: [user()].into(),
        lingers: [user()].into(),
        attributes: std::collections::BTreeMap::new(),
    };
    let shell = ("shell".to_owned(), "/bin/sh".to_owned());
    let after = Ledger {
        attributes: [(user(), [shell].into())].into(),
        files: [(a, file(Some(Digest::of_bytes(b"a"))))].into(),
        units: [(
            unit(scope, "a.service"),
            left(Some(Digest::of_bytes(b"c")), true),
        )]
        .into(),
        ..claim.clone()
    };
    (claim, after)
}

/// What is different in every script: what follows the functions.
fn body(script: &str) -> &str {
    script.split_once("\nmain() {\n").unwrap().1
}

#[test]
fn every_kind_of_change_has_its_call() {
    let script = shown_script(&everything(), &facts(RootRoute::Root), &options());
    insta::assert_snapshot!("everything", body(&script));
}

#[test]
fn without_root_everything_is_below_the_login_user_s_state() {
    let script = script(
        &plan_of(vec![]),
        &facts(RootRoute::None("no".into())),
        &options(),
    );
    assert!(body(&script).contains("state=${XDG_STATE_HOME:-$HOME/.local/state}/abide\n"));
    assert!(body(&script).contains("ledger=$state/ledger/shop\n"));
    assert!(!body(&script).contains("/var/lib/abide") && !body(&script).contains("/run/abide"));
}

#[test]
fn shellcheck_has_nothing_to_say() {
    for root in [RootRoute::Root, RootRoute::None("no".into())] {
        let script = script(&everything(), &facts(root), &options());
        shellcheck(&script);
    }
    // The texts for other shells.
    let script = script(&everything(), &facts(RootRoute::Root), &options());
    let text = |name: &str| {
        let start = script.split_once(&format!("\n{name}='")).unwrap().1;
        start.split_once("'\n").unwrap().0.to_owned()
    };
    for name in ["moder", "undoer", "tidier", "checker"] {
        shellcheck(&text(name));
    }
    let after = |head: &str, name: &str| {
        let start = script.split_once(&format!("\n{name}=${head}'")).unwrap().1;
        format!("{}{}", text(head), start.split_once("'\n").unwrap().0)
    };
    for name in ["writer", "remover", "restorer"] {
        shellcheck(&after("keeper", name));
    }
    let unset = "# shellcheck disable=SC2154,SC2034 # set before\n";
    for name in ["verify_head", "quadlet_head"] {
        shellcheck(&format!("{unset}{}{}", text("check_head"), text(name)));
    }
}

#[test]
fn a_name_that_a_shell_would_read_otherwise_is_quoted_wherever_it_stands() {
    let name = r"CORP\napp";
    let script = script(&everything_of(name), &facts(RootRoute::Root), &options());
    shellcheck(&script);
    let body = body(&script);
    for (line, number) in body.lines().zip(1..) {
        for (at, _) in line.match_indices("CORP") {
            let (before, from) = line.split_at(at);
            let quotes = before.replace(r"\'", "").matches('\'').count();
            let is_quoted = quotes % 2 == 1 && from.starts_with(r"CORP\");
            let is_encoded = from.starts_with("CORP%5C");
            assert!(is_quoted || is_encoded, "line {number}: {line}");
        }
    }
    // As many as with another name: none of them is built in another way.
    let plain = crate::apply::script(&everything(), &facts(RootRoute::Root), &options());
    let of = |text: &str, name: &str| text.matches(&format!("user:{name}")).count();
    let here = of(body, name) + of(body, r"CORP%5Cnapp");
    assert_eq!(here, of(self::body(&plain), "app"));
    // Every shell reads the words as they were meant.
    for shell in shells() {
        let steps = r#"set -f; step() { shift; printf '%s\n' "$1"; false; }; batch() { printf '%s\n' "$2"; }; member() { :; }; member_goes() { :; }; check_files() { :; }; flush() { :; }; gate_unit() { :; }; gate() { :; }; forget_failures() { :; }"#;
        let calls = steps::action_calls(&everything_of(name));
        let said = run(&shell, &[], format!("{steps}\n{calls}").as_bytes());
        let said = String::from_utf8(said).unwrap();
        let scopes: BTreeSet<&str> = said.lines().collect();
        let wanted = ["system".to_owned(), format!("user:{name}")];
        assert!(
            scopes.iter().copied().eq(wanted.iter().map(String::as_str)),
            "{shell:?}: {scopes:?}"
        );
    }
}

#[test]
fn a_shown_script_holds_no_secret_and_a_run_one_does() {
    let facts = facts(RootRoute::Root);
    assert!(script(&everything(), &facts, &options()).contains("canary"));
    let shown = shown_script(&everything(), &facts, &options());
    assert!(!shown.contains("canary") && shown.contains("echo '(secret)' | stage 10\n"));
    // A secret is in no argument: only in the lines of a here-document.
    let sent = script(&everything(), &facts, &options());
    assert!(sent.contains("stage 10 <<'END_'\ncanary\nEND\nEND_\n"));
}

#[test]
fn a_secret_that_nobody_resolved_ends_the_script_before_it_begins() {
    let mut plan = everything();
    for action in &mut plan.actions {
        if let Change::WriteFile(WriteFile {
            body: Body::Secret { bytes, .. },
            ..
        }) = &mut action.change
        {
            *bytes = None;
        }
    }
    let script = script(&plan, &facts(RootRoute::Root), &options());
    let stop = script
        .find("stop_here 'a secret was not resolved'")
        .unwrap();
    assert!(stop < script.find("# The plan, in its order.").unwrap());
}

#[test]
fn a_script_that_was_cut_does_nothing() {
    let script = script(&everything(), &facts(RootRoute::Root), &options());
    for shell in shells() {
        for part in 1..20 {
            let cut = script.len() * part / 20;
            let said = run(&shell, &[], &script.as_bytes()[..cut]);
            assert_eq!(String::from_utf8_lossy(&said), "", "{shell:?} at {cut}");
        }
    }
}

#[test]
fn units_of_one_verb_and_scope_are_one_call() {
    let script = script(&everything(), &facts(RootRoute::Root), &options());
    for (verb, members) in [
        ("stop system", 2),
        ("restart user:app", 2),
        ("start user:app", 2),
    ] {
        let batch = script.split_once(&format!("batch {verb} ")).unwrap().1;
        let batch = batch.split_once("flush\n").unwrap().0;
        assert_eq!(batch.matches("member").count(), members, "{verb}");
    }
}
