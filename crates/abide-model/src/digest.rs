//! SHA-256 digests: of files, of effective configurations, of plans.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::name::{NameError, deserialize_from_str, serialize_display, text_schema};

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits as `sha256sum(1)` does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// A digest from its bytes.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest of a list of parts, such that no two different lists give the same bytes to hash:
    /// each part goes in behind its length.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// Its first 40 bits in a form to say aloud, `k7f2-93qd`: digits and letters without `i`, `l`, `o`, `u` (Crockford's
    /// base 32). For people; 40 bits can be matched on purpose, so no program compares them.
    pub fn spoken_form(&self) -> String {
        const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let bits = self.0.iter().take(5);
        let bits = bits.fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let letter = |shift: u32| {
            let letter = LETTERS.get((bits >> shift & 31) as usize);
            char::from(letter.copied().unwrap_or(b'0'))
        };
        let letters = (0..8).rev().map(|place| letter(place * 5));
        let (first, last): (Vec<_>, Vec<_>) = letters.enumerate().partition(|(at, _)| *at < 4);
        let part = |letters: Vec<(usize, char)>| {
            letters
                .into_iter()
                .map(|(_, letter)| letter)
                .collect::<String>()
        };
        format!("{}-{}", part(first), part(last))
    }

    /// Its first 60 bits as a number, to spread things evenly by.
    pub(crate) fn leading_bits(&self) -> u64 {
        let bytes = self.0.iter().take(8);
        bytes.fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)) >> 4
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 digits, for people; never compared.
    pub fn short_form(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NameError::new(text, "a SHA-256 digest", "it must be 64 hexadecimal digits");
        let digits: Vec<u8> = text
            .chars()
            .filter_map(|c| c.to_digit(16))
            .filter_map(|d| u8::try_from(d).ok())
            .collect();
        if digits.len() != 64 || text.len() != 64 {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            if let [high, low] = pair {
                *byte = high << 4 | low;
            }
        }
        Ok(Self(bytes))
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        serialize_display(self, to)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        deserialize_from_str(from)
    }
}

text_schema!(Digest);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_what_it_writes() {
        let digest = Digest::of_bytes(b"abc");
        assert_eq!(
            digest.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("xyz".parse::<Digest>().is_err());
    }

    #[test]
    fn the_spoken_form_is_the_first_forty_bits() {
        // ba7816bf8f = 10111 01001 11100 00001 01101 01111 11100 01111
        assert_eq!(Digest::of_bytes(b"abc").spoken_form(), "q9w1-dfwf");
    }
}
