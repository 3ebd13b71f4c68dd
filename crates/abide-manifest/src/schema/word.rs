//! Values with a spelling of their own.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// `true`, `false` or `unmanaged`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Wanted.
    Yes,
    /// Not wanted.
    No,
    /// Left alone.
    Unmanaged,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "true",
            Self::No => "false",
            Self::Unmanaged => "unmanaged",
        })
    }
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyChoice)
    }
}

struct AnyChoice;

impl Visitor<'_> for AnyChoice {
    type Value = Choice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`true`, `false` or `unmanaged`")
    }
    fn visit_bool<E: Error>(self, flag: bool) -> Result<Choice, E> {
        Ok(if flag { Choice::Yes } else { Choice::No })
    }
    fn visit_str<E: Error>(self, word: &str) -> Result<Choice, E> {
        match word {
            "unmanaged" => Ok(Choice::Unmanaged),
            other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
        }
    }
}

impl JsonSchema for Choice {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Choice".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": [true, false, "unmanaged"] })
    }
}

/// A duration, as it is written: `5s`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DurationText(pub(crate) String);

impl<'de> Deserialize<'de> for DurationText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyDuration)
    }
}

struct AnyDuration;

impl Visitor<'_> for AnyDuration {
    type Value = DurationText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration with its unit, such as `5s`")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<DurationText, E> {
        Ok(DurationText(text.to_owned()))
    }
}

impl JsonSchema for DurationText {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^ *([0-9]+(ms|s|m|min|h|d) *)+$",
            "examples": ["5s", "1m 30s"]
        })
    }
}

/// A count, or a share in percent: `3` or `25%`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WrittenShare {
    /// A count.
    Count(u64),
    /// Anything else, to be read as a share.
    Text(String),
}

impl fmt::Display for WrittenShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for WrittenShare {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyShare)
    }
}

struct AnyShare;

impl Visitor<'_> for AnyShare {
    type Value = WrittenShare;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a count such as `3`, or a share such as `25%`")
    }
    fn visit_u64<E: Error>(self, count: u64) -> Result<WrittenShare, E> {
        Ok(WrittenShare::Count(count))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<WrittenShare, E> {
        Ok(WrittenShare::Text(text.to_owned()))
    }
}

impl JsonSchema for WrittenShare {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^(100|[1-9]?[0-9])%$" }
            ],
            "examples": [3, "25%"]
        })
    }
}
