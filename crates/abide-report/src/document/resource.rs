//! How each resource of a host is, and why.

use abide_model::{
    Action, ActionId, Declared, FailedUnit, HostOutcome, HostReport, Origin, Plan, RefusalKind,
    ResourceId, StepOutcome, StepReport,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::block::{self, Block};
use crate::document::change::ChangePlaces;
use crate::document::drift;
use crate::document::reason::{DocumentReason, ReasonCode};
use crate::document::state::ResourceState;
use crate::mark::Mark;
use crate::options::TextOptions;
use crate::paint::Symbols;
use crate::summary::by_resource;
use crate::words::one_line;
use crate::{step, why};

/// One resource of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ResourceEntry {
    /// Its name among all resources of its host, the same on every run: `user:deploy/sidekiq.service`.
    pub id: String,
    /// The resource.
    pub resource: ResourceId,
    /// What it is loaded as, where that has another name: the service of a quadlet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loaded_as: Option<ResourceId>,
    /// Its name for people: `sidekiq.service`, `linger`, `user deploy`.
    pub name: String,
    /// Whose it is for people: `system`, `user deploy`; empty for an account.
    pub owner: String,
    /// How it is, or what came of it.
    pub state: ResourceState,
    /// What becomes of it, where a plan says something about it.
    pub effect: Option<Mark>,
    /// Why it is not as the manifest says; empty where it is.
    pub reasons: Vec<DocumentReason>,
    /// What is not done, what went wrong, what to know.
    pub remarks: Vec<DocumentRemark>,
    /// What changes: places in the document's `changes`, from 0.
    pub changes: Vec<usize>,
    /// The actions of the host's plan that are about it.
    pub actions: Vec<ActionId>,
    /// Where the manifest declares it; `null` where it does not (any more).
    pub origin: Option<Origin>,
}

impl ResourceEntry {
    /// The reason that says most: what went wrong, else what the others follow from.
    pub fn main_reason(&self) -> Option<&DocumentReason> {
        let first = |wrong: bool| {
            let of_kind = |reason: &&DocumentReason| (reason.code >= ReasonCode::Refused) == wrong;
            self.reasons
                .iter()
                .filter(of_kind)
                .min_by_key(|reason| reason.code)
        };
        first(true).or_else(|| first(false))
    }
}

/// Something that is said about a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename = "Remark")]
pub struct DocumentRemark {
    /// Which kind.
    pub kind: RemarkKind,
    /// One clause.
    pub text: String,
    /// What a person can do about it.
    pub help: Option<String>,
}

/// What a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RemarkKind {
    /// What is wanted is refused.
    Refused,
    /// It could not be seen.
    Unknown,
    /// A step failed, or the unit did not stay up.
    Failed,
    /// A step was undone, because something else failed.
    Restored,
    /// A step was not attempted, because what it follows from failed.
    Skipped,
    /// Something to know.
    Note,
}

impl DocumentRemark {
    /// A plan's remark.
    pub(super) fn from_plan(remark: &block::Remark) -> Self {
        Self {
            kind: match remark.mark {
                Mark::Refused => RemarkKind::Refused,
                Mark::Unknown => RemarkKind::Unknown,
                _ => RemarkKind::Note,
            },
            text: remark.text.clone(),
            help: remark.help.clone(),
        }
    }

    fn new(kind: RemarkKind, text: String) -> Self {
        Self {
            kind,
            text,
            help: None,
        }
    }
}

/// Every resource of a host: what is declared in its order, then what is not.
pub(super) fn entries<B>(
    host: &HostReport,
    blocks: &[(Block, B)],
    places: &ChangePlaces<'_>,
) -> Vec<ResourceEntry> {
    let mut entries: Vec<ResourceEntry> = host
        .declared
        .iter()
        .map(|declared| at_rest(host, declared))
        .collect();
    if let Some(plan) = &host.plan {
        let resources = by_resource(plan);
        for (block, _) in blocks {
            let actions = resources
                .get(&block.resource)
                .map_or(&[][..], Vec::as_slice);
            let entry = entry_of(host, &block.resource, &mut entries);
            add_plan_block(entry, (host, plan), block, actions);
            entry.changes.extend(places.get(block));
        }
    }
    if let HostOutcome::Failed {
        residue,
        failed_units,
        ..
    } = &host.outcome
    {
        let left = residue
            .iter()
            .flat_map(|plan| by_resource(plan).into_keys());
        for resource in left {
            tell_left(entry_of(host, &resource, &mut entries));
        }
        for unit in failed_units {
            let resource = ResourceId::Unit(unit.unit.clone());
            tell_unheld(entry_of(host, &resource, &mut entries), unit);
        }
    }
    match &host.outcome {
        HostOutcome::Judged(found) => {
            for one in &found.resources {
                drift::add_to_entry(entry_of(host, &one.resource, &mut entries), one);
            }
            if let Some(holder) = &found.busy {
                drift::mark_as_doubtful(&mut entries, holder);
            }
        }
        HostOutcome::Suspended { .. } => {
            for entry in &mut entries {
                entry.state = ResourceState::Suspended;
                entry.reasons.clear();
            }
        }
        _ => {}
    }
    entries
}

