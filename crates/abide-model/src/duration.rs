//! Durations as people write them, in the manifest and on the command line: `5s`, `1m 30s`, `500ms`, `2h`, `3d`.
//!
//! What unit files have is another language: `abide_unit::time_span`.

use std::time::Duration;

/// Why a text is no duration. `Display` is one clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// A number without its unit could mean anything.
    #[error("`{0}` has no unit: write `{0}s` for seconds")]
    NoUnit(String),
    /// Something else.
    #[error("`{0}` is not a duration: write `5s`, `500ms`, `1m 30s`, `2h`")]
    Syntax(String),
    /// More than the milliseconds that there are.
    #[error("`{0}` is longer than anybody waits")]
    TooLong(String),
}

/// Reads a sum of numbers, each with its unit: `ms`, `s`, `m` or `min`, `h`, `d`, `w`.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let shown = || text.escape_debug().to_string();
    let wrong = || DurationError::Syntax(shown());
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    if rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DurationError::NoUnit(shown()));
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit());
        let (number, behind) = rest
            .split_at_checked(digits.unwrap_or(rest.len()))
            .ok_or_else(wrong)?;
        let letters = behind.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, behind) = behind
            .split_at_checked(letters.unwrap_or(behind.len()))
            .ok_or_else(wrong)?;
        if number.is_empty() {
            return Err(wrong());
        }
        let one = unit_length(unit).ok_or_else(wrong)?;
        total = number
            .parse()
            .ok()
            .and_then(|number| one.checked_mul(number))
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| DurationError::TooLong(shown()))?;
        rest = behind.trim_start();
    }
    Ok(total)
}

fn unit_length(unit: &str) -> Option<Duration> {
    Some(match unit {
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" | "min" => Duration::from_secs(60),
        "h" => Duration::from_secs(60 * 60),
        "d" => Duration::from_secs(24 * 60 * 60),
        "w" => Duration::from_secs(7 * 24 * 60 * 60),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_sum_of_numbers_with_units() {
        for (text, millis) in [
            ("5s", 5000),
            ("1m 30s", 90_000),
            ("1m30s", 90_000),
            ("2min", 120_000),
            ("500ms", 500),
            ("0s", 0),
            ("36h", 129_600_000),
            ("3d", 259_200_000),
            ("2w", 1_209_600_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none_and_says_why() {
        for text in ["", " ", "s", "5 s", "5x", "-5s", "1.5s", "5s,", "5\u{e9}"] {
            assert!(
                matches!(parse(text), Err(DurationError::Syntax(_))),
                "{text:?}"
            );
        }
        assert_eq!(parse("5"), Err(DurationError::NoUnit("5".to_owned())));
        assert!(matches!(
            parse("99999999999w"),
            Err(DurationError::TooLong(_))
        ));
    }
}
