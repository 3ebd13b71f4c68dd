//! What `abide drift` found, as states and reasons of resources.

use abide_model::{Drift, DriftClass, Finding, FindingKind, LockHolder};

use crate::document::reason::{DocumentReason, ReasonCode};
use crate::document::resource::ResourceEntry;
use crate::document::state::ResourceState;
use crate::findings;
use crate::words::one_line;

/// Tells what was found about a resource. What the plan says of it already is not said twice.
pub(super) fn add_to_entry(entry: &mut ResourceEntry, drift: &Drift) {
    entry.state = match drift.class {
        DriftClass::Clean | DriftClass::HandEditedButRight => ResourceState::Clean,
        DriftClass::PendingRollout if entry.state == ResourceState::Clean => ResourceState::Pending,
        DriftClass::PendingRollout => entry.state,
        DriftClass::Drifted => ResourceState::Drifted,
        DriftClass::Unknown => ResourceState::Unknown,
    };
    let mut codes = entry.reasons.iter().map(|reason| reason.code);
    let is_said = codes.any(|code| code == ReasonCode::ChangedOnHost);
    let news = drift
        .findings
        .iter()
        // Of what is clean, the plan's remark beside it tells what there is to know.
        .filter(|_| drift.class != DriftClass::Clean)
        .filter(|finding| !(is_said && finding.kind == FindingKind::File));
    let found: Vec<DocumentReason> = news.filter_map(reason).collect();
    entry.reasons.extend(found);
    entry.reasons.sort();
    entry.reasons.dedup();
}

/// Takes back what was told of a host that somebody changes just now: what differs may be in the middle of it.
pub(super) fn mark_as_doubtful(entries: &mut [ResourceEntry], holder: &LockHolder) {
    let doubtful = entries
        .iter_mut()
        .filter(|entry| entry.state != ResourceState::Clean);
    for entry in doubtful {
        entry.state = ResourceState::Unknown;
        entry.reasons = vec![DocumentReason {
            code: ReasonCode::Unobservable,
            text: findings::busy_reason(holder),
        }];
    }
}

fn reason(finding: &Finding) -> Option<DocumentReason> {
    let code = match finding.kind {
        FindingKind::File => ReasonCode::ContentDiffers,
        FindingKind::DropIn | FindingKind::Account | FindingKind::Ledger => {
            ReasonCode::AttributeDiffers
        }
        FindingKind::Enablement => ReasonCode::EnablementDiffers,
        FindingKind::Linger => ReasonCode::LingerDiffers,
        FindingKind::State | FindingKind::NotStarted => ReasonCode::StateDiffers,
        FindingKind::Failed | FindingKind::Flapping => ReasonCode::UnitFailed,
        FindingKind::RunningOld => ReasonCode::RunningOldConfig,
        FindingKind::Unseen => ReasonCode::Unobservable,
        // The plan beside it says that.
        FindingKind::Manifest | FindingKind::Refused => return None,
    };
    Some(DocumentReason {
        code,
        text: one_line(&finding.text),
    })
}
