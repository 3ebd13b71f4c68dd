//! Quadlets: the file is one unit, what runs is another.

use abide_model::{Desired, Podman, PodmanVersion};
use abide_sim::SimHost;

use super::support::{
    as_declared, assert_converges, from_to, lines, notes, one, planned, refusals, steps,
};

fn web(image: &str, rest: &str) -> Desired {
    one("web.container", &format!("[Unit]\nDescription=x{rest}\n[Container]\nImage={image}\n[Install]\nWantedBy=default.target\n"))
        .linger(Some(true))
        .build()
}

const FILE: &str = "write /home/deploy/.config/containers/systemd/web.container 0644";

#[test]
fn a_quadlet_is_written_loaded_and_started_as_its_service_and_never_enabled() {
    let plan = planned(&SimHost::new().with_user("deploy"), &web("img:1", ""));
    assert_eq!(
        steps(&plan),
        lines(
            "linger deploy: enable-linger
            manager user:deploy: start-manager
            write /home/deploy/.config/containers/systemd/web.container 0644
            manager user:deploy: daemon-reload
            user:deploy/web.service: start"
        )
    );
}

#[test]
fn case_40_another_image_restarts_and_another_description_does_not() {
    let reload = "manager user:deploy: daemon-reload";
    assert_eq!(
        from_to(&web("img:1", ""), &web("img:2", "")),
        [FILE, reload, "user:deploy/web.service: restart"]
    );
    assert_eq!(
        from_to(&web("img:1", ""), &web("img:1", "y")),
        [FILE, reload]
    );
}

/// A quadlet whose service has a name of its own.
fn named(service: &str) -> Desired {
    let text = format!(
        "[Container]\nImage=img:1\nServiceName={service}\n[Install]\nWantedBy=default.target\n"
    );
    one("web.container", &text).linger(Some(true)).build()
}

#[test]
fn the_service_of_a_quadlet_has_the_name_that_its_text_says() {
    let plan = planned(&SimHost::new().with_user("deploy"), &named("front"));
    assert!(steps(&plan).contains(&"user:deploy/front.service: start".to_owned()));
    let mut host = as_declared(&named("front"));
    // It comes back with its manager, and what is removed is stopped by its name.
    host.reboot();
    assert_eq!(
        steps(&planned(&host, &named("front"))),
        Vec::<String>::new()
    );
    let without = abide_sim::desired("h1")
        .user("deploy")
        .linger(Some(true))
        .build();
    assert_eq!(
        from_to(&named("front"), &without),
        lines(
            "user:deploy/front.service: stop
            remove /home/deploy/.config/containers/systemd/web.container
            manager user:deploy: daemon-reload"
        )
    );
}

#[test]
fn a_service_that_gets_another_name_is_stopped_before_the_new_one_starts_wherever_a_run_is_cut() {
    let changed = lines(
        "user:deploy/front.service: stop
        write /home/deploy/.config/containers/systemd/web.container 0644
        manager user:deploy: daemon-reload
        user:deploy/back.service: start",
    );
    assert_eq!(from_to(&named("front"), &named("back")), changed);
    for wanted in [named("back"), web("img:1", "")] {
        for cut in 0..4 {
            let mut host = as_declared(&named("front"));
            let plan = planned(&host, &wanted);
            host.apply_until(&plan, cut);
            assert_converges(&mut host, &wanted);
            let front = abide_sim::unit_ref("user:deploy/front.service");
            let seen = host.observe(&named("front"));
            let scope = seen
                .scopes
                .get(&front.scope)
                .and_then(abide_model::Observation::as_known);
            let unit = scope.and_then(|scope| scope.units.get(&front.unit));
            assert!(
                unit.is_none_or(|unit| !unit.active.is_up()),
                "cut before {cut}"
            );
        }
    }
    // It goes on under another name: nothing is removed, and nothing has to be pruned for it.
    let mut wanted = named("back");
    wanted.policy.prune = false;
    wanted.policy.max_removals = abide_model::Share::Count(0);
    assert_eq!(from_to(&named("front"), &wanted), changed);
}

#[test]
fn a_quadlet_that_takes_the_name_of_another_replaces_it() {
    let other = one(
        "other.container",
        "[Container]\nImage=img:1\nServiceName=front\n[Install]\nWantedBy=default.target\n",
    );
    let other = other.linger(Some(true)).build();
    let mut host = as_declared(&named("front"));
    assert_converges(&mut host, &other);
    assert_eq!(steps(&planned(&host, &other)), Vec::<String>::new());
}

