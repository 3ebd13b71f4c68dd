//! Reads units as `systemctl show` prints them.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::observed::UnknownState;
use abide_model::{HostPath, ObservedUnit, UnitName, UnknownReason};
use abide_unit::Relation;

use super::clock::Clock;
use super::frames::Frame;
use super::read_scope::not_understood;
use super::room::{MOST_DROP_INS, MOST_PROPERTIES, PATH, WORD, printable_up_to};
use crate::ledger;

/// What `systemctl show` says about one unit.
pub(super) type UnitProperties<'a> = BTreeMap<&'a str, &'a str>;

/// Blocks of properties with an empty line between each two, one after the other. A block without `Id` is something else
/// that was said.
pub(super) fn unit_blocks<'a>(
    frame: &Frame<'a>,
) -> impl Iterator<Item = UnitProperties<'a>> + use<'a> {
    let mut lines = frame.lines();
    std::iter::from_fn(move || {
        let mut block = UnitProperties::new();
        loop {
            let line = lines.next();
            let text = line.map(std::str::from_utf8);
            let Some(Ok(text)) = text else {
                match text {
                    Some(_) => continue,
                    None => return is_unit(&block).then_some(block),
                }
            };
            if text.is_empty() {
                if is_unit(&block) {
                    return Some(block);
                }
                block.clear();
            } else if let Some((key, value)) = text.split_once('=')
                && block.len() < MOST_PROPERTIES
            {
                // Each has a line of its own.
                let key = if ENVIRONMENT_FILES.contains(&key) {
                    text
                } else {
                    key
                };
                block.entry(key).or_insert(value);
            }
        }
    })
}

/// As it is asked for, and as systemctl of older versions prints it (`print_property`).
const ENVIRONMENT_FILES: [&str; 2] = ["EnvironmentFiles", "EnvironmentFile"];

/// Paths and patterns, as systemd shows them: `/etc/default/web (ignore_errors=yes)`.
fn environment_files(block: &UnitProperties<'_>) -> BTreeSet<String> {
    let lines = block.iter().filter(|(line, _)| {
        let key = line.split_once('=').map_or("", |(key, _)| key);
        ENVIRONMENT_FILES.contains(&key)
    });
    let paths = lines.filter_map(|(_, shown)| shown.rsplit_once(" (ignore_errors="));
    paths.map(|(path, _)| printable_up_to(path, PATH)).collect()
}

fn is_unit(block: &UnitProperties<'_>) -> bool {
    block.contains_key("Id")
}

/// How many names of other units may still be read, in one scope.
pub(super) struct Names {
    left: usize,
}

impl Names {
    pub(super) fn new(most: usize) -> Self {
        Self { left: most }
    }

    fn read(&mut self, text: &str) -> Result<BTreeSet<UnitName>, UnknownReason> {
        let mut names = BTreeSet::new();
        for word in text.split(' ') {
            if let Ok(name) = UnitName::parse(word) {
                self.left = self
                    .left
                    .checked_sub(1)
                    .ok_or(UnknownReason::TooManyNames)?;
                names.insert(name);
            }
        }
        Ok(names)
    }
}

/// Properties of the live graph that are reported by systemd's own name. What triggers a unit has a place of its own.
fn graph_properties() -> impl Iterator<Item = &'static str> {
    let both = |relation: Relation| [relation.property_name(), relation.inverse_property()];
    let relations = Relation::ALL.into_iter().flat_map(both);
    let relations = relations.filter(|key| *key != Relation::Triggers.inverse_property());
    ["After", "Before"].into_iter().chain(relations)
}

/// Reads one unit; an error says which property is not understood.
pub(super) fn unit(
    block: &UnitProperties<'_>,
    clock: Clock,
    names: &mut Names,
) -> Result<ObservedUnit, UnknownReason> {
    let text = |key: &str| block.get(key).copied().unwrap_or_default();
    let yes = |key: &str| text(key) == "yes";
    let word = |key: &str| printable_up_to(text(key), WORD);
    let id = UnitName::parse(text("Id")).map_err(not_understood)?;
    let mut relations = BTreeMap::new();
    for key in graph_properties() {
        let named = names.read(text(key))?;
        if !named.is_empty() {
            relations.insert(key.to_owned(), named);
        }
    }
    Ok(ObservedUnit {
        load: word("LoadState"),
        active: word("ActiveState")
            .parse()
            .map_err(|error: UnknownState| not_understood(error))?,
        sub: word("SubState"),
        result: word("Result"),
        file_state: word("UnitFileState"),
        fragment: HostPath::parse(text("FragmentPath")).ok(),
        source: HostPath::parse(text("SourcePath")).ok(),
        source_missing: false,
        drop_ins: text("DropInPaths")
            .split(' ')
            .filter_map(|path| HostPath::parse(path).ok())
            .take(MOST_DROP_INS)
            .collect(),
        environment_files: environment_files(block),
        need_reload: yes("NeedDaemonReload"),
        invocation: invocation(block, clock),
        started_at: started_at(block, clock),
        state_since: clock.read(
            text("StateChangeTimestamp"),
            text("StateChangeTimestampMonotonic"),
        ),
        ends_by_itself: text("Type") == "oneshot" && !yes("RemainAfterExit"),
        restarts: text("NRestarts").parse().unwrap_or(0),
        main_status: text("ExecMainStatus").parse().ok(),
        can_reload: yes("CanReload"),
        refuse_start: yes("RefuseManualStart"),
        refuse_stop: yes("RefuseManualStop"),
        // A unit that was never started has not failed its conditions.
        condition: yes("ConditionResult") || text("ConditionTimestampMonotonic") == "0",
        condition_now: None,
        unmet: None,
        last_said: None,
        transient: yes("Transient"),
        triggered_by: names.read(text("TriggeredBy"))?,
        relations,
        id,
    })
}

/// Its run, where the answer names one: it becomes a word of a ledger. A manager that has no such property, before systemd
/// 232, tells when the unit began to start instead: no other run of it did so then.
fn invocation(block: &UnitProperties<'_>, clock: Clock) -> String {
    let Some(text) = block.get("InvocationID") else {
        let since = block.get("InactiveExitTimestampMonotonic");
        return since
            .and_then(|since| clock.run_since(since))
            .unwrap_or_default();
    };
    match ledger::is_invocation(text) {
        true => (*text).to_owned(),
        false => String::new(),
    }
}

/// When its main process started last; of what has none, when it last became active.
fn started_at(block: &UnitProperties<'_>, clock: Clock) -> Option<abide_model::Timestamp> {
    let read = |key: &str, monotonic: &str| {
        let text = |key: &str| block.get(key).copied().unwrap_or_default();
        clock.read(text(key), text(monotonic))
    };
    read("ExecMainStartTimestamp", "ExecMainStartTimestampMonotonic")
        .or_else(|| read("ActiveEnterTimestamp", "ActiveEnterTimestampMonotonic"))
}
