//! A document that was written earlier, read back as far as a new one is made from it: what came of the hosts. All the
//! rest (counts, what changes fleet-shaped, the resources' states) follows from that, and is made anew.

use abide_model::{
    Code, Declared, Diagnostic, Digest, FailReason, FailedUnit, HostDrift, HostFacts, HostName,
    HostOutcome, HostReport, HostState, Ledger, LockHolder, ManifestName, Origin, Plan, Report,
    ResourceId, Selected, Severity, Span, StaleFact, StepReport, Surprise, Suspension,
    printable_text,
};
use serde::Deserialize;
use serde_json::Value;

use super::{Command, DocumentFacts, DocumentRun, HostPlan, RunFailure};

/// What a document says, as far as it is read back.
#[derive(Debug, Clone)]
pub struct ReadDocument {
    /// Which command ran.
    pub kind: Command,
    /// The exit code.
    pub code: u8,
    /// The run.
    pub run: DocumentRun,
    /// The manifest's name, where it could be read.
    pub manifest: Option<ManifestName>,
    /// The digest of the manifest, and which hosts were selected.
    pub selected: Option<(Digest, Selected)>,
    /// What is wrong or odd in the manifest.
    pub diagnostics: Vec<Diagnostic>,
    /// Why the command could not do its work at all.
    pub failure: Option<RunFailure>,
    /// What came of the hosts.
    pub report: Report,
}

/// Why a text is not a document that can be read back: a whole clause for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON.
    #[error("it is not JSON: {0}")]
    Json(String),
    /// It is of another time.
    #[error("its format is {0}, and this abide reads 1")]
    Format(String),
    /// It means nothing to this version.
    #[error("it is not understood: {0}")]
    Content(String),
}

/// Reads a document. `code` knows the codes of diagnostics; one that it does not know is left out with its diagnostic.
pub fn read(text: &[u8], code: impl Fn(&str) -> Option<Code>) -> Result<ReadDocument, ReadError> {
    let value: Value =
        serde_json::from_slice(text).map_err(|error| ReadError::Json(error.to_string()))?;
    let format = value.get("format").unwrap_or(&Value::Null);
    if format.as_u64() != Some(1) {
        return Err(ReadError::Format(printable_text(&format.to_string())));
    }
    let written: WrittenDocument = serde_json::from_value(value)
        .map_err(|error| ReadError::Content(printable_text(&error.to_string())))?;
    let diagnostics = written.diagnostics.into_iter();
    let hosts = written.hosts.into_iter();
    let manifest = written.manifest;
    let report = Report {
        hosts: hosts
            .map(|host| (host.host.clone(), host.report(manifest.as_ref())))
            .collect(),
    };
    Ok(ReadDocument {
        kind: written.kind,
        code: written.exit.code,
        run: written.run,
        manifest,
        selected: written.manifest_digest.zip(written.selection),
        diagnostics: diagnostics
            .filter_map(|one| one.with_known_code(&code))
            .collect(),
        failure: written.failure,
        report,
    })
}

#[derive(Deserialize)]
#[serde(rename = "Written")]
struct WrittenDocument {
    kind: Command,
    exit: WrittenExit,
    run: DocumentRun,
    manifest: Option<ManifestName>,
    #[serde(default)]
    manifest_digest: Option<Digest>,
    #[serde(default)]
    selection: Option<Selected>,
    hosts: Vec<WrittenHost>,
    diagnostics: Vec<WrittenDiagnostic>,
    failure: Option<RunFailure>,
}

#[derive(Deserialize)]
struct WrittenExit {
    code: u8,
}

#[derive(Deserialize)]
struct WrittenDiagnostic {
    severity: Severity,
    code: String,
    message: String,
    span: Span,
    label: String,
    also: Vec<(Span, String)>,
    help: Option<String>,
}

impl WrittenDiagnostic {
    fn with_known_code(self, code: impl Fn(&str) -> Option<Code>) -> Option<Diagnostic> {
        Some(Diagnostic {
            severity: self.severity,
            code: code(&self.code)?,
            message: self.message,
            span: self.span,
            label: self.label,
            also: self.also,
            help: self.help,
        })
    }
}

