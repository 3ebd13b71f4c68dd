//! Points in time as `systemctl show`, `stat` and `date` write them.

use abide_model::Timestamp;

/// What is known of the host's clocks, to place a monotonic time of a systemd that shows whole seconds only.
#[derive(Clone, Copy, Default)]
pub(super) struct Clock {
    /// Realtime microseconds at the moment when the monotonic clock stood at zero.
    pub(super) zero: Option<u64>,
    /// The first half of the boot's id: which run of the monotonic clock it is.
    boot: u64,
}

impl Clock {
    /// From `date +%s.%N` and the first number of `/proc/uptime`, taken one after the other.
    pub(super) fn new(now: Option<Timestamp>, uptime: &str) -> Self {
        let zero = now
            .zip(parse_epoch_seconds(uptime))
            .and_then(|(now, up)| now.0.checked_sub(up.0));
        Self { zero, boot: 0 }
    }

    /// The same, of the boot with this id.
    pub(super) fn of_boot(self, id: &str) -> Self {
        let digits: String = id.chars().filter(|c| *c != '-').take(16).collect();
        let boot = u64::from_str_radix(&digits, 16).unwrap_or(0);
        Self { boot, ..self }
    }

    /// A name of its own for what began then, by the monotonic clock, in the form of an `InvocationID`: two halves, the
    /// boot's and the time's. The apply script makes the same (`run_since` of answers.sh).
    pub(super) fn run_since(self, monotonic: &str) -> Option<String> {
        let since: u64 = monotonic.parse().ok().filter(|since| *since > 0)?;
        Some(format!("{:016x}{since:016x}", self.boot))
    }

    /// A property of `systemctl show` in UTC, with its `…Monotonic` twin in microseconds. Empty, `n/a` and zero
    /// are no time.
    pub(super) fn read(self, text: &str, monotonic: &str) -> Option<Timestamp> {
        let shown = date_time(text)?;
        if text.contains('.') {
            return Some(shown);
        }
        // Before systemd 247 only the monotonic twin has microseconds. It is taken where both agree.
        let placed = monotonic
            .parse::<u64>()
            .ok()
            .zip(self.zero)
            .and_then(|(monotonic, zero)| zero.checked_add(monotonic));
        match placed {
            Some(placed) if Timestamp(placed).unix_seconds() == shown.unix_seconds() => {
                Some(Timestamp(placed))
            }
            _ => Some(shown),
        }
    }
}

/// `1795427118.702239215`, or whole seconds where `date` does not know `%N`.
pub(super) fn parse_epoch_seconds(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let micros = whole.parse::<u64>().ok()?.checked_mul(1_000_000)?;
    micros.checked_add(micros_of(fraction)).map(Timestamp)
}

/// `Mon 2026-11-23 09:38:49.025247 UTC` (systemctl) or `2026-11-23 09:31:52.497666094 +0000` (stat), in UTC.
pub(super) fn date_time(text: &str) -> Option<Timestamp> {
    let mut words = text.split(' ').filter(|word| word.contains(['-', ':']));
    let days = days_since_epoch(words.next()?)?;
    let (clock, fraction) = words
        .next()
        .map(|word| word.split_once('.').unwrap_or((word, "")))?;
    let mut parts = clock.split(':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes, secs) = (parts.next()??, parts.next()??, parts.next()??);
    if hours > 23 || minutes > 59 || secs > 60 {
        return None;
    }
    let total = days
        .checked_mul(86_400)?
        .checked_add(hours * 3_600 + minutes * 60 + secs)?;
    total
        .checked_mul(1_000_000)?
        .checked_add(micros_of(fraction))
        .map(Timestamp)
}

/// The first six digits of a fraction, as microseconds; what is no number counts as none.
fn micros_of(fraction: &str) -> u64 {
    let digits: String = fraction
        .chars()
        .take_while(char::is_ascii_digit)
        .chain("000000".chars())
        .take(6)
        .collect();
    digits.parse().unwrap_or(0)
}

/// Days since 1970-01-01 of `2026-11-23`, by the Gregorian calendar (Hinnant, "chrono-compatible low-level date
/// algorithms": years begin in March, so that the leap day comes last).
fn days_since_epoch(date: &str) -> Option<u64> {
    let mut parts = date.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_systemctl_stat_and_date_write_them() {
        let micros = |text: &str| date_time(text).map(|time| time.0);
        assert_eq!(
            micros("Mon 2026-11-23 09:38:49.025247 UTC"),
            Some(1_795_426_729_025_247)
        );
        assert_eq!(
            micros("2026-11-23 09:31:52.497666094 +0000"),
            Some(1_795_426_312_497_666)
        );
        assert_eq!(micros("Thu 1970-01-01 00:00:00 UTC"), Some(0));
        assert_eq!(
            micros("Thu 2024-02-29 23:59:59 UTC"),
            Some(1_709_251_199_000_000)
        );
        for nothing in [
            "",
            "n/a",
            "0",
            "2026-13-01 00:00:00",
            "2026-11-23 25:00:00",
            "a-b-c d:e:f",
        ] {
            assert_eq!(micros(nothing), None, "{nothing}");
        }
        assert_eq!(
            parse_epoch_seconds("1795427118.702239215"),
            Some(Timestamp(1_795_427_118_702_239))
        );
        assert_eq!(
            parse_epoch_seconds("1795427118.%N"),
            Some(Timestamp(1_795_427_118_000_000))
        );
    }

    #[test]
    fn whole_seconds_are_refined_by_the_monotonic_clock_where_both_agree() {
        let clock = Clock::new(parse_epoch_seconds("1000.5"), "600.25");
        let text = "Thu 1970-01-01 00:08:20 UTC";
        assert_eq!(clock.read(text, "99800000"), Some(Timestamp(500_050_000)));
        assert_eq!(clock.read(text, "5"), Some(Timestamp(500_000_000)));
        assert_eq!(clock.read(text, "no"), Some(Timestamp(500_000_000)));
        assert_eq!(clock.read("", "5"), None);
    }
}
