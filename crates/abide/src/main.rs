//! The command line of abide: arguments, wiring, signals, exit codes.
//!
//! Only this crate reads the clock, the environment and local files. It decides what a command is made of and which
//! exit code an outcome has; what is wanted, planned, run and said is decided in the crates that it wires together.

mod args;
mod argv;
mod budgets;
#[cfg(test)]
mod cli_reference;
mod clock;
mod commands;
mod environment;
mod exit;
mod failure;
mod files;
mod load;
mod log;
mod neighbours;
mod next;
mod plan_file;
mod plan_key;
mod progress;
mod reporting;
mod reports;
mod resuming;
mod revision;
mod run;
mod run_id;
mod saving;
mod secrets;
mod select;
mod selected;
mod shards;
mod signals;
mod trust;
mod ui;
mod values;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{AbideCommand, Cli};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;

fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(argv::name_first(std::env::args_os().collect())) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(print_clap_error(error).code()),
    };
    let environment = Environment::read();
    let ui = Ui::new(&cli.common.output, &environment);
    let began = log::begin(&cli.common.output, &environment);
    let exit = match began.and_then(|()| run(&cli, &ui, &environment)) {
        Ok(exit) => exit,
        Err(failure) => {
            ui.fail(&failure);
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

/// Says what clap says. Its own exit code for a wrong command line is 2, which is for pending changes here.
fn print_clap_error(mut error: clap::Error) -> Exit {
    let tip = neighbours::tip_for_error(&error);
    if tip.is_some() {
        neighbours::without_guesses(&mut error);
    }
    // Help that nobody reads any more (`abide --help | head -1`) is no error.
    let _unread = error.print();
    if let Some(tip) = tip {
        use std::io::Write as _;
        let _unread = writeln!(std::io::stderr(), "\n  tip: {tip}");
    }
    if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Done
    }
}

fn run(cli: &Cli, ui: &Ui, environment: &Environment) -> Result<Exit, Failure> {
    let common = &cli.common;
    match &cli.command {
        AbideCommand::Init(init) => init.run(ui),
        AbideCommand::Hosts(hosts) => hosts.run(common, ui, environment),
        AbideCommand::Merge(merge) => merge.run(common, ui, environment),
        AbideCommand::Validate(validate) => validate.run(common, ui, environment),
        AbideCommand::Trust(trust) => trust.run(ui, environment),
        AbideCommand::Schema(schema) => schema.run(ui),
        AbideCommand::Explain(explain) => explain.run(ui),
        AbideCommand::Completions(completions) => completions.run(ui),
        AbideCommand::Man(man) => man.run(),
        AbideCommand::Plan(plan) => run::block_on(plan.run(common, ui, environment)),
        AbideCommand::Apply(apply) => run::block_on(apply.run(common, ui, environment)),
        AbideCommand::Show(show) => run::block_on(show.run(common, ui, environment)),
        AbideCommand::Drift(drift) => run::block_on(drift.run(common, ui, environment)),
        AbideCommand::Suspend(suspend) => run::block_on(suspend.run(common, ui, environment)),
        AbideCommand::Resume(resume) => run::block_on(resume.run(common, ui, environment)),
        AbideCommand::Lock(lock) => run::block_on(lock.run(common, ui, environment)),
        AbideCommand::Ledger(ledger) => run::block_on(ledger.run(common, ui, environment)),
        AbideCommand::Status(status) => run::block_on(status.run(common, ui, environment)),
    }
}
