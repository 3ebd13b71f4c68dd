//! Why something is wanted and not done, as data: a code that `abide explain` knows, and the one place where its words
//! are made.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alias::AliasHolder;
use crate::boot::NotAtBoot;
use crate::health::Health;
use crate::home_fault::HomeFault;
use crate::inputs::BrokenInput;
use crate::obstacle::Obstacle;
use crate::path::HostPath;
use crate::podman::{PodmanVersion, QuadletFeature};
use crate::setting_support::LoadFault;
use crate::unit_name::UnitName;

mod help;
mod words;

pub(crate) use words::named_groups;

/// Why something is wanted and not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// A step would fail.
    InTheWay {
        /// For this.
        obstacle: Obstacle,
    },
    /// A unit would be restarted, and another that runs and is restarted with it would not come up again.
    WouldBreakAnother {
        /// The other.
        unit: UnitName,
        /// For want of this.
        input: BrokenInput,
    },
    /// A user's manager should be restarted, and a unit of it that runs would not come up again.
    ManagerRestartWouldStop {
        /// The unit.
        unit: UnitName,
        /// For want of this; `None` where what is declared of the unit is refused.
        input: Option<BrokenInput>,
    },
    /// The host's systemd would not load a unit.
    WouldNotLoad {
        /// What it says.
        line: String,
    },
    /// A unit runs, would be restarted, and would not come up again.
    WouldNotStartAgain {
        /// For want of this.
        input: BrokenInput,
    },
    /// A unit should run and does not stay up, and to start it once more the same would change nothing.
    DoesNotStayUp {
        /// How it is.
        health: Health,
    },
    /// A unit runs and its manager could not start it again.
    CannotStartAgain {
        /// `LoadState`.
        load: String,
    },
    /// A unit should not run, runs, and says `RefuseManualStop=yes`.
    RefusesToStop,
    /// The host's systemd runs no managers of users.
    NoUserManagers {
        /// Its version.
        systemd: u32,
    },
    /// A quadlet needs a newer Podman than the host has.
    PodmanTooOld {
        /// What that must be able to do.
        what: QuadletFeature,
        /// The first Podman that is.
        since: PodmanVersion,
        /// The host's.
        has: PodmanVersion,
    },
    /// A user with a domain in its name is an account of a directory, which abide neither makes nor deletes.
    OfDirectory {
        /// Whether the host knows it.
        known: bool,
    },
    /// Only links of `UpheldBy=` would enable the unit, and the host's systemd makes none.
    UpheldByUnknown {
        /// Its version.
        systemd: u32,
    },
    /// A user's home should go with the user, and is a mount point or has one below it.
    HomeIsMounted {
        /// The home.
        home: HostPath,
    },
    /// A user's home should go with the user, and cannot be removed.
    HomeStays {
        /// The home.
        home: HostPath,
        /// Why.
        fault: HomeFault,
    },
    /// A unit should be enabled, and the name of one of its aliases is another's.
    AliasTaken {
        /// The alias.
        alias: UnitName,
        /// Who has it.
        by: AliasHolder,
    },
    /// A unit should not be enabled, and is enabled until the next boot as well (`systemctl enable --runtime`).
    EnabledAtRuntime {
        /// The link.
        link: HostPath,
    },
    /// A user's unit should not be enabled, and is for all users (`systemctl --global enable`).
    EnabledForAllUsers {
        /// The link.
        link: HostPath,
    },
    /// Groups of a user came after its manager started, and nobody has said whether that may be restarted.
    ManagerLacksGroups {
        /// The groups.
        groups: BTreeSet<String>,
        /// The user's id.
        uid: u32,
    },
    /// A unit should be enabled, and its `[Install]` section only names other units (`Also=`).
    OnlyEnablesOthers {
        /// Those.
        also: BTreeSet<UnitName>,
    },
    /// Only the host knows which links a unit's `[Install]` section asks for, and `systemctl enable` would enable other
    /// units along with it.
    LinksUnknown {
        /// Those units.
        also: BTreeSet<UnitName>,
    },
    /// A unit should not be enabled, and a boot starts it without a link in the configuration directory: a generator or a
    /// package has it so.
    StartsAnyway {
        /// The target that wants it.
        by: UnitName,
        /// What it was generated from.
        source: Option<HostPath>,
    },
    /// A unit should be enabled, and is made of a script of System V init that no runlevel starts.
    ScriptNotEnabled {
        /// The script.
        source: HostPath,
    },
    /// A unit should be enabled, its links are as they should be, and a boot does not start it.
    NotAtBoot {
        /// Why not.
        why: NotAtBoot,
    },
    /// A user's manager should be started and is masked.
    ManagerMasked {
        /// The user's id.
        uid: u32,
        /// What it needs, where that is masked and not the manager itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        needs: Option<UnitName>,
    },
    /// The host's systemd is too old to load the unit file.
    TooNew {
        /// Its version.
        systemd: u32,
        /// Why.
        fault: LoadFault,
    },
    /// `systemctl enable` refuses names in a unit's `[Install]` section.
    RefusedNames {
        /// Those.
        names: BTreeSet<UnitName>,
    },
}

