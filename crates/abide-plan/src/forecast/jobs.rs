//! What one call of systemctl comes to: the jobs that it adds for other units, one after the other (transaction.c).

use std::collections::{BTreeSet, VecDeque};

use abide_model::{ActionId, Effect, UnitKind, UnitName};

use abide_unit::Relation;

use super::world::World;

/// Since here a stop that `PropagatesStopTo=` passes on goes with a restart as well, and not through other ties.
const GRACEFUL_STOP: u32 = 254;

/// Something happens to a unit.
#[derive(Debug, Clone)]
pub(super) struct UnitJob {
    pub(super) action: ActionId,
    pub(super) unit: UnitName,
    pub(super) effect: Effect,
    pub(super) through: UnitName,
    pub(super) setting: String,
}

/// A unit that is asked for, and whether its `PropagatesStopTo=` counts.
struct RequestedUnit {
    action: ActionId,
    unit: UnitName,
    effect: Effect,
    graceful: bool,
}

/// What happens to other units when these get this job in one call.
pub(super) fn of_call(
    world: &World<'_>,
    effect: Effect,
    units: &[(ActionId, UnitName)],
) -> Vec<UnitJob> {
    let mut needed = BTreeSet::new();
    loop {
        let mut jobs = added_jobs(world, effect, units, &needed);
        // What restarts asks for what it needs again: that is restarted where it would only stop, with all that follows.
        let again = jobs.iter().filter(|job| job.effect == Effect::Restart);
        let again = again.map(|job| &job.unit);
        let named = units.iter().map(|(_, unit)| unit);
        let named = named.filter(|_| effect == Effect::Restart);
        let now: BTreeSet<UnitName> = named
            .chain(again)
            .flat_map(|unit| units_needed_by(world, unit))
            .collect();
        if now.is_subset(&needed) {
            leave_sockets_down(world, units, &mut jobs);
            return jobs;
        }
        needed.extend(now);
    }
}

/// The jobs that systemd adds, one after the other; of what has to stop, the needed ones come back.
fn added_jobs(
    world: &World<'_>,
    effect: Effect,
    units: &[(ActionId, UnitName)],
    needed: &BTreeSet<UnitName>,
) -> Vec<UnitJob> {
    let mut jobs: Vec<UnitJob> = Vec::new();
    let mut known: BTreeSet<(UnitName, Effect)> = BTreeSet::new();
    let mut queue = VecDeque::new();
    for (action, unit) in units {
        known.insert((unit.clone(), effect));
        queue.push_back(RequestedUnit {
            action: *action,
            unit: unit.clone(),
            effect,
            graceful: true,
        });
    }
    while let Some(asked) = queue.pop_front() {
        for (effect, unit, tie) in next_jobs(world, &asked, needed) {
            if !known.insert((unit.clone(), effect)) {
                continue;
            }
            // It fails to start; what it asks for is started all the same.
            let mut services = world.graph.named_by(&unit, Relation::Triggers).into_iter();
            let makes_room = services.any(|one| known.contains(&(one, Effect::Restart)));
            let fails = is_beside_its_service(world, &unit) && !makes_room;
            let fails = fails && effect == Effect::Start;
            if !fails {
                jobs.push(UnitJob {
                    action: asked.action,
                    unit: unit.clone(),
                    effect,
                    through: asked.unit.clone(),
                    setting: tie.setting_name().to_owned(),
                });
            }
            queue.push_back(RequestedUnit {
                action: asked.action,
                unit,
                effect,
                graceful: asked.graceful && tie == Relation::StopTo,
            });
        }
    }
    jobs
}

/// A socket that restarts while its service goes on does not come back (systemd-facts.md#socket-beside-service). A service that is restarted by
/// another job of the same call does not help: whether it is down in time is a matter of luck (seen on 252 and 257).
fn leave_sockets_down(world: &World<'_>, units: &[(ActionId, UnitName)], jobs: &mut [UnitJob]) {
    let named = units.iter().cloned();
    let others = jobs.iter().map(|job| (job.action, job.unit.clone()));
    let touched: BTreeSet<(ActionId, UnitName)> = named.chain(others).collect();
    for job in jobs.iter_mut().filter(|job| job.effect == Effect::Restart) {
        let services = world
            .graph
            .named_by(&job.unit, Relation::Triggers)
            .into_iter();
        let mut together = services.filter(|one| touched.contains(&(job.action, one.clone())));
        if is_beside_its_service(world, &job.unit) && together.next().is_none() {
            job.effect = Effect::Stop;
        }
    }
}

