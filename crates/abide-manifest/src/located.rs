//! A value of the manifest together with where it stands, and where its key does.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};

use crate::text::TextPlace;

/// The name by which [`crate::read`] knows that a place is wanted.
pub(crate) const LOCATED: &str = "$abide::Located";

/// A value with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Located<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it stands.
    pub(crate) at: TextPlace,
    /// Where its key stands; the value's own place in a list and for the whole document.
    pub(crate) key: TextPlace,
}

impl<T> Located<T> {
    /// The same, borrowed.
    pub(crate) fn by_ref(&self) -> Located<&T> {
        self.with_value(&self.value)
    }

    /// Another value at the same place.
    pub(crate) fn with_value<U>(&self, value: U) -> Located<U> {
        Located {
            value,
            at: self.at,
            key: self.key,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_newtype_struct(LOCATED, LocatedParts(PhantomData))
    }
}

/// Takes the value and six numbers: its place and that of its key.
struct LocatedParts<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for LocatedParts<T> {
    type Value = Located<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value with its place")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let missing = || A::Error::custom("a value without its place");
        let value = parts.next_element()?.ok_or_else(missing)?;
        let mut place = || -> Result<TextPlace, A::Error> {
            let (text, start, end) = parts.next_element()?.ok_or_else(missing)?;
            Ok(TextPlace { text, start, end })
        };
        Ok(Located {
            value,
            at: place()?,
            key: place()?,
        })
    }
}

/// Invisible in the JSON schema.
impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
