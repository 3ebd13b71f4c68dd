//! Reads a quadlet as Podman's generator does, which has a parser of its own that differs from systemd's: a line that is
//! neither a section, an assignment nor a comment refuses the whole file; the white space around a line goes before
//! its backslash is looked for; empty lines and comments within a continued line are passed over; what is continued is joined
//! without a blank; a backslash is never escaped.
//!
//! Source: Podman's `pkg/systemd/parser/unitfile.go`, `(*UnitFile).Parse`, the same from 5.4 to 5.8; how older ones differ says
//! [`ProblemKind::OtherBefore54`]. `tests/hosts/quadlet_text.rs` compares with the real one.

use super::{Entry, ProblemKind, UnitFile};

impl UnitFile {
    /// Reads a quadlet, or a drop-in of one. Never fails: what Podman refuses is listed, and what stands around it is read.
    pub fn parse_quadlet(text: &str) -> Self {
        let mut file = Self::default();
        let mut section = None;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let mut lines = (1..).zip(text.split('\n').map(str::trim)).peekable();
        // What the lines so far come to that are continued, with the first one's number.
        let mut open: Option<(u32, String)> = None;
        while let Some((number, line)) = lines.next() {
            if is_comment(line) {
                if open.is_some() || line.starts_with(';') {
                    file.add_problem(ProblemKind::OtherBefore54, number, line);
                }
                continue;
            }
            let (line, is_continued) = match line.strip_suffix('\\') {
                Some(line) => (line, lines.peek().is_some()),
                None => (line, false),
            };
            let (first, mut joined) = open.take().unwrap_or((number, String::new()));
            joined.push_str(line);
            if !is_continued {
                file.read_quadlet_line(&mut section, first, &joined);
            } else if !joined.is_empty() {
                open = Some((first, joined));
            }
        }
        if let Some((first, line)) = open {
            file.add_problem(ProblemKind::Unfinished, first, &line);
        }
        file
    }

    fn read_quadlet_line(&mut self, section: &mut Option<String>, number: u32, line: &str) {
        if is_comment(line) {
            return;
        }
        if let Some(name) = section_header(line) {
            let odd = |c: char| c == '[' || c.is_control();
            if name.is_empty() || name.contains(odd) {
                return self.refuse(ProblemKind::BadHeader, number, line);
            }
            self.sections.push((name.to_owned(), number));
            *section = Some(name.to_owned());
            return;
        }
        // Podman takes `[a]b=c` for an assignment. In its own sections it knows no such key, and in those that it hands on
        // systemd refuses the line.
        let kind = match (section.as_ref(), line.split_once('=')) {
            _ if line.starts_with('[') => ProblemKind::BadHeader,
            (_, None) => ProblemKind::NoAssignment,
            (_, Some((key, _))) if key.trim_end_matches(BLANKS).is_empty() => ProblemKind::NoKey,
            (None, Some(_)) => ProblemKind::OutsideSection,
            (Some(section), Some((key, value))) => {
                if value.ends_with('\\') {
                    self.add_problem(ProblemKind::EndsInBackslash, number, line);
                }
                self.entries.push(Entry {
                    section: section.clone(),
                    key: key.trim_end_matches(BLANKS).to_owned(),
                    // What is behind it stays: of most lists Podman hands each value on as it is.
                    value: value.trim_start_matches(BLANKS).to_owned(),
                    line: number,
                });
                return;
            }
        };
        self.refuse(kind, number, line);
    }

    fn refuse(&mut self, kind: ProblemKind, line: u32, text: &str) {
        self.refused = true;
        self.add_problem(kind, line, text);
    }
}

/// White space to Go's `unicode.IsSpace` that is one byte: it looks at the bytes of a value, one by one.
const BLANKS: [char; 6] = [' ', '\t', '\n', '\u{b}', '\u{c}', '\r'];

fn is_comment(line: &str) -> bool {
    line.is_empty() || line.starts_with(['#', ';'])
}

/// The name between the brackets, where nothing but blanks follows them.
fn section_header(line: &str) -> Option<&str> {
    let (name, rest) = line.strip_prefix('[')?.split_once(']')?;
    rest.chars()
        .all(|c| matches!(c, ' ' | '\t'))
        .then_some(name)
}
