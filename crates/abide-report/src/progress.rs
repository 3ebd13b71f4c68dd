//! What is said while a run goes on.

use abide_model::{Event, Report};

use crate::options::Options;

/// The line that a log gets for an event, without its newline; `None` where the event deserves none.
/// `planned` is where an action's number is looked up: the report of the planning, or an empty one.
pub fn line(_event: &Event, _planned: &Report, _options: &Options) -> Option<String> {
    None
}

/// Counts hosts as events come in, for one live line on a terminal.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    total: usize,
}

impl Tally {
    /// A run over this many hosts.
    pub fn new(total: usize) -> Self {
        Self { total }
    }

    /// Takes note of an event.
    pub fn note(&mut self, _event: &Event) {}

    /// One line, without its newline, no longer than the options' width: `12/40 done, 1 failed; running: web13 web14`.
    pub fn line(&self, _options: &Options) -> String {
        format!("0/{}", self.total)
    }
}
