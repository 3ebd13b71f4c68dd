//! What stopping and starting one unit does to others: sockets and their services, triggers, dependents.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Field, NoteKind, NoteText, ObservedUnit, UnitKind, UnitName, UnitNote, Wanted};

use abide_unit::{Relation, quadlet_pod};

use super::Unit;
use super::decide::Decision;
use super::run::{Reason, Run, Verb, comes_up};
use crate::causes::difference_cause;
use crate::scope::ScopeView;

/// The decisions of one scope by the names that the manager uses.
pub(crate) type Decisions<'a> = BTreeMap<UnitName, Decision<'a>>;

/// What happens to units that nobody declares, because of one that somebody does.
pub(crate) type Bystanders = BTreeMap<UnitName, Run>;

/// Adds to the decisions of a scope what they mean for each other.
pub(crate) fn propagate_decisions<'a>(
    view: &ScopeView<'a>,
    decisions: &mut Decisions<'a>,
) -> Bystanders {
    let mut scope = Coupled {
        view,
        decisions,
        bystanders: Bystanders::new(),
    };
    scope.free_sockets();
    scope.let_sockets_go_first();
    scope.hold_triggers();
    scope.end_pods();
    scope.start_dependents();
    scope.note_triggers();
    scope.bystanders
}

struct Coupled<'c, 'a> {
    view: &'c ScopeView<'a>,
    decisions: &'c mut Decisions<'a>,
    bystanders: Bystanders,
}

