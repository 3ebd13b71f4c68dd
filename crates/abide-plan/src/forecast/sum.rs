//! What all that happens to a unit in the course of a plan comes to.

use std::collections::BTreeMap;

use abide_model::{ActionId, Disruption, Effect, UnitKind, UnitName, UnitRef};

use super::jobs::UnitJob;
use super::triggers;
use super::world::World;

/// What an action itself does with its unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub(super) action: ActionId,
    pub(super) effect: Effect,
}

/// All that happens in one scope, in order.
#[derive(Debug, Default)]
pub(super) struct Log {
    moment: usize,
    own: BTreeMap<UnitName, Vec<(usize, Own)>>,
    jobs: BTreeMap<UnitName, Vec<(usize, UnitJob)>>,
}

impl Log {
    /// An action is about this unit.
    pub(super) fn record_own(&mut self, unit: &UnitName, own: Own) {
        let all = self.own.entry(unit.clone()).or_default();
        all.push((self.moment, own));
    }

    /// A unit gets a job beside the actions.
    pub(super) fn job(&mut self, job: UnitJob) {
        let all = self.jobs.entry(job.unit.clone()).or_default();
        all.push((self.moment, job));
    }

    /// What comes is later.
    pub(super) fn next(&mut self) {
        self.moment += 1;
    }

    /// What it comes to, unit by unit.
    pub(super) fn into_disruptions(mut self, world: &World<'_>) -> Vec<Disruption> {
        let mut all = Vec::new();
        for (unit, own) in &self.own {
            all.extend(
                own.iter()
                    .filter_map(|(_, own)| closed_socket(world, unit, *own)),
            );
        }
        for (unit, jobs) in std::mem::take(&mut self.jobs) {
            let (since, was_up) = self.last_own_moment(&unit, world);
            let jobs: Vec<UnitJob> = jobs
                .into_iter()
                .filter(|(moment, _)| since.is_none_or(|since| *moment > since))
                .map(|(_, job)| job)
                .collect();
            all.extend(net_disruption(&jobs, was_up, world));
        }
        all
    }

    /// From when on what happens to a unit is not what its actions are about, and whether it is up then. A planned
    /// reload says nothing about whether a unit runs.
    fn last_own_moment(&self, unit: &UnitName, world: &World<'_>) -> (Option<usize>, bool) {
        let own = self.own.get(unit).into_iter().flatten();
        let mut runs = own.filter(|(_, own)| own.effect != Effect::Reload);
        match runs.next_back() {
            Some((moment, own)) => (Some(*moment), own.effect != Effect::Stop),
            None => (None, world.was_up(unit)),
        }
    }
}

/// The one thing that the jobs of a unit come to.
fn net_disruption(jobs: &[UnitJob], was_up: bool, world: &World<'_>) -> Option<Disruption> {
    let first = |effects: &[Effect]| jobs.iter().find(|job| effects.contains(&job.effect));
    let last = |effects: &[Effect]| jobs.iter().rfind(|job| effects.contains(&job.effect));
    let down = [Effect::Stop, Effect::Restart];
    let up = [Effect::Start, Effect::Restart];
    let stays = last(&[Effect::Stop, Effect::Start, Effect::Restart]);
    let stays = stays.map(|job| job.effect != Effect::Stop);
    let (job, effect) = match (was_up, stays) {
        (true, Some(true)) => (first(&down)?, Effect::Restart),
        (true, Some(false)) => (last(&[Effect::Stop])?, Effect::Stop),
        (false, _) => (first(&up)?, Effect::Start),
        (true, None) => (first(&[Effect::Reload])?, Effect::Reload),
    };
    let effect = match (job.unit.kind(), effect) {
        (UnitKind::Socket, Effect::Stop) => Effect::Close,
        (_, effect) => effect,
    };
    Some(Disruption {
        action: job.action,
        unit: UnitRef::new(&world.scope, &job.unit),
        effect,
        through: job.through.clone(),
        setting: job.setting.clone(),
    })
}

/// A socket that is stopped closes what it listens on, as it was loaded.
fn closed_socket(world: &World<'_>, unit: &UnitName, own: Own) -> Option<Disruption> {
    if unit.kind() != UnitKind::Socket || own.effect != Effect::Stop || !world.was_up(unit) {
        return None;
    }
    let definition = world.unit_definition(unit);
    let loaded = definition.and_then(|definition| definition.old.as_ref());
    let address = loaded.and_then(triggers::listen_summary);
    Some(Disruption {
        action: own.action,
        unit: UnitRef::new(&world.scope, unit),
        effect: Effect::Close,
        through: unit.clone(),
        setting: address.unwrap_or_else(|| "ListenStream=".to_owned()),
    })
}