#[test]
fn a_podman_that_knows_no_service_names_is_told() {
    assert_eq!(
        refusals(&planned(&host_with(true, Some((5, 2))), &named("front"))),
        [
            "user:deploy/web.container: `ServiceName=` in `[Container]` came with Podman 5.3, and the host has 5.2"
        ]
    );
    assert_eq!(
        refusals(&planned(&host_with(true, Some((5, 3))), &named("front"))),
        Vec::<String>::new()
    );
}

#[test]
fn case_41_a_removed_quadlet_is_stopped_before_its_file_goes() {
    let without = abide_sim::desired("h1")
        .user("deploy")
        .linger(Some(true))
        .build();
    assert_eq!(
        from_to(&web("img:1", ""), &without),
        lines(
            "user:deploy/web.service: stop
            remove /home/deploy/.config/containers/systemd/web.container
            manager user:deploy: daemon-reload"
        )
    );
}

#[test]
fn case_41_a_quadlet_without_install_is_read_anew_and_nothing_is_disabled() {
    let enabled = "[Container]\nImage=i\n[Install]\nWantedBy=default.target\n";
    let install = |text: &str| one("web.container", text).linger(Some(true)).build();
    assert_eq!(
        from_to(&install(enabled), &install("[Container]\nImage=i\n")),
        [FILE, "manager user:deploy: daemon-reload"]
    );
}

#[test]
fn case_42_a_changed_network_is_not_restarted_in_silence() {
    let network =
        |subnet: &str| one("app.network", &format!("[Network]\nSubnet={subnet}\n")).build();
    let mut host = as_declared(&network("10.0.0.0/24"));
    let plan = assert_converges(&mut host, &network("10.1.0.0/24"));
    assert_eq!(
        steps(&plan),
        [
            "write /home/deploy/.config/containers/systemd/app.network 0644",
            "manager user:deploy: daemon-reload"
        ]
    );
    assert!(
        notes(&plan)[0].contains("needs to be recreated by hand"),
        "{:?}",
        notes(&plan)
    );
}

/// A host with this Podman.
fn host_with(generator: bool, version: Option<(u32, u32)>) -> SimHost {
    let mut host = SimHost::new().with_user("deploy");
    let version = version.map(|(major, minor)| PodmanVersion::new(major, minor));
    host.facts.podman = Some(Podman { generator, version });
    host
}

