//! What is wrong in a manifest, and where: data, rendered elsewhere.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The place of a value in a manifest file: where a person looks, and what a plan cites.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// The file as it was named on the command line, or relative to the manifest.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A stretch of bytes of a manifest file or of a unit file that it names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// Where it begins, for people.
    pub origin: Origin,
    /// Byte offset of its beginning.
    pub start: usize,
    /// Byte offset behind its end.
    pub end: usize,
}

/// A stable code, `E0302`: the first letter is the severity, the number never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Code(pub &'static str);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// How bad it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The manifest cannot be used.
    Error,
    /// It can, and will probably not do what its author meant.
    Warning,
}

/// One mistake: what is wrong in the user's words, where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The stable code, explained by `abide explain CODE`.
    pub code: Code,
    /// What is wrong: one clause, lower case, no full stop.
    pub message: String,
    /// The place.
    pub span: Span,
    /// What stands at the place; may be empty.
    pub label: String,
    /// Other places that belong to it, each with its label: the first of two duplicates.
    pub also: Vec<(Span, String)>,
    /// What to write instead.
    pub help: Option<String>,
}
