//! A word that a host cannot know beforehand: it frames the answers of one run.

use std::io;

/// 128 bits from the operating system's random number generator (`getrandom(2)`), as 32 hexadecimal digits.
///
/// Lines of a host's answer count only behind this word, so that no file content or unit name on a host can pass for a
/// line of ours. It must therefore never be predictable, nor used for two runs.
pub(crate) fn random_hex() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_are_alike() {
        let (one, two) = (super::random_hex().unwrap(), super::random_hex().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, two);
    }
}
