//! What every step of loading shares: the texts, the files, and what was found so far.

use crate::files::Library;
use crate::finding::{Finding, Findings};
use crate::text::Texts;

/// The state of a run.
pub(crate) struct Work<'a> {
    /// Texts that findings point into.
    pub(crate) texts: Texts,
    /// What was found.
    pub(crate) findings: Findings,
    /// Files that the manifest names.
    pub(crate) library: Library<'a>,
    /// Whether the manifest may have its say about the machine on which abide runs.
    pub(crate) allow_commands: bool,
}

impl Work<'_> {
    /// Adds a finding.
    pub(crate) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}
