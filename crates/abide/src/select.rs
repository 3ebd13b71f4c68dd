//! Which hosts of a fleet a command is about.

use std::collections::BTreeMap;

use abide_model::{Fleet, FleetHost, GroupName, HostName, SavedPlan, WholeSelection};

use crate::args::Selection;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::shards::{self, ShardPart};

/// Which hosts a command is about, and of what they are a part.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) hosts: BTreeMap<HostName, FleetHost>,
    /// The shard, where only one was asked for. It may be empty: with few hosts some shards are, and the machine that
    /// has such a one is done.
    pub(crate) part: Option<ShardPart>,
}

/// The hosts that are named (`--host`) or in a named group (`--group`), or all where neither is given; without the
/// excluded ones; and of these the ones in the shard (`--shard`). A name that matches nothing is an error: a typo must
/// not look like success.
pub(crate) fn choose_hosts(fleet: &Fleet, selection: &Selection) -> Result<Chosen, Failure> {
    let mut hosts = hosts_of_all_shards(fleet, selection)?;
    let Some(shard) = selection.shard else {
        return Ok(Chosen { hosts, part: None });
    };
    let whole = WholeSelection {
        by: selection.shard_by.into(),
        complete: hosts.len() == fleet.hosts.len(),
        hosts: hosts.keys().cloned().collect(),
    };
    let of = shards::assign(fleet, selection, shard.count);
    hosts.retain(|name, _| of.get(name) == Some(&shard));
    Ok(Chosen {
        hosts,
        part: Some(ShardPart { shard, whole }),
    })
}

/// The same of the hosts in a saved plan. That of an empty shard has none.
pub(crate) fn select_saved(saved: &SavedPlan, selection: &Selection) -> Result<Chosen, Failure> {
    if saved.hosts.is_empty() && saved.selection.shard.is_some() {
        return Ok(Chosen {
            hosts: BTreeMap::new(),
            part: None,
        });
    }
    choose_hosts(&saved.fleet(), selection)
}

/// The selected hosts of all shards.
pub(crate) fn hosts_of_all_shards(
    fleet: &Fleet,
    selection: &Selection,
) -> Result<BTreeMap<HostName, FleetHost>, Failure> {
    let Selection {
        host,
        group,
        exclude,
        shard: _,
        shard_by: _,
    } = selection;
    check_hosts(fleet, "--host", host)?;
    check_hosts(fleet, "--exclude", exclude)?;
    check_groups(fleet, group)?;
    let everybody = host.is_empty() && group.is_empty();
    let wanted = |name: &HostName, host_: &FleetHost| {
        everybody || matches_any(host, name) || group.iter().any(|group| is_in(host_, group))
    };
    let selected: BTreeMap<_, _> = fleet
        .hosts
        .iter()
        .filter(|(name, host)| wanted(name, host) && !matches_any(exclude, name))
        .map(|(name, host)| (name.clone(), host.clone()))
        .collect();
    if selected.is_empty() {
        return Err(nothing_selected("the selection leaves no host", fleet));
    }
    Ok(selected)
}

fn check_hosts(fleet: &Fleet, flag: &str, globs: &[String]) -> Result<(), Failure> {
    let idle = globs.iter().find(|glob| {
        !fleet
            .hosts
            .keys()
            .any(|name| glob_matches(glob, name.as_str()))
    });
    match idle {
        Some(glob) => Err(nothing_selected(
            &format!("{flag} `{glob}` matches no host"),
            fleet,
        )),
        None => Ok(()),
    }
}

fn check_groups(fleet: &Fleet, groups: &[String]) -> Result<(), Failure> {
    let idle = groups
        .iter()
        .find(|group| !fleet.hosts.values().any(|host| is_in(host, group)));
    let Some(group) = idle else {
        return Ok(());
    };
    let known: Vec<&str> = fleet
        .hosts
        .values()
        .flat_map(|host| &host.groups)
        .map(GroupName::as_str)
        .collect();
    let message = format!("--group `{group}` has no host");
    Err(Failure::new(Exit::NothingSelected, message)
        .with_hint(shortened_list("the groups are", known)))
}

fn nothing_selected(message: &str, fleet: &Fleet) -> Failure {
    let known = fleet.hosts.keys().map(HostName::as_str).collect();
    Failure::new(Exit::NothingSelected, message).with_hint(shortened_list("the hosts are", known))
}

fn shortened_list(what: &str, mut names: Vec<&str>) -> String {
    const SHOWN: usize = 10;
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return "there are none".to_owned();
    }
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let shown = names.join(", ");
    if more == 0 {
        format!("{what} {shown}")
    } else {
        format!("{what} {shown} and {more} more")
    }
}

fn is_in(host: &FleetHost, group: &str) -> bool {
    group == GroupName::ALL || host.groups.iter().any(|name| name.as_str() == group)
}

fn matches_any(globs: &[String], name: &HostName) -> bool {
    globs.iter().any(|glob| glob_matches(glob, name.as_str()))
}

/// Whether a glob matches a whole name: `*` stands for any characters, `?` for one.
fn glob_matches(glob: &str, name: &str) -> bool {
    let (glob, name): (Vec<char>, Vec<char>) = (glob.chars().collect(), name.chars().collect());
    // Row by row: which prefixes of `name` does the glob so far match?
    let mut reached: Vec<bool> = (0..=name.len()).map(|length| length == 0).collect();
    for wanted in glob {
        let mut next = vec![false; reached.len()];
        let mut any_before = false;
        for (length, (was, is)) in reached.iter().zip(&mut next).enumerate() {
            any_before |= *was;
            let previous = length.checked_sub(1);
            let one_less = previous
                .and_then(|at| reached.get(at))
                .copied()
                .unwrap_or(false);
            let last = previous.and_then(|at| name.get(at));
            *is = match wanted {
                '*' => any_before,
                '?' => one_less,
                wanted => one_less && last == Some(&wanted),
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::glob_matches;

    #[test]
    fn globs_match_whole_names() {
        for (glob, name, expected) in [
            ("web1", "web1", true),
            ("web1", "web10", false),
            ("web*", "web10", true),
            ("*", "", true),
            ("w*b?1", "web1", false),
            ("w*b?1", "webx1", true),
            ("*.example.org", "a.b.example.org", true),
            ("?", "", false),
            ("", "a", false),
            ("a*a", "a", false),
            ("[a]", "a", false),
        ] {
            assert_eq!(glob_matches(glob, name), expected, "{glob} {name}");
        }
    }

    #[test]
    fn a_hostile_glob_takes_no_long_time() {
        let glob = "*a".repeat(100);
        assert!(!glob_matches(&glob, &"a".repeat(99)));
    }
}
