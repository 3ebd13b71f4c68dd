//! `abide merge`.

use std::path::{Path, PathBuf};

use abide_model::saved_plan::merge;
use abide_model::{MergeError, PlanKey, SavedPlan};
use abide_report::document::{self, Document, DocumentFrame, MergedDocument, ReadDocument};
use abide_report::{Command, TextOptions, text};
use clap::Args;
use serde_json::Value;

use crate::args::Common;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::reports::ReportArgs;
use crate::ui::Ui;
use crate::{files, plan_file, resuming, run_id, saving};

/// Put the saved plans, or the reports, of all shards together into those of the whole
///
/// They must be all the shards of one selection of hosts, made from the same manifest; else nothing is written, and what
/// is missing is said. Merged plans have the digest of a plan that was made in one piece. Merged reports (`--report
/// json=FILE` wrote them) are the report of a run in one piece, its exit code included; merging ends with 0.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide plan --shard 1/2 -o 1.json               on one machine
  abide plan --shard 2/2 -o 2.json               on another
  abide merge 1.json 2.json -o plan.json && abide apply plan.json
  abide merge drift-*.json --report html=fleet.html")]
pub(crate) struct Merge {
    /// The saved plans or the reports, in any order
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Where the merged plan, or the merged report as JSON, goes
    #[arg(short, long, value_name = "FILE", required_unless_present = "report")]
    out: Option<PathBuf>,
    #[command(flatten)]
    reports: ReportArgs,
}

/// Largest report that is read, in bytes: some ten thousand hosts.
const LARGEST: usize = 512 << 20;

impl Merge {
    pub(crate) fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        if let Some(out) = &self.out {
            plan_file::check(out)?;
        }
        self.reports.check(false)?;
        let are_plans = self.files.first().is_some_and(|path| is_plan(path));
        let (document, said) = if are_plans {
            self.merge_plans(common, environment)?
        } else {
            self.merge_documents(environment, ui)?
        };
        if let Some(failure) = self.reports.write(&document).into_iter().next() {
            return Err(failure);
        }
        match self.reports.report_for_stdout(&document) {
            Some(answer) => ui.print_answer(&answer)?,
            None => ui.print_answer(&said)?,
        }
        Ok(Exit::Done)
    }

    fn merge_plans(
        &self,
        common: &Common,
        environment: &Environment,
    ) -> Result<(Document, String), Failure> {
        let mut plans: Vec<(String, SavedPlan)> = Vec::new();
        let mut key: Option<PlanKey> = None;
        for path in &self.files {
            let plan = plan_file::read(path)?;
            // The merged plan gets a seal of its own, so each part must deserve it.
            key = resuming::seal(path, &plan, &common.run, environment)?.or(key);
            plans.push((path.display().to_string(), plan));
        }
        let mut merged = merge(plans).map_err(|why| merge_failure("plans", &why))?;
        merged.finish(key.as_ref());
        if let Some(out) = &self.out {
            plan_file::write(out, &merged)?;
        }
        let said = saving::merged_plan_text(self.out.as_deref(), &merged);
        Ok((saving::document(&merged), said))
    }

    fn merge_documents(
        &self,
        environment: &Environment,
        ui: &Ui,
    ) -> Result<(Document, String), Failure> {
        let named = |path: &PathBuf| read(path).map(|kept| (path.display().to_string(), kept));
        let kept: Vec<(String, ReadDocument)> =
            self.files.iter().map(named).collect::<Result<_, _>>()?;
        let merged = document::merge(kept).map_err(|why| merge_failure("reports", &why))?;
        let options = TextOptions {
            // What had to be hidden is.
            show_sensitive: true,
            ..ui.options.clone()
        };
        let said = match merged.kind {
            Command::Drift => text::drift(&merged.report, &options),
            Command::Plan => text::plan(&merged.report, &options),
            Command::Apply | Command::Validate => text::report(&merged.report, &options),
        };
        let document = merged_document(merged, environment)?;
        if let Some(out) = &self.out {
            crate::reports::write_report(out, document.to_json().as_bytes())?;
        }
        Ok((document, said))
    }
}

/// Whether a file says that it is a saved plan. What cannot be read is found out by whoever reads it next.
fn is_plan(path: &Path) -> bool {
    let bytes = files::read(path, LARGEST).ok().flatten();
    let value = bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    value.is_some_and(|value| value.get("kind") == Some(&Value::from("saved_plan")))
}

fn read(path: &Path) -> Result<ReadDocument, Failure> {
    let shown = path.display();
    let bytes = files::read(path, LARGEST)
        .map_err(|error| Failure::new(Exit::Stale, format!("{shown}: {error}")))?
        .ok_or_else(|| Failure::new(Exit::Stale, format!("{shown} is too large")))?;
    let code = |text: &str| abide_manifest::codes().find(|code| code.0 == text);
    document::read(&bytes, code).map_err(|why| {
        Failure::new(Exit::Stale, format!("{shown} is no report to merge: {why}"))
            .with_hint("`--report json=FILE` of plan, apply and drift writes one")
    })
}

/// The document of the run in one piece.
fn merged_document(merged: MergedDocument, environment: &Environment) -> Result<Document, Failure> {
    let exits = merged.codes.iter().filter_map(|code| Exit::of_code(*code));
    let exit = exits.fold(Exit::Done, Exit::or_worse);
    let (started, ended) = merged.span;
    let frame = DocumentFrame {
        kind: merged.kind,
        exit: exit.into(),
        run: document::DocumentRun {
            id: run_id::random_uuid()
                .map_err(|error| Failure::local_error("random numbers", error))?,
            abide: env!("CARGO_PKG_VERSION").to_owned(),
            started,
            ended,
            millis: ended.0.saturating_sub(started.0),
            url: environment.job.clone(),
            directory: merged.directory,
        },
        manifest: Some(merged.manifest),
        selected: Some(merged.selected),
        digest: None,
        diagnostics: merged.diagnostics,
        failure: None,
    };
    Ok(Document::from_safe_report(frame, &merged.report))
}

fn merge_failure(what: &str, why: &MergeError) -> Failure {
    let failure = Failure::new(
        Exit::Stale,
        format!("the {what} are not merged, nothing was written: {why}"),
    );
    match why {
        MergeError::Missing(_) => {
            failure.with_hint(format!("name the {what} of all shards, of empty ones too"))
        }
        MergeError::NoShard(_) => failure.with_hint("`abide plan --shard 1/2 -o FILE` saves one"),
        MergeError::Apart { .. } | MergeError::Gap(_) => failure.with_hint(format!(
            "make all {what} anew from the same manifest, with the same flags"
        )),
        MergeError::Nothing
        | MergeError::Odd { .. }
        | MergeError::Twice { .. }
        | MergeError::Overlap { .. } => failure,
    }
}
