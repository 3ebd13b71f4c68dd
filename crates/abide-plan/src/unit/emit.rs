//! The steps that a scope's decisions come to, each with its causes and with what it stands on.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Cause, Change, Field, ResourceId, UnitKind, UnitName, UnitRef, Watch};

use super::aliases;
use super::couple::{Bystanders, Decisions};
use super::decide::Decision;
use super::mask::Mask;
use super::reads;
use super::run::{Reason, Run, Verb};
use crate::by_hand;
use crate::causes::failure_cause;
use crate::draft::{Draft, DraftStep, Phase, StepId, StepReason};
use crate::file::FileVerdict;
use crate::linger::ManagerState;
use crate::manager_config;
use crate::scope::ScopeView;

/// Adds the steps of one scope to the draft.
pub(crate) fn add_steps(
    view: &ScopeView<'_>,
    decisions: &Decisions<'_>,
    bystanders: &Bystanders,
    draft: &mut Draft,
) {
    let mut scope = Emitted {
        view,
        draft,
        stops: BTreeMap::new(),
        files: BTreeMap::new(),
        unmasked: BTreeMap::new(),
        verbs: BTreeMap::new(),
        handed_over: aliases::handed_over(decisions),
        reload: None,
    };
    let mut runs: Vec<(&UnitName, &Run)> =
        decisions.iter().map(|(name, d)| (name, &d.run)).collect();
    runs.extend(bystanders);
    // Triggers come first, so that what they stop can name them as its cause.
    runs.sort_by_key(|(name, _)| (stop_rank(name), (*name).clone()));
    for (name, run) in &runs {
        scope.stop(name, run);
    }
    // Templates come first: what enables an instance waits for its template's file.
    let (templates, others): (Vec<_>, Vec<_>) =
        decisions.values().partition(|d| d.unit.name.is_template());
    for decision in templates.into_iter().chain(others) {
        scope.change_files(decision);
    }
    scope.hand_over();
    let reload = scope.daemon_reload(decisions);
    scope.reload = reload;
    for decision in decisions.values().filter(|decision| decision.run.reset) {
        scope.reset_failed(decision);
    }
    // Behind what they are restarted with, so that they can name it as their cause.
    runs.sort_by_key(|(_, run)| run.is_with_another());
    for verb in [Verb::Reload, Verb::Restart, Verb::Start] {
        for (name, run) in &runs {
            scope.run(name, run, decisions.get(*name), verb);
        }
    }
}

struct Emitted<'e, 'a> {
    view: &'e ScopeView<'a>,
    draft: &'e mut Draft,
    stops: BTreeMap<UnitName, StepId>,
    /// Steps that change a unit's own files, by its declared name.
    files: BTreeMap<UnitName, Vec<StepId>>,
    unmasked: BTreeMap<UnitName, StepId>,
    verbs: BTreeMap<UnitName, (Verb, StepId)>,
    /// Aliases that one unit loses and another one gets.
    handed_over: BTreeSet<String>,
    reload: Option<StepId>,
}

impl Emitted<'_, '_> {
    fn resource(&self, unit: &UnitName) -> ResourceId {
        ResourceId::Unit(UnitRef::new(&self.view.scope, unit))
    }

    fn step(&self, phase: Phase, unit: &UnitName, change: Change) -> DraftStep {
        DraftStep::new(phase, self.resource(unit), change)
            .after_steps(self.view.manager_after.iter().copied())
    }

    fn stop(&mut self, name: &UnitName, run: &Run) {
        if run.stop.is_empty() {
            return;
        }
        let why = self.resolve_reasons(name, None, &run.stop);
        let step = self
            .step(Phase::Stop, name, Change::Stop)
            .with_rank(stop_rank(name));
        let id = self.draft.add(step.because_all(why));
        self.stops.insert(name.clone(), id);
    }

