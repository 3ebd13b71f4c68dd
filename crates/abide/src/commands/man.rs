//! `abide man`: hidden, for packagers.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;

/// Write the manual pages into a directory
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// An existing directory
    directory: PathBuf,
}

impl Man {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        clap_mangen::generate_to(Cli::command(), &self.directory)
            .map_err(|error| Failure::local_error(self.directory.display(), error))?;
        Ok(Exit::Done)
    }
}
