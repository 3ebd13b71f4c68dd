//! What differs without meaning between hosts that are told of together: since when something is as it is.

use abide_model::{Action, Cause, Timestamp};

/// About one action, on one host or on many: from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ActionSpan {
    /// How many seconds its unit has run with the old configuration, where that is known.
    pub(crate) up: Option<(u64, u64)>,
    /// When somebody changed by hand what it is about, where that is known.
    pub(crate) at: Option<(Timestamp, Timestamp)>,
}

impl ActionSpan {
    /// Of one host's action.
    pub(crate) fn of_action(action: &Action, now: Option<Timestamp>) -> Self {
        let mut causes = action.causes.iter();
        let up = action.causes.iter().find_map(|cause| match cause {
            Cause::RunningOldConfig { since, .. } => Some(now?.secs_since((*since)?)),
            _ => None,
        });
        let at = causes.find_map(|cause| match cause {
            Cause::ChangedOnHost { at, .. } => *at,
            _ => None,
        });
        Self {
            up: up.map(|up| (up, up)),
            at: at.map(|at| (at, at)),
        }
    }

    /// Both.
    pub(crate) fn widened_by(self, other: Self) -> Self {
        Self {
            up: widest_range(self.up, other.up),
            at: widest_range(self.at, other.at),
        }
    }
}

fn widest_range<T: Ord>(one: Option<(T, T)>, other: Option<(T, T)>) -> Option<(T, T)> {
    match (one, other) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (one, other) => one.or(other),
    }
}
