//! Hosts on which nobody has done anything: predicted effects, and the manifests that come with the design.

use abide_model::{Cause, DesiredAccount, LedgerUnit, NoteKind};
use abide_sim::{SimHost, desired, path, unit_ref};

use super::support::{as_declared, assert_converges, lines, notes, planned, steps, told};

/// design/manifests/units/sidekiq.service
const SIDEKIQ: &str = "[Unit]
Description=Background worker

[Service]
ExecStart=/bin/sh -c 'while :; do sleep 60; done'
ExecReload=/bin/kill -TSTP $MAINPID
Restart=on-failure
RestartSec=1

[Install]
WantedBy=default.target
";

#[test]
fn manifest_01_plans_the_whole_way_from_nothing() {
    let wanted = desired("h1")
        .user("deploy")
        .unit("sidekiq.service", SIDEKIQ)
        .build();
    let plan = assert_converges(&mut SimHost::new(), &wanted);
    assert_eq!(
        told(&plan).lines().collect::<Vec<_>>(),
        [
            "1 user deploy: create (home /home/deploy) <- missing",
            "2 linger deploy: enable-linger <- sidekiq.service must run",
            "3 manager user:deploy: start-manager <- #2",
            "4 write /home/deploy/.config/systemd/user/sidekiq.service 0644 <- missing",
            "5 user:deploy/sidekiq.service: enable +default.target.wants/sidekiq.service <- enabled disabled -> enabled",
            "6 manager user:deploy: daemon-reload <- #4; #5",
            "7 user:deploy/sidekiq.service: start <- ActiveState inactive -> active; #4",
        ]
    );
}

#[test]
fn manifest_01_runs_after_a_reboot_with_nobody_logged_in() {
    let wanted = desired("h1")
        .user("deploy")
        .unit("sidekiq.service", SIDEKIQ)
        .build();
    let mut host = as_declared(&wanted);
    host.reboot();
    assert!(host.is_up(&unit_ref("user:deploy/sidekiq.service")));
    assert!(planned(&host, &wanted).is_empty());
}

#[test]
fn each_step_from_nothing_waits_for_what_it_stands_on() {
    let wanted = desired("h1")
        .user("deploy")
        .unit("sidekiq.service", SIDEKIQ)
        .build();
    let plan = planned(&SimHost::new(), &wanted);
    let after: Vec<Vec<u32>> = plan
        .actions
        .iter()
        .map(|action| action.after.iter().map(|id| id.0).collect())
        .collect();
    let expected: [&[u32]; 7] = [
        &[],
        &[1],
        &[1, 2],
        &[1, 2, 3],
        &[1, 2, 3, 4],
        &[1, 2, 3],
        &[1, 2, 3, 4, 6],
    ];
    assert_eq!(after, expected);
}

#[test]
fn manifest_02_plans_each_of_the_three_scenarios() {
    let first = desired("h1")
        .user("deploy")
        .linger(Some(true))
        .unit("sidekiq.service", SIDEKIQ)
        .build();
    let plan = assert_converges(&mut SimHost::new().with_user("deploy"), &first);
    assert_eq!(
        steps(&plan),
        lines(
            "linger deploy: enable-linger
            manager user:deploy: start-manager
            write /home/deploy/.config/systemd/user/sidekiq.service 0644
            user:deploy/sidekiq.service: enable +default.target.wants/sidekiq.service
            manager user:deploy: daemon-reload
            user:deploy/sidekiq.service: start"
        )
    );
    assert_eq!(plan.actions[0].causes, [Cause::Missing]);

    let account = DesiredAccount {
        system: Some(true),
        home: Some(path("/srv/sidekiq")),
        ..DesiredAccount::default()
    };
    let second = desired("h2")
        .user("sidekiq")
        .account(account)
        .linger(Some(true))
        .unit("sidekiq.service", SIDEKIQ);
    let plan = assert_converges(&mut SimHost::new().with_user("deploy"), &second.build());
    assert_eq!(
        steps(&plan),
        lines(
            "user sidekiq: create (home /srv/sidekiq)
            linger sidekiq: enable-linger
            manager user:sidekiq: start-manager
            write /srv/sidekiq/.config/systemd/user/sidekiq.service 0644
            user:sidekiq/sidekiq.service: enable +default.target.wants/sidekiq.service
            manager user:sidekiq: daemon-reload
            user:sidekiq/sidekiq.service: start"
        )
    );

    let worker = "[Unit]\nDescription=System worker\n[Service]\nUser=deploy\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n";
    let third = desired("h3").unit("worker.service", worker).build();
    let plan = assert_converges(&mut SimHost::new().with_user("deploy"), &third);
    assert_eq!(
        steps(&plan),
        lines(
            "write /etc/systemd/system/worker.service 0644
            system/worker.service: enable +multi-user.target.wants/worker.service
            manager system: daemon-reload
            system/worker.service: start"
        )
    );
}

#[test]
fn an_open_session_never_counts_as_lingering() {
    let wanted = desired("h1")
        .user("deploy")
        .unit("sidekiq.service", SIDEKIQ)
        .build();
    let mut host = SimHost::new().with_user("deploy");
    host.log_in(&abide_sim::user("deploy"));
    let plan = assert_converges(&mut host, &wanted);
    // The manager is up, so it need not be started: but without the record it would go with the session.
    assert_eq!(
        steps(&plan),
        lines(
            "linger deploy: enable-linger
            write /home/deploy/.config/systemd/user/sidekiq.service 0644
            user:deploy/sidekiq.service: enable +default.target.wants/sidekiq.service
            manager user:deploy: daemon-reload
            user:deploy/sidekiq.service: start"
        )
    );
    host.log_out(&abide_sim::user("deploy"));
    assert!(host.is_up(&unit_ref("user:deploy/sidekiq.service")));
}

#[test]
fn units_that_only_a_session_keeps_up_are_noted() {
    let wanted = desired("h1")
        .user("deploy")
        .linger(None)
        .unit("sidekiq.service", SIDEKIQ)
        .build();
    let mut host = SimHost::new().with_user("deploy");
    host.log_in(&abide_sim::user("deploy"));
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(
        plan.notes.iter().map(|note| note.kind).collect::<Vec<_>>(),
        [NoteKind::HeldBySession]
    );
    assert_eq!(
        notes(&plan),
        [
            "linger deploy: the manager of deploy is up only while a session is open: sidekiq.service stops with the last one"
        ]
    );
}

#[test]
fn the_ledger_claims_before_the_first_change_and_completes_after_the_last() {
    let wanted = desired("h1")
        .user("deploy")
        .unit("sidekiq.service", SIDEKIQ)
        .build();
    let plan = planned(&SimHost::new(), &wanted);
    let file = path("/home/deploy/.config/systemd/user/sidekiq.service");
    assert_eq!(plan.ledger_claim.files[&file].digest, None);
    assert!(plan.ledger_after.files[&file].digest.is_some());
    let unit = unit_ref("user:deploy/sidekiq.service");
    let claimed = LedgerUnit {
        invocation: String::new(),
        config: None,
        enabled: true,
        claimed: true,
        reads: abide_model::LedgerReads::default(),
    };
    assert_eq!(plan.ledger_claim.units[&unit], claimed);
    assert!(plan.ledger_after.units[&unit].config.is_some());
    for ledger in [&plan.ledger_claim, &plan.ledger_after] {
        assert_eq!(ledger.users.len() + ledger.lingers.len(), 2);
    }
}
