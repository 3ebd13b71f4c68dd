//! Drop-ins: a text, or a file with its keys.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::located::Located;

/// A drop-in.
#[derive(Debug)]
pub(crate) enum DropIn {
    /// Its text.
    Text(String),
    /// Where its text comes from.
    File(DropInFile),
}

/// A drop-in with keys. It has exactly one of `source` and `content`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "DropIn")]
pub(crate) struct DropInFile {
    /// A file beside this manifest that it is a copy of, relative to the manifest.
    #[serde(default)]
    #[schemars(extend("examples" = ["units/env.conf"]))]
    pub(crate) source: Option<Located<String>>,
    /// Its text.
    #[serde(default)]
    pub(crate) content: Option<Located<String>>,
    /// Whether `${name}` in it stands for one of `vars`. Without it: as the unit says.
    #[serde(default)]
    pub(crate) template: Option<Located<bool>>,
}

/// The name by which [`crate::read`] knows that a text may stand here as well.
pub(crate) const NAME: &str = "DropIn";
const FIELDS: &[&str] = &["source", "content", "template"];

impl<'de> Deserialize<'de> for DropIn {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_struct(NAME, FIELDS, TextOrFile)
    }
}

struct TextOrFile;

impl<'de> Visitor<'de> for TextOrFile {
    type Value = DropIn;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a map with `source`")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<DropIn, E> {
        Ok(DropIn::Text(text.to_owned()))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DropIn, A::Error> {
        DropInFile::deserialize(MapAccessDeserializer::new(map)).map(DropIn::File)
    }
}

impl JsonSchema for DropIn {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "DropIn".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let file = generator.subschema_for::<DropInFile>();
        json_schema!({ "anyOf": [{ "type": "string" }, file] })
    }
}
