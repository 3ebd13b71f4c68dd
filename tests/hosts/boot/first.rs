//! A first boot enables what presets enable: a host that is made into an image is one.

use super::HOSTS;
use super::said::boots;
use crate::support::World;

#[test]
fn before_a_first_boot_nobody_can_tell_of_what_is_disabled() {
    let world = World::both("boot-first");
    let service = "[Service]\nExecStart=/bin/sleep infinity\n";
    world.file(
        "with.service",
        &format!("{service}[Install]\nWantedBy=multi-user.target\n"),
    );
    world.file("without.service", service);
    world.manifest(
        "version: 1\nname: boot-first\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    units:\n      \
         fb-on.service: {source: with.service, state: stopped}\n      \
         fb-off.service: {source: with.service, state: stopped, enabled: false}\n      \
         fb-none.service: {source: without.service, state: stopped, enabled: false}\n",
    );
    world.converge();
    let boot = |unit: &str| {
        let all = boots(&world);
        HOSTS.map(|host| {
            all[&(host.to_owned(), false, format!("{unit}.service"))]
                .1
                .clone()
        })
    };
    assert!(boot("fb-off").iter().all(|one| one.contains("not_wanted")));
    for made in ["echo uninitialized >/etc/machine-id", "rm /etc/machine-id"] {
        for host in HOSTS {
            world.fleet.sh(host, made);
        }
        assert!(
            boot("fb-off").iter().all(|one| one.contains("first_boot")),
            "{made}"
        );
        assert!(
            boot("fb-none").iter().all(|one| one.contains("not_wanted")),
            "{made}"
        );
        assert!(boot("fb-on").iter().all(|one| one == "\"yes\""), "{made}");
    }
    for host in HOSTS {
        world.fleet.reboot(host);
        for unit in ["fb-on.service", "fb-off.service"] {
            world.wait_until_active(host, "root", unit);
        }
    }
    assert_eq!(boot("fb-off"), ["\"yes\"", "\"yes\""]);
    // What it enabled was not declared so.
    world.abide(&["drift"]).ends_with(2).says("fb-off.service");
    world.converge();
}
