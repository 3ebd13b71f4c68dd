//! `abide apply`.

use abide_engine::Urgency;
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

/// Make the hosts what the manifest says, after a confirmation
///
/// Shows the plan, asks, carries out exactly that, and observes again: success is an empty plan and units that stayed up.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide apply
  abide apply --host web1 --yes
  abide apply --yes --json > run.ndjson
  abide apply --yes --report json=run.json --report junit=run.xml")]
pub(crate) struct Apply {
    /// Do not ask; needed where nobody can be asked
    #[arg(short, long)]
    yes: bool,
    /// Print events as NDJSON: `version` first, `run_summary` last
    #[arg(long, requires = "yes")]
    json: bool,
    #[command(flatten)]
    allowances: Allowances,
    #[command(flatten)]
    reports: ReportArgs,
}

impl Apply {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        if !self.yes && !ui.can_ask {
            return Err(
                Failure::usage("nobody can be asked: standard input is no terminal")
                    .hint("pass --yes to apply without a confirmation"),
            );
        }
        let mut reporting =
            Reporting::begin(Command::Apply, &self.reports, self.json, (ui, environment))?;
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
        let planned = run
            .shown(progress, async |engine, events, cancel| {
                engine.plan(events, cancel).await
            })
            .await;
        reporting.planned(&planned, None);
        let (actions, hosts) = count(&planned);
        let report = if actions == 0 || run.signals.exit().is_some() {
            planned
        } else {
            if !self.yes {
                ui.answer(&text::plan(&planned, &ui.options))?;
                if !agreed(&run, ui, actions, hosts).await? {
                    run.engine.close().await;
                    ui.talk("Nothing was changed.");
                    return Ok(Done {
                        report: planned,
                        // `abide apply && next` must not go on.
                        exit: run.exit(Exit::Failed),
                        text: String::new(),
                    });
                }
            }
            let progress = Progress::new(ui, hosts, planned, reporting.events());
            run.shown(progress, async |engine, events, cancel| {
                engine.apply(events, cancel).await
            })
            .await
        };
        run.engine.close().await;
        Ok(Done {
            exit: run.exit(Exit::of(&report, Exit::Done)),
            text: text::report(&report, &ui.options),
            report,
        })
    }
}

/// How many actions there are, on how many hosts.
fn count(report: &Report) -> (usize, usize) {
    let plans = report.hosts.values().filter_map(|host| host.plan.as_ref());
    let sizes: Vec<usize> = plans
        .map(|plan| plan.actions.len())
        .filter(|size| *size > 0)
        .collect();
    (sizes.iter().sum(), sizes.len())
}

/// Asks, and takes Ctrl-C for a no.
async fn agreed(run: &Run, ui: &Ui, actions: usize, hosts: usize) -> Result<bool, Failure> {
    let plural = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let these = if actions == 1 { "this" } else { "these" };
    let question = format!(
        "Apply {these} {} on {}?",
        plural(actions, "action"),
        plural(hosts, "host")
    );
    let asking = ui.clone();
    let answer = tokio::task::spawn_blocking(move || asking.confirm(&question));
    tokio::select! {
        answer = answer => answer.unwrap_or(Ok(false)),
        () = run.signals.cancel.at_least(Urgency::Finish) => Ok(false),
    }
}
