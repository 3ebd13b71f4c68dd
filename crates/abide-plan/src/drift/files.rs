//! Files: what abide wrote against what stands there, and drop-ins that appeared beside ours.

use abide_model::{
    Body, FileKind, Finding, FindingKind, HostPath, LedgerFile, Observation, ObservedFile,
    ResourceId, Scope, Timestamp, UnitRef,
};

use super::Cells;
use crate::causes::said;
use crate::host::Host;
use crate::ledger::is_secret;
use crate::places::{Place, Places};

pub(super) fn judge(host: &Host<'_>, cells: &mut Cells) {
    for (path, recorded) in &host.ledger.files {
        one(host, path, recorded, cells);
    }
    for scope in host.observed.scopes.keys() {
        drop_ins(host, scope, cells);
    }
}

/// A file that abide wrote. One without a digest was claimed by a run that was cut: the plan tells what is left of that.
fn one(host: &Host<'_>, path: &HostPath, recorded: &LedgerFile, cells: &mut Cells) {
    if recorded.digest.is_none() {
        return;
    }
    let resource = resource(host, &recorded.scope, path);
    let name = path.file_name();
    match host.file(&recorded.scope, path) {
        None => {
            let why = scope_unseen(host, &recorded.scope);
            cells.unseen(resource, format!("{name} was not seen: {why}"));
        }
        Some(Observation::Unknown(why)) => {
            cells.unseen(resource, format!("{name} could not be seen: {}", said(why)));
        }
        Some(Observation::Absent) => {
            cells.on_host(resource, told(path, format!("{name} was removed")));
        }
        Some(Observation::Known(found)) => {
            if let Some(how) = change(host, path, recorded, found) {
                let by = owner(&recorded.scope, found);
                let told = told(path, format!("{name} {how}"));
                let since = Some(found.changed_at);
                cells.on_host(resource, Finding { since, by, ..told });
            }
        }
    }
}

/// How a file changed since abide wrote it.
fn change(
    host: &Host<'_>,
    path: &HostPath,
    recorded: &LedgerFile,
    found: &ObservedFile,
) -> Option<&'static str> {
    match &found.kind {
        FileKind::Symlink(target) if target == "/dev/null" => return Some("was masked"),
        FileKind::Symlink(_) => return Some("was replaced by a symbolic link"),
        FileKind::Directory | FileKind::Other => return Some("was replaced"),
        FileKind::Regular => {}
    }
    let same = if is_secret(recorded) {
        is_same_secret(host, path, found)
    } else {
        found.digest == recorded.digest
    };
    if !same {
        return Some("was edited");
    }
    owner(&recorded.scope, found).map(|_| "belongs to somebody else now")
}

/// The ledger keeps nothing that a secret could be guessed from. It is as abide left it where it is the declared one,
/// or where nobody touched it since.
fn is_same_secret(host: &Host<'_>, path: &HostPath, found: &ObservedFile) -> bool {
    let declared = host.managed(path).and_then(Body::bytes);
    let is_declared = declared.is_some_and(|bytes| found.digest == Some(bytes.digest()));
    is_declared || !is_later(found.changed_at, host.observed.applied_at)
}

fn is_later(at: Timestamp, applied: Option<Timestamp>) -> bool {
    applied.is_some_and(|applied| at > applied)
}

/// The owner, where it is not the scope's user.
fn owner(scope: &Scope, found: &ObservedFile) -> Option<String> {
    let ours = scope.user().map_or("root", |user| user.as_str());
    let other = found.owner.as_str();
    let is_name = !other.is_empty() && !other.bytes().all(|byte| byte.is_ascii_digit());
    (is_name && other != ours).then(|| said(other))
}

/// Drop-ins of our units that nobody declares and that appeared after the last apply. An apply keeps them.
fn drop_ins(host: &Host<'_>, scope: &Scope, cells: &mut Cells) {
    let Some(places) = places(host, scope) else {
        return;
    };
    let Observation::Known(seen) = host.scope(scope) else {
        return;
    };
    for (path, found) in &seen.files {
        let (Place::DropIn(unit), Observation::Known(found)) = (places.classify(path), found)
        else {
            continue;
        };
        let unit = UnitRef::new(scope, &unit);
        let declared = host.units(scope).and_then(|units| units.get(&unit.unit));
        let is_declared = declared.is_some_and(|of| of.drop_ins.contains_key(path.file_name()));
        if host.ledger.files.contains_key(path)
            || !host.ledger.units.contains_key(&unit)
            || is_declared
            || host.file_owner(path).is_some()
            || !is_later(found.changed_at, host.observed.applied_at)
        {
            continue;
        }
        // systemctl(1): `edit` writes override.conf unless it is told another name.
        let how = match path.file_name() {
            "override.conf" => ", as `systemctl edit` does",
            _ => "",
        };
        let told = Finding {
            kind: FindingKind::DropIn,
            since: Some(found.changed_at),
            by: owner(scope, found),
            ..told(
                path,
                format!("{} was added{how}; an apply leaves it", path.file_name()),
            )
        };
        cells.drifted(ResourceId::Unit(unit), told);
    }
}

fn told(path: &HostPath, text: String) -> Finding {
    Finding {
        path: Some(path.clone()),
        ..super::finding(FindingKind::File, said(&text))
    }
}

/// The resource that a plan would name for this file.
pub(super) fn resource(host: &Host<'_>, scope: &Scope, path: &HostPath) -> ResourceId {
    let place = places(host, scope).map_or(Place::Plain, |places| places.classify(path));
    match place {
        Place::Unit(unit) | Place::DropIn(unit) => ResourceId::Unit(UnitRef::new(scope, &unit)),
        Place::Plain => ResourceId::File {
            scope: scope.clone(),
            path: path.clone(),
        },
    }
}

fn places(host: &Host<'_>, scope: &Scope) -> Option<Places> {
    match scope {
        Scope::System => Some(Places::system()),
        Scope::User(user) => Places::of_home(&host.home(user)).ok(),
    }
}

fn scope_unseen(host: &Host<'_>, scope: &Scope) -> String {
    match host.scope(scope) {
        Observation::Unknown(why) => said(&why),
        Observation::Absent => "its user is gone".to_owned(),
        Observation::Known(_) => "it was not looked at".to_owned(),
    }
}
