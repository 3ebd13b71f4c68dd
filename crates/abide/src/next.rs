//! What to type next, as it can be typed: with the flags that this run had.

use std::path::Path;

use abide_model::{HostName, HostState, Report};
use abide_report::{Summary, Verbosity, text};

use crate::args::{Allowances, Common};
use crate::selected;
use crate::ui::Ui;

/// Hosts that are named one by one; of more, the whole selection is.
const MOST_NAMED: usize = 3;

/// After a plan that was not saved.
pub(crate) fn after_plan(
    report: &Report,
    allowances: &Allowances,
    common: &Common,
    ui: &Ui,
) -> String {
    if !Summary::of_report(report).has_actions() {
        return String::new();
    }
    // Without it the apply would refuse what this plan allowed.
    let allowed = allowances.allow_removals;
    let allowed = allowed.map_or_else(String::new, |n| format!(" --allow-removals={n}"));
    let broken = match allowances.accept_broken {
        true => " --accept-broken",
        false => "",
    };
    let flags = flags_of_run(common, None);
    line(&[format!("abide apply{allowed}{broken}{flags}")], ui)
}

/// How a plan that was just saved is applied, on all of its hosts.
pub(crate) fn apply_file(plan: &Path, common: &Common) -> String {
    let flags = quote_flags(Vec::new(), common);
    format!("abide apply {}{flags}", word(&plan.to_string_lossy()))
}

/// After an apply, of this saved plan where it was one.
pub(crate) fn after_apply(
    report: &Report,
    plan: Option<&Path>,
    common: &Common,
    ui: &Ui,
) -> String {
    let hosts = |wanted: &[HostState]| -> Vec<&HostName> {
        let hosts = report.hosts.iter();
        let found = hosts.filter(|(_, host)| wanted.contains(&host.outcome.state()));
        found.map(|(name, _)| name).collect()
    };
    let failed = hosts(&[HostState::Failed]);
    if !failed.is_empty() {
        let flags = flags_of_run(common, Some(&failed));
        return line(
            &[format!("abide status{flags}"), format!("abide plan{flags}")],
            ui,
        );
    }
    let waiting = !hosts(&[HostState::NotStarted, HostState::Interrupted]).is_empty();
    if !hosts(&[HostState::Stale]).is_empty() {
        return line(&after_stale(plan, waiting, common), ui);
    }
    if !waiting {
        return String::new();
    }
    let again = match plan {
        // The rest of a plan is carried out by the same plan.
        Some(path) => {
            let flags = beside_file(common);
            format!("abide apply {}{flags}", word(&path.to_string_lossy()))
        }
        None => format!("abide plan{}", flags_of_run(common, None)),
    };
    line(&[again], ui)
}

/// Where a host has moved on: a new plan, or the old one on the hosts that it still holds on.
fn after_stale(plan: Option<&Path>, waiting: bool, common: &Common) -> Vec<String> {
    let Some(path) = plan else {
        return vec![format!("abide plan{}", flags_of_run(common, None))];
    };
    let file = word(&path.to_string_lossy());
    let mut commands = vec![format!(
        "abide plan -o {file}{}",
        flags_of_run(common, None)
    )];
    if waiting {
        let flags = beside_file(common);
        commands.push(format!("abide apply --skip-stale {file}{flags}"));
    }
    commands
}

fn line(commands: &[String], ui: &Ui) -> String {
    if ui.options.verbosity < Verbosity::Normal {
        return String::new();
    }
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    text::next(&commands)
}

/// The flags of this run, for the same hosts or for these few.
fn flags_of_run(common: &Common, hosts: Option<&[&HostName]>) -> String {
    let files = common.manifest.file.iter();
    let mut words: Vec<String> = files
        .flat_map(|file| ["-f".to_owned(), file.to_string_lossy().into_owned()])
        .collect();
    if common.manifest.allow_outside {
        words.push("--allow-outside".to_owned());
    }
    if common.manifest.allow_commands {
        words.push("--allow-commands".to_owned());
    }
    match hosts {
        Some(hosts) if hosts.len() <= MOST_NAMED => {
            words.extend(hosts.iter().map(|host| format!("--host={host}")));
        }
        _ => words.extend(selected::selection_flags(&common.selection)),
    }
    quote_flags(words, common)
}

/// The flags of this run that a saved plan can be applied with.
fn beside_file(common: &Common) -> String {
    quote_flags(selected::selection_flags(&common.selection), common)
}

fn quote_flags(mut words: Vec<String>, common: &Common) -> String {
    if let Some(file) = &common.run.ssh_config {
        words.push(format!("--ssh-config={}", file.display()));
    }
    let mut text = String::new();
    for one in &words {
        text.push(' ');
        text.push_str(&word(one));
    }
    text
}

/// A word as a shell reads it.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn what_a_shell_would_expand_is_quoted() {
        assert_eq!(word("--host=web1"), "--host=web1");
        assert_eq!(word("--host=web*"), "'--host=web*'");
        assert_eq!(word("a'b"), "'a'\\''b'");
    }
}
