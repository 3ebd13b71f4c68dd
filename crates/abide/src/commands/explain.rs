//! `abide explain`.

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;

/// Explain the code of a diagnostic or refusal at length
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide explain E0302
  abide validate            every diagnostic begins with its code")]
pub(crate) struct Explain {
    /// The code: E0302, W0601, R0101
    code: String,
}

impl Explain {
    pub(crate) fn run(&self, ui: &Ui) -> Result<Exit, Failure> {
        let code = self.code.trim().to_ascii_uppercase();
        let known =
            abide_manifest::explain(&code).or_else(|| abide_model::refusal_reason::explain(&code));
        let Some(text) = known else {
            let code = abide_model::printable_text(&self.code);
            return Err(
                Failure::usage_error(format!("`{code}` is not a code of a diagnostic or refusal"))
                    .with_hint("codes look like E0302 and stand at the beginning of a diagnostic, or like R0101 in a plan's help"),
            );
        };
        ui.print_answer(&format!("{}\n", text.trim_end()))?;
        Ok(Exit::Done)
    }
}
