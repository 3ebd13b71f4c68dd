//! A second question to a host whose plan starts units: is what they need there, as those see it who run them?
//!
//! Where a plan starts nothing, nothing is asked. The script looks at paths with a shell's own tests, as each user in turn,
//! and changes nothing. What a user's shell answers is about that user only, and what it does not answer stays unknown.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{HostPath, InputLook, InputSeen, Inputs, Interpreter, Runner, UserName};

use crate::probe::{COMMON, Frame, Frames, RUN_AS};
use crate::quote::{quote, words};

const LOOK: &str = include_str!("inputs/look.sh");
const INPUTS: &str = include_str!("inputs/inputs.sh");

/// More paths, users or groups than this are not asked about.
const MOST: usize = 4096;

/// How many bytes an answer may have.
pub const LARGEST_ANSWER: usize = 4 << 20;

/// The script that looks at these; `None` where there is nothing to look at. It runs as the probe does, and `nonce` is as
/// for [`probe::script`](crate::probe::script).
pub fn script(looks: &BTreeSet<InputLook>, nonce: &str) -> Option<String> {
    if looks.is_empty() {
        return None;
    }
    let asked = Asked::of(looks);
    let users = asked.paths.keys().filter_map(|runner| match runner {
        Runner::Root => None,
        Runner::User(user) => Some(user.as_str()),
    });
    let users: Vec<&str> = users.collect();
    Some(
        [
            "# abide: whether what units need is there. It reads and changes nothing.\nmain() {\n"
                .to_owned(),
            format!("nonce={}\n", crate::quote::word(nonce)),
            format!("asked_users={}\n", quote(&users.join(" "))),
            format!("asked_accounts={}\n", quote(&asked.accounts.join(" "))),
            format!("asked_groups={}\n", quote(&asked.groups.join(" "))),
            COMMON.to_owned(),
            RUN_AS.to_owned(),
            INPUTS.to_owned(),
            format!("\nlook_functions=$(\n  cat <<'{nonce}'\n{LOOK}{nonce}\n)\n"),
            asked.function(nonce),
            "\ninputs \"$@\" </dev/null\n}\nmain \"$@\"\n".to_owned(),
        ]
        .concat(),
    )
}

/// Reads what the host answered to [`script`] with the same `looks` and `nonce`. An answer that means nothing adds nothing.
pub fn read(looks: &BTreeSet<InputLook>, nonce: &str, answer: &[u8]) -> Inputs {
    let frames = Frames::of(answer, nonce);
    let asked = Asked::of(looks);
    let mut inputs = Inputs::new();
    if frames.get("end").is_none() {
        return inputs;
    }
    for (runner, paths) in &asked.paths {
        let frame = match runner {
            Runner::Root => frames.get("root"),
            Runner::User(user) => frames.about("user", user.as_str()),
        };
        let lines = frame
            .map(|frame| lines_of(frame, runner))
            .unwrap_or_default();
        // Fewer lines or more were not printed by the script.
        if lines.len() != paths.len() {
            continue;
        }
        for (path, line) in paths.iter().zip(lines) {
            let look = InputLook::Path {
                runner: runner.clone(),
                path: (*path).clone(),
            };
            inputs.extend(seen(path, &line).map(|seen| (look, seen)));
        }
    }
    let mut named = |frame: &str, names: &[&str], look: fn(String) -> InputLook| {
        let answers = frames.get(frame).into_iter().flat_map(Frame::texts);
        for (name, answer) in names.iter().zip(answers) {
            let seen = match answer {
                "yes" => InputSeen::Present,
                "no" => InputSeen::Absent,
                _ => continue,
            };
            inputs.insert(look((*name).to_owned()), seen);
        }
    };
    named("accounts", &asked.accounts, InputLook::User);
    named("groups", &asked.groups, InputLook::Group);
    inputs
}

/// What of a frame are lines; those of a user stand behind a tab.
fn lines_of(frame: &Frame<'_>, runner: &Runner) -> Vec<String> {
    let lines = frame.texts().filter_map(|line| match runner {
        Runner::Root => Some(line),
        Runner::User(_) => line.strip_prefix('\t'),
    });
    lines.map(str::to_owned).collect()
}

fn seen(path: &HostPath, line: &str) -> Option<InputSeen> {
    let (kind, flags) = line.split_at_checked(1)?;
    Some(match kind {
        "a" if flags.is_empty() => InputSeen::Absent,
        "d" if flags.is_empty() => InputSeen::Directory { searchable: true },
        "D" if flags.is_empty() => InputSeen::Directory { searchable: false },
        "o" if flags.is_empty() => InputSeen::Other,
        "h" => {
            let length: usize = flags.strip_prefix(' ')?.parse().ok()?;
            let above = match length {
                0 => "/",
                length => path.as_str().get(..length)?,
            };
            InputSeen::Hidden {
                by: HostPath::parse(above).ok()?,
            }
        }
        "f" if flags
            .chars()
            .all(|flag| matches!(flag, 'r' | 'x' | '!' | 'c')) =>
        {
            InputSeen::File {
                readable: flags.contains('r'),
                executable: flags.contains('x'),
                interpreter: match () {
                    () if flags.contains('!') => Interpreter::Missing,
                    () if flags.contains('c') => Interpreter::CarriageReturn,
                    () => Interpreter::Fine,
                },
            }
        }
        _ => return None,
    })
}

/// What is looked at, by who looks.
struct Asked<'a> {
    /// Root is always there: its frame is read first.
    paths: BTreeMap<Runner, Vec<&'a HostPath>>,
    accounts: Vec<&'a str>,
    groups: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(looks: &'a BTreeSet<InputLook>) -> Self {
        let mut asked = Self {
            paths: BTreeMap::from([(Runner::Root, Vec::new())]),
            accounts: Vec::new(),
            groups: Vec::new(),
        };
        for look in looks.iter().take(MOST) {
            match look {
                // A line stands for a path.
                InputLook::Path { path, .. } if path.as_str().contains('\n') => {}
                InputLook::Path { runner, path } => {
                    asked.paths.entry(runner.clone()).or_default().push(path);
                }
                InputLook::User(name) if is_name(name) => asked.accounts.push(name),
                InputLook::Group(name) if is_name(name) => asked.groups.push(name),
                InputLook::User(_) | InputLook::Group(_) => {}
            }
        }
        asked
    }

    /// The shell function `asked_of USER`: it prints what that user's shell runs.
    fn function(&self, nonce: &str) -> String {
        let mut arms = Vec::new();
        for (runner, paths) in &self.paths {
            let name = match runner {
                Runner::Root => "''",
                Runner::User(user) => user.as_str(),
            };
            let paths = words(paths.iter().map(|path| path.as_str()));
            arms.push(format!(
                "{name})\ncat <<'{nonce}'\nlook {paths} </dev/null\n{nonce}\n;;\n"
            ));
        }
        format!(
            "\nasked_of() {{\n  case $1 in\n{}  esac\n}}\n",
            arms.concat()
        )
    }
}

/// Words that a shell reads as they are.
fn is_name(name: &str) -> bool {
    UserName::parse(name).is_ok()
}

#[cfg(test)]
mod tests;
