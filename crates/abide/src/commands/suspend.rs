//! `abide suspend` and `abide resume`.

use abide_engine::Undone;
use abide_host::order::LockOrder;
use abide_model::{Report, UtcTime};
use clap::Args;

use crate::args::{Allowances, Common};
use crate::clock;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::Warnings;
use crate::progress::Progress;
use crate::run::HostRun;
use crate::ui::Ui;
use crate::values::{Until, parse_suspension_end, reason};

/// Leave hosts alone for a while: nothing is applied there until then
///
/// Who, since when, until when and why stands on the host, so everybody's plan, apply and drift shows it and leaves the
/// host out, whichever manifest it is of.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide suspend --host db02 --reason 'disk is being replaced, ask ana' --until 4h
  abide suspend --group workers --reason freeze --until 2026-12-27T08:00:00Z
  abide resume --host db02")]
pub(crate) struct Suspend {
    /// Why; everybody is shown it
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// Until when: how long (4h, 2d), or a time (2026-03-01T12:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = parse_suspension_end)]
    until: Until,
}

/// Go on with hosts that were suspended
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide resume --host db02
  abide resume --group workers")]
pub(crate) struct Resume {}

impl Suspend {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        if !common.selection.is_said() {
            let message = "which hosts? All would be left alone";
            return Err(Failure::usage_error(message).with_hint(
                "`--host NAME` or `--group NAME`; `--group all` if all of them are meant",
            ));
        }
        let now = clock::current_utc();
        let until = match self.until {
            Until::In(duration) => now.later_by(duration),
            Until::At(time) if time > now => time,
            Until::At(time) => {
                return Err(Failure::usage_error(format!(
                    "--until {time} is over already"
                )));
            }
        };
        let order = LockOrder::Suspend {
            who: environment.who.clone(),
            reason: self.reason.clone(),
            until: until.duration_since(UtcTime::from_secs(0)).as_secs(),
        };
        carry_out(&order, common, ui, environment).await
    }
}

impl Resume {
    pub(crate) async fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        carry_out(&LockOrder::Resume, common, ui, environment).await
    }
}

/// Carries an order to the selected hosts and says of each what became of it.
pub(crate) async fn carry_out(
    order: &LockOrder,
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
    let progress = Progress::new(ui, run.size, Report::default(), None);
    let done = run
        .change_with_progress(progress, async |engine, events, cancel| {
            engine.order(order, events, cancel).await
        })
        .await;
    run.engine.close().await;
    let mut exit = Exit::Done;
    let mut text = String::new();
    for (host, done) in &done {
        let said = match done {
            Ok(said) => said.clone(),
            Err(why) => {
                exit = exit.or_worse(match why {
                    Undone::Unseen(_) => Exit::Incomplete,
                    Undone::Refused(_) => Exit::Failed,
                });
                format!("not done: {why}")
            }
        };
        text.push_str(&format!("{host}  {said}\n"));
    }
    ui.print_answer(&text)?;
    Ok(run.exit(exit))
}
