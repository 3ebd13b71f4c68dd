//! What changed on a host since abide last changed something there, beside what its manifest asks for now.
//!
//! Two questions, kept apart. *Changed on the host* is what the ledger recorded against what is observed: content of
//! files, lingering, enablement, whether a unit runs. *Differs from the manifest* is what a plan would do. Together they
//! are four cells; what could not be seen is a fifth and never counts as clean. What the ledger does not record
//! (permission bits) can only be told as a difference from the manifest.

use std::collections::BTreeMap;

use abide_model::{
    Desired, Drift, DriftClass, Evidence, EvidenceKind, Finding, FindingKind, HostDrift, NoteKind,
    Observation, Observed, Plan, Refusal, RefusalKind, RefusalReason, ResourceId, Scope, Timestamp,
};

use crate::by_hand::changed_attributes;
use crate::causes::safe_host_text;
use crate::host::Host;
use crate::plan;

mod files;
mod pending;
mod restore;
mod units;

pub use restore::{Restored, restore};

/// How the host is against its last apply and against its manifest.
pub fn drift(desired: &Desired, observed: &Observed) -> HostDrift {
    judge(&Host::new(desired, observed), &plan(desired, observed))
}

fn judge(host: &Host<'_>, plan: &Plan) -> HostDrift {
    let mut cells = Cells::default();
    if let Observation::Unknown(why) = &host.observed.ledger {
        let text = format!(
            "what abide left there is not known: {}",
            abide_model::printable_text(&why.to_string())
        );
        cells.mark_unseen(ResourceId::Manager(Scope::System), text);
    }
    users(host, &mut cells);
    files::judge(host, &mut cells);
    units::judge(host, plan, &mut cells);
    pending::judge(plan, &mut cells);
    judge_refusals(plan, &mut cells);
    judge_notes(host, plan, &mut cells);
    HostDrift {
        resources: cells.into_resources(),
        applied_at: host.observed.applied_at,
        busy: host.observed.lock.clone(),
        left: Vec::new(),
    }
}

/// Accounts that are gone or changed, and lingering that somebody switched off.
fn users(host: &Host<'_>, cells: &mut Cells) {
    for name in &host.ledger.users {
        if matches!(host.user(name), Observation::Absent) {
            let text = format!("the account {name}, which abide created, is gone");
            let finding = finding(FindingKind::Account, text);
            cells.on_host(ResourceId::User(name.clone()), finding);
        }
    }
    for name in host.ledger.attributes.keys() {
        let found = host.user(name);
        let changed = found
            .as_known()
            .map(|found| changed_attributes(host, name, found));
        for field in changed.into_iter().flatten() {
            let finding = finding(FindingKind::Account, format!("its {field} was changed"));
            cells.on_host(ResourceId::User(name.clone()), finding);
        }
    }
    for name in &host.ledger.lingers {
        if host.observed.lingering.as_known().is_some() && !host.is_lingering(name) {
            let text = format!("lingering of {name} was switched off");
            let finding = finding(FindingKind::Linger, text);
            cells.on_host(ResourceId::Linger(name.clone()), finding);
        }
    }
}

fn judge_refusals(plan: &Plan, cells: &mut Cells) {
    for refusal in &plan.refused {
        let reason = safe_host_text(&refusal.reason);
        match refusal.kind {
            RefusalKind::Unknown => cells.mark_unseen(refusal.resource.clone(), reason),
            RefusalKind::Guard | RefusalKind::Impossible if is_health(refusal) => {
                cells.differs_already(refusal.resource.clone(), || {
                    finding(FindingKind::Refused, reason)
                });
            }
            RefusalKind::Guard | RefusalKind::Impossible => {
                let finding = finding(FindingKind::Refused, format!("refused: {reason}"));
                cells.mark_differing(refusal.resource.clone(), finding);
            }
        }
    }
}

