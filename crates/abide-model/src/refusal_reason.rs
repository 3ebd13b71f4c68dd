//! Why something is wanted and not done, as data: a code that `abide explain` knows, and the one place where its words
//! are made.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alias::AliasHolder;
use crate::boot::NotAtBoot;
use crate::health::Health;
use crate::home_fault::HomeFault;
use crate::inputs::BrokenInput;
use crate::name::printable;
use crate::obstacle::Obstacle;
use crate::path::HostPath;
use crate::podman::{PodmanVersion, QuadletFeature};
use crate::setting_support::LoadFault;
use crate::unit_name::UnitName;

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

    /// What a person can do about it.
    pub fn help(&self) -> String {
        let what = match self {
            Self::PodmanTooOld { since, .. } => {
                let upgrade = format!("upgrade Podman on the host to {since} or newer");
                return format!("{upgrade} (`abide explain {}`)", self.code());
            }
            Self::DoesNotStayUp { .. } => {
                "its journal says why; abide starts it again when its files change, or once it has stopped"
            }
            Self::CannotStartAgain { .. } => {
                "see `systemctl status` of it there: its next restart would fail"
            }
            Self::RefusesToStop => "stop what keeps it running, then plan again",
            Self::NoUserManagers { .. } => {
                "declare these as units of the system, with `User=` in their files"
            }
            Self::OfDirectory { known: true } => {
                "remove the user from the manifest: what abide owns of it goes, and the account stays"
            }
            Self::OfDirectory { known: false } => {
                "see `getent passwd NAME` there: the host must be joined, and know the account by this very name"
            }
            Self::UpheldByUnknown { .. } => {
                "give its [Install] section a `WantedBy=`, or declare `enabled: false`"
            }
            Self::HomeIsMounted { .. } => "unmount it there first, or declare `remove_home: false`",
            Self::HomeStays { .. } => {
                "remove or move it there first, or declare `remove_home: false`"
            }
            Self::AliasTaken { by, .. } => by.help(),
            Self::EnabledAtRuntime { .. } => {
                "run `systemctl disable --runtime` for it there, in its scope"
            }
            Self::EnabledForAllUsers { .. } => {
                "declare `masked: true` for this user, or run `systemctl --global disable` for it there"
            }
            Self::ManagerLacksGroups { .. } => {
                "declare `manager_restart: allow` for this user, which stops all of its units and starts them again, or `manager_restart: never`"
            }
            Self::OnlyEnablesOthers { .. }
            | Self::LinksUnknown { .. }
            | Self::StartsAnyway { .. }
            | Self::ScriptNotEnabled { .. }
            | Self::NotAtBoot { .. }
            | Self::ManagerMasked { .. }
            | Self::RefusedNames { .. } => self.help_of_links(),
            Self::TooNew { .. } => {
                "write the unit so that this version can read it, or leave the host out with `--exclude`"
            }
            Self::InTheWay { obstacle } => {
                return format!("{} (`abide explain {}`)", obstacle.help(), self.code());
            }
            Self::WouldNotLoad { .. }
            | Self::WouldNotStartAgain { .. }
            | Self::WouldBreakAnother { .. }
            | Self::ManagerRestartWouldStop { .. } => return self.help_of_starts(),
        };
        format!("{what} (`abide explain {}`)", self.code())
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoesNotStayUp { health } => write!(
                f,
                "it should run and is {health}; abide has started this configuration already"
            ),
            Self::CannotStartAgain { load } => write!(
                f,
                "it runs, and its manager could not start it again: its unit file is `{}`",
                printable(load)
            ),
            Self::RefusesToStop => {
                f.write_str("it runs and refuses to be stopped by hand (`RefuseManualStop=yes`)")
            }
            Self::NoUserManagers { systemd } => write!(
                f,
                "the host has systemd {systemd} without user@.service, so no manager would run units of a user"
            ),
            Self::PodmanTooOld { what, since, has } => {
                write!(f, "{what} came with Podman {since}, and the host has {has}")
            }
            Self::OfDirectory { known: false } => f.write_str(
                "the host does not know this account of a directory, and abide makes none of these",
            ),
            Self::OfDirectory { known: true } => {
                f.write_str("it is an account of a directory, and abide deletes none of these")
            }
            Self::UpheldByUnknown { systemd } => write!(
                f,
                "only `UpheldBy=` would enable it, which came with systemd 254, and the host has {systemd}"
            ),
            Self::HomeIsMounted { home } => write!(
                f,
                "its home {home} cannot be removed: it is a mount point, or has one below it"
            ),
            Self::HomeStays { home, fault } => {
                write!(f, "its home {home} cannot be removed: {fault}")
            }
            Self::ManagerLacksGroups { groups, uid } => write!(
                f,
                "what runs under it does not have {}: user@{uid}.service has the groups that it started with",
                listed(groups)
            ),
            Self::InTheWay { obstacle } => obstacle.fmt(f),
            Self::TooNew { systemd, fault } => fault.of_systemd(*systemd, f),
            Self::OnlyEnablesOthers { .. }
            | Self::LinksUnknown { .. }
            | Self::StartsAnyway { .. }
            | Self::ScriptNotEnabled { .. }
            | Self::NotAtBoot { .. }
            | Self::ManagerMasked { .. }
            | Self::AliasTaken { .. }
            | Self::EnabledAtRuntime { .. }
            | Self::EnabledForAllUsers { .. }
            | Self::RefusedNames { .. } => self.fmt_of_links(f),
            Self::WouldNotLoad { .. }
            | Self::WouldNotStartAgain { .. }
            | Self::ManagerRestartWouldStop { .. }
            | Self::WouldBreakAnother { .. } => self.fmt_of_starts(f),
        }
    }
}