/// Name, text, version, and what is refused.
type TooNew = (&'static str, &'static str, (u32, u32), Option<&'static str>);

/// Quadlets, each with a version of Podman and what is too new for that.
#[rustfmt::skip]
const VERSIONS: [TooNew; 20] = [
    ("a.container", "[Container]\nImage=i\n", (4, 3), Some("`.container` quadlets came with Podman 4.4")),
    ("a.container", "[Container]\nImage=i\n", (4, 4), None),
    ("a.kube", "[Kube]\nYaml=a.yaml\n", (4, 3), Some("`.kube` quadlets came with Podman 4.4")),
    ("a.network", "[Network]\n", (4, 3), Some("`.network` quadlets came with Podman 4.4")),
    ("a.volume", "[Volume]\n", (4, 4), None),
    ("a.image", "[Image]\nImage=i\n", (4, 7), Some("`.image` quadlets came with Podman 4.8")),
    ("a.image", "[Image]\nImage=i\n", (4, 8), None),
    ("a.pod", "[Pod]\n", (4, 10), Some("`.pod` quadlets came with Podman 5.0")),
    ("a.pod", "[Pod]\n", (5, 0), None),
    ("a.build", "[Build]\nImageTag=i\nFile=/f\n", (5, 1), Some("`.build` quadlets came with Podman 5.2")),
    ("a.build", "[Build]\nImageTag=i\nFile=/f\n", (5, 2), None),
    ("a.artifact", "[Artifact]\nArtifact=i\n", (5, 6), Some("`.artifact` quadlets came with Podman 5.7")),
    ("a.artifact", "[Artifact]\nArtifact=i\n", (5, 7), None),
    ("a@.container", "[Container]\nImage=i\n", (4, 9), Some("templates of quadlets came with Podman 5.0")),
    ("a.container", "[Container]\nImage=i\nMemory=1g\n", (5, 4), Some("`Memory=` in `[Container]` came with Podman 5.5")),
    ("a.container", "[Container]\nImage=i\nMemory=1g\n", (5, 5), None),
    ("a.container", "[Container]\nImage=i\nNewer=1g\n[Service]\nMemory=1\n", (5, 4), None),
    ("a.container", "[Container]\nImage=i\n[Quadlet]\nDefaultDependencies=no\n", (5, 2), Some("`DefaultDependencies=` in `[Quadlet]` came with Podman 5.3")),
    ("a.container", "[Container]\nImage=i\\\n# c\nb\n", (5, 3), Some("comments that begin with `;`, or that stand within a continued line of a quadlet, as empty lines do, came with Podman 5.4")),
    ("a.container", "[Container]\nImage=i\\\n# c\nb\n", (5, 4), None),
];

#[test]
fn a_podman_that_is_too_old_for_a_kind_of_quadlet_is_refused_with_the_version_that_it_needs() {
    for (name, text, version, refused) in VERSIONS {
        let plan = planned(&host_with(true, Some(version)), &one(name, text).build());
        let (major, minor) = version;
        let refusal = |why| format!("user:deploy/{name}: {why}, and the host has {major}.{minor}");
        let expected: Vec<String> = refused.map(refusal).into_iter().collect();
        assert_eq!(refusals(&plan), expected, "{name} {version:?}");
        let is_write = |action: &abide_model::Action| {
            matches!(action.change, abide_model::Change::WriteFile(_))
        };
        assert_eq!(
            plan.actions.iter().any(is_write),
            refused.is_none(),
            "{name} {version:?}"
        );
    }
}

#[test]
fn drop_ins_of_quadlets_need_podman_5() {
    let wanted = one("a.container", "[Container]\nImage=i\n")
        .drop_in("10-x.conf", "[Container]\nExec=x\n")
        .build();
    assert_eq!(
        refusals(&planned(&host_with(true, Some((4, 9))), &wanted)),
        [
            "user:deploy/a.container: drop-ins of quadlets came with Podman 5.0, and the host has 4.9"
        ]
    );
    assert_eq!(
        refusals(&planned(&host_with(true, Some((5, 0))), &wanted)),
        Vec::<String>::new()
    );
}

#[test]
fn a_host_without_podman_or_its_generator_is_told_what_to_install() {
    let told = |generator, version| {
        let plan = planned(&host_with(generator, version), &web("img:1", ""));
        let refusal = plan.refused.first().expect("it is refused");
        (
            refusal.reason.clone(),
            refusal.help.clone().unwrap_or_default(),
        )
    };
    assert_eq!(
        told(false, None),
        (
            "the host has no Podman, which would make its service".to_owned(),
            "install Podman 4.4 or newer".to_owned()
        )
    );
    assert_eq!(
        told(false, Some((4, 3))).1,
        "upgrade Podman on the host to 4.4 or newer (`abide explain R0701`)"
    );
    assert_eq!(
        told(false, Some((5, 4))).0,
        "the host's Podman 5.4 has no `podman-system-generator`, which would make its service"
    );
    // A generator that does not say its version is tried: what it cannot do, its dry run tells.
    let plan = planned(&host_with(true, None), &web("img:1", ""));
    assert_eq!(refusals(&plan), Vec::<String>::new());
}

#[test]
fn a_unit_file_that_hides_the_generated_service_is_named() {
    let mut host = as_declared(&web("img:1", ""));
    host.write_file(
        &abide_sim::path("/home/deploy/.config/systemd/user/web.service"),
        "[Service]\nExecStart=/bin/web\n",
        "deploy",
    );
    let scope = abide_model::Scope::User("deploy".parse().unwrap());
    host.reload_manager(&scope).expect("its manager runs");
    assert_eq!(
        refusals(&planned(&host, &web("img:1", ""))),
        [
            "user:deploy/web.container: /home/deploy/.config/systemd/user/web.service comes before the web.service that Podman makes of it"
        ]
    );
}

#[test]
fn a_foreign_drop_in_of_a_quadlet_that_nobody_loaded_leads_to_a_reload() {
    let wanted = web("img:1", "");
    let mut host = as_declared(&wanted);
    let unit = abide_sim::unit_ref("user:deploy/web.container");
    let text = "[Service]\nNice=1\n".to_owned();
    host.edit(&abide_sim::Edit::DropIn(
        unit,
        "90-theirs.conf".to_owned(),
        text,
    ));
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(steps(&plan), ["manager user:deploy: daemon-reload"]);
}

#[test]
fn a_mask_that_is_gone_and_still_loaded_is_only_read_again() {
    use abide_model::Scope;
    let wanted = abide_sim::desired("h1").system();
    let wanted = wanted
        .unit("web.container", "[Container]\nImage=img:1\n")
        .with_masked(false)
        .build();
    let mut host = as_declared(&wanted);
    let service = abide_sim::unit_ref("system/web.service");
    host.edit(&abide_sim::Edit::Mask(service));
    host.edit(&abide_sim::Edit::DaemonReload(Scope::System));
    let mut cut = host.clone();
    cut.apply_until(&planned(&host, &wanted), 1);
    let plan = assert_converges(&mut cut, &wanted);
    assert_eq!(steps(&plan), ["manager system: daemon-reload"]);
}

#[test]
fn a_quadlet_that_podman_names_without_the_links_to_it_owes_no_reload() {
    let wanted = web("img:1", "");
    let host = as_declared(&wanted);
    let mut seen = host.observe(&wanted);
    let scope = abide_model::Scope::User("deploy".parse().unwrap());
    let Some(abide_model::Observation::Known(of_user)) = seen.scopes.get_mut(&scope) else {
        panic!("the scope was seen");
    };
    let unit = of_user.units.get_mut(&"web.service".parse().unwrap());
    unit.unwrap().source = Some(abide_sim::path(
        "/var/home/deploy/.config/containers/systemd/web.container",
    ));
    assert_eq!(steps(&crate::plan(&wanted, &seen)), Vec::<String>::new());
}

#[test]
fn another_way_to_reload_a_container_restarts_nothing() {
    let container =
        |more: &str| one("a.container", &format!("[Container]\nImage=i\n{more}")).build();
    assert_eq!(
        from_to(
            &container("ReloadSignal=HUP\n"),
            &container("ReloadCmd=/reload\n[Quadlet]\nDefaultDependencies=no\n")
        ),
        lines(
            "write /home/deploy/.config/containers/systemd/a.container 0644
            manager user:deploy: daemon-reload"
        )
    );
}

#[test]
fn a_changed_template_of_quadlets_restarts_its_instances() {
    let text =
        |image: &str| format!("[Container]\nImage={image}\n[Install]\nWantedBy=default.target\n");
    let wanted = |image: &str| {
        one("w@.container", &text(image))
            .with_running(abide_model::Wanted::Unmanaged)
            .unit("w@a.container", &text(image))
            .unit("w@b.container", &text(image))
            .build()
    };
    let dir = "/home/deploy/.config/containers/systemd";
    assert_eq!(
        from_to(&wanted("i:1"), &wanted("i:2")),
        lines(&format!(
            "write {dir}/w@.container 0644
            write {dir}/w@a.container 0644
            write {dir}/w@b.container 0644
            manager user:deploy: daemon-reload
            user:deploy/w@a.service: restart
            user:deploy/w@b.service: restart"
        ))
    );
}

#[test]
fn a_quadlet_that_is_masked_or_has_no_file_needs_no_podman() {
    let host = host_with(false, None);
    let masked = one("web.container", "[Container]\nImage=i\n")
        .with_masked(true)
        .build();
    assert_eq!(refusals(&planned(&host, &masked)), Vec::<String>::new());
    let bare = abide_sim::desired("h1")
        .user("deploy")
        .foreign_unit("web.container")
        .build();
    assert_eq!(refusals(&planned(&host, &bare)), Vec::<String>::new());
}

#[test]
fn a_service_file_of_ours_makes_room_for_the_quadlet_of_its_name() {
    let with = |name: &str, text: &str| one(name, text).linger(Some(true)).build();
    let service = with("web.service", "[Service]\nExecStart=/bin/web\n");
    let quadlet = with("web.container", "[Container]\nImage=i\n");
    let plan = assert_converges(&mut as_declared(&service), &quadlet);
    assert_eq!(refusals(&plan), Vec::<String>::new());
    assert!(
        steps(&plan).contains(&"remove /home/deploy/.config/systemd/user/web.service".to_owned()),
        "{:?}",
        steps(&plan)
    );
    // Another file in that place, which is not ours, stays in the way.
    let mut host = as_declared(&with("job.service", "[Service]\nExecStart=/bin/job\n"));
    host.write_file(
        &abide_sim::path("/home/deploy/.config/systemd/user/web.service"),
        "[Service]\nExecStart=/bin/mine\n",
        "deploy",
    );
    host.reload_manager(&abide_sim::scope("user:deploy"))
        .unwrap();
    host.start(&abide_sim::unit_ref("user:deploy/web.service"))
        .unwrap();
    assert!(
        refusals(&planned(&host, &quadlet))[0].contains("comes before the web.service"),
        "{:?}",
        refusals(&planned(&host, &quadlet))
    );
}
