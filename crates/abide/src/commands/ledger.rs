//! `abide ledger`.

use std::collections::BTreeMap;
use std::error::Error;

use abide_engine::{LedgersError, Repaired, Urgency};
use abide_model::{HostLedgers, HostName, LedgerRepair, Report, StepResult};
use abide_report::ledgers::{LedgersLine, RepairLine};
use abide_report::{json, text};
use clap::{Args, Subcommand};

use crate::args::{Allowances, Common};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::Warnings;
use crate::progress::Progress;
use crate::run::HostRun;
use crate::ui::Ui;

/// Show what abide owns on a host by its own record, or repair that record
///
/// The ledger is a file on the host, one for each manifest: it says what abide wrote and enabled there, and nothing else is
/// ever removed. A line that abide would not have written leads to nothing; the others stand.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide ledger show web07
  abide ledger repair web07")]
pub(crate) struct LedgerArgs {
    #[command(subcommand)]
    what: LedgerVerb,
}

#[derive(Debug, Subcommand)]
enum LedgerVerb {
    /// Show the ledgers of all manifests on a host, and what is wrong with them; ends with 3 where something is
    #[command(after_help = "\
Examples:
  abide ledger show web07
  abide ledger show web07 --json | jq '.hosts[].ledgers[] | select(.good | not)'")]
    Show {
        /// Print it as a JSON document
        #[arg(long)]
        json: bool,
        /// The host
        #[arg(value_name = "HOST")]
        of: String,
    },
    /// Repair the ledgers of a host, of all manifests: valid lines are kept, the others dropped
    ///
    /// What stands there is kept beside under a name that begins with `.kept.`. What is no regular file is moved aside,
    /// neither opened nor followed. What dropped lines named stays on the host as it is, and is no longer abide's.
    #[command(after_help = "\
Examples:
  abide ledger show web07
  abide ledger repair web07
  abide ledger repair --yes web07            where nobody can be asked")]
    Repair {
        /// Do not ask; needed where nobody can be asked
        #[arg(short, long)]
        yes: bool,
        /// Keep valid lines of a ledger that others than its owner could have written; read them first
        #[arg(long)]
        keep_lines: bool,
        /// The host
        #[arg(value_name = "HOST")]
        of: String,
    },
}

/// What came of each host.
type HostAnswers = BTreeMap<HostName, Result<HostLedgers, LedgersError>>;

impl LedgerArgs {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        match &self.what {
            LedgerVerb::Show { json, of } => {
                let mut run = begin(of, common, ui, environment).await?;
                run.engine.only_look();
                let seen = look(&mut run, ui).await;
                run.engine.close().await;
                show(&run, &seen, *json, ui)
            }
            LedgerVerb::Repair {
                yes,
                keep_lines,
                of,
            } => {
                if !yes && !ui.can_ask {
                    return Err(Failure::usage_error(
                        "nobody can be asked: standard input is no terminal",
                    )
                    .with_hint("pass --yes to repair without a confirmation"));
                }
                let mut run = begin(of, common, ui, environment).await?;
                let ended = repair(&mut run, *yes, *keep_lines, ui).await;
                run.engine.close().await;
                ended
            }
        }
    }
}

async fn begin(
    of: &str,
    common: &Common,
    ui: &Ui,
    environment: &Environment,
) -> Result<HostRun, Failure> {
    let common = common.for_host(of);
    HostRun::begin(
        &common,
        &Allowances::default(),
        Warnings::Unsaid,
        (ui, environment),
    )
    .await
}

async fn look(run: &mut HostRun, ui: &Ui) -> HostAnswers {
    let progress = Progress::new(ui, run.size, Report::default(), None);
    run.wait_with_progress(progress, async |engine, events, cancel| {
        engine.ledgers(events, cancel).await
    })
    .await
}

fn show(run: &HostRun, seen: &HostAnswers, as_json: bool, ui: &Ui) -> Result<Exit, Failure> {
    let lines: Vec<LedgersLine<'_>> = seen
        .iter()
        .map(|(host, seen)| LedgersLine {
            host: host.as_str(),
            seen: seen.as_ref().map_err(|why| why as &dyn Error),
        })
        .collect();
    let good = seen
        .values()
        .all(|seen| seen.as_ref().is_ok_and(HostLedgers::is_good));
    let exit = run.exit(if good { Exit::Done } else { Exit::Incomplete });
    if as_json {
        ui.print_answer(&json::ledgers(&lines, exit.into()))?;
    } else {
        ui.print_unless_silent(&text::ledgers(&lines, &ui.options))?;
    }
    Ok(exit)
}

