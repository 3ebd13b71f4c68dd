//! Is what units need there that a plan starts, as those see it who run them? A part of the [second question](crate::follow_up).
//!
//! Where a plan starts nothing, nothing is asked. The script looks at paths with a shell's own tests, as each user in turn,
//! and changes nothing. What a user's shell answers is about that user only, and what it does not answer stays unknown.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    EnvSearch, HostPath, InputLook, InputSeen, Inputs, Interpreter, Runner, UserName,
};

use crate::probe::{Frame, Frames};
use crate::quote::{case_pattern, quote, words};

const LOOK: &str = include_str!("inputs/look.sh");
const ELSEWHERE: &str = include_str!("inputs/elsewhere.sh");
const SEARCHED: &str = include_str!("inputs/searched.sh");
const INPUTS: &str = include_str!("inputs/inputs.sh");

/// More paths, users or groups than this are not asked about.
const MOST: usize = 4096;

/// What the script needs to look at these; `None` where there is nothing to look at.
pub(crate) fn script_part(looks: &BTreeSet<InputLook>, nonce: &str) -> Option<String> {
    let asked = InputQuestion::from_looks(looks);
    if asked.is_empty() {
        return None;
    }
    let users = asked.runners.keys().filter_map(|runner| match runner {
        Runner::Root => None,
        Runner::User(user) => Some(user.as_str()),
    });
    let users: Vec<&str> = users.collect();
    Some(
        [
            format!("asked_users={}\n", quote(&users.join(" "))),
            format!("asked_accounts={}\n", quote(&asked.accounts.join(" "))),
            format!("asked_groups={}\n", quote(&asked.groups.join(" "))),
            format!("asked_ids={}\n", quote(&asked.numeric_ids().join(" "))),
            format!(
                "asked_config_homes={}\n",
                quote(&asked.config_homes().join(" "))
            ),
            format!("asked_locals={}\n", quote(&asked.local_users().join(" "))),
            INPUTS.to_owned(),
            format!(
                "\nlook_functions=$(\n  cat <<'{nonce}'\n{LOOK}{ELSEWHERE}{SEARCHED}{nonce}\n)\n"
            ),
            asked.shell_function(nonce),
            format!(
                "\nasked_paths() {{ owners_of_paths {}; }}\n",
                words(asked.owners.iter().map(|path| path.as_str()))
            ),
        ]
        .concat(),
    )
}

/// Reads what the host answered about the same `looks`. An answer that means nothing adds nothing.
pub(crate) fn read(looks: &BTreeSet<InputLook>, frames: &Frames<'_>) -> Inputs {
    let asked = InputQuestion::from_looks(looks);
    let mut inputs = seen_by_runners(&asked, frames);
    let mut each = |name: &str, looks: Vec<InputLook>, read: fn(&str) -> Option<InputSeen>| {
        let answers = frames.get(name).into_iter().flat_map(Frame::text_lines);
        let answered = looks.into_iter().zip(answers);
        inputs.extend(answered.filter_map(|(look, answer)| Some((look, read(answer)?))));
    };
    let named = |names: &[&str], look: fn(String) -> InputLook| {
        let names = names.iter().map(|name| look((*name).to_owned()));
        names.collect()
    };
    let numbered =
        |ids: &[u32], look: fn(u32) -> InputLook| ids.iter().copied().map(look).collect();
    let users = asked.locals.iter().copied().cloned();
    let owners = asked.owners.iter().copied().cloned();
    each(
        "accounts",
        named(&asked.accounts, InputLook::User),
        parse_presence,
    );
    each(
        "groups",
        named(&asked.groups, InputLook::Group),
        parse_presence,
    );
    each("ids", numbered(&asked.ids, InputLook::Uid), parse_owner);
    each(
        "config-homes",
        numbered(&asked.config_homes, InputLook::ConfigHome),
        set,
    );
    each(
        "locals",
        users.map(InputLook::LocalUser).collect(),
        parse_presence,
    );
    each(
        "owners",
        owners.map(InputLook::Owner).collect(),
        parse_owner,
    );
    inputs
}

/// What shells saw, each as its user.
fn seen_by_runners(asked: &InputQuestion<'_>, frames: &Frames<'_>) -> Inputs {
    let mut inputs = Inputs::new();
    for (runner, looks) in &asked.runners {
        let frame = match runner {
            Runner::Root => frames.get("root"),
            Runner::User(user) => frames.frame_about("user", user.as_str()),
        };
        let lines = frame
            .map(|frame| lines_of(frame, runner))
            .unwrap_or_default();
        // Fewer lines or more were not printed by the script.
        if lines.len() != looks.len() {
            continue;
        }
        for (look, line) in looks.iter().zip(lines) {
            let seen = match look {
                InputLook::Path { path, .. } => parse_path_line(path, &line),
                InputLook::Room { directory, .. } => parse_room_line(directory, &line),
                InputLook::ByEnv { .. } => by_env(&line),
                _ => parse_presence(&line),
            };
            inputs.extend(seen.map(|seen| ((*look).clone(), seen)));
        }
    }
    inputs
}

