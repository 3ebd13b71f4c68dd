//! Drift of units: what enables one, what runs, and since when.

use abide_model::{
    ActiveState, Desired, DriftClass, FindingKind, Ledger, Link, Manager, Observed, OnChange,
    Timestamp, Wanted,
};
use abide_sim::{Edit, desired, scope, unit_ref, user};

use super::drift::{told, told_of, web};
use super::support::{WEB, as_declared, one, seen_of, seen_unit, service};
use crate::{drift, restore};

/// A web service of which the manifest says neither whether it runs nor whether it is enabled.
fn unmanaged() -> Desired {
    one("web.service", &service("/bin/web"))
        .linger(Some(true))
        .with_running(Wanted::Unmanaged)
        .enabled(Wanted::Unmanaged)
        .build()
}

/// A web service that neither runs nor is enabled.
fn off() -> Desired {
    one("web.service", &service("/bin/web"))
        .linger(Some(true))
        .with_running(Wanted::No)
        .enabled(Wanted::No)
        .build()
}

#[test]
fn what_was_enabled_or_started_by_hand_is_told_and_undone() {
    let mut host = as_declared(&off());
    assert_eq!(told(&host, &off()), Vec::<String>::new());
    host.edit(&Edit::Enable(unit_ref(WEB)));
    host.reload_manager(&scope("user:deploy")).unwrap();
    host.edit(&Edit::Start(unit_ref(WEB)));
    assert_eq!(
        told(&host, &off()),
        [format!(
            "drifted {WEB}: web.service was enabled; web.service was started"
        )]
    );
    let restored = restore(&off(), &host.observe(&off()));
    assert_eq!(restored.drift.left, []);
    host.apply(&restored.plan);
    assert_eq!(told(&host, &off()), Vec::<String>::new());
}

#[test]
fn what_the_manifest_switches_off_is_a_rollout_and_not_drift() {
    let host = as_declared(&web("/bin/web"));
    let all = told(&host, &off());
    assert_eq!(
        all,
        [format!("pending rollout {WEB}: it runs; it is enabled")]
    );
}

#[test]
fn a_unit_that_nobody_manages_may_be_started_and_stopped() {
    let mut host = as_declared(&unmanaged());
    host.edit(&Edit::Start(unit_ref(WEB)));
    assert_eq!(told(&host, &unmanaged()), Vec::<String>::new());
    // An apply records the run; what a hand does to it afterwards is still nobody's concern.
    let again = one("web.service", &service("/bin/other"))
        .linger(Some(true))
        .with_running(Wanted::Unmanaged)
        .enabled(Wanted::Unmanaged)
        .build();
    let plan = crate::plan(&again, &host.observe(&again));
    host.apply(&plan);
    assert!(host.is_up(&unit_ref(WEB)));
    host.edit(&Edit::Stop(unit_ref(WEB)));
    assert_eq!(told(&host, &again), Vec::<String>::new());
}

#[test]
fn a_unit_started_by_hand_that_a_rollout_restarts_was_not_drifting() {
    let mut host = as_declared(&unmanaged());
    host.edit(&Edit::Start(unit_ref(WEB)));
    let next = one("web.service", &service("/bin/next"))
        .linger(Some(true))
        .with_running(Wanted::Unmanaged)
        .enabled(Wanted::Unmanaged)
        .build();
    let all = told(&host, &next);
    assert!(
        all.iter().all(|line| !line.contains("was started")) && !all.is_empty(),
        "{all:?}"
    );
}

/// A host as declared, whose web service does not run.
fn down(change: impl Fn(&mut Observed)) -> Vec<String> {
    let wanted = web("/bin/web");
    let mut seen = as_declared(&wanted).observe(&wanted);
    let unit = seen_unit(&mut seen, WEB);
    unit.active = ActiveState::Inactive;
    unit.sub = "dead".to_owned();
    change(&mut seen);
    told_of(&wanted, &seen)
}

#[test]
fn a_unit_that_ran_since_the_boot_was_stopped() {
    let stopped = [format!("drifted {WEB}: web.service was stopped")];
    // Either shows it: the time of its last start, or the name of its last run.
    assert_eq!(
        down(|seen| {
            let booted = seen.facts.booted_at;
            let unit = seen_unit(seen, WEB);
            (unit.invocation, unit.started_at) = (String::new(), Some(booted));
        }),
        stopped
    );
    assert_eq!(down(|seen| seen_unit(seen, WEB).started_at = None), stopped);
}

