//! Programs that a unit runs at its start, as far as it is certain that each must be there before.

use crate::effective::Effective;

use super::{Input, InputKind};

/// Programs that make no program.
const MAKE_NO_PROGRAM: [&str; 12] = [
    "[", "echo", "false", "kill", "logger", "mkdir", "pkill", "rm", "rmdir", "sleep", "test",
    "true",
];

/// The programs of a service that must be there. A missing one fails its start with 203/EXEC, that of an `ExecCondition=` keeps it
/// from being tried; what is missing for `ExecStop=`, `ExecStopPost=` and `ExecReload=` does not (seen on 252 and 257).
pub(super) fn of_service(unit: &Effective) -> Vec<Input> {
    let conditions = unit.all_values("Service", "ExecCondition");
    let mut programs = Chain::default();
    programs.add("ExecCondition", &conditions);
    // It may ask for the very program that is missing.
    if !conditions.is_empty() {
        return programs.needed;
    }
    programs.add("ExecStartPre", &unit.all_values("Service", "ExecStartPre"));
    let begun_before = programs.may_make;
    programs.add("ExecStart", &unit.all_values("Service", "ExecStart"));
    // What is started beside it begins at once: before it can have made anything.
    if matches!(unit.service_type(), "simple" | "exec" | "idle") {
        programs.may_make = begun_before;
    }
    programs.add(
        "ExecStartPost",
        first_line(&unit.all_values("Service", "ExecStartPost")),
    );
    programs.needed
}

/// The same of a socket, before and after it listens.
pub(super) fn of_socket(unit: &Effective) -> Vec<Input> {
    let mut programs = Chain::default();
    for key in ["ExecStartPre", "ExecStartPost"] {
        programs.add(key, &unit.all_values("Socket", key));
    }
    programs.needed
}

/// What a quadlet has run before Podman.
pub(super) fn before_podman(unit: &Effective) -> Vec<Input> {
    let mut programs = Chain::default();
    if unit.all_values("Service", "ExecCondition").is_empty() {
        programs.add("ExecStartPre", &unit.all_values("Service", "ExecStartPre"));
    }
    programs.needed
}

/// A later one may use what the service itself makes meanwhile.
fn first_line<'a, 'l>(lines: &'a [&'l str]) -> &'a [&'l str] {
    lines.get(..1).unwrap_or_default()
}

/// Commands in the order in which they run.
#[derive(Default)]
struct Chain {
    needed: Vec<Input>,
    /// One of those before may make the programs that follow.
    may_make: bool,
}

impl Chain {
    fn add(&mut self, setting: &'static str, lines: &[&str]) {
        for line in lines {
            let Some(command) = Command::parse(line) else {
                self.may_make = true;
                continue;
            };
            let name = command.program.rsplit('/').next().unwrap_or_default();
            let makes = !MAKE_NO_PROGRAM.contains(&name);
            if !command.may_fail && !self.may_make {
                self.needed.push(Input {
                    setting,
                    text: command.program,
                    kind: InputKind::Program,
                    by_manager: command.privileged,
                    in_root: true,
                });
            }
            self.may_make |= makes;
        }
    }
}

/// An `Exec…=` line, as far as its program is plain.
pub(super) struct Command {
    program: String,
    /// `-`: it may fail.
    may_fail: bool,
    /// `+` or `!`: it runs as the manager, not as `User=`.
    pub(super) privileged: bool,
}

impl Command {
    /// `None` where its program is not certain: escapes, variables, a shell's line (`|`, since systemd 258).
    pub(super) fn parse(line: &str) -> Option<Self> {
        let rest = line.trim_start_matches(['@', '-', ':', '+', '!', '|']);
        let prefixes = line.strip_suffix(rest)?;
        if prefixes.contains('|') {
            return None;
        }
        let program = match rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => {
                let (inner, behind) = rest.get(1..)?.split_once(quote)?;
                let ends = behind.is_empty() || behind.starts_with(char::is_whitespace);
                ends.then_some(inner)?
            }
            None => rest.split_whitespace().next()?,
        };
        let plain = !program.is_empty() && !program.contains(['\\', '$', '"', '\'']);
        plain.then(|| Self {
            program: program.to_owned(),
            may_fail: prefixes.contains('-'),
            privileged: prefixes.contains('+') || prefixes.replace("!!", "").contains('!'),
        })
    }
}
