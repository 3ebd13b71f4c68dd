//! What a file holds: bytes that may be shown, or a secret that may not.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::Digest;
use crate::secret_command::SecretCommand;

/// Bytes, shared without copying. Serialised as a string where they are UTF-8, else as `{"base64": …}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(Arc<[u8]>);

impl Bytes {
    /// These bytes.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
    /// The bytes as text, where they are UTF-8.
    pub fn as_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
    /// Their digest.
    pub fn digest(&self) -> Digest {
        Digest::of_bytes(&self.0)
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_text() {
            Some(text) => write!(f, "Bytes({text:?})"),
            None => write!(f, "Bytes({} bytes, not UTF-8)", self.0.len()),
        }
    }
}

/// Bytes as JSON has them.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Bytes")]
#[serde(untagged)]
enum BodyForm {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Base64 {
        /// The bytes in base64.
        base64: String,
    },
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.as_text() {
            Some(text) => to.serialize_str(text),
            None => BodyForm::Base64 {
                base64: STANDARD.encode(&self.0),
            }
            .serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match BodyForm::deserialize(from)? {
            BodyForm::Text(text) => Ok(Self::new(text.into_bytes())),
            BodyForm::Base64 { base64 } => STANDARD
                .decode(base64)
                .map(Self::new)
                .map_err(serde::de::Error::custom),
        }
    }
}

/// Where the controller gets a secret from. It is resolved there, once a run, and never printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecretSource {
    /// An environment variable of the controller.
    Env(String),
    /// A file on the controller, by the path at which it is opened: behind the directory of the manifest file that
    /// names it.
    File(String),
    /// What a program prints on the controller, without a shell. It runs in the directory of the manifest file.
    Command(SecretCommand),
}

/// What a managed file holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// Contents that may be shown in a diff.
    Plain(Bytes),
    /// A secret. `bytes` is `None` until the controller resolved it; never serialised, never shown.
    Secret {
        /// Where it comes from.
        source: SecretSource,
        /// The secret itself, once resolved.
        bytes: Option<Bytes>,
    },
}

impl Body {
    /// The bytes to write, where they are known.
    pub fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Plain(bytes) => Some(bytes),
            Self::Secret { bytes, .. } => bytes.as_ref(),
        }
    }

    /// Whether nobody may see the contents.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret { .. })
    }

    /// The text of contents that may be shown and are UTF-8.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Plain(bytes) => bytes.as_text(),
            Self::Secret { .. } => None,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(bytes) => write!(f, "{bytes:?}"),
            Self::Secret { source, .. } => write!(f, "Secret({source:?})"),
        }
    }
}

/// What a managed file holds; of a secret, only where it comes from.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Body")]
#[serde(rename_all = "lowercase")]
enum WrittenBody {
    /// Contents that may be shown.
    Plain(Bytes),
    /// Where the secret comes from.
    Secret(SecretSource),
}

/// The schema of a type is that of the form in which it is written.
macro_rules! schema_of {
    ($name:ident, $written:ident) => {
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $written::schema_name()
            }
            fn schema_id() -> std::borrow::Cow<'static, str> {
                $written::schema_id()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $written::json_schema(generator)
            }
        }
    };
}
schema_of!(Bytes, BodyForm);
schema_of!(Body, WrittenBody);

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(bytes) => WrittenBody::Plain(bytes.clone()).serialize(to),
            Self::Secret { source, .. } => WrittenBody::Secret(source.clone()).serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match WrittenBody::deserialize(from)? {
            WrittenBody::Plain(bytes) => Self::Plain(bytes),
            WrittenBody::Secret(source) => Self::Secret {
                source,
                bytes: None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_in_no_rendering() {
        let body = Body::Secret {
            source: SecretSource::Env("TOKEN".into()),
            bytes: Some("canary".into()),
        };
        let json = serde_json::to_string(&body).unwrap();
        assert!(!json.contains("canary") && !format!("{body:?}").contains("canary"));
    }

    #[test]
    fn bytes_that_are_no_text_survive_json() {
        for bytes in [Bytes::from("a\n\"b\""), Bytes::new(vec![0, 255, 10])] {
            let json = serde_json::to_string(&bytes).unwrap();
            assert_eq!(serde_json::from_str::<Bytes>(&json).unwrap(), bytes);
        }
    }
}
