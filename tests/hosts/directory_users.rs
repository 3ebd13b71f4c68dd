//! Accounts as directories name them, `svc@corp.example`: the host knows them already, and abide makes none.

use crate::support::{World, worker};

const NAME: &str = "svc@corp.example";

/// What a directory would answer stands in the host's own files.
fn join(world: &World, host: &str) {
    world.fleet.sh(
        host,
        &format!(
            "echo '{NAME}:x:61234:61234:A service:/home/corp.example/svc:/bin/sh' >>/etc/passwd
             echo '{NAME}:x:61234:' >>/etc/group
             echo '{NAME}:*:19000::::::' >>/etc/shadow
             install -d -o 61234 -g 61234 /home/corp.example/svc"
        ),
    );
}

fn declare(world: &World, users: &str) {
    world.file("worker.service", &worker(""));
    world.manifest(&format!(
        "version: 1\nname: corp\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    linger: {{exclusive: true}}\n    users: {users}\n"
    ));
}

fn user(state: &str) -> String {
    format!(
        "{{{NAME}: {{linger: true, files: {{app.conf: {{content: \"a=1\\n\"}}}}, units: {{worker.service: {{source: worker.service{state}}}}}}}}}"
    )
}

#[test]
fn an_account_of_a_directory_lingers_and_runs_its_units_and_is_never_made() {
    let world = World::both("directory");
    declare(&world, &user(""));
    world
        .plan()
        .ends_with(1)
        .says("does not know this account of a directory")
        .says("R0702")
        .does_not_say("useradd");
    for host in ["h1", "h2"] {
        join(&world, host);
    }
    world.plan().ends_with(0).says(NAME);
    world.converge();
    for host in ["h1", "h2"] {
        world.assert_active(host, NAME, "worker.service");
        let there = "cat /home/corp.example/svc/app.conf; ls /var/lib/systemd/linger; stat -c %u /home/corp.example/svc/app.conf";
        let said = world.fleet.sh(host, there);
        assert_eq!(said, format!("a=1\n{NAME}\n61234\n"), "{host}");
        world.fleet.reboot(host);
        world.wait_until_active(host, NAME, "worker.service");
    }
    world.assert_converged();
    world.abide(&["drift"]).ends_with(0);
    world.abide(&["status"]).ends_with(0).says(NAME);

    // What changed by hand is found and put back.
    world
        .fleet
        .sh("h2", &format!("loginctl disable-linger '{NAME}'"));
    world.abide(&["drift"]).ends_with(2).says(NAME);
    world.converge();

    declare(&world, &format!("{{{NAME}: {{state: absent}}}}"));
    world
        .plan()
        .ends_with(1)
        .says("abide deletes none of these");

    // Undeclared, everything of it goes but the account.
    declare(&world, "{}");
    world
        .abide(&["apply", "--yes", "--allow-removals", "9"])
        .ends_with(0);
    world.assert_converged();
    for host in ["h1", "h2"] {
        let left = "ls /var/lib/systemd/linger; ls /home/corp.example/svc; getent passwd 61234 | cut -d: -f1";
        assert_eq!(world.fleet.sh(host, left), format!("{NAME}\n"), "{host}");
    }
    // Somebody else lingers it: that is named, too.
    world
        .fleet
        .sh("h1", &format!("loginctl enable-linger '{NAME}'"));
    world.plan().ends_with(0).says(&format!("{NAME} lingers"));
}
