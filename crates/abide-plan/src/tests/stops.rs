//! What a stop or a restart does to units beside it: triggers, dependents, members.

use abide_model::{ActiveState, Desired, ObservedUnit, OnChange, Wanted};
use abide_sim::{DesiredBuilder, Edit, SimHost, unit_ref};

use super::support::{
    as_declared, assert_converges, lines, notes, one, planned, seen_of, seen_unit, service, steps,
    told,
};

const APP: &str = "user:deploy/app.service";
const BASE: &str = "user:deploy/base.service";

/// A base, and an app with this in its `[Unit]` section.
fn with(base: &str, relation: &str) -> DesiredBuilder {
    let app = format!(
        "[Unit]\n{relation}\n[Service]\nExecStart=/bin/app\n[Install]\nWantedBy=default.target\n"
    );
    let wanted = one("app.service", &app).linger(Some(true));
    wanted.unit("base.service", &service(base))
}

/// The steps after which neither file nor manager changes: what is run and stopped.
fn verbs(plan: &abide_model::Plan) -> Vec<String> {
    let mut steps = steps(plan);
    steps.retain(|step| step.starts_with("user:deploy/"));
    steps
}

#[test]
fn a_unit_that_should_not_run_is_not_started_beside_its_new_socket() {
    let service = "[Service]\nExecStart=/bin/api\n";
    let mut host = as_declared(&one("api.service", service).linger(Some(true)).build());
    let socket = "[Socket]\nListenStream=/run/api\n[Install]\nWantedBy=sockets.target\n";
    let wanted = one("api.socket", socket)
        .linger(Some(true))
        .unit("api.service", service)
        .with_running(Wanted::No)
        .build();
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(
        verbs(&plan),
        lines(
            "user:deploy/api.service: stop
            user:deploy/api.socket: enable +sockets.target.wants/api.socket
            user:deploy/api.socket: start"
        ),
        "{}",
        told(&plan)
    );
}

/// A service that is stopped before its files change, and the timer that starts it.
fn job(command: &str, timer: Option<Wanted>) -> Desired {
    let text = format!("[Service]\nExecStart={command}\n");
    let wanted = one("job.service", &text)
        .linger(Some(true))
        .with_running(Wanted::Yes)
        .on_change(OnChange::StopStart);
    match timer {
        Some(running) => wanted
            .unit(
                "job.timer",
                "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
            )
            .with_running(running)
            .enabled(Wanted::No)
            .build(),
        None => wanted.build(),
    }
}

#[test]
fn between_its_stop_and_the_reload_no_timer_starts_the_old_unit() {
    let mut host = as_declared(&job("/bin/a", Some(Wanted::Yes)));
    let plan = assert_converges(&mut host, &job("/bin/b", Some(Wanted::Yes)));
    assert_eq!(
        verbs(&plan),
        lines(
            "user:deploy/job.timer: stop
            user:deploy/job.service: stop
            user:deploy/job.service: start
            user:deploy/job.timer: start"
        ),
        "{}",
        told(&plan)
    );
}

/// The steps for a changed job, where its manager says that this timer starts it.
fn with_trigger(timer: &str, up: bool, wanted: &Desired, host: &SimHost) -> Vec<String> {
    let mut seen = host.observe(wanted);
    let name = unit_ref(timer).unit;
    let deploy = seen_of(&mut seen, "user:deploy");
    let mut found = ObservedUnit::not_found(&name);
    "loaded".clone_into(&mut found.load);
    if up {
        found.active = ActiveState::Active;
    }
    deploy.units.insert(name.clone(), found);
    let job = seen_unit(&mut seen, "user:deploy/job.service");
    job.triggered_by.insert(name);
    verbs(&crate::plan(wanted, &seen))
}

#[test]
fn a_timer_that_does_not_run_or_that_nobody_declares_is_left_alone() {
    let only_job = [
        "user:deploy/job.service: stop",
        "user:deploy/job.service: start",
    ];
    let unmanaged = Some(Wanted::Unmanaged);
    let host = as_declared(&job("/bin/a", unmanaged));
    let timer = "user:deploy/job.timer";
    assert_eq!(
        with_trigger(timer, false, &job("/bin/b", unmanaged), &host),
        only_job
    );
    let host = as_declared(&job("/bin/a", None));
    let other = "user:deploy/other.timer";
    assert_eq!(
        with_trigger(other, true, &job("/bin/b", None), &host),
        only_job
    );
}

