//! Where things stand on a host (crates/README.md, systemd.unit(5), "Unit File Load Path"), and names for tests.

use abide_model::{HomePath, HostPath, Scope, UnitName, UnitRef, UserName};

/// An absolute path. Stops the test where it is none.
#[track_caller]
pub fn path(text: &str) -> HostPath {
    HostPath::parse(text).expect("a test names an absolute path")
}

/// A unit of a manager: `user:deploy/web.service`. Stops the test where it is none.
#[track_caller]
pub fn unit_ref(text: &str) -> UnitRef {
    text.parse().expect("a test names a unit as SCOPE/UNIT")
}

/// A user. Stops the test where it is none.
#[track_caller]
pub fn user(name: &str) -> UserName {
    UserName::parse(name).expect("a test names a user")
}

/// A manager: `system`, `user:deploy`. Stops the test where it is none.
#[track_caller]
pub fn scope(text: &str) -> Scope {
    text.parse().expect("a test names a scope")
}

#[track_caller]
pub(crate) fn unit_name(text: &str) -> UnitName {
    UnitName::parse(text).expect("a test names a unit")
}

/// Where unit files of ours stand; `home` is that of the scope's user.
pub fn config_dir(scope: &Scope, home: &HostPath) -> HostPath {
    match scope {
        Scope::System => path("/etc/systemd/system"),
        Scope::User(_) => path_below(home, ".config/systemd/user"),
    }
}

/// Where quadlets of ours stand.
pub(crate) fn quadlet_dir(scope: &Scope, home: &HostPath) -> HostPath {
    match scope {
        Scope::System => path("/etc/containers/systemd"),
        Scope::User(_) => path_below(home, ".config/containers/systemd"),
    }
}

/// Where a manager keeps the units that `systemd-run` makes. A user's is below its runtime directory, which is told
/// apart here by its home.
pub(crate) fn transient_dir(scope: &Scope, home: &HostPath) -> HostPath {
    match scope {
        Scope::System => path("/run/systemd/transient"),
        Scope::User(_) => path_below(&path("/run/user"), home.file_name())
            .join(&HomePath::parse("systemd/transient").expect("a fixed relative path")),
    }
}

/// Where a manager looks for units, the first place first.
pub(crate) fn search_path(scope: &Scope, home: &HostPath) -> Vec<HostPath> {
    let own = config_dir(scope, home);
    match scope {
        Scope::System => vec![
            path("/etc/systemd/system.control"),
            transient_dir(scope, home),
            own,
            path("/usr/lib/systemd/system"),
        ],
        Scope::User(_) => vec![
            path_below(home, ".config/systemd/user.control"),
            transient_dir(scope, home),
            own,
            path("/etc/systemd/user"),
            path("/usr/lib/systemd/user"),
        ],
    }
}

/// Targets that a manager reaches when it starts.
pub(crate) const BOOT_TARGETS: [&str; 7] = [
    "sysinit.target",
    "basic.target",
    "sockets.target",
    "timers.target",
    "paths.target",
    "multi-user.target",
    "default.target",
];

/// Units that every host has without anybody writing them here. A user's manager has no `multi-user.target` (systemd-facts.md#user-has-no-multi-user).
pub(crate) fn is_builtin(scope: &Scope, unit: &UnitName) -> bool {
    let system_only = [
        "multi-user.target",
        "sysinit.target",
        "network.target",
        "network-online.target",
        "local-fs.target",
    ];
    let name = unit.as_str();
    let known = BOOT_TARGETS.contains(&name)
        || system_only.contains(&name)
        || matches!(
            name,
            "shutdown.target" | "-.slice" | "system.slice" | "app.slice"
        );
    known && (*scope == Scope::System || !system_only.contains(&name))
}

pub(crate) fn path_below(dir: &HostPath, relative: &str) -> HostPath {
    dir.join(&HomePath::parse(relative).expect("a fixed relative path"))
}
