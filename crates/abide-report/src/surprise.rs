//! Where a forecast was wrong, in words.

use abide_model::{Effect, Surprise};

/// One sentence without its full stop.
pub(crate) fn mismatch_sentence(surprise: &Surprise) -> String {
    let unit = &surprise.unit;
    let name = match unit.scope.user() {
        Some(user) => format!("{} (user {user})", unit.unit),
        None => unit.unit.to_string(),
    };
    match (surprise.forecast, surprise.happened) {
        (None, Some(happened)) => format!(
            "{name} was {} too, which the plan did not forecast",
            effect_participle(happened)
        ),
        (Some(forecast), None) => format!(
            "{name} was not {}, which the plan had forecast",
            effect_participle(forecast)
        ),
        (Some(forecast), Some(happened)) => format!(
            "{name} was {}, and the plan had forecast that it would be {}",
            effect_participle(happened),
            effect_participle(forecast)
        ),
        (None, None) => format!("{name} was forecast to stay as it is, and did"),
    }
}

fn effect_participle(effect: Effect) -> &'static str {
    match effect {
        Effect::Stop => "stopped",
        Effect::Restart => "restarted",
        Effect::Reload => "reloaded",
        Effect::Start => "started",
        Effect::Close => "closed",
    }
}
