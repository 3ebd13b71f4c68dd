//! The program of an `Exec…=` line. No shell looks at it: what a shell would find or expand, systemd does not.
//! Source: systemd.service(5), "Command lines"; systemd 252 and 257 answer `bad-setting` to all but a bare name.

use super::{View, at_word};
use crate::codes;
use crate::work::Work;

const SECTIONS: [&str; 4] = ["Service", "Socket", "Mount", "Swap"];

/// Shells, what is a part of each, and systemd's own tools, which nobody has a version of their own of.
const TOOLS: [&str; 25] = [
    "sh",
    "bash",
    "dash",
    "env",
    "true",
    "false",
    "kill",
    "systemctl",
    "journalctl",
    "loginctl",
    "udevadm",
    "busctl",
    "bootctl",
    "coredumpctl",
    "homectl",
    "hostnamectl",
    "importctl",
    "localectl",
    "machinectl",
    "networkctl",
    "resolvectl",
    "timedatectl",
    "userdbctl",
    "varlinkctl",
    "systemd-run",
];

/// What every system has in systemd's own list of directories. Of 1,513 unit files of Debian 91 name one of these so.
const STANDARD: [&str; 42] = [
    "awk",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "cp",
    "cut",
    "date",
    "dd",
    "echo",
    "find",
    "grep",
    "head",
    "hostname",
    "ldconfig",
    "plymouth",
    "ssh-keygen",
    "id",
    "install",
    "ip",
    "killall",
    "ln",
    "ls",
    "mkdir",
    "mkfifo",
    "modprobe",
    "mount",
    "mv",
    "pkill",
    "printf",
    "rm",
    "rmdir",
    "sed",
    "sleep",
    "stty",
    "sync",
    "sysctl",
    "tee",
    "test",
    "touch",
    "umount",
    "xargs",
];

/// Programs that are not absolute paths. In a user unit a bare name is easily taken for one of the user's `PATH`.
pub(super) fn lint(view: &View<'_, '_>, in_user: bool, work: &mut Work<'_>) {
    for (text, entry) in view.entries() {
        if !SECTIONS.contains(&entry.section.as_str()) || !entry.key.starts_with("Exec") {
            continue;
        }
        for command in split_commands(&entry.value) {
            let program = program(command);
            let is_skipped = exec_prefixes(command).contains('-');
            if let Some(wrong) = program_problem(program, is_skipped, in_user) {
                if !view.may_tell() {
                    return;
                }
                let code = match wrong.is_refused {
                    true => codes::REFUSED_EXECUTABLE,
                    false => codes::EXECUTABLE,
                };
                let at = (text, entry);
                work.push(
                    at_word(code, at, program, wrong.message, &work.texts)
                        .with_label("not an absolute path")
                        .with_help(wrong.help),
                );
            }
            // With it systemd takes the unit, without this command and those behind it.
            if is_skipped && is_wrong_path(program) {
                break;
            }
        }
    }
}

/// The commands of a line: `;` as a word of its own ends one.
fn split_commands(line: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    let mut is_escaped = false;
    let mut before = ' ';
    let mut ends = Vec::new();
    for (at, c) in line.char_indices() {
        let next = line
            .get(at + c.len_utf8()..)
            .and_then(|rest| rest.chars().next());
        let is_word = before.is_whitespace() && next.is_none_or(char::is_whitespace);
        match (c, quote) {
            _ if is_escaped => is_escaped = false,
            ('\\', _) => is_escaped = true,
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (';', None) if is_word => ends.push(at),
            _ => {}
        }
        before = c;
    }
    let starts = ends.clone();
    let starts = std::iter::once(0).chain(starts.into_iter().map(|at| at + 1));
    let ends = ends.into_iter().chain([line.len()]);
    starts
        .zip(ends)
        .filter_map(|(start, end)| line.get(start..end))
        .map(str::trim)
        .filter(|command| !command.is_empty())
}

/// What stands before the program and changes how it is run.
fn exec_prefixes(command: &str) -> &str {
    let rest = command.trim_start_matches(['@', '-', ':', '+', '!', '|']);
    command.strip_suffix(rest).unwrap_or_default()
}

/// The first word, without the prefixes that change how it is run and without quotes.
fn program(command: &str) -> &str {
    let command = command.trim_start_matches(['@', '-', ':', '+', '!', '|']);
    let quote = command.chars().next().filter(|c| matches!(c, '"' | '\''));
    match quote {
        Some(quote) => command.split(quote).nth(1).unwrap_or_default(),
        None => command.split_whitespace().next().unwrap_or_default(),
    }
}

/// What is wrong with a program.
struct ProgramProblem {
    /// Whether systemd refuses the unit for it.
    is_refused: bool,
    message: String,
    help: String,
}

/// Whether systemd takes it neither for a path nor for a name. A specifier such as `%h` may well be an absolute path.
fn is_wrong_path(program: &str) -> bool {
    let is_absolute = program.starts_with(['/', '%']);
    program.ends_with('/') || !is_absolute && (program.starts_with('$') || program.contains('/'))
}

/// `is_skipped` where `-` stands before it.
fn program_problem(program: &str, is_skipped: bool, in_user: bool) -> Option<ProgramProblem> {
    let name = program.rsplit('/').next().unwrap_or(program);
    let help = format!(
        "write its absolute path, for example `/usr/bin/{}`",
        name.escape_debug()
    );
    if is_wrong_path(program) {
        let then = match is_skipped {
            true => "systemd skips the line",
            false => "systemd refuses the unit",
        };
        let (message, instead) = explain_refused_path(program);
        return Some(ProgramProblem {
            is_refused: !is_skipped,
            message: format!("{message}, and {then}"),
            help: instead.unwrap_or(help),
        });
    }
    let is_found = program.is_empty()
        || program.starts_with(['/', '%'])
        || TOOLS.contains(&program)
        || !in_user && STANDARD.contains(&program)
        || program.starts_with("systemd-");
    if is_found {
        return None;
    }
    Some(ProgramProblem {
        is_refused: false,
        message: format!(
            "`{}` is looked up in systemd's own list of directories, not in the user's `PATH`",
            program.escape_debug()
        ),
        help,
    })
}

/// Why systemd does not take it, and what else to write than any absolute path.
fn explain_refused_path(program: &str) -> (String, Option<String>) {
    let shown = program.escape_debug();
    let at_home = |below: &str| Some(format!("write `%h/{}`", below.escape_debug()));
    if program.ends_with('/') {
        let help = "name the program in it".to_owned();
        return (format!("`{shown}` is a directory"), Some(help));
    }
    if let Some(below) = program.strip_prefix("~/") {
        return (format!("`~` in `{shown}` is not expanded"), at_home(below));
    }
    if program.starts_with('$') {
        let message = format!("`{shown}`: the program cannot come from a variable");
        let below = ["$HOME/", "${HOME}/"]
            .iter()
            .find_map(|home| program.strip_prefix(home));
        let absolute = "write its absolute path".to_owned();
        return (message, below.map_or(Some(absolute), at_home));
    }
    (format!("`{shown}` is a relative path"), None)
}
