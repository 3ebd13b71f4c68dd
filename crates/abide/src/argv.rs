//! Brings the command's name to the front of the command line.
//!
//! Common flags are taken on either side of the name, but clap keeps only one side's where a repeatable flag stands on
//! both: `abide --exclude db1 apply --exclude db2` would lose an exclusion in silence.

use std::ffi::OsString;

use clap::{Command, CommandFactory as _};

use crate::args::Cli;

/// The command line with the command's name first.
pub(crate) fn name_first(mut argv: Vec<OsString>) -> Vec<OsString> {
    if let Some(at) = command_position(&argv, &Cli::command()) {
        let name = argv.remove(at);
        argv.insert(1, name);
    }
    argv
}

/// Where the command's name stands: the first word that is neither a flag nor a flag's value.
fn command_position(argv: &[OsString], cli: &Command) -> Option<usize> {
    let mut words = argv.iter().enumerate().skip(1);
    while let Some((at, word)) = words.next() {
        match word.to_str() {
            // What only the program itself knows must stay before the name.
            Some("--" | "-V" | "--version") => return None,
            Some(flag) if flag.len() > 1 && flag.starts_with('-') => {
                if takes_next(cli, flag) {
                    words.next();
                }
            }
            _ => return Some(at),
        }
    }
    None
}

/// Whether the word behind this flag is its value.
fn takes_next(cli: &Command, flag: &str) -> bool {
    let takes_value = |found: Option<&clap::Arg>| {
        found.is_some_and(|argument| argument.get_action().takes_values())
    };
    if let Some(long) = flag.strip_prefix("--") {
        return takes_value(
            cli.get_arguments()
                .find(|argument| argument.get_long() == Some(long)),
        );
    }
    // In `-vj4` the rest of the word is the value, in `-vj 4` the next word.
    let mut letters = flag.chars().skip(1);
    while let Some(letter) = letters.next() {
        let found = cli
            .get_arguments()
            .find(|argument| argument.get_short() == Some(letter));
        if takes_value(found) {
            return letters.next().is_none();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn line(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_name_is_found_behind_flags_and_their_values() {
        for (given, wanted) in [
            ("abide plan --host a", "abide plan --host a"),
            ("abide --host plan apply -y", "abide apply --host plan -y"),
            ("abide --host=a apply", "abide apply --host=a"),
            ("abide -vj 4 plan", "abide plan -vj 4"),
            ("abide -vj4 plan", "abide plan -vj4"),
            ("abide -q -f - plan", "abide plan -q -f -"),
            ("abide --help plan", "abide plan --help"),
            ("abide --version plan", "abide --version plan"),
            ("abide --nonsense x plan", "abide x --nonsense plan"),
            ("abide", "abide"),
        ] {
            assert_eq!(name_first(line(given)), line(wanted), "{given}");
        }
    }

    #[test]
    fn a_flag_on_both_sides_counts_twice() {
        let argv = name_first(line("abide --exclude a apply --exclude b -y"));
        let cli = Cli::try_parse_from(argv).unwrap();
        assert_eq!(cli.common.selection.exclude, ["a", "b"]);
    }
}
