//! What goes: units that are declared absent or no longer declared, and what the ledger lets go of.

use abide_model::{Cause, Change, NoteKind, Policy, Share, StepOutcome};
use abide_sim::{DesiredBuilder, Edit, SimHost, desired, path, scope, unit_ref};

use super::support::{
    as_declared, assert_converges, from_to, lines, one, planned, refusals, service, steps, told,
};

fn keeps_lingering() -> DesiredBuilder {
    desired("h1").user("deploy").linger(Some(true))
}

fn web() -> DesiredBuilder {
    keeps_lingering().unit("web.service", &service("/bin/web"))
}

#[test]
fn case_21_an_undeclared_unit_is_stopped_disabled_and_removed() {
    let mut host = as_declared(&web().build());
    let plan = assert_converges(&mut host, &keeps_lingering().build());
    assert_eq!(
        steps(&plan),
        lines(
            "user:deploy/web.service: stop
            user:deploy/web.service: disable -default.target.wants/web.service
            remove /home/deploy/.config/systemd/user/web.service
            manager user:deploy: daemon-reload"
        )
    );
    assert_eq!(plan.actions[0].causes, [Cause::Undeclared]);
    assert!(plan.ledger_after.files.is_empty() && plan.ledger_after.units.is_empty());
}

#[test]
fn a_unit_that_systemctl_refuses_to_disable_goes_with_its_links() {
    let mut host = as_declared(&web().build());
    // systemd 257 disables nothing that it cannot read.
    host.facts.systemd = 257;
    host.edit(&Edit::Write(
        unit_ref("user:deploy/web.service"),
        "[Service\n".to_owned(),
    ));
    assert_converges(&mut host, &keeps_lingering().build());
    assert!(host.links(&scope("user:deploy")).is_empty());
}

#[test]
fn a_unit_that_is_declared_absent_goes_the_same_way() {
    let absent = web().marked_absent().build();
    let mut host = as_declared(&web().build());
    let plan = assert_converges(&mut host, &absent);
    assert_eq!(
        steps(&plan),
        lines(
            "user:deploy/web.service: stop
            user:deploy/web.service: disable -default.target.wants/web.service
            remove /home/deploy/.config/systemd/user/web.service
            manager user:deploy: daemon-reload"
        )
    );
    assert_eq!(plan.actions[0].causes, [Cause::DeclaredAbsent]);
}

#[test]
fn case_22_a_stop_that_fails_keeps_the_file() {
    let mut host = as_declared(&web().build());
    let plan = planned(&host, &keeps_lingering().build());
    let [stop, disable, remove, ..] = plan.actions.as_slice() else {
        panic!("{}", told(&plan));
    };
    assert_eq!(
        (&disable.after[..], &remove.after[..]),
        (&[stop.id][..], &[stop.id, disable.id][..])
    );
    // The stop fails here because somebody else was faster: its manager is gone.
    host.disable_linger(&abide_sim::user("deploy")).unwrap();
    let outcomes: Vec<_> = host
        .apply(&plan)
        .iter()
        .map(|report| report.outcome)
        .take(3)
        .collect();
    assert_eq!(
        outcomes,
        [
            StepOutcome::Failed,
            StepOutcome::Skipped,
            StepOutcome::Skipped
        ]
    );
    assert!(
        host.text(&path("/home/deploy/.config/systemd/user/web.service"))
            .is_some()
    );
    assert_converges(&mut host, &keeps_lingering().build());
}

#[test]
fn case_23_a_removed_unit_takes_all_its_links_and_drop_ins_along() {
    let text =
        "[Service]\nExecStart=/bin/web\n[Install]\nWantedBy=default.target\nAlias=www.service\n";
    let first = keeps_lingering()
        .unit("web.service", text)
        .drop_in("10-a.conf", "[Service]\nNice=1\n")
        .drop_in("20-b.conf", "[Service]\nNice=2\n");
    assert_eq!(
        from_to(&first.build(), &keeps_lingering().build()),
        lines(
            "user:deploy/web.service: stop
            user:deploy/web.service: disable -default.target.wants/web.service -www.service
            remove /home/deploy/.config/systemd/user/web.service
            remove /home/deploy/.config/systemd/user/web.service.d/10-a.conf
            remove /home/deploy/.config/systemd/user/web.service.d/20-b.conf
            manager user:deploy: daemon-reload"
        )
    );
}

