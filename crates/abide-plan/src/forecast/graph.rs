//! What the units of one manager say about each other: as it has loaded them, and as it will after its daemon-reload.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{ObservedScope, UnitName};
use abide_unit::{Effective, loaded_as, specifier};

/// How one unit names another. Sources: systemd.unit(5), unit-dependency-atom.c.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    Requires,
    Requisite,
    BindsTo,
    PartOf,
    Wants,
    Upholds,
    Conflicts,
    StopTo,
    ReloadTo,
    Triggers,
}

impl Tie {
    /// Each with its setting, which is also what `systemctl show` calls it from the one side, and from the other side.
    const ALL: [(Self, &'static str, &'static str); 10] = [
        (Self::Requires, "Requires", "RequiredBy"),
        (Self::Requisite, "Requisite", "RequisiteOf"),
        (Self::BindsTo, "BindsTo", "BoundBy"),
        (Self::PartOf, "PartOf", "ConsistsOf"),
        (Self::Wants, "Wants", "WantedBy"),
        (Self::Upholds, "Upholds", "UpheldBy"),
        (Self::Conflicts, "Conflicts", "ConflictedBy"),
        (Self::StopTo, "PropagatesStopTo", "StopPropagatedFrom"),
        (Self::ReloadTo, "PropagatesReloadTo", "ReloadPropagatedFrom"),
        (Self::Triggers, "Triggers", "TriggeredBy"),
    ];

    /// As a unit file has it.
    pub(super) fn setting(self) -> &'static str {
        match self {
            Self::Requires => "Requires=",
            Self::Requisite => "Requisite=",
            Self::BindsTo => "BindsTo=",
            Self::PartOf => "PartOf=",
            Self::Wants => "Wants=",
            Self::Upholds => "Upholds=",
            Self::Conflicts => "Conflicts=",
            Self::StopTo => "PropagatesStopTo=",
            Self::ReloadTo => "PropagatesReloadTo=",
            Self::Triggers => "Unit=",
        }
    }
}

/// One unit names another.
type Edge = (UnitName, Tie, UnitName);
type Edges = BTreeMap<UnitName, BTreeMap<Tie, BTreeSet<UnitName>>>;

/// All that units of one manager say about each other, from both sides.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    forward: Edges,
    reverse: Edges,
}

impl Graph {
    /// As the manager has loaded it, where that was seen.
    pub(super) fn observed(scope: &ObservedScope) -> Self {
        let mut graph = Self::default();
        for unit in scope.units.values().chain(scope.beside.values()) {
            let named = |key: &str| unit.relations.get(key).into_iter().flatten();
            for (tie, of, by) in Tie::ALL {
                for other in named(of) {
                    graph.add((unit.id.clone(), tie, other.clone()));
                }
                for other in named(by) {
                    graph.add((other.clone(), tie, unit.id.clone()));
                }
            }
            for trigger in &unit.triggered_by {
                graph.add((trigger.clone(), Tie::Triggers, unit.id.clone()));
            }
        }
        graph
    }

    /// Units that this one names so.
    pub(super) fn of(&self, unit: &UnitName, tie: Tie) -> Vec<UnitName> {
        Self::take(&self.forward, unit, tie)
    }

    /// Units that name this one so.
    pub(super) fn to(&self, unit: &UnitName, tie: Tie) -> Vec<UnitName> {
        Self::take(&self.reverse, unit, tie)
    }

    fn take(edges: &Edges, unit: &UnitName, tie: Tie) -> Vec<UnitName> {
        let named = edges.get(unit).and_then(|ties| ties.get(&tie));
        named.into_iter().flatten().cloned().collect()
    }

    fn add(&mut self, (from, tie, to): Edge) {
        if from == to {
            return;
        }
        let add = |edges: &mut Edges, from: UnitName, to: UnitName| {
            let ties = edges.entry(from).or_default();
            ties.entry(tie).or_default().insert(to);
        };
        add(&mut self.forward, from.clone(), to.clone());
        add(&mut self.reverse, to, from);
    }

    fn remove(&mut self, (from, tie, to): &Edge) {
        let remove = |edges: &mut Edges, from: &UnitName, to: &UnitName| {
            let named = edges.get_mut(from).and_then(|ties| ties.get_mut(tie));
            if let Some(named) = named {
                named.remove(to);
            }
        };
        remove(&mut self.forward, from, to);
        remove(&mut self.reverse, to, from);
    }

    /// What a unit's files said and no longer say goes; what they say now comes. What others add to it stays. `names` has
    /// what declared quadlets are loaded as.
    pub(super) fn change(
        &mut self,
        old: Option<&Effective>,
        new: Option<&Effective>,
        names: &BTreeMap<UnitName, UnitName>,
    ) {
        let edges = |effective| edges(effective, names);
        let (old, new) = (old.map(edges), new.map(edges));
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        for gone in old.difference(&new) {
            self.remove(gone);
        }
        for edge in new {
            self.add(edge);
        }
    }

    /// All that a unit's own files may have said goes: what the manager has loaded of them is not known.
    pub(super) fn forget(&mut self, unit: &UnitName) {
        let all = self.forward.get(unit).cloned().unwrap_or_default();
        for (tie, others) in all {
            for other in others {
                self.remove(&(unit.clone(), tie, other));
            }
        }
    }

    /// A link in a directory beside a unit comes (systemd.unit(5)): `app.service.requires/db.service`.
    pub(super) fn link(&mut self, path: &str) {
        if let Some(edge) = linked(path) {
            self.add(edge);
        }
    }

    /// Such a link goes.
    pub(super) fn unlink(&mut self, path: &str) {
        if let Some(edge) = linked(path) {
            self.remove(&edge);
        }
    }
}

fn linked(path: &str) -> Option<Edge> {
    let (folder, name) = path.split_once('/')?;
    let kinds = [
        (".wants", Tie::Wants),
        (".requires", Tie::Requires),
        (".upholds", Tie::Upholds),
    ];
    let (of, tie) = kinds
        .iter()
        .find_map(|(end, tie)| Some((folder.strip_suffix(end)?, *tie)))?;
    Some((UnitName::parse(of).ok()?, tie, UnitName::parse(name).ok()?))
}

/// What the files of a unit say about others. What only the host can expand is left out.
fn edges(effective: &Effective, names: &BTreeMap<UnitName, UnitName>) -> BTreeSet<Edge> {
    let unit = loaded_as(effective);
    let named = |key: &str| -> Vec<UnitName> {
        let words = effective.all("Unit", key).into_iter();
        words
            .flat_map(str::split_whitespace)
            .filter_map(|word| specifier::expand(&unit, None, word))
            .filter_map(|word| UnitName::parse(&word).ok())
            .map(|name| {
                names
                    .get(&name)
                    .cloned()
                    .unwrap_or_else(|| name.usually_loaded_as())
            })
            .collect()
    };
    let mut edges = BTreeSet::new();
    for (tie, of, by) in Tie::ALL {
        if tie != Tie::Triggers {
            let named_so = named(of).into_iter();
            edges.extend(named_so.map(|other| (unit.clone(), tie, other)));
        }
        // Only these can be written from the other side.
        if matches!(tie, Tie::StopTo | Tie::ReloadTo) {
            let named_by = named(by).into_iter();
            edges.extend(named_by.map(|other| (other, tie, unit.clone())));
        }
    }
    let triggered = effective.triggers();
    edges.extend(triggered.map(|other| (unit.clone(), Tie::Triggers, other)));
    edges
}
