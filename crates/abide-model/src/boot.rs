//! Whether a unit starts at the next boot, and why not: one answer for everybody who asks (docs/systemd-facts.md, "The rehearsal").
//!
//! The host's own systemd says what a boot would start (`systemd --test`, a rehearsal). What it cannot know is added here:
//! lingering, masks of user managers, and what is gone after a boot. Conditions, the programs themselves and the home are
//! no part of it.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::{UserName, printable};
use crate::observed::{Manager, Observation, Observed, ObservedScope, ObservedUnit};
use crate::path::HostPath;
use crate::scope::Scope;
use crate::unit_name::UnitName;

/// What a manager would start at the next boot, as its own program says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rehearsal {
    /// Units with a start job in the first transaction.
    pub starts: BTreeSet<UnitName>,
    /// Units whose job was deleted to break an ordering cycle.
    pub dropped: BTreeSet<UnitName>,
    /// Units that are part of an ordering cycle. Which of them is dropped differs from boot to boot (seen on 252 and 257).
    pub in_cycles: BTreeSet<UnitName>,
    /// Units whose files could not be read by whom the rehearsal runs as.
    pub unreadable: BTreeSet<UnitName>,
}

/// Whether a unit starts at the next boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AtBoot {
    /// It does.
    #[serde(rename = "yes")]
    Starts,
    /// This timer, socket, path or automount does, and will start it.
    #[serde(rename = "by")]
    StartedBy(UnitName),
    /// It does not.
    #[serde(rename = "no")]
    StartsNot(NotAtBoot),
    /// Nobody can tell.
    #[serde(rename = "unknown")]
    Unknown(BootUnknown),
}

/// Why a unit does not start at boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotAtBoot {
    /// Nothing pulls it in.
    NotWanted,
    /// It is masked.
    Masked,
    /// Its manager does not load it.
    NotLoaded {
        /// `LoadState`.
        load: String,
    },
    /// Its user does not linger: nothing starts before somebody logs in.
    NoLinger,
    /// The user's manager is masked.
    ManagerMasked,
    /// systemd drops it to break an ordering cycle.
    Dropped,
    /// Only this unit pulls it in, and a boot does not start that.
    NotReached {
        /// A target, mostly.
        by: UnitName,
    },
    /// Only this timer, socket or path starts it, and a boot does not start that.
    TriggerDoesNot {
        /// The trigger.
        trigger: UnitName,
    },
    /// What pulls it in, or its file, is in `/run` and gone after a boot.
    UntilReboot {
        /// The link or file.
        path: HostPath,
    },
    /// Something pulls it in, and systemd leaves it out: what it requires cannot be started, or conflicts.
    LeftOut,
}

/// Why nobody can tell whether a unit starts at boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BootUnknown {
    /// The host's systemd did not say what a boot would start, and its links are not enough.
    NoRehearsal {
        /// Why not.
        why: String,
    },
    /// It is part of an ordering cycle: systemd drops one of those units, and not always the same.
    InCycle,
    /// Its file cannot be read by whom the rehearsal runs as.
    Unreadable,
    /// It is masked in `/run`: after a boot it is not.
    MaskedUntilReboot,
    /// Whether its user lingers is not known.
    Lingering,
}

impl AtBoot {
    /// Whether this unit starts at the next boot, by what was observed.
    pub fn of(scope: &Scope, name: &UnitName, observed: &Observed) -> Self {
        let no = |why: &str| {
            Self::Unknown(BootUnknown::NoRehearsal {
                why: why.to_owned(),
            })
        };
        let seen = match observed.scopes.get(scope) {
            Some(Observation::Known(seen)) => seen,
            Some(Observation::Absent) => return Self::StartsNot(NotAtBoot::NotWanted),
            Some(Observation::Unknown(why)) => return no(why),
            None => return no("nobody asked"),
        };
        let asked = Asked {
            scope,
            seen,
            upholds: observed.facts.systemd >= UPHOLDS,
        };
        let inner = match &seen.rehearsal {
            Observation::Known(rehearsal) => asked.rehearsed(name, rehearsal),
            Observation::Unknown(why) => asked.by_links(name, why),
            Observation::Absent => asked.by_links(name, "nobody asked"),
        };
        match (&inner, scope.user()) {
            (Self::Starts | Self::StartedBy(_), Some(user)) => {
                manager_at_boot(user, observed, inner)
            }
            _ => inner,
        }
    }