fn set(answer: &str) -> Option<InputSeen> {
    match answer {
        "-" => Some(InputSeen::Absent),
        path => HostPath::parse(path)
            .ok()
            .map(|path| InputSeen::Set { path }),
    }
}

/// What of a frame are lines; those of a user stand behind a tab.
fn lines_of(frame: &Frame<'_>, runner: &Runner) -> Vec<String> {
    let lines = frame.text_lines().filter_map(|line| match runner {
        Runner::Root => Some(line),
        Runner::User(_) => line.strip_prefix('\t'),
    });
    lines.map(str::to_owned).collect()
}

fn parse_presence(answer: &str) -> Option<InputSeen> {
    match answer {
        "yes" | "y" => Some(InputSeen::Present),
        "no" | "n" => Some(InputSeen::Absent),
        _ => None,
    }
}

/// Whose something is, behind `>` where it is a link; what nobody's is (`UNKNOWN`) is not said.
fn parse_owner(answer: &str) -> Option<InputSeen> {
    match answer {
        "-" => Some(InputSeen::Absent),
        "?" | "UNKNOWN" => None,
        name => {
            let (link, name) = match name.strip_prefix('>') {
                Some(name) => (true, name),
                None => (false, name),
            };
            let by = UserName::parse(name).ok()?.to_string();
            Some(match link {
                true => InputSeen::Link { by },
                false => InputSeen::Owned { by },
            })
        }
    }
}

/// A path or one above it, by its length.
fn ancestor_of_length(path: &HostPath, length: &str) -> Option<HostPath> {
    let length: usize = length.strip_prefix(' ')?.parse().ok()?;
    let above = match length {
        0 => "/",
        length => path.as_str().get(..length)?,
    };
    HostPath::parse(above).ok()
}

fn parse_room_line(directory: &HostPath, line: &str) -> Option<InputSeen> {
    let (kind, length) = line.split_at_checked(1)?;
    Some(match kind {
        "r" if length.is_empty() => InputSeen::Present,
        "n" => InputSeen::NotWritable {
            directory: ancestor_of_length(directory, length)?,
        },
        "f" => InputSeen::InTheWay {
            path: ancestor_of_length(directory, length)?,
        },
        _ => return None,
    })
}

/// What `env` does not find; a name that no program has says nothing.
fn by_env(line: &str) -> Option<InputSeen> {
    const LONGEST: usize = 64;
    let Some(name) = line.strip_prefix("n ") else {
        return parse_presence(line);
    };
    let plain = |c: char| c.is_ascii_graphic() || c == ' ';
    let is_name = !name.is_empty() && name.len() <= LONGEST && name.chars().all(plain);
    is_name.then(|| InputSeen::NotByEnv {
        name: name.to_owned(),
    })
}

fn parse_path_line(path: &HostPath, line: &str) -> Option<InputSeen> {
    let (kind, flags) = line.split_at_checked(1)?;
    Some(match kind {
        "a" if flags.is_empty() => InputSeen::Absent,
        "d" if flags.is_empty() => InputSeen::Directory { searchable: true },
        "D" if flags.is_empty() => InputSeen::Directory { searchable: false },
        "o" if flags.is_empty() => InputSeen::Other,
        "h" => InputSeen::Hidden {
            by: ancestor_of_length(path, flags)?,
        },
        "f" if flags
            .chars()
            .all(|flag| matches!(flag, 'r' | 'x' | '!' | 'c' | 't')) =>
        {
            InputSeen::File {
                readable: flags.contains('r'),
                executable: flags.contains('x'),
                interpreter: match () {
                    () if flags.contains('!') => Interpreter::Missing,
                    () if flags.contains('c') => Interpreter::CarriageReturn,
                    () if flags.contains('t') => Interpreter::NoFormat,
                    () => Interpreter::Fine,
                },
            }
        }
        _ => return None,
    })
}

/// What is looked at, by who looks.
struct InputQuestion<'a> {
    /// What shells of these look at, in the order of their answers. Root is always there: its frame is read first.
    runners: BTreeMap<Runner, Vec<&'a InputLook>>,
    accounts: Vec<&'a str>,
    groups: Vec<&'a str>,
    ids: Vec<u32>,
    config_homes: Vec<u32>,
    owners: Vec<&'a HostPath>,
    locals: Vec<&'a UserName>,
}

