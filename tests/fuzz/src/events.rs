//! What an apply script tells, line by line: `@ ` stands for the nonce.

use abide_host::apply::{HostEvent, ApplyReader};
use abide_model::{
    Action, ActionId, Body, Bytes, Cause, Change, FailedUnit, Ledger, LockHolder, Masks, Plan,
    ResourceId, Scope, SecretSource, Suspension,
};

const NONCE: &str = "@";
const SECRET: &str = "hunter2";
/// Longest text of one event, in characters.
const LONGEST: usize = 2000;
/// Most journal lines of one unit.
const MOST_LINES: usize = 40;

/// Whatever the lines are, only the plan's actions are believed, and what is shown is short, printable and without the
/// manifest's secrets.
pub fn check(data: &[u8]) {
    // A line becomes text, and its pieces texts of their own.
    crate::within(16 * data.len() + 65_536, || read(data));
}

fn read(data: &[u8]) {
    let plan = plan();
    let mut reader = ApplyReader::new(&plan, NONCE, masks());
    for line in data.split(|byte| *byte == b'\n') {
        let events = reader.line(line);
        assert!(events.len() <= 2, "{events:?}");
        let ours = line.starts_with(b"@ ");
        assert!(ours || events.is_empty(), "{events:?}");
        for event in &events {
            check_event(&plan, event);
        }
    }
    for event in reader.line(b"@ end 0") {
        check_event(&plan, &event);
    }
}

fn check_event(plan: &Plan, event: &HostEvent) {
    match event {
        HostEvent::Start(action) => assert!(plan.action(*action).is_some()),
        HostEvent::Done {
            action, message, ..
        } => {
            assert!(plan.action(*action).is_some());
            check_text(message);
        }
        HostEvent::Progress(text)
        | HostEvent::Notice(text)
        | HostEvent::Stale(text)
        | HostEvent::Failed(text) => {
            check_text(text);
        }
        HostEvent::Locked(holder) | HostEvent::Waiting(_, holder) => {
            let LockHolder {
                who,
                operation,
                since: _,
                id,
                plan,
                url,
            } = holder;
            for text in [who, operation, id, plan, url] {
                check_text(text);
            }
        }
        HostEvent::Suspended(Suspension { who, reason, .. }) => {
            for text in [who, reason] {
                check_text(text);
            }
        }
        HostEvent::UnitFailed(FailedUnit {
            unit: _,
            state,
            journal,
        }) => {
            check_text(state);
            assert!(journal.len() <= MOST_LINES);
            journal.iter().for_each(|line| check_text(line));
        }
    }
}

fn check_text(text: &str) {
    assert!(text.chars().count() <= LONGEST);
    crate::assert_printable(text);
    assert!(!text.contains(SECRET), "{text}");
}

fn masks() -> Masks {
    Masks::from_bodies([&Body::Secret {
        source: SecretSource::Env("S".to_owned()),
        bytes: Some(Bytes::from(SECRET)),
    }])
}

fn plan() -> Plan {
    let actions = [1, 2, 7].map(|id| Action {
        id: ActionId(id),
        resource: ResourceId::Manager(Scope::System),
        change: Change::DaemonReload,
        causes: Vec::<Cause>::new(),
        after: Vec::new(),
    });
    Plan {
        host: "h1".parse().expect("a name"),
        manifest: "shop".parse().expect("a name"),
        actions: actions.into(),
        forecast: Vec::new(),
        refused: Vec::new(),
        notes: Vec::new(),
        unchanged: 0,
        preconditions: Vec::new(),
        watches: Vec::new(),
        services: std::collections::BTreeMap::new(),
        ledger_claim: Ledger::default(),
        ledger_after: Ledger::default(),
    }
}
