//! `abide apply`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use abide_engine::Urgency;
use abide_model::{Digest, HostOutcome, Report};
use abide_report::{Command, text};
use clap::{ArgGroup, Args};

use crate::args::{Allowances, Common};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::Warnings;
use crate::progress::Progress;
use crate::reporting::{Done, Reporting};
use crate::reports::ReportArgs;
use crate::run::HostRun;
use crate::select::select_saved;
use crate::ui::Ui;
use crate::values::{full_digest, parse_age, parse_step_timeout};
use crate::{budgets, clock, next, plan_file, resuming, selected};

/// Make the hosts what the manifest says, or carry out a saved plan
///
/// Without FILE: shows the plan, asks, carries out exactly that, and observes again. Success is an empty plan and units
/// that stayed up.
///
/// With FILE, a plan that `abide plan -o FILE` saved: sees first whether it still holds on every host, then carries out
/// exactly its actions. It asks nothing: the plan is what was approved. Where a host has moved on, nothing is done
/// anywhere. A plan with secrets needs the key that it was sealed with: that of the user who made it, or the same
/// `ABIDE_PLAN_KEY`.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("approval").multiple(true),
    after_help = "\
Examples:
  abide apply
  abide apply --host web1 --yes
  abide plan -o plan.json && abide apply plan.json
  abide apply --expect-digest sha256:...             only if a new plan is the approved one
  abide apply --yes --json > run.ndjson
  abide apply --yes --report json=run.json --report junit=run.xml"
)]
pub(crate) struct Apply {
    /// A saved plan to carry out; --host, --group and --exclude leave out hosts of it
    #[arg(value_name = "FILE", group = "approval")]
    plan: Option<PathBuf>,
    /// Do not ask; needed where nobody can be asked
    #[arg(short, long, group = "approval")]
    yes: bool,
    /// Go on only where the plan has this digest, all 64 digits of it; asks nothing then
    #[arg(long, value_name = "SHA256", value_parser = full_digest, group = "approval")]
    expect_digest: Option<Digest>,
    /// How old the plan in FILE may be, instead of its own limit
    #[arg(long, value_name = "TIME", value_parser = parse_age, requires = "plan")]
    max_age: Option<Duration>,
    /// Leave out of FILE the hosts, and the users of hosts, that have moved on since it was made; ends with 5 or 1 then
    #[arg(long, requires = "plan")]
    skip_stale: bool,
    /// Wait this long for a host that somebody else is changing, instead of leaving it out
    #[arg(long, value_name = "TIME", value_parser = parse_step_timeout)]
    lock_timeout: Option<Duration>,
    /// Print events as NDJSON: `version` first, `run_summary` last
    #[arg(long, requires = "approval")]
    json: bool,
    #[command(flatten)]
    allowances: Allowances,
    #[command(flatten)]
    reports: ReportArgs,
}

/// Flags, and what surrounds the run.
type Context<'a> = (&'a Common, &'a Ui, &'a Environment);

