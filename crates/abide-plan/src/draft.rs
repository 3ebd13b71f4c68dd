//! The plan while it is being made: steps that refer to each other before they have their numbers.
//!
//! It only collects; what comes of it (order, numbers, preconditions) is `finish`'s.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Cause, Change, HostPath, InputLook, Ledger, Note, NoteKind, NoteReason, NoteText, Refusal,
    RefusalReason, ResourceId, Scope, UnitName, UnitRef, Watch,
};

use crate::forecast::DefinitionChange;

/// When within a host's run a step comes. Source: docs/change-classes.md, "The order on a host".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Users are made and changed: everything else may need them.
    Account,
    /// Lingering precedes the first user unit: without it there may be no user manager.
    LingerOn,
    /// The user manager is started.
    ManagerStart,
    /// Stops, while the old definitions are still loaded: `ExecStop=` never runs after the file is gone (systemd-facts.md#stop-before-removal).
    Stop,
    /// Links of units that go; after the file is gone `systemctl disable` could not know them.
    Retire,
    /// A masked unit can neither be written nor enabled.
    Unmask,
    /// Files are written and removed.
    Files,
    /// Entries of the ledger for which nothing is done on the host.
    Claims,
    /// Enable, disable, mask.
    Links,
    /// One daemon-reload for each touched manager.
    DaemonReload,
    /// Failures of exactly the units that are about to start are forgotten.
    ResetFailed,
    /// Units are reloaded.
    Reload,
    /// Units are restarted.
    Restart,
    /// Units are started.
    Start,
    /// Lingering goes last: it stops the user's manager.
    LingerOff,
    /// Users are deleted when nothing of them runs.
    AccountRemoval,
}

/// A step of a draft, before it has its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StepId(pub(crate) usize);

/// Why a step is there: a fact, or another step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StepReason {
    /// A fact.
    Fact(Cause),
    /// An earlier step leads to it.
    Follows(StepId),
}

impl From<Cause> for StepReason {
    fn from(cause: Cause) -> Self {
        Self::Fact(cause)
    }
}

impl From<StepId> for StepReason {
    fn from(step: StepId) -> Self {
        Self::Follows(step)
    }
}

/// One step.
#[derive(Debug, Clone)]
pub(crate) struct DraftStep {
    pub(crate) phase: Phase,
    /// Place within its phase and scope, smallest first.
    pub(crate) rank: u8,
    pub(crate) resource: ResourceId,
    pub(crate) change: Change,
    pub(crate) why: Vec<StepReason>,
    /// Steps without whose success it is not attempted.
    pub(crate) after: Vec<StepId>,
}

impl DraftStep {
    /// A step without causes yet.
    pub(crate) fn new(phase: Phase, resource: ResourceId, change: Change) -> Self {
        Self {
            phase,
            rank: 0,
            resource,
            change,
            why: Vec::new(),
            after: Vec::new(),
        }
    }

    /// With one more cause.
    pub(crate) fn with_cause(mut self, why: impl Into<StepReason>) -> Self {
        self.why.push(why.into());
        self
    }

    /// With these causes as well.
    pub(crate) fn because_all<W: Into<StepReason>>(
        mut self,
        why: impl IntoIterator<Item = W>,
    ) -> Self {
        self.why.extend(why.into_iter().map(Into::into));
        self
    }

    /// Not attempted unless these succeed.
    pub(crate) fn after_steps(mut self, steps: impl IntoIterator<Item = StepId>) -> Self {
        self.after.extend(steps);
        self
    }

    /// At this place within its phase and scope.
    pub(crate) fn with_rank(mut self, rank: u8) -> Self {
        self.rank = rank;
        self
    }
}

/// The plan while it is being made.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) steps: Vec<DraftStep>,
    pub(crate) refused: Vec<Refusal>,
    pub(crate) notes: Vec<Note>,
    pub(crate) watches: Vec<Watch>,
    /// What the ledger will say: it begins as it is, and refused resources leave their entries alone.
    pub(crate) ledger: Ledger,
    /// Units that would be stopped for good or removed, for `max_removals`.
    pub(crate) removals: BTreeSet<UnitRef>,
    /// The services of quadlets whose texts name them.
    pub(crate) services: BTreeMap<UnitRef, UnitName>,
    /// What the files of declared units come to.
    pub(crate) definitions: BTreeMap<UnitRef, DefinitionChange>,
    /// What has to be looked at to judge whether units will start.
    pub(crate) looks: BTreeSet<InputLook>,
    /// Declared units that are refused, and that their manager does not bring up by itself, each with the reason.
    pub(crate) not_started: Vec<(UnitRef, Option<RefusalReason>)>,
    /// Which step writes a file.
    written: BTreeMap<HostPath, StepId>,
}

impl Draft {
    /// Nothing planned, and the ledger as it is.
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self {
            steps: Vec::new(),
            refused: Vec::new(),
            notes: Vec::new(),
            watches: Vec::new(),
            ledger,
            removals: BTreeSet::new(),
            services: BTreeMap::new(),
            definitions: BTreeMap::new(),
            looks: BTreeSet::new(),
            not_started: Vec::new(),
            written: BTreeMap::new(),
        }
    }

    /// Adds a step.
    pub(crate) fn add(&mut self, step: DraftStep) -> StepId {
        let id = StepId(self.steps.len());
        if let Change::WriteFile(write) = &step.change {
            self.written.insert(write.path.clone(), id);
        }
        self.steps.push(step);
        id
    }

    /// The step that writes this file, where one does.
    pub(crate) fn writing_step(&self, path: &HostPath) -> Option<StepId> {
        self.written.get(path).copied()
    }

    /// Adds a refusal.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.refused.push(refusal);
    }

    /// Adds a note.
    pub(crate) fn note(&mut self, resource: ResourceId, kind: NoteKind, text: impl Into<NoteText>) {
        let note = Note {
            resource,
            kind,
            text: text.into(),
            why: None,
        };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Steps of a phase about one resource.
    pub(crate) fn steps_about<'d>(
        &'d self,
        phase: Phase,
        resource: &'d ResourceId,
    ) -> impl Iterator<Item = StepId> + 'd {
        let steps = self.steps.iter().enumerate();
        let about =
            steps.filter(move |(_, step)| step.phase == phase && step.resource == *resource);
        about.map(|(index, _)| StepId(index))
    }

    /// Adds a note that has a code.
    pub(crate) fn note_why(&mut self, resource: ResourceId, kind: NoteKind, why: NoteReason) {
        self.note(resource, kind, why.clone());
        if let Some(note) = self.notes.last_mut() {
            note.why = Some(why);
        }
    }

    /// Steps of a phase in one scope.
    pub(crate) fn steps_of<'d>(
        &'d self,
        phase: Phase,
        scope: &'d Scope,
    ) -> impl Iterator<Item = StepId> + 'd {
        self.steps
            .iter()
            .enumerate()
            .filter(move |(_, step)| step.phase == phase && step.resource.scope() == *scope)
            .map(|(index, _)| StepId(index))
    }
}
