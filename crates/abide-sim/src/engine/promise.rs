//! What systemd sees to on its own account, whatever the reason: `Upholds=`, `BindsTo=`, `StopWhenUnneeded=` (the queues
//! of manager.c).

use abide_model::{ActiveState, UnitName};

use super::SimulatedManager;
use crate::deps::Dep;
use crate::kind::{JobKind, is_active, is_down};
use crate::transaction::{Mode, Units as _};

/// Units that are to be looked at. The one that came last is looked at first.
#[derive(Debug, Default)]
pub(super) struct Promises {
    upheld: Vec<UnitName>,
    bound: Vec<UnitName>,
    unneeded: Vec<UnitName>,
}

/// So often systemd acts on its own account in ten seconds, then it gives a unit up.
const PATIENCE: u32 = 16;

impl SimulatedManager<'_> {
    /// Looks at a unit later: something may want it up.
    pub(super) fn look_whether_upheld(&mut self, unit: &UnitName) {
        if is_down(self.state(unit)) && !self.graph.units_naming(unit, &[Dep::Upholds]).is_empty() {
            add(&mut self.promises.upheld, unit);
        }
    }

    /// Looks at a unit later: it may not be up without another.
    pub(super) fn look_whether_bound(&mut self, unit: &UnitName) {
        if is_active(self.state(unit))
            && !self.graph.units_named_by(unit, &[Dep::BindsTo]).is_empty()
        {
            add(&mut self.promises.bound, unit);
        }
    }

    /// Looks at a unit later: nothing may need it any more.
    pub(super) fn look_whether_needed(&mut self, unit: &UnitName) {
        if is_active(self.state(unit)) && self.stops_when_unneeded(unit) {
            add(&mut self.promises.unneeded, unit);
        }
    }

    /// Looks at all units later: after a daemon-reload their promises may be others.
    pub(crate) fn look_at_all(&mut self) {
        let manager = self.host.managers.get(&self.scope);
        let runtimes = manager.into_iter().flat_map(|manager| &manager.runtimes);
        let units: Vec<UnitName> = runtimes.map(|(unit, _)| unit.clone()).collect();
        for unit in units {
            let state = self.state(&unit);
            if is_active(state) {
                for other in self.graph.units_named_by(&unit, &[Dep::Upholds]) {
                    self.look_whether_upheld(&other);
                }
                self.look_whether_needed(&unit);
                self.look_whether_bound(&unit);
            } else if state == ActiveState::Failed {
                self.look_whether_upheld(&unit);
            }
        }
    }

    /// Does not look at a unit that is no longer known.
    pub(super) fn forget_promises(&mut self, unit: &UnitName) {
        let Promises {
            upheld,
            bound,
            unneeded,
        } = &mut self.promises;
        for queue in [upheld, bound, unneeded] {
            queue.retain(|other| other != unit);
        }
    }

    /// Looks at all units that are to be looked at. Whether there were any.
    pub(super) fn keep_promises(&mut self) -> bool {
        let mut looked = false;
        while let Some(unit) = self.promises.upheld.pop() {
            looked = true;
            if self.is_upheld(&unit) && self.may_act(&unit) {
                let _cannot = self.submit_job(JobKind::Start, &unit, Mode::Fail).is_err();
            }
        }
        if looked {
            return true;
        }
        while let Some(unit) = self.promises.bound.pop() {
            looked = true;
            if self.is_bound_by_inactive(&unit) && self.may_act(&unit) {
                let _cannot = self
                    .submit_job(JobKind::Stop, &unit, Mode::Replace)
                    .is_err();
            }
        }
        if looked {
            return true;
        }
        while let Some(unit) = self.promises.unneeded.pop() {
            looked = true;
            if self.is_unneeded(&unit) && self.may_act(&unit) {
                let _cannot = self.submit_job(JobKind::Stop, &unit, Mode::Fail).is_err();
            }
        }
        looked
    }

    fn is_upheld(&self, unit: &UnitName) -> bool {
        is_down(self.state(unit)) && !self.has_job(unit) && self.is_held_up(unit)
    }

    /// Whether another unit, which is up itself, wants this one up.
    pub(crate) fn is_held_up(&self, unit: &UnitName) -> bool {
        let by = self.graph.units_naming(unit, &[Dep::Upholds]);
        let mut by = by.iter();
        by.any(|other| !self.has_job(other) && is_active(self.state(other)))
    }

    fn is_bound_by_inactive(&self, unit: &UnitName) -> bool {
        let to = self.graph.units_named_by(unit, &[Dep::BindsTo]);
        let mut to = to.iter();
        self.state(unit) == ActiveState::Active
            && !self.has_job(unit)
            && to.any(|other| !self.has_job(other) && is_down(self.state(other)))
    }

    fn is_unneeded(&self, unit: &UnitName) -> bool {
        let users = self.graph.users(unit);
        let mut users = users.iter();
        self.stops_when_unneeded(unit)
            && self.state(unit) == ActiveState::Active
            && !self.has_job(unit)
            && users.all(|other| !self.has_job(other) && is_down(self.state(other)))
    }

    fn stops_when_unneeded(&self, unit: &UnitName) -> bool {
        let definition = self.definition_of(unit);
        definition
            .effective
            .boolean_value("Unit", "StopWhenUnneeded")
            == Some(true)
    }

    fn may_act(&mut self, unit: &UnitName) -> bool {
        let runtime = self.runtime_mut(unit);
        runtime.acted += 1;
        runtime.acted <= PATIENCE
    }
}

fn add(queue: &mut Vec<UnitName>, unit: &UnitName) {
    if !queue.contains(unit) {
        queue.push(unit.clone());
    }
}
