//! How repeated assignments of a setting add up: the last one counts, or all of them do, and what an empty one clears.

mod scalars;

use scalars::SCALARS;

/// How repeated assignments of one setting add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// The last one counts; an empty one gives the default back (systemd skips an empty boolean or time instead).
    Last,
    /// All count, in their order; an empty one forgets the earlier ones, of every key of its [`can_clear`] group.
    All,
    /// All count, and none can be taken back: `dependencies (After=, etc.) cannot be reset to an empty list`
    /// (systemd.unit(5)).
    Kept,
}

/// How assignments of this key add up. Keys that are not known count all of them, so that no difference is missed.
/// So do all keys of a quadlet's own section.
pub fn repetition_rule(section: &str, key: &str) -> Repeated {
    let scalar = match section {
        "Install" => key == "DefaultInstance",
        "Unit" | "Service" | "Socket" | "Mount" | "Automount" | "Swap" | "Timer" | "Path"
        | "Slice" | "Scope" => SCALARS.binary_search(&key).is_ok(),
        _ => false,
    };
    if section == "Unit" && DEPENDENCIES.contains(&key) || section == "Install" && key == "Also" {
        Repeated::Kept
    } else if scalar {
        Repeated::Last
    } else {
        Repeated::All
    }
}

/// Whether an empty assignment of `key` forgets what `other` said as well.
///
/// `Condition*=`, `Assert*=` (systemd.unit(5)), the times of a timer (systemd.timer(5)), the paths of a path unit
/// (systemd.path(5)) and the addresses of a socket (systemd.socket(5)) are one list each, whatever their keys.
pub fn can_clear(section: &str, key: &str, other: &str) -> bool {
    key == other
        || GROUPS
            .iter()
            .any(|(of, group)| *of == section && in_group(group, key) && in_group(group, other))
}

/// The addresses of a socket: one list over several keys, and its order is that of the file descriptors
/// (`sd_listen_fds(3)`).
pub const LISTEN: &[&str] = &["Listen*"];

const GROUPS: &[(&str, &[&str])] = &[
    ("Unit", &["Condition*"]),
    ("Unit", &["Assert*"]),
    ("Socket", LISTEN),
    (
        "Timer",
        &[
            "OnActiveSec",
            "OnBootSec",
            "OnStartupSec",
            "OnUnitActiveSec",
            "OnUnitInactiveSec",
            "OnCalendar",
        ],
    ),
    (
        "Path",
        &[
            "PathExists",
            "PathExistsGlob",
            "PathChanged",
            "PathModified",
            "DirectoryNotEmpty",
        ],
    ),
];

/// Whether a key is one of a group; a name that ends in `*` stands for all that begin so.
pub(crate) fn in_group(group: &[&str], key: &str) -> bool {
    group.iter().any(|name| match name.strip_suffix('*') {
        Some(beginning) => key.starts_with(beginning),
        None => *name == key,
    })
}

/// Keys of `[Unit]` that name other units (systemd.unit(5)).
pub(crate) const DEPENDENCIES: &[&str] = &[
    "After",
    "Before",
    "BindTo",
    "BindsTo",
    "Conflicts",
    "JoinsNamespaceOf",
    "OnFailure",
    "OnSuccess",
    "PartOf",
    "PropagatesReloadTo",
    "PropagatesStopTo",
    "ReloadPropagatedFrom",
    "Requires",
    "RequiresMountsFor",
    "Requisite",
    "StopPropagatedFrom",
    "Upholds",
    "Wants",
    "WantsMountsFor",
];

#[cfg(test)]
mod tests;
