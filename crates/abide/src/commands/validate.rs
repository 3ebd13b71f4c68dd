//! `abide validate`.

use abide_model::Severity;
use abide_report::{json, text};
use clap::Args;

use crate::args::Common;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::Manifest;
use crate::ui::Ui;

/// Check the manifest, without any host
///
/// All mistakes of meaning come in one run; a mistake of shape (syntax, an unknown key) ends the reading of its file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide validate
  abide validate -f fleet/ -f secrets.yaml
  abide validate --json | jq '.diagnostics[].code'")]
pub(crate) struct Validate {
    /// Print the diagnostics as a JSON document
    #[arg(long)]
    json: bool,
}

impl Validate {
    pub(crate) fn run(&self, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
        let loaded = Manifest::of(common)?.load();
        let wrong = loaded.fleet.is_none()
            || loaded
                .diagnostics
                .iter()
                .any(|found| found.severity == Severity::Error);
        let exit = if wrong { Exit::Manifest } else { Exit::Done };
        if self.json {
            ui.answer(&json::diagnostics(&loaded.diagnostics, exit.into()))?;
            return Ok(exit);
        }
        ui.answer(&text::diagnostics(
            &loaded.diagnostics,
            &loaded.texts,
            &ui.options,
        ))?;
        if let Some(fleet) = &loaded.fleet
            && !wrong
        {
            let count = fleet.hosts.len();
            let hosts = if count == 1 { "host" } else { "hosts" };
            ui.talk(&format!(
                "The manifest `{}` is valid: {count} {hosts}.",
                fleet.name
            ));
        }
        Ok(exit)
    }
}
