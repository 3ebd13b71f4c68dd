//! Why something on a host could not be seen, as data: nobody knows how it is, and nothing is decided by it.

use std::fmt::{self, Formatter};

use serde::{Deserialize, Serialize};

use crate::host_ledgers::PlaceFault;

/// Why something could not be seen.
///
/// Documents have it in words: who reads one back has [`Self::Told`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum UnknownReason {
    /// The probe has no answer about it.
    NotLookedAt,
    /// The probe did not ask for it.
    NotAskedFor,
    /// Nobody asked for it.
    NobodyAsked,
    /// Only root could see it.
    NeedsRoot {
        /// Why there is no root.
        why: String,
    },
    /// The host has no program to act as another user.
    NoWayToUser,
    /// The answer was cut at its limit, in KiB.
    TooLong(usize),
    /// It has more of something than was asked for.
    TooMany {
        /// Of what.
        what: Plenty,
        /// The limit.
        most: usize,
    },
    /// Its units name more others than units have.
    TooManyNames,
    /// Something ended before its end.
    CutShort(Part),
    /// `systemctl show` said less, or more, than it was asked.
    UnitsMissing {
        /// How many units it described.
        described: usize,
        /// How many it was asked for.
        asked: usize,
    },
    /// It does not say how its manager is.
    NoManager,
    /// It does not say what its files are.
    NoFiles,
    /// Its manager does not say when it read its units.
    NoLoadTime,
    /// A part of it is not understood, as the error says.
    NotUnderstood(String),
    /// Its entry in passwd(5) does not have seven fields.
    PasswdFields,
    /// Its entry in passwd(5) has no numeric id.
    PasswdIds,
    /// The host does not say which groups it is in.
    NoGroups,
    /// The host does not say how its manager is.
    NoUserManager,
    /// `getent passwd` failed.
    Getent {
        /// Its exit status.
        status: String,
    },
    /// It changed while it was read.
    ChangedWhileRead,
    /// Its description is not understood.
    NoDescription,
    /// A directory above it may not be searched.
    NotSearchable,
    /// A ledger has so many lines.
    LedgerLines(usize),
    /// A ledger stands where others can write, or is none.
    LedgerPlace(PlaceFault),
    /// The directory of the ledgers is none that can be believed.
    LedgerDirectory(PlaceFault),
    /// A boot would start so many units or more.
    BootStarts(usize),
    /// The host's own rehearsal of a boot came to nothing.
    Rehearsal(RehearsalEnd),
    /// As the host or an earlier document tells it.
    Told(String),
}

/// What there may be too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plenty {
    /// Units.
    Units,
    /// Links to units.
    Links,
    /// Files.
    Files,
}

/// What may be cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The whole answer.
    Answer,
    /// The list of links.
    Links,
    /// The list of files.
    Files,
}

/// How `systemd --test` ended without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RehearsalEnd {
    /// It was ended after 20 s.
    TimedOut,
    /// There is no such program.
    NoProgram,
    /// It ended well and named no unit.
    NothingOfBoot,
    /// It ended with another status.
    Status(String),
    /// It said nothing at all.
    Silent,
    /// What it said was cut short.
    CutShort,
}

impl UnknownReason {
    /// A reason in the words of a host or of an earlier document.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self::Told(text.into())
    }
}

impl From<UnknownReason> for String {
    fn from(why: UnknownReason) -> Self {
        why.to_string()
    }
}

impl From<String> for UnknownReason {
    fn from(text: String) -> Self {
        Self::Told(text)
    }
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NeedsRoot { why } => return write!(f, "it needs root: {why}"),
            Self::TooLong(kib) => {
                return write!(f, "it answered more than was asked: more than {kib} KiB");
            }
            Self::TooMany { what, most } => {
                let what = what.word();
                return write!(
                    f,
                    "it answered more than was asked: more than {most} {what}"
                );
            }
            Self::UnitsMissing { described, asked } => {
                return write!(f, "systemctl described {described} of {asked} units");
            }
            Self::Getent { status } => {
                return write!(f, "`getent passwd` ended with status {status}");
            }
            Self::LedgerLines(lines) => {
                return write!(f, "it has {lines} lines, more than a host needs for it");
            }
            Self::LedgerPlace(fault) => return fault.fmt(f),
            Self::BootStarts(units) => {
                return write!(f, "a boot would start {units} units or more");
            }
            Self::Rehearsal(end) => return end.fmt(f),
            Self::LedgerDirectory(fault) => fault.of_directory(),
            Self::CutShort(part) => part.cut_short(),
            Self::NotUnderstood(text) | Self::Told(text) => text,
            Self::NotLookedAt => "it was not looked at",
            Self::NotAskedFor => "it was not asked for",
            Self::NobodyAsked => "nobody asked",
            Self::NoWayToUser => "the host has no setpriv, runuser or sudo to act as its user",
            Self::TooManyNames => "its units name more others than units have",
            Self::NoManager => "it does not say how its manager is",
            Self::NoFiles => "it does not say what its files are",
            Self::NoLoadTime => "its manager does not say when it read its units",
            Self::PasswdFields => "its passwd entry does not have seven fields",
            Self::PasswdIds => "its passwd entry has no numeric id",
            Self::NoGroups => "the host does not say which groups it is in",
            Self::NoUserManager => "the host does not say how its manager is",
            Self::ChangedWhileRead => "it changed while it was read",
            Self::NoDescription => "its description is not understood",
            Self::NotSearchable => "a directory above it may not be searched",
        })
    }
}

impl Plenty {
    fn word(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Links => "links",
            Self::Files => "files",
        }
    }
}

impl Part {
    fn cut_short(self) -> &'static str {
        match self {
            Self::Answer => "its answer was cut short",
            Self::Links => "the list of its links was cut short",
            Self::Files => "the list of its files was cut short",
        }
    }
}

impl fmt::Display for RehearsalEnd {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status(status) => return write!(f, "systemd --test ended with {status}"),
            Self::TimedOut => "systemd --test did not end in 20 s",
            Self::NoProgram => "the host has no program systemd",
            Self::NothingOfBoot => "systemd --test says nothing of a boot",
            Self::Silent => "systemd --test said nothing",
            Self::CutShort => "what systemd --test said was cut short",
        })
    }
}
