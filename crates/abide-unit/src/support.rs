//! Which settings a release of systemd knows, and what becomes of a unit that has others.
//!
//! systemd passes over a line that it does not know, with a warning in its log, and loads the rest. So a unit comes up without
//! what its author asked for, and only where nothing else is left of it, it does not load.
//!
//! The table is `data/settings.txt`, whose head tells where it comes from; `make settings` writes it, and a host test
//! (`tests/hosts/settings.rs`) compares it with the hosts at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use abide_model::{IgnoredSetting, IgnoredWhy, LoadFault, UnitKind};

use crate::effective::Effective;
use crate::setting::{LISTEN, in_group};

/// Since when a setting is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The first release with it; 0 where that was before releases were told apart.
    pub since: u32,
    /// The first release that is known not to have it any more.
    pub gone: Option<u32>,
}

/// What a release of systemd makes of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It reads it.
    Known,
    /// It passes over it.
    Ignored(IgnoredWhy),
    /// It is newer than every release that was asked, and none of these has the setting.
    Untold,
}

#[derive(Debug, Default)]
struct Table {
    /// The releases that were asked, the newest last.
    asked: Vec<u32>,
    /// By section and key.
    settings: BTreeMap<(&'static str, &'static str), Known>,
    /// Words that came later than their setting, by section, key and word.
    words: BTreeMap<(&'static str, &'static str, &'static str), u32>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table(include_str!("../data/settings.txt")));

fn table(text: &'static str) -> Table {
    let mut table = Table::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (Some(key), Some(since)) = (words.next(), words.next()) else {
            continue;
        };
        if key == "hosts" {
            let all = std::iter::once(since).chain(words);
            table.asked = all.filter_map(|word| word.parse().ok()).collect();
            continue;
        }
        let (since, gone) = match since.split_once("..") {
            Some((since, gone)) => (since, gone.parse().ok()),
            None => (since, None),
        };
        let known = Known {
            since: since.parse().unwrap_or(0),
            gone,
        };
        for section in words {
            match key.split_once('=') {
                Some((key, word)) => {
                    table.words.insert((section, key, word), known.since);
                }
                None => {
                    table.settings.insert((section, key), known);
                }
            }
        }
    }
    table
}

/// The releases of systemd that were asked for their settings, the newest last.
pub fn asked_releases() -> &'static [u32] {
    &TABLE.asked
}

/// Since when a section has a setting; `None` where no release that was asked has it there.
pub fn known_setting(section: &str, key: &str) -> Option<Known> {
    TABLE.settings.get(&(section, key)).copied()
}

/// What this release of systemd makes of a setting.
pub fn setting_support(section: &str, key: &str, systemd: u32) -> Support {
    match known_setting(section, key) {
        Some(known) if systemd < known.since => Support::Ignored(IgnoredWhy::CameWith {
            systemd: known.since,
        }),
        Some(Known {
            gone: Some(gone), ..
        }) if systemd >= gone => Support::Ignored(IgnoredWhy::GoneWith { systemd: gone }),
        Some(_) => Support::Known,
        None if key.starts_with("X-") => Support::Known,
        None if asked_releases()
            .last()
            .is_some_and(|newest| systemd <= *newest) =>
        {
            Support::Ignored(IgnoredWhy::Unknown)
        }
        None => Support::Untold,
    }
}

/// The settings of a unit that this release of systemd passes over. Of a quadlet what Podman hands on to systemd, but
/// `[Install]`, which only its generator reads.
pub fn ignored_settings(unit: &Effective, systemd: u32) -> BTreeSet<IgnoredSetting> {
    let kind = unit.unit().kind();
    let own = own_section(kind);
    let mut ignored = BTreeSet::new();
    for (section, key, values) in unit.all_settings() {
        let read =
            section == "Unit" || section == "Install" && !kind.is_quadlet() || Some(section) == own;
        if !read {
            continue;
        }
        let mut add = |setting: String, why| {
            ignored.insert(IgnoredSetting {
                section: section.to_owned(),
                setting,
                why,
            });
        };
        if let Support::Ignored(why) = setting_support(section, key, systemd) {
            add(key.to_owned(), why);
            continue;
        }
        for word in values {
            let since = TABLE.words.get(&(section, key, word.as_str())).copied();
            if let Some(since) = since.filter(|since| systemd < *since) {
                let why = IgnoredWhy::CameWith { systemd: since };
                add(format!("{key}={word}"), why);
            }
        }
    }
    ignored
}

/// Whether this release of systemd reads a word of a setting: `Type=notify-reload`.
pub fn knows_word(section: &str, key: &str, word: &str, systemd: u32) -> bool {
    let since = TABLE.words.get(&(section, key, word));
    since.is_none_or(|since| systemd >= *since)
}

