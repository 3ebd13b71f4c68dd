//! Which settings differ between two configurations of a unit, and what that leads to.

use std::collections::{BTreeMap, BTreeSet};

use crate::class::{ChangeClass, class_of};
use crate::effective::Effective;

/// What differs between two configurations of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// The settings that differ, by section and key.
    pub changes: Vec<KeyChange>,
}

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyChange {
    /// Its section.
    pub section: String,
    /// Its key; `Listen*` where only the order of a socket's addresses over several keys differs.
    pub key: String,
    /// What its change leads to.
    pub class: ChangeClass,
}

impl Difference {
    /// The greatest class of all changes.
    pub fn class(&self) -> ChangeClass {
        self.changes
            .iter()
            .map(|change| change.class)
            .max()
            .unwrap_or(ChangeClass::None)
    }

    /// The keys of the changes of this class: `ExecStart=`.
    pub fn keys_of_class(&self, class: ChangeClass) -> Vec<String> {
        self.changes
            .iter()
            .filter(|change| change.class == class)
            .map(|change| format!("{}=", change.key))
            .collect()
    }

    /// Whether a setting of this section differs.
    pub fn has_changes_in(&self, section: &str) -> bool {
        self.changes.iter().any(|change| change.section == section)
    }
}

/// What differs between two configurations of one unit.
pub fn compare(old: &Effective, new: &Effective) -> Difference {
    let kind = new.unit().kind();
    let mut values: BTreeMap<(&str, &str), [&[String]; 2]> = BTreeMap::new();
    for (section, key, old) in old.all_settings() {
        values.entry((section, key)).or_default()[0] = old;
    }
    for (section, key, new) in new.all_settings() {
        values.entry((section, key)).or_default()[1] = new;
    }
    let different = values.into_iter().filter(|(_, [old, new])| old != new);
    let mut keys: BTreeSet<(&str, &str)> = different.map(|(key, _)| key).collect();
    // One that is assigned nothing has no values, as one that is not there.
    let emptied =
        |effective| -> BTreeSet<(&str, &str)> { Effective::emptied_settings(effective).collect() };
    keys.extend(emptied(old).symmetric_difference(&emptied(new)));
    let mut changes: Vec<_> = keys
        .into_iter()
        .map(|(section, key)| KeyChange {
            section: section.to_owned(),
            key: key.to_owned(),
            class: class_of(kind, section, key),
        })
        .collect();
    let listen_reported = changes
        .iter()
        .any(|change| change.key.starts_with("Listen"));
    if old.listen() != new.listen() && !listen_reported {
        changes.push(KeyChange {
            section: "Socket".to_owned(),
            key: "Listen*".to_owned(),
            class: ChangeClass::Restart,
        });
    }
    Difference { changes }
}

#[cfg(test)]
mod tests;
