//! `abide status`.

use std::collections::BTreeMap;

use abide_engine::Unseen;
use abide_model::{HostName, Observed, Plan, Refusal, RefusalKind, Report};
use abide_report::{HostStatus, Seen, json, text};
use clap::Args;

use crate::args::{Allowances, Common};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::Warnings;
use crate::progress::Progress;
use crate::run::HostRun;
use crate::ui::Ui;

/// What each host answered.
type Looked = BTreeMap<HostName, Result<Observed, Unseen>>;
/// What a plan for each host that answered would do.
type HostPlans = BTreeMap<HostName, Plan>;

/// Show hosts, users, lingering and units as they are now
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide status
  abide status --group workers
  abide status -q --exit-code          only what is not as declared, and 2 where there is any
  abide status --json | jq '.hosts'")]
pub(crate) struct StatusArgs {
    /// Print it as a JSON document
    #[arg(long)]
    json: bool,
    /// End with 2 where something is not as declared
    #[arg(long)]
    exit_code: bool,
}

impl StatusArgs {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        let mut run = HostRun::begin(
            common,
            &Allowances::default(),
            Warnings::Unsaid,
            (ui, environment),
        )
        .await?;
        run.engine.only_look();
        run.engine.rehearse_boots();
        let progress = Progress::new(ui, run.size, Report::default(), None);
        let seen = run
            .wait_with_progress(progress, async |engine, events, cancel| {
                engine.observe(events, cancel).await
            })
            .await;
        let plans = plans_by_host(&run, &seen);
        let exit = run.exit(self.exit(&seen, &plans));
        let answer = self.render((&run, &seen, &plans), exit, ui);
        if self.json {
            ui.print_answer(&answer)?;
        } else {
            ui.print_unless_silent(&answer)?;
        }
        run.engine.close().await;
        Ok(exit)
    }

    /// A host that nobody could see counts in any case; what is not as declared where that is asked for.
    fn exit(&self, seen: &Looked, plans: &HostPlans) -> Exit {
        let unseen = |refusal: &Refusal| refusal.kind == RefusalKind::Unknown;
        let mut refused = plans.values().flat_map(|plan| &plan.refused);
        if seen.values().any(Result::is_err) || self.exit_code && refused.any(unseen) {
            Exit::Incomplete
        } else if self.exit_code && !plans.values().all(Plan::is_empty) {
            Exit::Pending
        } else {
            Exit::Done
        }
    }

    fn render(
        &self,
        (run, seen, plans): (&HostRun, &Looked, &HostPlans),
        exit: Exit,
        ui: &Ui,
    ) -> String {
        // Reasons are borrowed by what is rendered.
        let reasons: BTreeMap<&HostName, (String, Option<String>)> = seen
            .iter()
            .filter_map(|(name, seen)| {
                let why = seen.as_ref().err()?;
                Some((name, (why.to_string(), why.help_text())))
            })
            .collect();
        let hosts: Vec<HostStatus<'_>> = seen
            .iter()
            .filter_map(|(name, seen)| {
                let seen = match (seen, plans.get(name), reasons.get(name)) {
                    (Ok(observed), Some(plan), _) => Seen::Observed { observed, plan },
                    (Err(_), _, Some((reason, help))) => Seen::Unreachable {
                        reason,
                        help: help.as_deref(),
                    },
                    _ => return None,
                };
                let desired = run.engine.desired(name)?;
                Some(HostStatus { desired, seen })
            })
            .collect();
        if self.json {
            json::status(&hosts, exit.into())
        } else {
            text::status(&hosts, &ui.options)
        }
    }
}

/// What a plan for each host that was seen would do: it says what is as declared.
fn plans_by_host(run: &HostRun, seen: &Looked) -> HostPlans {
    let plan = |(name, seen): (&HostName, &Result<Observed, Unseen>)| {
        let mut desired = run.engine.desired(name)?.clone();
        // Nothing is removed here, so there is nothing to keep within a limit.
        desired.policy.allowed_removals = usize::MAX;
        let plan = abide_plan::plan(&desired, seen.as_ref().ok()?);
        Some((name.clone(), plan))
    };
    seen.iter().filter_map(plan).collect()
}
