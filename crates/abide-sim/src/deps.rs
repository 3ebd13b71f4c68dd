//! What units say about each other, and what systemd does because of it (unit-dependency-atom.c of systemd 252 and 257).

use std::collections::{BTreeMap, BTreeSet};

use abide_model::UnitName;

use crate::definition::LoadedDefinition;
use crate::order::NameOrder;

/// A dependency as a unit file has it, or as its type implies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dep {
    Requires,
    Requisite,
    BindsTo,
    Wants,
    Upholds,
    PartOf,
    Conflicts,
    Before,
    After,
    OnFailure,
    OnSuccess,
    Triggers,
    PropagatesStopTo,
    PropagatesReloadTo,
}

impl Dep {
    /// Settings of `[Unit]` that make one.
    pub(crate) const SETTINGS: [(&'static str, Self); 13] = [
        ("Requires", Self::Requires),
        ("Requisite", Self::Requisite),
        ("BindsTo", Self::BindsTo),
        ("Wants", Self::Wants),
        ("Upholds", Self::Upholds),
        ("PartOf", Self::PartOf),
        ("Conflicts", Self::Conflicts),
        ("Before", Self::Before),
        ("After", Self::After),
        ("OnFailure", Self::OnFailure),
        ("OnSuccess", Self::OnSuccess),
        ("PropagatesStopTo", Self::PropagatesStopTo),
        ("PropagatesReloadTo", Self::PropagatesReloadTo),
    ];
    /// Settings that make one the other way round.
    pub(crate) const REVERSED: [(&'static str, Self); 2] = [
        ("StopPropagatedFrom", Self::PropagatesStopTo),
        ("ReloadPropagatedFrom", Self::PropagatesReloadTo),
    ];
}

type InverseSettings = BTreeMap<UnitName, BTreeMap<Dep, BTreeSet<UnitName>>>;

/// All dependencies of a manager's units, both ways, each unit by its canonical name.
#[derive(Debug, Default)]
pub(crate) struct DependencyGraph {
    forward: InverseSettings,
    reverse: InverseSettings,
    mentions: BTreeMap<UnitName, BTreeSet<UnitName>>,
    mentioned_by: BTreeMap<UnitName, BTreeSet<UnitName>>,
    order: NameOrder,
}

const WITH_REQUIREMENTS: [Dep; 5] = [
    Dep::Requires,
    Dep::Requisite,
    Dep::BindsTo,
    Dep::Wants,
    Dep::Upholds,
];

impl DependencyGraph {
    pub(crate) fn new(
        definitions: &BTreeMap<UnitName, LoadedDefinition>,
        order: NameOrder,
    ) -> Self {
        let mut graph = Self {
            order,
            ..Self::default()
        };
        let id = |name: &UnitName| {
            let loaded = definitions.get(name);
            loaded.map_or_else(|| name.clone(), |unit| unit.id.clone())
        };
        for (name, unit) in definitions {
            if *name != unit.id {
                continue;
            }
            let mentions: BTreeSet<UnitName> = unit.mentions.iter().map(id).collect();
            for other in &mentions {
                let by = graph.mentioned_by.entry(other.clone()).or_default();
                by.insert(name.clone());
            }
            graph.mentions.insert(name.clone(), mentions);
            for (dep, others) in &unit.deps {
                for other in others {
                    graph.add(name, *dep, &id(other));
                }
            }
            for (dep, others) in &unit.deps_of_others {
                for other in others {
                    graph.add(&id(other), *dep, name);
                }
            }
        }
        graph.order_targets(definitions);
        graph
    }

    fn add(&mut self, from: &UnitName, dep: Dep, to: &UnitName) {
        if from == to {
            return;
        }
        let add = |edges: &mut InverseSettings, from: &UnitName, to: &UnitName| {
            let of = edges.entry(from.clone()).or_default();
            of.entry(dep).or_default().insert(to.clone());
        };
        add(&mut self.forward, from, to);
        add(&mut self.reverse, to, from);
    }

    /// A target comes after what it pulls in, unless that is told otherwise (systemd.target(5)).
    fn order_targets(&mut self, definitions: &BTreeMap<UnitName, LoadedDefinition>) {
        let plain = |name: &UnitName| {
            definitions.get(name).is_some_and(|unit| {
                let flag = unit.effective.boolean_value("Unit", "DefaultDependencies");
                unit.load == "loaded" && flag != Some(false)
            })
        };
        let targets: Vec<UnitName> = definitions
            .keys()
            .filter(|name| name.kind() == abide_model::UnitKind::Target && plain(name))
            .cloned()
            .collect();
        for target in targets {
            for member in self.units_named_by(&target, &WITH_REQUIREMENTS) {
                if plain(&member) && !self.later_units(&target).contains(&member) {
                    self.add(&target, Dep::After, &member);
                }
            }
        }
    }

    /// Units that this one names so.
    pub(crate) fn units_named_by(&self, unit: &UnitName, deps: &[Dep]) -> Vec<UnitName> {
        self.order
            .sort_names(Self::edge_targets(&self.forward, unit, deps))
    }

    /// Units that name this one so.
    pub(crate) fn units_naming(&self, unit: &UnitName, deps: &[Dep]) -> Vec<UnitName> {
        self.order
            .sort_names(Self::edge_targets(&self.reverse, unit, deps))
    }

    fn edge_targets(edges: &InverseSettings, unit: &UnitName, deps: &[Dep]) -> BTreeSet<UnitName> {
        let own = edges.get(unit);
        let named = deps.iter().filter_map(|dep| own?.get(dep));
        named.flatten().cloned().collect()
    }

    fn units_either_way(&self, unit: &UnitName, of: &[Dep], to: &[Dep]) -> Vec<UnitName> {
        let mut all = Self::edge_targets(&self.forward, unit, of);
        all.extend(Self::edge_targets(&self.reverse, unit, to));
        self.order.sort_names(all)
    }

    /// Units that come after this one.
    pub(crate) fn later_units(&self, unit: &UnitName) -> Vec<UnitName> {
        self.units_either_way(unit, &[Dep::Before], &[Dep::After])
    }

    /// Units that come before this one.
    pub(crate) fn earlier_units(&self, unit: &UnitName) -> Vec<UnitName> {
        self.units_either_way(unit, &[Dep::After], &[Dep::Before])
    }

    /// Units that a stop or restart takes along: `RequiredBy`, `RequisiteOf`, `BoundBy`, `ConsistsOf`.
    pub(crate) fn units_stopped_along(&self, unit: &UnitName) -> Vec<UnitName> {
        self.units_naming(
            unit,
            &[Dep::Requires, Dep::Requisite, Dep::BindsTo, Dep::PartOf],
        )
    }

    /// Units whose start fails when this one's does.
    pub(crate) fn dependent_units(&self, unit: &UnitName) -> Vec<UnitName> {
        self.units_naming(unit, &[Dep::Requires, Dep::Requisite, Dep::BindsTo])
    }

    /// Units that keep one with `StopWhenUnneeded=` up.
    pub(crate) fn users(&self, unit: &UnitName) -> Vec<UnitName> {
        self.units_naming(unit, &WITH_REQUIREMENTS)
    }

    /// Units that this one may keep up.
    pub(crate) fn units_kept_up_by(&self, unit: &UnitName) -> Vec<UnitName> {
        self.units_named_by(unit, &WITH_REQUIREMENTS)
    }

    /// Units that stop because this one stopped by itself.
    pub(crate) fn bound_units(&self, unit: &UnitName) -> Vec<UnitName> {
        self.units_either_way(unit, &[Dep::PropagatesStopTo], &[Dep::BindsTo])
    }

    /// Units that cannot be up together with this one.
    pub(crate) fn conflicting_units(&self, unit: &UnitName) -> Vec<UnitName> {
        self.units_either_way(unit, &[Dep::Conflicts], &[Dep::Conflicts])
    }

    /// Units that name this one in whatever way.
    pub(crate) fn units_mentioning(&self, unit: &UnitName) -> Vec<UnitName> {
        let named = self.mentioned_by.get(unit);
        self.order.sort_names(named.cloned().unwrap_or_default())
    }

    /// Units that this one names in whatever way.
    pub(crate) fn mentioned_units(&self, unit: &UnitName) -> Vec<UnitName> {
        let named = self.mentions.get(unit);
        self.order.sort_names(named.cloned().unwrap_or_default())
    }

    /// Units that have to do with this one in whatever way.
    pub(crate) fn related_units(&self, unit: &UnitName) -> Vec<UnitName> {
        let both = self.units_mentioning(unit).into_iter();
        both.chain(self.mentioned_units(unit)).collect()
    }
}
