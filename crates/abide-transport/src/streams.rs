//! Feeds a command and reads what it says, all at once: neither side can block the other.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::exec::{Exec, RunError};
use crate::text::printable_text;

/// How much of standard error is kept; the rest is read and dropped, up to the command's limit.
const KEPT_STDERR: usize = 64 * 1024;
/// How much of one line is kept. No script prints longer ones, and whoever sends one has the rest of it dropped.
const LONGEST_LINE: usize = 64 * 1024;

/// The three streams of a running command.
pub(crate) struct Streams<I, O, E> {
    pub(crate) stdin: I,
    pub(crate) stdout: O,
    pub(crate) stderr: E,
}

impl<I, O, E> Streams<I, O, E>
where
    I: AsyncWrite + Unpin,
    O: AsyncRead + Unpin,
    E: AsyncRead + Unpin,
{
    /// Writes standard input while reading the two outputs to their end. Returns standard error.
    pub(crate) async fn feed_and_read(
        self,
        exec: &Exec<'_>,
        mut on_bytes: impl FnMut(&[u8]),
    ) -> Result<String, RunError> {
        let Self {
            mut stdin,
            stdout,
            stderr,
        } = self;
        let feed = async move {
            // A command may end without reading everything (EPIPE): its exit status tells more than this error.
            let _ignored = stdin.write_all(exec.stdin).await;
            let _ignored = stdin.shutdown().await;
            drop(stdin);
            std::future::pending::<()>().await;
        };
        let mut said = Vec::new();
        let keep = |read: &[u8]| {
            let room = KEPT_STDERR.saturating_sub(said.len()).min(read.len());
            said.extend_from_slice(read.get(..room).unwrap_or_default());
        };
        let read = async {
            tokio::try_join!(
                read(stdout, exec.max_output, &mut on_bytes),
                read(stderr, exec.max_output, keep)
            )
        };
        tokio::select! {
            ended = read => ended.map(|_ended| ())?,
            // Never: `feed` waits for ever once everything is written.
            () = feed => {}
        }
        Ok(printable_text(&said))
    }
}

/// Hands on what is read, to the end, and no more than `limit` bytes of it.
async fn read(
    mut stream: impl AsyncRead + Unpin,
    limit: usize,
    mut on_bytes: impl FnMut(&[u8]),
) -> Result<(), RunError> {
    let mut total = 0_usize;
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let got = stream.read(&mut chunk).await.map_err(RunError::Streams)?;
        let read = chunk.get(..got).unwrap_or_default();
        total = total.saturating_add(got);
        if total > limit {
            return Err(RunError::TooMuchOutput { limit });
        }
        if read.is_empty() {
            return Ok(());
        }
        on_bytes(read);
    }
}

/// Makes lines of bytes as they come, and hands each on without its newline.
pub(crate) struct Lines<F> {
    /// The beginning of a line whose end has not come yet.
    pending: Vec<u8>,
    on_line: F,
}

impl<F: FnMut(&[u8])> Lines<F> {
    pub(crate) fn new(on_line: F) -> Self {
        Self {
            pending: Vec::new(),
            on_line,
        }
    }

    /// Hands on every line that ends in these bytes.
    pub(crate) fn push_bytes(&mut self, read: &[u8]) {
        for piece in read.split_inclusive(|byte| *byte == b'\n') {
            let line = piece.strip_suffix(b"\n");
            let text = line.unwrap_or(piece);
            let room = LONGEST_LINE.saturating_sub(self.pending.len());
            let kept = text.get(..room).unwrap_or(text);
            match line {
                Some(_) if self.pending.is_empty() => (self.on_line)(kept),
                Some(_) => {
                    self.pending.extend_from_slice(kept);
                    (self.on_line)(&self.pending);
                    self.pending.clear();
                }
                None => self.pending.extend_from_slice(kept),
            }
        }
    }

    /// Hands on what is left: a last line without a newline.
    pub(crate) fn end(mut self) {
        if !self.pending.is_empty() {
            (self.on_line)(&self.pending);
        }
    }
}

/// The error of a stream that should be there and is not.
pub(crate) fn missing_stream() -> RunError {
    RunError::Streams(io::Error::other("a stream of the command is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], size: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let mut splitter = Lines::new(|line: &[u8]| {
            lines.push(String::from_utf8_lossy(line).into_owned());
        });
        for chunk in text.chunks(size) {
            splitter.push_bytes(chunk);
        }
        splitter.end();
        lines
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let text = b"one\n\ntwo\nhalf";
        for size in 1..=text.len() {
            let lines = lines(text, size);
            assert_eq!(lines, ["one", "", "two", "half"], "in chunks of {size}");
        }
    }

    #[test]
    fn the_rest_of_a_line_without_an_end_is_dropped() {
        let mut text = vec![b'x'; 4 * LONGEST_LINE];
        text.extend_from_slice(b"\nnext\n");
        for size in [1000, 16 * 1024, text.len()] {
            let lines = lines(&text, size);
            let lengths: Vec<usize> = lines.iter().map(String::len).collect();
            assert_eq!(lengths, [LONGEST_LINE, 4], "in chunks of {size}");
        }
    }

    fn exec() -> Exec<'static> {
        Exec {
            command: "",
            stdin: b"",
            timeout: std::time::Duration::from_secs(5),
            max_output: 100_000,
        }
    }

    #[tokio::test]
    async fn no_more_is_read_of_standard_output_than_was_asked_for() {
        let streams = Streams {
            stdin: tokio::io::sink(),
            stdout: tokio::io::repeat(b'x'),
            stderr: tokio::io::empty(),
        };
        let mut most = 0;
        let ended = streams
            .feed_and_read(&exec(), |read| most += read.len())
            .await;
        assert!(matches!(ended, Err(RunError::TooMuchOutput { .. })));
        assert!(most <= 100_000, "{most}");
    }

    #[tokio::test]
    async fn no_more_is_read_of_standard_error_than_was_asked_for() {
        let streams = Streams {
            stdin: tokio::io::sink(),
            stdout: tokio::io::empty(),
            stderr: tokio::io::repeat(b'x'),
        };
        let ended = streams.feed_and_read(&exec(), |_| {}).await;
        assert!(matches!(ended, Err(RunError::TooMuchOutput { .. })));
    }
}
