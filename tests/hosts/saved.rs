//! Saved plans: what was approved is what runs, and where a host has moved on nothing is written anywhere.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
fn a_fact_that_moved_on_one_host_holds_back_all_and_skip_stale_does_the_others() {
    let world = changed("saved-stale");
    save(&world);
    world
        .fleet
        .sh_as("h2", "app", &format!("echo '# by hand' >>{UNIT_FILE}"));
    let before = traces(&world);
    world
        .abide(&["apply", "plan.json"])
        .ends_with(5)
        .says(&format!("{UNIT_FILE}: planned from "))
        .says(", now ")
        .says("owner app), wanted ")
        .says("nothing was done on any host")
        .says("Next: abide plan -o plan.json --ssh-config")
        .says("  or  abide apply --skip-stale plan.json --ssh-config")
        .does_not_say("Next: abide apply plan.json");
    assert_eq!(traces(&world), before, "nothing was written on any host");
    world
        .abide(&["plan", "--check", "plan.json"])
        .ends_with(5)
        .says("no longer holds: 1 of 3 hosts");
    assert_eq!(traces(&world), before, "asking changes nothing");

    world
        .abide(&["apply", "--skip-stale", "plan.json"])
        .ends_with(5)
        .says("2 hosts changed")
        .says("1 stale");
    assert_eq!(
        trace(&world, "h2"),
        before[1],
        "nothing was written on the stale host"
    );
    assert_eq!(runs_version(&world, "h1"), "V=2");
    assert_eq!(runs_version(&world, "h3"), "V=2");

    save(&world).says("by hand");
    world.abide(&["apply", "plan.json"]).ends_with(0);
    assert_eq!(runs_version(&world, "h2"), "V=2");
    world.abide(&["apply", "plan.json"]).ends_with(0);
    world.assert_converged();
}

#[test]
fn what_is_not_in_the_plan_is_left_alone_and_what_becomes_necessary_is_not_added() {
    let world = changed("saved-others");
    save(&world);
    // Another unit was stopped on h1: none of the plan's business.
    world.show("h1", "app", "b.service", "Id");
    world.fleet.sh_as(
        "h1",
        "app",
        "XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user stop b.service",
    );
    world
        .abide(&["apply", "plan.json", "--host", "h1"])
        .ends_with(0)
        .says("1 host changed");
    assert_eq!(runs_version(&world, "h1"), "V=2");
    assert_eq!(
        world.show("h1", "app", "b.service", "ActiveState"),
        "inactive"
    );
    // The plan's own unit was stopped on h3: a restart is not a start.
    world.fleet.sh_as(
        "h3",
        "app",
        "XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user stop a.service",
    );
    let before = traces(&world);
    world
        .abide(&["apply", "plan.json"])
        .ends_with(5)
        .says("user:app/a.service: planned from active, now inactive, wanted restarted");
    assert_eq!(traces(&world), before);
}

#[test]
fn a_host_that_was_rebooted_and_one_that_was_half_done_are_not_stale() {
    let world = changed("saved-rebooted");
    save(&world);
    world.fleet.reboot("h1");
    world.wait_until_active("h1", "app", "a.service");
    // Somebody wrote the file just as planned, and went no further.
    let text = worker("Environment=V=2");
    world
        .fleet
        .sh_as("h2", "app", &format!("cat >{UNIT_FILE} <<'END'\n{text}END"));
    world
        .abide(&["apply", "plan.json"])
        .ends_with(0)
        .says("3 hosts changed");
    world.assert_converged();
}

