//! The digest of a plan: what is approved is what runs.
//!
//! It covers what will be done and what that stands on, host by host: the host's name and identity, the facts, the
//! actions in their order with everything that they write. It covers nothing else: no time, version, commit, checkout
//! path, address, route, boot, process or invocation; no causes, notes or refusals, which say why something is or is
//! not done; and no host that nothing is done on. So two runs, two transports and the merged plans of shards have the
//! same digest as long as they would do the same, and another one as soon as they would not.
//!
//! Of a secret it covers where it comes from, never what it is: nothing could be guessed from a plan's digest, and it
//! is the same for everybody. That the secret itself is the approved one is what a saved plan's seal is for.

use serde::Serialize;

use crate::action_id::ActionId;
use crate::body::{Body, SecretSource};
use crate::canonical;
use crate::desired::Desired;
use crate::digest::Digest;
use crate::name::HostName;
use crate::observed::ActiveState;
use crate::plan::{Action, Before, Change, Plan, Precondition, ResourceId};
use crate::scope::UnitRef;
use crate::secret_command::SecretCommand;

/// The number that changes when the same plan would get another digest.
const FORMAT: u32 = 1;

/// The digest of what a plan does on its host; `None` where it does nothing.
pub fn host_digest(plan: &Plan, identity: Option<Digest>, desired: &Desired) -> Option<Digest> {
    if plan.actions.is_empty() {
        return None;
    }
    let mut preconditions: Vec<Fact<'_>> = plan.preconditions.iter().map(covered_fact).collect();
    preconditions.sort_by_cached_key(|fact| canonical::text(fact).unwrap_or_default());
    digest(&DigestedPlan {
        format: FORMAT,
        host: &plan.host,
        identity,
        preconditions,
        actions: plan
            .actions
            .iter()
            .map(|one| covered_action(one, desired))
            .collect(),
    })
}

/// The digest of a plan for many hosts, from those of its hosts in whatever order; hosts on which nothing is done do not
/// count.
pub fn plan_digest<'a>(hosts: impl IntoIterator<Item = (&'a HostName, Option<Digest>)>) -> Digest {
    #[derive(Serialize)]
    struct DigestedPlans<'a> {
        format: u32,
        hosts: std::collections::BTreeMap<&'a HostName, Digest>,
    }
    let hosts = hosts
        .into_iter()
        .filter_map(|(host, digest)| Some((host, digest?)));
    // The type has a JSON form; should that ever fail, every plan has the same digest and no apply passes.
    digest(&DigestedPlans {
        format: FORMAT,
        hosts: hosts.collect(),
    })
    .unwrap_or_else(|| Digest::of_bytes(b""))
}

fn digest(value: &impl Serialize) -> Option<Digest> {
    let text = canonical::text(value).ok()?;
    Some(Digest::of_bytes(text.as_bytes()))
}

#[derive(Serialize)]
struct DigestedPlan<'a> {
    format: u32,
    host: &'a HostName,
    identity: Option<Digest>,
    preconditions: Vec<Fact<'a>>,
    actions: Vec<Covered<'a>>,
}

#[derive(Serialize)]
struct Covered<'a> {
    id: ActionId,
    resource: &'a ResourceId,
    change: Changed<'a>,
    after: &'a [ActionId],
}

/// A fact; of a unit its state, but not which run of it that is: a run's name is as fleeting as a process id.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Fact<'a> {
    Unit {
        unit: &'a UnitRef,
        active: ActiveState,
    },
    #[serde(untagged)]
    Whole(&'a Precondition),
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Changed<'a> {
    WriteFile {
        path: &'a crate::path::HostPath,
        purpose: crate::plan::FilePurpose,
        body: DigestedContent<'a>,
        mode: u32,
        before: Stood<'a>,
    },
    RemoveFile {
        path: &'a crate::path::HostPath,
        purpose: crate::plan::FilePurpose,
        before: Stood<'a>,
    },
    #[serde(untagged)]
    Whole(&'a Change),
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum DigestedContent<'a> {
    Digest(Digest),
    Secret(DigestedSecret<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum DigestedSecret<'a> {
    Env(&'a str),
    /// Relative to the manifest.
    File(&'a str),
    Command(&'a SecretCommand),
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Stood<'a> {
    Absent,
    File { digest: Option<Digest>, mode: u32 },
    Symlink(&'a str),
}

fn covered_fact(precondition: &Precondition) -> Fact<'_> {
    match precondition {
        Precondition::Unit {
            unit,
            active,
            invocation: _,
        } => Fact::Unit {
            unit,
            active: *active,
        },
        Precondition::File { .. } | Precondition::User { .. } | Precondition::Linger { .. } => {
            Fact::Whole(precondition)
        }
    }
}

fn covered_action<'a>(action: &'a Action, desired: &'a Desired) -> Covered<'a> {
    // Whoever adds a member decides here whether it is part of what is approved.
    let Action {
        id,
        resource,
        change,
        causes: _,
        after,
    } = action;
    let change = match change {
        Change::WriteFile(write) => {
            let crate::plan::WriteFile {
                path,
                purpose,
                body,
                mode,
                before,
            } = write;
            Changed::WriteFile {
                path,
                purpose: *purpose,
                body: content(body, desired),
                mode: *mode,
                before: covered_before(before),
            }
        }
        Change::RemoveFile {
            path,
            purpose,
            before,
        } => Changed::RemoveFile {
            path,
            purpose: *purpose,
            before: covered_before(before),
        },
        other => Changed::Whole(other),
    };
    Covered {
        id: *id,
        resource,
        change,
        after,
    }
}

fn content<'a>(body: &'a Body, desired: &'a Desired) -> DigestedContent<'a> {
    match body {
        Body::Plain(bytes) => DigestedContent::Digest(bytes.digest()),
        Body::Secret { source, bytes: _ } => DigestedContent::Secret(match source {
            SecretSource::Env(name) => DigestedSecret::Env(name),
            SecretSource::File(path) => {
                DigestedSecret::File(desired.path_in_manifest(source, path))
            }
            SecretSource::Command(command) => DigestedSecret::Command(command),
        }),
    }
}

fn covered_before(before: &Before) -> Stood<'_> {
    match before {
        Before::Absent => Stood::Absent,
        Before::File {
            digest,
            content: _,
            mode,
        } => Stood::File {
            digest: *digest,
            mode: *mode,
        },
        Before::Symlink(target) => Stood::Symlink(target),
    }
}
