//! Where the files of a scope stand (crates/README.md, "Rules that more than one crate follows").

use abide_model::{FilePurpose, HomePath, HostPath, NameError, UnitKind, UnitName, UserName};

/// The directories of one scope that unit files are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// `/etc/systemd/system`, `~/.config/systemd/user`.
    pub(crate) config: HostPath,
    /// `/etc/containers/systemd`, `~/.config/containers/systemd`.
    pub(crate) quadlets: HostPath,
}

/// What a file of the ledger is, by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LedgerPlace {
    /// A unit file or a quadlet.
    Unit(UnitName),
    /// A drop-in of this unit.
    DropIn(UnitName),
    /// Anything else.
    Plain,
}

impl Places {
    /// Those of the system scope.
    pub(crate) fn system() -> Self {
        Self {
            config: checked_path("/etc/systemd/system"),
            quadlets: checked_path("/etc/containers/systemd"),
        }
    }

    /// Those of a user with this home. Fails where the home's path is so long that nothing fits below it.
    pub(crate) fn of_home(home: &HostPath) -> Result<Self, NameError> {
        let below = |path: &str| HomePath::parse(path).map(|path| home.join(&path));
        let fits = |path: HostPath| HostPath::parse(path.as_str());
        Ok(Self {
            config: below(".config/systemd/user").and_then(fits)?,
            quadlets: below(".config/containers/systemd").and_then(fits)?,
        })
    }

    /// The unit's own file.
    pub(crate) fn unit(&self, unit: &UnitName) -> Result<HostPath, NameError> {
        self.unit_dir(unit.kind()).join_name(unit.as_str())
    }

    /// A drop-in of the unit. The name comes from the manifest and may be no file name.
    pub(crate) fn drop_in(&self, unit: &UnitName, name: &str) -> Result<HostPath, NameError> {
        self.drop_in_dir(unit)?.join_name(name)
    }

    /// The directory of the unit's drop-ins.
    pub(crate) fn drop_in_dir(&self, unit: &UnitName) -> Result<HostPath, NameError> {
        self.unit_dir(unit.kind()).join_name(&format!("{unit}.d"))
    }

    /// What a file at this place is.
    pub(crate) fn classify(&self, path: &HostPath) -> LedgerPlace {
        let dir = path.parent_directory();
        let of = |name: &str, dir: &HostPath| {
            let unit = UnitName::parse(name).ok()?;
            (*self.unit_dir(unit.kind()) == *dir).then_some(unit)
        };
        if let Some(unit) = of(path.file_name(), &dir) {
            return LedgerPlace::Unit(unit);
        }
        dir.file_name()
            .strip_suffix(".d")
            .and_then(|unit| of(unit, &dir.parent_directory()))
            .map_or(LedgerPlace::Plain, LedgerPlace::DropIn)
    }

    fn unit_dir(&self, kind: UnitKind) -> &HostPath {
        if kind.is_quadlet() {
            &self.quadlets
        } else {
            &self.config
        }
    }
}

impl LedgerPlace {
    /// What a file at this place is for.
    pub(crate) fn file_purpose(&self) -> FilePurpose {
        match self {
            Self::Unit(_) => FilePurpose::Unit,
            Self::DropIn(_) => FilePurpose::DropIn,
            Self::Plain => FilePurpose::Plain,
        }
    }
}

/// The home that `useradd` gives a user of this name.
pub(crate) fn default_home(name: &UserName) -> HostPath {
    checked_path(&format!("/home/{name}"))
}

/// The home of root, for `~` in the system scope.
pub(crate) fn root_home() -> HostPath {
    checked_path("/root")
}

#[expect(
    clippy::expect_used,
    reason = "an absolute path made of fixed parts and at most a checked user name"
)]
fn checked_path(text: &str) -> HostPath {
    HostPath::parse(text).expect("checked parts make a checked path")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_the_file_is() {
        let system = Places::system();
        let user = Places::of_home(&checked_path("/srv/app")).unwrap();
        let unit = |name: &str| UnitName::parse(name).unwrap();
        for (places, path, place) in [
            (
                &system,
                "/etc/systemd/system/a.service",
                LedgerPlace::Unit(unit("a.service")),
            ),
            (
                &system,
                "/etc/systemd/system/a@.service.d/10.conf",
                LedgerPlace::DropIn(unit("a@.service")),
            ),
            (
                &system,
                "/etc/containers/systemd/web.container",
                LedgerPlace::Unit(unit("web.container")),
            ),
            (
                &system,
                "/etc/systemd/system/web.container",
                LedgerPlace::Plain,
            ),
            (
                &user,
                "/srv/app/.config/systemd/user/a.timer",
                LedgerPlace::Unit(unit("a.timer")),
            ),
            (&user, "/srv/app/.config/app/env", LedgerPlace::Plain),
        ] {
            assert_eq!(places.classify(&checked_path(path)), place, "{path}");
        }
    }

    #[test]
    fn a_drop_in_name_cannot_leave_its_directory() {
        let unit = UnitName::parse("a.service").unwrap();
        assert!(Places::system().drop_in(&unit, "../x.conf").is_err());
    }
}
