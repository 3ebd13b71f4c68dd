//! Flags and commands of neighbours that people try, and what is meant by them here.

use clap::error::{ContextKind, ContextValue};

/// A tip for a command line that clap refused; `None` where nothing is known about it.
pub(crate) fn tip_for_error(error: &clap::Error) -> Option<&'static str> {
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.as_str()),
        _ => None,
    };
    let flag =
        word(ContextKind::InvalidArg).map(|flag| flag.split(['=', ' ']).next().unwrap_or(flag));
    let command = word(ContextKind::InvalidSubcommand);
    flag.and_then(|flag| of_flag(flag).or_else(|| of_word(flag)))
        .or_else(|| command.and_then(of_command))
}

/// Leaves out what clap guesses from the spelling, where we know what is meant.
pub(crate) fn without_guesses(error: &mut clap::Error) {
    for guess in [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::Suggested,
    ] {
        error.remove(guess);
    }
}

/// A word that is no flag, where a command takes none.
fn of_word(word: &str) -> Option<&'static str> {
    if word.starts_with('-') {
        return None;
    }
    let is_file = word.contains('/')
        || std::path::Path::new(word)
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml");
    Some(match is_file {
        true => "`-f FILE` names the manifest",
        false => "`--host NAME` chooses a host, `-f FILE` names the manifest",
    })
}

fn of_flag(flag: &str) -> Option<&'static str> {
    Some(match flag {
        "--limit" | "-l" | "--target" | "--hosts" | "--nodes" => {
            "`--host NAME` and `--group NAME` choose hosts, and `--exclude NAME` leaves some out"
        }
        "-i" | "--inventory" | "--manifest" | "--config" | "--playbook" => {
            "`-f FILE` names the manifest"
        }
        "--check" | "--dry-run" | "--noop" | "-n" | "-C" => {
            "`abide plan` shows what `abide apply` would do"
        }
        "--diff" | "-D" => "`abide plan` shows the differences",
        "--auto-approve" | "--force" | "--assume-yes" | "--no-confirm" => {
            "`abide apply --yes` asks nothing"
        }
        "--out" | "-out" => "`abide plan -o FILE` saves the plan",
        "--tags" | "--skip-tags" => {
            "there are no tags: a plan is the least that is to be done, for the hosts that you choose"
        }
        "-b" | "--become" | "--ask-become-pass" | "-K" => {
            "`connection: {become: auto}` in the manifest says how root is reached"
        }
        "-u" | "--user" => {
            "`connection: {user: NAME}` in the manifest, or ssh_config(5), says who logs in"
        }
        "--forks" => "`-j N` says how many hosts are worked on at once",
        _ => return None,
    })
}

fn of_command(command: &str) -> Option<&'static str> {
    Some(match command {
        "check" | "lint" | "verify" | "test" => {
            "`abide validate` checks the manifest, `abide plan` the hosts against it"
        }
        "diff" | "preview" | "dry-run" | "noop" => "`abide plan` shows what would change",
        "run" | "deploy" | "up" | "sync" | "converge" | "install" | "push" => {
            "`abide apply` makes the changes"
        }
        "destroy" | "remove" | "down" | "uninstall" => {
            "what the manifest no longer declares is removed by `abide apply`; users go by `state: absent`"
        }
        "list" | "ls" | "inventory" => "`abide hosts` lists the hosts, `abide status` their units",
        "restart" | "stop" | "start" => {
            "what runs is said by the manifest: `state: started`, `state: stopped`"
        }
        "unlock" | "force-unlock" => {
            "`abide lock ls` shows who holds which lock, `abide lock break` ends that"
        }
        "ps" | "services" | "units" => "`abide status` shows the units",
        _ => return None,
    })
}
