//! What an action interrupts beside its own unit, in words: a clause for each kind of effect.

use std::collections::BTreeMap;

use abide_model::{Action, Change, Disruption, Effect, Plan, ResourceId, UnitKind};

use crate::words::{list, one_line};

/// A clause for each kind of effect; none where the action is about its own unit alone.
pub(crate) fn effect_clauses(action: &Action, plan: &Plan) -> Vec<String> {
    let mut own = Vec::new();
    let mut runs = Vec::new();
    let mut others: BTreeMap<Effect, Vec<String>> = BTreeMap::new();
    for one in plan.forecast.iter().filter(|one| one.action == action.id) {
        if action.resource == ResourceId::Unit(one.unit.clone()) {
            own.push(own_unit_clause(one, plan));
        } else if is_fired(one) {
            runs.push(fired_clause(one));
        } else {
            others
                .entry(one.effect)
                .or_default()
                .push(unit_with_setting(one, action));
        }
    }
    let others = others
        .into_iter()
        .map(|(effect, units)| format!("also {} {}", effect_verb(effect), list(&units)));
    own.into_iter().chain(runs).chain(others).collect()
}

fn effect_verb(effect: Effect) -> &'static str {
    match effect {
        Effect::Stop => "stops",
        Effect::Restart => "restarts",
        Effect::Reload => "reloads",
        Effect::Start => "starts",
        Effect::Close => "closes",
    }
}

/// `app.service (Requires=)`, `web.service (PartOf= app.service)`.
fn unit_with_setting(one: &Disruption, action: &Action) -> String {
    let direct = match &action.resource {
        ResourceId::Unit(unit) => unit.unit == one.through,
        _ => false,
    };
    let setting = one_line(&one.setting);
    match direct {
        true => format!("{} ({setting})", one.unit.unit),
        false => format!("{} ({setting} {})", one.unit.unit, one.through),
    }
}

/// Whether a timer or path has its unit started at once.
fn is_fired(one: &Disruption) -> bool {
    let by_trigger = matches!(one.through.kind(), UnitKind::Timer | UnitKind::Path);
    let by_time = one.setting.starts_with("On") || one.setting.starts_with("Path");
    one.effect == Effect::Start && by_trigger && by_time
}

fn fired_clause(one: &Disruption) -> String {
    let setting = one_line(&one.setting);
    let unit = &one.unit.unit;
    match one.through.kind() {
        UnitKind::Timer => format!("runs {unit} at once: the time of {setting} has passed"),
        _ => format!("starts {unit} at once ({setting} of {})", one.through),
    }
}

fn own_unit_clause(one: &Disruption, plan: &Plan) -> String {
    let again = plan.actions.iter().any(|action| {
        action.change == Change::Start && action.resource == ResourceId::Unit(one.unit.clone())
    });
    let what = match one.setting.split_once('=') {
        Some((_, address)) if !address.is_empty() => one_line(address),
        _ => "what it listens on".to_owned(),
    };
    match (one.effect, again) {
        (Effect::Close, true) => format!("closes {what} until it is started again"),
        (Effect::Close, false) => format!("closes {what}: nobody can connect any more"),
        // Another action undoes what this plan does with the unit.
        (effect, _) => format!(
            "{} it ({} {})",
            effect_verb(effect),
            one_line(&one.setting),
            one.through
        ),
    }
}
