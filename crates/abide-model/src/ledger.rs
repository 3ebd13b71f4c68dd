//! What abide wrote on a host, and how it left each unit. It says who owns a thing, never what is true.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::name::UserName;
use crate::ownable::NotOwnable;
use crate::path::HostPath;
use crate::scope::{Scope, UnitRef};

/// One manifest's claims on one host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// Files that abide wrote or adopted: unit files, drop-ins, plain files.
    pub files: BTreeMap<HostPath, LedgerFile>,
    /// Units that the manifest declares, and how each was left.
    pub units: BTreeMap<UnitRef, LedgerUnit>,
    /// Users that abide created.
    pub users: BTreeSet<UserName>,
    /// Users whose lingering abide enabled.
    pub lingers: BTreeSet<UserName>,
    /// Attributes of accounts that the manifest declares, as abide left them: `shell` is `/bin/sh`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<UserName, BTreeMap<String, String>>,
}

/// A file that abide owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerFile {
    /// Whose file it is: written as that user.
    pub scope: Scope,
    /// Its content as abide left it; `None` while a run is under way.
    pub digest: Option<Digest>,
}

/// How abide left a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerUnit {
    /// The run of the unit that `config` belongs to; empty where it did not run.
    pub invocation: String,
    /// Digest of the configuration that this run was started with (what only a restart changes).
    pub config: Option<Digest>,
    /// Whether abide enabled it.
    pub enabled: bool,
    /// A run that changes it is under way, or did not get to its end there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub claimed: bool,
    /// What it reads at its start, each thing by itself.
    #[serde(default, skip_serializing_if = "LedgerReads::is_empty")]
    pub reads: LedgerReads,
}

/// What a unit reads at its start. A ledger of abide 0.1 before these were kept has none of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LedgerReads {
    /// Its unit file with drop-ins: the digest of what only a restart changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<LedgerRead>,
    /// The files of `restart_on`, with the digests of their contents (of a secret: a fixed one).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<HostPath, LedgerRead>,
}

impl LedgerReads {
    /// Whether nothing was kept.
    pub fn is_empty(&self) -> bool {
        self.definition.is_none() && self.files.is_empty()
    }
}

/// One thing that a unit reads at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LedgerRead {
    /// What the run of the unit that the ledger names read there; `None`: nobody knows.
    pub run: Option<Held>,
    /// What stood there when the ledger was written, for runs that began later; `None`: nobody knows.
    pub left: Option<Held>,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// Nothing.
    Nothing,
    /// This.
    Digest(Digest),
}

/// A line of a ledger that is not believed. It leads to nothing; the other lines stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerFinding {
    /// Which, from 1.
    pub line: usize,
    /// Its beginning, for a person.
    pub text: String,
    /// What is wrong with it.
    pub fault: LedgerFault,
}

/// What is wrong with a line of a ledger: a whole clause for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerFault {
    /// It is none that abide writes.
    #[error("it means nothing")]
    Meaningless,
    /// An earlier line is about the same thing.
    #[error("an earlier line is about the same")]
    Twice,
    /// It is about something that abide cannot own.
    #[error("{0}")]
    NotOwnable(#[from] NotOwnable),
}

impl std::fmt::Display for LedgerFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, text, fault } = self;
        write!(f, "line {line}, `{text}`: {fault}")
    }
}
