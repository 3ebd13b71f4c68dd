//! A run as it goes on, for programs: one JSON object a line. The first is `version`, the last `run_summary`, whatever
//! happens in between.

use std::collections::BTreeMap;

use abide_model::{
    ActionId, Diagnostic, Digest, Event, FailedUnit, HostName, HostState, ManifestName, Report,
    StepOutcome,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::document::{
    Command, Document, DocumentReason, ResourceEntry, ResourceState, RunExit, RunFailure,
};
use crate::mark::Mark;
use crate::moment::Moment;
use crate::step;
use crate::summary::Summary;

/// The version of the form of events: the first number changes when a reader would break, the second with every type
/// and member that is added.
const VERSION: &str = "1.0";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "abide event")]
#[serde(rename = "Line")]
pub struct EventLine {
    /// The version of the form: `1.0`.
    pub v: String,
    /// The number of this line in its run, from 0.
    pub seq: u64,
    /// When it was written, by the controller's clock.
    pub ts: Moment,
    /// The run: the same name on every line, and on no line of another run.
    pub run: String,
    /// What happened.
    #[serde(flatten)]
    pub event: StreamEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamEvent {
    /// Always the first line.
    Version {
        /// The version of abide.
        abide: String,
        /// Which command runs.
        command: Command,
    },
    /// Something is wrong or odd in the manifest.
    Diagnostic {
        /// What, where, and what to write instead.
        diagnostic: Box<Diagnostic>,
    },
    /// The manifest is read and the hosts are selected.
    RunStart {
        /// The manifest's name.
        manifest: ManifestName,
        /// The selected hosts.
        hosts: Vec<HostName>,
    },
    /// abide begins with a host: to observe it, and in an apply once more to change it.
    HostStart {
        /// The host.
        host: HostName,
    },
    /// A host answered and was planned.
    ObserveDone {
        /// The host.
        host: HostName,
        /// How many actions its plan has.
        actions: usize,
    },
    /// A resource is not as the manifest says, or nobody knows. All of them come between the last host's
    /// observation and `plan_summary`.
    PlannedChange {
        /// The host.
        host: HostName,
        /// The resource's name on its host: `user:deploy/sidekiq.service`.
        resource: String,
        /// How it is.
        state: ResourceState,
        /// What becomes of it.
        effect: Option<Mark>,
        /// Why.
        reasons: Vec<DocumentReason>,
        /// The actions that are about it.
        actions: Vec<ActionId>,
    },
    /// The plan of all hosts is made.
    PlanSummary {
        /// Its digest, where it has one.
        digest: Option<Digest>,
        /// Whether everything that was asked about could be seen.
        complete: bool,
        /// Whether there is something to do and nothing is refused.
        applyable: bool,
        /// Its numbers.
        summary: Summary,
    },
    /// A step began.
    ActionStart {
        /// The host.
        host: HostName,
        /// The action's number in the host's plan.
        action: ActionId,
        /// The resource that it is about.
        resource: Option<String>,
        /// What is done: `restart sidekiq.service (user deploy)`.
        what: Option<String>,
    },
    /// A step ended as it should, was undone, or was left out because of another one.
    ActionDone {
        /// The host.
        host: HostName,
        /// The action's number in the host's plan.
        action: ActionId,
        /// The resource that it is about.
        resource: Option<String>,
        /// What is done: `restart sidekiq.service (user deploy)`.
        what: Option<String>,
        /// How it ended.
        outcome: StepOutcome,
        /// What the host said; may be empty.
        message: String,
    },
    /// A step failed.
    ActionFailed {
        /// The host.
        host: HostName,
        /// The action's number in the host's plan.
        action: ActionId,
        /// The resource that it is about.
        resource: Option<String>,
        /// What is done: `restart sidekiq.service (user deploy)`.
        what: Option<String>,
        /// What the host said; may be empty.
        message: String,
    },
    /// Something that belongs to no step: a reconnection, a host that is still at it.
    HostProgress {
        /// The host.
        host: HostName,
        /// One clause.
        message: String,
    },
    /// abide is done with a host: it was observed, or in an apply changed and observed again.
    HostDone {
        /// The host.
        host: HostName,
        /// What came of it.
        state: HostState,
        /// Why it is not as it should be, one clause each.
        reasons: Vec<String>,
        /// Units that did not stay up, with their last journal lines.
        failed_units: Vec<FailedUnit>,
        /// How long abide was at it so far, in milliseconds.
        millis: u64,
    },
    /// Always the last line.
    RunSummary {
        /// How the run ended.
        exit: RunExit,
        /// Whether everything that was asked about could be seen.
        complete: bool,
        /// The digest of the plan, where there is one.
        digest: Option<Digest>,
        /// The numbers of the plan.
        summary: Summary,
        /// How many hosts are in each state; every state is named.
        host_states: BTreeMap<HostState, usize>,
        /// How many resources, over all hosts, are in each state; every state is named.
        resource_states: BTreeMap<ResourceState, usize>,
        /// What came of each host.
        hosts: BTreeMap<HostName, HostState>,
        /// How long the run took, in milliseconds.
        millis: u64,
        /// Why the command could not do its work at all.
        failure: Option<RunFailure>,
    },
}

/// The lines of one run.
#[derive(Debug)]
pub struct Stream {
    run: String,
    next: u64,
}

impl Stream {
    /// The lines of the run of this name.
    pub fn new(run: impl Into<String>) -> Self {
        Self {
            run: run.into(),
            next: 0,
        }
    }

