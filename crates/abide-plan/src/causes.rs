//! How causes are worded: the same fact always in the same words.

use abide_model::{ActiveState, Cause, Ending, Field, Health, ObservedUnit, printable_text};

/// Longest text of a host that is repeated to a person, in characters.
const LONGEST: usize = 200;

/// Text that a host said, fit to be shown: control characters replaced, and not too long.
pub(crate) fn safe_host_text(text: &str) -> String {
    let shown: String = text.chars().take(LONGEST).collect();
    printable_text(&shown).replace('\n', " ")
}

/// Something is one way and should be another.
pub(crate) fn difference_cause(
    field: impl Into<Field>,
    observed: impl Into<String>,
    desired: impl Into<String>,
) -> Cause {
    Cause::Differs {
        field: field.into(),
        observed: observed.into(),
        desired: desired.into(),
    }
}

/// A unit is in another state than it should be.
pub(crate) fn state(observed: ActiveState, desired: ActiveState) -> Cause {
    difference_cause(Field::ActiveState, observed.word(), desired.word())
}

/// A unit that runs what is no longer on disk.
pub(crate) fn old_config(unit: &ObservedUnit, keys: Vec<String>) -> Cause {
    Cause::RunningOldConfig {
        since: unit.started_at,
        keys,
    }
}

/// A unit that failed, or that does not stay up.
pub(crate) fn failure_cause(unit: &ObservedUnit, health: Health) -> Cause {
    match health {
        Health::Up | Health::Down | Health::Failed { .. } => Cause::Failed {
            result: Ending::from_observed(unit).to_string(),
        },
        health => Cause::Unhealthy { health },
    }
}

/// Names for a sentence: `a.service, b.service and 3 more`.
pub(crate) fn names<T: ToString>(all: impl IntoIterator<Item = T>, most: usize) -> String {
    let all: Vec<String> = all.into_iter().map(|name| name.to_string()).collect();
    let shown = all.iter().take(most).cloned().collect::<Vec<_>>();
    let hidden = all.len().saturating_sub(shown.len());
    match hidden {
        0 => shown.join(", "),
        _ => format!("{} and {hidden} more", shown.join(", ")),
    }
}

/// `1 unit`, `3 units`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}
