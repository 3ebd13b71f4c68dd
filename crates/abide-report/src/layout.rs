//! Where words go on a line: indentation, wrapping, and a text that grows line by line.

use crate::mark::Mark;
use crate::options::TextOptions;
use crate::paint::{Role, Symbols};
use crate::words::{display_width, pad_to_width, wrap};

/// A text that grows line by line. Lines have no white space at their end.
#[derive(Debug)]
pub(crate) struct Page<'o> {
    text: String,
    pub(crate) options: &'o TextOptions,
    pub(crate) symbols: Symbols,
}

/// Columns that prose keeps even on a very narrow terminal.
const NARROWEST: usize = 24;

impl<'o> Page<'o> {
    pub(crate) fn new(options: &'o TextOptions) -> Self {
        Self {
            text: String::new(),
            options,
            symbols: Symbols::for_options(options),
        }
    }

    /// One line as it is.
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Lines of another page, as they are.
    pub(crate) fn lines(&mut self, lines: &str) {
        self.text.push_str(lines);
    }

    /// An empty line between two parts; none at the beginning, never two.
    pub(crate) fn add_blank_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Prose behind a lead that is `indent` columns wide, wrapped below its own beginning.
    pub(crate) fn add_prose(&mut self, lead: &str, indent: usize, text: &str, role: Option<Role>) {
        let width = self.options.width.saturating_sub(indent).max(NARROWEST);
        let mut lead = lead.to_owned();
        for line in wrap(text, width) {
            let line = role.map_or(line.clone(), |role| role.paint_text(&line));
            self.line(&format!("{lead}{line}"));
            lead = " ".repeat(indent);
        }
    }

    /// A mark, two columns of it, behind so many spaces.
    pub(crate) fn mark(&self, indent: usize, mark: Mark) -> String {
        let sign = pad_to_width(mark.sign(self.symbols), 2);
        format!(
            "{}{}",
            " ".repeat(indent),
            mark.paint_role().paint_text(&sign)
        )
    }

    /// A remark with its help under it.
    pub(crate) fn add_remark(&mut self, indent: usize, mark: Mark, text: &str, help: Option<&str>) {
        let lead = self.mark(indent, mark);
        let role = (mark == Mark::Note).then_some(Role::Quiet);
        self.add_prose(&lead, indent + 2, text, role);
        if let Some(help) = help {
            let lead = format!("{}help: ", " ".repeat(indent + 2));
            self.add_prose(&lead, display_width(&lead), help, None);
        }
    }

    /// The finished text.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}
