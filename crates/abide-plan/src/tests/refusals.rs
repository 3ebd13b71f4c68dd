//! What is refused, in words, before anything is changed.

use abide_model::{Observation, RefusalKind, RootRoute};
use abide_sim::{SimHost, desired, path, unit_ref, user};

use super::support::{as_declared, assert_converges, one, planned, refusals, service, steps};

#[test]
fn a_host_that_is_too_old_or_goes_down_is_left_alone() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let mut old = SimHost::new();
    old.facts.systemd = 204;
    assert_eq!(
        refusals(&planned(&old, &wanted)),
        ["manager system: the host has systemd 204; user lingering needs 206 or newer"]
    );
    let mut stopping = SimHost::new();
    "stopping".clone_into(&mut stopping.facts.system_state);
    let plan = planned(&stopping, &wanted);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        refusals(&plan),
        ["manager system: the host is `stopping` (systemctl is-system-running)"]
    );
}

#[test]
fn a_ledger_that_cannot_be_read_stops_everything() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let mut seen = SimHost::new().observe(&wanted);
    seen.ledger = Observation::Unknown(abide_model::UnknownReason::from_text(
        "Permission denied\u{1b}[31m",
    ));
    let plan = crate::plan(&wanted, &seen);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        refusals(&plan),
        [
            "manager system: the ledger of manifest test could not be read: Permission denied\u{fffd}[31m"
        ]
    );
    assert_eq!(plan.refused[0].kind, RefusalKind::Unknown);
}

/// As `deploy`, without root.
fn without_root(may_linger: Option<bool>) -> SimHost {
    let mut host = SimHost::new().with_user("deploy");
    host.log_in(&user("deploy"));
    host.facts.login = user("deploy");
    host.facts.root = RootRoute::None("sudo wants a password".to_owned());
    host.facts.may_linger_itself = may_linger;
    host
}

#[test]
fn without_root_a_user_that_may_linger_itself_gets_everything_of_its_own() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let plan = assert_converges(&mut without_root(Some(true)), &wanted);
    assert_eq!(steps(&plan)[0], "linger deploy: enable-linger");
    assert_eq!(refusals(&plan), Vec::<String>::new());
}

#[test]
fn without_root_and_polkit_lingering_is_refused_with_what_to_do() {
    let wanted = one("web.service", &service("/bin/web")).build();
    for may in [Some(false), None] {
        let plan = assert_converges(&mut without_root(may), &wanted);
        assert_eq!(
            refusals(&plan),
            [
                "linger deploy: switching lingering needs root, and root was not reached (sudo wants a password)"
            ]
        );
        assert_eq!(plan.refused[0].kind, RefusalKind::Impossible);
        let help = plan.refused[0].help.clone().unwrap();
        assert!(
            help.contains("sudo loginctl enable-linger deploy") && help.contains("set-self-linger"),
            "{help}"
        );
    }
}

#[test]
fn without_root_what_is_of_others_is_refused_and_the_rest_is_done() {
    let wanted = one("web.service", &service("/bin/web"))
        .user("worker")
        .unit("job.service", &service("/bin/job"))
        .system()
        .unit("sys.service", "[Service]\nExecStart=/bin/sys\n")
        .build();
    let mut host = without_root(Some(true)).with_user("worker");
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(
        steps(&plan).last().unwrap(),
        "user:deploy/web.service: start"
    );
    assert_eq!(
        refusals(&plan),
        [
            "manager user:worker: changing what is declared there needs root, and root was not reached (sudo wants a password)",
            "system/sys.service: changing it needs root, and root was not reached (sudo wants a password)",
        ]
    );
}

#[test]
fn without_root_a_system_unit_that_is_as_declared_is_no_refusal() {
    let wanted = desired("h1")
        .unit("sys.service", "[Service]\nExecStart=/bin/sys\n")
        .build();
    let mut host = as_declared(&wanted).with_user("deploy");
    host.facts.login = user("deploy");
    host.facts.root = RootRoute::None("no sudo".to_owned());
    assert!(planned(&host, &wanted).is_empty());
}

#[test]
fn without_root_no_user_is_made() {
    let wanted = desired("h1")
        .user("worker")
        .unit("job.service", &service("/bin/job"))
        .build();
    let plan = planned(&without_root(Some(true)), &wanted);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        refusals(&plan),
        [
            "user worker: making the user needs root, and root was not reached (sudo wants a password)",
            "manager user:worker: its user is refused",
        ]
    );
}

#[test]
fn what_another_manifest_owns_is_refused_by_its_name() {
    let first = one("web.service", &service("/bin/web"))
        .file("app.conf", "a\n")
        .manifest("shop")
        .build();
    let host = as_declared(&first);
    let second = one("web.service", &service("/bin/other"))
        .file("app.conf", "b\n")
        .manifest("blog")
        .build();
    let plan = planned(&host, &second);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        refusals(&plan),
        [
            "file /home/deploy/app.conf: /home/deploy/app.conf belongs to manifest shop, and manifest blog names it too",
            "user:deploy/web.service: web.service belongs to manifest shop, and manifest blog names it too",
        ]
    );
    assert!(
        plan.refused
            .iter()
            .all(|refusal| refusal.kind == RefusalKind::Guard)
    );
}

