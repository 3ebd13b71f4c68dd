//! What would be done on one host, in order, each action with its causes. A plan leaves no choice to its execution.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action_id::ActionId;
use crate::body::{Body, Bytes};
use crate::desired::OnChange;
use crate::digest::Digest;
use crate::field::{AccountField, Field};
use crate::forecast::Disruption;
use crate::hand_edit::HandEdit;
use crate::health::Health;
use crate::ledger::Ledger;
use crate::name::{HostName, ManifestName, UserName};
use crate::note_reason::NoteReason;
use crate::note_text::NoteText;
use crate::observed::ActiveState;
use crate::path::HostPath;
use crate::refusal_reason::RefusalReason;
use crate::scope::{Scope, UnitRef};
use crate::time::Timestamp;
use crate::unit_name::UnitName;

/// The least changes that make one host what its manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The host.
    pub host: HostName,
    /// The manifest whose ledger is kept.
    pub manifest: ManifestName,
    /// What is done, in this order.
    pub actions: Vec<Action>,
    /// What the actions do to units that they do not name, in order of the actions.
    #[serde(default)]
    pub forecast: Vec<Disruption>,
    /// What is wanted and will not be done, and why. A refused resource has no action.
    pub refused: Vec<Refusal>,
    /// What a person should know: kept foreign drop-ins, pending restarts, undeclared lingering.
    pub notes: Vec<Note>,
    /// Resources that are as they should be.
    pub unchanged: usize,
    /// Facts that this plan stands on; checked again under the host's lock.
    pub preconditions: Vec<Precondition>,
    /// Units that must hold after the run.
    pub watches: Vec<Watch>,
    /// What the ledger says before the first change: everything owned before or after.
    pub ledger_claim: Ledger,
    /// What the ledger says after the last. Invocations are filled in on the host.
    pub ledger_after: Ledger,
    /// The services of quadlets in this plan whose texts name them (`ServiceName=`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<UnitRef, UnitName>,
}

impl Plan {
    /// The unit that systemd knows, of one that an action names.
    pub fn loaded_as(&self, unit: &UnitRef) -> UnitName {
        let named = self.services.get(unit).cloned();
        named.unwrap_or_else(|| unit.unit.usually_loaded_as())
    }

    /// Whether nothing is to be done and nothing was refused.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.refused.is_empty()
    }

    /// Whether a resource is as declared, by all the names that it has: the one answer that `apply`, `status` and `drift`
    /// give as well. It is where this plan has nothing to do and nothing to refuse about it.
    pub fn judge(&self, names: &[&ResourceId]) -> Judged {
        let refused = |of: &dyn Fn(&ResourceId) -> bool| {
            let mut refused = self.refused.iter().filter(|one| of(&one.resource));
            refused.next().map(|one| one.kind)
        };
        if self.actions.iter().any(|action| is_about(action, names)) {
            return Judged::Differs;
        }
        let of_all = |resource: &ResourceId| match resource {
            ResourceId::Manager(scope) => {
                *scope == Scope::System || names.iter().any(|name| name.scope() == *scope)
            }
            ResourceId::User(user) => names.iter().any(|name| name.scope().user() == Some(user)),
            _ => false,
        };
        let lacks_groups = |refusal: &&Refusal| {
            let lacks = matches!(
                refusal.why,
                Some(
                    RefusalReason::ManagerLacksGroups { .. }
                        | RefusalReason::ManagerRestartWouldStop { .. }
                )
            );
            lacks && of_all(&refusal.resource)
        };
        match refused(&|resource| names.contains(&resource)) {
            Some(RefusalKind::Unknown) => Judged::Unknown,
            Some(RefusalKind::Guard | RefusalKind::Impossible) => Judged::Differs,
            // What runs under it lacks them too.
            None if self.refused.iter().any(|one| lacks_groups(&one)) => Judged::Differs,
            // What it stands on is not known to be right.
            None if refused(&of_all).is_some() => Judged::Unknown,
            None => Judged::AsDeclared,
        }
    }

    /// The same of a user: the account, its lingering, and whether its manager runs as it should.
    pub fn judge_user(&self, user: &UserName) -> Judged {
        let names = [
            ResourceId::User(user.clone()),
            ResourceId::Linger(user.clone()),
        ];
        let manager = ResourceId::Manager(Scope::User(user.clone()));
        let starts =
            |change: &Change| matches!(change, Change::StartManager | Change::RestartManager);
        let mut actions = self.actions.iter();
        if actions.any(|action| action.resource == manager && starts(&action.change)) {
            return Judged::Differs;
        }
        let refused = self.refused.iter().find(|one| one.resource == manager);
        match (self.judge(&names.each_ref()), refused.map(|one| one.kind)) {
            (Judged::AsDeclared, Some(RefusalKind::Unknown)) => Judged::Unknown,
            (Judged::AsDeclared, Some(RefusalKind::Guard | RefusalKind::Impossible)) => {
                Judged::Differs
            }
            (judged, _) => judged,
        }
    }

    /// The action by its id.
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.iter().find(|action| action.id == id)
    }
}

