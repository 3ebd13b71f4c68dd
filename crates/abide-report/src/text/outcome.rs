//! How a host ended, as a clause.

use abide_model::{HostOutcome, Timestamp};

use crate::words::{duration, list, one_line};

/// What an outcome says beyond its word. `now` is the host's clock.
pub(super) fn sentence(outcome: &HostOutcome, now: Option<Timestamp>) -> String {
    match outcome {
        HostOutcome::Unchanged => "unchanged".to_owned(),
        HostOutcome::Pending => "differs; nothing was done".to_owned(),
        HostOutcome::Changed => "changed".to_owned(),
        HostOutcome::Failed { reasons, .. } => {
            let reasons: Vec<String> = reasons.iter().map(|reason| one_line(reason)).collect();
            format!("failed: {}", reasons.join("; "))
        }
        HostOutcome::Unreachable { reason, .. } => format!("not observed: {}", one_line(reason)),
        HostOutcome::Locked(holder) => {
            let since = now.map(|now| format!(", for {}", duration(now.secs_since(holder.since))));
            format!(
                "locked by {} ({}{})",
                one_line(&holder.who),
                one_line(&holder.operation),
                since.unwrap_or_default()
            )
        }
        HostOutcome::Stale { facts } => {
            let facts: Vec<String> = facts.iter().map(|fact| one_line(fact)).collect();
            format!("stale, nothing was written: {}", list(&facts))
        }
        HostOutcome::NotStarted => "not started".to_owned(),
        HostOutcome::Interrupted => "interrupted".to_owned(),
    }
}

/// What a person can do about an outcome.
pub(super) fn help(outcome: &HostOutcome) -> Option<String> {
    match outcome {
        HostOutcome::Unreachable { help, .. } => help.as_deref().map(one_line),
        HostOutcome::Locked(_) => {
            Some("nothing was done there; run again when that is over".to_owned())
        }
        HostOutcome::Stale { .. } => Some("make a new plan and look at it".to_owned()),
        HostOutcome::Unchanged
        | HostOutcome::Pending
        | HostOutcome::Changed
        | HostOutcome::Failed { .. }
        | HostOutcome::NotStarted
        | HostOutcome::Interrupted => None,
    }
}