/// The next ones: what a job of this unit adds for others.
fn next_jobs(
    world: &World<'_>,
    asked: &RequestedUnit,
    needed: &BTreeSet<UnitName>,
) -> Vec<(Effect, UnitName, Relation)> {
    let mut all = Vec::new();
    match asked.effect {
        Effect::Stop | Effect::Close => {
            add_followers(world, asked, Effect::Stop, &mut all);
            add_propagated_stops(world, asked, needed, &mut all);
        }
        Effect::Restart => {
            add_followers(world, asked, Effect::Restart, &mut all);
            add_propagated_stops(world, asked, needed, &mut all);
            add_start_jobs(world, &asked.unit, &mut all);
        }
        Effect::Start => add_start_jobs(world, &asked.unit, &mut all),
        Effect::Reload => {
            let told = world
                .graph
                .named_by(&asked.unit, Relation::ReloadTo)
                .into_iter();
            let told = told.filter(|unit| world.is_up(unit) && world.can_reload(unit));
            all.extend(told.map(|unit| (Effect::Reload, unit, Relation::ReloadTo)));
        }
    }
    all
}

/// Units that stop or restart with one that does. A job of a unit that is down would do nothing and is dropped, together
/// with what only it asked for.
fn add_followers(
    world: &World<'_>,
    asked: &RequestedUnit,
    effect: Effect,
    all: &mut Vec<(Effect, UnitName, Relation)>,
) {
    for tie in [
        Relation::Requires,
        Relation::Requisite,
        Relation::BindsTo,
        Relation::PartOf,
    ] {
        let followers = world.graph.units_naming(&asked.unit, tie).into_iter();
        let followers = followers.filter(|unit| world.is_up(unit));
        all.extend(followers.map(|unit| (effect, unit, tie)));
    }
}

/// Units that `PropagatesStopTo=` stops. Those that something which restarts needs are restarted.
fn add_propagated_stops(
    world: &World<'_>,
    asked: &RequestedUnit,
    needed: &BTreeSet<UnitName>,
    all: &mut Vec<(Effect, UnitName, Relation)>,
) {
    let passes_on = match world.host.observed.facts.systemd >= GRACEFUL_STOP {
        true => asked.graceful,
        false => asked.effect != Effect::Restart,
    };
    if !passes_on {
        return;
    }
    let told = world
        .graph
        .named_by(&asked.unit, Relation::StopTo)
        .into_iter();
    let told = told.filter(|unit| world.is_up(unit));
    all.extend(told.map(|unit| {
        let effect = match needed.contains(&unit) {
            true => Effect::Restart,
            false => Effect::Stop,
        };
        (effect, unit, Relation::StopTo)
    }));
}

/// Units that a start or restart brings up, and units that cannot be up together with it.
fn add_start_jobs(world: &World<'_>, unit: &UnitName, all: &mut Vec<(Effect, UnitName, Relation)>) {
    for tie in [
        Relation::Requires,
        Relation::BindsTo,
        Relation::Wants,
        Relation::Upholds,
    ] {
        let pulled = world.graph.named_by(unit, tie).into_iter();
        let pulled = pulled.filter(|unit| !world.is_up(unit) && world.can_start(unit));
        all.extend(pulled.map(|unit| (Effect::Start, unit, tie)));
    }
    let mut opponents = world.graph.named_by(unit, Relation::Conflicts);
    opponents.extend(world.graph.units_naming(unit, Relation::Conflicts));
    let opponents = opponents.into_iter().filter(|unit| world.is_up(unit));
    all.extend(opponents.map(|unit| (Effect::Stop, unit, Relation::Conflicts)));
}

/// A socket fails to start while its service runs (systemd-facts.md#socket-beside-service).
fn is_beside_its_service(world: &World<'_>, unit: &UnitName) -> bool {
    let accepts = world
        .unit_definition(unit)
        .is_some_and(|own| own.new.is_per_connection());
    let mut services = world.graph.named_by(unit, Relation::Triggers).into_iter();
    unit.kind() == UnitKind::Socket && !accepts && services.any(|service| world.is_up(&service))
}

/// All that a start of this unit asks for, whether it is up or not.
fn units_needed_by(world: &World<'_>, unit: &UnitName) -> BTreeSet<UnitName> {
    let mut all = BTreeSet::new();
    let mut next = vec![unit.clone()];
    while let Some(unit) = next.pop() {
        for tie in [
            Relation::Requires,
            Relation::BindsTo,
            Relation::Wants,
            Relation::Upholds,
        ] {
            let named = world.graph.named_by(&unit, tie).into_iter();
            next.extend(named.filter(|other| all.insert(other.clone())));
        }
    }
    all
}
