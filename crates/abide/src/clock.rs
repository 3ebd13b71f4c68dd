//! The one place that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use abide_model::UtcTime;
use abide_report::Moment;

/// Now, by this machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line is where time comes in"
)]
pub(crate) fn current_moment() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Now, in whole seconds.
pub(crate) fn current_utc() -> UtcTime {
    UtcTime::from_secs(current_moment().unix_seconds())
}