#[test]
fn a_unit_that_nothing_enables_does_not_run_for_a_reason_that_nobody_knows() {
    let all = down(|seen| {
        let unit = seen_unit(seen, WEB);
        (unit.invocation, unit.started_at) = (String::new(), None);
        seen_of(seen, "user:deploy").links.clear();
    });
    assert_eq!(
        all,
        [format!(
            "drifted {WEB}: web.service was disabled; web.service does not run"
        )]
    );
}

#[test]
fn restarts_are_too_many_where_the_last_is_less_than_ten_minutes_old() {
    let wanted = web("/bin/web");
    let flaps = |restarts: u32, secs: u64| {
        let mut seen = as_declared(&wanted).observe(&wanted);
        let now = seen.facts.now;
        let unit = seen_unit(&mut seen, WEB);
        unit.restarts = restarts;
        unit.started_at = Some(Timestamp(now.0 - secs * 1_000_000));
        // Nothing else of it is to be judged.
        let of_web = drift(&wanted, &seen).resources;
        of_web
            .iter()
            .flat_map(|one| &one.findings)
            .any(|found| found.kind == FindingKind::Flapping)
    };
    assert!(flaps(3, 599));
    assert!(!flaps(2, 599));
    assert!(!flaps(3, 600));
}

#[test]
fn a_unit_whose_manager_is_gone_does_not_run() {
    let wanted = web("/bin/web");
    let mut host = as_declared(&wanted);
    host.edit(&Edit::DisableLinger(user("deploy")));
    let all = told(&host, &wanted);
    let says =
        format!("drifted {WEB}: web.service does not run, for the manager of user:deploy does not");
    assert!(all.contains(&says), "{all:?}");
    // Without a manager nothing is said of what need not run, and of what never did.
    for quiet in [off(), unmanaged()] {
        let mut host = as_declared(&quiet);
        host.edit(&Edit::DisableLinger(user("deploy")));
        let all = told(&host, &quiet);
        assert!(all.iter().all(|line| !line.contains(WEB)), "{all:?}");
    }
}

#[test]
fn a_unit_that_ran_and_that_nobody_wants_any_more_is_not_missed_without_its_manager() {
    let mut seen = as_declared(&web("/bin/web")).observe(&off());
    let deploy = seen_of(&mut seen, "user:deploy");
    deploy.manager = Manager::Down;
    deploy.units.clear();
    let all = told_of(&off(), &seen);
    assert!(
        all.iter()
            .all(|line| !line.contains("web.service does not run")),
        "{all:?}"
    );
}

/// Whether the unit counts as disabled where these are the links.
fn is_disabled(unit: &str, links: &[(&str, &str)]) -> bool {
    let wanted = if unit.contains('@') {
        one("web@.service", &service("/bin/web %i"))
            .instance("web@1.service")
            .build()
    } else {
        web("/bin/web")
    };
    let mut seen = as_declared(&wanted).observe(&wanted);
    let links = links.iter().map(|(path, target)| Link {
        path: (*path).to_owned(),
        target: (*target).to_owned(),
    });
    seen_of(&mut seen, "user:deploy").links = links.collect();
    let all = told_of(&wanted, &seen);
    all.iter()
        .any(|line| line.contains(&format!("{unit} was disabled")))
}

#[test]
fn a_link_enables_the_unit_that_it_is_named_after_or_leads_to() {
    let unit = "web.service";
    let own = "/home/deploy/.config/systemd/user/web.service";
    assert!(!is_disabled(
        unit,
        &[("default.target.wants/web.service", own)]
    ));
    // systemd looks at the name of a link in `.wants/`, not at its target (systemd.unit(5)).
    assert!(!is_disabled(
        unit,
        &[("default.target.wants/web.service", "/opt/w.service")]
    ));
    assert!(!is_disabled(unit, &[("www.service", own)]));
    assert!(is_disabled(
        unit,
        &[("default.target.wants/other.service", "/x/other.service")]
    ));
    assert!(is_disabled(unit, &[("web.service", "/opt/other.service")]));
    // A link to /dev/null takes a dependency away.
    assert!(is_disabled(
        unit,
        &[("default.target.wants/web.service", "/dev/null")]
    ));
    assert!(is_disabled(unit, &[]));
}

#[test]
fn a_link_to_a_template_enables_the_instance_in_its_name_and_no_other() {
    let template = "/home/deploy/.config/systemd/user/web@.service";
    let unit = "web@1.service";
    assert!(!is_disabled(
        unit,
        &[("default.target.wants/web@1.service", template)]
    ));
    assert!(!is_disabled(unit, &[("www@1.service", template)]));
    assert!(is_disabled(
        unit,
        &[("default.target.wants/web@2.service", template)]
    ));
    assert!(is_disabled(unit, &[("www@2.service", template)]));
    assert!(is_disabled(unit, &[("www@1.service", "/x/other@.service")]));
}

