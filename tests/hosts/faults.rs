//! What goes wrong on hosts: a clear message, the right exit code, the old state kept or restored where it can
//! be, and the other hosts done.

use std::fs;

use crate::support::{World, worker};

const MANIFEST: &str = "
version: 1
name: faults
hosts: {h1: {}, h2: {}}
groups:
  all:
    users:
      app:
        units:
          a.service: {source: a.service}
          b.service: {source: b.service}
";

/// Both hosts converged with two good units.
fn converged(name: &str) -> World {
    let world = World::both(name);
    world
        .manifest(MANIFEST)
        .file("a.service", &worker(""))
        .file("b.service", &worker(""));
    world.converge();
    world
}

/// A manifest of one unit for `app` on both hosts, nothing applied yet.
fn fresh(name: &str) -> World {
    let world = World::both(name);
    world
        .manifest(MANIFEST)
        .file("a.service", &worker(""))
        .file("b.service", &worker(""));
    world
}

fn pids(world: &World) -> Vec<String> {
    ["h1", "h2"]
        .iter()
        .map(|host| world.show(host, "app", "a.service", "MainPID"))
        .collect()
}

#[test]
fn a_missing_binary_is_found_before_anything_is_touched() {
    let world = converged("nobinary");
    let before = pids(&world);
    world.file(
        "a.service",
        &worker("").replace("/bin/sleep", "/opt/nowhere/sleep"),
    );
    world
        .apply()
        .ends_with(1)
        .says("a.service")
        .says("/opt/nowhere/sleep");
    assert_eq!(pids(&world), before, "the old process goes on");
    for host in ["h1", "h2"] {
        let file = world
            .fleet
            .sh(host, "cat ~app/.config/systemd/user/a.service");
        assert!(
            !file.contains("nowhere"),
            "the old file is in place on {host}"
        );
    }
    world.file("a.service", &worker(""));
    world.assert_converged();
}

#[test]
fn a_syntax_error_that_systemd_refuses_leaves_the_old_unit_running() {
    let world = converged("syntax");
    let before = pids(&world);
    world.file(
        "a.service",
        "[Unit]\nDescription=Broken\n[Service]\nType=nonsense\nExecStrat=/bin/true\n",
    );
    world.apply().ends_with(1).says("a.service");
    assert_eq!(pids(&world), before, "the old process goes on");
    world.file("a.service", &worker(""));
    world.assert_converged();
}

#[test]
fn a_crash_loop_is_reported_with_its_last_words() {
    let world = converged("crashloop");
    world.file(
        "a.service",
        &worker("Restart=always\nRestartSec=100ms").replace(
            "/bin/sleep infinity",
            "/bin/sh -c 'echo out of cheese; sleep 0.3; exit 3'",
        ),
    );
    world
        .apply()
        .ends_with(1)
        .says("a.service")
        .says("out of cheese");
    world.assert_active("h1", "app", "b.service");
    // The unit is not as declared, so the next plan is not empty.
    world.abide(&["plan", "--detailed-exitcode"]);
    world.file("a.service", &worker(""));
    world.converge();
}

#[test]
fn a_user_manager_that_cannot_start_is_named_and_the_system_scope_goes_on() {
    let world = fresh("nomanager");
    world.manifest(&format!(
        "{MANIFEST}    units:\n      sys.service: {{content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\"}}\n"
    ));
    world.fleet.sh(
        "h1",
        "mkdir -p /etc/systemd/system/user@.service.d
         printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' >/etc/systemd/system/user@.service.d/broken.conf
         systemctl daemon-reload",
    );
    world.apply().ends_with(1).says("user@").says("h1");
    world.assert_active("h1", "root", "sys.service");
    world.assert_active("h2", "app", "a.service");
    world.fleet.sh(
        "h1",
        "rm -r /etc/systemd/system/user@.service.d; systemctl daemon-reload",
    );
    world.converge();
    world.assert_active("h1", "app", "a.service");
}

