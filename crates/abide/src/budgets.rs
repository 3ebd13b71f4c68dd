//! Budgets of a rollout that count hosts mean all hosts of a run. Where several machines work on a shard each, none of them
//! can keep such a budget: five shards with one canary each are five canaries.

use abide_model::{Rollout, SavedPlan, Shard, ShardBy, Share};

use crate::args::Selection;
use crate::exit::Exit;
use crate::failure::Failure;

/// Refuses to change hosts in this shard, where the rollout has a budget that it could not keep. A share of the hosts is
/// the same in shards; a budget counts for each group where a shard holds whole groups (`--shard-by group`); and who
/// gives no budget has none to break.
pub(crate) fn check_shard(
    rollout: &Rollout,
    shard: Option<Shard>,
    shard_by: ShardBy,
) -> Result<(), Failure> {
    let Some(shard) = shard.filter(|shard| shard.count > 1 && shard_by == ShardBy::Host) else {
        return Ok(());
    };
    let counted = host_count_budgets(rollout);
    if counted.is_empty() {
        return Ok(());
    }
    let budgets = counted.join(", ");
    let message = format!(
        "nothing was done: the manifest's rollout counts hosts ({budgets}), and shard {shard} would count for itself"
    );
    Err(Failure::new(Exit::Refused, message)
        .with_hint("plan in shards, put the plans together by `abide merge`, and apply that from one machine")
        .with_hint("or write the batch in percent, without canary and max_failures; or let each group have the budget: --shard-by group"))
}

/// The same for a saved plan, of which a part may be asked for, and which may be a part itself.
pub(crate) fn hold_saved(saved: &SavedPlan, selection: &Selection) -> Result<(), Failure> {
    let by = saved.selection.whole.as_ref().map(|whole| whole.by);
    check_shard(
        &saved.rollout,
        saved.selection.shard,
        by.unwrap_or_default(),
    )?;
    check_shard(&saved.rollout, selection.shard, selection.shard_by.into())
}

/// The budgets that are numbers of hosts, as a manifest has them. Without waves there is no next one that a failure
/// could keep from beginning.
fn host_count_budgets(rollout: &Rollout) -> Vec<String> {
    let Rollout {
        canary,
        batch,
        max_failures,
    } = rollout;
    let mut counted = Vec::new();
    if *canary > 0 {
        counted.push(format!("canary: {canary}"));
    }
    if let Some(Share::Count(count)) = batch {
        counted.push(format!("batch: {count}"));
    }
    if let (true, Some(most)) = (*canary > 0 || batch.is_some(), max_failures) {
        counted.push(format!("max_failures: {most}"));
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(canary: usize, batch: Option<Share>, max_failures: Option<usize>) -> Rollout {
        Rollout {
            canary,
            batch,
            max_failures,
        }
    }

    fn said(rollout: &Rollout, shard: &str, by: ShardBy) -> Option<String> {
        let held = check_shard(rollout, shard.parse().ok(), by);
        held.err().map(|failure| failure.message)
    }

    #[test]
    fn numbers_of_hosts_do_not_hold_in_a_shard() {
        for (rollout, named) in [
            (rollout(2, None, None), "(canary: 2)"),
            (rollout(0, Some(Share::Count(5)), None), "(batch: 5)"),
            (
                rollout(1, Some(Share::Percent(25)), Some(3)),
                "(canary: 1, max_failures: 3)",
            ),
        ] {
            let why = said(&rollout, "2/5", ShardBy::Host).unwrap();
            assert!(why.contains(named) && why.contains("shard 2/5"), "{why}");
            assert_eq!(said(&rollout, "2/5", ShardBy::Group), None);
            assert_eq!(said(&rollout, "1/1", ShardBy::Host), None);
            assert_eq!(said(&rollout, "", ShardBy::Host), None);
        }
    }

    #[test]
    fn shares_of_the_hosts_hold_in_every_shard_and_so_does_no_budget() {
        for rollout in [
            Rollout::default(),
            rollout(0, Some(Share::Percent(25)), None),
            // Without waves it means nothing.
            rollout(0, None, Some(3)),
        ] {
            assert_eq!(said(&rollout, "2/5", ShardBy::Host), None);
        }
    }
}
