//! What a job does to its unit, and whether a unit can have it (`unit_start`, `unit_stop` and `unit_reload` of unit.c).

use abide_model::{ActiveState, UnitKind, UnitName};

use super::{Hold, Outcome, SimulatedManager};
use crate::ToolError;
use crate::definition::LoadedDefinition;
use crate::deps::{Dep, DependencyGraph};
use crate::kind::{JobKind, is_active, is_down};
use crate::order::NameOrder;
use crate::place::is_builtin;
use crate::transaction::{JobRefusal, Units};

impl SimulatedManager<'_> {
    pub(super) fn start_unit(&mut self, unit: &UnitName) -> Result<(), Hold> {
        let state = self.state(unit);
        if is_active(state) {
            return Err(Hold::Already);
        }
        let definition = self.definition_of(unit);
        if definition.load != "loaded" {
            return Err(Hold::Ends(Outcome::Failed));
        }
        if state != ActiveState::Activating {
            let holds = self.host.condition_holds(&definition.effective);
            self.runtime_mut(unit).condition = holds;
            if !holds {
                return Err(Hold::Condition);
            }
        }
        let after = self.graph.earlier_units(unit);
        for other in self.graph.units_named_by(unit, &[Dep::BindsTo]) {
            if after.contains(&other) && !is_active(self.state(&other)) {
                return Err(Hold::Ends(Outcome::Dependency));
            }
        }
        self.start(unit, &definition)
    }

    pub(super) fn stop_unit(&mut self, unit: &UnitName) -> Result<(), Hold> {
        if is_down(self.state(unit)) {
            return Err(Hold::Already);
        }
        self.stop(unit);
        Ok(())
    }

    pub(super) fn reload_unit(&mut self, unit: &UnitName) -> Result<(), Hold> {
        let definition = self.definition_of(unit);
        if definition.load != "loaded" {
            return Err(Hold::Ends(Outcome::Failed));
        }
        if !can_reload(&definition, &self.graph) {
            return Err(Hold::Ends(Outcome::Skipped));
        }
        match self.state(unit) {
            ActiveState::Active => {
                self.reload(unit);
                Ok(())
            }
            ActiveState::Reloading => Err(Hold::Again),
            _ => Err(Hold::Ends(Outcome::Invalid)),
        }
    }
}

impl Units for SimulatedManager<'_> {
    fn unit_graph(&self) -> &DependencyGraph {
        &self.graph
    }

    fn state(&self, unit: &UnitName) -> ActiveState {
        match self.runtime_of(unit) {
            Some(runtime) => runtime.active,
            None if is_builtin(&self.scope, unit) && unit.as_str() != "shutdown.target" => {
                ActiveState::Active
            }
            None => ActiveState::Inactive,
        }
    }

    fn installed_job(&self, unit: &UnitName) -> Option<JobKind> {
        self.jobs.get(unit).map(|job| job.kind)
    }

    fn check(&mut self, kind: JobKind, unit: &UnitName) -> Result<(), JobRefusal> {
        if kind != JobKind::Stop {
            if self.host.look_again(&self.unit_ref(unit)) {
                self.read_graph();
            }
            check_startable(&self.definition_of(unit)).map_err(JobRefusal::Impossible)?;
        }
        if kind == JobKind::Reload && !can_reload(&self.definition_of(unit), &self.graph) {
            return Err(JobRefusal::NotApplicable(
                format!("Job type reload is not applicable for unit {unit}.").into(),
            ));
        }
        Ok(())
    }

    fn order(&self) -> NameOrder {
        self.host.hash_order
    }

    fn systemd_version(&self) -> u32 {
        self.host.facts.systemd
    }
}

/// Whether a unit has a way to reload: a command, or others that it passes the reload on to.
pub(crate) fn can_reload(unit: &LoadedDefinition, graph: &DependencyGraph) -> bool {
    match unit.id.kind() {
        UnitKind::Service | UnitKind::Mount => unit.effective.can_reload(),
        _ => !graph
            .units_named_by(&unit.id, &[Dep::PropagatesReloadTo])
            .is_empty(),
    }
}

/// Whether a unit is loaded so that it can be started; the text is systemctl's, in short.
pub(crate) fn check_startable(definition: &LoadedDefinition) -> Result<(), ToolError> {
    match definition.load {
        "loaded" => Ok(()),
        "masked" => Err(format!("Unit {} is masked.", definition.id).into()),
        "not-found" => Err(format!("Unit {} not found.", definition.id).into()),
        bad => Err(format!(
            "Unit {} has a bad unit file setting ({bad}).",
            definition.id
        )
        .into()),
    }
}
