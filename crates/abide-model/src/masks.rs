//! Known secrets, kept out of what hosts say: a service that fails may print what it was given.

use std::collections::BTreeSet;
use std::fmt;

use crate::body::Body;

/// What stands for a secret.
const HIDDEN: &str = "(secret)";
/// Shorter pieces are left alone, in characters: `true` or `8080` in a secret file would blot out half a journal.
const SHORTEST: usize = 6;

/// The secrets of a host in the pieces in which programs print them: whole lines, and what follows a `=`.
#[derive(Clone, Default)]
pub struct Masks {
    /// Longer ones first, for one may be a part of another.
    pieces: Vec<String>,
}

impl Masks {
    /// Those of these contents that are secret and resolved.
    pub fn from_bodies<'b>(bodies: impl IntoIterator<Item = &'b Body>) -> Self {
        let secrets = bodies.into_iter().filter_map(|body| match body {
            Body::Secret { bytes, .. } => bytes.as_ref(),
            Body::Plain(_) => None,
        });
        let mut pieces = BTreeSet::new();
        for secret in secrets {
            for line in String::from_utf8_lossy(secret.as_slice()).lines() {
                let value = line.split_once('=').map(|(_, value)| value);
                let found = [Some(line), value].into_iter().flatten();
                pieces.extend(found.map(strip_quotes).filter(|piece| is_long(piece)));
            }
        }
        let mut pieces: Vec<String> = pieces.into_iter().collect();
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
        Self { pieces }
    }

    /// The text without any of them.
    pub fn hide(&self, text: &str) -> String {
        let hide = |text: String, piece: &String| text.replace(piece, HIDDEN);
        self.pieces.iter().fold(text.to_owned(), hide)
    }
}

/// They are never shown.
impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut masks = f.debug_struct("Masks");
        masks.field("pieces", &self.pieces.len()).finish()
    }
}

/// Without white space and quotes around it.
fn strip_quotes(piece: &str) -> String {
    let piece = piece.trim();
    let quoted = |quote: char| piece.strip_prefix(quote)?.strip_suffix(quote);
    let inner = quoted('"').or_else(|| quoted('\''));
    inner.unwrap_or(piece).to_owned()
}

fn is_long(piece: &str) -> bool {
    piece.chars().nth(SHORTEST - 1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{Bytes, SecretSource};

    fn masks(secret: &str) -> Masks {
        Masks::from_bodies([&Body::Secret {
            source: SecretSource::Env("S".to_owned()),
            bytes: Some(Bytes::from(secret)),
        }])
    }

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let masks = masks("correct horse\n");
        assert_eq!(
            masks.hide("no login with correct horse, [correct horse]"),
            "no login with (secret), [(secret)]"
        );
        assert_eq!(masks.hide("correct"), "correct");
    }

    #[test]
    fn of_an_environment_file_every_line_and_every_value_is_hidden() {
        let masks = masks("# for the database\nDB_PASSWORD='s3cr3t&='\nTOKEN=abcdef\n");
        assert_eq!(
            masks.hide("password s3cr3t&= refused"),
            "password (secret) refused"
        );
        assert_eq!(masks.hide("+ TOKEN=abcdef"), "+ (secret)");
        assert_eq!(masks.hide("DB_PASSWORD is wrong"), "DB_PASSWORD is wrong");
    }

    #[test]
    fn a_secret_that_is_part_of_another_does_not_betray_it() {
        let masks = masks("hunter2\nhunter2-and-more\n");
        assert_eq!(masks.hide("hunter2-and-more"), "(secret)");
    }

    #[test]
    fn short_words_of_a_secret_file_stay() {
        let masks = masks("PORT=8080\nDEBUG=true\n");
        assert_eq!(masks.hide("listens on 8080: true"), "listens on 8080: true");
        assert_eq!(masks.hide("PORT=8080"), "(secret)");
    }

    #[test]
    fn what_is_no_secret_or_not_resolved_hides_nothing() {
        let masks = Masks::from_bodies([
            &Body::Plain(Bytes::from("a plain text")),
            &Body::Secret {
                source: SecretSource::Env("S".to_owned()),
                bytes: None,
            },
        ]);
        assert_eq!(masks.hide("a plain text"), "a plain text");
    }

    #[test]
    fn debug_tells_how_many_there_are_and_none_of_them() {
        assert_eq!(
            format!("{:?}", masks("correct horse")),
            "Masks { pieces: 1 }"
        );
    }
}
