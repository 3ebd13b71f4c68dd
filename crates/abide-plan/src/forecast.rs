//! What a plan interrupts beside what it names: which units systemd stops, restarts, starts or reloads together with the
//! ones that the actions are about, and what is closed.
//!
//! The actions are carried out in thought on the units that were seen: calls in their order, each with the jobs that
//! systemd adds (systemd.unit(5), transaction.c), stops by what is loaded now, starts and restarts by what is read after
//! the daemon-reload. Only what is known is foretold; [`find_surprises`] says where it came otherwise.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Action, Change, Disruption, Effect, Note, Scope, UnitRef};
use abide_unit::Effective;

use crate::host::Host;

mod course;
mod jobs;
mod sum;
mod surprise;
mod triggers;
mod world;

pub use surprise::{Runs, find_surprises};

use course::Course;

/// A unit's files before and after a plan.
#[derive(Debug, Clone)]
pub(crate) struct DefinitionChange {
    /// What stands on disk, where that is known.
    pub(crate) old: Option<Effective>,
    /// What should stand there.
    pub(crate) new: Effective,
    /// Whether its manager has loaded what stands on disk.
    pub(crate) is_loaded: bool,
    /// Whether it goes, or is masked.
    pub(crate) goes: bool,
}

/// What is to be expected of a plan.
#[derive(Debug, Default)]
pub(crate) struct Forecast {
    /// What is certain.
    pub(crate) disruptions: Vec<Disruption>,
    /// What may be.
    pub(crate) notes: Vec<Note>,
}

/// What these actions do to units beside the ones that they name.
pub(crate) fn for_actions(
    host: &Host<'_>,
    actions: &[Action],
    definitions: &BTreeMap<UnitRef, DefinitionChange>,
) -> Forecast {
    // All from the start: what is written first may be watched anywhere.
    let named = definitions.keys().map(|unit| unit.scope.clone());
    let named = named.chain(actions.iter().map(|action| action.resource.scope()));
    let named: BTreeSet<Scope> = named.collect();
    let course = |scope: Scope| (scope.clone(), Course::new(host, &scope, definitions));
    let mut scopes: BTreeMap<Scope, Course<'_>> = named.into_iter().map(course).collect();
    let mut written = BTreeSet::new();
    for call in systemctl_calls(actions) {
        let Some(first) = call.first() else { continue };
        if let Change::WriteFile(write) = &first.change {
            written.insert(write.path.clone());
            for course in scopes.values_mut() {
                course.file_written(first.id, &write.path);
            }
        }
        if let Some(course) = scopes.get_mut(&first.resource.scope()) {
            course.apply_call(&call, &written);
        }
    }
    let mut forecast = Forecast::default();
    for course in scopes.into_values() {
        let Forecast { disruptions, notes } = course.end();
        forecast.disruptions.extend(disruptions);
        forecast.notes.extend(notes);
    }
    forecast.disruptions.sort();
    forecast
}

/// Neighbours with the same verb in the same scope are one call of systemctl (systemd-facts.md#one-call-one-restart).
fn systemctl_calls(actions: &[Action]) -> Vec<Vec<&Action>> {
    let mut calls: Vec<Vec<&Action>> = Vec::new();
    for action in actions {
        let together = calls.last_mut().filter(|call| {
            call.first().is_some_and(|first| {
                effect_of_change(&first.change).is_some()
                    && effect_of_change(&first.change) == effect_of_change(&action.change)
                    && first.resource.scope() == action.resource.scope()
            })
        });
        match together {
            Some(call) => call.push(action),
            None => calls.push(vec![action]),
        }
    }
    calls
}

fn effect_of_change(change: &Change) -> Option<Effect> {
    match change {
        Change::Stop => Some(Effect::Stop),
        Change::Start => Some(Effect::Start),
        Change::Restart => Some(Effect::Restart),
        Change::Reload => Some(Effect::Reload),
        _ => None,
    }
}