/// A declared resource as it is while no plan says anything about it.
fn at_rest(host: &HostReport, declared: &Declared) -> ResourceEntry {
    let refusal = host.plan.as_ref().map(|plan| scope_refusal(plan, declared));
    let (state, reasons) = match refusal {
        None => (ResourceState::Unknown, vec![unobserved_reason(host)]),
        Some(None) => (ResourceState::Clean, Vec::new()),
        Some(Some((kind, text))) => {
            let code = ReasonCode::of_refusal(kind);
            (state_of_refusal(kind), vec![DocumentReason { code, text }])
        }
    };
    ResourceEntry {
        state,
        reasons,
        loaded_as: declared.loaded_as.clone(),
        origin: Some(declared.origin.clone()),
        ..blank_entry(declared.resource.clone())
    }
}

fn blank_entry(resource: ResourceId) -> ResourceEntry {
    ResourceEntry {
        id: resource.to_string(),
        name: step::title(&resource),
        owner: step::owner_words(&resource),
        resource,
        loaded_as: None,
        state: ResourceState::Clean,
        effect: None,
        reasons: Vec::new(),
        remarks: Vec::new(),
        changes: Vec::new(),
        actions: Vec::new(),
        origin: None,
    }
}

/// Why nothing is known of a host's resources.
fn unobserved_reason(host: &HostReport) -> DocumentReason {
    let text = match &host.outcome {
        HostOutcome::Unreachable { reason, .. } => {
            format!("the host was not observed: {}", one_line(reason))
        }
        _ => "the host was not observed".to_owned(),
    };
    DocumentReason {
        code: ReasonCode::Unobservable,
        text,
    }
}

/// The refusal of a whole manager, which no resource of its scope is named in.
fn scope_refusal(plan: &Plan, declared: &Declared) -> Option<(RefusalKind, String)> {
    let manager = ResourceId::Manager(declared.resource.scope());
    let refusal = plan.refused.iter().find(|one| one.resource == manager)?;
    Some((refusal.kind, one_line(&refusal.reason)))
}

fn state_of_refusal(kind: RefusalKind) -> ResourceState {
    match kind {
        RefusalKind::Guard | RefusalKind::Impossible => ResourceState::Refused,
        RefusalKind::Unknown => ResourceState::Unknown,
    }
}

/// The entry that a plan means by this resource: a quadlet's service is the quadlet.
fn entry_of<'e>(
    host: &HostReport,
    resource: &ResourceId,
    entries: &'e mut Vec<ResourceEntry>,
) -> &'e mut ResourceEntry {
    let declared = host
        .declared
        .iter()
        .find(|declared| declared.is_meant_by(resource));
    let id = declared.map_or(resource, |declared| &declared.resource);
    let place = entries.iter().position(|entry| entry.resource == *id);
    let place = place.unwrap_or_else(|| {
        entries.push(blank_entry(id.clone()));
        entries.len() - 1
    });
    #[expect(
        clippy::indexing_slicing,
        reason = "found in this very list, or put at its end"
    )]
    &mut entries[place]
}

/// Takes in what a plan says about a resource, and what came of that.
fn add_plan_block(
    entry: &mut ResourceEntry,
    (host, plan): (&HostReport, &Plan),
    block: &Block,
    actions: &[&Action],
) {
    let (state, remarks) = resource_outcome(host, block, actions);
    entry.state = worse_state(entry.state, state);
    entry.effect = Some(entry.effect.map_or(block.mark, |mark| mark.min(block.mark)));
    entry.reasons.extend(reasons(plan, block, actions));
    let failed = remarks
        .iter()
        .filter(|remark| remark.kind == RemarkKind::Failed);
    entry.reasons.extend(failed.map(|remark| DocumentReason {
        code: ReasonCode::ActionFailed,
        text: format!("failed: {}", remark.text),
    }));
    entry.reasons.sort();
    entry.reasons.dedup();
    entry.remarks.extend(remarks);
    entry
        .remarks
        .extend(block.remarks.iter().map(DocumentRemark::from_plan));
    entry.actions.extend(actions.iter().map(|action| action.id));
}