#[test]
fn another_manifests_units_keep_lingering_on_and_the_user_there() {
    let first = one("web.service", &service("/bin/web"))
        .manifest("shop")
        .build();
    let host = as_declared(&first);
    let off = desired("h1")
        .user("deploy")
        .linger(Some(false))
        .manifest("blog")
        .build();
    assert_eq!(
        refusals(&planned(&host, &off)),
        ["linger deploy: manifest shop needs it for what it has there"]
    );
    let gone = desired("h1")
        .user("deploy")
        .user_absent(true)
        .manifest("blog")
        .build();
    assert_eq!(
        refusals(&planned(&host, &gone)),
        ["user deploy: manifest shop has units, files or lingering of this user"]
    );
}

#[test]
fn a_scope_that_could_not_be_seen_is_unknown_and_not_absent() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let mut seen = SimHost::new().with_user("deploy").observe(&wanted);
    seen.scopes.insert(
        abide_sim::scope("user:deploy"),
        Observation::Unknown(abide_model::UnknownReason::from_text("timed out")),
    );
    let plan = crate::plan(&wanted, &seen);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(plan.refused[0].kind, RefusalKind::Unknown);
    assert_eq!(
        refusals(&plan),
        ["manager user:deploy: what is declared there could not be seen: timed out"]
    );
}

#[test]
fn a_user_that_could_not_be_seen_is_never_made() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let mut seen = SimHost::new().observe(&wanted);
    seen.users.insert(
        user("deploy"),
        Observation::Unknown(abide_model::UnknownReason::from_text("getent hung")),
    );
    seen.scopes.insert(
        abide_sim::scope("user:deploy"),
        Observation::Unknown(abide_model::UnknownReason::from_text("getent hung")),
    );
    let plan = crate::plan(&wanted, &seen);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert!(
        plan.refused
            .iter()
            .any(|refusal| refusal.kind == RefusalKind::Unknown)
    );
}

#[test]
fn a_file_that_could_not_be_seen_refuses_its_unit_only() {
    let wanted = one("web.service", &service("/bin/web"))
        .unit("b.service", &service("/bin/b"))
        .build();
    let mut seen = SimHost::new().with_user("deploy").observe(&wanted);
    let Some(Observation::Known(scope)) = seen.scopes.get_mut(&abide_sim::scope("user:deploy"))
    else {
        panic!()
    };
    let file = path("/home/deploy/.config/systemd/user/web.service");
    scope.files.insert(
        file,
        Observation::Unknown(abide_model::UnknownReason::from_text("Input/output error")),
    );
    let plan = crate::plan(&wanted, &seen);
    assert_eq!(
        refusals(&plan),
        [
            "user:deploy/web.service: /home/deploy/.config/systemd/user/web.service could not be seen: Input/output error"
        ]
    );
    assert_eq!(steps(&plan).last().unwrap(), "user:deploy/b.service: start");
}

#[test]
fn what_the_connection_stands_on_is_never_stopped() {
    let mut host = SimHost::new().with_vendor_unit(
        false,
        "ssh.service",
        "[Service]\nExecStart=/usr/sbin/sshd\n",
    );
    host.start(&unit_ref("system/ssh.service")).unwrap();
    let wanted = desired("h1")
        .foreign_unit("ssh.service")
        .with_running(abide_model::Wanted::No)
        .build();
    let plan = planned(&host, &wanted);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        refusals(&plan),
        ["system/ssh.service: stopping ssh.service could cut the connection to the host"]
    );
}

#[test]
fn a_directory_in_the_place_of_a_file_is_refused() {
    let wanted = desired("h1").user("deploy").file("app.conf", "a\n").build();
    let mut seen = SimHost::new().with_user("deploy").observe(&wanted);
    let Some(Observation::Known(scope)) = seen.scopes.get_mut(&abide_sim::scope("user:deploy"))
    else {
        panic!()
    };
    let directory = abide_model::ObservedFile {
        kind: abide_model::FileKind::Directory,
        digest: None,
        size: 4096,
        mode: 0o755,
        owner: "deploy".to_owned(),
        changed_at: abide_model::Timestamp(1),
        written_at: abide_model::Timestamp(1),
        content: None,
    };
    scope
        .files
        .insert(path("/home/deploy/app.conf"), Observation::Known(directory));
    assert_eq!(
        refusals(&crate::plan(&wanted, &seen)),
        ["file /home/deploy/app.conf: /home/deploy/app.conf is a directory"]
    );
}
