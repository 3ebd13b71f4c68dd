//! A plan in a file: everything that it takes to look at it, to approve it and to carry out exactly that, elsewhere and
//! later, without the manifest.
//!
//! One canonical JSON document. A minor version adds members that may be missing and ignored; a major version is for
//! readers of that version only. Members of the types below (and of [`Plan`], [`Desired`] and what they are made of)
//! are that format: a new one needs `#[serde(default)]`, or older files can no longer be read; a new member of a
//! [`Change`](crate::plan::Change) or of anything else that the digest covers also needs `skip_serializing_if` for its
//! default, or the digests of older files change.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::Body;
use crate::canonical;
use crate::desired::Desired;
use crate::diagnostic::{Diagnostic, Origin, Severity};
use crate::digest::Digest;
use crate::fleet::{Connection, Fleet, FleetHost, Rollout};
use crate::name::{GroupName, HostName, ManifestName};
use crate::observed::HostFacts;
use crate::plan::Plan;
use crate::plan_digest::{host_digest, plan_digest};
use crate::plan_key::PlanKey;
use crate::report::{Declared, HostOutcome, HostReport, Report};
use crate::shard::{Shard, ShardBy};
use crate::time::UtcTime;

mod merge;
mod read;

pub use merge::merge;
pub use read::PlanError;

/// What `kind` says in a saved plan.
const KIND: &str = "saved_plan";
/// The version of the format that is written.
const VERSION: &str = "1.0";

/// A plan in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedPlan {
    /// `saved_plan`.
    pub kind: String,
    /// `1.0`: the minor part grows with members that may be missing, the major part where readers would break.
    pub format_version: String,
    /// The version of abide that made it.
    pub abide_version: String,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it is too old to be applied, unless whoever applies it says otherwise.
    pub expires_at: UtcTime,
    /// What it was made from.
    pub manifest: PlannedManifest,
    /// Which hosts it is about.
    pub selection: Selected,
    /// There is something to do, and nothing is refused.
    pub applyable: bool,
    /// Everything that was asked about could be seen.
    pub complete: bool,
    /// Something went wrong in making it.
    pub errored: bool,
    /// The digest of what will be done and what that stands on: what is approved. See [`plan_digest`].
    pub digest: Digest,
    /// The plan in numbers, by what is counted.
    pub summary: BTreeMap<String, u64>,
    /// What the manifest was warned about.
    #[serde(default)]
    pub diagnostics: Vec<SavedDiagnostic>,
    /// How many hosts are worked on at once.
    pub parallel: usize,
    /// In which waves.
    pub rollout: Rollout,
    /// The hosts, by name.
    pub hosts: Vec<SavedHost>,
    /// The digest of this file without this member and the seal: it changes with every byte that means something.
    pub checksum: Digest,
    /// Who made it had this key. Always there where the plan depends on secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
}

/// The manifest that a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedManifest {
    /// Its name, in every host's ledger.
    pub name: ManifestName,
    /// The digest of its files and of every file that it copies; secrets are no part of it.
    pub digest: Digest,
    /// The repository it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceRevision>,
}

/// Where in a repository's history a manifest is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceRevision {
    /// The address of the repository, without user and password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// The commit.
    pub rev: String,
    /// Whether the checkout had changes that are in no commit.
    pub dirty: bool,
}

/// Which hosts a plan is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Selected {
    /// The flags that selected them.
    pub args: Vec<String>,
    /// The hosts, by name.
    pub hosts: BTreeSet<HostName>,
    /// The part of a larger selection that this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// What it is a part of; there where `shard` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<WholeSelection>,
    /// Whether these are all hosts of the manifest.
    pub complete: bool,
}

/// The selection that a shard is a part of, the same in every shard of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WholeSelection {
    /// What decided which hosts are in which shard.
    pub by: ShardBy,
    /// Its hosts, by name.
    pub hosts: BTreeSet<HostName>,
    /// Whether these are all hosts of the manifest.
    pub complete: bool,
}

/// A diagnostic as a file keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedDiagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub origin: Origin,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl From<&Diagnostic> for SavedDiagnostic {
    fn from(found: &Diagnostic) -> Self {
        Self {
            severity: found.severity,
            code: found.code.to_string(),
            message: found.message.clone(),
            origin: found.span.origin.clone(),
            help: found.help.clone(),
        }
    }
}

