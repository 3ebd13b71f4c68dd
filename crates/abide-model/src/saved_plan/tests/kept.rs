//! Plans that earlier versions saved are still read, and have the digest that was approved then.
//!
//! `testdata/saved-plans` holds what was written once and is never written anew: `1.0-everything.json` has every word
//! of the format, `1.0-fleet.json` was made on real hosts. A test that fails here means that files of people can no
//! longer be applied: give a new member `#[serde(default)]` (and `skip_serializing_if` where the digest covers it), or
//! raise the major version.

#![expect(clippy::too_many_lines, reason = "a sample is a list")]

use std::path::{Path, PathBuf};

use super::*;
use crate::{
    DesiredUnit, Disruption, Effect, FailedUnit, HandEdit, HostPathOrHome, LedgerFile, LedgerUnit,
    LingerExclusive, LockHolder, OnChange, Refusal, RefusalKind, Settle, Share, Wanted, Watch,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/saved-plans")
}

fn kept() -> Vec<(String, Vec<u8>)> {
    let entries = folder().read_dir().unwrap();
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, std::fs::read(entry.path()).unwrap())
    };
    entries.map(read).collect()
}

#[test]
fn every_kept_plan_is_read_and_has_its_digest() {
    let kept = kept();
    assert!(kept.len() >= 2, "{}", kept.len());
    for (name, bytes) in kept {
        let plan = SavedPlan::read(&bytes).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(plan.format_version.starts_with("1."), "{name}");
        assert!(plan.is_sealed_by(&key()), "{name}");
        // Written by this version it would still be the same plan.
        let again = SavedPlan::read(plan.clone().sealed_again().text().unwrap().as_bytes());
        assert_eq!(again.unwrap().digest, plan.digest, "{name}");
    }
}

impl SavedPlan {
    fn sealed_again(mut self) -> Self {
        self.finish(Some(&key()));
        self
    }
}

/// What is in the sample is what this version writes: the sample knows every word, and none was renamed.
#[test]
fn every_word_of_the_format_is_in_a_kept_plan() {
    let path = folder().join("1.0-everything.json");
    let current = everything().text().unwrap();
    if std::env::var_os("ABIDE_BLESS").is_some() && !path.exists() {
        std::fs::write(&path, &current).unwrap();
    }
    let words = |text: &str| -> BTreeSet<String> {
        let pieces = text.split('"').skip(1).step_by(2);
        pieces.map(str::to_owned).collect()
    };
    let kept = words(&std::fs::read_to_string(&path).unwrap());
    let hexadecimal =
        |word: &String| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let lost: Vec<String> = kept
        .difference(&words(&current))
        .filter(|word| !hexadecimal(word))
        .cloned()
        .collect();
    assert_eq!(
        lost,
        Vec::<String>::new(),
        "these words are no longer written"
    );
}

fn causes() -> Vec<Cause> {
    vec![
        Cause::Missing,
        Cause::Differs {
            field: crate::Field::from("ExecStart=".to_owned()),
            observed: "/bin/a".into(),
            desired: "/bin/b".into(),
        },
        Cause::DeclaredAbsent,
        Cause::Undeclared,
        Cause::LingerNeeded {
            unit: "web.service".parse().unwrap(),
        },
        Cause::FollowsFrom(ActionId(1)),
        Cause::ReloadOwed {
            evidence: "NeedDaemonReload".into(),
            unit: Some("web.service".parse().unwrap()),
        },
        Cause::RunningOldConfig {
            since: Some(Timestamp(1_700_000_000_000_000)),
            keys: vec!["ExecStart=".into()],
        },
        Cause::Failed {
            result: "exit-code".into(),
        },
        Cause::ChangedOnHost {
            edit: HandEdit::Edited,
            at: Some(Timestamp(1_700_000_000_000_000)),
        },
    ]
}

