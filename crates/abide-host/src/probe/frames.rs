//! Takes an answer apart into its frames. Nothing of it is copied: whatever a host sends, what is kept beside the answer
//! is a few words for each frame.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::room::{MOST_FRAMES, printable_up_to};

/// One frame: the words behind the nonce, and the lines until the next frame.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// The words behind the nonce.
    words: &'a str,
    /// As it came: indented where it belongs to a scope.
    body: &'a [u8],
    /// Whether each line begins with a tab, which is none of its own.
    indented: bool,
}

impl<'a> Frame<'a> {
    /// The lines, without their newlines and without what a scope's indentation added.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let body = self.body.strip_suffix(b"\n").unwrap_or(self.body);
        let indented = self.indented;
        // No byte is no line, and a newline alone is an empty one.
        let any = !self.body.is_empty();
        let lines = any.then(|| body.split(|byte| *byte == b'\n'));
        lines
            .into_iter()
            .flatten()
            .filter_map(move |line| match indented {
                true => line.strip_prefix(b"\t"),
                false => Some(line),
            })
    }

    /// The lines that are UTF-8 and not empty.
    pub(crate) fn text_lines(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.lines()
            .filter_map(|line| std::str::from_utf8(line).ok())
            .filter(|line| !line.is_empty())
    }

    /// The whole body of a frame that is not indented, as text; what is not UTF-8 is replaced.
    pub(crate) fn body_text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.body)
    }

    /// The whole body as it came.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.body
    }

    /// How many bytes came.
    pub(crate) fn size_in_bytes(&self) -> usize {
        self.body.len()
    }

    pub(crate) fn word(&self, index: usize) -> &'a str {
        self.words.split(' ').nth(index).unwrap_or_default()
    }
}

/// The frames of an answer, and the first line before them that is not empty.
pub(crate) struct Frames<'a> {
    /// In the order of the answer.
    all: Vec<Frame<'a>>,
    /// The first frame of each name, and of each name and subject.
    first: BTreeMap<(&'a str, Option<&'a str>), usize>,
    pub(crate) stray: String,
}

impl<'a> Frames<'a> {
    /// The frames of a whole answer.
    pub(crate) fn of_answer(answer: &'a [u8], nonce: &str) -> Self {
        Self::split(answer, false, nonce)
    }

    /// The frames within the answer of a scope.
    pub(crate) fn within_scope(scope: &Frame<'a>, nonce: &str) -> Self {
        Self::split(scope.body, true, nonce)
    }

    fn split(answer: &'a [u8], indented: bool, nonce: &str) -> Self {
        let mut frames: Vec<Frame<'a>> = Vec::new();
        let mut stray = String::new();
        // Where the body of the last frame begins, and where the next line does.
        let (mut begin, mut next) = (0_usize, 0_usize);
        for whole in answer.split_inclusive(|byte| *byte == b'\n') {
            let start = next;
            next = start.saturating_add(whole.len());
            let line = whole.strip_suffix(b"\n").unwrap_or(whole);
            let line = match indented {
                true => line.strip_prefix(b"\t").unwrap_or_default(),
                false => line,
            };
            if let Some(words) = frame_words(line, nonce) {
                if let Some(last) = frames.last_mut() {
                    let body = answer.get(begin..start).unwrap_or_default();
                    last.body = before_frame(body, indented);
                }
                begin = next;
                if frames.len() >= MOST_FRAMES {
                    // Without its end it is no whole answer.
                    break;
                }
                frames.push(Frame {
                    words,
                    body: b"",
                    indented,
                });
            } else if frames.is_empty() && stray.is_empty() {
                stray = printable_line(line);
            }
        }
        if let Some(last) = frames.last_mut() {
            last.body = answer.get(begin..next).unwrap_or_default();
        }
        let mut first = BTreeMap::new();
        for (index, frame) in frames.iter().enumerate() {
            first.entry((frame.word(0), None)).or_insert(index);
            first
                .entry((frame.word(0), Some(frame.word(1))))
                .or_insert(index);
        }
        Self {
            all: frames,
            first,
            stray,
        }
    }

    /// The first frame of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Frame<'a>> {
        self.all.get(*self.first.get(&(name, None))?)
    }

    pub(crate) fn frames_named(&self, name: &str) -> impl Iterator<Item = &Frame<'a>> {
        self.all.iter().filter(move |frame| frame.word(0) == name)
    }

    /// The first frame of this name that is about this number, path or scope.
    pub(crate) fn frame_about(&self, name: &str, subject: &str) -> Option<&Frame<'a>> {
        self.all.get(*self.first.get(&(name, Some(subject)))?)
    }
}

/// The body of a frame that another follows: the newline before a frame belongs to that.
fn before_frame(body: &[u8], indented: bool) -> &[u8] {
    let empty: &[u8] = if indented { b"\t\n" } else { b"\n" };
    match body.strip_suffix(empty) {
        Some(rest) if rest.is_empty() || rest.ends_with(b"\n") => rest,
        _ => body,
    }
}

fn frame_words<'a>(line: &'a [u8], nonce: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(nonce.as_bytes())?.strip_prefix(b" ")?;
    std::str::from_utf8(rest).ok()
}

/// A stray line as something that may be printed.
pub(crate) fn printable_line(line: &[u8]) -> String {
    let start = line.trim_ascii_start();
    let start = start.get(..1200).unwrap_or(start);
    printable_up_to(&String::from_utf8_lossy(start), 300)
}
