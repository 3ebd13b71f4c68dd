//! Names that a person writes: manifests, hosts, groups, users.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize as _;

/// Why a text is not the name it should be. The text is a whole clause for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}: {why}")]
pub struct NameError {
    /// The text that was refused, with control characters escaped.
    pub text: String,
    /// What it should have been, with its article: `a user name`.
    pub what: &'static str,
    /// Which rule it breaks, without control characters.
    pub why: String,
}

impl NameError {
    pub(crate) fn new(text: &str, what: &'static str, why: impl Into<String>) -> Self {
        let text = text
            .chars()
            .flat_map(char::escape_debug)
            .take(300)
            .collect();
        Self {
            text,
            what,
            why: printable_text(&why.into()),
        }
    }
}

/// Implements the traits that every checked name shares: it is its text, and is parsed wherever it comes from.
macro_rules! checked_text {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::name::NameError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
        $crate::name::text_schema!($name);
    };
}
pub(crate) use checked_text;

/// In a JSON schema, what is written as text is text.
macro_rules! text_schema {
    ($name:ty) => {
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                String::schema_name()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                String::json_schema(generator)
            }
        }
    };
}
pub(crate) use text_schema;

/// A user on a host, as `useradd(8)` and systemd's strict rule accept it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);
checked_text!(UserName);

impl UserName {
    /// Parses a user name: 1 to 31 characters of `a-z A-Z 0-9 _ -` (and `.` inside), not starting with a digit,
    /// `-` or `.`. For an account of a directory it has `@` and its domain behind it, or its domain and `\` before it
    /// (which may begin with a digit), 64 characters in all. Source: systemd's `User=` in systemd.exec(5), useradd(8), `use_fully_qualified_names` in
    /// sssd.conf(5), and `winbind separator` in smb.conf(5).
    pub fn parse(text: &str) -> Result<Self, NameError> {
        const WHAT: &str = "a user name";
        let refused = |why: &str| Err(NameError::new(text, WHAT, why));
        let is_fine = match (text.split_once('\\'), text.split_once('@')) {
            (Some(_), Some(_)) => {
                return refused("it has its domain once, behind `@` or before `\\`");
            }
            (Some((domain, name)), None) => is_usual(domain) && is_usual(name),
            (None, Some((name, domain))) => begins_with_letter(name) && is_usual(domain),
            (None, None) if text.is_empty() || text.len() > 31 => {
                return refused("it must have 1 to 31 characters");
            }
            (None, None) => begins_with_letter(text),
        };
        if text.len() > 64 {
            return refused("with its domain it must have 1 to 64 characters");
        }
        if !is_fine {
            return refused(
                "it starts with a letter or `_`, then letters, digits, `_`, `-`, `.`; an account of a directory may have `@DOMAIN` behind it or `DOMAIN\\` before it",
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether it names an account of a directory (`svc@corp.example`, `CORP\svc`), which no host can make.
    pub fn is_of_directory(&self) -> bool {
        self.0.contains(['@', '\\'])
    }

    /// The file by which logind remembers that this user lingers. Its name is escaped as that of a C string.
    pub fn linger_record(&self) -> String {
        format!("/var/lib/systemd/linger/{}", self.0.replace('\\', r"\\"))
    }

    /// As a person types it in a shell: in quotes where it needs them.
    pub fn in_shell(&self) -> Cow<'_, str> {
        match self.0.contains('\\') {
            true => Cow::Owned(format!("'{}'", self.0)),
            false => Cow::Borrowed(&self.0),
        }
    }
}

/// Letters, digits, `_`, `-`, `.`.
fn is_usual_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Whether it is such a text that begins with a letter or `_`.
fn begins_with_letter(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(is_usual_character)
}

/// Whether it is such a text that begins with a letter, a digit or `_`.
fn is_usual(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text.chars().all(is_usual_character)
}

/// The identity of a manifest in the ledger of every host it touches; also a file name there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ManifestName(String);
checked_text!(ManifestName);

impl ManifestName {
    /// Parses a manifest name: 1 to 64 characters of `a-z A-Z 0-9 _ - .`, starting with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        parse_simple(text, "a manifest name", 64).map(Self)
    }
}

/// A group of hosts in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName(String);
checked_text!(GroupName);

impl GroupName {
    /// The group that every host is in.
    pub const ALL: &'static str = "all";

    /// Parses a group name: 1 to 64 characters of `a-z A-Z 0-9 _ - .`, starting with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        parse_simple(text, "a group name", 64).map(Self)
    }
}

