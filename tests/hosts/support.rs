//! What the tests share: hosts, a manifest's directory, and abide run as a person would run it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::fleet::{Fleet, fits, suited};
use crate::pool::Lease;

thread_local! {
    /// The images of the hosts that this thread's test has.
    static IMAGES: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// The versions of systemd that this thread's test ran on, in words.
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "only the table of attacks asks"
)]
pub fn versions() -> String {
    let version = |image: &String| match image.split('+').next() {
        Some("bullseye") => "247".to_owned(),
        Some("jammy") => "249".to_owned(),
        Some("bookworm") => "252".to_owned(),
        Some("bookworm-backports") => "254".to_owned(),
        Some("trixie") => "257".to_owned(),
        Some("forky") => "262".to_owned(),
        _ => image.clone(),
    };
    let versions: BTreeSet<String> =
        IMAGES.with_borrow(|images| images.iter().map(version).collect());
    versions.into_iter().collect::<Vec<_>>().join(", ")
}

fn note_images<'a>(images: impl IntoIterator<Item = &'a str>) {
    IMAGES.with_borrow_mut(|noted| noted.extend(images.into_iter().map(suited)));
}

/// Some hosts, and a directory with a manifest for them.
pub struct World {
    pub fleet: Lease,
    directory: tempfile::TempDir,
}