    /// Whether it surely starts at boot, by itself or by a trigger.
    pub fn is_sure(&self) -> bool {
        matches!(self, Self::Starts | Self::StartedBy(_))
    }
}

/// What a user's manager starts is started at boot only where the manager is.
fn manager_at_boot(user: &UserName, observed: &Observed, inner: AtBoot) -> AtBoot {
    match observed.users.get(user) {
        Some(Observation::Known(seen)) if !seen.linger.recorded => {
            AtBoot::StartsNot(NotAtBoot::NoLinger)
        }
        Some(Observation::Known(seen)) if seen.linger.manager_masked => {
            AtBoot::StartsNot(NotAtBoot::ManagerMasked)
        }
        Some(Observation::Known(_)) => inner,
        Some(Observation::Absent) => AtBoot::StartsNot(NotAtBoot::NoLinger),
        Some(Observation::Unknown(_)) | None => AtBoot::Unknown(BootUnknown::Lingering),
    }
}

/// The first systemd that reads `*.upholds` (NEWS).
const UPHOLDS: u32 = 254;

struct Asked<'a> {
    scope: &'a Scope,
    seen: &'a ObservedScope,
    upholds: bool,
}

impl Asked<'_> {
    fn rehearsed(&self, name: &UnitName, rehearsal: &Rehearsal) -> AtBoot {
        let (unit, id) = self.unit(name);
        if rehearsal.starts.contains(&id) {
            return match self.until_reboot(unit, &id) {
                Some(path) => AtBoot::StartsNot(NotAtBoot::UntilReboot { path }),
                None if rehearsal.in_cycles.contains(&id) => AtBoot::Unknown(BootUnknown::InCycle),
                None => AtBoot::Starts,
            };
        }
        if rehearsal.dropped.contains(&id) {
            return AtBoot::StartsNot(NotAtBoot::Dropped);
        }
        if rehearsal.in_cycles.contains(&id) {
            return AtBoot::Unknown(BootUnknown::InCycle);
        }
        if rehearsal.unreadable.contains(&id) {
            return AtBoot::Unknown(BootUnknown::Unreadable);
        }
        if let Some(answer) = not_loaded(unit) {
            return answer;
        }
        let triggers = || unit.into_iter().flat_map(|unit| &unit.triggered_by);
        let starts = |trigger: &&UnitName| {
            rehearsal.starts.contains(*trigger) && {
                let (unit, id) = self.unit(trigger);
                self.until_reboot(unit, &id).is_none()
            }
        };
        if let Some(trigger) = triggers().find(starts) {
            return AtBoot::StartedBy(trigger.clone());
        }
        let pulls = self.pulled_in_by(unit, &id);
        AtBoot::StartsNot(match pulls.first() {
            Some(_) if pulls.iter().any(|by| rehearsal.starts.contains(by)) => NotAtBoot::LeftOut,
            Some(by) => NotAtBoot::NotReached { by: by.clone() },
            None => match triggers().next() {
                Some(trigger) => NotAtBoot::TriggerDoesNot {
                    trigger: trigger.clone(),
                },
                None => NotAtBoot::NotWanted,
            },
        })
    }

    /// What links and the live manager say, where there is no rehearsal.
    fn by_links(&self, name: &UnitName, why: &str) -> AtBoot {
        let (unit, id) = self.unit(name);
        if let Some(answer) = not_loaded(unit) {
            return answer;
        }
        let unknown = || {
            AtBoot::Unknown(BootUnknown::NoRehearsal {
                why: why.to_owned(),
            })
        };
        if let Some(path) = self.until_reboot(unit, &id) {
            return AtBoot::StartsNot(NotAtBoot::UntilReboot { path });
        }
        let pulls = self.pulled_in_by(unit, &id);
        if pulls.iter().any(|by| self.is_reached_by_every_boot(by)) {
            return match unit.is_some_and(|unit| self.lacks_something(unit)) {
                true => unknown(),
                false => AtBoot::Starts,
            };
        }
        let triggers = unit.into_iter().flat_map(|unit| &unit.triggered_by);
        let mut triggers: Vec<&UnitName> = triggers.collect();
        triggers.retain(|trigger| {
            let (unit, id) = self.unit(trigger);
            let pulls = self.pulled_in_by(unit, &id);
            pulls.iter().any(|by| self.is_reached_by_every_boot(by))
        });
        match triggers.first() {
            _ if !pulls.is_empty() => unknown(),
            Some(trigger) => AtBoot::StartedBy((*trigger).clone()),
            // What generators make is known to a manager only.
            None if name.kind().is_quadlet() && !self.is_up() => unknown(),
            None => AtBoot::StartsNot(NotAtBoot::NotWanted),
        }
    }

    /// Whether something that it requires is not there.
    fn lacks_something(&self, unit: &ObservedUnit) -> bool {
        let relations = ["Requires", "BindsTo"].iter();
        let mut required = relations
            .filter_map(|key| unit.relations.get(*key))
            .flatten();
        required.any(|name| {
            let found = self.seen.unit(name);
            found.is_some_and(|found| found.load != "loaded")
        })
    }

    fn is_up(&self) -> bool {
        matches!(self.seen.manager, Manager::Up { .. })
    }

    /// The unit as its manager knows it, and the name that it has there.
    fn unit(&self, name: &UnitName) -> (Option<&ObservedUnit>, UnitName) {
        let loaded = name.loaded_as();
        let unit = self.seen.unit(&loaded).filter(|_| self.is_up());
        if let Some(unit) = unit.filter(|unit| unit.load != "not-found") {
            return (Some(unit), unit.id.clone());
        }
        let alias = self
            .seen
            .links
            .iter()
            .find(|link| link.path == loaded.as_str());
        let target = alias.and_then(|link| link.target.rsplit('/').next());
        let id = target.and_then(|target| UnitName::parse(target).ok());
        (unit, id.unwrap_or(loaded))
    }

    /// The units whose `*.wants` and kin it is in, or that name it.
    fn pulled_in_by(&self, unit: Option<&ObservedUnit>, id: &UnitName) -> Vec<UnitName> {
        let relations = ["WantedBy", "RequiredBy", "UpheldBy"];
        let named = relations
            .iter()
            .filter_map(|relation| unit?.relations.get(*relation))
            .flatten()
            .cloned();
        let upheld = |path: &str| path.contains(".upholds/");
        let own = self.seen.links.iter();
        let own = own.filter(|link| self.upholds || !upheld(&link.path));
        let own = own.filter_map(|link| puller(&link.path, id));
        let others = self.seen.links_elsewhere.iter();
        let others = others.filter_map(|path| puller(path.as_str(), id));
        let all: BTreeSet<UnitName> = named.chain(own).chain(others).collect();
        all.into_iter().collect()
    }

    /// What is gone after a boot of what makes it start: its file, or the only links that pull it in.
    fn until_reboot(&self, unit: Option<&ObservedUnit>, id: &UnitName) -> Option<HostPath> {
        let fragment = unit.and_then(|unit| unit.fragment.clone());
        if let Some(fragment) = fragment.filter(is_gone_after_boot) {
            return Some(fragment);
        }
        let links = self.seen.links_elsewhere.iter();
        let links = links.filter(|path| path.file_name() == id.as_str());
        let (gone, stay): (Vec<&HostPath>, Vec<&HostPath>) =
            links.partition(|path| is_gone_after_boot(path));
        let first = gone.first()?;
        let by_gone: BTreeSet<UnitName> = gone
            .iter()
            .filter_map(|path| puller(path.as_str(), id))
            .collect();
        let own = self
            .seen
            .links
            .iter()
            .any(|link| puller(&link.path, id).is_some());
        let others = self
            .pulled_in_by(unit, id)
            .iter()
            .any(|by| !by_gone.contains(by));
        (stay.is_empty() && !own && !others).then(|| (*first).clone())
    }

    /// Targets that every boot starts, so that links to them are enough.
    fn is_reached_by_every_boot(&self, target: &UnitName) -> bool {
        const BOTH: &[&str] = &[
            "default.target",
            "basic.target",
            "sockets.target",
            "timers.target",
            "paths.target",
        ];
        const SYSTEM: &[&str] = &["multi-user.target", "sysinit.target", "local-fs.target"];
        BOTH.contains(&target.as_str())
            || self.scope.user().is_none() && SYSTEM.contains(&target.as_str())
    }
}

