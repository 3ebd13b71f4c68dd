//! All hosts of a manifest: settled, checked, and lowered.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Body, Desired, Fleet, FleetHost, GroupName, HostName, ManifestName, Policy, Rollout,
    SecretSource, Share,
};

use crate::codes;
use crate::desired;
use crate::finding::Mistake;
use crate::located::Located;
use crate::merge::WholeManifest;
use crate::schema;
use crate::settle;
use crate::settled::SettledHost;
use crate::text::TextPlace;
use crate::value;
use crate::work::Work;
use crate::{check, lint};

/// Enough to keep one connection busy while others wait, and far below what a controller's file limits allow.
const PARALLEL: usize = 32;

/// Lowers the manifest. Every mistake of meaning is found, also where nothing comes of it in the end.
pub(crate) fn fleet(whole: &WholeManifest, only_check: bool, work: &mut Work<'_>) -> Option<Fleet> {
    let name = manifest_name(whole, work);
    let policy = policy(whole, work);
    let parallel = parallel_limit(whole, work);
    let rollout = rollout(whole, work);
    check_group_names(whole, work);
    check_unused_groups(whole, work);
    if whole.hosts.is_empty() {
        let at = whole.name.key;
        work.push(
            Mistake::new(codes::NO_HOST, at, "this manifest names no host")
                .with_help("declare one: `hosts: {worker-1: {}}`; the key is the ssh destination"),
        );
    }
    let hosts = hosts(whole, (name.as_ref(), &policy), only_check, work);
    Some(Fleet {
        name: name?,
        hosts,
        parallel,
        rollout,
    })
    .filter(|_| !work.findings.has_errors())
}

/// Settles one host, for those who want to see it; its mistakes are not told here.
pub(crate) fn settled_host<'m>(
    whole: &'m WholeManifest,
    name: &HostName,
    work: &mut Work<'_>,
) -> Option<SettledHost<'m>> {
    let (name, host) = whole.hosts.get_key_value(name.as_str())?;
    settle::host::host(whole, name, host, work)
}

fn hosts(
    whole: &WholeManifest,
    (name, policy): (Option<&ManifestName>, &Policy),
    only_check: bool,
    work: &mut Work<'_>,
) -> BTreeMap<HostName, FleetHost> {
    let mut hosts = BTreeMap::new();
    // What hosts should be that are in the same groups and say nothing of it themselves: they are alike, and are looked
    // at once.
    let mut alike: BTreeMap<Vec<GroupName>, (Desired, usize)> = BTreeMap::new();
    for (number, (key, host)) in whole.hosts.iter().enumerate() {
        if !work.goes_on() {
            break;
        }
        work.findings.look_at(Some(number));
        let Some(head) = settle::host::resolve_head(whole, key, host, work) else {
            continue;
        };
        let groups = head.group_names();
        let says_nothing = says_nothing(&host.value);
        if let Some((desired, like)) = alike.get(&groups).filter(|_| says_nothing) {
            work.findings.same_of(*like, number);
            let made = FleetHost {
                groups: groups.into_iter().collect(),
                connection: head.connection,
                desired: Desired {
                    host: head.name.clone(),
                    ..desired_to_keep(desired, only_check)
                },
            };
            keep(resources(desired), host, work);
            hosts.insert(head.name, made);
            continue;
        }
        let settled = settle::host::resolve_body(whole, key, host, head, work);
        check::check(&settled, work);
        lint::lint(&settled, work);
        if let Some(name) = name {
            let at = settled.name.clone();
            let mut made = desired::host(settled, name, policy, &work.texts);
            keep(resources(&made.desired), host, work);
            if says_nothing {
                alike.insert(groups, (made.desired.clone(), number));
            }
            made.desired = desired_to_keep(&made.desired, only_check);
            hosts.insert(at, made);
        }
    }
    work.findings.look_at(None);
    // Where not all were looked at, who shares what is not known.
    if work.goes_on() {
        let names: Vec<&str> = whole.hosts.keys().map(String::as_str).collect();
        let shares = host_counts_by_declaration(whole);
        work.findings
            .name_hosts(&names, |places| count_sharing_hosts(&shares, places));
    }
    hosts
}

/// Whose keys stand where: for each key of a host or a group how many hosts share what stands below it, and `None` for what a
/// host has for itself.
fn host_counts_by_declaration(whole: &WholeManifest) -> BTreeMap<TextPlace, Option<usize>> {
    let mut members: BTreeMap<&str, usize> = BTreeMap::new();
    for host in whole.hosts.values() {
        let listed = host.value.groups.iter().flat_map(|groups| &groups.value);
        let listed: BTreeSet<&str> = listed.map(|group| group.value.as_str()).collect();
        for group in listed {
            *members.entry(group).or_default() += 1;
        }
    }
    let of = |name: &str| match name {
        GroupName::ALL => whole.hosts.len(),
        name => members.get(name).copied().unwrap_or_default(),
    };
    let groups = whole
        .groups
        .iter()
        .map(|(name, group)| (group.key, Some(of(name))));
    let hosts = whole.hosts.values().map(|host| (host.key, None));
    groups.chain(hosts).collect()
}

/// How many hosts share the declaration in which the first of these places stands that is in a manifest.
fn count_sharing_hosts(
    shares: &BTreeMap<TextPlace, Option<usize>>,
    places: &[TextPlace],
) -> Option<usize> {
    let owners = places.iter().filter_map(|at| {
        let (key, sharing) = shares.range(..=*at).next_back()?;
        (key.text == at.text).then_some(*sharing)
    });
    owners.into_iter().next().flatten()
}

