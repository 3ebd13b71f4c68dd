//! What a service needs when it starts, as its text names it: its first program, files that are read, the directory that
//! it works in, the accounts that it runs as. Specifiers are not expanded here.
//!
//! Only what must be there is named. What systemd does without (`-`), what it makes itself, and what the unit finds, makes
//! or awaits in a way that its text does not tell is left out: a wrong alarm is worse than none.
//! Sources: systemd.service(5), systemd.exec(5), systemd.unit(5).

use abide_model::UnitKind;

use crate::effective::Effective;

/// Something that must be there when a service starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The setting that names it.
    pub setting: &'static str,
    /// What is written there: a path or a name, without prefixes.
    pub text: String,
    /// What it has to be.
    pub kind: InputKind,
    /// It is used with the rights of the manager, whatever `User=` says.
    pub by_manager: bool,
}

/// What something has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// An executable file, or the name of one.
    Program,
    /// A directory that can be entered.
    Directory,
    /// A file that can be read.
    File,
    /// Anything that can be read: a file, a directory of them, a socket.
    Credential,
    /// Anything that is there: it is mounted where the service sees it.
    Mounted,
    /// A file that is made where it is missing, or one of several: its directory must be there.
    Inside,
    /// An account.
    User,
    /// A group.
    Group,
}

/// What a service needs, and what of it comes in another way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// What must be there.
    pub inputs: Vec<Input>,
    /// `User=`, as written.
    pub user: Option<String>,
    /// It may do what its user may not (`AmbientCapabilities=`), or its user is not known beforehand (`DynamicUser=`): only
    /// what is not there at all is missing.
    pub only_presence: bool,
    /// `ProtectHome=` hides `/home`, `/root` and `/run/user` from it.
    pub hides_homes: bool,
    /// `ExecSearchPath=`: where a program without a directory is looked for.
    pub searched: Vec<String>,
    /// Directories that systemd makes for it, as (`StateDirectory`, `app`).
    pub made: Vec<(&'static str, String)>,
    /// Paths that come with something else: `RequiresMountsFor=`, `/tmp` with `PrivateTmp=`.
    pub elsewhere: Vec<String>,
    /// Paths that its conditions look at: without them it is not started at all.
    pub guards: Vec<String>,
    /// It has other conditions, which may hold it back.
    pub conditional: bool,
}

/// Settings that show the service another file system than everybody's.
const OTHER_ROOT: [&str; 9] = [
    "RootDirectory",
    "RootImage",
    "RootMStack",
    "BindPaths",
    "BindReadOnlyPaths",
    "TemporaryFileSystem",
    "MountImages",
    "ExtensionImages",
    "ExtensionDirectories",
];

const MADE: [&str; 5] = [
    "StateDirectory",
    "RuntimeDirectory",
    "CacheDirectory",
    "LogsDirectory",
    "ConfigurationDirectory",
];

/// Programs before the service's own that make no program.
const MAKE_NO_PROGRAM: [&str; 12] = [
    "[", "echo", "false", "kill", "logger", "mkdir", "pkill", "rm", "rmdir", "sleep", "test",
    "true",
];

impl Needs {
    /// What this service needs; nothing for other kinds of units.
    pub fn of(unit: &Effective) -> Self {
        let mut needs = Self::default();
        if unit.unit().kind() == UnitKind::Container {
            needs.inputs.extend(of_container(unit));
            needs.elsewhere = elsewhere(unit);
            needs.add_conditions(unit);
            return needs;
        }
        if unit.unit().kind() != UnitKind::Service {
            return needs;
        }
        let service = |key: &str| unit.last("Service", key);
        let is_set = |key: &str| !unit.all("Service", key).is_empty();
        let dynamic = unit.flag("Service", "DynamicUser") == Some(true);
        needs.user = service("User").map(str::to_owned).filter(|_| !dynamic);
        needs.only_presence = dynamic || is_set("AmbientCapabilities") || is_set("PAMName");
        if !OTHER_ROOT.iter().any(|key| is_set(key)) {
            needs.inputs.extend(programs(unit));
            needs.inputs.extend(working_directory(unit));
        }
        needs.inputs.extend(files(unit));
        needs.inputs.extend(mounted(unit));
        needs.inputs.extend(streams(unit));
        needs.hides_homes = hides_homes(unit);
        let searched = unit.all("Service", "ExecSearchPath");
        let searched = searched.iter().flat_map(|value| value.split(':'));
        needs.searched = searched.map(str::to_owned).collect();
        if !dynamic {
            needs.inputs.extend(accounts(unit));
        }
        needs.made = made(unit);
        needs.elsewhere = elsewhere(unit);
        needs.add_conditions(unit);
        needs
    }

    fn add_conditions(&mut self, unit: &Effective) {
        for (section, key, values) in unit.settings() {
            if section == "Service" && key == "ExecCondition" {
                self.conditional = true;
            }
            let kind = key
                .strip_prefix("Condition")
                .or_else(|| key.strip_prefix("Assert"));
            let Some(kind) = kind.filter(|_| section == "Unit") else {
                continue;
            };
            let of_path = kind.starts_with("Path")
                || kind.starts_with("File")
                || kind.starts_with("Directory");
            match of_path {
                true => self.guards.extend(
                    values
                        .iter()
                        .map(|value| value.trim_start_matches(['|', '!']).trim().to_owned()),
                ),
                false => self.conditional = true,
            }
        }
    }
}

