//! Small pieces of prose: counts, durations, lists, and text that was made safe for one line.

use abide_model::printable_text;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Longest text that one line shows of something a host or a file said, unless nothing is to be folded.
const LONGEST: usize = 300;

/// `1 host`, `2 hosts`.
pub(crate) fn count(n: usize, one: &str) -> String {
    if n == 1 {
        return format!("1 {one}");
    }
    let many = if one.ends_with('s') { "es" } else { "s" };
    format!("{n} {one}{many}")
}

/// Columns that a text takes on a terminal; its styles take none.
pub(crate) fn display_width(text: &str) -> usize {
    let mut parts = text.split('\u{1b}');
    let plain = parts.next().unwrap_or("").width();
    let styled = parts.map(|part| part.split_once('m').map_or(0, |(_, shown)| shown.width()));
    plain + styled.sum::<usize>()
}

/// The text, filled up with spaces to this many columns.
pub(crate) fn pad_to_width(text: &str, to: usize) -> String {
    let missing = to.saturating_sub(display_width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// Text from a host or a file as one line: nothing that a terminal would act on, line ends shown as a space,
/// cut where it is far too long.
pub(crate) fn one_line(text: &str) -> String {
    let flat = printable_text(text).replace(['\n', '\t'], " ");
    cut(flat.trim_end(), LONGEST, "…")
}

/// The text, cut to so many columns, with how many characters are missing.
pub(crate) fn cut(text: &str, longest: usize, mark: &str) -> String {
    if display_width(text) <= longest {
        return text.to_owned();
    }
    let mut taken = 0;
    let head: String = text
        .chars()
        .take_while(|c| {
            taken += c.width().unwrap_or(0);
            taken <= longest
        })
        .collect();
    let missing = text.chars().count() - head.chars().count();
    format!("{head}{mark} (+{})", count(missing, "character"))
}

/// `4s`, `12m`, `3h 20m`, `5d 4h`, `3y 10d`: the two largest units.
pub(crate) fn duration_from_secs(secs: u64) -> String {
    let (minutes, hours, days, years) =
        (secs / 60, secs / 3600, secs / 86_400, secs / (365 * 86_400));
    let two = |large: u64, unit: &str, small: u64, below: &str| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit} {small}{below}"),
    };
    match () {
        () if years > 0 => two(years, "y", days % 365, "d"),
        () if days > 0 => two(days, "d", hours % 24, "h"),
        () if hours > 0 => two(hours, "h", minutes % 60, "m"),
        () if minutes > 0 => format!("{minutes}m"),
        () => format!("{secs}s"),
    }
}

/// `12d 3h`; over many hosts from the shortest to the longest.
pub(crate) fn running_time(span: Option<(u64, u64)>) -> Option<String> {
    let (least, most) = span?;
    let (least, most) = (duration_from_secs(least), duration_from_secs(most));
    Some(if least == most {
        most
    } else {
        format!("{least} to {most}")
    })
}

/// Milliseconds as `0.4s`, `12.3s`, then as [`duration_from_secs`] has it.
pub(crate) fn duration_from_millis(millis: u64) -> String {
    if millis < 60_000 {
        format!("{}.{}s", millis / 1000, millis % 1000 / 100)
    } else {
        duration_from_secs(millis / 1000)
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// Breaks prose into lines of so many columns; a word that is longer than a line stays whole.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && display_width(&line) + 1 + display_width(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_durations_read_well() {
        assert_eq!(count(1, "host"), "1 host");
        assert_eq!(count(0, "address"), "0 addresses");
        let said: Vec<_> = [0, 59, 60, 3600, 12_000, 90_061, 86_400 * 400]
            .into_iter()
            .map(duration_from_secs)
            .collect();
        assert_eq!(said, ["0s", "59s", "1m", "1h", "3h 20m", "1d 1h", "1y 35d"]);
        assert_eq!(duration_from_millis(1234), "1.2s");
    }

    #[test]
    fn a_line_of_a_host_cannot_act_on_the_terminal() {
        assert_eq!(
            one_line("a\u{1b}[2J\nb\u{202e}c\rd"),
            "a\u{fffd}[2J b\u{fffd}c\u{fffd}d"
        );
        let long = one_line(&"x".repeat(5000));
        assert!(long.ends_with("… (+4700 characters)"), "{long}");
    }

    #[test]
    fn wide_characters_take_two_columns_and_styles_none() {
        assert_eq!(display_width("a\u{1b}[1mbc\u{1b}[0m d"), 5);
        assert_eq!(pad_to_width("日本", 6), "日本  ");
        assert_eq!(cut("日本語", 5, "…"), "日本… (+1 character)");
    }

    #[test]
    fn prose_is_broken_between_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("/a/very/long/path x", 5), ["/a/very/long/path", "x"]);
    }
}
