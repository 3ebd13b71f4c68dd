//! Where things stand on a host: the rules of `crates/README.md` that both scripts and both readers follow.

use abide_model::{HomePath, HostPath, HostPathOrHome, Scope, UnitName};

/// Where the unit files of the system scope are written.
pub(crate) const SYSTEM_UNITS: &str = "/etc/systemd/system";
/// Where quadlets of the system scope are written (podman-systemd.unit(5)).
const SYSTEM_QUADLETS: &str = "/etc/containers/systemd";
/// The same below a home.
pub(crate) const USER_UNITS: &str = ".config/systemd/user";
const USER_QUADLETS: &str = ".config/containers/systemd";

/// The path of a file named `name` (a unit file, or `UNIT.d/NAME`) in the directory where `unit` belongs.
/// `None` only for a name that no file can have.
pub(crate) fn path_in_unit_directory(
    scope: &Scope,
    unit: &UnitName,
    name: &str,
) -> Option<HostPathOrHome> {
    let quadlet = unit.kind().is_quadlet();
    let path = match (scope, quadlet) {
        (Scope::System, false) => HostPath::parse(&format!("{SYSTEM_UNITS}/{name}")),
        (Scope::System, true) => HostPath::parse(&format!("{SYSTEM_QUADLETS}/{name}")),
        (Scope::User(_), false) => {
            return HomePath::parse(&format!("{USER_UNITS}/{name}"))
                .map(HostPathOrHome::Home)
                .ok();
        }
        (Scope::User(_), true) => {
            return HomePath::parse(&format!("{USER_QUADLETS}/{name}"))
                .map(HostPathOrHome::Home)
                .ok();
        }
    };
    path.map(HostPathOrHome::Absolute).ok()
}

/// The absolute path, once the home is known.
pub(crate) fn resolve(path: &HostPathOrHome, home: &HostPath) -> HostPath {
    match path {
        HostPathOrHome::Absolute(path) => path.clone(),
        HostPathOrHome::Home(below) => home.join(below),
    }
}
