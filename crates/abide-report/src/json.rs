//! Documents for programs: `"format": 1`, stable order of members, a newline at the end.

use abide_model::{Diagnostic, Report};

use crate::status::HostStatus;

/// The exit code that goes with a document, so that no program parses text to learn it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Exit {
    /// The process's exit code.
    pub code: u8,
    /// Its meaning in one word or two: `done`, `pending`, `incomplete`.
    pub reason: &'static str,
}

/// The document of `abide plan --json`.
pub fn plan(_report: &Report, _exit: Exit) -> String {
    String::new()
}

/// The document of `abide apply --json`.
pub fn report(_report: &Report, _exit: Exit) -> String {
    String::new()
}

/// The document of `abide status --json`.
pub fn status(_hosts: &[HostStatus<'_>], _exit: Exit) -> String {
    String::new()
}

/// The document of `abide validate --json`.
pub fn diagnostics(_diagnostics: &[Diagnostic], _exit: Exit) -> String {
    String::new()
}
