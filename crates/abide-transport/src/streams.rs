//! Feeds a command and reads what it says, all at once: neither side can block the other.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::exec::{Exec, RunError};
use crate::text::printable;

/// How much of standard error is kept; the rest is read and dropped.
const KEPT_STDERR: usize = 64 * 1024;

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
    pub(crate) async fn pump(
        self,
        exec: &Exec<'_>,
        on_line: impl FnMut(&[u8]),
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
        let read = async {
            tokio::try_join!(
                read_lines(stdout, exec.max_output, on_line),
                read_stderr(stderr)
            )
        };
        tokio::select! {
            ended = read => ended.map(|((), stderr)| stderr),
            // Never: `feed` waits for ever once everything is written.
            () = feed => Ok(String::new()),
        }
    }
}

async fn read_lines(
    mut stdout: impl AsyncRead + Unpin,
    limit: usize,
    mut on_line: impl FnMut(&[u8]),
) -> Result<(), RunError> {
    let mut total = 0_usize;
    let mut pending = Vec::new();
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let got = stdout.read(&mut chunk).await.map_err(RunError::Streams)?;
        let read = chunk.get(..got).unwrap_or_default();
        total = total.saturating_add(got);
        if total > limit {
            return Err(RunError::TooMuchOutput { limit });
        }
        if read.is_empty() {
            break;
        }
        split_lines(&mut pending, read, &mut on_line);
    }
    if !pending.is_empty() {
        on_line(&pending);
    }
    Ok(())
}

/// Hands on every complete line of `pending` and `read` together; what is left stays in `pending`.
fn split_lines(pending: &mut Vec<u8>, read: &[u8], on_line: &mut impl FnMut(&[u8])) {
    for piece in read.split_inclusive(|byte| *byte == b'\n') {
        pending.extend_from_slice(piece);
        if let Some(line) = pending.strip_suffix(b"\n") {
            on_line(line);
            pending.clear();
        }
    }
}

async fn read_stderr(mut stderr: impl AsyncRead + Unpin) -> Result<String, RunError> {
    let mut kept = Vec::new();
    let mut chunk = vec![0; 4096];
    loop {
        let got = stderr.read(&mut chunk).await.map_err(RunError::Streams)?;
        let read = chunk.get(..got).unwrap_or_default();
        if read.is_empty() {
            return Ok(printable(&kept));
        }
        let room = KEPT_STDERR.saturating_sub(kept.len()).min(read.len());
        kept.extend_from_slice(read.get(..room).unwrap_or_default());
    }
}

/// The error of a stream that should be there and is not.
pub(crate) fn missing_stream() -> RunError {
    RunError::Streams(io::Error::other("a stream of the command is missing"))
}

#[cfg(test)]
mod tests {
    use super::split_lines;

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let text = b"one\n\ntwo\nhalf";
        for size in 1..=text.len() {
            let (mut pending, mut lines) = (Vec::new(), Vec::new());
            for chunk in text.chunks(size) {
                split_lines(&mut pending, chunk, &mut |line: &[u8]| {
                    lines.push(String::from_utf8_lossy(line).into_owned());
                });
            }
            assert_eq!(lines, ["one", "", "two"], "in chunks of {size}");
            assert_eq!(pending, b"half");
        }
    }
}
