//! The digest: the same for whoever would do the same, and what a person approves.

use super::*;
use crate::fleet::skip;

#[test]
fn a_digest_is_the_same_for_whoever_would_do_the_same() {
    let world = changed("saved-digest");
    save(&world);
    let approved = digest(&world, "plan.json");
    // A second run, and the hosts in another order.
    world.file(
        "abide.yaml",
        &MANIFEST.replace("{h1: {}, h2: {}, h3: {}}", "{h3: {}, h1: {}, h2: {}}"),
    );
    world.abide(&["plan", "-o", "again.json"]).ends_with(0);
    assert_eq!(digest(&world, "again.json"), approved);
    // Another checkout, in a repository, with another commit.
    for name in ["abide.yaml", "a.service", "b.service"] {
        fs::create_dir_all(world.path("other/checkout")).expect("a directory");
        fs::copy(world.path(name), world.path("other/checkout").join(name)).expect("a copy");
    }
    let git = |arguments: &[&str]| {
        let ran = std::process::Command::new("git")
            .arg("-C")
            .arg(world.path("other/checkout"))
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .output()
            .expect("git");
        assert!(ran.status.success(), "{ran:?}");
    };
    git(&["init", "-q"]);
    git(&[
        "remote",
        "add",
        "origin",
        "https://me:hunter2@git.example.com/fleet.git",
    ]);
    git(&["add", "."]);
    git(&["commit", "-qm", "one"]);
    let elsewhere = world.path("other/checkout/abide.yaml");
    world
        .abide(&[
            "plan",
            "-f",
            &elsewhere.to_string_lossy(),
            "-o",
            "elsewhere.json",
        ])
        .ends_with(0);
    assert_eq!(digest(&world, "elsewhere.json"), approved);
    let source = &plan_of(&world, "elsewhere.json")["manifest"]["source"];
    assert_eq!(source["repo"], "https://git.example.com/fleet.git");
    assert_eq!(source["dirty"], false);
    assert_eq!(source["rev"].as_str().map(str::len), Some(40));
    assert_eq!(
        plan_of(&world, "elsewhere.json")["manifest"]["digest"],
        plan_of(&world, "again.json")["manifest"]["digest"].clone(),
    );
    // Another commit, the same content.
    git(&["commit", "-qm", "two", "--allow-empty"]);
    // Over another route, as another user, after another boot.
    world.fleet.reboot("h2");
    world.wait_until_active("h2", "app", "a.service");
    let routed = MANIFEST.replace(
        "{h1: {}, h2: {}, h3: {}}",
        "{h1: {connection: {user: deploy, become: sudo}}, h2: {}, h3: {}}",
    );
    world.manifest(&routed);
    world.abide(&["plan", "-o", "routed.json"]).ends_with(0);
    assert_eq!(digest(&world, "routed.json"), approved);
    world
        .abide(&["plan", "--check", "plan.json"])
        .ends_with(0)
        .says("still holds");
    is_the_same_on_the_host_itself(&world);
    // Of some hosts only it is another plan, and so it is with another content.
    world
        .abide(&["plan", "-o", "part.json", "--host", "h1"])
        .ends_with(0);
    assert_ne!(digest(&world, "part.json"), approved);
    let part = plan_of(&world, "part.json");
    assert_eq!(part["selection"]["complete"], false);
    assert_eq!(part["selection"]["args"][0], "--host=h1");
    assert_eq!(
        part["hosts"][0]["digest"],
        plan_of(&world, "plan.json")["hosts"][0]["digest"]
    );
    world.file("a.service", &worker("Environment=V=3"));
    world.abide(&["plan", "-o", "content.json"]).ends_with(0);
    assert_ne!(digest(&world, "content.json"), approved);
    world.abide(&["plan", "--check", "plan.json"]).ends_with(5);
}

fn is_the_same_on_the_host_itself(world: &World) {
    let binary = fs::read(env!("CARGO_BIN_EXE_abide")).expect("the program");
    let into = |file: &str, bytes: &[u8]| {
        let script = format!("cat >{file} && chmod 755 {file}");
        let ran = world
            .fleet
            .exec_with("h1", "root", &["sh", "-c", &script], bytes);
        assert_eq!(ran.code, 0, "{ran:?}");
    };
    world.fleet.sh("h1", "mkdir -p /root/fleet");
    into("/usr/local/bin/abide", &binary);
    let ran = world.fleet.exec("h1", "root", &["abide", "--version"]);
    if ran.stderr.contains("GLIBC_") {
        skip(
            "on the host itself: the abide of this machine wants a newer glibc than that host has",
        );
        return;
    }
    let local = MANIFEST.replace("h1: {}", "h1: {connection: {via: local}}");
    into("/root/fleet/abide.yaml", local.as_bytes());
    for name in ["a.service", "b.service"] {
        into(
            &format!("/root/fleet/{name}"),
            &fs::read(world.path(name)).expect("a unit"),
        );
    }
    world.fleet.sh(
        "h1",
        "cd /root/fleet && abide plan --allow-commands --host h1 -o here.json",
    );
    let here: Value =
        serde_json::from_str(&world.fleet.sh("h1", "cat /root/fleet/here.json")).expect("JSON");
    world
        .abide(&["plan", "-o", "there.json", "--host", "h1"])
        .ends_with(0);
    assert_eq!(
        here["digest"].as_str().expect("a digest"),
        digest(world, "there.json")
    );
}

#[test]
fn only_the_approved_digest_is_applied_and_only_in_full() {
    let world = changed("saved-expect");
    save(&world);
    let approved = digest(&world, "plan.json");
    let before = traces(&world);
    world
        .abide(&["apply", "--expect-digest", &approved[..12]])
        .ends_with(64)
        .says("all 64 digits");
    world.file("a.service", &worker("Environment=V=3"));
    world
        .abide(&["apply", "--expect-digest", &format!("sha256:{approved}")])
        .ends_with(5)
        .says("was expected")
        .says("V=3");
    assert_eq!(traces(&world), before, "nothing was written on any host");
    world.file("a.service", &worker("Environment=V=2"));
    world
        .abide(&["apply", "--expect-digest", &format!("sha256:{approved}")])
        .ends_with(0)
        .says("3 hosts changed");
    world.assert_converged();
    world
        .abide(&["plan", "--check", "plan.json"])
        .ends_with(5)
        .says("done already");
}
