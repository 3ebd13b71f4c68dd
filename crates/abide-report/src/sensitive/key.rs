//! Which keys look as if their values were secrets.

/// Parts of such keys, in capital letters without what joins words.
const PARTS: &[&str] = &[
    "ACCESSKEY",
    "APIKEY",
    "AUTHKEY",
    "CREDENTIAL",
    "ENCRYPTIONKEY",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATEKEY",
    "SECRET",
    "SIGNINGKEY",
    "TOKEN",
];
/// Whole words of such keys that would be too short to look for within others.
const WORDS: &[&str] = &["PASS", "PW"];
/// With one of these at its end a key names where the secret is.
const PLACES: &[&str] = &["FILE", "PATH", "DIR"];

/// Whether this key's value may be a secret.
pub(super) fn looks_secret(key: &str, value: &str) -> bool {
    let key = key.to_ascii_uppercase();
    let words: Vec<&str> = key.split(['_', '-', '.']).collect();
    let place = words.last().is_some_and(|last| PLACES.contains(last));
    if place && value.starts_with(['/', '%', '~', '$']) {
        return false;
    }
    let joined = words.concat();
    PARTS.iter().any(|part| joined.contains(part)) || words.iter().any(|word| WORDS.contains(word))
}