/// Whether something is as declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// It is.
    AsDeclared,
    /// It is not.
    Differs,
    /// Nobody could see.
    Unknown,
}

/// Whether an action is about a resource of these names: a reload that a unit is owed is about the unit.
fn is_about(action: &Action, names: &[&ResourceId]) -> bool {
    let owed = |cause: &Cause| match cause {
        Cause::ReloadOwed {
            unit: Some(unit), ..
        } => names.iter().any(|name| {
            matches!(name, ResourceId::Unit(named)
                if named.unit == *unit && named.scope == action.resource.scope())
        }),
        _ => false,
    };
    names.contains(&&action.resource) || action.causes.iter().any(owed)
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Action {
    /// Its number.
    pub id: ActionId,
    /// To what.
    pub resource: ResourceId,
    /// What is done.
    pub change: Change,
    /// Why; never empty.
    pub causes: Vec<Cause>,
    /// Earlier actions without whose success this one is not attempted.
    pub after: Vec<ActionId>,
}

/// What an action is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResourceId {
    /// An account.
    User(UserName),
    /// A user's lingering.
    Linger(UserName),
    /// A service manager.
    Manager(Scope),
    /// A file that belongs to no unit.
    File {
        /// Whose file: written as that user.
        scope: Scope,
        /// Where.
        path: HostPath,
    },
    /// A unit: its file, drop-ins, links and state.
    Unit(UnitRef),
}

impl ResourceId {
    /// The user whose account, lingering or manager it is.
    pub fn user_of(&self) -> Option<&UserName> {
        match self {
            Self::User(user) | Self::Linger(user) => Some(user),
            Self::Manager(scope) => scope.user(),
            Self::File { .. } | Self::Unit(_) => None,
        }
    }

    /// The scope it belongs to: whose manager, whose files. Accounts and lingering are the system's.
    pub fn scope(&self) -> Scope {
        match self {
            Self::User(_) | Self::Linger(_) => Scope::System,
            Self::Manager(scope) | Self::File { scope, .. } => scope.clone(),
            Self::Unit(unit) => unit.scope.clone(),
        }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "user {user}"),
            Self::Linger(user) => write!(f, "linger {user}"),
            Self::Manager(scope) => write!(f, "manager {scope}"),
            Self::File { path, .. } => write!(f, "file {path}"),
            Self::Unit(unit) => write!(f, "{unit}"),
        }
    }
}

