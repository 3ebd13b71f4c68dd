//! Every content that a host's manifest declares, with its place.

use crate::body::{Body, SecretSource};
use crate::desired::{Desired, DesiredUnit, DesiredUser};
use crate::diagnostic::Origin;
use crate::scope::Scope;
use crate::unit_name::UnitName;

/// Where a content goes on a host, as a text that is the same wherever the manifest was read:
/// `user:app/.config/app/token`, `system/web.service`, `system/web.service.d/10-key.conf`.
pub type BodyPlace = String;

impl Desired {
    /// Every content, with its place and where it is declared.
    pub fn all_bodies(&self) -> impl Iterator<Item = (BodyPlace, &Origin, &Body)> {
        let system = self.units.iter();
        let system = system.flat_map(|(name, unit)| of_unit(&Scope::System, name, unit));
        let users = self.users.iter();
        system.chain(users.flat_map(|(name, user)| of_user(Scope::User(name.clone()), user)))
    }

    /// Every content, to be changed, with where it is declared.
    pub fn bodies_mut(&mut self) -> impl Iterator<Item = (&Origin, &mut Body)> {
        let units = self.units.values_mut().flat_map(unit_mut);
        let users = self.users.values_mut().flat_map(|user| {
            let files = user.files.values_mut();
            files
                .map(|file| (&file.declared_at, &mut file.body))
                .chain(user.units.values_mut().flat_map(unit_mut))
        });
        units.chain(users)
    }

    /// The path of a secret's file as it stands in the manifest: relative to the file that names it, where it is below.
    pub(crate) fn path_in_manifest<'p>(&self, source: &SecretSource, path: &'p str) -> &'p str {
        let named = self.all_bodies().find(
            |(_, _, body)| matches!(body, Body::Secret { source: other, .. } if other == source),
        );
        let folder = named
            .and_then(|(_, origin, _)| origin.file.rsplit_once('/'))
            .map(|(folder, _)| folder);
        folder
            .and_then(|folder| path.strip_prefix(folder)?.strip_prefix('/'))
            .unwrap_or(path)
    }
}

fn of_user(scope: Scope, user: &DesiredUser) -> impl Iterator<Item = (BodyPlace, &Origin, &Body)> {
    let files = user.files.iter();
    let prefix = scope.clone();
    let files =
        files.map(move |(path, file)| (format!("{prefix}/{path}"), &file.declared_at, &file.body));
    let units = user.units.iter();
    files.chain(units.flat_map(move |(name, unit)| of_unit(&scope, name, unit)))
}

fn of_unit<'a>(
    scope: &Scope,
    name: &UnitName,
    unit: &'a DesiredUnit,
) -> impl Iterator<Item = (BodyPlace, &'a Origin, &'a Body)> + use<'a> {
    let place = format!("{scope}/{name}");
    let whole = place.clone();
    let fragment = unit.file.iter().map(move |body| (whole.clone(), body));
    let drop_ins = unit.drop_ins.iter();
    let drop_ins = drop_ins.map(move |(name, body)| (format!("{place}.d/{name}"), body));
    let all = fragment.chain(drop_ins);
    all.map(|(place, body)| (place, &unit.declared_at, body))
}

fn unit_mut(unit: &mut DesiredUnit) -> impl Iterator<Item = (&Origin, &mut Body)> {
    let origin = &unit.declared_at;
    let bodies = unit.file.iter_mut().chain(unit.drop_ins.values_mut());
    bodies.map(move |body| (origin, body))
}
