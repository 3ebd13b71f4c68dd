//! Somebody changes a saved plan between those who approve it and the machine that applies it.

use serde_json::{Value, json};

use crate::attack::{Promise, attack};
use crate::desk::{Desk, said};
use crate::support::{Said, World, worker};

/// Two hosts, on which a user gets a unit.
fn planned(user: &str) -> (World, Value) {
    let world = World::used();
    world.file("app.service", &worker(""));
    world.manifest(&format!(
        "version: 1\nname: {user}\nhosts: {{h1: {{}}, h2: {{}}}}\n\
         groups: {{all: {{users: {{{user}: {{units: {{app.service: {{source: app.service}}}}}}}}}}}}\n"
    ));
    let _saved = world.abide(&["plan", "-o", "plan.json"]).ends_with(0);
    let plan = read(&world);
    assert_eq!(plan["seal"], Value::Null, "nothing in it needs a seal");
    (world, plan)
}

fn read(world: &World) -> Value {
    let text = std::fs::read_to_string(world.path("plan.json")).expect("a plan");
    serde_json::from_str(&text).expect("JSON")
}

/// Writes a plan as if it had been made so: with a checksum that is right.
fn plant(world: &World, plan: &Value) {
    let mut plan = plan.clone();
    let members = plan.as_object_mut().expect("members");
    members.remove("checksum");
    members.remove("seal");
    let text = abide_model::canonical::text(&plan).expect("JSON");
    plan["checksum"] = json!(abide_model::Digest::of_bytes(text.as_bytes()));
    world.file("plan.json", &plan.to_string());
}

fn is_untouched(world: &World, user: &str) {
    for host in ["h1", "h2"] {
        let found = world
            .fleet
            .sh(host, &format!("getent passwd {user} || true"));
        assert_eq!(found, "", "{host}");
    }
}

#[test]
fn settings_of_connections_that_somebody_planted_are_refused() {
    let _attack = attack(
        "plants an `ssh_config`, an address or another way to a host in a plan without a seal",
        Promise::SavedPlan,
    );
    let (world, plan) = planned("planted");
    let config = format!(
        "Include {}\nHost *\n  ProxyCommand sh -c 'touch {}; exec nc %h %p'\n",
        world.fleet.ssh_config().display(),
        world.path("ran").display()
    );
    world.file("theirs", &config);
    for (setting, value) in [
        ("ssh_config", json!("theirs")),
        ("address", json!("-oProxyCommand=touch ran")),
        ("address", json!("127.0.0.1")),
        ("via", json!("local")),
        ("user", json!("root")),
        ("port", json!(2222)),
        ("become", json!("never")),
    ] {
        let mut theirs = plan.clone();
        theirs["hosts"][0]["connection"][setting] = value.clone();
        plant(&world, &theirs);
        let said = match setting {
            // `--ssh-config` would take the place of theirs.
            "ssh_config" => without_ssh_config(&world, &["apply", "plan.json"]),
            _ => world.abide(&["apply", "plan.json"]),
        };
        let _refused = said
            .ends_with(5)
            .says(&format!("it says how h1 is reached ({setting})"))
            .says("nothing was done");
        assert!(!world.path("ran").exists(), "{setting}");
        is_untouched(&world, "planted");
    }
}

/// abide with the ssh configuration of whoever runs it.
fn without_ssh_config(world: &World, arguments: &[&str]) -> Said {
    let command = world.command(&[]);
    let mut bare = std::process::Command::new(command.get_program());
    bare.args(arguments)
        .current_dir(world.path(""))
        .env("XDG_STATE_HOME", world.path(".state"))
        .stdin(std::process::Stdio::null());
    said(&mut bare)
}

