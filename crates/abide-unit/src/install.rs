//! The links that `systemctl enable` makes for a unit, from its `[Install]` section.

use std::collections::BTreeSet;

use abide_model::{UnitKind, UnitName};

use crate::effective::Effective;
use crate::specifier;

/// A link that `systemctl enable` makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstallLink {
    /// Relative to the configuration directory: `default.target.wants/sidekiq.service`, or `alias.service`.
    pub path: String,
    /// What it is for.
    pub kind: LinkKind,
}

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkKind {
    /// Another name of the unit (`Alias=`).
    Alias,
    /// `WantedBy=`.
    Wants,
    /// `RequiredBy=`.
    Requires,
    /// `UpheldBy=`: systemd 252 skips it, 257 knows it.
    Upholds,
}

/// The links that `systemctl enable UNIT` makes. Each points to the unit file: the template's for an instance.
///
/// A bare template is installed as its `DefaultInstance=`, or without one only into other templates and instances
/// (systemd.unit(5)). Drop-ins count, also those that only add to `[Install]`. `disable` of an instance leaves the
/// alias behind that `enable` made for it (seen on systemd 252 and 257). Units of `Also=` have links of their own. A name with a specifier that only the host can
/// expand gives no link.
pub fn install_links(unit: &UnitName, effective: &Effective) -> BTreeSet<InstallLink> {
    let mut links = BTreeSet::new();
    let by_key = [
        ("WantedBy", LinkKind::Wants, "wants"),
        ("RequiredBy", LinkKind::Requires, "requires"),
        ("UpheldBy", LinkKind::Upholds, "upholds"),
    ];
    let default = default_instance(unit, effective);
    let installed = match &default {
        Some(instance) => unit
            .with_instance(instance)
            .unwrap_or_else(|_| unit.clone()),
        None => unit.clone(),
    };
    for (key, kind, suffix) in by_key {
        for by in names(unit, effective, key) {
            if !installed.is_template() || by.instance().is_some() {
                let path = format!("{by}.{suffix}/{installed}");
                links.insert(InstallLink { path, kind });
            }
        }
    }
    let aliases = aliases(unit, effective);
    links.extend(aliases.iter().filter_map(|alias| alias_link(unit, alias)));
    links
}

/// `Alias=`, which systemd ignores for types of which a unit has one name only (`unit_type_may_alias`).
fn aliases(unit: &UnitName, effective: &Effective) -> Vec<UnitName> {
    let one_name = matches!(
        unit.kind(),
        UnitKind::Slice | UnitKind::Mount | UnitKind::Automount | UnitKind::Swap
    );
    match one_name {
        true => Vec::new(),
        false => names(unit, effective, "Alias"),
    }
}

/// Names in `[Install]` that `systemctl enable UNIT` refuses: it fails for them, after it made all other links. An alias
/// of another type, of a template where the unit is none, or the other way round; a plain unit that should pull in a
/// template (seen on systemd 252 and 257).
pub fn refused_links(unit: &UnitName, effective: &Effective) -> BTreeSet<UnitName> {
    let aliases = aliases(unit, effective).into_iter();
    let mut refused: BTreeSet<UnitName> = aliases
        .filter(|alias| alias != unit && alias_link(unit, alias).is_none())
        .collect();
    if unit.is_template() && default_instance(unit, effective).is_none() {
        for key in ["WantedBy", "RequiredBy", "UpheldBy"] {
            let by = names(unit, effective, key).into_iter();
            refused.extend(by.filter(|by| by.instance().is_none()));
        }
    }
    refused
}

/// The units that are enabled and disabled together with this one (`Also=`).
pub fn units_enabled_together(unit: &UnitName, effective: &Effective) -> BTreeSet<UnitName> {
    names(unit, effective, "Also").into_iter().collect()
}

/// An alias has the unit's type, and is a template or an instance exactly where the unit is one; an alias that is
/// a template takes over the unit's instance.
fn alias_link(unit: &UnitName, alias: &UnitName) -> Option<InstallLink> {
    let alias = match (alias.is_template(), unit.instance()) {
        (true, Some(instance)) => alias.with_instance(instance).ok()?,
        _ => alias.clone(),
    };
    let fits = alias.kind() == unit.kind() && alias.instance() == unit.instance() && alias != *unit;
    fits.then(|| InstallLink {
        path: alias.to_string(),
        kind: LinkKind::Alias,
    })
}

fn default_instance(unit: &UnitName, effective: &Effective) -> Option<String> {
    if !unit.is_template() {
        return None;
    }
    let instance = effective.last_value("Install", "DefaultInstance")?;
    specifier::expand(unit, None, instance).filter(|instance| !instance.is_empty())
}

/// The unit names of a setting, specifiers expanded; what is none is skipped, as systemd does.
fn names(unit: &UnitName, effective: &Effective, key: &str) -> Vec<UnitName> {
    let default = default_instance(unit, effective);
    effective
        .all_values("Install", key)
        .into_iter()
        .flat_map(|value| install_words(key, value))
        .filter_map(|word| specifier::expand(unit, default.as_deref(), &word))
        .filter_map(|name| UnitName::parse(&name).ok())
        .collect()
}

/// The words of a setting of `[Install]`. Quotes are taken off wherever they stand, and hold white space together; a
/// backslash is one more character of a name. A quote without its end spoils what is behind it.
///
/// Sources: `config_parse_strv` in systemd's shared/conf-parser.c, and `LookupAllStrv` in Podman's
/// pkg/systemd/parser/unitfile.go, which does the same; `Also=` has no quotes (`config_parse_also` in systemd's
/// shared/install.c).
pub fn install_words(key: &str, value: &str) -> Vec<String> {
    let is_quotable = key != "Also";
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in value.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') if is_quotable => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ' | '\t' | '\n' | '\r') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_none() {
        words.extend(word);
    }
    words
}

#[cfg(test)]
mod tests;
