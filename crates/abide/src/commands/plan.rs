//! `abide plan`.

use abide_model::Report;
use abide_report::{Command, text};
use clap::Args;

use crate::args::{Allowances, Common};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::reporting::{Done, Reporting};
use crate::reports::ReportArgs;
use crate::run::Run;
use crate::ui::Ui;

/// Show what would change on the hosts, and why; change nothing
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide plan
  abide plan --host 'web*' --exclude web9
  abide plan --report md=plan.md --report html=plan.html
  abide plan --detailed-exitcode || [ $? -eq 2 ]     2 means: changes are pending")]
pub(crate) struct PlanArgs {
    /// Print events as NDJSON: `version` first, `run_summary` last
    #[arg(long)]
    json: bool,
    /// End with 2 where changes are pending
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    allowances: Allowances,
    #[command(flatten)]
    reports: ReportArgs,
}

impl PlanArgs {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        let mut reporting =
            Reporting::begin(Command::Plan, &self.reports, self.json, (ui, environment))?;
        let done = self.work(&mut reporting, (common, ui, environment)).await;
        reporting.end(done)
    }

    async fn work(
        &self,
        reporting: &mut Reporting,
        (common, ui, environment): (&Common, &Ui, &Environment),
    ) -> Result<Done, Failure> {
        let mut run = Run::begin(common, &self.allowances, ui, environment).await?;
        reporting.start(&run.manifest, run.diagnostics.clone(), run.hosts.clone());
        let progress = Progress::new(ui, run.size, Report::default(), reporting.events());
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
        reporting.planned(&report, None);
        run.engine.close().await;
        Ok(Done {
            exit: run.exit(Exit::of(&report, pending)),
            text: text::plan(&report, &ui.options),
            report,
        })
    }
}
