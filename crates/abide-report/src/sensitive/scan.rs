//! Takes a text apart into what may be shown and what looks like a secret.

use super::key::looks_secret;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TextPiece {
    /// It may be shown.
    Plain(String),
    /// It may not.
    Secret {
        /// What it belongs to: the same value of another key is another secret.
        of: String,
        /// The secret.
        value: String,
    },
}

impl TextPiece {
    /// What a secret belongs to.
    pub(super) fn secret_subject(&self) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::Secret { of, .. } => Some(of),
        }
    }
}

/// The whole text, in order.
pub(super) fn pieces_of_text(text: &str, is_unit: bool) -> Vec<TextPiece> {
    let mut scan = Scan::default();
    let mut rest = text;
    while !rest.is_empty() {
        let line = if is_unit {
            logical_line(rest)
        } else {
            first_line(rest)
        };
        let taken = private_key(rest).unwrap_or(line);
        if taken.len() > line.len() {
            scan.secret("private key", taken.trim_end_matches('\n'));
            scan.add_plain_text(
                taken
                    .get(taken.trim_end_matches('\n').len()..)
                    .unwrap_or(""),
            );
            rest = rest.get(taken.len()..).unwrap_or("");
        } else if is_unit {
            scan.unit_line(line);
            rest = rest.get(line.len()..).unwrap_or("");
        } else {
            let used = scan.line(rest, line);
            rest = rest.get(used..).unwrap_or("");
        }
    }
    scan.pieces
}

fn first_line(text: &str) -> &str {
    let end = text.find('\n').map_or(text.len(), |at| at + 1);
    text.get(..end).unwrap_or(text)
}

/// A line with those that it goes on in (systemd.syntax(7)).
fn logical_line(text: &str) -> &str {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        end += line.len();
        if !line.trim_end_matches('\n').ends_with('\\') {
            break;
        }
    }
    text.get(..end).unwrap_or(text)
}

/// A private key in PEM form that begins with this line.
fn private_key(text: &str) -> Option<&str> {
    let begin = first_line(text);
    if !(begin.contains("-----BEGIN") && begin.contains("PRIVATE KEY")) {
        return None;
    }
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        end += line.len();
        if line.contains("-----END") {
            break;
        }
    }
    text.get(..end)
}

#[derive(Default)]
struct Scan {
    pieces: Vec<TextPiece>,
}

impl Scan {
    fn secret(&mut self, of: &str, value: &str) {
        self.pieces.push(TextPiece::Secret {
            of: of.to_owned(),
            value: value.to_owned(),
        });
    }

