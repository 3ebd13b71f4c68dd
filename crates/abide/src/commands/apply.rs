//! `abide apply`.

use abide_engine::Urgency;
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

/// Make the hosts what the manifest says, after a confirmation
///
/// Shows the plan, asks, carries out exactly that, and observes again: success is an empty plan and units that stayed up.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide apply
  abide apply --host web1 --yes
  abide apply --yes --json > run.ndjson     one event a line, the report last")]
pub(crate) struct Apply {
    /// Do not ask; needed where nobody can be asked
    #[arg(short, long)]
    yes: bool,
    /// Print events as NDJSON, the last line being the report
    #[arg(long, requires = "yes")]
    json: bool,
    #[command(flatten)]
    allowances: Allowances,
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
        let mut run = Run::begin(common, &self.allowances, ui, environment).await?;
        let progress = Progress::new(ui, run.size, Report::default(), self.json);
        let planned = run
            .shown(progress, async |engine, events, cancel| {
                engine.plan(events, cancel).await
            })
            .await;
        let (actions, hosts) = count(&planned);
        let report = if actions == 0 || run.signals.exit().is_some() {
            planned
        } else {
            if !self.yes {
                ui.answer(&text::plan(&planned, &ui.options))?;
                if !agreed(&run, ui, actions, hosts).await? {
                    run.engine.close().await;
                    ui.talk("Nothing was changed.");
                    // `abide apply && next` must not go on.
                    return Ok(run.exit(Exit::Failed));
                }
            }
            let progress = Progress::new(ui, hosts, planned, self.json);
            run.shown(progress, async |engine, events, cancel| {
                engine.apply(events, cancel).await
            })
            .await
        };
        let exit = run.exit(Exit::of(&report, Exit::Done));
        self.conclude(&report, exit, ui)?;
        run.engine.close().await;
        Ok(exit)
    }

    fn conclude(&self, report: &Report, exit: Exit, ui: &Ui) -> Result<(), Failure> {
        if !self.json {
            return ui.answer(&text::report(report, &ui.options));
        }
        // One line, as everything before it.
        let document = json::report(report, exit.into());
        let line: serde_json::Value =
            serde_json::from_str(&document).map_err(|error| Failure::here("the report", error))?;
        ui.answer(&format!("{line}\n"))
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
