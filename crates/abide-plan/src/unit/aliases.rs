//! Aliases that a plan would make, and whose name another unit has or would get by the same plan.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    AliasHolder, HostPath, InputLook, InputSeen, RefusalReason, Runner, Scope, UnitName,
};

use super::couple::Decisions;
use super::decide::Decision;
use super::enablement;
use crate::draft::Draft;
use crate::refuse::Denied;
use crate::scope::ScopeView;

/// The units that cannot have an alias that they ask for. Of two that ask for the same one the second cannot. A name that
/// another unit gives up by the same plan is free.
pub(crate) fn taken_aliases(
    view: &ScopeView<'_>,
    decisions: &Decisions<'_>,
    draft: &mut Draft,
) -> BTreeMap<UnitName, Denied> {
    let mut denied = BTreeMap::new();
    // What is denied gives nothing up.
    loop {
        let more = taken_beside(view, decisions, &denied, draft);
        if more.is_empty() {
            return denied;
        }
        denied.extend(more);
    }
}

fn taken_beside(
    view: &ScopeView<'_>,
    decisions: &Decisions<'_>,
    denied: &BTreeMap<UnitName, Denied>,
    draft: &mut Draft,
) -> BTreeMap<UnitName, Denied> {
    let open = || {
        decisions
            .iter()
            .filter(|(name, _)| !denied.contains_key(*name))
    };
    let given_up: BTreeSet<&String> = open()
        .flat_map(|(_, decision)| &decision.links.remove)
        .collect();
    let mut more = BTreeMap::new();
    let mut given: BTreeMap<UnitName, &UnitName> = BTreeMap::new();
    for (name, decision) in open() {
        let aliases: Vec<UnitName> = aliases(decision).collect();
        let holder = aliases.iter().find_map(|alias| {
            let other = given.get(alias).map(|unit| AliasHolder::AliasOf {
                unit: (*unit).clone(),
            });
            let link = || {
                let target = enablement::other_link_target(&decision.unit, alias.as_str())?;
                (!given_up.contains(&alias.to_string())).then_some(AliasHolder::Link { target })
            };
            let by = other
                .or_else(link)
                .or_else(|| alias_holder(view, decisions.get(alias), alias, draft))?;
            Some((alias.clone(), by))
        });
        match holder {
            Some((alias, by)) => {
                let why = RefusalReason::AliasTaken { alias, by };
                more.insert(name.clone(), Denied::for_reason(why));
            }
            None => given.extend(aliases.into_iter().map(|alias| (alias, name))),
        }
    }
    more
}

/// The other names that a unit gets.
fn aliases(decision: &Decision<'_>) -> impl Iterator<Item = UnitName> {
    let links = decision.links.add.iter();
    let names = links.filter(|link| !link.contains('/'));
    names.filter_map(|link| UnitName::parse(link).ok())
}

/// Names that go over from one of these units to another: each is free before it is taken.
pub(crate) fn handed_over(decisions: &Decisions<'_>) -> BTreeSet<String> {
    let given_up = decisions
        .values()
        .flat_map(|decision| &decision.links.remove);
    let given_up: BTreeSet<&String> = given_up.collect();
    let taken = decisions.values().flat_map(aliases);
    let taken = taken.map(|alias| alias.to_string());
    taken.filter(|alias| given_up.contains(alias)).collect()
}

/// Who has the name, apart from links.
fn alias_holder(
    view: &ScopeView<'_>,
    declared: Option<&Decision<'_>>,
    alias: &UnitName,
    draft: &mut Draft,
) -> Option<AliasHolder> {
    if let Some(decision) = declared {
        // What goes makes room before links are made.
        let stays = decision.unit.removal_cause().is_none();
        return stays.then_some(AliasHolder::Declared);
    }
    let path = view.places.unit(alias).ok()?;
    is_file(view, &path, draft).then_some(AliasHolder::File { path })
}

/// Whether something that is no link is at this path; what nobody looked at is not.
fn is_file(view: &ScopeView<'_>, path: &HostPath, draft: &mut Draft) -> bool {
    let Some(seen) = view.seen else {
        return false;
    };
    if seen.links.iter().any(|link| link.path == path.file_name()) {
        return false;
    }
    let runner = match &view.scope {
        Scope::System => Runner::Root,
        Scope::User(user) => Runner::User(user.clone()),
    };
    let path = path.clone();
    let look = InputLook::Path { runner, path };
    let answer = view.host.observed.inputs.get(&look);
    let there = matches!(
        answer,
        Some(InputSeen::File { .. } | InputSeen::Directory { .. } | InputSeen::Other)
    );
    draft.looks.insert(look);
    there
}
