//! `abide schema`.

use clap::{Args, ValueEnum};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;

/// Print a JSON schema: of manifests for editors, of plans, reports and events for programs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide schema > abide.schema.json
  abide schema report | jq '.properties | keys'

Begin a manifest with this line, and editors complete and check it:
  # yaml-language-server: $schema=./abide.schema.json")]
pub(crate) struct Schema {
    /// Of what
    #[arg(value_enum, default_value = "manifest")]
    of: Form,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// What you write
    Manifest,
    /// What `plan -o FILE` writes
    Plan,
    /// What `--report json=PATH` writes
    Report,
    /// A line of `--json`
    Events,
}

impl Schema {
    pub(crate) fn run(&self, ui: &Ui) -> Result<Exit, Failure> {
        let schema = match self.of {
            Form::Manifest => abide_manifest::manifest_schema(),
            Form::Plan => abide_report::schema::plan(),
            Form::Report => abide_report::schema::report(),
            Form::Events => abide_report::schema::events(),
        };
        let text = serde_json::to_string_pretty(&schema)
            .map_err(|error| Failure::local_error("the schema", error))?;
        ui.print_answer(&format!("{text}\n"))?;
        Ok(Exit::Done)
    }
}
