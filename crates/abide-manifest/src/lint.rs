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
mod system_only;
mod timer;

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Code, UnitName, UserName};
use abide_unit::{Effective, Entry, UnitFile};

use crate::finding::Finding;
use crate::schema::user::UserState;
use crate::settled::{SettledHost, SettledUnit, SettledUser, UnitDraft};
use crate::text::{Place, Texts};
use crate::wording::Wording;
use crate::work::Work;

/// Looks over a host.
pub(crate) fn lint(host: &SettledHost<'_>, work: &mut Work<'_>) {
    lint_units(&host.units, None, &BTreeSet::new(), work);
    let system: BTreeSet<&UnitName> = host.units.keys().collect();
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
    for unit in units.values().filter(|unit| unit.is_present()) {
        let Some(effective) = &unit.draft.effective else {
            continue;
        };
        let texts = parsed(&unit.draft);
        let view = View {
            unit,
            effective,
            texts: &texts,
        };
        line::lint(&view, work);
        executable::lint(&view, work);
        path::lint(&view, work);
        quadlet::lint(&view, work);
        timer::lint(&view, units, work);
        match user {
            Some(user) => {
                install::lint_user(&view, work);
                identity::lint(&view, user, work);
                let own = |name: &UnitName| {
                    units
                        .values()
                        .any(|unit| unit.draft.name.loaded_as() == *name)
                };
                dependency::lint(&view, |name| system.contains(name) && !own(name), work);
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
}

impl<'u> View<'u, '_> {
    /// Every assignment of its texts that still counts after merging, with the text it stands in.
    fn entries(&self) -> impl Iterator<Item = (&'u Wording, &'u Entry)> {
        self.texts
            .iter()
            .flat_map(|(wording, file)| file.entries.iter().map(|entry| (*wording, entry)))
            .filter(|(_, entry)| {
                let left = self.effective.all(&entry.section, &entry.key);
                left.contains(&entry.value.as_str())
            })
    }
}

/// The texts that this unit brings itself.
fn parsed<'u>(draft: &'u UnitDraft<'_>) -> Vec<(&'u Wording, UnitFile)> {
    draft
        .fragment
        .iter()
        .chain(draft.drop_ins.values())
        .filter_map(|content| content.wording.as_ref())
        .map(|wording| (wording, UnitFile::parse(&wording.text)))
        .collect()
}

/// Where a setting of a unit has this value.
pub(crate) fn place_of(
    draft: &UnitDraft<'_>,
    section: &str,
    key: &str,
    value: &str,
    work: &Work<'_>,
) -> Option<Place> {
    let texts = parsed(draft);
    let found = texts.iter().rev().find_map(|(wording, file)| {
        let entry =
            file.entries.iter().rev().find(|entry| {
                entry.section == section && entry.key == key && entry.value == value
            })?;
        Some((*wording, entry.line))
    });
    found.map(|(wording, line)| wording.place(&work.texts, line, value))
}

/// A finding at a word of an assignment.
fn at_word(
    code: Code,
    (text, entry): (&Wording, &Entry),
    word: &str,
    message: impl Into<String>,
    texts: &Texts,
) -> Finding {
    let at = text.place(texts, entry.line, word);
    text.named(Finding::new(code, at, message))
}
