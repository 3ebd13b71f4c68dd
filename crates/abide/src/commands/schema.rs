//! `abide schema`.

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;

/// Print the manifest's JSON schema, for editors and validators
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide schema > abide.schema.json
  abide schema | jq '.properties | keys'

Begin a manifest with this line, and editors complete and check it:
  # yaml-language-server: $schema=./abide.schema.json")]
pub(crate) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, reason = "every command is run alike")]
    pub(crate) fn run(&self, ui: &Ui) -> Result<Exit, Failure> {
        let text = serde_json::to_string_pretty(&abide_manifest::schema())
            .map_err(|error| Failure::here("the schema", error))?;
        ui.answer(&format!("{text}\n"))?;
        Ok(Exit::Done)
    }
}
