//! A name for a run that no other run has.

use std::io;

/// A random UUID (RFC 9562, version 4).
pub(crate) fn random_uuid() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    let random = u128::from_be_bytes(bytes);
    // Four bits say that it is random (version 4), two that RFC 9562 made the rest.
    let version = (random & !(0xf << 76)) | (0x4 << 76);
    let uuid = (version & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{uuid:032x}");
    let mut digits = hex.chars();
    let parts = [8, 4, 4, 4, 12].map(|length| digits.by_ref().take(length).collect::<String>());
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_run_has_a_uuid_of_its_own() {
        let (one, two) = (super::random_uuid().unwrap(), super::random_uuid().unwrap());
        assert_ne!(one, two);
        let parts: Vec<_> = one.split('-').collect();
        let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4'), "{one}");
        assert!(parts[3].starts_with(['8', '9', 'a', 'b']), "{one}");
    }
}
