//! Files: what becomes ours, how they are written, and what a plan stands on.

use abide_model::{
    Before, Body, Change, FileKind, NoteKind, Observation, OnChange, Precondition, SecretSource,
};
use abide_sim::{SimHost, desired, path, scope, unit_ref, user};

use super::support::{as_declared, assert_converges, from_to, one, planned, service, steps, told};

const CONF: &str = "/home/deploy/app.conf";

#[test]
fn a_file_that_is_right_already_becomes_ours_without_being_written() {
    let wanted = desired("h1").user("deploy").file("app.conf", "a\n").build();
    let mut host = SimHost::new().with_user("deploy");
    host.write_file(&path(CONF), "a\n", "deploy");
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(steps(&plan), ["file /home/deploy/app.conf: adopt"]);
    assert!(plan.ledger_after.files.contains_key(&path(CONF)));
}

#[test]
fn a_unit_that_runs_as_declared_becomes_ours_without_a_restart() {
    let text = service("/bin/web");
    let mut host = as_declared(&one("web.service", &text).manifest("old").build());
    let mut seen = host.observe(&one("web.service", &text).build());
    seen.other_ledgers.clear();
    let plan = crate::plan(&one("web.service", &text).build(), &seen);
    assert_eq!(steps(&plan), ["user:deploy/web.service: adopt"]);
    host.apply(&plan);
}

#[test]
fn a_file_of_another_owner_is_written_as_the_user() {
    let wanted = desired("h1").user("deploy").file("app.conf", "a\n").build();
    let mut host = as_declared(&wanted);
    host.write_file(&path(CONF), "a\n", "root");
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(
        told(&plan),
        "1 write /home/deploy/app.conf 0644 <- owner root -> deploy; by hand: GivenAway"
    );
}

#[test]
fn a_wrong_mode_alone_is_changed_without_writing() {
    let mut wanted = desired("h1").user("deploy").file("app.conf", "a\n").build();
    let mut host = as_declared(&wanted);
    wanted
        .users
        .values_mut()
        .next()
        .unwrap()
        .files
        .values_mut()
        .next()
        .unwrap()
        .mode = Some(0o600);
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(
        told(&plan),
        "1 chmod /home/deploy/app.conf 0644 -> 0600 <- mode 0644 -> 0600"
    );
}

#[test]
fn a_symbolic_link_is_replaced_and_never_followed() {
    let wanted = desired("h1").user("deploy").file("app.conf", "a\n").build();
    let mut seen = as_declared(&wanted).observe(&wanted);
    let Some(Observation::Known(files)) = seen.scopes.get_mut(&scope("user:deploy")) else {
        panic!()
    };
    let Some(Observation::Known(file)) = files.files.get_mut(&path(CONF)) else {
        panic!()
    };
    file.kind = FileKind::Symlink("/etc/shadow".to_owned());
    let plan = crate::plan(&wanted, &seen);
    let Change::WriteFile(write) = &plan.actions[0].change else {
        panic!()
    };
    assert_eq!(write.before, Before::Symlink("/etc/shadow".to_owned()));
}

#[test]
fn a_written_file_shows_what_stood_there() {
    let wanted = |text: &str| desired("h1").user("deploy").file("app.conf", text).build();
    let host = as_declared(&wanted("a\n"));
    let plan = planned(&host, &wanted("b\n"));
    let Change::WriteFile(write) = &plan.actions[0].change else {
        panic!()
    };
    let Before::File { content, .. } = &write.before else {
        panic!()
    };
    assert_eq!(
        content.as_ref().and_then(|bytes| bytes.as_text()),
        Some("a\n")
    );
    assert!(plan.preconditions.contains(&Precondition::File {
        scope: scope("user:deploy"),
        path: path(CONF),
        digest: Some(abide_model::Digest::of_bytes(b"a\n")),
    }));
}