/// Of a unit that its manager does not load.
fn not_loaded(unit: Option<&ObservedUnit>) -> Option<AtBoot> {
    let unit = unit?;
    let in_run = unit.fragment.as_ref().is_some_and(is_gone_after_boot);
    Some(match unit.load.as_str() {
        "loaded" => return None,
        "masked" if in_run => AtBoot::Unknown(BootUnknown::MaskedUntilReboot),
        "masked" => AtBoot::StartsNot(NotAtBoot::Masked),
        load => AtBoot::StartsNot(NotAtBoot::NotLoaded {
            load: load.to_owned(),
        }),
    })
}

/// The unit in whose directory this link is, if it is one of this unit.
fn puller(link: &str, id: &UnitName) -> Option<UnitName> {
    let (folder, name) = link.rsplit_once('/')?;
    let folder = folder.rsplit('/').next()?;
    let by = [".wants", ".requires", ".upholds"]
        .iter()
        .find_map(|end| folder.strip_suffix(end))?;
    (name == id.as_str()).then(|| UnitName::parse(by).ok())?
}

/// What is in `/run` is, but for what generators make anew.
fn is_gone_after_boot(path: &HostPath) -> bool {
    let path = path.as_str();
    path.starts_with("/run/") && !path.contains("/systemd/generator")
}

