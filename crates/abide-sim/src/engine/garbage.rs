//! When a unit is forgotten (`unit_may_gc` and `unit_gc_sweep` of unit.c): it is looked at when its job ends or it goes
//! down, and not again until something happens to it, or to a unit that it names.

use std::collections::BTreeSet;

use abide_model::{ActiveState, UnitName};

use super::Engine;
use crate::deps::Dep;
use crate::transaction::Units as _;

impl Engine<'_> {
    /// Looks at units that may be forgotten. One whose end has started others is kept while these have jobs; so it
    /// stays, for nobody looks at it when they are done.
    pub(super) fn look_for_garbage(&mut self) {
        let mut seen = BTreeSet::new();
        let mut next: Vec<UnitName> = std::mem::take(&mut self.garbage).into_iter().collect();
        while let Some(unit) = next.pop() {
            let busy = self.state(&unit) != ActiveState::Inactive || self.has_job(&unit);
            if busy || !seen.insert(unit.clone()) {
                continue;
            }
            let started = self.graph.of(&unit, &[Dep::OnSuccess, Dep::OnFailure]);
            let waits = started.iter().any(|other| self.has_job(other));
            let Some(manager) = self.host.managers.get_mut(&self.scope) else {
                return;
            };
            if waits {
                manager.kept.insert(unit);
            } else {
                manager.kept.remove(&unit);
                next.extend(self.graph.referrers(&unit));
            }
        }
    }
}
