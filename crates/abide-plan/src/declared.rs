//! Every resource that a manifest declares for a host, with its place in the manifest: what a report can speak of, seen
//! or not.

use std::collections::BTreeMap;

use abide_model::{
    Declared, Desired, DesiredLinger, DesiredUnit, DesiredUser, HostPath, LingerReason, Observed,
    ObservedUser, Presence, ResourceId, Scope, UnitName, UnitRef, UserName,
};

use crate::places;

/// What a host should have, in the order of the manifest's names: the system's units, then each user with its
/// lingering, units and files. Without an observation, files stand where the manifest says that homes are.
pub fn declared(desired: &Desired, observed: Option<&Observed>) -> Vec<Declared> {
    let mut all = units(&Scope::System, &desired.units);
    for (name, user) in &desired.users {
        all.push(Declared {
            resource: ResourceId::User(name.clone()),
            loaded_as: None,
            origin: user.declared_at.clone(),
        });
        if user.state == Presence::Absent {
            continue;
        }
        all.extend(linger(name, user));
        all.extend(units(&Scope::User(name.clone()), &user.units));
        let seen = observed.and_then(|observed| observed.users.get(name)?.as_known());
        all.extend(files(name, user, &home(name, user, seen)));
    }
    all
}

/// Where a user's home is, or will be (crates/README.md, "Rules that more than one crate follows").
pub(crate) fn home(name: &UserName, user: &DesiredUser, seen: Option<&ObservedUser>) -> HostPath {
    let declared = || user.account.home.clone();
    seen.map(|user| user.home.clone())
        .or_else(declared)
        .unwrap_or_else(|| places::default_home(name))
}

fn linger(name: &UserName, user: &DesiredUser) -> Option<Declared> {
    let DesiredLinger { value, reason } = &user.linger;
    let origin = match reason {
        LingerReason::Declared(origin) => origin,
        LingerReason::ImpliedBy(unit) => user
            .units
            .get(unit)
            .map_or(&user.declared_at, |unit| &unit.declared_at),
        LingerReason::Unasked => &user.declared_at,
    };
    value.map(|_| Declared {
        resource: ResourceId::Linger(name.clone()),
        loaded_as: None,
        origin: origin.clone(),
    })
}

fn units(scope: &Scope, units: &BTreeMap<UnitName, DesiredUnit>) -> Vec<Declared> {
    let one = |(name, unit): (&UnitName, &DesiredUnit)| {
        let loaded = unit.loaded_as(name);
        let of = |name: &UnitName| ResourceId::Unit(UnitRef::new(scope, name));
        Declared {
            resource: of(name),
            loaded_as: (loaded != *name).then(|| of(&loaded)),
            origin: unit.declared_at.clone(),
        }
    };
    units.iter().map(one).collect()
}

fn files(name: &UserName, user: &DesiredUser, home: &HostPath) -> Vec<Declared> {
    let files = user.files.iter();
    files
        .map(|(below, file)| Declared {
            resource: ResourceId::File {
                scope: Scope::User(name.clone()),
                path: home.join(below),
            },
            loaded_as: None,
            origin: file.declared_at.clone(),
        })
        .collect()
}