/// The first program that is run, and the service's own where nothing before it may make that.
fn programs(unit: &Effective) -> Vec<Input> {
    let before = unit.all("Service", "ExecStartPre");
    let first_of = |setting: &'static str, lines: &[&str]| {
        let command = Command::parse(lines.first()?)?;
        (!command.may_fail).then_some(Input {
            setting,
            text: command.program,
            kind: InputKind::Program,
            by_manager: command.privileged,
        })
    };
    let mut programs: Vec<Input> = first_of("ExecStartPre", &before).into_iter().collect();
    let may_make = |line: &&str| {
        let command = Command::parse(line);
        command.is_none_or(|command| {
            let name = command.program.rsplit('/').next().unwrap_or_default();
            !MAKE_NO_PROGRAM.contains(&name)
        })
    };
    if !before.iter().any(may_make) && unit.all("Service", "ExecCondition").is_empty() {
        programs.extend(first_of("ExecStart", &unit.all("Service", "ExecStart")));
    }
    programs
}

fn working_directory(unit: &Effective) -> Option<Input> {
    let written = unit.last("Service", "WorkingDirectory")?;
    (!written.starts_with('-')).then(|| Input {
        setting: "WorkingDirectory",
        text: written.to_owned(),
        kind: InputKind::Directory,
        by_manager: false,
    })
}

/// Files that the manager reads for it.
fn files(unit: &Effective) -> Vec<Input> {
    let must_be = unit
        .environment_files()
        .into_iter()
        .filter(|file| !file.optional);
    let mut files: Vec<Input> = must_be
        .map(|file| Input {
            setting: "EnvironmentFile",
            // A pattern that nothing matches is an error too; what matches is the host's to say.
            kind: match is_pattern(&file.path) {
                true => InputKind::Inside,
                false => InputKind::File,
            },
            text: up_to_pattern(&file.path),
            by_manager: true,
        })
        .collect();
    let set: Vec<&str> = ["SetCredential", "SetCredentialEncrypted"]
        .into_iter()
        .flat_map(|key| unit.all("Service", key))
        .filter_map(|value| value.split(':').next())
        .collect();
    for setting in ["LoadCredential", "LoadCredentialEncrypted"] {
        for value in unit.all("Service", setting) {
            // What is no absolute path is a credential of the manager, which need not be there; the same name with
            // `SetCredential=` stands in for a file that is missing.
            if let Some((id, path)) = value.split_once(':')
                && path.starts_with(['/', '%'])
                && !set.contains(&id)
            {
                files.push(Input {
                    setting,
                    text: path.to_owned(),
                    kind: InputKind::Credential,
                    by_manager: true,
                });
            }
        }
    }
    files
}

fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// The path up to its first component with a wildcard, which stays.
fn up_to_pattern(path: &str) -> String {
    let mut kept = Vec::new();
    for part in path.split('/') {
        kept.push(part);
        if is_pattern(part) {
            break;
        }
    }
    kept.join("/")
}

/// Paths that must be there to be mounted: 226/NAMESPACE where they are not. Seen on 252 and 257.
fn mounted(unit: &Effective) -> Vec<Input> {
    const RESTRICTED: [&str; 3] = ["ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths"];
    const BOUND: [&str; 2] = ["BindPaths", "BindReadOnlyPaths"];
    let is_set = |key: &str| !unit.all("Service", key).is_empty();
    let other = OTHER_ROOT.iter().filter(|key| !BOUND.contains(key));
    // A step with all rights may make them before the first mount.
    if other.into_iter().any(|key| is_set(key)) || has_privileged_step(unit) {
        return Vec::new();
    }
    // What is bound may bring what is restricted.
    let restricted = RESTRICTED
        .iter()
        .filter(|_| !BOUND.iter().any(|key| is_set(key)));
    let mut inputs = Vec::new();
    for setting in restricted.chain(&BOUND) {
        for value in unit.all("Service", setting) {
            // Quotes and escapes are left to systemd.
            if value.contains(['"', '\'', '\\']) {
                continue;
            }
            for word in value.split_whitespace() {
                let source = match BOUND.contains(setting) {
                    true => word.split(':').next().unwrap_or(word),
                    false => word.strip_prefix('+').unwrap_or(word),
                };
                if !word.starts_with('-') && source.starts_with(['/', '%']) {
                    inputs.push(Input {
                        setting,
                        text: source.to_owned(),
                        kind: InputKind::Mounted,
                        by_manager: true,
                    });
                }
            }
        }
    }
    inputs
}

