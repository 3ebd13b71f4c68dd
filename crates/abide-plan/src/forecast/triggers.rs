//! Timers and paths that start their unit as soon as they are started themselves, as far as that is known.

use std::collections::BTreeSet;

use abide_model::{HostPath, Scope, UnitKind, UnitName};
use abide_unit::{Effective, time_span};

use super::world::World;

/// Whether something that is started fires at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fires {
    /// Yes, because of this setting.
    Now(&'static str),
    /// It may: why, in words.
    Perhaps,
    /// No, as far as anybody knows.
    No,
}

/// What a timer or path does when it is started. `written` are files that this plan has written by then.
pub(super) fn fires_on_start(
    world: &World<'_>,
    unit: &UnitName,
    written: &BTreeSet<HostPath>,
) -> Fires {
    let Some(own) = world.unit_definition(unit).filter(|own| !own.goes) else {
        return Fires::No;
    };
    match unit.kind() {
        UnitKind::Timer => timer_fires(world, unit, &own.new),
        UnitKind::Path => path_fires(world, &own.new, written),
        _ => Fires::No,
    }
}

/// A start counts from anew: a time that has passed is due (timer.c; systemd-facts.md#timer-start-fires). With `Persistent=` the stamp of the
/// last run holds back what is due only once a boot, and nobody here reads stamps and calendars.
fn timer_fires(world: &World<'_>, unit: &UnitName, own: &Effective) -> Fires {
    let now = world.host.observed.facts.now.0;
    let random = own.last_value("Timer", "RandomizedDelaySec");
    let delay = random.map_or(Some(0), time_span::parse_micros);
    let Some(delay) = delay else {
        return Fires::No;
    };
    let persistent = own.boolean_value("Timer", "Persistent") == Some(true);
    let due = |key: &str, from: Option<u64>| {
        let spans = own
            .all_values("Timer", key)
            .into_iter()
            .filter_map(time_span::parse_micros);
        spans
            .min()
            .zip(from)
            .is_some_and(|(span, from)| from.saturating_add(span).saturating_add(delay) <= now)
    };
    // What was due once since boot is not due again until its times are read anew.
    let ran = world
        .observed_unit(unit)
        .is_some_and(|seen| !seen.invocation.is_empty());
    let anew = !persistent && (world.reloaded || !ran);
    let booted = world.host.observed.facts.booted_at.0;
    // A user's manager starts later than the host; its last reload is later still.
    let started = match world.scope {
        Scope::System => Some(booted),
        Scope::User(_) => world.loaded_at().map(|at| at.0.max(booted)),
    };
    let triggered = own
        .triggers()
        .and_then(|unit| world.observed_unit(&unit)?.started_at);
    if due("OnActiveSec", Some(now)) {
        return Fires::Now("OnActiveSec=");
    }
    for (key, name) in [
        ("OnBootSec", "OnBootSec="),
        ("OnStartupSec", "OnStartupSec="),
    ] {
        if anew && due(key, started) {
            return Fires::Now(name);
        }
    }
    if due("OnUnitActiveSec", triggered.map(|at| at.0)) {
        return Fires::Now("OnUnitActiveSec=");
    }
    match ["OnBootSec", "OnStartupSec"]
        .iter()
        .any(|key| due(key, Some(booted)))
    {
        true => Fires::Perhaps,
        false => Fires::No,
    }
}

/// A path that is started looks at once (path.c).
fn path_fires(world: &World<'_>, own: &Effective, written: &BTreeSet<HostPath>) -> Fires {
    let mut paths = own.all_values("Path", "PathExists").into_iter();
    let exists = |path: &str| {
        HostPath::parse(path).is_ok_and(|path| written.contains(&path) || world.has_path(&path))
    };
    match paths.any(exists) {
        true => Fires::Now("PathExists="),
        false => Fires::No,
    }
}

/// The setting by which a path watches this file.
pub(super) fn watching_setting(own: &Effective, file: &HostPath) -> Option<&'static str> {
    let keys = [
        ("PathExists", "PathExists="),
        ("PathChanged", "PathChanged="),
        ("PathModified", "PathModified="),
    ];
    keys.into_iter()
        .find(|(key, _)| own.all_values("Path", key).contains(&file.as_str()))
        .map(|(_, name)| name)
}

/// What a socket listens on: its first address, and how many more.
pub(super) fn listen_summary(own: &Effective) -> Option<String> {
    let keys = [
        "ListenStream",
        "ListenDatagram",
        "ListenSequentialPacket",
        "ListenFIFO",
        "ListenSpecial",
        "ListenNetlink",
        "ListenMessageQueue",
        "ListenUSBFunction",
    ];
    let all: Vec<String> = keys
        .into_iter()
        .flat_map(|key| {
            let values = own.all_values("Socket", key).into_iter();
            values.map(move |value| format!("{key}={value}"))
        })
        .collect();
    let first = all.first()?;
    Some(match all.len() {
        1 => first.clone(),
        many => format!("{first} and {} more", many - 1),
    })
}
