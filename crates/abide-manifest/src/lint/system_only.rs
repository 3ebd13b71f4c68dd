//! Units that only the system manager has. Source: systemd.special(7), "Units managed by the user service manager";
//! the user managers of systemd 252 and 257 have none of them.

/// Targets of the system manager that no user manager has.
const TARGETS: &[&str] = &[
    "multi-user",
    "graphical",
    "rescue",
    "emergency",
    "sysinit",
    "network",
    "network-online",
    "network-pre",
    "nss-lookup",
    "nss-user-lookup",
    "remote-fs",
    "remote-fs-pre",
    "local-fs",
    "local-fs-pre",
    "time-sync",
    "time-set",
    "swap",
    "getty",
    "getty-pre",
    "cryptsetup",
    "remote-cryptsetup",
    "rpcbind",
    "kexec",
    "reboot",
    "poweroff",
    "halt",
    "hibernate",
    "suspend",
    "sleep",
    "system-update",
    "first-boot-complete",
    "machines",
    "boot-complete",
];

/// Whether only the system manager has this unit.
pub(super) fn is_system_only(unit: &str) -> bool {
    unit.strip_suffix(".target")
        .is_some_and(|target| TARGETS.contains(&target))
        || matches!(
            unit,
            "systemd-networkd-wait-online.service" | "NetworkManager-wait-online.service"
        )
}
