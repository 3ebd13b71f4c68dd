//! What older versions of systemd do not tell (docs/systemd-facts.md): a host of theirs answers without it.

use abide_model::{LastLoad, Manager, Observation, Observed, ObservedScope, Scope};

/// The first version of systemd that tells of each of its reloads (`UnitsLoadTimestamp`).
const TELLS_LOADS: u32 = 250;
/// The first that counts restarts (`NRestarts`).
const COUNTS_RESTARTS: u32 = 235;
/// Relations, each with the first version that shows it.
const RELATIONS: [(&str, u32); 4] = [
    ("Upholds", 251),
    ("UpheldBy", 251),
    ("PropagatesStopTo", 249),
    ("RequisiteOf", 220),
];

/// Takes away what the host's version does not tell. Of a user's manager nothing shows its reloads where it has no
/// generators: those here have none.
pub(crate) fn forget_unsupported(observed: &mut Observed) {
    let version = observed.facts.systemd;
    for (scope, seen) in &mut observed.scopes {
        if let Observation::Known(seen) = seen {
            if version < TELLS_LOADS {
                forget_load(scope, seen);
            }
            forget_facts(seen, version);
        }
    }
}

fn forget_load(scope: &Scope, seen: &mut ObservedScope) {
    if let Manager::Up { last_load } = &mut seen.manager {
        *last_load = match (scope, *last_load) {
            (Scope::System, LastLoad::At(time)) => LastLoad::NotAfter(time),
            _ => LastLoad::Unknown,
        };
    }
}

fn forget_facts(seen: &mut ObservedScope, version: u32) {
    for unit in seen.units.values_mut().chain(seen.beside.values_mut()) {
        if version < COUNTS_RESTARTS {
            unit.restarts = 0;
        }
        for (relation, since) in RELATIONS {
            if version < since {
                unit.relations.remove(relation);
            }
        }
    }
}
