//! Cases in which a run could end green, and the host is not as its manifest says.

use crate::attack::{Promise, attack};
use crate::support::World;

const HOSTS: [&str; 2] = ["h1", "h2"];

fn user(world: &World, name: &str, linger: bool, units: &str) {
    let linger = if linger { "linger: true, " } else { "" };
    world.manifest(&format!(
        "version: 1\nname: {name}\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      {name}: {{{linger}units: {{{units}}}}}\n"
    ));
}

fn system(world: &World, name: &str, units: &str) {
    world.manifest(&format!(
        "version: 1\nname: {name}\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all: {{units: {{{units}}}}}\n"
    ));
}

fn on_both(world: &World, script: &str) {
    for host in HOSTS {
        world.fleet.sh_as(host, "root", script);
    }
}

/// A script that writes a unit of the system.
fn unit(name: &str, text: &str) -> String {
    let text = text.replace('\n', "\\n");
    format!("printf '%b' \"{text}\" >/etc/systemd/system/{name}; systemctl daemon-reload\n")
}

#[test]
fn a_condition_that_holds_by_now_is_tried_again() {
    let _attack = attack("a condition that failed once", Promise::AsDeclared);
    let world = World::used();
    for (name, install) in [
        ("gcond-a", "[Install]\nWantedBy=default.target\n"),
        ("gcond-b", ""),
    ] {
        world.file(
            &format!("units/{name}.service"),
            &format!("[Unit]\nConditionPathExists=/etc/{name}\n[Service]\nExecStart=/bin/sleep infinity\n{install}"),
        );
    }
    user(
        &world,
        "gcond",
        true,
        "gcond-a.service: {source: units/gcond-a.service, settle: {for: 1s}}, gcond-b.service: {source: units/gcond-b.service, state: started, settle: {for: 1s}}",
    );
    on_both(&world, "rm -f /etc/gcond-a /etc/gcond-b");
    world.apply().ends_with(0);
    world
        .abide(&["plan", "--detailed-exitcode"])
        .ends_with(0)
        .says("ConditionPathExists=/etc/gcond-a does not hold")
        .says("ConditionPathExists=/etc/gcond-b does not hold");
    on_both(&world, "touch /etc/gcond-a /etc/gcond-b");
    world
        .abide(&["plan", "--detailed-exitcode"])
        .ends_with(2)
        .does_not_say("No changes");
    world.abide(&["status"]).says("4 not as declared");
    world.converge();
    world
        .abide(&["status", "--exit-code"])
        .ends_with(0)
        .says("4 up");
    on_both(&world, "rm -f /etc/gcond-a /etc/gcond-b");
}

#[test]
fn what_a_starting_manager_brings_up_is_stopped_where_it_is_declared_so() {
    let _attack = attack("a unit that is enabled for all users", Promise::AsDeclared);
    let world = World::used();
    on_both(
        &world,
        "printf '%b' '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=default.target\\n' >/etc/systemd/user/gglobal.service; systemctl --global enable gglobal.service",
    );
    user(&world, "gglobal", true, "gglobal.service: {state: stopped}");
    world.apply().ends_with(0);
    world.assert_converged();
    for host in HOSTS {
        assert_eq!(
            world.show(host, "gglobal", "gglobal.service", "ActiveState"),
            "inactive"
        );
    }
    user(
        &world,
        "gglobal",
        true,
        "gglobal.service: {state: stopped, enabled: false}",
    );
    world
        .plan()
        .ends_with(1)
        .says("it is enabled for all users");
    world.apply().ends_with(1);
    world.plan().ends_with(1);
    on_both(
        &world,
        "systemctl --global disable gglobal.service; rm -f /etc/systemd/user/gglobal.service",
    );
}

#[test]
fn a_home_that_cannot_be_removed_is_told_before_its_user_is_deleted() {
    let _attack = attack("a home that is a mount point", Promise::AsDeclared);
    let world = World::used();
    on_both(
        &world,
        "id gmount >/dev/null 2>&1 || useradd -m gmount; mountpoint -q /home/gmount || mount -t tmpfs tmpfs /home/gmount; chown gmount /home/gmount",
    );
    world.manifest("version: 1\nname: gmount\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      gmount: {state: absent, remove_home: true}\n");
    world.plan().ends_with(1).says("it is a mount point");
    world
        .apply()
        .ends_with(1)
        .does_not_say("as the manifest says");
    on_both(&world, "id gmount && umount /home/gmount");
    world.converge();
}

