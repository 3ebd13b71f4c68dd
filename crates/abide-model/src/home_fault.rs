//! Why a home cannot be removed together with its user.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::{UserName, printable_text};

/// Why a home cannot be removed together with its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HomeFault {
    /// It is a symbolic link: what is behind it may be anybody's.
    Link,
    /// It belongs to somebody else.
    OfAnother {
        /// Who owns it.
        owner: String,
    },
    /// The home of another user is in it, or is the same.
    HasHomeOf {
        /// That user.
        user: UserName,
    },
    /// Nothing can be removed from the directory that it is in.
    Unwritable,
}

impl fmt::Display for HomeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link => f.write_str("it is a symbolic link"),
            Self::OfAnother { owner } => write!(f, "it belongs to {}", printable_text(owner)),
            Self::HasHomeOf { user } => write!(f, "the home of {user} is in it"),
            Self::Unwritable => {
                f.write_str("nothing can be removed from the directory that it is in (is it mounted read-only?)")
            }
        }
    }
}
