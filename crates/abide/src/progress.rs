//! Shows a run while it goes on: lines on standard error, a live line where a person watches, NDJSON where a program
//! reads.

use abide_model::{Event, Report};
use abide_report::progress::{Tally, line};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::ui::Ui;

/// Clears the line that the cursor is in.
const CLEAR: &str = "\r\x1b[K";

/// What is shown of a run.
#[derive(Debug)]
pub(crate) struct Progress {
    ui: Ui,
    tally: Tally,
    planned: Report,
    json: bool,
}

impl Progress {
    /// Of a run over this many hosts. `planned` is where actions are looked up; `json` puts every event on standard
    /// output as well.
    pub(crate) fn new(ui: &Ui, hosts: usize, planned: Report, json: bool) -> Self {
        Self {
            ui: ui.clone(),
            tally: Tally::new(hosts),
            planned,
            json,
        }
    }

    /// Shows events until the last.
    pub(crate) async fn show(mut self, mut events: UnboundedReceiver<Event>) {
        while let Some(event) = events.recv().await {
            self.tally.note(&event);
            if self.json {
                self.as_json(&event);
            }
            self.clear();
            if let Some(line) = line(&event, &self.planned, &self.ui.options) {
                // How important it is was weighed already.
                self.ui.say(&format!("{line}\n"));
            }
            self.live();
        }
        self.clear();
    }

    fn as_json(&self, event: &Event) {
        // An event is plain data and always has a JSON form; a reader that went away must not end the run.
        if let Ok(text) = serde_json::to_string(event) {
            let _unread = self.ui.answer(&format!("{text}\n"));
        }
    }

    fn is_live(&self) -> bool {
        self.ui.is_watched && self.ui.options.verbosity == abide_report::Verbosity::Normal
    }

    fn live(&self) {
        if self.is_live() {
            self.ui.say(&self.tally.line(&self.ui.options));
        }
    }

    fn clear(&self) {
        if self.is_live() {
            self.ui.say(CLEAR);
        }
    }
}