impl RefusalReason {
    /// Its code: `R0101`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooNew { .. } => "R0801",
            Self::WouldNotStartAgain { .. } => "R0401",
            Self::WouldBreakAnother { .. } => "R0410",
            Self::ManagerRestartWouldStop { .. } => "R0412",
            Self::WouldNotLoad { .. } => "R0411",
            Self::InTheWay { obstacle } => obstacle.code(),
            Self::DoesNotStayUp { .. } => "R0101",
            Self::CannotStartAgain { .. } => "R0102",
            Self::RefusesToStop => "R0106",
            Self::NoUserManagers { .. } => "R0201",
            Self::PodmanTooOld { .. } => "R0701",
            Self::OfDirectory { .. } => "R0702",
            Self::UpheldByUnknown { .. } => "R0202",
            Self::HomeIsMounted { .. } => "R0103",
            Self::AliasTaken { .. } => "R0107",
            Self::HomeStays { .. } => "R0108",
            Self::EnabledAtRuntime { .. } => "R0104",
            Self::EnabledForAllUsers { .. } => "R0105",
            Self::ManagerLacksGroups { .. } => "R0601",
            Self::OnlyEnablesOthers { .. } => "R0301",
            Self::LinksUnknown { .. } => "R0302",
            Self::RefusedNames { .. } => "R0303",
            Self::StartsAnyway { .. } => "R0304",
            Self::ScriptNotEnabled { .. } => "R0305",
            Self::NotAtBoot { .. } => "R0306",
            Self::ManagerMasked { .. } => "R0307",
        }
    }
}

/// Each code with its explanation, in order.
pub const EXPLANATIONS: &[(&str, &str)] = &[
    ("R0401", include_str!("explain/R0401.md")),
    ("R0402", include_str!("explain/R0402.md")),
    ("R0403", include_str!("explain/R0403.md")),
    ("R0404", include_str!("explain/R0404.md")),
    ("R0405", include_str!("explain/R0405.md")),
    ("R0406", include_str!("explain/R0406.md")),
    ("R0407", include_str!("explain/R0407.md")),
    ("R0408", include_str!("explain/R0408.md")),
    ("R0409", include_str!("explain/R0409.md")),
    ("R0410", include_str!("explain/R0410.md")),
    ("R0411", include_str!("explain/R0411.md")),
    ("R0412", include_str!("explain/R0412.md")),
    ("N0401", include_str!("explain/N0401.md")),
    ("N0402", include_str!("explain/N0402.md")),
    ("N0403", include_str!("explain/N0403.md")),
    ("N0404", include_str!("explain/N0404.md")),
    ("R0101", include_str!("explain/R0101.md")),
    ("R0102", include_str!("explain/R0102.md")),
    ("R0201", include_str!("explain/R0201.md")),
    ("R0701", include_str!("explain/R0701.md")),
    ("R0702", include_str!("explain/R0702.md")),
    ("R0202", include_str!("explain/R0202.md")),
    ("R0103", include_str!("explain/R0103.md")),
    ("R0104", include_str!("explain/R0104.md")),
    ("R0105", include_str!("explain/R0105.md")),
    ("R0107", include_str!("explain/R0107.md")),
    ("R0108", include_str!("explain/R0108.md")),
    ("R0106", include_str!("explain/R0106.md")),
    ("R0601", include_str!("explain/R0601.md")),
    ("R0301", include_str!("explain/R0301.md")),
    ("R0302", include_str!("explain/R0302.md")),
    ("R0303", include_str!("explain/R0303.md")),
    ("R0304", include_str!("explain/R0304.md")),
    ("R0305", include_str!("explain/R0305.md")),
    ("R0306", include_str!("explain/R0306.md")),
    ("R0307", include_str!("explain/R0307.md")),
    ("N0101", include_str!("explain/N0101.md")),
    ("N0301", include_str!("explain/N0301.md")),
    ("N0302", include_str!("explain/N0302.md")),
    ("N0501", include_str!("explain/N0501.md")),
    ("N0502", include_str!("explain/N0502.md")),
    ("R0801", include_str!("explain/R0801.md")),
    ("N0801", include_str!("explain/N0801.md")),
    ("N0802", include_str!("explain/N0802.md")),
];

/// The explanation of a code of a refusal or note; `None` for a code that does not exist.
pub fn explain(code: &str) -> Option<&'static str> {
    let mut all = EXPLANATIONS.iter();
    all.find(|(known, _)| known.eq_ignore_ascii_case(code))
        .map(|(_, text)| *text)
}

#[cfg(test)]
mod tests;
