//! The numbers of a plan: counted once, said in text and written as JSON.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Action, Change, Effect, HostOutcome, HostReport, NoteKind, Plan, RefusalKind, Report,
    ResourceId,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::mark::{self, Mark};

/// What a plan adds up to, over all its hosts. Resources are counted once for each host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// Hosts that were selected.
    pub hosts: usize,
    /// Hosts with something to do.
    pub hosts_to_change: usize,
    /// Hosts that are as the manifest says.
    pub hosts_unchanged: usize,
    /// Hosts that could not be observed.
    pub hosts_unknown: usize,
    /// Hosts that are suspended, and so left out.
    pub hosts_suspended: usize,
    /// Hosts where something else stood in the way: locked, stale, failed.
    pub hosts_failed: usize,
    /// Resources that come.
    pub add: usize,
    /// Resources that change.
    pub change: usize,
    /// Resources that go.
    pub remove: usize,
    /// Resources that only become abide's own.
    pub adopt: usize,
    /// Resources that are as they should be.
    pub unchanged: usize,
    /// Units that are restarted, by one step or by a stop and a start.
    pub restarts: usize,
    /// Units that are reloaded.
    pub reloads: usize,
    /// Units that are stopped and stay so.
    pub stops: usize,
    /// Units, and managers of users, that keep running something older, because the manifest or the unit says not to
    /// restart them.
    pub held: usize,
    /// Units that no step is about and that are restarted or stopped by dependency.
    pub by_dependency: usize,
    /// Wishes that are refused.
    pub refused: usize,
    /// Wishes that are refused because something could not be seen; they are part of `refused`.
    pub unknown: usize,
}

impl Summary {
    /// Counts a report's plans.
    pub fn of_report(report: &Report) -> Self {
        let mut summary = Self {
            hosts: report.hosts.len(),
            ..Self::default()
        };
        for host in report.hosts.values() {
            summary.count_host(host);
        }
        summary
    }

    /// Whether everything that was asked about could be seen.
    pub fn is_complete(&self) -> bool {
        self.hosts_unknown == 0 && self.unknown == 0
    }

    /// Whether any step is planned.
    pub fn has_actions(&self) -> bool {
        self.add + self.change + self.remove + self.adopt > 0
    }

    fn count_host(&mut self, host: &HostReport) {
        match &host.outcome {
            HostOutcome::Unreachable { .. } => self.hosts_unknown += 1,
            HostOutcome::Locked(_) | HostOutcome::Stale { .. } | HostOutcome::Failed { .. } => {
                self.hosts_failed += 1;
            }
            HostOutcome::Judged(drift) if drift.class() == abide_model::DriftClass::Unknown => {
                self.hosts_unknown += 1;
            }
            HostOutcome::Suspended { .. } => self.hosts_suspended += 1,
            HostOutcome::Unchanged
            | HostOutcome::Pending
            | HostOutcome::Changed
            | HostOutcome::Judged(_)
            | HostOutcome::NotStarted
            | HostOutcome::Interrupted => {}
        }
        let Some(plan) = &host.plan else {
            return;
        };
        if !plan.actions.is_empty() {
            self.hosts_to_change += 1;
        } else if plan.refused.is_empty() {
            self.hosts_unchanged += 1;
        }
        self.count_plan(plan);
    }

    fn count_plan(&mut self, plan: &Plan) {
        self.unchanged += plan.unchanged;
        self.refused += plan.refused.len();
        self.unknown += plan
            .refused
            .iter()
            .filter(|refusal| refusal.kind == RefusalKind::Unknown)
            .count();
        let held = plan
            .notes
            .iter()
            .filter(|note| note.kind == NoteKind::PendingRestart);
        self.held += held
            .map(|note| &note.resource)
            .collect::<BTreeSet<_>>()
            .len();
        let interrupted = plan.forecast.iter().filter(|one| {
            let down = matches!(one.effect, Effect::Restart | Effect::Stop | Effect::Close);
            down && one.unit.unit != one.through
        });
        self.by_dependency += interrupted.count();
        for (resource, actions) in by_resource(plan) {
            self.count_interruption(&actions);
            match mark::of_resource(&resource, &actions, plan) {
                Mark::Add => self.add += 1,
                Mark::Remove => self.remove += 1,
                Mark::Ledger => self.adopt += 1,
                Mark::Change | Mark::Interrupt | Mark::Refused | Mark::Unknown | Mark::Note => {
                    self.change += 1;
                }
            }
        }
    }

    fn count_interruption(&mut self, actions: &[&Action]) {
        let has = |change: &Change| actions.iter().any(|action| action.change == *change);
        let restarts = is_restart(actions);
        self.restarts += usize::from(restarts);
        self.stops += usize::from(!restarts && has(&Change::Stop));
        self.reloads += usize::from(has(&Change::Reload));
    }
}

/// Whether these actions on one unit restart it: by one step, or by a stop and a start.
pub(crate) fn is_restart(actions: &[&Action]) -> bool {
    let has = |change: &Change| actions.iter().any(|action| action.change == *change);
    has(&Change::Restart) || (has(&Change::Stop) && has(&Change::Start))
}

/// A plan's actions by the resource that they are shown under, mere daemon-reloads left out.
pub(crate) fn by_resource(plan: &Plan) -> BTreeMap<ResourceId, Vec<&Action>> {
    let mut all: BTreeMap<ResourceId, Vec<&Action>> = BTreeMap::new();
    for action in plan
        .actions
        .iter()
        .filter(|action| !mark::is_mere_reload(action))
    {
        all.entry(mark::shown_under(action, plan))
            .or_default()
            .push(action);
    }
    all
}
