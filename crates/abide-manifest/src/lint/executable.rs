//! The program of an `Exec…=` line. No shell looks at it: what a shell would find or expand, systemd does not.
//! Source: systemd.service(5), "Command lines"; systemd 252 and 257 answer `bad-setting` to all but a bare name.

use super::{View, at_word};
use crate::codes;
use crate::work::Work;

const SECTIONS: [&str; 4] = ["Service", "Socket", "Mount", "Swap"];

/// Shells and systemd's own tools, which nobody has a version of their own of.
const TOOLS: [&str; 24] = [
    "sh",
    "bash",
    "dash",
    "env",
    "true",
    "false",
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
const STANDARD: [&str; 43] = [
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
    "kill",
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
        let program = program(&entry.value);
        let Some(Wrong {
            is_refused,
            message,
            help,
        }) = wrong(program)
        else {
            continue;
        };
        let is_tool = TOOLS.contains(&program) || program.starts_with("systemd-");
        let is_found = is_tool || !in_user && STANDARD.contains(&program);
        if is_found {
            continue;
        }
        if !view.may_tell() {
            return;
        }
        // With `-` before it systemd skips the line and takes the unit.
        let code = match is_refused && !prefixes(&entry.value).contains('-') {
            true => codes::REFUSED_EXECUTABLE,
            false => codes::EXECUTABLE,
        };
        work.push(
            at_word(code, (text, entry), program, message, &work.texts)
                .label("not an absolute path")
                .help(help),
        );
    }
}

/// What stands before the program and changes how it is run.
fn prefixes(line: &str) -> &str {
    let rest = line.trim_start_matches(['@', '-', ':', '+', '!', '|']);
    line.strip_suffix(rest).unwrap_or_default()
}

/// The first word, without the prefixes that change how it is run and without quotes.
fn program(line: &str) -> &str {
    let line = line.trim_start_matches(['@', '-', ':', '+', '!', '|']);
    let quote = line.chars().next().filter(|c| matches!(c, '"' | '\''));
    match quote {
        Some(quote) => line.split(quote).nth(1).unwrap_or_default(),
        None => line.split_whitespace().next().unwrap_or_default(),
    }
}

/// What is wrong with a program.
struct Wrong {
    /// Whether systemd refuses the unit for it.
    is_refused: bool,
    message: String,
    help: String,
}

fn wrong(program: &str) -> Option<Wrong> {
    let shown = program.escape_debug();
    // A specifier such as `%h` may well be an absolute path.
    if program.is_empty() || program.starts_with(['/', '%']) {
        return None;
    }
    let refused = |message: String, help: String| {
        Some(Wrong {
            is_refused: true,
            message,
            help,
        })
    };
    if let Some(below) = program.strip_prefix("~/") {
        let message = format!("`~` in `{shown}` is not expanded, and systemd refuses the unit");
        return refused(message, format!("write `%h/{}`", below.escape_debug()));
    }
    if program.starts_with('$') {
        let message = format!(
            "`{shown}`: the program cannot come from a variable, and systemd refuses the unit"
        );
        let below = program
            .strip_prefix("$HOME/")
            .or_else(|| program.strip_prefix("${HOME}/"));
        let help = below.map_or("write its absolute path".to_owned(), |below| {
            format!("write `%h/{}`", below.escape_debug())
        });
        return refused(message, help);
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    let help = format!(
        "write its absolute path, for example `/usr/bin/{}`",
        name.escape_debug()
    );
    if program.contains('/') {
        let message = format!("`{shown}` is a relative path, and systemd refuses the unit");
        return refused(message, help);
    }
    Some(Wrong {
        is_refused: false,
        message: format!(
            "`{shown}` is looked up in systemd's own list of directories, not in the user's `PATH`"
        ),
        help,
    })
}
