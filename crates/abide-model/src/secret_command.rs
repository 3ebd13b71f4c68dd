//! The command that gives a secret. Its arguments may be secrets themselves, so they are in no plan and no report.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::digest::Digest;

/// A program and its arguments. Written down, it is the program's name and a digest of both; how it is run is then only
/// in the manifest.
#[derive(Clone, Serialize, JsonSchema)]
pub struct SecretCommand {
    /// The program.
    program: String,
    /// The digest of the program and its arguments.
    digest: Digest,
    #[serde(skip)]
    argv: Option<Vec<String>>,
}

impl SecretCommand {
    /// This program with these arguments.
    pub fn new(argv: Vec<String>) -> Self {
        Self {
            program: argv.first().cloned().unwrap_or_default(),
            digest: digest(&argv),
            argv: Some(argv),
        }
    }

    /// The name of the program.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// The program with its arguments; `None` for one that was read from a plan.
    pub fn program_and_arguments(&self) -> Option<&[String]> {
        self.argv.as_deref()
    }

    /// Whether these words are the program with its arguments.
    pub fn is_same_command(&self, argv: &[String]) -> bool {
        self.digest == digest(argv)
    }
}

fn digest(argv: &[String]) -> Digest {
    let words = argv.iter().map(String::as_bytes);
    Digest::of_parts(std::iter::once(b"abide secret command 1".as_slice()).chain(words))
}

/// Two are the same where they would run the same, whether or not it is known how.
impl PartialEq for SecretCommand {
    fn eq(&self, other: &Self) -> bool {
        (&self.program, self.digest) == (&other.program, other.digest)
    }
}

impl Eq for SecretCommand {}

impl fmt::Debug for SecretCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.program, self.digest)
    }
}

impl<'de> Deserialize<'de> for SecretCommand {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum CommandForm {
            Now {
                program: String,
                digest: Digest,
            },
            /// Every word, as plans had it once.
            Before(#[expect(dead_code, reason = "they are not used")] Vec<String>),
        }
        match CommandForm::deserialize(from)? {
            CommandForm::Now { program, digest } => Ok(Self {
                program,
                digest,
                argv: None,
            }),
            CommandForm::Before(_) => Err(serde::de::Error::custom(
                "it spells out the command of a secret, as an earlier abide did",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> SecretCommand {
        SecretCommand::new(words.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn its_arguments_are_in_no_rendering_and_are_known_again() {
        let known = command(&["vault", "read", "c4n4ry"]);
        let json = serde_json::to_string(&known).unwrap();
        assert!(!json.contains("c4n4ry") && !format!("{known:?}").contains("c4n4ry"));
        let read: SecretCommand = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (read.program(), read.program_and_arguments()),
            ("vault", None)
        );
        assert_eq!(read, known);
        assert!(read.is_same_command(known.program_and_arguments().unwrap()));
        for other in [
            &["vault", "read", "other"][..],
            &["vault", "read c4n4ry"],
            &["vault"],
        ] {
            assert_ne!(read, command(other));
        }
    }

    #[test]
    fn a_command_that_is_written_out_is_not_taken() {
        let error = serde_json::from_str::<SecretCommand>(r#"["sops", "-d"]"#).unwrap_err();
        assert!(error.to_string().contains("an earlier abide"), "{error}");
    }
}