#[test]
fn a_full_disk_and_a_read_only_home_leave_the_old_files_whole() {
    let world = converged("fulldisk");
    let before = pids(&world);
    for (host, options) in [("h1", "size=64k"), ("h2", "ro")] {
        world.fleet.sh(
            host,
            &format!(
                "tar -C ~app -cf /root/home.tar .; mount -t tmpfs -o size=256k,mode=755 tmpfs ~app; tar -C ~app -xf /root/home.tar
                 if [ {options} = ro ]; then mount -o remount,ro ~app; else head -c 1M /dev/zero >~app/filler || true; fi"
            ),
        );
    }
    let big = format!("Environment=V={}", "x".repeat(20_000));
    world.file("a.service", &worker(&big));
    let said = world.apply().ends_with(1);
    said.says("No space left").says("app may not write to");
    for host in ["h1", "h2"] {
        let file = world.fleet.sh(
            host,
            "cat ~app/.config/systemd/user/a.service; ls -A ~app/.config/systemd/user",
        );
        assert!(
            !file.contains("xxxx") && file.contains("sleep infinity"),
            "the old file is whole on {host}: {file}"
        );
        assert!(
            !file.contains("abide"),
            "no temporary file is left on {host}: {file}"
        );
    }
    assert_eq!(pids(&world), before, "the old processes go on");
    world
        .fleet
        .sh("h1", "rm ~app/filler; mount -o remount,size=10m ~app");
    world.fleet.sh("h2", "mount -o remount,rw,size=10m ~app");
    world.converge();
}

#[test]
fn an_unreachable_host_is_incomplete_and_the_others_are_done() {
    let world = fresh("unreachable");
    world.fleet.isolate("h1");
    world
        .abide(&["plan", "--connect-timeout", "3s"])
        .ends_with(3)
        .says("h1")
        .says("h2");
    world
        .abide(&["apply", "--yes", "--connect-timeout", "3s"])
        .ends_with(3)
        .says("h1");
    world.assert_active("h2", "app", "a.service");
    world.fleet.rejoin("h1");
    world.converge();
}

#[test]
fn a_changed_host_key_is_refused_with_the_fix() {
    let world = fresh("hostkey");
    let known = world.fleet.directory().join("known_hosts");
    let text = fs::read_to_string(&known).expect("known_hosts");
    let other = world.path("other");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&other)
        .status()
        .expect("ssh-keygen");
    assert!(made.success());
    let key = fs::read_to_string(other.with_extension("pub")).expect("a key");
    let key: Vec<&str> = key.split_whitespace().take(2).collect();
    // Every line of the first host gets another key.
    let first = text
        .lines()
        .next()
        .and_then(|line| line.split_whitespace().next())
        .expect("a host")
        .to_owned();
    let changed: String = text
        .lines()
        .filter(|line| !line.starts_with(&first))
        .map(|line| format!("{line}\n"))
        .chain([format!("{first} {}\n", key.join(" "))])
        .collect();
    fs::write(&known, changed).expect("known_hosts");
    world
        .plan()
        .ends_with(3)
        .says("host key")
        .says("ssh-keygen -R");
    fs::write(&known, text).expect("known_hosts");
    world.converge();
}

#[test]
fn an_unknown_host_key_is_taken_where_the_configuration_says_so_and_nowhere_else() {
    let world = fresh("newkey");
    let known = world.fleet.directory().join("known_hosts");
    let text = fs::read_to_string(&known).expect("known_hosts");
    let config = world.fleet.ssh_config();
    let strict = fs::read_to_string(&config).expect("ssh_config");
    let saying = |line: &str| {
        fs::write(&known, "").expect("known_hosts");
        let changed = strict.replace("StrictHostKeyChecking yes", line);
        fs::write(&config, changed).expect("ssh_config");
    };
    for refusing in ["StrictHostKeyChecking yes", "StrictHostKeyChecking ask", ""] {
        saying(refusing);
        world
            .plan()
            .ends_with(3)
            .says("its host key is not known")
            .says(&format!(
                "log in once by hand (`ssh -F {} h1`)",
                config.display()
            ));
        assert_eq!(
            fs::read_to_string(&known).expect("known_hosts"),
            "",
            "{refusing:?}"
        );
    }
    saying("StrictHostKeyChecking accept-new");
    world.converge();
    assert_ne!(fs::read_to_string(&known).expect("known_hosts"), "");
    fs::write(&known, text).expect("known_hosts");
    fs::write(&config, strict).expect("ssh_config");
    world.converge();
}

