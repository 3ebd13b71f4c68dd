//! What a host has of Podman's quadlets.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::printable_text;

/// What a host has of Podman's quadlets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Podman {
    /// Whether systemd finds the generator that makes services of quadlets.
    pub generator: bool,
    /// The generator's version, or that of `podman` where there is no generator; `None` where neither says it.
    pub version: Option<PodmanVersion>,
}

/// The version of Podman as far as it decides what quadlets can do: 5.4 of `5.4.2`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct PodmanVersion {
    /// 5 of 5.4.
    pub major: u32,
    /// 4 of 5.4.
    pub minor: u32,
}

impl PodmanVersion {
    /// This version.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Reads `5.4.2`, `4.9.4-rhel`, `podman version 5.4.2`; `None` for what has no two numbers.
    pub fn parse(text: &str) -> Option<Self> {
        let word = text.split_whitespace().next_back()?;
        let mut numbers = word.trim_start_matches('v').split(['.', '-', '+', '~']);
        let mut number = || numbers.next()?.parse().ok();
        Some(Self::new(number()?, number()?))
    }
}

impl fmt::Display for PodmanVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.major, self.minor)
    }
}

/// What not every Podman with quadlets can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuadletFeature {
    /// Quadlets of this kind.
    Kind {
        /// The suffix of their names: `pod`.
        suffix: String,
    },
    /// Templates.
    Templates,
    /// Drop-ins.
    DropIns,
    /// Comments that begin with `;`, and comments and empty lines within a continued line.
    Comments,
    /// A key in a section.
    Key {
        /// The section, without brackets.
        section: String,
        /// The key.
        key: String,
    },
}

impl fmt::Display for QuadletFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind { suffix } => write!(f, "`.{}` quadlets", printable_text(suffix)),
            Self::Templates => f.write_str("templates of quadlets"),
            Self::DropIns => f.write_str("drop-ins of quadlets"),
            Self::Comments => f.write_str(
                "comments that begin with `;`, or that stand within a continued line of a quadlet, as empty lines do,",
            ),
            Self::Key { section, key } => {
                write!(f, "`{}=` in `[{}]`", printable_text(key), printable_text(section))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_the_generator_and_podman_say() {
        for (text, version) in [
            ("5.4.2", Some((5, 4))),
            ("podman version 4.3.1", Some((4, 3))),
            ("4.9.4-rhel", Some((4, 9))),
            ("v6.0.0-dev", Some((6, 0))),
            ("5.0", Some((5, 0))),
            ("flag provided but not defined: -version", None),
            ("", None),
            ("5", None),
        ] {
            let version = version.map(|(major, minor)| PodmanVersion::new(major, minor));
            assert_eq!(PodmanVersion::parse(text), version, "{text}");
        }
    }

    #[test]
    fn a_later_version_is_greater() {
        assert!(PodmanVersion::new(5, 0) > PodmanVersion::new(4, 10));
        assert!(PodmanVersion::new(4, 10) > PodmanVersion::new(4, 9));
    }
}