    /// Everything between the stops and the daemon-reload.
    fn change_files(&mut self, decision: &Decision<'_>) {
        let unit = &decision.unit;
        let stop: Vec<StepId> = self.stops.get(&unit.loaded).copied().into_iter().collect();
        // After its file is gone, systemctl knows nothing of an old unit's links.
        let by_quadlet = unit.name.kind().is_quadlet() && !unit.replaces.is_empty();
        let retires = unit.removal_cause().is_some() || unit.should_be_masked() || by_quadlet;
        let mut before = stop;
        if retires && decision.links.is_work() {
            let change = Change::Disable {
                remove: decision.links.remove.clone(),
            };
            let step = self
                .step(Phase::Retire, &unit.loaded, change)
                .after_steps(before.iter().copied());
            let id = self.draft.add(step.because_all(decision.links.why.clone()));
            before.push(id);
            self.record_file_step(unit.name.clone(), id);
        }
        if decision.mask == Mask::Off {
            let cause = crate::causes::difference_cause(Field::Masked, "yes", "no");
            let step = self
                .step(Phase::Unmask, &unit.loaded, Change::Unmask)
                .with_cause(cause)
                .because_all(by_hand::mask_cause(unit));
            let id = self.draft.add(step);
            self.unmasked.insert(unit.loaded.clone(), id);
            before.push(id);
            self.record_file_step(unit.name.clone(), id);
        }
        let written = self.files(decision, &before);
        if decision.mask == Mask::On {
            let cause = crate::causes::difference_cause(Field::Masked, "no", "yes");
            let step = self
                .step(Phase::Links, &unit.loaded, Change::Mask)
                .with_cause(cause);
            let step = step.after_steps(before).after_steps(written).with_rank(1);
            let id = self.draft.add(step);
            self.record_file_step(unit.name.clone(), id);
        } else if !retires && decision.links.is_work() {
            self.links(decision, &written);
        }
        self.ledger_only(decision);
    }

    fn record_file_step(&mut self, name: UnitName, step: StepId) {
        self.files.entry(name).or_default().push(step);
    }

    fn files(&mut self, decision: &Decision<'_>, before: &[StepId]) -> Vec<StepId> {
        let unit = &decision.unit;
        let goes =
            unit.removal_cause().is_some() || unit.should_be_masked() || !unit.replaces.is_empty();
        let mut steps = Vec::new();
        for verdict in decision.replaced.iter().chain(&decision.files) {
            let FileVerdict::Do(change, causes) = verdict else {
                continue;
            };
            let mut step = DraftStep::new(Phase::Files, unit.file_resource(), (**change).clone())
                .because_all(causes.clone())
                .after_steps(self.view.files_after.iter().copied());
            let removes = matches!(**change, Change::RemoveFile { .. });
            if !removes || goes {
                step = step.after_steps(before.iter().copied());
            }
            if !removes {
                step = step.after_steps(self.view.account_after.iter().copied());
            }
            if matches!(self.view.manager, ManagerState::Starting(_)) {
                // A manager that does not start leaves its scope alone (docs/change-classes.md, "The order on a host").
                step = step.after_steps(self.view.manager_after.iter().copied());
            }
            let id = self.draft.add(step);
            steps.push(id);
            self.record_file_step(unit.name.clone(), id);
        }
        steps
    }

    fn links(&mut self, decision: &Decision<'_>, written: &[StepId]) {
        let links = &decision.links;
        let over: BTreeSet<String> = links
            .remove
            .intersection(&self.handed_over)
            .cloned()
            .collect();
        let rest: BTreeSet<String> = links.remove.difference(&over).cloned().collect();
        let is_all = links.add.is_empty() && rest.is_empty() && !over.is_empty();
        if !over.is_empty() {
            self.link_step(decision, written, (BTreeSet::new(), over), 0);
        }
        if !is_all {
            self.link_step(decision, written, (links.add.clone(), rest), 1);
        }
    }

    /// A name that goes over to another unit is not taken before it is free.
    fn hand_over(&mut self) {
        let scope = &self.view.scope;
        let steps = self.draft.steps.iter().enumerate();
        let here = steps.filter(|(_, step)| step.resource.scope() == *scope);
        let freed: BTreeMap<String, StepId> = here
            .flat_map(|(index, step)| {
                let links = match &step.change {
                    Change::Enable { remove, .. } | Change::Disable { remove } => Some(remove),
                    _ => None,
                };
                links
                    .into_iter()
                    .flatten()
                    .map(move |link| (link.clone(), StepId(index)))
            })
            .filter(|(link, _)| self.handed_over.contains(link))
            .collect();
        for step in &mut self.draft.steps {
            if let Change::Enable { add, .. } = &step.change
                && step.resource.scope() == *scope
            {
                step.after
                    .extend(add.iter().filter_map(|link| freed.get(link)));
            }
        }
    }

    fn link_step(
        &mut self,
        decision: &Decision<'_>,
        written: &[StepId],
        (add, remove): (BTreeSet<String>, BTreeSet<String>),
        rank: u8,
    ) -> StepId {
        let (unit, links) = (&decision.unit, &decision.links);
        let change = match links.enable {
            true => Change::Enable {
                add,
                remove,
                file: links.file.clone(),
            },
            false => Change::Disable { remove },
        };
        let template = self.template_steps(&unit.name);
        let step = self
            .step(Phase::Links, &unit.loaded, change)
            .with_rank(rank)
            .because_all(links.why.clone())
            .after_steps(self.unmasked.get(&unit.loaded).copied())
            .after_steps(written.iter().copied())
            .after_steps(template);
        let id = self.draft.add(step);
        self.record_file_step(unit.name.clone(), id);
        id
    }