/// What is done. Every value that the execution needs is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// `useradd`. The home directory is made (`-m`) at this place.
    CreateUser {
        /// Numeric id, where wanted.
        uid: Option<u32>,
        /// Primary group, where wanted; it must exist. Else a group of the user's name is made.
        group: Option<String>,
        /// Supplementary groups; they must exist.
        groups: BTreeSet<String>,
        /// Home directory.
        home: HostPath,
        /// Login shell, where wanted.
        shell: Option<HostPath>,
        /// GECOS field, where wanted.
        comment: Option<String>,
        /// A system account.
        system: bool,
    },
    /// `usermod`: these fields only (`uid`, `group`, `groups`, `home`, `shell`, `comment`).
    ModifyUser(Vec<FieldChange>),
    /// `userdel`, after its units are stopped, its lingering is off and its manager is gone.
    DeleteUser {
        /// Remove the home directory as well.
        remove_home: bool,
        /// End what else runs as this user.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        end_processes: bool,
    },
    /// `loginctl enable-linger`.
    EnableLinger,
    /// `loginctl disable-linger`.
    DisableLinger,
    /// `systemctl start user@UID.service` (blocks until ready), then one bounded check that it answers.
    StartManager,
    /// `systemctl restart user@UID.service`: all units of the user stop, and those that are enabled start again.
    RestartManager,
    /// A file is written: beside its place, then renamed over it, as the scope's user.
    WriteFile(WriteFile),
    /// Permission bits of a file whose content is right.
    SetMode {
        /// Where.
        path: HostPath,
        /// As they are.
        from: u32,
        /// As they should be.
        to: u32,
    },
    /// A file of ours is removed, and its directory where that is an empty `.d` directory.
    RemoveFile {
        /// Where.
        path: HostPath,
        /// What it is.
        purpose: FilePurpose,
        /// What stands there.
        before: Before,
    },
    /// Links are made and removed: these and no others (docs/decisions/0021).
    Enable {
        /// Links that come.
        add: BTreeSet<String>,
        /// Stale links that go.
        remove: BTreeSet<String>,
        /// The unit file that they lead to. Without it nobody here knows which links there would be, and
        /// `systemctl enable --no-reload` makes them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<HostPath>,
    },
    /// Links are removed: these and no others.
    Disable {
        /// Links that go.
        remove: BTreeSet<String>,
    },
    /// `systemctl mask --no-reload`.
    Mask,
    /// `systemctl unmask --no-reload`.
    Unmask,
    /// `systemctl daemon-reload` of the manager.
    DaemonReload,
    /// `systemctl reset-failed` of this unit.
    ResetFailed,
    /// `systemctl stop`.
    Stop,
    /// `systemctl start`.
    Start,
    /// `systemctl restart`.
    Restart,
    /// `systemctl reload`.
    Reload,
    /// Nothing on the host but the ledger: what is there as declared becomes ours.
    Adopt,
    /// Nothing on the host but the ledger: what files hold that a running unit has read, and of which nothing was recorded
    /// yet. By that their next change is told from a mere `touch`.
    Record,
    /// Nothing on the host but the ledger: what is gone is no longer claimed.
    Forget,
}

/// One attribute of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// `uid`, `group`, `groups`, `home`, `shell`, `comment`.
    #[schemars(with = "String")]
    pub field: AccountField,
    /// As it is.
    pub from: String,
    /// As it should be; for `groups` the ones to add, separated by commas.
    pub to: String,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WriteFile {
    /// Where.
    pub path: HostPath,
    /// What it is.
    pub purpose: FilePurpose,
    /// What it will hold.
    pub body: Body,
    /// Permission bits it will have.
    pub mode: u32,
    /// What stands there now.
    pub before: Before,
}

/// What a managed file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FilePurpose {
    /// A unit file or a quadlet.
    Unit,
    /// A drop-in of a unit.
    DropIn,
    /// A file below a user's home.
    Plain,
}

/// What stands at a path before it is written or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// Nothing.
    Absent,
    /// A regular file.
    File {
        /// Its digest; `None` where it could not be read or is a secret (not shown, not stored).
        digest: Option<Digest>,
        /// Its content where it may be shown and was small enough to send.
        content: Option<Bytes>,
        /// Its permission bits.
        mode: u32,
    },
    /// A symbolic link, with its target. It is replaced, never followed.
    Symlink(String),
}

/// Why an action is in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It is declared and not there.
    Missing,
    /// It is there and differs.
    Differs {
        /// In what: `ExecStart=`, `content`, `shell`, `enabled`, `ActiveState`.
        field: Field,
        /// As it is.
        observed: String,
        /// As declared.
        desired: String,
    },
    /// `state: absent`, or its user is.
    DeclaredAbsent,
    /// Ours by the ledger, and no longer declared.
    Undeclared,
    /// Lingering that a unit needs: it would stop at logout and stay off after a boot.
    LingerNeeded {
        /// The unit.
        unit: UnitName,
    },
    /// An earlier action of this plan leads to it.
    FollowsFrom(ActionId),
    /// The manager read its unit files before this one changed.
    ReloadOwed {
        /// What shows it, in words: `NeedDaemonReload`, `drop-in not loaded`, `changed after the last reload`.
        evidence: String,
        /// The unit that shows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<UnitName>,
    },
    /// The unit runs a configuration that is no longer on disk.
    RunningOldConfig {
        /// Since when it runs.
        since: Option<Timestamp>,
        /// Which settings differ, where that is known: `ExecStart=`.
        keys: Vec<String>,
    },
    /// Nothing tells whether the unit runs what stands in these files, and the manifest says what to do then.
    MayRunOld {
        /// The files; none where its definition as a whole is meant.
        files: Vec<HostPath>,
    },
    /// The unit is neither up nor down: it comes and goes, or never came up.
    Unhealthy {
        /// How it is.
        health: Health,
    },
    /// The unit failed earlier and would not start again by itself.
    Failed {
        /// How it ended: `203/EXEC`, `exit status 1`.
        result: String,
    },
    /// Somebody changed it on the host since abide left it: it is not the manifest that moved on.
    ChangedOnHost {
        /// What was done.
        edit: HandEdit,
        /// When, by the host's clock, where the host shows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
}

