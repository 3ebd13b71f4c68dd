//! Templates and their instances.

use abide_model::{Desired, NoteKind};
use abide_sim::{Edit, desired, unit_ref};

use super::support::{as_declared, assert_converges, from_to, lines, notes, one, planned, steps};

fn pool(version: u8) -> Desired {
    one(
        "pool@.service",
        &format!("[Service]\nExecStart=/bin/pool {version} %i\n"),
    )
    .instance("pool@a.service")
    .instance("pool@b.service")
    .build()
}

#[test]
fn case_36_a_changed_template_restarts_its_instances_in_one_call() {
    assert_eq!(
        from_to(&pool(1), &pool(2)),
        lines(
            "write /home/deploy/.config/systemd/user/pool@.service 0644
            manager user:deploy: daemon-reload
            user:deploy/pool@a.service: restart
            user:deploy/pool@b.service: restart"
        )
    );
}

#[test]
fn case_36_an_instance_that_nobody_declares_is_told_and_left_alone() {
    let only_a = |version: u8| {
        one(
            "pool@.service",
            &format!("[Service]\nExecStart=/bin/pool {version} %i\n"),
        )
        .instance("pool@a.service")
        .build()
    };
    let mut host = as_declared(&only_a(1));
    host.edit(&Edit::Start(unit_ref("user:deploy/pool@c.service")));
    let mut seen = host.observe(&only_a(2));
    // A probe lists the instances of a declared template.
    let scope = seen
        .scopes
        .get_mut(&abide_sim::scope("user:deploy"))
        .unwrap();
    let abide_model::Observation::Known(scope) = scope else {
        panic!()
    };
    let mut c = scope.units[&abide_model::UnitName::parse("pool@a.service").unwrap()].clone();
    c.id = abide_model::UnitName::parse("pool@c.service").unwrap();
    scope.units.insert(c.id.clone(), c);
    let plan = crate::plan(&only_a(2), &seen);
    assert_eq!(
        steps(&plan),
        lines(
            "write /home/deploy/.config/systemd/user/pool@.service 0644
            manager user:deploy: daemon-reload
            user:deploy/pool@a.service: restart"
        )
    );
    assert_eq!(plan.notes[0].kind, NoteKind::PendingRestart);
    assert_eq!(
        notes(&plan),
        [
            "user:deploy/pool@c.service: pool@c.service runs, nobody declares it, and it keeps the old pool@.service"
        ]
    );
}

#[test]
fn case_37_a_drop_in_of_one_instance_restarts_that_one_only() {
    let with = |nice: u8| {
        one("pool@.service", "[Service]\nExecStart=/bin/pool %i\n")
            .instance("pool@a.service")
            .drop_in("10-nice.conf", &format!("[Service]\nNice={nice}\n"))
            .instance("pool@b.service")
            .build()
    };
    assert_eq!(
        from_to(&with(1), &with(2)),
        lines(
            "write /home/deploy/.config/systemd/user/pool@a.service.d/10-nice.conf 0644
            manager user:deploy: daemon-reload
            user:deploy/pool@a.service: restart"
        )
    );
}

#[test]
fn an_instances_drop_in_hides_its_templates() {
    let wanted = one("pool@.service", "[Service]\nExecStart=/bin/pool %i\n")
        .drop_in("10-nice.conf", "[Service]\nNice=1\n")
        .instance("pool@a.service")
        .drop_in("10-nice.conf", "[Service]\nNice=2\n")
        .build();
    assert!(planned(&as_declared(&wanted), &wanted).is_empty());
}

#[test]
fn a_bare_template_is_written_and_neither_started_nor_enabled() {
    let wanted = desired("h1")
        .unit(
            "pool@.service",
            "[Service]\nExecStart=/bin/p\n[Install]\nWantedBy=multi-user.target\n",
        )
        .build();
    let mut host = abide_sim::SimHost::new();
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted)),
        [
            "write /etc/systemd/system/pool@.service 0644",
            "manager system: daemon-reload"
        ]
    );
}

#[test]
fn an_instance_that_nobody_declares_is_told_as_old_until_it_starts_anew() {
    let wanted = one("pool@.service", "[Service]\nExecStart=/bin/pool %i\n")
        .instance("pool@a.service")
        .build();
    let host = as_declared(&wanted);
    let told_where = |started: fn(abide_model::Timestamp) -> Option<abide_model::Timestamp>| {
        let mut seen = host.observe(&wanted);
        let template = "/home/deploy/.config/systemd/user/pool@.service";
        let changed = super::support::seen_file(&mut seen, "user:deploy", template).changed_at;
        let deploy = super::support::seen_of(&mut seen, "user:deploy");
        let mut c = deploy.units[&abide_model::UnitName::parse("pool@a.service").unwrap()].clone();
        c.id = abide_model::UnitName::parse("pool@c.service").unwrap();
        c.started_at = started(changed);
        deploy.units.insert(c.id.clone(), c);
        !notes(&crate::plan(&wanted, &seen)).is_empty()
    };
    assert!(told_where(|changed| Some(abide_model::Timestamp(
        changed.0 - 1
    ))));
    assert!(told_where(Some));
    assert!(told_where(|_| None));
    assert!(!told_where(|changed| Some(abide_model::Timestamp(
        changed.0 + 1
    ))));
}
