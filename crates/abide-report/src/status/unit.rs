//! A declared unit as it runs, and whether it will after a boot.

use super::UnitLine;
use abide_model::{
    Boot, Desired, DesiredUnit, Health, HostFacts, Judged, Manager, NoteKind, Observation,
    Observed, ObservedScope, ObservedUnit, Plan, Presence, ResourceId, Scope, UnitName, UnitRef,
};

/// Every declared unit that can run, the system's first.
pub(super) fn lines(desired: &Desired, observed: &Observed, plan: &Plan) -> Vec<UnitLine> {
    let system = desired.units.iter().map(|unit| (Scope::System, unit));
    let users = desired.users.iter().flat_map(|(user, of_user)| {
        let scope = Scope::User(user.clone());
        of_user.units.iter().map(move |unit| (scope.clone(), unit))
    });
    system
        .chain(users)
        .filter(|(_, (name, _))| !name.is_template())
        .filter_map(|(scope, (name, unit))| line((&scope, name, unit), observed, plan))
        .collect()
}

fn line(
    (scope, name, desired): (&Scope, &UnitName, &DesiredUnit),
    observed: &Observed,
    plan: &Plan,
) -> Option<UnitLine> {
    let loaded = desired.loaded_as(name);
    let mut line = UnitLine {
        user: scope.user().map(ToString::to_string),
        unit: name.to_string(),
        state: "unknown".to_owned(),
        up: None,
        up_seconds: None,
        restarts: None,
        enabled: None,
        boot: None,
        as_declared: None,
        trouble: None,
        notes: Vec::new(),
    };
    match observed.scopes.get(scope) {
        Some(Observation::Known(seen)) => {
            if let Manager::Broken(why) = &seen.manager {
                line.trouble = Some(why.clone());
            } else if let Some(unit) = find(seen, name, &loaded) {
                let limit = desired.settle.timeout;
                let health = Health::from_observed(unit, observed.facts.now, Some(limit));
                fill(&mut line, &observed.facts, seen, (unit, &health));
                line.boot = Some(Boot::from_observed(scope, observed).start_at_boot(name, &loaded));
                judge(&mut line, scope, [name, &loaded], plan);
            }
        }
        Some(Observation::Absent) => {
            "no such user".clone_into(&mut line.state);
            line.up = Some(false);
            line.as_declared = Some(desired.presence == Presence::Absent);
        }
        Some(Observation::Unknown(why)) => line.trouble = Some(why.to_string()),
        None => {}
    }
    let gone = desired.presence == Presence::Absent && line.as_declared == Some(true);
    (!gone).then_some(line)
}

/// Whether it is as declared is the plan's to say.
fn judge(line: &mut UnitLine, scope: &Scope, of: [&UnitName; 2], plan: &Plan) {
    let names = of.map(|name| ResourceId::Unit(UnitRef::new(scope, name)));
    line.as_declared = match plan.judge(&names.each_ref()) {
        Judged::AsDeclared => Some(true),
        Judged::Differs => Some(false),
        Judged::Unknown => None,
    };
    let refused = plan.refused.iter();
    let mut of_unit = refused.filter(|one| names.contains(&one.resource));
    line.trouble = of_unit.next().map(|refusal| refusal.reason.clone());
    let added = plan.notes.iter().filter(|note| {
        is_told(note.kind)
            && matches!(&note.resource, ResourceId::Unit(unit)
                if unit.scope == *scope && of.contains(&&unit.unit))
    });
    line.notes = added.map(|note| note.text.to_string()).collect();
}

/// What to know of a unit although nothing is done about it.
fn is_told(kind: NoteKind) -> bool {
    matches!(
        kind,
        NoteKind::Added | NoteKind::Said | NoteKind::PendingRestart | NoteKind::MayRunOld
    )
}

/// The unit that runs: of a quadlet, the generated one.
fn find<'a>(
    seen: &'a ObservedScope,
    name: &UnitName,
    loaded: &UnitName,
) -> Option<&'a ObservedUnit> {
    seen.units.get(loaded).or_else(|| seen.units.get(name))
}

fn fill(
    line: &mut UnitLine,
    facts: &HostFacts,
    seen: &ObservedScope,
    (unit, health): (&ObservedUnit, &Health),
) {
    line.up = Some(health.is_up());
    line.state = state(unit, health, &seen.manager);
    line.up_seconds = unit
        .started_at
        .filter(|_| unit.active.is_up())
        .map(|start| facts.now.secs_since(start));
    line.restarts = Some(unit.restarts);
    line.enabled = Some(enabled(unit, &line.unit, seen));
}

fn state(unit: &ObservedUnit, health: &Health, manager: &Manager) -> String {
    match (health, unit.load.as_str()) {
        (Health::CrashLooping { ending, .. }, _) => format!("crash-looping ({ending})"),
        (Health::Failed { .. } | Health::StartOverdue { .. }, _) => health.to_string(),
        (Health::UpWithoutFile { load }, _) => format!("{}, {load}", unit.active.word()),
        (_, "loaded") => format!("{} ({})", unit.active.word(), unit.sub),
        (_, _) if *manager == Manager::Down => "manager down".to_owned(),
        (_, load) if unit.active.is_up() => format!("{}, {load}", unit.active.word()),
        (_, "not-found") => "not found".to_owned(),
        (_, load) => load.to_owned(),
    }
}

/// The links themselves say whether a unit is enabled; the manager's word for it may be old (systemd-facts.md#enablement-is-cached).
fn enabled(unit: &ObservedUnit, name: &str, seen: &ObservedScope) -> String {
    let word = match unit.file_state.as_str() {
        _ if unit.load == "masked" => "masked",
        "generated" => "generated",
        _ if is_linked(name, seen) => "yes",
        "enabled" | "enabled-runtime"
            if unit
                .fragment
                .as_ref()
                .is_some_and(|path| !path.is_within(&seen.config_dir)) =>
        {
            "yes"
        }
        "static" => "static",
        _ => "no",
    };
    word.to_owned()
}

fn is_linked(name: &str, seen: &ObservedScope) -> bool {
    seen.links.iter().any(|link| {
        link.path
            .rsplit_once('/')
            .is_some_and(|(_, unit)| unit == name)
    })
}
