//! Reads units as `systemctl show` prints them.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{HostPath, ObservedUnit, UnitName, printable};

use super::clock::Clock;

/// What `systemctl show` says about one unit.
pub(super) type Block<'a> = BTreeMap<&'a str, &'a str>;

/// Blocks of properties with an empty line between each two. A block without `Id` is something else that was said.
pub(super) fn blocks<'a>(lines: &[&'a [u8]]) -> Vec<Block<'a>> {
    let mut blocks = vec![Block::new()];
    for line in lines {
        let Ok(text) = std::str::from_utf8(line) else {
            continue;
        };
        if text.is_empty() {
            blocks.push(Block::new());
        } else if let (Some((key, value)), Some(block)) = (text.split_once('='), blocks.last_mut())
        {
            block.entry(key).or_insert(value);
        }
    }
    blocks.retain(|block| block.contains_key("Id"));
    blocks
}

/// Relations of the live graph that are reported by systemd's own name.
const RELATIONS: [&str; 14] = [
    "Requires",
    "BindsTo",
    "Wants",
    "Upholds",
    "Conflicts",
    "ConflictedBy",
    "RequiredBy",
    "RequisiteOf",
    "BoundBy",
    "ConsistsOf",
    "UpheldBy",
    "Triggers",
    "PropagatesStopTo",
    "PropagatesReloadTo",
];

/// Reads one unit; an error says which property is not understood.
pub(super) fn unit(block: &Block<'_>, clock: Clock) -> Result<ObservedUnit, String> {
    let text = |key: &str| block.get(key).copied().unwrap_or_default();
    let yes = |key: &str| text(key) == "yes";
    let id = UnitName::parse(text("Id")).map_err(|error| error.to_string())?;
    Ok(ObservedUnit {
        load: printable(text("LoadState")),
        active: text("ActiveState").parse()?,
        sub: printable(text("SubState")),
        result: printable(text("Result")),
        file_state: printable(text("UnitFileState")),
        fragment: HostPath::parse(text("FragmentPath")).ok(),
        source: HostPath::parse(text("SourcePath")).ok(),
        drop_ins: text("DropInPaths")
            .split(' ')
            .filter_map(|path| HostPath::parse(path).ok())
            .collect(),
        need_reload: yes("NeedDaemonReload"),
        invocation: printable(text("InvocationID")),
        started_at: started_at(block, clock),
        restarts: text("NRestarts").parse().unwrap_or(0),
        main_status: text("ExecMainStatus").parse().ok(),
        can_reload: yes("CanReload"),
        refuse_start: yes("RefuseManualStart"),
        refuse_stop: yes("RefuseManualStop"),
        // A unit that was never started has not failed its conditions.
        condition: yes("ConditionResult") || text("ConditionTimestampMonotonic") == "0",
        transient: yes("Transient"),
        triggered_by: names(text("TriggeredBy")),
        relations: RELATIONS
            .into_iter()
            .map(|key| (key.to_owned(), names(text(key))))
            .filter(|(_, names)| !names.is_empty())
            .collect(),
        id,
    })
}

/// When its main process started last; of what has none, when it last became active.
fn started_at(block: &Block<'_>, clock: Clock) -> Option<abide_model::Timestamp> {
    let read = |key: &str, monotonic: &str| {
        let text = |key: &str| block.get(key).copied().unwrap_or_default();
        clock.read(text(key), text(monotonic))
    };
    read("ExecMainStartTimestamp", "ExecMainStartTimestampMonotonic")
        .or_else(|| read("ActiveEnterTimestamp", "ActiveEnterTimestampMonotonic"))
}

fn names(text: &str) -> BTreeSet<UnitName> {
    text.split(' ')
        .filter_map(|name| UnitName::parse(name).ok())
        .collect()
}