fn secret(value: &str) -> abide_model::Desired {
    let text = "[Service]\nEnvironmentFile=%h/token\nExecStart=/bin/web\n";
    let mut wanted = desired("h1")
        .user("deploy")
        .file("token", "x")
        .unit("web.service", text)
        .build();
    let user = wanted.users.values_mut().next().unwrap();
    let file = user.files.values_mut().next().unwrap();
    file.mode = Some(0o600);
    file.body = Body::Secret {
        source: SecretSource::Env("TOKEN".to_owned()),
        bytes: Some(value.into()),
    };
    wanted
}

#[test]
fn a_secret_is_its_owners_alone_even_where_a_file_stood_open() {
    for content in ["old", "new"] {
        let mut wanted = secret("new");
        let user = wanted.users.values_mut().next().unwrap();
        user.files.values_mut().next().unwrap().mode = None;
        let mut host = SimHost::new().with_user("deploy");
        let token = path("/home/deploy/token");
        host.write_file(&token, content, "deploy");
        assert_eq!(host.mode_and_owner(&token), Some((0o644, "deploy")));
        assert_converges(&mut host, &wanted);
        assert_eq!(host.mode_and_owner(&token), Some((0o600, "deploy")));
    }
}

#[test]
fn a_changed_secret_is_written_and_restarts_and_is_told_nowhere() {
    let mut host = as_declared(&secret("canary-one"));
    let plan = assert_converges(&mut host, &secret("canary-two"));
    assert_eq!(
        steps(&plan),
        [
            "write /home/deploy/token 0600",
            "user:deploy/web.service: restart"
        ]
    );
    let everything = format!("{plan:?}");
    for value in ["canary-one", "canary-two"] {
        let digest = abide_model::Digest::of_bytes(value.as_bytes()).to_string();
        assert!(
            !everything.contains(value) && !everything.contains(&digest),
            "{everything}"
        );
    }
}

#[test]
fn a_secret_that_was_written_before_the_cut_still_restarts_and_only_once() {
    let mut host = as_declared(&secret("one"));
    let whole = planned(&host, &secret("two"));
    host.apply_until(&whole, 1);
    let rest = assert_converges(&mut host, &secret("two"));
    assert_eq!(steps(&rest), ["user:deploy/web.service: restart"]);
}

#[test]
fn a_secret_that_nobody_resolved_is_refused() {
    let mut wanted = secret("one");
    let file = wanted
        .users
        .values_mut()
        .next()
        .unwrap()
        .files
        .values_mut()
        .next()
        .unwrap();
    file.body = Body::Secret {
        source: SecretSource::Env("TOKEN".to_owned()),
        bytes: None,
    };
    let plan = planned(&SimHost::new().with_user("deploy"), &wanted);
    assert_eq!(
        plan.refused[0].reason,
        "the secret for /home/deploy/token was not resolved"
    );
}

#[test]
fn a_plan_stands_on_the_users_lingering_files_and_units_it_acts_on() {
    let (first, second) = (
        one("web.service", &service("/bin/a")),
        one("web.service", &service("/bin/b")),
    );
    let host = as_declared(&first.build());
    let plan = planned(&host, &second.clone().build());
    let kinds: Vec<_> = plan
        .preconditions
        .iter()
        .map(|fact| match fact {
            Precondition::User { uid, .. } => format!("user {uid:?}"),
            Precondition::Linger { recorded, .. } => format!("linger {recorded}"),
            Precondition::File { digest, .. } => format!("file {}", digest.is_some()),
            Precondition::Unit { unit, active, .. } => format!("{unit} {}", active.word()),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "user Some(1000)",
            "file true",
            "user:deploy/web.service active"
        ]
    );
    // Somebody was faster.
    let mut moved = host.clone();
    moved.restart(&unit_ref("user:deploy/web.service")).unwrap();
    assert_eq!(moved.stale_facts(&plan).len(), 1);
    let fresh = planned(&SimHost::new(), &second.build());
    assert_eq!(
        fresh.preconditions,
        [
            Precondition::User {
                user: user("deploy"),
                uid: None
            },
            Precondition::Linger {
                user: user("deploy"),
                recorded: false
            },
        ]
    );
}

