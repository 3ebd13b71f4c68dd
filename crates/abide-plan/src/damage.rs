//! What is wrong with the ledgers of a host, told in notes. What a line that is not believed may have owned is nobody's:
//! nothing is removed because of it, and what is declared there is adopted where it is the same, else replaced as a file
//! that abide did not write.

use abide_model::{NoteKind, ResourceId, Scope};

use crate::causes::{count, said};
use crate::draft::Draft;
use crate::host::Host;

/// So many lines are told one by one.
const TOLD: usize = 5;

/// Notes each line that is not believed, and what can be done.
pub(crate) fn note(host: &Host<'_>, draft: &mut Draft) {
    let manifest = &host.desired.manifest;
    let findings = &host.observed.ledger_findings;
    let mut note = |text: String| {
        draft.note(ResourceId::Manager(Scope::System), NoteKind::Ledger, text);
    };
    for finding in findings.iter().take(TOLD) {
        note(format!(
            "the ledger of {manifest}: {}; it leads to nothing",
            said(&finding.to_string())
        ));
    }
    if let Some(more) = findings.len().checked_sub(TOLD).filter(|more| *more > 0) {
        note(format!(
            "the ledger of {manifest}: {} of the same kind",
            count(more, "more line")
        ));
    }
    let name = &host.desired.host;
    if !findings.is_empty() {
        note(format!(
            "what these lines may have owned counts as not ours; `abide ledger repair {name}` takes them out, as does the next apply that changes something there"
        ));
    }
    for (other, why) in &host.observed.unread_ledgers {
        note(format!(
            "the ledger of manifest {other} could not be read ({}): what it owns is not known; `abide ledger repair {name}` mends it",
            said(&why.to_string())
        ));
    }
}
