//! The key behind what a saved plan says of secrets, and behind its seal.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::digest::Digest;

/// A key that only those have who may plan and apply. A saved plan can be read by many (it lies in a pull request), so
/// whatever it says about a secret must be worthless without a key: weak secrets could be guessed otherwise.
#[derive(Clone)]
pub struct PlanKey(Vec<u8>);

/// A key is so short that it could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key for plans has at least {} bytes", PlanKey::SHORTEST)]
pub struct ShortKey;

impl PlanKey {
    /// The shortest key, in bytes: as long as what it makes.
    pub const SHORTEST: usize = 32;

    /// A key of these bytes. They should be random.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, ShortKey> {
        let bytes = bytes.into();
        if bytes.len() < Self::SHORTEST {
            return Err(ShortKey);
        }
        Ok(Self(bytes))
    }

    /// The name of this key: which one it is can be told from it, and nothing else.
    pub fn id(&self) -> String {
        self.digest([b"abide key name 1".as_slice()]).short_form()
    }

    /// The keyed digest (HMAC-SHA-256) of a list of parts, of which no two different ones give the same bytes.
    pub fn digest<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> Digest {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return Digest::of_bytes(b"");
        };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Digest::from_bytes(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for PlanKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlanKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> PlanKey {
        PlanKey::new(vec![byte; 32]).unwrap()
    }

    #[test]
    fn a_keyed_digest_depends_on_the_key_and_every_part() {
        let of =
            |key: &PlanKey, parts: &[&str]| key.digest(parts.iter().map(|part| part.as_bytes()));
        assert_eq!(of(&key(1), &["a", "b"]), of(&key(1), &["a", "b"]));
        assert_ne!(of(&key(1), &["a", "b"]), of(&key(2), &["a", "b"]));
        assert_ne!(of(&key(1), &["a", "b"]), of(&key(1), &["ab"]));
        assert_ne!(of(&key(1), &["a", "b"]), of(&key(1), &["a", "c"]));
    }

    #[test]
    fn it_is_the_hmac_that_others_compute() {
        // Length 2 in eight bytes, then `hi`; by another implementation.
        let expected = "f2011c5d0495cf287e65117c34a856a9bef7c3cfb714b62355406d798c6ff092";
        assert_eq!(key(b'k').digest([b"hi".as_slice()]).to_string(), expected);
    }

    #[test]
    fn a_short_key_is_refused_and_none_is_shown() {
        assert_eq!(PlanKey::new("secret").unwrap_err(), ShortKey);
        let shown = format!(
            "{:?}",
            PlanKey::new(*b"canarycanarycanarycanarycanary12").unwrap()
        );
        assert!(!shown.contains("canary"), "{shown}");
    }
}
