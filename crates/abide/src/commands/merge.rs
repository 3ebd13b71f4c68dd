//! `abide merge`.

use std::path::PathBuf;

use abide_model::saved_plan::merge;
use abide_model::{MergeError, PlanKey, SavedPlan};
use clap::Args;

use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;
use crate::{plan_file, resuming, saving};

/// Put the saved plans of all shards together into the plan of the whole
///
/// The plans must be all the shards of one selection of hosts, made from the same manifest; else nothing is written, and
/// what is missing is said. What comes of it has the digest of a plan that was made in one piece.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide plan --shard 1/2 -o 1.json               on one machine
  abide plan --shard 2/2 -o 2.json               on another
  abide merge 1.json 2.json -o plan.json && abide apply plan.json")]
pub(crate) struct Merge {
    /// The saved plans, in any order
    #[arg(value_name = "FILE", required = true)]
    plans: Vec<PathBuf>,
    /// Where the merged plan goes
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

impl Merge {
    pub(crate) fn run(&self, ui: &Ui, environment: &Environment) -> Result<Exit, Failure> {
        plan_file::check(&self.out)?;
        let mut plans: Vec<(String, SavedPlan)> = Vec::new();
        let mut key: Option<PlanKey> = None;
        for path in &self.plans {
            let plan = plan_file::read(path)?;
            // The merged plan gets a seal of its own, so each part must deserve it.
            key = resuming::seal(path, &plan, environment)?.or(key);
            plans.push((path.display().to_string(), plan));
        }
        let mut merged = merge(plans).map_err(|why| refused(&why))?;
        merged.finish(key.as_ref());
        plan_file::write(&self.out, &merged)?;
        ui.answer(&saving::merged(&self.out, &merged))?;
        Ok(Exit::Done)
    }
}

fn refused(why: &MergeError) -> Failure {
    let failure = Failure::new(
        Exit::Stale,
        format!("the plans are not merged, nothing was written: {why}"),
    );
    match why {
        MergeError::Missing(_) => failure.hint("name the plans of all shards, of empty ones too"),
        MergeError::NoShard(_) => failure.hint("`abide plan --shard 1/2 -o FILE` saves one"),
        MergeError::Apart { .. } | MergeError::Gap(_) => {
            failure.hint("make all plans anew from the same manifest, with the same flags")
        }
        MergeError::Nothing
        | MergeError::Odd { .. }
        | MergeError::Twice { .. }
        | MergeError::Overlap { .. } => failure,
    }
}
