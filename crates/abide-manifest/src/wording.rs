//! Texts that the manifest holds or names, and where each of their lines stands for a person.
//!
//! A line of a file stands in the file; a line of a block text (`content: |`) stands in the manifest. Where that
//! cannot be told (folded or escaped texts), the value as a whole is the place.

use std::ops::Range;
use std::sync::Arc;

use crate::finding::Mistake;
use crate::located::Located;
use crate::text::{ManifestTexts, TextPlace};

/// A text, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Wording {
    /// The text as it goes to the host, variables filled in.
    pub(crate) text: Arc<str>,
    /// The value in the manifest that holds the text or names its file.
    pub(crate) at: TextPlace,
    /// The text as it is written, before variables were filled in.
    written: Arc<str>,
    home: Home,
}

/// Where the lines of a text are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Home {
    /// In the value.
    Value,
    /// In a file of its own: one of the [`Texts`].
    File(u32),
}

impl Wording {
    /// A text that stands in the manifest.
    pub(crate) fn in_value(value: Located<&String>) -> Self {
        let text: Arc<str> = value.value.as_str().into();
        Self {
            written: Arc::clone(&text),
            text,
            at: value.at,
            home: Home::Value,
        }
    }

    /// A text that stands in a file which the manifest names at `at`.
    pub(crate) fn in_file(at: TextPlace, file: u32, text: Arc<str>) -> Self {
        Self {
            written: Arc::clone(&text),
            text,
            at,
            home: Home::File(file),
        }
    }

    /// The same, filled in: what comes from variables has no place, everything else keeps its own.
    pub(crate) fn with_filled_text(self, text: String) -> Self {
        Self {
            text: text.into(),
            ..self
        }
    }

    /// The place of `word` in a line of the text (from 1), or of the line, or of the whole.
    pub(crate) fn place_of_word(&self, texts: &ManifestTexts, line: u32, word: &str) -> TextPlace {
        let index = usize::try_from(line)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        if self.written.matches('\n').count() != self.text.matches('\n').count() {
            // A variable brought lines of its own: theirs are not those of the text.
            return self.at;
        }
        match self.line(texts, index) {
            Some((number, start, text)) => place_in_line(number, start, text, word),
            None => self.search(texts, word),
        }
    }

    /// A place in the text as it was before it was filled in, by its bytes.
    pub(crate) fn place_of_bytes(&self, texts: &ManifestTexts, bytes: Range<usize>) -> TextPlace {
        let before = self.written.get(..bytes.start).unwrap_or_default();
        let index = before.matches('\n').count();
        let column = before.rsplit('\n').next().map_or(0, str::len);
        match self.line(texts, index) {
            Some((number, start, _)) => {
                TextPlace::new(number, start + column, start + column + bytes.len())
            }
            None => self.search(texts, self.written.get(bytes).unwrap_or_default()),
        }
    }

    /// Adds where the manifest names the file, for a finding that points into a file.
    pub(crate) fn add_naming_place(&self, finding: Mistake) -> Mistake {
        match self.home {
            Home::Value => finding,
            Home::File(_) => finding.with_related_place(self.at, "named here"),
        }
    }

    /// A line by its index from 0: in which text it stands, where it begins there, and its letters.
    fn line<'t>(&self, texts: &'t ManifestTexts, index: usize) -> Option<(u32, usize, &'t str)> {
        let (number, (start, line)) = match self.home {
            Home::File(file) => (file, texts.line(file, index)?),
            Home::Value => {
                let block = self.block_line(texts, index);
                (
                    self.at.text,
                    block.or_else(|| self.only_line(texts, index))?,
                )
            }
        };
        Some((number, start, line))
    }

    /// A line of a block text: the lines of the manifest from the value's first, each behind its indentation.
    fn block_line<'t>(&self, texts: &'t ManifestTexts, index: usize) -> Option<(usize, &'t str)> {
        let number = self.at.text;
        let is_empty = |line: &&str| line.trim().is_empty();
        // The value's place begins at its first letter, behind empty lines.
        let empty = self.written.split('\n').take_while(is_empty).count();
        let begins = texts.line_of(number, self.at.from()).checked_sub(empty)?;
        let wanted = self.written.split('\n').nth(index)?.trim_end_matches('\r');
        let (start, line) = texts.line(number, begins + index)?;
        let indentation = line.len().checked_sub(wanted.len())?;
        let letters = line
            .get(indentation..)
            .filter(|letters| *letters == wanted)?;
        let is_indented = line.get(..indentation)?.trim().is_empty();
        let is_line = is_indented && !wanted.is_empty();
        (is_line && self.header_ends_line_before(texts, begins))
            .then_some((start + indentation, letters))
    }

    /// Whether a block text begins on this line: the line before ends in its header, `|` with its indicators.
    fn header_ends_line_before(&self, texts: &ManifestTexts, line: usize) -> bool {
        let before = line
            .checked_sub(1)
            .and_then(|line| texts.line(self.at.text, line));
        let header = before.map_or("", |(_, text)| text.split(" #").next().unwrap_or_default());
        header
            .trim_end()
            .trim_end_matches(|c: char| matches!(c, '+' | '-') || c.is_ascii_digit())
            .ends_with('|')
    }

    /// A line in a text of another style: where it stands, as it is, just once in the value.
    fn only_line<'t>(&self, texts: &'t ManifestTexts, index: usize) -> Option<(usize, &'t str)> {
        let line = self.written.split('\n').nth(index)?;
        let (at, line) = find_unique(texts.text_at(self.at), line)?;
        Some((self.at.from() + at, line))
    }

    /// Where a word stands just once in the value, or the whole value.
    fn search(&self, texts: &ManifestTexts, word: &str) -> TextPlace {
        match find_unique(texts.text_at(self.at), word) {
            Some((at, word)) => {
                let start = self.at.from() + at;
                TextPlace::new(self.at.text, start, start + word.len())
            }
            None => self.at,
        }
    }
}

/// Where a part stands in a text, if it stands there just once.
fn find_unique<'t>(text: &'t str, part: &str) -> Option<(usize, &'t str)> {
    let mut found = text.match_indices(part);
    let first = found.next().filter(|_| !part.is_empty());
    first.filter(|_| found.next().is_none())
}

/// The place of a word in a line that begins at `start`, or of the whole line without the white space around it.
fn place_in_line(text: u32, start: usize, line: &str, word: &str) -> TextPlace {
    if !word.is_empty()
        && let Some(at) = find_word(line, word)
    {
        return TextPlace::new(text, start + at, start + at + word.len());
    }
    let trimmed = line.trim();
    let indentation = line.len() - line.trim_start().len();
    TextPlace::new(
        text,
        start + indentation,
        start + indentation + trimmed.len(),
    )
}

/// Where a word stands in a line, rather behind the `=` than before it.
fn find_word(line: &str, word: &str) -> Option<usize> {
    let value = line.find('=').map_or(0, |at| at + 1);
    let behind = line.get(value..).and_then(|value| value.find(word));
    behind.map(|at| value + at).or_else(|| line.find(word))
}

#[cfg(test)]
mod tests;
