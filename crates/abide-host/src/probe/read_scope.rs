//! Reads the answer of one scope.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use abide_model::{
    HostPath, LastLoad, Link, Manager, ObservedInstall, ObservedScope, ObservedUnit, ObservedUser,
    Part, Plenty, UnitName, UnknownReason, printable_text,
};

use super::ask::ScopeAsk;
use super::clock::{Clock, date_time};
use super::frames::{Frame, Frames};
use super::read_files;
use super::read_host::parse_properties;
use super::read_rehearsal;
use super::read_units::{Names, unit, unit_blocks};
use super::room::{MOST_BESIDE, PATH, SENTENCE, cut, printable_up_to};
use crate::layout;

/// What the scope answered; an error is the reason why it is unknown.
pub(super) fn scope(
    ask: &ScopeAsk,
    user: Option<&ObservedUser>,
    answer: &Frames<'_>,
    clock: Clock,
) -> Result<ObservedScope, UnknownReason> {
    if answer.get("scope-end").is_none() {
        return Err(broken_off(answer));
    }
    let root = HostPath::parse("/").map_err(not_understood)?;
    let home = user.map_or(&root, |user| &user.home);
    let config = match user {
        None => HostPath::parse(layout::SYSTEM_UNITS),
        Some(user) => HostPath::parse(&format!("{}/{}", user.home, layout::USER_UNITS)),
    };
    let mut names = Names::new(ask.item_counts().most_names());
    let mut units = units(ask, answer, clock, &mut names)?;
    add_conditions(&mut units, answer);
    mark_sourceless(&mut units, answer);
    let config = config.map_err(not_understood)?;
    by_usual_path(&mut units, &config, answer);
    Ok(ObservedScope {
        manager: manager(answer, clock)?,
        config_dir: config,
        beside: related_units(&units, answer, clock, &mut names),
        pulling: pulling_units(answer, clock, &mut names),
        units,
        files: read_files::files(ask, home, answer)?,
        links: links(ask, answer)?,
        links_elsewhere: links_elsewhere(ask, answer),
        installs: install_sections(ask, answer),
        rehearsal: read_rehearsal::observed_rehearsal(answer),
    })
}

/// A manager shows drop-ins without the links on the way to its configuration directory, and unit files with them (247 to 262).
fn by_usual_path(
    units: &mut BTreeMap<UnitName, ObservedUnit>,
    config: &HostPath,
    answer: &Frames<'_>,
) {
    let frame = answer.get("real-config");
    let real = frame.and_then(|frame| HostPath::parse(frame.text_lines().next()?).ok());
    let Some(real) = real else { return };
    for path in units.values_mut().flat_map(|unit| &mut unit.drop_ins) {
        let below = path.as_str().strip_prefix(real.as_str());
        let below = below.filter(|below| below.starts_with('/'));
        let usual = below.and_then(|below| HostPath::parse(&format!("{config}{below}")).ok());
        if let Some(usual) = usual {
            *path = usual;
        }
    }
}

fn broken_off(answer: &Frames<'_>) -> UnknownReason {
    match answer.stray.as_str() {
        "" => UnknownReason::CutShort(Part::Answer),
        said => UnknownReason::from_text(printable_up_to(said, SENTENCE)),
    }
}

/// What a name or path that is none says, in short: it may hold what the scope said.
pub(super) fn not_understood(error: impl Display) -> UnknownReason {
    UnknownReason::NotUnderstood(printable_up_to(&error.to_string(), SENTENCE))
}

fn manager(answer: &Frames<'_>, clock: Clock) -> Result<Manager, UnknownReason> {
    let frame = answer.get("manager").ok_or(UnknownReason::NoManager)?;
    Ok(match frame.word(1) {
        "up" => running_manager(frame, clock)?,
        "down" => Manager::Down,
        _ => {
            let said = frame.text_lines().next();
            Manager::Broken(
                said.map(|said| printable_up_to(said, SENTENCE))
                    .unwrap_or_default(),
            )
        }
    })
}

