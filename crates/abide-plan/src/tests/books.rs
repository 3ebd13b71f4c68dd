//! What the ledger will say of each unit, and what counts as a removal.

use abide_model::{Desired, HomePath, HostPathOrHome, LedgerUnit, Plan, Policy, Share, Wanted};
use abide_sim::{DesiredBuilder, Edit, SimHost, desired, path, scope, unit_ref, user};

use super::support::{
    WEB, as_declared, assert_converges, notes, one, planned, refusals, seen_unit, service, steps,
    told,
};

fn web() -> DesiredBuilder {
    one("web.service", &service("/bin/web")).linger(Some(true))
}

/// What the ledger will say of the web service.
fn left(plan: &Plan) -> &LedgerUnit {
    &plan.ledger_after.units[&unit_ref(WEB)]
}

#[test]
fn a_unit_that_stops_or_does_not_run_has_no_run_in_the_ledger() {
    let host = as_declared(&web().build());
    let plan = planned(&host, &web().with_running(Wanted::No).build());
    assert_eq!(steps(&plan), [format!("{WEB}: stop")]);
    assert_eq!(
        (left(&plan).invocation.as_str(), left(&plan).config),
        ("", None)
    );
    // Stopped by hand: its manager still names the last run.
    let wanted = web().with_running(Wanted::Unmanaged).build();
    let mut host = host;
    host.edit(&Edit::Stop(unit_ref(WEB)));
    let mut seen = host.observe(&wanted);
    seen_unit(&mut seen, WEB).invocation = "abc".to_owned();
    let plan = crate::plan(&wanted, &seen);
    assert_eq!(
        (left(&plan).invocation.as_str(), left(&plan).config),
        ("", None)
    );
}

#[test]
fn a_unit_that_its_manager_will_bring_up_runs_what_is_declared() {
    let unmanaged =
        |wanted: DesiredBuilder| wanted.with_running(Wanted::Unmanaged).enabled(Wanted::Yes);
    let wanted = unmanaged(one("web.service", &service("/bin/web")))
        .unit("other.service", &service("/bin/other"))
        .build();
    let mut host = as_declared(&wanted);
    host.edit(&Edit::DisableLinger(user("deploy")));
    let plan = planned(&host, &wanted);
    assert!(
        !steps(&plan).iter().any(|step| step.starts_with(WEB)),
        "{}",
        told(&plan)
    );
    assert_eq!(left(&plan).invocation, "");
    assert!(left(&plan).config.is_some());
}

#[test]
fn what_has_no_process_runs_its_new_configuration_after_the_reload() {
    let watch = |value: &str| {
        let text = "[Path]\nPathExists=/a\nUnit=web.service\n[Install]\nWantedBy=paths.target\n";
        let at = HostPathOrHome::Home(HomePath::parse("list").unwrap());
        let wanted = web().file("list", value).unit("watch.path", text);
        wanted.restart_on(at).build()
    };
    let config = |plan: &Plan| plan.ledger_after.units[&unit_ref("user:deploy/watch.path")].config;
    let plan = planned(&as_declared(&watch("a")), &watch("b"));
    assert_eq!(steps(&plan), ["write /home/deploy/list 0644"]);
    assert_eq!(
        config(&plan),
        config(&planned(&as_declared(&watch("b")), &watch("b")))
    );
    assert_ne!(
        config(&plan),
        config(&planned(&as_declared(&watch("a")), &watch("a")))
    );
}

#[test]
fn a_template_is_no_unit_in_the_ledger() {
    let wanted = one("pool@.service", "[Service]\nExecStart=/bin/pool %i\n")
        .instance("pool@a.service")
        .build();
    let plan = planned(&SimHost::new(), &wanted);
    let units: Vec<String> = plan
        .ledger_after
        .units
        .keys()
        .map(ToString::to_string)
        .collect();
    assert_eq!(units, ["user:deploy/pool@a.service"]);
}

#[test]
fn that_abide_enabled_a_unit_is_remembered_until_its_links_go() {
    let unmanaged = web().enabled(Wanted::Unmanaged).build();
    let host = as_declared(&web().build());
    assert!(left(&planned(&host, &unmanaged)).enabled);
    assert!(!left(&planned(&SimHost::new(), &unmanaged)).enabled);
    let bare = one("web.service", "[Service]\nExecStart=/bin/web\n")
        .linger(Some(true))
        .build();
    let plan = planned(&host, &bare);
    assert!(
        steps(&plan).contains(&format!("{WEB}: disable -default.target.wants/web.service")),
        "{}",
        told(&plan)
    );
    assert!(!left(&plan).enabled);
}

/// A manifest that prunes nothing.
fn keeping(wanted: DesiredBuilder) -> Desired {
    let policy = Policy {
        prune: false,
        ..Policy::default()
    };
    wanted.policy(policy).build()
}

const DROP_INS: &str = "/home/deploy/.config/systemd/user/web.service.d";

#[test]
fn without_prune_a_drop_in_that_nothing_declares_stays_ours_and_is_told() {
    let two = web()
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .drop_in("20-mem.conf", "[Service]\nMemoryMax=1G\n");
    let mut host = as_declared(&two.build());
    let one = web().drop_in("10-nice.conf", "[Service]\nNice=5\n");
    let plan = assert_converges(&mut host, &keeping(one));
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        notes(&plan),
        [format!(
            "{WEB}: its drop-in 20-mem.conf is ours, and nothing declares it any more"
        )]
    );
    let kept = path(&format!("{DROP_INS}/20-mem.conf"));
    assert!(plan.ledger_after.files.contains_key(&kept));
}

