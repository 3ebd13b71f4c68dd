//! Quoting for a POSIX shell: the only place that does it. Everything else hands its values here.

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

/// These words with a blank between each two.
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = texts.into_iter().map(word).collect();
    quoted.join(" ")
}

#[cfg(test)]
mod tests;