impl Apply {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        self.check(common, ui)?;
        let mut reporting =
            Reporting::begin(Command::Apply, &self.reports, self.json, (ui, environment))?;
        let context = (common, ui, environment);
        let done = match &self.plan {
            Some(path) => self.carry_out(path, &mut reporting, context).await,
            None => self.plan_and_apply(&mut reporting, context).await,
        };
        let done = done.map(|done| {
            let next = next::after_apply(&done.report, self.plan.as_deref(), common, ui);
            Done {
                text: done.text + &next,
                ..done
            }
        });
        reporting.end(done)
    }

    fn is_approved(&self) -> bool {
        self.yes || self.plan.is_some() || self.expect_digest.is_some()
    }

    fn check(&self, common: &Common, ui: &Ui) -> Result<(), Failure> {
        if !self.is_approved() && !ui.can_ask {
            return Err(
                Failure::usage_error("nobody can be asked: standard input is no terminal")
                    .with_hint("pass --yes to apply without a confirmation"),
            );
        }
        if self.plan.is_none() {
            return Ok(());
        }
        if !common.manifest.file.is_empty() {
            return Err(Failure::usage_error(
                "a saved plan needs no manifest: leave out -f",
            ));
        }
        if self.allowances.accept_broken {
            return Err(
                Failure::usage_error("--accept-broken has no meaning for a saved plan")
                    .with_hint("give it to `abide plan -o FILE`"),
            );
        }
        if self.allowances.allow_removals.is_some() {
            return Err(
                Failure::usage_error("--allow-removals has no meaning for a saved plan")
                    .with_hint("give it to `abide plan -o FILE`"),
            );
        }
        Ok(())
    }

    async fn plan_and_apply(
        &self,
        reporting: &mut Reporting,
        (common, ui, environment): Context<'_>,
    ) -> Result<Done, Failure> {
        let mut run = HostRun::begin(
            common,
            &self.allowances,
            Warnings::Counted,
            (ui, environment),
        )
        .await?;
        reporting.start(
            &run.manifest,
            run.diagnostics.clone(),
            selected::of_run(&run, common),
        );
        run.keeps_budgets()?;
        let progress = Progress::new(ui, run.size, Report::default(), reporting.events());
        let planned = run
            .wait_with_progress(progress, async |engine, events, cancel| {
                engine.plan(events, cancel).await
            })
            .await;
        let digest = run.digest(&planned);
        self.prepare(&mut run, digest);
        reporting.record_plan(&planned, Some(digest));
        if run.signals.exit().is_none()
            && let Err(why) = self.expect(digest)
        {
            return Ok(finish_unapproved(run, planned, &why, ui).await);
        }
        let (actions, hosts) = count(&planned);
        if actions == 0 || run.signals.exit().is_some() {
            return Ok(finish_run(run, planned, ui).await);
        }
        if !self.is_approved() {
            ui.print_answer(&text::plan(&planned, &ui.options))?;
            if !confirm_apply(&run, ui, actions, hosts).await? {
                run.engine.close().await;
                ui.print_message("Nothing was changed.");
                return Ok(Done {
                    report: planned,
                    // `abide apply && next` must not go on.
                    exit: run.exit(Exit::Failed),
                    text: String::new(),
                });
            }
            // Reading takes its time, and what was read is what is done.
            run.engine.approve_planned();
            // A user who changes their own files all the time holds nobody else back.
            let gated = gate(&mut run, planned.clone(), true, reporting, ui).await;
            if resuming::is_stale(&gated) {
                return Ok(held_back(run, gated, ui).await);
            }
        }
        let progress = Progress::new(ui, hosts, planned, reporting.events());
        let report = run
            .change_with_progress(progress, async |engine, events, cancel| {
                engine.apply(events, cancel).await
            })
            .await;
        Ok(finish_run(run, report, ui).await)
    }

    /// Carries out a saved plan.
    async fn carry_out(
        &self,
        path: &Path,
        reporting: &mut Reporting,
        (common, ui, environment): Context<'_>,
    ) -> Result<Done, Failure> {
        let saved = plan_file::read(path)?;
        plan_file::check_age(path, &saved, clock::current_utc(), self.max_age)?;
        self.expect(saved.digest)?;
        budgets::hold_saved(&saved, &common.selection)?;
        let chosen = select_saved(&saved, &common.selection)?;
        let mut run = resuming::begin(path, &saved, common, (ui, environment)).await?;
        self.prepare(&mut run, saved.digest);
        let selected = selected::of_saved(&saved, &chosen, &common.selection);
        reporting.start(&saved.manifest.name, Vec::new(), selected);
        let before =
            resuming::report_before_observing(&saved, |host| chosen.hosts.contains_key(host));
        reporting.record_plan(&before, Some(saved.digest));
        if !saved.complete {
            ui.print_message(
                "The plan is incomplete: not every host could be observed when it was made.",
            );
        }
        let gated = gate(&mut run, before, self.skip_stale, reporting, ui).await;
        ui.print_message(&resuming::gate_summary(&saved, &gated, run.size));
        if resuming::is_stale(&gated) && !self.skip_stale {
            return Ok(held_back(run, gated, ui).await);
        }
        let (actions, hosts) = count_pending(&gated);
        if actions == 0 || run.signals.exit().is_some() {
            return Ok(finish_run(run, gated, ui).await);
        }
        let progress = Progress::new(ui, hosts, gated.clone(), reporting.events());
        let mut report = gated;
        let done = run
            .change_with_progress(progress, async |engine, events, cancel| {
                engine.apply(events, cancel).await
            })
            .await;
        report.hosts.extend(done.hosts);
        Ok(finish_run(run, report, ui).await)
    }

    /// What whoever meets its locks is told, and how long it waits for theirs.
    fn prepare(&self, run: &mut HostRun, digest: Digest) {
        run.engine.name_plan(digest.spoken_form());
        run.engine
            .wait_for_locks(self.lock_timeout.unwrap_or_default());
    }

    fn expect(&self, digest: Digest) -> Result<(), Failure> {
        match self.expect_digest {
            Some(expected) if expected != digest => Err(Failure::new(
                Exit::Stale,
                format!(
                    "nothing was done: the plan is {} (sha256:{digest}), and {} was expected",
                    digest.spoken_form(),
                    expected.spoken_form(),
                ),
            )
            .with_hint("the manifest or a host has changed since, or a host cannot be seen")),
            _ => Ok(()),
        }
    }
}

