//! What is said of the ledgers of hosts, whichever way it is shown.

use std::collections::BTreeMap;
use std::error::Error;

use abide_model::{
    FoundLedger, HostLedgers, LedgerRepair, LedgerTextFault, PlaceFault, PlaceKind, RepairStep,
    StepResult,
};

/// The ledgers of one host.
#[derive(Debug, Clone, Copy)]
pub struct LedgersLine<'a> {
    /// The host.
    pub host: &'a str,
    /// What was found there, or why not.
    pub seen: Result<&'a HostLedgers, &'a dyn Error>,
}

/// A repair of one host's ledgers.
#[derive(Debug, Clone, Copy)]
pub struct RepairLine<'a> {
    /// The host.
    pub host: &'a str,
    /// What was found there.
    pub seen: &'a HostLedgers,
    /// What mends it.
    pub repair: &'a LedgerRepair,
}

/// What became of each step of a repair, by its place.
pub type RepairOutcome = BTreeMap<usize, StepResult>;

/// What is wrong with a ledger as a whole: clauses.
pub(crate) fn fault_clauses(found: &FoundLedger) -> Vec<String> {
    let mut faults = Vec::new();
    match (found.file, found.kind) {
        (Some(PlaceFault::Kind), PlaceKind::Regular | PlaceKind::Unknown) | (None, _) => {}
        (Some(PlaceFault::Kind), kind) => faults.push(format!("it is {}", kind.words())),
        (Some(PlaceFault::Unseen), _) => faults.push("not all of it could be read".to_owned()),
        (Some(fault), _) => faults.push(fault.to_string()),
    }
    if let (Some(PlaceFault::Kind), PlaceKind::Regular | PlaceKind::Unknown) =
        (found.file, found.kind)
    {
        faults.push(PlaceFault::Kind.to_string());
    }
    faults.extend(found.text.as_ref().map(ToString::to_string));
    faults
}

/// How many lines are not valid.
pub(crate) fn invalid_line_count(found: &FoundLedger) -> usize {
    found.findings.len().saturating_add(found.more)
}

/// Whether others may have written its lines.
pub(crate) fn is_doubted(seen: &HostLedgers, found: &FoundLedger) -> bool {
    found.file.is_some_and(PlaceFault::lets_others_write)
        || seen
            .directory_fault
            .is_some_and(PlaceFault::lets_others_write)
}

/// Why a repair leaves a ledger alone that is not as abide writes it.
pub(crate) fn left_alone(found: &FoundLedger) -> Option<&'static str> {
    match (found.file, found.text) {
        (Some(PlaceFault::Unseen), _) => Some("not all of it could be read: try again"),
        (_, Some(LedgerTextFault::Newer)) => {
            Some("a newer abide wrote it, which alone can say whether it is as it should be")
        }
        _ => None,
    }
}

/// The manifest whose ledger a step is about.
pub(crate) fn manifest(step: &RepairStep) -> Option<&str> {
    match step {
        RepairStep::Directory(_) | RepairStep::InTheWay => None,
        RepairStep::SetAside { name, .. }
        | RepairStep::Readable { name }
        | RepairStep::Rewrite { name, .. } => Some(name.as_str()),
    }
}
