//! One host of a document.

use abide_model::{
    Action, Before, Body, Change, Disruption, FailedUnit, HostDrift, HostFacts, HostName,
    HostOutcome, HostReport, HostState, LockHolder, Note, Plan, Refusal, RootRoute, StepReport,
    Surprise, Suspension, Timestamp, UserName, Watch,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::block::Block;
use crate::document::change::ChangePlaces;
use crate::document::resource::{self, ResourceEntry};

/// One host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HostEntry {
    /// The host.
    pub host: HostName,
    /// How it is, or what came of it.
    pub state: HostState,
    /// What went wrong, one clause each.
    pub reasons: Vec<String>,
    /// What a person can do about it.
    pub help: Option<String>,
    /// Who holds its lock, where somebody does.
    pub lock: Option<LockHolder>,
    /// What changed there since the last apply, and what differs from the manifest: of `abide drift`.
    pub drift: Option<HostDrift>,
    /// By whom it is suspended, why and until when.
    pub suspension: Option<Suspension>,
    /// How long abide was at it, in milliseconds.
    pub millis: u64,
    /// The host itself, where it answered.
    pub facts: Option<DocumentFacts>,
    /// Its resources: the declared ones, then others that the plan is about.
    pub resources: Vec<ResourceEntry>,
    /// What was planned, where it could be.
    pub plan: Option<HostPlan>,
    /// How each attempted step ended.
    pub steps: Vec<StepReport>,
    /// Units that did not stay up, with their last journal lines.
    pub failed_units: Vec<FailedUnit>,
    /// Units with which something else happened than was forecast.
    pub surprises: Vec<Surprise>,
    /// What the plan after the run would still do.
    pub residue: Option<HostPlan>,
}

/// The host itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Facts")]
pub struct DocumentFacts {
    /// `hostname`.
    pub hostname: String,
    /// `PRETTY_NAME` of os-release(5).
    pub os: String,
    /// The systemd version.
    pub systemd: u32,
    /// `systemctl is-system-running`: `running`, `degraded`.
    pub system_state: String,
    /// When it was booted, by its own clock.
    pub booted_at: Timestamp,
    /// Its clock when it answered.
    pub now: Timestamp,
    /// The login user.
    pub login: UserName,
    /// How root was reached.
    pub root: RootRoute,
}

/// What is done on a host, in order. Secrets are in it as where they come from, and what stands in their place on the
/// host is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostPlan {
    /// What is done, in this order.
    pub actions: Vec<Action>,
    /// What the actions do to units that they do not name.
    pub forecast: Vec<Disruption>,
    /// What is wanted and will not be done, and why.
    pub refused: Vec<Refusal>,
    /// What a person should know.
    pub notes: Vec<Note>,
    /// Resources that are as they should be.
    pub unchanged: usize,
    /// Units that must hold after the run.
    pub watches: Vec<Watch>,
}

pub(super) fn document_entry<B>(
    name: &HostName,
    host: &HostReport,
    blocks: &[(Block, B)],
    places: &ChangePlaces<'_>,
) -> HostEntry {
    let mut entry = HostEntry {
        host: name.clone(),
        state: host.outcome.state(),
        reasons: host.outcome.reasons(),
        help: None,
        lock: None,
        drift: None,
        suspension: None,
        millis: host.millis,
        facts: host.facts.as_ref().map(facts),
        resources: resource::entries(host, blocks, places),
        plan: host.plan.as_ref().map(plan),
        steps: host.steps.clone(),
        failed_units: host.outcome.failed_units().to_vec(),
        surprises: host.surprises.clone(),
        residue: None,
    };
    add_outcome_details(&mut entry, &host.outcome);
    entry
}

/// What an outcome says beyond its word.
fn add_outcome_details(entry: &mut HostEntry, outcome: &HostOutcome) {
    match outcome {
        HostOutcome::Failed { residue, .. } => entry.residue = residue.as_deref().map(plan),
        HostOutcome::Unreachable { help, .. } => entry.help.clone_from(help),
        HostOutcome::Locked(holder) => entry.lock = Some(holder.clone()),
        HostOutcome::Judged(drift) => entry.drift = Some(drift.as_ref().clone()),
        HostOutcome::Suspended { suspension, .. } => entry.suspension = Some(suspension.clone()),
        HostOutcome::Stale { .. }
        | HostOutcome::Unchanged
        | HostOutcome::Pending
        | HostOutcome::Changed
        | HostOutcome::NotStarted
        | HostOutcome::Interrupted => {}
    }
}

/// Without the machine id, which machine-id(5) wants kept confidential: reports are read by many.
fn facts(facts: &HostFacts) -> DocumentFacts {
    DocumentFacts {
        hostname: facts.hostname.clone(),
        os: facts.os.clone(),
        systemd: facts.systemd,
        system_state: facts.system_state.clone(),
        booted_at: facts.booted_at,
        now: facts.now,
        login: facts.login.clone(),
        root: facts.root.clone(),
    }
}

/// The plan, without what stands now in the place of a secret: it is most likely the last secret.
fn plan(plan: &Plan) -> HostPlan {
    let mut actions = plan.actions.clone();
    for action in &mut actions {
        if let Change::WriteFile(write) = &mut action.change
            && let (
                Body::Secret { .. },
                Before::File {
                    content, digest, ..
                },
            ) = (&write.body, &mut write.before)
        {
            *content = None;
            *digest = None;
        }
    }
    HostPlan {
        actions,
        forecast: plan.forecast.clone(),
        refused: plan.refused.clone(),
        notes: plan.notes.clone(),
        unchanged: plan.unchanged,
        watches: plan.watches.clone(),
    }
}
