//! What every step of loading shares: the texts, the files, and what was found so far.

use std::collections::BTreeMap;

use abide_model::Bytes;

use crate::budget::Budget;
use crate::files::Library;
use crate::finding::{Findings, Mistake};
use crate::text::{ManifestTexts, TextPlace};
use crate::wording::Wording;

/// The state of a run.
pub(crate) struct Work<'a> {
    /// Texts that findings point into.
    pub(crate) texts: ManifestTexts,
    /// What was found.
    pub(crate) findings: Findings,
    /// Files that the manifest names.
    pub(crate) library: Library<'a>,
    /// Whether the manifest may have its say about the machine on which abide runs.
    pub(crate) allow_commands: bool,
    /// Texts of the manifest that are contents, by their place.
    pub(crate) written: BTreeMap<TextPlace, (Bytes, Wording)>,
    /// What is left of the effort and the room that a manifest may take.
    pub(crate) budget: Budget,
}

impl Work<'_> {
    /// Adds a finding.
    pub(crate) fn push(&mut self, finding: Mistake) {
        self.findings.push(finding);
    }

    /// Takes so much effort for what stands there; the first time that too little is left, that is an error.
    pub(crate) fn spend_effort(&mut self, effort: usize, at: TextPlace) {
        if let Err(finding) = self.budget.spend_effort(effort, at) {
            self.push(*finding);
        }
    }

    /// Whether to go on: neither is the budget spent, nor are there more mistakes than are told.
    pub(crate) fn goes_on(&self) -> bool {
        !self.budget.is_spent() && !self.findings.is_full()
    }
}
