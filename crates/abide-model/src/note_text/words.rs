//! The words of notes: one sentence each, without its full stop.

use std::fmt::{self, Formatter};

use super::{LedgerNote, LingerNote, NoteText, PodmanNote, UnitNote};
use crate::name::{UserName, printable_text};
use crate::path::HostPath;
use crate::unit_name::UnitName;

/// So many names are told.
const MOST: usize = 5;

/// So much is shown of a text that a host said.
const LONGEST: usize = 200;

impl fmt::Display for NoteText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reason(why) => why.fmt(f),
            Self::Accepted(why) => write!(f, "{why} (`abide explain {}`)", why.code()),
            Self::Unit { unit, says } => says.write_about_unit(unit, f),
            Self::Linger { user, says } => says.write_about_linger(user, f),
            Self::Podman(note) => note.fmt(f),
            Self::Ledger(note) => note.fmt(f),
            Self::Orphan => f.write_str("it is ours, and nothing declares it any more"),
            Self::OrphanDropIn { name } => {
                write!(
                    f,
                    "its drop-in {name} is ours, and nothing declares it any more"
                )
            }
            Self::AddedDropIn { path, beside } => write_added_file(path, *beside, f),
            Self::ForeignDropIns(paths) => {
                write!(f, "drop-ins that are not ours are kept: {}", names(paths))
            }
            Self::LinksByHand(links) => write!(
                f,
                "links that were made by hand are kept, for `enabled` is not declared: {}",
                names(links)
            ),
            Self::AlsoLeft(also) => write!(
                f,
                "{} of its `Also=` stays as it is (`abide explain N0301`)",
                names(also)
            ),
            Self::LoadTimeHidden { systemd } => write!(
                f,
                "systemd {systemd} does not show when it read its units last: that a reload is owed is known by NeedDaemonReload alone"
            ),
            Self::Told(text) => f.write_str(text),
        }
    }
}

impl UnitNote {
    fn write_about_unit(&self, unit: &UnitName, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere => write!(
                f,
                "the host has no {unit}: is that its name? (`abide explain N0101`)"
            ),
            Self::KeepsOld { template } => write!(
                f,
                "{unit} runs, nobody declares it, and it keeps the old {template}"
            ),
            Self::StartedBy(triggers) => {
                write!(f, "{unit} can still be started by {}", names(triggers))
            }
            Self::Persistent => write!(
                f,
                "{unit} fires at once if a run was missed (`Persistent=yes`)"
            ),
            Self::MayFire => write!(
                f,
                "{unit} may fire at once: a time after boot that has passed counts as due"
            ),
            Self::SaidLast { line } => {
                write!(f, "{unit} said last: `{}`", one_printable_line(line))
            }
            Self::Held => write!(
                f,
                "{unit} keeps running its old configuration until it is restarted (`on_change: none`)"
            ),
            Self::HeldBySetting { key } => write!(
                f,
                "{unit} is kept running its old configuration: it says `{key}=yes`"
            ),
            Self::InUse => write!(
                f,
                "{unit} is in use by the running system and takes this change at the next boot"
            ),
            Self::Ends => write!(
                f,
                "{unit} does its work and ends (`Type=oneshot`): abide does not start it; enable it or give it a timer"
            ),
            Self::RefusesStart => {
                write!(f, "{unit} is not started: it says `RefuseManualStart=yes`")
            }
            Self::Unmet { condition } => {
                write!(
                    f,
                    "{unit} is not started: {} does not hold",
                    one_printable_line(condition)
                )
            }
            Self::HeldByCondition => write!(
                f,
                "a condition held {unit} back at its last start; it is not tried again"
            ),
        }
    }
}

impl LingerNote {
    fn write_about_linger(&self, user: &UserName, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Orphan => write!(
                f,
                "{user} lingers because of an earlier apply, and nothing declared needs it"
            ),
            Self::Stays { why } => write!(f, "lingering stays on: {why}"),
            Self::OfManifest(other) => {
                write!(f, "{user} lingers; manifest {other} has something there")
            }
            Self::NoAccount => write!(
                f,
                "{user} has a linger record and no account: remove {}",
                user.linger_record()
            ),
            Self::OfLogin => write!(
                f,
                "{user} lingers and nobody declares it; abide leaves its own login user alone"
            ),
            Self::Undeclared => write!(f, "{user} lingers and nobody declares it"),
            Self::HeldBySession { unit } => write!(
                f,
                "the manager of {user} is up only while a session is open: {unit} stops with the last one"
            ),
        }
    }
}

impl fmt::Display for PodmanNote {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::VolumeStays { name } => {
                let name = one_printable_line(name);
                write!(
                    f,
                    "the volume {name} and what is in it stay: `podman volume rm {name}` would remove both"
                )
            }
            Self::Stays { what, name } => {
                let name = one_printable_line(name);
                write!(
                    f,
                    "the {what} {name} stays: `podman {what} rm {name}` would remove it"
                )
            }
            Self::PullsAgain { unit, what } => {
                write!(f, "restarting {unit} pulls the {what} again")
            }
            Self::BuildsAgain { unit } => write!(
                f,
                "{unit} builds its image again when a container that uses it starts next"
            ),
            Self::Recreate {
                quadlet,
                unit,
                what,
                name,
            } => {
                let name = one_printable_line(name);
                write!(
                    f,
                    "{quadlet} needs to be recreated by hand, for a restart leaves the {what} {name} as it is: stop what uses it, \
                     `podman {what} rm {name}`, restart {unit}"
                )
            }
        }
    }
}

impl fmt::Display for LedgerNote {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { manifest, finding } => {
                let finding = one_printable_line(finding);
                write!(
                    f,
                    "the ledger of {manifest}: {finding}; it leads to nothing"
                )
            }
            Self::MoreLines { manifest, more } => {
                let lines = if *more == 1 { "line" } else { "lines" };
                write!(
                    f,
                    "the ledger of {manifest}: {more} more {lines} of the same kind"
                )
            }
            Self::Disowned { host } => write!(
                f,
                "what these lines may have owned counts as not ours; `abide ledger repair {host}` takes them out, as does the next apply that changes something there"
            ),
            Self::Unread {
                manifest,
                host,
                why,
            } => {
                let why = one_printable_line(&why.to_string());
                write!(
                    f,
                    "the ledger of manifest {manifest} could not be read ({why}): what it owns is not known; `abide ledger repair {host}` mends it"
                )
            }
        }
    }
}

fn write_added_file(path: &HostPath, beside: bool, f: &mut Formatter<'_>) -> fmt::Result {
    let what = match beside {
        true => format!("{} beside ours", one_printable_line(path.file_name())),
        false => one_printable_line(path.as_str()),
    };
    // systemctl(1): `edit` writes override.conf unless it is told another name.
    let how = match path.file_name() {
        "override.conf" => ", as `systemctl edit` does",
        _ => "",
    };
    write!(
        f,
        "drop-in {what} is kept: it was written since the last apply{how}"
    )
}

/// The first of them, and how many more there are.
fn names<'a, T: ToString + 'a>(all: impl IntoIterator<Item = &'a T>) -> String {
    let all: Vec<String> = all.into_iter().map(ToString::to_string).collect();
    let shown: Vec<&str> = all.iter().take(MOST).map(String::as_str).collect();
    match all.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        hidden => format!("{} and {hidden} more", shown.join(", ")),
    }
}

/// Text that a host said, on one line.
fn one_printable_line(text: &str) -> String {
    let text: String = text.chars().take(LONGEST).collect();
    printable_text(&text).replace('\n', " ")
}
