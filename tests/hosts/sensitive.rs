//! What looks like a secret in a file of the manifest, or in what stands on a host, is in no output; that it changes is.

use crate::support::{Said, World};

/// Values that nobody may see: what was declared first, what is declared now, what somebody wrote on the host.
const CANARIES: [&str; 3] = ["canary-first", "canary-second", "canary-by-hand"];

const HOST: [&str; 1] = ["h1"];

fn declare(world: &World, value: &str) {
    world
        .manifest(
            "version: 1\nname: sensitive\nhosts: {h1: {}}\ngroups:\n  all:\n    users:\n      app:\n        \
             files:\n          app.env: {source: app.env}\n        units:\n          a.service:\n            \
             source: a.service\n            drop_ins: {10-env.conf: env.conf}\n",
        )
        .file("app.env", &format!("A=1\nDB_PASSWORD={value}\nURL=postgres://u:{value}@db/x\n"))
        .file(
            "a.service",
            &format!(
                "[Service]\nEnvironment=API_TOKEN={value} B=2\nExecStart=/bin/sleep infinity\n\
                 [Install]\nWantedBy=default.target\n"
            ),
        )
        .file("env.conf", &format!("[Service]\nEnvironment=\"APP_SECRET={value} x\"\n"));
}

#[track_caller]
fn is_clean(what: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{what}: `{canary}` in\n{text}");
    }
}

#[track_caller]
fn said_clean(what: &str, said: &Said) {
    is_clean(what, &said.stdout);
    is_clean(what, &said.stderr);
}

#[test]
fn what_looks_like_a_secret_is_in_no_output_and_that_it_changes_is() {
    let world = World::new("sensitive", &[("h1", "trixie")]);
    declare(&world, CANARIES[0]);
    said_clean(
        "a first plan",
        &world.abide(&["plan", "--full", "-v"]).ends_with(0),
    );
    world.converge();
    declare(&world, CANARIES[1]);
    for host in HOST {
        world.fleet.sh(
            host,
            "sed -i s/canary-first/canary-by-hand/ /home/app/app.env; echo MY_TOKEN=canary-by-hand >>/home/app/app.env",
        );
    }
    let shown = world
        .abide(&["plan", "--full"])
        .ends_with(0)
        .says("- DB_PASSWORD=(hidden)")
        .says("+ DB_PASSWORD=(hidden, changed)")
        .says("+ Environment=API_TOKEN=(hidden, changed) B=2")
        .says("postgres://u:(hidden, changed)@db/x");
    println!("{}", shown.stdout);
    said_clean("a plan", &shown);
    world
        .abide(&["plan", "--show-sensitive", "--full"])
        .ends_with(0)
        .says("- DB_PASSWORD=canary-by-hand")
        .says("+ DB_PASSWORD=canary-second");

    let kinds = ["json", "md", "html", "junit", "prom", "sarif"];
    let reports = kinds.map(|kind| format!("--report={kind}=plan.{kind}"));
    let mut arguments = vec![
        "plan",
        "--json",
        "--full",
        "--show-sensitive",
        "-o",
        "plan.saved",
    ];
    arguments.extend(reports.iter().map(String::as_str));
    said_clean("events", &world.abide(&arguments).ends_with(0));
    for kind in kinds {
        let report =
            std::fs::read_to_string(world.path(&format!("plan.{kind}"))).expect("a report");
        is_clean(kind, &report);
    }
    for arguments in [
        &["show", "plan.saved"][..],
        &["show", "plan.saved", "--json"],
        &["show", "plan.saved", "--md"],
        &["show", "--script", "h1"],
        &["drift"],
        &["drift", "--json"],
        &["apply", "plan.saved", "--yes", "--json"],
    ] {
        said_clean(&format!("{arguments:?}"), &world.abide(arguments));
    }
    // What was approved is what is written.
    let env = world.fleet.sh("h1", "cat /home/app/app.env");
    assert!(env.contains("DB_PASSWORD=canary-second\n"), "{env}");
    world.assert_converged();
}

#[test]
fn a_secret_that_a_failing_service_prints_is_in_no_output() {
    let world = World::used();
    world
        .manifest(
            "version: 1\nname: loose-tongue\nhosts: {h1: {}}\ngroups:\n  all:\n    users:\n      app:\n        \
             files:\n          .config/app/secret.env: {secret: {file: secret.env}}\n        units: {a.service: {source: a.service}}\n",
        )
        .file("secret.env", &format!("DB_PASSWORD={}\n", CANARIES[0]))
        .file(
            "a.service",
            "[Service]\nEnvironmentFile=%h/.config/app/secret.env\n\
             ExecStart=/bin/sh -c 'echo no login with $DB_PASSWORD; sleep 0.3; exit 3'\n\
             [Install]\nWantedBy=default.target\n",
        );
    let kinds = ["json", "md", "html", "junit"];
    let reports = kinds.map(|kind| format!("--report={kind}=apply.{kind}"));
    let mut arguments = vec!["apply", "--yes"];
    arguments.extend(reports.iter().map(String::as_str));
    let said = world
        .abide(&arguments)
        .ends_with(1)
        .says("no login with (secret)");
    said_clean("an apply", &said);
    for kind in kinds {
        let report = std::fs::read_to_string(world.path(&format!("apply.{kind}")));
        let report = report.expect("a report");
        is_clean(kind, &report);
        assert!(report.contains("no login with"), "{kind}: {report}");
    }
    let events = world.abide(&["apply", "--yes", "--json"]).ends_with(1);
    assert!(
        events.stdout.contains("no login with (secret)"),
        "the events say why: {}",
        events.stdout
    );
    said_clean("events", &events);
    // Nor where it is looked at afterwards.
    for arguments in [
        vec!["plan"],
        vec!["plan", "--report=html=plan.html"],
        vec!["status"],
        vec!["status", "--json"],
        vec!["drift"],
    ] {
        let said = world.abide(&arguments).says("no login with (secret)");
        said_clean(&format!("{arguments:?}"), &said);
    }
    for command in ["plan", "drift"] {
        said_clean(command, &world.abide(&[command, "--json"]));
    }
    is_clean(
        "plan",
        &std::fs::read_to_string(world.path("plan.html")).expect("a report"),
    );
}