#[test]
fn units_that_are_started_are_watched() {
    let plan = planned(
        &SimHost::new(),
        &one("web.service", &service("/bin/web")).build(),
    );
    assert_eq!(plan.watches.len(), 1);
    assert_eq!(plan.watches[0].unit, unit_ref("user:deploy/web.service"));
}

#[test]
fn the_ledger_keeps_the_run_of_an_untouched_unit() {
    let wanted = one("web.service", &service("/bin/web"));
    let host = as_declared(&wanted.clone().build());
    let more = wanted.unit("b.service", &service("/bin/b")).build();
    let plan = planned(&host, &more);
    let unit = unit_ref("user:deploy/web.service");
    let left = &plan.ledger_after.units[&unit];
    assert_eq!(left.invocation, host.runtime_of(&unit).unwrap().invocation);
    assert_eq!(
        left.config,
        host.ledger(&more.manifest).unwrap().units[&unit].config
    );
    assert_eq!(
        plan.ledger_after.units[&unit_ref("user:deploy/b.service")].invocation,
        ""
    );
}

/// A unit of somebody else whose file changed after it started.
fn somebody_elses(changed: bool) -> SimHost {
    let mut host = SimHost::new().with_user("deploy");
    host.enable_linger(&user("deploy")).unwrap();
    let file = path("/home/deploy/.config/systemd/user/web.service");
    let before = if changed { "/bin/old" } else { "/bin/web" };
    host.write_file(&file, &service(before), "deploy");
    host.reload_manager(&scope("user:deploy")).unwrap();
    host.start(&unit_ref("user:deploy/web.service")).unwrap();
    host.write_file(&file, &service("/bin/web"), "deploy");
    host
}

#[test]
fn a_unit_that_was_not_written_by_us_and_may_run_something_older_is_told_and_not_restarted() {
    // Whether its content changed or only its time nobody knows.
    for changed in [false, true] {
        let wanted = one("web.service", &service("/bin/web")).build();
        let mut host = somebody_elses(changed);
        let plan = assert_converges(&mut host, &wanted);
        let restart = "user:deploy/web.service: restart".to_owned();
        assert!(!steps(&plan).contains(&restart), "{}", told(&plan));
        // It is told until it is settled.
        for _again in 0..2 {
            let plan = planned(&host, &wanted);
            assert_eq!(plan.notes.len(), 1, "{plan:?}");
            assert_eq!(plan.notes[0].kind, NoteKind::MayRunOld);
        }
        host.restart(&unit_ref("user:deploy/web.service")).unwrap();
        assert_eq!(planned(&host, &wanted).notes, []);
    }
}

#[test]
fn a_unit_that_may_run_something_older_is_restarted_where_the_manifest_says_what_a_change_leads_to()
{
    let wanted = |on_change| {
        one("web.service", &service("/bin/web"))
            .on_change(on_change)
            .build()
    };
    let after = |on_change| {
        let mut host = somebody_elses(true);
        let plan = assert_converges(&mut host, &wanted(on_change));
        assert_eq!(
            steps(&planned(&host, &wanted(on_change))),
            Vec::<String>::new()
        );
        (told(&plan), planned(&host, &wanted(on_change)).notes.len())
    };
    let (restart, notes) = after(OnChange::Restart);
    let file = "/home/deploy/.config/systemd/user/web.service";
    assert!(
        restart.contains(&format!("web.service: restart <- may run old {file}")),
        "{restart}"
    );
    assert_eq!(notes, 0);
    let (none, notes) = after(OnChange::None);
    assert!(!none.contains("restart"), "{none}");
    assert_eq!(notes, 1);
}

#[test]
fn two_manifests_may_share_a_host() {
    let first = one("web.service", &service("/bin/web"))
        .manifest("shop")
        .build();
    let second = one("job.service", &service("/bin/job"))
        .manifest("blog")
        .build();
    let mut host = as_declared(&first);
    assert_converges(&mut host, &second);
    assert!(planned(&host, &first).is_empty());
    assert_eq!(from_to(&first, &first), Vec::<String>::new());
}
