//! A run as programs follow it: its first and last line, the events in between, the reports at its end. Whatever way a
//! command ends, it ends through here.

use std::sync::{Arc, Mutex};

use abide_model::{Diagnostic, Digest, Event, ManifestName, Report, Selected};
use abide_report::document::{self, Document, DocumentFrame};
use abide_report::events::{Stream, StreamEvent};
use abide_report::{Command, Moment, Url};

use crate::clock;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::reports::ReportArgs;
use crate::run_id;
use crate::ui::Ui;

/// What a command came to.
pub(crate) struct Done {
    /// What came of the hosts.
    pub(crate) report: Report,
    /// How it ends.
    pub(crate) exit: Exit,
    /// What a person is told on standard output.
    pub(crate) text: String,
}

/// One run, as programs follow it.
pub(crate) struct Reporting {
    ui: Ui,
    arguments: ReportArgs,
    kind: Command,
    id: String,
    began: Moment,
    job: Option<Url>,
    directory: Option<String>,
    events: Option<Events>,
    manifest: Option<ManifestName>,
    selected: Option<(Digest, Selected)>,
    digest: Option<Digest>,
    diagnostics: Vec<Diagnostic>,
}

/// Puts events on standard output, one a line.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    ui: Ui,
    stream: Arc<Mutex<Stream>>,
}

impl Events {
    /// Puts one there. A reader that went away must not end the run.
    pub(crate) fn write_event(&self, event: StreamEvent) {
        let Ok(mut stream) = self.stream.lock() else {
            return;
        };
        let _unread = self
            .ui
            .print_answer(&stream.line(clock::current_moment(), event));
    }

    /// Puts there what the engine tells.
    pub(crate) fn write_engine_event(&self, event: &Event, planned: &Report) {
        self.write_event(StreamEvent::of_engine_event(event, planned));
    }
}

impl Reporting {
    /// Begins: looks whether the reports can be written, and says the first line.
    pub(crate) fn begin(
        kind: Command,
        arguments: &ReportArgs,
        json: bool,
        (ui, environment): (&Ui, &Environment),
    ) -> Result<Self, Failure> {
        arguments.check(json)?;
        let id =
            run_id::random_uuid().map_err(|error| Failure::local_error("random numbers", error))?;
        let events = json.then(|| Events {
            ui: ui.clone(),
            stream: Arc::new(Mutex::new(Stream::new(id.clone()))),
        });
        let reporting = Self {
            ui: ui.clone(),
            arguments: arguments.clone(),
            kind,
            id,
            began: clock::current_moment(),
            job: environment.job.clone(),
            directory: environment.directory.clone(),
            events,
            manifest: None,
            selected: None,
            digest: None,
            diagnostics: Vec::new(),
        };
        reporting.write_event_with(|| StreamEvent::Version {
            abide: env!("CARGO_PKG_VERSION").to_owned(),
            command: kind,
        });
        Ok(reporting)
    }

    /// Where events go, where somebody wants them.
    pub(crate) fn events(&self) -> Option<Events> {
        self.events.clone()
    }

    /// The manifest is read and the hosts are selected.
    pub(crate) fn start(
        &mut self,
        manifest: &ManifestName,
        diagnostics: Vec<Diagnostic>,
        selected: (Digest, Selected),
    ) {
        self.add_diagnostics(diagnostics);
        self.manifest = Some(manifest.clone());
        self.write_event_with(|| StreamEvent::RunStart {
            manifest: manifest.clone(),
            hosts: selected.1.hosts.iter().cloned().collect(),
        });
        self.selected = Some(selected);
    }

    /// The manifest is read; no host is asked.
    pub(crate) fn record_manifest(
        &mut self,
        manifest: Option<ManifestName>,
        diagnostics: Vec<Diagnostic>,
    ) {
        self.add_diagnostics(diagnostics);
        self.manifest = manifest;
    }

    /// The hosts are planned. In an apply, this is before anything is done.
    pub(crate) fn record_plan(&mut self, planned: &Report, digest: Option<Digest>) {
        self.digest = digest;
        if let Some(events) = &self.events {
            let document = self.document(planned, Exit::Done, None);
            for event in StreamEvent::of_plan(&document) {
                events.write_event(event);
            }
        }
    }

    /// Ends: writes the reports, says the last line or what a person is told.
    pub(crate) fn end(mut self, done: Result<Done, Failure>) -> Result<Exit, Failure> {
        let (report, exit, text, failure) = match done {
            Ok(done) => (done.report, done.exit, done.text, None),
            Err(mut failure) => {
                self.add_diagnostics(std::mem::take(&mut failure.diagnostics));
                let exit = failure.exit;
                (Report::default(), exit, String::new(), Some(failure))
            }
        };
        let mut document = self.document(&report, exit, failure.as_ref());
        let unwritten = self.arguments.write(&document);
        let exit = if unwritten.is_empty() {
            exit
        } else {
            exit.or_worse(Exit::Failed)
        };
        document.exit = exit.into();
        for failure in &unwritten {
            self.ui.fail(failure);
        }
        self.write_event_with(|| StreamEvent::of_run(&document));
        if let Some(answer) = self.arguments.report_for_stdout(&document) {
            self.ui.print_answer(&answer)?;
        } else if self.events.is_none() {
            self.ui.print_unless_silent(&text)?;
        }
        match failure {
            Some(failure) => Err(Failure { exit, ..failure }),
            None => Ok(exit),
        }
    }

    fn add_diagnostics(&mut self, diagnostics: Vec<Diagnostic>) {
        for diagnostic in &diagnostics {
            self.write_event_with(|| StreamEvent::Diagnostic {
                diagnostic: Box::new(diagnostic.clone()),
            });
        }
        self.diagnostics.extend(diagnostics);
    }

    fn write_event_with(&self, event: impl FnOnce() -> StreamEvent) {
        if let Some(events) = &self.events {
            events.write_event(event());
        }
    }

    fn document(&self, report: &Report, exit: Exit, failure: Option<&Failure>) -> Document {
        let ended = clock::current_moment();
        let failure = failure.map(|failure| document::RunFailure {
            message: failure.summary(),
            hints: failure.hints.clone(),
        });
        let frame = DocumentFrame {
            kind: self.kind,
            exit: exit.into(),
            run: document::DocumentRun {
                id: self.id.clone(),
                abide: env!("CARGO_PKG_VERSION").to_owned(),
                started: self.began,
                ended,
                millis: ended.0.saturating_sub(self.began.0),
                url: self.job.clone(),
                directory: self.directory.clone(),
            },
            manifest: self.manifest.clone(),
            selected: self.selected.clone(),
            digest: self.digest,
            diagnostics: self.diagnostics.clone(),
            failure,
        };
        Document::new(frame, report)
    }
}
