//! Drift: what somebody changed on a host, told from what the manifest asks for, as a cron job would hear of it.

use crate::support::{World, worker};
use crate::tool;

const UNITS: &str = "
    users:
      app:
        units:
          a.service: {source: a.service}
          b.service: {source: b.service}
";

const UNIT_FILE: &str = "/home/app/.config/systemd/user/a.service";

fn manifest(hosts: &[&str]) -> String {
    let hosts: Vec<String> = hosts.iter().map(|host| format!("{host}: {{}}")).collect();
    format!(
        "version: 1\nname: drift\nhosts: {{{}}}\ngroups:\n  all:{UNITS}",
        hosts.join(", ")
    )
}

/// Hosts as the manifest says.
fn converged(name: &str, hosts: &[(&str, &str)]) -> World {
    let world = World::new(name, hosts);
    let names: Vec<&str> = hosts.iter().map(|(host, _)| *host).collect();
    world
        .manifest(&manifest(&names))
        .file("a.service", &worker("Environment=V=1"))
        .file("b.service", &worker("Environment=V=1"));
    world.converge();
    world
}

/// What shows that nothing was written on a host, and nothing was run.
fn trace(world: &World, host: &str) -> String {
    let files = world.fleet.sh(
        host,
        "find /home/app /etc /var/lib/systemd/linger /var/lib/abide /run/abide /run/systemd/system /root \
         -printf '%p %T@ %C@ %m %s\\n' | sort",
    );
    let loads =
        ["app", "root"].map(|user| world.show(host, user, "", "UnitsLoadTimestampMonotonic"));
    let runs = ["a.service", "b.service"].map(|unit| world.show(host, "app", unit, "InvocationID"));
    format!("{files}\n{loads:?}\n{runs:?}")
}

/// Takes the lock of a host, as an apply of `ana@desk` would, until it is let go.
pub fn hold_lock(world: &World, host: &str) {
    world.fleet.sh(
        host,
        "cat >/root/hold.sh <<'END'
mkdir -p /run/abide; exec 9>>/run/abide/lock; flock 9
printf 'id=7.8\\nwho=ana@desk\\noperation=apply\\nsince=%s\\npid=%s\\n' \"$(date +%s)\" $$ >/run/abide/lock
sleep 600
END
         systemd-run --quiet --unit=holder /bin/sh /root/hold.sh
         until [ -s /run/abide/lock ]; do sleep 0.1; done",
    );
}

#[test]
fn a_cron_job_hears_of_each_host_what_is_true_of_it() {
    let world = converged(
        "drift-cron",
        &[
            ("clean", "bookworm"),
            ("edited", "trixie"),
            ("gone", "bookworm"),
            ("held", "bookworm"),
            ("paused", "trixie"),
        ],
    );
    world
        .abide(&["drift"])
        .ends_with(0)
        .says("5 hosts: 5 clean");
    let quiet = world.abide(&["drift", "-q"]).ends_with(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));

    world
        .fleet
        .sh("edited", &format!("echo '# by hand' >>{UNIT_FILE}"));
    world.fleet.isolate("gone");
    for host in ["held", "paused"] {
        world.fleet.sh_as(
            host,
            "app",
            "export XDG_RUNTIME_DIR=/run/user/$(id -u); systemctl --user stop b.service",
        );
    }
    hold_lock(&world, "held");
    world
        .abide(&[
            "suspend", "--host", "paused", "--reason", "new disk", "--until", "2h",
        ])
        .ends_with(0);

    let said = world
        .abide(&["drift", "--connect-timeout", "3s"])
        .ends_with(3)
        .says("5 hosts: 1 clean, 1 drifted, 2 unknown, 1 suspended");
    let line = |host: &str| {
        let found = said
            .stdout
            .lines()
            .find(|line| line.get(4..).is_some_and(|rest| rest.starts_with(host)));
        found.unwrap_or_default().to_owned()
    };
    assert!(line("edited").starts_with("DM"), "{}", said.stdout);
    assert!(
        line("edited").contains("a.service was edited"),
        "{}",
        said.stdout
    );
    assert!(line("gone").starts_with("? "), "{}", said.stdout);
    assert!(
        line("held").starts_with("? ") && line("held").contains("ana@desk"),
        "{}",
        said.stdout
    );
    assert!(
        line("paused").starts_with("- ") && line("paused").contains("new disk"),
        "{}",
        said.stdout
    );
    assert_eq!(line("clean"), "", "{}", said.stdout);

    world
        .abide(&["drift", "--exclude", "gone", "--exclude", "held"])
        .ends_with(2);
    world
        .abide(&["drift", "-q", "--host", "clean", "--host", "paused"])
        .ends_with(0);
    world
        .abide(&["apply", "--yes", "--host", "held"])
        .ends_with(6)
        .says("ana@desk");
    reports_of_the_look(&world);
    world.fleet.rejoin("gone");
}