#[test]
fn case_24_a_unit_whose_file_is_gone_and_that_still_runs_is_stopped() {
    let mut host = as_declared(&web().build());
    host.remove_file(&path("/home/deploy/.config/systemd/user/web.service"));
    host.reload_manager(&scope("user:deploy")).unwrap();
    assert_eq!(
        steps(&assert_converges(&mut host, &keeps_lingering().build())),
        lines(
            "user:deploy/web.service: stop
            user:deploy/web.service: disable -default.target.wants/web.service
            manager user:deploy: daemon-reload"
        )
    );
}

#[test]
fn a_failed_unit_that_goes_is_forgotten_by_its_manager() {
    let mut host = as_declared(&web().build());
    host.edit(&Edit::Crash(unit_ref("user:deploy/web.service")));
    let plan = assert_converges(&mut host, &keeps_lingering().build());
    assert_eq!(
        steps(&plan).last().unwrap(),
        "user:deploy/web.service: reset-failed"
    );
}

#[test]
fn an_undeclared_drop_in_goes_and_the_unit_is_restarted() {
    let limited = web().drop_in("10-nice.conf", "[Service]\nNice=5\n");
    assert_eq!(
        from_to(&limited.build(), &web().build()),
        lines(
            "remove /home/deploy/.config/systemd/user/web.service.d/10-nice.conf
            manager user:deploy: daemon-reload
            user:deploy/web.service: restart"
        )
    );
}

#[test]
fn an_undeclared_file_goes() {
    let with_file = desired("h1").user("deploy").file("app.conf", "a\n").build();
    let without = desired("h1").user("deploy").build();
    assert_eq!(
        from_to(&with_file, &without),
        ["remove /home/deploy/app.conf"]
    );
}

#[test]
fn a_file_that_is_gone_already_is_only_forgotten() {
    let with_file = desired("h1").user("deploy").file("app.conf", "a\n").build();
    let without = desired("h1").user("deploy").build();
    let mut host = as_declared(&with_file);
    host.remove_file(&path("/home/deploy/app.conf"));
    let plan = assert_converges(&mut host, &without);
    assert_eq!(steps(&plan), ["file /home/deploy/app.conf: forget"]);
}

#[test]
fn without_prune_what_is_no_longer_declared_is_only_told() {
    let keep = Policy {
        prune: false,
        ..Policy::default()
    };
    let mut host = as_declared(
        &web()
            .drop_in("10-nice.conf", "[Service]\nNice=5\n")
            .file("app.conf", "a\n")
            .build(),
    );
    let plan = assert_converges(&mut host, &keeps_lingering().policy(keep.clone()).build());
    assert_eq!(steps(&plan), Vec::<String>::new());
    let orphans: Vec<_> = plan
        .notes
        .iter()
        .map(|note| (note.kind, note.resource.to_string()))
        .collect();
    assert_eq!(
        orphans,
        [
            (NoteKind::Orphan, "file /home/deploy/app.conf".to_owned()),
            (NoteKind::Orphan, "user:deploy/web.service".to_owned()),
        ]
    );
    assert_eq!(plan.ledger_after.files.len(), 3);
    // A drop-in that stays is no reason for a restart.
    let plan = assert_converges(
        &mut host,
        &web().file("app.conf", "a\n").policy(keep).build(),
    );
    assert_eq!(steps(&plan), Vec::<String>::new());
}

#[test]
fn what_abide_never_wrote_is_never_pruned() {
    let mut host = as_declared(&keeps_lingering().build());
    host.edit(&Edit::Write(
        unit_ref("user:deploy/mine.service"),
        service("/bin/mine"),
    ));
    host.edit(&Edit::Enable(unit_ref("user:deploy/mine.service")));
    host.edit(&Edit::Start(unit_ref("user:deploy/mine.service")));
    assert!(planned(&host, &keeps_lingering().build()).is_empty());
}

