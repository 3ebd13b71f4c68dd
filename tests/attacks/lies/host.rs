//! A host with a user who lies, seen from outside.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use abide_model::Digest;

use crate::everything::{Everything, differences, everything, host_root};
use crate::fleet::Fleet;
use crate::proxy::Proxy;
use crate::support::World;

use super::declared::service;
use super::ledger::{LEDGER, is_hexadecimal, wrong_lines};
use super::texts::text;

/// The library, built once for all tests. It is no target of any package, so that nobody installs it.
fn library() -> &'static [u8] {
    static LIBRARY: OnceLock<Vec<u8>> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let source = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/attacks/liar/liar.rs"
        );
        let built = directory.path().join("liar.so");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let status = Command::new(rustc)
            .args([
                "--edition=2024",
                "--crate-type=cdylib",
                "-O",
                "-Cpanic=abort",
                "-Adead_code",
                "-o",
            ])
            .arg(&built)
            .arg(source)
            .status()
            .expect("rustc starts");
        assert!(status.success(), "{source} is not built");
        fs::read(built).expect("a library")
    })
}

/// What runs as root in sessions of a host, but for sshd.
fn root_in_sessions(fleet: &Fleet, host: &str) -> Vec<String> {
    let directory = fleet.directory();
    let name = directory.file_name().expect("a name").to_string_lossy();
    let of_host = format!("/abide-fleet/{name}/{host}/");
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("processes").flatten() {
        // What ends meanwhile has nothing to read.
        let read = |file: &str| fs::read_to_string(entry.path().join(file)).unwrap_or_default();
        let cgroup = read("cgroup");
        if !cgroup.contains(&of_host) || !cgroup.contains("/session-") {
            continue;
        }
        let of_root = read("status")
            .lines()
            .any(|line| line.starts_with("Uid:\t0\t"));
        let command = read("cmdline").replace('\0', " ");
        if of_root && !command.is_empty() && !command.starts_with("sshd") {
            found.push(format!("left behind: {command}"));
        }
    }
    found
}

/// One host with its liar.
pub struct Host<'a> {
    world: &'a World,
    pub name: &'static str,
    root: PathBuf,
    /// What mallory may change, as patterns.
    reach: Vec<String>,
    mallory: String,
    alice: String,
    before: Everything,
    proxy: Proxy<'a>,
    pub told: usize,
}

impl<'a> Host<'a> {
    /// Installs the liar, who does not lie yet.
    pub fn new(world: &'a World, name: &'static str) -> Self {
        let put = "mkdir -p /opt/liar && cat >/opt/liar/liar.so && install -d -o mallory /tmp/liar && echo /opt/liar/liar.so >/etc/ld.so.preload";
        let ran = world
            .fleet
            .exec_with(name, "root", &["/bin/sh", "-c", put], library());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let uid = |user: &str| {
            world
                .fleet
                .sh(name, &format!("id -u {user}"))
                .trim()
                .to_owned()
        };
        let mallory = uid("mallory");
        let mut host = Self {
            world,
            name,
            root: host_root(&world.fleet, name),
            reach: vec![
                "/home/mallory/*".to_owned(),
                "/tmp/liar*".to_owned(),
                "/tmp/lies-of-mallory*".to_owned(),
                format!("/run/user/{mallory}/*"),
            ],
            mallory,
            alice: uid("alice"),
            before: Everything::new(),
            proxy: Proxy::stand_between(&world.fleet, name, "mallory"),
            told: 0,
        };
        host.before = host.look();
        host
    }

