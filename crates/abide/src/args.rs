//! The command line's grammar. Doc comments are the manual.

use std::path::PathBuf;
use std::time::Duration;

use abide_model::{Shard, ShardBy};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::values::{at_least_one, parse_step_timeout};

/// Keeps systemd services, above all user services with lingering, as a manifest says they should be.
///
/// abide observes hosts over ssh, plans the least changes with a cause for each, carries out exactly those, and observes
/// again: success is an empty plan.
#[derive(Debug, Parser)]
#[command(
    name = "abide",
    version,
    subcommand_required = true,
    after_help = EXAMPLES,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: AbideCommand,
    #[command(flatten)]
    pub(crate) common: Common,
}

const EXAMPLES: &str = "\
Examples:
  abide init                        write a starter manifest, abide.yaml
  abide plan                        show what would change, and why
  abide apply --host 'web*'         change it, after a confirmation

Exit codes:
  0 done, 1 failed, 2 changes pending (plan --detailed-exitcode, drift), 3 a host could not be seen,
  4 no host selected, 5 stale, 6 locked, 7 refused by a guard, 64 usage, 65 manifest, 130 Ctrl-C";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum AbideCommand {
    Init(commands::init::Init),
    Validate(commands::validate::Validate),
    Plan(commands::plan::PlanArgs),
    Apply(commands::apply::Apply),
    Show(commands::show::Show),
    Status(commands::status::StatusArgs),
    Hosts(commands::hosts::HostsArgs),
    Merge(commands::merge::Merge),
    Drift(commands::drift::DriftArgs),
    Suspend(commands::suspend::Suspend),
    Resume(commands::suspend::Resume),
    Lock(commands::lock::Lock),
    Ledger(commands::ledger::LedgerArgs),
    Trust(commands::trust::Trust),
    Schema(commands::schema::Schema),
    Explain(commands::explain::Explain),
    Completions(commands::completions::Completions),
    #[command(hide = true)]
    Man(commands::man::Man),
}

/// Flags that every command takes, on either side of its name.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) manifest: ManifestArgs,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Where the manifest is.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Manifest")]
pub(crate) struct ManifestArgs {
    /// Manifest file, or a directory of *.yaml files; repeat to merge several [default: abide.yaml]
    #[arg(short, long = "file", value_name = "PATH", global = true)]
    pub(crate) file: Vec<PathBuf>,
    /// Let paths in the manifest leave its directory
    #[arg(long, global = true)]
    pub(crate) allow_outside: bool,
    /// Trust whoever wrote the manifest: let it run programs here for secrets, configure ssh, manage this machine, and
    /// name files outside of its directory; `abide trust` does so once for a directory
    #[arg(long, global = true)]
    pub(crate) allow_commands: bool,
}

/// Which hosts.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct Selection {
    /// Only hosts whose name matches; `*` and `?` are wildcards
    #[arg(long, value_name = "GLOB", global = true)]
    pub(crate) host: Vec<String>,
    /// Only hosts of this group (and those of --host)
    #[arg(long, value_name = "GROUP", global = true)]
    pub(crate) group: Vec<String>,
    /// Not the hosts whose name matches
    #[arg(long, value_name = "GLOB", global = true)]
    pub(crate) exclude: Vec<String>,
    /// Only this part of the selected hosts: `2/5` is the second of five
    #[arg(
        long,
        value_name = "I/N",
        global = true,
        env = "ABIDE_SHARD",
        hide_env_values = true
    )]
    pub(crate) shard: Option<Shard>,
    /// What keeps its hosts in one shard: the host's name, or having a group in common
    #[arg(long, value_name = "WHAT", global = true, default_value = "host")]
    pub(crate) shard_by: Together,
}

impl Common {
    /// The same, about this host alone.
    pub(crate) fn for_host(&self, host: &str) -> Self {
        let mut common = self.clone();
        common.selection = Selection {
            host: vec![host.to_owned()],
            ..Selection::default()
        };
        common
    }
}

impl Selection {
    /// Whether it says which hosts are meant: without a word all are.
    pub(crate) fn is_said(&self) -> bool {
        !self.host.is_empty() || !self.group.is_empty() || !self.exclude.is_empty()
    }
}

/// What keeps hosts in one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Together {
    #[default]
    Host,
    Group,
}

impl From<Together> for ShardBy {
    fn from(together: Together) -> Self {
        match together {
            Together::Host => Self::Host,
            Together::Group => Self::Group,
        }
    }
}

/// How hosts are worked on.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct RunArgs {
    /// How many hosts at once [default: the manifest's, or 32]
    #[arg(short = 'j', long, value_name = "N", global = true, value_parser = at_least_one)]
    pub(crate) parallel: Option<usize>,
    /// Limit for each step on a host: an observation, an apply
    #[arg(long, value_name = "TIME", global = true, value_parser = parse_step_timeout, default_value = "10m")]
    pub(crate) timeout: Duration,
    /// Limit for connecting [default: the manifest's, or 10s]
    #[arg(long, value_name = "TIME", global = true, value_parser = parse_step_timeout)]
    pub(crate) connect_timeout: Option<Duration>,
    /// Configuration file for ssh, instead of your own (`ssh -F`)
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ssh_config: Option<PathBuf>,
}

/// What a run may do beyond the manifest's own limits.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Allowances {
    /// Let a plan stop or remove up to this many units on each host, whatever `max_removals` says
    #[arg(long, value_name = "N")]
    pub(crate) allow_removals: Option<usize>,
    /// Restart units that run even where it can be foreseen that they will not come up again
    #[arg(long)]
    pub(crate) accept_broken: bool,
}

/// How abide speaks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// When to use colour; `NO_COLOR` and `CLICOLOR_FORCE` are honoured
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub(crate) color: Color,
    /// Say less: the summary, and what is wrong; twice (-qq): nothing, the exit code says it
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "verbose")]
    pub(crate) quiet: u8,
    /// Say more: every step, what is unchanged, what is left alone; twice (-vv): what abide does, as `ABIDE_LOG=debug`
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Lines of context around each change of a diff
    #[arg(
        short = 'U',
        long = "unified",
        value_name = "N",
        global = true,
        default_value = "3"
    )]
    pub(crate) unified: usize,
    /// Show values in contents that look like secrets, such as `Environment=API_TOKEN=...`; reports never hold them
    #[arg(long, global = true)]
    pub(crate) show_sensitive: bool,
    /// Fold nothing: long diffs, new files, a diff that is another on each host
    #[arg(long, global = true)]
    pub(crate) full: bool,
}

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn common_flags_are_taken_on_both_sides_of_the_command() {
        for line in [
            ["abide", "--host", "a", "plan"],
            ["abide", "plan", "--host", "a"],
        ] {
            let cli = Cli::try_parse_from(line).unwrap();
            assert_eq!(cli.common.selection.host, ["a"]);
        }
    }
}
