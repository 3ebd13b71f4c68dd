//! What a note is about, as data: a code that `abide explain` knows, and the one place where its words are made.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::boot::NotAtBoot;
use crate::inputs::BrokenInput;
use crate::name::printable_text;
use crate::path::HostPath;
use crate::refusal_reason::named_groups;
use crate::setting_support::IgnoredSetting;
use crate::unit_name::UnitName;

/// What a note is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteReason {
    /// A unit will be started and will fail.
    WillNotStart {
        /// For want of this.
        input: BrokenInput,
    },
    /// A unit runs, will be restarted and will fail, and that was accepted.
    AcceptedBroken {
        /// For want of this.
        input: BrokenInput,
    },
    /// The host's systemd ignores something in a unit's texts.
    SystemdIgnores {
        /// What it says of it.
        line: String,
        /// How many such lines there are besides that no note tells.
        more: usize,
    },
    /// The host's systemd would not start a unit, for a reason that its texts and the other units give.
    SystemdWouldNotStart {
        /// What it says.
        line: String,
    },
    /// Nothing tells whether a unit runs what stands in these files.
    MayRunOld {
        /// The unit.
        unit: UnitName,
        /// The files; none where its definition as a whole is meant.
        files: Vec<HostPath>,
    },
    /// The same of a running instance of a template of ours that nobody declares.
    StaleInstance {
        /// The instance.
        instance: UnitName,
        /// Its template.
        template: UnitName,
    },
    /// A unit file has a `SourcePath=` where nothing stands, so systemd asks for a daemon-reload however often it is done.
    SourceMissing {
        /// The unit.
        unit: UnitName,
        /// The path.
        path: HostPath,
    },
    /// A unit should be enabled and is, and a boot does not start it, which may be meant so.
    NotAtBoot {
        /// The unit.
        unit: UnitName,
        /// Why not.
        why: NotAtBoot,
    },
    /// A unit has settings that the host's systemd does not know.
    SettingsIgnored {
        /// Its version.
        systemd: u32,
        /// Those.
        settings: BTreeSet<IgnoredSetting>,
    },
    /// The managers of users do not read this file in that release.
    ManagerIgnores {
        /// The host's version.
        systemd: u32,
        /// The file.
        path: HostPath,
    },
    /// Nobody can see which groups the running manager of a user has.
    GroupsUnseen {
        /// Groups that the account has and that the manager may lack.
        groups: BTreeSet<String>,
        /// The user's id.
        uid: u32,
    },
}

impl NoteReason {
    /// Its code: `N0401`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WillNotStart { .. } => "N0401",
            Self::AcceptedBroken { .. } => "N0402",
            Self::SystemdIgnores { .. } => "N0403",
            Self::SystemdWouldNotStart { .. } => "N0404",
            Self::MayRunOld { .. } | Self::StaleInstance { .. } => "N0501",
            Self::SourceMissing { .. } => "N0502",
            Self::NotAtBoot { .. } => "N0302",
            Self::SettingsIgnored { .. } | Self::ManagerIgnores { .. } => "N0801",
            Self::GroupsUnseen { .. } => "N0802",
        }
    }
}

impl fmt::Display for NoteReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WillNotStart { input } => write!(f, "it will not start: {input}"),
            Self::AcceptedBroken { input } => {
                write!(
                    f,
                    "it runs and will not start again, as was accepted: {input}"
                )
            }
            Self::SystemdIgnores { line, more } => {
                write!(
                    f,
                    "systemd ignores a part of it: `{}`",
                    printable_text(line)
                )?;
                match more {
                    0 => Ok(()),
                    more => write!(f, ", and {more} more"),
                }
            }
            Self::SystemdWouldNotStart { line } => {
                write!(f, "systemd would not start it: `{}`", printable_text(line))
            }
            Self::MayRunOld { unit, files } => may_run_old(f, unit, files),
            Self::StaleInstance { instance, template } => write!(
                f,
                "{instance} runs, nobody declares it, and it may keep an old {template}"
            ),
            Self::SourceMissing { unit, path } => write!(
                f,
                "{unit} has `SourcePath={}` where nothing is, so systemd asks for a daemon-reload again and again; \
                 abide does not",
                printable_text(path.as_str())
            ),
            Self::NotAtBoot { unit, why } => {
                write!(f, "{unit} is enabled, and a boot does not start it: {why}")
            }
            Self::SettingsIgnored { systemd, settings } => settings_ignored(f, *systemd, settings),
            Self::ManagerIgnores { systemd, path } => write!(
                f,
                "systemd {systemd} reads no `user.conf` in a home (249 does): {} sets nothing there",
                printable_text(path.as_str())
            ),
            Self::GroupsUnseen { groups, uid } => write!(
                f,
                "what runs under it may lack {}: nobody can see which groups user@{uid}.service started with",
                named_groups(groups)
            ),
        }?;
        write!(f, " (`abide explain {}`)", self.code())
    }
}

fn may_run_old(f: &mut fmt::Formatter<'_>, unit: &UnitName, files: &[HostPath]) -> fmt::Result {
    let files: Vec<String> = files
        .iter()
        .map(|path| printable_text(path.as_str()))
        .collect();
    let what = match files.as_slice() {
        [] => "configuration".to_owned(),
        files => files.join(", "),
    };
    write!(
        f,
        "{unit} may run an old {what}: it is newer than this run, and nothing tells whether its content is; \
         a restart settles it"
    )
}

/// So many settings are named.
const MOST_SETTINGS: usize = 6;

fn settings_ignored(
    f: &mut fmt::Formatter<'_>,
    systemd: u32,
    settings: &BTreeSet<IgnoredSetting>,
) -> fmt::Result {
    let named: Vec<String> = settings
        .iter()
        .take(MOST_SETTINGS)
        .map(ToString::to_string)
        .collect();
    write!(f, "systemd {systemd} ignores {}", named.join(", "))?;
    match settings.len().saturating_sub(MOST_SETTINGS) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}
