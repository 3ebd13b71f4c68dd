//! What a unit needs when it starts, as a host was asked for it: programs, files that are read, directories, accounts.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::{UserName, printable_text};
use crate::path::HostPath;
use crate::scope::UnitRef;

/// As whom something is looked at.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Runner {
    /// As root: what the manager of the system itself reads, and units without `User=`.
    Root,
    /// As this user.
    User(UserName),
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("root"),
            Self::User(name) => name.fmt(f),
        }
    }
}

/// One thing that is looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum InputLook {
    /// What is at a path, as somebody sees it.
    Path {
        /// Who.
        runner: Runner,
        /// Where.
        path: HostPath,
    },
    /// Whether something is at a path of another root.
    Inside {
        /// The root, as it is named.
        root: HostPath,
        /// Where in it.
        path: HostPath,
    },
    /// Whether `env` finds what the first line of a script asks it for (`#!/usr/bin/env NAME`).
    ByEnv {
        /// Who.
        runner: Runner,
        /// The script.
        path: HostPath,
        /// Where `env` looks.
        search: EnvSearch,
    },
    /// Whether somebody can write below a directory, which need not be there yet.
    Room {
        /// Who.
        runner: Runner,
        /// The directory.
        directory: HostPath,
    },
    /// Whether a user's manager looks for units in this directory.
    Searched {
        /// Whose manager.
        user: UserName,
        /// The directory.
        directory: HostPath,
    },
    /// What `XDG_CONFIG_HOME` is for the manager of the user with this id, which does not run.
    ConfigHome(u32),
    /// Whose this id is.
    Uid(u32),
    /// Who owns what is at a path.
    Owner(HostPath),
    /// Whether `/etc/passwd` has this user.
    LocalUser(UserName),
    /// Whether there is an account of this name.
    User(String),
    /// Whether there is a group of this name.
    Group(String),
    /// What the host's systemd says of the texts of this unit that the plan writes.
    Text(UnitRef),
}

/// Which `PATH` a program has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnvSearch {
    /// That of the manager of the system.
    OfSystem,
    /// That of the runner's own manager.
    OfUser,
    /// This.
    Path(String),
}

/// What was seen. What could not be seen is not among the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputSeen {
    /// It is not there, for certain.
    Absent,
    /// It is so: an account or a group is there, a directory can be written to.
    Present,
    /// None of the directories has what `env` is asked for.
    NotByEnv {
        /// What that is.
        name: String,
    },
    /// It belongs to this account.
    Owned {
        /// Its name.
        by: String,
    },
    /// It is a symbolic link, which belongs to this account.
    Link {
        /// Its name.
        by: String,
    },
    /// Nothing can be written to this directory, which is there.
    NotWritable {
        /// The directory.
        directory: HostPath,
    },
    /// It is this path.
    Set {
        /// The path.
        path: HostPath,
    },
    /// This is in the way of a directory.
    InTheWay {
        /// What is no directory.
        path: HostPath,
    },
    /// Somebody may not search this directory above it.
    Hidden {
        /// The directory.
        by: HostPath,
    },
    /// A regular file.
    File {
        /// It may be read.
        readable: bool,
        /// It may be executed.
        executable: bool,
        /// What its first line names as its interpreter.
        interpreter: Interpreter,
    },
    /// A directory.
    Directory {
        /// It may be entered.
        searchable: bool,
    },
    /// A socket, a pipe, a device.
    Other,
    /// Texts of a unit, read by systemd.
    Text {
        /// The line that says most, where it would not load.
        refused: Option<String>,
        /// Lines about what it ignores.
        ignored: Vec<String>,
        /// Lines that say why it would not be started.
        held: Vec<String>,
    },
}

/// What the first line of a script (`#!`) names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpreter {
    /// It is no script, or its interpreter is there.
    Fine,
    /// The interpreter is not there.
    Missing,
    /// The line ends with a carriage return, which the kernel takes for a part of the name.
    CarriageReturn,
    /// It is text without such a line, or empty, which the kernel does not execute.
    NoFormat,
}

/// The answers of a host to what was asked for the units that a plan starts; empty where nothing was asked.
pub type Inputs = BTreeMap<InputLook, InputSeen>;

/// Something that a unit needs when it starts, and that it will not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BrokenInput {
    /// The setting that names it: `ExecStart`, `EnvironmentFile`, `WorkingDirectory`, `User`.
    pub setting: String,
    /// What it names, with its specifiers expanded: a path, or a name.
    pub value: String,
    /// Who would use it.
    pub runner: Runner,
    /// What is wrong with it.
    pub fault: InputFault,
}

