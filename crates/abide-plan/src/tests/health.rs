//! A unit that should run and does not stay up is named by the plan, whatever was done about it.

use abide_model::{ActiveState, Desired, DriftClass, Observed, Timestamp, Wanted};
use abide_sim::{SimHost, desired, unit_ref};

use super::support::{
    WEB, as_declared, assert_sound, notes, one, refusals, seen_unit, service, steps, told,
};
use crate::{drift, plan};

/// A host as declared, whose service is then seen so.
fn seen(wanted: &Desired, change: impl Fn(&mut abide_model::ObservedUnit, Timestamp)) -> Observed {
    let mut seen = as_declared(wanted).observe(wanted);
    let now = seen.facts.now;
    change(seen_unit(&mut seen, WEB), now);
    seen
}

fn waits(unit: &mut abide_model::ObservedUnit, _now: Timestamp) {
    (unit.active, unit.sub) = (ActiveState::Activating, "auto-restart".to_owned());
    (unit.result, unit.main_status) = ("exit-code".to_owned(), Some(1));
    unit.restarts = 4;
    unit.invocation = "0123456789abcdef0123456789abcdef".to_owned();
}

fn hangs(unit: &mut abide_model::ObservedUnit, now: Timestamp) {
    (unit.active, unit.sub) = (ActiveState::Activating, "start".to_owned());
    unit.state_since = Some(Timestamp(now.0 - 600_000_000));
    unit.started_at = Some(now);
}

fn web() -> Desired {
    one("web.service", &service("/bin/web")).build()
}

#[test]
fn a_crash_loop_that_abide_started_just_so_is_named_and_not_started_again() {
    let seen = seen(&web(), waits);
    let plan = plan(&web(), &seen);
    assert_sound(&plan);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        refusals(&plan),
        [format!(
            "{WEB}: it should run and is crash-looping, 4 restarts (exit status 1); abide has started this configuration already"
        )]
    );
    let of_web = &drift(&web(), &seen).resources[0];
    assert_eq!(of_web.class, DriftClass::Drifted);
    assert_eq!(of_web.findings.len(), 1, "told once: {:?}", of_web.findings);
}

#[test]
fn a_crash_loop_is_restarted_with_its_new_file() {
    let next = one("web.service", &service("/bin/next")).build();
    let plan = plan(&next, &seen(&web(), waits));
    assert_eq!(refusals(&plan), Vec::<String>::new());
    let told = told(&plan);
    assert!(
        told.contains("reset-failed") && told.contains("restart"),
        "{told}"
    );
}

#[test]
fn a_start_that_takes_longer_than_it_may_is_named() {
    let refused = refusals(&plan(&web(), &seen(&web(), hangs)));
    assert!(
        refused[0].contains("still starting, past its limit of"),
        "{refused:?}"
    );
    // What is not declared to run may take its time.
    let unmanaged = one("web.service", &service("/bin/web"))
        .with_running(Wanted::Unmanaged)
        .build();
    assert!(plan(&unmanaged, &seen(&unmanaged, hangs)).is_empty());
}

#[test]
fn a_packages_unit_that_waits_for_its_first_restart_is_started_anew_once() {
    let wanted = desired("h1")
        .foreign_unit("nginx.service")
        .with_running(Wanted::Yes)
        .build();
    let unit = unit_ref("system/nginx.service");
    let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", &service("/bin/nginx"));
    host.start(&unit).unwrap();
    let mut seen = host.observe(&wanted);
    waits(seen_unit(&mut seen, "system/nginx.service"), Timestamp(0));
    seen_unit(&mut seen, "system/nginx.service").restarts = 0;
    let first = plan(&wanted, &seen);
    assert_sound(&first);
    assert_eq!(
        steps(&first),
        [
            "system/nginx.service: reset-failed",
            "system/nginx.service: restart"
        ]
    );
    seen.ledger = abide_model::Observation::Known(first.ledger_after.clone());
    let second = plan(&wanted, &seen);
    assert_eq!(steps(&second), Vec::<String>::new());
    assert_eq!(second.refused.len(), 1);
}

#[test]
fn what_runs_and_cannot_start_again_is_named() {
    let seen = seen(&web(), |unit, _| unit.load = "bad-setting".to_owned());
    let plan = plan(&web(), &seen);
    assert_eq!(
        refusals(&plan),
        [format!(
            "{WEB}: it runs, and its manager could not start it again: its unit file is `bad-setting`"
        )],
        "{:?}",
        notes(&plan)
    );
}
