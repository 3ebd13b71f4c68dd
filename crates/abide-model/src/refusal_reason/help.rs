//! What a person can do about a refusal. The match is total, so that a new reason cannot be without it.

use std::borrow::Cow;

use super::RefusalReason;
use crate::boot::NotAtBoot;
use crate::inputs::BrokenInput;

impl RefusalReason {
    /// What a person can do about it, and how to read more.
    pub fn help_text(&self) -> String {
        format!("{} (`abide explain {}`)", self.advice_text(), self.code())
    }

    fn advice_text(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::PodmanTooOld { since, .. } => {
                return format!("upgrade Podman on the host to {since} or newer").into();
            }
            Self::InTheWay { obstacle } => return obstacle.help_text().into(),
            Self::WouldNotStartAgain { input } | Self::WouldBreakAnother { input, .. } => {
                return unless_accepted(input).into();
            }
            Self::ManagerRestartWouldStop { input, .. } => return would_stop(input.as_ref()),
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
            Self::OfDirectory { known } => of_directory(*known),
            Self::UpheldByUnknown { .. } => {
                "give its [Install] section a `WantedBy=`, or declare `enabled: false`"
            }
            Self::HomeIsMounted { .. } => "unmount it there first, or declare `remove_home: false`",
            Self::HomeStays { .. } => {
                "remove or move it there first, or declare `remove_home: false`"
            }
            Self::AliasTaken { by, .. } => by.help_text(),
            Self::EnabledAtRuntime { .. } => {
                "run `systemctl disable --runtime` for it there, in its scope"
            }
            Self::EnabledForAllUsers { .. } => {
                "declare `masked: true` for this user, or run `systemctl --global disable` for it there"
            }
            Self::ManagerLacksGroups { .. } => LACKS_GROUPS,
            Self::OnlyEnablesOthers { .. } => "declare those units as enabled",
            Self::LinksUnknown { .. } => {
                "write the names in its [Install] section out, or enable it by hand"
            }
            Self::RefusedNames { .. } => "remove them from its [Install] section",
            Self::NotAtBoot { why } => not_at_boot(why),
            Self::ManagerMasked { needs: None, .. } => {
                "run `systemctl unmask user@UID.service` there"
            }
            Self::ManagerMasked { .. } => "unmask it there with `systemctl unmask`",
            Self::StartsAnyway { .. } => STARTS_ANYWAY,
            Self::ScriptNotEnabled { .. } => {
                "run `update-rc.d NAME enable` (or `chkconfig NAME on`) for it there"
            }
            Self::TooNew { .. } => {
                "write the unit so that this version can read it, or leave the host out with `--exclude`"
            }
            Self::WouldNotLoad { .. } => "change its text in the manifest",
        })
    }
}

const LACKS_GROUPS: &str = "declare `manager_restart: allow` for this user, which stops all of its units and starts them again, or `manager_restart: never`";

const STARTS_ANYWAY: &str = "declare `masked: true` to keep it from starting, or change what has it so by hand (`update-rc.d NAME disable` for a script of /etc/init.d)";

fn unless_accepted(input: &BrokenInput) -> String {
    format!("{}, or pass `--accept-broken`", input.help_text())
}

fn would_stop(input: Option<&BrokenInput>) -> Cow<'static, str> {
    match input {
        Some(input) => unless_accepted(input).into(),
        None => "see what is refused of that unit, or declare `manager_restart: never`".into(),
    }
}

fn of_directory(known: bool) -> &'static str {
    match known {
        true => {
            "remove the user from the manifest: what abide owns of it goes, and the account stays"
        }
        false => {
            "see `getent passwd NAME` there: the host must be joined, and know the account by this very name"
        }
    }
}

fn not_at_boot(why: &NotAtBoot) -> &'static str {
    match why {
        NotAtBoot::ManagerMasked => {
            "run `systemctl unmask user@UID.service` there, or declare `enabled: false`"
        }
        NotAtBoot::ManagerNeeds { .. } => {
            "unmask it there with `systemctl unmask`, or declare `enabled: false`"
        }
        NotAtBoot::TargetMasked { .. } => {
            "unmask that target there, in its scope, or declare `enabled: false`"
        }
        NotAtBoot::InCycle { .. } | NotAtBoot::Dropped => {
            "take one `After=` or `Before=` out of the cycle"
        }
        _ => "mend that, or declare `enabled: false`",
    }
}