    /// The next line, with its newline. It is written at this moment.
    pub fn line(&mut self, ts: Moment, event: StreamEvent) -> String {
        let line = EventLine {
            v: VERSION.to_owned(),
            seq: self.next,
            ts,
            run: self.run.clone(),
            event,
        };
        self.next += 1;
        let text = serde_json::to_string(&line).unwrap_or_else(|error| {
            // Every type here has string keys and no fallible parts; the reader is told all the same.
            serde_json::json!({"type": "error", "message": error.to_string()}).to_string()
        });
        text + "\n"
    }
}

impl StreamEvent {
    /// What the engine tells. `planned` is where an action's number is looked up.
    pub fn of_engine_event(event: &Event, planned: &Report) -> Self {
        match event.clone() {
            Event::HostStart { host } => Self::HostStart { host },
            Event::ObserveDone { host, actions } => Self::ObserveDone { host, actions },
            Event::ActionStart { host, action } => {
                let (resource, what) = resource_and_clause(planned, &host, action);
                Self::ActionStart {
                    host,
                    action,
                    resource,
                    what,
                }
            }
            Event::ActionDone {
                host,
                action,
                outcome,
                message,
            } => {
                let (resource, what) = resource_and_clause(planned, &host, action);
                match outcome {
                    StepOutcome::Failed => Self::ActionFailed {
                        host,
                        action,
                        resource,
                        what,
                        message,
                    },
                    StepOutcome::Ok | StepOutcome::Skipped | StepOutcome::Restored => {
                        Self::ActionDone {
                            host,
                            action,
                            resource,
                            what,
                            outcome,
                            message,
                        }
                    }
                }
            }
            Event::Progress { host, message } | Event::Notice { host, message } => {
                Self::HostProgress { host, message }
            }
            Event::HostDone {
                host,
                state,
                reasons,
                failed_units,
                millis,
            } => Self::HostDone {
                host,
                state,
                reasons,
                failed_units,
                millis,
            },
        }
    }

    /// What is planned, resource by resource, and the plan's numbers.
    pub fn of_plan(document: &Document) -> Vec<Self> {
        let hosts = document.hosts.iter();
        let differ = hosts.flat_map(|host| {
            let resources = host.resources.iter();
            resources
                .filter(|resource| resource.state != ResourceState::Clean)
                .map(|resource| planned_change(&host.host, resource))
        });
        differ
            .chain([Self::PlanSummary {
                digest: document.digest,
                complete: document.complete,
                applyable: document.applyable,
                summary: document.summary,
            }])
            .collect()
    }

    /// What a run came to.
    pub fn of_run(document: &Document) -> Self {
        Self::RunSummary {
            exit: document.exit,
            complete: document.complete,
            digest: document.digest,
            summary: document.summary,
            host_states: document.host_states.clone(),
            resource_states: document.resource_states.clone(),
            hosts: document
                .hosts
                .iter()
                .map(|host| (host.host.clone(), host.state))
                .collect(),
            millis: document.run.millis,
            failure: document.failure.clone(),
        }
    }
}

fn planned_change(host: &HostName, resource: &ResourceEntry) -> StreamEvent {
    StreamEvent::PlannedChange {
        host: host.clone(),
        resource: resource.id.clone(),
        state: resource.state,
        effect: resource.effect,
        reasons: resource.reasons.clone(),
        actions: resource.actions.clone(),
    }
}

/// The resource of an action and what is done, where the plan is known.
fn resource_and_clause(
    planned: &Report,
    host: &HostName,
    id: ActionId,
) -> (Option<String>, Option<String>) {
    let plan = planned.hosts.get(host).and_then(|host| host.plan.as_ref());
    let action = plan.and_then(|plan| plan.action(id));
    (
        action.map(|action| action.resource.to_string()),
        action.map(step::action_clause),
    )
}

#[cfg(test)]
mod tests;
