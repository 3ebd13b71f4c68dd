//! What on a host is in the way of a step, so that it would fail: seen while planning, not by the step.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inputs::Runner;
use crate::name::printable_text;
use crate::path::HostPath;

/// What is in the way of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// A user should be made with a group of its own, and there is a group of that name.
    GroupOfThatName {
        /// The name.
        group: String,
    },
    /// A user should be in a group that is not there.
    NoSuchGroup {
        /// Its name.
        group: String,
    },
    /// The id that a user should have is another's.
    UidTaken {
        /// The id.
        uid: u32,
        /// Whose it is.
        by: String,
    },
    /// The home that a new user should have is there, and is another's.
    HomeTaken {
        /// The home.
        home: HostPath,
        /// Who owns it.
        owner: String,
    },
    /// The account comes from a directory (NSS), and usermod(8) and userdel(8) change `/etc/passwd` only.
    NotInLocalFiles,
    /// A file should be written where somebody may not write.
    NotWritable {
        /// Who.
        runner: Runner,
        /// The directory that is there.
        directory: HostPath,
    },
    /// A file should be written below something that is no directory.
    NoDirectory {
        /// That.
        path: HostPath,
    },
    /// The user's manager looks for units in other places: `XDG_CONFIG_HOME` is set for it.
    SearchedElsewhere {
        /// Where its units are written.
        directory: HostPath,
    },
}

impl Obstacle {
    /// Its code: `R0402`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::GroupOfThatName { .. } => "R0402",
            Self::NoSuchGroup { .. } => "R0403",
            Self::UidTaken { .. } => "R0404",
            Self::HomeTaken { .. } => "R0405",
            Self::NotInLocalFiles => "R0406",
            Self::NotWritable { .. } => "R0407",
            Self::NoDirectory { .. } => "R0408",
            Self::SearchedElsewhere { .. } => "R0409",
        }
    }

    /// What a person can do about it: a clause.
    pub fn help_text(&self) -> String {
        match self {
            Self::GroupOfThatName { group } => {
                format!("declare `group: {group}` to put the user into it, or remove that group")
            }
            Self::NoSuchGroup { group } => {
                format!("make it first (`groupadd {group}`), or declare another")
            }
            Self::UidTaken { .. } => "declare another `uid`, or none".to_owned(),
            Self::HomeTaken { home, .. } => {
                format!("move {home} away, or declare another `home`")
            }
            Self::NotInLocalFiles => {
                "change it where it comes from, or do not declare what differs".to_owned()
            }
            Self::NotWritable { runner, directory } => match runner {
                Runner::Root => format!("make {directory} writable (is it mounted read-only?)"),
                Runner::User(user) => {
                    format!("`chown {user}: {directory}` there, or make its file system writable")
                }
            },
            Self::NoDirectory { path } => format!("move {path} away"),
            Self::SearchedElsewhere { .. } => {
                "take XDG_CONFIG_HOME out of the environment of user@.service".to_owned()
            }
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GroupOfThatName { group } => write!(
                f,
                "the user cannot be made with a group of its own: there is a group {group} already"
            ),
            Self::NoSuchGroup { group } => write!(f, "there is no group {}", printable_text(group)),
            Self::UidTaken { uid, by } => {
                write!(f, "the uid {uid} belongs to {}", printable_text(by))
            }
            Self::HomeTaken { home, owner } => {
                write!(f, "its home {home} is there already and belongs to {}", printable_text(owner))
            }
            Self::NotInLocalFiles => f.write_str(
                "the account is not in /etc/passwd but comes from a directory, so usermod and userdel cannot change it",
            ),
            Self::NotWritable { runner, directory } => {
                write!(f, "{runner} may not write to {directory}")
            }
            Self::NoDirectory { path } => {
                write!(f, "{path} is no directory, so nothing can be written below it")
            }
            Self::SearchedElsewhere { directory } => write!(
                f,
                "the user's manager does not look for units in {directory}: XDG_CONFIG_HOME is set for it"
            ),
        }
    }
}
