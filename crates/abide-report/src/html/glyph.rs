//! The sign and the word for each state: a colour alone says nothing to many.

use abide_model::HostState;

use crate::document::{ResourceEntry, ResourceState};
use crate::mark::Mark;

/// The sign of what becomes of a resource.
pub(super) fn of_mark(mark: Mark) -> &'static str {
    match mark {
        Mark::Add => "+",
        Mark::Change => "~",
        Mark::Remove => "−",
        Mark::Interrupt => "↻",
        Mark::Ledger => "⊙",
        Mark::Refused => "!",
        Mark::Unknown => "?",
        Mark::Note => "·",
    }
}

/// The sign of a resource's state; of a pending one, of what would become of it.
pub(super) fn of_resource(resource: &ResourceEntry) -> &'static str {
    match (resource.state, resource.effect) {
        (ResourceState::Pending, Some(mark)) => of_mark(mark),
        (state, _) => of_state(state),
    }
}

pub(super) fn of_state(state: ResourceState) -> &'static str {
    match state {
        ResourceState::Clean => "·",
        ResourceState::Drifted => "≠",
        ResourceState::Pending => "~",
        ResourceState::Changed => "✓",
        ResourceState::Failed => "✗",
        ResourceState::Restored => "↶",
        ResourceState::Skipped => "–",
        ResourceState::Refused => "!",
        ResourceState::Unknown => "?",
        ResourceState::Suspended => "‖",
    }
}

/// The word for a resource's state.
pub(super) fn state_word(state: ResourceState) -> &'static str {
    match state {
        ResourceState::Clean => "unchanged",
        ResourceState::Restored => "put back",
        other => other.word(),
    }
}

pub(super) fn of_host(state: HostState) -> &'static str {
    match state {
        HostState::Clean => "·",
        HostState::Drifted => "≠",
        HostState::Pending => "~",
        HostState::Changed => "✓",
        HostState::Failed => "✗",
        HostState::Unknown => "?",
        HostState::Stale => "≠",
        HostState::Locked => "⊘",
        HostState::Suspended => "‖",
        HostState::NotStarted => "–",
        HostState::Interrupted => "×",
    }
}

/// Whether somebody should look at a host in this state.
pub(super) fn is_trouble(state: HostState) -> bool {
    matches!(
        state,
        HostState::Failed
            | HostState::Interrupted
            | HostState::Unknown
            | HostState::Stale
            | HostState::Locked
    )
}

/// In which order hosts are shown: who needs a look comes first.
pub(super) fn urgency_rank(state: HostState) -> u8 {
    match state {
        HostState::Failed => 0,
        HostState::Interrupted => 1,
        HostState::Unknown => 2,
        HostState::Stale => 3,
        HostState::Locked => 4,
        HostState::Drifted => 5,
        HostState::Pending => 6,
        HostState::NotStarted => 7,
        HostState::Changed => 8,
        HostState::Suspended => 9,
        HostState::Clean => 10,
    }
}