/// Whether a host is what its groups make of it.
fn says_nothing(host: &schema::ManifestHost) -> bool {
    host.vars.is_empty() && host.linger.is_none() && host.users.is_empty() && host.units.is_empty()
}

fn keep(resources: usize, host: &Located<schema::ManifestHost>, work: &mut Work<'_>) {
    if let Err(finding) = work.budget.keep(resources, host.key) {
        work.push(*finding);
    }
}

/// What is kept of what a host should be: all of it, or as little as a check needs.
fn desired_to_keep(desired: &Desired, only_check: bool) -> Desired {
    let has_command = |desired: &Desired| {
        desired.all_bodies().any(|(_, _, body)| {
            matches!(
                body,
                Body::Secret {
                    source: SecretSource::Command(_),
                    ..
                }
            )
        })
    };
    if !only_check || has_command(desired) {
        return desired.clone();
    }
    Desired {
        manifest: desired.manifest.clone(),
        host: desired.host.clone(),
        linger_exclusive: None,
        users: BTreeMap::new(),
        units: BTreeMap::new(),
        policy: desired.policy.clone(),
    }
}

/// How many units, users and files there are.
fn resources(desired: &Desired) -> usize {
    let users = desired.users.values();
    let of_users: usize = users
        .map(|user| 1 + user.units.len() + user.files.len())
        .sum();
    1 + desired.units.len() + of_users
}

/// Groups that no host is in are checked as if one were, so that a misspelt group name hides nothing.
fn check_unused_groups(whole: &WholeManifest, work: &mut Work<'_>) {
    let used: BTreeSet<&str> = whole
        .hosts
        .values()
        .flat_map(|host| host.value.groups.iter().flat_map(|groups| &groups.value))
        .map(|group| group.value.as_str())
        .collect();
    let no_host = whole.hosts.is_empty();
    let is_used = |name: &str| used.contains(name) || name == GroupName::ALL && !no_host;
    for name in whole.groups.keys().filter(|name| !is_used(name)) {
        if !work.goes_on() {
            break;
        }
        if let Some(settled) = settle::host::unused_group(whole, name, work) {
            check::check(&settled, work);
            lint::lint(&settled, work);
        }
    }
}

fn check_group_names(whole: &WholeManifest, work: &mut Work<'_>) {
    for (name, group) in &whole.groups {
        if let Err(error) = GroupName::parse(name) {
            work.push(Mistake::new(codes::BAD_NAME, group.key, error.to_string()));
        }
    }
}

fn manifest_name(whole: &WholeManifest, work: &mut Work<'_>) -> Option<ManifestName> {
    match ManifestName::parse(&whole.name.value) {
        Ok(name) => Some(name),
        Err(error) => {
            work.push(
                Mistake::new(codes::BAD_NAME, whole.name.at, error.to_string())
                    .with_help("it is a file name in every host's ledger: `name: shop`"),
            );
            None
        }
    }
}

fn policy(whole: &WholeManifest, work: &mut Work<'_>) -> Policy {
    let usual = Policy::default();
    let Some(policy) = whole.policy.as_ref().map(|policy| &policy.value) else {
        return usual;
    };
    Policy {
        prune: policy
            .prune
            .as_ref()
            .map_or(usual.prune, |prune| prune.value),
        max_removals: read_share(policy.max_removals.as_ref(), work).unwrap_or(usual.max_removals),
        ..usual
    }
}

fn read_share(
    written: Option<&Located<schema::WrittenShare>>,
    work: &mut Work<'_>,
) -> Option<Share> {
    let written = written?;
    value::parse_share(&written.value)
        .map_err(|error| {
            work.push(Mistake::new(
                codes::BAD_VALUE,
                written.at,
                error.to_string(),
            ));
        })
        .ok()
}

fn parallel_limit(whole: &WholeManifest, work: &mut Work<'_>) -> usize {
    let written = whole
        .connection
        .as_ref()
        .and_then(|connection| connection.value.parallel.as_ref());
    let Some(written) = written else {
        return PARALLEL;
    };
    if !(1..=1000).contains(&written.value) {
        let message = "`parallel` is a number from 1 to 1000";
        work.push(Mistake::new(codes::BAD_VALUE, written.at, message));
    }
    usize::try_from(written.value).unwrap_or(PARALLEL)
}

fn rollout(whole: &WholeManifest, work: &mut Work<'_>) -> Rollout {
    let Some(rollout) = whole.rollout.as_ref().map(|rollout| &rollout.value) else {
        return Rollout::default();
    };
    let count = |number: &Located<u32>| usize::try_from(number.value).unwrap_or(usize::MAX);
    let batch = read_share(rollout.batch.as_ref(), work);
    if let (Some(Share::Count(0) | Share::Percent(0)), Some(written)) = (batch, &rollout.batch) {
        let message = "a wave of no hosts would change none";
        work.push(
            Mistake::new(codes::BAD_VALUE, written.at, message).with_help("write `1` or more"),
        );
    }
    if let Some(written) = rollout
        .max_failures
        .as_ref()
        .filter(|number| number.value == 0)
    {
        let message = "`max_failures` is at least 1: after the first failure";
        work.push(Mistake::new(codes::BAD_VALUE, written.at, message));
    }
    Rollout {
        canary: rollout.canary.as_ref().map_or(0, count),
        batch,
        max_failures: rollout.max_failures.as_ref().map(count),
    }
}
