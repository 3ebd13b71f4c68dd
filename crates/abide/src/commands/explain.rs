//! `abide explain`.

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;

/// Explain a diagnostic's code at length
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide explain E0302
  abide validate            every diagnostic begins with its code")]
pub(crate) struct Explain {
    /// The code: E0302, W0101
    code: String,
}

impl Explain {
    pub(crate) fn run(&self, ui: &Ui) -> Result<Exit, Failure> {
        let code = self.code.trim().to_ascii_uppercase();
        let Some(text) = abide_manifest::explain(&code) else {
            let code = abide_model::printable(&self.code);
            return Err(
                Failure::usage(format!("`{code}` is not a code of a diagnostic"))
                    .hint("codes look like E0302 and stand at the beginning of a diagnostic"),
            );
        };
        ui.answer(&format!("{}\n", text.trim_end()))?;
        Ok(Exit::Done)
    }
}
