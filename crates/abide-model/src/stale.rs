//! Why an approved plan no longer holds on a host, as data: what a fact is about, and what became of it.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::observed::ActiveState;
use crate::plan::{Before, Change, Precondition, Refusal, ResourceId};
use crate::time::Timestamp;

mod words;

/// A fact that a plan stands on and that has moved, or anything else for which it no longer holds.
///
/// Files and documents have it in words: who reads one back has [`StaleKind::Told`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct StaleFact {
    /// About what.
    pub subject: StaleSubject,
    /// What became of it.
    pub kind: StaleKind,
}

impl StaleFact {
    /// A fact about the host as a whole.
    pub fn of_host(kind: StaleKind) -> Self {
        Self {
            subject: StaleSubject::Host,
            kind,
        }
    }

    /// A fact about a resource.
    pub fn of_resource(resource: ResourceId, kind: StaleKind) -> Self {
        Self {
            subject: StaleSubject::Resource(resource),
            kind,
        }
    }

    /// A fact in the words of a host's script or of an earlier report.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self::of_host(StaleKind::Told(text.into()))
    }
}

impl From<StaleFact> for String {
    fn from(fact: StaleFact) -> Self {
        fact.to_string()
    }
}

impl From<String> for StaleFact {
    fn from(text: String) -> Self {
        Self::from_text(text)
    }
}

/// What a fact is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StaleSubject {
    /// The host as a whole.
    Host,
    /// One thing on it.
    Resource(ResourceId),
}

/// Why a plan no longer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaleKind {
    /// A fact is another than it was planned from.
    Moved {
        /// As it was.
        from: Precondition,
        /// As it is.
        now: Precondition,
        /// Who changed it last, and when, where the host shows that.
        by: Option<LastChange>,
        /// What an approved action would make of it.
        wanted: Option<Aim>,
    },
    /// Something else stands where a file is written or removed.
    Replaced {
        /// What stood there.
        from: Before,
        /// What stands there.
        now: Before,
    },
    /// An action would be needed that was not approved.
    Needs(Box<Change>),
    /// Something is refused now.
    Refused(Box<Refusal>),
    /// The plan was made for another machine.
    AnotherMachine,
    /// Nothing was planned there, and something is to be done now.
    NotPlanned,
    /// All of it is done.
    DoneAlready,
    /// A part of it is done.
    PartlyDone,
    /// So many actions would be to do that the plan does not name.
    More(usize),
    /// The manifest asks for something else by now.
    ManifestMovedOn,
    /// The manifest has no such host any more.
    NoSuchHost,
    /// As a host's script or an earlier report tells it.
    Told(String),
}

/// Who changed a file last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastChange {
    /// When, by the host's clock.
    pub at: Timestamp,
    /// The owner of the file.
    pub owner: String,
}

/// What an approved action would make of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// A file holds a secret.
    Secret,
    /// A file has this content.
    Content(Digest),
    /// No file is there.
    NothingThere,
    /// A unit is in this state.
    State(ActiveState),
    /// A unit is restarted.
    Restarted,
    /// A unit is reloaded.
    Reloaded,
    /// A user lingers, or does not.
    Lingering(bool),
    /// An account is made.
    Created,
    /// An account is deleted.
    Deleted,
}

#[cfg(test)]
mod tests;