#[test]
fn a_plan_from_the_future_is_not_young_for_ever() {
    let _attack = attack(
        "dates a plan in the future, so that it never gets too old",
        Promise::SavedPlan,
    );
    let (world, plan) = planned("future");
    let mut theirs = plan.clone();
    theirs["created_at"] = json!("2199-01-01T00:00:00Z");
    theirs["expires_at"] = json!("2199-01-02T00:00:00Z");
    plant(&world, &theirs);
    for command in [
        &["apply", "plan.json"][..],
        &["apply", "plan.json", "--max-age", "1h"],
        &["plan", "--check", "plan.json", "--max-age", "1h"],
    ] {
        let _refused = world.abide(command).ends_with(5).says("still to come");
    }
    // Nor does it help to say that it is valid for ever.
    let mut theirs = plan.clone();
    theirs["created_at"] = json!("2020-01-01T00:00:00Z");
    theirs["expires_at"] = json!("2199-01-02T00:00:00Z");
    plant(&world, &theirs);
    let _refused = world
        .abide(&["apply", "plan.json"])
        .ends_with(5)
        .says("has expired at 2020-01-02T00:00:00Z");
    is_untouched(&world, "future");
}

#[test]
fn the_arguments_of_a_secrets_command_are_in_no_file() {
    let _attack = attack(
        "reads the saved plans and reports of a run for the arguments of a secret's command",
        Promise::Secrets,
    );
    let world = World::used();
    world.manifest(
        "version: 1\nname: argv\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      argv:\n        files:\n          key: {secret: {command: [printf, '%s', c4n4ry-argv]}}\n",
    );
    let runs: [&[&str]; 6] = [
        &[
            "plan",
            "-o",
            "plan.json",
            "--report",
            "json=a.json",
            "--report",
            "md=a.md",
            "--report",
            "html=a.html",
        ],
        &["plan", "--json", "-v"],
        &["show", "plan.json", "--json"],
        &["show", "plan.json", "-v"],
        &["show", "--resolved", "h1"],
        &["show", "--script", "h1"],
    ];
    for run in runs {
        let mut arguments = run.to_vec();
        arguments.push("--allow-commands");
        let _quiet = world.abide(&arguments).ends_with(0).does_not_say("c4n4ry");
    }
    // Applied, it asks the manifest how the program is run, and takes no other command.
    let manifest = std::fs::read_to_string(world.path("abide.yaml")).expect("a manifest");
    world.manifest(&manifest.replace("c4n4ry-argv", "another"));
    let _refused = world
        .abide(&["apply", "plan.json"])
        .ends_with(1)
        .says("it is not there as it was planned")
        .does_not_say("c4n4ry");
    world.manifest(&manifest);
    let applied = ["apply", "plan.json", "--json", "--report", "json=b.json"];
    let _applied = world.abide(&applied).ends_with(0).does_not_say("c4n4ry");
    for host in ["h1", "h2"] {
        assert_eq!(world.fleet.sh(host, "cat /home/argv/key"), "c4n4ry-argv");
    }
    for name in ["plan.json", "a.json", "a.md", "a.html", "b.json"] {
        let text = std::fs::read_to_string(world.path(name)).expect("a file");
        assert!(!text.contains("c4n4ry"), "{name}");
    }
}

#[test]
fn a_plan_of_programs_needs_its_seal() {
    let _attack = attack(
        "plants a plan with a secret's command of their own",
        Promise::SavedPlan,
    );
    let desk = Desk::with(
        "version: 1\nname: s\nhosts: {h1: {address: 127.0.0.1, port: 9}}\ngroups:\n  all:\n    users:\n      app:\n        files:\n          key: {secret: {command: [touch, ran]}}\n",
    );
    desk.file("plan.json", &kept());
    for arguments in [
        &["apply", "plan.json", "--max-age", "9999w"][..],
        &[
            "apply",
            "plan.json",
            "--max-age",
            "9999w",
            "--allow-commands",
        ],
        &["merge", "plan.json", "-o", "whole.json"],
    ] {
        let _refused = desk.abide(arguments).ends_with(5);
        assert!(!desk.path("ran").exists());
    }
}

/// A plan that was made elsewhere, with secrets and a seal.
fn kept() -> String {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../abide-model/testdata/saved-plans/1.0-fleet.json"
    );
    std::fs::read_to_string(path).expect("a plan")
}
