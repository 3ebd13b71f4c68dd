//! What came otherwise than foretold, state by state.

use abide_model::{
    Action, ActionId, ActiveState, Cause, Change, Disruption, Effect, Manager, ObservedUnit, Plan,
    ResourceId, UnitRef,
};
use abide_sim::{SimHost, desired, scope, unit_ref, user};

use super::support::{as_declared, one, planned, seen_of, service};
use crate::{Runs, find_surprises};

const THEIRS: &str = "user:deploy/theirs.service";

/// A host, and a plan for it in which nothing is to be done.
fn nothing() -> (SimHost, Plan) {
    let wanted = one("db.service", &service("/bin/db")).build();
    let host = as_declared(&wanted);
    let plan = planned(&host, &wanted);
    assert!(plan.is_empty());
    (host, plan)
}

/// The runs of a host on which a unit of somebody else is so.
fn runs(host: &SimHost, theirs: ObservedUnit) -> Runs {
    let wanted = one("db.service", &service("/bin/db")).build();
    let mut seen = host.observe(&wanted);
    let deploy = seen_of(&mut seen, "user:deploy");
    deploy.beside.insert(theirs.id.clone(), theirs);
    Runs::of_observed(&seen)
}

/// Somebody else's unit in this state, in this run.
fn theirs(active: ActiveState, invocation: &str) -> ObservedUnit {
    let mut unit = ObservedUnit::not_found(&unit_ref(THEIRS).unit);
    unit.active = active;
    invocation.clone_into(&mut unit.invocation);
    unit
}

fn up(invocation: &str) -> ObservedUnit {
    theirs(ActiveState::Active, invocation)
}

fn down(invocation: &str) -> ObservedUnit {
    theirs(ActiveState::Inactive, invocation)
}

/// What happened and was not foretold, if anything.
#[expect(
    clippy::option_option,
    reason = "the inner one is what `Surprise::happened` says"
)]
fn surprise(
    forecast: Option<Effect>,
    before: ObservedUnit,
    after: ObservedUnit,
) -> Option<Option<Effect>> {
    let (host, mut plan) = nothing();
    plan.forecast = forecast
        .map(|effect| Disruption {
            action: ActionId(1),
            unit: unit_ref(THEIRS),
            effect,
            through: unit_ref("user:deploy/db.service").unit,
            setting: "Requires=".to_owned(),
        })
        .into_iter()
        .collect();
    let found = find_surprises(&plan, &runs(&host, before), &runs(&host, after));
    let mut found = found.into_iter();
    let one = found.next()?;
    assert_eq!((one.unit, one.forecast), (unit_ref(THEIRS), forecast));
    assert_eq!(found.next(), None);
    Some(one.happened)
}

#[test]
fn where_nothing_is_foretold_everything_else_is_a_surprise() {
    assert_eq!(surprise(None, up("a"), up("a")), None);
    assert_eq!(surprise(None, down("a"), down("a")), None);
    assert_eq!(surprise(None, up("a"), up("")), None);
    assert_eq!(
        surprise(None, up("a"), up("b")),
        Some(Some(Effect::Restart))
    );
    assert_eq!(surprise(None, up("a"), down("a")), Some(Some(Effect::Stop)));
    assert_eq!(
        surprise(None, down("a"), up("b")),
        Some(Some(Effect::Start))
    );
    // It ran and has ended.
    assert_eq!(
        surprise(None, down("a"), down("b")),
        Some(Some(Effect::Start))
    );
}

#[test]
fn what_was_foretold_and_happened_is_none() {
    assert_eq!(surprise(Some(Effect::Reload), up("a"), up("a")), None);
    assert_eq!(surprise(Some(Effect::Restart), up("a"), up("b")), None);
    assert_eq!(surprise(Some(Effect::Stop), up("a"), down("a")), None);
    assert_eq!(surprise(Some(Effect::Close), up("a"), down("a")), None);
    assert_eq!(surprise(Some(Effect::Start), down("a"), up("b")), None);
}

#[test]
fn what_was_foretold_and_came_otherwise_is_one() {
    assert_eq!(
        surprise(Some(Effect::Restart), up("a"), up("a")),
        Some(None)
    );
    assert_eq!(surprise(Some(Effect::Stop), up("a"), up("a")), Some(None));
    assert_eq!(
        surprise(Some(Effect::Stop), up("a"), up("b")),
        Some(Some(Effect::Restart))
    );
    assert_eq!(
        surprise(Some(Effect::Reload), up("a"), up("b")),
        Some(Some(Effect::Restart))
    );
    assert_eq!(
        surprise(Some(Effect::Start), up("a"), down("a")),
        Some(Some(Effect::Stop))
    );
}

#[test]
fn a_new_run_that_has_ended_is_a_restart_unless_it_failed() {
    let restart = Some(Effect::Restart);
    let stop = Some(Some(Effect::Stop));
    assert_eq!(surprise(restart, up("a"), down("b")), None);
    assert_eq!(surprise(restart, up("a"), down("a")), stop);
    assert_eq!(
        surprise(restart, up("a"), theirs(ActiveState::Failed, "b")),
        stop
    );
}

