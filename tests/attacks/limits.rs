//! Users who do not let what runs as them come to its end: what root does on the host ends all the same, and the lock is
//! free then.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::attack::{Promise, attack};
use crate::support::{Said, World, worker};

const HOSTS: [&str; 2] = ["h1", "h2"];

/// Two users, a system unit, and a version that changes all their files.
struct Scene {
    world: World,
    name: &'static str,
}

impl Scene {
    /// Everything is as it should be, and the attacker has done nothing yet.
    fn new(name: &'static str) -> Self {
        let scene = Self {
            world: World::used(),
            name,
        };
        scene.version("0");
        scene.world.converge();
        scene
    }

    fn attacker(&self) -> String {
        format!("{}-m", self.name)
    }

    fn victim(&self) -> String {
        format!("{}-v", self.name)
    }

    fn version(&self, version: &str) {
        let (name, attacker, victim) = (self.name, self.attacker(), self.victim());
        let unit = worker(&format!("Environment=V={version}"));
        self.world
            .manifest(&format!(
                "version: 1\nname: {name}\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      {attacker}:\n        units:\n          a.service: {{source: a.service}}\n      {victim}:\n        units:\n          a.service: {{source: a.service}}\n    units:\n      {name}.service: {{source: s.service}}\n"
            ))
            .file("a.service", &unit)
            .file("s.service", &unit.replace("default.target", "multi-user.target"));
    }

    /// The next version is applied while the attacker is at it: within bounded time, with everything of everybody else.
    fn apply_against_them(&self) -> Said {
        self.version("1");
        let began = Instant::now();
        let said = self.world.abide(&["apply", "--yes", "--timeout", "40s"]);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(80), "{took:?}\n{}", said.stdout);
        for host in HOSTS {
            self.world.fleet.sh(host, "flock -n /run/abide/lock true");
            self.world.assert_active(host, &self.victim(), "a.service");
            for (user, unit) in [
                (self.victim(), "a.service".to_owned()),
                ("root".to_owned(), format!("{}.service", self.name)),
            ] {
                let environment = self.world.show(host, &user, &unit, "Environment");
                assert_eq!(
                    environment, "V=1",
                    "{unit} of {user} on {host}\n{}\n{}",
                    said.stdout, said.stderr
                );
            }
        }
        said
    }

    /// The attacker has gone: the next run does what is left.
    fn recovers(&self) {
        for host in HOSTS {
            self.world.fleet.sh(
                host,
                &format!("pkill -KILL -u {} -f '[g]rabber|[f]reezer' || :; pkill -CONT -u {0} || :; rm -f /tmp/grabber", self.attacker()),
            );
        }
        self.world.converge();
    }
}

/// The attacker stops each of their processes whose command line has this pattern, as soon as it is there and as often as
/// it goes on.
fn freezes(scene: &Scene, pattern: &str) {
    grabs(scene, pattern, "stop");
}

fn frozen(name: &'static str, pattern: &str, step: &str) {
    let scene = Scene::new(name);
    freezes(&scene, pattern);
    let said = scene.apply_against_them();
    let why = format!("nothing more is done in user:{}", scene.attacker());
    said.ends_with(1).says(&why).says(step);
    scene.recovers();
}

#[test]
fn a_stopped_writer_costs_its_user_only() {
    let _attack = attack("stops the writer of their file (SIGSTOP)", Promise::Ends);
    frozen("lim-writer", "abide-new.XXX", "did not end in");
}

#[test]
fn a_stopped_checker_costs_its_user_only() {
    let _attack = attack("stops what looks at their files", Promise::Ends);
    frozen("lim-checker", "sha256sum <", "did not end in");
}

#[test]
fn a_stopped_verification_costs_its_user_only() {
    let _attack = attack("stops systemd-analyze", Promise::Ends);
    frozen("lim-verify", "systemd-analyze", "did not end in");
}

#[test]
fn a_stopped_systemctl_costs_its_user_only() {
    let _attack = attack("stops systemctl", Promise::Ends);
    frozen("lim-ctl", "no-ask-password", "did not end in");
}

/// The grabber, built once for all tests.
fn grabber() -> &'static [u8] {
    static PROGRAM: OnceLock<Vec<u8>> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let source = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/attacks/grabber/grabber.rs"
        );
        let built: PathBuf = directory.path().join("grabber");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let status = Command::new(rustc)
            .args(["--edition=2024", "-o"])
            .arg(&built)
            .arg(source)
            .status()
            .expect("rustc starts");
        assert!(status.success(), "{source} is not built");
        std::fs::read(built).expect("a program")
    })
}

fn grabs(scene: &Scene, pattern: &str, how: &str) {
    let attacker = scene.attacker();
    for host in HOSTS {
        let put = format!("cat >/tmp/grabber-{attacker} && chmod 755 /tmp/grabber-{attacker}");
        let ran = scene
            .world
            .fleet
            .exec_with(host, &attacker, &["/bin/sh", "-c", &put], grabber());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        scene.world.fleet.sh_as(
            host,
            &attacker,
            &format!(
                "setsid /tmp/grabber-{attacker} '{pattern}' {how} </dev/null >/dev/null 2>&1 &"
            ),
        );
    }
}

#[test]
fn an_answer_that_is_kept_open_costs_its_user_only() {
    let _attack = attack("keeps the output of the writer open", Promise::Ends);
    let scene = Scene::new("lim-keep");
    grabs(&scene, "no_directory \"$path\"", "keep");
    scene.apply_against_them();
    scene.recovers();
}