/// What no action follows from, and still is not as the manifest says.
fn judge_notes(host: &Host<'_>, plan: &Plan, cells: &mut Cells) {
    for note in &plan.notes {
        let (resource, text) = (note.resource.clone(), note.text.to_string());
        match note.kind {
            // The manifest, or the unit itself, says not to interrupt it: so it is as declared, and that is told.
            NoteKind::PendingRestart => {
                cells.add_finding(resource, finding(FindingKind::RunningOld, text));
            }
            NoteKind::Ledger => cells.on_host(resource, finding(FindingKind::Ledger, text)),
            NoteKind::UndeclaredLinger if is_somebodys(host, &resource) => {}
            NoteKind::UndeclaredLinger => {
                cells.mark_drifted(resource, finding(FindingKind::Linger, text));
            }
            NoteKind::Said => cells.evidence(&resource, text),
            // Its finding says since when.
            NoteKind::Added
            | NoteKind::NoSuchUnit
            | NoteKind::AlsoLeft
            // It hangs from a target that is not for every boot: as declared.
            | NoteKind::NotAtBoot
            // Nobody knows of anything that changed, nor of anything that differs.
            | NoteKind::MayRunOld
            | NoteKind::GroupsUnseen
            | NoteKind::SourceMissing
            | NoteKind::Unsupported
            | NoteKind::Foreign
            | NoteKind::Orphan
            | NoteKind::Expect
            // What the plan would do is a finding.
            | NoteKind::WillFail
            | NoteKind::HeldBySession => {}
        }
    }
}

/// Whether it only names how a unit is.
fn is_health(refusal: &Refusal) -> bool {
    matches!(
        refusal.why,
        Some(RefusalReason::DoesNotStayUp { .. } | RefusalReason::CannotStartAgain { .. })
    )
}

/// Whether another manifest needs this lingering.
fn is_somebodys(host: &Host<'_>, resource: &ResourceId) -> bool {
    matches!(resource, ResourceId::Linger(user) if host.user_owner(user).is_some())
}

fn finding(kind: FindingKind, text: String) -> Finding {
    Finding {
        kind,
        text,
        path: None,
        since: None,
        by: None,
        evidence: Vec::new(),
    }
}

fn finding_since(finding: Finding, since: Option<Timestamp>) -> Finding {
    Finding { since, ..finding }
}

/// What is known of one resource so far.
#[derive(Debug, Default)]
struct Cell {
    on_host: bool,
    differs: bool,
    unseen: bool,
    findings: Vec<Finding>,
}

#[derive(Debug, Default)]
struct Cells(BTreeMap<ResourceId, Cell>);

impl Cells {
    fn cell_mut(&mut self, resource: ResourceId) -> &mut Cell {
        self.0.entry(resource).or_default()
    }

    /// It changed on the host.
    fn on_host(&mut self, resource: ResourceId, finding: Finding) {
        let cell = self.cell_mut(resource);
        cell.on_host = true;
        cell.findings.push(finding);
    }

    /// Something to know of it, and no difference.
    fn add_finding(&mut self, resource: ResourceId, finding: Finding) {
        self.cell_mut(resource).findings.push(finding);
    }

    /// It differs from the manifest.
    fn mark_differing(&mut self, resource: ResourceId, finding: Finding) {
        let cell = self.cell_mut(resource);
        cell.differs = true;
        cell.findings.push(finding);
    }

    /// It differs from the manifest, which goes without saying where something is told of it.
    fn differs_already(&mut self, resource: ResourceId, finding: impl FnOnce() -> Finding) {
        let cell = self.cell_mut(resource);
        cell.differs = true;
        if cell.findings.is_empty() {
            cell.findings.push(finding());
        }
    }

    /// Both.
    fn mark_drifted(&mut self, resource: ResourceId, finding: Finding) {
        let cell = self.cell_mut(resource);
        (cell.on_host, cell.differs) = (true, true);
        cell.findings.push(finding);
    }

    /// What else is known of that.
    fn evidence(&mut self, resource: &ResourceId, text: String) {
        let cell = self.0.get_mut(resource);
        if let Some(last) = cell.and_then(|cell| cell.findings.last_mut()) {
            let kind = EvidenceKind::Journal;
            last.evidence.push(Evidence {
                kind,
                text,
                at: None,
            });
        }
    }

    /// It could not be seen.
    fn mark_unseen(&mut self, resource: ResourceId, text: String) {
        let cell = self.cell_mut(resource);
        cell.unseen = true;
        if !cell.findings.iter().any(|one| one.text == text) {
            cell.findings.push(finding(FindingKind::Unseen, text));
        }
    }

    fn into_resources(self) -> Vec<Drift> {
        let cells = self.0.into_iter();
        cells
            .map(|(resource, cell)| Drift {
                resource,
                class: if cell.unseen {
                    DriftClass::Unknown
                } else {
                    DriftClass::from_columns(cell.on_host, cell.differs)
                },
                findings: cell.findings,
            })
            .collect()
    }
}
