//! The answer itself.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::reach::{Reach, pulling_unit};
use super::{AtBoot, BootUnknown, NotAtBoot, Rehearsal};
use crate::name::UserName;
use crate::observed::{Manager, Observation, Observed, ObservedScope, ObservedUnit};
use crate::path::HostPath;
use crate::scope::Scope;
use crate::unit_name::UnitName;
use crate::unknown::UnknownReason;

/// The first systemd that reads `*.upholds` (NEWS).
const UPHOLDS: u32 = 254;

/// What the next boot brings up in one scope.
#[derive(Debug)]
pub struct Boot<'a> {
    scope: &'a Scope,
    observed: &'a Observed,
    seen: Result<Reach<'a>, AtBoot>,
    cycles: OnceCell<BTreeMap<UnitName, BTreeSet<UnitName>>>,
}

impl<'a> Boot<'a> {
    /// By what was observed.
    pub fn from_observed(scope: &'a Scope, observed: &'a Observed) -> Self {
        let seen = match observed.scopes.get(scope) {
            Some(Observation::Known(seen)) => Ok(Reach {
                seen,
                system: scope.user().is_none(),
                upholds: observed.facts.systemd >= UPHOLDS,
            }),
            Some(Observation::Absent) => Err(AtBoot::StartsNot(NotAtBoot::NotWanted)),
            Some(Observation::Unknown(why)) => Err(unknown_without_rehearsal(why)),
            None => Err(unknown_without_rehearsal(&UnknownReason::NobodyAsked)),
        };
        Self {
            scope,
            observed,
            seen,
            cycles: OnceCell::new(),
        }
    }

    /// Whether a unit that is declared by this name, and that systemd knows as `loaded`, starts at the next boot.
    pub fn start_at_boot(&self, name: &UnitName, loaded: &UnitName) -> AtBoot {
        let is_generated = name.kind().is_quadlet();
        let seen = match &self.seen {
            Ok(seen) => *seen,
            Err(answer) => return answer.clone(),
        };
        let why = match &seen.seen.rehearsal {
            Observation::Known(rehearsal) => {
                let asked = BootQuestion {
                    reach: seen,
                    is_generated,
                };
                let answer = asked.by_rehearsal(loaded, rehearsal);
                // Which of them is dropped differs from one rehearsal to the next.
                return self.by_user(self.in_no_cycle(asked, loaded, answer));
            }
            Observation::Unknown(why) => why,
            Observation::Absent => &UnknownReason::NobodyAsked,
        };
        self.by_user(self.by_links(seen, (name, loaded), why))
    }

    /// The same by what every observation shows, and without a rehearsal where there is one: `plan`, `drift` and `status` go
    /// by this, so that they agree.
    pub fn starts_by_links(&self, name: &UnitName, loaded: &UnitName) -> AtBoot {
        match &self.seen {
            Ok(seen) => {
                self.by_user(self.by_links(*seen, (name, loaded), &UnknownReason::NobodyAsked))
            }
            Err(answer) => answer.clone(),
        }
    }

    fn by_links(
        &self,
        reach: Reach<'_>,
        (name, loaded): (&UnitName, &UnitName),
        why: &UnknownReason,
    ) -> AtBoot {
        let asked = BootQuestion {
            reach,
            is_generated: name.kind().is_quadlet(),
        };
        self.in_no_cycle(asked, loaded, asked.by_links(loaded, why))
    }

    /// The answer, unless what starts is part of a cycle.
    fn in_no_cycle(&self, asked: BootQuestion<'_>, loaded: &UnitName, answer: AtBoot) -> AtBoot {
        if answer != AtBoot::Starts {
            return answer;
        }
        let (_, id) = asked.unit(loaded);
        let cycles = self.cycles.get_or_init(|| asked.reach.ordering_cycles());
        match cycles.get(&id) {
            Some(with) => AtBoot::StartsNot(NotAtBoot::InCycle { with: with.clone() }),
            None => answer,
        }
    }

    /// What a user's manager starts is started at boot only where the manager is.
    fn by_user(&self, inner: AtBoot) -> AtBoot {
        match (&inner, self.scope.user()) {
            (AtBoot::Starts | AtBoot::StartedBy(_), Some(user)) => {
                manager_at_boot(user, self.observed, inner)
            }
            _ => inner,
        }
    }
}

fn unknown_without_rehearsal(why: &UnknownReason) -> AtBoot {
    AtBoot::Unknown(BootUnknown::NoRehearsal { why: why.clone() })
}

fn manager_at_boot(user: &UserName, observed: &Observed, inner: AtBoot) -> AtBoot {
    match observed.users.get(user) {
        Some(Observation::Known(seen)) if !seen.linger.recorded => {
            AtBoot::StartsNot(NotAtBoot::NoLinger)
        }
        Some(Observation::Known(seen)) => match &seen.linger.masked {
            Some(unit) if unit.as_str().starts_with("user@") => {
                AtBoot::StartsNot(NotAtBoot::ManagerMasked)
            }
            Some(unit) => {
                let masked = unit.clone();
                AtBoot::StartsNot(NotAtBoot::ManagerNeeds { masked })
            }
            None => inner,
        },
        Some(Observation::Absent) => AtBoot::StartsNot(NotAtBoot::NoLinger),
        Some(Observation::Unknown(_)) | None => AtBoot::Unknown(BootUnknown::Lingering),
    }
}