/// One host of a saved plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedHost {
    /// Its name.
    pub host: HostName,
    /// The groups it is in.
    pub groups: BTreeSet<GroupName>,
    /// How it is reached.
    pub connection: Connection,
    /// Which machine answered to the name: a digest of its machine-id(5). `None` where none did, or where it has no machine
    /// id.
    pub identity: Option<Digest>,
    /// How planning it ended.
    pub outcome: HostOutcome,
    /// What was observed about the host itself; its machine id is left out.
    pub facts: Option<HostFacts>,
    /// What is declared for it, and where.
    #[serde(default)]
    pub declared: Vec<Declared>,
    /// The digest of what is done there; `None` where nothing is.
    pub digest: Option<Digest>,
    /// What is done there.
    pub plan: Option<Plan>,
    /// The secrets that it should have, as only those can check who have the key.
    #[serde(default)]
    pub secrets: Vec<SealedSecret>,
    /// What it should be: by it the host is observed again, before and after. What is done is only in the plan.
    pub desired: Desired,
}

/// A secret that was approved, without a way back to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SealedSecret {
    /// Where it goes on the host.
    pub place: String,
    /// Its keyed digest.
    pub digest: Digest,
}

/// What only the holder of a key can make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Seal {
    /// The key's name.
    pub key: String,
    /// The keyed digest of the checksum.
    pub digest: Digest,
}

/// What a saved plan is made of, beside what came of planning.
#[derive(Debug, Clone)]
pub struct Making<'a> {
    /// The version of abide.
    pub abide_version: &'a str,
    /// Now.
    pub created_at: UtcTime,
    /// How long it is valid.
    pub valid_for: std::time::Duration,
    /// What it is made from.
    pub manifest: PlannedManifest,
    /// Which hosts it is about.
    pub selection: Selected,
    /// The plan in numbers.
    pub summary: BTreeMap<String, u64>,
    /// Everything that was asked about could be seen.
    pub complete: bool,
    /// There is something to do, and nothing is refused.
    pub applyable: bool,
    /// What the manifest was warned about.
    pub diagnostics: &'a [Diagnostic],
    /// How many hosts are worked on at once.
    pub parallel: usize,
    /// In which waves.
    pub rollout: Rollout,
    /// The key; needed where secrets are ([`SavedPlan::needs_key`]).
    pub key: Option<&'a PlanKey>,
}

impl SavedPlan {
    /// The plan that came of planning these hosts, with their secrets resolved, ready to be written.
    pub fn new(hosts: &BTreeMap<HostName, FleetHost>, report: &Report, making: Making<'_>) -> Self {
        let hosts = report.hosts.iter().filter_map(|(name, came)| {
            Some(SavedHost::new(name, hosts.get(name)?, came, making.key))
        });
        let mut plan = Self {
            kind: KIND.to_owned(),
            format_version: VERSION.to_owned(),
            abide_version: making.abide_version.to_owned(),
            created_at: making.created_at,
            expires_at: making.created_at.later_by(making.valid_for),
            manifest: making.manifest,
            selection: making.selection,
            applyable: making.applyable,
            complete: making.complete,
            errored: report.hosts.values().any(is_broken),
            digest: Digest::of_bytes(b""),
            summary: making.summary,
            diagnostics: making.diagnostics.iter().map(Into::into).collect(),
            parallel: making.parallel,
            rollout: making.rollout,
            hosts: hosts.collect(),
            checksum: Digest::of_bytes(b""),
            seal: None,
        };
        plan.finish(making.key);
        plan
    }

    /// Brings digests, checksum and seal in line with everything else, as for a plan that was put together from others.
    pub fn finish(&mut self, key: Option<&PlanKey>) {
        self.hosts.sort_by(|one, other| one.host.cmp(&other.host));
        for host in &mut self.hosts {
            host.digest = host.digest_now();
        }
        self.digest = self.digest_now();
        self.checksum = read::plan_checksum(self);
        self.seal = key.map(|key| Seal {
            key: key.id(),
            digest: seal(key, self.checksum),
        });
    }