fn changes() -> Vec<(ResourceId, Change)> {
    let user = || ResourceId::User("app".parse().unwrap());
    let linger = || ResourceId::Linger("app".parse().unwrap());
    let manager = || ResourceId::Manager(scope("app"));
    let web = || ResourceId::Unit(unit("user:app/web.service"));
    let file = |at: &str| ResourceId::File {
        scope: scope("app"),
        path: path(at),
    };
    let old = || Before::File {
        digest: Some(Digest::of_bytes(b"old")),
        content: Some("old".into()),
        mode: 0o600,
    };
    let links = || BTreeSet::from(["default.target.wants/web.service".to_owned()]);
    vec![
        (
            user(),
            Change::CreateUser {
                uid: Some(1000),
                group: Some("app".into()),
                groups: ["adm".to_owned()].into(),
                home: path("/home/app"),
                shell: Some(path("/bin/sh")),
                comment: Some("App".into()),
                system: true,
            },
        ),
        (
            user(),
            Change::ModifyUser(vec![FieldChange {
                field: crate::AccountField::Shell,
                from: "/bin/sh".into(),
                to: "/bin/bash".into(),
            }]),
        ),
        (linger(), Change::EnableLinger),
        (manager(), Change::StartManager),
        (
            web(),
            write("/home/app/web.service", Body::Plain("text".into()), old()),
        ),
        (
            web(),
            write(
                "/home/app/raw",
                Body::Plain(Bytes::new(vec![0, 255])),
                Before::Symlink("/dev/null".into()),
            ),
        ),
        (
            file("/home/app/token"),
            write("/home/app/token", secret("fleet"), Before::Absent),
        ),
        (
            web(),
            Change::SetMode {
                path: path("/home/app/web.service"),
                from: 0o600,
                to: 0o644,
            },
        ),
        (
            web(),
            Change::RemoveFile {
                path: path("/home/app/web.service.d/a.conf"),
                purpose: FilePurpose::DropIn,
                before: old(),
            },
        ),
        (
            file("/home/app/plain"),
            Change::RemoveFile {
                path: path("/home/app/plain"),
                purpose: FilePurpose::Plain,
                before: Before::Absent,
            },
        ),
        (
            web(),
            Change::Enable {
                add: links(),
                remove: BTreeSet::new(),
                file: None,
            },
        ),
        (web(), Change::Disable { remove: links() }),
        (web(), Change::Mask),
        (web(), Change::Unmask),
        (manager(), Change::DaemonReload),
        (web(), Change::ResetFailed),
        (web(), Change::Stop),
        (web(), Change::Start),
        (web(), Change::Restart),
        (web(), Change::Reload),
        (web(), Change::Adopt),
        (web(), Change::Forget),
        (linger(), Change::DisableLinger),
        (
            user(),
            Change::DeleteUser {
                remove_home: true,
                end_processes: true,
            },
        ),
    ]
}

fn ledger() -> Ledger {
    let file = |digest| LedgerFile {
        scope: scope("app"),
        digest,
    };
    let left = LedgerUnit {
        invocation: "a".repeat(32),
        config: Some(Digest::of_bytes(b"config")),
        enabled: true,
        claimed: false,
        reads: crate::LedgerReads::default(),
    };
    Ledger {
        files: [
            (path("/home/app/a"), file(None)),
            (path("/home/app/b"), file(Some(Digest::of_bytes(b"b")))),
        ]
        .into(),
        units: [(unit("user:app/web.service"), left)].into(),
        users: ["app".parse().unwrap()].into(),
        lingers: ["app".parse().unwrap()].into(),
        attributes: [(
            "app".parse().unwrap(),
            [("shell".to_owned(), "/bin/sh".to_owned())].into(),
        )]
        .into(),
    }
}

