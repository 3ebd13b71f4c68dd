//! How a host ended, as a clause.

use abide_model::{HostOutcome, Suspension, Timestamp, UtcTime};

use crate::words::{duration_from_secs, list, one_line};

/// What an outcome says beyond its word. `now` is the host's clock.
pub(super) fn ending_clause(outcome: &HostOutcome, now: Option<Timestamp>) -> String {
    match outcome {
        HostOutcome::Unchanged => "unchanged".to_owned(),
        HostOutcome::Pending => "differs; nothing was done".to_owned(),
        HostOutcome::Changed => "changed".to_owned(),
        HostOutcome::Failed { reasons, .. } => {
            let reasons: Vec<String> = reasons
                .iter()
                .map(|reason| one_line(&reason.to_string()))
                .collect();
            format!("failed: {}", reasons.join("; "))
        }
        HostOutcome::Unreachable { reason, .. } => format!("not observed: {}", one_line(reason)),
        HostOutcome::Locked(holder) => {
            let since = now
                .map(|now| format!(", for {}", duration_from_secs(now.secs_since(holder.since))));
            let plan = match one_line(&holder.plan).as_str() {
                "" => String::new(),
                plan => format!(" of {plan}"),
            };
            let id = match one_line(&holder.id).as_str() {
                "" => String::new(),
                id => format!(", id {id}"),
            };
            format!(
                "locked by {} ({}{plan}{}{id})",
                one_line(&holder.who),
                one_line(&holder.operation),
                since.unwrap_or_default()
            )
        }
        HostOutcome::Judged(drift) => drift.class().display_word().to_owned(),
        HostOutcome::Suspended { suspension, .. } => suspension_clause(suspension, now),
        HostOutcome::Stale { facts } => {
            let facts: Vec<String> = facts
                .iter()
                .map(|fact| one_line(&fact.to_string()))
                .collect();
            format!("stale, nothing was written: {}", list(&facts))
        }
        HostOutcome::NotStarted => "not observed: the run was ended first".to_owned(),
        HostOutcome::Interrupted => "interrupted".to_owned(),
    }
}

/// By whom, until when and why a host is suspended. `now` is the host's clock.
pub(super) fn suspension_clause(suspension: &Suspension, now: Option<Timestamp>) -> String {
    let left = now.map(|now| {
        format!(
            " ({} left)",
            duration_from_secs(suspension.until.secs_since(now))
        )
    });
    format!(
        "suspended by {} until {}{}: {}",
        one_line(&suspension.who),
        UtcTime::from_secs(suspension.until.unix_seconds()),
        left.unwrap_or_default(),
        one_line(&suspension.reason)
    )
}

/// What a person can do about an outcome.
pub(super) fn help_text(outcome: &HostOutcome) -> Option<String> {
    match outcome {
        HostOutcome::Unreachable { help, .. } => help.as_deref().map(one_line),
        HostOutcome::Locked(_) => {
            Some("nothing was done there; run again later, or with `--lock-timeout 5m`".to_owned())
        }
        HostOutcome::Stale { .. } => Some("make a new plan and look at it".to_owned()),
        HostOutcome::Unchanged
        | HostOutcome::Pending
        | HostOutcome::Changed
        | HostOutcome::Failed { .. }
        | HostOutcome::Judged(_)
        | HostOutcome::Suspended { .. }
        | HostOutcome::NotStarted
        | HostOutcome::Interrupted => None,
    }
}
