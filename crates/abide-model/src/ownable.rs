//! What abide can own on a host. Whoever reads a ledger, or removes something because of one, asks here: an entry outside
//! of this set leads to nothing.
//!
//! - Of the system: unit files `NAME.TYPE` and drop-ins `NAME.TYPE.d/*.conf` in `/etc/systemd/system`, quadlets and theirs
//!   in `/etc/containers/systemd`.
//! - Of a user: what lies below their home. It is changed as that user only, and so can be nothing that they may not change
//!   themselves.
//! - Units by their name in their own scope, lingering of a user, accounts except the superuser's.

use crate::name::UserName;
use crate::path::HostPath;
use crate::scope::Scope;
use crate::unit_name::UnitName;

/// Where unit files of the system scope stand.
const UNITS: &str = "/etc/systemd/system";
/// Where quadlets of the system scope stand (podman-systemd.unit(5)).
const QUADLETS: &str = "/etc/containers/systemd";

/// Why abide cannot own a thing: a whole clause for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOwnable {
    /// A file of the system's elsewhere.
    #[error(
        "of the system abide owns only unit files, drop-ins and quadlets in {UNITS} and {QUADLETS}"
    )]
    SystemFile,
    /// A file that is not the user's.
    #[error("it does not lie below {home}, the home of {user}")]
    OutsideHome {
        /// Whose scope it is in.
        user: UserName,
        /// Their home.
        home: HostPath,
    },
    /// The superuser as an account that abide made.
    #[error("abide does not make the superuser's account")]
    Superuser,
}

/// Whether abide can own a file of this scope. Of a user's file nothing can be said without the home: see [`below_home`].
pub fn file(scope: &Scope, path: &HostPath) -> Result<(), NotOwnable> {
    match scope {
        Scope::User(_) => Ok(()),
        Scope::System if is_of_a_unit(path) => Ok(()),
        Scope::System => Err(NotOwnable::SystemFile),
    }
}

/// Whether abide can own a file of this user, whose home is known.
pub fn below_home(user: &UserName, home: &HostPath, path: &HostPath) -> Result<(), NotOwnable> {
    match path.is_within(home) && path != home {
        true => Ok(()),
        false => Err(NotOwnable::OutsideHome {
            user: user.clone(),
            home: home.clone(),
        }),
    }
}

/// Whether abide can have made this account.
pub fn account(user: &UserName) -> Result<(), NotOwnable> {
    match user.as_str() {
        "root" => Err(NotOwnable::Superuser),
        _ => Ok(()),
    }
}

/// A unit file, a quadlet, or a drop-in of one.
fn is_of_a_unit(path: &HostPath) -> bool {
    let is_unit = |name: &str, directory: &HostPath| {
        let Ok(unit) = UnitName::parse(name) else {
            return false;
        };
        let belongs = match unit.kind().is_quadlet() {
            true => QUADLETS,
            false => UNITS,
        };
        directory.as_str() == belongs
    };
    let directory = path.parent_directory();
    let name = path.file_name();
    let owner = directory.file_name().strip_suffix(".d");
    let is_drop_in = name.strip_suffix(".conf").is_some() && !name.starts_with('.');
    is_unit(name, &directory)
        || is_drop_in && owner.is_some_and(|owner| is_unit(owner, &directory.parent_directory()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> HostPath {
        HostPath::parse(text).unwrap()
    }

    #[test]
    fn of_the_system_only_files_of_units_can_be_owned() {
        for text in [
            "/etc/systemd/system/a.service",
            "/etc/systemd/system/a@.service",
            "/etc/systemd/system/a.service.d/10-memory.conf",
            "/etc/containers/systemd/web.container",
            "/etc/containers/systemd/web.container.d/x.conf",
        ] {
            assert_eq!(file(&Scope::System, &path(text)), Ok(()), "{text}");
        }
        for text in [
            "/etc/precious.conf",
            "/etc/systemd/system.conf",
            "/etc/systemd/system",
            "/etc/systemd/system/README",
            "/etc/systemd/system/a.container",
            "/etc/systemd/system/multi-user.target.wants/a.service",
            "/etc/systemd/system/a.service.d/script",
            "/etc/systemd/system/a.service.d/.hidden.conf",
            "/etc/systemd/system/a.service.d/deeper/10.conf",
            "/etc/systemd/system/nothing.d/10.conf",
            "/etc/containers/systemd/a.service",
            "/etc/containers/systemd/users/1000/a.container",
            "/usr/lib/systemd/system/a.service",
            "/run/systemd/system/a.service",
            "/home/a/.config/systemd/user/a.service",
        ] {
            let found = file(&Scope::System, &path(text));
            assert_eq!(found, Err(NotOwnable::SystemFile), "{text}");
        }
    }

    #[test]
    fn of_a_user_only_what_lies_below_the_home_can_be_owned() {
        let user: UserName = "ana".parse().unwrap();
        let home = path("/home/ana");
        for text in ["/home/ana/.config/systemd/user/a.service", "/home/ana/x"] {
            assert_eq!(below_home(&user, &home, &path(text)), Ok(()), "{text}");
        }
        for text in ["/home/ana", "/home/anabel/x", "/etc/passwd", "/home"] {
            assert!(below_home(&user, &home, &path(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn the_superuser_is_no_account_that_abide_made() {
        assert!(account(&"root".parse().unwrap()).is_err());
        assert_eq!(account(&"ana".parse().unwrap()), Ok(()));
    }
}
