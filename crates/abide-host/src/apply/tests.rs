//! The scripts are what a shell and shellcheck accept, do what the plan says, and tell it.

use abide_model::{
    Action, ActionId, ActiveState, Before, Body, Bytes, Cause, Change, Digest, FieldChange,
    FilePurpose, HostPath, Ledger, LedgerFile, LedgerUnit, OnChange, Precondition, ResourceId,
    RootRoute, Scope, SecretSource, StepOutcome, Timestamp, UnitName, UnitRef, UserName, Watch,
    WriteFile,
};

use super::*;

mod compiled;
mod kept;
mod links;
mod local;
mod quadlets;
mod reader;
mod restart;
mod writer;

fn facts(root: RootRoute) -> HostFacts {
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
        root,
        run_as: "setpriv".into(),
        system_state: "running".into(),
        may_linger_itself: None,
        user_managers: true,
        podman: None,
    }
}

fn options() -> ApplyOptions {
    ApplyOptions {
        plan: String::new(),
        url: String::new(),
        lock_timeout: Duration::ZERO,
        time_limit: Duration::from_secs(600),
        nonce: "n0nce".into(),
        who: "ana@laptop".into(),
    }
}

fn path(text: &str) -> HostPath {
    HostPath::parse(text).unwrap()
}

fn unit(scope: &Scope, name: &str) -> UnitRef {
    UnitRef::new(scope, &UnitName::parse(name).unwrap())
}

pub(crate) fn write(at: HostPath, purpose: FilePurpose, body: Body, mode: u32) -> Change {
    Change::WriteFile(WriteFile {
        path: at,
        purpose,
        body,
        mode,
        before: Before::Absent,
    })
}

fn secret(text: &str) -> Body {
    Body::Secret {
        source: SecretSource::Env("T".into()),
        bytes: Some(Bytes::from(text)),
    }
}

fn watch(unit: &UnitRef, hold: u64) -> Watch {
    Watch {
        unit: unit.clone(),
        hold: Duration::from_secs(hold),
        timeout: Duration::from_secs(90),
        on_change: OnChange::Restart,
    }
}

/// A plan of these changes, each following from those named.
pub(crate) fn plan_of(changes: Vec<(ResourceId, Change, Vec<u32>)>) -> Plan {
    let actions = changes
        .into_iter()
        .zip(1..)
        .map(|((resource, change, after), id)| Action {
            id: ActionId(id),
            resource,
            change,
            causes: vec![Cause::Missing],
            after: after.into_iter().map(ActionId).collect(),
        });
    Plan {
        host: "h1".parse().unwrap(),
        manifest: "shop".parse().unwrap(),
        actions: actions.collect(),
        refused: Vec::new(),
        notes: Vec::new(),
        unchanged: 0,
        preconditions: Vec::new(),
        watches: Vec::new(),
        forecast: Vec::new(),
        services: std::collections::BTreeMap::new(),
        ledger_claim: Ledger::default(),
        ledger_after: Ledger::default(),
    }
}
