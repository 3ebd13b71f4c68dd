//! Shards are put together only where they are all the parts of one plan.

use super::*;
use crate::pieces::MergeError;

/// The plans that machines would make of the shards of what one machine planned, with their names.
fn shards((hosts, report): &Planned, count: u32) -> Vec<(String, SavedPlan)> {
    let of = |shard: Shard| {
        let is_in = |name: &HostName| Shard::of_name(name.as_str(), shard.count) == shard;
        let kept = report.hosts.clone().into_iter();
        let part = Report {
            hosts: kept.filter(|(name, _)| is_in(name)).collect(),
        };
        let mut plan = saved(&(hosts.clone(), part));
        plan.selection = Selected {
            args: Vec::new(),
            hosts: plan.hosts.iter().map(|host| host.host.clone()).collect(),
            shard: Some(shard),
            whole: Some(WholeSelection {
                by: ShardBy::Host,
                hosts: hosts.keys().cloned().collect(),
                complete: true,
            }),
            complete: plan.hosts.len() == hosts.len(),
        };
        plan.summary = [("hosts".to_owned(), plan.hosts.len() as u64)].into();
        plan.applyable = !plan.hosts.is_empty();
        plan.finish(Some(&key()));
        (format!("{}.json", shard.index), plan)
    };
    Shard::all_of(count).map(of).collect()
}

/// The plan that one machine would have made, of a selection that is not in shards.
fn unsharded(planned: &Planned) -> SavedPlan {
    let mut plan = saved(planned);
    let plans = planned
        .1
        .hosts
        .values()
        .filter_map(|host| host.plan.as_ref());
    plan.applyable = plans.map(|plan| plan.actions.len()).sum::<usize>() > 0;
    plan.finish(None);
    plan
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn merged_shards_are_the_plan_that_was_never_in_shards(
        planned in any_planned(),
        count in 1_u32..6,
        turn in any::<Index>(),
    ) {
        let mut parts = shards(&planned, count);
        // In whatever order they come.
        let by = turn.index(parts.len());
        parts.rotate_left(by);
        let merged = merge(parts).unwrap();
        let whole = unsharded(&planned);
        prop_assert_eq!(merged.digest, whole.digest);
        prop_assert_eq!(&merged, &whole);
        let text = merged.text().unwrap();
        let read = SavedPlan::read(text.as_bytes()).map(|plan| plan.text().unwrap());
        prop_assert_eq!(read, Ok(text));
    }

    #[test]
    fn without_any_one_of_its_shards_nothing_is_merged(
        planned in any_planned(),
        count in 2_u32..6,
        gone in any::<Index>(),
    ) {
        let mut parts = shards(&planned, count);
        let at = gone.index(parts.len());
        let (_, lost) = parts.remove(at);
        let missing = lost.selection.shard.unwrap();
        prop_assert_eq!(merge(parts), Err(MergeError::Missing(vec![missing])));
    }
}

fn planned() -> Planned {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    loop {
        let planned = any_planned().new_tree(&mut runner).unwrap().current();
        if planned.0.len() > 2 {
            return planned;
        }
    }
}

type Parts = Vec<(String, SavedPlan)>;

fn said(change: impl FnOnce(&mut Parts)) -> String {
    let mut parts = shards(&planned(), 3);
    change(&mut parts);
    merge(parts).unwrap_err().to_string()
}

fn occupied(parts: &Parts) -> usize {
    let filled = |(_, plan): &(String, SavedPlan)| !plan.hosts.is_empty();
    parts.iter().position(filled).unwrap()
}

#[test]
fn what_is_not_all_of_one_plan_is_refused_and_the_gap_is_named() {
    assert_eq!(said(Vec::clear), "there is nothing to merge");
    assert_eq!(said(|parts| parts.truncate(2)), "shard 3/3 is missing");
    assert_eq!(
        said(|parts| parts.truncate(1)),
        "the shards 2/3, 3/3 are missing"
    );
    assert_eq!(
        said(|parts| parts[1].1 = parts[0].1.clone()),
        "shard 1/3 is there twice: 1.json and 2.json"
    );
    assert_eq!(
        said(|parts| parts[2].1.selection.shard = None),
        "3.json is no shard: it was made without --shard"
    );
    assert_eq!(
        said(|parts| parts[1].1.manifest.digest = Digest::of_bytes(b"another")),
        "1.json and 2.json do not belong together: the manifest or a file that it copies was not the same"
    );
    assert_eq!(
        said(|parts| parts[1].1.manifest.name = "other".parse().unwrap()),
        "1.json and 2.json do not belong together: one is of the manifest m, the other of other"
    );
    assert_eq!(
        said(|parts| parts[2].1.selection.shard = Some(Shard { index: 3, count: 4 })),
        "1.json and 3.json do not belong together: one is shard 1/3, the other 3/4"
    );
    assert_eq!(
        said(|parts| parts[2].1.selection.args = vec!["--host=h*".into()]),
        "1.json and 3.json do not belong together: they are shards of different selections of hosts"
    );
    assert_eq!(
        said(|parts| {
            let whole = parts[2].1.selection.whole.as_mut().unwrap();
            whole.by = ShardBy::Group;
        }),
        "1.json and 3.json do not belong together: one was made with --shard-by host, the other with group"
    );
    assert_eq!(
        said(|parts| parts[0].1.selection.shard = Some(Shard { index: 4, count: 3 })),
        "1.json does not fit together: there is no such shard"
    );
}

#[test]
fn a_host_is_in_exactly_one_shard() {
    let gap = said(|parts| {
        for (_, plan) in parts {
            let whole = plan.selection.whole.as_mut().unwrap();
            whole.hosts.insert("lost".parse().unwrap());
        }
    });
    assert_eq!(gap, "no shard has lost");
    let overlap = said(|parts| {
        let from = occupied(parts);
        let to = (from + 1) % 3;
        let host = parts[from].1.hosts[0].clone();
        let plan = &mut parts[to].1;
        plan.selection.hosts.insert(host.host.clone());
        plan.hosts.push(host);
        plan.finish(None);
    });
    assert!(
        overlap.starts_with("the host h") && overlap.contains(" is in "),
        "{overlap}"
    );
    let lost = said(|parts| {
        let at = occupied(parts);
        parts[at].1.hosts.remove(0);
    });
    assert!(
        lost.contains("its hosts are not those that were selected"),
        "{lost}"
    );
    let foreign = said(|parts| {
        let at = occupied(parts);
        let host = parts[at].1.hosts[0].host.clone();
        for (_, plan) in parts {
            plan.selection.whole.as_mut().unwrap().hosts.remove(&host);
        }
    });
    assert!(
        foreign.contains("it has hosts that were not selected"),
        "{foreign}"
    );
}
