//! Changed on the host, differs from the manifest: four cells, and what restores the last applied state.

use abide_model::{
    ActiveState, Desired, DriftClass, FindingKind, LockHolder, Observation, Observed, Timestamp,
};
use abide_sim::{Edit, SimHost, desired, path, scope, unit_ref, user};

use super::support::{WEB, as_declared, one, service, steps};
use crate::{drift, restore};

pub(super) fn web(command: &str) -> Desired {
    one("web.service", &service(command)).build()
}

/// `CLASS RESOURCE: FINDINGS` for everything that is not clean.
pub(super) fn told(host: &SimHost, wanted: &Desired) -> Vec<String> {
    told_of(wanted, &host.observe(wanted))
}

/// The same, of a host as it was seen.
pub(super) fn told_of(wanted: &Desired, seen: &Observed) -> Vec<String> {
    let drift = drift(wanted, seen);
    let resources = drift.resources.iter();
    resources
        .map(|one| {
            let findings: Vec<&str> = one
                .findings
                .iter()
                .map(|found| found.text.as_str())
                .collect();
            format!(
                "{} {}: {}",
                one.class.display_word(),
                one.resource,
                findings.join("; ")
            )
        })
        .collect()
}

fn class(host: &SimHost, wanted: &Desired) -> DriftClass {
    drift(wanted, &host.observe(wanted)).class()
}

/// Restores, and asserts that everything is clean then.
#[track_caller]
fn assert_restores(host: &mut SimHost, wanted: &Desired) -> Vec<String> {
    let restored = restore(wanted, &host.observe(wanted));
    assert_eq!(restored.drift.left, []);
    assert!(!restored.plan.actions.is_empty(), "{:?}", restored.drift);
    for report in host.apply(&restored.plan) {
        assert_eq!(
            report.outcome,
            abide_model::StepOutcome::Ok,
            "{}",
            report.message
        );
    }
    assert_eq!(told(host, wanted), Vec::<String>::new());
    steps(&restored.plan)
}

#[test]
fn a_host_as_it_was_left_is_clean() {
    let wanted = web("/bin/web");
    assert_eq!(told(&as_declared(&wanted), &wanted), Vec::<String>::new());
}

#[test]
fn an_edited_unit_file_is_drifted_and_is_written_back() {
    let wanted = web("/bin/web");
    let mut host = as_declared(&wanted);
    host.edit(&Edit::Write(unit_ref(WEB), service("/bin/other")));
    assert_eq!(
        told(&host, &wanted),
        [format!("drifted {WEB}: web.service was edited")]
    );
    let found = &drift(&wanted, &host.observe(&wanted)).resources[0].findings[0];
    assert!(found.since.is_some() && found.by.is_none(), "{found:?}");
    let steps = assert_restores(&mut host, &wanted);
    assert!(
        steps.iter().any(|step| step.starts_with("write ")),
        "{steps:?}"
    );
}

#[test]
fn a_manifest_that_moved_on_is_a_pending_rollout_and_nothing_is_restored() {
    let host = as_declared(&web("/bin/web"));
    let wanted = web("/bin/web --new");
    assert_eq!(
        told(&host, &wanted),
        [format!(
            "pending rollout {WEB}: web.service is not what the manifest says"
        )]
    );
    let restored = restore(&wanted, &host.observe(&wanted));
    assert_eq!(
        (restored.plan.actions, restored.drift.left),
        (vec![], vec![])
    );
}

#[test]
fn a_hand_edit_that_the_manifest_asks_for_by_now_is_right() {
    let mut host = as_declared(&web("/bin/web"));
    let wanted = web("/bin/web --new");
    host.edit(&Edit::Write(unit_ref(WEB), service("/bin/web --new")));
    host.edit(&Edit::DaemonReload(scope("user:deploy")));
    host.edit(&Edit::Stop(unit_ref(WEB)));
    host.edit(&Edit::Start(unit_ref(WEB)));
    assert_eq!(
        class(&host, &wanted),
        DriftClass::HandEditedButRight,
        "{:?}",
        told(&host, &wanted)
    );
}

