//! Whether a unit starts at the next boot, and why not: one answer for everybody who asks (docs/systemd-facts.md, "The rehearsal").
//!
//! The host's own systemd says what a boot would start (`systemd --test`, a rehearsal). What it cannot know is added here:
//! lingering, masks of user managers, and what is gone after a boot. Conditions, the programs themselves and the home are
//! no part of it.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::printable_text;
use crate::path::HostPath;
use crate::unit_name::UnitName;
use crate::unknown::UnknownReason;

mod judge;
mod reach;

pub use judge::Boot;

/// What a manager would start at the next boot, as its own program says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rehearsal {
    /// Units with a start job in the first transaction.
    pub starts: BTreeSet<UnitName>,
    /// Units whose job was deleted to break an ordering cycle.
    pub dropped: BTreeSet<UnitName>,
    /// Units that are part of an ordering cycle. Which of them is dropped differs from boot to boot (seen on 252 and 257).
    pub in_cycles: BTreeSet<UnitName>,
    /// Units whose files could not be read by whom the rehearsal runs as.
    pub unreadable: BTreeSet<UnitName>,
    /// Whether the next boot is a first boot (machine-id(5)): then systemd enables what presets enable, everything where there
    /// are none, and a rehearsal does not.
    pub first_boot: bool,
}

/// Whether a unit starts at the next boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AtBoot {
    /// It does.
    #[serde(rename = "yes")]
    Starts,
    /// This timer, socket, path or automount does, and will start it.
    #[serde(rename = "by")]
    StartedBy(UnitName),
    /// It does not.
    #[serde(rename = "no")]
    StartsNot(NotAtBoot),
    /// Nobody can tell.
    #[serde(rename = "unknown")]
    Unknown(BootUnknown),
}

/// Why a unit does not start at boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotAtBoot {
    /// Nothing pulls it in.
    NotWanted,
    /// It is masked.
    Masked,
    /// Its manager does not load it.
    NotLoaded {
        /// `LoadState`.
        load: String,
    },
    /// Its user does not linger: nothing starts before somebody logs in.
    NoLinger,
    /// The user's manager is masked.
    ManagerMasked,
    /// What the user's manager needs is masked, or what starts managers at boot.
    ManagerNeeds {
        /// `user-runtime-dir@1000.service`, `user.slice`, `systemd-logind.service`.
        masked: UnitName,
    },
    /// systemd drops it to break an ordering cycle.
    Dropped,
    /// It is part of an ordering cycle of units that all start at boot, so systemd drops one of them.
    InCycle {
        /// The others, as far as they are known.
        with: BTreeSet<UnitName>,
    },
    /// Only this target pulls it in, which every boot would start, and that is masked.
    TargetMasked {
        /// The target.
        target: UnitName,
    },
    /// Only this unit pulls it in, and a boot does not start that.
    NotReached {
        /// A target, mostly.
        by: UnitName,
    },
    /// Only this timer, socket or path starts it, and a boot does not start that.
    TriggerDoesNot {
        /// The trigger.
        trigger: UnitName,
    },
    /// What pulls it in, or its file, is in `/run` and gone after a boot.
    UntilReboot {
        /// The link or file.
        path: HostPath,
    },
    /// Something pulls it in, and systemd leaves it out: what it requires cannot be started, or conflicts.
    LeftOut,
}

/// Why nobody can tell whether a unit starts at boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BootUnknown {
    /// The host's systemd did not say what a boot would start, and its links are not enough.
    NoRehearsal {
        /// Why not.
        why: UnknownReason,
    },
    /// It is part of an ordering cycle: systemd drops one of those units, and not always the same.
    InCycle,
    /// Its file cannot be read by whom the rehearsal runs as.
    Unreadable,
    /// It is disabled, and the next boot is a first boot, which enables what presets enable.
    FirstBoot,
    /// It is masked in `/run`: after a boot it is not.
    MaskedUntilReboot,
    /// Whether its user lingers is not known.
    Lingering,
}

impl AtBoot {
    /// Whether it surely starts at boot, by itself or by a trigger.
    pub fn is_sure(&self) -> bool {
        matches!(self, Self::Starts | Self::StartedBy(_))
    }
}

impl NotAtBoot {
    /// Whether somebody may have meant it so: a unit that hangs from `sleep.target`, of a user who has to log in first. The
    /// other reasons keep a unit from starting that is there to start.
    pub fn may_be_meant(&self) -> bool {
        match self {
            Self::NotWanted
            | Self::NoLinger
            | Self::NotReached { .. }
            | Self::TriggerDoesNot { .. } => true,
            Self::Masked
            | Self::NotLoaded { .. }
            | Self::ManagerMasked
            | Self::ManagerNeeds { .. }
            | Self::Dropped
            | Self::InCycle { .. }
            | Self::TargetMasked { .. }
            | Self::UntilReboot { .. }
            | Self::LeftOut => false,
        }
    }
}

impl fmt::Display for AtBoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starts => f.write_str("yes"),
            Self::StartedBy(unit) => write!(f, "by {unit}"),
            Self::StartsNot(NotAtBoot::NotWanted) => f.write_str("no"),
            Self::StartsNot(why) => write!(f, "no: {why}"),
            Self::Unknown(BootUnknown::NoRehearsal { .. }) => f.write_str("unknown"),
            Self::Unknown(why) => write!(f, "unknown: {why}"),
        }
    }
}

impl fmt::Display for NotAtBoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWanted => f.write_str("nothing pulls it in"),
            Self::Masked => f.write_str("masked"),
            Self::NotLoaded { load } => f.write_str(&printable_text(&load.replace('-', " "))),
            Self::NoLinger => f.write_str("no linger"),
            Self::ManagerMasked => f.write_str("user manager masked"),
            Self::ManagerNeeds { masked } => {
                write!(f, "the user manager needs {masked}, which is masked")
            }
            Self::Dropped => f.write_str("dropped from a cycle"),
            Self::InCycle { with } => in_cycle(f, with),
            Self::TargetMasked { target } => write!(f, "{target} is masked"),
            Self::NotReached { by } => write!(f, "{by} is not reached"),
            Self::TriggerDoesNot { trigger } => write!(f, "{trigger} does not"),
            Self::UntilReboot { .. } => f.write_str("only until the reboot"),
            Self::LeftOut => f.write_str("systemd leaves it out"),
        }
    }
}

impl fmt::Display for BootUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRehearsal { why } => f.write_str(&printable_text(&why.to_string())),
            Self::InCycle => f.write_str("in a cycle"),
            Self::Unreadable => f.write_str("unreadable file"),
            Self::FirstBoot => f.write_str("a first boot applies presets"),
            Self::MaskedUntilReboot => f.write_str("masked until the reboot"),
            Self::Lingering => f.write_str("lingering"),
        }
    }
}

fn in_cycle(f: &mut fmt::Formatter<'_>, with: &BTreeSet<UnitName>) -> fmt::Result {
    let names: Vec<&str> = with.iter().map(UnitName::as_str).take(3).collect();
    write!(f, "in a cycle with {}", names.join(", "))
}
