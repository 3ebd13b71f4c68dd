//! When a unit is forgotten: it is looked at when it was read, when its job ends, when it goes down and when a unit is
//! forgotten that has to do with it, and not again until one of these happens (`unit_add_to_gc_queue`, `unit_may_gc` of
//! unit.c and `unit_gc_sweep` of manager.c). One that is forgotten is read again when somebody asks for it, and its last
//! run is forgotten too. An enabled unit is kept, for its target names it.

use std::collections::BTreeMap;

use abide_model::{ActiveState, UnitName};

use super::SimulatedManager;
use crate::deps::Dep;
use crate::place::{is_builtin, transient_dir};
use crate::transaction::Units as _;

/// Since here a unit is not forgotten before clients were told of its last change.
pub(crate) const TELLS_FIRST: u32 = 254;

/// What was found out about a unit while looking for garbage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GarbageMark {
    Kept,
    Unneeded,
    /// It is being looked at, or only units that are being looked at name it.
    Unsure,
}

type Marks = BTreeMap<UnitName, GarbageMark>;

impl SimulatedManager<'_> {
    /// A unit changed: whether anything keeps it is looked at once clients were told, or at once by older versions.
    pub(super) fn tell_clients(&mut self, unit: &UnitName) {
        if self.systemd_version() < TELLS_FIRST {
            self.look_whether_kept(unit);
        } else if let Some(manager) = self.host.managers.get_mut(&self.scope) {
            manager.untold.retain(|other| other != unit);
            manager.untold.push(unit.clone());
        }
    }

    /// Tells clients of all changes. Whether there were any.
    pub(super) fn tell_changes(&mut self) -> bool {
        let mut told = false;
        while let Some(unit) = self.next_untold() {
            told = true;
            self.look_whether_kept(&unit);
        }
        told
    }

    fn next_untold(&mut self) -> Option<UnitName> {
        let manager = self.host.managers.get_mut(&self.scope)?;
        manager.untold.pop()
    }

    /// Looks at a unit later, if it may be forgotten as it is now.
    fn look_whether_kept(&mut self, unit: &UnitName) {
        if self.may_go(unit)
            && let Some(manager) = self.host.managers.get_mut(&self.scope)
            && !manager.garbage.contains(unit)
        {
            manager.garbage.push(unit.clone());
        }
    }

    /// Whether nothing but units that name it could keep the unit. What has begun others with its end is kept while these
    /// have jobs; so it stays, for nobody looks at it when they are done.
    fn may_go(&self, unit: &UnitName) -> bool {
        let manager = self.host.managers.get(&self.scope);
        let untold = manager.is_some_and(|manager| manager.untold.contains(unit));
        let begun = self
            .graph
            .units_named_by(unit, &[Dep::OnSuccess, Dep::OnFailure]);
        !untold
            && !self.has_job(unit)
            && !is_builtin(&self.scope, unit)
            && self.state(unit) == ActiveState::Inactive
            && !begun.iter().any(|other| self.has_job(other))
    }

    /// Forgets what nothing keeps.
    pub(super) fn look_for_garbage(&mut self) {
        loop {
            let Some(manager) = self.host.managers.get_mut(&self.scope) else {
                return;
            };
            let queue = std::mem::take(&mut manager.garbage);
            if queue.is_empty() {
                return;
            }
            let mut marks = Marks::new();
            for unit in queue.iter().rev() {
                self.sweep(unit, &mut marks);
            }
            marks.retain(|_, mark| *mark != GarbageMark::Kept);
            if !marks.is_empty() {
                self.forget(&marks.into_keys().collect::<Vec<_>>());
            }
        }
    }

    /// Looks for something that keeps a unit: itself, or a unit that names it.
    fn sweep(&self, unit: &UnitName, marks: &mut Marks) {
        if marks.contains_key(unit) {
            return;
        }
        if !self.may_go(unit) {
            self.keep(unit, marks);
            return;
        }
        marks.insert(unit.clone(), GarbageMark::Unsure);
        let mut sure = true;
        for other in self.graph.units_mentioning(unit) {
            self.sweep(&other, marks);
            match marks.get(&other) {
                Some(GarbageMark::Kept) => {
                    self.keep(unit, marks);
                    return;
                }
                Some(GarbageMark::Unneeded) => {}
                Some(GarbageMark::Unsure) | None => sure = false,
            }
        }
        if sure {
            marks.insert(unit.clone(), GarbageMark::Unneeded);
        }
    }

    /// Keeps a unit, and with it what it names and of which nothing was known yet.
    fn keep(&self, unit: &UnitName, marks: &mut Marks) {
        marks.insert(unit.clone(), GarbageMark::Kept);
        for other in self.graph.mentioned_units(unit) {
            if marks.get(&other) == Some(&GarbageMark::Unsure) {
                self.keep(&other, marks);
            }
        }
    }

    /// Forgets units (`unit_free`). A transient unit goes with its file.
    fn forget(&mut self, units: &[UnitName]) {
        let mut beside: Vec<UnitName> = Vec::new();
        for unit in units {
            beside.extend(self.graph.related_units(unit));
            self.forget_promises(unit);
        }
        let transients = transient_dir(&self.scope, &self.host.home(&self.scope));
        let Some(manager) = self.host.managers.get_mut(&self.scope) else {
            return;
        };
        let mut fragments = Vec::new();
        manager.definitions.retain(|_, definition| {
            let goes = units.contains(&definition.id);
            if goes {
                fragments.extend(definition.fragment.clone());
            }
            !goes
        });
        manager.runtimes.retain(|name, _| !units.contains(name));
        for path in fragments {
            if path.parent_directory() == transients {
                self.host.disk.remove(&path);
            }
        }
        self.read_graph();
        for unit in beside {
            if !units.contains(&unit) {
                self.look_whether_kept(&unit);
            }
        }
    }
}
