//! Files: what abide wrote against what stands there, and drop-ins that appeared beside ours.

use abide_model::{
    FileKind, Finding, FindingKind, HandEdit, HostPath, LedgerFile, Observation, ObservedFile,
    ObservedScope, ResourceId, Scope, UnitName, UnitRef,
};

use super::Cells;
use crate::by_hand::{after_apply, file_edit, other_owner};
use crate::causes::safe_host_text;
use crate::host::Host;
use crate::places::{LedgerPlace, Places};
use crate::unit::notes::as_edit_does;
use crate::unit::reload;

pub(super) fn judge(host: &Host<'_>, cells: &mut Cells) {
    for (path, recorded) in &host.ledger.files {
        judge_file(host, path, recorded, cells);
    }
    for scope in host.observed.scopes.keys() {
        drop_ins(host, scope, cells);
        unit_files_before_ours(host, scope, cells);
    }
}

/// A file that abide wrote. One without a digest was claimed by a run that was cut: the plan tells what is left of that.
fn judge_file(host: &Host<'_>, path: &HostPath, recorded: &LedgerFile, cells: &mut Cells) {
    if recorded.digest.is_none() {
        return;
    }
    let resource = resource(host, &recorded.scope, path);
    let name = path.file_name();
    match host.file(&recorded.scope, path) {
        None => {
            let why = scope_unseen(host, &recorded.scope);
            cells.mark_unseen(resource, format!("{name} was not seen: {why}"));
        }
        Some(Observation::Unknown(why)) => {
            cells.mark_unseen(
                resource,
                format!(
                    "{name} could not be seen: {}",
                    safe_host_text(&why.to_string())
                ),
            );
        }
        Some(Observation::Absent) => {
            cells.on_host(resource, file_finding(path, &format!("{name} was removed")));
        }
        Some(Observation::Known(found)) => {
            if let Some(edit) = file_edit(host, path, recorded, found) {
                let by = other_owner(&recorded.scope, found);
                let told = file_finding(path, &format!("{name} {}", words(&edit, found)));
                let since = Some(found.changed_at);
                cells.on_host(resource, Finding { since, by, ..told });
            }
        }
    }
}

/// How a file changed since abide wrote it.
fn words(edit: &HandEdit, found: &ObservedFile) -> &'static str {
    match edit {
        HandEdit::Masked => "was masked",
        HandEdit::GivenAway => "belongs to somebody else now",
        HandEdit::Replaced if matches!(found.kind, FileKind::Symlink(_)) => {
            "was replaced by a symbolic link"
        }
        HandEdit::Replaced => "was replaced",
        _ => "was edited",
    }
}

/// Drop-ins of our units that nobody declares and that appeared after the last apply. An apply keeps them.
fn drop_ins(host: &Host<'_>, scope: &Scope, cells: &mut Cells) {
    let Some(places) = scope_places(host, scope) else {
        return;
    };
    let Observation::Known(seen) = host.scope(scope) else {
        return;
    };
    let drop_ins = seen.files.iter().flat_map(|(path, found)| {
        let units = changed_by(host, scope, seen, &places, path);
        units.into_iter().map(move |unit| (path, found, unit))
    });
    for (path, found, unit) in drop_ins {
        let Observation::Known(found) = found else {
            continue;
        };
        let unit = UnitRef::new(scope, &unit);
        let declared = host.units(scope).and_then(|units| units.get(&unit.unit));
        let in_our_place = matches!(places.classify(path), LedgerPlace::DropIn(_));
        let is_declared =
            in_our_place && declared.is_some_and(|of| of.drop_ins.contains_key(path.file_name()));
        if host.ledger.files.contains_key(path)
            || !host.ledger.units.contains_key(&unit)
            || is_declared
            || host.file_owner(path).is_some()
            || !after_apply(host, found.changed_at)
        {
            continue;
        }
        let how = as_edit_does(path);
        let where_ = match in_our_place {
            true => String::new(),
            false => format!(" in {}", path.parent_directory()),
        };
        let told = Finding {
            kind: FindingKind::DropIn,
            since: Some(found.changed_at),
            by: other_owner(scope, found),
            ..file_finding(
                path,
                &format!(
                    "{} was added{where_}{how}; an apply leaves it",
                    path.file_name()
                ),
            )
        };
        cells.mark_drifted(ResourceId::Unit(unit), told);
    }
}

