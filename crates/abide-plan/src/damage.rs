//! What is wrong with the ledgers of a host, told in notes. What a line that is not believed may have owned is nobody's:
//! nothing is removed because of it, and what is declared there is adopted where it is the same, else replaced as a file
//! that abide did not write.

use abide_model::{LedgerNote, NoteKind, NoteText, ResourceId, Scope};

use crate::draft::Draft;
use crate::host::Host;

/// So many lines are told one by one.
const TOLD: usize = 5;

/// Notes each line that is not believed, and what can be done.
pub(crate) fn note(host: &Host<'_>, draft: &mut Draft) {
    let manifest = &host.desired.manifest;
    let findings = &host.observed.ledger_findings;
    let mut note = |says: LedgerNote| {
        let resource = ResourceId::Manager(Scope::System);
        draft.note(resource, NoteKind::Ledger, NoteText::Ledger(says));
    };
    for finding in findings.iter().take(TOLD) {
        note(LedgerNote::Line {
            manifest: manifest.clone(),
            finding: finding.to_string(),
        });
    }
    if let Some(more) = findings.len().checked_sub(TOLD).filter(|more| *more > 0) {
        note(LedgerNote::MoreLines {
            manifest: manifest.clone(),
            more,
        });
    }
    let name = &host.desired.host;
    if !findings.is_empty() {
        note(LedgerNote::Disowned { host: name.clone() });
    }
    for (other, why) in &host.observed.unread_ledgers {
        note(LedgerNote::Unread {
            manifest: other.clone(),
            host: name.clone(),
            why: why.clone(),
        });
    }
}
