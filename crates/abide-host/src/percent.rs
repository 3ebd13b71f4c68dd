//! Percent-encoding, so that any path is one word on one line that `sed` and `read` can take apart.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What does not stand for itself. To what does, neither a shell nor a regular expression nor a line gives a meaning inside
/// single quotes; a backslash is not among that, for `read` and `printf` do.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'_')
    .remove(b'-')
    .remove(b':')
    .remove(b'@')
    .remove(b'+')
    .remove(b',')
    .remove(b'=')
    .remove(b'~');

/// `text` as one word: letters, digits and `/ . _ - : @ + , = ~` stay, every other byte is `%XX`.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The text of such a word; `None` where it is none, or not UTF-8.
pub(crate) fn decode(word: &str) -> Option<String> {
    let text = is_word(word).then(|| percent_decode_str(word).decode_utf8().ok());
    text.flatten().map(Into::into)
}

/// Whether nothing stands there but what stands for itself, and `%XX`. The library takes any other `%` for itself.
fn is_word(word: &str) -> bool {
    let mut parts = word.split('%');
    let is_plain =
        |part: &str| utf8_percent_encode(part, ENCODED).all(|piece| !piece.starts_with('%'));
    let begins_with_digits = |part: &str| {
        let digits = part.bytes().take(2).filter(u8::is_ascii_hexdigit);
        digits.count() == 2
    };
    parts.next().is_some_and(is_plain)
        && parts.all(|part| begins_with_digits(part) && is_plain(part))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_word_is_read_back_and_is_plain(text in any::<String>()) {
            let word = encode(&text);
            prop_assert!(word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%/._-:@+,=~".contains(&byte)));
            prop_assert_eq!(decode(&word), Some(text));
        }
    }

    #[test]
    fn what_is_no_word_is_refused() {
        for word in ["a b", "%", "%4", "%zz", "%FF", "'", "a\nb"] {
            assert_eq!(decode(word), None, "{word:?}");
        }
    }
}