impl Cause {
    /// Whether a service goes because its quadlet makes one of another name now.
    pub fn is_another_service_name(&self) -> bool {
        matches!(
            self,
            Self::Differs {
                field: Field::ServiceName,
                ..
            }
        )
    }
}

/// What is wanted and will not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// To what.
    pub resource: ResourceId,
    /// What was wanted and why it is not done: one clause.
    pub reason: String,
    /// The same as data, where it has a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<RefusalReason>,
    /// What a person can do about it.
    pub help: Option<String>,
    /// Whether a guard refused (exit code 7) or the host cannot (1) or could not be seen (3).
    pub kind: RefusalKind,
}

/// Who refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RefusalKind {
    /// A limit of the manifest or of abide: `max_removals`, the connecting user, another manifest's file.
    Guard,
    /// The host or the route to it does not allow it: no root, a static unit, no such group.
    Impossible,
    /// What it depends on could not be observed.
    Unknown,
}

/// Something a person should know that leads to no action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// About what.
    pub resource: ResourceId,
    /// Which kind.
    pub kind: NoteKind,
    /// One sentence without its full stop.
    pub text: NoteText,
    /// The same as data, where it has a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<NoteReason>,
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// A restart or reload that `on_change: none` (or `RefuseManualStop=`) holds back.
    PendingRestart,
    /// Nothing tells whether a unit runs what stands on disk.
    MayRunOld,
    /// A unit file names a source that is not there.
    SourceMissing,
    /// A drop-in or file beside ours that we keep.
    Foreign,
    /// A drop-in that appeared beside ours since the last apply, and that we keep.
    Added,
    /// A lingering user that nobody declares.
    UndeclaredLinger,
    /// Ours by the ledger, no longer declared, and kept because `prune: false`.
    Orphan,
    /// Settings of a unit that the host's systemd does not know.
    Unsupported,
    /// A unit that will not come up.
    WillFail,
    /// What a reviewer should expect: a timer fires now, a condition holds a unit back.
    Expect,
    /// What a unit that is in trouble said last.
    Said,
    /// A unit that should not run, and that the host does not have: its name may be a mistake.
    NoSuchUnit,
    /// Other units that `systemctl enable` would enable along with one (`Also=`), and that are left as they are.
    AlsoLeft,
    /// A unit that is enabled and that a boot does not start, which may be meant so.
    NotAtBoot,
    /// A user manager that only an open session keeps up.
    HeldBySession,
    /// A user manager whose groups cannot be seen.
    GroupsUnseen,
    /// A line of a ledger that is not believed, or a ledger that could not be read.
    Ledger,
}

/// A fact that a plan stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precondition {
    /// A file has this content, or is not there.
    File {
        /// As whom it is read.
        scope: Scope,
        /// Where.
        path: HostPath,
        /// `None`: not there.
        digest: Option<Digest>,
    },
    /// A user has this id, or is not there.
    User {
        /// The user.
        user: UserName,
        /// `None`: not there.
        uid: Option<u32>,
    },
    /// Lingering is recorded or not.
    Linger {
        /// The user.
        user: UserName,
        /// Whether.
        recorded: bool,
    },
    /// A unit is in this state, in this run of it.
    Unit {
        /// The unit.
        unit: UnitRef,
        /// Its state.
        active: ActiveState,
        /// Its `InvocationID`.
        invocation: String,
    },
}

/// A unit that must hold after a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Watch {
    /// The unit.
    pub unit: UnitRef,
    /// It must stay up this long without a restart.
    pub hold: Duration,
    /// It must have come up within this.
    pub timeout: Duration,
    /// What the manifest says about changes (reports name it).
    pub on_change: OnChange,
}
