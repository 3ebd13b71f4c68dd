//! A run as one document: what `--report json=PATH` writes, and what every other report is rendered from. No renderer
//! knows more than this says.

use std::collections::BTreeMap;

use abide_model::{Diagnostic, Digest, HostOutcome, HostState, ManifestName, Report, Selected};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fleet;
use crate::moment::Moment;
use crate::options::TextOptions;
use crate::sensitive;
use crate::summary::Summary;
use crate::url::Url;

mod change;
mod drift;
mod host;
mod merge;
mod read;
mod reason;
mod resource;
mod state;

pub use change::{ChangeStep, SharedChange};
pub use host::{DocumentFacts, HostEntry, HostPlan};
pub use merge::{MergedDocument, merge};
pub use read::{ReadDocument, ReadError, read};
pub use reason::{DocumentReason, ReasonCode};
pub use resource::{DocumentRemark, RemarkKind, ResourceEntry};
pub use state::ResourceState;

/// The version of the form of documents: the first number changes when a reader would break, the second with every
/// member that is added.
const VERSION: &str = "1.0";

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "abide report")]
pub struct Document {
    /// It changes when a reader would break.
    pub format: u32,
    /// Its minor part grows with every member that is added.
    pub format_version: String,
    /// Which command ran.
    pub kind: Command,
    /// How it ended.
    pub exit: RunExit,
    /// The run itself.
    pub run: DocumentRun,
    /// The manifest's name; `null` where it could not be read.
    pub manifest: Option<ManifestName>,
    /// The digest of the manifest's files and of every file that it copies, where hosts were selected.
    pub manifest_digest: Option<Digest>,
    /// Which hosts were selected, and of what they are a part.
    pub selection: Option<Selected>,
    /// The digest of the plan, where there is one.
    pub digest: Option<Digest>,
    /// Whether everything that was asked about could be seen.
    pub complete: bool,
    /// Whether there is something to do and nothing is refused.
    pub applyable: bool,
    /// The numbers of the plan.
    pub summary: Summary,
    /// How many hosts are in each state; every state is named.
    pub host_states: BTreeMap<HostState, usize>,
    /// How many resources, over all hosts, are in each state; every state is named.
    pub resource_states: BTreeMap<ResourceState, usize>,
    /// What changes, each once with all the hosts on which it is the same: those of most hosts first.
    pub changes: Vec<SharedChange>,
    /// Every selected host, in order of their names.
    pub hosts: Vec<HostEntry>,
    /// What is wrong or odd in the manifest.
    pub diagnostics: Vec<Diagnostic>,
    /// Why the command could not do its work at all.
    pub failure: Option<RunFailure>,
}

/// Which command ran.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// `abide validate`.
    Validate,
    /// `abide plan`.
    Plan,
    /// `abide apply`.
    Apply,
    /// `abide drift`.
    Drift,
}

impl Command {
    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Drift => "drift",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename = "Exit")]
pub struct RunExit {
    /// The process's exit code.
    pub code: u8,
    /// Its meaning in one word or two: `done`, `pending`, `incomplete`.
    pub reason: &'static str,
}

impl RunExit {
    /// Whether the command did what it is for: a plan that could see everything, an apply that reached its end.
    pub fn is_success(self) -> bool {
        matches!(self.code, 0 | 2)
    }
}

/// One run of abide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Run")]
pub struct DocumentRun {
    /// A name that no other run has.
    pub id: String,
    /// The version of abide.
    pub abide: String,
    /// When it began, by the controller's clock.
    pub started: Moment,
    /// When it ended, by the controller's clock.
    pub ended: Moment,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// Where the job of a CI system that it was part of can be seen.
    pub url: Option<Url>,
    /// The directory in which it ran, below the root of the repository that it is in; `null` outside of one.
    pub directory: Option<String>,
}

/// Why a command could not do its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Failure")]
pub struct RunFailure {
    /// What is wrong: one clause.
    pub message: String,
    /// What a person can do about it.
    pub hints: Vec<String>,
}

/// What a document says beside what came of the hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFrame {
    /// Which command ran.
    pub kind: Command,
    /// How it ended.
    pub exit: RunExit,
    /// The run itself.
    pub run: DocumentRun,
    /// The manifest's name, where it could be read.
    pub manifest: Option<ManifestName>,
    /// Its digest, and which hosts were selected.
    pub selected: Option<(Digest, Selected)>,
    /// The digest of the plan, where there is one.
    pub digest: Option<Digest>,
    /// What is wrong or odd in the manifest.
    pub diagnostics: Vec<Diagnostic>,
    /// Why the command could not do its work at all.
    pub failure: Option<RunFailure>,
}

impl Document {
    /// The document of what came of these hosts. Nothing in it looks like a secret.
    pub fn new(frame: DocumentFrame, report: &Report) -> Self {
        Self::from_safe_report(frame, &without_sensitive(report))
    }

    /// The document of what was read back from documents: what had to be hidden is.
    pub fn from_safe_report(frame: DocumentFrame, report: &Report) -> Self {
        let options = TextOptions {
            full: true,
            show_sensitive: true,
            ..TextOptions::default()
        };
        let blocks = fleet::blocks_by_host(report, &options);
        let changes = change::shared_changes(fleet::sections(&blocks));
        let places = changes.iter().zip(0..);
        let places = places.map(|((block, _), place)| (block, place)).collect();
        let hosts: Vec<HostEntry> = report
            .hosts
            .iter()
            .map(|(name, host)| {
                let blocks = blocks.get(name).map_or(&[][..], Vec::as_slice);
                host::document_entry(name, host, blocks, &places)
            })
            .collect();
        let resources = hosts.iter().flat_map(|host| &host.resources);
        let summary = Summary::of_report(report);
        let (manifest_digest, selection) = frame.selected.unzip();
        Self {
            format: 1,
            format_version: VERSION.to_owned(),
            kind: frame.kind,
            exit: frame.exit,
            run: frame.run,
            manifest: frame.manifest,
            manifest_digest,
            selection,
            digest: frame.digest,
            complete: frame.failure.is_none() && summary.is_complete(),
            applyable: summary.has_actions() && summary.refused == 0,
            summary,
            host_states: count_states(&HostState::ALL, hosts.iter().map(|host| host.state)),
            resource_states: count_states(
                &ResourceState::ALL,
                resources.map(|resource| resource.state),
            ),
            changes: changes.into_iter().map(|(_, change)| change).collect(),
            hosts,
            diagnostics: frame.diagnostics,
            failure: frame.failure,
        }
    }

    /// The document as JSON: one object, members in a fixed order, a newline at the end.
    pub fn to_json(&self) -> String {
        crate::json::pretty_text(self)
    }
}

/// What came of hosts, with nothing in the contents of their plans that looks like a secret.
fn without_sensitive(report: &Report) -> Report {
    let mut report = report.clone();
    for host in report.hosts.values_mut() {
        if let Some(plan) = &mut host.plan {
            *plan = sensitive::without_sensitive(plan);
        }
        if let HostOutcome::Failed {
            residue: Some(residue),
            ..
        } = &mut host.outcome
        {
            **residue = sensitive::without_sensitive(residue);
        }
    }
    report
}

/// How often each state occurs, zeros included.
fn count_states<S: Copy + Ord>(all: &[S], found: impl Iterator<Item = S>) -> BTreeMap<S, usize> {
    let mut counts: BTreeMap<S, usize> = all.iter().map(|state| (*state, 0)).collect();
    for state in found {
        *counts.entry(state).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests;
