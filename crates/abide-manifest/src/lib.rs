//! (being written)
#![allow(missing_docs, dead_code, unused, reason = "being written")]
mod check;
mod codes;
mod documents;
mod files;
mod finding;
mod lint;
mod located;
mod merge;
mod misfit;
mod node;
mod parse;
mod precedence;
mod read;
mod schema;
mod settle;
mod settled;
mod suggest;
mod text;
mod value;
mod vars;
mod wording;
mod work;
mod yaml;

/// One manifest file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name: a path as it was given, `-` for standard input. Paths in it are relative to its directory.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// How the files that a manifest names are read.
pub trait Files {
    /// Reads a file.
    ///
    /// `path` is the path as the manifest has it, behind the directory of the manifest file that names it, so it is
    /// relative to whatever the names of the sources are relative to. More than `limit` bytes need not be read:
    /// [`Unreadable::TooLarge`]. Links that lead out of the manifest's directory are the caller's to refuse.
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, Unreadable>;
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not there.
    Missing,
    /// It is larger than the limit.
    TooLarge,
    /// Anything else, in the operating system's words.
    Other(String),
}

/// What a caller may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoadOptions {
    /// Paths may leave the manifest's directory.
    pub allow_outside: bool,
}
