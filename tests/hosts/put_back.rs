//! A run that fails before anything restarts leaves files and links as they were.

use crate::support::{World, worker};

const HOSTS: [&str; 2] = ["h1", "h2"];

/// All links and files of both scopes, with where they lead and what they hold, and what runs.
const AS_IT_IS: &str = "
for dir in /etc/systemd/system ~app/.config/systemd/user; do
  cd $dir; find . \\( -name 'pb-*' -o -name '*.pb-*' \\) -printf '%P %y %u %l\\n' | sort; cat pb-*.service | sha256sum
done
as_app() { setpriv --reuid app --regid app --init-groups env XDG_RUNTIME_DIR=/run/user/$(id -u app) \"$@\"; }
for unit in pb-stays pb-goes pb-masks pb-masked pb-alias; do
  echo $unit $(systemctl is-active $unit.service; systemctl is-enabled $unit.service) $(as_app systemctl --user is-active $unit.service; as_app systemctl --user is-enabled $unit.service)
done
";

/// Units of packages, and no look at new files before they are written.
const THERE: &str = "
useradd -m app; loginctl enable-linger app
for unit in pb-masks pb-masked; do
  for dir in system user; do mkdir -p /usr/lib/systemd/$dir; printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=default.target\\n' >/usr/lib/systemd/$dir/$unit.service; done
done
systemctl daemon-reload
mv /usr/bin/systemd-analyze /root/";

const PLACES: &str = "for at in /etc/systemd/system ~app/.config/systemd/user; do cd $at;";

fn manifest(world: &World, units: &[&str]) {
    let units = units.join(", ");
    world.manifest(&format!(
        "version: 1\nname: putback\nhosts: {{h1: {{}}, h2: {{}}}}\npolicy: {{max_removals: 100}}\ngroups:\n  all:\n    \
         units: {{{units}}}\n    users:\n      app:\n        linger: true\n        units: {{{units}}}\n"
    ));
}

const BEFORE: &[&str] = &[
    "pb-stays.service: {source: pb-stays.service}",
    "pb-goes.service: {source: pb-goes.service}",
    "pb-masks.service: {enabled: true}",
    "pb-masked.service: {masked: true}",
];
const AFTER: &[&str] = &[
    "pb-stays.service: {source: pb-stays.service}",
    "pb-goes.service: {state: absent}",
    "pb-masks.service: {masked: true}",
    "pb-masked.service: {masked: false, enabled: true}",
    "pb-new.service: {source: pb-new.service}",
];

fn of(install: &str) -> String {
    format!("[Service]\nExecStart=/bin/sleep infinity\n\n[Install]\n{install}\n")
}

#[test]
fn what_a_failed_run_did_to_links_is_undone_with_the_files_of_their_units() {
    let world = World::both("put-back");
    for host in HOSTS {
        world.fleet.sh(host, THERE);
    }
    let before = || {
        world
            .file(
                "pb-stays.service",
                &of("WantedBy=default.target\nRequiredBy=pb-x.target\nAlias=pb-alias.service"),
            )
            .file("pb-goes.service", &of("WantedBy=default.target"));
        manifest(&world, BEFORE);
    };
    before();
    world.converge();
    // One link that another hand made, with a target of its own.
    for host in HOSTS {
        world.fleet.sh(
            host,
            "ln -sf ../pb-goes.service /etc/systemd/system/default.target.wants/pb-goes.service",
        );
    }
    world.assert_converged();
    let look = |host: &str| world.fleet.sh(host, AS_IT_IS);
    let was = HOSTS.map(look);

    // It does not load: found after the daemon-reload.
    world
        .file("pb-stays.service", &of("WantedBy=pb-y.target"))
        .file(
            "pb-new.service",
            "[Service]\nType=simple\n[Install]\nWantedBy=default.target\nAlias=pb-alias.service\n",
        );
    manifest(&world, AFTER);
    let said = world.apply().ends_with(1);
    let said = said
        .says("the old ones are put back")
        .says("put back: enable");
    said.says("put back: disable")
        .says("put back: mask")
        .says("put back: unmask");
    assert_eq!(HOSTS.map(look), was);
    // What the ledger knows is right: only the claim of the new unit goes.
    before();
    world.plan().says("0 to add, 0 to change, 0 to remove");
    world.converge();
    assert_eq!(HOSTS.map(look), was);
    world.abide(&["drift"]).ends_with(0);

    // A file cannot be written: found before the daemon-reload.
    world
        .file("pb-stays.service", &of("WantedBy=pb-y.target"))
        .file("pb-new.service", &worker("Alias=pb-alias.service"));
    manifest(&world, AFTER);
    for host in HOSTS {
        world.fleet.sh(
            host,
            &format!("{PLACES} mount --bind pb-stays.service pb-stays.service; done"),
        );
    }
    world.apply().ends_with(1).says("put back: disable");
    for host in HOSTS {
        world
            .fleet
            .sh(host, &format!("{PLACES} umount ./pb-stays.service; done"));
    }
    assert_eq!(HOSTS.map(look), was);
    before();
    world.plan().says("0 to add, 0 to change, 0 to remove");
    world.converge();

    // Nothing is in its way any more, and nothing is left of the runs before.
    world
        .file("pb-stays.service", &of("WantedBy=pb-y.target"))
        .file(
            "pb-new.service",
            &of("WantedBy=default.target\nAlias=pb-alias.service"),
        );
    manifest(&world, AFTER);
    world.converge();
    for host in HOSTS {
        let left = world
            .fleet
            .sh(host, "find /var/lib/abide ~app/.local/state -name 'old.*'");
        assert_eq!(left, "");
    }
}
