//! What a change of one setting leads to: the decision table as data.

use ChangeClass::{Inert, Install, Live, Reload, Restart};
use abide_model::UnitKind::{
    self, Artifact, Build, Container, Image, Kube, Mount, Network, Path, Pod, Scope, Service,
    Slice, Socket, Swap, Target, Timer, Volume,
};

use crate::setting::DEPENDENCIES;

/// What a change leads to, from nothing to a restart. A unit's class is the greatest of its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeClass {
    /// Nothing changed.
    None,
    /// Only text for people: write, daemon-reload.
    Inert,
    /// Takes effect with the daemon-reload.
    Live,
    /// `[Install]`: the links are made anew.
    Install,
    /// The unit is reloaded (a mount is mounted again with its new options).
    Reload,
    /// A running unit keeps the old value until it is restarted.
    Restart,
}

/// What a change of this setting leads to in a unit of this kind.
pub fn class_of(kind: UnitKind, section: &str, key: &str) -> ChangeClass {
    if section.starts_with("X-") || key.starts_with("X-") {
        return Inert;
    }
    RULES
        .iter()
        .find(|rule| rule.applies_to(kind, section, key))
        .map_or(Restart, |rule| rule.class)
}

struct ClassRule {
    /// Of units of these kinds only; empty: of all.
    kinds: &'static [UnitKind],
    /// In this section; empty: in all.
    section: &'static str,
    /// These keys; empty: all. A trailing `*` stands for any ending.
    keys: &'static [&'static str],
    class: ChangeClass,
}

impl ClassRule {
    fn applies_to(&self, kind: UnitKind, section: &str, key: &str) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.section.is_empty() || self.section == section)
            && (self.keys.is_empty() || crate::setting::in_group(self.keys, key))
    }
}

impl ClassRule {
    const fn for_keys(
        section: &'static str,
        keys: &'static [&'static str],
        class: ChangeClass,
    ) -> Self {
        Self {
            kinds: &[],
            section,
            keys,
            class,
        }
    }
    const fn only_for_kinds(self, kinds: &'static [UnitKind]) -> Self {
        Self { kinds, ..self }
    }
}

/// The first rule that applies decides; where none does, it is a restart: every unknown key, `ExecStart=`,
/// `Environment=`, limits, sandboxing, `Slice=` (they stay old until a restart, systemd-facts.md#live-settings).
const RULES: &[ClassRule] = &[
    // For people only. Source: sd-switch `restart_eq`, nixpkgs `unit_section_ignores`.
    ClassRule::for_keys("Unit", &["Description", "Documentation"], Inert),
    // Read by `systemctl enable` alone (systemd.unit(5)); nixpkgs skips it when comparing.
    ClassRule::for_keys("Install", &[], Install),
    // What the manager consults when the event comes. Source: nixpkgs `unit_section_ignores`.
    ClassRule::for_keys("Unit", CONSULTED, Live),
    // It is a dependency too, but the namespace is joined at the start (systemd.unit(5)).
    ClassRule::for_keys("Unit", &["JoinsNamespaceOf"], Restart),
    // Ordering and requirements are the manager's own graph, rebuilt by a daemon-reload.
    ClassRule::for_keys("Unit", DEPENDENCIES, Live),
    // Consulted when the process ends, is to end or is to be reloaded. Source: systemd-facts.md#live-settings.
    ClassRule::for_keys("Service", AT_THE_END, Live),
    // Written to the control group again at a daemon-reload. Source: systemd.resource-control(5), SD#5619.
    ClassRule::for_keys("", RESOURCES, Live).only_for_kinds(WITH_CONTROL_GROUP),
    // Only `ExecReload=` and what others wait for come of these; nothing of the container itself
    // (podman-systemd.unit(5)).
    ClassRule::for_keys(
        "Container",
        &["ReloadCmd", "ReloadSignal", "StartWithPod"],
        Live,
    ),
    ClassRule::for_keys("Quadlet", &["DefaultDependencies"], Live),
    // A daemon-reload plans the timer anew for another unit. Source: systemd-facts.md#timers-at-reload. Its times are a restart:
    // with a daemon-reload alone a time that has just passed fires the job.
    ClassRule::for_keys("Timer", &["Unit"], Live).only_for_kinds(&[Timer]),
    // A daemon-reload watches the new path (systemd-facts.md#path-looks-at-reload); a slice holds no process of its own, and stopping it would stop
    // its members; a restarted target restarts its members (systemd-facts.md#slices-and-targets).
    ClassRule::for_keys("", &[], Live).only_for_kinds(&[Path, Slice, Target]),
    // A reload mounts again with the new options. Source: systemd-facts.md#mount-reload.
    ClassRule::for_keys("Mount", &["Options"], Reload).only_for_kinds(&[Mount]),
];

const WITH_CONTROL_GROUP: &[UnitKind] = &[
    Service, Socket, Mount, Swap, Scope, Container, Pod, Network, Volume, Kube, Image, Build,
    Artifact,
];

/// nixpkgs `unit_section_ignores`, and what systemd.unit(5) says is checked before a start.
const CONSULTED: &[&str] = &[
    "AllowIsolate",
    "Assert*",
    "CollectMode",
    "Condition*",
    "DefaultDependencies",
    "IgnoreOnIsolate",
    "JobRunningTimeoutSec",
    "JobTimeout*",
    "OnFailureJobMode",
    "OnSuccessJobMode",
    "RefuseManualStart",
    "RefuseManualStop",
    "SourcePath",
    "StartLimit*",
    "StopWhenUnneeded",
];

const AT_THE_END: &[&str] = &[
    "ExecReload",
    "ExecStop",
    "ExecStopPost",
    "KillMode",
    "KillSignal",
    "Restart",
    "RestartPreventExitStatus",
    "RestartSec",
    // Read from [Service] too, for old files (systemd.unit(5)).
    "StartLimit*",
    "SuccessExitStatus",
    "TimeoutSec",
    "TimeoutStartSec",
    "TimeoutStopSec",
];

/// By name, not by beginning: `CPUSchedulingPolicy=`, `IOSchedulingClass=`, `MemoryDenyWriteExecute=` and their like
/// are attributes of the process, set once at its start.
const RESOURCES: &[&str] = &[
    "CPUAccounting",
    "CPUQuota",
    "CPUQuotaPeriodSec",
    "CPUShares",
    "CPUWeight",
    "IOAccounting",
    "IODeviceLatencyTargetSec",
    "IODeviceWeight",
    "IOReadBandwidthMax",
    "IOReadIOPSMax",
    "IOWeight",
    "IOWriteBandwidthMax",
    "IOWriteIOPSMax",
    "MemoryAccounting",
    "MemoryHigh",
    "MemoryLimit",
    "MemoryLow",
    "MemoryMax",
    "MemoryMin",
    "MemorySwapMax",
    "MemoryZSwapMax",
    "MemoryZSwapWriteback",
    "StartupCPUShares",
    "StartupCPUWeight",
    "StartupIOWeight",
    "StartupMemoryHigh",
    "StartupMemoryLow",
    "StartupMemoryMax",
    "StartupMemorySwapMax",
    "StartupMemoryZSwapMax",
    "TasksAccounting",
    "TasksMax",
];

#[cfg(test)]
mod tests;
