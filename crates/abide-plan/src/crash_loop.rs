//! Units that keep failing and that systemd brings back each time (`Restart=`).

use abide_model::{ObservedUnit, Timestamp};

/// How long after a start a restart of systemd's own is called recent, in microseconds.
const LATELY: u64 = 60_000_000;

/// Whether systemd has restarted the unit by itself within the last minute. Which run of it goes on is another question by the
/// second, and whether it is up too.
pub(crate) fn keeps_restarting(seen: &ObservedUnit, now: Timestamp) -> bool {
    let lately = |at: Timestamp| now.0.saturating_sub(at.0) < LATELY;
    seen.restarts > 0 && seen.started_at.is_none_or(lately)
}
