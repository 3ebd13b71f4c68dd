//! The shared nouns of abide: names, what a manifest wants, what a host has, plans, reports, diagnostics.
//!
//! Plain data with a meaning each; nothing here decides, reads a file or speaks to a host. Values that
//! were checked have a type that says so ([`UnitName`], [`UserName`], [`HostPath`]), so that no other
//! crate checks them again.
//!
//! ```
//! use abide_model::{UnitKind, UnitName};
//! let unit = UnitName::parse("sidekiq@critical.service")?;
//! assert_eq!(unit.kind(), UnitKind::Service);
//! assert_eq!(unit.template().map(|t| t.to_string()).as_deref(), Some("sidekiq@.service"));
//! # Ok::<(), abide_model::NameError>(())
//! ```

pub mod action_id;
pub mod alias;
mod as_text;
pub mod bodies;
pub mod body;
pub mod boot;
pub mod canonical;
pub mod desired;
pub mod diagnostic;
pub mod digest;
pub mod drift;
pub mod duration;
pub mod event;
pub mod fail_reason;
pub mod field;
pub mod fleet;
pub mod forecast;
pub mod hand_edit;
pub mod health;
pub mod home_fault;
pub mod host_ledgers;
pub mod inputs;
pub mod ledger;
pub mod machine_identity;
pub mod masks;
pub mod name;
pub mod note_reason;
pub mod note_text;
pub mod observed;
pub mod obstacle;
pub mod ownable;
pub mod path;
pub mod pieces;
pub mod plan;
pub mod plan_digest;
pub mod plan_key;
pub mod podman;
pub mod refusal_reason;
pub mod report;
pub mod saved_plan;
pub mod scope;
pub mod secret_command;
pub mod setting_support;
pub mod shard;
pub mod share;
pub mod stale;
pub mod step_outcome;
pub mod time;
pub mod unit_name;
pub mod unknown;

pub use action_id::ActionId;
pub use alias::AliasHolder;
pub use bodies::BodyPlace;
pub use body::{Body, Bytes, SecretSource};
pub use boot::{AtBoot, Boot, BootUnknown, NotAtBoot, Rehearsal};
pub use desired::{
    Desired, DesiredAccount, DesiredFile, DesiredLinger, DesiredUnit, DesiredUser, HostPathOrHome,
    LingerExclusive, LingerReason, ManagerRestart, OnChange, Policy, Presence, Settle, Wanted,
};
pub use diagnostic::{Code, Diagnostic, Origin, Severity, Span};
pub use digest::Digest;
pub use drift::{Drift, DriftClass, Evidence, EvidenceKind, Finding, FindingKind, HostDrift, Left};
pub use duration::DurationError;
pub use event::Event;
pub use fail_reason::{FailReason, Failing};
pub use field::{AccountField, Field};
pub use fleet::{Become, Connection, Fleet, FleetHost, Rollout, Via};
pub use forecast::{Disruption, Effect, Surprise};
pub use hand_edit::HandEdit;
pub use health::{Ending, Health};
pub use home_fault::HomeFault;
pub use host_ledgers::{
    FoundLedger, HostLedgers, LedgerRepair, LedgerTextFault, PlaceFault, PlaceKind, RepairStep,
    StepResult,
};
pub use inputs::{
    BrokenInput, EnvSearch, InputFault, InputLook, InputSeen, Inputs, Interpreter, Runner,
};
pub use ledger::{
    Held, Ledger, LedgerFault, LedgerFile, LedgerFinding, LedgerRead, LedgerReads, LedgerUnit,
};
pub use masks::Masks;
pub use name::{GroupName, HostName, ManifestName, NameError, UserName, printable_text};
pub use note_reason::NoteReason;
pub use note_text::{LedgerNote, LingerNote, NoteText, PodmanNote, UnitNote};
pub use observed::{
    ActiveState, FileKind, HostFacts, LastLoad, Link, LockHolder, Manager, Observation, Observed,
    ObservedFile, ObservedInstall, ObservedLinger, ObservedProcess, ObservedScope, ObservedUnit,
    ObservedUser, RootRoute, Suspension,
};
pub use obstacle::Obstacle;
pub use path::{HomePath, HostPath};
pub use pieces::MergeError;
pub use plan::{
    Action, Before, Cause, Change, FieldChange, FilePurpose, Judged, Note, NoteKind, Plan,
    Precondition, Refusal, RefusalKind, ResourceId, Watch, WriteFile,
};
pub use plan_key::{PlanKey, ShortKey};
pub use podman::{Podman, PodmanVersion, QuadletFeature};
pub use refusal_reason::RefusalReason;
pub use report::{Declared, FailedUnit, HostOutcome, HostReport, HostState, Report, StepReport};
pub use saved_plan::{
    PlanError, PlannedManifest, SavedDiagnostic, SavedHost, SavedPlan, Seal, SealedSecret,
    Selected, SourceRevision, WholeSelection,
};
pub use scope::{Scope, UnitRef};
pub use secret_command::SecretCommand;
pub use setting_support::{IgnoredSetting, IgnoredWhy, LoadFault};
pub use shard::{Shard, ShardBy};
pub use share::Share;
pub use stale::{Aim, LastChange, StaleFact, StaleKind, StaleSubject};
pub use step_outcome::StepOutcome;
pub use time::{Timestamp, UtcTime};
pub use unit_name::{UnitKind, UnitName};
pub use unknown::{Part, Plenty, RehearsalEnd, UnknownReason};