/// One question about one scope.
#[derive(Clone, Copy)]
struct BootQuestion<'a> {
    reach: Reach<'a>,
    /// Whether a generator makes the unit.
    is_generated: bool,
}

impl<'a> BootQuestion<'a> {
    fn observed_scope(&self) -> &'a ObservedScope {
        self.reach.seen
    }

    fn by_rehearsal(&self, name: &UnitName, rehearsal: &Rehearsal) -> AtBoot {
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
        if rehearsal.first_boot && unit.is_some_and(|unit| unit.file_state == "disabled") {
            return AtBoot::Unknown(BootUnknown::FirstBoot);
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
        let pulls = self.reach.pulled_in_by(unit, &id);
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
    fn by_links(&self, name: &UnitName, why: &UnknownReason) -> AtBoot {
        let (unit, id) = self.unit(name);
        if let Some(answer) = not_loaded(unit) {
            return answer;
        }
        if let Some(path) = self.until_reboot(unit, &id) {
            return AtBoot::StartsNot(NotAtBoot::UntilReboot { path });
        }
        let pulls = self.reach.pulled_in_by(unit, &id);
        let reached: Vec<Option<bool>> = pulls
            .iter()
            .map(|by| self.reach.is_reached_at_boot(by))
            .collect();
        if reached.contains(&Some(true)) {
            return match unit.is_some_and(|unit| self.lacks_something(unit)) {
                true => unknown_without_rehearsal(why),
                false => AtBoot::Starts,
            };
        }
        let triggers = unit.into_iter().flat_map(|unit| &unit.triggered_by);
        let mut triggers = triggers.filter(|trigger| {
            let (unit, id) = self.unit(trigger);
            let pulls = self.reach.pulled_in_by(unit, &id);
            pulls
                .iter()
                .any(|by| self.reach.is_reached_at_boot(by) == Some(true))
        });
        match (triggers.next(), pulls.first()) {
            (_, Some(_)) if reached.contains(&None) => unknown_without_rehearsal(why),
            (Some(trigger), _) => AtBoot::StartedBy(trigger.clone()),
            (None, Some(by)) => {
                let masked =
                    |by: &&UnitName| self.reach.is_masked(by) && self.reach.is_of_every_boot(by);
                AtBoot::StartsNot(match pulls.iter().find(masked) {
                    Some(target) => NotAtBoot::TargetMasked {
                        target: target.clone(),
                    },
                    None => NotAtBoot::NotReached { by: by.clone() },
                })
            }
            // What generators make is known to a manager only.
            (None, None) if self.is_generated && !self.is_up() => unknown_without_rehearsal(why),
            (None, None) => AtBoot::StartsNot(NotAtBoot::NotWanted),
        }
    }

    /// Whether something that it requires is not there.
    fn lacks_something(&self, unit: &ObservedUnit) -> bool {
        let relations = ["Requires", "BindsTo"].iter();
        let mut required = relations
            .filter_map(|key| unit.relations.get(*key))
            .flatten();
        required.any(|name| {
            let found = self.observed_scope().unit(name);
            found.is_some_and(|found| found.load != "loaded")
        })
    }

    fn is_up(&self) -> bool {
        matches!(self.observed_scope().manager, Manager::Up { .. })
    }

    /// The unit as its manager knows it, and the name that it has there.
    fn unit(&self, loaded: &UnitName) -> (Option<&ObservedUnit>, UnitName) {
        let unit = self.observed_scope().unit(loaded).filter(|_| self.is_up());
        if let Some(unit) = unit.filter(|unit| unit.load != "not-found") {
            return (Some(unit), unit.id.clone());
        }
        let alias = self
            .observed_scope()
            .links
            .iter()
            .find(|link| link.path == loaded.as_str());
        let target = alias.and_then(|link| link.target.rsplit('/').next());
        let id = target.and_then(|target| UnitName::parse(target).ok());
        (unit, id.unwrap_or_else(|| loaded.clone()))
    }

    /// What is gone after a boot of what makes it start: its file, or the only links that pull it in.
    fn until_reboot(&self, unit: Option<&ObservedUnit>, id: &UnitName) -> Option<HostPath> {
        let fragment = unit.and_then(|unit| unit.fragment.clone());
        if let Some(fragment) = fragment.filter(is_gone_after_boot) {
            return Some(fragment);
        }
        let links = self.observed_scope().links_elsewhere.iter();
        let links = links.filter(|path| path.file_name() == id.as_str());
        let (gone, stay): (Vec<&HostPath>, Vec<&HostPath>) =
            links.partition(|path| is_gone_after_boot(path));
        let first = gone.first()?;
        let by_gone: BTreeSet<UnitName> = gone
            .iter()
            .filter_map(|path| pulling_unit(path.as_str(), id))
            .collect();
        let own = self
            .observed_scope()
            .links
            .iter()
            .any(|link| pulling_unit(&link.path, id).is_some());
        let others = self
            .reach
            .pulled_in_by(unit, id)
            .iter()
            .any(|by| !by_gone.contains(by));
        (stay.is_empty() && !own && !others).then(|| (*first).clone())
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

/// What is in `/run` is, but for what generators make anew.
fn is_gone_after_boot(path: &HostPath) -> bool {
    let path = path.as_str();
    path.starts_with("/run/") && !path.contains("/systemd/generator")
}