/// Files that its standard streams are: opened by the manager, and made where they are missing if it writes to them.
fn streams(unit: &Effective) -> Vec<Input> {
    let mut inputs = Vec::new();
    for (setting, kinds, kind) in [
        ("StandardInput", &["file:"][..], InputKind::File),
        (
            "StandardOutput",
            &["file:", "append:", "truncate:"],
            InputKind::Inside,
        ),
        (
            "StandardError",
            &["file:", "append:", "truncate:"],
            InputKind::Inside,
        ),
    ] {
        let value = unit.last("Service", setting).unwrap_or_default();
        if let Some(path) = kinds.iter().find_map(|kind| value.strip_prefix(kind)) {
            inputs.push(Input {
                setting,
                text: path.to_owned(),
                kind,
                by_manager: true,
            });
        }
    }
    inputs
}

/// Whether a line of it runs with all rights, beside what confines the service.
fn has_privileged_step(unit: &Effective) -> bool {
    let mut lines = ["ExecCondition", "ExecStartPre", "ExecStart"]
        .into_iter()
        .flat_map(|key| unit.all("Service", key));
    lines.any(|line| Command::parse(line).is_none_or(|command| command.privileged))
}

/// Seen on 252 and 257: 203/EXEC and 200/CHDIR. What is mounted otherwise may be seen through it.
fn hides_homes(unit: &Effective) -> bool {
    let hidden = unit.last("Service", "ProtectHome");
    let hidden = hidden
        .is_some_and(|value| matches!(value, "yes" | "true" | "on" | "1" | "y" | "t" | "tmpfs"));
    let opened = OTHER_ROOT
        .iter()
        .chain(&["ReadWritePaths", "ReadOnlyPaths"]);
    let mut opened = opened.map(|key| unit.all("Service", key));
    hidden && opened.all(|values| values.is_empty()) && !has_privileged_step(unit)
}

/// What Podman itself reads and mounts for a container; it ends with 125 where that is missing (Podman 5.4).
fn of_container(unit: &Effective) -> Vec<Input> {
    let input = |setting, text: &str, kind| Input {
        setting,
        text: text.to_owned(),
        kind,
        by_manager: true,
    };
    let plain = |value: &&str| value.starts_with(['/', '%']) && !value.contains(['"', '\'', '\\']);
    let of_service = unit.all("Service", "EnvironmentFile");
    let of_service = of_service.into_iter().filter(plain);
    let of_service = of_service.filter(|file| !is_pattern(file));
    let of_service = of_service.map(|file| input("EnvironmentFile", file, InputKind::File));
    // A step before it may make what it mounts.
    if !unit.all("Service", "ExecStartPre").is_empty() {
        return of_service.collect();
    }
    let files = unit.all("Container", "EnvironmentFile");
    let files = files.into_iter().filter(plain);
    let files = files.map(|file| input("[Container] EnvironmentFile", file, InputKind::File));
    let volumes = unit.all("Container", "Volume");
    let volumes = volumes.into_iter().filter(plain).filter_map(|volume| {
        // One path alone is an anonymous volume.
        let (source, _) = volume.split_once(':')?;
        Some(input("[Container] Volume", source, InputKind::Mounted))
    });
    of_service.chain(files).chain(volumes).collect()
}

/// Accounts by their names; numbers need no account.
fn accounts(unit: &Effective) -> Vec<Input> {
    let mut accounts = Vec::new();
    for (setting, kind) in [
        ("User", InputKind::User),
        ("Group", InputKind::Group),
        ("SupplementaryGroups", InputKind::Group),
    ] {
        let values = match setting {
            "SupplementaryGroups" => unit.all("Service", setting),
            _ => unit.last("Service", setting).into_iter().collect(),
        };
        let names = values.iter().flat_map(|value| value.split_whitespace());
        let names = names.filter(|name| !name.bytes().all(|byte| byte.is_ascii_digit()));
        accounts.extend(names.map(|name| Input {
            setting,
            text: name.to_owned(),
            kind,
            by_manager: true,
        }));
    }
    accounts
}

fn made(unit: &Effective) -> Vec<(&'static str, String)> {
    let mut made = Vec::new();
    for key in MADE {
        for value in unit.all("Service", key) {
            // `NAME:LINK` makes a link to it as well (since systemd 251).
            let names = value.split_whitespace().flat_map(|name| name.split(':'));
            made.extend(names.map(|name| (key, name.to_owned())));
        }
    }
    made
}

fn elsewhere(unit: &Effective) -> Vec<String> {
    let mut paths: Vec<String> = ["RequiresMountsFor", "WantsMountsFor"]
        .into_iter()
        .flat_map(|key| unit.all("Unit", key))
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    let private = unit.last("Service", "PrivateTmp");
    if private.is_some_and(|value| !matches!(value, "no" | "false" | "off" | "0" | "n" | "f")) {
        paths.extend(["/tmp".to_owned(), "/var/tmp".to_owned()]);
    }
    paths
}

/// An `Exec…=` line, as far as its program is plain.
struct Command {
    program: String,
    /// `-`: it may fail.
    may_fail: bool,
    /// `+` or `!`: it runs as the manager, not as `User=`.
    privileged: bool,
}

impl Command {
    /// `None` where its program is not certain: escapes, variables, a shell's line (`|`, since systemd 258).
    fn parse(line: &str) -> Option<Self> {
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

#[cfg(test)]
mod tests;
