//! Which units a boot brings up, by links and by what the live manager says of targets, and which of them are in a cycle.
//! Every observation has these facts: nothing is rehearsed for them.

use std::collections::{BTreeMap, BTreeSet};

use crate::observed::{Manager, ObservedScope, ObservedUnit};
use crate::unit_name::UnitName;

/// Targets that every boot brings up, in both kinds of manager.
const BOTH: &[&str] = &[
    "default.target",
    "basic.target",
    "sockets.target",
    "timers.target",
    "paths.target",
];

/// The same, in the system's manager.
const SYSTEM: &[&str] = &["multi-user.target", "sysinit.target", "local-fs.target"];

/// Where a mask leads.
const NOWHERE: &str = "/dev/null";

/// The facts of one scope that tell what a boot brings up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach<'a> {
    pub(super) seen: &'a ObservedScope,
    /// Whether it is the system's.
    pub(super) system: bool,
    /// Whether this systemd reads `*.upholds`.
    pub(super) upholds: bool,
}

impl Reach<'_> {
    /// Whether a boot brings up this unit, which pulls in others; `None` where the facts do not tell.
    pub(super) fn is_reached_at_boot(&self, unit: &UnitName) -> Option<bool> {
        self.reaches_by(unit, &mut BTreeSet::new())
    }

    fn reaches_by(&self, unit: &UnitName, above: &mut BTreeSet<UnitName>) -> Option<bool> {
        if self.is_masked(unit) {
            return Some(false);
        }
        if self.is_of_every_boot(unit) {
            return Some(true);
        }
        if !matches!(self.seen.manager, Manager::Up { .. }) {
            return None;
        }
        let seen = self
            .seen
            .pulling
            .get(unit)
            .or_else(|| self.seen.unit(unit))?;
        if seen.load != "loaded" {
            return Some(false);
        }
        // What `default.target` is another name of.
        let default = self.seen.pulling.get(&name("default.target")?);
        if default.is_some_and(|default| default.id == seen.id) {
            return Some(true);
        }
        if !above.insert(unit.clone()) {
            return Some(false);
        }
        let pulls = self.pulled_in_by(Some(seen), &seen.id);
        let mut answers: Vec<Option<bool>> = Vec::new();
        for by in &pulls {
            answers.push(self.reaches_by(by, above));
        }
        match answers {
            answers if answers.contains(&Some(true)) => Some(true),
            answers if answers.contains(&None) => None,
            // Something has started it that these facts do not show.
            _ if seen.active.is_up() => None,
            _ => Some(false),
        }
    }

    /// The units whose `*.wants` and kin it is in, or that name it.
    pub(super) fn pulled_in_by(
        &self,
        unit: Option<&ObservedUnit>,
        id: &UnitName,
    ) -> BTreeSet<UnitName> {
        let relations = ["WantedBy", "RequiredBy", "UpheldBy"];
        let named = relations
            .iter()
            .filter_map(|relation| unit?.relations.get(*relation))
            .flatten()
            .cloned();
        let upheld = |path: &str| path.contains(".upholds/");
        let own = self.seen.links.iter();
        let own = own.filter(|link| self.upholds || !upheld(&link.path));
        let own = own.filter_map(|link| pulling_unit(&link.path, id));
        let others = self.seen.links_elsewhere.iter();
        let others = others.filter_map(|path| pulling_unit(path.as_str(), id));
        named.chain(own).chain(others).collect()
    }

    /// Whether a link to nowhere stands in its place for good: in the configuration directory, or for all users.
    pub(super) fn is_masked(&self, unit: &UnitName) -> bool {
        let mut own = self.seen.links.iter();
        if let Some(link) = own.find(|link| link.path == unit.as_str()) {
            return link.target == NOWHERE;
        }
        let elsewhere = self.seen.links_elsewhere.iter();
        let mut masks = elsewhere.filter(|path| path.as_str().starts_with("/etc/"));
        masks.any(|path| {
            path.file_name() == unit.as_str() && pulling_unit(path.as_str(), unit).is_none()
        })
    }

    /// Whether every boot brings up this target, so that a link to it is enough.
    pub(super) fn is_of_every_boot(&self, target: &UnitName) -> bool {
        BOTH.contains(&target.as_str())
            || self.system && SYSTEM.contains(&target.as_str()) && self.boots_as_usual()
    }

    /// Whether `default.target` is what it mostly is: one that brings up `multi-user.target`.
    fn boots_as_usual(&self) -> bool {
        let mut links = self.seen.links.iter();
        let default = links.find(|link| link.path == "default.target");
        let usual = |target: &str| {
            let target = target.rsplit('/').next();
            matches!(target, Some("multi-user.target" | "graphical.target"))
        };
        default.is_none_or(|link| usual(&link.target))
    }

    /// Units that start at boot and are in an ordering cycle with others that do, each with those others. An order among units
    /// that nobody asked about, and that do not go along with asked ones, is not known.
    pub(super) fn ordering_cycles(&self) -> BTreeMap<UnitName, BTreeSet<UnitName>> {
        let starts = |unit: &ObservedUnit| {
            let pulls = self.pulled_in_by(Some(unit), &unit.id);
            unit.load == "loaded"
                && pulls
                    .iter()
                    .any(|by| self.is_reached_at_boot(by) == Some(true))
        };
        let beside = self.seen.beside.values();
        let units = self.seen.units.values().chain(beside);
        let units = units.filter(|unit| starts(unit));
        let known: BTreeMap<&UnitName, &ObservedUnit> =
            units.map(|unit| (&unit.id, unit)).collect();
        let at_boot = |name: &UnitName| {
            known.contains_key(name) || self.is_of_every_boot(name) && !self.is_masked(name)
        };
        let mut later: BTreeMap<&UnitName, BTreeSet<&UnitName>> = BTreeMap::new();
        for (id, unit) in &known {
            let named = |key: &str| unit.relations.get(key).into_iter().flatten();
            for first in named("After").filter(|name| at_boot(name)) {
                later.entry(first).or_default().insert(id);
            }
            for second in named("Before").filter(|name| at_boot(name)) {
                later.entry(id).or_default().insert(second);
            }
        }
        remove_acyclic(&mut later);
        let mut cycles = BTreeMap::new();
        for name in later.keys() {
            let from = units_started_after(&later, name);
            if from.contains(*name) {
                let with = from
                    .into_iter()
                    .filter(|other| units_started_after(&later, other).contains(*name));
                let with = with.filter(|other| other != name).cloned();
                cycles.insert((*name).clone(), with.collect());
            }
        }
        cycles
    }
}

