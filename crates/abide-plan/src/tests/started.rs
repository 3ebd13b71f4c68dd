//! Units that should run and do not: whether they are started, or why not.

use abide_model::{ActiveState, Desired, DesiredUnit, Observed, Wanted};
use abide_sim::{DesiredBuilder, Edit, SimHost, desired, path, scope, unit_ref, user};

use super::support::{
    WEB, as_declared, assert_converges, notes, one, planned, refusals, seen_unit, service, steps,
    told,
};

const HELD: &str = "[Unit]\nConditionPathExists=/nowhere\n[Service]\nExecStart=/bin/web\n[Install]\nWantedBy=default.target\n";

/// Whether a condition holds the web service back for good in this plan.
fn is_held(plan: &abide_model::Plan) -> bool {
    let held = notes(plan)
        .iter()
        .any(|note| note.contains("a condition held"));
    let starts = steps(plan).iter().any(|step| step.ends_with(": start"));
    assert_ne!(held, starts, "{}", told(plan));
    held
}

#[test]
fn a_unit_that_a_condition_held_back_is_tried_again_with_each_change() {
    let wanted = one("web.service", HELD);
    let host = as_declared(&wanted.clone().build());
    assert!(is_held(&planned(&host, &wanted.clone().build())));
    let changed = wanted
        .clone()
        .drop_in("10-nice.conf", "[Service]\nNice=5\n");
    assert!(!is_held(&planned(&host, &changed.build())));
    let mut touched = host.clone();
    touched.write_file(
        &path("/home/deploy/.config/systemd/user/web.service"),
        HELD,
        "deploy",
    );
    assert!(!is_held(&planned(&touched, &wanted.build())));
}

#[test]
fn an_instance_that_a_condition_held_back_is_tried_again_where_its_template_changes() {
    let pool = |description: &str, drop_in: bool| {
        let text = format!(
            "[Unit]\nDescription={description}\nConditionPathExists=/nowhere\n[Service]\nExecStart=/bin/pool %i\n"
        );
        let wanted = one("pool@.service", &text);
        let wanted = match drop_in {
            true => wanted.drop_in("10-nice.conf", "[Unit]\nDescription=other\n"),
            false => wanted,
        };
        wanted.instance("pool@a.service").build()
    };
    let host = as_declared(&pool("a", true));
    assert!(is_held(&planned(&host, &pool("a", true))));
    assert!(!is_held(&planned(&host, &pool("b", true))));
    assert!(!is_held(&planned(&host, &pool("a", false))));
    // A drop-in that is gone already changes nothing.
    let mut without = host.clone();
    without.remove_file(&path(
        "/home/deploy/.config/systemd/user/pool@.service.d/10-nice.conf",
    ));
    without.reload_manager(&scope("user:deploy")).unwrap();
    assert!(is_held(&planned(&without, &pool("a", false))));
    // Its file is gone, and will be written.
    let mut without = host.clone();
    without.remove_file(&path("/home/deploy/.config/systemd/user/pool@.service"));
    assert!(!is_held(&planned(&without, &pool("a", true))));
}

#[test]
fn a_packages_unit_that_a_condition_held_back_is_tried_again_once_it_is_unmasked() {
    let vendor = "[Unit]\nConditionPathExists=/nowhere\n[Service]\nExecStart=/bin/x\n";
    let nginx = unit_ref("system/nginx.service");
    let mut wanted = desired("h1")
        .foreign_unit("nginx.service")
        .with_running(Wanted::Yes)
        .build();
    for unit in wanted.units.values_mut() {
        unit.masked = Some(false);
    }
    let plan = |masked: bool| {
        let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", vendor);
        if masked {
            host.edit(&Edit::Mask(nginx.clone()));
        }
        let mut seen = host.observe(&wanted);
        seen_unit(&mut seen, "system/nginx.service").condition = false;
        crate::plan(&wanted, &seen)
    };
    assert!(is_held(&plan(false)));
    assert!(!is_held(&plan(true)));
}

/// The plan for a unit that was started once and does not run, its manager having forgotten that run.
fn forgotten(text: &str, change: impl Fn(&mut Observed)) -> abide_model::Plan {
    let wanted = one("web.service", text).build();
    let mut seen = as_declared(&wanted).observe(&wanted);
    let unit = seen_unit(&mut seen, WEB);
    (unit.active, unit.sub) = (ActiveState::Inactive, "dead".to_owned());
    (unit.invocation, unit.started_at, unit.condition) = (String::new(), None, true);
    change(&mut seen);
    crate::plan(&wanted, &seen)
}

