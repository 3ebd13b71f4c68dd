//! Which shard each host of a fleet is in.
//!
//! A host's shard does not depend on which hosts are selected beside it, so several machines need not agree on more
//! than the manifest and the number of shards.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Fleet, FleetHost, GroupName, HostName, Shard, ShardBy, WholeSelection};

use crate::args::Selection;

/// A shard, and the selection that it is a part of.
#[derive(Debug, Clone)]
pub(crate) struct ShardPart {
    pub(crate) shard: Shard,
    pub(crate) whole: WholeSelection,
}

/// The shard, of so many, of every host of the fleet.
pub(crate) fn assign(
    fleet: &Fleet,
    selection: &Selection,
    count: u32,
) -> BTreeMap<HostName, Shard> {
    let together = match selection.shard_by.into() {
        ShardBy::Host => BTreeMap::new(),
        ShardBy::Group => groups_kept_together(fleet, &selection.group),
    };
    let shard = |name: &HostName, host: &FleetHost| {
        // Hosts with a group in common have the same first group of their cluster.
        let group = host.groups.iter().find_map(|group| together.get(group));
        Shard::of_name(group.map_or(name.as_str(), |group| group.as_str()), count)
    };
    let hosts = fleet.hosts.iter();
    hosts
        .map(|(name, host)| (name.clone(), shard(name, host)))
        .collect()
}

/// For each group the first, by name, of all the groups that must stay together with it: a host in two groups keeps
/// both in one shard. Where groups are named (`--group`) only those count, or a group of everything would do this to
/// all others.
fn groups_kept_together<'a>(
    fleet: &'a Fleet,
    named: &[String],
) -> BTreeMap<&'a GroupName, &'a GroupName> {
    let counts =
        |group: &GroupName| named.is_empty() || named.iter().any(|name| name == group.as_str());
    let mut first: BTreeMap<&GroupName, &GroupName> = BTreeMap::new();
    for host in fleet.hosts.values() {
        let groups: BTreeSet<&GroupName> =
            host.groups.iter().filter(|group| counts(group)).collect();
        for group in &groups {
            first.entry(group).or_insert(group);
        }
        let clusters: BTreeSet<&GroupName> = groups
            .iter()
            .filter_map(|group| first.get(group).copied())
            .collect();
        let Some(lowest) = clusters.first().copied() else {
            continue;
        };
        for of in first.values_mut().filter(|of| clusters.contains(*of)) {
            *of = lowest;
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use abide_model::{Become, Connection, Desired, Policy, Rollout, Via};

    use super::*;
    use crate::args::Together;

    fn fleet(hosts: &[(&str, &[&str])]) -> Fleet {
        let host = |(name, groups): &(&str, &[&str])| {
            let name: HostName = name.parse().unwrap();
            let host = FleetHost {
                groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
                connection: Connection {
                    via: Via::Ssh,
                    address: None,
                    port: None,
                    user: None,
                    r#become: Become::Auto,
                    connect_timeout: Duration::from_secs(1),
                    ssh_config: None,
                },
                desired: Desired {
                    manifest: "m".parse().unwrap(),
                    host: name.clone(),
                    users: BTreeMap::new(),
                    units: BTreeMap::new(),
                    linger_exclusive: None,
                    policy: Policy::default(),
                },
            };
            (name, host)
        };
        Fleet {
            name: "m".parse().unwrap(),
            hosts: hosts.iter().map(host).collect(),
            parallel: 1,
            rollout: Rollout::default(),
        }
    }

    fn by(shard_by: Together, group: &[&str]) -> Selection {
        Selection {
            shard_by,
            group: group.iter().map(|&name| name.to_owned()).collect(),
            ..Selection::default()
        }
    }

    #[test]
    fn a_host_that_joins_moves_no_other() {
        let few = fleet(&[("a", &[]), ("b", &[]), ("c", &[])]);
        let more = fleet(&[("a", &[]), ("aa", &[]), ("b", &[]), ("c", &[]), ("d", &[])]);
        let (few, more) = (
            assign(&few, &by(Together::Host, &[]), 7),
            assign(&more, &by(Together::Host, &[]), 7),
        );
        assert!(few.iter().all(|(name, shard)| more[name] == *shard));
    }

    #[test]
    fn hosts_that_share_a_group_share_a_shard_even_through_a_third() {
        let hosts: &[(&str, &[&str])] = &[
            ("h1", &["rack-z"]),
            ("h2", &["rack-a"]),
            ("h3", &["rack-a", "rack-z"]),
            ("h4", &["rack-m"]),
            ("h5", &["rack-m", "rack-n"]),
            ("alone", &[]),
        ];
        for count in [2, 50, 1009] {
            let of = assign(&fleet(hosts), &by(Together::Group, &[]), count);
            let shard = |name: &str| of[&name.parse::<HostName>().unwrap()];
            assert_eq!(shard("h1"), shard("h2"));
            assert_eq!(shard("h1"), shard("h3"));
            assert_eq!(shard("h4"), shard("h5"));
            assert_eq!(shard("alone"), Shard::of_name("alone", count));
            assert_eq!(shard("h4"), Shard::of_name("rack-m", count));
        }
    }

    #[test]
    fn where_groups_are_named_only_those_keep_hosts_together() {
        let hosts: &[(&str, &[&str])] = &[
            ("h1", &["prod", "rack-a"]),
            ("h2", &["prod", "rack-b"]),
            ("h3", &["prod", "rack-b"]),
        ];
        let of = |group: &[&str]| assign(&fleet(hosts), &by(Together::Group, group), 1009);
        let different =
            |of: BTreeMap<HostName, Shard>| of.into_values().collect::<BTreeSet<_>>().len();
        assert_eq!(different(of(&[])), 1);
        assert_eq!(different(of(&["rack-a", "rack-b"])), 2);
    }
}
