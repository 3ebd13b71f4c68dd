//! What is said while a run goes on: a line for a log where something happened that a person waits for, and one
//! live line for a terminal.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{ActionId, Event, HostName, HostState, Report, StepOutcome};

use crate::hosts;
use crate::options::{TextOptions, Verbosity};
use crate::paint::{Role, Symbols};
use crate::step;
use crate::words::{count, cut, duration_from_millis, one_line};

/// The line that a log gets for an event, without its newline; `None` where the event deserves none.
/// `planned` is where an action's number is looked up: the report of the planning, or an empty one.
pub fn line(event: &Event, planned: &Report, options: &TextOptions) -> Option<String> {
    let symbols = Symbols::for_options(options);
    let (least, host, text) = match event {
        Event::HostStart { .. } | Event::ActionStart { .. } => return None,
        Event::ObserveDone { host, actions } => (
            Verbosity::Verbose,
            host,
            format!("observed: {} to do", count(*actions, "step")),
        ),
        Event::Progress { host, message } => (Verbosity::Verbose, host, one_line(message)),
        Event::Notice { host, message } => (Verbosity::Normal, host, one_line(message)),
        Event::ActionDone {
            host,
            action,
            outcome,
            message,
        } => {
            let least = match outcome {
                StepOutcome::Failed => Verbosity::Quiet,
                StepOutcome::Restored => Verbosity::Normal,
                StepOutcome::Ok | StepOutcome::Skipped => Verbosity::Verbose,
            };
            (
                least,
                host,
                action_words(planned, host, *action, *outcome, message),
            )
        }
        Event::HostDone {
            host,
            state,
            millis: took,
            ..
        } => (
            least_verbosity(*state),
            host,
            format!(
                "{} after {}",
                state.display_word(),
                duration_from_millis(*took)
            ),
        ),
    };
    let sign = match sign(event) {
        Some(Role::Good) => Role::Good.paint_text(symbols.good),
        Some(role) => role.paint_text(symbols.bad),
        None => Role::Quiet.paint_text(symbols.dot),
    };
    (options.verbosity >= least)
        .then(|| format!("{sign} {}  {text}", Role::Head.paint_text(host.as_str())))
}

fn action_words(
    planned: &Report,
    host: &HostName,
    action: ActionId,
    outcome: StepOutcome,
    message: &str,
) -> String {
    let clause = planned
        .hosts
        .get(host)
        .and_then(|host| host.plan.as_ref()?.action(action))
        .map_or_else(|| format!("step {action}"), step::action_clause);
    let word = match outcome {
        StepOutcome::Ok => "done",
        StepOutcome::Failed => "failed",
        StepOutcome::Skipped => "skipped",
        StepOutcome::Restored => "put back",
    };
    match one_line(message) {
        said if said.is_empty() => format!("{word}: {clause}"),
        said => format!("{word}: {clause}: {said}"),
    }
}

/// Hosts with which all is well, and on which nothing was done, are told only to those who ask. Nobody who ends a run
/// needs a line for each host that was not begun: the answer names them.
fn least_verbosity(state: HostState) -> Verbosity {
    match state {
        HostState::Clean
        | HostState::Pending
        | HostState::Drifted
        | HostState::Suspended
        | HostState::NotStarted => Verbosity::Verbose,
        HostState::Changed => Verbosity::Normal,
        HostState::Failed
        | HostState::Unknown
        | HostState::Stale
        | HostState::Locked
        | HostState::Interrupted => Verbosity::Quiet,
    }
}

/// Whether the run could do with a host what it was to do.
fn is_fine(state: HostState) -> bool {
    matches!(
        state,
        HostState::Clean
            | HostState::Pending
            | HostState::Drifted
            | HostState::Suspended
            | HostState::Changed
    )
}

fn sign(event: &Event) -> Option<Role> {
    match event {
        Event::HostDone { state, .. } if is_fine(*state) => Some(Role::Good),
        Event::HostDone { .. } => Some(Role::Wrong),
        Event::ActionDone { outcome, .. } => match outcome {
            StepOutcome::Ok => Some(Role::Good),
            StepOutcome::Failed => Some(Role::Wrong),
            StepOutcome::Skipped | StepOutcome::Restored => None,
        },
        Event::HostStart { .. }
        | Event::ObserveDone { .. }
        | Event::ActionStart { .. }
        | Event::Notice { .. }
        | Event::Progress { .. } => None,
    }
}

/// Counts hosts as events come in, for one live line on a terminal.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    total: usize,
    running: BTreeSet<HostName>,
    done: BTreeMap<HostName, HostState>,
}

impl Tally {
    /// A run over this many hosts.
    pub fn new(total: usize) -> Self {
        Self {
            total,
            ..Self::default()
        }
    }

    /// Takes note of an event.
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::HostStart { host } => {
                self.running.insert(host.clone());
            }
            Event::HostDone { host, state, .. } => {
                self.running.remove(host);
                self.done.insert(host.clone(), *state);
            }
            Event::ObserveDone { .. }
            | Event::ActionStart { .. }
            | Event::ActionDone { .. }
            | Event::Notice { .. }
            | Event::Progress { .. } => {}
        }
    }

    /// One line without its newline, no longer than the options' width:
    /// `12 of 40 hosts, 1 not well; running: web13-web16`.
    pub fn line(&self, options: &TextOptions) -> String {
        let bad = self.done.values().filter(|state| !is_fine(**state)).count();
        let bad = match bad {
            0 => String::new(),
            bad => format!(", {bad} not well"),
        };
        let running = match hosts::name_ranges(&self.running) {
            names if names.is_empty() => names,
            names => format!("; running: {names}"),
        };
        let done = self.done.len();
        let line = format!("{done} of {}{bad}{running}", count(self.total, "host"));
        // Room for the words that say how much was cut.
        cut(
            &line,
            options.width.saturating_sub(24).max(40),
            Symbols::for_options(options).cut,
        )
    }
}

#[cfg(test)]
mod tests;