#[test]
fn homes_within_homes_go_from_the_inside() {
    let _attack = attack("homes within the homes of others", Promise::AsDeclared);
    let world = World::used();
    on_both(
        &world,
        "for user in gna gnb gnc; do id $user >/dev/null 2>&1 || useradd -m $user; done
         mkdir -p /home/gna/in; mv /home/gnb /home/gna/in/b; usermod -d /home/gna/in/b gnb
         mv /home/gnc /home/gna/in/b/c; usermod -d /home/gna/in/b/c gnc",
    );
    let declare = |of_b: &str| {
        world.manifest(&format!(
            "version: 1\nname: gnested\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:
      gna: {{state: absent, remove_home: true}}\n      gnb: {{state: absent, remove_home: {of_b}}}
      gnc: {{state: absent, remove_home: true}}\n"
        ));
    };
    declare("false");
    world
        .plan()
        .ends_with(1)
        .says("its home /home/gna cannot be removed: the home of gnb is in it");
    world.apply().ends_with(1);
    on_both(
        &world,
        "id gna && [ -d /home/gna/in/b ] && [ ! -e /home/gna/in/b/c ] && useradd -d /home/gna/in/b/c -m gnc",
    );
    on_both(
        &world,
        "id gnb >/dev/null 2>&1 || useradd -d /home/gna/in/b gnb; chown gnb /home/gna/in/b",
    );
    declare("true");
    world.converge();
    on_both(
        &world,
        "! id gna 2>/dev/null && ! id gnb 2>/dev/null && [ ! -e /home/gna ]",
    );
}

#[test]
fn a_user_whose_home_cannot_be_removed_is_kept_until_it_can() {
    let _attack = attack("homes that are not removable", Promise::AsDeclared);
    let world = World::used();
    // Each by its user: another's home, a link, one with the home of another user in it, one on a read-only file system.
    on_both(
        &world,
        "for user in ghroot ghlink ghouter ghinner ghro ghfine ghnone; do id $user >/dev/null 2>&1 || useradd -m $user; done
         chown root /home/ghroot
         mv /home/ghlink /srv/ghlink; ln -s /srv/ghlink /home/ghlink
         mkdir /home/ghouter/in; usermod -d /home/ghouter/in ghinner
         mkdir -p /srv/ghro/home; touch /srv/ghro/home/file; chown ghro /srv/ghro/home; usermod -d /srv/ghro/home ghro
         mount --bind /srv/ghro /srv/ghro; mount -o remount,ro,bind /srv/ghro
         rm -r /home/ghnone; touch '/home/ghfine/-a b'",
    );
    let kept = ["ghroot", "ghlink", "ghouter", "ghro"];
    let mut text =
        "version: 1\nname: ghomes\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n"
            .to_owned();
    for user in kept.iter().chain(&["ghfine", "ghnone"]) {
        text.push_str(&format!(
            "      {user}: {{state: absent, remove_home: true}}\n"
        ));
    }
    world.manifest(&text);
    for _ in 0..2 {
        world
            .apply()
            .ends_with(1)
            .does_not_say("as the manifest says")
            .says("in its home /home/ghouter is the home of ghinner");
        world
            .abide(&["plan", "--detailed-exitcode"])
            .ends_with(1)
            .says("explain R0108")
            .says("its home /home/ghroot cannot be removed: it belongs to root")
            .says("its home /home/ghlink cannot be removed: it is a symbolic link")
            .says("its home /srv/ghro/home cannot be removed: nothing can be removed from the directory")
            .does_not_say("ghfine")
            .does_not_say("ghnone");
        world.abide(&["status", "--exit-code"]).ends_with(2);
        world.abide(&["drift"]).ends_with(2);
    }
    on_both(
        &world,
        "[ ! -e /home/ghfine ] && [ -e /home/ghouter/in ] && [ -e /srv/ghlink ] && id ghroot && id ghlink && id ghouter && id ghro || exit 1
         rm /home/ghlink; rm -r /home/ghroot; usermod -d /home/ghinner ghinner; umount /srv/ghro",
    );
    world.converge();
    on_both(
        &world,
        "[ ! -e /home/ghouter ] && [ ! -e /srv/ghro/home ] && ! id ghro 2>/dev/null",
    );
}

#[test]
fn a_unit_that_refuses_to_be_stopped_is_no_stopped_one() {
    let _attack = attack(
        "RefuseManualStop= where it should not run",
        Promise::AsDeclared,
    );
    let world = World::used();
    let text = "[Unit]\nRefuseManualStop=yes\n[Service]\nExecStart=/bin/sleep infinity\n";
    on_both(
        &world,
        &format!(
            "{}systemctl start grefuse.service",
            unit("grefuse.service", text)
        ),
    );
    system(&world, "grefuse", "grefuse.service: {state: stopped}");
    world
        .plan()
        .ends_with(1)
        .says("refuses to be stopped by hand")
        .does_not_say("No changes");
    world.apply().ends_with(1);
    world.abide(&["status", "--exit-code"]).ends_with(2);
    world.abide(&["drift"]).ends_with(2);
    on_both(
        &world,
        "sed -i /Refuse/d /etc/systemd/system/grefuse.service; systemctl daemon-reload",
    );
    world.converge();
}

