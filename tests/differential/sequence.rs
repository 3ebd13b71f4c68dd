//! What is done to both hosts: files, verbs of systemctl, daemon-reloads, one after the other.
//!
//! Units are called `~a.service`: the tilde becomes a prefix of the sequence's own, so that many sequences run in one
//! manager at once and do not know of each other.

use std::fmt;

/// What is done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    pub steps: Vec<Step>,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Files are written and removed.
    Files(Vec<Edit>),
    /// `systemctl daemon-reload`.
    Reload,
    /// `systemctl VERB UNIT...`, with `--no-reload` where there is such a thing.
    Verb(Verb, Vec<String>),
    /// Nothing, while other sequences of the batch do something.
    Nothing,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    Write(Place, String),
    Remove(Place),
    /// A link, and what it points to in its own directory (or anywhere, where absolute).
    Link(Place, String),
}

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Below the configuration directory.
    Config(String),
    /// In [`FLAGS`].
    Flag(String),
}

/// A directory that everybody may write, for conditions and sockets. What path units watch is in a directory below it
/// that the sequence has for itself: they wake up at whatever is made beside their path.
pub const FLAGS: &str = "/run/flags";

/// What systemctl is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Start,
    Stop,
    Restart,
    Reload,
    ResetFailed,
    Enable,
    Reenable,
    Disable,
    Mask,
    Unmask,
}

impl Verb {
    pub fn words(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Reload => "reload",
            Self::ResetFailed => "reset-failed",
            Self::Enable => "enable --no-reload",
            Self::Reenable => "reenable --no-reload",
            Self::Disable => "disable --no-reload",
            Self::Mask => "mask --no-reload",
            Self::Unmask => "unmask --no-reload",
        }
    }
}

impl Verb {
    /// Whether it makes and removes links.
    pub fn changes_links(self) -> bool {
        matches!(
            self,
            Self::Enable | Self::Reenable | Self::Disable | Self::Mask | Self::Unmask
        )
    }
}

impl Sequence {
    /// Whether drop-ins of this unit are ever written, or of its template.
    pub fn has_drop_ins(&self, unit: &str) -> bool {
        let (prefix, _) = unit.split_once('@').unwrap_or((unit, ""));
        let edits = self.steps.iter().filter_map(|step| match step {
            Step::Files(edits) => Some(edits),
            Step::Reload | Step::Verb(..) | Step::Nothing => None,
        });
        edits.flatten().any(|edit| match edit.place() {
            Place::Config(path) => path.starts_with(prefix) && path.contains(".d/"),
            Place::Flag(_) => false,
        })
    }

    /// Every unit that has a file in it, or that a verb names: what is looked at in the end.
    pub fn units(&self) -> Vec<String> {
        let mut units: Vec<String> = self.steps.iter().flat_map(Step::units).collect();
        units.retain(|unit| !unit.contains("@."));
        units.sort();
        units.dedup();
        units
    }
}

impl Step {
    fn units(&self) -> Vec<String> {
        match self {
            Self::Files(edits) => edits.iter().filter_map(Edit::unit).collect(),
            Self::Verb(_, units) => units.clone(),
            Self::Reload | Self::Nothing => Vec::new(),
        }
    }
}

impl Edit {
    fn place(&self) -> &Place {
        match self {
            Self::Write(place, _) | Self::Remove(place) | Self::Link(place, _) => place,
        }
    }

    fn unit(&self) -> Option<String> {
        match self.place() {
            Place::Config(path) => {
                let first = path.split('/').next().unwrap_or_default();
                let dirs = [".d", ".wants", ".requires"];
                let unit = dirs.iter().find_map(|suffix| first.strip_suffix(suffix));
                let unit = unit.unwrap_or(first);
                unit.starts_with('~').then(|| unit.to_owned())
            }
            Place::Flag(_) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(path) => write!(f, "{path}"),
            Self::Flag(name) => write!(f, "{FLAGS}/{name}"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(edits) => {
                for (index, edit) in edits.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "\n      " };
                    match edit {
                        Edit::Write(place, text) => write!(f, "{comma}write {place}: {text:?}")?,
                        Edit::Remove(place) => write!(f, "{comma}remove {place}")?,
                        Edit::Link(place, target) => write!(f, "{comma}link {place} -> {target}")?,
                    }
                }
                Ok(())
            }
            Self::Reload => write!(f, "daemon-reload"),
            Self::Verb(verb, units) => write!(f, "{} {}", verb.words(), units.join(" ")),
            Self::Nothing => write!(f, "(nothing)"),
        }
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(f, "  {index:2}. {step}")?;
        }
        Ok(())
    }
}
