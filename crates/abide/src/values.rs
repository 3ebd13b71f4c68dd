//! Values on the command line that have an inner spelling.

use std::time::Duration;

use abide_model::{Digest, DurationError, UtcTime};

/// A day is longer than any step.
const LONGEST_STEP: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a value is none of its kind. `Display` is one clause that says what to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArgumentError {
    #[error("write a number and a unit: 500ms, 10s, 2m, 1h")]
    NoDuration,
    #[error("it must be longer than nothing")]
    Nothing,
    #[error("it may be a day at most")]
    OverADay,
    #[error("write a number and a unit: 30m, 12h, 3d, 2w")]
    NoAge,
    #[error("write how long (4h, 2d) or until when (2026-03-01T12:00:00Z)")]
    NoEnd,
    #[error("write all 64 digits; the short form is for people, and can be matched on purpose")]
    ShortDigest,
    #[error("write a number from 1")]
    NoCount,
    #[error("say why")]
    NoReason,
}

/// Reads how long a step may take: `90s`, `500ms`, `2m`, `1h`; a number alone is seconds.
pub(crate) fn parse_step_timeout(text: &str) -> Result<Duration, ArgumentError> {
    match span(text) {
        Ok(Duration::ZERO) => Err(ArgumentError::Nothing),
        Ok(duration) if duration <= LONGEST_STEP => Ok(duration),
        Ok(_) | Err(DurationError::TooLong(_)) => Err(ArgumentError::OverADay),
        Err(_) => Err(ArgumentError::NoDuration),
    }
}

/// Reads the age that a plan may have: `12h`, `3d`, `2w`.
pub(crate) fn parse_age(text: &str) -> Result<Duration, ArgumentError> {
    span(text).map_err(|_error| ArgumentError::NoAge)
}

fn span(text: &str) -> Result<Duration, DurationError> {
    match text.parse() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => abide_model::duration::parse(text),
    }
}

/// When a suspension ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// So long from now.
    In(Duration),
    /// Then.
    At(UtcTime),
}

/// Reads the end of a suspension: so long from now, or a time.
pub(crate) fn parse_suspension_end(text: &str) -> Result<Until, ArgumentError> {
    match text.parse::<UtcTime>() {
        Ok(time) => Ok(Until::At(time)),
        Err(_) => parse_age(text)
            .map(Until::In)
            .map_err(|_error| ArgumentError::NoEnd),
    }
}

/// Reads a digest in full.
pub(crate) fn full_digest(text: &str) -> Result<Digest, ArgumentError> {
    let hexadecimal = text.strip_prefix("sha256:").unwrap_or(text);
    hexadecimal
        .parse()
        .map_err(|_error| ArgumentError::ShortDigest)
}

/// Reads a number from 1.
pub(crate) fn at_least_one(text: &str) -> Result<usize, ArgumentError> {
    match text.parse() {
        Ok(0) | Err(_) => Err(ArgumentError::NoCount),
        Ok(number) => Ok(number),
    }
}

/// Reads a reason, which says something.
pub(crate) fn reason(text: &str) -> Result<String, ArgumentError> {
    match text.trim() {
        "" => Err(ArgumentError::NoReason),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_a_limit() {
        assert_eq!(parse_step_timeout("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_step_timeout("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_step_timeout("2m"), Ok(Duration::from_secs(120)));
        for wrong in [
            "",
            "s",
            "-1s",
            "2d",
            "0",
            "25h",
            "99999999999999999999h",
            "1 s",
        ] {
            assert!(parse_step_timeout(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ages_go_beyond_a_day() {
        assert_eq!(parse_age("30m"), Ok(Duration::from_secs(1800)));
        assert_eq!(parse_age("36h"), Ok(Duration::from_secs(36 * 3600)));
        assert_eq!(parse_age("3d"), Ok(Duration::from_secs(3 * 86_400)));
        assert_eq!(parse_age("2w"), Ok(Duration::from_secs(14 * 86_400)));
        assert_eq!(parse_age("0d"), Ok(Duration::ZERO));
        for wrong in ["", "d", "-1d", "1.5d", "1y", "x"] {
            assert!(parse_age(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_digest_is_taken_in_full_only() {
        let digest = Digest::of_bytes(b"a");
        assert_eq!(full_digest(&digest.to_string()), Ok(digest));
        assert_eq!(full_digest(&format!("sha256:{digest}")), Ok(digest));
        for short in [
            digest.spoken_form(),
            digest.short_form(),
            String::new(),
            "sha256:".to_owned(),
        ] {
            assert!(full_digest(&short).is_err(), "{short}");
        }
    }
}
