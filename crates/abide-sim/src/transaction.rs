//! What one job brings with it: the jobs of everything that the unit names, reduced to what is needed and possible
//! (transaction.c of systemd 252 and 257).

use std::collections::BTreeMap;

use abide_model::{ActiveState, UnitName};

use crate::ToolError;
use crate::deps::{Dep, DependencyGraph};
use crate::kind::{JobKind, is_active};
use crate::order::NameOrder;
use crate::reduce::{JobLink, TransactionDraft};

/// Why a job cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobRefusal {
    /// The type of unit has no such job.
    NotApplicable(ToolError),
    /// The unit is not loaded as it would have to be, or the jobs contradict each other.
    Impossible(ToolError),
}

impl JobRefusal {
    pub(crate) fn into_error(self) -> ToolError {
        match self {
            Self::NotApplicable(said) | Self::Impossible(said) => said,
        }
    }
}

/// What a transaction asks about its manager.
pub(crate) trait Units {
    fn unit_graph(&self) -> &DependencyGraph;
    fn state(&self, unit: &UnitName) -> ActiveState;
    /// The job that is under way.
    fn installed_job(&self, unit: &UnitName) -> Option<JobKind>;
    /// Whether the unit can have the job; it is read now if nothing was found at its place before.
    fn check(&mut self, kind: JobKind, unit: &UnitName) -> Result<(), JobRefusal>;
    /// The order of hash tables.
    fn order(&self) -> NameOrder;
    /// systemd's version.
    fn systemd_version(&self) -> u32;
}

/// What becomes of jobs that are under way and contradict new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// They are replaced.
    Replace,
    /// As [`Mode::Replace`], and what would follow a restart of the unit is restarted with its start.
    RestartDependencies,
    /// They stay, and the new job is refused.
    Fail,
}

/// The jobs while they are gathered.
pub(crate) struct Transaction<'u, U> {
    units: &'u mut U,
    draft: TransactionDraft,
    mode: Mode,
}

/// Since here a stop that is propagated by `PropagatesStopTo=` becomes a restart where the unit is needed.
const GRACEFUL_STOP: u32 = 254;
/// Since here a job whose requirement cannot be had leaves the transaction again.
const DROPS_UNWANTED: u32 = 254;

/// Which kind of call adds a job.
#[derive(Debug, Clone, Copy, Default)]
struct CallKind {
    job: Option<usize>,
    matters: bool,
    conflicts: bool,
    graceful: bool,
}

impl<'u, U: Units> Transaction<'u, U> {
    /// The jobs that one job comes to.
    pub(crate) fn jobs_for(
        units: &'u mut U,
        kind: JobKind,
        unit: &UnitName,
        mode: Mode,
    ) -> Result<BTreeMap<UnitName, JobKind>, JobRefusal> {
        let mut transaction = Self {
            draft: TransactionDraft::new(units.order()),
            units,
            mode,
        };
        transaction.add(kind, unit, CallKind::default())?;
        transaction.draft.reduce(transaction.units, mode)
    }

    fn add(&mut self, kind: JobKind, unit: &UnitName, by: CallKind) -> Result<(), JobRefusal> {
        self.units.check(kind, unit)?;
        let (id, new) = self.draft.add(kind, unit);
        if let Some(from) = by.job {
            self.draft.link(JobLink {
                from,
                to: id,
                matters: by.matters,
                conflicts: by.conflicts,
            });
        }
        if !new {
            return Ok(());
        }
        self.pull_in(kind, unit, id).inspect_err(|_| {
            if self.units.systemd_version() >= DROPS_UNWANTED {
                self.draft.delete(id, false);
            }
        })?;
        self.propagate(kind, unit, id, by)
    }

