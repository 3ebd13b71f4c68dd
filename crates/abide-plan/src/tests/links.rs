//! Links by hand, and links of others: which belong to a unit, and which are left alone.

use abide_model::{Cause, Desired, Wanted};
use abide_sim::{DesiredBuilder, Edit, SimHost, desired, path, scope, unit_ref};

use super::support::{
    WEB, as_declared, assert_converges, one, planned, refusals, seen_unit, service, steps, told,
};

const DIR: &str = "/home/deploy/.config/systemd/user";

fn with_install(install: &str) -> DesiredBuilder {
    let text = format!("[Service]\nExecStart=/bin/web\n[Install]\n{install}");
    one("web.service", &text).linger(Some(true))
}

#[test]
fn a_unit_whose_enablement_nobody_manages_keeps_links_by_hand() {
    let wanted = with_install("WantedBy=a.target\n")
        .enabled(Wanted::Unmanaged)
        .build();
    let mut host = as_declared(&wanted);
    host.edit(&Edit::Enable(unit_ref(WEB)));
    host.reload_manager(&scope("user:deploy")).unwrap();
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted)),
        Vec::<String>::new()
    );
}

#[test]
fn links_that_change_are_told_with_what_they_were() {
    let host = as_declared(&with_install("WantedBy=a.target\n").build());
    let plan = planned(&host, &with_install("WantedBy=a.target b.target\n").build());
    let enable = plan
        .actions
        .iter()
        .find(|one| matches!(one.change, abide_model::Change::Enable { .. }))
        .unwrap();
    assert_eq!(
        enable.causes,
        [Cause::Differs {
            field: abide_model::Field::Links,
            observed: "a.target.wants/web.service".to_owned(),
            desired: "a.target.wants/web.service b.target.wants/web.service".to_owned(),
        }]
    );
}

#[test]
fn where_a_specifier_hides_some_links_none_is_taken_for_stale() {
    let wanted = with_install("WantedBy=a.target %H.target\n").build();
    let mut host = SimHost::new();
    host.apply(&planned(&host, &wanted));
    host.write_link(
        &path(&format!("{DIR}/h1.target.wants/web.service")),
        &format!("{DIR}/web.service"),
        "deploy",
    );
    host.reload_manager(&scope("user:deploy")).unwrap();
    let plan = planned(&host, &wanted);
    assert_eq!(steps(&plan), Vec::<String>::new(), "{}", told(&plan));
    // Without it, the same link is one too many.
    let plain = with_install("WantedBy=a.target\n").build();
    assert!(
        steps(&planned(&host, &plain))
            .contains(&format!("{WEB}: enable -h1.target.wants/web.service")),
        "{}",
        told(&planned(&host, &plain))
    );
}

#[test]
fn an_alias_is_free_where_other_links_lead_elsewhere() {
    let other = with_install("WantedBy=a.target\n").unit(
        "other.service",
        "[Service]\nExecStart=/bin/o\n[Install]\nAlias=oo.service\nWantedBy=b.target\n",
    );
    let mut host = as_declared(&other.clone().build());
    let wanted = other.unit(
        "new.service",
        "[Service]\nExecStart=/bin/n\n[Install]\nAlias=www.service\n",
    );
    let plan = assert_converges(&mut host, &wanted.build());
    assert_eq!(refusals(&plan), Vec::<String>::new());
    assert!(
        steps(&plan).contains(&"user:deploy/new.service: enable +www.service".to_owned()),
        "{}",
        told(&plan)
    );
}

/// Two units of ours with these `[Install]` sections.
fn two(web: &str, other: &str) -> DesiredBuilder {
    let other = format!("[Service]\nExecStart=/bin/o\n[Install]\n{other}");
    with_install(web).unit("other.service", &other)
}

#[test]
fn an_alias_goes_over_from_one_unit_to_another_in_one_run() {
    // In the order of their names and against it.
    for (has, lacks) in [
        (
            "WantedBy=a.target\nAlias=www.service\n",
            "WantedBy=a.target\n",
        ),
        ("Alias=www.service\n", "Alias=o.service\n"),
    ] {
        for (before, after) in [
            (two(has, lacks), two(lacks, has)),
            (two(lacks, has), two(has, lacks)),
        ] {
            let mut host = as_declared(&before.build());
            let plan = assert_converges(&mut host, &after.build());
            assert_eq!(refusals(&plan), Vec::<String>::new());
        }
    }
    // Each gets the other's.
    let of = |web: &str, other: &str| {
        two(
            &format!("Alias={web}.service\n"),
            &format!("Alias={other}.service\n"),
        )
    };
    let mut host = as_declared(&of("x", "y").build());
    let plan = assert_converges(&mut host, &of("y", "x").build());
    assert_eq!(refusals(&plan), Vec::<String>::new());
    let links: Vec<String> = steps(&plan)
        .into_iter()
        .filter(|step| step.contains("enable"))
        .collect();
    assert_eq!(
        links,
        [
            "user:deploy/other.service: enable -y.service",
            "user:deploy/web.service: enable -x.service",
            "user:deploy/other.service: enable +x.service",
            "user:deploy/web.service: enable +y.service",
        ]
    );
}

