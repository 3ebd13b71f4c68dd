//! Where a forecast was wrong, in words.

use abide_model::{Effect, Surprise};

/// One sentence without its full stop.
pub(crate) fn sentence(surprise: &Surprise) -> String {
    let unit = &surprise.unit;
    let name = match unit.scope.user() {
        Some(user) => format!("{} (user {user})", unit.unit),
        None => unit.unit.to_string(),
    };
    match (surprise.forecast, surprise.happened) {
        (None, Some(happened)) => format!(
            "{name} was {} too, which the plan did not forecast",
            participle(happened)
        ),
        (Some(forecast), None) => format!(
            "{name} was not {}, which the plan had forecast",
            participle(forecast)
        ),
        (Some(forecast), Some(happened)) => format!(
            "{name} was {}, and the plan had forecast that it would be {}",
            participle(happened),
            participle(forecast)
        ),
        (None, None) => format!("{name} was forecast to stay as it is, and did"),
    }
}

fn participle(effect: Effect) -> &'static str {
    match effect {
        Effect::Stop => "stopped",
        Effect::Restart => "restarted",
        Effect::Reload => "reloaded",
        Effect::Start => "started",
        Effect::Close => "closed",
    }
}
