//! The texts that diagnostics point into (manifests and the unit files they name), and places in them.
//!
//! A place is three numbers while the manifest is worked on; line and column are counted only for what is shown.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use abide_model::{Origin, Span};

/// A stretch of bytes of one of the [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct TextPlace {
    /// Which text.
    pub(crate) text: u32,
    /// Byte offset of its beginning.
    pub(crate) start: u32,
    /// Byte offset behind its end.
    pub(crate) end: u32,
}

impl TextPlace {
    /// These bytes of a text. Offsets fit: texts are bounded far below 4 GiB.
    pub(crate) fn new(text: u32, start: usize, end: usize) -> Self {
        let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            text,
            start: narrow(start),
            end: narrow(end),
        }
    }

    /// Byte offset of its beginning.
    pub(crate) fn from(self) -> usize {
        usize::try_from(self.start).unwrap_or(usize::MAX)
    }

    /// Byte offset behind its end.
    pub(crate) fn end_offset(self) -> usize {
        usize::try_from(self.end).unwrap_or(usize::MAX)
    }
}

/// All texts of a run, each with its name.
#[derive(Debug, Default)]
pub(crate) struct ManifestTexts {
    texts: Vec<Text>,
}

/// One text.
#[derive(Debug)]
struct Text {
    name: String,
    content: Arc<str>,
    /// Byte offsets at which its lines begin, counted when a place is told.
    lines: OnceCell<Vec<u32>>,
}

impl Text {
    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = self.content.bytes().zip(1..);
            let breaks = breaks.filter_map(|(byte, next)| (byte == b'\n').then_some(next));
            std::iter::once(0).chain(breaks).collect()
        })
    }
}

impl ManifestTexts {
    /// Adds a text; its number goes into places.
    pub(crate) fn add(&mut self, name: &str, text: Arc<str>) -> u32 {
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(Text {
            name: name.to_owned(),
            lines: OnceCell::new(),
            content: text,
        });
        number
    }

    /// A text by its number; empty for a number that none has.
    pub(crate) fn text(&self, number: u32) -> &str {
        self.get(number).map_or("", |text| &text.content)
    }

    /// The name of a text.
    pub(crate) fn name(&self, number: u32) -> &str {
        self.get(number).map_or("", |text| &text.name)
    }

    /// What stands at a place.
    pub(crate) fn text_at(&self, place: TextPlace) -> &str {
        self.text(place.text)
            .get(place.from()..place.end_offset())
            .unwrap_or_default()
    }

    /// The index, from 0, of the line in which an offset lies.
    pub(crate) fn line_of(&self, text: u32, offset: usize) -> usize {
        self.get(text).map_or(0, |text| {
            let offset = u32::try_from(offset).unwrap_or(u32::MAX);
            text.lines()
                .partition_point(|start| *start <= offset)
                .saturating_sub(1)
        })
    }

    /// A line by its index from 0, without its line break, and where it begins.
    pub(crate) fn line(&self, text: u32, index: usize) -> Option<(usize, &str)> {
        let text = self.get(text)?;
        let begins = |index: usize| usize::try_from(*text.lines().get(index)?).ok();
        let start = begins(index)?;
        let end = begins(index + 1).map_or(text.content.len(), |next| next - 1);
        let line = text.content.get(start..end)?;
        Some((start, line.strip_suffix('\r').unwrap_or(line)))
    }

    /// Line and column of a place, for people.
    pub(crate) fn origin_of(&self, place: TextPlace) -> Origin {
        let line = self.line_of(place.text, place.from());
        let start = self.line(place.text, line).map_or(0, |(start, _)| start);
        let before = self.text(place.text).get(start..place.from());
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
        Origin {
            file: self.name(place.text).to_owned(),
            line: count(line),
            column: count(before.map_or(0, |before| before.chars().count())),
        }
    }

    /// A place as diagnostics carry it.
    pub(crate) fn span(&self, place: TextPlace) -> Span {
        Span {
            origin: self.origin_of(place),
            start: place.from(),
            end: place.end_offset(),
        }
    }

    /// Every text by its name.
    pub(crate) fn into_map(self) -> BTreeMap<String, String> {
        self.texts
            .into_iter()
            .map(|text| (text.name, text.content.as_ref().to_owned()))
            .collect()
    }

    fn get(&self, number: u32) -> Option<&Text> {
        self.texts.get(usize::try_from(number).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_counted_as_a_person_does() {
        let mut texts = ManifestTexts::default();
        let text = texts.add("f.yaml", "a: é\r\nbb: 🔑 x\n".into());
        let place = |start, end| TextPlace::new(text, start, end);
        let x = "a: é\r\nbb: 🔑 ".len();
        assert_eq!(texts.text_at(place(x, x + 1)), "x");
        assert_eq!(texts.origin_of(place(x, x + 1)).to_string(), "f.yaml:2:7");
        assert_eq!(texts.origin_of(place(0, 1)).to_string(), "f.yaml:1:1");
        assert_eq!(texts.line(text, 0), Some((0, "a: é")));
        assert_eq!(texts.line(text, 2).map(|(_, line)| line), Some(""));
        assert_eq!(texts.line(text, 3), None);
    }
}
