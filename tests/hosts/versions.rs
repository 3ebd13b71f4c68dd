//! What differs between versions of systemd (docs/systemd-facts.md): run on whatever versions this run has.

use crate::support::World;

const HOSTS: [&str; 2] = ["h1", "h2"];

/// Which socket it is by which `systemctl --user` reaches the manager of `looked`.
fn socket(world: &World, host: &str) -> String {
    world
        .fleet
        .sh(host, "stat -c %i /run/user/$(id -u looked)/systemd/private")
}

#[test]
fn looking_at_a_host_leaves_the_managers_of_its_users_as_they_are() {
    let world = World::used();
    let unit = |condition: &str| {
        format!(
            "[Unit]\n{condition}\n[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n"
        )
    };
    world
        .file("a.service", &unit(""))
        .file("held.service", &unit("ConditionPathExists=/nowhere"))
        .manifest(
            "version: 1\nname: looked\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      looked:\n        units:\n          \
             a.service: {source: a.service}\n          held.service: {source: held.service, state: unmanaged}\n",
        );
    world.apply().ends_with(0);
    let before = HOSTS.map(|host| socket(&world, host));
    for look in ["status", "plan", "drift", "status"] {
        world.abide(&[look]);
        assert_eq!(
            HOSTS.map(|host| socket(&world, host)),
            before,
            "after {look}"
        );
        for host in HOSTS {
            world.assert_active(host, "looked", "a.service");
        }
    }
    world.assert_converged();
    world
        .abide(&["status"])
        .ends_with(0)
        .does_not_say("unknown");
}
