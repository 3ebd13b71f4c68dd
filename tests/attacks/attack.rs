//! The record of an attack: what was tried, which promise it is against, and whether that held.

use std::fs::OpenOptions;
use std::io::Write as _;

use crate::support;

/// What `docs/security.md` promises to whoever runs abide. The texts stand there word for word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    OwnReach,
    LedgerRemoval,
    LedgerRepair,
    Ends,
    LockTruth,
    Private,
    Room,
    Reviewed,
    BoundedManifest,
    BoundedAnswer,
    Secrets,
    SavedPlan,
    AsDeclared,
}

impl Promise {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::OwnReach,
        Self::LedgerRemoval,
        Self::LedgerRepair,
        Self::Ends,
        Self::LockTruth,
        Self::Private,
        Self::Room,
        Self::Reviewed,
        Self::BoundedManifest,
        Self::BoundedAnswer,
        Self::Secrets,
        Self::SavedPlan,
        Self::AsDeclared,
    ];

    /// The promise as the document has it.
    pub fn text(self) -> &'static str {
        match self {
            Self::OwnReach => {
                "What a user says, runs or owns on a host decides about that user's scope only, and becomes nothing in root's files."
            }
            Self::LedgerRemoval => "A ledger leads to a removal only of what abide can own.",
            Self::LedgerRepair => {
                "A bad line of a ledger costs that line, not the host; it is named, and can be repaired."
            }
            Self::Ends => "Every step on a host ends in bounded time, and the lock is free then.",
            Self::LockTruth => "A lock is called free only when it is.",
            Self::Private => "What waits on a host to be written can be read by its user only.",
            Self::Room => "A user's files fill no room that others need.",
            Self::Reviewed => {
                "Nothing runs or is read on the controller because a manifest from a stranger says so."
            }
            Self::BoundedManifest => {
                "A manifest takes no more memory and time than its size deserves."
            }
            Self::BoundedAnswer => {
                "A host takes no more of the controller than its question deserves, and keeps no other host waiting."
            }
            Self::Secrets => {
                "A secret, and what the command that gives it is told, is in no plan, report, log or argument."
            }
            Self::SavedPlan => "A saved plan is applied as it was reviewed, or not at all.",
            Self::AsDeclared => {
                "What changes the meaning of a declared file is seen: its mode, its overrides, its links."
            }
        }
    }
}

/// One attack while its test runs. Dropped in order, the promise has held; in a panic, it broke.
pub struct Attack {
    tried: &'static str,
    promise: Promise,
    counted: String,
}

impl Attack {
    /// Says how often it was tried, where that is no matter of course.
    pub fn count(&mut self, counted: String) {
        self.counted = counted;
    }
}

/// Begins an attack. `tried` says what the attacker does, in a few words for a table.
#[must_use = "the attack is recorded when it is dropped, at the end of the test"]
pub fn attack(tried: &'static str, promise: Promise) -> Attack {
    Attack {
        tried,
        promise,
        counted: String::new(),
    }
}

impl Drop for Attack {
    /// Adds a line `TEST<tab>TRIED<tab>PROMISE<tab>RESULT<tab>VERSIONS<tab>COUNTED` to the file that `ABIDE_ATTACKS` names.
    fn drop(&mut self) {
        let Some(path) = std::env::var_os("ABIDE_ATTACKS") else {
            return;
        };
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("?");
        let result = match std::thread::panicking() {
            true => "broke",
            false => "held",
        };
        let promise = self.promise.text();
        let (tried, counted) = (self.tried, &self.counted);
        let versions = support::versions();
        let line = format!("{test}\t{tried}\t{promise}\t{result}\t{versions}\t{counted}\n");
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).open(path);
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        written.expect("the file of attacks can be written");
    }
}
