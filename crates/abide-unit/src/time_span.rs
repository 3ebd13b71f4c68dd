//! Time spans as unit files have them (systemd.time(7), "Parsing Time Spans").

/// Microseconds; `None` for what is no time span.
pub fn parse_micros(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit());
        let (number, behind) = rest.split_at(digits.unwrap_or(rest.len()));
        let behind = behind.trim_start();
        let letters = behind.find(|c: char| !c.is_alphabetic());
        let (unit, behind) = behind.split_at(letters.unwrap_or(behind.len()));
        let number: u64 = number.parse().ok()?;
        total = total.checked_add(number.checked_mul(unit_length(unit)?)?)?;
        rest = behind.trim_start();
    }
    Some(total)
}

fn unit_length(unit: &str) -> Option<u64> {
    const SECOND: u64 = 1_000_000;
    Some(match unit {
        "us" | "usec" | "µs" | "μs" => 1,
        "ms" | "msec" => 1_000,
        "" | "s" | "sec" | "second" | "seconds" => SECOND,
        "m" | "min" | "minute" | "minutes" => 60 * SECOND,
        "h" | "hr" | "hour" | "hours" => 3_600 * SECOND,
        "d" | "day" | "days" => 86_400 * SECOND,
        "w" | "week" | "weeks" => 604_800 * SECOND,
        "M" | "month" | "months" => 2_629_800 * SECOND,
        "y" | "year" | "years" => 31_557_600 * SECOND,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::parse_micros;

    #[test]
    fn spans_are_sums_of_numbers_with_units() {
        assert_eq!(parse_micros("5"), Some(5_000_000));
        assert_eq!(parse_micros("0"), Some(0));
        assert_eq!(parse_micros("1min 30s"), Some(90_000_000));
        assert_eq!(parse_micros("2h30"), Some(2 * 3_600_000_000 + 30_000_000));
        assert_eq!(parse_micros("1 d"), Some(86_400_000_000));
        assert_eq!(parse_micros("10ms"), Some(10_000));
    }

    #[test]
    fn each_unit_has_its_length() {
        const SECOND: u64 = 1_000_000;
        let day = 86_400 * SECOND;
        for (text, micros) in [
            ("7us", 7),
            ("7 sec", 7 * SECOND),
            ("7 min", 7 * 60 * SECOND),
            ("7 hours", 7 * 3_600 * SECOND),
            ("7days", 7 * day),
            ("7w", 49 * day),
            ("7M", 7 * 2_629_800 * SECOND),
            ("7 years", 7 * 31_557_600 * SECOND),
        ] {
            assert_eq!(parse_micros(text), Some(micros), "{text}");
        }
    }

    #[test]
    fn anything_else_is_not_known() {
        for text in [
            "",
            "soon",
            "5 moons",
            "1.5h",
            "infinity",
            "99999999999999999999",
            "99999999999999y",
        ] {
            assert_eq!(parse_micros(text), None, "{text}");
        }
    }
}
