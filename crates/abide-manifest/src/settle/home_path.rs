//! How a file below a home is named: by its path there, with `~/` before it, or by its whole path.

use abide_model::{HomePath, HostPath, NameError, UserName};

use crate::codes;
use crate::finding::Mistake;
use crate::text::TextPlace;

/// Why that is no file below the home.
#[derive(Debug)]
pub(super) enum HomePathProblem {
    /// It is no path.
    Path(NameError),
    /// It lies elsewhere.
    Elsewhere(HostPath, Option<HostPath>),
    /// It begins with another user's home.
    Other(String),
    /// It is the home itself.
    Home(String),
    /// It begins with the home as shells or unit files name it; what stands behind that.
    Unexpanded(String, String),
}

/// How others name a home.
const HOMES: [&str; 3] = ["$HOME", "${HOME}", "%h"];

/// The path below the home of `user`. The home of a user who is there already may be another than `home` where the manifest does
/// not say it, so an absolute path needs it declared then.
pub(super) fn parse(
    written: &str,
    user: &UserName,
    home: Option<&HostPath>,
) -> Result<HomePath, HomePathProblem> {
    let unexpanded = HOMES.iter().find_map(|home| written.strip_prefix(home));
    if let Some(below) = unexpanded.filter(|below| below.is_empty() || below.starts_with('/')) {
        let below = below.trim_start_matches('/').to_owned();
        return Err(HomePathProblem::Unexpanded(written.to_owned(), below));
    }
    if let Some(behind) = written.strip_prefix('~') {
        let (whose, below) = behind.split_once('/').unwrap_or((behind, ""));
        return match whose.is_empty() || whose == user.as_str() {
            false => Err(HomePathProblem::Other(written.to_owned())),
            true if below.trim_matches('/').is_empty() => {
                Err(HomePathProblem::Home(written.to_owned()))
            }
            true => HomePath::parse(below).map_err(HomePathProblem::Path),
        };
    }
    if !written.starts_with('/') {
        return HomePath::parse(written).map_err(HomePathProblem::Path);
    }
    let is_home = |home: &HostPath| written.trim_end_matches('/') == home.as_str();
    if home.is_some_and(is_home) {
        return Err(HomePathProblem::Home(written.to_owned()));
    }
    let path = HostPath::parse(written).map_err(HomePathProblem::Path)?;
    let below = home
        .filter(|home| path.is_within(home))
        .and_then(|home| path.as_str().strip_prefix(home.as_str()))
        .and_then(|below| below.strip_prefix('/'));
    match below {
        Some(below) => HomePath::parse(below).map_err(HomePathProblem::Path),
        None => Err(HomePathProblem::Elsewhere(path, home.cloned())),
    }
}

impl HomePathProblem {
    pub(super) fn finding(&self, at: TextPlace) -> Mistake {
        const HELP: &str = "files are named by their path below the user's home: `.config/app/env` or `~/.config/app/env`";
        let bad = |message: String| Mistake::new(codes::BAD_VALUE, at, message);
        match self {
            Self::Path(error) => bad(error.to_string()).with_help(HELP),
            Self::Elsewhere(path, home) => {
                let home = home.as_ref().map_or("", HostPath::as_str);
                bad(format!("`{path}` is not below the user's home, `{home}`"))
                    .with_label("elsewhere")
                    .with_help(format!(
                        "{HELP}; where the home is another one, declare it: `home: /…`"
                    ))
            }
            Self::Other(written) => bad(format!(
                "`{}` is not below this user's home",
                written.escape_debug()
            ))
            .with_help(HELP),
            Self::Home(written) => bad(format!(
                "`{}` is the home itself, and no file",
                written.escape_debug()
            ))
            .with_help(HELP),
            Self::Unexpanded(written, below) => bad(format!(
                "`{}`: nothing is expanded in the name of a file",
                written.escape_debug()
            ))
            .with_help(match below.as_str() {
                "" => HELP.to_owned(),
                below => format!("write `~/{}`", below.escape_debug()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_below_the_home_has_three_spellings() {
        let home = HostPath::parse("/srv/app").unwrap();
        let user = UserName::parse("app").unwrap();
        let wanted = HomePath::parse(".config/env").unwrap();
        for written in [
            ".config/env",
            "~/.config/env",
            "~app/.config/env",
            "/srv/app/.config/env",
        ] {
            assert_eq!(
                parse(written, &user, Some(&home)).unwrap(),
                wanted,
                "{written}"
            );
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
            assert!(parse(written, &user, Some(&home)).is_err(), "{written}");
        }
    }

    #[test]
    fn the_home_itself_and_what_shells_and_units_expand_are_called_that() {
        let home = HostPath::parse("/srv/app").unwrap();
        let user = UserName::parse("app").unwrap();
        for written in ["~", "~/", "~app", "~app/", "/srv/app", "/srv/app/"] {
            let wrong = parse(written, &user, Some(&home)).unwrap_err();
            assert!(
                matches!(wrong, HomePathProblem::Home(_)),
                "{written}: {wrong:?}"
            );
        }
        for written in ["$HOME/.env", "${HOME}/.env", "%h/.env", "%h//.env"] {
            let wrong = parse(written, &user, Some(&home)).unwrap_err();
            let help = wrong.finding(TextPlace::default()).help;
            assert_eq!(help.as_deref(), Some("write `~/.env`"), "{written}");
        }
        for written in ["$HOMEPAGE", "%hosts", "a/$HOME", "a~"] {
            assert!(parse(written, &user, Some(&home)).is_ok(), "{written}");
        }
    }
}