    /// The host but for mallory's reach, with the same word for each state of what the manifest declares.
    fn look(&self) -> Everything {
        let mut found = everything(&self.world.fleet, self.name, &self.reach);
        // Anybody may have something of their own there, as a systemd-analyze that was killed leaves it.
        let owner = format!(" {}:", self.mallory);
        found.retain(|path, line| !path.starts_with("/tmp/") || !line.contains(&owner));
        let run = format!(
            "/run/user/{}/systemd/units/invocation:other.service",
            self.alice
        );
        for path in ["/run/systemd/units/invocation:root.service", &run] {
            if let Some(line) = found.get_mut(path) {
                let (rest, id) = line.rsplit_once(' ').expect("a line");
                if is_hexadecimal(id, 32) {
                    *line = format!("{rest} a run");
                }
            }
        }
        let written = ["A", "B"].map(|letter| {
            ["default.target", "multi-user.target"]
                .map(|target| Digest::of_bytes(service(letter, target).as_bytes()).to_string())
        });
        for (path, at) in [
            ("/home/alice/.config/systemd/user/other.service", 0),
            ("/etc/systemd/system/root.service", 1),
        ] {
            if let Some(line) = found.get_mut(path) {
                for letter in &written {
                    *line = line.replace(&letter[at], "as declared");
                }
            }
        }
        if let Some(line) = found.get_mut(LEDGER) {
            let text = fs::read(self.root.join(&LEDGER[1..])).unwrap_or_default();
            let digest = Digest::of_bytes(&text).to_string();
            let wrong = wrong_lines(&String::from_utf8_lossy(&text));
            *line = line.replace(&digest, &format!("a ledger {wrong:?}"));
        }
        found
    }

    /// Says what to lie next: a process of the user's, or for a `manager-PROPERTY-TEXT` their manager, from the beginning or
    /// once the unit's file has changed.
    pub fn prepare(&self, call: usize, lie: &str, seed: usize) {
        let directory = self.root.join("tmp/liar");
        drop(fs::remove_file(directory.join("calls")));
        let Some(lie) = lie.strip_prefix("manager-") else {
            let text = format!("{call} {lie} {seed}\n");
            return fs::write(directory.join("lie"), text).expect("a file");
        };
        // Nobody else lies, and the processes are counted.
        fs::write(directory.join("lie"), format!("{} none 0\n", usize::MAX)).expect("a file");
        let (property, what) = lie.split_once('-').expect("a text");
        let text = String::from_utf8_lossy(&text(what, b"")).into_owned();
        if seed.is_multiple_of(2) {
            self.proxy.lie(property, &text);
        } else {
            let file = ".config/systemd/user/app.service";
            self.proxy.lie_once_changed(file, property, &text);
        }
    }

    /// How many processes of the user there were since.
    pub fn calls(&self) -> usize {
        let calls = fs::read_to_string(self.root.join("tmp/liar/calls"));
        calls.unwrap_or_default().lines().count()
    }

    /// Whether the system has its change.
    pub fn others_have(&self, letter: &str) -> bool {
        let file = self.root.join("etc/systemd/system/root.service");
        let text = fs::read_to_string(file).unwrap_or_default();
        text == service(letter, "multi-user.target")
    }

    /// Nobody lies any more, and what the lie left in the user's own reach is away.
    pub fn tidy(&self, lie: &str) {
        drop(fs::remove_file(self.root.join("tmp/liar/lie")));
        let script = match lie.split_once('-') {
            Some(("swap", _)) => {
                "rm -rf ~/.config ~/.config.away; cd /run/user/$(id -u)/systemd; if [ -e private.away ]; then rm -rf private; mv private.away private; fi"
            }
            Some(("manager", _)) => return self.proxy.tell_the_truth(),
            Some(("stop" | "keep", _)) => {
                "for process in /proc/[0-9]*; do [ ! -O $process ] || grep -q /user@ $process/cgroup || [ ${process#/proc/} = $$ ] || grep -q lies-of $process/cmdline || kill -KILL ${process#/proc/}; done 2>/dev/null; :"
            }
            _ => return,
        };
        self.world.fleet.sh_as(self.name, "mallory", script);
    }

    /// Processes of root's that belong to a login and are still there five seconds after abide ended.
    fn left_behind(&self) -> Vec<String> {
        let mut found = Vec::new();
        for _ in 0..50 {
            found = root_in_sessions(&self.world.fleet, self.name);
            if found.is_empty() {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
        found
    }

    /// What is not as it must be; for the next lie it is made so.
    pub fn judge(&mut self) -> Vec<String> {
        let mut wrong = differences(&self.before, &self.look());
        if wrong.iter().any(|line| line.starts_with(LEDGER)) {
            drop(fs::remove_file(self.root.join(&LEDGER[1..])));
        } else if !wrong.is_empty() {
            // Told once.
            self.before = self.look();
        }
        wrong.extend(self.left_behind());
        wrong
    }
}