#[test]
fn without_prune_a_mask_still_takes_the_place_of_the_unit_file() {
    let mut host = as_declared(&web().drop_in("10-nice.conf", "[Service]\nNice=5\n").build());
    let masked = keeping(
        desired("h1")
            .user("deploy")
            .linger(Some(true))
            .foreign_unit("web.service")
            .with_masked(true),
    );
    let plan = assert_converges(&mut host, &masked);
    let steps = steps(&plan);
    let file = "/home/deploy/.config/systemd/user/web.service";
    assert!(steps.contains(&format!("remove {file}")), "{steps:?}");
    assert!(steps.contains(&format!("{WEB}: mask")), "{steps:?}");
    assert!(
        !steps.contains(&format!("remove {DROP_INS}/10-nice.conf")),
        "{steps:?}"
    );
}

#[test]
fn without_prune_a_unit_file_that_is_no_longer_declared_stays_beside_its_drop_in() {
    let mut host = as_declared(&web().build());
    let wanted = keeping(
        desired("h1")
            .user("deploy")
            .linger(Some(true))
            .foreign_unit("web.service")
            .drop_in("10-nice.conf", "[Unit]\nDescription=x\n"),
    );
    let plan = assert_converges(&mut host, &wanted);
    let file = "/home/deploy/.config/systemd/user/web.service";
    assert!(
        !steps(&plan).contains(&format!("remove {file}")),
        "{}",
        told(&plan)
    );
    assert!(host.is_up(&unit_ref(WEB)));
}

#[test]
fn a_file_by_hand_goes_with_our_drop_in_where_the_unit_is_declared_absent() {
    let with = desired("h1")
        .user("deploy")
        .linger(Some(true))
        .foreign_unit("web.service");
    let drop_in = with
        .clone()
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .build();
    let mut host = as_declared(&desired("h1").user("deploy").linger(Some(true)).build());
    host.edit(&Edit::Write(unit_ref(WEB), service("/bin/mine")));
    host.reload_manager(&scope("user:deploy")).unwrap();
    assert_converges(&mut host, &drop_in);
    let plan = assert_converges(&mut host, &with.marked_absent().build());
    let steps = steps(&plan);
    assert!(
        steps.contains(&"remove /home/deploy/.config/systemd/user/web.service".to_owned()),
        "{steps:?}"
    );
    assert!(
        steps.contains(&format!("remove {DROP_INS}/10-nice.conf")),
        "{steps:?}"
    );
}

#[test]
fn a_file_by_hand_alone_goes_where_the_unit_is_declared_absent() {
    let mut host = as_declared(&desired("h1").user("deploy").linger(Some(true)).build());
    host.edit(&Edit::Write(unit_ref(WEB), service("/bin/mine")));
    host.reload_manager(&scope("user:deploy")).unwrap();
    let absent = desired("h1")
        .user("deploy")
        .linger(Some(true))
        .foreign_unit("web.service")
        .marked_absent();
    let plan = assert_converges(&mut host, &absent.build());
    assert_eq!(
        steps(&plan),
        [
            "remove /home/deploy/.config/systemd/user/web.service",
            "manager user:deploy: daemon-reload"
        ]
    );
}

/// Five web services; how each is declared depends on its number.
fn five(each: impl Fn(DesiredBuilder, &str) -> DesiredBuilder) -> Desired {
    let start = desired("h1").user("deploy").linger(Some(true));
    let mut wanted = (0..5)
        .fold(start, |wanted, n| each(wanted, &format!("u{n}.service")))
        .build();
    wanted.policy.max_removals = Share::Count(0);
    wanted
}

#[test]
fn both_units_that_go_and_units_that_only_stop_count_as_removals() {
    let run = |wanted: DesiredBuilder, name: &str| wanted.unit(name, &service("/bin/u"));
    let off = |wanted: DesiredBuilder, name: &str| run(wanted, name).with_running(Wanted::No);
    let limit =
        "manager system: it would stop or remove 5 units where max_removals allows 3 of 5 owned";
    let refused = |from: &Desired, to: &Desired| {
        let refusals = refusals(&planned(&as_declared(from), to));
        refusals.iter().any(|said| said.starts_with(limit))
    };
    let gone = five(|wanted, _| wanted);
    assert!(refused(&five(run), &five(off)));
    assert!(refused(&five(off), &gone));
    assert!(!refused(&five(off), &five(off)));
}

#[test]
fn a_quadlet_and_the_service_that_it_becomes_are_not_declared_both() {
    let wanted = one("web.container", "[Container]\nImage=i\n")
        .foreign_unit("web.service")
        .with_running(Wanted::Yes)
        .build();
    let plan = crate::plan(&wanted, &SimHost::new().observe(&wanted));
    assert_eq!(
        refusals(&plan),
        ["user:deploy/web.service: it is web.service on the host, which is declared too"]
    );
}

#[test]
fn an_instance_of_a_packages_template_is_let_go_of_and_keeps_running() {
    let vendor = "[Service]\nExecStart=/bin/x %i\n";
    let with = |instance: bool| {
        let wanted = desired("h1")
            .foreign_unit("getty@.service")
            .drop_in("10-x.conf", "[Unit]\nDescription=x\n");
        match instance {
            true => wanted
                .foreign_unit("getty@tty9.service")
                .with_running(Wanted::Yes)
                .build(),
            false => wanted.build(),
        }
    };
    let mut host = SimHost::new().with_vendor_unit(false, "getty@.service", vendor);
    assert_converges(&mut host, &with(true));
    let plan = assert_converges(&mut host, &with(false));
    assert_eq!(steps(&plan), ["system/getty@tty9.service: forget"]);
    assert!(host.is_up(&unit_ref("system/getty@tty9.service")));
}
