//! Lines in root's ledger that root did not write: what they can lead to.

use crate::attack::{Promise, attack};
use crate::proxy::Proxy;
use crate::support::World;

const LEDGER: &str = "/var/lib/abide/ledger/ledger";
const MANIFEST: &str = "version: 1\nname: ledger\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      mallory:\n        units:\n          app.service: {source: units/app.service}\n";

fn unit(line: &str) -> String {
    format!(
        "[Service]\nExecStart=/bin/sleep infinity\n{line}\n[Install]\nWantedBy=default.target\n"
    )
}

/// A service of the system's, a file in `/etc` and a file of another user: nothing that abide was told of.
fn victims(world: &World) {
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "echo precious >/etc/precious.conf
             id bystander >/dev/null 2>&1 || useradd -m bystander
             install -d -o bystander /home/bystander/.config
             echo theirs >/home/bystander/.config/theirs && chown bystander /home/bystander/.config/theirs
             printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/audit-victim.service
             systemctl daemon-reload; systemctl enable --now audit-victim.service",
        );
    }
}

#[track_caller]
fn assert_untouched(world: &World) {
    for host in ["h1", "h2"] {
        let found = world.fleet.sh(
            host,
            "cat /etc/precious.conf /home/bystander/.config/theirs; systemctl is-active audit-victim.service; systemctl is-enabled audit-victim.service; ls /etc/systemd/system/audit-victim.service",
        );
        assert_eq!(
            found, "precious\ntheirs\nactive\nenabled\n/etc/systemd/system/audit-victim.service\n",
            "{host}"
        );
    }
}

#[test]
fn a_users_manager_writes_nothing_into_roots_ledger() {
    let _attack = attack(
        "their manager answers InvocationID with lines of a ledger",
        Promise::OwnReach,
    );
    let world = World::both("attack-ledger-lie");
    world.file("units/app.service", &unit(""));
    world.manifest(MANIFEST);
    world.converge();
    victims(&world);
    let lying = ["h1", "h2"].map(|host| {
        let proxy = Proxy::stand_between(&world.fleet, host, "mallory");
        proxy.lie_once_changed(
            ".config/systemd/user/app.service",
            "InvocationID",
            "- - -\nfile system /etc/precious.conf claimed\nfile user:bystander /home/bystander/.config/theirs claimed\nfile system /etc/systemd/system/audit-victim.service claimed\nunit system audit-victim.service - - enabled\nunit user:mallory app.service -\n",
        );
        proxy
    });
    world.file("units/app.service", &unit("Environment=A=1"));
    world.apply();
    for host in ["h1", "h2"] {
        let ledger = world.fleet.sh(host, &format!("cat {LEDGER}"));
        for planted in ["precious", "bystander", "audit-victim"] {
            assert!(!ledger.contains(planted), "{host}: {ledger}");
        }
    }
    for proxy in lying {
        proxy.tell_the_truth();
    }
    world.apply();
    assert_untouched(&world);
    world.assert_converged();
}
