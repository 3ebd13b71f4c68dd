//! Where a forecast was wrong: what became of units that no action names, by their runs before and after.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    ActiveState, Change, Effect, Manager, Observed, ObservedScope, ObservedUnit, Plan, ResourceId,
    Scope, Surprise, UnitRef,
};

/// In which state and which run each unit was that could be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Runs {
    all: BTreeMap<UnitRef, SeenRuns>,
    beside: BTreeSet<UnitRef>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct SeenRuns {
    active: ActiveState,
    sub: String,
    invocation: String,
    /// `NRestarts`: how often it came back by itself.
    restarts: u32,
    /// Whether its conditions held at its last start.
    condition: bool,
    /// Whether a timer, path or socket may start it at any time.
    triggered: bool,
}

impl Runs {
    /// Those of all units that were seen while their manager ran.
    pub fn of_observed(observed: &Observed) -> Self {
        let mut runs = Self::default();
        for (scope, seen) in &observed.scopes {
            let up = |seen: &&ObservedScope| matches!(seen.manager, Manager::Up { .. });
            let Some(seen) = seen.as_known().filter(up) else {
                continue;
            };
            let named = |unit: &ObservedUnit| UnitRef::new(scope, &unit.id);
            let units = seen.units.values().chain(seen.beside.values());
            runs.all
                .extend(units.map(|unit| (named(unit), SeenRuns::of_unit(unit))));
            runs.beside.extend(seen.beside.values().map(named));
        }
        runs
    }

    /// Units that nobody declares: what is stopped is named by nothing afterwards, and has to be asked for.
    pub fn undeclared_units(&self) -> &BTreeSet<UnitRef> {
        &self.beside
    }
}

impl SeenRuns {
    fn of_unit(unit: &ObservedUnit) -> Self {
        Self {
            active: unit.active,
            sub: unit.sub.clone(),
            invocation: unit.invocation.clone(),
            restarts: unit.restarts,
            condition: unit.condition,
            triggered: !unit.triggered_by.is_empty(),
        }
    }
}

/// Units with which something else happened than was forecast, after every action of the plan was carried out. What a unit
/// does by itself is no surprise: to crash and come back, to end its work, to be started by its timer.
pub fn find_surprises(plan: &Plan, before: &Runs, after: &Runs) -> Vec<Surprise> {
    let (named, scopes) = (named_units(plan), scopes_that_change(plan));
    let apart = |unit: &&UnitRef| !named.contains(unit) && !scopes.contains(&unit.scope);
    before
        .all
        .keys()
        .filter(apart)
        .filter_map(|unit| {
            let (old, new) = (before.all.get(unit)?, after.all.get(unit)?);
            let forecast = plan.forecast.iter().find(|one| one.unit == *unit);
            let forecast = forecast.map(|one| one.effect);
            surprise_of_unit(unit, forecast, old, new)
        })
        .collect()
}

/// Units whose runs the actions themselves are about.
fn named_units(plan: &Plan) -> BTreeSet<&UnitRef> {
    let about = plan.actions.iter().filter(|action| {
        matches!(
            action.change,
            Change::Stop | Change::Start | Change::Restart
        )
    });
    about
        .filter_map(|action| match &action.resource {
            ResourceId::Unit(unit) => Some(unit),
            _ => None,
        })
        .collect()
}

/// Scopes whose manager comes or goes, with all its units.
fn scopes_that_change(plan: &Plan) -> BTreeSet<Scope> {
    let about = plan
        .actions
        .iter()
        .filter_map(|action| match (&action.resource, &action.change) {
            (ResourceId::Manager(scope), Change::StartManager | Change::RestartManager) => {
                Some(scope.clone())
            }
            (ResourceId::Linger(user), Change::DisableLinger) => Some(Scope::User(user.clone())),
            (ResourceId::User(user), Change::CreateUser { .. } | Change::DeleteUser { .. }) => {
                Some(Scope::User(user.clone()))
            }
            _ => None,
        });
    about.collect()
}

fn surprise_of_unit(
    unit: &UnitRef,
    forecast: Option<Effect>,
    old: &SeenRuns,
    new: &SeenRuns,
) -> Option<Surprise> {
    let happened = observed_effect(old, new);
    let is_fine = match (forecast, happened) {
        // A reload leaves no trace.
        (None | Some(Effect::Reload), None) => true,
        (None, Some(happened)) => is_by_itself(happened, old, new),
        (Some(Effect::Close | Effect::Stop), Some(Effect::Stop)) => true,
        // Its new run has come to its end.
        (Some(Effect::Restart), Some(Effect::Stop)) => {
            is_other_run(old, new) && new.active != ActiveState::Failed
        }
        // A condition held it back.
        (Some(Effect::Start), None) => !new.condition,
        (Some(forecast), Some(happened)) => {
            forecast == happened || is_by_itself(happened, old, new)
        }
        (Some(_), None) => false,
    };
    (!is_fine).then(|| Surprise {
        unit: unit.clone(),
        forecast,
        happened,
    })
}

fn observed_effect(old: &SeenRuns, new: &SeenRuns) -> Option<Effect> {
    match (old.active.is_up(), new.active.is_up()) {
        (true, true) => is_other_run(old, new).then_some(Effect::Restart),
        (true, false) => Some(Effect::Stop),
        (false, true) => Some(Effect::Start),
        (false, false) => is_other_run(old, new).then_some(Effect::Start),
    }
}

fn is_other_run(old: &SeenRuns, new: &SeenRuns) -> bool {
    !new.invocation.is_empty() && new.invocation != old.invocation
}

fn is_by_itself(happened: Effect, old: &SeenRuns, new: &SeenRuns) -> bool {
    let waits = |run: &SeenRuns| run.sub == "auto-restart";
    let crashes = new.restarts > old.restarts || waits(old) || waits(new);
    let ends = happened == Effect::Stop && old.active == ActiveState::Activating;
    let comes_and_goes = new.triggered || old.triggered;
    crashes || ends || comes_and_goes && matches!(happened, Effect::Start | Effect::Stop)
}
