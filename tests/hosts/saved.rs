//! Saved plans: what was approved is what runs, and where a host has moved on nothing is written anywhere.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

mod digest;
mod gate;
mod secrets;

use serde_json::Value;

use crate::support::{Said, World, worker};

const MANIFEST: &str = "
version: 1
name: saved
hosts: {h1: {}, h2: {}, h3: {}}
groups:
  all:
    users:
      app:
        units:
          a.service: {source: a.service}
          b.service: {source: b.service}
";

const UNIT_FILE: &str = "/home/app/.config/systemd/user/a.service";
const HOSTS: [&str; 3] = ["h1", "h2", "h3"];

/// Three hosts as the manifest says, and a change of `a.service` that is not applied yet.
fn changed(name: &str) -> World {
    let world = World::new(
        name,
        &[("h1", "bookworm"), ("h2", "trixie"), ("h3", "bookworm")],
    );
    world
        .manifest(MANIFEST)
        .file("a.service", &worker("Environment=V=1"))
        .file("b.service", &worker("Environment=V=1"));
    world.converge();
    world.file("a.service", &worker("Environment=V=2"));
    world
}

/// What shows that nothing was written on a host, and nothing was run: times of files and directories, when managers
/// loaded, which runs go on.
fn trace(world: &World, host: &str) -> String {
    let files = world.fleet.sh(
        host,
        "find /home/app/.config /etc/systemd/system /var/lib/systemd/linger /var/lib/abide /etc/passwd \
         -printf '%p %T@ %C@ %m %s\\n' | sort",
    );
    let state =
        ["app", "root"].map(|user| world.show(host, user, "", "UnitsLoadTimestampMonotonic"));
    let runs = ["a.service", "b.service"].map(|unit| world.show(host, "app", unit, "InvocationID"));
    format!("{files}\n{state:?}\n{runs:?}")
}

fn traces(world: &World) -> [String; 3] {
    HOSTS.map(|host| trace(world, host))
}

fn runs_version(world: &World, host: &str) -> String {
    world.show(host, "app", "a.service", "Environment")
}

fn plan_of(world: &World, name: &str) -> Value {
    let text = fs::read_to_string(world.path(name)).expect("a plan");
    serde_json::from_str(&text).expect("JSON")
}

fn digest(world: &World, name: &str) -> String {
    plan_of(world, name)["digest"]
        .as_str()
        .expect("a digest")
        .to_owned()
}

