//! What a host's manifest and the host itself come to: the least plan, in order, with causes and refusals.
//!
//! [`plan`] is total, deterministic and pure: the same desired and observed host give the same plan, byte for byte, and
//! everything it stands on is observed. What it will not do is data too ([`Plan::refused`]). How an action is carried
//! out is left to abide-host.

mod account;
mod by_hand;
mod causes;
mod crash_loop;
mod damage;
mod declared;
mod draft;
mod drift;
mod file;
mod finish;
mod forecast;
mod gate;
mod guard;
mod host;
mod inputs;
mod ledger;
mod linger;
mod linger_off;
mod manager_config;
mod manager_restart;
mod obstacles;
mod places;
mod plain;
mod precondition;
mod prune;
mod refuse;
mod removal;
mod scope;
mod unit;
mod units;

use std::collections::BTreeSet;

use abide_model::{Desired, InputLook, Observed, Plan};

pub use declared::declared;
pub use drift::{Restored, drift, restore};
pub use forecast::{Runs, find_surprises};
pub use gate::{Gate, Gated, gate, plan_still_owed};

use draft::Draft;
use host::Host;
use manager_restart::Spared;

/// The least changes that make the observed host what is desired.
pub fn plan(desired: &Desired, observed: &Observed) -> Plan {
    let plan_of = |host: &Host<'_>| finish::plan(host, draft(host));
    on_host(desired, observed, plan_of)
}

/// What has to be looked at on the host to judge whether the units that the plan starts will come up; nothing where it
/// starts none. What was seen belongs into [`Observed::inputs`], for the next [`plan`].
pub fn input_looks(desired: &Desired, observed: &Observed) -> BTreeSet<InputLook> {
    let mut looks = on_host(desired, observed, |host| draft(host).looks);
    // What is seen may keep a manager from being restarted, and then its units are planned otherwise.
    if !manager_restart::due_restarts(desired, observed).is_empty() {
        looks.extend(draft(&Host::new(desired, observed)).looks);
    }
    looks
}

/// The host as the planner sees it: with the managers down that are restarted.
fn on_host<T>(desired: &Desired, observed: &Observed, ask: impl FnOnce(&Host<'_>) -> T) -> T {
    let mut restarts = manager_restart::due_restarts(desired, observed);
    let mut spared = Spared::new();
    while !restarts.is_empty() {
        let stopped = manager_restart::with_stopped(observed, &restarts);
        let host = Host::with_restarts(desired, &stopped, restarts.clone(), spared.clone());
        let losses = manager_restart::costly_restarts(&draft(&host), &restarts);
        if losses.is_empty() {
            return ask(&host);
        }
        restarts.retain(|user, _| !losses.contains_key(user));
        spared.extend(losses);
    }
    ask(&Host::with_restarts(desired, observed, restarts, spared))
}

fn draft(host: &Host<'_>) -> Draft {
    let mut draft = Draft::new(host.ledger.clone().into_owned());
    damage::note(host, &mut draft);
    if let Some(refusal) = refuse::whole_host(host) {
        draft.refuse(refusal);
        return draft;
    }
    let accounts = account::draft(host, &mut draft);
    let managers = linger::draft_on(host, &mut draft, &accounts);
    let scopes = scope::open_all(host, &accounts, &managers, &mut draft);
    for scope in &scopes {
        plain::draft(scope, &mut draft);
    }
    for scope in &scopes {
        units::draft(scope, &mut draft);
    }
    removal::draft(host, &mut draft);
    linger_off::draft(host, &mut draft);
    guard::limit_removals(host, draft)
}

#[cfg(test)]
mod tests;
