//! Takes an answer apart into its frames.

use abide_model::printable;

/// One frame: the words behind the nonce, and the lines until the next frame.
pub(crate) struct Frame<'a> {
    pub(crate) words: Vec<String>,
    pub(crate) lines: Vec<&'a [u8]>,
}

impl<'a> Frame<'a> {
    /// The lines that are UTF-8 and not empty.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.lines
            .iter()
            .filter_map(|line| std::str::from_utf8(line).ok())
            .filter(|line| !line.is_empty())
    }

    /// The whole body as text, with a newline behind each line; what is not UTF-8 is replaced.
    pub(crate) fn body(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text
    }

    /// The body's lines without what the scope's indentation added.
    pub(crate) fn unindented(&self) -> Vec<&'a [u8]> {
        self.lines
            .iter()
            .filter_map(|line| line.strip_prefix(b"\t"))
            .collect()
    }

    pub(crate) fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", String::as_str)
    }
}

/// The frames of an answer, and the first line before them that is not empty.
pub(crate) struct Frames<'a> {
    pub(crate) frames: Vec<Frame<'a>>,
    pub(crate) stray: String,
}

impl<'a> Frames<'a> {
    pub(crate) fn split(lines: impl IntoIterator<Item = &'a [u8]>, nonce: &str) -> Self {
        let mut frames: Vec<Frame<'a>> = Vec::new();
        let mut stray = String::new();
        for line in lines {
            if let Some(words) = frame_words(line, nonce) {
                // The newline before a frame belongs to it.
                if let Some(last) = frames.last_mut() {
                    last.lines.pop_if(|line| line.is_empty());
                }
                frames.push(Frame {
                    words,
                    lines: Vec::new(),
                });
            } else if let Some(last) = frames.last_mut() {
                last.lines.push(line);
            } else if stray.is_empty() {
                stray = said(line);
            }
        }
        Self { frames, stray }
    }

    pub(crate) fn of(answer: &'a [u8], nonce: &str) -> Self {
        Self::split(answer.split(|byte| *byte == b'\n'), nonce)
    }

    /// The first frame of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Frame<'a>> {
        self.all(name).next()
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Frame<'a>> {
        self.frames
            .iter()
            .filter(move |frame| frame.word(0) == name)
    }

    /// The frame of this name that is about this number, path or scope.
    pub(crate) fn about(&self, name: &str, subject: &str) -> Option<&Frame<'a>> {
        self.all(name).find(|frame| frame.word(1) == subject)
    }
}

fn frame_words(line: &[u8], nonce: &str) -> Option<Vec<String>> {
    let rest = line.strip_prefix(nonce.as_bytes())?.strip_prefix(b" ")?;
    let rest = std::str::from_utf8(rest).ok()?;
    Some(rest.split(' ').map(str::to_owned).collect())
}

/// A stray line as something that may be printed.
pub(crate) fn said(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    printable(text.trim()).chars().take(300).collect()
}