fn reasons(plan: &Plan, block: &Block, actions: &[&Action]) -> Vec<DocumentReason> {
    let symbols = Symbols::for_options(&TextOptions::default());
    let causes = actions.iter().flat_map(|action| {
        why::causes_in_words(action, plan, symbols)
            .into_iter()
            .map(|(cause, text)| DocumentReason {
                code: ReasonCode::of_cause(&cause, action),
                text,
            })
    });
    let refusals = plan
        .refused
        .iter()
        .filter(|refusal| refusal.resource == block.resource)
        .map(|refusal| DocumentReason {
            code: ReasonCode::of_refusal(refusal.kind),
            text: one_line(&refusal.reason),
        });
    let mut all: Vec<DocumentReason> = causes.chain(refusals).collect();
    // What follows from something else on the same resource says nothing new.
    if all.iter().any(|reason| reason.code != ReasonCode::Follows) {
        all.retain(|reason| reason.code != ReasonCode::Follows);
    }
    all
}

/// What came of a resource, with what there is to say about it.
fn resource_outcome(
    host: &HostReport,
    block: &Block,
    actions: &[&Action],
) -> (ResourceState, Vec<DocumentRemark>) {
    let planned = planned_state(block);
    if planned != ResourceState::Pending {
        return (planned, Vec::new());
    }
    match &host.outcome {
        HostOutcome::Changed => (ResourceState::Changed, Vec::new()),
        HostOutcome::Failed { .. } => attempted_outcome(host, actions, ResourceState::Skipped),
        HostOutcome::Interrupted => attempted_outcome(host, actions, ResourceState::Unknown),
        HostOutcome::Unchanged
        | HostOutcome::Pending
        | HostOutcome::Unreachable { .. }
        | HostOutcome::Locked(_)
        | HostOutcome::Stale { .. }
        | HostOutcome::Judged(_)
        | HostOutcome::Suspended { .. }
        | HostOutcome::NotStarted => (planned, Vec::new()),
    }
}

fn planned_state(block: &Block) -> ResourceState {
    let has = |mark: Mark| block.remarks.iter().any(|remark| remark.mark == mark);
    match () {
        () if has(Mark::Refused) => ResourceState::Refused,
        () if has(Mark::Unknown) => ResourceState::Unknown,
        () if block.steps.is_empty() => ResourceState::Clean,
        () => ResourceState::Pending,
    }
}

/// By how the steps ended; `untold` where the host said nothing of a step.
fn attempted_outcome(
    host: &HostReport,
    actions: &[&Action],
    untold: ResourceState,
) -> (ResourceState, Vec<DocumentRemark>) {
    let mut state = ResourceState::Changed;
    let mut remarks = Vec::new();
    for action in actions {
        let report = host.steps.iter().find(|step| step.action == action.id);
        let (of_step, remark) = match report {
            None => (untold, None),
            Some(report) => step_outcome(report, action),
        };
        state = worse_state(state, of_step);
        remarks.extend(remark);
    }
    (state, remarks)
}

fn step_outcome(report: &StepReport, action: &Action) -> (ResourceState, Option<DocumentRemark>) {
    let (state, kind) = match report.outcome {
        StepOutcome::Ok => return (ResourceState::Changed, None),
        StepOutcome::Failed => (ResourceState::Failed, RemarkKind::Failed),
        StepOutcome::Restored => (ResourceState::Restored, RemarkKind::Restored),
        StepOutcome::Skipped => (ResourceState::Skipped, RemarkKind::Skipped),
    };
    let clause = step::action_clause(action);
    let text = match one_line(&report.message) {
        said if said.is_empty() => clause,
        said => format!("{clause}: {said}"),
    };
    (state, Some(DocumentRemark::new(kind, text)))
}

/// It is in the plan that was made after the run.
fn tell_left(entry: &mut ResourceEntry) {
    entry.state = worse_state(entry.state, ResourceState::Failed);
    let reason = DocumentReason {
        code: ReasonCode::NotConverged,
        text: "it is still not as the manifest says".to_owned(),
    };
    if !entry.reasons.contains(&reason) {
        entry.reasons.push(reason);
    }
}

fn tell_unheld(entry: &mut ResourceEntry, unit: &FailedUnit) {
    let state = one_line(&unit.state);
    entry.state = worse_state(entry.state, ResourceState::Failed);
    entry.reasons.push(DocumentReason {
        code: ReasonCode::NotSettled,
        text: format!("it did not stay up: {state}"),
    });
    let text = format!("did not stay up: {state}");
    entry
        .remarks
        .push(DocumentRemark::new(RemarkKind::Failed, text));
}

/// Of two states of one resource, the one that a reader must see.
fn worse_state(one: ResourceState, other: ResourceState) -> ResourceState {
    let rank = |state: ResourceState| match state {
        ResourceState::Clean => 0,
        ResourceState::Suspended => 1,
        ResourceState::Changed => 2,
        ResourceState::Pending => 3,
        ResourceState::Drifted => 4,
        ResourceState::Skipped => 5,
        ResourceState::Restored => 6,
        ResourceState::Unknown => 7,
        ResourceState::Refused => 8,
        ResourceState::Failed => 9,
    };
    if rank(other) > rank(one) { other } else { one }
}
