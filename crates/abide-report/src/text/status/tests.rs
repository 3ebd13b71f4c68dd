use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    ActiveState, AtBoot, Boot, Change, Desired, DesiredAccount, DesiredLinger, DesiredUnit,
    DesiredUser, LastLoad, LingerReason, Link, Manager, NotAtBoot, NoteKind, Observation, Observed,
    ObservedLinger, ObservedScope, ObservedUnit, ObservedUser, OnChange, Origin, Policy, Presence,
    Rehearsal, ResourceId, Scope, Settle, Timestamp, UnitName, Wanted,
};

use super::*;
use crate::sample::*;

fn origin() -> Origin {
    Origin {
        file: "fleet.yaml".to_owned(),
        line: 1,
        column: 1,
    }
}

fn wanted() -> DesiredUnit {
    DesiredUnit {
        service: None,
        declared_at: origin(),
        presence: Presence::Present,
        file: None,
        drop_ins: BTreeMap::new(),
        running: Wanted::Yes,
        enabled: Wanted::Yes,
        masked: None,
        on_change: OnChange::Restart,
        on_change_said: false,
        restart_on: [].into(),
        reload_on: [].into(),
        settle: Settle::default(),
    }
}

fn unit_name(name: &str) -> UnitName {
    name.parse().unwrap()
}

fn desired(host: &str, units: &[&str]) -> Desired {
    let of_deploy = DesiredUser {
        declared_at: origin(),
        state: Presence::Present,
        remove_home: false,
        end_processes: false,
        manager_restart: None,
        account: DesiredAccount::default(),
        linger: DesiredLinger {
            value: Some(true),
            reason: LingerReason::Unasked,
        },
        files: BTreeMap::new(),
        units: units
            .iter()
            .map(|name| (unit_name(name), wanted()))
            .collect(),
    };
    Desired {
        manifest: "shop".parse().unwrap(),
        host: host.parse().unwrap(),
        users: [(user("deploy"), of_deploy)].into(),
        units: BTreeMap::new(),
        linger_exclusive: None,
        policy: Policy::default(),
    }
}

fn running(name: &str) -> ObservedUnit {
    ObservedUnit {
        load: "loaded".to_owned(),
        active: ActiveState::Active,
        sub: "running".to_owned(),
        started_at: Some(Timestamp::from_secs(NOW - 12_000)),
        ..ObservedUnit::not_found(&unit_name(name))
    }
}

fn account(linger: ObservedLinger) -> ObservedUser {
    ObservedUser {
        processes: Vec::new(),
        uid: 1000,
        group: "deploy".to_owned(),
        groups: [].into(),
        home: "/home/deploy".parse().unwrap(),
        home_exists: true,
        home_mounted: false,
        shell: "/bin/sh".to_owned(),
        comment: String::new(),
        linger,
    }
}

fn lingering() -> ObservedLinger {
    ObservedLinger {
        recorded: true,
        manager: ActiveState::Active,
        masked: None,
        sessions: 0,
        manager_groups: None,
    }
}

/// Units of deploy; each of `enabled` is pulled in by default.target.
fn observed(
    host: &str,
    linger: ObservedLinger,
    units: Vec<ObservedUnit>,
    enabled: &[&str],
) -> Observed {
    let link = |name: &&str| Link {
        path: format!("default.target.wants/{name}"),
        target: format!("../{name}"),
    };
    let scope = ObservedScope {
        manager: Manager::Up {
            last_load: LastLoad::At(Timestamp(1)),
        },
        config_dir: "/home/deploy/.config/systemd/user".parse().unwrap(),
        units: units
            .into_iter()
            .map(|unit| (unit.id.clone(), unit))
            .collect(),
        beside: BTreeMap::new(),
        files: BTreeMap::new(),
        links: enabled.iter().map(link).collect(),
        links_elsewhere: [].into(),
        pulling: [].into(),
        installs: BTreeMap::new(),
        rehearsal: Observation::Absent,
    };
    Observed {
        facts: facts(host),
        users: [(user("deploy"), Observation::Known(account(linger)))].into(),
        lingering: Observation::Known(["deploy".to_owned(), "old\u{1b}[2J".to_owned()].into()),
        scopes: [(Scope::User(user("deploy")), Observation::Known(scope))].into(),
        ledger: Observation::Absent,
        other_ledgers: BTreeMap::new(),
        ledger_findings: Vec::new(),
        unread_ledgers: BTreeMap::new(),
        inputs: BTreeMap::new(),
        lock: None,
        stale_lock: None,
        suspended: None,
        applied_at: None,
    }
}