impl fmt::Display for AtBoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starts => f.write_str("yes"),
            Self::StartedBy(unit) => write!(f, "by {unit}"),
            Self::StartsNot(NotAtBoot::NotWanted) => f.write_str("no"),
            Self::StartsNot(why) => write!(f, "no: {why}"),
            Self::Unknown(BootUnknown::NoRehearsal { .. }) => f.write_str("unknown"),
            Self::Unknown(why) => write!(f, "unknown: {why}"),
        }
    }
}

impl fmt::Display for NotAtBoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWanted => f.write_str("nothing pulls it in"),
            Self::Masked => f.write_str("masked"),
            Self::NotLoaded { load } => f.write_str(&printable(&load.replace('-', " "))),
            Self::NoLinger => f.write_str("no linger"),
            Self::ManagerMasked => f.write_str("user manager masked"),
            Self::Dropped => f.write_str("dropped from a cycle"),
            Self::NotReached { by } => write!(f, "{by} is not reached"),
            Self::TriggerDoesNot { trigger } => write!(f, "{trigger} does not"),
            Self::UntilReboot { .. } => f.write_str("only until the reboot"),
            Self::LeftOut => f.write_str("systemd leaves it out"),
        }
    }
}

impl fmt::Display for BootUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRehearsal { why } => f.write_str(&printable(why)),
            Self::InCycle => f.write_str("in a cycle"),
            Self::Unreadable => f.write_str("unreadable file"),
            Self::MaskedUntilReboot => f.write_str("masked until the reboot"),
            Self::Lingering => f.write_str("lingering"),
        }
    }
}