/// The base stops for good; what becomes of the app?
fn base_stops(before: &str, after: &str) -> Vec<String> {
    let mut host = as_declared(&with("/bin/base", before).build());
    let wanted = with("/bin/base", after).with_running(Wanted::No).build();
    let plan = planned(&host, &wanted);
    host.apply(&plan);
    verbs(&plan)
}

#[test]
fn what_only_is_a_part_of_a_unit_or_no_longer_requires_it_is_started_again() {
    let stop = format!("{BASE}: stop");
    let start = format!("{APP}: start");
    let both = [stop.clone(), start];
    assert_eq!(
        base_stops("PartOf=base.service", "PartOf=base.service"),
        both
    );
    assert_eq!(
        base_stops("Requires=base.service", "Description=free"),
        both
    );
    assert_eq!(
        base_stops("Requires=base.service", "Requires=default.target"),
        both
    );
    // What requires it cannot run without it.
    assert_eq!(
        base_stops("Requires=base.service", "Requires=base.service"),
        [stop]
    );
}

/// A package's app with this relation, which the manifest may name.
fn vendor_app(relation: &str, named: bool) -> Vec<String> {
    let vendor = format!("[Unit]\n{relation}=base.service\n[Service]\nExecStart=/bin/app\n");
    let base = |running: Wanted| {
        let wanted = one("base.service", &service("/bin/base"))
            .linger(Some(true))
            .with_running(running);
        match named {
            true => wanted.foreign_unit("app.service").build(),
            false => wanted.build(),
        }
    };
    let mut host = SimHost::new().with_vendor_unit(true, "app.service", &vendor);
    assert_converges(&mut host, &base(Wanted::Yes));
    host.edit(&Edit::Start(unit_ref(APP)));
    assert!(host.is_up(&unit_ref(APP)));
    // A probe asks for what hangs from a unit of ours as well.
    let wanted = base(Wanted::No);
    let mut seen = host.observe(&wanted);
    let deploy = seen_of(&mut seen, "user:deploy");
    let mut found = ObservedUnit::not_found(&unit_ref(APP).unit);
    found.active = ActiveState::Active;
    deploy.units.entry(found.id.clone()).or_insert(found);
    verbs(&crate::plan(&wanted, &seen))
}

#[test]
fn a_packages_unit_is_started_again_only_where_it_is_a_part_and_declared() {
    let (stop, start) = (format!("{BASE}: stop"), format!("{APP}: start"));
    assert_eq!(vendor_app("PartOf", true), [stop.clone(), start]);
    for (relation, named) in [("PartOf", false), ("Requires", true), ("Requires", false)] {
        assert_eq!(vendor_app(relation, named), std::slice::from_ref(&stop));
    }
}

#[test]
fn what_is_stopped_itself_is_started_once_and_for_its_own_reasons() {
    let both = |command: &str| {
        let app = format!(
            "[Unit]\nRequires=base.service\n[Service]\nExecStart={command}\n[Install]\nWantedBy=default.target\n"
        );
        let wanted = one("app.service", &app).on_change(OnChange::StopStart);
        wanted
            .unit("base.service", &service(command))
            .on_change(OnChange::StopStart)
            .build()
    };
    let mut host = as_declared(&both("/bin/a"));
    let plan = assert_converges(&mut host, &both("/bin/b"));
    let start = plan
        .actions
        .iter()
        .find(|one| one.resource.to_string() == APP && one.change == abide_model::Change::Start);
    let stop = plan
        .actions
        .iter()
        .find(|one| one.resource.to_string() == APP && one.change == abide_model::Change::Stop);
    let (start, stop) = (start.unwrap(), stop.unwrap());
    let of_base = plan
        .actions
        .iter()
        .find(|one| one.resource.to_string() == BASE && one.change == abide_model::Change::Stop);
    let follows = |id| start.causes.contains(&abide_model::Cause::FollowsFrom(id));
    assert!(follows(stop.id), "{}", told(&plan));
    assert!(!follows(of_base.unwrap().id), "{}", told(&plan));
}