fn save(world: &World) -> Said {
    world.abide(&["plan", "-o", "plan.json"]).ends_with(0)
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

#[test]
fn a_saved_plan_is_applied_exactly_and_a_second_time_does_nothing() {
    let world = changed("saved-twice");
    save(&world)
        .says("Saved plan.json, valid 24h. Apply exactly this: abide apply plan.json")
        .says("sha256:");
    let mode = fs::metadata(world.path("plan.json"))
        .expect("a plan")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let plan = plan_of(&world, "plan.json");
    assert_eq!(plan["format_version"], "1.0");
    assert_eq!(
        (&plan["applyable"], &plan["complete"], &plan["errored"]),
        (&true.into(), &true.into(), &false.into())
    );
    // It stands for itself: neither the manifest nor a unit file is needed any more.
    for name in ["abide.yaml", "a.service", "b.service"] {
        fs::rename(world.path(name), world.path(&format!("{name}.away"))).expect("renamed");
    }
    world
        .abide(&["show", "plan.json"])
        .ends_with(0)
        .says("restart")
        .says("a.service");
    world
        .abide(&["apply", "plan.json"])
        .ends_with(0)
        .says("3 hosts changed");
    for host in HOSTS {
        assert_eq!(runs_version(&world, host), "V=2");
    }
    let before = traces(&world);
    world
        .abide(&["apply", "plan.json"])
        .ends_with(0)
        .says("3 hosts unchanged");
    assert_eq!(traces(&world), before, "a second time touches nothing");
    for name in ["abide.yaml", "a.service", "b.service"] {
        fs::rename(world.path(&format!("{name}.away")), world.path(name)).expect("renamed");
    }
    world.assert_converged();
}

#[test]
fn a_plan_that_was_changed_or_has_expired_is_refused_before_any_host_is_asked() {
    let world = changed("saved-tampered");
    save(&world);
    let text = fs::read_to_string(world.path("plan.json")).expect("a plan");
    let before = traces(&world);
    for (what, from, to) in [
        ("an action", "V=2", "V=3"),
        ("its end", "\"expires_at\":\"2", "\"expires_at\":\"3"),
        (
            "a path",
            UNIT_FILE,
            "/home/app/.config/systemd/user/c.service",
        ),
        (
            "the ledger",
            "\"ledger_after\":{",
            "\"ledger_after\":{\"x\":1,",
        ),
    ] {
        let forged = text.replace(from, to);
        assert_ne!(forged, text, "{what}");
        world.file("forged.json", &forged);
        world
            .abide(&["apply", "forged.json"])
            .ends_with(5)
            .says("it was changed after it was made");
        world.abide(&["show", "forged.json"]).ends_with(5);
        world
            .abide(&["plan", "--check", "forged.json"])
            .ends_with(5);
    }
    world.file(
        "forged.json",
        &text.replace("\"format_version\":\"1.0\"", "\"format_version\":\"2.0\""),
    );
    world
        .abide(&["apply", "forged.json"])
        .ends_with(5)
        .says("its format is 2.0");
    world.file("forged.json", &text[..text.len() / 2]);
    world
        .abide(&["apply", "forged.json"])
        .ends_with(5)
        .says("not JSON");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    world
        .abide(&["apply", "plan.json", "--max-age", "1s"])
        .ends_with(5)
        .says("has expired");
    world
        .abide(&["plan", "--check", "plan.json", "--max-age", "1s"])
        .ends_with(5);
    assert_eq!(traces(&world), before, "nothing was written on any host");
    // None of it needs the machine on which it was made to be the same: the name is.
    world.fleet.sh(
        "h3",
        "head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n' >/etc/machine-id",
    );
    world
        .abide(&["apply", "plan.json"])
        .ends_with(5)
        .says("another machine");
}

#[test]
fn a_plan_may_be_narrowed_and_what_is_left_out_is_recorded() {
    let world = changed("saved-narrow");
    save(&world);
    world
        .abide(&[
            "apply",
            "plan.json",
            "--exclude",
            "h2",
            "--report",
            "json=run.json",
        ])
        .ends_with(0)
        .says("2 hosts changed")
        .says("1 not started");
    assert_eq!(runs_version(&world, "h2"), "V=1");
    let run = plan_of(&world, "run.json");
    let states: Vec<&Value> = run["hosts"]
        .as_array()
        .expect("hosts")
        .iter()
        .map(|host| &host["state"])
        .collect();
    assert_eq!(states, ["changed", "not_started", "changed"]);
    world
        .abide(&["apply", "plan.json", "--host", "nowhere"])
        .ends_with(4);
    world
        .abide(&["apply", "plan.json", "-f", "abide.yaml"])
        .ends_with(64);
    world
        .abide(&["apply", "plan.json"])
        .ends_with(0)
        .says("1 host changed");
    world.assert_converged();
}

#[test]
fn an_unreachable_host_does_not_stop_the_others_and_is_not_forgotten() {
    let world = changed("saved-away");
    save(&world);
    world.fleet.poweroff("h2");
    world
        .abide(&["apply", "plan.json"])
        .ends_with(3)
        .says("2 hosts changed")
        .says("1 unknown");
    world
        .abide(&["plan", "--check", "plan.json", "--host", "h2"])
        .ends_with(3);
    // A plan that was made without it says so.
    world.abide(&["plan", "-o", "without.json"]).ends_with(3);
    assert_eq!(plan_of(&world, "without.json")["complete"], false);
    world.fleet.boot("h2");
    world
        .abide(&["apply", "without.json"])
        .ends_with(3)
        .says("the plan was made without it");
    world.abide(&["apply", "plan.json"]).ends_with(0);
    world.assert_converged();
}