/// Every report of one look at these hosts is well formed by a judge that is not ours, and says the same.
fn reports_of_the_look(world: &World) {
    let mut line = vec!["drift", "--connect-timeout", "3s"];
    for report in [
        "json=drift.json",
        "prom=drift.prom",
        "junit=drift.xml",
        "sarif=drift.sarif",
        "md=drift.md",
        "html=drift.html",
    ] {
        line.extend(["--report", report]);
    }
    world.abide(&line).ends_with(3);
    let text = |name: &str| std::fs::read_to_string(world.path(name)).expect("a report");
    let json =
        |name: &str| -> serde_json::Value { serde_json::from_str(&text(name)).expect("JSON") };

    let document = json("drift.json");
    let schema = world.abide(&["schema", "report"]).stdout;
    assert_fits(&document, &schema);
    for (state, count) in [
        ("clean", 1),
        ("drifted", 1),
        ("unknown", 2),
        ("suspended", 1),
    ] {
        assert_eq!(document["host_states"][state], count, "{state}");
        let gauge = format!(
            "abide_hosts{{manifest=\"drift\",command=\"drift\",state=\"{state}\"}} {count}"
        );
        assert!(text("drift.prom").contains(&gauge), "{gauge}");
    }
    tool::assert_accepts(
        "prometheus",
        &["promtool", "check", "metrics"],
        &text("drift.prom"),
    );

    let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/../abide-report/testdata");
    let schema = format!("{schemas}/junit.xsd");
    let check = ["xmllint", "--noout", "--nonet", "--schema", &schema, "-"];
    tool::assert_accepts("libxml2-utils", &check, &text("drift.xml"));
    let suites: Vec<String> = text("drift.xml")
        .lines()
        .filter(|line| line.contains("<testsuite "))
        .map(str::to_owned)
        .collect();
    for (host, counts) in [
        ("clean", "failures=\"0\" errors=\"0\" skipped=\"0\""),
        ("edited", "failures=\"1\" errors=\"0\" skipped=\"0\""),
        ("gone", "failures=\"0\" errors=\"5\""),
        ("held", "failures=\"0\" errors=\"2\""),
        ("paused", "failures=\"0\" errors=\"0\" skipped="),
    ] {
        let name = format!("name=\"{host}\"");
        let suite = suites.iter().find(|line| line.contains(&name));
        let suite = suite.expect("a suite for each host");
        assert!(suite.contains(counts), "{suite}");
    }

    let log = json("drift.sarif");
    let schema = std::fs::read_to_string(format!("{schemas}/sarif.schema.json"));
    assert_fits(&log, &schema.expect("a schema"));
    let results = log["runs"][0]["results"].as_array().expect("results");
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "abide.yaml");
    assert!(text("drift.sarif").contains("edited on the host since abide wrote it"));

    let markdown = text("drift.md");
    assert!(
        markdown.starts_with("<!-- abide:drift:drift -->\n"),
        "{markdown}"
    );
    for row in [
        "| **DM** | edited |",
        "| **?** | held |",
        "**gone** unknown",
        "**paused** suspended",
    ] {
        assert!(markdown.contains(row), "no {row} in\n{markdown}");
    }
    assert!(text("drift.html").contains("was edited"));
}

