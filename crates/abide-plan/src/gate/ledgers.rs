//! The ledger after a run that leaves some of what a new plan would do alone: what is about those things stays.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Action, Change, HostPath, Ledger, ResourceId, UnitRef, UserName};

/// `fresh`, the ledger after everything, without what only the actions `elsewhere` would make of it. Nothing is claimed
/// or let go of that the approved plan would not.
pub(super) fn without_elsewhere(
    elsewhere: &[&Action],
    before: &Ledger,
    fresh: &Ledger,
    approved: &Ledger,
) -> Ledger {
    let left = LeftLedgers::of_actions(elsewhere);
    Ledger {
        files: entries(&before.files, &fresh.files, |path| {
            !left.files.contains(path)
                && approved.files.contains_key(path) == fresh.files.contains_key(path)
        }),
        units: entries(&before.units, &fresh.units, |unit| {
            !left.units.contains(unit)
                && approved.units.contains_key(unit) == fresh.units.contains_key(unit)
        }),
        users: names(&before.users, &fresh.users, |user| {
            !left.users.contains(user)
                && approved.users.contains(user) == fresh.users.contains(user)
        }),
        lingers: names(&before.lingers, &fresh.lingers, |user| {
            !left.lingers.contains(user)
                && approved.lingers.contains(user) == fresh.lingers.contains(user)
        }),
        attributes: entries(&before.attributes, &fresh.attributes, |user| {
            !left.users.contains(user)
                && approved.attributes.contains_key(user) == fresh.attributes.contains_key(user)
        }),
    }
}

/// What is left alone.
#[derive(Default)]
struct LeftLedgers<'a> {
    files: BTreeSet<&'a HostPath>,
    units: BTreeSet<&'a UnitRef>,
    users: BTreeSet<&'a UserName>,
    lingers: BTreeSet<&'a UserName>,
}

impl<'a> LeftLedgers<'a> {
    fn of_actions(actions: &[&'a Action]) -> Self {
        let mut left = Self::default();
        for action in actions {
            match &action.resource {
                ResourceId::User(user) => drop(left.users.insert(user)),
                ResourceId::Linger(user) => drop(left.lingers.insert(user)),
                ResourceId::Manager(_) => {}
                ResourceId::File { path, .. } => drop(left.files.insert(path)),
                ResourceId::Unit(unit) => drop(left.units.insert(unit)),
            }
            match &action.change {
                Change::WriteFile(write) => drop(left.files.insert(&write.path)),
                Change::RemoveFile { path, .. } | Change::SetMode { path, .. } => {
                    left.files.insert(path);
                }
                _ => {}
            }
        }
        left
    }
}

/// Each entry as it will be where that is approved, else as it is.
fn entries<K: Ord + Clone, V: Clone>(
    before: &BTreeMap<K, V>,
    fresh: &BTreeMap<K, V>,
    is_approved: impl Fn(&K) -> bool,
) -> BTreeMap<K, V> {
    let keys: BTreeSet<&K> = before.keys().chain(fresh.keys()).collect();
    let entry = |key: &K| {
        let from = if is_approved(key) { fresh } else { before };
        Some((key.clone(), from.get(key)?.clone()))
    };
    keys.into_iter().filter_map(entry).collect()
}

fn names(
    before: &BTreeSet<UserName>,
    fresh: &BTreeSet<UserName>,
    is_approved: impl Fn(&UserName) -> bool,
) -> BTreeSet<UserName> {
    let all = before.union(fresh);
    let stays = |user: &&UserName| {
        let from = if is_approved(user) { fresh } else { before };
        from.contains(*user)
    };
    all.filter(stays).cloned().collect()
}