#[test]
fn a_login_shell_that_does_something_else_is_named_with_what_it_did() {
    let world = World::new("loginshell", &[("h1", "bookworm"), ("h2", "trixie")]);
    world
        .manifest("version: 1\nname: loginshell\nconnection: {user: deploy}\nhosts: {h1: {}, h2: {}}\ngroups: {all: {users: {deploy: {units: {a.service: {source: a.service}}}}}}\n")
        .file("a.service", &worker(""));
    let profile = |text: &str| {
        for host in ["h1", "h2"] {
            world.fleet.sh_as(
                host,
                "deploy",
                &format!("printf '%s\\n' '{text}' >~/.bashrc"),
            );
        }
    };
    for (text, did) in [
        ("exit 3", "it ended with status 3 and printed nothing"),
        (
            "echo no entry here; exit 0",
            "it ended and printed `no entry here`",
        ),
        (
            "echo locked >&2; exit 1",
            "it ended with status 1 and printed `locked`",
        ),
        ("exec sleep 1", "it ended and printed nothing"),
        ("cat >/dev/null", "it read what is sent to the script"),
        ("exec sh", "it put another shell in its place"),
        ("cat", "it printed the script that is sent to it"),
        // However little is eaten, nothing is run of what is left.
        (
            "read one",
            "it read what is sent to the script, or some of it",
        ),
        (
            "read one; read two; read three",
            "it read what is sent to the script",
        ),
        (
            "dd bs=1 count=3 of=/dev/null",
            "it read what is sent to the script",
        ),
        ("head -n 1 >/dev/null", "it read what is sent to the script"),
    ] {
        profile(text);
        world
            .plan()
            .ends_with(3)
            .says("the login shell does not run what it is asked for")
            .says(did)
            .says(".bashrc")
            .does_not_say("unreachable");
    }
    for order in [
        &[
            "suspend", "--group", "all", "--reason", "x", "--until", "1h",
        ][..],
        &["ledger", "show", "h1"],
    ] {
        world
            .abide(order)
            .ends_with(3)
            .says("it read what is sent to the script");
    }
    // What only greets is no obstacle, for an apply neither.
    profile("echo welcome; echo to you >&2; cd /; umask 077; set -e");
    for (shell, did) in [
        ("/bin/rbash", "`rbash: line 1: exec: restricted`"),
        (
            "/usr/sbin/nologin",
            "`This account is currently not available.`",
        ),
        ("/bin/false", "it ended with status 1 and printed nothing"),
    ] {
        for host in ["h1", "h2"] {
            world.fleet.sh(host, &format!("usermod -s {shell} deploy"));
        }
        let said = world.plan().ends_with(3);
        said.says(did)
            .says("a login user needs a shell that runs commands");
    }
    for shell in ["/bin/dash", "/bin/bash"] {
        for host in ["h1", "h2"] {
            world.fleet.sh(host, &format!("usermod -s {shell} deploy"));
        }
        world.converge();
    }
}

#[test]
fn a_program_that_comes_later_is_no_reason_to_refuse_what_does_not_start_it_now() {
    let world = World::both("comeslater");
    world.manifest(
        "version: 1\nname: comeslater\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      app:\n        units:\n          later.service: {source: later.service, state: unmanaged}\n          made.service: {source: made.service}\n          good.service: {source: good.service}\n",
    );
    world
        .file("good.service", &worker(""))
        .file("later.service", "[Service]\nExecStart=/opt/app/bin/missing\n[Install]\nWantedBy=default.target\n")
        .file(
            "made.service",
            "[Service]\nExecStartPre=/bin/cp /bin/sleep %t/made\nExecStart=/run/user/missing/made\nType=exec\n",
        );
    let runs = |host: &str| world.show(host, "app", "good.service", "ActiveState");
    // The second does start, and says itself where its program comes from: systemd finds out.
    world
        .apply()
        .ends_with(1)
        .says("later.service: Command /opt/app/bin/missing is not executable")
        .does_not_say("refuses the new");
    for host in ["h1", "h2"] {
        assert_eq!(runs(host), "active");
    }
    world.file(
        "made.service",
        "[Service]\nExecStartPre=/bin/cp /bin/sleep %t/made\nExecStart=%t/made infinity\n",
    );
    world.converge();
    // What runs is not restarted into a failure that could be foreseen.
    world.file(
        "good.service",
        &worker("").replace("/bin/sleep infinity", "/opt/app/bin/missing"),
    );
    world
        .apply()
        .ends_with(1)
        .says("it runs, and would not start again")
        .says("/opt/app/bin/missing");
    for host in ["h1", "h2"] {
        assert_eq!(runs(host), "active");
    }
}
