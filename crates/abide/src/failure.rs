//! Why a command could not do its work at all: one message, perhaps hints, and an exit code.

use std::fmt;

use abide_model::Diagnostic;

use crate::exit::Exit;

/// Why a command ends before it has an answer. What comes of hosts is data in a report and never this.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How abide ends.
    pub(crate) exit: Exit,
    /// What is wrong: one clause. Empty where everything was said already.
    pub(crate) message: String,
    /// What a person can do about it.
    pub(crate) hints: Vec<String>,
    /// What is wrong in the manifest; it was said already.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Failure {
    /// A failure with its message.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hints: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// The command line means nothing.
    pub(crate) fn usage_error(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Something of this machine failed: a file, a stream.
    pub(crate) fn local_error(what: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::new(Exit::Failed, format!("{what}: {error}"))
    }

    /// An end about which everything was said already.
    pub(crate) fn without_message(exit: Exit) -> Self {
        Self::new(exit, "")
    }

    /// The manifest is wrong, as was said already.
    pub(crate) fn manifest(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            ..Self::without_message(Exit::Manifest)
        }
    }

    /// What is wrong, for reports, where everything counts.
    pub(crate) fn summary(&self) -> String {
        match (self.message.as_str(), self.exit) {
            ("", Exit::Manifest) => "the manifest is wrong: see the diagnostics".to_owned(),
            ("", Exit::Interrupted | Exit::Terminated) => {
                "the run was ended before it began".to_owned()
            }
            (message, _) => message.to_owned(),
        }
    }

    /// The same with a hint.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}
