//! Text from hosts and files in Markdown, such that nothing of it is taken for Markdown, HTML, a mention, a reference
//! or a link, by GitHub's rules and GitLab's.
//!
//! Sources: GitHub Flavored Markdown, sections 6.1 to 6.11 and its autolinks; "Autolinked references and URLs" and
//! "Mentioning people and teams" of GitHub's documentation, both of which leave `<code>` and fences alone.

use std::fmt::Write as _;

use abide_model::printable_text;

/// Prose: every character that could mean something is written as a character reference. A reference alone does not
/// stop a mention (they are looked for after the rendering), an empty comment behind the sign does.
pub(super) fn escaped_prose(text: &str) -> String {
    let mut out = String::new();
    let text = one_line(text);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '@' | '#' => {
                push_reference(&mut out, c);
                out.push_str("<!-- -->");
            }
            // `www.` begins a link without any sign.
            '.' if out.to_ascii_lowercase().ends_with("www") => push_reference(&mut out, c),
            // `https:` begins a link, `:tada:` is a picture; before a space it is a colon.
            ':' if chars.peek().is_none_or(|next| *next == ' ') => out.push(c),
            c if is_plain(c) => out.push(c),
            c => push_reference(&mut out, c),
        }
    }
    out
}

/// A name or a path, in a fixed-width font. It is inline HTML, not a code span: in a code span, a backtick and a `|` of
/// a table's cell cannot be escaped.
pub(super) fn code(text: &str) -> String {
    let mut out = String::from("<code>");
    for c in one_line(text).chars() {
        if is_plain(c) {
            out.push(c);
        } else {
            push_reference(&mut out, c);
        }
    }
    out.push_str("</code>");
    out
}

/// Lines in a fence that is longer than any run of backticks in them.
pub(super) fn fenced_block<'l>(language: &str, lines: impl IntoIterator<Item = &'l str>) -> String {
    let lines: Vec<String> = lines.into_iter().map(one_line).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let mut out = format!("{fence}{language}\n");
    for line in lines {
        out.push_str(&line);
        out.push('\n');
    }
    out + &fence + "\n"
}

fn longest_run(line: &str) -> usize {
    let runs = line.split(|c| c != '`');
    runs.map(str::len).max().unwrap_or(0)
}

/// Documents hold safe text already; here nothing depends on that.
fn one_line(text: &str) -> String {
    printable_text(text).replace(['\n', '\r'], " ")
}

/// Whether a character means nothing within a line. `-`, `+`, `.` and digits mean something only at its beginning,
/// where no text of others stands; `(` and `!` only beside brackets, which are never plain.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || " -+.,/%=;()'\"!?{}\u{fffd}".contains(c)
}

fn push_reference(out: &mut String, c: char) {
    // Writing to a text cannot fail.
    let _infallible = write!(out, "&#{};", u32::from(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_prose_means_anything() {
        assert_eq!(
            escaped_prose("it runs, 3 of 4; a-b.service"),
            "it runs, 3 of 4; a-b.service"
        );
        assert_eq!(escaped_prose("a|b`c"), "a&#124;b&#96;c");
        assert_eq!(escaped_prose("ping @team"), "ping &#64;<!-- -->team");
        assert_eq!(escaped_prose("fixes #1"), "fixes &#35;<!-- -->1");
        assert_eq!(escaped_prose("WWW.evil.example"), "WWW&#46;evil.example");
        assert_eq!(escaped_prose("https://x"), "https&#58;//x");
        assert_eq!(
            escaped_prose("a\n# b\u{1b}[1m"),
            "a &#35;<!-- --> b\u{fffd}&#91;1m"
        );
    }

    #[test]
    fn a_fence_is_longer_than_any_run_of_backticks_in_it() {
        assert_eq!(fenced_block("diff", ["+a"]), "```diff\n+a\n```\n");
        assert_eq!(
            fenced_block("", ["````", "a``b"]),
            "`````\n````\na``b\n`````\n"
        );
    }
}
