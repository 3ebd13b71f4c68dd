//! `${name}` in texts that are marked `template: true`.
//!
//! `$${` stands for a literal `${`. Everything else that has a `$` is left as it is, so that a unit's own `$MAINPID`
//! needs no escape.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::suggest::nearest_name;

/// So many references that cannot be filled in are told of one text.
const MOST_BAD: usize = 50;

/// A reference that cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadReference {
    /// Its bytes in the text.
    pub(crate) bytes: Range<usize>,
    /// What is wrong with it.
    pub(crate) kind: BadReferenceKind,
}

/// What is wrong with a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BadReferenceKind {
    /// Nobody declares the name; the nearest one that is declared.
    Unknown {
        /// The name.
        name: String,
        /// The nearest that is known.
        near: Option<String>,
    },
    /// It is not closed, or what is in it is no name.
    NoName,
    /// With it the text is longer than it may be.
    TooLong,
}

/// Whether a text can be the name of a variable.
pub(crate) fn is_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(first) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Fills in a text, or says which references in it cannot be.
pub(crate) fn fill(
    text: &str,
    vars: &BTreeMap<&str, &str>,
    longest: usize,
) -> Result<String, Vec<BadReference>> {
    let mut filled = String::with_capacity(text.len());
    let mut bad = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("${")) {
        let start = at + found;
        let before = text.get(at..start).unwrap_or_default();
        filled.push_str(before);
        if before.ends_with('$') {
            // The `$` that escapes is taken for the one it escapes.
            filled.push('{');
            at = start + 2;
            continue;
        }
        let inside = text.get(start + 2..).unwrap_or_default();
        let name = inside.split(['}', '\n']).next().unwrap_or_default();
        let end = start + 2 + name.len();
        let closed = inside
            .get(name.len()..)
            .is_some_and(|rest| rest.starts_with('}'));
        at = if closed { end + 1 } else { end };
        if bad.len() >= MOST_BAD {
            return Err(bad);
        }
        match vars.get(name) {
            Some(value) if closed && filled.len() + value.len() > longest => {
                bad.push(BadReference {
                    bytes: start..at,
                    kind: BadReferenceKind::TooLong,
                });
                return Err(bad);
            }
            Some(value) if closed => filled.push_str(value),
            _ => bad.push(BadReference {
                bytes: start..at,
                kind: refusal(name, closed, vars),
            }),
        }
    }
    filled.push_str(text.get(at..).unwrap_or_default());
    if bad.is_empty() { Ok(filled) } else { Err(bad) }
}

fn refusal(name: &str, closed: bool, vars: &BTreeMap<&str, &str>) -> BadReferenceKind {
    if !closed || !is_name(name) {
        return BadReferenceKind::NoName;
    }
    BadReferenceKind::Unknown {
        name: name.to_owned(),
        near: nearest_name(name, vars.keys().copied()).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_other_dollars_are_left() {
        let vars = BTreeMap::from([("queue", "a b"), ("n", "${queue}")]);
        let fill = |text| fill(text, &vars, 100);
        assert_eq!(fill("q=${queue};").as_deref(), Ok("q=a b;"));
        assert_eq!(fill("$MAINPID $5 $$").as_deref(), Ok("$MAINPID $5 $$"));
        assert_eq!(
            fill("$${queue} ${n}").as_deref(),
            Ok("${queue} ${queue}"),
            "filled once"
        );
        assert_eq!(fill("é${queue}é").as_deref(), Ok("éa bé"));
        let vars = BTreeMap::from([("price", "5$"), ("n", "1")]);
        assert_eq!(
            super::fill("${price}${n}", &vars, 100).as_deref(),
            Ok("5$1"),
            "a value escapes nothing"
        );
    }

    #[test]
    fn a_reference_that_cannot_be_filled_says_where() {
        let vars = BTreeMap::from([("queue", "x")]);
        let bad = fill("a ${que} ${quue} ${1} ${open\n", &vars, 100).unwrap_err();
        let near: Vec<_> = bad
            .iter()
            .map(|bad| match &bad.kind {
                BadReferenceKind::Unknown { near, .. } => near.as_deref().unwrap_or("?"),
                BadReferenceKind::NoName => "no name",
                BadReferenceKind::TooLong => "too long",
            })
            .collect();
        assert_eq!(near, ["?", "queue", "no name", "no name"]);
        assert_eq!(bad[1].bytes, 9..16);
        assert_eq!(bad[3].bytes, 22..28);
    }

    #[test]
    fn a_text_that_grows_too_long_says_at_which_reference() {
        let vars = BTreeMap::from([("v", "12345")]);
        assert_eq!(fill("${v}${v}", &vars, 10).as_deref(), Ok("1234512345"));
        let bad = fill("${v}${v}${v}", &vars, 10).unwrap_err();
        assert_eq!((bad.len(), bad[0].bytes.clone()), (1, 8..12));
        assert_eq!(bad[0].kind, BadReferenceKind::TooLong);
    }
}
