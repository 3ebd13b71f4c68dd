//! `abide plan`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use abide_model::{HostName, HostOutcome, HostReport, Report, StaleFact, StaleKind};
use abide_report::{Command, text};
use clap::Args;

use crate::args::{Allowances, Common};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::Warnings;
use crate::progress::Progress;
use crate::reporting::{Done, Reporting};
use crate::reports::ReportArgs;
use crate::resuming::approved_hosts;
use crate::run::{HostRun, HostSelection};
use crate::select::select_saved;
use crate::ui::Ui;
use crate::values::parse_age;
use crate::{clock, next, plan_file, saving, selected};

/// Show what would change on the hosts, and why; change nothing
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide plan
  abide plan --host 'web*' --exclude web9
  abide plan -o plan.json                            to review, approve, and apply exactly that
  abide plan --check plan.json                       is it still true?
  abide plan --report md=plan.md --report html=plan.html
  abide plan --detailed-exitcode || [ $? -eq 2 ]     2 means: changes are pending")]
pub(crate) struct PlanArgs {
    /// Print events as NDJSON: `version` first, `run_summary` last
    #[arg(long)]
    json: bool,
    /// Save the plan: `abide apply FILE` does exactly this and nothing else
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Say whether a saved plan is still what would be planned now: 0 yes, 5 no
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "detailed_exitcode"])]
    check: Option<PathBuf>,
    /// With --check: how old the plan may be, instead of its own limit
    #[arg(long, value_name = "TIME", value_parser = parse_age, requires = "check")]
    max_age: Option<Duration>,
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
        let done = self
            .make_plan(&mut reporting, (common, ui, environment))
            .await;
        reporting.end(done)
    }

    async fn make_plan(
        &self,
        reporting: &mut Reporting,
        (common, ui, environment): (&Common, &Ui, &Environment),
    ) -> Result<Done, Failure> {
        if let Some(path) = &self.check {
            return self.check(path, reporting, (common, ui, environment)).await;
        }
        if let Some(path) = &self.out {
            plan_file::check(path)?;
        }
        let mut run = HostRun::begin(
            common,
            &self.allowances,
            Warnings::Counted,
            (ui, environment),
        )
        .await?;
        run.engine.only_look();
        reporting.start(
            &run.manifest,
            run.diagnostics.clone(),
            selected::of_run(&run, common),
        );
        let progress = Progress::new(ui, run.size, Report::default(), reporting.events());
        let report = run
            .wait_with_progress(progress, async |engine, events, cancel| {
                engine.plan(events, cancel).await
            })
            .await;
        let pending = if self.detailed_exitcode {
            Exit::Pending
        } else {
            Exit::Done
        };
        reporting.record_plan(&report, Some(run.digest(&report)));
        run.engine.close().await;
        let exit = run.exit(Exit::of_report(&report, pending));
        let mut text = text::plan(&report, &ui.options);
        match &self.out {
            Some(path) if run.signals.exit().is_some() => {
                ui.print_message(&format!("{} was not written.", path.display()));
            }
            Some(path) => {
                text.push_str(&saving::save(path, &run, &report, (common, environment)).await?);
            }
            None if run.signals.exit().is_some() => {}
            None => text.push_str(&next::after_plan(&report, &self.allowances, common, ui)),
        }
        Ok(Done { report, exit, text })
    }

    /// Plans what a saved plan is about once more, and compares.
    async fn check(
        &self,
        path: &Path,
        reporting: &mut Reporting,
        (common, ui, environment): (&Common, &Ui, &Environment),
    ) -> Result<Done, Failure> {
        let saved = plan_file::read(path)?;
        plan_file::check_age(path, &saved, clock::current_utc(), self.max_age)?;
        let names: BTreeSet<HostName> = select_saved(&saved, &common.selection)?
            .hosts
            .into_keys()
            .collect();
        let choice = HostSelection::Named(&names);
        let mut run = HostRun::begin_with(
            common,
            &self.allowances,
            (choice, Warnings::Counted),
            (ui, environment),
        )
        .await?;
        run.engine.only_look();
        reporting.start(
            &run.manifest,
            run.diagnostics.clone(),
            selected::of_run(&run, common),
        );
        run.engine.approve(approved_hosts(&saved));
        let progress = Progress::new(ui, run.size, Report::default(), reporting.events());
        let mut report = run
            .wait_with_progress(progress, async |engine, events, cancel| {
                engine.check(events, cancel).await
            })
            .await;
        run.engine.close().await;
        for name in names.iter().filter(|name| !run.hosts.contains(name)) {
            if let Some(host) = saved.host(name) {
                let outcome = HostOutcome::Stale {
                    facts: vec![StaleFact::of_host(StaleKind::NoSuchHost)],
                };
                let came = HostReport {
                    outcome,
                    ..host.report()
                };
                report.hosts.insert(name.clone(), came);
            }
        }
        reporting.record_plan(&report, Some(run.digest(&report)));
        Ok(Done {
            exit: run.exit(Exit::of_check(&report)),
            text: text::check(&path.display().to_string(), &report, &ui.options),
            report,
        })
    }
}
