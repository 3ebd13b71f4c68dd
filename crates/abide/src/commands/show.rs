//! `abide show`.

use std::path::{Path, PathBuf};

use abide_manifest::resolve;
use abide_model::{HostName, HostOutcome, Plan, Report};
use abide_report::{ResolvedRow, markdown, text, without_sensitive};
use clap::{ArgGroup, Args};

use crate::args::{Allowances, Common};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::{LoadedManifest, Warnings};
use crate::progress::Progress;
use crate::run::HostRun;
use crate::ui::Ui;
use crate::{clock, plan_file, saving};

/// Show a saved plan, the manifest of a host, or the script that a plan would run there
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("what").required(true),
    after_help = "\
Examples:
  abide show plan.json           a plan that `abide plan -o plan.json` saved; no host is asked
  abide show plan.json --md      the same for a comment on a pull request
  abide show --resolved web1     every value, with where it comes from
  abide show --script web1       exactly what `abide apply` would run there now
  abide show --script web1 | shellcheck -s sh -"
)]
pub(crate) struct Show {
    /// A saved plan
    #[arg(value_name = "FILE", group = "what")]
    plan: Option<PathBuf>,
    /// Print the saved plan as JSON, one member a line
    #[arg(long, requires = "plan")]
    json: bool,
    /// Print the saved plan as Markdown, for a comment on a pull request
    #[arg(long, requires = "plan", conflicts_with = "json")]
    md: bool,
    /// The manifest as it holds for a host, each value with where it is written
    #[arg(long, value_name = "HOST", group = "what")]
    resolved: Option<String>,
    /// The script that an apply would run on a host now; secrets, and what looks like one, are left out
    #[arg(long, value_name = "HOST", group = "what")]
    script: Option<String>,
    #[command(flatten)]
    allowances: Allowances,
}

impl Show {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        if let Some(path) = &self.plan {
            return self.show_saved(path, ui);
        }
        match (&self.resolved, &self.script) {
            (Some(_), _)
                if self.allowances.allow_removals.is_some() || self.allowances.accept_broken =>
            {
                Err(Failure::usage_error(
                    "--allow-removals and --accept-broken belong to --script",
                ))
            }
            (Some(host), _) => show_resolved(host, common, ui, environment),
            (None, Some(host)) => script(host, common, &self.allowances, ui, environment).await,
            (None, None) => Err(Failure::usage_error(
                "say what to show: a saved plan, --resolved or --script",
            )),
        }
    }

    /// Shows a saved plan as far as it can be believed: damaged ones are refused, old ones are not.
    fn show_saved(&self, path: &Path, ui: &Ui) -> Result<Exit, Failure> {
        let plan = plan_file::read(path)?;
        if self.json {
            let plan = match ui.options.show_sensitive {
                true => plan,
                false => saving::without_sensitive(plan),
            };
            let text = serde_json::to_string_pretty(&plan)
                .map_err(|error| Failure::local_error("the plan", error))?;
            ui.print_answer(&format!("{text}\n"))?;
            return Ok(Exit::Done);
        }
        if self.md {
            ui.print_answer(&markdown::render(&saving::document(&plan)))?;
            return Ok(Exit::Done);
        }
        ui.print_answer(&saving::saved_plan_text(&plan, &ui.options))?;
        if clock::current_utc() > plan.expires_at {
            ui.print_message("It has expired: make a new plan, or apply it with --max-age.");
        }
        Ok(Exit::Done)
    }
}

fn show_resolved(
    host: &str,
    common: &Common,
    ui: &Ui,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let manifest = LoadedManifest::to_look(common, environment)?;
    let (fleet, ..) = manifest.fleet(ui, Warnings::Unsaid)?;
    let name: HostName = host
        .parse()
        .map_err(|error| Failure::usage_error(format!("{error}")))?;
    if !fleet.hosts.contains_key(&name) {
        return Err(Failure::new(
            Exit::NothingSelected,
            format!("the manifest has no host `{name}`"),
        ));
    }
    let values = resolve(&manifest.sources, &manifest.disk, &manifest.options, &name);
    let rows: Vec<ResolvedRow> = values
        .into_iter()
        .map(|value| ResolvedRow {
            path: value.path,
            value: value.value,
            origin: value.origin,
            from: value.from,
        })
        .collect();
    ui.print_answer(&text::resolved_listing(&name, &rows, &ui.options))?;
    Ok(Exit::Done)
}

async fn script(
    host: &str,
    common: &Common,
    allowances: &Allowances,
    ui: &Ui,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let common = common.for_host(host);
    let mut run = HostRun::begin(&common, allowances, Warnings::Counted, (ui, environment)).await?;
    if run.size > 1 {
        return Err(Failure::usage_error("--script takes one host"));
    }
    let progress = Progress::new(ui, run.size, Report::default(), None);
    let report = run
        .wait_with_progress(progress, async |engine, events, cancel| {
            engine.plan(events, cancel).await
        })
        .await;
    for (name, host) in &report.hosts {
        let shown = |plan: &Plan| match ui.options.show_sensitive {
            true => plan.clone(),
            false => without_sensitive(plan),
        };
        match run.engine.script(name, shown) {
            Some(script) => ui.print_answer(&script)?,
            None => ui.print_message(&format!(
                "{name}: {}; there is no script",
                why_not(&host.outcome)
            )),
        }
    }
    let exit = run.exit(Exit::of_report(&report, Exit::Done));
    run.engine.close().await;
    Ok(exit)
}

fn why_not(outcome: &HostOutcome) -> &str {
    match outcome {
        HostOutcome::Unreachable { reason, .. } => reason,
        HostOutcome::Pending => "everything that differs is refused",
        HostOutcome::Unchanged => "nothing is to be done",
        other => other.word(),
    }
}