/// What is wrong with something that a unit needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputFault {
    /// It is not there.
    Missing,
    /// A bare name, and none of systemd's directories has it.
    NotInPath,
    /// This plan takes it away.
    Removed,
    /// It is no file.
    NoFile,
    /// It is no directory.
    NoDirectory,
    /// It may not be executed.
    NotExecutable,
    /// It may not be read.
    NotReadable,
    /// It may not be entered.
    NotSearchable,
    /// A directory above it may not be searched.
    Behind {
        /// That directory.
        directory: HostPath,
    },
    /// A script whose interpreter is not there.
    NoInterpreter,
    /// A script whose first line ends with a carriage return.
    CarriageReturn,
    /// Text without a first line that names an interpreter, or nothing at all.
    NoFormat,
    /// The directory that it should be in is not there.
    NoParent {
        /// That directory.
        directory: HostPath,
    },
    /// It is not there below the `RootDirectory=` of the unit.
    NotInRoot {
        /// That directory.
        root: HostPath,
    },
    /// A script whose first line asks `env` for a program that its `PATH` does not have.
    NotByEnv {
        /// That program.
        name: String,
    },
    /// The unit's own `ProtectHome=` hides it.
    Protected,
    /// There is no such account.
    NoSuchUser,
    /// There is no such group.
    NoSuchGroup,
}

impl BrokenInput {
    /// How systemd tells of the failed start: `203/EXEC` (systemd.exec(5), "Process Exit Codes").
    pub fn start_failure_status(&self) -> &'static str {
        if let InputFault::NotByEnv { .. } = self.fault {
            return "status=127";
        }
        match self.setting.as_str() {
            "ExecCondition" => "203/EXEC, and it is not started",
            "RootDirectory" | "RootImage" => "226/NAMESPACE",
            "WorkingDirectory" => "200/CHDIR",
            "EnvironmentFile" => "Result=resources",
            "LoadCredential" | "LoadCredentialEncrypted" => "243/CREDENTIALS",
            "StandardInput" => "208/STDIN",
            "StandardOutput" => "209/STDOUT",
            "StandardError" => "222/STDERR",
            "ReadWritePaths" | "ReadOnlyPaths" | "InaccessiblePaths" | "BindPaths"
            | "BindReadOnlyPaths" => "226/NAMESPACE",
            setting if setting.starts_with('[') => "Podman ends with 125",
            "User" | "SocketUser" => "217/USER",
            "Group" | "SupplementaryGroups" | "SocketGroup" => "216/GROUP",
            _ => "203/EXEC",
        }
    }

    /// What can be done about it: a clause.
    pub fn help_text(&self) -> &'static str {
        match self.fault {
            InputFault::Missing | InputFault::NotInPath | InputFault::NotInRoot { .. } => {
                "put it there first"
            }
            InputFault::NotByEnv { .. } => {
                "install that program, or name its directory in `Environment=PATH=…` of the unit"
            }
            InputFault::Removed => "declare it on, or take it out of the unit",
            InputFault::NoFile | InputFault::NoDirectory => "name another path in the unit",
            InputFault::NotExecutable => "make it executable for that user",
            InputFault::NotReadable => "let that user read it",
            InputFault::NotSearchable | InputFault::Behind { .. } => {
                "let that user enter the directory"
            }
            InputFault::NoInterpreter => "install the interpreter that its first line names",
            InputFault::CarriageReturn => "save it with Unix line ends",
            InputFault::NoFormat => "give it a first line that names its interpreter (`#!/bin/sh`)",
            InputFault::NoParent { .. } => "make the directory first",
            InputFault::Protected => "put it elsewhere, or take `ProtectHome=` out of the unit",
            InputFault::NoSuchUser => "make the account first, or declare it",
            InputFault::NoSuchGroup => "make the group first",
        }
    }
}

impl fmt::Display for BrokenInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            setting,
            value,
            runner,
            fault,
        } = self;
        let value = printable_text(value);
        write!(f, "`{setting}={value}`: ")?;
        match fault {
            InputFault::Missing => write!(f, "{value} is not there, as {runner} sees it"),
            InputFault::NotInPath => write!(
                f,
                "none of systemd's directories for programs has {value}, as {runner} sees them"
            ),
            InputFault::Removed => write!(f, "this plan takes {value} away"),
            InputFault::NoFile => write!(f, "{value} is no file"),
            InputFault::NoDirectory => write!(f, "{value} is no directory"),
            InputFault::NotExecutable => write!(f, "{runner} may not execute {value}"),
            InputFault::NotReadable => write!(f, "{runner} may not read {value}"),
            InputFault::NotSearchable => write!(f, "{runner} may not enter {value}"),
            InputFault::Behind { directory } => {
                write!(f, "{runner} may not enter {directory}")
            }
            InputFault::NoInterpreter => write!(
                f,
                "the interpreter that the first line of {value} names is not there"
            ),
            InputFault::CarriageReturn => write!(
                f,
                "the first line of {value} ends with a carriage return, so its interpreter is not found"
            ),
            InputFault::NoFormat => write!(
                f,
                "{value} is no program: it has no first line that names an interpreter (`#!`)"
            ),
            InputFault::NoParent { directory } => {
                write!(
                    f,
                    "its directory {directory} is not there, as {runner} sees it"
                )
            }
            InputFault::NotInRoot { root } => write!(f, "{root} has no {value}"),
            InputFault::NotByEnv { name } => write!(
                f,
                "the first line of {value} asks env for {}, which its PATH does not have, as {runner} sees it",
                printable_text(name)
            ),
            InputFault::Protected => write!(f, "`ProtectHome=` of the unit hides {value} from it"),
            InputFault::NoSuchUser => write!(f, "the host has no user {value}"),
            InputFault::NoSuchGroup => write!(f, "the host has no group {value}"),
        }?;
        write!(f, " ({})", self.start_failure_status())
    }
}