/// `UnitsLoadTimestamp` is the last reload, and empty before the first: then what counts is when the manager read
/// its units as it started. A manager that does not have the property does not tell of its reloads; then the script adds
/// when its runtime directory changed, where that shows them.
fn running_manager(frame: &Frame<'_>, clock: Clock) -> Result<Manager, UnknownReason> {
    let properties = parse_properties(frame.text_lines());
    let time = |key: &str, monotonic: &str| {
        let text = |key: &str| properties.get(key).copied().unwrap_or_default();
        clock.read(text(key), text(monotonic))
    };
    if !properties.contains_key("UnitsLoadTimestamp") {
        let changed = properties.get("RuntimeDirectoryChanged").copied();
        let changed = changed.and_then(date_time);
        return Ok(Manager::Up {
            last_load: changed.map_or(LastLoad::Unknown, LastLoad::NotAfter),
        });
    }
    let at = time("UnitsLoadTimestamp", "UnitsLoadTimestampMonotonic")
        .or_else(|| {
            time(
                "UnitsLoadStartTimestamp",
                "UnitsLoadStartTimestampMonotonic",
            )
        })
        .ok_or(UnknownReason::NoLoadTime)?;
    Ok(Manager::Up {
        last_load: LastLoad::At(at),
    })
}

fn units(
    ask: &ScopeAsk,
    answer: &Frames<'_>,
    clock: Clock,
    others: &mut Names,
) -> Result<BTreeMap<UnitName, ObservedUnit>, UnknownReason> {
    let most = ask.item_counts().most_units();
    let mut units: BTreeMap<UnitName, ObservedUnit> = ask
        .units
        .iter()
        .map(|name| (name.clone(), ObservedUnit::not_found(name)))
        .collect();
    let instances = answer.get("instances").into_iter().flat_map(unit_blocks);
    for (number, block) in instances.enumerate() {
        if number >= most {
            return Err(too_many(Plenty::Units, most));
        }
        let unit = unit(&block, clock, others)?;
        units.insert(unit.id.clone(), unit);
    }
    // Blocks follow the order of the names; an alias shows the name it stands for.
    let mut names = answer.get("units").into_iter().flat_map(Frame::text_lines);
    let mut shown = answer.get("show").into_iter().flat_map(unit_blocks);
    let mut described = 0_usize;
    loop {
        match (names.next(), shown.next()) {
            (None, None) => return Ok(units),
            (Some(name), Some(block)) => {
                described = described.saturating_add(1);
                if described > most {
                    return Err(too_many(Plenty::Units, most));
                }
                let name = UnitName::parse(name).map_err(not_understood)?;
                units.insert(name, unit(&block, clock, others)?);
            }
            (name, block) => {
                let more = usize::from(block.is_some()).saturating_add(shown.count());
                let named = usize::from(name.is_some()).saturating_add(names.count());
                return Err(UnknownReason::UnitsMissing {
                    described: described.saturating_add(more),
                    asked: described.saturating_add(named),
                });
            }
        }
    }
}

fn too_many(what: Plenty, most: usize) -> UnknownReason {
    UnknownReason::TooMany { what, most }
}

/// Units whose `SourcePath=` leads nowhere.
fn mark_sourceless(units: &mut BTreeMap<UnitName, ObservedUnit>, answer: &Frames<'_>) {
    let frames = answer.frames_named("sourceless");
    let names = frames.flat_map(Frame::text_lines);
    for name in names.filter_map(|name| UnitName::parse(name).ok()) {
        let named = units.values_mut().filter(|unit| unit.id == name);
        named.for_each(|unit| unit.source_missing = true);
    }
}

/// What `systemd-analyze condition` said of units that a condition held back: a line each, then what it comes to.
fn add_conditions(units: &mut BTreeMap<UnitName, ObservedUnit>, answer: &Frames<'_>) {
    for frame in answer.frames_named("condition") {
        let name = UnitName::parse(frame.word(1)).ok();
        let Some(unit) = name.and_then(|name| units.get_mut(&name)) else {
            continue;
        };
        for line in frame.text_lines() {
            match line {
                "Conditions succeeded." => unit.condition_now = Some(true),
                "Conditions failed." => unit.condition_now = Some(false),
                line => {
                    let failed = line.strip_suffix(" failed.");
                    let failed = failed.and_then(|line| line.split_once(": "));
                    if let (Some((_, condition)), None) = (failed, &unit.unmet) {
                        unit.unmet = Some(printable_up_to(condition, SENTENCE));
                    }
                }
            }
        }
    }
}

