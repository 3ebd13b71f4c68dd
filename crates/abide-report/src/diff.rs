//! What a file's change looks like: a unified diff, or the few words that stand for one where there is nothing
//! to show (a secret, no text, too much of it). Contents come from hosts: each line is made safe.

use abide_model::{Before, Body, Bytes, Digest, FilePurpose, WriteFile, printable_text};
use similar::{ChangeTag, DiffOp, TextDiff};

use crate::options::TextOptions;
use crate::paint::Symbols;
use crate::words;

/// New files up to so many lines are shown whole; of longer ones the reader learns the length.
const SHORT_FILE: usize = 6;
/// Diffs longer than this are folded, to this many lines.
const LONGEST_DIFF: usize = 40;
/// A longer line is cut.
const LONGEST_LINE: usize = 200;
/// Files of more lines together are not compared by line: it could take minutes.
const MOST_LINES: usize = 10_000;

/// A file's change: a few words for the line that names it, and the lines under it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shown {
    /// `(11 lines)`, `(secret, changed)`; may be empty.
    pub(crate) words: String,
    /// The diff.
    pub(crate) lines: Vec<DiffLine>,
}

/// One line of a diff. Its text is safe to show and holds no sign.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DiffLine {
    pub(crate) kind: LineKind,
    pub(crate) text: String,
}

/// What a line of a diff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LineKind {
    /// It stays.
    Same,
    /// It comes.
    Add,
    /// It goes.
    Remove,
    /// Words about the lines around it: where a hunk begins, that a line end is missing, that more is not shown.
    About,
}

impl LineKind {
    /// The sign that a unified diff puts before such a line; none before words about lines.
    pub(crate) fn sign(self) -> Option<char> {
        match self {
            Self::Same => Some(' '),
            Self::Add => Some('+'),
            Self::Remove => Some('-'),
            Self::About => None,
        }
    }
}

impl DiffLine {
    /// The line with its sign, for a terminal.
    pub(crate) fn signed_text(&self) -> String {
        match self.kind.sign() {
            Some(sign) => format!("{sign} {}", self.text).trim_end().to_owned(),
            None => self.text.clone(),
        }
    }

    fn about_text(text: impl Into<String>) -> Self {
        Self {
            kind: LineKind::About,
            text: text.into(),
        }
    }
}

impl Shown {
    fn words(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            lines: Vec::new(),
        }
    }
}

/// What writing a file changes in it.
pub(crate) fn of_write(write: &WriteFile, options: &TextOptions) -> Shown {
    let mut shown = of_content(write, options);
    if let Before::Symlink(target) = &write.before {
        let link = format!("instead of a symbolic link to {}", words::one_line(target));
        shown.words = match shown.words.as_str() {
            "" => link,
            words => format!("{words} {link}"),
        };
    }
    shown
}

fn of_content(write: &WriteFile, options: &TextOptions) -> Shown {
    let new = match (&write.body, &write.before) {
        (Body::Secret { .. }, Before::File { .. }) => return Shown::words("(secret, changed)"),
        (Body::Secret { .. }, _) => return Shown::words("(secret, new)"),
        (Body::Plain(bytes), _) => bytes,
    };
    let Before::File {
        digest, content, ..
    } = &write.before
    else {
        return of_whole(new, LineKind::Add, options);
    };
    match content {
        Some(old) => of_change(old, new, write.purpose, options),
        None if *digest == Some(new.digest()) => Shown::default(),
        None => Shown::words(format!(
            "(content differs: sha256 {} {} {})",
            digest
                .as_ref()
                .map_or("unknown".to_owned(), Digest::short_form),
            Symbols::for_options(options).arrow,
            new.digest().short_form()
        )),
    }
}

/// What removing a file takes away.
pub(crate) fn of_removal(before: &Before, options: &TextOptions) -> Shown {
    match before {
        Before::File {
            content: Some(old), ..
        } if options.full => of_whole(old, LineKind::Remove, options),
        Before::File {
            content: Some(old), ..
        } => Shown::words(size_words(old)),
        Before::File { content: None, .. } | Before::Absent => Shown::default(),
        Before::Symlink(target) => {
            Shown::words(format!("(a symbolic link to {})", words::one_line(target)))
        }
    }
}