/// What was seen, and a plan that would start these units of deploy, and let it linger where it does not.
fn seen<'a>(observed: &'a Observed, starts: &[&str]) -> Seen<'a> {
    let plan = starts.iter().fold(plan_of("h1"), |plan, name| {
        let unit = unit(&format!("user:deploy/{name}"));
        plan.with_action(unit, Change::Start, missing_causes())
    });
    let lingers =
        |user: &Observation<ObservedUser>| user.as_known().is_none_or(|user| user.linger.recorded);
    let plan = if observed.users.values().all(lingers) {
        plan
    } else {
        plan.with_action(
            ResourceId::Linger(user("deploy")),
            Change::EnableLinger,
            missing_causes(),
        )
    };
    let plan = Box::leak(Box::new(plan.0));
    Seen::Observed { observed, plan }
}

fn said(hosts: &[HostStatus<'_>], options: &TextOptions) -> String {
    without_styles(&render(hosts, options))
}

#[test]
fn a_healthy_host_is_a_table_and_a_count() {
    let desired = desired("h1", &["sidekiq.service"]);
    let observed = observed(
        "h1",
        lingering(),
        vec![running("sidekiq.service")],
        &["sidekiq.service"],
    );
    let host = HostStatus {
        desired: &desired,
        seen: seen(&observed, &[]),
    };
    insta::assert_snapshot!(said(&[host], &narrow_options()), @r##"
      HOST  USER    LINGER  UNIT             STATE    UP      RESTARTS  ENABLED  BOOT
      h1    deploy  on      sidekiq.service  running  3h 20m  0         yes      yes

    1 unit on 1 host: 1 up.
    "##);
}

#[test]
fn what_is_not_as_declared_is_marked_and_explained() {
    let desired = desired("h1", &["a.service", "b.service", "c.service"]);
    let mut failed = running("a.service");
    failed.active = ActiveState::Failed;
    failed.result = "exit-code".to_owned();
    failed.main_status = Some(1);
    failed.restarts = 5;
    let units = vec![
        failed,
        running("b.service"),
        ObservedUnit::not_found(&unit_name("c.service")),
    ];
    let held = ObservedLinger {
        recorded: false,
        manager: ActiveState::Active,
        masked: None,
        sessions: 1,
        manager_groups: None,
    };
    let observed = observed("h1", held, units, &["a.service"]);
    let other = Seen::Unreachable {
        reason: "no route to host",
        help: Some("check the address"),
    };
    let hosts = [
        HostStatus {
            desired: &desired,
            seen: seen(&observed, &["a.service", "b.service", "c.service"]),
        },
        HostStatus {
            desired: &desired,
            seen: other,
        },
    ];
    insta::assert_snapshot!(said(&hosts, &TextOptions { width: 120, ..narrow_options() }), @r##"
      HOST  USER    LINGER     UNIT       STATE                   UP      RESTARTS  ENABLED  BOOT
    ! h1    deploy  off, held  a.service  failed (exit status 1)  -       5         yes      no: no linger
    ! h1    deploy  off, held  b.service  running                 3h 20m  0         no       no
    ! h1    deploy  off, held  c.service  not found               -       0         no       no: not found

    ! h1 user deploy: lingering is declared and not recorded: only an open session holds its units up
    ? h1 not observed: no route to host
      help: check the address

    3 units on 1 host: 1 up, 3 not as declared. 1 host could not be observed.
    "##);
}

#[test]
fn what_is_held_back_is_told_and_what_has_no_line_is_named() {
    let desired = desired("h1", &["a.service"]);
    let observed = observed(
        "h1",
        lingering(),
        vec![running("a.service")],
        &["a.service"],
    );
    let scope = Scope::User(user("deploy"));
    let path = "/home/deploy/x".parse().unwrap();
    let file = ResourceId::File {
        scope: scope.clone(),
        path,
    };
    let plan = plan_of("h1")
        .with_action(file, Change::Record, missing_causes())
        .with_action(unit("system/old.service"), Change::Stop, missing_causes())
        .notes(
            unit("user:deploy/a.service"),
            NoteKind::PendingRestart,
            "it keeps running its old configuration",
        )
        .notes(
            ResourceId::Manager(scope),
            NoteKind::PendingRestart,
            "its manager lacks a group",
        );
    let host = HostStatus {
        desired: &desired,
        seen: Seen::Observed {
            observed: &observed,
            plan: &plan.0,
        },
    };
    insta::assert_snapshot!(said(&[host], &TextOptions { width: 120, ..narrow_options() }), @r##"
      HOST  USER    LINGER  UNIT       STATE    UP      RESTARTS  ENABLED  BOOT
      h1    deploy  on      a.service  running  3h 20m  0         yes      yes

    · h1 user deploy: a.service: it keeps running its old configuration
    · h1 user deploy: its manager lacks a group
    ! h1 not as declared either: file /home/deploy/x and system/old.service
      help: `abide plan` says more

    1 unit on 1 host: 1 up.
    "##);
}

#[test]
fn a_unit_between_two_crashes_is_not_as_declared() {
    let desired = desired("h1", &["a.service"]);
    let mut unit = running("a.service");
    unit.active = ActiveState::Activating;
    unit.sub = "auto-restart".to_owned();
    let observed = observed("h1", lingering(), vec![unit], &["a.service"]);
    let host = HostStatus {
        desired: &desired,
        seen: seen(&observed, &["a.service"]),
    };
    let said = said(&[host], &narrow_options());
    assert!(
        said.contains("! h1") && said.contains("crash-looping (it ends by itself)"),
        "{said}"
    );
}

#[test]
fn quiet_shows_only_what_is_not_as_declared() {
    let desired = desired("h1", &["a.service", "b.service"]);
    let units = vec![
        running("a.service"),
        ObservedUnit::not_found(&unit_name("b.service")),
    ];
    let observed = observed("h1", lingering(), units, &["a.service", "b.service"]);
    let host = HostStatus {
        desired: &desired,
        seen: seen(&observed, &["b.service"]),
    };
    let said = said(
        &[host],
        &TextOptions {
            verbosity: Verbosity::Quiet,
            ..narrow_options()
        },
    );
    assert!(
        !said.contains("a.service") && said.contains("! h1"),
        "{said}"
    );
}

#[test]
fn undeclared_lingering_is_told_where_more_is_asked_for() {
    let desired = desired("h1", &[]);
    let observed = observed("h1", lingering(), vec![], &[]);
    let host = HostStatus {
        desired: &desired,
        seen: seen(&observed, &[]),
    };
    let said = said(
        &[host],
        &TextOptions {
            verbosity: Verbosity::Verbose,
            ..narrow_options()
        },
    );
    assert!(
        said.contains("lingering, and not in the manifest: old\u{fffd}[2J"),
        "{said}"
    );
}

fn boot_of(linger: ObservedLinger, units: Vec<ObservedUnit>, enabled: &[&str]) -> Option<AtBoot> {
    let desired = desired("h1", &["a.service"]);
    let observed = observed("h1", linger, units, enabled);
    let host = HostStatus {
        desired: &desired,
        seen: seen(&observed, &[]),
    };
    status::lines(&host)
        .units
        .first()
        .and_then(|unit| unit.boot.clone())
}

#[test]
fn a_unit_runs_after_a_boot_only_if_it_is_pulled_in_and_its_user_lingers() {
    let alone = || vec![running("a.service")];
    let off = ObservedLinger {
        recorded: false,
        ..lingering()
    };
    assert_eq!(
        boot_of(lingering(), alone(), &["a.service"]),
        Some(AtBoot::Starts)
    );
    assert_eq!(
        boot_of(off.clone(), alone(), &["a.service"]),
        Some(AtBoot::StartsNot(NotAtBoot::NoLinger))
    );
    assert_eq!(
        boot_of(lingering(), alone(), &[]),
        Some(AtBoot::StartsNot(NotAtBoot::NotWanted))
    );
    let timed = || {
        let mut service = running("a.service");
        service.triggered_by = [unit_name("a.timer")].into();
        vec![service, running("a.timer")]
    };
    assert_eq!(
        boot_of(lingering(), timed(), &["a.timer"]),
        Some(AtBoot::StartedBy(unit_name("a.timer")))
    );
    assert_eq!(
        boot_of(lingering(), timed(), &[]),
        Some(AtBoot::StartsNot(NotAtBoot::NotWanted))
    );
    assert_eq!(
        boot_of(off, timed(), &["a.timer"]),
        Some(AtBoot::StartsNot(NotAtBoot::NoLinger))
    );
}

/// What is said of a.service, where its manager would start these units at a boot.
fn rehearsed(
    linger: ObservedLinger,
    a: ObservedUnit,
    enabled: &[&str],
    rehearsal: &Rehearsal,
) -> String {
    let mut seen = observed("h1", linger, vec![a, running("a.timer")], enabled);
    for scope in seen.scopes.values_mut() {
        if let Observation::Known(scope) = scope {
            scope.rehearsal = Observation::Known(rehearsal.clone());
        }
    }
    let scope = Scope::User(user("deploy"));
    Boot::from_observed(&scope, &seen)
        .start_at_boot(&unit_name("a.service"), &unit_name("a.service"))
        .to_string()
}

fn units(names: &[&str]) -> BTreeSet<UnitName> {
    names.iter().map(|name| unit_name(name)).collect()
}

/// A rehearsal in which a boot starts these.
fn starts(names: &[&str]) -> Rehearsal {
    Rehearsal {
        starts: units(names),
        ..Rehearsal::default()
    }
}

#[test]
fn a_rehearsal_decides_what_a_boot_starts() {
    let a = || running("a.service");
    let none: &[&str] = &[];
    let linked: &[&str] = &["a.service"];
    assert_eq!(rehearsed(lingering(), a(), none, &starts(linked)), "yes");
    assert_eq!(rehearsed(lingering(), a(), none, &starts(none)), "no");
    let not_reached = rehearsed(lingering(), a(), linked, &starts(none));
    assert_eq!(not_reached, "no: default.target is not reached");
    let left_out = rehearsed(lingering(), a(), linked, &starts(&["default.target"]));
    assert_eq!(left_out, "no: systemd leaves it out");
    let triggered = ObservedUnit {
        triggered_by: units(&["a.timer"]),
        ..a()
    };
    let by = |names: &[&str]| rehearsed(lingering(), triggered.clone(), none, &starts(names));
    assert_eq!(by(&["a.timer"]), "by a.timer");
    assert_eq!(by(none), "no: a.timer does not");
}

#[test]
fn what_a_rehearsal_cannot_know_is_added() {
    let a = || running("a.service");
    let none: &[&str] = &[];
    let linked: &[&str] = &["a.service"];
    let off = ObservedLinger {
        recorded: false,
        ..lingering()
    };
    assert_eq!(rehearsed(off, a(), none, &starts(linked)), "no: no linger");
    let masked = ObservedLinger {
        masked: UnitName::parse("user@1000.service").ok(),
        ..lingering()
    };
    let manager_masked = rehearsed(masked, a(), none, &starts(linked));
    assert_eq!(manager_masked, "no: user manager masked");
    let needs = ObservedLinger {
        masked: UnitName::parse("user.slice").ok(),
        ..lingering()
    };
    assert_eq!(
        rehearsed(needs, a(), none, &starts(linked)),
        "no: the user manager needs user.slice, which is masked"
    );
    let in_run = |load: &str| ObservedUnit {
        load: load.to_owned(),
        fragment: "/run/user/1000/systemd/user/a.service".parse().ok(),
        ..a()
    };
    let gone = rehearsed(lingering(), in_run("loaded"), none, &starts(linked));
    assert_eq!(gone, "no: only until the reboot");
    let runtime = rehearsed(lingering(), in_run("masked"), linked, &starts(none));
    assert_eq!(runtime, "unknown: masked until the reboot");
    let cycle = Rehearsal {
        in_cycles: units(&["a.service", "b.service"]),
        ..starts(linked)
    };
    assert_eq!(
        rehearsed(lingering(), a(), none, &cycle),
        "unknown: in a cycle"
    );
    let dropped = Rehearsal {
        dropped: units(linked),
        ..starts(none)
    };
    let dropped = rehearsed(lingering(), a(), linked, &dropped);
    assert_eq!(dropped, "no: dropped from a cycle");
    let unreadable = Rehearsal {
        unreadable: units(linked),
        ..starts(none)
    };
    let unreadable = rehearsed(lingering(), a(), linked, &unreadable);
    assert_eq!(unreadable, "unknown: unreadable file");
}

#[test]
fn a_unit_that_nobody_could_see_is_unknown_and_not_down() {
    let desired = desired("h1", &["a.service"]);
    let mut observed = observed("h1", lingering(), vec![], &[]);
    observed.scopes = [(
        Scope::User(user("deploy")),
        Observation::Unknown(abide_model::UnknownReason::from_text("timed out\u{1b}")),
    )]
    .into();
    let host = HostStatus {
        desired: &desired,
        seen: seen(&observed, &[]),
    };
    let said = said(&[host], &narrow_options());
    assert!(
        said.contains("? h1") && said.contains("a.service: timed out\u{fffd}"),
        "{said}"
    );
    assert!(
        said.ends_with("1 unit on 1 host: 0 up, 1 unknown.\n"),
        "{said}"
    );
}

#[test]
fn a_unit_declared_absent_and_gone_is_no_line() {
    let mut desired = desired("h1", &["a.service"]);
    let unit = desired
        .users
        .get_mut(&user("deploy"))
        .unwrap()
        .units
        .get_mut(&unit_name("a.service"))
        .unwrap();
    unit.presence = Presence::Absent;
    let gone = observed(
        "h1",
        lingering(),
        vec![ObservedUnit::not_found(&unit_name("a.service"))],
        &[],
    );
    let there = observed("h1", lingering(), vec![running("a.service")], &[]);
    let lines = |observed: &Observed, starts: &[&str]| {
        status::lines(&HostStatus {
            desired: &desired,
            seen: seen(observed, starts),
        })
        .units
    };
    assert!(lines(&gone, &[]).is_empty());
    assert_eq!(
        lines(&there, &["a.service"])
            .first()
            .and_then(|unit| unit.as_declared),
        Some(false)
    );
}
