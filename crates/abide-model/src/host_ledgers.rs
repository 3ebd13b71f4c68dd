//! The ledgers of a host as they stand there, good or not, and what repairs them. A plan asks only what its own says
//! ([`Ledger`]); this is for whoever looks at them, or mends them.

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::ledger::{Ledger, LedgerFinding};
use crate::name::ManifestName;

/// What is wrong with the file in a ledger's place, or with the directory of ledgers. `Display` is a clause about the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceFault {
    /// It is of another kind: a pipe, a link, a directory in the place of a file.
    #[error("it is no regular file")]
    Kind,
    /// It belongs to somebody else.
    #[error("it does not belong to whom abide acts as there")]
    Owner,
    /// Others may have written it.
    #[error("others than its owner may write to it")]
    Writable,
    /// No ledger is that long.
    #[error("it is larger than 1 MiB")]
    Large,
    /// Its owner may not read it.
    #[error("it may not be read")]
    Unreadable,
    /// The host does not say what it is, or not all of it came.
    #[error("the host does not say how it is")]
    Unseen,
}

impl PlaceFault {
    /// From the word of a script.
    pub fn of_word(word: &str) -> Self {
        match word {
            "kind" => Self::Kind,
            "owner" => Self::Owner,
            "writable" => Self::Writable,
            "large" => Self::Large,
            "unreadable" => Self::Unreadable,
            _ => Self::Unseen,
        }
    }

    /// The word of a script.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Owner => "owner",
            Self::Writable => "writable",
            Self::Large => "large",
            Self::Unreadable => "unreadable",
            Self::Unseen => "unseen",
        }
    }

    /// The same about the directory of the ledgers: a whole clause.
    pub fn of_directory(self) -> &'static str {
        match self {
            Self::Kind => "the place of the ledgers is no directory",
            Self::Owner => {
                "the directory of the ledgers does not belong to whom abide acts as there"
            }
            Self::Writable => "others than its owner may write to the directory of the ledgers",
            Self::Large | Self::Unreadable | Self::Unseen => "the host does not say how it is",
        }
    }

    /// Whether somebody else may have written what stands there.
    pub fn lets_others_write(self) -> bool {
        matches!(self, Self::Owner | Self::Writable)
    }
}

/// What stands in a ledger's place where it is no regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link, wherever it leads.
    Link,
    /// A pipe (FIFO).
    Pipe,
    /// A socket.
    Socket,
    /// A device.
    Device,
    /// The host does not say.
    Unknown,
}

impl PlaceKind {
    /// What it is, with its article.
    pub fn words(self) -> &'static str {
        match self {
            Self::Regular => "a file",
            Self::Directory => "a directory",
            Self::Link => "a symbolic link",
            Self::Pipe => "a pipe (FIFO)",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Unknown => "no regular file",
        }
    }
}

/// What is wrong with a ledger's text as a whole: a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerTextFault {
    /// Another version of abide wrote it: it is left alone.
    #[error("a newer abide wrote it")]
    Newer,
    /// It does not begin as ledgers do. Its other lines may be anything, and are not shown.
    #[error("its first line is not that of a ledger")]
    NoLedger,
    /// Its last line is missing.
    #[error("it was cut short: its last line is not `end`")]
    Cut,
}

/// One ledger as it stands on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLedger {
    /// What stands there.
    pub kind: PlaceKind,
    /// What is wrong with the file.
    pub file: Option<PlaceFault>,
    /// What is wrong with its text.
    pub text: Option<LedgerTextFault>,
    /// What its valid lines say.
    pub ledger: Ledger,
    /// The other lines, as far as they are kept.
    pub findings: Vec<LedgerFinding>,
    /// How many more of those there are.
    pub more: usize,
    /// Of the bytes that were read; `None` where they were not, or not all of them.
    pub digest: Option<Digest>,
}

impl FoundLedger {
    /// Whether it is as abide writes it.
    pub fn is_good(&self) -> bool {
        self.file.is_none() && self.text.is_none() && self.findings.is_empty()
    }
}

/// All ledgers of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostLedgers {
    /// Their directory, for people.
    pub directory: String,
    /// What is wrong with it.
    pub directory_fault: Option<PlaceFault>,
    /// A directory stands where the next ledger is made, so that none can be written.
    pub in_the_way: bool,
    /// By manifest.
    pub ledgers: BTreeMap<ManifestName, FoundLedger>,
    /// Ledgers that were not read, because there are too many.
    pub unread: usize,
}

