//! `abide lock`.

use abide_engine::Unseen;
use abide_host::order::LockOrder;
use abide_model::{Observed, Report, Timestamp};
use abide_report::{LockLine, text};
use clap::{Args, Subcommand};

use crate::args::{Allowances, Common};
use crate::commands::suspend::carry_out;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::Warnings;
use crate::progress::Progress;
use crate::run::HostRun;
use crate::ui::Ui;

/// Show who is changing which host, or end that
///
/// A lock is held by the apply on the host itself and is free as soon as that ends, however it ends: nothing needs to be
/// unlocked after a cancelled job or a lost connection.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide lock ls
  abide lock break --id 4211.1772546700 web07")]
pub(crate) struct Lock {
    #[command(subcommand)]
    what: LockVerb,
}

#[derive(Debug, Subcommand)]
enum LockVerb {
    /// Show who holds the lock of which host, and which hosts are suspended
    Ls,
    /// End who holds a host's lock
    ///
    /// Asks the apply there to end, which lets it finish what must not stay half done, and kills it after ten seconds.
    /// Run `abide plan` afterwards: what is left to do is planned again.
    #[command(after_help = "\
Examples:
  abide lock ls
  abide lock break --id 4211.1772546700 web07")]
    Break {
        /// The lock's id, as `abide lock ls` shows it: another one is not broken
        #[arg(long)]
        id: String,
        /// The host
        #[arg(value_name = "HOST")]
        of: String,
    },
}

impl Lock {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        match &self.what {
            LockVerb::Ls => list(common, ui, environment).await,
            LockVerb::Break { id, of } => {
                let common = common.for_host(of);
                let order = LockOrder::BreakLock { id: id.clone() };
                carry_out(&order, &common, ui, environment).await
            }
        }
    }
}

async fn list(common: &Common, ui: &Ui, environment: &Environment) -> Result<Exit, Failure> {
    let mut run = HostRun::begin(
        common,
        &Allowances::default(),
        Warnings::Unsaid,
        (ui, environment),
    )
    .await?;
    run.engine.only_look();
    let progress = Progress::new(ui, run.size, Report::default(), None);
    let seen = run
        .wait_with_progress(progress, async |engine, events, cancel| {
            engine.observe(events, cancel).await
        })
        .await;
    run.engine.close().await;
    let missing = seen.values().any(Result::is_err);
    let lines: Vec<LockLine<'_>> = seen
        .iter()
        .map(|(name, seen)| line(name.as_str(), seen))
        .collect();
    ui.print_answer(&text::lock_listing(&lines, &ui.options))?;
    Ok(run.exit(if missing {
        Exit::Incomplete
    } else {
        Exit::Done
    }))
}

fn line<'a>(host: &'a str, seen: &'a Result<Observed, Unseen>) -> LockLine<'a> {
    match seen {
        Ok(observed) => LockLine {
            host,
            now: observed.facts.now,
            lock: observed.lock.as_ref(),
            stale: observed.stale_lock.as_ref(),
            suspended: observed.suspended.as_ref(),
            unseen: None,
        },
        Err(why) => LockLine {
            host,
            now: Timestamp(0),
            lock: None,
            stale: None,
            suspended: None,
            unseen: Some(why),
        },
    }
}
