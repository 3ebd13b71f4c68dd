//! The facts that a plan's actions stand on, checked again under the host's lock.

use std::collections::BTreeMap;

use abide_model::{
    Action, Before, Change, HostPath, Manager, Observation, Precondition, ResourceId, Scope,
    UnitRef, UserName,
};

use crate::crash_loop::keeps_restarting;
use crate::host::Host;

/// What these actions stand on, each fact once.
pub(crate) fn for_actions(host: &Host<'_>, actions: &[Action]) -> Vec<Precondition> {
    let mut facts = PlanFacts::default();
    for action in actions {
        facts.user(host, &action.resource);
        facts.change(host, action);
    }
    let PlanFacts {
        users,
        lingers,
        files,
        units,
    } = facts;
    let users = users.into_values();
    users
        .chain(lingers.into_values())
        .chain(files.into_values())
        .chain(units.into_values())
        .collect()
}

#[derive(Default)]
struct PlanFacts {
    users: BTreeMap<UserName, Precondition>,
    lingers: BTreeMap<UserName, Precondition>,
    files: BTreeMap<HostPath, Precondition>,
    units: BTreeMap<UnitRef, Precondition>,
}

impl PlanFacts {
    /// The account that the resource belongs to.
    fn user(&mut self, host: &Host<'_>, resource: &ResourceId) {
        let name = match resource {
            ResourceId::User(name) | ResourceId::Linger(name) => name,
            ResourceId::Manager(Scope::User(name))
            | ResourceId::File {
                scope: Scope::User(name),
                ..
            } => name,
            ResourceId::Unit(UnitRef {
                scope: Scope::User(name),
                ..
            }) => name,
            ResourceId::Manager(Scope::System) | ResourceId::File { .. } | ResourceId::Unit(_) => {
                return;
            }
        };
        let uid = match host.user(name) {
            Observation::Known(user) => Some(user.uid),
            Observation::Absent => None,
            Observation::Unknown(_) => return,
        };
        let user = name.clone();
        self.users
            .insert(name.clone(), Precondition::User { user, uid });
    }

    fn change(&mut self, host: &Host<'_>, action: &Action) {
        match (&action.change, &action.resource) {
            (Change::EnableLinger | Change::DisableLinger, ResourceId::Linger(user)) => {
                let recorded = host.is_lingering(user);
                let user = user.clone();
                self.lingers
                    .insert(user.clone(), Precondition::Linger { user, recorded });
            }
            (Change::WriteFile(write), resource) => {
                self.file(host, resource.scope(), &write.path, &write.before);
            }
            (Change::RemoveFile { path, before, .. }, resource) => {
                self.file(host, resource.scope(), path, before);
            }
            (
                Change::Stop | Change::Start | Change::Restart | Change::Reload,
                ResourceId::Unit(unit),
            ) => {
                self.unit(host, unit);
            }
            _ => {}
        }
    }

    /// Of a secret nothing is told, a link is replaced whatever it points to, and in a scope that is not there yet
    /// there is nothing to check.
    fn file(&mut self, host: &Host<'_>, scope: Scope, path: &HostPath, before: &Before) {
        let digest = match before {
            Before::Absent => None,
            Before::File {
                digest: Some(digest),
                ..
            } => Some(*digest),
            Before::File { digest: None, .. } | Before::Symlink(_) => return,
        };
        if host.scope(&scope).as_known().is_some() {
            let path = path.clone();
            self.files.insert(
                path.clone(),
                Precondition::File {
                    scope,
                    path,
                    digest,
                },
            );
        }
    }

    /// A unit that is on its way from one state to another, or that keeps crashing, has no state to hold a plan to.
    fn unit(&mut self, host: &Host<'_>, unit: &UnitRef) {
        let Observation::Known(scope) = host.scope(&unit.scope) else {
            return;
        };
        let settled = |active| {
            use abide_model::ActiveState::{Active, Failed, Inactive};
            matches!(active, Active | Failed | Inactive)
        };
        let up = matches!(scope.manager, Manager::Up { .. });
        if let Some(seen) = scope
            .unit(&unit.unit)
            .filter(|seen| up && settled(seen.active))
            .filter(|seen| !keeps_restarting(seen, host.observed.facts.now))
        {
            let fact = Precondition::Unit {
                unit: unit.clone(),
                active: seen.active,
                invocation: seen.invocation.clone(),
            };
            self.units.insert(unit.clone(), fact);
        }
    }
}
