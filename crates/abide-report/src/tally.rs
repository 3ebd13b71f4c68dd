//! How many hosts of a look for drift are how.

use abide_model::DriftClass;

use crate::words::count;

/// How one host is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Standing {
    /// It was looked at.
    Judged(DriftClass),
    /// It is suspended.
    Suspended,
    /// It could not be seen.
    Unknown,
}

/// How many hosts are how.
#[derive(Debug, Default)]
pub(crate) struct HostTally {
    all: usize,
    clean: usize,
    right: usize,
    drifted: usize,
    pending: usize,
    unknown: usize,
    suspended: usize,
}

impl HostTally {
    pub(crate) fn of_hosts(hosts: impl IntoIterator<Item = Standing>) -> Self {
        let mut tally = Self::default();
        for host in hosts {
            let counter = match host {
                Standing::Judged(DriftClass::Clean) => &mut tally.clean,
                Standing::Judged(DriftClass::HandEditedButRight) => &mut tally.right,
                Standing::Judged(DriftClass::PendingRollout) => &mut tally.pending,
                Standing::Judged(DriftClass::Drifted) => &mut tally.drifted,
                Standing::Judged(DriftClass::Unknown) | Standing::Unknown => &mut tally.unknown,
                Standing::Suspended => &mut tally.suspended,
            };
            *counter = counter.saturating_add(1);
            tally.all = tally.all.saturating_add(1);
        }
        tally
    }

    /// Whether somebody has to hear of it.
    pub(crate) fn is_news(&self) -> bool {
        self.drifted + self.pending + self.unknown > 0
    }

    /// `5 hosts: 3 clean, 1 drifted, 1 unknown`.
    pub(crate) fn counts_sentence(&self) -> String {
        let parts = [
            (self.clean, "clean"),
            (self.right, "hand-edited but right"),
            (self.drifted, "drifted"),
            (self.pending, "pending rollout"),
            (self.unknown, "unknown"),
            (self.suspended, "suspended"),
        ];
        let said: Vec<String> = parts
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
        format!("{}: {}", count(self.all, "host"), said.join(", "))
    }
}