    /// Text that holds no secret but passwords in URLs: `postgres://app:PASSWORD@db/app`.
    fn add_plain_text(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, password, after)) = password_in_url(rest) {
            self.text(before);
            self.secret(before, password);
            rest = after;
        }
        self.text(rest);
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces.push(TextPiece::Plain(text.to_owned()));
        }
    }

    /// A line of a unit file; commented ones may hold secrets, too.
    fn unit_line(&mut self, line: &str) {
        let start = line.trim_start_matches(['#', ';', ' ', '\t']);
        let Some((key, value)) = start.split_once('=') else {
            return self.add_plain_text(line);
        };
        let head = line.get(..line.len() - value.len()).unwrap_or("");
        match key.trim_end() {
            "Environment" => {
                self.text(head);
                self.add_assignments(value);
            }
            // `SetCredential=ID:VALUE` (systemd.exec(5)).
            "SetCredential" => {
                let (id, secret) = value.split_once(':').unwrap_or((value, ""));
                let data = secret.trim_end_matches('\n');
                self.text(head);
                self.text(id);
                if !data.is_empty() {
                    self.text(":");
                    self.secret(id, data);
                }
                self.text(secret.get(data.len()..).unwrap_or(""));
            }
            _ => self.add_plain_text(line),
        }
    }

    /// `A=1 "B=2 3"`: what stands between assignments stays.
    fn add_assignments(&mut self, value: &str) {
        let mut rest = value;
        while !rest.is_empty() {
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\\']).len();
            self.text(rest.get(..blank).unwrap_or(""));
            rest = rest.get(blank..).unwrap_or("");
            let word = word(rest);
            self.add_assignment(word);
            rest = rest.get(word.len()..).unwrap_or("");
        }
    }

    /// One `KEY=VALUE`, with or without quotes around.
    fn add_assignment(&mut self, word: &str) {
        let inner = word.trim_start_matches(['"', '\'']);
        let Some((key, value)) = inner.split_once('=') else {
            return self.add_plain_text(word);
        };
        let quote = word.get(..word.len() - inner.len()).unwrap_or("");
        let bare = match quote {
            "" => value,
            quote => value.strip_suffix(quote).unwrap_or(value),
        };
        if bare.is_empty() || !looks_secret(key, bare) {
            return self.add_plain_text(word);
        }
        self.text(quote);
        self.text(key);
        self.text("=");
        self.secret(key, bare);
        self.text(value.get(bare.len()..).unwrap_or(""));
    }

    /// A line of another file: `KEY=VALUE`, `export KEY=VALUE`, `key: value`. How much of the text was used: a value in
    /// quotes may go on.
    fn line(&mut self, rest: &str, line: &str) -> usize {
        let start = line.trim_start_matches(['#', ';', ' ', '\t', '-']);
        let start = start.strip_prefix("export ").unwrap_or(start);
        let Some(at) = start.find(['=', ':']) else {
            self.add_plain_text(line);
            return line.len();
        };
        let (key, value) = (
            start.get(..at).unwrap_or(""),
            start.get(at + 1..).unwrap_or(""),
        );
        let key = key.trim().trim_matches(['"', '\'']);
        let value = value.trim_start_matches([' ', '\t', '=']);
        let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let is_key = !key.is_empty() && key.chars().all(usual);
        if !is_key || value.trim().is_empty() || !looks_secret(key, value) {
            self.add_plain_text(line);
            return line.len();
        }
        let head = line.len() - value.len();
        self.text(line.get(..head).unwrap_or(""));
        let whole = rest.get(head..).unwrap_or("");
        let used = quoted_length(whole).unwrap_or_else(|| value.trim_end_matches('\n').len());
        self.secret(key, whole.get(..used).unwrap_or(""));
        head + used
    }
}

/// How long a value in quotes is, over as many lines as it takes; `None` where it is in none, or they do not end.
fn quoted_length(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let end = word_end(text.get(1..)?, |c| c == quote)?;
    let close = 1 + end + 1;
    let line_end = text.get(close..)?.find('\n').unwrap_or(text.len() - close);
    Some(close + line_end)
}

/// The first word, with its quotes.
fn word(text: &str) -> &str {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = match quote {
        Some(quote) => text
            .get(1..)
            .and_then(|rest| word_end(rest, |c| c == quote))
            .map(|end| end + 2),
        None => word_end(text, char::is_whitespace),
    };
    text.get(..end.unwrap_or(text.len())).unwrap_or(text)
}

/// Where the first such character is that no backslash stands before.
fn word_end(text: &str, is_end: impl Fn(char) -> bool) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if !escaped && is_end(c) {
            return Some(at);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// What stands before a password in a URL, the password, and what follows.
fn password_in_url(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let scheme = text.get(from..)?.find("://")?;
        let start = from + scheme + 3;
        let authority = text.get(start..)?;
        let end = authority
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\''))
            .unwrap_or(authority.len());
        let authority = authority.get(..end)?;
        let parts = authority.rsplit_once('@').and_then(|(user, _)| {
            let (name, password) = user.split_once(':')?;
            (!password.is_empty()).then_some((name.len() + 1, user.len()))
        });
        match parts {
            Some((begin, end)) => {
                let (begin, end) = (start + begin, start + end);
                return Some((text.get(..begin)?, text.get(begin..end)?, text.get(end..)?));
            }
            None => from = start,
        }
    }
}