#[test]
fn an_alias_of_a_unit_that_goes_or_is_switched_off_is_free_in_the_same_run() {
    let before = two("Alias=www.service\n", "WantedBy=a.target\n");
    let ends: [fn(DesiredBuilder) -> DesiredBuilder; 3] = [
        |it| it.foreign_unit("web.service").marked_absent(),
        |it| it.foreign_unit("web.service").with_masked(true),
        |it| {
            it.unit(
                "web.service",
                "[Service]\nExecStart=/bin/web\n[Install]\nAlias=www.service\n",
            )
            .enabled(Wanted::No)
        },
    ];
    for end in ends {
        let mut host = as_declared(&before.clone().build());
        let other = "[Service]\nExecStart=/bin/o\n[Install]\nAlias=www.service\n";
        let wanted = end(desired("h1")
            .user("deploy")
            .linger(Some(true))
            .unit("other.service", other));
        let plan = assert_converges(&mut host, &wanted.build());
        assert_eq!(refusals(&plan), Vec::<String>::new(), "{}", told(&plan));
    }
}

#[test]
fn an_alias_that_a_refused_unit_keeps_is_not_free() {
    // The second would lose it to the third, and cannot get the first one's.
    let before = one("a.service", &service("/bin/a")).unit(
        "b.service",
        "[Service]\nExecStart=/bin/b\n[Install]\nAlias=b1.service\n",
    );
    let mut host = as_declared(&before.build());
    host.write_link(
        &path(&format!("{DIR}/theirs.service")),
        "/opt/theirs.service",
        "deploy",
    );
    let wanted = one(
        "a.service",
        "[Service]\nExecStart=/bin/a\n[Install]\nAlias=b1.service\n",
    )
    .unit(
        "b.service",
        "[Service]\nExecStart=/bin/b\n[Install]\nAlias=theirs.service\n",
    );
    let plan = planned(&host, &wanted.build());
    let told = refusals(&plan);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter()
            .any(|one| one.contains("its alias theirs.service")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|one| one.contains("its alias b1.service is taken")),
        "{told:?}"
    );
}

#[test]
fn a_unit_enabled_where_nothing_can_be_undone_is_refused_and_ours_never_is() {
    let vendor = "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=multi-user.target\n";
    let host = SimHost::new().with_vendor_unit(false, "nginx.service", vendor);
    let says = |host: &SimHost, wanted: &Desired, unit: &str, state: &str| {
        let mut seen = host.observe(wanted);
        seen_unit(&mut seen, unit).file_state = state.to_owned();
        refusals(&crate::plan(wanted, &seen))
    };
    let foreign = desired("h1")
        .foreign_unit("nginx.service")
        .enabled(Wanted::No)
        .build();
    let nginx = "system/nginx.service";
    let refused = |state: &str| {
        [format!(
            "{nginx}: it is `{state}` outside the configuration directory, where disabling it has no effect"
        )]
    };
    for state in ["enabled", "enabled-runtime"] {
        assert_eq!(says(&host, &foreign, nginx, state), refused(state));
    }
    assert_eq!(
        says(&host, &foreign, nginx, "disabled"),
        Vec::<String>::new()
    );
    let ours = with_install("WantedBy=a.target\n")
        .enabled(Wanted::No)
        .build();
    let host = as_declared(&ours);
    assert_eq!(says(&host, &ours, WEB, "enabled"), Vec::<String>::new());
}

/// The links of a scope, by their own paths.
fn links(host: &SimHost) -> Vec<String> {
    host.links(&scope("user:deploy")).into_iter().collect()
}

fn template() -> DesiredBuilder {
    let text = "[Service]\nExecStart=/bin/pool %i\n[Install]\nWantedBy=a.target\n";
    one("pool@.service", text).linger(Some(true))
}

/// A host with the template, an instance that somebody enabled, and links that only look like its own.
fn with_instance_links() -> SimHost {
    let mut host = as_declared(&template().unit("web.service", &service("/bin/web")).build());
    let link = |host: &mut SimHost, at: &str, target: &str| {
        host.write_link(&path(&format!("{DIR}/{at}")), target, "deploy");
    };
    let file = format!("{DIR}/pool@.service");
    link(&mut host, "a.target.wants/pool@one.service", &file);
    link(
        &mut host,
        "a.target.wants/pool@two.service",
        "/opt/two.service",
    );
    link(&mut host, "a.target.wants/other@one.service", &file);
    link(
        &mut host,
        "a.target.wants/other@two.service",
        "/opt/other@.service",
    );
    host.reload_manager(&scope("user:deploy")).unwrap();
    host
}

