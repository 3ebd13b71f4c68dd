//! What `abide status` says: each host's users with their lingering and each declared unit, as facts. Text and
//! JSON are made from the same lines.

use abide_model::{AtBoot, Desired, Observed, Plan};
use serde::Serialize;

mod others;
mod unit;
mod user;

/// One host for `abide status`.
#[derive(Debug, Clone, Copy)]
pub struct HostStatus<'a> {
    /// What it should be.
    pub desired: &'a Desired,
    /// What it is.
    pub seen: Seen<'a>,
}

/// What is known about a host.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// It answered.
    Observed {
        /// What was seen.
        observed: &'a Observed,
        /// What a plan for that would do: it says what is as declared.
        plan: &'a Plan,
    },
    /// It could not be observed.
    Unreachable {
        /// Why, one clause.
        reason: &'a str,
        /// What a person can do about it.
        help: Option<&'a str>,
    },
}

/// One host's lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct HostLines {
    pub(crate) host: String,
    /// Why it could not be observed.
    pub(crate) unreachable: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) os: Option<String>,
    pub(crate) systemd: Option<u32>,
    pub(crate) up_seconds: Option<u64>,
    pub(crate) users: Vec<UserLine>,
    pub(crate) units: Vec<UnitLine>,
    /// What else is not as declared: files, managers, what is no longer in the manifest.
    pub(crate) others: Vec<String>,
    /// Lingering users that the manifest does not name.
    pub(crate) undeclared_lingering: Vec<String>,
}

/// A user and the four facts about its lingering; `None` is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UserLine {
    pub(crate) user: String,
    pub(crate) present: Option<bool>,
    /// What the manifest says; `None`: it does not manage it.
    pub(crate) declared: Option<bool>,
    /// The record is there: it will linger after a boot.
    pub(crate) recorded: Option<bool>,
    /// Its manager is up.
    pub(crate) effective: Option<bool>,
    /// Its manager is up and only open sessions keep it.
    pub(crate) held: Option<bool>,
    /// Whether this is what the manifest says; `None`: unknown.
    pub(crate) as_declared: Option<bool>,
    /// What is wrong, one clause.
    pub(crate) trouble: Option<String>,
    /// What to know although it is no difference.
    pub(crate) notes: Vec<String>,
}

/// A declared unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UnitLine {
    /// `None`: the system's.
    pub(crate) user: Option<String>,
    pub(crate) unit: String,
    /// `active (running)`, `failed (203/EXEC)`, `crash-looping (exit status 1)`, `not found`, `unknown`.
    pub(crate) state: String,
    /// Whether it is up and stays up; `None`: unknown.
    pub(crate) up: Option<bool>,
    /// Seconds since it started, by the host's clock, while it is up.
    pub(crate) up_seconds: Option<u64>,
    pub(crate) restarts: Option<u32>,
    /// `yes`, `no`, `static`, `masked`, `generated`; `None`: unknown.
    pub(crate) enabled: Option<String>,
    /// Whether it starts at boot.
    pub(crate) boot: Option<AtBoot>,
    /// Whether this is what the manifest says; `None`: unknown.
    pub(crate) as_declared: Option<bool>,
    /// What is wrong, or why nothing is known, one clause.
    pub(crate) trouble: Option<String>,
    /// What to know although it is no difference: what somebody put beside it since the last apply, that it runs
    /// something older.
    pub(crate) notes: Vec<String>,
}

/// The lines of one host.
pub(crate) fn lines(host: &HostStatus<'_>) -> HostLines {
    let mut lines = HostLines {
        host: host.desired.host.to_string(),
        unreachable: None,
        help: None,
        os: None,
        systemd: None,
        up_seconds: None,
        users: Vec::new(),
        units: Vec::new(),
        others: Vec::new(),
        undeclared_lingering: Vec::new(),
    };
    match host.seen {
        Seen::Unreachable { reason, help } => {
            lines.unreachable = Some(reason.to_owned());
            lines.help = help.map(ToOwned::to_owned);
        }
        Seen::Observed { observed, plan } => fill(&mut lines, host.desired, observed, plan),
    }
    lines
}

fn fill(lines: &mut HostLines, desired: &Desired, observed: &Observed, plan: &Plan) {
    let facts = &observed.facts;
    lines.os = Some(facts.os.clone());
    lines.systemd = Some(facts.systemd);
    lines.up_seconds = Some(facts.now.secs_since(facts.booted_at));
    lines.units = unit::lines(desired, observed, plan);
    for (name, user) in &desired.users {
        lines.users.push(user::line(name, user, observed, plan));
    }
    lines.others = others::other_resources(desired, plan);
    let named = |name: &&String| {
        desired
            .users
            .keys()
            .any(|user| user.as_str() == name.as_str())
    };
    let lingering = observed.lingering.as_known().into_iter().flatten();
    lines.undeclared_lingering = lingering.filter(|name| !named(name)).cloned().collect();
}
