//! Which differences a digest sees and which it does not, over random plans; and that a file is believed only as it was
//! made.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::{
    Action, ActionId, ActiveState, Become, Before, Bytes, Cause, Change, DesiredFile,
    DesiredLinger, DesiredUser, FieldChange, FilePurpose, HostPath, Ledger, LingerReason, Note,
    NoteKind, Policy, Precondition, Presence, ResourceId, RootRoute, Scope, SecretSource,
    Timestamp, UnitRef, Via, WriteFile,
};

mod changes;
mod files;
mod kept;
mod merge;

fn scope(user: &str) -> Scope {
    format!("user:{user}").parse().unwrap()
}

fn unit(text: &str) -> UnitRef {
    text.parse().unwrap()
}

fn path(text: &str) -> HostPath {
    text.parse().unwrap()
}

fn key() -> PlanKey {
    PlanKey::new(vec![7; 32]).unwrap()
}

fn facts(machine: &str) -> HostFacts {
    HostFacts {
        hostname: "h".into(),
        os: "Debian".into(),
        machine_id: machine.into(),
        systemd: 252,
        boot_id: "b".into(),
        booted_at: Timestamp(1),
        now: Timestamp(2),
        login: "root".parse().unwrap(),
        login_uid: 0,
        root: RootRoute::Root,
        run_as: "setpriv".into(),
        system_state: "running".into(),
        may_linger_itself: None,
        user_managers: true,
        podman: None,
    }
}

fn connection() -> Connection {
    Connection {
        via: Via::Ssh,
        address: None,
        port: None,
        user: None,
        r#become: Become::Auto,
        connect_timeout: Duration::from_secs(10),
        ssh_config: None,
    }
}

/// A secret of a manifest in this directory.
fn secret(folder: &str) -> Body {
    Body::Secret {
        source: SecretSource::File(format!("{folder}/keys/token")),
        bytes: Some(Bytes::from("the canary itself")),
    }
}

fn desired(host: &HostName, folder: &str) -> Desired {
    let origin = Origin {
        file: format!("{folder}/abide.yaml"),
        line: 3,
        column: 5,
    };
    let file = DesiredFile {
        declared_at: origin.clone(),
        body: secret(folder),
        mode: None,
    };
    let user = DesiredUser {
        declared_at: origin.clone(),
        state: Presence::Present,
        remove_home: false,
        end_processes: false,
        manager_restart: None,
        account: crate::DesiredAccount::default(),
        linger: DesiredLinger {
            value: Some(true),
            reason: LingerReason::Declared(origin),
        },
        files: [("token".parse().unwrap(), file)].into(),
        units: BTreeMap::new(),
    };
    Desired {
        manifest: "m".parse().unwrap(),
        host: host.clone(),
        users: [("app".parse().unwrap(), user)].into(),
        units: BTreeMap::new(),
        linger_exclusive: None,
        policy: Policy::default(),
    }
}

fn plan(host: &HostName, actions: Vec<Action>, preconditions: Vec<Precondition>) -> Plan {
    Plan {
        host: host.clone(),
        manifest: "m".parse().unwrap(),
        actions,
        forecast: Vec::new(),
        refused: Vec::new(),
        notes: Vec::new(),
        unchanged: 3,
        preconditions,
        watches: Vec::new(),
        services: BTreeMap::new(),
        ledger_claim: Ledger::default(),
        ledger_after: Ledger::default(),
    }
}

fn write(at: &str, body: Body, before: Before) -> Change {
    Change::WriteFile(WriteFile {
        path: path(at),
        purpose: FilePurpose::Unit,
        body,
        mode: 0o644,
        before,
    })
}

fn any_before() -> impl Strategy<Value = Before> {
    prop_oneof![
        Just(Before::Absent),
        "[a-z]{1,4}".prop_map(|text| Before::File {
            digest: Some(Digest::of_bytes(text.as_bytes())),
            content: Some(Bytes::from(text.as_str())),
            mode: 0o600,
        }),
        "/[a-z]{1,4}".prop_map(Before::Symlink),
    ]
}

