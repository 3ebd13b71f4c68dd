//! Values with an inner spelling: durations, shares, modes. Each error is a clause for a person.

use std::time::Duration;

use abide_model::{DurationError, Share};

use crate::schema;

/// No manifest waits longer than this; it also keeps sums far from overflow.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Why a value is none of its kind. `Display` is one clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    #[error(transparent)]
    Duration(#[from] DurationError),
    #[error("`{0}` is longer than 30 days")]
    TooLong(String),
    #[error("`{0}` is too large")]
    TooMany(u64),
    #[error("`{0}` is neither a count nor a share: write `3` or `25%`, up to `100%`")]
    Share(String),
    #[error("`{0}` is not a mode: write three octal digits, `\"0600\"` or `\"0644\"`")]
    Mode(String),
}

/// Reads a duration: `5s`, `1m 30s`, `500ms`, `2h`, `1d`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, ValueError> {
    let too_long = || ValueError::TooLong(text.escape_debug().to_string());
    match abide_model::duration::parse(text) {
        Ok(duration) if duration > LONGEST => Err(too_long()),
        Err(DurationError::TooLong(_)) => Err(too_long()),
        read => Ok(read?),
    }
}

/// A duration as this language writes it.
pub(crate) fn duration_text(duration: Duration) -> String {
    let millis = duration.as_millis();
    if !millis.is_multiple_of(1000) {
        return format!("{millis}ms");
    }
    match duration.as_secs() {
        secs if secs >= 120 && secs % 60 == 0 => format!("{}m", secs / 60),
        secs => format!("{secs}s"),
    }
}

/// Reads a count or a share: `3`, `25%`.
pub(crate) fn parse_share(written: &schema::WrittenShare) -> Result<Share, ValueError> {
    let text = match written {
        schema::WrittenShare::Count(count) => {
            return usize::try_from(*count)
                .map(Share::Count)
                .ok()
                .ok_or(ValueError::TooMany(*count));
        }
        schema::WrittenShare::Text(text) => text,
    };
    let percent = text
        .strip_suffix('%')
        .and_then(|percent| percent.trim_end().parse::<u8>().ok())
        .filter(|percent| *percent <= 100);
    percent
        .map(Share::Percent)
        .ok_or_else(|| ValueError::Share(text.escape_debug().to_string()))
}

/// Reads permission bits in octal: `0600`, `644`.
pub(crate) fn parse_mode(text: &str) -> Result<u32, ValueError> {
    let digits = match text.len() {
        4 => text.strip_prefix('0'),
        3 => Some(text),
        _ => None,
    };
    let octal = digits.filter(|digits| digits.bytes().all(|byte| (b'0'..=b'7').contains(&byte)));
    octal
        .and_then(|digits| u32::from_str_radix(digits, 8).ok())
        .ok_or_else(|| ValueError::Mode(text.escape_debug().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_their_unit() {
        for (text, millis) in [
            ("5s", 5000),
            ("1m 30s", 90_000),
            ("1m30s", 90_000),
            ("500ms", 500),
            ("0s", 0),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "5",
            "",
            " ",
            "s",
            "5 s",
            "5x",
            "-5s",
            "1.5s",
            "99999999999s",
            "31d",
            "5é",
        ] {
            assert!(parse_duration(text).is_err(), "{text:?}");
        }
        assert!(
            parse_duration("5")
                .unwrap_err()
                .to_string()
                .contains("`5s`")
        );
        for text in ["5s", "90s", "1500ms", "2m"] {
            assert_eq!(duration_text(parse_duration(text).unwrap()), text);
        }
    }

    #[test]
    fn shares_and_modes_are_exact() {
        let text = |text: &str| parse_share(&schema::WrittenShare::Text(text.to_owned()));
        assert_eq!(text("25%"), Ok(Share::Percent(25)));
        assert!(text("101%").is_err() && text("25").is_err() && text("%").is_err());
        assert_eq!(
            (parse_mode("0600"), parse_mode("755")),
            (Ok(0o600), Ok(0o755))
        );
        for text in ["4755", "0o600", "88", "0999", "rw", "06000"] {
            assert!(parse_mode(text).is_err(), "{text}");
        }
    }
}
