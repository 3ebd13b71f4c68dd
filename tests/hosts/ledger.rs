//! `abide ledger`: the ledgers of hosts are shown and repaired, under the lock, whoever connects and whatever tools there are.

use crate::support::{World, worker};

const BAD: &str = "sed -i '$d' ledger; echo surprise >>ledger; echo end >>ledger";

#[test]
fn nothing_is_repaired_while_somebody_else_is_at_it_or_the_host_is_suspended() {
    let world = World::used();
    world.file("a.service", &worker("")).manifest(
        "version: 1\nname: ledger\nhosts: {h1: {}, h2: {}}\ngroups: {all: {users: {lefty: {units: {a.service: {source: a.service}}}}}}\n",
    );
    world.converge();
    for host in ["h1", "h2"] {
        let bad = format!("cd /var/lib/abide/ledger; {BAD}; cp ledger /root/bad");
        world.fleet.sh(host, &bad);
        world.fleet.sh(
            host,
            "printf 'id=1.2\\nwho=bob@desk\\noperation=apply\\n' >/run/abide/lock
             setsid flock /run/abide/lock sleep 60 >/dev/null 2>&1 </dev/null & echo $! >/root/holder; sleep 0.5",
        );
        world
            .abide(&["ledger", "show", host])
            .ends_with(3)
            .says("`surprise`: it means nothing");
        world
            .abide(&["ledger", "repair", "--yes", host])
            .ends_with(6)
            .says("not repaired: bob@desk holds its lock (apply)");
        world.fleet.sh(
            host,
            "kill -- -$(cat /root/holder); cmp /root/bad /var/lib/abide/ledger/ledger; [ \"$(ls -A /var/lib/abide/ledger | grep -c kept)\" = 0 ]",
        );
        let suspend = [
            "suspend", "--host", host, "--reason", "disk", "--until", "1h",
        ];
        world.abide(&suspend).ends_with(0);
        world
            .abide(&["ledger", "repair", "--yes", host])
            .ends_with(6)
            .says("it is suspended by")
            .says("disk");
        world.abide(&["resume", "--host", host]).ends_with(0);
        world
            .abide(&["ledger", "repair", "--yes", host])
            .ends_with(0)
            .says("4 lines kept, 1 line dropped")
            .says("ledger: repaired");
        world
            .abide(&["ledger", "show", host, "--json"])
            .ends_with(0)
            .says("\"good\": true");
        world.fleet.sh(
            host,
            "rm -f /root/bad /root/holder /var/lib/abide/ledger/.kept.*",
        );
    }
    world.assert_converged();
}

#[test]
fn a_user_without_root_has_ledgers_of_their_own() {
    let world = World::both("ledger-own");
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "useradd -m -s /bin/sh app");
        world.fleet.authorize(host, "app");
        world.fleet.sh(host, "loginctl enable-linger app");
    }
    world.file("a.service", &worker("")).manifest(
        "version: 1\nname: ledger\nconnection: {user: app, become: never}\nhosts: {h1: {}, h2: {}}\ngroups: {all: {users: {app: {units: {a.service: {source: a.service}}}}}}\n",
    );
    world.converge();
    for host in ["h1", "h2"] {
        let bad = format!(
            "cd ~/.local/state/abide/ledger; {BAD}; mkfifo pipe; cp ledger closed; chmod 0 closed"
        );
        world.fleet.sh_as(host, "app", &bad);
        world
            .abide(&["ledger", "show", host])
            .ends_with(3)
            .says("/home/app/.local/state/abide/ledger")
            .says("a pipe (FIFO)")
            .says("it may not be read")
            .says("`surprise`: it means nothing");
        world
            .abide(&["ledger", "repair", "--yes", host])
            .ends_with(0)
            .says("pipe: moved aside")
            .says("closed: repaired");
        // Now that it can be read it is seen to have the same line.
        world
            .abide(&["ledger", "repair", "--yes", host])
            .ends_with(0);
        world.abide(&["ledger", "show", host]).ends_with(0);
        world
            .fleet
            .sh_as(host, "app", "rm ~/.local/state/abide/ledger/closed");
    }
    world.assert_converged();
}

#[test]
fn a_host_with_busyboxs_tools_is_repaired_as_well() {
    let hosts = [("h1", "bookworm+busybox")];
    let Some(world) = World::fitting("ledger-busybox", &hosts) else {
        return;
    };
    world.file("a.service", &worker("")).manifest(
        "version: 1\nname: ledger\nhosts: {h1: {}}\ngroups: {all: {users: {app: {units: {a.service: {source: a.service}}}}}}\n",
    );
    world.converge();
    let bad = format!(
        "cd /var/lib/abide/ledger; {BAD}; mkfifo pipe; ln -s /etc/shadow link; mkdir .new; cp ledger open; chmod 666 open; chown daemon ."
    );
    world.fleet.sh("h1", &bad);
    world.abide(&["ledger", "show", "h1"]).ends_with(3);
    world
        .abide(&["ledger", "repair", "--yes", "--keep-lines", "h1"])
        .ends_with(0);
    world.abide(&["ledger", "show", "h1"]).ends_with(0);
    world.fleet.sh("h1", "rm /var/lib/abide/ledger/open");
    world.assert_converged();
}
