//! Reads a saved plan back, and believes nothing that does not fit together.

use serde_json::Value;

use super::{KIND, SavedPlan, VERSION};
use crate::canonical;
use crate::digest::Digest;
use crate::name::printable_text;

/// Why a file is not a plan that can be used: a whole clause for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// It is not JSON.
    #[error("it is not JSON: {0}")]
    Json(String),
    /// It is some other document.
    #[error("it is not a saved plan{}", kind_clause(.0.as_deref()))]
    Other(Option<String>),
    /// Its format is of another time.
    #[error("its format is {0}, and this abide reads 1.x")]
    Version(String),
    /// It was changed since it was made, or only a part of it is there.
    #[error("it was changed after it was made: {0}")]
    Changed(&'static str),
    /// Its members mean nothing to this version.
    #[error("it is not understood: {0}")]
    Content(String),
}

fn kind_clause(kind: Option<&str>) -> String {
    match kind {
        Some(kind) => format!(": its kind is `{kind}`"),
        None => String::new(),
    }
}

impl SavedPlan {
    /// Reads a file, and checks that its digests and its checksum are those of what it says.
    pub fn read(text: &[u8]) -> Result<Self, PlanError> {
        let value: Value =
            serde_json::from_slice(text).map_err(|error| PlanError::Json(error.to_string()))?;
        let word = |name: &str| value.get(name).and_then(Value::as_str);
        if word("kind") != Some(KIND) {
            return Err(PlanError::Other(word("kind").map(printable_text)));
        }
        let version = word("format_version").unwrap_or_default();
        if major_version(version) != major_version(VERSION) {
            return Err(PlanError::Version(printable_text(version)));
        }
        if word("checksum") != Some(checksum_of(value.clone()).to_string().as_str()) {
            return Err(PlanError::Changed("its checksum is that of something else"));
        }
        let plan: Self = serde_json::from_value(value)
            .map_err(|error| PlanError::Content(printable_text(&error.to_string())))?;
        plan.check()?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), PlanError> {
        if self
            .hosts
            .iter()
            .any(|host| host.digest != host.digest_now())
        {
            return Err(PlanError::Changed(
                "the digest of a host is that of something else",
            ));
        }
        if self.digest != self.digest_now() {
            return Err(PlanError::Changed("its digest is that of something else"));
        }
        // Each name stands in several places; all must mean the same host.
        let alike = self.hosts.iter().all(|host| {
            let plan = host.plan.as_ref();
            host.desired.host == host.host && plan.is_none_or(|plan| plan.host == host.host)
        });
        let ordered = self.hosts.is_sorted_by(|one, next| one.host < next.host);
        if !alike || !ordered {
            return Err(PlanError::Changed("its hosts do not fit together"));
        }
        Ok(())
    }
}

fn major_version(version: &str) -> Option<&str> {
    let (major, minor) = version.split_once('.')?;
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (number(major) && number(minor)).then_some(major)
}

/// The checksum of everything but itself and the seal.
pub(super) fn plan_checksum(plan: &SavedPlan) -> Digest {
    // The type has a JSON form; should that ever fail, nothing can be read back.
    serde_json::to_value(plan).map_or_else(|_error| Digest::of_bytes(b""), checksum_of)
}

pub(super) fn checksum_of(mut value: Value) -> Digest {
    if let Some(members) = value.as_object_mut() {
        members.remove("checksum");
        members.remove("seal");
    }
    let text = canonical::text(&value).unwrap_or_default();
    Digest::of_bytes(text.as_bytes())
}