#[test]
fn a_unit_that_a_package_brought_is_not_abides_to_remove() {
    let host =
        SimHost::new().with_vendor_unit(false, "nginx.service", "[Service]\nExecStart=/bin/x\n");
    let wanted = desired("h1")
        .foreign_unit("nginx.service")
        .marked_absent()
        .build();
    let plan = planned(&host, &wanted);
    assert_eq!(
        refusals(&plan),
        ["system/nginx.service: /usr/lib/systemd/system/nginx.service is not abide's to remove"]
    );
}

#[test]
fn a_plan_that_takes_too_much_away_is_refused_as_a_whole() {
    let units = |count: usize| {
        (0..count).fold(keeps_lingering(), |builder, n| {
            builder.unit(&format!("u{n:02}.service"), &service("/bin/u"))
        })
    };
    let host = as_declared(&units(20).build());
    let plan = planned(
        &host,
        &units(14).unit("new.service", &service("/bin/new")).build(),
    );
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        refusals(&plan),
        [
            "manager system: it would stop or remove 6 units where max_removals allows 5 of 20 owned: \
          user:deploy/u14.service, user:deploy/u15.service, user:deploy/u16.service, user:deploy/u17.service, \
          user:deploy/u18.service, user:deploy/u19.service"
        ]
    );
    assert_eq!(plan.ledger_after, plan.ledger_claim);
    let allowed = Policy {
        max_removals: Share::Count(6),
        ..Policy::default()
    };
    let by_manifest = planned(&host, &units(14).policy(allowed).build());
    let at_the_command_line = Policy {
        allowed_removals: 6,
        ..Policy::default()
    };
    let plan = planned(&host, &units(14).policy(at_the_command_line).build());
    assert_eq!(steps(&plan), steps(&by_manifest));
    assert_eq!(
        plan.actions
            .iter()
            .filter(|action| matches!(action.change, Change::RemoveFile { .. }))
            .count(),
        6
    );
}

#[test]
fn three_units_may_always_go() {
    let units = |count: usize| {
        (0..count).fold(keeps_lingering(), |builder, n| {
            builder.unit(&format!("u{n}.service"), &service("/bin/u"))
        })
    };
    let mut host = as_declared(&units(3).build());
    assert_eq!(
        refusals(&assert_converges(&mut host, &units(0).build())),
        Vec::<String>::new()
    );
}

#[test]
fn a_secret_that_goes_is_not_shown() {
    let mut host = SimHost::new();
    let mut wanted = desired("h1")
        .user("deploy")
        .file("token", "canary\n")
        .build();
    let file = wanted
        .users
        .values_mut()
        .next()
        .unwrap()
        .files
        .values_mut()
        .next()
        .unwrap();
    file.body = abide_model::Body::Secret {
        source: abide_model::SecretSource::Env("TOKEN".to_owned()),
        bytes: Some("canary\n".into()),
    };
    file.mode = Some(0o644);
    assert_converges(&mut host, &wanted);
    let plan = planned(&host, &desired("h1").user("deploy").build());
    assert_eq!(steps(&plan), ["remove /home/deploy/token"]);
    assert!(!format!("{plan:?}").contains("canary"));
    let digest = abide_model::Digest::of_bytes(b"canary\n").to_string();
    assert!(!format!("{plan:?}").contains(&digest));
}

#[test]
fn an_instance_that_is_no_longer_declared_goes_and_its_template_stays() {
    let pool = "[Service]\nExecStart=/bin/pool %i\n[Install]\nWantedBy=default.target\n";
    let template = || {
        one("pool@.service", pool)
            .linger(Some(true))
            .instance("pool@a.service")
    };
    assert_eq!(
        from_to(
            &template().instance("pool@b.service").build(),
            &template().build()
        ),
        lines(
            "user:deploy/pool@b.service: stop
            user:deploy/pool@b.service: disable -default.target.wants/pool@b.service
            manager user:deploy: daemon-reload"
        )
    );
}
