//! What a unit's text says and its author will not have meant, above all in user scope. Offline: nothing is asked of a
//! host, so only what is so on every host is said.

mod dependency;
mod executable;
mod identity;
mod install;
mod line;
mod linger;
mod path;
mod quadlet;
mod quadlet_line;
mod system_only;
mod timer;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Code, UnitKind, UnitName, UserName};
use abide_unit::{Effective, Entry, UnitFile};

use crate::finding::Mistake;
use crate::schema::user::UserState;
use crate::settled::{SettledHost, SettledUnit, SettledUser, WrittenUnitDraft};
use crate::text::{ManifestTexts, TextPlace};
use crate::wording::Wording;
use crate::work::Work;

/// So many warnings of one unit are looked for.
const MOST_OF_A_UNIT: usize = 400;

/// Units that systemd itself or packages of Debian have for both managers, so that one of the system says nothing of the
/// user's (systemd.special(7), "Units managed by the user service manager").
const OF_BOTH_MANAGERS: [&str; 28] = [
    "basic",
    "bluetooth",
    "dbus",
    "dbus-broker",
    "default",
    "exit",
    "mpd",
    "paths",
    "podman",
    "podman-auto-update",
    "podman-clean-transient",
    "podman-kube",
    "podman-restart",
    "printer",
    "shutdown",
    "smartcard",
    "sockets",
    "sound",
    "stunnel",
    "syncthing",
    "systemd-ask-password",
    "systemd-exit",
    "systemd-journalctl",
    "systemd-tmpfiles-clean",
    "systemd-tmpfiles-setup",
    "timers",
    "-",
    "init",
];

/// Whether a user's manager may have a unit of that name too: what is mounted and plugged in it sees as well.
fn is_of_both_managers(name: &UnitName) -> bool {
    matches!(
        name.kind(),
        UnitKind::Mount | UnitKind::Device | UnitKind::Swap
    ) || OF_BOTH_MANAGERS.contains(&name.prefix_name())
}

/// Looks over a host.
pub(crate) fn lint(host: &SettledHost<'_>, work: &mut Work<'_>) {
    lint_units(&host.units, None, &BTreeSet::new(), work);
    let system = host.units.keys().filter(|name| !is_of_both_managers(name));
    let system: BTreeSet<&UnitName> = system.collect();
    let present = |user: &SettledUser<'_>| user.state.value == UserState::Present;
    for (name, user) in host.users.iter().filter(|(_, user)| present(user)) {
        lint_units(&user.units, Some(name), &system, work);
        linger::lint(name, user, &host.units, work);
    }
}

fn lint_units(
    units: &BTreeMap<UnitName, SettledUnit<'_>>,
    user: Option<&UserName>,
    system: &BTreeSet<&UnitName>,
    work: &mut Work<'_>,
) {
    let own: BTreeSet<UnitName> = match user {
        Some(_) => units.values().map(|unit| unit.draft.loaded_as()).collect(),
        None => BTreeSet::new(),
    };
    for unit in units.values().filter(|unit| unit.is_present()) {
        let Some(effective) = &unit.draft.effective else {
            continue;
        };
        if !work.goes_on() {
            return;
        }
        let texts = parsed_texts(&unit.draft);
        let view = View {
            unit,
            effective,
            texts: &texts,
            entries: assignments_in_effect(&texts, effective),
            told: Cell::new(0),
        };
        match unit.draft.name.kind().is_quadlet() {
            true => quadlet_line::lint(&view, work),
            false => line::lint(&view, work),
        }
        executable::lint(&view, user.is_some(), work);
        path::lint(&view, work);
        quadlet::lint(&view, work);
        timer::lint(&view, units, work);
        install::lint_alias(&view, work);
        match user {
            Some(user) => {
                install::lint_user(&view, work);
                identity::lint(&view, user, work);
                dependency::lint(
                    &view,
                    |name| system.contains(name) && !own.contains(name),
                    work,
                );
            }
            None => install::lint_system(&view, work),
        }
    }
}

/// A unit with its texts, read.
struct View<'u, 'm> {
    unit: &'u SettledUnit<'m>,
    effective: &'u Effective,
    texts: &'u [(&'u Wording, UnitFile)],
    entries: Vec<(&'u Wording, &'u Entry)>,
    told: Cell<usize>,
}

impl<'u> View<'u, '_> {
    /// Whether one more may be told of this unit. Where each stands takes a look at the whole text.
    fn may_tell(&self) -> bool {
        let told = self.told.get();
        self.told.set(told.saturating_add(1));
        told < MOST_OF_A_UNIT
    }

    /// Every assignment of its texts that still counts after merging, with the text it stands in.
    fn entries(&self) -> impl Iterator<Item = (&'u Wording, &'u Entry)> {
        self.entries.iter().copied()
    }
}

/// Every assignment of these texts that still counts after merging.
fn assignments_in_effect<'u>(
    texts: &'u [(&'u Wording, UnitFile)],
    effective: &Effective,
) -> Vec<(&'u Wording, &'u Entry)> {
    let mut left: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let all = texts
        .iter()
        .flat_map(|(wording, file)| file.entries.iter().map(|entry| (*wording, entry)));
    all.filter(|(_, entry)| {
        let key = (entry.section.as_str(), entry.key.as_str());
        let values = left
            .entry(key)
            .or_insert_with(|| effective.all_values(key.0, key.1).into_iter().collect());
        values.contains(entry.value.as_str())
    })
    .collect()
}

/// The texts that this unit brings itself.
fn parsed_texts<'u>(draft: &'u WrittenUnitDraft<'_>) -> Vec<(&'u Wording, UnitFile)> {
    let kind = draft.name.kind();
    draft
        .fragment
        .iter()
        .chain(draft.drop_ins.values())
        .filter_map(|content| content.wording.as_ref())
        .map(|wording| (wording, UnitFile::parse_as(kind, &wording.text)))
        .collect()
}

/// The beginning of a text that is quoted in a message, on one line: at most 60 characters.
fn one_line_excerpt(text: &str) -> String {
    let shown = text.chars().take(60);
    shown.flat_map(char::escape_debug).collect()
}

/// Where a setting of a unit has this value.
pub(crate) fn place_of(
    draft: &WrittenUnitDraft<'_>,
    section: &str,
    key: &str,
    value: &str,
    work: &Work<'_>,
) -> Option<TextPlace> {
    let texts = parsed_texts(draft);
    let found = texts.iter().rev().find_map(|(wording, file)| {
        let entry =
            file.entries.iter().rev().find(|entry| {
                entry.section == section && entry.key == key && entry.value == value
            })?;
        Some((*wording, entry.line))
    });
    found.map(|(wording, line)| wording.place_of_word(&work.texts, line, value))
}

/// A finding at a word of an assignment.
fn at_word(
    code: Code,
    (text, entry): (&Wording, &Entry),
    word: &str,
    message: impl Into<String>,
    texts: &ManifestTexts,
) -> Mistake {
    let at = text.place_of_word(texts, entry.line, word);
    text.add_naming_place(Mistake::new(code, at, message))
}