    /// Units whose files only change hands: nothing happens on the host.
    fn ledger_only(&mut self, decision: &Decision<'_>) {
        let unit = &decision.unit;
        if decision.changes_files() {
            return;
        }
        let adopts = decision.files.contains(&FileVerdict::Adopt);
        let gone = decision.files.contains(&FileVerdict::Forget)
            || unit.removal_cause().is_some() && unit.ledger_entry().is_some();
        let forgets = gone && !decision.is_work();
        let unrecorded = match decision.is_work() {
            true => None,
            false => reads::unrecorded_files(unit),
        };
        if let (Some(files), false) = (unrecorded, adopts) {
            let cause = crate::causes::difference_cause(Field::RestartOn, "", files);
            let step = DraftStep::new(Phase::Claims, unit.file_resource(), Change::Record);
            self.draft.add(step.with_cause(cause));
        } else if adopts {
            let cause = crate::causes::difference_cause(Field::Ledger, "not ours", "ours");
            let step = DraftStep::new(Phase::Claims, unit.file_resource(), Change::Adopt);
            self.draft.add(step.with_cause(cause));
        } else if forgets {
            let cause = unit.removal_cause().cloned().unwrap_or(Cause::Undeclared);
            let step = DraftStep::new(Phase::Claims, unit.file_resource(), Change::Forget);
            self.draft.add(step.with_cause(cause));
        }
    }

    /// One for the whole manager, and only where something calls for it.
    fn daemon_reload(&mut self, decisions: &Decisions<'_>) -> Option<StepId> {
        if matches!(
            self.view.manager,
            ManagerState::Down | ManagerState::Unseen(_)
        ) {
            return None;
        }
        manager_config::note_ignored(self.view, self.draft);
        let changed: Vec<StepReason> = self
            .files
            .values()
            .flatten()
            .copied()
            .map(StepReason::from)
            .collect();
        // Of a unit whose files this plan changes, that is reason enough.
        let owed = decisions.values().filter(|d| !d.changes_files());
        let owed = owed.filter_map(|d| {
            Some(StepReason::Fact(Cause::ReloadOwed {
                evidence: d.reload.clone()?,
                unit: Some(d.unit.name.clone()),
            }))
        });
        let own = manager_config::reload_owed(self.view, self.draft);
        let why: Vec<StepReason> = owed.chain(changed).chain(own).collect();
        if why.is_empty() {
            return None;
        }
        let resource = ResourceId::Manager(self.view.scope.clone());
        let step = DraftStep::new(Phase::DaemonReload, resource, Change::DaemonReload)
            .because_all(why)
            .after_steps(self.view.manager_after.iter().copied());
        Some(self.draft.add(step))
    }

    fn reset_failed(&mut self, decision: &Decision<'_>) {
        let unit = &decision.unit;
        let step = self
            .step(Phase::ResetFailed, &unit.loaded, Change::ResetFailed)
            .with_cause(failure_cause(&unit.seen, unit.health()))
            .after_steps(self.reload);
        self.draft.add(step);
    }

    fn run(&mut self, name: &UnitName, run: &Run, decision: Option<&Decision<'_>>, verb: Verb) {
        let Some((_, reasons)) = run.then.as_ref().filter(|(wanted, _)| *wanted == verb) else {
            return;
        };
        let (phase, change) = match verb {
            Verb::Reload => (Phase::Reload, Change::Reload),
            Verb::Restart => (Phase::Restart, Change::Restart),
            Verb::Start => (Phase::Start, Change::Start),
        };
        let declared = decision.map(|decision| &decision.unit.name);
        let why = self.resolve_reasons(name, declared, reasons);
        let stands_on = self.stands_on(name, decision, verb);
        let step = self
            .step(phase, name, change)
            .with_rank(match run.is_with_another() {
                true => LAST,
                false => start_rank(name),
            })
            .because_all(why)
            .after_steps(stands_on);
        let id = self.draft.add(step);
        self.verbs.insert(name.clone(), (verb, id));
        self.watch(name, decision);
    }