#[test]
fn a_fact_that_moves_before_a_hosts_turn_comes_stops_that_host() {
    let world = World::new(
        "saved-turn",
        &[("h1", "bookworm"), ("h2", "trixie"), ("h3", "bookworm")],
    );
    world
        .manifest(&format!("{MANIFEST}rollout: {{batch: 1}}\n").replace(
            "{source: a.service}",
            "{source: a.service, settle: {for: 5s}}",
        ))
        .file("a.service", &worker("Environment=V=1"))
        .file("b.service", &worker("Environment=V=1"));
    world.converge();
    world.file("a.service", &worker("Environment=V=2"));
    save(&world);
    let apply = world
        .command(&["apply", "plan.json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("abide starts");
    // The gate is passed when the first host is changed; it is watched for some seconds then.
    let mut waited = 0;
    while runs_version(&world, "h1") != "V=2" {
        waited += 1;
        assert!(waited < 200, "h1 is not changed");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    world
        .fleet
        .sh_as("h2", "app", &format!("echo '# by hand' >>{UNIT_FILE}"));
    let before = trace(&world, "h2");
    let output = apply.wait_with_output().expect("abide ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(
        said.contains(&format!("{UNIT_FILE}: planned from")),
        "{said}"
    );
    assert_eq!(trace(&world, "h2"), before, "nothing was written there");
    assert_eq!(
        runs_version(&world, "h3"),
        "V=1",
        "a failed wave ends the run"
    );
    // What was not begun is done by the same plan; the host that moved on needs a new one.
    world
        .abide(&["apply", "plan.json", "--exclude", "h2"])
        .ends_with(0);
    assert_eq!(runs_version(&world, "h3"), "V=2");
}

#[test]
fn a_host_that_moves_while_somebody_reads_the_plan_holds_back_all() {
    let world = changed("saved-asked");
    // A terminal, by script(1).
    let line = format!(
        "{} apply --ssh-config {}",
        env!("CARGO_BIN_EXE_abide"),
        world.fleet.ssh_config().display()
    );
    let mut asked = std::process::Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(world.path("."))
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("script(1)");
    let mut said = Vec::new();
    let mut stdout = asked.stdout.take().expect("standard output");
    while !contains(&said, "[y/N]") {
        let mut some = [0; 4096];
        let read = stdout.read(&mut some).expect("text");
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&some[..read]);
    }
    world
        .fleet
        .sh_as("h2", "app", &format!("echo '# by hand' >>{UNIT_FILE}"));
    let before = traces(&world);
    asked
        .stdin
        .as_mut()
        .expect("standard input")
        .write_all(b"y\n")
        .expect("an answer");
    stdout.read_to_end(&mut said).expect("text");
    let said = String::from_utf8_lossy(&said);
    assert_eq!(asked.wait().expect("an end").code(), Some(5), "{said}");
    assert!(said.contains("nothing was done on any host"), "{said}");
    assert_eq!(traces(&world), before, "nothing was written on any host");
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
    // On the host itself.
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
    let local = MANIFEST.replace("h1: {}", "h1: {connection: {via: local}}");
    into("/root/fleet/abide.yaml", local.as_bytes());
    for name in ["a.service", "b.service"] {
        into(
            &format!("/root/fleet/{name}"),
            &fs::read(world.path(name)).expect("a unit"),
        );
    }
    world
        .fleet
        .sh("h1", "cd /root/fleet && abide plan --host h1 -o here.json");
    let here: Value =
        serde_json::from_str(&world.fleet.sh("h1", "cat /root/fleet/here.json")).expect("JSON");
    world
        .abide(&["plan", "-o", "there.json", "--host", "h1"])
        .ends_with(0);
    assert_eq!(
        here["digest"].as_str().expect("a digest"),
        digest(&world, "there.json")
    );
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
        .says("1 unreachable");
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

/// A word that stands for a secret of one kind.
const CANARIES: [&str; 3] = ["env-c4n4ry-9f31", "file-c4n4ry-9f32", "command-c4n4ry-9f33"];

const SECRETS: &str = "
version: 1
name: secrets
hosts: {h1: {}, h2: {}, h3: {}}
groups:
  all:
    users:
      app:
        files:
          env.key: {secret: {env: APP_TOKEN}}
          file.key: {secret: {file: keys/token}}
          command.key: {secret: {command: [./keys/print, now]}}
        units:
          a.service: {source: a.service, restart_on: [~/env.key]}
";

/// Every command line of this machine, while it is watched.
struct Watch {
    ends: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Vec<u8>>,
}

impl Watch {
    fn begin() -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ends);
        let look = |seen: &mut Vec<u8>| {
            for entry in Path::new("/proc").read_dir().expect("/proc").flatten() {
                seen.extend(fs::read(entry.path().join("cmdline")).unwrap_or_default());
            }
        };
        let thread = std::thread::spawn(move || {
            let mut seen = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                let mut now = Vec::new();
                look(&mut now);
                // Only new words are worth keeping.
                if !CANARIES.iter().all(|word| !contains(&now, word)) {
                    seen.extend(now);
                }
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            seen
        });
        Self { ends, thread }
    }

    fn end(self) -> Vec<u8> {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.join().expect("a watch")
    }
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

#[test]
fn no_secret_of_any_kind_is_in_a_plan_an_output_a_process_list_or_a_journal() {
    let world = World::new(
        "saved-canary",
        &[("h1", "bookworm"), ("h2", "trixie"), ("h3", "bookworm")],
    );
    world
        .manifest(SECRETS)
        .file("a.service", &worker(""))
        .file("keys/token", CANARIES[1])
        .file("keys/print", &format!("#!/bin/sh\necho {}\n", CANARIES[2]));
    let program = world.path("keys/print");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
    let state = world.path("state");
    // On the hosts: every command line while the runs go on.
    for host in HOSTS {
        world.fleet.sh(
            host,
            "cat >/root/watch <<'END'\nwhile [ ! -e /root/stop ]; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >>/root/seen; echo >>/root/seen; done\nEND\n\
             setsid sh /root/watch >/dev/null 2>&1 </dev/null &",
        );
    }
    let watch = Watch::begin();
    let abide = |arguments: &[&str], token: &str| {
        let mut command = world.command(arguments);
        command
            .env("XDG_STATE_HOME", &state)
            .env("APP_TOKEN", token);
        let output = command.output().expect("abide starts");
        for stream in [&output.stdout, &output.stderr] {
            for canary in CANARIES {
                assert!(
                    !contains(stream, canary),
                    "{arguments:?}: {}",
                    String::from_utf8_lossy(stream)
                );
            }
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    };
    let token = CANARIES[0];
    let runs: [&[&str]; 9] = [
        &[
            "plan",
            "-v",
            "-o",
            "plan.json",
            "--report",
            "json=report.json",
            "--report",
            "md=report.md",
        ],
        &["plan", "--json"],
        &["show", "plan.json", "-v"],
        &["show", "plan.json", "--json"],
        &["show", "plan.json", "--md"],
        &["show", "--script", "h1"],
        &["plan", "--check", "plan.json"],
        &[
            "apply",
            "plan.json",
            "--json",
            "-v",
            "--report",
            "json=applied.json",
        ],
        &["apply", "plan.json", "-v"],
    ];
    for arguments in runs {
        abide(arguments, token).ends_with(0);
    }
    // The hosts have them, for their owner only.
    for host in HOSTS {
        let held = world.fleet.sh(
            host,
            "cd /home/app && cat env.key file.key command.key && stat -c %a *.key",
        );
        for canary in CANARIES {
            assert!(held.contains(canary), "{host}: {held}");
        }
        assert!(held.ends_with("600\n600\n600\n"), "{held}");
    }
    // Another secret than the approved one is not applied, not even where the plan is done already.
    world.file("a.service", &worker("Environment=V=2"));
    abide(&["plan", "-o", "plan.json"], token).ends_with(0);
    let before = HOSTS.map(|host| trace_files(&world, host));
    abide(&["apply", "plan.json"], "another-t0ken")
        .ends_with(5)
        .says("the secret for user:app/env.key on h1")
        .does_not_say("another-t0ken");
    // Nor is a plan believed that somebody made anew without the key: the programs that it names are not run.
    let forged = fs::read_to_string(world.path("plan.json")).expect("a plan");
    world.file(
        "forged.json",
        &forged.replace("./keys/print", "./keys/steal"),
    );
    abide(&["apply", "forged.json"], token).ends_with(5);
    let mut elsewhere = world.command(&["apply", "plan.json"]);
    let elsewhere = elsewhere
        .env("XDG_STATE_HOME", world.path("elsewhere"))
        .env("APP_TOKEN", token);
    let said = elsewhere.output().expect("abide starts");
    assert_eq!(said.status.code(), Some(5));
    assert!(
        String::from_utf8_lossy(&said.stderr)
            .contains("the key that it was sealed with is not on this machine")
    );
    assert_eq!(HOSTS.map(|host| trace_files(&world, host)), before);
    // With a key that both have it may be applied elsewhere.
    let key = "k".repeat(40);
    for arguments in [&["plan", "-o", "plan.json"][..], &["apply", "plan.json"]] {
        let mut command = world.command(arguments);
        command
            .env("ABIDE_PLAN_KEY", &key)
            .env("XDG_STATE_HOME", world.path("nowhere"))
            .env("APP_TOKEN", token);
        let output = command.output().expect("abide starts");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert!(!world.path("nowhere").exists(), "a given key is not stored");

    let seen = watch.end();
    for canary in CANARIES {
        assert!(!contains(&seen, canary), "on a command line here: {canary}");
        for name in ["plan.json", "report.json", "report.md", "applied.json"] {
            let text = fs::read(world.path(name)).expect("a file");
            assert!(!contains(&text, canary), "{name}");
            // Nor anything to guess it from.
            let plain = abide_model::Digest::of(canary.as_bytes()).to_string();
            let line = abide_model::Digest::of(format!("{canary}\n").as_bytes()).to_string();
            assert!(
                !contains(&text, &plain) && !contains(&text, &line),
                "{name}"
            );
        }
        for host in HOSTS {
            world.fleet.sh(host, "touch /root/stop; [ -s /root/seen ]");
            let found = world.fleet.sh(
                host,
                &format!(
                    "set +e; grep -c -- '{canary}' /root/seen; journalctl -q --no-pager -o export | grep -ac -- '{canary}'; \
                     grep -rl -- '{canary}' /run/abide /var/lib/abide /tmp /var/tmp 2>/dev/null | wc -l; true"
                ),
            );
            assert_eq!(
                found.split_whitespace().collect::<Vec<_>>(),
                ["0", "0", "0"],
                "{canary} on {host}"
            );
        }
    }
}

fn trace_files(world: &World, host: &str) -> String {
    world.fleet.sh(
        host,
        "find /home/app /var/lib/abide -printf '%p %T@ %C@ %m %s\\n' | sort",
    )
}
