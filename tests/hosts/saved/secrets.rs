//! Secrets: in no plan, no output, no list of processes, no journal.

use super::*;

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
            .arg("--allow-commands")
            .env("ABIDE_LOG", "trace")
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
            .arg("--allow-commands")
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
            let plain = abide_model::Digest::of_bytes(canary.as_bytes()).to_string();
            let line = abide_model::Digest::of_bytes(format!("{canary}\n").as_bytes()).to_string();
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
