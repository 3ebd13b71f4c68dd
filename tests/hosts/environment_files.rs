//! Files that the units of others read: those of the manifest are watched as for its own units.

use crate::support::World;

const HOSTS: [&str; 2] = ["h1", "h2"];

#[test]
fn a_file_of_ours_that_a_packages_unit_reads_restarts_it_and_others_do_not() {
    let world = World::used();
    for host in HOSTS {
        world.fleet.sh(
            host,
            "printf '[Service]\\nEnvironmentFile=-%%h/envfiles/*.env\\nEnvironmentFile=-/etc/default/envfiles\\nExecStart=/bin/sleep infinity\\n' \
             >/usr/lib/systemd/user/ef-theirs.service",
        );
    }
    let manifest = |text: &str, more: &str| {
        world.manifest(&format!(
            "version: 1\nname: envfiles\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      envfiles:\n        linger: true\n        \
             files: {{envfiles/a.env: {{content: \"A={text}\\n\"}}}}\n        units: {{ef-theirs.service: {{state: started{more}}}}}\n"
        ));
    };
    let run =
        || HOSTS.map(|host| world.show(host, "envfiles", "ef-theirs.service", "InvocationID"));
    manifest("1", "");
    world.converge();
    let first = run();
    manifest("2", ", on_change: none");
    world.apply().ends_with(0);
    world
        .plan()
        .says("ef-theirs.service keeps running its old configuration");
    assert_eq!(run(), first, "the manifest says not to");
    manifest("2", "");
    world.plan().says("with the old").says("a.env");
    world.converge();
    let second = run();
    for (first, second) in first.iter().zip(&second) {
        assert_ne!(first, second);
    }
    // Not a byte changed.
    for host in HOSTS {
        world.fleet.sh(host, "touch ~envfiles/envfiles/a.env; chmod 600 ~envfiles/envfiles/a.env; chmod 644 ~envfiles/envfiles/a.env");
    }
    world.assert_converged();
    // What nobody declares is nobody's to watch, unless it is named.
    for host in HOSTS {
        world.fleet.sh(host, "echo B=1 >/etc/default/envfiles");
    }
    world.assert_converged();
    assert_eq!(run(), second);
}