/// What abide said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// Asserts the exit code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Asserts that a text is somewhere in the output.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        // A line that was too long for the terminal goes on in the next one.
        let joined = |output: &str| output.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_in = |output: &str| output.contains(text) || joined(output).contains(text);
        let found = is_in(&self.stdout) || is_in(&self.stderr);
        assert!(
            found,
            "no `{text}` in\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Asserts that a text is nowhere in the output.
    #[track_caller]
    pub fn does_not_say(self, text: &str) -> Self {
        let found = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(
            !found,
            "`{text}` in\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Asserts that texts follow each other on standard output.
    #[track_caller]
    pub fn says_in_order(self, texts: &[&str]) -> Self {
        let mut rest = self.stdout.as_str();
        for text in texts {
            let Some(at) = rest.find(text) else {
                panic!(
                    "no `{text}` where it should be in\n{}\n--- stderr\n{}",
                    self.stdout, self.stderr
                )
            };
            rest = &rest[at + text.len()..];
        }
        self
    }
}

impl World {
    /// Boots hosts: pairs of name and image.
    pub fn new(name: &str, hosts: &[(&str, &str)]) -> Self {
        note_images(hosts.iter().map(|(_, image)| *image));
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self {
            fleet: Lease::own(Fleet::up(name, hosts)),
            directory,
        }
    }

    /// The same, where there are such hosts in this run; else nothing, and it is said that the test is skipped and why.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "only tests of what some hosts do not have ask"
    )]
    pub fn fitting(name: &str, hosts: &[(&str, &str)]) -> Option<Self> {
        let images: Vec<&str> = hosts.iter().map(|(_, image)| *image).collect();
        fits(&images).then(|| Self::new(name, hosts))
    }

    /// `h1` with systemd 252 and `h2` with systemd 257, on which tests before this one have left their users and units.
    pub fn used() -> Self {
        note_images(["bookworm", "trixie"]);
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self {
            fleet: Lease::of_both(),
            directory,
        }
    }

    /// Boots `h1` with systemd 252 and `h2` with systemd 257.
    pub fn both(name: &str) -> Self {
        Self::new(name, &[("h1", "bookworm"), ("h2", "trixie")])
    }

    /// Writes a file beside the manifest; `abide.yaml` is the manifest itself. All at once: a case asks its hosts side by
    /// side, and one may read what the other writes.
    pub fn file(&self, name: &str, text: &str) -> &Self {
        let path = self.path(name);
        let directory = path.parent().expect("a directory");
        fs::create_dir_all(directory).expect("directories");
        let new = tempfile::NamedTempFile::new_in(directory).expect("a file");
        fs::write(new.path(), text).expect("a file");
        fs::set_permissions(new.path(), fs::Permissions::from_mode(0o644)).expect("a mode");
        new.persist(path).expect("a file");
        self
    }

    /// Writes the manifest.
    pub fn manifest(&self, text: &str) -> &Self {
        self.file("abide.yaml", text)
    }

    /// A path beside the manifest.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// abide with these arguments, ready to start.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_abide"));
        command
            .args(arguments)
            .arg("--ssh-config")
            .arg(self.fleet.ssh_config())
            .current_dir(self.directory.path())
            .env_remove("SSH_AUTH_SOCK")
            // Keys and lists of whoever runs the tests are none of theirs.
            .env("XDG_STATE_HOME", self.path(".state"))
            .env("XDG_CONFIG_HOME", self.path(".config"))
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs abide in the manifest's directory, without a terminal.
    pub fn abide(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().expect("abide starts");
        Said {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// `abide plan`.
    pub fn plan(&self) -> Said {
        self.abide(&["plan"])
    }

    /// `abide apply --yes`.
    pub fn apply(&self) -> Said {
        self.abide(&["apply", "--yes"])
    }

    /// Applies, and asserts that it converged: the next plan is empty.
    #[track_caller]
    pub fn converge(&self) -> Said {
        let said = self.apply().ends_with(0);
        self.assert_converged();
        said
    }

    /// Asserts that nothing is left to do.
    #[track_caller]
    pub fn assert_converged(&self) {
        self.abide(&["plan", "--detailed-exitcode"]).ends_with(0);
    }

    /// One property of a user's unit, or of the manager where `unit` is empty, as the manager says.
    pub fn show(&self, host: &str, user: &str, unit: &str, property: &str) -> String {
        // No unit: the manager itself.
        let of = if unit.is_empty() {
            String::new()
        } else {
            format!("-- '{unit}'")
        };
        let script = match user {
            "root" => format!("systemctl show --value -p {property} {of}"),
            _ => format!(
                "export XDG_RUNTIME_DIR=/run/user/$(id -u); systemctl --user show --value -p {property} {of}"
            ),
        };
        self.fleet.sh_as(host, user, &script).trim().to_owned()
    }

    /// When a manager last read its units, to tell whether it did again. systemd 247 shows it by its directory only.
    pub fn loaded_at(&self, host: &str, user: &str) -> String {
        match self.show(host, user, "", "UnitsLoadTimestampMonotonic") {
            unknown if unknown.is_empty() => {
                let script = match user {
                    "root" => "stat -c %y /run/systemd",
                    _ => "stat -c %y /run/user/$(id -u)/systemd",
                };
                self.fleet.sh_as(host, user, script)
            }
            told => told,
        }
    }

    /// Asserts that a unit runs.
    #[track_caller]
    pub fn assert_active(&self, host: &str, user: &str, unit: &str) {
        let state = self.show(host, user, unit, "ActiveState");
        assert_eq!(state, "active", "{unit} of {user} on {host}");
    }

    /// Waits until a unit runs, at most 20 seconds: after a boot its manager takes its time.
    #[track_caller]
    pub fn wait_until_active(&self, host: &str, user: &str, unit: &str) {
        let script = format!(
            "export XDG_RUNTIME_DIR=/run/user/$(id -u)
             i=0; until [ \"$({ctl} is-active '{unit}' 2>&1)\" = active ]; do
               i=$((i+1)); [ $i -lt 100 ] || exit 1; sleep 0.2; done",
            ctl = if user == "root" {
                "systemctl"
            } else {
                "systemctl --user"
            },
        );
        let ran = self
            .fleet
            .exec_with(host, user, &["/bin/sh", "-s"], script.as_bytes());
        assert_eq!(ran.code, 0, "{unit} of {user} on {host} does not run");
    }
}

/// A unit that runs until it is stopped, with a line of its own to tell versions apart.
pub fn worker(line: &str) -> String {
    format!(
        "[Unit]\nDescription=A worker\n\n[Service]\nExecStart=/bin/sleep infinity\n{line}\n\n[Install]\nWantedBy=default.target\n"
    )
}
