//! What a service needs when it starts, as its text names it: its first program, files that are read, the directory that
//! it works in, the accounts that it runs as. Specifiers are not expanded here.
//!
//! Only what must be there is named. What systemd does without (`-`), what it makes itself, and what the unit finds, makes
//! or awaits in a way that its text does not tell is left out: a wrong alarm is worse than none.
//! Sources: systemd.service(5), systemd.exec(5), systemd.unit(5).

use abide_model::UnitKind;

use crate::effective::Effective;

mod programs;
mod quadlets;

use programs::Command;

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
    /// It is looked for below `RootDirectory=`, where there is one.
    pub in_root: bool,
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
    /// A directory that becomes the root of what the service sees.
    Root,
}

/// What `PATH` is for the programs of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PathVariable {
    /// That of its manager.
    #[default]
    OfManager,
    /// These directories, as written.
    Set(String),
    /// Its text does not tell.
    Unknown,
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
    /// What its programs find in `PATH`.
    pub path: PathVariable,
    /// `RootDirectory=`, where nothing else changes what the service sees.
    pub root: Option<String>,
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

impl Needs {
    /// What this service needs; nothing for other kinds of units.
    pub fn of_unit(unit: &Effective) -> Self {
        let mut needs = Self::default();
        if unit.unit().kind().is_quadlet() {
            needs.inputs.extend(quadlets::of_quadlet(unit));
            needs.path = PathVariable::Unknown;
            needs.elsewhere = paths_on_other_mounts(unit);
            needs.add_conditions(unit);
            return needs;
        }
        if unit.unit().kind() == UnitKind::Socket {
            needs.add_socket(unit);
            return needs;
        }
        if unit.unit().kind() != UnitKind::Service {
            return needs;
        }
        let service = |key: &str| unit.last_value("Service", key);
        let is_set = |key: &str| !unit.all_values("Service", key).is_empty();
        let dynamic = unit.boolean_value("Service", "DynamicUser") == Some(true);
        needs.user = service("User").map(str::to_owned).filter(|_| !dynamic);
        needs.only_presence = dynamic || is_set("AmbientCapabilities") || is_set("PAMName");
        let others = OTHER_ROOT.iter().filter(|key| is_set(key)).count();
        needs.root = service("RootDirectory")
            .filter(|root| others == 1 && root.starts_with(['/', '%']))
            .filter(|_| !is_set("RootDirectoryStartOnly"))
            .map(str::to_owned);
        if others == 0 || needs.root.is_some() {
            needs.inputs.extend(programs::of_service(unit));
            needs.inputs.extend(working_directory(unit));
        }
        needs.inputs.extend(root_inputs(unit));
        needs.path = path_variable(unit);
        needs.inputs.extend(files(unit));
        needs.inputs.extend(mounted_paths(unit));
        needs.inputs.extend(stream_files(unit));
        needs.hides_homes = hides_homes(unit);
        let searched = unit.all_values("Service", "ExecSearchPath");
        let searched = searched.iter().flat_map(|value| value.split(':'));
        needs.searched = searched.map(str::to_owned).collect();
        if !dynamic {
            needs.inputs.extend(accounts(unit));
        }
        needs.made = made_directories(unit);
        needs.elsewhere = paths_on_other_mounts(unit);
        needs.add_conditions(unit);
        needs
    }

    /// Programs that it runs, and the accounts that it gives itself to: 203/EXEC, 217/USER and 216/GROUP. Seen on 252 and 257.
    fn add_socket(&mut self, unit: &Effective) {
        const AS_OTHERS: [&str; 4] = ["User", "PAMName", "DynamicUser", "AmbientCapabilities"];
        let is_set = |key: &&str| !unit.all_values("Socket", key).is_empty();
        self.only_presence = AS_OTHERS.iter().any(&is_set);
        if !OTHER_ROOT.iter().any(is_set) {
            self.inputs.extend(programs::of_socket(unit));
        }
        for (setting, kind) in [
            ("SocketUser", InputKind::User),
            ("SocketGroup", InputKind::Group),
        ] {
            let name = unit.last_value("Socket", setting).into_iter();
            self.inputs
                .extend(name.flat_map(|name| account(setting, name, kind)));
        }
        self.path = PathVariable::Unknown;
        self.elsewhere = paths_on_other_mounts(unit);
        self.add_conditions(unit);
    }

