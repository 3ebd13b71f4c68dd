//! Units: enablement, what runs, what failed, and what runs with an old configuration.

use abide_model::{
    Cause, Change, DesiredUnit, Finding, FindingKind, Health, Judged, LedgerUnit, Link, Manager,
    Observation, ObservedScope, ObservedUnit, Plan, ResourceId, UnitName, UnitRef, Wanted,
};

use super::{Cells, finding, finding_since};
use crate::causes::safe_host_text;
use crate::host::Host;

pub(super) fn judge(host: &Host<'_>, plan: &Plan, cells: &mut Cells) {
    for (unit, left) in &host.ledger.units {
        let Observation::Known(scope) = host.scope(&unit.scope) else {
            continue;
        };
        let one = DriftedUnit {
            host,
            plan,
            reference: unit,
            left,
            scope,
        };
        one.judge_enablement(cells);
        one.judge_running(cells);
    }
}

struct DriftedUnit<'a> {
    host: &'a Host<'a>,
    plan: &'a Plan,
    reference: &'a UnitRef,
    left: &'a LedgerUnit,
    scope: &'a ObservedScope,
}

impl DriftedUnit<'_> {
    fn resource(&self) -> ResourceId {
        ResourceId::Unit(self.reference.clone())
    }

    /// Whether the plan does something of this kind to the unit.
    fn has_planned(&self, is: impl Fn(&Change) -> bool) -> bool {
        self.actions().any(|(change, _)| is(change))
    }

    fn is_as_declared(&self) -> bool {
        let names = self.names();
        self.plan.judge(&names.each_ref()) == Judged::AsDeclared
    }

    /// Under the name of its file, and of what that becomes: the ledger has it by the latter.
    fn names(&self) -> [ResourceId; 2] {
        let declared = self.declared_as().map(|(name, _)| name);
        let name = declared.unwrap_or(&self.reference.unit);
        let file = UnitRef::new(&self.reference.scope, name);
        [ResourceId::Unit(file), self.resource()]
    }

    fn declared_as(&self) -> Option<(&UnitName, &DesiredUnit)> {
        let UnitRef { scope, unit } = self.reference;
        self.host.desired.declared_as(scope, unit)
    }

    fn actions(&self) -> impl Iterator<Item = (&Change, &[Cause])> {
        let ours = self.names();
        let actions = self.plan.actions.iter();
        actions
            .filter(move |one| ours.contains(&one.resource))
            .map(|one| (&one.change, one.causes.as_slice()))
    }

    fn judge_enablement(&self, cells: &mut Cells) {
        let name = &self.reference.unit;
        let mut changed = |text: String| {
            let finding = finding(FindingKind::Enablement, text);
            cells.on_host(self.resource(), finding);
        };
        // A quadlet is enabled by its text, not by links.
        let has_links = self
            .scope
            .links
            .iter()
            .any(|link| names(link, self.reference));
        // What a run did not get to its end with, it may have changed itself.
        if self.left.claimed {
            return;
        }
        if self.left.enabled && !has_links && !name.kind().is_quadlet() {
            changed(format!("{name} was disabled"));
        }
        if !self.left.enabled && self.has_planned(|change| matches!(change, Change::Disable { .. }))
        {
            changed(format!("{name} was enabled"));
        }
        if self.has_planned(|change| *change == Change::Unmask) {
            changed(format!("{name} was masked"));
        }
    }

    fn judge_running(&self, cells: &mut Cells) {
        if self.scope.manager == Manager::Down {
            self.manager_is_down(cells);
            return;
        }
        let Some(seen) = self.scope.units.get(&self.reference.unit) else {
            return;
        };
        let name = &self.reference.unit;
        let ran = !self.left.invocation.is_empty();
        let is_up = seen.active.is_up();
        if let Some(told) = self.health_finding(seen) {
            // What need not run and failed is as declared: the plan says so, as it does to everybody.
            if self.is_as_declared() {
                cells.on_host(self.resource(), told);
            } else {
                cells.mark_drifted(self.resource(), told);
            }
        } else if self.left.claimed {
            // As above: the plan tells what is left to do.
        } else if ran && !is_up && self.should_run() {
            cells.on_host(self.resource(), self.stopped_finding(seen));
        } else if !ran && is_up && self.has_planned(|change| *change == Change::Stop) {
            let told = finding(FindingKind::State, format!("{name} was started"));
            cells.on_host(self.resource(), finding_since(told, seen.started_at));
        }
        self.runs_old(seen, cells);
    }

    /// Whether the plan would start it.
    fn should_run(&self) -> bool {
        self.has_planned(|change| matches!(change, Change::Start | Change::Restart))
    }

    fn stopped_finding(&self, seen: &ObservedUnit) -> Finding {
        let (name, booted) = (&self.reference.unit, self.host.observed.facts.booted_at);
        let since_boot = seen.started_at.is_some_and(|at| at >= booted);
        if since_boot || !seen.invocation.is_empty() {
            return finding(FindingKind::State, format!("{name} was stopped"));
        }
        // A manager forgets a unit that stopped and that nothing names; its links keep an enabled one loaded.
        if self.left.enabled
            && self
                .scope
                .links
                .iter()
                .any(|link| names(link, self.reference))
        {
            let text = format!("{name} is enabled and was not started since this boot");
            return finding_since(finding(FindingKind::NotStarted, text), Some(booted));
        }
        finding(FindingKind::State, format!("{name} does not run"))
    }

    /// How the unit is, by the time that its start may take where it is declared.
    fn health(&self, seen: &ObservedUnit) -> Health {
        let limit = self.declared().map(|unit| unit.settle.timeout);
        Health::from_observed(seen, self.host.observed.facts.now, limit)
    }

    fn declared(&self) -> Option<&DesiredUnit> {
        self.declared_as().map(|(_, unit)| unit)
    }

    /// What is wrong with it, whatever somebody did; of what need not run, that it does not stay up is no concern.
    fn health_finding(&self, seen: &ObservedUnit) -> Option<Finding> {
        let health = self.health(seen);
        let kind = match &health {
            Health::Failed { .. } => FindingKind::Failed,
            Health::CrashLooping { .. } => FindingKind::Flapping,
            Health::StartOverdue { .. } if self.is_wanted(Wanted::Yes) => FindingKind::NotStarted,
            Health::UpWithoutFile { .. } => FindingKind::Failed,
            _ => return None,
        };
        let text = match &health {
            Health::Failed { .. } => format!("{} {health}", self.reference.unit),
            _ => format!("{} is {health}", self.reference.unit),
        };
        let at = seen.state_since.or(seen.started_at);
        Some(finding_since(finding(kind, text), at))
    }

    fn is_wanted(&self, running: Wanted) -> bool {
        self.declared().is_some_and(|unit| unit.running == running)
    }

    fn manager_is_down(&self, cells: &mut Cells) {
        if self.left.invocation.is_empty() || !self.should_run() {
            return;
        }
        let text = format!(
            "{} does not run, for the manager of {} does not",
            self.reference.unit, self.reference.scope
        );
        cells.on_host(self.resource(), finding(FindingKind::State, text));
    }

    /// What runs is not what is on disk. Where the plan writes its files, that it then runs old ones goes without
    /// saying.
    fn runs_old(&self, seen: &ObservedUnit, cells: &mut Cells) {
        let writes = self.has_planned(|change| {
            matches!(
                change,
                Change::WriteFile(_) | Change::RemoveFile { .. } | Change::SetMode { .. }
            )
        });
        let old = self.actions().find_map(|(_, causes)| {
            causes.iter().find_map(|cause| match cause {
                Cause::RunningOldConfig { since, keys } => Some((*since, keys)),
                _ => None,
            })
        });
        let Some((at, keys)) = old.filter(|_| !writes) else {
            return;
        };
        let keys: Vec<String> = keys.iter().map(|key| safe_host_text(key)).collect();
        let what = match keys.as_slice() {
            [] => String::new(),
            keys => format!(" of {}", keys.join(" ")),
        };
        let text = format!("{} runs an old configuration{what}", self.reference.unit);
        let told = finding_since(finding(FindingKind::RunningOld, text), at);
        // Somebody started it so after abide did; or abide left it so.
        if seen.invocation == self.left.invocation {
            cells.mark_differing(self.resource(), told);
        } else {
            cells.mark_drifted(self.resource(), told);
        }
    }
}

/// Whether this link starts the unit, or gives it another name. A link of an instance leads to its template's file.
fn names(link: &Link, unit: &UnitRef) -> bool {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let (name, of_link, target) = (&unit.unit, last(&link.path), last(&link.target));
    if link.target == "/dev/null" {
        return false;
    }
    let starts = link.path.contains('/') && of_link == name.as_str();
    let is_same_instance =
        UnitName::parse(&of_link).is_ok_and(|of| of.instance() == name.instance());
    let is_its_template = name
        .template()
        .is_some_and(|template| target == template.as_str());
    starts || target == name.as_str() || is_its_template && is_same_instance
}
