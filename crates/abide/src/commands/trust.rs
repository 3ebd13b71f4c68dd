//! `abide trust`.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::trust;
use crate::ui::Ui;

/// Trust whoever writes the manifests in a directory, as `--allow-commands` does for one run
///
/// A manifest can run programs on this machine (a secret's `command`), configure ssh, manage this machine (`via: local`), and name
/// files anywhere. Of manifests in a trusted directory and below it that is taken without asking. Trust checkouts of your
/// own, and not those in which you look at what strangers propose. The list is a file of yours, ~/.config/abide/trusted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide trust                        this directory
  abide trust ~/fleet --remove
  abide trust --list")]
pub(crate) struct Trust {
    /// The directory [default: this one]
    #[arg(value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// Trust it no longer
    #[arg(long)]
    remove: bool,
    /// Print the directories that are trusted
    #[arg(long, conflicts_with_all = ["directory", "remove"])]
    list: bool,
}

impl Trust {
    pub(crate) fn run(&self, ui: &Ui, environment: &Environment) -> Result<Exit, Failure> {
        let mut trusted = trust::list(environment)?;
        if self.list {
            let lines = trusted.iter().map(|one| format!("{}\n", one.display()));
            ui.print_answer(&lines.collect::<String>())?;
            return Ok(Exit::Done);
        }
        let named = self.directory.as_deref().unwrap_or(Path::new("."));
        let directory = match named.canonicalize() {
            Ok(real) => real,
            // What is gone can still be on the list, by its whole path.
            Err(_) if self.remove => named.to_owned(),
            Err(error) => {
                return Err(Failure::usage_error(format!(
                    "{}: {error}",
                    named.display()
                )));
            }
        };
        let shown = directory.display().to_string();
        let was_there = trusted.contains(&directory);
        if self.remove {
            if !was_there {
                return Err(Failure::usage_error(format!("{shown} is not on the list"))
                    .with_hint("`abide trust --list` prints it"));
            }
            trusted.retain(|one| *one != directory);
        } else if !directory.is_dir() {
            return Err(Failure::usage_error(format!("{shown} is not a directory")));
        } else if directory.to_str().is_none_or(|text| text.contains('\n')) {
            return Err(Failure::usage_error(format!(
                "{shown} cannot be listed, a directory a line"
            )));
        } else if !was_there {
            trusted.push(directory);
        }
        let Some(path) = &environment.trust_file else {
            return Err(Failure::usage_error(
                "there is no place for the list: HOME is not set",
            ));
        };
        write(path, &trusted).map_err(|error| Failure::local_error(path.display(), error))?;
        ui.print_message(&match self.remove {
            true => format!("Manifests in {shown} are not trusted any more."),
            false => format!("Manifests in {shown} and below are trusted."),
        });
        Ok(Exit::Done)
    }
}

fn write(path: &Path, trusted: &[PathBuf]) -> io::Result<()> {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)?;
    let mut file = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(&folder)?;
    writeln!(
        file,
        "# Directories whose manifests may run programs here: `abide trust` keeps this list."
    )?;
    for directory in trusted {
        writeln!(file, "{}", directory.display())?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