fn whole_plan(host: &HostName) -> Plan {
    let actions = changes().into_iter().zip(1..);
    let actions = actions.map(|((resource, change), id)| Action {
        id: ActionId(id),
        resource,
        change,
        causes: causes(),
        after: (1..id).map(ActionId).collect(),
    });
    let kinds = [
        NoteKind::PendingRestart,
        NoteKind::Foreign,
        NoteKind::UndeclaredLinger,
        NoteKind::Orphan,
        NoteKind::Expect,
        NoteKind::HeldBySession,
        NoteKind::MayRunOld,
        NoteKind::SourceMissing,
        NoteKind::Unsupported,
        NoteKind::Ledger,
    ];
    let effects = [
        Effect::Stop,
        Effect::Restart,
        Effect::Reload,
        Effect::Start,
        Effect::Close,
    ];
    let refusals = [
        RefusalKind::Guard,
        RefusalKind::Impossible,
        RefusalKind::Unknown,
    ];
    let policies = [
        OnChange::Restart,
        OnChange::Reload,
        OnChange::StopStart,
        OnChange::None,
    ];
    let user: crate::UserName = "app".parse().unwrap();
    Plan {
        forecast: effects
            .map(|effect| Disruption {
                action: ActionId(1),
                unit: unit("system/db.service"),
                effect,
                through: "web.service".parse().unwrap(),
                setting: "Requires=".into(),
            })
            .to_vec(),
        refused: refusals
            .map(|kind| Refusal {
                resource: ResourceId::Unit(unit("system/db.service")),
                reason: "it is so".into(),
                why: None,
                help: Some("do this".into()),
                kind,
            })
            .to_vec(),
        notes: kinds
            .map(|kind| Note {
                resource: ResourceId::Manager(Scope::System),
                kind,
                text: crate::NoteText::from_text("a note"),
                why: None,
            })
            .to_vec(),
        watches: policies
            .map(|on_change| Watch {
                unit: unit("user:app/web.service"),
                hold: Duration::from_secs(2),
                timeout: Duration::from_secs(90),
                on_change,
            })
            .to_vec(),
        ledger_claim: ledger(),
        ledger_after: ledger(),
        ..plan(
            host,
            actions.collect(),
            vec![
                Precondition::User {
                    user: user.clone(),
                    uid: None,
                },
                Precondition::Linger {
                    user,
                    recorded: false,
                },
                Precondition::File {
                    scope: scope("app"),
                    path: path("/home/app/web.service"),
                    digest: Some(Digest::of_bytes(b"old")),
                },
                Precondition::Unit {
                    unit: unit("user:app/web.service"),
                    active: ActiveState::Active,
                    invocation: "a".repeat(32),
                },
            ],
        )
    }
}

fn outcomes(host: &HostName) -> Vec<HostOutcome> {
    vec![
        HostOutcome::Pending,
        HostOutcome::Unchanged,
        HostOutcome::Changed,
        HostOutcome::Failed {
            reasons: vec![crate::FailReason::from_text("it broke")],
            residue: Some(Box::new(plan(host, Vec::new(), Vec::new()))),
            failed_units: vec![FailedUnit {
                unit: unit("user:app/web.service"),
                state: "failed (exit-code)".into(),
                journal: vec!["last words".into()],
            }],
        },
        HostOutcome::Unreachable {
            reason: "connect timed out".into(),
            help: Some("look".into()),
        },
        HostOutcome::Locked(LockHolder {
            who: "ana@ci".into(),
            operation: "apply".into(),
            since: Timestamp(1),
            id: String::new(),
            plan: String::new(),
            url: String::new(),
        }),
        HostOutcome::Stale {
            facts: vec![crate::StaleFact::from_text("x: planned from a, now b")],
        },
        HostOutcome::NotStarted,
        HostOutcome::Interrupted,
    ]
}

