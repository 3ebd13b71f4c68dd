//! `abide validate`.

use abide_model::{Report, Severity};
use abide_report::{Command, json, text};
use clap::Args;

use crate::args::Common;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::LoadedManifest;
use crate::reporting::{Done, Reporting};
use crate::reports::ReportArgs;
use crate::trust;
use crate::ui::Ui;

/// Check the manifest, without any host
///
/// All mistakes of meaning come in one run; a mistake of shape (syntax, an unknown key) ends the reading of its file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide validate
  abide validate -f fleet/ -f secrets.yaml
  abide validate --report sarif=abide.sarif      for code scanning
  abide validate --json | jq '.diagnostics[].code'")]
pub(crate) struct Validate {
    /// Print the diagnostics as a JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reports: ReportArgs,
}

impl Validate {
    pub(crate) fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        if self.json && self.reports.is_answer() {
            return Err(Failure::usage_error(
                "--json and a report on standard output would mix",
            ));
        }
        let mut reporting =
            Reporting::begin(Command::Validate, &self.reports, false, (ui, environment))?;
        let done = self.validate_manifest(&mut reporting, (common, ui, environment));
        reporting.end(done)
    }

    fn validate_manifest(
        &self,
        reporting: &mut Reporting,
        (common, ui, environment): (&Common, &Ui, &Environment),
    ) -> Result<Done, Failure> {
        let mut manifest = LoadedManifest::to_look(common, environment)?;
        manifest.options.only_check = true;
        let loaded = manifest.load();
        let wrong = loaded.fleet.is_none()
            || loaded
                .diagnostics
                .iter()
                .any(|found| found.severity == Severity::Error);
        let exit = if wrong { Exit::Manifest } else { Exit::Done };
        let mut text = String::new();
        if self.json {
            ui.print_answer(&json::diagnostics(&loaded.diagnostics, exit.into()))?;
        } else {
            text = text::diagnostics(&loaded.diagnostics, &loaded.texts, &ui.options);
        }
        let name = loaded.fleet.as_ref().map(|fleet| fleet.name.clone());
        reporting.record_manifest(name, loaded.diagnostics);
        if let Some(fleet) = &loaded.fleet
            && !wrong
            && !self.json
        {
            let count = fleet.hosts.len();
            let hosts = if count == 1 { "host" } else { "hosts" };
            ui.print_message(&format!(
                "The manifest `{}` is valid: {count} {hosts}.",
                fleet.name
            ));
            if !manifest.is_trusted && trust::is_needed(fleet) {
                ui.print_message(trust::NEEDED);
            }
        }
        Ok(Done {
            report: Report::default(),
            exit,
            text,
        })
    }
}
