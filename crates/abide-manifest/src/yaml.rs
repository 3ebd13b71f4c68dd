//! Reads YAML text into a tree with places, strictly: the one file that names the YAML crate.
//!
//! `serde_yaml` is serde-saphyr under the name the workspace gives it; it alone tells where every value stands. It is
//! asked for no more than the tree: what the values must be is decided in [`crate::read`], in words of the manifest.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::budget::BudgetBreach;
use serde_yaml::granit_parser::ErrorKind;
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_yaml::{Error, ExternalMessageSource, Location, Options, Spanned};

use crate::node::{ByteRange, MapKey, Node, Shape};

/// Deeper than any manifest: users, files and secrets end at ten.
const MAX_DEPTH: usize = 32;
/// Twenty nodes for each of a hundred thousand units.
const MAX_NODES: usize = 2_000_000;

/// Why a text is not YAML as manifests have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct YamlError {
    /// Which rule it breaks.
    pub(crate) kind: YamlErrorKind,
    /// What is wrong, in words.
    pub(crate) message: String,
    /// Where.
    pub(crate) bytes: ByteRange,
}

/// Which rule a text breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum YamlErrorKind {
    /// The syntax of YAML.
    Syntax,
    /// YAML that manifests do without: anchors, merge keys, tags.
    Unwelcome,
    /// The limits.
    TooLarge,
}

/// Reads one YAML document. Repeated keys are kept; the caller judges them.
pub(crate) fn parse(text: &str) -> Result<Node, YamlError> {
    serde_yaml::from_str_with_options(text, strict_options()).map_err(|error| explain(&error, text))
}

fn strict_options() -> Options {
    serde_yaml::options! {
        strict_booleans: true,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Error,
        reject_unsupported_tags: true,
        with_snippet: false,
        budget: serde_yaml::budget! {
            max_anchors: 0,
            max_aliases: 0,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: MAX_NODES * 3,
        },
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let found = Spanned::<Shape>::deserialize(from)?;
        Ok(Self {
            bytes: bytes(&found.referenced),
            shape: found.value,
        })
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyShape)
    }
}

struct AnyShape;

