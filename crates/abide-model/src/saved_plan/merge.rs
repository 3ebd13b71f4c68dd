//! Puts the plans of shards together into the plan that one machine would have made, or says why they are not all the
//! parts of one plan. It is strict: a plan from which a part of the fleet is silently missing must not be approved.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::{PlannedManifest, SavedDiagnostic, SavedHost, SavedPlan, Selected, WholeSelection};
use crate::fleet::Rollout;
use crate::name::HostName;
use crate::shard::Shard;

/// Why plans are not the shards of one plan: a whole clause for a person, with the names that the plans were given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is no plan.
    #[error("there is no plan to merge")]
    Nothing,
    /// A plan is no part of anything.
    #[error("{0} is no shard: it was made without --shard")]
    NoShard(String),
    /// A plan contradicts itself.
    #[error("{plan} does not fit together: {why}")]
    Odd {
        /// Which.
        plan: String,
        /// What it says.
        why: &'static str,
    },
    /// Two plans are not of the same kind.
    #[error("{one} and {other} do not belong together: {why}")]
    Apart {
        /// A plan.
        one: String,
        /// The one that differs.
        other: String,
        /// In what.
        why: String,
    },
    /// A shard is there more than once.
    #[error("shard {shard} is there twice: {one} and {other}")]
    Twice {
        /// Which.
        shard: Shard,
        /// A plan.
        one: String,
        /// The other.
        other: String,
    },
    /// Shards are missing.
    #[error("{} missing", are(.0))]
    Missing(Vec<Shard>),
    /// A host is in two shards.
    #[error("the host {host} is in {one} and in {other}")]
    Overlap {
        /// Which.
        host: HostName,
        /// A plan.
        one: String,
        /// The other.
        other: String,
    },
    /// All shards are there, but hosts of the selection are in none of them.
    #[error("no shard has {}", some(.0))]
    Gap(Vec<HostName>),
}

fn are(shards: &[Shard]) -> String {
    match shards {
        [one] => format!("shard {one} is"),
        many => format!("the shards {} are", some(many)),
    }
}

fn some<T: Display>(names: &[T]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = names.iter().take(SHOWN).map(ToString::to_string).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// One plan to merge.
struct Part {
    name: String,
    shard: Shard,
    whole: WholeSelection,
    plan: SavedPlan,
}

/// The plan that these are the shards of, without a seal. Each comes with a name to speak of it by. In whatever order
/// they come, the plan is the same, and its digest is that of a plan that was never in shards.
pub fn merge(
    plans: impl IntoIterator<Item = (String, SavedPlan)>,
) -> Result<SavedPlan, MergeError> {
    let mut parts: Vec<Part> = plans.into_iter().map(part).collect::<Result<_, _>>()?;
    parts.sort_by_key(|part| part.shard);
    belong_together(&parts)?;
    all_are_there(&parts)?;
    every_host_is_in_one(&parts)?;
    put_together(parts)
}

fn part((name, plan): (String, SavedPlan)) -> Result<Part, MergeError> {
    let selection = &plan.selection;
    let Some((shard, whole)) = selection.shard.zip(selection.whole.clone()) else {
        return Err(MergeError::NoShard(name));
    };
    let odd = |why| {
        let plan = name.clone();
        Err(MergeError::Odd { plan, why })
    };
    if shard.index == 0 || shard.index > shard.count {
        return odd("there is no such shard");
    }
    if !plan
        .hosts
        .iter()
        .map(|host| &host.host)
        .eq(&selection.hosts)
    {
        return odd("its hosts are not those that were selected");
    }
    if !selection.hosts.is_subset(&whole.hosts) {
        return odd("it has hosts that were not selected");
    }
    Ok(Part {
        name,
        shard,
        whole,
        plan,
    })
}

fn belong_together(parts: &[Part]) -> Result<(), MergeError> {
    let Some((first, others)) = parts.split_first() else {
        return Err(MergeError::Nothing);
    };
    for other in others {
        if let Some(why) = apart(first, other) {
            return Err(MergeError::Apart {
                one: first.name.clone(),
                other: other.name.clone(),
                why,
            });
        }
    }
    Ok(())
}

/// What keeps two plans from being parts of one.
fn apart(one: &Part, other: &Part) -> Option<String> {
    let manifest = |part: &Part| part.plan.manifest.clone();
    let PlannedManifest { name, digest, .. } = manifest(one);
    if name != manifest(other).name {
        let text = format!(
            "one is of the manifest {name}, the other of {}",
            manifest(other).name
        );
        return Some(text);
    }
    let rollout =
        |part: &Part| -> (usize, Rollout) { (part.plan.parallel, part.plan.rollout.clone()) };
    if digest != manifest(other).digest || rollout(one) != rollout(other) {
        return Some("the manifest or a file that it copies was not the same".to_owned());
    }
    if one.shard.count != other.shard.count {
        let (one, other) = (one.shard, other.shard);
        return Some(format!("one is shard {one}, the other {other}"));
    }
    if one.whole.by != other.whole.by {
        let (one, other) = (one.whole.by, other.whole.by);
        return Some(format!(
            "one was made with --shard-by {one}, the other with {other}"
        ));
    }
    if one.plan.selection.args != other.plan.selection.args || one.whole != other.whole {
        return Some("they are shards of different selections of hosts".to_owned());
    }
    None
}

fn all_are_there(parts: &[Part]) -> Result<(), MergeError> {
    let twins = parts.iter().zip(parts.iter().skip(1));
    for (one, next) in twins {
        if one.shard == next.shard {
            return Err(MergeError::Twice {
                shard: one.shard,
                one: one.name.clone(),
                other: next.name.clone(),
            });
        }
    }
    let count = parts.first().map_or(0, |part| part.shard.count);
    let there: BTreeSet<Shard> = parts.iter().map(|part| part.shard).collect();
    // A count of billions is only worth its first missing ones.
    let missing: Vec<Shard> = Shard::all(count)
        .filter(|shard| !there.contains(shard))
        .take(1000)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(MergeError::Missing(missing))
    }
}

