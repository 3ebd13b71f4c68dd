//! Contradictions: what a host is to be and cannot be. All of them are errors at the key that asks for it.

mod unit;
mod units;
mod user;

use crate::settled::SettledHost;
use crate::work::Work;

/// Checks a host.
pub(crate) fn check(host: &SettledHost<'_>, work: &mut Work<'_>) {
    units::check(&host.units, None, work);
    for (name, user) in &host.users {
        user::check(name, user, work);
        units::check(&user.units, Some(user), work);
    }
    user::check_linger_policy(host, work);
}