impl<'de> Visitor<'de> for AnyShape {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Nothing)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Shape, E> {
        Ok(Shape::Flag(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Shape, E> {
        Ok(Shape::Number(Some(value)))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Shape, E> {
        Ok(Shape::Number(u64::try_from(value).ok()))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Number(None))
    }
    fn visit_str<E>(self, value: &str) -> Result<Shape, E> {
        Ok(Shape::Text(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Shape, E> {
        Ok(Shape::Text(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Shape::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let bytes = bytes(&key.referenced);
            let name = key.value;
            entries.push((MapKey { bytes, name }, map.next_value()?));
        }
        Ok(Shape::Map(entries))
    }
}

fn bytes(location: &Location) -> ByteRange {
    let number = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
    let start = number(location.span().byte_offset()).unwrap_or(0);
    let length = number(location.span().byte_len()).unwrap_or(0);
    ByteRange {
        start,
        end: start.saturating_add(length),
    }
}

fn explain(error: &Error, text: &str) -> YamlError {
    let (kind, message) = in_words(error);
    YamlError {
        kind,
        message,
        bytes: error_bytes(error, text),
    }
}

/// Where an error is. The scanner's own errors have a line and a column (in characters) and no bytes.
fn error_bytes(error: &Error, text: &str) -> ByteRange {
    let end = text.trim_end().len();
    let Some(location) = error.location() else {
        return ByteRange { start: end, end };
    };
    if location.span().byte_offset().is_some() {
        return bytes(&location);
    }
    let index = |number: u64| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let line_start: usize = text
        .split_inclusive('\n')
        .take(index(location.line()))
        .map(str::len)
        .sum();
    let rest = text.get(line_start..).unwrap_or_default();
    let before = rest.chars().take(index(location.column()));
    let start = (line_start + before.map(char::len_utf8).sum::<usize>()).min(end);
    let letter = text.get(start..end).and_then(|rest| rest.chars().next());
    ByteRange {
        start,
        end: start + letter.map_or(0, char::len_utf8),
    }
}

fn in_words(error: &Error) -> (YamlErrorKind, String) {
    use YamlErrorKind::{Syntax, TooLarge, Unwelcome};
    let said = |kind, message: &str| (kind, message.to_owned());
    match error {
        Error::ExternalMessage { source, msg, .. } => match source.as_ref() {
            ExternalMessageSource::Parser(error) => describe_syntax_error(error.kind(), msg),
            _ => said(Syntax, msg),
        },
        Error::Budget { breach, .. } => match breach {
            BudgetBreach::Anchors { .. } | BudgetBreach::Aliases { .. } => {
                said(Unwelcome, "anchors and aliases are not used in manifests")
            }
            BudgetBreach::Depth { .. } => (TooLarge, format!("deeper than {MAX_DEPTH} levels")),
            _ => said(TooLarge, "too large for a manifest"),
        },
        Error::MergeKeyNotAllowed { .. } => said(Unwelcome, "merge keys are not used in manifests"),
        Error::UnknownAnchor { .. } => {
            said(Unwelcome, "anchors and aliases are not used in manifests")
        }
        Error::UnsupportedTag { tag, .. } => (
            Unwelcome,
            format!("tags are not used in manifests: `{tag}`"),
        ),
        Error::Eof { .. } => said(Syntax, "the document ends too early"),
        Error::Unexpected {
            expected: "string scalar",
            ..
        } => said(Syntax, "a key must be text, not a list or a map"),
        Error::NonFiniteFloat { value, .. } => (Syntax, format!("`{value}` is not a number here")),
        Error::NullIntoString { .. } => said(Syntax, "a key must be text, and this one is empty"),
        // What is left is about tags and bytes that no manifest has.
        _ => said(
            Syntax,
            "this cannot be read as text, a number, a list or a map",
        ),
    }
}

fn describe_syntax_error(kind: &ErrorKind, otherwise: &str) -> (YamlErrorKind, String) {
    use ErrorKind as K;
    let words = match kind {
        K::RecursionLimitExceeded => {
            return (
                YamlErrorKind::TooLarge,
                format!("deeper than {MAX_DEPTH} levels"),
            );
        }
        K::UnknownAnchor => {
            let message = "anchors and aliases are not used in manifests".to_owned();
            return (YamlErrorKind::Unwelcome, message);
        }
        K::TabNotAllowed | K::TabInBlockIndentation | K::TabInIndentation => {
            "a tab stands where only spaces may"
        }
        K::UnclosedQuotedScalar => "a quote is opened and never closed",
        K::UnclosedFlowCollection { open: '{' } | K::ExpectedFlowMappingSeparator => {
            "a `{` is opened and not closed, or a comma is missing"
        }
        K::UnclosedFlowCollection { .. } | K::ExpectedFlowSequenceSeparator => {
            "a `[` is opened and not closed, or a comma is missing"
        }
        K::SimpleKeyExpected | K::ExpectedBlockMappingKey => {
            "a key without its colon, or a line that is indented wrongly"
        }
        K::MappingValueNotAllowed => {
            "a colon stands where no key can be: quote the text, or check the indentation"
        }
        K::InvalidIndentation | K::InvalidBlockScalarIndent => "this line is indented wrongly",
        K::InvalidTrailingSingleQuotedScalar => {
            "something follows the closing quote; a `'` inside single quotes is written twice"
        }
        K::InvalidTrailingDoubleQuotedScalar => {
            "something follows the closing quote; a `\"` inside double quotes is written `\\\"`"
        }
        K::UnknownQuotedScalarEscape => {
            "this escape is unknown in double quotes; a backslash is written `\\\\`, or use single quotes"
        }
        K::ExpectedBlockSequenceEntry => "a line of a list that does not begin with `- `",
        K::UnexpectedCharacter { character } => {
            let message = format!("`{character}` cannot begin a text: put the text in quotes");
            return (YamlErrorKind::Syntax, message);
        }
        K::MisplacedFlowCollectionEnd => "a bracket is closed that was not opened",
        _ => otherwise,
    };
    (YamlErrorKind::Syntax, words.to_owned())
}

#[cfg(test)]
mod tests;
