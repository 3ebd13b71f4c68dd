//! The words of refusals: one clause each. The match is total, so that a new reason cannot be without words.

use std::collections::BTreeSet;
use std::fmt::{self, Formatter};

use super::RefusalReason;
use crate::inputs::BrokenInput;
use crate::name::printable_text;
use crate::path::HostPath;
use crate::unit_name::UnitName;

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoesNotStayUp { health } => write!(
                f,
                "it should run and is {health}; abide has started this configuration already"
            ),
            Self::CannotStartAgain { load } => write!(
                f,
                "it runs, and its manager could not start it again: its unit file is `{}`",
                printable_text(load)
            ),
            Self::RefusesToStop => {
                f.write_str("it runs and refuses to be stopped by hand (`RefuseManualStop=yes`)")
            }
            Self::NoUserManagers { systemd } => no_user_managers(f, *systemd),
            Self::PodmanTooOld { what, since, has } => {
                write!(f, "{what} came with Podman {since}, and the host has {has}")
            }
            Self::OfDirectory { known } => f.write_str(of_directory(*known)),
            Self::UpheldByUnknown { systemd } => upheld_by_unknown(f, *systemd),
            Self::HomeIsMounted { home } => home_is_mounted(f, home),
            Self::HomeStays { home, fault } => {
                write!(f, "its home {home} cannot be removed: {fault}")
            }
            Self::ManagerLacksGroups { groups, uid } => lacks_groups(f, groups, *uid),
            Self::InTheWay { obstacle } => obstacle.fmt(f),
            Self::TooNew { systemd, fault } => fault.of_systemd(*systemd, f),
            Self::AliasTaken { alias, by } => write!(f, "its alias {alias} {by}"),
            Self::EnabledAtRuntime { link } => {
                write!(f, "it is enabled until the next boot as well: {link}")
            }
            Self::EnabledForAllUsers { link } => {
                write!(f, "it is enabled for all users: {link}")
            }
            Self::OnlyEnablesOthers { also } => only_enables_others(f, also),
            Self::LinksUnknown { also } => links_unknown(f, also),
            Self::StartsAnyway { by, source } => starts_anyway(f, by, source.as_ref()),
            Self::ScriptNotEnabled { source } => script_not_enabled(f, source),
            Self::NotAtBoot { why } => {
                write!(f, "it is enabled, and a boot does not start it: {why}")
            }
            Self::ManagerMasked { uid, needs } => manager_masked(f, *uid, needs.as_ref()),
            Self::RefusedNames { names } => refused_names(f, names),
            Self::WouldNotLoad { line } => would_not_load(f, line),
            Self::WouldBreakAnother { unit, input } => would_break_another(f, unit, input),
            Self::ManagerRestartWouldStop { unit, input } => would_stop(f, unit, input.as_ref()),
            Self::WouldNotStartAgain { input } => {
                write!(f, "it runs, and would not start again: {input}")
            }
        }
    }
}

fn no_user_managers(f: &mut Formatter<'_>, systemd: u32) -> fmt::Result {
    write!(
        f,
        "the host has systemd {systemd} without user@.service, so no manager would run units of a user"
    )
}

fn of_directory(known: bool) -> &'static str {
    match known {
        false => {
            "the host does not know this account of a directory, and abide makes none of these"
        }
        true => "it is an account of a directory, and abide deletes none of these",
    }
}

fn upheld_by_unknown(f: &mut Formatter<'_>, systemd: u32) -> fmt::Result {
    write!(
        f,
        "only `UpheldBy=` would enable it, which came with systemd 254, and the host has {systemd}"
    )
}

fn home_is_mounted(f: &mut Formatter<'_>, home: &HostPath) -> fmt::Result {
    write!(
        f,
        "its home {home} cannot be removed: it is a mount point, or has one below it"
    )
}

fn lacks_groups(f: &mut Formatter<'_>, groups: &BTreeSet<String>, uid: u32) -> fmt::Result {
    write!(
        f,
        "what runs under it does not have {}: user@{uid}.service has the groups that it started with",
        named_groups(groups)
    )
}

fn only_enables_others(f: &mut Formatter<'_>, also: &BTreeSet<UnitName>) -> fmt::Result {
    write!(
        f,
        "its [Install] section only names other units to enable (`Also={}`)",
        names(also)
    )
}

fn links_unknown(f: &mut Formatter<'_>, also: &BTreeSet<UnitName>) -> fmt::Result {
    write!(
        f,
        "only the host knows the names in its [Install] section, and `systemctl enable` would enable {} too (`Also=`)",
        names(also)
    )
}

fn starts_anyway(f: &mut Formatter<'_>, by: &UnitName, source: Option<&HostPath>) -> fmt::Result {
    write!(
        f,
        "a boot starts it without a link of its own: {by} wants it"
    )?;
    match source {
        Some(source) => write!(f, ", as a generator made it of {source}"),
        None => Ok(()),
    }
}

fn script_not_enabled(f: &mut Formatter<'_>, source: &HostPath) -> fmt::Result {
    write!(
        f,
        "it is made of {source}, which no runlevel starts; systemd has no links for that"
    )
}

fn refused_names(f: &mut Formatter<'_>, refused: &BTreeSet<UnitName>) -> fmt::Result {
    write!(
        f,
        "`systemctl enable` refuses {} in its [Install] section",
        names(refused)
    )
}

fn would_not_load(f: &mut Formatter<'_>, line: &str) -> fmt::Result {
    write!(
        f,
        "the host's systemd would refuse its new text: {}",
        printable_text(line)
    )
}

fn would_break_another(f: &mut Formatter<'_>, unit: &UnitName, input: &BrokenInput) -> fmt::Result {
    write!(
        f,
        "{unit} runs, is restarted along with it, and would not start again: {input}"
    )
}

fn would_stop(f: &mut Formatter<'_>, unit: &UnitName, input: Option<&BrokenInput>) -> fmt::Result {
    write!(
        f,
        "its manager would have to be restarted for groups that it lacks, and {unit}, which runs, would not start again: "
    )?;
    match input {
        Some(input) => write!(f, "{input}"),
        None => f.write_str("what is declared of it is refused"),
    }
}

/// `the group docker`, `the groups docker, video`.
pub(crate) fn named_groups(groups: &BTreeSet<String>) -> String {
    let names: Vec<String> = groups.iter().map(|group| printable_text(group)).collect();
    let word = if names.len() == 1 { "group" } else { "groups" };
    format!("the {word} {}", names.join(", "))
}

fn names(units: &BTreeSet<UnitName>) -> String {
    let names: Vec<&str> = units.iter().map(UnitName::as_str).collect();
    names.join(" ")
}

fn manager_masked(f: &mut Formatter<'_>, uid: u32, needs: Option<&UnitName>) -> fmt::Result {
    match needs {
        None => write!(f, "user@{uid}.service is masked, so nothing can start it"),
        Some(unit) => write!(
            f,
            "{unit} is masked, which user@{uid}.service needs, so nothing can start it"
        ),
    }
}
