//! What a host's systemd makes of settings in a unit file that it does not know: typed, with the one place of their words.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::printable_text;

/// A setting of a unit file that the host's systemd ignores, with a line in its log.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct IgnoredSetting {
    /// The section it stands in, without brackets.
    pub section: String,
    /// The key, or where only a word of it is unknown, both: `Type=exec`.
    pub setting: String,
    /// Why.
    pub why: IgnoredWhy,
}

/// Why a systemd ignores a setting.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum IgnoredWhy {
    /// It came with a later release.
    CameWith {
        /// That.
        systemd: u32,
    },
    /// It was taken out of an earlier release, at the latest of this one.
    GoneWith {
        /// That.
        systemd: u32,
    },
    /// No release that was asked has it in this section.
    Unknown,
}

/// Why a host's systemd would not load a unit that a newer one loads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadFault {
    /// A command line begins with a character that is none of its prefixes.
    Prefix {
        /// `ExecStart`.
        setting: String,
        /// The character.
        prefix: char,
        /// The first systemd that knows it.
        since: u32,
    },
    /// A program is named without a directory.
    ProgramWithoutPath {
        /// `ExecStart`.
        setting: String,
        /// The first systemd that looks for it.
        since: u32,
    },
    /// `Restart=` of a service that does its work and ends.
    RestartOfOneshot {
        /// The first systemd that takes it.
        since: u32,
    },
    /// What it ignores is all that the unit is there for.
    NothingLeft {
        /// That.
        ignored: IgnoredSetting,
    },
}

impl fmt::Display for IgnoredSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (section, setting) = (printable_text(&self.section), printable_text(&self.setting));
        match setting.contains('=') {
            true => write!(f, "`{setting}`")?,
            false => write!(f, "`{setting}=`")?,
        }
        match self.why {
            IgnoredWhy::CameWith { systemd } => write!(f, " (came with {systemd})"),
            IgnoredWhy::GoneWith { systemd } => write!(f, " (gone since {systemd} or before)"),
            IgnoredWhy::Unknown => write!(f, " (there is no such setting in [{section}])"),
        }
    }
}

impl fmt::Display for LoadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix {
                setting,
                prefix,
                since,
            } => write!(
                f,
                "`{}=` begins with `{prefix}`, which came with {since}",
                printable_text(setting)
            ),
            Self::ProgramWithoutPath { setting, since } => write!(
                f,
                "`{}=` names a program without its directory, which {since} was the first to look for",
                printable_text(setting)
            ),
            Self::RestartOfOneshot { since } => {
                write!(f, "`Restart=` with `Type=oneshot` came with {since}")
            }
            Self::NothingLeft { ignored } => {
                write!(
                    f,
                    "it ignores {ignored}, and without that nothing is left of it"
                )
            }
        }
    }
}

impl LoadFault {
    /// The words of a refusal by this release.
    pub(crate) fn of_systemd(&self, systemd: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "systemd {systemd} would not load it: {self}")
    }
}
