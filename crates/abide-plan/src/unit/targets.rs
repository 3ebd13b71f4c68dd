//! A target that wants more units than before: the new ones are started, not the target, which would bring back
//! members that an admin has stopped (nixpkgs#294312).

use std::collections::BTreeSet;

use abide_model::{Field, UnitKind, UnitName};
use abide_unit::Effective;

use super::couple::{Bystanders, Decisions};
use super::run::{Reason, Verb};
use crate::causes::difference_cause;
use crate::scope::ScopeView;

/// Starts the members that a running target gains and that nobody declares; declared ones have their own wish.
pub(crate) fn start_new_members(
    view: &ScopeView<'_>,
    decisions: &Decisions<'_>,
    bystanders: &mut Bystanders,
) {
    for (name, decision) in decisions {
        let unit = &decision.unit;
        let gains = name.kind() == UnitKind::Target && unit.seen.active.is_up();
        let (true, Some(before)) = (
            gains && unit.removal_cause().is_none(),
            unit.on_disk.known_effective(),
        ) else {
            continue;
        };
        let (before, after) = (members(before), members(&unit.wanted));
        for member in after.difference(&before) {
            let up = view.seen.and_then(|scope| scope.unit(member));
            let up = up.is_some_and(|unit| unit.active.is_up());
            if !up && !decisions.contains_key(member) {
                let wanted = difference_cause(Field::Wants, "", member.as_str());
                let run = bystanders.entry(member.clone()).or_default();
                run.then = Some((Verb::Start, vec![Reason::Fact(wanted)]));
            }
        }
    }
}

fn members(target: &Effective) -> BTreeSet<UnitName> {
    let values = ["Wants", "Requires", "BindsTo", "Upholds"]
        .into_iter()
        .flat_map(|key| target.all_values("Unit", key));
    values
        .flat_map(str::split_whitespace)
        .filter_map(|name| UnitName::parse(name).ok())
        .collect()
}
