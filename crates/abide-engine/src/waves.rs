//! In which waves hosts are changed.

use abide_model::{HostName, Rollout, Share};

/// Cuts hosts into waves: the canaries, then batches of the rest. A batch is a share of all hosts, not of those left.
pub(crate) fn waves(hosts: &[HostName], rollout: &Rollout) -> Vec<Vec<HostName>> {
    let canary = rollout.canary.min(hosts.len());
    let (first, rest) = hosts.split_at(canary);
    let batch = rollout
        .batch
        .map_or(rest.len(), |share: Share| share.count_of(hosts.len()));
    let mut waves: Vec<Vec<HostName>> = Vec::new();
    if !first.is_empty() {
        waves.push(first.to_vec());
    }
    waves.extend(rest.chunks(batch.max(1)).map(<[HostName]>::to_vec));
    waves
}

/// Whether this many failed hosts end a run before its next wave.
pub(crate) fn is_enough(failed: usize, rollout: &Rollout) -> bool {
    failed >= rollout.max_failures.unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(hosts: usize, canary: usize, batch: Option<Share>) -> Vec<usize> {
        let hosts: Vec<HostName> = (0..hosts)
            .map(|number| HostName::parse(&format!("h{number}")).unwrap())
            .collect();
        let rollout = Rollout {
            canary,
            batch,
            max_failures: None,
        };
        let waves = waves(&hosts, &rollout);
        assert_eq!(waves.concat(), hosts, "every host is in one wave, in order");
        waves.iter().map(Vec::len).collect()
    }

    #[test]
    fn the_default_is_one_wave_of_all() {
        assert_eq!(sizes(5, 0, None), [5]);
        assert_eq!(sizes(0, 0, None), [0; 0]);
    }

    #[test]
    fn canaries_go_first_and_batches_follow() {
        assert_eq!(sizes(10, 1, Some(Share::Percent(25))), [1, 3, 3, 3]);
        assert_eq!(sizes(10, 2, None), [2, 8]);
        assert_eq!(sizes(3, 5, Some(Share::Count(1))), [3]);
        assert_eq!(sizes(3, 0, Some(Share::Percent(0))), [1, 1, 1]);
    }

    #[test]
    fn one_failed_host_is_enough_unless_more_are_allowed() {
        let mut rollout = Rollout::default();
        assert!(!is_enough(0, &rollout) && is_enough(1, &rollout));
        rollout.max_failures = Some(3);
        assert!(!is_enough(2, &rollout) && is_enough(3, &rollout));
    }
}