#[test]
fn a_file_that_was_edited_and_has_moved_on_cannot_be_restored_and_that_is_said() {
    let mut host = as_declared(&web("/bin/web"));
    let wanted = web("/bin/web --new");
    host.edit(&Edit::Write(unit_ref(WEB), service("/bin/other")));
    assert_eq!(class(&host, &wanted), DriftClass::Drifted);
    let restored = restore(&wanted, &host.observe(&wanted));
    assert_eq!(restored.plan.actions, []);
    assert!(
        restored.drift.left[0].reason.contains("moved on"),
        "{:?}",
        restored.drift.left
    );
}

#[test]
fn restoring_one_unit_leaves_the_rollout_of_another_alone() {
    let both = |new: &str| {
        desired("h1")
            .user("deploy")
            .unit("web.service", &service("/bin/web"))
            .unit("job.service", &service(new))
            .build()
    };
    let mut host = as_declared(&both("/bin/job"));
    let wanted = both("/bin/job --new");
    host.edit(&Edit::Write(unit_ref(WEB), service("/bin/other")));
    let restored = restore(&wanted, &host.observe(&wanted));
    let plan = steps(&restored.plan);
    assert!(
        !plan.is_empty() && plan.iter().all(|step| !step.contains("job")),
        "{plan:?}"
    );
    host.apply(&restored.plan);
    assert_eq!(
        told(&host, &wanted),
        ["pending rollout user:deploy/job.service: job.service is not what the manifest says"]
    );
}

#[test]
fn a_unit_that_somebody_stopped_disabled_or_whose_file_is_gone_is_drifted() {
    for (edit, says) in [
        (Edit::Stop(unit_ref(WEB)), "web.service was stopped"),
        (Edit::Disable(unit_ref(WEB)), "web.service was disabled"),
        (Edit::Remove(unit_ref(WEB)), "web.service was removed"),
        (Edit::Crash(unit_ref(WEB)), "web.service failed"),
    ] {
        let wanted = web("/bin/web");
        let mut host = as_declared(&wanted);
        host.edit(&edit);
        let all = told(&host, &wanted);
        assert_eq!(
            class(&host, &wanted),
            DriftClass::Drifted,
            "{edit:?}: {all:?}"
        );
        assert!(
            all.iter().any(|line| line.contains(says)),
            "{edit:?}: {all:?}"
        );
        assert_restores(&mut host, &wanted);
    }
}

#[test]
fn lingering_that_was_switched_off_is_drifted_and_restored() {
    let wanted = web("/bin/web");
    let mut host = as_declared(&wanted);
    host.edit(&Edit::DisableLinger(user("deploy")));
    let all = told(&host, &wanted);
    assert!(
        all.contains(&"drifted linger deploy: lingering of deploy was switched off".to_owned()),
        "{all:?}"
    );
    assert_restores(&mut host, &wanted);
}

#[test]
fn an_override_beside_ours_is_drift_until_the_next_apply_and_is_not_removed() {
    let wanted = web("/bin/web");
    let mut host = as_declared(&wanted);
    host.edit(&Edit::DropIn(
        unit_ref(WEB),
        "override.conf".to_owned(),
        "[Service]\nMemoryMax=4G\n".to_owned(),
    ));
    let all = told(&host, &wanted);
    assert!(
        all.iter().any(|line| line.starts_with("drifted ")
            && line
                .contains("override.conf was added, as `systemctl edit` does; an apply leaves it")),
        "{all:?}"
    );
    let later = web("/bin/web --new");
    let plan = crate::plan(&later, &host.observe(&later));
    host.apply(&plan);
    assert_eq!(told(&host, &later), Vec::<String>::new());
}

#[test]
fn a_unit_that_runs_what_is_no_longer_on_disk_is_told_even_where_all_files_are_right() {
    let env = path("/etc/app/env");
    let wanted = one("web.service", &service("/bin/web"))
        .restart_on(abide_model::HostPathOrHome::Absolute(env.clone()))
        .build();
    let mut host = as_declared(&wanted);
    host.write_file(&env, "A=1\n", "root");
    host.edit(&Edit::Stop(unit_ref(WEB)));
    host.edit(&Edit::Start(unit_ref(WEB)));
    host.write_file(&env, "A=2\n", "root");
    let drift = drift(&wanted, &host.observe(&wanted));
    let web = drift
        .resources
        .iter()
        .find(|one| one.resource.to_string() == WEB)
        .unwrap();
    assert_eq!(web.class, DriftClass::Drifted);
    assert!(
        web.findings
            .iter()
            .any(|found| found.kind == FindingKind::RunningOld),
        "{web:?}"
    );
    assert_restores(&mut host, &wanted);
}

