//! What a change of one setting leads to: the decision table as data.

use abide_model::UnitKind;

/// What a change leads to, from nothing to a restart. A unit's class is the greatest of its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeClass {
    /// Nothing changed.
    None,
    /// Only text for people: write, daemon-reload.
    Inert,
    /// Takes effect with the daemon-reload.
    Live,
    /// `[Install]`: the links are made anew.
    Install,
    /// The unit is reloaded (a mount is mounted again with its new options).
    Reload,
    /// A running unit keeps the old value until it is restarted.
    Restart,
}

/// What a change of this setting leads to in a unit of this kind.
pub fn class_of(kind: UnitKind, section: &str, key: &str) -> ChangeClass {
    if section.starts_with("X-") || key.starts_with("X-") {
        return ChangeClass::Inert;
    }
    RULES
        .iter()
        .find(|rule| rule.applies(kind, section, key))
        .map_or(ChangeClass::Restart, |rule| rule.class)
}

struct Rule {
    /// Of units of these kinds only; empty: of all.
    kinds: &'static [UnitKind],
    /// In this section; empty: in all.
    section: &'static str,
    /// These keys; empty: all. A trailing `*` stands for any ending.
    keys: &'static [&'static str],
    class: ChangeClass,
}

impl Rule {
    fn applies(&self, kind: UnitKind, section: &str, key: &str) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.section.is_empty() || self.section == section)
            && (self.keys.is_empty() || crate::setting::in_group(self.keys, key))
    }
}

const RULES: &[Rule] = &[];

#[cfg(test)]
mod tests;