async fn repair(
    run: &mut HostRun,
    is_approved: bool,
    keep_lines: bool,
    ui: &Ui,
) -> Result<Exit, Failure> {
    let seen = look(run, ui).await;
    let (repairs, mut exit, mut told) = plan_repairs(&seen, keep_lines);
    let lines: Vec<RepairLine<'_>> = repairs
        .iter()
        .map(|(host, (seen, repair))| RepairLine {
            host: host.as_str(),
            seen,
            repair,
        })
        .collect();
    if !lines.is_empty() {
        told.push_str(&text::ledger_repair(&lines, &ui.options));
    }
    ui.print_unless_silent(&told)?;
    let to_do: BTreeMap<HostName, LedgerRepair> = repairs
        .iter()
        .filter(|(_, (_, repair))| !repair.steps.is_empty())
        .map(|(host, (_, repair))| (host.clone(), repair.clone()))
        .collect();
    if to_do.is_empty() || run.signals.exit().is_some() {
        return Ok(run.exit(exit));
    }
    if !is_approved && !confirm_repair(run, ui, to_do.len()).await? {
        ui.print_message("Nothing was changed.");
        return Ok(run.exit(Exit::Failed));
    }
    let progress = Progress::new(ui, to_do.len(), Report::default(), None);
    let done = run
        .change_with_progress(progress, async |engine, events, cancel| {
            engine.mend_ledgers(to_do, events, cancel).await
        })
        .await;
    let mut told = String::new();
    for line in &lines {
        let of_host = done.iter().find(|(host, _)| host.as_str() == line.host);
        if let Some((_, done)) = of_host {
            let (ended, text) = repair_outcome(line, done, ui);
            exit = exit.or_worse(ended);
            told.push_str(&text);
        }
    }
    ui.print_unless_silent(&told)?;
    Ok(run.exit(exit))
}

/// Hosts with what mends them.
type Repairs<'a> = BTreeMap<HostName, (&'a HostLedgers, LedgerRepair)>;

/// What mends the hosts on which something is to be repaired, and what is said of the others.
fn plan_repairs(seen: &HostAnswers, keep_lines: bool) -> (Repairs<'_>, Exit, String) {
    let mut exit = Exit::Done;
    let mut told = String::new();
    let mut repairs = BTreeMap::new();
    for (host, seen) in seen {
        match seen {
            Err(why) => {
                exit = exit.or_worse(exit_of(why));
                told.push_str(&format!("{host}  not repaired: {why}\n"));
            }
            Ok(seen) if seen.is_good() => {
                told.push_str(&format!(
                    "{host}  nothing to repair: {}\n",
                    good_ledgers_text(seen)
                ));
            }
            Ok(found) => {
                let repair = found.repair(keep_lines);
                // What is left alone is not as it should be all the same.
                if !found.is_mended_by(&repair) {
                    exit = exit.or_worse(Exit::Incomplete);
                }
                repairs.insert(host.clone(), (found, repair));
            }
        }
    }
    (repairs, exit, told)
}

/// How a repair ended, and what is said of it.
fn repair_outcome(
    line: &RepairLine<'_>,
    done: &Result<Repaired, LedgersError>,
    ui: &Ui,
) -> (Exit, String) {
    let done = match done {
        Ok(done) => done,
        Err(why) => {
            return (
                exit_of(why),
                format!("{}  not repaired: {why}\n", line.host),
            );
        }
    };
    let mut steps = 0..line.repair.steps.len();
    let whole = steps.all(|step| done.steps.get(&step).is_some_and(StepResult::is_done));
    let mut told = text::ledger_repaired(line, &done.steps, &ui.options);
    for why in &done.failed {
        told.push_str(&format!("  {why}\n"));
    }
    match whole && done.ended && done.failed.is_empty() {
        true => (Exit::Done, told),
        false => (Exit::Failed, told),
    }
}

/// `2 ledgers are as abide writes them`.
fn good_ledgers_text(seen: &HostLedgers) -> String {
    match seen.ledgers.len() {
        0 => "there is no ledger".to_owned(),
        1 => "its ledger is as abide writes it".to_owned(),
        many => format!("its {many} ledgers are as abide writes them"),
    }
}

fn exit_of(why: &LedgersError) -> Exit {
    match why {
        LedgersError::Unseen(_) | LedgersError::Answer(_) => Exit::Incomplete,
        LedgersError::Locked(_) | LedgersError::Suspended(_) => Exit::Locked,
        LedgersError::Failed(_) => Exit::Failed,
    }
}

/// Asks, and takes Ctrl-C for a no.
async fn confirm_repair(run: &HostRun, ui: &Ui, hosts: usize) -> Result<bool, Failure> {
    let question = match hosts {
        1 => "Repair this?".to_owned(),
        hosts => format!("Repair this on {hosts} hosts?"),
    };
    let asking = ui.clone();
    let answer = tokio::task::spawn_blocking(move || asking.ask_yes_or_no(&question));
    tokio::select! {
        answer = answer => answer.unwrap_or(Ok(false)),
        () = run.signals.cancel.at_least(Urgency::Finish) => Ok(false),
    }
}