    /// The text of the file.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let mut text = canonical::text(self)?;
        text.push('\n');
        Ok(text)
    }

    /// Whether no plan of these hosts can be saved without a key: they have secrets, or settings of their connections
    /// that nobody may plant.
    pub fn needs_key(hosts: &BTreeMap<HostName, FleetHost>) -> bool {
        hosts
            .values()
            .any(|host| has_secrets(&host.desired) || !host.connection.route_settings().is_empty())
    }

    /// Whether it has secrets, so that it must have a seal.
    pub fn has_secrets(&self) -> bool {
        self.hosts.iter().any(|host| has_secrets(&host.desired))
    }

    /// Whether this key made the seal.
    pub fn is_sealed_by(&self, key: &PlanKey) -> bool {
        let seal = self.seal.as_ref();
        seal.is_some_and(|made| made.digest == seal_of(self, key))
    }

    /// The fleet that it is about, as a manifest would give it. Secrets are not resolved.
    pub fn fleet(&self) -> Fleet {
        let hosts = self.hosts.iter().map(|host| {
            let wanted = FleetHost {
                groups: host.groups.clone(),
                connection: host.connection.clone(),
                desired: host.desired.clone(),
            };
            (host.host.clone(), wanted)
        });
        Fleet {
            name: self.manifest.name.clone(),
            hosts: hosts.collect(),
            parallel: self.parallel,
            rollout: self.rollout.clone(),
        }
    }

    /// What came of planning, as it was reported then.
    pub fn report(&self) -> Report {
        let hosts = self.hosts.iter();
        let hosts = hosts.map(|host| (host.host.clone(), host.report()));
        Report {
            hosts: hosts.collect(),
        }
    }

    /// One of its hosts.
    pub fn host(&self, name: &HostName) -> Option<&SavedHost> {
        self.hosts.iter().find(|host| host.host == *name)
    }

    fn digest_now(&self) -> Digest {
        plan_digest(self.hosts.iter().map(|host| (&host.host, host.digest)))
    }
}

impl SavedHost {
    fn new(name: &HostName, wanted: &FleetHost, came: &HostReport, key: Option<&PlanKey>) -> Self {
        let facts = came.facts.clone();
        let identity = facts.as_ref().and_then(HostFacts::machine_identity);
        let mut host = Self {
            host: name.clone(),
            groups: wanted.groups.clone(),
            connection: wanted.connection.clone(),
            identity,
            outcome: came.outcome.clone(),
            facts: facts.map(|facts| HostFacts {
                machine_id: String::new(),
                ..facts
            }),
            declared: came.declared.clone(),
            digest: None,
            plan: came.plan.clone(),
            secrets: key
                .map(|key| sealed_secrets(name, &wanted.desired, key))
                .unwrap_or_default(),
            desired: wanted.desired.clone(),
        };
        host.digest = host.digest_now();
        host
    }

    /// The places of secrets that are not those which were approved. `desired` has them resolved.
    pub fn other_secrets(&self, desired: &Desired, key: &PlanKey) -> Vec<String> {
        let now = sealed_secrets(&self.host, desired, key);
        let others = now.iter().filter(|one| !self.secrets.contains(one));
        others.map(|one| one.place.clone()).collect()
    }

    /// What came of planning it.
    pub fn report(&self) -> HostReport {
        HostReport {
            outcome: self.outcome.clone(),
            facts: self.facts.clone(),
            declared: self.declared.clone(),
            plan: self.plan.clone(),
            steps: Vec::new(),
            surprises: Vec::new(),
            millis: 0,
        }
    }

    fn digest_now(&self) -> Option<Digest> {
        let plan = self.plan.as_ref()?;
        host_digest(plan, self.identity, &self.desired)
    }
}

fn is_broken(host: &HostReport) -> bool {
    matches!(
        host.outcome,
        HostOutcome::Failed { .. } | HostOutcome::Interrupted | HostOutcome::NotStarted
    )
}

fn has_secrets(desired: &Desired) -> bool {
    desired.all_bodies().any(|(_, _, body)| body.is_secret())
}

/// A secret that was not resolved has no digest, and equals none.
fn sealed_secrets(host: &HostName, desired: &Desired, key: &PlanKey) -> Vec<SealedSecret> {
    let secrets = desired
        .all_bodies()
        .filter_map(|(place, _, body)| match body {
            Body::Secret { bytes, .. } => Some((place, bytes.as_ref()?)),
            Body::Plain(_) => None,
        });
    let sealed = secrets.map(|(place, bytes)| {
        let parts = [
            b"abide secret 1".as_slice(),
            host.as_str().as_bytes(),
            place.as_bytes(),
            bytes.as_slice(),
        ];
        let digest = key.digest(parts);
        SealedSecret { place, digest }
    });
    sealed.collect()
}

fn seal_of(plan: &SavedPlan, key: &PlanKey) -> Digest {
    seal(key, plan.checksum)
}

fn seal(key: &PlanKey, checksum: Digest) -> Digest {
    key.digest([b"abide plan 1".as_slice(), checksum.to_string().as_bytes()])
}

#[cfg(test)]
mod tests;