#[test]
fn what_is_refused_differs_and_what_the_manifest_holds_back_is_told_and_clean() {
    let host = as_declared(&web("/bin/web"));
    let impossible = one("web.service", &service("/bin/other"))
        .on_change(OnChange::Reload)
        .build();
    let all = told(&host, &impossible);
    assert!(
        all.iter()
            .any(|line| line.starts_with(&format!("pending rollout {WEB}: refused: "))),
        "{all:?}"
    );
    let left = one("web.service", &service("/bin/other"))
        .on_change(OnChange::None)
        .build();
    let mut host = host;
    host.apply(&crate::plan(&left, &host.observe(&left)));
    let seen = drift(&left, &host.observe(&left));
    assert_eq!(seen.resources.len(), 1, "{:?}", seen.resources);
    let pending = &seen.resources[0];
    assert_eq!(
        (pending.class, pending.findings[0].kind),
        (DriftClass::Clean, FindingKind::RunningOld)
    );
    assert_eq!(seen.class(), DriftClass::Clean);
    assert!(crate::plan(&left, &host.observe(&left)).is_empty());
}

#[test]
fn what_could_not_be_seen_says_so_once_in_its_own_words() {
    let wanted = web("/bin/web");
    let mut seen = as_declared(&wanted).observe(&wanted);
    seen.ledger =
        abide_model::Observation::Unknown(abide_model::UnknownReason::from_text("line 3 is odd"));
    assert_eq!(
        told_of(&wanted, &seen),
        [
            "unknown manager system: what abide left there is not known: line 3 is odd; \
             the ledger of manifest test could not be read: line 3 is odd"
        ]
    );
}

#[test]
fn lingering_that_another_manifest_needs_is_no_drift() {
    let wanted = one("web.service", &service("/bin/web"))
        .linger_exclusive(false)
        .build();
    let mut host = as_declared(&wanted).with_user("eve");
    host.edit(&Edit::EnableLinger(user("eve")));
    let mut seen = host.observe(&wanted);
    assert!(
        told_of(&wanted, &seen)
            .iter()
            .any(|line| line.contains("eve"))
    );
    // Its ledger may name the lingering, a unit of the user, or a file.
    let unit = |scope: &str| unit_ref(&format!("{scope}/job.service"));
    let left = abide_model::LedgerUnit {
        invocation: String::new(),
        config: None,
        enabled: false,
        claimed: false,
        reads: abide_model::LedgerReads::default(),
    };
    let file = |of: &str| abide_model::LedgerFile {
        scope: scope(of),
        digest: None,
    };
    let at = abide_sim::path("/home/eve/x");
    let none = Ledger::default();
    let lingers = Ledger {
        lingers: [user("eve")].into(),
        ..none.clone()
    };
    let units = |scope: &str| Ledger {
        units: [(unit(scope), left.clone())].into(),
        ..none.clone()
    };
    let files = |scope: &str| Ledger {
        files: [(at.clone(), file(scope))].into(),
        ..none.clone()
    };
    let mut drifts = |other: Ledger| {
        let name = abide_model::ManifestName::parse("other").unwrap();
        seen.other_ledgers.insert(name, other);
        !told_of(&wanted, &seen).is_empty()
    };
    assert!(!drifts(lingers));
    assert!(!drifts(units("user:eve")));
    assert!(!drifts(files("user:eve")));
    assert!(drifts(units("user:deploy")));
    assert!(drifts(files("user:deploy")));
}

#[test]
fn a_reload_that_is_owed_says_whose_and_why() {
    let wanted = web("/bin/web");
    let mut host = as_declared(&wanted);
    host.write_file(
        &abide_sim::path("/home/deploy/.config/systemd/user/web.service"),
        &service("/bin/web"),
        "deploy",
    );
    assert_eq!(
        told(&host, &wanted),
        [
            "pending rollout manager user:deploy: the manager of user:deploy has not read its unit files again (NeedDaemonReload)"
        ]
    );
}

#[test]
fn a_host_without_anything_of_ours_is_a_rollout() {
    let wanted = desired("h1").user("deploy").linger(Some(true)).build();
    let all = told(&abide_sim::SimHost::new(), &wanted);
    assert_eq!(
        all,
        [
            "pending rollout user deploy: the account is not there",
            "pending rollout linger deploy: lingering is off"
        ]
    );
}
