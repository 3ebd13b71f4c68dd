//! Exit codes: the one place that gives them numbers, and the order in which they win.

use abide_model::{DriftClass, HostOutcome, HostReport, RefusalKind, Report};

/// How abide ends. Only pending changes are 2, and a usage error never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing is pending, or it was done, or a plan was made.
    Done,
    /// A host or an action failed, or the plan after a run is not empty.
    Failed,
    /// Changes are pending, and `--detailed-exitcode` asks for it; or a host has drifted.
    Pending,
    /// A selected host could not be observed.
    Incomplete,
    /// The selection matched no host.
    NothingSelected,
    /// The facts under a plan have changed; nothing was written there.
    Stale,
    /// Somebody else holds a host's lock.
    Locked,
    /// A guard refused.
    Refused,
    /// The command line means nothing.
    Usage,
    /// The manifest is wrong.
    Manifest,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl Exit {
    const ALL: [Self; 12] = [
        Self::Done,
        Self::Failed,
        Self::Pending,
        Self::Incomplete,
        Self::NothingSelected,
        Self::Stale,
        Self::Locked,
        Self::Refused,
        Self::Usage,
        Self::Manifest,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The process's exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Pending => 2,
            Self::Incomplete => 3,
            Self::NothingSelected => 4,
            Self::Stale => 5,
            Self::Locked => 6,
            Self::Refused => 7,
            // `EX_USAGE` and `EX_DATAERR` of sysexits(3).
            Self::Usage => 64,
            Self::Manifest => 65,
            // 128 and the signal's number, as shells have it.
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Its meaning, for JSON documents.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Pending => "pending",
            Self::Incomplete => "incomplete",
            Self::NothingSelected => "nothing_selected",
            Self::Stale => "stale",
            Self::Locked => "locked",
            Self::Refused => "refused",
            Self::Usage => "usage",
            Self::Manifest => "manifest",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// The end that an earlier run had.
    pub(crate) fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|exit| exit.code() == code)
    }

    /// Of two that hold, the one a caller must hear: an unknown host outranks a pending change, for the answer is not
    /// known; a failure outranks everything but the interruption that may have caused it.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        if other.rank() > self.rank() {
            other
        } else {
            self
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Pending => 1,
            Self::Incomplete => 2,
            Self::Locked => 3,
            Self::Stale => 4,
            Self::Refused => 5,
            Self::Failed => 6,
            // These never meet another one: they end the run before it begins.
            Self::NothingSelected | Self::Usage | Self::Manifest => 7,
            Self::Interrupted | Self::Terminated => 8,
        }
    }

    /// What a report amounts to. `pending` is what a host with pending changes counts as.
    pub(crate) fn of_report(report: &Report, pending: Self) -> Self {
        report.hosts.values().fold(Self::Done, |worst, host| {
            let worst = worst.or_worse(Self::of_outcome(&host.outcome, host, pending));
            if matches!(host.outcome, HostOutcome::Judged(_)) {
                // What is refused there is among what was found.
                return worst;
            }
            Self::of_refusals(host).fold(worst, Self::or_worse)
        })
    }

    /// What a comparison with a saved plan amounts to: whether it holds on every host. What is refused was so then.
    pub(crate) fn of_check(report: &Report) -> Self {
        let hosts = report.hosts.values();
        let exits = hosts.map(|host| Self::of_outcome(&host.outcome, host, Self::Done));
        exits.fold(Self::Done, Self::or_worse)
    }

    fn of_outcome(outcome: &HostOutcome, host: &HostReport, pending: Self) -> Self {
        match outcome {
            // What is refused has its own code; pending is what could be done and was not.
            HostOutcome::Pending
                if host
                    .plan
                    .as_ref()
                    .is_some_and(|plan| !plan.actions.is_empty()) =>
            {
                pending
            }
            HostOutcome::Unchanged
            | HostOutcome::Pending
            | HostOutcome::Changed
            | HostOutcome::NotStarted => Self::Done,
            HostOutcome::Failed { .. } => Self::Failed,
            HostOutcome::Unreachable { .. } => Self::Incomplete,
            HostOutcome::Locked(_)
            | HostOutcome::Suspended {
                since_plan: true, ..
            } => Self::Locked,
            HostOutcome::Suspended { .. } => Self::Done,
            HostOutcome::Judged(drift) => match drift.class() {
                DriftClass::Clean | DriftClass::HandEditedButRight => Self::Done,
                DriftClass::PendingRollout | DriftClass::Drifted => Self::Pending,
                DriftClass::Unknown => Self::Incomplete,
            },
            HostOutcome::Stale { .. } => Self::Stale,
            HostOutcome::Interrupted => Self::Interrupted,
        }
    }

    fn of_refusals(host: &HostReport) -> impl Iterator<Item = Self> {
        let refused = host.plan.iter().flat_map(|plan| &plan.refused);
        refused.map(|refusal| match refusal.kind {
            RefusalKind::Guard => Self::Refused,
            RefusalKind::Impossible => Self::Failed,
            RefusalKind::Unknown => Self::Incomplete,
        })
    }
}

impl From<Exit> for abide_report::document::RunExit {
    fn from(exit: Exit) -> Self {
        Self {
            code: exit.code(),
            reason: exit.reason(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn precedence_is_as_documented() {
        let order = [
            Exit::Interrupted,
            Exit::Failed,
            Exit::Refused,
            Exit::Stale,
            Exit::Locked,
            Exit::Incomplete,
            Exit::Pending,
            Exit::Done,
        ];
        for pair in order.windows(2) {
            assert_eq!(pair[0].or_worse(pair[1]), pair[0]);
            assert_eq!(pair[1].or_worse(pair[0]), pair[0]);
        }
    }

    #[test]
    fn codes_are_as_documented() {
        let codes = [
            (Exit::Done, 0),
            (Exit::Failed, 1),
            (Exit::Pending, 2),
            (Exit::Incomplete, 3),
            (Exit::NothingSelected, 4),
            (Exit::Stale, 5),
            (Exit::Locked, 6),
            (Exit::Refused, 7),
            (Exit::Usage, 64),
            (Exit::Manifest, 65),
            (Exit::Interrupted, 130),
            (Exit::Terminated, 143),
        ];
        for (exit, code) in codes {
            assert_eq!(exit.code(), code, "{}", exit.reason());
            assert_eq!(Exit::of_code(code), Some(exit));
        }
    }
}
