//! A run in few words, for headings.

use abide_model::HostState;

use crate::document::{Command, Document, HostEntry};
use crate::tally::{HostTally, Standing};
use crate::words::count;

/// `3 of 40 hosts to change`, `no changes`, `not all done (failed)`.
pub(crate) fn of_document(document: &Document) -> String {
    let hosts = document.hosts.len();
    let in_state = |state: HostState| document.host_states.get(&state).copied().unwrap_or(0);
    if document.failure.is_some() {
        return "could not be done".to_owned();
    }
    match document.kind {
        Command::Validate if document.exit.code == 0 => "valid".to_owned(),
        Command::Validate => "not valid".to_owned(),
        Command::Drift => {
            HostTally::of_hosts(document.hosts.iter().map(host_standing)).counts_sentence()
        }
        Command::Plan => match document.summary.hosts_to_change {
            0 if document.complete && document.summary.refused == 0 => "no changes".to_owned(),
            0 => "nothing to do, but not everything is well".to_owned(),
            some if some == hosts => format!("{} to change", count(some, "host")),
            some => format!("{some} of {} to change", count(hosts, "host")),
        },
        Command::Apply if document.exit.is_success() => match in_state(HostState::Changed) {
            0 => "nothing was to be done".to_owned(),
            some => format!("{} changed", count(some, "host")),
        },
        Command::Apply => format!("not all done ({})", document.exit.reason.replace('_', " ")),
    }
}

fn host_standing(host: &HostEntry) -> Standing {
    match (&host.drift, host.state) {
        (Some(drift), _) => Standing::Judged(drift.class()),
        (None, HostState::Suspended) => Standing::Suspended,
        (None, _) => Standing::Unknown,
    }
}
