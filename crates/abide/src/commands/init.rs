//! `abide init`.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;

/// Write a commented starter manifest
///
/// Refuses to overwrite a file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide init                   write abide.yaml
  abide init fleet/web.yaml    write it elsewhere
  abide init && abide plan     what it would do")]
pub(crate) struct Init {
    /// Where to
    #[arg(default_value = "abide.yaml")]
    path: PathBuf,
}

const STARTER: &str = include_str!("init/starter.yaml");

impl Init {
    pub(crate) fn run(&self, ui: &Ui) -> Result<Exit, Failure> {
        write_new(&self.path, STARTER)?;
        ui.print_message(&format!("Wrote {}.", self.path.display()));
        ui.print_message("Next: put your hosts into it, then `abide validate` and `abide plan`.");
        Ok(Exit::Done)
    }
}

/// Writes a whole file, or none: it appears under its name only when it is complete, and never replaces another.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let shown = path.display().to_string();
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(directory)
        .map_err(|error| Failure::local_error(directory.display(), error))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.as_file().sync_all())
        .map_err(|error| Failure::local_error(&shown, error))?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(refused) if refused.error.kind() == std::io::ErrorKind::AlreadyExists => Err(
            Failure::new(Exit::Failed, format!("{shown} is there already"))
                .with_hint("name another file, or remove it first"),
        ),
        Err(refused) => Err(Failure::local_error(&shown, refused.error)),
    }
}
