//! What a note is about, as data: a code that `abide explain` knows, and the one place where its words are made.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inputs::BrokenInput;

/// What a note is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteReason {
    /// A unit will be started and will fail.
    WillNotStart {
        /// For want of this.
        input: BrokenInput,
    },
    /// A unit runs, will be restarted and will fail, and that was accepted.
    AcceptedBroken {
        /// For want of this.
        input: BrokenInput,
    },
}

impl NoteReason {
    /// Its code: `N0401`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WillNotStart { .. } => "N0401",
            Self::AcceptedBroken { .. } => "N0402",
        }
    }
}

impl fmt::Display for NoteReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WillNotStart { input } => write!(f, "it will not start: {input}"),
            Self::AcceptedBroken { input } => {
                write!(
                    f,
                    "it runs and will not start again, as was accepted: {input}"
                )
            }
        }?;
        write!(f, " (`abide explain {}`)", self.code())
    }
}