    /// What a start needs, wants, and cannot stand.
    fn pull_in(&mut self, kind: JobKind, unit: &UnitName, id: usize) -> Result<(), JobRefusal> {
        if !matches!(kind, JobKind::Start | JobKind::Restart) {
            return Ok(());
        }
        let graph = self.units.unit_graph();
        let required = graph.units_named_by(unit, &[Dep::Requires, Dep::BindsTo]);
        let wanted = graph.units_named_by(unit, &[Dep::Wants, Dep::Upholds]);
        let verified = graph.units_named_by(unit, &[Dep::Requisite]);
        let conflicts = graph.units_named_by(unit, &[Dep::Conflicts]);
        let conflicted = graph.units_naming(unit, &[Dep::Conflicts]);
        let by = |matters, conflicts| CallKind {
            job: Some(id),
            matters,
            conflicts,
            graceful: false,
        };
        for other in required {
            ignore_not_applicable(self.add(JobKind::Start, &other, by(true, false)))?;
        }
        for other in wanted {
            let _missing = self.add(JobKind::Start, &other, by(false, false)).is_err();
        }
        for other in verified {
            ignore_not_applicable(self.add(JobKind::Verify, &other, by(true, false)))?;
        }
        for other in conflicts {
            ignore_not_applicable(self.add(JobKind::Stop, &other, by(true, true)))?;
        }
        for other in conflicted {
            let _missing = self.add(JobKind::Stop, &other, by(false, false)).is_err();
        }
        Ok(())
    }

    /// What stops, restarts and reloads with it.
    fn propagate(
        &mut self,
        kind: JobKind,
        unit: &UnitName,
        id: usize,
        by: CallKind,
    ) -> Result<(), JobRefusal> {
        let graceful = self.units.systemd_version() >= GRACEFUL_STOP;
        let mut from = CallKind {
            job: Some(id),
            matters: true,
            conflicts: false,
            graceful: false,
        };
        let restarts = by.job.is_none() && self.mode == Mode::RestartDependencies;
        if kind.comes_first() || restarts {
            let mut followers = self.units.unit_graph().units_stopped_along(unit);
            let told = self
                .units
                .unit_graph()
                .units_named_by(unit, &[Dep::PropagatesStopTo]);
            if !graceful && kind == JobKind::Stop {
                let new = told.iter().filter(|other| !followers.contains(other));
                followers.extend(new.cloned().collect::<Vec<_>>());
            }
            for other in followers {
                let up = self.units.state(&other).is_up();
                let propagated = match kind {
                    JobKind::Stop => JobKind::Stop,
                    _ if up => JobKind::Restart,
                    _ => continue,
                };
                ignore_not_applicable(self.add(propagated, &other, from))?;
            }
            if graceful && (by.job.is_none() || by.graceful) {
                from.graceful = true;
                for other in told {
                    self.add_graceful_stop(&other, from)?;
                }
            }
        }
        if kind == JobKind::Reload {
            for other in self
                .units
                .unit_graph()
                .units_named_by(unit, &[Dep::PropagatesReloadTo])
            {
                if is_active(self.units.state(&other)) {
                    let told = CallKind {
                        job: Some(id),
                        ..CallKind::default()
                    };
                    let _cannot = self.add(JobKind::Reload, &other, told).is_err();
                }
            }
        }
        Ok(())
    }

    fn add_graceful_stop(&mut self, unit: &UnitName, from: CallKind) -> Result<(), JobRefusal> {
        match self.graceful_stop(unit) {
            Some(kind) => ignore_not_applicable(self.add(kind, unit, from)),
            None => Ok(()),
        }
    }

    fn graceful_stop(&self, unit: &UnitName) -> Option<JobKind> {
        let kinds = self.draft.job_kinds(unit);
        if kinds.iter().any(|kind| kind.comes_first()) {
            None
        } else if kinds.contains(&JobKind::Start) {
            Some(JobKind::Restart)
        } else {
            Some(JobKind::Stop)
        }
    }
}

/// A job that its type of unit does not have is left out.
fn ignore_not_applicable(added: Result<(), JobRefusal>) -> Result<(), JobRefusal> {
    match added {
        Err(JobRefusal::NotApplicable(_)) => Ok(()),
        added => added,
    }
}
