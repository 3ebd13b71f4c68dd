//! What jobs there are, and what two of them for one unit come to (job.c of systemd 252 and 257).

use abide_model::ActiveState;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum JobKind {
    Start,
    /// Succeeds where the unit is active.
    Verify,
    Stop,
    Reload,
    Restart,
}

impl JobKind {
    /// What does both; `None` where that is impossible.
    pub(crate) fn merge(self, other: Self, state: ActiveState) -> Option<Self> {
        let (a, b) = if self <= other {
            (self, other)
        } else {
            (other, self)
        };
        Some(match (a, b) {
            _ if a == b => a,
            (Self::Stop, _) | (_, Self::Stop) => return None,
            (_, Self::Restart) | (Self::Restart, _) => Self::Restart,
            (Self::Start, Self::Reload) => match is_active(state) {
                true => Self::Reload,
                false => Self::Start,
            },
            (Self::Verify, Self::Reload) => Self::Reload,
            _ => Self::Start,
        })
    }

    /// Whether it does what the other does, and may do more.
    pub(crate) fn does_all_of(self, other: Self, state: ActiveState) -> bool {
        self.merge(other, state) == Some(self)
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_redundant(self, state: ActiveState) -> bool {
        match self {
            Self::Start | Self::Verify => is_active(state),
            Self::Stop => is_down(state),
            Self::Reload | Self::Restart => false,
        }
    }

    /// Whether it runs before every job of units that come before its own: stops do, and a restart begins with one.
    pub(crate) fn comes_first(self) -> bool {
        matches!(self, Self::Stop | Self::Restart)
    }
}

/// `active` or `reloading`.
pub(crate) fn is_active(state: ActiveState) -> bool {
    matches!(state, ActiveState::Active | ActiveState::Reloading)
}

/// `inactive` or `failed`.
pub(crate) fn is_down(state: ActiveState) -> bool {
    matches!(state, ActiveState::Inactive | ActiveState::Failed)
}
