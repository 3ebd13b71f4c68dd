//! Throwaway real systemd hosts for integration tests: a thin wrapper of the
//! `fleet` command beside this file, whose README says what the hosts are like.
//!
//! Every call that fails panics with what the harness said, so that a test
//! reads as what it does to its hosts and nothing else.

#![allow(
    dead_code,
    reason = "each test binary that includes this file uses a part of it"
)]

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// What a command on a host left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Its exit status; 128 + the signal's number when a signal ended it.
    pub code: i32,
    /// What it wrote to standard output; bytes that are no UTF-8 are replaced.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// Hosts that are up until this value is dropped, also when the test panics.
/// When the process is killed, the next `fleet up` removes them.
#[derive(Debug)]
pub struct Fleet {
    name: String,
}

impl Fleet {
    /// Boots one host for each pair of host name and image, for example
    /// `&[("web1", "bookworm"), ("web2", "trixie+polkit")]`, and returns when
    /// all are up. The fleet's name is made unique, so tests run side by side.
    pub fn up(name: &str, hosts: &[(&str, &str)]) -> Self {
        static FLEETS: AtomicU32 = AtomicU32::new(0);
        let owner = std::process::id();
        let fleet = Self {
            name: format!("{name}-{owner}-{}", FLEETS.fetch_add(1, Ordering::Relaxed)),
        };
        let owner = owner.to_string();
        let hosts: Vec<String> = hosts
            .iter()
            .map(|(host, image)| format!("{host}={}", suited(image)))
            .collect();
        let mut arguments = vec!["up", "--owner", &owner, &fleet.name];
        arguments.extend(hosts.iter().map(String::as_str));
        harness(&arguments);
        fleet
    }

    /// The file for `ssh -F`: it knows every host by name, logs in as `deploy`
    /// unless told otherwise (`root@web1`), and trusts the hosts' keys.
    pub fn ssh_config(&self) -> PathBuf {
        PathBuf::from(harness(&["ssh-config", &self.name]).trim_end())
    }

    /// The directory of the fleet's files: `ssh_config`, `known_hosts`,
    /// `id_ed25519`, `hosts`.
    pub fn directory(&self) -> PathBuf {
        let mut path = self.ssh_config();
        path.pop();
        path
    }

    /// The address of a host.
    pub fn address(&self, host: &str) -> String {
        let hosts = std::fs::read_to_string(self.directory().join("hosts")).unwrap_or_default();
        let mut lines = hosts.lines().map(str::split_whitespace);
        let line = lines.find_map(|mut words| (words.next() == Some(host)).then_some(words));
        let address = line.and_then(|mut words| words.next());
        address
            .unwrap_or_else(|| panic!("no host {host} in the fleet {}", self.name))
            .to_owned()
    }

    /// Runs a command on a host as a user, without ssh: it opens no session and
    /// starts no user manager. `systemctl --user` works if the manager is up.
    pub fn exec<S: AsRef<OsStr>>(&self, host: &str, user: &str, command: &[S]) -> Ran {
        self.exec_with(host, user, command, b"")
    }