/// Why this release of systemd would not load a unit that a newer one loads; only what is certain of one whose text is
/// known in full.
pub fn load_fault(unit: &Effective, systemd: u32) -> Option<LoadFault> {
    command_fault(unit, systemd)
        .or_else(|| oneshot_fault(unit, systemd))
        .or_else(|| nothing_left(unit, systemd))
}

/// The characters that a command line may begin with (systemd.service(5)), and since when (NEWS).
const PREFIXES: [(char, u32); 4] = [('+', 231), ('!', 235), (':', 242), ('|', 258)];

/// The first systemd that looks for a program without its directory (NEWS).
const PROGRAMS_WITHOUT_PATH: u32 = 239;

/// The first systemd that takes `Restart=` with `Type=oneshot` (its pull request 13754).
const RESTART_OF_ONESHOT: u32 = 244;

/// A wrong line is fatal for its unit unless it begins with `-` too; then, and in old ones, it is ignored, and of
/// `ExecStart=` nothing is left then either.
fn command_fault(unit: &Effective, systemd: u32) -> Option<LoadFault> {
    for (section, key, lines) in unit.all_settings() {
        if Some(section) != own_section(unit.unit().kind()) || !key.starts_with("Exec") {
            continue;
        }
        let only = key == "ExecStart" && lines.len() == 1;
        for line in lines {
            let rest = line.trim_start_matches(['@', '-', ':', '+', '!', '|']);
            let prefixes = line.strip_suffix(rest).unwrap_or_default();
            if prefixes.contains('-') && !only || rest.is_empty() && !prefixes.contains('|') {
                continue;
            }
            let unknown = PREFIXES
                .into_iter()
                .find(|(prefix, since)| prefixes.contains(*prefix) && systemd < *since);
            if let Some((prefix, since)) = unknown {
                return Some(LoadFault::Prefix {
                    setting: key.to_owned(),
                    prefix,
                    since,
                });
            }
            let bare = rest.starts_with(|c: char| c.is_ascii_alphanumeric());
            if bare && systemd < PROGRAMS_WITHOUT_PATH {
                return Some(LoadFault::ProgramWithoutPath {
                    setting: key.to_owned(),
                    since: PROGRAMS_WITHOUT_PATH,
                });
            }
        }
    }
    None
}

fn oneshot_fault(unit: &Effective, systemd: u32) -> Option<LoadFault> {
    let restarts = unit
        .last_value("Service", "Restart")
        .is_some_and(|how| how != "no");
    let fault = unit.is_oneshot() && restarts && systemd < RESTART_OF_ONESHOT;
    fault.then_some(LoadFault::RestartOfOneshot {
        since: RESTART_OF_ONESHOT,
    })
}

/// What a unit is there for: without one of these it is refused (`service_verify` of service.c and its kin).
fn essential_settings(kind: UnitKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        UnitKind::Service => &[
            ("Service", "ExecStart"),
            ("Service", "ExecStop"),
            ("Unit", "SuccessAction"),
        ],
        UnitKind::Timer => &[
            ("Timer", "OnActiveSec"),
            ("Timer", "OnBootSec"),
            ("Timer", "OnStartupSec"),
            ("Timer", "OnUnitActiveSec"),
            ("Timer", "OnUnitInactiveSec"),
            ("Timer", "OnCalendar"),
            ("Timer", "OnClockChange"),
            ("Timer", "OnTimezoneChange"),
        ],
        _ => &[],
    }
}

fn nothing_left(unit: &Effective, systemd: u32) -> Option<LoadFault> {
    let kind = unit.unit().kind();
    let mut lost = None;
    for (section, key, _) in unit.all_settings() {
        let counts = essential_settings(kind).contains(&(section, key))
            || kind == UnitKind::Socket && section == "Socket" && in_group(LISTEN, key);
        if !counts {
            continue;
        }
        match setting_support(section, key, systemd) {
            Support::Ignored(why) => {
                lost.get_or_insert(IgnoredSetting {
                    section: section.to_owned(),
                    setting: key.to_owned(),
                    why,
                });
            }
            Support::Known | Support::Untold => return None,
        }
    }
    lost.map(|ignored| LoadFault::NothingLeft { ignored })
}

/// The section of units of this kind that systemd reads: of a quadlet that of its service.
fn own_section(kind: UnitKind) -> Option<&'static str> {
    Some(match kind {
        UnitKind::Service => "Service",
        UnitKind::Socket => "Socket",
        UnitKind::Mount => "Mount",
        UnitKind::Automount => "Automount",
        UnitKind::Swap => "Swap",
        UnitKind::Timer => "Timer",
        UnitKind::Path => "Path",
        UnitKind::Slice => "Slice",
        UnitKind::Scope => "Scope",
        quadlet if quadlet.is_quadlet() => "Service",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
