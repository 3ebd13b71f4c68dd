//! The limit on how much one plan may take away.

use abide_model::{ResourceId, Scope, UnitName};

use crate::causes::{count, names};
use crate::draft::Draft;
use crate::host::Host;
use crate::refuse::Denied;

/// So many removals are always allowed: a share of a few units would forbid every one.
const ALWAYS: usize = 3;

/// Refuses the whole draft where it would stop or remove too much: to do the rest of it, a rename for example, would
/// leave old and new running side by side.
pub(crate) fn limit_removals(host: &Host<'_>, mut draft: Draft) -> Draft {
    let owned = count_owned_units(host);
    let policy = &host.desired.policy;
    let share = policy.max_removals.count_of(owned).max(ALWAYS);
    let allowed = share.max(policy.allowed_removals);
    let removals = draft.removals.len();
    if removals <= allowed {
        return draft;
    }
    let denied = Denied::by_guard(format!(
        "it would stop or remove {} where max_removals allows {allowed} of {owned} owned: {}",
        count(removals, "unit"),
        names(&draft.removals, 10),
    ))
    .with_help(format!(
        "if that is meant, pass `--allow-removals {removals}`"
    ));
    let mut refused = Draft::new(host.ledger.clone().into_owned());
    refused.refused = std::mem::take(&mut draft.refused);
    refused.notes = draft.notes;
    refused.refuse(denied.into_refusal(ResourceId::Manager(Scope::System)));
    refused
}

/// Units of ours, those included that cannot run: templates.
fn count_owned_units(host: &Host<'_>) -> usize {
    let files = host.ledger.files.iter();
    let templates = files.filter(|(path, _)| {
        let unit = UnitName::parse(path.file_name());
        unit.is_ok_and(|unit| unit.is_template())
    });
    host.ledger.units.len() + templates.count()
}
