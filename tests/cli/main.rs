//! The command line as a person or a script meets it, as far as no host is needed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests start programs and say by panicking that they cannot go on"
)]

mod commands;
mod exit_codes;
mod help;
mod interrupted;
mod manifest;
mod merge;
mod neighbours;
mod output;
mod reports;
mod saved;
mod secrets;
mod selection;

use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;

/// A directory with a manifest, and abide run in it.
struct Desk {
    directory: tempfile::TempDir,
}

/// What abide said, and how it ended.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "look at what it said, or at how it ended"]
struct Said {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Two hosts that nothing listens for, in a group each.
const TWO_HOSTS: &str = "
version: 1
name: cli
hosts:
  web1: {address: 127.0.0.1, port: 9, groups: [web]}
  db1: {address: 127.0.0.1, port: 9, groups: [db]}
groups:
  web: {}
  db: {}
  all:
    units:
      nginx.service: {state: started}
";

impl Desk {
    fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory }
    }

    fn with(manifest: &str) -> Self {
        let desk = Self::empty();
        desk.file("abide.yaml", manifest);
        desk
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// abide with a bare environment, without a terminal.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_abide"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path())
            .env("LANG", "C.UTF-8")
            .timeout(Duration::from_secs(60));
        command
    }

    fn abide(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}