fn any_change() -> impl Strategy<Value = (ResourceId, Change)> {
    let named = ResourceId::Unit(unit("user:app/web.service"));
    let of = move |change| (named.clone(), change);
    let same = of.clone();
    let removed = of.clone();
    prop_oneof![
        ("[a-z]{0,5}", any_before()).prop_map(move |(text, before)| {
            of(write(
                "/home/app/a",
                Body::Plain(Bytes::from(text.as_str())),
                before,
            ))
        }),
        any_before().prop_map(move |before| removed(Change::RemoveFile {
            path: path("/home/app/b"),
            purpose: FilePurpose::DropIn,
            before,
        })),
        select(vec![
            Change::Restart,
            Change::Start,
            Change::Stop,
            Change::Reload,
            Change::Mask,
            Change::Unmask,
            Change::Adopt,
            Change::Record,
            Change::Enable {
                add: ["default.target.wants/web.service".to_owned()].into(),
                remove: BTreeSet::new(),
                file: "/etc/systemd/system/web.service".parse().ok(),
            },
        ])
        .prop_map(same),
        select(vec![Change::EnableLinger, Change::DisableLinger,])
            .prop_map(|change| (ResourceId::Linger("app".parse().unwrap()), change)),
        Just((
            ResourceId::User("app".parse().unwrap()),
            Change::ModifyUser(vec![FieldChange {
                field: crate::AccountField::Shell,
                from: "/bin/sh".into(),
                to: "/bin/bash".into(),
            }]),
        )),
        Just((
            ResourceId::File {
                scope: scope("app"),
                path: path("/home/app/token"),
            },
            write("/home/app/token", secret("."), Before::Absent),
        )),
    ]
}

fn any_actions() -> impl Strategy<Value = Vec<Action>> {
    prop::collection::vec(any_change(), 1..5).prop_map(|changes| {
        let numbered = changes.into_iter().zip(1..);
        let action = |((resource, change), id)| Action {
            id: ActionId(id),
            resource,
            change,
            causes: vec![Cause::Missing],
            after: (1..id).map(ActionId).collect(),
        };
        numbered.map(action).collect()
    })
}

fn any_preconditions() -> impl Strategy<Value = Vec<Precondition>> {
    (
        any::<bool>(),
        any::<Option<u32>>(),
        "[a-z]{1,3}",
        any::<bool>(),
    )
        .prop_map(|(recorded, uid, text, up)| {
            let user: crate::UserName = "app".parse().unwrap();
            vec![
                Precondition::User {
                    user: user.clone(),
                    uid,
                },
                Precondition::Linger { user, recorded },
                Precondition::File {
                    scope: scope("app"),
                    path: path("/home/app/a"),
                    digest: Some(Digest::of_bytes(text.as_bytes())),
                },
                Precondition::Unit {
                    unit: unit("user:app/web.service"),
                    active: if up {
                        ActiveState::Active
                    } else {
                        ActiveState::Failed
                    },
                    invocation: "a".repeat(32),
                },
            ]
        })
}

/// Some hosts, each with what is wanted and what was planned.
type Planned = (BTreeMap<HostName, FleetHost>, Report);

fn any_planned() -> impl Strategy<Value = Planned> {
    let host = (any_actions(), any_preconditions(), "[0-9a-f]{32}");
    prop::collection::btree_map("h[0-9]", host, 1..5).prop_map(|hosts| {
        let mut wanted = BTreeMap::new();
        let mut report = Report::default();
        for (name, (actions, preconditions, machine)) in hosts {
            let name: HostName = name.parse().unwrap();
            wanted.insert(
                name.clone(),
                FleetHost {
                    groups: BTreeSet::new(),
                    connection: connection(),
                    desired: desired(&name, "."),
                },
            );
            report.hosts.insert(
                name.clone(),
                HostReport {
                    outcome: HostOutcome::Pending,
                    facts: Some(facts(&machine)),
                    declared: Vec::new(),
                    plan: Some(plan(&name, actions, preconditions)),
                    steps: Vec::new(),
                    surprises: Vec::new(),
                    millis: 12,
                },
            );
        }
        (wanted, report)
    })
}

fn saved((hosts, report): &Planned) -> SavedPlan {
    let making = Making {
        abide_version: "0.1.0",
        created_at: "2026-03-01T12:00:00Z".parse().unwrap(),
        valid_for: Duration::from_secs(24 * 60 * 60),
        manifest: PlannedManifest {
            name: "m".parse().unwrap(),
            digest: Digest::of_bytes(b"manifest"),
            source: None,
        },
        selection: Selected {
            args: Vec::new(),
            hosts: hosts.keys().cloned().collect(),
            shard: None,
            whole: None,
            complete: true,
        },
        summary: [("hosts".to_owned(), hosts.len() as u64)].into(),
        complete: true,
        applyable: true,
        diagnostics: &[],
        parallel: 32,
        rollout: Rollout::default(),
        key: Some(&key()),
    };
    SavedPlan::new(hosts, report, making)
}
