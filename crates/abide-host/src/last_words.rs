//! What declared units in trouble said last: a part of the [second question](crate::follow_up). `failed (exit status 1)` is no
//! reason; the line above it in the journal mostly is.
//!
//! It costs nothing where every unit is well, for then nothing is asked. Nothing is written. A line is as the unit printed
//! it, without what is known to be secret.

use abide_model::{Health, Masks, Observation, Observed, ObservedUnit, Scope, UnitName, UnitRef};

use crate::probe::Frames;
use crate::quote::word;

const LAST_WORDS: &str = include_str!("last_words/last_words.sh");

/// Of more units nothing is asked: where so much is down one reason is that of all.
const MOST_UNITS: usize = 16;
/// More of a line is no reason, but a dump; in characters.
const LONGEST: usize = 200;

/// What the script runs to ask; `None` where no unit is in trouble.
pub(crate) fn script_part(observed: &Observed) -> Option<String> {
    let units = in_trouble(observed);
    let asked: Vec<String> = units
        .iter()
        .map(|unit| journal_matches(observed, unit))
        .collect();
    (!asked.is_empty()).then(|| text(&asked))
}

fn text(asked: &[String]) -> String {
    let asked = asked.iter().enumerate();
    let asked = asked.map(|(number, matches)| format!("  journal_of {number} {matches}\n"));
    let asked: String = asked.collect();
    format!("{LAST_WORDS}\nlast_words() {{\n{asked}}}\n")
}

/// Adds to each unit what the host answered about the same host. Nothing in the answer is trusted; one that means nothing
/// adds nothing.
pub(crate) fn read(observed: &mut Observed, frames: &Frames<'_>, masks: &Masks) {
    for (number, unit) in in_trouble(observed).iter().enumerate() {
        let frame = frames.frame_about("said", &number.to_string());
        let lines = frame
            .into_iter()
            .flat_map(|frame| frame.text_lines().take(64));
        let said = reason(lines.collect(), &unit.unit);
        if let (Some(seen), Some(said)) = (seen_mut(observed, unit), said) {
            seen.last_said = Some(masks.hide(&said).chars().take(LONGEST).collect());
        }
    }
}

/// Units that were asked for and are in trouble, whatever is wanted of them.
fn in_trouble(observed: &Observed) -> Vec<UnitRef> {
    let now = observed.facts.now;
    let scopes = observed.scopes.iter();
    let scopes = scopes.filter_map(|(scope, seen)| Some((scope, seen.as_known()?)));
    let units = scopes.flat_map(|(scope, seen)| {
        let units = seen.units.iter();
        let in_trouble =
            units.filter(|(_, unit)| Health::from_observed(unit, now, None).is_trouble());
        in_trouble.map(|(name, _)| UnitRef::new(scope, name))
    });
    units.take(MOST_UNITS).collect()
}

fn seen_mut<'o>(observed: &'o mut Observed, unit: &UnitRef) -> Option<&'o mut ObservedUnit> {
    match observed.scopes.get_mut(&unit.scope)? {
        Observation::Known(scope) => scope.units.get_mut(&unit.unit),
        Observation::Absent | Observation::Unknown(_) => None,
    }
}

/// What journalctl is asked for. As root a user's unit is looked for in the journal of the system as well: that of an
/// account below `SYS_UID_MAX` is only there (systemd-journald.service(8)).
fn journal_matches(observed: &Observed, unit: &UnitRef) -> String {
    let name = unit.unit.as_str();
    let as_root = observed.facts.root.is_root();
    let uid = unit
        .scope
        .user()
        .and_then(|user| Some(observed.users.get(user)?.as_known()?.uid));
    match (&unit.scope, uid) {
        (Scope::User(_), Some(uid)) if as_root => format!(
            "_UID={uid} {} + _UID={uid} {}",
            word(&format!("_SYSTEMD_USER_UNIT={name}")),
            word(&format!("USER_UNIT={name}"))
        ),
        (Scope::User(_), _) => format!("--user -u {}", word(name)),
        (Scope::System, _) => format!("-u {}", word(name)),
    }
}

/// The last line that says more than what is shown anyway: how it ended, and that it was started.
fn reason(lines: Vec<&str>, unit: &UnitName) -> Option<String> {
    const KNOWN: &[&str] = &[
        "Main process exited",
        "Control process exited",
        "Failed with result",
        "Scheduled restart job",
        "Start request repeated too quickly",
        "Service RestartSec=",
        "Consumed ",
        "Killing process",
        "State '",
    ];
    const OF_MANAGER: &[&str] = &[
        "Started ",
        "Starting ",
        "Stopped ",
        "Stopping ",
        "Failed to start ",
        "Finished ",
    ];
    let mut lines = lines.into_iter().rev().map(str::trim);
    let says_more = |line: &&str| {
        let by_manager = line
            .strip_prefix(unit.as_str())
            .and_then(|rest| rest.strip_prefix(": "));
        let is_known =
            by_manager.is_some_and(|said| KNOWN.iter().any(|known| said.starts_with(known)));
        let is_job = OF_MANAGER.iter().any(|verb| line.starts_with(verb));
        !line.is_empty() && !is_known && !is_job
    };
    let line = lines.find(says_more)?;
    // Whose words they are is told anyway.
    let own = line.strip_prefix(unit.as_str());
    Some(
        own.and_then(|rest| rest.strip_prefix(": "))
            .unwrap_or(line)
            .to_owned(),
    )
}

#[cfg(test)]
mod tests;
