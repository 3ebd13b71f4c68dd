//! Reads the facts about the host itself.

use std::collections::BTreeMap;

use abide_model::{
    HostFacts, LockHolder, Podman, PodmanVersion, RootRoute, Suspension, Timestamp, UserName,
};

use super::ProbeError;
use super::clock::{Clock, date_time, parse_epoch_seconds};
use super::frames::{Frame, Frames};
use super::read_users;
use super::room::{MOST_PROPERTIES, NAME, SENTENCE, WORD, printable_up_to};

/// `key=value` lines; the first of a key counts.
pub(super) fn parse_properties<'a>(
    lines: impl Iterator<Item = &'a str>,
) -> BTreeMap<&'a str, &'a str> {
    let mut properties = BTreeMap::new();
    let pairs = lines.filter_map(|line| line.split_once('='));
    for (key, value) in pairs {
        if properties.len() < MOST_PROPERTIES {
            properties.entry(key).or_insert(value);
        }
    }
    properties
}

pub(super) fn facts(frames: &Frames<'_>) -> Result<(HostFacts, Clock), ProbeError> {
    let host = required_frame(frames, "host")?;
    let manager = required_frame(frames, "manager")?;
    let host = parse_properties(host.text_lines());
    let host = |key: &str| host.get(key).copied().unwrap_or_default();
    let said = manager.text_lines().next();
    let said = said
        .map(|said| printable_up_to(said, SENTENCE))
        .unwrap_or_default();
    let manager = parse_properties(manager.text_lines());
    let manager = |key: &str| manager.get(key).copied().unwrap_or_default();

    let systemd = version(manager("Version")).ok_or_else(|| malformed_frame("manager", &said))?;
    if systemd < 206 {
        return Err(ProbeError::TooOld { version: systemd });
    }
    let now = parse_epoch_seconds(host("now"))
        .ok_or_else(|| malformed_frame("host", "it has no clock"))?;
    let clock = Clock::new(Some(now), host("uptime")).of_boot(host("boot_id"));
    let login = UserName::parse(host("login"))
        .map_err(|error| malformed_frame("host", &error.to_string()))?;
    let login_uid = host("login_uid");
    let facts = HostFacts {
        hostname: printable_up_to(host("hostname"), NAME),
        os: printable_up_to(host("os").trim_matches(['"', '\'']), NAME),
        machine_id: printable_up_to(host("machine_id"), NAME),
        systemd,
        boot_id: printable_up_to(host("boot_id"), NAME),
        booted_at: clock
            .read(
                manager("UserspaceTimestamp"),
                manager("UserspaceTimestampMonotonic"),
            )
            .unwrap_or(now),
        now,
        login,
        login_uid: login_uid
            .parse()
            .map_err(|_not_a_number| malformed_frame("host", "the login user has no id"))?,
        root: root_route(host("route"), host("reason")),
        run_as: printable_up_to(host("run_as"), WORD),
        system_state: printable_up_to(manager("SystemState"), WORD),
        may_linger_itself: match host("may_linger") {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
        user_managers: read_users::has_managers(frames),
        podman: frames.get("podman").map(read_podman),
    };
    Ok((facts, clock))
}

fn read_podman(frame: &Frame<'_>) -> Podman {
    let said = parse_properties(frame.text_lines());
    let said = |key: &str| said.get(key).copied().unwrap_or_default();
    Podman {
        generator: !said("generator").is_empty(),
        version: PodmanVersion::parse(said("version")),
    }
}

fn required_frame<'a, 'b>(
    frames: &'b Frames<'a>,
    name: &'static str,
) -> Result<&'b Frame<'a>, ProbeError> {
    frames
        .get(name)
        .ok_or_else(|| malformed_frame(name, "it is missing"))
}

fn malformed_frame(frame: &'static str, why: &str) -> ProbeError {
    ProbeError::Malformed {
        frame,
        why: printable_up_to(why, SENTENCE),
    }
}

/// 252 of `252.39-1~deb12u2`, `v257` and the like.
fn version(text: &str) -> Option<u32> {
    let digits: String = text
        .trim_start_matches('v')
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

fn root_route(word: &str, reason: &str) -> RootRoute {
    match word {
        "root" => RootRoute::Root,
        "sudo" => RootRoute::Sudo,
        "doas" => RootRoute::Doas,
        "run0" => RootRoute::Run0,
        _ => RootRoute::None(printable_up_to(reason, SENTENCE)),
    }
}

/// Who holds the lock, where somebody does.
pub(super) fn lock(frames: &Frames<'_>, frame: &str) -> Option<LockHolder> {
    frames
        .get(frame)
        .map(|frame| crate::apply::lock_holder(&frame.body_text()))
}

/// Its suspension, expired or not.
pub(super) fn suspension(frames: &Frames<'_>) -> Option<Suspension> {
    frames
        .get("suspended")
        .map(|frame| crate::apply::suspension(&frame.body_text()))
}

/// When the ledger was written last, which is after everything else: what changed later was not the apply. Where the
/// host's stat(1) tells whole seconds only, it does so of every file.
pub(super) fn applied_at(frames: &Frames<'_>) -> Option<Timestamp> {
    date_time(frames.get("applied")?.text_lines().next()?)
}