#[test]
fn a_link_until_the_next_boot_is_seen_before_a_unit_is_disabled() {
    let _attack = attack(
        "a unit that is enabled at run time as well",
        Promise::AsDeclared,
    );
    let world = World::used();
    let text = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n";
    on_both(
        &world,
        &format!(
            "{}systemctl enable gruntime.service; systemctl enable --runtime gruntime.service",
            unit("gruntime.service", text)
        ),
    );
    system(
        &world,
        "gruntime",
        "gruntime.service: {state: stopped, enabled: false}",
    );
    world
        .plan()
        .ends_with(1)
        .says("enabled until the next boot as well");
    world.apply().ends_with(1);
    on_both(&world, "systemctl disable --runtime gruntime.service");
    world.converge();
}

#[test]
fn an_unknown_unit_that_should_not_run_is_told() {
    let _attack = attack("a mistake in a name", Promise::AsDeclared);
    let world = World::used();
    system(&world, "gtypo", "ngnix.service: {state: stopped}");
    world
        .plan()
        .ends_with(0)
        .says("the host has no ngnix.service");
}

#[test]
fn a_start_that_takes_longer_than_its_limit_is_a_failure() {
    let _attack = attack("a start that is late", Promise::AsDeclared);
    let world = World::used();
    world.file(
        "units/glate.service",
        "[Service]\nExecStartPre=/bin/sleep 6\nExecStart=/bin/sleep infinity\n",
    );
    user(
        &world,
        "glate",
        true,
        "glate.service: {source: units/glate.service, state: started, settle: {for: 1s, timeout: 3s}}",
    );
    world
        .apply()
        .ends_with(1)
        .says("longer than its limit of 3 s");
}

#[test]
fn a_runtime_directory_of_another_user_is_named() {
    let _attack = attack("/run/user/UID of somebody else", Promise::AsDeclared);
    let world = World::used();
    world.file(
        "units/a.service",
        "[Service]\nExecStart=/bin/sleep infinity\n",
    );
    user(
        &world,
        "grun",
        true,
        "a.service: {source: units/a.service, state: started}",
    );
    world.converge();
    on_both(&world, "chown root /run/user/$(id -u grun)");
    world
        .abide(&["status"])
        .says("belongs to another user")
        .does_not_say("manager down");
    world
        .plan()
        .says("belongs to another user")
        .does_not_say("No changes");
    on_both(&world, "chown grun /run/user/$(id -u grun)");
    world.assert_converged();
}

#[test]
fn a_failed_unit_is_told_with_the_step_that_failed() {
    let _attack = attack("a unit that systemd could not start", Promise::AsDeclared);
    let world = World::used();
    let text = "[Service]\nExecStart=/opt/nope\n";
    on_both(
        &world,
        &format!(
            "{}systemctl start gstep.service; true",
            unit("gstep.service", text)
        ),
    );
    system(
        &world,
        "gstep",
        "gstep.service: {state: started, settle: {for: 1s, timeout: 3s}}",
    );
    world
        .plan()
        .says("203/EXEC")
        .does_not_say("it is failed and");
    world
        .abide(&["status"])
        .says("failed (203/EXEC)")
        .says("0 up");
    world.apply().ends_with(1).says("203/EXEC");
    world.abide(&["drift"]).ends_with(2).says("203/EXEC");
}

#[test]
fn a_suspended_host_is_left_out_and_says_so_everywhere() {
    let _attack = attack("a host that is suspended", Promise::AsDeclared);
    let world = World::used();
    system(&world, "gsusp", "ngnix.service: {state: stopped}");
    world
        .abide(&[
            "suspend",
            "--until",
            "1h",
            "--reason",
            "a disk is changed",
            "--host",
            "h1",
            "--host",
            "h2",
        ])
        .ends_with(0);
    world
        .plan()
        .ends_with(0)
        .says("2 hosts are suspended and left out")
        .does_not_say("Nothing is known");
    world.abide(&["plan", "--detailed-exitcode"]).ends_with(0);
    world
        .apply()
        .ends_with(0)
        .says("2 hosts suspended")
        .does_not_say("Not all done");
    world
        .abide(&["resume", "--host", "h1", "--host", "h2"])
        .ends_with(0);
}
