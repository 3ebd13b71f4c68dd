//! How the simulated host carries out a plan: claims, cuts, what is skipped, what the ledger says.

use std::collections::BTreeSet;

use abide_model::{
    Action, ActionId, Before, Body, Cause, Change, Desired, FilePurpose, Ledger, LedgerUnit, Plan,
    Precondition, ResourceId, StepOutcome, WriteFile,
};
use abide_sim::{SimHost, desired, path, scope, unit_ref, user};

const UNIT: &str = "user:deploy/a.service";
const FILE: &str = "/home/deploy/.config/systemd/user/a.service";
const TEXT: &str = "[Service]\nExecStart=/bin/a\n[Install]\nWantedBy=default.target\n";

fn wanted() -> Desired {
    desired("h1").user("deploy").unit("a.service", TEXT).build()
}

/// The changes in this order, each after the one before it.
fn plan(changes: Vec<(ResourceId, Change)>) -> Plan {
    let entry = LedgerUnit {
        invocation: String::new(),
        config: None,
        enabled: true,
        claimed: false,
        reads: abide_model::LedgerReads::default(),
    };
    let ledger = Ledger {
        units: [(unit_ref(UNIT), entry)].into(),
        ..Ledger::default()
    };
    let mut claim = ledger.clone();
    claim.users = [user("deploy")].into();
    let actions = (1..).zip(changes).map(|(id, (resource, change))| Action {
        id: ActionId(id),
        resource,
        change,
        causes: vec![Cause::Missing],
        after: (id > 1).then(|| ActionId(id - 1)).into_iter().collect(),
    });
    let wanted = wanted();
    Plan {
        host: wanted.host,
        manifest: wanted.manifest,
        actions: actions.collect(),
        refused: Vec::new(),
        notes: Vec::new(),
        unchanged: 0,
        preconditions: Vec::new(),
        watches: Vec::new(),
        forecast: Vec::new(),
        services: std::collections::BTreeMap::new(),
        ledger_claim: claim,
        ledger_after: ledger,
    }
}

fn whole() -> Plan {
    let unit = || ResourceId::Unit(unit_ref(UNIT));
    let create = Change::CreateUser {
        uid: None,
        group: None,
        groups: BTreeSet::new(),
        home: path("/home/deploy"),
        shell: None,
        comment: None,
        system: false,
    };
    let write = Change::WriteFile(WriteFile {
        path: path(FILE),
        purpose: FilePurpose::Unit,
        body: Body::Plain(TEXT.into()),
        mode: 0o644,
        before: Before::Absent,
    });
    let enable = Change::Enable {
        add: ["default.target.wants/a.service".to_owned()].into(),
        remove: BTreeSet::new(),
        file: "/home/deploy/.config/systemd/user/a.service".parse().ok(),
    };
    let manager = || ResourceId::Manager(scope("user:deploy"));
    plan(vec![
        (ResourceId::User(user("deploy")), create),
        (ResourceId::Linger(user("deploy")), Change::EnableLinger),
        (manager(), Change::StartManager),
        (unit(), write),
        (unit(), enable),
        (manager(), Change::DaemonReload),
        (unit(), Change::Start),
    ])
}

#[test]
fn a_host_where_nothing_is_comes_to_run_everything() {
    let mut host = SimHost::new();
    let reports = host.apply(&whole());
    assert!(
        reports
            .iter()
            .all(|report| report.outcome == StepOutcome::Ok),
        "{reports:?}"
    );
    assert!(host.runs_what_is_on_disk(&unit_ref(UNIT)));
    assert_eq!(host.mode_and_owner(&path(FILE)), Some((0o644, "deploy")));
    host.reboot();
    assert!(
        host.is_up(&unit_ref(UNIT)),
        "it starts at boot with nobody logged in"
    );
}

#[test]
fn the_completed_ledger_names_the_run_and_a_cut_one_stays_a_claim() {
    let plan = whole();
    for steps in 0..=plan.actions.len() {
        let mut host = SimHost::new();
        assert_eq!(host.apply_until(&plan, steps).len(), steps);
        assert_eq!(
            host.ledger(&plan.manifest),
            Some(&plan.ledger_claim),
            "cut after {steps}"
        );
    }
    let mut host = SimHost::new();
    host.apply(&plan);
    let ledger = host.ledger(&plan.manifest).unwrap();
    let run = host.runtime_of(&unit_ref(UNIT)).unwrap();
    assert_eq!(ledger.units[&unit_ref(UNIT)].invocation, run.invocation);
    assert!(ledger.users.is_empty());
}

#[test]
fn what_follows_from_a_failure_is_skipped_and_stays_claimed() {
    let mut host = SimHost::new().with_user("deploy");
    let reports = host.apply(&whole());
    let outcomes: Vec<_> = reports.iter().map(|report| report.outcome).collect();
    assert_eq!(
        outcomes[0],
        StepOutcome::Failed,
        "the user is there already"
    );
    assert!(
        outcomes[1..]
            .iter()
            .all(|outcome| *outcome == StepOutcome::Skipped)
    );
    let ledger = host.ledger(&whole().manifest).unwrap();
    assert_eq!(ledger.users, [user("deploy")].into());
    assert!(host.text(&path(FILE)).is_none());
}

#[test]
fn without_a_daemon_reload_a_restart_runs_the_old_text() {
    let mut host = SimHost::new();
    host.apply(&whole());
    let write = Change::WriteFile(WriteFile {
        path: path(FILE),
        purpose: FilePurpose::Unit,
        body: Body::Plain("[Service]\nExecStart=/bin/b\n".into()),
        mode: 0o644,
        before: Before::Absent,
    });
    let unit = || ResourceId::Unit(unit_ref(UNIT));
    host.apply(&plan(vec![(unit(), write), (unit(), Change::Restart)]));
    assert!(!host.runs_what_is_on_disk(&unit_ref(UNIT)));
}

#[test]
fn an_empty_plan_touches_nothing() {
    let mut host = SimHost::new();
    let before = host.clone();
    assert!(host.apply(&plan(Vec::new())).is_empty());
    assert_eq!(host, before);
}

#[test]
fn facts_that_no_longer_hold_are_named() {
    let host = SimHost::new().with_user("deploy");
    let mut plan = whole();
    plan.preconditions = vec![
        Precondition::User {
            user: user("deploy"),
            uid: None,
        },
        Precondition::Linger {
            user: user("deploy"),
            recorded: false,
        },
        Precondition::File {
            scope: scope("user:deploy"),
            path: path(FILE),
            digest: None,
        },
    ];
    let stale = host.stale_facts(&plan);
    assert!(stale.len() == 1 && stale[0].contains("User"), "{stale:?}");
}

#[test]
fn without_root_what_is_not_the_logins_own_is_denied() {
    let mut host = SimHost::new().with_user("worker");
    host.facts.login = user("worker");
    host.facts.root = abide_model::RootRoute::None("no sudo".to_owned());
    let reports = host.apply(&whole());
    assert_eq!(reports[0].message, "Access denied");
}