    fn resolve_reasons(
        &self,
        name: &UnitName,
        declared: Option<&UnitName>,
        reasons: &[Reason],
    ) -> Vec<StepReason> {
        let mut whys = Vec::new();
        for reason in reasons {
            match reason {
                Reason::Fact(cause) => whys.push(StepReason::Fact(cause.clone())),
                Reason::OwnFiles => {
                    let own = self.file_steps(declared.unwrap_or(name));
                    whys.extend(own.into_iter().map(StepReason::Follows));
                }
                Reason::Wrote(path) => {
                    whys.extend(self.draft.writing_step(path).map(StepReason::Follows));
                }
                Reason::StopOf(unit) => {
                    whys.extend(self.stops.get(unit).copied().map(StepReason::Follows));
                }
                Reason::RestartOf(unit) => {
                    let restart = self.verbs.get(unit).map(|(_, step)| *step);
                    whys.extend(restart.map(StepReason::Follows));
                }
                Reason::ManagerStart => {
                    if let ManagerState::Starting(step) = self.view.manager {
                        whys.push(StepReason::Follows(step));
                    }
                }
            }
        }
        whys.dedup();
        whys
    }

    /// The steps that change the unit's own files and its template's, without its links and masks.
    fn file_steps(&self, name: &UnitName) -> Vec<StepId> {
        let mut steps = self.files.get(name).cloned().unwrap_or_default();
        steps.extend(self.template_steps(name));
        steps.retain(|id| {
            let step = self.draft.steps.get(id.0);
            step.is_some_and(|step| matches!(step.phase, Phase::Files))
        });
        steps
    }

    fn template_steps(&self, name: &UnitName) -> Vec<StepId> {
        let template = name.template();
        let steps = template.and_then(|template| self.files.get(&template));
        steps.cloned().unwrap_or_default()
    }

    /// What a unit may not be started without: its own earlier steps, files that it reads, and units that it requires
    /// and that an earlier call of systemctl brings up. Within one call systemd itself keeps to the order (systemd-facts.md#one-call-one-restart).
    fn stands_on(
        &self,
        name: &UnitName,
        decision: Option<&Decision<'_>>,
        verb: Verb,
    ) -> Vec<StepId> {
        let mut steps: Vec<StepId> = self.stops.get(name).copied().into_iter().collect();
        steps.extend(self.unmasked.get(name));
        steps.extend(&self.view.account_after);
        if let Some(decision) = decision {
            let unit = &decision.unit;
            // A service of the system may run as a user who is made or changed first.
            steps.extend(crate::inputs::accounts_settled(unit, self.draft));
            steps.extend(self.file_steps(&unit.name));
            let read = unit.restart_on.iter().chain(&unit.reload_on);
            steps.extend(read.filter_map(|file| self.draft.writing_step(&file.path)));
            steps.extend(self.required_steps(decision, verb));
            // The same container under another name may be in its way.
            if unit.name.kind().is_quadlet() {
                let before = self.view.made_of(&unit.name);
                steps.extend(before.iter().filter_map(|service| self.stops.get(service)));
            }
        }
        steps.extend(self.reload);
        steps
    }

    fn required_steps(&self, decision: &Decision<'_>, verb: Verb) -> Vec<StepId> {
        let wanted = &decision.unit.wanted;
        let names = ["Requires", "BindsTo"]
            .into_iter()
            .flat_map(|key| wanted.all_values("Unit", key));
        let names = names
            .flat_map(str::split_whitespace)
            .filter_map(|name| UnitName::parse(name).ok());
        names
            .filter_map(|name| self.verbs.get(&self.view.loaded_as(&name)).copied())
            .filter(|(earlier, _)| *earlier != verb)
            .map(|(_, step)| step)
            .collect()
    }

    fn watch(&mut self, name: &UnitName, decision: Option<&Decision<'_>>) {
        let desired = decision.and_then(|decision| decision.unit.desired());
        let ends = decision.is_some_and(|decision| decision.unit.ends_by_itself());
        if let (Some(desired), false) = (desired, ends) {
            self.draft.watches.push(Watch {
                unit: UnitRef::new(&self.view.scope, name),
                hold: desired.settle.hold,
                timeout: desired.settle.timeout,
                on_change: desired.on_change,
            });
        }
    }
}

/// Triggers go before what they could start again, services before what they stand on.
pub(crate) fn stop_rank(unit: &UnitName) -> u8 {
    match unit.kind() {
        UnitKind::Timer | UnitKind::Path | UnitKind::Socket | UnitKind::Automount => 0,
        UnitKind::Target | UnitKind::Slice => 3,
        UnitKind::Mount | UnitKind::Swap => 2,
        _ => 1,
    }
}

/// Behind all of [`start_rank`].
const LAST: u8 = 4;

/// What others stand on comes before them, triggers come last: they must find what they start. Within a rank the order is
/// that of the stops, with sockets before services.
fn start_rank(unit: &UnitName) -> u8 {
    match unit.kind() {
        UnitKind::Slice | UnitKind::Target | UnitKind::Mount | UnitKind::Swap => 0,
        UnitKind::Timer | UnitKind::Path | UnitKind::Automount => 3,
        _ => 2,
    }
}