impl<'a> Coupled<'_, 'a> {
    /// A service that does not run and is restarted in case somebody else's unit brings it up is only started where its
    /// socket starts too: restarts come first, and a socket cannot start beside its running service (systemd-facts.md#socket-beside-service).
    fn let_sockets_go_first(&mut self) {
        let sockets = self.decisions.iter().filter_map(starting_socket);
        let services = sockets.map(|(_, service)| service);
        let services: Vec<_> = services.filter(|service| !self.is_up(service)).collect();
        for service in services {
            if let Some(decision) = self.decisions.get_mut(&service)
                && let Some((verb @ Verb::Restart, _)) = &mut decision.run.then
            {
                *verb = Verb::Start;
            }
        }
    }

    fn observed_unit(&self, unit: &UnitName) -> Option<&'a ObservedUnit> {
        self.view.seen?.unit(unit)
    }

    /// Whether the unit runs, or will by the time its manager is asked for anything.
    fn is_up(&self, unit: &UnitName) -> bool {
        let declared = self.decisions.get(unit);
        self.observed_unit(unit)
            .is_some_and(|unit| unit.active.is_up())
            || declared.is_some_and(|decision| comes_up(&decision.unit))
    }

    fn run(&mut self, unit: &UnitName) -> &mut Run {
        match self.decisions.get_mut(unit) {
            Some(decision) => &mut decision.run,
            None => self.bystanders.entry(unit.clone()).or_default(),
        }
    }

    fn is_stopped(&self, unit: &UnitName) -> bool {
        let declared = self.decisions.get(unit).map(|decision| &decision.run);
        let run = declared.or_else(|| self.bystanders.get(unit));
        run.is_some_and(|run| !run.stop.is_empty())
    }

    /// Whether the unit may be up after the run: it is not to be stopped or to go.
    fn may_run(&self, unit: &UnitName) -> bool {
        self.decisions.get(unit).is_none_or(|decision| {
            let unit = &decision.unit;
            unit.removal_cause().is_none()
                && !unit.should_be_masked()
                && unit.wanted_running() != Wanted::No
        })
    }

    /// A socket can neither start nor be stopped alone while its service runs (systemd-facts.md#socket-beside-service): both are stopped, in one call,
    /// and started again in their order. Live connections of `Accept=yes` are left alone.
    fn free_sockets(&mut self) {
        let starting: Vec<_> = self.decisions.iter().filter_map(starting_socket).collect();
        for (socket, service) in starting {
            if service.is_template() || !self.is_up(&service) {
                continue;
            }
            let restarted = self.is_stopped(&socket);
            let why = match restarted {
                true => Reason::StopOf(socket),
                false => Reason::Fact(difference_cause(
                    Field::Unit(socket.clone()),
                    "inactive",
                    "active",
                )),
            };
            self.stop_and_start(&service, vec![why]);
        }
    }

    /// Between its stop and the daemon-reload a trigger would start a unit with its old definition (systemd-facts.md#stop-then-triggered).
    fn hold_triggers(&mut self) {
        let stopped: Vec<_> = self
            .decisions
            .iter()
            .filter(|(_, decision)| !decision.run.stop.is_empty() && decision.run.then.is_some())
            .map(|(name, decision)| (name.clone(), decision.run.stop.clone()))
            .collect();
        for (name, why) in stopped {
            let triggers = self
                .observed_unit(&name)
                .map(|unit| unit.triggered_by.clone());
            for trigger in triggers.unwrap_or_default() {
                let declared = self.decisions.contains_key(&trigger) && self.may_run(&trigger);
                if declared && self.is_up(&trigger) && !self.is_stopped(&trigger) {
                    let facts = why
                        .iter()
                        .filter(|reason| matches!(reason, Reason::Fact(_)));
                    let facts = facts.cloned().collect();
                    self.stop_and_start(&trigger, facts);
                }
            }
        }
    }

    /// A pod ends with its last container, and a container cannot start without its pod: it is restarted in the same
    /// call, or stopped in the same call and started again. Seen on Podman 5.4.
    fn end_pods(&mut self) {
        let names = self
            .decisions
            .keys()
            .filter(|name| self.is_ending_pod(name));
        let pods: Vec<UnitName> = names.cloned().collect();
        for pod in pods {
            let Some((restarted, stopped)) = self.members(&pod) else {
                continue;
            };
            if let Some(first) = restarted.into_iter().next() {
                self.run(&pod).then = Some((Verb::Restart, vec![Reason::RestartOf(first)]));
            } else if let Some(first) = stopped.into_iter().next() {
                self.stop_and_start(&pod, vec![Reason::StopOf(first)]);
            }
        }
    }

    /// A pod that runs, that nothing is done with yet, and that ends with its last container.
    fn is_ending_pod(&self, name: &UnitName) -> bool {
        let Some(decision) = self.decisions.get(name) else {
            return false;
        };
        let unit = &decision.unit;
        unit.name.kind() == UnitKind::Pod
            && self.is_up(name)
            && self.may_run(name)
            && !decision.run.is_work()
            && unit.wanted.last_value("Pod", "ExitPolicy") != Some("continue")
    }

    /// The containers of a pod that are restarted, and those that are stopped; `None` where another one keeps it up.
    fn members(&self, pod: &UnitName) -> Option<(Vec<UnitName>, Vec<UnitName>)> {
        let declared = |decision: &Decision<'_>| {
            let of = [
                Some(&decision.unit.wanted),
                decision.unit.on_disk.known_effective(),
            ];
            let mut of = of.into_iter().flatten().filter_map(quadlet_pod);
            of.any(|of| decision.unit.view.loaded_as(&of) == *pod)
        };
        let declared = self
            .decisions
            .iter()
            .filter(|(_, decision)| declared(decision));
        let mut members: BTreeSet<UnitName> = declared.map(|(name, _)| name.clone()).collect();
        members.extend(self.running_dependents(pod, &[Relation::BindsTo]));
        let (mut restarted, mut stopped) = (Vec::new(), Vec::new());
        for member in members.into_iter().filter(|member| self.is_up(member)) {
            let run = self.decisions.get(&member).map(|decision| &decision.run);
            match run {
                Some(run) if !run.stop.is_empty() => stopped.push(member),
                Some(run) if matches!(run.then, Some((Verb::Restart, _))) => restarted.push(member),
                _ => return None,
            }
        }
        Some((restarted, stopped))
    }

    fn stop_and_start(&mut self, unit: &UnitName, why: Vec<Reason>) {
        let starts_again = self.may_run(unit);
        let run = self.run(unit);
        if run.stop.is_empty() {
            run.stop = why;
        }
        let mut reasons = vec![Reason::StopOf(unit.clone())];
        if let Some((_, more)) = run.then.take() {
            reasons.extend(more);
        }
        run.then = starts_again.then_some((Verb::Start, reasons));
    }

    /// A stop takes dependents with it and a start does not bring them back (systemd-facts.md#restart-takes-along): they are started again.
    fn start_dependents(&mut self) {
        let mut stopped: Vec<(UnitName, bool)> = self
            .decisions
            .iter()
            .map(|(name, decision)| (name, &decision.run))
            .chain(&self.bystanders)
            .filter(|(_, run)| !run.stop.is_empty())
            .map(|(name, run)| (name.clone(), run.then.is_some()))
            .collect();
        let mut done = BTreeSet::new();
        while let Some((name, comes_back)) = stopped.pop() {
            if !done.insert(name.clone()) {
                continue;
            }
            for dependent in self.running_dependents(&name, &Relation::STOPPED_TOGETHER) {
                // What nobody declares is a part of what stops for good, and stops with it.
                let declared = self.decisions.contains_key(&dependent);
                let able = comes_back || declared && self.runs_without(&dependent, &name);
                if !able || self.is_stopped(&dependent) || !self.may_run(&dependent) {
                    continue;
                }
                let run = self.run(&dependent);
                match &mut run.then {
                    Some((Verb::Restart | Verb::Start, reasons)) => {
                        reasons.push(Reason::StopOf(name.clone()));
                    }
                    Some((Verb::Reload, _)) | None => {
                        run.then = Some((Verb::Start, vec![Reason::StopOf(name.clone())]));
                    }
                }
                stopped.push((dependent, true));
            }
        }
    }

    /// Whether a unit that stops together with another can start without it: it is only a part of it, or its new
    /// definition no longer requires it.
    fn runs_without(&self, dependent: &UnitName, other: &UnitName) -> bool {
        let part = self
            .running_dependents(other, &[Relation::PartOf])
            .contains(dependent);
        let declared = self.decisions.get(dependent).map(|decision| &decision.unit);
        let requires = |unit: &Unit<'_>| {
            let keys = ["Requires", "Requisite", "BindsTo"].into_iter();
            let mut names = keys
                .flat_map(|key| unit.wanted.all_values("Unit", key))
                .flat_map(str::split_whitespace);
            names.any(|name| name == other.as_str())
        };
        part || declared.is_some_and(|unit| unit.ours && !requires(unit))
    }

    fn running_dependents(&self, unit: &UnitName, relations: &[Relation]) -> Vec<UnitName> {
        let Some(seen) = self.observed_unit(unit) else {
            return Vec::new();
        };
        let named = relations
            .iter()
            .filter_map(|relation| seen.relations.get(relation.inverse_property()));
        let named: BTreeSet<&UnitName> = named.flatten().collect();
        named
            .into_iter()
            .filter(|name| *name != unit && self.is_up(name))
            .cloned()
            .collect()
    }

    /// Tells a reviewer what could undo a stop. What it interrupts is `forecast`'s.
    fn note_triggers(&mut self) {
        let mut notes = Vec::new();
        for (name, decision) in self.decisions.iter() {
            let triggers = decision.unit.seen.triggered_by.iter();
            let triggers: Vec<_> = triggers
                .filter(|trigger| self.is_up(trigger) && !self.is_stopped(trigger))
                .collect();
            if decision.run.stops_for_good() && !triggers.is_empty() {
                let says = UnitNote::StartedBy(triggers.into_iter().cloned().collect());
                notes.push((name.clone(), NoteText::of_unit(name, says)));
            }
        }
        for (name, text) in notes {
            self.run(&name).notes.push((NoteKind::Expect, text));
        }
    }
}

/// A socket that is about to start, and the service it starts.
fn starting_socket((name, decision): (&UnitName, &Decision<'_>)) -> Option<(UnitName, UnitName)> {
    let starts = matches!(decision.run.then, Some((Verb::Start, _)));
    if name.kind() != UnitKind::Socket || !starts {
        return None;
    }
    let unit = &decision.unit;
    let triggers = unit.seen.relations.get(Relation::Triggers.property_name());
    let loaded = triggers.and_then(|triggers| triggers.first()).cloned();
    let service = match unit.ours {
        true => unit.wanted.triggers(),
        false => loaded.or_else(|| Some(name.with_kind(UnitKind::Service))),
    };
    Some((name.clone(), service?))
}
