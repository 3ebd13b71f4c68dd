//! A change leads to the least that it needs, and to nothing else.

use crate::support::{World, worker};

const MANIFEST: &str = "
version: 1
name: change
hosts: {h1: {}, h2: {}}
groups:
  all:
    users:
      app:
        units:
          a.service: {source: a.service}
          b.service: {source: b.service}
    units:
      sys.service: {source: sys.service}
";

/// Both hosts converged on [`MANIFEST`].
fn converged(name: &str) -> World {
    let world = World::both(name);
    world
        .manifest(MANIFEST)
        .file("a.service", &worker("Environment=V=1"))
        .file("b.service", &worker("Environment=V=1"))
        .file(
            "sys.service",
            &worker("Environment=V=1").replace("default.target", "multi-user.target"),
        );
    world.converge();
    world
}

/// The invocations of all units, to see who was restarted.
fn invocations(world: &World, host: &str) -> [String; 3] {
    [
        ("app", "a.service"),
        ("app", "b.service"),
        ("root", "sys.service"),
    ]
    .map(|(user, unit)| world.show(host, user, unit, "InvocationID"))
}

fn loaded_at(world: &World, host: &str) -> [String; 2] {
    ["app", "root"].map(|user| world.loaded_at(host, user))
}

#[test]
fn a_changed_exec_start_restarts_exactly_that_unit() {
    let world = converged("execstart");
    let before = ["h1", "h2"].map(|host| (invocations(&world, host), loaded_at(&world, host)));
    world.file(
        "a.service",
        &worker("Environment=V=1").replace("sleep infinity", "sleep 99999999"),
    );
    world
        .plan()
        .ends_with(0)
        .says("restart")
        .says("ExecStart")
        .does_not_say("b.service")
        .does_not_say("sys.service");
    world.converge();
    for (host, (units, loads)) in ["h1", "h2"].into_iter().zip(before) {
        let now = invocations(&world, host);
        assert_ne!(now[0], units[0], "a.service was restarted on {host}");
        assert_eq!(now[1..], units[1..], "nobody else was on {host}");
        let reloaded = loaded_at(&world, host);
        assert_ne!(
            reloaded[0], loads[0],
            "the user's manager was reloaded on {host}"
        );
        assert_eq!(reloaded[1], loads[1], "the system's was not on {host}");
    }
}

#[test]
fn a_changed_description_or_install_section_restarts_nothing() {
    let world = converged("inert");
    let before = ["h1", "h2"].map(|host| invocations(&world, host));
    world.file(
        "a.service",
        &worker("Environment=V=1").replace("A worker", "The worker"),
    );
    world
        .plan()
        .ends_with(0)
        .does_not_say("restart")
        .says("2 to change");
    world.converge();
    assert_eq!(
        world.show("h1", "app", "a.service", "Description"),
        "The worker"
    );

    world.file(
        "sys.service",
        &worker("Environment=V=1").replace("default.target", "graphical.target"),
    );
    world.converge();
    for host in ["h1", "h2"] {
        let links = world
            .fleet
            .sh(host, "cd /etc/systemd/system; ls */sys.service");
        assert_eq!(
            links.trim(),
            "graphical.target.wants/sys.service",
            "the stale link is gone on {host}"
        );
    }
    assert_eq!(
        ["h1", "h2"].map(|host| invocations(&world, host)),
        before,
        "nobody was restarted"
    );
}

#[test]
fn a_plan_without_changes_runs_no_writing_command_on_the_host() {
    let world = converged("noop");
    // Every program that could change something is replaced by one that first writes down its arguments.
    let spied = "systemctl loginctl useradd usermod userdel install mkdir mv cp rm ln chmod chown tee flock systemd-analyze";
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            &format!(
                r#"mkdir -m 777 /var/spy; cd /usr/bin
                for name in {spied}; do
                  path=$(command -v $name) || continue
                  cp -a "$(readlink -f "$path")" "/var/spy/$name.real"
                  printf '#!/bin/sh\nprintf "%%s %%s\\n" {{}} "$*" >>/var/spy/log\nexec /var/spy/{{}}.real "$@"\n' | sed "s/{{}}/$name/g" >"/var/spy/$name"
                  chmod 755 "/var/spy/$name"; mv -f "/var/spy/$name" "$path"
                done; touch /var/spy/log; chmod 666 /var/spy/log"#
            ),
        );
    }
    let before = ["h1", "h2"].map(|host| loaded_at(&world, host));
    world
        .fleet
        .sh("h1", ": >/var/spy/log; touch /var/spy/stamp");
    world
        .fleet
        .sh("h2", ": >/var/spy/log; touch /var/spy/stamp");
    world.abide(&["plan", "--detailed-exitcode"]).ends_with(0);
    world.apply().ends_with(0);
    for host in ["h1", "h2"] {
        let log = world.fleet.sh(host, "cat /var/spy/log");
        assert!(
            log.contains("systemctl"),
            "the spy sees what runs on {host}: {log}"
        );
        for line in log.lines() {
            let reads = line.starts_with("systemctl")
                && [" show", " is-", " list-", " --version"]
                    .iter()
                    .any(|verb| line.contains(verb))
                // Whether the lock is free is only known by trying it; shared, that keeps no other look away.
                || line.starts_with("flock -n -s")
                || line.starts_with("loginctl")
                    && [" show", " list-"].iter().any(|verb| line.contains(verb));
            assert!(reads, "`{line}` ran on {host}");
        }
        let written = world.fleet.sh(
            host,
            "find /etc /home /root /var -xdev -newer /var/spy/stamp -type f ! -path '/var/spy/*' ! -path '/var/log/*'",
        );
        assert_eq!(written, "", "files were written on {host}");
    }
    assert_eq!(
        ["h1", "h2"].map(|host| loaded_at(&world, host)),
        before,
        "no manager was reloaded"
    );
}