fn ledger_unit(seen: &mut Observed) -> &mut abide_model::LedgerUnit {
    match &mut seen.ledger {
        abide_model::Observation::Known(ledger) => ledger.units.get_mut(&unit_ref(WEB)).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_the_ledger_knows_of_a_start_in_vain_that_its_manager_forgot() {
    assert!(is_held(&forgotten(HELD, |_| {})));
    // It ran then, or was started with something else, or runs were counted since.
    assert!(!is_held(&forgotten(HELD, |seen| {
        ledger_unit(seen).invocation = "abc".to_owned();
    })));
    assert!(!is_held(
        &forgotten(HELD, |seen| ledger_unit(seen).config = None)
    ));
    assert!(!is_held(&forgotten(HELD, |seen| {
        seen_unit(seen, WEB).invocation = "abc".to_owned();
    })));
    // Its manager remembers.
    assert!(is_held(&forgotten(HELD, |seen| {
        let unit = seen_unit(seen, WEB);
        (unit.invocation, unit.condition) = ("abc".to_owned(), false);
    })));
    // Without a condition nothing held it back.
    let free = "[Unit]\nDescription=web\n[Service]\nExecStart=/bin/web\nConditionOfMine=x\n";
    assert!(!is_held(&forgotten(free, |seen| {
        ledger_unit(seen).invocation = String::new();
    })));
}

#[test]
fn what_its_manager_cannot_load_is_not_started_unless_it_is_mended_here() {
    let wanted = |command: &str| one("web.service", &service(command)).build();
    let with = |load: &str, command: &str| {
        let mut seen = as_declared(&wanted("/bin/web")).observe(&wanted(command));
        let unit = seen_unit(&mut seen, WEB);
        unit.active = ActiveState::Inactive;
        unit.load = load.to_owned();
        crate::plan(&wanted(command), &seen)
    };
    for load in ["bad-setting", "error"] {
        assert_eq!(
            refusals(&with(load, "/bin/web")),
            [format!("{WEB}: its manager cannot load it: `{load}`")]
        );
        let mended = with(load, "/bin/other");
        assert_eq!(refusals(&mended), Vec::<String>::new());
        assert!(
            steps(&mended).contains(&format!("{WEB}: start")),
            "{}",
            told(&mended)
        );
    }
    let unknown = with("not-found", "/bin/web");
    assert_eq!(steps(&unknown), [format!("{WEB}: start")]);
}

#[test]
fn a_packages_unit_that_is_not_there_cannot_be_started() {
    let wanted = desired("h1")
        .foreign_unit("nginx.service")
        .with_running(Wanted::Yes)
        .build();
    let plan = planned(&SimHost::new(), &wanted);
    assert_eq!(
        refusals(&plan),
        ["system/nginx.service: there is no such unit on the host"]
    );
}

/// A drop-in for what a package brings, and nothing else.
fn drop_in_for(of: DesiredBuilder, unit: &str) -> Desired {
    of.foreign_unit(unit)
        .with_running(Wanted::Unmanaged)
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .build()
}

#[test]
fn a_packages_unit_that_is_not_there_gets_no_drop_ins() {
    let wanted = drop_in_for(desired("h1"), "nginx.service");
    let plan = assert_converges(&mut SimHost::new(), &wanted);
    assert_eq!(steps(&plan), Vec::<String>::new());
    let refusal = "system/nginx.service: there is no such unit on the host";
    assert_eq!(refusals(&plan), [refusal]);
    let vendor = "[Service]\nExecStart=/bin/x\n";
    let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", vendor);
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(refusals(&plan), Vec::<String>::new());
}

#[test]
fn drop_ins_of_what_cannot_be_asked_for_are_written() {
    // A template has no state, and a manager that is down knows nothing.
    let template = "[Service]\nExecStart=/bin/x %i\n";
    let mut host = SimHost::new().with_vendor_unit(false, "pool@.service", template);
    let plan = assert_converges(&mut host, &drop_in_for(desired("h1"), "pool@.service"));
    assert_eq!(refusals(&plan), Vec::<String>::new());
    assert!(steps(&plan)[0].starts_with("write "), "{:?}", steps(&plan));
    let of_user = drop_in_for(desired("h1").user("deploy"), "nginx.service");
    let plan = assert_converges(&mut SimHost::new().with_user("deploy"), &of_user);
    assert_eq!(refusals(&plan), Vec::<String>::new());
}

#[test]
fn drop_ins_that_are_there_already_need_no_unit() {
    let mut host = SimHost::new();
    let at = path("/etc/systemd/system/nginx.service.d/10-nice.conf");
    host.write_file(&at, "[Service]\nNice=5\n", "root");
    let plan = assert_converges(&mut host, &drop_in_for(desired("h1"), "nginx.service"));
    assert_eq!(refusals(&plan), Vec::<String>::new());
}

#[test]
fn a_packages_unit_is_started_where_its_manager_could_not_be_asked_yet() {
    let vendor = "[Service]\nExecStart=/bin/x\n";
    let wanted = desired("h1")
        .user("deploy")
        .linger(Some(true))
        .foreign_unit("agent.service")
        .with_running(Wanted::Yes)
        .build();
    let mut host = SimHost::new().with_vendor_unit(true, "agent.service", vendor);
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(refusals(&plan), Vec::<String>::new());
    assert!(
        steps(&plan).contains(&"user:deploy/agent.service: start".to_owned()),
        "{}",
        told(&plan)
    );
}

/// A web service that no manager brings up by itself.
fn lazy(command: &str) -> DesiredBuilder {
    let text = format!("[Service]\nExecStart={command}\n[Install]\nWantedBy=a.target\n");
    one("web.service", &text)
}

#[test]
fn what_somebody_elses_unit_may_bring_up_with_an_old_file_is_restarted() {
    let mut host = as_declared(&lazy("/bin/a").build());
    host.edit(&Edit::DisableLinger(user("deploy")));
    let steps_to = |host: &SimHost, wanted: &Desired| {
        let steps = steps(&assert_converges(&mut host.clone(), wanted));
        steps.last().unwrap().clone()
    };
    assert_eq!(
        steps_to(&host, &lazy("/bin/b").build()),
        format!("{WEB}: restart")
    );
    assert_eq!(
        steps_to(&host, &lazy("/bin/a").build()),
        format!("{WEB}: start")
    );
    let new = |unit: &mut DesiredUnit| unit.running = Wanted::Yes;
    let mut fresh = one("fresh.service", &service("/bin/f")).build();
    fresh
        .users
        .values_mut()
        .flat_map(|user| user.units.values_mut())
        .for_each(new);
    assert_eq!(steps_to(&host, &fresh), "user:deploy/fresh.service: start");
}

#[test]
fn a_job_that_is_under_way_is_not_interrupted_by_its_new_file() {
    let job = |command: &str| {
        let text = format!("[Service]\nType=oneshot\nExecStart={command}\n");
        one("job.service", &text)
            .linger(Some(true))
            .with_running(Wanted::Unmanaged)
            .build()
    };
    let mut seen = as_declared(&job("/bin/a")).observe(&job("/bin/b"));
    let unit = seen_unit(&mut seen, "user:deploy/job.service");
    (unit.active, unit.sub) = (ActiveState::Activating, "start".to_owned());
    unit.invocation = "abc".to_owned();
    assert_eq!(
        steps(&crate::plan(&job("/bin/b"), &seen)),
        [
            "write /home/deploy/.config/systemd/user/job.service 0644",
            "manager user:deploy: daemon-reload"
        ]
    );
}

#[test]
fn a_mount_that_the_running_system_stands_on_waits_for_the_next_boot() {
    let mount = |at: &str, what: &str| {
        let name = format!("{}.mount", at.trim_start_matches('/'));
        let text = format!("[Mount]\nWhat={what}\nWhere={at}\nType=ext4\n");
        desired("h1").unit(&name, &text).build()
    };
    let plan = |at: &str| planned(&as_declared(&mount(at, "/dev/a")), &mount(at, "/dev/b"));
    let in_use = |at: &str| {
        notes(&plan(at))
            .iter()
            .any(|note| note.contains("at the next boot"))
    };
    for at in ["/home", "/usr", "/var"] {
        assert!(in_use(at), "{}", told(&plan(at)));
        assert!(
            !steps(&plan(at))
                .iter()
                .any(|step| step.ends_with("restart"))
        );
    }
    assert!(steps(&plan("/srv")).contains(&"system/srv.mount: restart".to_owned()));
}