#[derive(Deserialize)]
struct WrittenHost {
    host: HostName,
    state: HostState,
    reasons: Vec<String>,
    help: Option<String>,
    lock: Option<LockHolder>,
    drift: Option<HostDrift>,
    suspension: Option<Suspension>,
    millis: u64,
    facts: Option<DocumentFacts>,
    resources: Vec<WrittenResource>,
    plan: Option<HostPlan>,
    steps: Vec<StepReport>,
    failed_units: Vec<FailedUnit>,
    surprises: Vec<Surprise>,
    residue: Option<HostPlan>,
}

#[derive(Deserialize)]
struct WrittenResource {
    resource: ResourceId,
    #[serde(default)]
    loaded_as: Option<ResourceId>,
    origin: Option<Origin>,
}

impl WrittenHost {
    fn report(self, manifest: Option<&ManifestName>) -> HostReport {
        let plan = |plan: HostPlan| Some(whole_plan(plan, &self.host, manifest?));
        let declared = self.resources.into_iter().filter_map(|one| {
            Some(Declared {
                resource: one.resource,
                loaded_as: one.loaded_as,
                origin: one.origin?,
            })
        });
        HostReport {
            facts: self.facts.map(facts),
            declared: declared.collect(),
            plan: self.plan.and_then(plan),
            steps: self.steps,
            surprises: self.surprises,
            millis: self.millis,
            outcome: host_outcome(
                self.state,
                ReadDetails {
                    reasons: self.reasons,
                    help: self.help,
                    lock: self.lock,
                    drift: self.drift,
                    suspension: self.suspension,
                    residue: self.residue.and_then(plan),
                    failed_units: self.failed_units,
                },
            ),
        }
    }
}

struct ReadDetails {
    reasons: Vec<String>,
    help: Option<String>,
    lock: Option<LockHolder>,
    drift: Option<HostDrift>,
    suspension: Option<Suspension>,
    residue: Option<Plan>,
    failed_units: Vec<FailedUnit>,
}

/// How the host ended, so that it is told as it was.
fn host_outcome(state: HostState, details: ReadDetails) -> HostOutcome {
    let unseen = |reasons: Vec<String>, help| HostOutcome::Unreachable {
        reason: reasons.into_iter().next().unwrap_or_default(),
        help,
    };
    if let Some(drift) = details.drift {
        return HostOutcome::Judged(Box::new(drift));
    }
    match state {
        HostState::Clean => HostOutcome::Unchanged,
        HostState::Pending | HostState::Drifted => HostOutcome::Pending,
        HostState::Changed => HostOutcome::Changed,
        HostState::Failed => HostOutcome::Failed {
            reasons: details
                .reasons
                .into_iter()
                .map(FailReason::from_text)
                .collect(),
            residue: details.residue.map(Box::new),
            failed_units: details.failed_units,
        },
        HostState::Unknown => unseen(details.reasons, details.help),
        HostState::Stale => HostOutcome::Stale {
            facts: details
                .reasons
                .into_iter()
                .map(StaleFact::from_text)
                .collect(),
        },
        HostState::Locked => match details.lock {
            Some(holder) => HostOutcome::Locked(holder),
            None => unseen(details.reasons, details.help),
        },
        HostState::Suspended => match details.suspension {
            Some(suspension) => HostOutcome::Suspended {
                suspension,
                since_plan: false,
            },
            None => unseen(details.reasons, details.help),
        },
        HostState::NotStarted => HostOutcome::NotStarted,
        HostState::Interrupted => HostOutcome::Interrupted,
    }
}

/// What a document leaves out of a plan, its tellers do not need.
fn whole_plan(plan: HostPlan, host: &HostName, manifest: &ManifestName) -> Plan {
    Plan {
        host: host.clone(),
        manifest: manifest.clone(),
        actions: plan.actions,
        forecast: plan.forecast,
        refused: plan.refused,
        notes: plan.notes,
        unchanged: plan.unchanged,
        preconditions: Vec::new(),
        watches: plan.watches,
        services: std::collections::BTreeMap::new(),
        ledger_claim: Ledger::default(),
        ledger_after: Ledger::default(),
    }
}

fn facts(facts: DocumentFacts) -> HostFacts {
    HostFacts {
        hostname: facts.hostname,
        os: facts.os,
        machine_id: String::new(),
        systemd: facts.systemd,
        boot_id: String::new(),
        booted_at: facts.booted_at,
        now: facts.now,
        login: facts.login,
        login_uid: 0,
        root: facts.root,
        run_as: String::new(),
        system_state: facts.system_state,
        may_linger_itself: None,
        user_managers: true,
        podman: None,
    }
}

#[cfg(test)]
mod tests;