/// A run that ends before anything is done, because its plan is not the approved one: that is shown.
async fn finish_unapproved(mut run: HostRun, planned: Report, why: &Failure, ui: &Ui) -> Done {
    run.engine.close().await;
    ui.fail(why);
    Done {
        exit: run.exit(why.exit),
        text: text::plan(&planned, &ui.options),
        report: planned,
    }
}

/// Observes the hosts for which something is approved, and sees what is left of it.
async fn gate(
    run: &mut HostRun,
    mut known: Report,
    skip_stale: bool,
    reporting: &Reporting,
    ui: &Ui,
) -> Report {
    let progress = Progress::new(ui, run.size, known.clone(), reporting.events());
    let gated = run
        .wait_with_progress(progress, async |engine, events, cancel| {
            engine.gate(skip_stale, events, cancel).await
        })
        .await;
    known.hosts.extend(gated.hosts);
    known
}

/// A run that ends before anything is done, because a host has moved on.
async fn held_back(run: HostRun, mut report: Report, ui: &Ui) -> Done {
    resuming::hold_back(&mut report);
    let mut done = finish_run(run, report, ui).await;
    done.text
        .push_str("A host has moved on since the plan was made: nothing was done on any host.\n");
    done
}

async fn finish_run(mut run: HostRun, report: Report, ui: &Ui) -> Done {
    run.engine.close().await;
    Done {
        exit: run.exit(Exit::of_report(&report, Exit::Done)),
        text: text::report(&report, &ui.options),
        report,
    }
}

/// How many actions of how many hosts are still to be done.
fn count_pending(report: &Report) -> (usize, usize) {
    let mut pending = report.clone();
    pending
        .hosts
        .retain(|_, host| host.outcome == HostOutcome::Pending);
    count(&pending)
}

/// How many actions there are, on how many hosts.
pub(crate) fn count(report: &Report) -> (usize, usize) {
    let plans = report.hosts.values().filter_map(|host| host.plan.as_ref());
    let sizes: Vec<usize> = plans
        .map(|plan| plan.actions.len())
        .filter(|size| *size > 0)
        .collect();
    (sizes.iter().sum(), sizes.len())
}

/// Asks, and takes Ctrl-C for a no.
pub(crate) async fn confirm_apply(
    run: &HostRun,
    ui: &Ui,
    actions: usize,
    hosts: usize,
) -> Result<bool, Failure> {
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
    let answer = tokio::task::spawn_blocking(move || asking.ask_yes_or_no(&question));
    tokio::select! {
        answer = answer => answer.unwrap_or(Ok(false)),
        () = run.signals.cancel.at_least(Urgency::Finish) => Ok(false),
    }
}
