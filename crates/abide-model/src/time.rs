//! Points in time: on a host, by the host's own clock, and here, by ours.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::{NameError, deserialize_from_str, serialize_display, text_schema};

/// Microseconds since the Unix epoch by the host's clock. Hosts' clocks are never compared with each other.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// From whole seconds since the epoch.
    pub fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Whole seconds since the epoch.
    pub fn unix_seconds(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Seconds from `earlier` to this; zero where it lies ahead.
    pub fn secs_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0) / 1_000_000
    }
}

/// Seconds since the Unix epoch by this machine's clock. Written in UTC as RFC 3339 has it: `2026-03-01T12:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UtcTime(u64);

impl UtcTime {
    /// The last second that RFC 3339 can write: the end of the year 9999.
    const LAST: u64 = 253_402_300_799;

    /// From a clock's reading; readings before 1970 and after 9999 are taken for those.
    pub fn from_system_time(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(since.as_secs().min(Self::LAST))
    }

    /// From seconds since the epoch.
    pub fn from_secs(secs: u64) -> Self {
        Self(secs.min(Self::LAST))
    }

    /// Seconds since the epoch.
    pub fn unix_seconds(self) -> u64 {
        self.0
    }

    /// So much later.
    #[must_use]
    pub fn later_by(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_secs()).min(Self::LAST))
    }

    /// How long ago `earlier` was; nothing where it lies ahead.
    pub fn duration_since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = UNIX_EPOCH + Duration::from_secs(self.0);
        humantime::format_rfc3339_seconds(time).fmt(f)
    }
}

impl FromStr for UtcTime {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = humantime::parse_rfc3339(text)
            .map_err(|_error| NameError::new(text, "a time", "write `2026-03-01T12:00:00Z`"))?;
        Ok(Self::from_system_time(time))
    }
}

impl Serialize for UtcTime {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        serialize_display(self, to)
    }
}

impl<'de> Deserialize<'de> for UtcTime {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        deserialize_from_str(from)
    }
}

text_schema!(UtcTime);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_what_it_writes() {
        let time: UtcTime = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(time.to_string(), "2026-03-01T12:00:00Z");
        assert_eq!(
            time.later_by(Duration::from_secs(90)).to_string(),
            "2026-03-01T12:01:30Z"
        );
        assert_eq!(
            time.later_by(Duration::from_secs(90)).duration_since(time),
            Duration::from_secs(90)
        );
        assert_eq!(
            time.duration_since(time.later_by(Duration::MAX)),
            Duration::ZERO
        );
        assert_eq!(
            time.later_by(Duration::MAX).to_string(),
            "9999-12-31T23:59:59Z"
        );
        for wrong in ["", "yesterday", "2026-03-01", "2026-13-01T00:00:00Z"] {
            assert!(wrong.parse::<UtcTime>().is_err(), "{wrong}");
        }
    }
}
