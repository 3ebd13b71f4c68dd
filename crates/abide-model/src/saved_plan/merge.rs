//! Puts the plans of shards together into the plan that one machine would have made.

use super::{SavedDiagnostic, SavedHost, SavedPlan};
use crate::pieces::{MergeError, Piece, put_together};

/// The plan that these are the shards of, without a seal. Each comes with a name to speak of it by. In whatever order
/// they come, the plan is the same, and its digest is that of a plan that was never in shards.
pub fn merge(
    plans: impl IntoIterator<Item = (String, SavedPlan)>,
) -> Result<SavedPlan, MergeError> {
    let pieces: Vec<Piece<SavedPlan>> = plans
        .into_iter()
        .map(piece_from_plan)
        .collect::<Result<_, _>>()?;
    let (selection, plans) = put_together(pieces, |one, other| {
        let pace = |plan: &SavedPlan| (plan.parallel, plan.rollout.clone());
        let differs = pace(one) != pace(other);
        differs.then(|| "the manifest or a file that it copies was not the same".to_owned())
    })?;
    let mut plans = plans.into_iter();
    let first = plans.next().ok_or(MergeError::Nothing)?;
    let mut merged = SavedPlan { selection, ..first };
    for plan in plans {
        add(&mut merged, plan);
    }
    merged.applyable = has_actions(&merged.hosts) && !has_refusals(&merged.hosts);
    merged.finish(None);
    Ok(merged)
}

fn piece_from_plan((name, plan): (String, SavedPlan)) -> Result<Piece<SavedPlan>, MergeError> {
    let hosts = plan.hosts.iter().map(|host| &host.host);
    // Of what is no shard, that is what has to be said.
    if plan.selection.shard.is_some() && !hosts.eq(&plan.selection.hosts) {
        return Err(MergeError::Odd {
            piece: name,
            why: "its hosts are not those that were selected",
        });
    }
    Ok(Piece {
        name,
        manifest: plan.manifest.name.clone(),
        digest: plan.manifest.digest,
        selection: plan.selection.clone(),
        made: plan,
    })
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
