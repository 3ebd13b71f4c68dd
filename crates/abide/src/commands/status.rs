//! `abide status`.

use std::collections::BTreeMap;

use abide_engine::Unseen;
use abide_model::{HostName, Observed, Report};
use abide_report::{HostStatus, Seen, json, text};
use clap::Args;

use crate::args::{Allowances, Common};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::run::Run;
use crate::ui::Ui;

/// Show hosts, users, lingering and units as they are now
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide status
  abide status --group workers
  abide status --json | jq '.hosts'")]
pub(crate) struct Status {
    /// Print it as a JSON document
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        let mut run = Run::begin(common, &Allowances::default(), ui, environment).await?;
        run.engine.only_look();
        let progress = Progress::new(ui, run.size, Report::default(), None);
        let seen = run
            .shown(progress, async |engine, events, cancel| {
                engine.observe(events, cancel).await
            })
            .await;
        let missing = seen.values().any(Result::is_err);
        let exit = run.exit(if missing {
            Exit::Incomplete
        } else {
            Exit::Done
        });
        let answer = self.render(&run, &seen, exit, ui);
        if self.json {
            ui.answer(&answer)?;
        } else {
            ui.tell(&answer)?;
        }
        run.engine.close().await;
        Ok(exit)
    }

    fn render(
        &self,
        run: &Run,
        seen: &BTreeMap<HostName, Result<Observed, Unseen>>,
        exit: Exit,
        ui: &Ui,
    ) -> String {
        // Reasons are borrowed by what is rendered.
        let reasons: BTreeMap<&HostName, (String, Option<String>)> = seen
            .iter()
            .filter_map(|(name, seen)| {
                let why = seen.as_ref().err()?;
                Some((name, (why.to_string(), why.help())))
            })
            .collect();
        let hosts: Vec<HostStatus<'_>> = seen
            .iter()
            .filter_map(|(name, seen)| {
                let seen = match (seen, reasons.get(name)) {
                    (Ok(observed), _) => Seen::Observed(observed),
                    (Err(_), Some((reason, help))) => Seen::Unreachable {
                        reason,
                        help: help.as_deref(),
                    },
                    (Err(_), None) => return None,
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
