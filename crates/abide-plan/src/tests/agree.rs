//! Plan, drift and status give one answer on a unit, in whatever state it is seen: status asks the plan
//! ([`abide_model::Plan::judge`]).

use abide_model::{
    ActiveState, Desired, DriftClass, Health, Judged, NoteKind, Observed, ObservedUnit, OnChange,
    Timestamp, Wanted,
};
use abide_sim::unit_ref;

use super::support::{WEB, as_declared, assert_sound, one, seen_unit, service, told};
use crate::{drift, plan};

const SUBS: [(ActiveState, &str); 16] = [
    (ActiveState::Active, "running"),
    (ActiveState::Active, "exited"),
    (ActiveState::Active, "waiting"),
    (ActiveState::Reloading, "reload"),
    (ActiveState::Activating, "start"),
    (ActiveState::Activating, "start-pre"),
    (ActiveState::Activating, "start-post"),
    (ActiveState::Activating, "condition"),
    (ActiveState::Activating, "auto-restart"),
    (ActiveState::Activating, "auto-restart-queued"),
    (ActiveState::Deactivating, "stop"),
    (ActiveState::Deactivating, "final-sigterm"),
    (ActiveState::Inactive, "dead"),
    (ActiveState::Failed, "failed"),
    (ActiveState::Maintenance, "maintenance"),
    (ActiveState::Inactive, "dead-before-auto-restart"),
];

/// The host has another configuration than the one that a unit runs, and the manifest says not to restart it.
#[test]
fn plan_drift_and_status_never_disagree_on_a_unit_that_is_held_back() {
    for running in [Wanted::Yes, Wanted::No, Wanted::Unmanaged] {
        let build = |command: &str| {
            let builder = one("web.service", &service(command)).linger(Some(true));
            let builder = builder.with_running(running).on_change(OnChange::None);
            builder.build()
        };
        let mut host = as_declared(&build("/bin/web"));
        let wanted = build("/bin/web2");
        let _ran = host.apply(&plan(&wanted, &host.observe(&wanted)));
        let base = host.observe(&wanted);
        let is_held = |plan: &abide_model::Plan| {
            let mut notes = plan.notes.iter();
            notes.any(|note| note.kind == NoteKind::PendingRestart)
        };
        assert_eq!(is_held(&plan(&wanted, &base)), running == Wanted::Yes);
        for state in states() {
            let mut seen = in_state(&base, state);
            let unit = seen_unit(&mut seen, WEB);
            let unit = unit.clone();
            assert_agree(&wanted, running, &seen, &unit);
        }
    }
}

fn manifests() -> Vec<(Desired, Wanted)> {
    [Wanted::Yes, Wanted::No, Wanted::Unmanaged]
        .into_iter()
        .map(|running| {
            let builder = one("web.service", &service("/bin/web")).linger(Some(true));
            (builder.with_running(running).build(), running)
        })
        .collect()
}

#[test]
fn plan_drift_and_status_never_disagree_on_a_unit() {
    for (wanted, running) in manifests() {
        let host = as_declared(&wanted);
        let base = host.observe(&wanted);
        for state in states() {
            let mut seen = in_state(&base, state);
            let unit = seen_unit(&mut seen, WEB);
            // It runs what is on disk, since then.
            if unit.started_at.is_some() || unit.active.is_up() {
                unit.started_at = unit.state_since;
            }
            let unit = unit.clone();
            assert_agree(&wanted, running, &seen, &unit);
        }
    }
}

type State = ((ActiveState, &'static str), (&'static str, u32, u64));

fn states() -> impl Iterator<Item = State> {
    let with =
        |load| [0, 1, 5].map(|restarts| [1, 20, 100, 5000].map(|secs| (load, restarts, secs)));
    let others = ["loaded", "bad-setting", "not-found"].into_iter();
    let others: Vec<_> = others.flat_map(with).flatten().collect();
    SUBS.into_iter()
        .flat_map(move |state| others.clone().into_iter().map(move |other| (state, other)))
}

/// The host with this unit in this state.
fn in_state(base: &Observed, ((active, sub), (load, restarts, secs)): State) -> Observed {
    let mut seen = base.clone();
    let since = Timestamp(base.facts.now.0 - secs * 1_000_000);
    let unit = seen_unit(&mut seen, WEB);
    (unit.active, unit.sub) = (active, sub.to_owned());
    load.clone_into(&mut unit.load);
    (unit.result, unit.main_status) = ("exit-code".to_owned(), Some(1));
    (unit.restarts, unit.state_since) = (restarts, Some(since));
    seen
}

#[track_caller]
fn assert_agree(wanted: &Desired, running: Wanted, seen: &Observed, unit: &ObservedUnit) {
    let plan = plan(wanted, seen);
    assert_sound(&plan);
    let resource = abide_model::ResourceId::Unit(unit_ref(WEB));
    let judged = plan.judge(&[&resource]);
    let limit = std::time::Duration::from_secs(90);
    let health = Health::from_observed(unit, seen.facts.now, Some(limit));
    let drift = drift(wanted, seen);
    let class = drift.resources.iter().find(|one| one.resource == resource);
    let class = class.map_or(DriftClass::Clean, |one| one.class);
    let what = format!(
        "{running:?} {} {} {} {} restarts: {judged:?} {health} {class:?}\n{}",
        unit.active.word(),
        unit.sub,
        unit.load,
        unit.restarts,
        told(&plan)
    );
    let differs = matches!(class, DriftClass::Drifted | DriftClass::PendingRollout);
    assert_eq!(judged != Judged::AsDeclared, differs, "{what}");
    assert_eq!(plan.is_empty(), judged == Judged::AsDeclared, "{what}");
    if running == Wanted::Yes && judged == Judged::AsDeclared {
        assert!(matches!(health, Health::Up | Health::Starting), "{what}");
    }
    if running == Wanted::No && judged == Judged::AsDeclared {
        let down = !unit.active.is_up() && !unit.sub.contains("auto-restart");
        assert!(down, "{what}");
    }
}