#[test]
fn a_template_that_goes_takes_the_links_of_its_instances_along_and_no_others() {
    let mut host = with_instance_links();
    let rest = one("web.service", &service("/bin/web"))
        .linger(Some(true))
        .build();
    let plan = assert_converges(&mut host, &rest);
    // Hosts of both versions showed which links `systemctl disable` takes along.
    assert_eq!(
        steps(&plan)[0],
        "user:deploy/pool@.service: disable -a.target.wants/other@one.service \
         -a.target.wants/pool@one.service -a.target.wants/pool@two.service",
        "{}",
        told(&plan)
    );
    let left = links(&host);
    assert!(
        left.contains(&"a.target.wants/other@two.service".to_owned()),
        "{left:?}"
    );
    assert!(!left.iter().any(|link| link.contains("pool@")), "{left:?}");
}

#[test]
fn a_template_that_stays_keeps_the_links_of_instances_that_somebody_enabled() {
    let mut host = with_instance_links();
    let wanted = template()
        .enabled(Wanted::No)
        .unit("web.service", &service("/bin/web"))
        .build();
    let before = links(&host);
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(steps(&plan), Vec::<String>::new(), "{}", told(&plan));
    assert_eq!(links(&host), before);
}

/// The steps about the web service where its user's manager has to be started, its link led from there, and it should not
/// run. What its manager brings up by itself has to be stopped again.
fn stopped_after(link: &str, change: impl Fn(&mut SimHost)) -> Vec<String> {
    let with = |running: Wanted| {
        let text = format!("[Service]\nExecStart=/bin/web\n[Install]\nWantedBy={link}\n");
        let wanted = one("other.service", &service("/bin/other")).unit("web.service", &text);
        wanted
            .drop_in("10-nice.conf", "[Service]\nNice=5\n")
            .with_running(running)
            .enabled(Wanted::Yes)
            .build()
    };
    let mut host = as_declared(&with(Wanted::Yes));
    host.edit(&Edit::DisableLinger(abide_sim::user("deploy")));
    change(&mut host);
    let plan = assert_converges(&mut host, &with(Wanted::No));
    let steps = steps(&plan);
    steps
        .into_iter()
        .filter(|step| step.contains(WEB))
        .collect()
}

#[test]
fn what_a_manager_brings_up_by_itself_is_stopped_where_it_should_not_run() {
    let stop = format!("{WEB}: stop");
    assert_eq!(stopped_after("default.target", |_| {}), [stop]);
    assert_eq!(stopped_after("a.target", |_| {}), Vec::<String>::new());
    // A link to a file that is not there brings nothing up.
    let file = path("/home/deploy/.config/systemd/user/web.service");
    assert_eq!(
        stopped_after("default.target", |host| host.remove_file(&file)),
        Vec::<String>::new()
    );
}

#[test]
fn a_packages_unit_that_a_manager_brings_up_by_itself_is_stopped_too() {
    let vendor = "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=default.target\n";
    let with = |running: Wanted| {
        let wanted = one("other.service", &service("/bin/other"));
        wanted
            .foreign_unit("agent.service")
            .with_running(running)
            .enabled(Wanted::Yes)
            .build()
    };
    let mut host = SimHost::new().with_vendor_unit(true, "agent.service", vendor);
    assert_converges(&mut host, &with(Wanted::Yes));
    host.edit(&Edit::DisableLinger(abide_sim::user("deploy")));
    let plan = assert_converges(&mut host, &with(Wanted::No));
    assert!(
        steps(&plan).contains(&"user:deploy/agent.service: stop".to_owned()),
        "{}",
        told(&plan)
    );
}

#[test]
fn a_quadlet_that_a_manager_brings_up_by_itself_is_stopped_too() {
    let with = |install: &str, running: Wanted| {
        let text = format!("[Container]\nImage=i\n{install}");
        let wanted = one("other.service", &service("/bin/other"));
        wanted
            .unit("web.container", &text)
            .with_running(running)
            .build()
    };
    let stops = |install: &str| {
        let mut host = as_declared(&with(install, Wanted::Yes));
        host.edit(&Edit::DisableLinger(abide_sim::user("deploy")));
        let plan = assert_converges(&mut host, &with(install, Wanted::No));
        steps(&plan).contains(&format!("{WEB}: stop"))
    };
    assert!(stops("[Install]\nWantedBy=default.target\n"));
    assert!(!stops(""));
}
