//! `abide drift`.

use std::collections::BTreeMap;

use abide_model::{DriftClass, HostName, HostOutcome, Report};
use abide_report::{Command, text};
use clap::Args;

use crate::args::{Allowances, Common};
use crate::commands::apply::{confirm_apply, count};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::Warnings;
use crate::progress::Progress;
use crate::reporting::{Done, Reporting};
use crate::reports::ReportArgs;
use crate::run::HostRun;
use crate::selected;
use crate::ui::Ui;

/// Show what changed on the hosts since the last apply, and what is not as the manifest says; change nothing
///
/// Made for cron: a line for each finding, the counts first, and nothing at all with -q where all is well. Ends with 0
/// where every host is clean, 2 where one has drifted or waits for a rollout, 3 where one could not be observed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide drift
  abide drift -q || mail -s drift ops          from cron: silent where all is well
  abide drift --report prom=/var/lib/node_exporter/abide.prom
  abide drift --fix                            put back what was changed by hand; no rollout")]
pub(crate) struct DriftArgs {
    /// Put back what was changed on the hosts since the last apply, after a confirmation; roll out nothing
    #[arg(long)]
    fix: bool,
    /// With --fix: do not ask; needed where nobody can be asked
    #[arg(short, long, requires = "fix")]
    yes: bool,
    /// Print events as NDJSON: `version` first, `run_summary` last
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reports: ReportArgs,
}

impl DriftArgs {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        if self.fix && !self.yes && (self.json || !ui.can_ask) {
            return Err(
                Failure::usage_error("nobody can be asked: standard input is no terminal")
                    .with_hint("pass --yes to restore without a confirmation"),
            );
        }
        let mut reporting =
            Reporting::begin(Command::Drift, &self.reports, self.json, (ui, environment))?;
        let done = self
            .find_and_fix(&mut reporting, (common, ui, environment))
            .await;
        reporting.end(done)
    }

    async fn find_and_fix(
        &self,
        reporting: &mut Reporting,
        (common, ui, environment): (&Common, &Ui, &Environment),
    ) -> Result<Done, Failure> {
        let mut run = HostRun::begin(
            common,
            &Allowances::default(),
            Warnings::Unsaid,
            (ui, environment),
        )
        .await?;
        if !self.fix {
            run.engine.only_look();
        }
        reporting.start(
            &run.manifest,
            run.diagnostics.clone(),
            selected::of_run(&run, common),
        );
        if self.fix {
            run.keeps_budgets()?;
        }
        let progress = Progress::new(ui, run.size, Report::default(), reporting.events());
        let fix = self.fix;
        let found = run
            .wait_with_progress(progress, async |engine, events, cancel| {
                engine.drift(fix, events, cancel).await
            })
            .await;
        reporting.record_plan(&found, None);
        let told = text::drift(&found, &ui.options);
        if fix && run.signals.exit().is_none() {
            return self.restore(run, found, told, (reporting, ui)).await;
        }
        run.engine.close().await;
        Ok(Done {
            exit: run.exit(Exit::of_report(&found, Exit::Pending)),
            text: told,
            report: found,
        })
    }

    /// Carries out what restores the hosts.
    async fn restore(
        &self,
        mut run: HostRun,
        found: Report,
        told: String,
        (reporting, ui): (&Reporting, &Ui),
    ) -> Result<Done, Failure> {
        let left = remaining_by_host(&found);
        let (actions, hosts) = count(&found);
        if actions == 0 {
            run.engine.close().await;
            return Ok(Done {
                exit: run.exit(Exit::of_report(&found, Exit::Pending)),
                text: told + nothing_to_restore_hint(&found),
                report: found,
            });
        }
        if !self.json {
            ui.print_answer(&told)?;
        }
        if !self.yes {
            ui.print_answer(&format!("\n{}", text::plan(&as_plan(&found), &ui.options)))?;
            if !confirm_apply(&run, ui, actions, hosts).await? {
                run.engine.close().await;
                ui.print_message("Nothing was changed.");
                return Ok(Done {
                    exit: run.exit(Exit::of_report(&found, Exit::Pending)),
                    text: String::new(),
                    report: found,
                });
            }
        }
        let progress = Progress::new(ui, hosts, found.clone(), reporting.events());
        let done = run
            .change_with_progress(progress, async |engine, events, cancel| {
                engine.apply(events, cancel).await
            })
            .await;
        run.engine.close().await;
        let remains = done.hosts.iter().any(|(name, host)| {
            host.outcome == HostOutcome::Changed && left.get(name).copied().unwrap_or(false)
        });
        let pending = left
            .iter()
            .filter(|(_, left)| **left)
            .map(|(name, _)| name.clone())
            .collect();
        let remaining = if remains { Exit::Pending } else { Exit::Done };
        Ok(Done {
            exit: run.exit(Exit::of_report(&done, Exit::Pending).or_worse(remaining)),
            text: text::restore_report(&done, &pending, &ui.options),
            report: done,
        })
    }
}

/// What is said where nothing is done, and somebody might wait for it.
fn nothing_to_restore_hint(found: &Report) -> &'static str {
    match Exit::of_report(found, Exit::Pending) {
        Exit::Pending => "Nothing to restore: `abide apply` rolls out what the manifest says.\n",
        _ => "",
    }
}

/// Whether something is not restored on a host, whatever becomes of the rest: a rollout, what abide cannot put back.
fn remaining_by_host(found: &Report) -> BTreeMap<HostName, bool> {
    let hosts = found.hosts.iter();
    hosts
        .map(|(name, host)| {
            let left = match &host.outcome {
                HostOutcome::Judged(drift) => {
                    let mut classes = drift.resources.iter().map(|one| one.class);
                    !drift.left.is_empty()
                        || classes.any(|class| class == DriftClass::PendingRollout)
                }
                _ => false,
            };
            (name.clone(), left)
        })
        .collect()
}

/// What would be restored, as a plan is shown.
fn as_plan(found: &Report) -> Report {
    let mut report = found.clone();
    for host in report.hosts.values_mut() {
        let has_actions = host
            .plan
            .as_ref()
            .is_some_and(|plan| !plan.actions.is_empty());
        if matches!(host.outcome, HostOutcome::Judged(_)) {
            host.outcome = if has_actions {
                HostOutcome::Pending
            } else {
                HostOutcome::Unchanged
            };
        }
    }
    report
}