fn assert_fits(instance: &serde_json::Value, schema: &str) {
    let schema = serde_json::from_str(schema).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let wrong: Vec<String> = validator
        .iter_errors(instance)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn drift_writes_nothing_on_a_host_however_much_differs() {
    let world = converged("drift-ro", &[("h1", "bookworm"), ("h2", "trixie")]);
    world.file("b.service", &worker("Environment=V=2"));
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            &format!("echo '# by hand' >>{UNIT_FILE}; mkdir -p /run/systemd/system"),
        );
    }
    let before = ["h1", "h2"].map(|host| trace(&world, host));
    // Who did it is asked as well.
    world
        .abide(&["drift"])
        .ends_with(2)
        .says("by whom: unknown");
    world.abide(&["drift", "--json"]).ends_with(2);
    world.abide(&["lock", "ls"]).ends_with(0);
    assert_eq!(["h1", "h2"].map(|host| trace(&world, host)), before);
}

#[test]
fn fix_puts_back_what_was_changed_and_rolls_out_nothing() {
    let world = converged("drift-fix", &[("h1", "bookworm"), ("h2", "trixie")]);
    world.file("b.service", &worker("Environment=V=2"));
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            &format!("sed -i s/V=1/V=9/ {UNIT_FILE}; chown app: {UNIT_FILE}"),
        );
        world.fleet.sh_as(
            host,
            "app",
            "export XDG_RUNTIME_DIR=/run/user/$(id -u)
             systemctl --user daemon-reload; systemctl --user restart a.service",
        );
    }
    world.abide(&["drift", "--fix"]).ends_with(64).says("--yes");
    world
        .abide(&["drift", "--fix", "--yes"])
        .ends_with(2)
        .says("a.service was edited")
        .says("b.service is not what the manifest says")
        .does_not_say("seen to be as the manifest says");
    for host in ["h1", "h2"] {
        assert_eq!(world.show(host, "app", "a.service", "Environment"), "V=1");
        assert_eq!(world.show(host, "app", "b.service", "Environment"), "V=1");
        let file = world.fleet.sh(host, &format!("cat {UNIT_FILE}"));
        assert_eq!(file, worker("Environment=V=1"));
    }
    world
        .abide(&["drift"])
        .ends_with(2)
        .says("2 hosts: 2 pending rollout");
    // A hand edit of what the manifest has changed since cannot be undone: what was there is not known.
    world.fleet.sh(
        "h1",
        "echo '# by hand' >>/home/app/.config/systemd/user/b.service",
    );
    world
        .abide(&["drift", "--fix", "--yes", "--host", "h1"])
        .ends_with(2)
        .says("the manifest has moved on");
    world.converge();
    world.abide(&["drift"]).ends_with(0);
}

