//! Points in time by the controller's clock, as documents write them: RFC 3339, UTC.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use abide_model::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since the Unix epoch by the controller's clock. The command line reads it; nothing here does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// Whole seconds since the epoch.
    pub fn unix_seconds(self) -> u64 {
        self.0 / 1000
    }

    /// `2026-03-03T14:05:00`, as `xs:dateTime` has it without a zone (JUnit).
    pub(crate) fn without_zone(self) -> String {
        let text = humantime::format_rfc3339_seconds(self.system_time()).to_string();
        text.trim_end_matches('Z').to_owned()
    }

    /// `2026-03-03 14:05 UTC`, for people.
    pub(crate) fn for_people(self) -> String {
        let text = self.without_zone().replace('T', " ");
        let minutes = text
            .rsplit_once(':')
            .map_or(text.as_str(), |(head, _)| head);
        format!("{minutes} UTC")
    }

    fn system_time(self) -> SystemTime {
        /// The last second that RFC 3339 can write: the end of the year 9999.
        const LAST: u64 = 253_402_300_799_999;
        UNIX_EPOCH + Duration::from_millis(self.0.min(LAST))
    }
}

/// `2026-03-03T14:05:00.123Z`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_rfc3339_millis(self.system_time()).fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let time = humantime::parse_rfc3339(&text).map_err(D::Error::custom)?;
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

/// `2026-03-03 14:05 UTC`, or from the first to the last.
pub(crate) fn time_or_range(span: Option<(Timestamp, Timestamp)>) -> Option<String> {
    let (first, last) = span?;
    let said = |at: Timestamp| Moment(at.0 / 1000).for_people();
    let (first, last) = (said(first), said(last));
    Some(if first == last {
        first
    } else {
        format!("{} to {last}", first.trim_end_matches(" UTC"))
    })
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn moments_are_written_as_date_writes_them() {
        assert_eq!(
            Moment(1_772_546_700_042).to_string(),
            "2026-03-03T14:05:00.042Z"
        );
        assert_eq!(
            Moment(1_772_546_700_042).for_people(),
            "2026-03-03 14:05 UTC"
        );
    }
}
