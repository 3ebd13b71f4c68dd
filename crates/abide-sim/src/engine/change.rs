//! What every change of a unit's state sets off (`unit_notify` of unit.c).

use abide_model::{ActiveState, UnitName};

use super::{Outcome, RunningJob, SimulatedManager};
use crate::deps::Dep;
use crate::kind::{JobKind, is_active, is_down};
use crate::service::RESTARTS_BY_START;
use crate::transaction::{Mode, Units as _};

/// What is to be known about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateChange {
    Plain,
    /// `ExecReload=` failed, and the unit runs as before.
    ReloadFailed,
    /// The unit is down only until it is restarted automatically.
    BeforeRestart,
}

impl SimulatedManager<'_> {
    /// Brings a unit into a state, with all that follows from it.
    pub(crate) fn set_state(&mut self, unit: &UnitName, active: ActiveState, sub: &'static str) {
        self.change(unit, active, sub, StateChange::Plain);
    }

    /// The same where more is to be known about it.
    pub(crate) fn change(
        &mut self,
        unit: &UnitName,
        active: ActiveState,
        sub: &'static str,
        how: StateChange,
    ) {
        let before = self.state(unit);
        let now = self.host.advance_millisecond();
        let runtime = self.runtime_mut(unit);
        (runtime.active, runtime.sub) = (active, sub);
        match (is_down(before), is_down(active)) {
            (true, false) => runtime.began_at = Some(now),
            (false, true) => runtime.ended_at = Some(now),
            _ => {}
        }
        self.notify(unit, before, active, how);
    }

    fn notify(&mut self, unit: &UnitName, before: ActiveState, now: ActiveState, how: StateChange) {
        let expected = match self.jobs.get(unit).copied() {
            Some(job) => self.tell_job(unit, job, now, how != StateChange::ReloadFailed),
            None => false,
        };
        if !expected {
            if is_down(before) && now.is_up() {
                self.start_what_it_needs(unit);
            } else if before.is_up() && !now.is_up() {
                self.stop_what_is_bound(unit);
            }
        }
        // Since 254 `OnFailure=` and `OnSuccess=` hear of every run, before then only of one that is not followed by
        // another.
        let heard =
            how != StateChange::BeforeRestart || self.systemd_version() >= RESTARTS_BY_START;
        if before != now && heard {
            let told = match now {
                ActiveState::Inactive if before != ActiveState::Failed => Some(Dep::OnSuccess),
                ActiveState::Failed => Some(Dep::OnFailure),
                _ => None,
            };
            if let Some(told) = told {
                self.start_named(unit, told);
            }
        }
        self.tell_triggers(unit);
        if is_down(now) {
            for other in self.graph.units_kept_up_by(unit) {
                self.look_whether_needed(&other);
            }
            for other in self.graph.units_naming(unit, &[Dep::BindsTo]) {
                self.look_whether_bound(&other);
            }
            self.look_whether_upheld(unit);
            self.tell_clients(unit);
        } else if is_active(now) {
            for other in self.graph.units_named_by(unit, &[Dep::Upholds]) {
                self.look_whether_upheld(&other);
            }
            self.look_whether_needed(unit);
            self.look_whether_bound(unit);
        }
    }

    /// Tells the unit's job of its new state, and whether the job accounts for it.
    fn tell_job(
        &mut self,
        unit: &UnitName,
        job: RunningJob,
        now: ActiveState,
        reloaded: bool,
    ) -> bool {
        if !job.runs {
            self.queue.insert(unit.clone());
        }
        let failed = |failed| {
            if failed {
                Outcome::Failed
            } else {
                Outcome::Done
            }
        };
        match job.kind {
            JobKind::Start | JobKind::Verify if is_active(now) => {
                self.finish(unit, Outcome::Done, true);
                true
            }
            JobKind::Start | JobKind::Verify if job.runs && now != ActiveState::Activating => {
                if is_down(now) {
                    self.finish(unit, failed(now == ActiveState::Failed), true);
                }
                false
            }
            JobKind::Reload if job.runs && now == ActiveState::Active => {
                self.finish(unit, failed(!reloaded), true);
                true
            }
            JobKind::Reload if job.runs && !now.is_up() => {
                if is_down(now) {
                    self.finish(unit, failed(now == ActiveState::Failed), true);
                }
                false
            }
            JobKind::Stop | JobKind::Restart if is_down(now) => {
                self.finish(unit, Outcome::Done, true);
                true
            }
            JobKind::Stop | JobKind::Restart if job.runs && now != ActiveState::Deactivating => {
                self.finish(unit, Outcome::Failed, true);
                false
            }
            _ => true,
        }
    }

    /// It came up by itself: what it needs is started, and what cannot be up with it stops.
    fn start_what_it_needs(&mut self, unit: &UnitName) {
        let after = self.graph.earlier_units(unit);
        let needs = [
            (
                vec![Dep::Requires, Dep::BindsTo, Dep::Upholds],
                Mode::Replace,
            ),
            (vec![Dep::Wants], Mode::Fail),
        ];
        for (deps, mode) in needs {
            for other in self.graph.units_named_by(unit, &deps) {
                if !after.contains(&other) && !self.state(&other).is_up() {
                    let _cannot = self.submit_job(JobKind::Start, &other, mode).is_err();
                }
            }
        }
        let opponents = self.graph.conflicting_units(unit);
        self.stop_each(opponents);
    }

    fn stop_what_is_bound(&mut self, unit: &UnitName) {
        let bound = self.graph.bound_units(unit);
        self.stop_each(bound);
    }

    fn stop_each(&mut self, units: Vec<UnitName>) {
        for unit in units {
            if self.state(&unit).is_up() {
                let _cannot = self
                    .submit_job(JobKind::Stop, &unit, Mode::Replace)
                    .is_err();
            }
        }
    }

    /// Starts what `OnSuccess=` or `OnFailure=` names.
    pub(super) fn start_named(&mut self, unit: &UnitName, dep: Dep) {
        let mode = match dep {
            Dep::OnSuccess => Mode::Fail,
            _ => Mode::Replace,
        };
        for other in self.graph.units_named_by(unit, &[dep]) {
            let _cannot = self.submit_job(JobKind::Start, &other, mode).is_err();
        }
    }
}