#[test]
fn a_start_that_a_condition_held_back_did_not_happen_and_is_none() {
    let held = || {
        let mut unit = down("a");
        unit.condition = false;
        unit
    };
    assert_eq!(surprise(Some(Effect::Start), down("a"), held()), None);
    assert_eq!(
        surprise(Some(Effect::Start), down("a"), down("a")),
        Some(None)
    );
    assert_eq!(
        surprise(Some(Effect::Stop), up("a"), {
            let mut unit = up("a");
            unit.condition = false;
            unit
        }),
        Some(None)
    );
}

#[test]
fn what_a_unit_does_by_itself_is_none() {
    let restarts = |mut unit: ObservedUnit, number: u32| {
        unit.restarts = number;
        unit
    };
    let waits = |mut unit: ObservedUnit| {
        "auto-restart".clone_into(&mut unit.sub);
        unit
    };
    let restart = Some(Some(Effect::Restart));
    assert_eq!(
        surprise(None, restarts(up("a"), 1), restarts(up("b"), 2)),
        None
    );
    assert_eq!(
        surprise(None, restarts(up("a"), 2), restarts(up("b"), 2)),
        restart
    );
    assert_eq!(
        surprise(None, restarts(up("a"), 2), restarts(up("b"), 0)),
        restart
    );
    assert_eq!(surprise(None, waits(up("a")), up("b")), None);
    assert_eq!(surprise(None, up("a"), waits(up("b"))), None);
    // Also where something else was foretold.
    assert_eq!(
        surprise(
            Some(Effect::Stop),
            restarts(up("a"), 1),
            restarts(up("b"), 2)
        ),
        None
    );
    // A oneshot comes to its end.
    let works = || theirs(ActiveState::Activating, "a");
    assert_eq!(surprise(None, works(), down("a")), None);
    assert_eq!(surprise(None, works(), up("b")), restart);
}

#[test]
fn what_a_timer_may_start_at_any_time_comes_and_goes_and_is_not_restarted() {
    let triggered = |mut unit: ObservedUnit| {
        unit.triggered_by = [unit_ref("user:deploy/theirs.timer").unit].into();
        unit
    };
    assert_eq!(surprise(None, triggered(down("a")), up("b")), None);
    assert_eq!(surprise(None, down("a"), triggered(up("b"))), None);
    assert_eq!(
        surprise(None, triggered(up("a")), triggered(down("a"))),
        None
    );
    assert_eq!(
        surprise(None, triggered(up("a")), triggered(up("b"))),
        Some(Some(Effect::Restart))
    );
}

/// Whether a restart of this unit is a surprise where a plan has this action.
fn surprises_beside(resource: ResourceId, change: Change) -> bool {
    let (host, mut plan) = nothing();
    plan.actions.push(Action {
        id: ActionId(1),
        resource,
        change,
        causes: vec![Cause::Missing],
        after: Vec::new(),
    });
    !find_surprises(&plan, &runs(&host, up("a")), &runs(&host, up("b"))).is_empty()
}

#[test]
fn what_the_plan_itself_does_is_none() {
    let unit = |name: &str| ResourceId::Unit(unit_ref(name));
    for change in [Change::Stop, Change::Start, Change::Restart] {
        assert!(
            !surprises_beside(unit(THEIRS), change.clone()),
            "{change:?}"
        );
        assert!(surprises_beside(unit("user:deploy/other.service"), change));
    }
    for change in [Change::Reload, Change::ResetFailed] {
        assert!(surprises_beside(unit(THEIRS), change));
    }
}

#[test]
fn where_a_manager_comes_or_goes_nothing_of_its_units_is_one() {
    let deploy = user("deploy");
    let create = Change::CreateUser {
        uid: None,
        group: None,
        groups: [].into(),
        home: abide_sim::path("/home/deploy"),
        shell: None,
        comment: None,
        system: false,
    };
    let delete = Change::DeleteUser {
        remove_home: false,
        end_processes: false,
    };
    for (resource, change) in [
        (
            ResourceId::Manager(scope("user:deploy")),
            Change::StartManager,
        ),
        (ResourceId::Linger(deploy.clone()), Change::DisableLinger),
        (ResourceId::User(deploy.clone()), create),
        (ResourceId::User(deploy.clone()), delete),
    ] {
        assert!(!surprises_beside(resource, change.clone()), "{change:?}");
    }
    for (resource, change) in [
        (ResourceId::Manager(scope("system")), Change::StartManager),
        (
            ResourceId::Manager(scope("user:deploy")),
            Change::DaemonReload,
        ),
        (ResourceId::Linger(deploy.clone()), Change::EnableLinger),
        (ResourceId::User(deploy), Change::ModifyUser(Vec::new())),
    ] {
        assert!(surprises_beside(resource, change.clone()), "{change:?}");
    }
}

#[test]
fn of_a_manager_that_is_down_no_runs_are_known() {
    let wanted = desired("h1").user("deploy").linger(Some(true)).build();
    let mut seen = as_declared(&wanted).observe(&wanted);
    let deploy = seen_of(&mut seen, "user:deploy");
    let unit = up("a");
    deploy.beside.insert(unit.id.clone(), unit);
    let theirs = UnitRef::new(&scope("user:deploy"), &unit_ref(THEIRS).unit);
    assert!(
        Runs::of_observed(&seen)
            .undeclared_units()
            .contains(&theirs)
    );
    seen_of(&mut seen, "user:deploy").manager = Manager::Down;
    assert_eq!(Runs::of_observed(&seen), Runs::default());
}