#[test]
fn what_should_not_run_and_cannot_be_stopped_is_not_started_again_either() {
    let both = |command: &str, app: Wanted| {
        let text =
            "[Unit]\nPartOf=base.service\nRefuseManualStop=yes\n[Service]\nExecStart=/bin/app\n";
        let wanted = one("app.service", text)
            .linger(Some(true))
            .with_running(app);
        wanted
            .unit("base.service", &service(command))
            .on_change(OnChange::StopStart)
            .build()
    };
    let mut host = as_declared(&both("/bin/a", Wanted::Yes));
    let plan = assert_converges(&mut host, &both("/bin/b", Wanted::No));
    assert!(
        !steps(&plan).contains(&format!("{APP}: start")),
        "{}",
        told(&plan)
    );
}

#[test]
fn a_dependent_that_does_not_run_is_not_started_again() {
    for on_change in [OnChange::Restart, OnChange::StopStart] {
        let wanted = |base: &str| {
            let app = "[Unit]\nRequires=base.service\n[Service]\nExecStart=/bin/app\n";
            let wanted = one("app.service", app)
                .linger(Some(true))
                .with_running(Wanted::Unmanaged);
            let wanted = wanted.unit("base.service", &service(base));
            wanted.on_change(on_change).build()
        };
        let mut seen = as_declared(&wanted("/bin/a")).observe(&wanted("/bin/b"));
        // A manager names what requires a unit whether that runs or not.
        let relations = &mut seen_unit(&mut seen, BASE).relations;
        let required_by = relations.entry("RequiredBy".to_owned()).or_default();
        required_by.insert(unit_ref(APP).unit);
        let plan = crate::plan(&wanted("/bin/b"), &seen);
        assert_eq!(notes(&plan), Vec::<String>::new());
        let start = format!("{APP}: start");
        assert!(!steps(&plan).contains(&start), "{}", told(&plan));
    }
}

#[test]
fn a_timer_that_does_not_run_is_not_told_as_one_that_could_start_a_stopped_unit() {
    let unmanaged = Some(Wanted::Unmanaged);
    let mut host = as_declared(&job("/bin/a", unmanaged));
    host.edit(&Edit::Stop(unit_ref("user:deploy/job.timer")));
    let mut wanted = job("/bin/a", unmanaged);
    let units = wanted
        .users
        .values_mut()
        .flat_map(|user| user.units.iter_mut());
    for (name, unit) in units {
        if name.as_str() == "job.service" {
            unit.running = Wanted::No;
        }
    }
    let mut seen = host.observe(&wanted);
    let timer = unit_ref("user:deploy/job.timer").unit;
    let of_job = seen_unit(&mut seen, "user:deploy/job.service");
    of_job.triggered_by.insert(timer);
    let plan = crate::plan(&wanted, &seen);
    assert_eq!(verbs(&plan), ["user:deploy/job.service: stop"]);
    assert_eq!(notes(&plan), Vec::<String>::new());
}

/// What a target or a service that gains a member starts, where the member is a package's.
fn gains(name: &str, up: bool, member_up: bool) -> bool {
    let with = |wants: &str| {
        let text = match name {
            "group.target" => format!("[Unit]\nDescription=g{wants}\n"),
            _ => format!("[Unit]\nDescription=g{wants}\n[Service]\nExecStart=/bin/g\n"),
        };
        let wanted = one(name, &text).linger(Some(true));
        wanted
            .with_running(if up { Wanted::Yes } else { Wanted::No })
            .build()
    };
    let vendor = "[Service]\nExecStart=/bin/x\n";
    let mut host = as_declared(&with("")).with_vendor_unit(true, "extra.service", vendor);
    let extra = unit_ref("user:deploy/extra.service");
    if member_up {
        host.edit(&Edit::Start(extra));
    }
    let wanted = with("\nWants=extra.service");
    let mut seen = host.observe(&wanted);
    let name = abide_model::UnitName::parse("extra.service").unwrap();
    let deploy = seen_of(&mut seen, "user:deploy");
    let mut found = ObservedUnit::not_found(&name);
    if member_up {
        found.active = ActiveState::Active;
    }
    deploy.units.entry(name).or_insert(found);
    let plan = crate::plan(&wanted, &seen);
    steps(&plan).contains(&"user:deploy/extra.service: start".to_owned())
}

#[test]
fn only_a_running_target_starts_the_members_that_it_gains_and_that_do_not_run() {
    assert!(gains("group.target", true, false));
    assert!(!gains("group.target", true, true));
    assert!(!gains("group.target", false, false));
    assert!(!gains("group.service", true, false));
}
