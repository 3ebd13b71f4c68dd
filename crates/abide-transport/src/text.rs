//! What others said, made safe to print.

/// Longest message that is kept of what ssh or a host said, in characters.
const LONGEST: usize = 2000;

/// Text for a terminal: control characters (but newline and tab) and bidirectional overrides are replaced, and it is cut
/// where it is too long.
pub(crate) fn printable_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut safe: String = text
        .trim()
        .chars()
        .filter(|c| *c != '\r')
        .take(LONGEST)
        .map(|c| match c {
            '\n' | '\t' => c,
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
            c if c.is_control() => '\u{FFFD}',
            c => c,
        })
        .collect();
    if text.chars().count() > LONGEST {
        safe.push('…');
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, printable_text};

    #[test]
    fn a_host_cannot_move_the_cursor() {
        assert_eq!(printable_text(b" \x1b[2Jhi\r\n"), "\u{FFFD}[2Jhi");
        assert_eq!(printable_text("a\u{202E}b".as_bytes()), "a\u{FFFD}b");
        assert_eq!(
            printable_text(&vec![b'x'; 100_000]).chars().count(),
            LONGEST + 1
        );
    }
}
