//! The command line's grammar. Doc comments are the manual.

use std::path::PathBuf;
use std::time::Duration;

use abide_model::{Digest, Shard, ShardBy, UtcTime};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::commands;

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
    pub(crate) command: Command,
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
pub(crate) enum Command {
    Init(commands::init::Init),
    Validate(commands::validate::Validate),
    Plan(commands::plan::PlanArgs),
    Apply(commands::apply::Apply),
    Show(commands::show::Show),
    Status(commands::status::Status),
    Hosts(commands::hosts::Hosts),
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
    pub(crate) run: Run,
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
    pub(crate) fn about(&self, host: &str) -> Self {
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
pub(crate) struct Run {
    /// How many hosts at once [default: the manifest's, or 32]
    #[arg(short = 'j', long, value_name = "N", global = true, value_parser = at_least_one)]
    pub(crate) parallel: Option<usize>,
    /// Limit for each step on a host: an observation, an apply
    #[arg(long, value_name = "TIME", global = true, value_parser = duration, default_value = "10m")]
    pub(crate) timeout: Duration,
    /// Limit for connecting [default: the manifest's, or 10s]
    #[arg(long, value_name = "TIME", global = true, value_parser = duration)]
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

/// Reads `90`, `90s`, `500ms`, `2m`, `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_error| wanted())?;
    let millis = match unit {
        "ms" => number,
        "" | "s" => number.saturating_mul(1000),
        "m" => number.saturating_mul(60_000),
        "h" => number.saturating_mul(3_600_000),
        _ => return Err(wanted()),
    };
    // A day is longer than any step, and keeps sums of durations from overflowing.
    match millis {
        0 => Err("it must be longer than nothing".to_owned()),
        1..=86_400_000 => Ok(Duration::from_millis(millis)),
        _ => Err("it may be a day at most".to_owned()),
    }
}

/// Reads the age that a plan may have: `12h`, `3d`, `2w`.
pub(crate) fn age(text: &str) -> Result<Duration, String> {
    let days = |number: &str, of: u64| {
        let number: u64 = number.parse().map_err(|_error| wanted_age())?;
        Ok(Duration::from_secs(number.saturating_mul(of)))
    };
    match text.strip_suffix('d') {
        Some(number) => days(number, 24 * 60 * 60),
        None => match text.strip_suffix('w') {
            Some(number) => days(number, 7 * 24 * 60 * 60),
            None => match text.strip_suffix('h') {
                Some(number) => days(number, 60 * 60),
                None => duration(text).map_err(|_error| wanted_age()),
            },
        },
    }
}

fn wanted_age() -> String {
    "write a number and a unit: 30m, 12h, 3d, 2w".to_owned()
}

/// Reads the end of a suspension: so long from now, or a time.
pub(crate) fn until(text: &str) -> Result<Until, String> {
    match text.parse::<UtcTime>() {
        Ok(time) => Ok(Until::At(time)),
        Err(_) => age(text).map(Until::In).map_err(|_error| {
            "write how long (4h, 2d) or until when (2026-03-01T12:00:00Z)".to_owned()
        }),
    }
}

/// When a suspension ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// So long from now.
    In(Duration),
    /// Then.
    At(UtcTime),
}

/// Reads a digest in full.
pub(crate) fn full_digest(text: &str) -> Result<Digest, String> {
    let hexadecimal = text.strip_prefix("sha256:").unwrap_or(text);
    hexadecimal.parse().map_err(|_error| {
        "write all 64 digits; the short form is for people, and can be matched on purpose"
            .to_owned()
    })
}

fn wanted() -> String {
    "write a number and a unit: 500ms, 10s, 2m, 1h".to_owned()
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("write a number from 1".to_owned()),
        Ok(number) => Ok(number),
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
    fn durations_have_a_unit_and_a_limit() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for wrong in [
            "",
            "s",
            "-1s",
            "1d",
            "0",
            "25h",
            "99999999999999999999h",
            "1 s",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ages_go_beyond_a_day() {
        assert_eq!(age("30m"), Ok(Duration::from_secs(1800)));
        assert_eq!(age("36h"), Ok(Duration::from_secs(36 * 3600)));
        assert_eq!(age("3d"), Ok(Duration::from_secs(3 * 86_400)));
        assert_eq!(age("2w"), Ok(Duration::from_secs(14 * 86_400)));
        assert_eq!(age("0d"), Ok(Duration::ZERO));
        for wrong in ["", "d", "-1d", "1.5d", "1y", "x"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_digest_is_taken_in_full_only() {
        let digest = Digest::of(b"a");
        assert_eq!(full_digest(&digest.to_string()), Ok(digest));
        assert_eq!(full_digest(&format!("sha256:{digest}")), Ok(digest));
        for short in [
            digest.spoken(),
            digest.short(),
            String::new(),
            "sha256:".to_owned(),
        ] {
            assert!(full_digest(&short).is_err(), "{short}");
        }
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