    fn add_conditions(&mut self, unit: &Effective) {
        for (section, key, values) in unit.all_settings() {
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

fn working_directory(unit: &Effective) -> Option<Input> {
    let written = unit.last_value("Service", "WorkingDirectory")?;
    (!written.starts_with('-')).then(|| Input {
        setting: "WorkingDirectory",
        text: written.to_owned(),
        kind: InputKind::Directory,
        by_manager: false,
        in_root: true,
    })
}

/// Where another file system is begun from: 226/NAMESPACE where that is not there. Seen on 252 and 257.
fn root_inputs(unit: &Effective) -> Vec<Input> {
    let mut roots = Vec::new();
    for (setting, kind) in [
        ("RootDirectory", InputKind::Root),
        ("RootImage", InputKind::Mounted),
    ] {
        let root = unit.last_value("Service", setting).into_iter();
        let root = root.filter(|root| root.starts_with(['/', '%']) && !has_privileged_step(unit));
        roots.extend(root.map(|root| Input {
            setting,
            text: root.to_owned(),
            kind,
            by_manager: true,
            in_root: false,
        }));
    }
    roots
}

/// Where `env` looks for programs: what the unit sets counts, then `ExecSearchPath=` (systemd.exec(5)).
fn path_variable(unit: &Effective) -> PathVariable {
    let names_it = |value: &&str| value.split_whitespace().any(|word| word == "PATH");
    let changed = ["PassEnvironment", "UnsetEnvironment"]
        .into_iter()
        .flat_map(|key| unit.all_values("Service", key));
    if !unit.environment_files().is_empty() || changed.into_iter().any(|value| names_it(&value)) {
        return PathVariable::Unknown;
    }
    let set = unit.all_values("Service", "Environment").into_iter();
    let mut set = set.filter(|value| value.contains("PATH="));
    if let Some(value) = set.next_back() {
        // Quotes, escapes and several words are left to systemd.
        let plain = !value.contains(['"', '\'', '\\']) && set.next_back().is_none();
        let mut words = value.split_whitespace();
        let path = words.find_map(|word| word.strip_prefix("PATH="));
        return match path.filter(|_| plain) {
            Some(path) if words.all(|word| !word.starts_with("PATH=")) => {
                PathVariable::Set(path.to_owned())
            }
            Some(_) => PathVariable::Unknown,
            // `GEM_PATH=`
            None if plain => search_path(unit),
            None => PathVariable::Unknown,
        };
    }
    search_path(unit)
}

fn search_path(unit: &Effective) -> PathVariable {
    let searched = unit.all_values("Service", "ExecSearchPath");
    match searched.is_empty() {
        true => PathVariable::OfManager,
        false => PathVariable::Set(searched.join(":")),
    }
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
            in_root: false,
        })
        .collect();
    let set: Vec<&str> = ["SetCredential", "SetCredentialEncrypted"]
        .into_iter()
        .flat_map(|key| unit.all_values("Service", key))
        .filter_map(|value| value.split(':').next())
        .collect();
    for setting in ["LoadCredential", "LoadCredentialEncrypted"] {
        for value in unit.all_values("Service", setting) {
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
                    in_root: false,
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
fn mounted_paths(unit: &Effective) -> Vec<Input> {
    const RESTRICTED: [&str; 3] = ["ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths"];
    const BOUND: [&str; 2] = ["BindPaths", "BindReadOnlyPaths"];
    let is_set = |key: &str| !unit.all_values("Service", key).is_empty();
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
        for value in unit.all_values("Service", setting) {
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
                        in_root: false,
                    });
                }
            }
        }
    }
    inputs
}

/// Files that its standard streams are: opened by the manager, and made where they are missing if it writes to them.
fn stream_files(unit: &Effective) -> Vec<Input> {
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
        let value = unit.last_value("Service", setting).unwrap_or_default();
        if let Some(path) = kinds.iter().find_map(|kind| value.strip_prefix(kind)) {
            inputs.push(Input {
                setting,
                text: path.to_owned(),
                kind,
                by_manager: true,
                in_root: false,
            });
        }
    }
    inputs
}

/// Whether a line of it runs with all rights, beside what confines the service.
fn has_privileged_step(unit: &Effective) -> bool {
    let mut lines = ["ExecCondition", "ExecStartPre", "ExecStart"]
        .into_iter()
        .flat_map(|key| unit.all_values("Service", key));
    lines.any(|line| Command::parse(line).is_none_or(|command| command.privileged))
}

/// Seen on 252 and 257: 203/EXEC and 200/CHDIR. What is mounted otherwise may be seen through it.
fn hides_homes(unit: &Effective) -> bool {
    let hidden = unit.last_value("Service", "ProtectHome");
    let hidden = hidden
        .is_some_and(|value| matches!(value, "yes" | "true" | "on" | "1" | "y" | "t" | "tmpfs"));
    let opened = OTHER_ROOT
        .iter()
        .chain(&["ReadWritePaths", "ReadOnlyPaths"]);
    let mut opened = opened.map(|key| unit.all_values("Service", key));
    hidden && opened.all(|values| values.is_empty()) && !has_privileged_step(unit)
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
            "SupplementaryGroups" => unit.all_values("Service", setting),
            _ => unit.last_value("Service", setting).into_iter().collect(),
        };
        let named = values
            .iter()
            .flat_map(|value| account(setting, value, kind));
        accounts.extend(named);
    }
    accounts
}

/// The accounts of one value.
fn account(setting: &'static str, value: &str, kind: InputKind) -> Vec<Input> {
    let names = value.split_whitespace();
    let names = names.filter(|name| !name.bytes().all(|byte| byte.is_ascii_digit()));
    let named = names.map(|name| Input {
        setting,
        text: name.to_owned(),
        kind,
        by_manager: true,
        in_root: false,
    });
    named.collect()
}

fn made_directories(unit: &Effective) -> Vec<(&'static str, String)> {
    let mut made = Vec::new();
    for key in MADE {
        for value in unit.all_values("Service", key) {
            // `NAME:LINK` makes a link to it as well (since systemd 251).
            let names = value.split_whitespace().flat_map(|name| name.split(':'));
            made.extend(names.map(|name| (key, name.to_owned())));
        }
    }
    made
}

fn paths_on_other_mounts(unit: &Effective) -> Vec<String> {
    let mut paths: Vec<String> = ["RequiresMountsFor", "WantsMountsFor"]
        .into_iter()
        .flat_map(|key| unit.all_values("Unit", key))
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    let private = unit.last_value("Service", "PrivateTmp");
    if private.is_some_and(|value| !matches!(value, "no" | "false" | "off" | "0" | "n" | "f")) {
        paths.extend(["/tmp".to_owned(), "/var/tmp".to_owned()]);
    }
    paths
}

#[cfg(test)]
mod tests;
