//! The program of an `Exec…=` line. No shell looks at it: what a shell would find or expand, systemd does not.
//! Source: systemd.service(5), "Command lines"; systemd 252 and 257 answer `bad-setting` to all but a bare name.

use super::{View, at_word};
use crate::codes;
use crate::work::Work;

const SECTIONS: [&str; 4] = ["Service", "Socket", "Mount", "Swap"];

/// Programs that are not absolute paths.
pub(super) fn lint(view: &View<'_, '_>, work: &mut Work<'_>) {
    for (text, entry) in view.entries() {
        if !SECTIONS.contains(&entry.section.as_str()) || !entry.key.starts_with("Exec") {
            continue;
        }
        let program = program(&entry.value);
        let Some((message, help)) = wrong(program) else {
            continue;
        };
        if !view.may_tell() {
            return;
        }
        work.push(
            at_word(
                codes::EXECUTABLE,
                (text, entry),
                program,
                message,
                &work.texts,
            )
            .label("not an absolute path")
            .help(help),
        );
    }
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

fn wrong(program: &str) -> Option<(String, String)> {
    let shown = program.escape_debug();
    // A specifier such as `%h` may well be an absolute path.
    if program.is_empty() || program.starts_with(['/', '%']) {
        return None;
    }
    if let Some(below) = program.strip_prefix("~/") {
        let message = format!("`~` in `{shown}` is not expanded, and systemd refuses the unit");
        return Some((message, format!("write `%h/{below}`")));
    }
    if program.starts_with('$') {
        let message = format!(
            "`{shown}`: the program cannot come from a variable, and systemd refuses the unit"
        );
        let below = program
            .strip_prefix("$HOME/")
            .or_else(|| program.strip_prefix("${HOME}/"));
        let help = below.map_or("write its absolute path".to_owned(), |below| {
            format!("write `%h/{below}`")
        });
        return Some((message, help));
    }
    let message = if program.contains('/') {
        format!("`{shown}` is a relative path, and systemd refuses the unit")
    } else {
        format!(
            "`{shown}` is looked up in systemd's own list of directories, not in the user's `PATH`"
        )
    };
    let name = program.rsplit('/').next().unwrap_or(program);
    Some((
        message,
        format!(
            "write its absolute path, for example `/usr/bin/{}`",
            name.escape_debug()
        ),
    ))
}
