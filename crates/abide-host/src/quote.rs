//! Quoting for a POSIX shell: the only place that does it. Everything else hands its values here.

use abide_model::Scope;

/// One word of a POSIX shell that means exactly `text`: inside single quotes nothing has a meaning but the
/// single quote itself. `text` may hold anything but NUL, which no argument and no file name can hold; a NUL
/// is left out, as every shell would.
pub fn quote(text: &str) -> String {
    let mut word = String::with_capacity(text.len().saturating_add(2));
    word.push('\'');
    for c in text.chars() {
        match c {
            '\'' => word.push_str(r"'\''"),
            '\0' => {}
            c => word.push(c),
        }
    }
    word.push('\'');
    word
}

/// [`quote`], but without quotes where no shell gives any character of `text` a meaning: names and paths
/// stay readable.
pub fn word(text: &str) -> String {
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':' | '@' | '+' | ',')
    };
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        quote(text)
    }
}

/// The pattern of a `case` that matches exactly `text`: what is quoted matches itself, and what [`word`] leaves
/// unquoted means nothing in a pattern (XCU 2.13.1, "Patterns Matching a Single Character").
pub fn case_pattern(text: &str) -> String {
    word(text)
}

/// A scope as one word, as the functions of the scripts are given it. A user's name may hold what a shell minds:
/// `user:CORP\svc`.
pub(crate) fn scope_word(scope: &Scope) -> String {
    word(&scope.to_string())
}

/// These words with a blank between each two.
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = texts.into_iter().map(word).collect();
    quoted.join(" ")
}

#[cfg(test)]
mod tests;
