//! What one job brings with it: the jobs of everything that the unit names, reduced to what is needed and possible
//! (transaction.c of systemd 252 and 257).

use std::collections::BTreeMap;

use abide_model::{ActiveState, UnitName};

use crate::ToolError;
use crate::deps::{Dep, Graph};
use crate::kind::{Kind, is_active};
use crate::order::Order;
use crate::reduce::{Draft, Link};

/// Why a job cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The type of unit has no such job.
    NotApplicable(ToolError),
    /// The unit is not loaded as it would have to be, or the jobs contradict each other.
    Impossible(ToolError),
}

impl Refusal {
    pub(crate) fn into_error(self) -> ToolError {
        match self {
            Self::NotApplicable(said) | Self::Impossible(said) => said,
        }
    }
}

/// What a transaction asks about its manager.
pub(crate) trait Units {
    fn graph(&self) -> &Graph;
    fn state(&self, unit: &UnitName) -> ActiveState;
    /// The job that is under way.
    fn installed(&self, unit: &UnitName) -> Option<Kind>;
    /// Whether the unit can have the job; it is read now if nothing was found at its place before.
    fn check(&mut self, kind: Kind, unit: &UnitName) -> Result<(), Refusal>;
    /// The order of hash tables.
    fn order(&self) -> Order;
    /// systemd's version.
    fn systemd(&self) -> u32;
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
    draft: Draft,
    mode: Mode,
}

/// Since here a stop that is propagated by `PropagatesStopTo=` becomes a restart where the unit is needed.
const GRACEFUL_STOP: u32 = 254;
/// Since here a job whose requirement cannot be had leaves the transaction again.
const DROPS_UNWANTED: u32 = 254;

/// Which kind of call adds a job.
#[derive(Debug, Clone, Copy, Default)]
struct By {
    job: Option<usize>,
    matters: bool,
    conflicts: bool,
    graceful: bool,
}

impl<'u, U: Units> Transaction<'u, U> {
    /// The jobs that one job comes to.
    pub(crate) fn of(
        units: &'u mut U,
        kind: Kind,
        unit: &UnitName,
        mode: Mode,
    ) -> Result<BTreeMap<UnitName, Kind>, Refusal> {
        let mut transaction = Self {
            draft: Draft::new(units.order()),
            units,
            mode,
        };
        transaction.add(kind, unit, By::default())?;
        transaction.draft.reduce(transaction.units, mode)
    }

    fn add(&mut self, kind: Kind, unit: &UnitName, by: By) -> Result<(), Refusal> {
        self.units.check(kind, unit)?;
        let (id, new) = self.draft.add(kind, unit);
        if let Some(from) = by.job {
            self.draft.link(Link {
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
            if self.units.systemd() >= DROPS_UNWANTED {
                self.draft.delete(id, false);
            }
        })?;
        self.propagate(kind, unit, id, by)
    }

    /// What a start needs, wants, and cannot stand.
    fn pull_in(&mut self, kind: Kind, unit: &UnitName, id: usize) -> Result<(), Refusal> {
        if !matches!(kind, Kind::Start | Kind::Restart) {
            return Ok(());
        }
        let graph = self.units.graph();
        let required = graph.of(unit, &[Dep::Requires, Dep::BindsTo]);
        let wanted = graph.of(unit, &[Dep::Wants, Dep::Upholds]);
        let verified = graph.of(unit, &[Dep::Requisite]);
        let conflicts = graph.of(unit, &[Dep::Conflicts]);
        let conflicted = graph.to(unit, &[Dep::Conflicts]);
        let by = |matters, conflicts| By {
            job: Some(id),
            matters,
            conflicts,
            graceful: false,
        };
        for other in required {
            applicable(self.add(Kind::Start, &other, by(true, false)))?;
        }
        for other in wanted {
            let _missing = self.add(Kind::Start, &other, by(false, false)).is_err();
        }
        for other in verified {
            applicable(self.add(Kind::Verify, &other, by(true, false)))?;
        }
        for other in conflicts {
            applicable(self.add(Kind::Stop, &other, by(true, true)))?;
        }
        for other in conflicted {
            let _missing = self.add(Kind::Stop, &other, by(false, false)).is_err();
        }
        Ok(())
    }

    /// What stops, restarts and reloads with it.
    fn propagate(&mut self, kind: Kind, unit: &UnitName, id: usize, by: By) -> Result<(), Refusal> {
        let graceful = self.units.systemd() >= GRACEFUL_STOP;
        let mut from = By {
            job: Some(id),
            matters: true,
            conflicts: false,
            graceful: false,
        };
        let restarts = by.job.is_none() && self.mode == Mode::RestartDependencies;
        if kind.comes_first() || restarts {
            let mut followers = self.units.graph().followers(unit);
            let told = self.units.graph().of(unit, &[Dep::PropagatesStopTo]);
            if !graceful && kind == Kind::Stop {
                let new = told.iter().filter(|other| !followers.contains(other));
                followers.extend(new.cloned().collect::<Vec<_>>());
            }
            for other in followers {
                let up = self.units.state(&other).is_up();
                let propagated = match kind {
                    Kind::Stop => Kind::Stop,
                    _ if up => Kind::Restart,
                    _ => continue,
                };
                applicable(self.add(propagated, &other, from))?;
            }
            if graceful && (by.job.is_none() || by.graceful) {
                from.graceful = true;
                for other in told {
                    let kind = self.graceful_stop(&other);
                    kind.map_or(Ok(()), |kind| applicable(self.add(kind, &other, from)))?;
                }
            }
        }
        if kind == Kind::Reload {
            for other in self.units.graph().of(unit, &[Dep::PropagatesReloadTo]) {
                if is_active(self.units.state(&other)) {
                    let told = By {
                        job: Some(id),
                        ..By::default()
                    };
                    let _cannot = self.add(Kind::Reload, &other, told).is_err();
                }
            }
        }
        Ok(())
    }

    fn graceful_stop(&self, unit: &UnitName) -> Option<Kind> {
        let kinds = self.draft.kinds(unit);
        if kinds.iter().any(|kind| kind.comes_first()) {
            None
        } else if kinds.contains(&Kind::Start) {
            Some(Kind::Restart)
        } else {
            Some(Kind::Stop)
        }
    }
}

/// A job that its type of unit does not have is left out.
fn applicable(added: Result<(), Refusal>) -> Result<(), Refusal> {
    match added {
        Err(Refusal::NotApplicable(_)) => Ok(()),
        added => added,
    }
}
