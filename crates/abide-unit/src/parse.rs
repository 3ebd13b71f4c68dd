//! Reads a unit file as leniently as systemd does (systemd.syntax(7)): what it would skip is listed, not refused.
//! Quadlets are read by Podman, in its own way: [`UnitFile::parse_quadlet`].
//!
//! It knows no section and no key; what they mean is decided in [`crate::effective`].

mod podman;

use abide_model::UnitKind;

/// A unit file, or a drop-in, line by line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitFile {
    /// Its assignments in order, empty ones (`Key=`) too.
    pub entries: Vec<Entry>,
    /// Its section headers in order, repeated ones too, each with its line.
    pub sections: Vec<(String, u32)>,
    /// What systemd would skip or refuse; in a quadlet, what Podman would.
    pub problems: Vec<Problem>,
    /// Whether the whole file is refused: by systemd for a broken header, by Podman for any line that it cannot read.
    pub refused: bool,
}

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The section it stands in, without brackets.
    pub section: String,
    /// The key.
    pub key: String,
    /// The value, continued lines joined, without the white space around it (a quadlet's may keep some behind it). Quotes and
    /// specifiers are kept.
    pub value: String,
    /// The line its key stands on, from 1.
    pub line: u32,
}

/// A line that means nothing to systemd, or to Podman where it is one of a quadlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub kind: ProblemKind,
    /// The line's text.
    pub text: String,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// `[Service` without its closing bracket: systemd refuses the whole file (`bad message`), and so does Podman.
    BadHeader,
    /// An assignment before the first section: systemd skips it, Podman refuses the file.
    OutsideSection,
    /// A line without `=`: systemd skips it, Podman refuses the file.
    NoAssignment,
    /// `=value` without a key: systemd skips it, Podman refuses the file.
    NoKey,
    /// Quadlets only: a line that is to be continued and behind which only comments follow. Podman drops it.
    Unfinished,
    /// Quadlets only: the last line of the file ends in two backslashes. One is left, and with it the next line that Podman
    /// writes into the service becomes a part of the value.
    EndsInBackslash,
    /// Quadlets only: a comment that begins with `;`, or a comment or an empty line within a continued line. Podman passes
    /// over them since 5.4 ([`crate::QUADLET_COMMENTS_SINCE`]); older ones take them for something else.
    OtherBefore54,
}

impl UnitFile {
    /// Reads the text of a unit of this kind as whoever reads it does: Podman a quadlet, systemd every other.
    pub fn parse_as(kind: UnitKind, text: &str) -> Self {
        match kind.is_quadlet() {
            true => Self::parse_quadlet(text),
            false => Self::parse(text),
        }
    }

    /// Reads a unit file. Never fails: what cannot be read becomes a [`Problem`].
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let mut section = None;
        for (line, text) in logical_lines(text) {
            file.read_line(&mut section, line, trim_whitespace(&text));
        }
        file
    }

    fn read_line(&mut self, section: &mut Option<String>, line: u32, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(header) = text.strip_prefix('[') {
            if let Some(name) = header.strip_suffix(']') {
                self.sections.push((name.to_owned(), line));
                *section = Some(name.to_owned());
            } else {
                self.refused = true;
                self.add_problem(ProblemKind::BadHeader, line, text);
            }
            return;
        }
        let (Some(section), Some((key, value))) = (section.as_ref(), text.split_once('=')) else {
            let kind = match section {
                None => ProblemKind::OutsideSection,
                Some(_) => ProblemKind::NoAssignment,
            };
            return self.add_problem(kind, line, text);
        };
        let key = trim_whitespace(key);
        if key.is_empty() {
            return self.add_problem(ProblemKind::NoKey, line, text);
        }
        self.entries.push(Entry {
            section: section.clone(),
            key: key.to_owned(),
            value: trim_whitespace(value).to_owned(),
            line,
        });
    }

    fn add_problem(&mut self, kind: ProblemKind, line: u32, text: &str) {
        let text = text.to_owned();
        self.problems.push(Problem { line, kind, text });
    }
}

/// Joins continued lines and drops comments, also those between continued lines: each line with its first
/// line's number. The backslash becomes a space (systemd.syntax(7)).
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(u32, String)> = None;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in (1..).zip(text.split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if trim_whitespace(line).starts_with(['#', ';']) {
            continue;
        }
        let (first, mut joined) = open.take().unwrap_or((number, String::new()));
        joined.push_str(line);
        if is_continued(&joined) {
            joined.pop();
            joined.push(' ');
            open = Some((first, joined));
        } else {
            lines.push((first, joined));
        }
    }
    lines.extend(open);
    lines
}

/// A line is continued by a backslash at its very end that is not itself escaped.
fn is_continued(line: &str) -> bool {
    let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
    backslashes % 2 == 1
}

/// Removes what systemd counts as white space around a text.
pub(crate) fn trim_whitespace(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// A boolean as systemd reads it (systemd.syntax(7)), whatever its case.
pub fn parse_boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
        "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
