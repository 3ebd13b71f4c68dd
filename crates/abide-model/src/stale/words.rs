//! The words of facts that moved: what was planned from, what is now, what was wanted.

use std::fmt::{self, Formatter};

use super::{Aim, LastChange, StaleFact, StaleKind, StaleSubject};
use crate::name::printable_text;
use crate::plan::{Before, Change, Precondition, ResourceId};
use crate::time::UtcTime;

/// So much is shown of a text that a host said.
const LONGEST: usize = 200;

impl fmt::Display for StaleFact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match &self.kind {
            StaleKind::Moved {
                from,
                now,
                by,
                wanted,
            } => {
                write!(f, "{}: planned from {}", Bare(subject), State(from))?;
                write!(f, ", now {}", State(now))?;
                by.iter().try_for_each(|by| write!(f, " ({by})"))?;
                wanted
                    .iter()
                    .try_for_each(|aim| write!(f, ", wanted {aim}"))
            }
            StaleKind::Replaced { from, now } => {
                let (from, now) = (Standing(from), Standing(now));
                write!(f, "{}: planned from {from}, now {now}", Bare(subject))
            }
            StaleKind::Needs(change) => write!(
                f,
                "{}: now needs {}, which is not in the plan",
                Needing(subject),
                needed_change(change)
            ),
            StaleKind::Refused(refusal) => write!(f, "{subject}: {}", refusal.reason),
            StaleKind::AnotherMachine => {
                f.write_str("it is another machine than the one that the plan was made for")
            }
            StaleKind::NotPlanned => {
                f.write_str("something is to be done there now, and was not planned")
            }
            StaleKind::DoneAlready => f.write_str("what was planned is done already"),
            StaleKind::PartlyDone => f.write_str("a part of what was planned is done already"),
            StaleKind::More(actions) => write!(
                f,
                "{actions} more would be to do there, which the plan does not name"
            ),
            StaleKind::ManifestMovedOn => {
                f.write_str("the manifest now asks for something else there")
            }
            StaleKind::NoSuchHost => f.write_str("the manifest has no such host any more"),
            StaleKind::Told(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for StaleSubject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("the host"),
            Self::Resource(resource) => resource.fmt(f),
        }
    }
}

/// A subject as the fact about it is told: a file by its path alone.
struct Bare<'a>(&'a StaleSubject);

impl fmt::Display for Bare<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            StaleSubject::Resource(ResourceId::File { path, .. }) => path.fmt(f),
            other => Needing(other).fmt(f),
        }
    }
}

/// A subject as it is told what it needs.
struct Needing<'a>(&'a StaleSubject);

impl fmt::Display for Needing<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            StaleSubject::Resource(ResourceId::Linger(user)) => write!(f, "lingering of {user}"),
            other => other.fmt(f),
        }
    }
}

/// How a fact is or was.
struct State<'a>(&'a Precondition);

impl fmt::Display for State<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Precondition::File {
                digest: Some(digest),
                ..
            } => f.write_str(&digest.short_form()),
            Precondition::User { uid: Some(uid), .. } => write!(f, "uid {uid}"),
            Precondition::File { digest: None, .. } | Precondition::User { uid: None, .. } => {
                f.write_str("absent")
            }
            Precondition::Linger { recorded, .. } => f.write_str(on_or_off(*recorded)),
            Precondition::Unit { active, .. } => f.write_str(active.word()),
        }
    }
}

fn on_or_off(on: bool) -> &'static str {
    match on {
        true => "on",
        false => "off",
    }
}

/// What stands at a path.
struct Standing<'a>(&'a Before);

impl fmt::Display for Standing<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Before::Absent => f.write_str("absent"),
            Before::File { .. } => f.write_str("a file"),
            Before::Symlink(target) => write!(f, "a link to {}", one_printable_line(target)),
        }
    }
}

impl fmt::Display for LastChange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let since = UtcTime::from_secs(self.at.unix_seconds());
        write!(
            f,
            "since {since}, owner {}",
            one_printable_line(&self.owner)
        )
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret => f.write_str("the secret"),
            Self::Content(digest) => f.write_str(&digest.short_form()),
            Self::NothingThere => f.write_str("nothing there"),
            Self::State(active) => f.write_str(active.word()),
            Self::Restarted => f.write_str("restarted"),
            Self::Reloaded => f.write_str("reloaded"),
            Self::Lingering(on) => f.write_str(on_or_off(*on)),
            Self::Created => f.write_str("created"),
            Self::Deleted => f.write_str("absent"),
        }
    }
}

/// What is needed, as the object of a clause.
fn needed_change(change: &Change) -> String {
    let what = match change {
        Change::WriteFile(write) => {
            return format!("{} to be written otherwise than planned", write.path);
        }
        Change::SetMode { path, to, .. } => return format!("{path} to have mode {to:04o}"),
        Change::RemoveFile { path, .. } => return format!("{path} to be removed"),
        Change::CreateUser { .. } => "to be created",
        Change::ModifyUser(_) => "to be modified otherwise than planned",
        Change::DeleteUser { .. } => "to be deleted",
        Change::EnableLinger => "to be enabled",
        Change::DisableLinger => "to be disabled",
        Change::StartManager | Change::Start => "to be started",
        Change::RestartManager => "to be restarted",
        Change::Enable { .. } => "to be enabled otherwise than planned",
        Change::Disable { .. } => "to be disabled otherwise than planned",
        Change::Mask => "to be masked",
        Change::Unmask => "to be unmasked",
        Change::DaemonReload => "a daemon-reload",
        Change::ResetFailed => "its failure to be forgotten",
        Change::Stop => "to be stopped",
        Change::Restart => "a restart",
        Change::Reload => "a reload",
        Change::Adopt => "to be adopted",
        Change::Record => "to be recorded",
        Change::Forget => "to be let go of",
    };
    what.to_owned()
}

/// Text that a host said, on one line.
fn one_printable_line(text: &str) -> String {
    let text: String = text.chars().take(LONGEST).collect();
    printable_text(&text).replace('\n', " ")
}
