//! What abide says: answers on standard output, talk on standard error.

use std::io::{self, Write as _};

use abide_report::{TextOptions, Verbosity};

use crate::args::Output;
use crate::environment::Environment;
use crate::failure::Failure;

/// The way to say things.
#[derive(Debug, Clone)]
pub(crate) struct Ui {
    /// How reports are rendered.
    pub(crate) options: TextOptions,
    /// A person can be asked.
    pub(crate) can_ask: bool,
    /// A person watches standard error.
    pub(crate) is_watched: bool,
}

impl Ui {
    /// As the flags and the surroundings have it.
    pub(crate) fn new(output: &Output, environment: &Environment) -> Self {
        anstream::ColorChoice::from(output.color).write_global();
        let verbosity = match (output.quiet, output.verbose) {
            (0, 0) => Verbosity::Normal,
            (0, _) => Verbosity::Verbose,
            (1, _) => Verbosity::Quiet,
            (_, _) => Verbosity::Silent,
        };
        let defaults = TextOptions::default();
        Self {
            options: TextOptions {
                unicode: environment.unicode,
                full: output.full,
                show_sensitive: output.show_sensitive,
                context: output.unified,
                verbosity,
                width: environment.columns.unwrap_or(defaults.width),
                unbroken: environment.columns.is_none(),
            },
            can_ask: environment.stdin_is_terminal,
            is_watched: environment.stderr_is_terminal,
        }
    }

    /// Puts a part of the answer on standard output. A reader that went away (`abide plan | head`) is no error.
    #[expect(clippy::unused_self, reason = "who may speak has a `Ui`")]
    pub(crate) fn print_answer(&self, text: &str) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::local_error("standard output", error))
            }
            _ => Ok(()),
        }
    }

    /// Puts a text for people on standard output, but not with `-qq`.
    pub(crate) fn print_unless_silent(&self, text: &str) -> Result<(), Failure> {
        if self.options.verbosity == Verbosity::Silent {
            return Ok(());
        }
        self.print_answer(text)
    }

    /// Says something on standard error. Nobody is left to tell when that fails.
    #[expect(clippy::unused_self, reason = "who may speak has a `Ui`")]
    pub(crate) fn print_to_stderr(&self, text: &str) {
        let mut err = anstream::stderr().lock();
        let _nobody = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }

    /// Says a line on standard error, but not with `-q`.
    pub(crate) fn print_message(&self, line: &str) {
        if self.options.verbosity > Verbosity::Quiet {
            self.print_to_stderr(&format!("{line}\n"));
        }
    }

    /// Says why a command could not do its work.
    pub(crate) fn fail(&self, failure: &Failure) {
        if failure.message.is_empty() {
            return;
        }
        let bold_red = anstyle::Style::new()
            .bold()
            .fg_color(Some(anstyle::AnsiColor::Red.into()));
        let cyan = anstyle::AnsiColor::Cyan.on_default();
        self.print_to_stderr(&format!(
            "{bold_red}error{bold_red:#}: {}\n",
            failure.message
        ));
        for hint in &failure.hints {
            self.print_to_stderr(&format!("{cyan}hint{cyan:#}: {hint}\n"));
        }
    }

    /// Asks a question that is answered with yes or no; everything but a clear yes is no.
    pub(crate) fn ask_yes_or_no(&self, question: &str) -> Result<bool, Failure> {
        self.print_to_stderr(&format!("{question} [y/N] "));
        let mut answer = String::new();
        io::stdin()
            .read_line(&mut answer)
            .map_err(|error| Failure::local_error("standard input", error))?;
        Ok(matches!(
            answer.trim().to_ascii_lowercase().as_str(),
            "y" | "yes"
        ))
    }
}
