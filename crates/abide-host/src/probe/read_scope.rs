//! Reads the answer of one scope.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    HostPath, Link, Manager, ObservedScope, ObservedUnit, ObservedUser, UnitName, printable,
};

use super::ask::ScopeAsk;
use super::clock::Clock;
use super::frames::{Frame, Frames};
use super::read_files;
use super::read_host::properties;
use super::read_units::{blocks, unit};
use crate::layout;

/// What the scope answered; an error is the reason why it is unknown.
pub(super) fn scope(
    ask: &ScopeAsk,
    user: Option<&ObservedUser>,
    answer: &Frames<'_>,
    clock: Clock,
) -> Result<ObservedScope, String> {
    if answer.get("scope-end").is_none() {
        return Err(cut(answer));
    }
    let root = HostPath::parse("/").map_err(|error| error.to_string())?;
    let home = user.map_or(&root, |user| &user.home);
    let config = match user {
        None => HostPath::parse(layout::SYSTEM_UNITS),
        Some(user) => HostPath::parse(&format!("{}/{}", user.home, layout::USER_UNITS)),
    };
    let units = units(ask, answer, clock)?;
    Ok(ObservedScope {
        manager: manager(answer, clock)?,
        config_dir: config.map_err(|error| error.to_string())?,
        beside: beside(&units, answer, clock),
        units,
        files: read_files::files(ask, home, answer)?,
        links: links(answer)?,
    })
}

fn cut(answer: &Frames<'_>) -> String {
    if answer.stray.is_empty() {
        "its answer was cut short".to_owned()
    } else {
        answer.stray.clone()
    }
}

fn manager(answer: &Frames<'_>, clock: Clock) -> Result<Manager, String> {
    let frame = answer
        .get("manager")
        .ok_or("it does not say how its manager is")?;
    Ok(match frame.word(1) {
        "up" => up(frame, clock)?,
        "down" => Manager::Down,
        _ => Manager::Broken(frame.texts().next().map(printable).unwrap_or_default()),
    })
}

/// `UnitsLoadTimestamp` is the last reload, and empty before the first: then what counts is when the manager read
/// its units as it started.
fn up(frame: &Frame<'_>, clock: Clock) -> Result<Manager, String> {
    let properties = properties(frame.texts());
    let time = |key: &str, monotonic: &str| {
        let text = |key: &str| properties.get(key).copied().unwrap_or_default();
        clock.read(text(key), text(monotonic))
    };
    let units_loaded_at = time("UnitsLoadTimestamp", "UnitsLoadTimestampMonotonic")
        .or_else(|| {
            time(
                "UnitsLoadStartTimestamp",
                "UnitsLoadStartTimestampMonotonic",
            )
        })
        .ok_or("its manager does not say when it read its units")?;
    Ok(Manager::Up { units_loaded_at })
}

fn units(
    ask: &ScopeAsk,
    answer: &Frames<'_>,
    clock: Clock,
) -> Result<BTreeMap<UnitName, ObservedUnit>, String> {
    let mut units: BTreeMap<UnitName, ObservedUnit> = ask
        .units
        .iter()
        .map(|name| (name.clone(), ObservedUnit::not_found(name)))
        .collect();
    if let Some(frame) = answer.get("instances") {
        for block in blocks(&frame.lines) {
            let unit = unit(&block, clock)?;
            units.insert(unit.id.clone(), unit);
        }
    }
    // Blocks follow the order of the names; an alias shows the name it stands for.
    let names: Vec<&str> = answer
        .get("units")
        .into_iter()
        .flat_map(Frame::texts)
        .collect();
    let shown = answer.get("show").map(|frame| blocks(&frame.lines));
    let shown = shown.unwrap_or_default();
    if shown.len() != names.len() {
        return Err(format!(
            "systemctl described {} of {} units",
            shown.len(),
            names.len()
        ));
    }
    for (name, block) in names.into_iter().zip(&shown) {
        let name = UnitName::parse(name).map_err(|error| error.to_string())?;
        units.insert(name, unit(block, clock)?);
    }
    Ok(units)
}

/// Units that the scope named by itself. One that is not understood is not known: nothing is decided by it.
fn beside(
    asked: &BTreeMap<UnitName, ObservedUnit>,
    answer: &Frames<'_>,
    clock: Clock,
) -> BTreeMap<UnitName, ObservedUnit> {
    let known: BTreeSet<&UnitName> = asked.values().map(|unit| &unit.id).collect();
    let blocks = answer.all("beside").flat_map(|frame| blocks(&frame.lines));
    let units = blocks.filter_map(|block| unit(&block, clock).ok());
    units
        .filter(|unit| !known.contains(&unit.id))
        .map(|unit| (unit.id.clone(), unit))
        .collect()
}

/// Two lines a link. Only what could name or enable a unit is of interest: names that systemd would not take for
/// units cannot be.
fn links(answer: &Frames<'_>) -> Result<BTreeSet<Link>, String> {
    let Some(frame) = answer.get("links") else {
        return Ok(BTreeSet::new());
    };
    if !frame.lines.len().is_multiple_of(2) {
        return Err("the list of its links was cut short".to_owned());
    }
    let text = |line: &[u8]| std::str::from_utf8(line).ok().map(str::to_owned);
    let links = frame.lines.chunks_exact(2).filter_map(|pair| match pair {
        [path, target] => Some(Link {
            path: text(path).filter(|path| names_a_unit(path))?,
            target: printable(&String::from_utf8_lossy(target)),
        }),
        _ => None,
    });
    Ok(links.collect())
}

fn names_a_unit(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let enables = [".wants", ".requires", ".upholds"];
    UnitName::parse(name).is_ok()
        && (folder.is_empty() || enables.iter().any(|end| folder.ends_with(end)))
}