impl HostLedgers {
    /// Whether nothing needs a repair.
    pub fn is_good(&self) -> bool {
        self.directory_fault.is_none()
            && !self.in_the_way
            && self.unread == 0
            && self.ledgers.values().all(FoundLedger::is_good)
    }

    /// Whether nothing that needs a repair is left alone by this one.
    pub fn is_mended_by(&self, repair: &LedgerRepair) -> bool {
        let goes = repair
            .steps
            .iter()
            .any(|step| matches!(step, RepairStep::Directory(fault) if !fault.lets_others_write()));
        let named = |name: &ManifestName| {
            repair.steps.iter().any(|step| match step {
                RepairStep::Directory(_) | RepairStep::InTheWay => false,
                RepairStep::SetAside { name: of, .. }
                | RepairStep::Readable { name: of }
                | RepairStep::Rewrite { name: of, .. } => of == name,
            })
        };
        let unseen = self.directory_fault.is_some() && repair.steps.is_empty();
        !unseen
            && self.unread == 0
            && self
                .ledgers
                .iter()
                .all(|(name, found)| goes || found.is_good() || named(name))
    }

    /// What mends them, in its order. `keep_lines` says that somebody looked at the lines of ledgers that others could have
    /// written: their valid lines are kept then. Otherwise nothing of those is: whoever could write there could name
    /// what is not theirs, and it would be removed as abide's.
    pub fn repair(&self, keep_lines: bool) -> LedgerRepair {
        let mut steps = Vec::new();
        if let Some(fault) = self.directory_fault {
            if !matches!(
                fault,
                PlaceFault::Kind | PlaceFault::Owner | PlaceFault::Writable
            ) {
                return LedgerRepair { steps };
            }
            steps.push(RepairStep::Directory(fault));
            if !fault.lets_others_write() {
                // What is in it goes with it.
                return LedgerRepair { steps };
            }
        }
        if self.in_the_way {
            steps.push(RepairStep::InTheWay);
        }
        let doubted = self.directory_fault.is_some();
        for (name, found) in &self.ledgers {
            let name = name.clone();
            let others = found.file.is_some_and(PlaceFault::lets_others_write);
            let doubted = (doubted || others) && !keep_lines;
            steps.extend(match (found.file, found.digest) {
                // Not all of it came, which says nothing about the file.
                (Some(PlaceFault::Unseen), _) => None,
                (Some(PlaceFault::Unreadable), _) => Some(RepairStep::Readable { name }),
                (Some(fault), None) => Some(RepairStep::SetAside { name, fault }),
                (_, Some(was)) if doubted => Some(RepairStep::Rewrite {
                    name,
                    was,
                    ledger: Ledger::default(),
                }),
                (_, Some(_)) if found.text == Some(LedgerTextFault::Newer) => None,
                (_, Some(was)) if !found.is_good() => Some(RepairStep::Rewrite {
                    name,
                    was,
                    ledger: found.ledger.clone(),
                }),
                (None, _) | (Some(_), Some(_)) => None,
            });
        }
        LedgerRepair { steps }
    }
}

/// What mends the ledgers of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRepair {
    /// In their order.
    pub steps: Vec<RepairStep>,
}

/// One step of it. What was there is kept beside, under a name that no ledger can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepairStep {
    /// The directory gets its owner and mode, or is moved aside.
    Directory(PlaceFault),
    /// What stands where the next ledger is made is moved aside.
    InTheWay,
    /// What stands in a ledger's place is moved aside, unopened.
    SetAside {
        /// Whose ledger.
        name: ManifestName,
        /// Why.
        fault: PlaceFault,
    },
    /// It gets the mode with which its owner can read it.
    Readable {
        /// Whose ledger.
        name: ManifestName,
    },
    /// It is written again, with these lines only.
    Rewrite {
        /// Whose ledger.
        name: ManifestName,
        /// The digest of what was read: where it is another now, nothing is done.
        was: Digest,
        /// What it says then.
        ledger: Ledger,
    },
}

/// What became of one step of a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepResult {
    /// It was done.
    Mended {
        /// Where the thing is kept that stood in the way; `None` where there was nothing to keep.
        kept: Option<String>,
    },
    /// It failed.
    Failed {
        /// What the host said, one line.
        said: String,
    },
}

impl StepResult {
    /// Whether it was done.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Mended { .. })
    }
}