impl RefusalReason {
    /// What a person can do about what keeps units from starting.
    fn help_of_starts(&self) -> String {
        let what = match self {
            Self::WouldNotStartAgain { input }
            | Self::WouldBreakAnother { input, .. }
            | Self::ManagerRestartWouldStop {
                input: Some(input), ..
            } => format!("{}, or pass `--accept-broken`", input.help()),
            Self::ManagerRestartWouldStop { input: None, .. } => {
                "see what is refused of that unit, or declare `manager_restart: never`".to_owned()
            }
            _ => "change its text in the manifest".to_owned(),
        };
        format!("{what} (`abide explain {}`)", self.code())
    }

    /// The words of what keeps units from starting.
    fn fmt_of_starts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WouldNotLoad { line } => write!(
                f,
                "the host's systemd would refuse its new text: {}",
                printable(line)
            ),
            Self::WouldBreakAnother { unit, input } => write!(
                f,
                "{unit} runs, is restarted along with it, and would not start again: {input}"
            ),
            Self::ManagerRestartWouldStop { unit, input } => {
                write!(
                    f,
                    "its manager would have to be restarted for groups that it lacks, and {unit}, which runs, would not start again: "
                )?;
                match input {
                    Some(input) => write!(f, "{input}"),
                    None => f.write_str("what is declared of it is refused"),
                }
            }
            Self::WouldNotStartAgain { input } => {
                write!(f, "it runs, and would not start again: {input}")
            }
            _ => Ok(()),
        }
    }

    /// What a person can do about what keeps links from being made or removed, or from having an effect.
    fn help_of_links(&self) -> &'static str {
        match self {
            Self::OnlyEnablesOthers { .. } => "declare those units as enabled",
            Self::LinksUnknown { .. } => {
                "write the names in its [Install] section out, or enable it by hand"
            }
            Self::RefusedNames { .. } => "remove them from its [Install] section",
            Self::NotAtBoot { why } => match why {
                NotAtBoot::ManagerMasked => {
                    "run `systemctl unmask user@UID.service` there, or declare `enabled: false`"
                }
                NotAtBoot::TargetMasked { .. } => {
                    "unmask that target there, in its scope, or declare `enabled: false`"
                }
                NotAtBoot::InCycle { .. } | NotAtBoot::Dropped => {
                    "take one `After=` or `Before=` out of the cycle"
                }
                _ => "mend that, or declare `enabled: false`",
            },
            Self::ManagerMasked { .. } => "run `systemctl unmask user@UID.service` there",
            Self::StartsAnyway { .. } => {
                "declare `masked: true` to keep it from starting, or change what has it so by hand (`update-rc.d NAME disable` for a script of /etc/init.d)"
            }
            Self::ScriptNotEnabled { .. } => {
                "run `update-rc.d NAME enable` (or `chkconfig NAME on`) for it there"
            }
            _ => "",
        }
    }

    /// The words of what keeps links from being made or removed, or from having an effect.
    fn fmt_of_links(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AliasTaken { alias, by } => write!(f, "its alias {alias} {by}"),
            Self::EnabledAtRuntime { link } => {
                write!(f, "it is enabled until the next boot as well: {link}")
            }
            Self::EnabledForAllUsers { link } => {
                write!(f, "it is enabled for all users: {link}")
            }
            Self::OnlyEnablesOthers { also } => write!(
                f,
                "its [Install] section only names other units to enable (`Also={}`)",
                names(also)
            ),
            Self::LinksUnknown { also } => write!(
                f,
                "only the host knows the names in its [Install] section, and `systemctl enable` would enable {} too (`Also=`)",
                names(also)
            ),
            Self::StartsAnyway { by, source } => {
                write!(
                    f,
                    "a boot starts it without a link of its own: {by} wants it"
                )?;
                match source {
                    Some(source) => write!(f, ", as a generator made it of {source}"),
                    None => Ok(()),
                }
            }
            Self::ScriptNotEnabled { source } => write!(
                f,
                "it is made of {source}, which no runlevel starts; systemd has no links for that"
            ),
            Self::NotAtBoot { why } => {
                write!(f, "it is enabled, and a boot does not start it: {why}")
            }
            Self::ManagerMasked { uid } => {
                write!(f, "user@{uid}.service is masked, so nothing can start it")
            }
            Self::RefusedNames { names: refused } => write!(
                f,
                "`systemctl enable` refuses {} in its [Install] section",
                names(refused)
            ),
            _ => Ok(()),
        }
    }
}

/// `the group docker`, `the groups docker, video`.
pub(crate) fn listed(groups: &BTreeSet<String>) -> String {
    let names: Vec<String> = groups.iter().map(|group| printable(group)).collect();
    let word = if names.len() == 1 { "group" } else { "groups" };
    format!("the {word} {}", names.join(", "))
}

fn names(units: &BTreeSet<UnitName>) -> String {
    let names: Vec<&str> = units.iter().map(UnitName::as_str).collect();
    names.join(" ")
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
