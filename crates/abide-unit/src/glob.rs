//! Patterns of paths as glob(7) has them: `EnvironmentFile=` takes them.

/// Whether a path is one that the pattern names. No wildcard stands for a `/`, nor for the dot that a name begins with.
pub fn glob_matches(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut names) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) if matches_name(pattern, name) => {}
            _ => return false,
        }
    }
}

/// What one place of a pattern stands for.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    /// `*`
    Many,
    /// `?`
    One,
    /// `[a-z]`, or `[!a-z]`
    Set(bool, Vec<(char, char)>),
    /// Itself.
    Char(char),
}

impl Token {
    fn matches_char(&self, c: char) -> bool {
        match self {
            Self::Many | Self::One => true,
            Self::Set(is_negated, ranges) => {
                let is_in = ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
                is_in != *is_negated
            }
            Self::Char(char) => *char == c,
        }
    }
}

fn matches_name(pattern: &str, name: &str) -> bool {
    let tokens = parse_tokens(pattern);
    if name.starts_with('.') && tokens.first() != Some(&Token::Char('.')) {
        return false;
    }
    let name: Vec<char> = name.chars().collect();
    let (mut token, mut at) = (0, 0);
    // Where the last `*` stands, and how far it reaches so far.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = name.get(at) {
        match (tokens.get(token), star) {
            (Some(Token::Many), _) => {
                star = Some((token, at));
                token += 1;
            }
            (Some(one), _) if one.matches_char(*c) => (token, at) = (token + 1, at + 1),
            (_, Some((many, reaches))) => {
                star = Some((many, reaches + 1));
                (token, at) = (many + 1, reaches + 1);
            }
            (_, None) => return false,
        }
    }
    tokens.iter().skip(token).all(|rest| *rest == Token::Many)
}

fn parse_tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        tokens.push(match c {
            '*' => Token::Many,
            '?' => Token::One,
            '\\' => Token::Char(rest.next().unwrap_or('\\')),
            '[' => match set(rest.as_str()) {
                Some((set, behind)) => {
                    rest = behind.chars();
                    set
                }
                None => Token::Char('['),
            },
            c => Token::Char(c),
        });
    }
    tokens
}

/// The set that begins behind a `[`, and what follows its `]`; `None` where there is none.
fn set(text: &str) -> Option<(Token, &str)> {
    let negated = text.strip_prefix(['!', '^']);
    let mut rest = negated.unwrap_or(text).chars();
    let mut ranges = Vec::new();
    loop {
        let from = rest.next()?;
        if from == ']' && !ranges.is_empty() {
            return Some((Token::Set(negated.is_some(), ranges), rest.as_str()));
        }
        let mut ahead = rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(to)) if to != ']' => {
                ranges.push((from, to));
                rest = ahead;
            }
            _ => ranges.push((from, from)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::glob_matches;

    #[test]
    fn patterns_name_paths_as_a_shell_does() {
        for (pattern, path) in [
            ("a/b", "a/b"),
            ("conf.d/*.env", "conf.d/a.env"),
            ("conf.d/*", "conf.d/a.env"),
            ("*/x*y*z", "a/xayybz"),
            ("?.env", "a.env"),
            ("[a-c]x[!0-9].env", "bxa.env"),
            ("[]]", "]"),
            (r"a\*", "a*"),
            (".*", ".env"),
            ("a[", "a["),
        ] {
            assert!(glob_matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("a/b", "a/b/c"),
            ("conf.d/*.env", "conf.d/a.envx"),
            ("*", "a/b"),
            ("*.env", ".env"),
            ("?", ""),
            ("[a-c]", "d"),
            ("[!a]", "a"),
            (r"a\*", "ab"),
            ("*x", "xy"),
        ] {
            assert!(!glob_matches(pattern, path), "{pattern} {path}");
        }
        let many = "*a".repeat(200);
        assert!(!glob_matches(&many, &"a".repeat(199)));
    }
}
