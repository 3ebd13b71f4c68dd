//! Paths on a host. They are not local paths: `std::path` would read them by the controller's rules.

use crate::name::{NameError, checked_text};

/// An absolute path on a host, without `.`/`..` parts, doubled or trailing slashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPath(String);
checked_text!(HostPath);

impl HostPath {
    /// Parses an absolute path of at most 4095 bytes (`PATH_MAX` less its NUL).
    pub fn parse(text: &str) -> Result<Self, NameError> {
        const WHAT: &str = "an absolute path";
        if !text.starts_with('/') {
            return Err(NameError::new(text, WHAT, "it must start with `/`"));
        }
        if text == "/" {
            return Ok(Self(text.to_owned()));
        }
        check_parts(text.strip_prefix('/').unwrap_or(text), text, WHAT)?;
        Ok(Self(text.to_owned()))
    }

    /// This path and a relative one below it.
    #[must_use]
    pub fn join(&self, below: &HomePath) -> Self {
        let base = if self.0 == "/" { "" } else { &self.0 };
        Self(format!("{base}/{below}"))
    }

    /// This path and one name below it. The name must be one part: no slash, not `.` or `..`, not empty.
    pub fn join_name(&self, name: &str) -> Result<Self, NameError> {
        if name.contains('/') {
            return Err(NameError::new(
                name,
                "a file name",
                "it may not contain `/`",
            ));
        }
        HomePath::parse(name).map(|name| self.join(&name))
    }

    /// The directory that holds this path; `/` for `/`.
    #[must_use]
    pub fn parent_directory(&self) -> Self {
        match self.0.rsplit_once('/') {
            Some(("", _)) | None => Self("/".to_owned()),
            Some((parent, _)) => Self(parent.to_owned()),
        }
    }

    /// The last part; empty for `/`.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(_, name)| name)
    }

    /// Whether this path is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        other.0 == "/"
            || self == other
            || self
                .0
                .strip_prefix(&other.0)
                .is_some_and(|rest| rest.starts_with('/'))
    }
}

/// A relative path that stays below its base: no `..`, no leading slash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HomePath(String);
checked_text!(HomePath);

impl HomePath {
    /// Parses a relative path that stays below its base.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        const WHAT: &str = "a path below the home directory";
        if text.starts_with('/') {
            return Err(NameError::new(text, WHAT, "write it without a leading `/`"));
        }
        check_parts(text, text, WHAT)?;
        Ok(Self(text.to_owned()))
    }
}

fn check_parts(parts: &str, whole: &str, what: &'static str) -> Result<(), NameError> {
    if whole.len() > 4095 {
        return Err(NameError::new(
            whole,
            what,
            "it may have 4095 bytes at most",
        ));
    }
    if whole.contains('\0') {
        return Err(NameError::new(whole, what, "it may not contain a NUL byte"));
    }
    for part in parts.split('/') {
        match part {
            "" => return Err(NameError::new(whole, what, "it has an empty part")),
            "." | ".." => return Err(NameError::new(whole, what, "`.` and `..` are not allowed")),
            part if part.len() > 255 => {
                return Err(NameError::new(
                    whole,
                    what,
                    "a part may have 255 bytes at most",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_where_they_are_put() {
        let home = HostPath::parse("/srv/app").unwrap();
        let env = home.join(&HomePath::parse(".config/app/env").unwrap());
        assert_eq!(env.as_str(), "/srv/app/.config/app/env");
        assert!(env.is_within(&home));
        assert!(
            !HostPath::parse("/srv/application")
                .unwrap()
                .is_within(&home)
        );
        for text in ["../x", "a/../b", "/etc", "a//b", "", "a/", "a\0b"] {
            assert!(HomePath::parse(text).is_err(), "{text:?}");
        }
    }
}
