//! A directory on the controller with what a stranger proposes in it, and abide run there: for attacks that need no host.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::Said;

/// Runs a program with at most this much address space, in KiB, and this much time of the processor, in seconds. An
/// unoptimised build takes a third of it where it holds.
const LIMITED: &str = "ulimit -v 300000; ulimit -t 60; exec \"$0\" \"$@\"";

/// A home of the one who runs abide, with a checkout in it.
pub struct Desk {
    home: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(home.path().join("checkout")).expect("a directory");
        Self { home }
    }

    /// A desk with a manifest.
    pub fn with(manifest: &str) -> Self {
        let desk = Self::new();
        desk.file("abide.yaml", manifest);
        desk
    }

    /// A path in the checkout.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join("checkout").join(name)
    }

    /// A path in the home, outside of the checkout.
    pub fn outside(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn file(&self, name: &str, text: &str) -> &Self {
        write(&self.path(name), text.as_bytes());
        self
    }

    pub fn outside_file(&self, name: &str, text: &str) -> &Self {
        write(&self.outside(name), text.as_bytes());
        self
    }

    pub fn link(&self, to: &str, name: &str) -> &Self {
        std::os::unix::fs::symlink(to, self.path(name)).expect("a link");
        self
    }

    /// abide in the checkout, with nothing in its surroundings but a home.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_abide"));
        command.args(arguments);
        self.prepared(command)
    }

    pub fn abide(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    /// The same with little memory and time.
    pub fn limited(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new("sh");
        command
            .args(["-c", LIMITED, env!("CARGO_BIN_EXE_abide")])
            .args(arguments);
        said(&mut self.prepared(command))
    }

    fn prepared(&self, mut command: Command) -> Command {
        command
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }
}

pub fn said(command: &mut Command) -> Said {
    let output = command.output().expect("abide starts");
    Said {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a directory")).expect("directories");
    std::fs::write(path, bytes).expect("a file");
}