#[test]
fn an_enabled_unit_that_did_not_come_up_after_a_boot_is_told_as_that() {
    let wanted = web("/bin/web");
    let mut host = as_declared(&wanted);
    host.edit(&Edit::Reboot);
    let mut seen = host.observe(&wanted);
    let Some(Observation::Known(deploy)) = seen.scopes.get_mut(&scope("user:deploy")) else {
        panic!()
    };
    let unit = deploy.units.values_mut().next().unwrap();
    unit.active = ActiveState::Inactive;
    unit.started_at = None;
    unit.invocation = String::new();
    let found = &drift(&wanted, &seen).resources[0].findings[0];
    assert_eq!(found.kind, FindingKind::NotStarted, "{found:?}");
    assert_eq!(found.since, Some(seen.facts.booted_at));
}

#[test]
fn a_unit_that_restarts_again_and_again_is_drift_though_it_runs() {
    let wanted = web("/bin/web");
    let mut seen = as_declared(&wanted).observe(&wanted);
    let Some(Observation::Known(deploy)) = seen.scopes.get_mut(&scope("user:deploy")) else {
        panic!()
    };
    deploy.units.values_mut().next().unwrap().restarts = 7;
    let found = &drift(&wanted, &seen).resources[0];
    assert_eq!(
        (found.class, found.findings[0].kind),
        (DriftClass::Drifted, FindingKind::Flapping)
    );
    assert!(!restore(&wanted, &seen).drift.left.is_empty());
}

#[test]
fn what_could_not_be_seen_is_unknown_and_never_clean() {
    let wanted = web("/bin/web");
    let host = as_declared(&wanted);
    let mut seen = host.observe(&wanted);
    seen.ledger = Observation::Unknown(abide_model::UnknownReason::from_text(
        "line 3 is not understood",
    ));
    assert_eq!(drift(&wanted, &seen).class(), DriftClass::Unknown);
    let mut seen = host.observe(&wanted);
    let deploy = seen.scopes.get_mut(&scope("user:deploy")).unwrap();
    *deploy = Observation::Unknown(abide_model::UnknownReason::from_text("no answer"));
    assert_eq!(drift(&wanted, &seen).class(), DriftClass::Unknown);
}

#[test]
fn what_differs_while_somebody_applies_proves_nothing() {
    let host = as_declared(&web("/bin/web"));
    let wanted = web("/bin/web --new");
    let mut seen = host.observe(&wanted);
    seen.lock = Some(LockHolder {
        who: "ana@desk".to_owned(),
        operation: "apply".to_owned(),
        since: Timestamp(1),
        id: String::new(),
        plan: String::new(),
        url: String::new(),
    });
    assert_eq!(drift(&wanted, &seen).class(), DriftClass::Unknown);
}

#[test]
fn undeclared_lingering_is_drift_only_where_the_manifest_forbids_it() {
    for exclusive in [false, true] {
        let mut wanted = one("web.service", &service("/bin/web"));
        if exclusive {
            wanted = wanted.linger_exclusive(false);
        }
        let wanted = wanted.build();
        let mut host = as_declared(&wanted).with_user("eve");
        host.edit(&Edit::EnableLinger(user("eve")));
        let all = told(&host, &wanted);
        assert_eq!(
            all.iter()
                .any(|line| line.starts_with("drifted linger eve")),
            exclusive,
            "{all:?}"
        );
    }
}

#[test]
fn a_rotated_secret_is_a_rollout_and_a_touched_one_is_drift() {
    let with = |text: &str| {
        let mut wanted = desired("h1").user("deploy").file("key", text).build();
        let user = wanted.users.values_mut().next().unwrap();
        let file = user.files.values_mut().next().unwrap();
        file.body = abide_model::Body::Secret {
            source: abide_model::SecretSource::Env("KEY".to_owned()),
            bytes: Some(abide_model::Bytes::new(text.as_bytes().to_vec())),
        };
        wanted
    };
    let mut host = as_declared(&with("one"));
    assert_eq!(class(&host, &with("one")), DriftClass::Clean);
    assert_eq!(class(&host, &with("two")), DriftClass::PendingRollout);
    host.facts.now.0 += 5_000_000;
    host.write_file(&path("/home/deploy/key"), "three", "deploy");
    assert_eq!(class(&host, &with("one")), DriftClass::Drifted);
}
