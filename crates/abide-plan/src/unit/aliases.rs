//! Aliases that a plan would make, and whose name another unit has or would get by the same plan. A link of that name that is
//! there already is [`super::enablement`]'s matter.

use std::collections::BTreeMap;

use abide_model::{
    AliasHolder, HostPath, InputLook, InputSeen, RefusalReason, Runner, Scope, UnitName,
};

use super::couple::Decisions;
use super::decide::Decision;
use crate::draft::Draft;
use crate::refuse::Denied;
use crate::scope::ScopeView;

/// The units that cannot have an alias that they ask for. Of two that ask for the same one the second cannot.
pub(crate) fn taken(
    view: &ScopeView<'_>,
    decisions: &Decisions<'_>,
    draft: &mut Draft,
) -> BTreeMap<UnitName, Denied> {
    let mut denied = BTreeMap::new();
    let mut given: BTreeMap<UnitName, &UnitName> = BTreeMap::new();
    for (name, decision) in decisions {
        let aliases = decision.links.add.iter().filter(|link| !link.contains('/'));
        let aliases: Vec<UnitName> = aliases
            .filter_map(|link| UnitName::parse(link).ok())
            .collect();
        let holder = aliases.iter().find_map(|alias| {
            let other = given.get(alias).map(|unit| AliasHolder::AliasOf {
                unit: (*unit).clone(),
            });
            let by = other.or_else(|| holder(view, decisions.get(alias), alias, draft))?;
            Some((alias.clone(), by))
        });
        match holder {
            Some((alias, by)) => {
                let why = RefusalReason::AliasTaken { alias, by };
                denied.insert(name.clone(), Denied::because(why));
            }
            None => given.extend(aliases.into_iter().map(|alias| (alias, name))),
        }
    }
    denied
}

/// Who has the name, apart from links.
fn holder(
    view: &ScopeView<'_>,
    declared: Option<&Decision<'_>>,
    alias: &UnitName,
    draft: &mut Draft,
) -> Option<AliasHolder> {
    if let Some(decision) = declared {
        // What goes makes room before links are made.
        let stays = decision.unit.goes().is_none();
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
