//! Who has the name that a unit asks for as its alias.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::printable_text;
use crate::path::HostPath;
use crate::unit_name::UnitName;

/// Who has a name that a unit should have as an alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AliasHolder {
    /// A link of that name leads elsewhere.
    Link {
        /// Where it leads.
        target: String,
    },
    /// A file of that name stands where the link would be.
    File {
        /// The file.
        path: HostPath,
    },
    /// A unit of that name is declared too.
    Declared,
    /// Another declared unit has the same alias.
    AliasOf {
        /// That unit.
        unit: UnitName,
    },
}

impl AliasHolder {
    /// What a person can do about it: a clause.
    pub(crate) fn help_text(&self) -> &'static str {
        match self {
            Self::Link { .. } => "remove that link, or the `Alias=`",
            Self::File { .. } => "remove that file, or the `Alias=`",
            Self::Declared => {
                "declare one of the two, or `enabled: false` for the one with the `Alias=`"
            }
            Self::AliasOf { .. } => {
                "remove one of the two `Alias=`, or declare `enabled: false` for one"
            }
        }
    }
}

impl fmt::Display for AliasHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link { target } => {
                write!(f, "is taken there: it names {}", printable_text(target))
            }
            Self::File { path } => write!(f, "is taken there: {path} is a file"),
            Self::Declared => f.write_str("is the name of a unit that is declared too"),
            Self::AliasOf { unit } => write!(f, "is to be an alias of {unit} too"),
        }
    }
}
