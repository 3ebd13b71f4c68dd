//! What is declared enabled and does not start at boot is not as declared: plan, status and drift say the same.

use serde_json::Value;

use super::HOSTS;
use super::said::boots;
use crate::fleet::skip;
use crate::support::{Said, World};

const SERVICE: &str = "[Service]\nExecStart=/bin/sleep infinity\n";

fn as_user(user: &str, script: &str) -> String {
    format!(
        "id -u {user} >/dev/null 2>&1 || useradd -m {user}; id=$(id -u {user})
         as_u() {{ setpriv --reuid {user} --regid {user} --init-groups env HOME=/home/{user} \
           XDG_RUNTIME_DIR=/run/user/$id \"$@\"; }}
         {script}"
    )
}

fn on_both(world: &World, user: &str, script: &str) {
    for host in HOSTS {
        world.fleet.sh(host, &as_user(user, script));
    }
}

/// A manifest of system units, and of a user with its lingering and units.
fn manifest(world: &World, name: &str, system: &str, (user, how): (&str, &str), own: &str) {
    world.manifest(&format!(
        "version: 1\nname: {name}\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    units: {{{system}}}\n    \
         users:\n      {user}:\n        {how}\n        units: {{{own}}}\n"
    ));
}

/// Nothing to do, and not as declared: on each host, with the reason, and the same for everybody who asks.
#[track_caller]
fn refuses(world: &World, why: &str) {
    refuses_for_one_of(world, &[why]);
}

/// The same with one of these reasons on each host; the first is that of the newest systemd.
#[track_caller]
fn refuses_for_one_of(world: &World, reasons: &[&str]) {
    let why = reasons.first().expect("a reason");
    let on_each = |said: Said| {
        let document: Value = serde_json::from_str(&said.stdout).expect("a document");
        for host in HOSTS {
            let of_host = of_host(&document, host);
            let told = reasons.iter().any(|why| of_host.contains(why));
            assert!(told, "no `{why}` of {host} in {of_host}");
        }
    };
    on_each(
        world
            .abide(&["plan", "--detailed-exitcode", "-q", "--report", "json=-"])
            .ends_with(1)
            .says("R0306"),
    );
    world.abide(&["status", "--exit-code"]).ends_with(2);
    on_each(
        world
            .abide(&["drift", "-q", "--report", "json=-"])
            .ends_with(2),
    );
    world.apply().ends_with(1).says(why);
}

/// What a report says of one host.
fn of_host(document: &Value, host: &str) -> String {
    let hosts = document["hosts"].as_array().expect("hosts");
    let of_host = hosts.iter().find(|one| one["host"] == host);
    of_host.expect("the host").to_string()
}

/// As declared, whether a boot starts it or not.
#[track_caller]
fn accepts(world: &World) {
    world.assert_converged();
    world.abide(&["status", "--exit-code"]).ends_with(0);
    world.abide(&["drift"]).ends_with(0);
}

#[test]
fn what_keeps_an_enabled_unit_from_starting_is_refused() {
    let world = World::used();
    let user = "u-noboot";
    world.file(
        "app.service",
        &format!("{SERVICE}[Install]\nWantedBy=default.target\n"),
    );
    world.file(
        "app.timer",
        "[Timer]\nOnActiveSec=1h\n[Install]\nWantedBy=timers.target\n",
    );
    manifest(
        &world,
        "noboot",
        "",
        (user, "linger: true"),
        "nb-app.service: {source: app.service}, nb-tick.service: {source: app.service, enabled: false, state: stopped}, \
         nb-tick.timer: {source: app.timer}",
    );
    world.converge();
    accepts(&world);
    // Its manager is up, and masked. On 252 nothing needs the user's runtime directory then, which goes, and with it all ways to
    // the manager.
    on_both(&world, user, "systemctl -q mask user@$id.service");
    let reasons = ["user manager masked", "is masked, so nothing can start it"];
    refuses_for_one_of(&world, &reasons);
    // It is down, and masked. The logind of 247 tries to start that one again and again, and nobody can log in meanwhile.
    let logind_spins = |host: &&str| world.show(host, "root", "", "Version").starts_with("247");
    if HOSTS.iter().any(logind_spins) {
        skip("a manager that is down and masked: logind of systemd 247 lets nobody log in then");
    } else {
        on_both(&world, user, "systemctl stop user@$id.service");
        world.plan().ends_with(1).says("R0307");
        world.apply().ends_with(1).says("R0307");
    }
    on_both(&world, user, "systemctl -q unmask user@$id.service");
    world.converge();
    accepts(&world);
    // The target of its timers, by the user and for all users.
    on_both(&world, user, "as_u systemctl -q --user mask timers.target");
    refuses(&world, "timers.target is masked");
    on_both(
        &world,
        user,
        "as_u systemctl -q --user unmask timers.target
         ln -s /dev/null /etc/systemd/user/timers.target; as_u systemctl --user daemon-reload",
    );
    refuses(&world, "timers.target is masked");
    on_both(
        &world,
        user,
        "rm /etc/systemd/user/timers.target; as_u systemctl --user daemon-reload; as_u systemctl --user start timers.target",
    );
    world.converge();
    accepts(&world);
    for code in ["R0306", "R0307", "N0302"] {
        world.abide(&["explain", code]).ends_with(0);
    }
}

#[test]
fn units_that_a_cycle_drops_are_refused() {
    let world = World::used();
    let unit = |order: &str, wanted: &str| {
        format!("[Unit]\n{order}\n{SERVICE}[Install]\nWantedBy={wanted}\n")
    };
    for (wanted, kind) in [("multi-user.target", "s"), ("default.target", "u")] {
        world.file(&format!("{kind}a"), &unit("After=cy-b.service", wanted));
        world.file(&format!("{kind}b"), &unit("After=cy-c.service", wanted));
        world.file(&format!("{kind}c"), &unit("After=cy-a.service", wanted));
        // In no cycle, and beside one.
        world.file(&format!("{kind}d"), &unit("After=cy-a.service", wanted));
        world.file(&format!("{kind}e"), &unit("Before=cy-a.service", wanted));
        // With a target: what has the usual dependencies starts after this one.
        world.file(&format!("{kind}f"), &unit("Before=basic.target", wanted));
    }
    let units = |kind: &str, of: &[&str], how: &str| {
        let units = of.iter().map(|one| {
            format!("cy-{one}.service: {{source: {kind}{one}, state: stopped, enabled: {how}}}")
        });
        units.collect::<Vec<_>>().join(", ")
    };
    let declare = |of: &[&str], how: &str| {
        let (system, own) = (units("s", of, how), units("u", of, how));
        manifest(&world, "cycles", &system, ("u-cycle", "linger: true"), &own);
    };
    declare(&["a", "b", "d", "e"], "true");
    world.apply();
    declare(&["a", "b", "c", "d", "e", "f"], "true");
    world.apply().ends_with(1).says("in a cycle with");
    refuses(&world, "in a cycle with");
    let said = world.plan().ends_with(1).stdout;
    for (unit, is_in) in [
        ("a", true),
        ("b", true),
        ("c", true),
        ("d", false),
        ("e", false),
        ("f", true),
    ] {
        let name = format!("cy-{unit}.service");
        assert_eq!(said.contains(&name), is_in, "{name}: {said}");
    }
    let boot = boots(&world);
    for host in HOSTS {
        for user in [false, true] {
            let word = |unit: &str| &boot[&(host.to_owned(), user, format!("cy-{unit}.service"))].0;
            for unit in ["a", "b", "c", "f"] {
                assert_ne!(word(unit), "yes", "{unit} on {host}");
            }
        }
    }
    declare(&["a", "b", "c", "d", "e", "f"], "false");
    world.converge();
    accepts(&world);
}

#[test]
fn a_cycle_through_two_units_that_nobody_declares_is_refused() {
    let world = World::used();
    let user = "u-beside";
    let neighbours = |last: &str| {
        format!(
            "as_u mkdir -p /home/{user}/.config/systemd/user
             for place in /etc/systemd/system /home/{user}/.config/systemd/user; do
               printf '[Unit]\\nAfter=nb-y.service\\nWants=nb-y.service\\n{run}' >$place/nb-x.service
               printf '[Unit]\\n{last}\\n{run}' >$place/nb-y.service
             done
             chown -R {user}: /home/{user}/.config; systemctl daemon-reload
             [ ! -e /run/user/$id/systemd/private ] || as_u systemctl --user daemon-reload",
            run = SERVICE.replace('\n', "\\n"),
        )
    };
    let unit = |wanted: &str| {
        format!(
            "[Unit]\nAfter=nb-x.service\nWants=nb-x.service\n{SERVICE}[Install]\nWantedBy={wanted}\n"
        )
    };
    world.file("s", &unit("multi-user.target"));
    world.file("u", &unit("default.target"));
    on_both(&world, user, &neighbours("Description=no circle"));
    let declared = |source: &str| format!("nb-a.service: {{source: {source}}}");
    manifest(
        &world,
        "beside",
        &declared("s"),
        (user, "linger: true"),
        &declared("u"),
    );
    world.converge();
    accepts(&world);
    on_both(&world, user, &neighbours("After=nb-a.service"));
    refuses(&world, "in a cycle with nb-x.service, nb-y.service");
    // systemd says the same of it.
    let boot = boots(&world);
    for ((host, _, unit), (word, whole)) in &boot {
        assert_ne!(word, "yes", "{unit} on {host}: {whole}");
    }
    on_both(&world, user, &neighbours("Description=no circle"));
    world.converge();
    accepts(&world);
}

#[test]
fn a_target_that_no_boot_reaches_is_noted_and_one_that_it_does_is_not() {
    let world = World::used();
    let user = "u-reach";
    for (file, by) in [
        ("never", "re-never.target"),
        ("known", "re-known.target"),
        ("graph", "graphical.target"),
        ("sleep", "sleep.target"),
        ("chain", "re-chain.target"),
    ] {
        world.file(file, &format!("{SERVICE}[Install]\nWantedBy={by}\n"));
    }
    on_both(
        &world,
        user,
        "as_u mkdir -p /home/u-reach/.config/systemd/user
         for place in /etc/systemd/system /home/u-reach/.config/systemd/user; do
           case $place in /etc/*) by=multi-user.target ;; *) by=default.target ;; esac
           printf '[Unit]\\nDescription=x\\n' >$place/re-known.target
           printf '[Unit]\\nDescription=x\\n[Install]\\nWantedBy=%s\\n' $by >$place/re-chain.target
           mkdir -p $place/$by.wants; ln -s ../re-chain.target $place/$by.wants/
         done
         chown -R u-reach: /home/u-reach/.config
         systemctl daemon-reload",
    );
    let units = |of: &[&str]| {
        let units = of.iter().map(|one| {
            format!("re-{one}.service: {{source: {one}, state: stopped, enabled: true}}")
        });
        units.collect::<Vec<_>>().join(", ")
    };
    manifest(
        &world,
        "reach",
        &units(&["never", "known", "graph", "sleep", "chain"]),
        (user, "linger: true"),
        &units(&["never", "known", "chain"]),
    );
    world.converge();
    accepts(&world);
    let said = world.plan().ends_with(0).stdout;
    let noted = |unit: &str| {
        let text = format!("re-{unit}.service is enabled, and a boot does not start it");
        said.matches(&text).count()
    };
    assert!(said.contains("N0302"), "{said}");
    for unit in ["graph", "chain"] {
        assert_eq!(noted(unit), 0, "{unit}: {said}");
    }
    for unit in ["never", "known", "sleep"] {
        assert!(noted(unit) > 0, "{unit}: {said}");
    }
    let boot = boots(&world);
    for host in HOSTS {
        let word = |unit: &str| &boot[&(host.to_owned(), false, format!("re-{unit}.service"))].0;
        for (unit, starts) in [
            ("never", "no"),
            ("known", "no"),
            ("sleep", "no"),
            ("graph", "yes"),
            ("chain", "yes"),
        ] {
            assert_eq!(word(unit), starts, "{unit} on {host}");
        }
    }
}

#[test]
fn a_unit_of_a_user_who_does_not_linger_is_noted() {
    let world = World::used();
    world.file(
        "app.service",
        &format!("{SERVICE}[Install]\nWantedBy=default.target\n"),
    );
    let own = "nl-app.service: {source: app.service, state: unmanaged, enabled: true}";
    manifest(&world, "nolinger", "", ("u-nolinger", "linger: false"), own);
    world.converge();
    world.plan().ends_with(0).says("N0302").says("no linger");
    accepts(&world);
    manifest(&world, "nolinger", "", ("u-nolinger", "linger: true"), own);
    world.plan().does_not_say("N0302");
    world.converge();
    world.plan().does_not_say("N0302");
}