impl<'a> InputQuestion<'a> {
    fn from_looks(looks: &'a BTreeSet<InputLook>) -> Self {
        let mut asked = Self {
            runners: BTreeMap::from([(Runner::Root, Vec::new())]),
            accounts: Vec::new(),
            groups: Vec::new(),
            ids: Vec::new(),
            config_homes: Vec::new(),
            owners: Vec::new(),
            locals: Vec::new(),
        };
        // They are sorted by their kind, so that each function is called once.
        for look in looks.iter().take(MOST) {
            match look {
                // A line stands for a path.
                InputLook::Path { path, .. }
                | InputLook::Room {
                    directory: path, ..
                }
                | InputLook::Searched {
                    directory: path, ..
                }
                | InputLook::Inside { path, .. }
                | InputLook::ByEnv { path, .. }
                | InputLook::Owner(path)
                    if path.as_str().contains('\n') => {}
                InputLook::Path { runner, .. }
                | InputLook::Room { runner, .. }
                | InputLook::ByEnv { runner, .. } => {
                    asked.runners.entry(runner.clone()).or_default().push(look);
                }
                InputLook::Inside { .. } => {
                    asked.runners.entry(Runner::Root).or_default().push(look);
                }
                InputLook::Searched { user, .. } => {
                    let runner = Runner::User(user.clone());
                    asked.runners.entry(runner).or_default().push(look);
                }
                InputLook::Uid(uid) => asked.ids.push(*uid),
                InputLook::ConfigHome(uid) => asked.config_homes.push(*uid),
                InputLook::Owner(path) => asked.owners.push(path),
                InputLook::LocalUser(user) => asked.locals.push(user),
                InputLook::User(name) if is_name(name) => asked.accounts.push(name),
                InputLook::Group(name) if is_name(name) => asked.groups.push(name),
                // Systemd answers what it thinks of texts (`follow_up::texts`).
                InputLook::User(_) | InputLook::Group(_) | InputLook::Text(_) => {}
            }
        }
        asked
    }

    fn is_empty(&self) -> bool {
        let mut looks = self.runners.values();
        looks.all(Vec::is_empty)
            && self.accounts.is_empty()
            && self.groups.is_empty()
            && self.ids.is_empty()
            && self.config_homes.is_empty()
            && self.owners.is_empty()
            && self.locals.is_empty()
    }

    fn numeric_ids(&self) -> Vec<String> {
        self.ids.iter().map(u32::to_string).collect()
    }

    fn config_homes(&self) -> Vec<String> {
        self.config_homes.iter().map(u32::to_string).collect()
    }

    fn local_users(&self) -> Vec<&str> {
        self.locals.iter().map(|user| user.as_str()).collect()
    }

    /// The shell function `asked_of USER`: it prints what that user's shell runs.
    fn shell_function(&self, nonce: &str) -> String {
        let mut arms = Vec::new();
        for (runner, looks) in &self.runners {
            let name = match runner {
                Runner::Root => case_pattern(""),
                Runner::User(user) => case_pattern(user.as_str()),
            };
            let calls: Vec<String> = looks
                .chunk_by(|a, b| function_and_argument(a).0 == function_and_argument(b).0)
                .map(|looks| {
                    let first = looks
                        .first()
                        .map_or(("look", None), |look| function_and_argument(look).0);
                    let with = first.1.map(|with| format!("{} ", quote(with)));
                    let paths = words(looks.iter().map(|look| function_and_argument(look).1));
                    format!(
                        "{} {}{paths} </dev/null\n",
                        first.0,
                        with.unwrap_or_default()
                    )
                })
                .collect();
            arms.push(format!(
                "{name})\ncat <<'{nonce}'\n{}{nonce}\n;;\n",
                calls.concat()
            ));
        }
        format!(
            "\nasked_of() {{\n  case $1 in\n{}  esac\n}}\n",
            arms.concat()
        )
    }
}

/// The shell function that answers, with what is the same for many, and what it is given.
fn function_and_argument(look: &InputLook) -> ((&'static str, Option<&str>), &str) {
    match look {
        InputLook::Room { directory, .. } => (("room", None), directory.as_str()),
        InputLook::Searched { directory, .. } => (("searched", None), directory.as_str()),
        InputLook::Path { path, .. } | InputLook::Owner(path) => (("look", None), path.as_str()),
        InputLook::Inside { root, path } => (("inside", Some(root.as_str())), path.as_str()),
        InputLook::ByEnv { path, search, .. } => {
            let search = match search {
                EnvSearch::OfSystem => "--system",
                EnvSearch::OfUser => "--user",
                EnvSearch::Path(path) => path.as_str(),
            };
            (("by_env", Some(search)), path.as_str())
        }
        InputLook::ConfigHome(_)
        | InputLook::Uid(_)
        | InputLook::LocalUser(_)
        | InputLook::User(_)
        | InputLook::Group(_)
        | InputLook::Text(_) => (("look", None), ""),
    }
}

/// Words that a shell reads as they are.
fn is_name(name: &str) -> bool {
    UserName::parse(name).is_ok()
}

#[cfg(test)]
mod tests;
