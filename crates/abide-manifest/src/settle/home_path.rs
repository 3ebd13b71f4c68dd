//! How a file below a home is named: by its path there, with `~/` before it, or by its whole path.

use abide_model::{HomePath, HostPath, NameError};

use crate::codes;
use crate::finding::Finding;
use crate::text::Place;

/// Why that is no file below the home.
#[derive(Debug)]
pub(super) enum Wrong {
    /// It is no path.
    Path(NameError),
    /// It lies elsewhere.
    Elsewhere(HostPath, Option<HostPath>),
    /// It begins with another user's home.
    Other(String),
}

/// The path below the home. The home of a user who is there already may be another than `home` where the manifest does not
/// say it, so an absolute path needs it declared then.
pub(super) fn parse(written: &str, home: Option<&HostPath>) -> Result<HomePath, Wrong> {
    if let Some(below) = written.strip_prefix("~/") {
        return HomePath::parse(below).map_err(Wrong::Path);
    }
    if written.starts_with('~') {
        return Err(Wrong::Other(written.to_owned()));
    }
    if !written.starts_with('/') {
        return HomePath::parse(written).map_err(Wrong::Path);
    }
    let path = HostPath::parse(written).map_err(Wrong::Path)?;
    let below = home
        .filter(|home| path.is_within(home))
        .and_then(|home| path.as_str().strip_prefix(home.as_str()))
        .and_then(|below| below.strip_prefix('/'));
    match below {
        Some(below) => HomePath::parse(below).map_err(Wrong::Path),
        None => Err(Wrong::Elsewhere(path, home.cloned())),
    }
}

impl Wrong {
    pub(super) fn finding(&self, at: Place) -> Finding {
        const HELP: &str = "files are named by their path below the user's home: `.config/app/env` or `~/.config/app/env`";
        match self {
            Self::Path(error) => Finding::new(codes::BAD_VALUE, at, error.to_string()).help(HELP),
            Self::Elsewhere(path, home) => {
                let home = home.as_ref().map_or("", HostPath::as_str);
                let message = format!("`{path}` is not below the user's home, `{home}`");
                Finding::new(codes::BAD_VALUE, at, message)
                    .label("elsewhere")
                    .help(format!(
                        "{HELP}; where the home is another one, declare it: `home: /…`"
                    ))
            }
            Self::Other(written) => {
                let message = format!("`{}` is not below this user's home", written.escape_debug());
                Finding::new(codes::BAD_VALUE, at, message).help(HELP)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_below_the_home_has_three_spellings() {
        let home = HostPath::parse("/srv/app").unwrap();
        let wanted = HomePath::parse(".config/env").unwrap();
        for written in [".config/env", "~/.config/env", "/srv/app/.config/env"] {
            assert_eq!(parse(written, Some(&home)).unwrap(), wanted, "{written}");
        }
        for written in [
            "~",
            "~other/x",
            "/srv/application/x",
            "/srv/app",
            "/etc/x",
            "~/../x",
            "~//x",
        ] {
            assert!(parse(written, Some(&home)).is_err(), "{written}");
        }
    }
}