/// `[Install]` sections of units whose files are not ours.
fn install_sections(ask: &ScopeAsk, answer: &Frames<'_>) -> BTreeMap<UnitName, ObservedInstall> {
    let most = ask.item_counts().most_units();
    let frames = answer.frames_named("wanted-by").take(most);
    let sections = frames.filter_map(|frame| {
        let name = UnitName::parse(frame.word(1)).ok()?;
        let file = HostPath::parse(frame.word(2)).ok()?;
        let lines: Vec<&str> = frame.text_lines().collect();
        let text = lines.join("\n");
        Some((name, ObservedInstall { file, text }))
    });
    sections.collect()
}

/// Links in other places, as far as they are of asked units.
fn links_elsewhere(ask: &ScopeAsk, answer: &Frames<'_>) -> BTreeSet<HostPath> {
    let paths = answer.get("links-elsewhere").into_iter();
    let paths = paths.flat_map(Frame::text_lines);
    let most = ask.item_counts().most_units();
    paths
        .filter_map(|path| HostPath::parse(path).ok())
        .take(most)
        .collect()
}

/// Units that the scope named by itself. One that is not understood is not known: nothing is decided by it.
fn related_units(
    asked: &BTreeMap<UnitName, ObservedUnit>,
    answer: &Frames<'_>,
    clock: Clock,
    names: &mut Names,
) -> BTreeMap<UnitName, ObservedUnit> {
    let known: BTreeSet<&UnitName> = asked.values().map(|unit| &unit.id).collect();
    let blocks = answer
        .frames_named("beside")
        .flat_map(unit_blocks)
        .take(MOST_BESIDE);
    let units = blocks.filter_map(|block| unit(&block, clock, names).ok());
    units
        .filter(|unit| !known.contains(&unit.id))
        .map(|unit| (unit.id.clone(), unit))
        .collect()
}

/// Units that pull in others; blocks follow the order of the names. Where they do not fit, nothing is decided by them.
fn pulling_units(
    answer: &Frames<'_>,
    clock: Clock,
    others: &mut Names,
) -> BTreeMap<UnitName, ObservedUnit> {
    let names: Vec<&str> = answer
        .frames_named("pulling")
        .flat_map(Frame::text_lines)
        .collect();
    let shown: Vec<_> = answer
        .frames_named("pulling-show")
        .flat_map(unit_blocks)
        .collect();
    if names.len() != shown.len() || names.len() > MOST_BESIDE {
        return BTreeMap::new();
    }
    let both = names.into_iter().zip(&shown);
    let read = both.filter_map(|(name, block)| {
        let name = UnitName::parse(name).ok()?;
        Some((name, unit(block, clock, others).ok()?))
    });
    read.collect()
}

/// Two lines a link. Only what could name or enable a unit is of interest: names that systemd would not take for
/// units cannot be.
fn links(ask: &ScopeAsk, answer: &Frames<'_>) -> Result<BTreeSet<Link>, UnknownReason> {
    let Some(frame) = answer.get("links") else {
        return Ok(BTreeSet::new());
    };
    // An enabled unit has a few.
    let most = ask.item_counts().most_units().saturating_mul(2);
    let mut links = BTreeSet::new();
    let mut lines = frame.lines();
    while let Some(path) = lines.next() {
        let target = lines.next().ok_or(UnknownReason::CutShort(Part::Links))?;
        let path = std::str::from_utf8(path).ok();
        if let Some(path) = path.filter(|path| names_a_unit(path)) {
            links.insert(Link {
                path: path.to_owned(),
                target: printable_text(cut(&String::from_utf8_lossy(target), PATH)),
            });
        }
        if links.len() > most {
            return Err(too_many(Plenty::Links, most));
        }
    }
    Ok(links)
}

fn names_a_unit(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let enables = [".wants", ".requires", ".upholds"];
    UnitName::parse(name).is_ok()
        && (folder.is_empty() || enables.iter().any(|end| folder.ends_with(end)))
}