/// A text that a terminal can show; `None` for anything else.
fn text(bytes: &Bytes) -> Option<&str> {
    bytes.as_text().filter(|text| !text.contains('\0'))
}

fn size_words(bytes: &Bytes) -> String {
    match text(bytes) {
        Some("") => "(empty)".to_owned(),
        Some(text) => format!("({})", words::count(text.lines().count(), "line")),
        None => format!("(binary, {})", words::count(bytes.as_slice().len(), "byte")),
    }
}

fn of_whole(bytes: &Bytes, kind: LineKind, options: &TextOptions) -> Shown {
    let mut shown = Shown::words(size_words(bytes));
    let Some(text) = text(bytes) else {
        return shown;
    };
    if options.full || text.lines().count() <= SHORT_FILE {
        let lines = text.lines();
        shown.lines = lines.map(|line| diff_line(kind, line, options)).collect();
    }
    shown
}

fn of_change(old: &Bytes, new: &Bytes, purpose: FilePurpose, options: &TextOptions) -> Shown {
    if old == new {
        return Shown::default();
    }
    let (Some(from), Some(to)) = (text(old), text(new)) else {
        let arrow = Symbols::for_options(options).arrow;
        return Shown::words(format!("{} {arrow} {}", size_words(old), size_words(new)));
    };
    if from.lines().count() + to.lines().count() > MOST_LINES {
        let arrow = Symbols::for_options(options).arrow;
        return Shown::words(format!(
            "{} {arrow} {}, too long for a diff",
            size_words(old),
            size_words(new)
        ));
    }
    let lines = unified_lines(from, to, purpose, options);
    Shown {
        words: String::new(),
        lines: folded_lines(lines, options),
    }
}

fn folded_lines(mut lines: Vec<DiffLine>, options: &TextOptions) -> Vec<DiffLine> {
    if options.full || lines.len() <= LONGEST_DIFF {
        return lines;
    }
    // Folding that hides no more than it takes to say so would be silly, hence the slack.
    let kept = LONGEST_DIFF - 5;
    let hidden = lines.len() - kept;
    lines.truncate(kept);
    let cut = Symbols::for_options(options).cut;
    lines.push(DiffLine::about_text(format!(
        "{cut} {} of this diff (--full shows them)",
        words::count(hidden, "more line")
    )));
    lines
}

fn unified_lines(
    from: &str,
    to: &str,
    purpose: FilePurpose,
    options: &TextOptions,
) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(from, to);
    let mut lines = Vec::new();
    for hunk in diff.grouped_ops(options.context) {
        lines.extend(hunk_header(&hunk, from, purpose));
        for change in hunk.iter().flat_map(|op| diff.iter_changes(op)) {
            let kind = match change.tag() {
                ChangeTag::Equal => LineKind::Same,
                ChangeTag::Delete => LineKind::Remove,
                ChangeTag::Insert => LineKind::Add,
            };
            let line = change.value().trim_end_matches('\n');
            lines.push(diff_line(kind, line, options));
            if change.missing_newline() {
                lines.push(DiffLine::about_text("\\ no newline at the end"));
            }
        }
    }
    lines
}

/// `@@ line 12, [Service]`: where a hunk begins, unless that is the first line. In a unit file its section tells
/// more than a line number.
fn hunk_header(hunk: &[DiffOp], from: &str, purpose: FilePurpose) -> Option<DiffLine> {
    let start = hunk.first()?.old_range().start;
    if start == 0 {
        return None;
    }
    let section = from
        .lines()
        .take(start)
        .filter(|line| purpose != FilePurpose::Plain && line.starts_with('['))
        .last()
        .map(|section| format!(", {}", words::one_line(section)))
        .unwrap_or_default();
    Some(DiffLine::about_text(format!(
        "@@ line {}{section}",
        start + 1
    )))
}

fn diff_line(kind: LineKind, line: &str, options: &TextOptions) -> DiffLine {
    let safe = printable_text(line);
    let text = if options.full {
        safe
    } else {
        words::cut(&safe, LONGEST_LINE, Symbols::for_options(options).cut)
    };
    DiffLine { kind, text }
}

#[cfg(test)]
mod tests;