#[test]
fn an_endless_answer_costs_its_user_only() {
    let _attack = attack("answers without end", Promise::Ends);
    let scene = Scene::new("lim-flood");
    grabs(&scene, "daemon-reload", "flood");
    scene.apply_against_them();
    scene.recovers();
}

#[test]
fn a_pipe_in_the_place_of_a_unit_holds_nothing_up() {
    let _attack = attack("puts a FIFO where their unit file is", Promise::Ends);
    let scene = Scene::new("lim-fifo");
    for host in HOSTS {
        scene.world.fleet.sh_as(
            host,
            &scene.attacker(),
            "cd ~/.config/systemd/user; rm a.service; mkfifo a.service",
        );
    }
    // It is replaced by nobody's hand: whoever put it there says what it was for. Everybody else gets their new version.
    scene
        .apply_against_them()
        .ends_with(1)
        .says("is no regular file");
    for host in HOSTS {
        scene.world.fleet.sh_as(
            host,
            &scene.attacker(),
            "rm ~/.config/systemd/user/a.service",
        );
        scene.world.fleet.sh(host, "flock -n /run/abide/lock true");
    }
    scene.recovers();
}

/// The attacker does this all the time, and then the manager has ended with it.
fn restless(name: &'static str, what: &str) {
    let scene = Scene::new(name);
    for host in HOSTS {
        scene.world.fleet.sh_as(
            host,
            &scene.attacker(),
            &format!(
                "printf '%s\\n' 'export XDG_RUNTIME_DIR=/run/user/$(id -u)' 'while :; do' {what:?} 'done' >/tmp/restless-{name}; setsid sh /tmp/restless-{name} </dev/null >/dev/null 2>&1 &"
            ),
        );
    }
    scene
        .apply_against_them()
        .ends_with(1)
        .says("stale, so its scope was left alone: ")
        .says("planned from")
        .says(&format!(
            "nothing more is done in user:{}",
            scene.attacker()
        ));
    // Who has looked at a plan is told, and can have the rest of it done.
    scene.version("2");
    scene.world.abide(&["plan", "-o", "plan.json"]).ends_with(0);
    scene
        .world
        .abide(&["apply", "--skip-stale", "plan.json", "--timeout", "40s"])
        .ends_with(1)
        .says("stale, so its scope was left alone: ");
    for host in HOSTS {
        let value = scene
            .world
            .show(host, &scene.victim(), "a.service", "Environment");
        assert_eq!(value, "V=2");
        scene
            .world
            .fleet
            .sh(host, &format!("pkill -KILL -f '[r]estless-{name}'"));
    }
    scene.world.converge();
}

#[test]
fn a_user_whose_files_change_all_the_time_keeps_nobody_else_from_their_change() {
    let _attack = attack("changes their unit file all the time", Promise::OwnReach);
    restless(
        "lim-files",
        "echo \"# $(date +%N)\" >>~/.config/systemd/user/a.service; sleep 0.05",
    );
}

#[test]
fn a_user_whose_units_restart_all_the_time_keeps_nobody_else_from_their_change() {
    let _attack = attack("restarts their units all the time", Promise::OwnReach);
    restless(
        "lim-runs",
        "systemctl --user reset-failed a.service; systemctl --user restart a.service",
    );
}

/// A unit that never ends its stop, and a new version of it.
#[test]
fn a_stop_without_end_is_left_to_systemd_and_told() {
    let _attack = attack(
        "TimeoutStopSec=infinity and a stop that never ends",
        Promise::Ends,
    );
    // Nothing there stops any more: these hosts are for nobody else.
    let scene = Scene {
        world: World::both("lim-stop"),
        name: "lim-stop",
    };
    scene.version("0");
    let endless = "TimeoutStopSec=infinity\nExecStop=/bin/sleep infinity\nEnvironment=V=";
    let scope_units = |version: &str| {
        let unit = worker(&format!("{endless}{version}"));
        scene.world.file("a.service", &unit).file(
            "s.service",
            &unit.replace("default.target", "multi-user.target"),
        );
    };
    scope_units("1");
    scene.world.converge();
    // First the users' only, then the system's too.
    let unit = worker(&format!("{endless}2"));
    scene.world.file("a.service", &unit);
    let began = Instant::now();
    scene
        .world
        .abide(&["apply", "--yes", "--timeout", "30s"])
        .ends_with(1)
        .says("a.service is still stopping, and systemd goes on with that");
    assert!(
        began.elapsed() < Duration::from_secs(80),
        "{:?}",
        began.elapsed()
    );
    for host in HOSTS {
        scene.world.fleet.sh(host, "flock -n /run/abide/lock true");
    }
    // The controller goes away meanwhile: the lock is free all the same.
    scope_units("3");
    let mut child = scene
        .world
        .command(&["apply", "--yes", "--timeout", "24s"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("abide starts");
    for host in HOSTS {
        scene.world.fleet.sh(
            host,
            "i=0; while flock -n /run/abide/lock true; do i=$((i+1)); [ $i -lt 200 ] || exit 1; sleep 0.1; done",
        );
    }
    child.kill().expect("it runs");
    child.wait().expect("it has ended");
    for host in HOSTS {
        scene.world.fleet.sh(
            host,
            "i=0; until flock -n /run/abide/lock true; do i=$((i+1)); [ $i -lt 600 ] || exit 1; sleep 0.1; done",
        );
    }
}
