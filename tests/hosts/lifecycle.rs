//! From nothing to running, over a reboot, with nobody logged in.

use crate::support::World;

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
fn the_smallest_manifest_creates_lingers_installs_enables_and_starts_and_survives_a_reboot() {
    let world = World::new("smallest", &[("h1", "bookworm+nosudo"), ("h2", "trixie")]);
    world.file("units/sidekiq.service", SIDEKIQ).manifest(
        "
version: 1
name: smallest
connection: {user: root}
hosts: {h1: {}, h2: {}}
groups:
  all:
    users:
      worker:
        units:
          sidekiq.service: {source: units/sidekiq.service}
",
    );
    world
        .abide(&["plan", "--host", "h1"])
        .ends_with(0)
        .says_in_order(&["worker", "linger", "sidekiq.service"]);
    let untouched = world.fleet.sh(
        "h1",
        "getent passwd worker || echo nobody; ls /var/lib/abide 2>&1 || true",
    );
    assert!(
        untouched.starts_with("nobody\n"),
        "a plan writes nothing: {untouched}"
    );

    world.abide(&["plan", "--detailed-exitcode"]).ends_with(2);
    world.converge();
    world.apply().ends_with(0).says("unchanged");
    for host in ["h1", "h2"] {
        world.assert_active(host, "worker", "sidekiq.service");
        assert_eq!(
            world.fleet.sh(host, "ls /var/lib/systemd/linger").trim(),
            "worker"
        );
        world.fleet.reboot(host);
        world.wait_until_active(host, "worker", "sidekiq.service");
        // systemd 257 lists a user's manager among the sessions, with the class `manager`.
        let sessions = world.fleet.sh(
            host,
            "grep -D skip -H -e ^CLASS=user -e ^USER /run/systemd/sessions/* 2>/dev/null | grep CLASS=user || true",
        );
        assert_eq!(sessions, "", "nobody is logged in");
    }
    world.assert_converged();
}

#[test]
fn the_three_scenarios_of_the_lingering_document_hold_over_logout_and_reboot() {
    let world = World::new(
        "scenarios",
        &[("h1", "bookworm"), ("h2", "trixie"), ("h3", "bookworm")],
    );
    world.file("units/sidekiq.service", SIDEKIQ).manifest(
        "
version: 1
name: scenarios
connection: {user: deploy, become: sudo}
hosts:
  h1:
    users:
      deploy: {linger: true, units: {sidekiq.service: {source: units/sidekiq.service}}}
  h2:
    users:
      sidekiq: {system: true, home: /srv/sidekiq, linger: true, units: {sidekiq.service: {source: units/sidekiq.service}}}
  h3:
    units:
      worker.service:
        content: |
          [Unit]
          Description=System worker
          [Service]
          User=deploy
          ExecStart=/bin/sleep infinity
          [Install]
          WantedBy=multi-user.target
",
    );
    world
        .abide(&["plan", "--host", "h3"])
        .ends_with(0)
        .says("worker.service")
        .does_not_say("linger");
    world.converge();

    let owners = world.fleet.sh(
        "h2",
        "stat -c '%U %n' /srv/sidekiq/.config/systemd/user/sidekiq.service /srv/sidekiq/.config/systemd/user/default.target.wants/sidekiq.service",
    );
    assert!(
        owners.lines().all(|line| line.starts_with("sidekiq ")),
        "{owners}"
    );
    assert_eq!(
        world
            .fleet
            .sh("h3", "ls /var/lib/systemd/linger 2>/dev/null || true"),
        ""
    );

    // The connecting user's own session is never what keeps a service alive: none is open now, and a manager
    // without lingering is gone ten seconds after the last (UserStopDelaySec=).
    std::thread::sleep(std::time::Duration::from_secs(12));
    world.assert_active("h1", "deploy", "sidekiq.service");
    for (host, user, unit) in [
        ("h1", "deploy", "sidekiq.service"),
        ("h2", "sidekiq", "sidekiq.service"),
        ("h3", "root", "worker.service"),
    ] {
        world.fleet.reboot(host);
        world.wait_until_active(host, user, unit);
    }
    world.assert_converged();
}
