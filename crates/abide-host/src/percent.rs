//! Percent-encoding, so that any path is one word on one line that `sed` and `read` can take apart.

/// Bytes that stand for themselves. Neither a shell nor a regular expression nor a line gives them a meaning
/// inside single quotes; a backslash is not among them, for `read` and `printf` do.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'/' | b'.' | b'_' | b'-' | b':' | b'@' | b'+' | b',' | b'=' | b'~'
        )
}

/// `text` as one word: letters, digits and `/ . _ - : @ + , = ~` stay, every other byte is `%XX`.
pub(crate) fn encode(text: &str) -> String {
    let mut word = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_plain(byte) {
            word.push(char::from(byte));
        } else {
            word.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    word
}

/// The text of such a word; `None` where it is none, or not UTF-8.
pub(crate) fn decode(word: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => bytes.push(hex(rest.next()?)? << 4 | hex(rest.next()?)?),
            byte if is_plain(byte) => bytes.push(byte),
            _ => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

/// A hexadecimal digit; only the low four bits count.
fn digit(value: u8) -> char {
    char::from_digit(u32::from(value & 15), 16).map_or('0', |digit| digit.to_ascii_uppercase())
}

fn hex(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_word_is_read_back_and_is_plain(text in any::<String>()) {
            let word = encode(&text);
            prop_assert!(word.bytes().all(|byte| byte == b'%' || is_plain(byte)));
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
