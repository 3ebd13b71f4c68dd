//! Which links come and go when a unit is enabled or disabled: those of the plan, and nobody else's.

use crate::support::World;

const HOSTS: [&str; 2] = ["h1", "h2"];

const SERVICE: &str = "[Service]\nExecStart=/bin/sleep infinity\n";

/// A shell in which `as_u` runs something as the user of these tests, and `files` writes a unit of each scope.
fn shell(user: &str, script: &str) -> String {
    format!(
        "set -e; cd /
         id -u {user} >/dev/null 2>&1 || useradd -m {user}
         as_u() {{ setpriv --reuid {user} --regid {user} --init-groups env HOME=/home/{user} \
           XDG_RUNTIME_DIR=/run/user/$(id -u {user}) \"$@\"; }}
         home=/home/{user}; conf=$home/.config/systemd/user
         {script}"
    )
}

fn on_both(world: &World, user: &str, script: &str) {
    for host in HOSTS {
        world.fleet.sh(host, &shell(user, script));
    }
}

/// What a script prints on both hosts, which must be the same.
#[track_caller]
fn prints(world: &World, user: &str, script: &str, expected: &str) {
    for host in HOSTS {
        let said = world.fleet.sh(host, &shell(user, script));
        let words: Vec<&str> = said.split_whitespace().collect();
        assert_eq!(words.join(" "), expected, "{script} on {host}");
    }
}

fn manifest(world: &World, name: &str, user: &str, system: &str, own: &str) {
    world.manifest(&format!(
        "version: 1\nname: {name}\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    units: {{{system}}}\n    \
         users:\n      {user}:\n        linger: true\n        units: {{{own}}}\n"
    ));
}

/// Issue: removing `c.service` with `Also=c.socket` disabled the socket that an admin had enabled, and applying it enabled
/// one that was disabled.
#[test]
fn units_of_also_stay_as_they_are() {
    let world = World::used();
    let socket = "[Socket]\\nListenStream=127.0.0.1:1%s\\n[Install]\\nWantedBy=sockets.target\\n";
    let make = format!(
        "loginctl enable-linger u-also; sleep 1
         as_u mkdir -p $conf/sockets.target.wants
         for name in on off; do
           printf '{socket}' 901 >/etc/systemd/system/also-$name.socket
           printf '{SERVICE}' >/etc/systemd/system/also-$name.service
           as_u sh -c \"printf '{socket}' 902 >$conf/also-$name.socket; printf '{SERVICE}' >$conf/also-$name.service\"
         done
         systemctl -q enable also-on.socket
         as_u systemctl -q --user enable also-on.socket
         # Of somebody else, and declared by its name.
         printf '{SERVICE}[Install]\\nWantedBy=multi-user.target\\nAlso=also-off.socket also-on.socket\\n' \
           >/etc/systemd/system/also-theirs.service
         systemctl daemon-reload; as_u systemctl --user daemon-reload",
        SERVICE = SERVICE.replace('\n', "\\n"),
    );
    on_both(&world, "u-also", &make);
    let both = "{ systemctl is-enabled also-on.socket also-off.socket; \
                as_u systemctl --user is-enabled also-on.socket also-off.socket; } || :";
    let as_it_was = "enabled disabled enabled disabled";
    let also = |wanted: &str| {
        format!("{SERVICE}[Install]\nWantedBy={wanted}\nAlso=also-on.socket also-off.socket\n")
    };
    world.file("system.service", &also("multi-user.target"));
    world.file("user.service", &also("default.target"));
    let ours = |how: &str| {
        manifest(
            &world,
            "also",
            "u-also",
            &format!(
                "also-ours.service: {{source: system.service{how}}}, also-theirs.service: {{state: unmanaged{how}}}"
            ),
            &format!("also-ours.service: {{source: user.service{how}}}"),
        );
    };
    ours(", enabled: true");
    world.plan().ends_with(0).says("Also=");
    world.converge();
    prints(&world, "u-also", both, as_it_was);
    let own =
        "systemctl is-enabled also-ours also-theirs; as_u systemctl --user is-enabled also-ours";
    prints(&world, "u-also", own, "enabled enabled enabled");
    // Another target: stale links go.
    world.file("system.service", &also("graphical.target"));
    world.file("user.service", &also("timers.target"));
    world.converge();
    prints(&world, "u-also", both, as_it_was);
    ours(", enabled: false");
    world.converge();
    prints(&world, "u-also", both, as_it_was);
    let own = "{ systemctl is-enabled also-ours also-theirs; as_u systemctl --user is-enabled also-ours; } || :";
    prints(&world, "u-also", own, "disabled disabled disabled");
    ours(", enabled: true");
    world.converge();
    manifest(
        &world,
        "also",
        "u-also",
        "also-ours.service: {state: absent}",
        "also-ours.service: {state: absent}",
    );
    world.converge();
    prints(&world, "u-also", both, as_it_was);
}

/// Issue: `systemctl disable` of a unit whose file is a link in the configuration directory deletes that link.
#[test]
fn disabling_a_linked_unit_keeps_its_file() {
    let world = World::used();
    let make = format!(
        "loginctl enable-linger u-linked; sleep 1
         mkdir -p /opt/linked; printf '{0}' >/opt/linked/linked-x.service
         ln -sfn /opt/linked/linked-x.service /etc/systemd/system/linked-x.service
         as_u mkdir -p $home/src $conf; as_u sh -c \"printf '{1}' >$home/src/linked-x.service\"
         as_u ln -sfn $home/src/linked-x.service $conf/linked-x.service
         systemctl daemon-reload; as_u systemctl --user daemon-reload
         systemctl -q enable linked-x.service; as_u systemctl -q --user enable linked-x.service",
        format!("{SERVICE}[Install]\nWantedBy=multi-user.target\nAlias=linked-y.service\n")
            .replace('\n', "\\n"),
        format!("{SERVICE}[Install]\nWantedBy=default.target\n").replace('\n', "\\n"),
    );
    on_both(&world, "u-linked", &make);
    let with = |enabled: bool| {
        let unit = format!("linked-x.service: {{enabled: {enabled}, state: unmanaged}}");
        manifest(&world, "linked", "u-linked", &unit, &unit);
    };
    let there = "readlink /etc/systemd/system/linked-x.service $conf/linked-x.service
         ls -d /etc/systemd/system/multi-user.target.wants/linked-x.service \
           /etc/systemd/system/linked-y.service $conf/default.target.wants/linked-x.service 2>/dev/null || :";
    let files = "/opt/linked/linked-x.service /home/u-linked/src/linked-x.service";
    with(false);
    world.converge();
    prints(&world, "u-linked", there, files);
    with(true);
    world.converge();
    prints(
        &world,
        "u-linked",
        there,
        &format!(
            "{files} /etc/systemd/system/linked-y.service /etc/systemd/system/multi-user.target.wants/linked-x.service \
             /home/u-linked/.config/systemd/user/default.target.wants/linked-x.service"
        ),
    );
    with(false);
    world.converge();
    prints(&world, "u-linked", there, files);
}

/// Issue: with `Also=` as its only key, `enabled: true` reported success and did nothing.
#[test]
fn a_unit_that_only_names_others_to_enable_cannot_be_enabled() {
    let world = World::used();
    world.file(
        "only.service",
        &format!("{SERVICE}[Install]\nAlso=only-x.socket\n"),
    );
    manifest(
        &world,
        "only",
        "u-only",
        "only-a.service: {source: only.service, enabled: true, state: unmanaged}",
        "",
    );
    world.abide(&["validate"]).ends_with(65).says("Also=");
    // Of another's unit nobody knows before the host is asked.
    on_both(
        &world,
        "u-only",
        &format!(
            "printf '{}' >/etc/systemd/system/only-theirs.service; systemctl daemon-reload",
            format!("{SERVICE}[Install]\nAlso=only-x.socket\n").replace('\n', "\\n")
        ),
    );
    manifest(
        &world,
        "only",
        "u-only",
        "only-theirs.service: {enabled: true, state: unmanaged}",
        "",
    );
    world
        .plan()
        .ends_with(1)
        .says("Also=")
        .says("only-theirs.service");
}

/// Issue: dotfile managers make `default.target.wants`, `~/.config/systemd/user` or `~/.config` a link to another directory.
#[test]
fn directories_of_links_may_be_links_themselves() {
    let world = World::used();
    let service =
        |wanted: &str| format!("{SERVICE}[Install]\nWantedBy={wanted}\nAlias=dots-y.service\n");
    world.file("system.service", &service("multi-user.target dots.target"));
    world.file("user.service", &service("default.target"));
    let cases = [
        (
            "u-dots1",
            "as_u mkdir -p $home/dots/wants $conf; as_u ln -sfn $home/dots/wants $conf/default.target.wants",
        ),
        (
            "u-dots2",
            "as_u mkdir -p $home/dots $home/.config/systemd; as_u ln -sfn $home/dots $conf",
        ),
        (
            "u-dots3",
            "as_u mkdir -p $home/dots; as_u ln -sfn dots $home/.config",
        ),
    ];
    for (user, make) in cases {
        on_both(&world, user, make);
    }
    on_both(
        &world,
        "u-dots1",
        "mkdir -p /opt/dots; ln -sfn /opt/dots /etc/systemd/system/dots.target.wants
         printf '[Unit]\\n' >/etc/systemd/system/dots.target; systemctl daemon-reload",
    );
    let with = |system: &str, own: &str| {
        let users: String = cases
            .iter()
            .map(|(user, _)| {
                format!("      {user}:\n        linger: true\n        units: {{dots-x.service: {own}}}\n")
            })
            .collect();
        world.manifest(&format!(
            "version: 1\nname: dots\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    \
             units: {{dots-x.service: {system}}}\n    users:\n{users}"
        ));
    };
    let links = "find -L /opt/dots /home/u-dots1/dots /home/u-dots2/dots /home/u-dots3/dots -type f | sort; \
                 find /opt/dots /home/u-dots?/dots /home/u-dots?/.config/ /etc/systemd/system/ \
                   -name 'dots-*' -type l ! -exec test -e {} ';' -print";
    with(
        "{source: system.service, enabled: true}",
        "{source: user.service}",
    );
    world.converge();
    prints(
        &world,
        "u-dots1",
        links,
        "/home/u-dots1/dots/wants/dots-x.service /home/u-dots2/dots/default.target.wants/dots-x.service \
         /home/u-dots2/dots/dots-x.service /home/u-dots2/dots/dots-y.service \
         /home/u-dots3/dots/systemd/user/default.target.wants/dots-x.service \
         /home/u-dots3/dots/systemd/user/dots-x.service /home/u-dots3/dots/systemd/user/dots-y.service \
         /opt/dots/dots-x.service",
    );
    with(
        "{source: system.service, enabled: false}",
        "{source: user.service, enabled: false}",
    );
    world.converge();
    prints(
        &world,
        "u-dots1",
        links,
        "/home/u-dots2/dots/dots-x.service /home/u-dots3/dots/systemd/user/dots-x.service",
    );
    with(
        "{source: system.service, enabled: true}",
        "{source: user.service}",
    );
    world.converge();
    with("{state: absent}", "{state: absent}");
    world
        .abide(&["apply", "--yes", "--allow-removals", "4"])
        .ends_with(0);
    world.assert_converged();
    prints(&world, "u-dots1", links, "");
}

/// `systemctl unmask` would remove the links that lead to the place of the mask, of which the manifest says nothing.
#[test]
fn unmasking_keeps_links_that_nobody_declares() {
    let world = World::used();
    let make = format!(
        "loginctl enable-linger u-unmask; sleep 1; as_u mkdir -p $conf /home/u-unmask/.local/share/systemd/user
         printf '{0}' >/lib/systemd/system/um-x.service
         as_u sh -c \"printf '{1}' >/home/u-unmask/.local/share/systemd/user/um-x.service\"
         systemctl daemon-reload; as_u systemctl --user daemon-reload
         systemctl -q enable um-x.service; as_u systemctl -q --user enable um-x.service
         systemctl -q mask um-x.service; as_u systemctl -q --user mask um-x.service
         ln -sfn ../um-x.service /etc/systemd/system/multi-user.target.wants/um-x.service
         as_u ln -sfn ../um-x.service $conf/default.target.wants/um-x.service",
        format!("{SERVICE}[Install]\nWantedBy=multi-user.target\n").replace('\n', "\\n"),
        format!("{SERVICE}[Install]\nWantedBy=default.target\n").replace('\n', "\\n"),
    );
    on_both(&world, "u-unmask", &make);
    let unit = "um-x.service: {masked: false, state: unmanaged}";
    manifest(&world, "unmask", "u-unmask", unit, unit);
    world.converge();
    let state = "systemctl is-enabled um-x.service; as_u systemctl --user is-enabled um-x.service
         ls /etc/systemd/system/um-x.service $conf/um-x.service 2>/dev/null || :";
    prints(&world, "u-unmask", state, "enabled enabled");
    let unit = "um-x.service: {masked: false, state: unmanaged, enabled: false}";
    on_both(
        &world,
        "u-unmask",
        "systemctl -q mask um-x.service; as_u systemctl -q --user mask um-x.service",
    );
    manifest(&world, "unmask", "u-unmask", unit, unit);
    world.converge();
    let state = format!("{{ {state}; }} || :");
    prints(&world, "u-unmask", &state, "disabled disabled");
}

/// systemd 247 calls `/dev/null` the file of what is masked, which has no `[Install]`.
#[test]
fn a_packages_unit_is_unmasked_and_enabled_by_one_apply() {
    let world = World::both("unmask-enable");
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "mkdir -p /usr/lib/systemd/system; printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/usr/lib/systemd/system/pkg.service; systemctl daemon-reload",
        );
    }
    for wanted in ["masked: true", "masked: false, enabled: true"] {
        world.manifest(&format!(
            "version: 1\nname: links\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups: {{all: {{units: {{pkg.service: {{{wanted}}}}}}}}}\n"
        ));
        world.converge();
    }
}
