//! Shows a run while it goes on: lines on standard error, a live line where a person watches, NDJSON where a program
//! reads.

use abide_model::{Event, Report};
use abide_report::progress::{Tally, line};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::reporting::Events;
use crate::ui::Ui;

/// Clears the line that the cursor is in.
const CLEAR: &str = "\r\x1b[K";

/// What is shown of a run.
#[derive(Debug)]
pub(crate) struct Progress {
    ui: Ui,
    tally: Tally,
    planned: Report,
    events: Option<Events>,
}

impl Progress {
    /// Of a run over this many hosts. `planned` is where actions are looked up; `events` is who wants to know as
    /// well.
    pub(crate) fn new(ui: &Ui, hosts: usize, planned: Report, events: Option<Events>) -> Self {
        Self {
            ui: ui.clone(),
            tally: Tally::new(hosts),
            planned,
            events,
        }
    }

    /// Shows events until the last.
    pub(crate) async fn show(mut self, mut events: UnboundedReceiver<Event>) {
        while let Some(event) = events.recv().await {
            tracing::trace!(?event);
            self.tally.note(&event);
            if let Some(events) = &self.events {
                events.write_engine_event(&event, &self.planned);
            }
            self.clear();
            if let Some(line) = line(&event, &self.planned, &self.ui.options) {
                // How important it is was weighed already.
                self.ui.print_to_stderr(&format!("{line}\n"));
            }
            self.show_live_line();
        }
        self.clear();
    }

    fn is_live(&self) -> bool {
        self.ui.is_watched && self.ui.options.verbosity == abide_report::Verbosity::Normal
    }

    fn show_live_line(&self) {
        if self.is_live() {
            self.ui.print_to_stderr(&self.tally.line(&self.ui.options));
        }
    }

    fn clear(&self) {
        if self.is_live() {
            self.ui.print_to_stderr(CLEAR);
        }
    }
}
