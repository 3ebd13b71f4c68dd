//! `abide plan`.

use abide_model::Report;
use abide_report::{json, text};
use clap::Args;

use crate::args::{Allowances, Common};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::run::Run;
use crate::ui::Ui;

/// Show what would change on the hosts, and why; change nothing
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide plan
  abide plan --host 'web*' --exclude web9
  abide plan --detailed-exitcode || [ $? -eq 2 ]     2 means: changes are pending")]
pub(crate) struct PlanArgs {
    /// Print the plan as a JSON document
    #[arg(long)]
    json: bool,
    /// End with 2 where changes are pending
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    allowances: Allowances,
}

impl PlanArgs {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        let mut run = Run::begin(common, &self.allowances, ui, environment).await?;
        let progress = Progress::new(ui, run.size, Report::default(), false);
        let report = run
            .shown(progress, async |engine, events, cancel| {
                engine.plan(events, cancel).await
            })
            .await;
        let pending = if self.detailed_exitcode {
            Exit::Pending
        } else {
            Exit::Done
        };
        let exit = run.exit(Exit::of(&report, pending));
        let answer = if self.json {
            json::plan(&report, exit.into())
        } else {
            text::plan(&report, &ui.options)
        };
        ui.answer(&answer)?;
        run.engine.close().await;
        Ok(exit)
    }
}
