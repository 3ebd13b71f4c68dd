//! What a note says, as data. Its words are made here and nowhere else.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::name::{HostName, ManifestName, UserName};
use crate::note_reason::NoteReason;
use crate::path::HostPath;
use crate::refusal_reason::RefusalReason;
use crate::unit_name::UnitName;
use crate::unknown::UnknownReason;

mod words;

/// What a note says.
///
/// Plan files and documents have it in words: who reads one back has [`Self::Told`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum NoteText {
    /// A note that has a code.
    Reason(Box<NoteReason>),
    /// A refusal that is none, because the manifest takes it as it is.
    Accepted(Box<RefusalReason>),
    /// About a unit.
    Unit {
        /// Which.
        unit: UnitName,
        /// What.
        says: UnitNote,
    },
    /// About lingering.
    Linger {
        /// Whose.
        user: UserName,
        /// What.
        says: LingerNote,
    },
    /// About what a quadlet made on the host.
    Podman(PodmanNote),
    /// About a ledger.
    Ledger(LedgerNote),
    /// It is kept as `prune: false` says.
    Orphan,
    /// So is a drop-in of a declared unit.
    OrphanDropIn {
        /// Its file name.
        name: String,
    },
    /// A drop-in that was written since the last apply is kept.
    AddedDropIn {
        /// Where it stands.
        path: HostPath,
        /// Whether that is beside ours.
        beside: bool,
    },
    /// Drop-ins of somebody else are kept.
    ForeignDropIns(BTreeSet<HostPath>),
    /// Links that nothing asks for are kept.
    LinksByHand(BTreeSet<String>),
    /// Units that `systemctl enable` would enable too stay as they are.
    AlsoLeft(BTreeSet<UnitName>),
    /// The host's systemd does not show when it read its units.
    LoadTimeHidden {
        /// Its version.
        systemd: u32,
    },
    /// As an earlier document tells it.
    Told(String),
}

/// What a note says of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitNote {
    /// The host has no such unit: its name may be a mistake.
    NotThere,
    /// It is a running instance that nobody declares, and keeps the old template.
    KeepsOld {
        /// The template.
        template: UnitName,
    },
    /// It can still be started by these, after it was stopped.
    StartedBy(BTreeSet<UnitName>),
    /// A timer that fires at once if a run was missed.
    Persistent,
    /// A timer that may fire at once: a time after boot that has passed.
    MayFire,
    /// What a unit in trouble said last.
    SaidLast {
        /// The line.
        line: String,
    },
    /// It runs its old configuration, as `on_change: none` says.
    Held,
    /// It runs its old configuration, as it says that it may not be stopped or started by hand.
    HeldBySetting {
        /// The setting.
        key: &'static str,
    },
    /// The running system stands on it.
    InUse,
    /// It does its work and ends.
    Ends,
    /// It says that it may not be started by hand.
    RefusesStart,
    /// A condition of it does not hold.
    Unmet {
        /// The condition.
        condition: String,
    },
    /// Some condition of it did not hold at its last start.
    HeldByCondition,
}

/// What a note says of lingering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LingerNote {
    /// An earlier apply switched it on, and nothing declared needs it.
    Orphan,
    /// It stays on, though nobody declares it any more.
    Stays {
        /// Why it is not switched off.
        why: String,
    },
    /// Another manifest has something there.
    OfManifest(ManifestName),
    /// It has a record and no account.
    NoAccount,
    /// It is that of the login user, whom nobody declares.
    OfLogin,
    /// Nobody declares it.
    Undeclared,
    /// It is off: the manager is up only while a session is open.
    HeldBySession {
        /// A unit that stops with the last one.
        unit: UnitName,
    },
}

/// What a note says of what Podman made for a quadlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodmanNote {
    /// A volume stays, and what is in it.
    VolumeStays {
        /// Its name.
        name: String,
    },
    /// Something else stays.
    Stays {
        /// What: `network`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A restart pulls something again.
    PullsAgain {
        /// The service.
        unit: UnitName,
        /// What: `image`.
        what: &'static str,
    },
    /// An image is built again when it is used next.
    BuildsAgain {
        /// The service.
        unit: UnitName,
    },
    /// A restart leaves what it made as it is.
    Recreate {
        /// The quadlet.
        quadlet: UnitName,
        /// Its service.
        unit: UnitName,
        /// What it made: `volume`.
        what: &'static str,
        /// The name of that.
        name: String,
    },
}

/// What a note says of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerNote {
    /// A line is not believed.
    Line {
        /// Whose ledger.
        manifest: ManifestName,
        /// What is wrong with it, on one line.
        finding: String,
    },
    /// So many more are not.
    MoreLines {
        /// Whose ledger.
        manifest: ManifestName,
        /// How many.
        more: usize,
    },
    /// What such lines lead to.
    Disowned {
        /// The host.
        host: HostName,
    },
    /// The ledger of another manifest cannot be read.
    Unread {
        /// Whose.
        manifest: ManifestName,
        /// The host.
        host: HostName,
        /// Why.
        why: UnknownReason,
    },
}

impl NoteText {
    /// What a note says of a unit.
    pub fn of_unit(unit: &UnitName, says: UnitNote) -> Self {
        Self::Unit {
            unit: unit.clone(),
            says,
        }
    }

    /// A text of an earlier document.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self::Told(text.into())
    }
}

impl From<NoteReason> for NoteText {
    fn from(why: NoteReason) -> Self {
        Self::Reason(Box::new(why))
    }
}

impl From<NoteText> for String {
    fn from(text: NoteText) -> Self {
        text.to_string()
    }
}

impl From<String> for NoteText {
    fn from(text: String) -> Self {
        Self::Told(text)
    }
}
