//! What was seen while a sequence ran, and in what two of them differ.

use std::collections::{BTreeMap, BTreeSet};

/// What was seen of one sequence on one host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// After each step.
    pub steps: Vec<Seen>,
    /// In the end, of every unit of the sequence.
    pub last: BTreeMap<String, Shown>,
}

/// What was seen after a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Whether systemctl succeeded, where the step was a verb.
    pub ok: Option<bool>,
    /// Units in the manager's memory.
    pub units: BTreeMap<String, State>,
    /// Services that run, each with the step at which this run of it was first seen.
    pub since: BTreeMap<String, usize>,
    /// Links in the configuration directory, each with the last part of where it leads.
    pub links: BTreeSet<(String, String)>,
    /// What systemctl said, for people.
    pub said: String,
}

/// A unit as `list-units` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub load: String,
    pub active: String,
    pub sub: String,
}

/// A value that agrees with every other.
pub const ANYTHING: &str = "?";

/// What others are to a unit. Only those that were in memory count: 257 keeps for a moment what it loaded because
/// another unit was shown before.
pub const BY_OTHERS: [&str; 5] = [
    "TriggeredBy",
    "RequiredBy",
    "RequisiteOf",
    "BoundBy",
    "ConsistsOf",
];

impl Trace {
    /// Leaves out units that were not in memory after the last step.
    pub fn forget_others(&mut self) {
        let known = self.steps.last().map(|seen| &seen.units);
        for shown in self.last.values_mut() {
            for (_, units) in shown.iter_mut().filter(|(key, _)| BY_OTHERS.contains(key)) {
                let names = units.split(' ');
                let kept =
                    names.filter(|name| known.is_some_and(|known| known.contains_key(*name)));
                let kept: Vec<&str> = kept.collect();
                *units = kept.join(" ");
            }
        }
    }
}

/// A unit as `systemctl show` has it: properties by name, as compared.
pub type Shown = BTreeMap<&'static str, String>;

/// In what two traces differ: the step (or the end), and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub step: Option<usize>,
    pub about: String,
    pub simulated: String,
    pub real: String,
}

impl Trace {
    /// The differences of the first step that has some, or of the end.
    pub fn differences(&self, real: &Self) -> Vec<Difference> {
        for (index, (ours, theirs)) in self.steps.iter().zip(&real.steps).enumerate() {
            let found = ours.differences(theirs, index);
            if !found.is_empty() {
                return found;
            }
        }
        if self.steps.len() != real.steps.len() {
            return vec![Difference {
                step: Some(self.steps.len().min(real.steps.len())),
                about: "number of steps".to_owned(),
                simulated: self.steps.len().to_string(),
                real: real.steps.len().to_string(),
            }];
        }
        let mut found = Vec::new();
        let names: BTreeSet<&String> = self.last.keys().chain(real.last.keys()).collect();
        let nothing = Shown::new();
        for name in names {
            let ours = self.last.get(name).unwrap_or(&nothing);
            let theirs = real.last.get(name).unwrap_or(&nothing);
            let keys: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
            for key in keys {
                let value = |shown: &Shown| shown.get(key).cloned().unwrap_or_default();
                if value(ours) != value(theirs) && value(ours) != ANYTHING {
                    found.push(Difference {
                        step: None,
                        about: format!("{name} {key}"),
                        simulated: value(ours),
                        real: value(theirs),
                    });
                }
            }
        }
        found
    }
}

impl Seen {
    fn differences(&self, real: &Self, step: usize) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut note = |about: String, simulated: String, real: String| {
            if simulated != real {
                found.push(Difference {
                    step: Some(step),
                    about,
                    simulated,
                    real,
                });
            }
        };
        let word = |ok: Option<bool>| match ok {
            Some(true) => "succeeds",
            Some(false) => "fails",
            None => "",
        };
        note(
            "systemctl".to_owned(),
            word(self.ok).to_owned(),
            word(real.ok).to_owned(),
        );
        let names: BTreeSet<&String> = self.units.keys().chain(real.units.keys()).collect();
        for name in names {
            let state = |seen: &Self| match seen.units.get(name) {
                Some(state) => format!("{} {} {}", state.load, state.active, state.sub),
                None => "not in memory".to_owned(),
            };
            note(name.clone(), state(self), state(real));
            let since = |seen: &Self| match seen.since.get(name) {
                Some(step) => format!("since step {step}"),
                None => String::new(),
            };
            note(format!("{name} runs"), since(self), since(real));
        }
        let links = |seen: &Self, other: &Self| {
            let only = seen.links.difference(&other.links);
            let only: Vec<String> = only.map(|(path, to)| format!("{path} -> {to}")).collect();
            only.join(", ")
        };
        note("links".to_owned(), links(self, real), links(real, self));
        found
    }
}

/// Replaces invocations by the step at which each was first seen.
#[derive(Debug, Default)]
pub struct Runs {
    known: BTreeMap<String, (String, usize)>,
}

impl Runs {
    /// Takes the invocations of a step, and says since when each unit runs.
    pub fn at(
        &mut self,
        step: usize,
        invocations: impl IntoIterator<Item = (String, String)>,
    ) -> BTreeMap<String, usize> {
        let invocations = invocations.into_iter();
        invocations
            .map(|(unit, invocation)| {
                let known = self
                    .known
                    .entry(unit.clone())
                    .or_insert_with(|| (invocation.clone(), step));
                if known.0 != invocation {
                    *known = (invocation, step);
                }
                (unit, known.1)
            })
            .collect()
    }
}