/// Unit files, or masks, of our units that appeared after the last apply in places where they come before ours.
fn unit_files_before_ours(host: &Host<'_>, scope: &Scope, cells: &mut Cells) {
    let Observation::Known(seen) = host.scope(scope) else {
        return;
    };
    for (path, found) in &seen.files {
        let (true, Observation::Known(found)) = (reload::is_before_ours(path), found) else {
            continue;
        };
        let Ok(unit) = UnitName::parse(path.file_name()) else {
            continue;
        };
        let transient = seen.units.get(&unit).is_some_and(|unit| unit.transient);
        let unit = UnitRef::new(scope, &unit);
        if transient
            || !host.ledger.units.contains_key(&unit)
            || !after_apply(host, found.changed_at)
        {
            continue;
        }
        let what = match &found.kind {
            FileKind::Symlink(target) if target == "/dev/null" => "was masked",
            _ => "was added",
        };
        let text = format!(
            "{} {what} in {}, which comes before ours",
            path.file_name(),
            path.parent_directory()
        );
        let told = Finding {
            since: Some(found.changed_at),
            by: other_owner(scope, found),
            ..file_finding(path, &text)
        };
        cells.mark_drifted(ResourceId::Unit(unit), told);
    }
}

/// The units that a file changes as a drop-in: those of its directory, wherever that is, and those of ours that loaded
/// it for all units of a kind or a prefix.
fn changed_by(
    host: &Host<'_>,
    scope: &Scope,
    seen: &ObservedScope,
    places: &Places,
    path: &HostPath,
) -> Vec<UnitName> {
    if let LedgerPlace::DropIn(unit) = places.classify(path) {
        return vec![unit];
    }
    let directory = path.parent_directory();
    let Some(name) = directory.file_name().strip_suffix(".d") else {
        return Vec::new();
    };
    if let Ok(unit) = UnitName::parse(name) {
        return vec![unit];
    }
    let ours = host.ledger.units.keys().filter(|unit| unit.scope == *scope);
    let loads = |unit: &&UnitRef| {
        let seen = seen.units.get(&unit.unit);
        seen.is_some_and(|seen| seen.drop_ins.contains(path))
    };
    ours.filter(loads).map(|unit| unit.unit.clone()).collect()
}

fn file_finding(path: &HostPath, text: &str) -> Finding {
    Finding {
        path: Some(path.clone()),
        ..super::finding(FindingKind::File, safe_host_text(text))
    }
}

/// The resource that a plan would name for this file.
pub(super) fn resource(host: &Host<'_>, scope: &Scope, path: &HostPath) -> ResourceId {
    let place =
        scope_places(host, scope).map_or(LedgerPlace::Plain, |places| places.classify(path));
    match place {
        LedgerPlace::Unit(unit) | LedgerPlace::DropIn(unit) => {
            ResourceId::Unit(UnitRef::new(scope, &unit))
        }
        LedgerPlace::Plain => ResourceId::File {
            scope: scope.clone(),
            path: path.clone(),
        },
    }
}

fn scope_places(host: &Host<'_>, scope: &Scope) -> Option<Places> {
    match scope {
        Scope::System => Some(Places::system()),
        Scope::User(user) => Places::of_home(&host.home(user)).ok(),
    }
}

fn scope_unseen(host: &Host<'_>, scope: &Scope) -> String {
    match host.scope(scope) {
        Observation::Unknown(why) => safe_host_text(&why.to_string()),
        Observation::Absent => "its user is gone".to_owned(),
        Observation::Known(_) => "it was not looked at".to_owned(),
    }
}