    /// As [`exec`](Self::exec), with bytes for the command's standard input.
    pub fn exec_with<S: AsRef<OsStr>>(
        &self,
        host: &str,
        user: &str,
        command: &[S],
        stdin: &[u8],
    ) -> Ran {
        let output = run(self.entering(host, user, command), stdin);
        Ran {
            code: code(&output),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// A command on a host as a user, not started yet.
    pub fn entering<S: AsRef<OsStr>>(&self, host: &str, user: &str, command: &[S]) -> Command {
        let mut exec = executable();
        exec.args(["exec", &self.name, host, "--user", user, "--"])
            .args(command);
        exec
    }

    /// Runs a script as root on a host with `sh -es` and returns its standard
    /// output; panics when a command in it fails.
    pub fn sh(&self, host: &str, script: &str) -> String {
        self.sh_as(host, "root", script)
    }

    /// As [`sh`](Self::sh), as another user.
    pub fn sh_as(&self, host: &str, user: &str, script: &str) -> String {
        let ran = self.exec_with(host, user, &["/bin/sh", "-es"], script.as_bytes());
        assert!(
            ran.code == 0,
            "script on {host} as {user} ended with {}\n{script}\nstdout:\n{}\nstderr:\n{}",
            ran.code,
            ran.stdout,
            ran.stderr
        );
        ran.stdout
    }

    /// Lets the fleet's key log in as a user.
    pub fn authorize(&self, host: &str, user: &str) {
        harness(&["authorize", &self.name, host, user]);
    }

    /// Shuts a host down in order and boots it again; returns when it is up.
    pub fn reboot(&self, host: &str) {
        harness(&["reboot", &self.name, host]);
    }

    /// Shuts a host down in order.
    pub fn poweroff(&self, host: &str) {
        harness(&["poweroff", &self.name, host]);
    }

    /// Boots a host that is off; returns when it is up.
    pub fn boot(&self, host: &str) {
        harness(&["boot", &self.name, host]);
    }

    /// Ends everything on a host at once, as a power failure would.
    pub fn crash(&self, host: &str) {
        harness(&["crash", &self.name, host]);
    }

    /// Unplugs a host from the network; it runs on and [`exec`](Self::exec) still works.
    pub fn isolate(&self, host: &str) {
        harness(&["isolate", &self.name, host]);
    }

    /// Plugs an isolated host in again.
    pub fn rejoin(&self, host: &str) {
        harness(&["rejoin", &self.name, host]);
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let mut down = executable();
        down.args(["down", &self.name]);
        let output = run(down, b"");
        // A second panic while the first unwinds would hide what went wrong.
        let told = output.status.success() || std::thread::panicking();
        assert!(told, "{}", report("fleet down", &output));
    }
}

/// Why a test that needs `image` cannot run on the suites of this run; nothing where it can.
pub fn unfit(image: &str) -> Option<&'static str> {
    match suited(image).as_str() {
        "bullseye+podman" => Some("its Podman, 3.0, knows no quadlets"),
        "bookworm+podman" => Some("its Podman, 4.3, knows no quadlets"),
        _ => None,
    }
}

/// What only some of the hosts with Podman have, or have not.
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "only tests of quadlets ask"
)]
#[derive(Debug, Clone, Copy)]
pub enum Podman {
    /// No `.artifact` quadlets, which came with 5.7.
    BeforeArtifacts,
    /// `podman kube play` with a service container, which newer ones than 5.4 make of an overlay: the harness has none.
    KubePlay,
}

/// Why the image that stands for this one is not like that.
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "only tests of quadlets ask"
)]
pub fn lacks(image: &str, podman: Podman) -> Option<&'static str> {
    match (podman, suited(image).as_str()) {
        (Podman::BeforeArtifacts, "forky+podman") => Some("its Podman, 5.8, has `.artifact`"),
        (Podman::KubePlay, "forky+podman") => {
            Some("its Podman, 5.8, needs an overlay for `kube play`, and there is none here")
        }
        (Podman::BeforeArtifacts | Podman::KubePlay, _) => None,
    }
}

/// Whether a test can run on these images; if not, says so, past what the test runner catches.
pub fn fits(images: &[&str]) -> bool {
    for image in images {
        if let Some(why) = unfit(image) {
            skip(&format!("{}: {why}", suited(image)));
            return false;
        }
    }
    true
}

/// Says that the test of this thread, or a part of it, is skipped, past what the test runner catches.
pub fn skip(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let said = writeln!(std::io::stderr(), "skipped: {test}: {why}");
    assert!(said.is_ok(), "no standard error");
}

/// The image that stands for `image` in this run. `ABIDE_TEST_SUITES` has two suites, `bullseye forky` for example: the
/// first stands for bookworm and the second for trixie, so that the same tests run on other versions of systemd.
pub fn suited(image: &str) -> String {
    let suites = std::env::var("ABIDE_TEST_SUITES").unwrap_or_default();
    let mut suites = suites.split_whitespace();
    let (Some(older), Some(newer)) = (suites.next(), suites.next()) else {
        return image.to_owned();
    };
    let (suite, variants) = image.split_at(image.find('+').unwrap_or(image.len()));
    let suite = match suite {
        "bookworm" => older,
        "trixie" => newer,
        other => other,
    };
    format!("{suite}{variants}")
}

fn executable() -> Command {
    Command::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fleet/fleet"
    ))
}

/// Runs the harness and returns its standard output.
fn harness(arguments: &[&str]) -> String {
    let mut command = executable();
    command.args(arguments);
    let output = run(command, b"");
    assert!(
        output.status.success(),
        "{}",
        report(&format!("fleet {}", arguments.join(" ")), &output)
    );
    text(&output.stdout)
}

fn run(mut command: Command, stdin: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut pipe = child.stdin.take().expect("stdin is piped");
    std::thread::scope(|scope| {
        // Beside reading, or both sides could wait for the other to empty its pipe.
        // A command that does not read its input closes it; that is no failure.
        scope.spawn(move || drop(pipe.write_all(stdin)));
        child
            .wait_with_output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    })
}

fn report(what: &str, output: &Output) -> String {
    let mut report = format!("{what} ended with {}\n", code(output));
    let _ = write!(report, "{}{}", text(&output.stdout), text(&output.stderr));
    report
}

fn code(output: &Output) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    let status = output.status;
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