fn parse_simple(text: &str, what: &'static str, longest: usize) -> Result<String, NameError> {
    if text.is_empty() || text.len() > longest {
        return Err(NameError::new(
            text,
            what,
            format!("it must have 1 to {longest} characters"),
        ));
    }
    let first_is_fine = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let rest_is_fine = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if !first_is_fine || !rest_is_fine {
        return Err(NameError::new(
            text,
            what,
            "use letters, digits, `_`, `-`, `.`",
        ));
    }
    Ok(text.to_owned())
}

/// A host of the fleet: the key under `hosts:`, and the ssh destination unless `address` is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(String);
checked_text!(HostName);

impl HostName {
    /// Parses a host name: 1 to 253 characters without white space or control characters, not starting with `-`
    /// (ssh would take it for an option).
    pub fn parse(text: &str) -> Result<Self, NameError> {
        const WHAT: &str = "a host name";
        if text.is_empty() || text.len() > 253 {
            return Err(NameError::new(
                text,
                WHAT,
                "it must have 1 to 253 characters",
            ));
        }
        if text.starts_with('-') {
            return Err(NameError::new(text, WHAT, "it may not start with `-`"));
        }
        let fine =
            |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%' | '[' | ']');
        if !text.chars().all(fine) {
            return Err(NameError::new(
                text,
                WHAT,
                "use letters, digits, `.`, `-`, `_`, `:`",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A reference that is written `system` or `user:NAME` and the like: shared by [`crate::Scope`].
pub(crate) fn serialize_display<T: fmt::Display, S: serde::Serializer>(
    value: &T,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

/// The reading side of [`serialize_display`].
pub(crate) fn deserialize_from_str<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: FromStr,
    T::Err: fmt::Display,
    D: serde::Deserializer<'de>,
{
    String::deserialize(from)?
        .parse()
        .map_err(serde::de::Error::custom)
}

/// Replaces control characters (but newline and tab) by U+FFFD: hosts and their output are not trusted.
pub fn printable_text(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            c if c.is_control() => '\u{FFFD}',
            // Marks and overrides of direction can make a diff read as something else (CVE-2021-42574);
            // the last two are line ends that are no control characters.
            '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{061C}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2028}'
            | '\u{2029}' => '\u{FFFD}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_named_as_hosts_and_as_directories_name_them() {
        let longest = format!("a{}", "b".repeat(30));
        for fine in [
            "a",
            "_x",
            "A-b.c_1",
            &longest,
            "svc@corp.example",
            "a@b",
            "a.b@3c-d_e",
            r"CORP\svc",
            r"corp.example\1_a-b.c",
            r"3CORP\svc",
        ] {
            let name = UserName::parse(fine).unwrap();
            let has_domain = fine.contains(['@', '\\']);
            assert_eq!(name.is_of_directory(), has_domain, "{fine}");
        }
        let (long, longer) = (format!("{longest}c"), format!("a@{}", "b".repeat(63)));
        let longest_of_all = format!("a\\{}", "b".repeat(63));
        for wrong in [
            "",
            "1a",
            "-a",
            ".a",
            "a b",
            "a/b",
            "@",
            "a@",
            "@b",
            "a@.b",
            "a@-b",
            "a@@b",
            "a@b@c",
            "a@b/c",
            "a@b:c",
            r"\",
            r"\a",
            r"a\",
            r"a\\b",
            r"a\b\c",
            r"a\.b",
            r"a\-b",
            r"a\b@c",
            r"a@b\c",
            r"-a\b",
            r"a\b'",
            r"a\*",
            "a\\b\n",
            "a[b",
            "a\n",
            "é",
            "a*",
            "a'b",
            "a@b$c",
            &long,
            &longer,
            &longest_of_all,
        ] {
            assert!(UserName::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_name_with_a_backslash_is_quoted_for_a_shell_and_escaped_by_logind() {
        let error = UserName::parse(r"CORP\svc@corp.example").unwrap_err();
        assert!(error.to_string().contains("domain once"), "{error}");
        let in_shell = |text| UserName::parse(text).unwrap().in_shell().into_owned();
        assert_eq!(in_shell(r"CORP\svc"), r"'CORP\svc'");
        assert_eq!(in_shell("a@b"), "a@b");
        let record = UserName::parse(r"CORP\svc").unwrap().linger_record();
        assert_eq!(record, r"/var/lib/systemd/linger/CORP\\svc");
    }
}
