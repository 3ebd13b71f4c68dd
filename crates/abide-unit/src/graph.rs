//! What the units of one manager say about each other: as it has loaded them, and as it will after its daemon-reload.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{ObservedScope, UnitName};

use crate::{Effective, Relation, loaded_as, specifier};

/// One unit names another.
type Edge = (UnitName, Relation, UnitName);
type Edges = BTreeMap<UnitName, BTreeMap<Relation, BTreeSet<UnitName>>>;

/// All that units of one manager say about each other, from both sides.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    forward: Edges,
    reverse: Edges,
}

impl Graph {
    /// As the manager has loaded it, where that was seen.
    pub fn observed(scope: &ObservedScope) -> Self {
        let mut graph = Self::default();
        for unit in scope.units.values().chain(scope.beside.values()) {
            let named = |key: &str| unit.relations.get(key).into_iter().flatten();
            for relation in Relation::ALL {
                for other in named(relation.property_name()) {
                    graph.add((unit.id.clone(), relation, other.clone()));
                }
                for other in named(relation.inverse_property()) {
                    graph.add((other.clone(), relation, unit.id.clone()));
                }
            }
            for trigger in &unit.triggered_by {
                graph.add((trigger.clone(), Relation::Triggers, unit.id.clone()));
            }
        }
        graph
    }

    /// Units that `unit` names so.
    pub fn named_by(&self, unit: &UnitName, relation: Relation) -> Vec<UnitName> {
        Self::related_units(&self.forward, unit, relation)
    }

    /// Units that name `unit` so.
    pub fn units_naming(&self, unit: &UnitName, relation: Relation) -> Vec<UnitName> {
        Self::related_units(&self.reverse, unit, relation)
    }

    fn related_units(edges: &Edges, unit: &UnitName, relation: Relation) -> Vec<UnitName> {
        let named = edges
            .get(unit)
            .and_then(|relations| relations.get(&relation));
        named.into_iter().flatten().cloned().collect()
    }

    fn add(&mut self, (from, relation, to): Edge) {
        if from == to {
            return;
        }
        let add = |edges: &mut Edges, from: UnitName, to: UnitName| {
            let relations = edges.entry(from).or_default();
            relations.entry(relation).or_default().insert(to);
        };
        add(&mut self.forward, from.clone(), to.clone());
        add(&mut self.reverse, to, from);
    }

    fn remove(&mut self, (from, relation, to): &Edge) {
        let remove = |edges: &mut Edges, from: &UnitName, to: &UnitName| {
            let named = edges
                .get_mut(from)
                .and_then(|relations| relations.get_mut(relation));
            if let Some(named) = named {
                named.remove(to);
            }
        };
        remove(&mut self.forward, from, to);
        remove(&mut self.reverse, to, from);
    }

    /// What a unit's files said and no longer say goes; what they say now comes. What others add to it stays. `names` has
    /// what declared quadlets are loaded as.
    pub fn change(
        &mut self,
        old: Option<&Effective>,
        new: Option<&Effective>,
        names: &BTreeMap<UnitName, UnitName>,
    ) {
        let edges = |effective| edges_of_files(effective, names);
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
    pub fn forget(&mut self, unit: &UnitName) {
        let all = self.forward.get(unit).cloned().unwrap_or_default();
        for (relation, others) in all {
            for other in others {
                self.remove(&(unit.clone(), relation, other));
            }
        }
    }

    /// A link in a directory beside a unit comes (systemd.unit(5)): `app.service.requires/db.service`.
    pub fn link(&mut self, path: &str) {
        if let Some(edge) = edge_of_link(path) {
            self.add(edge);
        }
    }

    /// Such a link goes.
    pub fn unlink(&mut self, path: &str) {
        if let Some(edge) = edge_of_link(path) {
            self.remove(&edge);
        }
    }
}

fn edge_of_link(path: &str) -> Option<Edge> {
    let (folder, name) = path.split_once('/')?;
    let kinds = [
        (".wants", Relation::Wants),
        (".requires", Relation::Requires),
        (".upholds", Relation::Upholds),
    ];
    let (of, relation) = kinds
        .iter()
        .find_map(|(end, relation)| Some((folder.strip_suffix(end)?, *relation)))?;
    Some((
        UnitName::parse(of).ok()?,
        relation,
        UnitName::parse(name).ok()?,
    ))
}

/// What the files of a unit say about others. What only the host can expand is left out.
fn edges_of_files(effective: &Effective, names: &BTreeMap<UnitName, UnitName>) -> BTreeSet<Edge> {
    let unit = loaded_as(effective);
    let named = |key: &str| -> Vec<UnitName> {
        let words = effective.all_values("Unit", key).into_iter();
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
    for relation in Relation::ALL {
        if relation != Relation::Triggers {
            let named_so = named(relation.property_name()).into_iter();
            edges.extend(named_so.map(|other| (unit.clone(), relation, other)));
        }
        if relation.is_written_from_both_sides() {
            let named_by = named(relation.inverse_property()).into_iter();
            edges.extend(named_by.map(|other| (other, relation, unit.clone())));
        }
    }
    let triggered = effective.triggers();
    edges.extend(triggered.map(|other| (unit.clone(), Relation::Triggers, other)));
    edges
}