fn every_host_is_in_one(parts: &[Part]) -> Result<(), MergeError> {
    let mut seen: BTreeMap<&HostName, &Part> = BTreeMap::new();
    for part in parts {
        for host in &part.plan.selection.hosts {
            if let Some(before) = seen.insert(host, part) {
                return Err(MergeError::Overlap {
                    host: host.clone(),
                    one: before.name.clone(),
                    other: part.name.clone(),
                });
            }
        }
    }
    let whole = parts.iter().flat_map(|part| &part.whole.hosts);
    let gap: BTreeSet<HostName> = whole
        .filter(|host| !seen.contains_key(host))
        .cloned()
        .collect();
    if gap.is_empty() {
        Ok(())
    } else {
        Err(MergeError::Gap(gap.into_iter().collect()))
    }
}

fn put_together(parts: Vec<Part>) -> Result<SavedPlan, MergeError> {
    let mut parts = parts.into_iter();
    let Part { whole, plan, .. } = parts.next().ok_or(MergeError::Nothing)?;
    let mut merged = SavedPlan {
        selection: Selected {
            hosts: whole.hosts,
            shard: None,
            whole: None,
            complete: whole.complete,
            ..plan.selection
        },
        ..plan
    };
    for part in parts {
        add(&mut merged, part.plan);
    }
    merged.applyable = has_actions(&merged.hosts) && !has_refusals(&merged.hosts);
    merged.finish(None);
    Ok(merged)
}

/// Adds one more shard. The merged plan is as old as its oldest part, and as incomplete as its least complete one.
fn add(merged: &mut SavedPlan, plan: SavedPlan) {
    merged.created_at = merged.created_at.min(plan.created_at);
    merged.expires_at = merged.expires_at.min(plan.expires_at);
    if merged.manifest.source != plan.manifest.source {
        merged.manifest.source = None;
    }
    merged.complete &= plan.complete;
    merged.errored |= plan.errored;
    for (what, number) in plan.summary {
        let sum = merged.summary.entry(what).or_default();
        *sum = sum.saturating_add(number);
    }
    let told = |found: &SavedDiagnostic| merged.diagnostics.contains(found);
    let news: Vec<SavedDiagnostic> = plan
        .diagnostics
        .into_iter()
        .filter(|found| !told(found))
        .collect();
    merged.diagnostics.extend(news);
    merged.hosts.extend(plan.hosts);
}

fn has_actions(hosts: &[SavedHost]) -> bool {
    let mut plans = hosts.iter().filter_map(|host| host.plan.as_ref());
    plans.any(|plan| !plan.actions.is_empty())
}

fn has_refusals(hosts: &[SavedHost]) -> bool {
    let mut plans = hosts.iter().filter_map(|host| host.plan.as_ref());
    plans.any(|plan| !plan.refused.is_empty())
}