#[test]
fn what_runs_is_judged_beside_what_is_on_disk() {
    let world = converged("drift-run", &[("h1", "bookworm"), ("h2", "trixie")]);
    for host in ["h1", "h2"] {
        world.fleet.sh_as(
            host,
            "app",
            "export XDG_RUNTIME_DIR=/run/user/$(id -u)
             mkdir -p ~/.config/systemd/user/a.service.d
             printf '[Service]\\nMemoryMax=4G\\n' >~/.config/systemd/user/a.service.d/override.conf
             sed -i s/V=1/V=9/ ~/.config/systemd/user/b.service
             systemctl --user daemon-reload; systemctl --user restart b.service",
        );
    }
    let environment = |host| {
        let pid = world.show(host, "app", "b.service", "MainPID");
        world
            .fleet
            .sh(host, &format!("tr '\\0' '\\n' </proc/{pid}/environ"))
    };
    world
        .abide(&["drift"])
        .ends_with(2)
        .says("override.conf was added, as `systemctl edit` does")
        .says("b.service was edited");
    world
        .abide(&["drift", "--fix", "--yes"])
        .ends_with(2)
        .says("abide removes no drop-in that it did not write");
    for host in ["h1", "h2"] {
        assert!(environment(host).contains("V=1"), "{host}");
        world
            .fleet
            .sh(host, "rm -r /home/app/.config/systemd/user/a.service.d");
    }
    world.converge();
    world.fleet.sh_as(
        "h1",
        "app",
        "export XDG_RUNTIME_DIR=/run/user/$(id -u)
         systemctl --user kill -s SEGV a.service; systemctl --user disable --quiet b.service; sleep 1",
    );
    world
        .abide(&["drift", "--host", "h1"])
        .ends_with(2)
        .says("a.service failed")
        .says("b.service was disabled");
    world.abide(&["drift", "--fix", "--yes"]).ends_with(0);
    world.abide(&["drift"]).ends_with(0);
}

/// What an admin does with sudo: `deploy` may, without a password.
fn sudo(world: &World, host: &str, command: &str) {
    world.fleet.sh_as(
        host,
        "deploy",
        &format!("sudo -n {command} >/dev/null 2>&1 || :"),
    );
}

#[test]
fn who_did_it_is_told_as_far_as_the_host_knows_and_never_an_argument_that_may_be_a_secret() {
    let world = World::both("drift-who");
    let unit = |name: &str| worker(&format!("Environment=NAME={name}"));
    world
        .manifest(
            "version: 1\nname: who\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    units:\n      \
             who-a.service: {source: a.service}\n      who-b.service: {source: b.service}\n      \
             who-c.service: {source: c.service}\n      who-d.service: {source: d.service}\n",
        )
        .file("a.service", &unit("a"))
        .file("b.service", &unit("b"))
        .file("c.service", &unit("c"))
        .file("d.service", &unit("d"));
    world.converge();
    for host in ["h1", "h2"] {
        sudo(
            &world,
            host,
            "sed -i -e s/NAME=a/NAME=z/ -e s/hunter2// /etc/systemd/system/who-a.service",
        );
        sudo(&world, host, "mkdir -p /etc/systemd/system/who-b.service.d");
        sudo(
            &world,
            host,
            "cp /dev/null /etc/systemd/system/who-b.service.d/override.conf",
        );
        sudo(&world, host, "systemctl stop who-c");
        sudo(&world, host, "mysql -phunter3 who-c.service.sql");
        // Root itself leaves no trace.
        world.fleet.sh(
            host,
            "sleep 1; echo '# by hand' >>/etc/systemd/system/who-d.service",
        );
        world.fleet.sh(host, "journalctl --sync");
    }
    let said = world
        .abide(&[
            "drift",
            "--report",
            "json=drift.json",
            "--report",
            "md=drift.md",
        ])
        .ends_with(2)
        .says("sudo by deploy: sed /etc/systemd/system/who-a.service")
        .says("sudo by deploy: cp /etc/systemd/system/who-b.service.d/override.conf")
        .says("sudo by deploy: systemctl stop who-c.service at 2")
        .does_not_say("hunter");
    println!("{}", said.stdout);
    for line in said
        .stdout
        .lines()
        .filter(|line| line.contains("who-d.service was edited"))
    {
        assert!(line.ends_with("by whom: unknown)"), "{line}");
    }
    for name in ["drift.json", "drift.md"] {
        let report = std::fs::read_to_string(world.path(name)).expect("a report");
        assert!(report.contains("sudo by deploy: sed"), "{report}");
        assert!(!report.contains("hunter"), "{report}");
    }
}