fn name(name: &str) -> Option<UnitName> {
    UnitName::parse(name).ok()
}

/// Takes away what nothing follows: it is in no cycle. Mostly that is all.
fn remove_acyclic(later: &mut BTreeMap<&UnitName, BTreeSet<&UnitName>>) {
    loop {
        let before = later.len();
        let left: BTreeSet<&UnitName> = later.keys().copied().collect();
        later.retain(|_, seconds| {
            seconds.retain(|second| left.contains(second));
            !seconds.is_empty()
        });
        if later.len() == before {
            return;
        }
    }
}

/// Everything that starts after this unit, by one step or more.
fn units_started_after<'a>(
    later: &BTreeMap<&'a UnitName, BTreeSet<&'a UnitName>>,
    from: &UnitName,
) -> BTreeSet<&'a UnitName> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&UnitName> = later.get(from).into_iter().flatten().copied().collect();
    while let Some(name) = next.pop() {
        if reached.insert(name) {
            next.extend(later.get(name).into_iter().flatten().copied());
        }
    }
    reached
}

/// The unit in whose directory this link is, if it is one of this unit.
pub(super) fn pulling_unit(link: &str, id: &UnitName) -> Option<UnitName> {
    let (folder, name) = link.rsplit_once('/')?;
    let folder = folder.rsplit('/').next()?;
    let by = [".wants", ".requires", ".upholds"]
        .iter()
        .find_map(|end| folder.strip_suffix(end))?;
    (name == id.as_str()).then(|| UnitName::parse(by).ok())?
}