fn whole_desired(host: &HostName) -> Desired {
    let origin = Origin {
        file: "fleet/abide.yaml".into(),
        line: 9,
        column: 1,
    };
    let unit = |presence, wanted, on_change| DesiredUnit {
        service: None,
        declared_at: origin.clone(),
        presence,
        file: Some(Body::Plain("text".into())),
        drop_ins: [("a.conf".to_owned(), Body::Plain("text".into()))].into(),
        running: wanted,
        enabled: wanted,
        masked: Some(false),
        on_change,
        on_change_said: true,
        restart_on: [HostPathOrHome::Absolute(path("/etc/a"))].into(),
        reload_on: [HostPathOrHome::Home("b".parse().unwrap())].into(),
        settle: Settle::default(),
    };
    let units = [
        (
            "a.service",
            unit(Presence::Present, Wanted::Yes, OnChange::Restart),
        ),
        (
            "b.service",
            unit(Presence::Absent, Wanted::No, OnChange::Reload),
        ),
        (
            "c.service",
            unit(Presence::Present, Wanted::Unmanaged, OnChange::StopStart),
        ),
        (
            "d.service",
            unit(Presence::Present, Wanted::Unmanaged, OnChange::None),
        ),
    ];
    let mut desired = desired(host, "fleet");
    desired.units = units
        .into_iter()
        .map(|(name, unit)| (name.parse().unwrap(), unit))
        .collect();
    desired.linger_exclusive = Some(LingerExclusive {
        enforce: true,
        declared_at: origin.clone(),
    });
    desired.policy = Policy {
        prune: false,
        max_removals: Share::Count(3),
        allowed_removals: 4,
        accept_broken: true,
    };
    let mut users = desired.users.values().cloned();
    let mut other = users.next().unwrap();
    other.linger.reason = LingerReason::ImpliedBy("a.service".parse().unwrap());
    desired
        .users
        .insert("other".parse().unwrap(), other.clone());
    other.linger.reason = LingerReason::Unasked;
    other.state = Presence::Absent;
    desired.users.insert("third".parse().unwrap(), other);
    desired
}

/// A plan with every word that the format has.
fn everything() -> SavedPlan {
    let mut hosts = BTreeMap::new();
    let mut report = Report::default();
    let name: HostName = "h".parse().unwrap();
    for (index, outcome) in outcomes(&name).into_iter().enumerate() {
        let name: HostName = format!("h{index}").parse().unwrap();
        hosts.insert(
            name.clone(),
            FleetHost {
                groups: ["web".parse().unwrap()].into(),
                connection: Connection {
                    via: if index == 1 { Via::Local } else { Via::Ssh },
                    address: Some("10.0.0.1".into()),
                    port: Some(22),
                    user: Some("deploy".into()),
                    ssh_config: Some("ssh_config".into()),
                    ..connection()
                },
                desired: whole_desired(&name),
            },
        );
        let known = matches!(outcome, HostOutcome::Pending | HostOutcome::Unchanged);
        let came = HostReport {
            facts: known.then(|| facts("machine")),
            declared: vec![Declared {
                resource: ResourceId::Unit(unit("system/box.container")),
                loaded_as: Some(ResourceId::Unit(unit("system/box.service"))),
                origin: Origin {
                    file: "fleet/abide.yaml".into(),
                    line: 7,
                    column: 3,
                },
            }],
            plan: match outcome {
                HostOutcome::Pending => Some(whole_plan(&name)),
                HostOutcome::Unchanged => Some(plan(&name, Vec::new(), Vec::new())),
                _ => None,
            },
            outcome,
            steps: Vec::new(),
            surprises: Vec::new(),
            millis: 12,
        };
        report.hosts.insert(name, came);
    }
    let mut saved = saved(&(hosts, report));
    saved.diagnostics.push(SavedDiagnostic {
        severity: Severity::Warning,
        code: "W0601".into(),
        message: "it is odd".into(),
        origin: Origin {
            file: "fleet/abide.yaml".into(),
            line: 1,
            column: 1,
        },
        help: Some("write it so".into()),
    });
    saved.manifest.source = Some(SourceRevision {
        repo: Some("https://git.example.com/fleet.git".into()),
        rev: "0".repeat(40),
        dirty: true,
    });
    saved.selection.shard = Some(Shard { index: 1, count: 2 });
    saved.rollout = Rollout {
        canary: 1,
        batch: Some(Share::Percent(25)),
        max_failures: Some(2),
    };
    saved.sealed_again()
}
