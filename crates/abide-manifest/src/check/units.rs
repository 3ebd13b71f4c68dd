//! Contradictions among the units of one scope.

use std::collections::BTreeMap;

use abide_model::{UnitName, Wanted};
use abide_unit::{LinkKind, install_links};

use super::unit;
use crate::codes;
use crate::finding::Mistake;
use crate::schema::unit::UnitState;
use crate::settled::{SettledUnit, SettledUser};
use crate::work::Work;

/// Checks the units of one scope, those of `user` or of the system.
pub(crate) fn check(
    units: &BTreeMap<UnitName, SettledUnit<'_>>,
    user: Option<&SettledUser<'_>>,
    work: &mut Work<'_>,
) {
    for settled in units.values() {
        unit::check(settled, user.is_some(), work);
        template_is_absent(settled, units, work);
    }
    loaded_twice(units, work);
    aliases(units, work);
    if let Some(user) = user {
        written_as_file(units, user, work);
    }
}

/// A quadlet and the service that is generated from it have one name.
fn loaded_twice(units: &BTreeMap<UnitName, SettledUnit<'_>>, work: &mut Work<'_>) {
    let mut loaded: BTreeMap<UnitName, &SettledUnit<'_>> = BTreeMap::new();
    for unit in units.values().filter(|unit| unit.is_present()) {
        let name = unit.draft.loaded_as();
        match loaded.get(&name) {
            Some(other) => {
                let message = format!(
                    "`{}` and `{}` are both loaded as `{name}`",
                    other.draft.name, unit.draft.name
                );
                work.push(
                    Mistake::new(codes::SAME_UNIT_TWICE, unit.draft.key, message)
                        .with_related_place(other.draft.key, "the other one")
                        .with_help("rename one of the two"),
                );
            }
            None => {
                loaded.insert(name, unit);
            }
        }
    }
}

/// A name leads to one unit: an alias of two units that are enabled, or of one and another's name, makes the second fail.
fn aliases(units: &BTreeMap<UnitName, SettledUnit<'_>>, work: &mut Work<'_>) {
    let present = || units.values().filter(|unit| unit.is_present());
    let mut taken: BTreeMap<UnitName, &SettledUnit<'_>> = BTreeMap::new();
    for unit in present() {
        taken.entry(unit.draft.loaded_as()).or_insert(unit);
    }
    for unit in present().filter(|unit| unit.enabled.value == Wanted::Yes) {
        let Some(effective) = &unit.draft.effective else {
            continue;
        };
        let links = install_links(&unit.draft.name, effective).into_iter();
        let aliases = links.filter(|link| link.kind == LinkKind::Alias);
        for name in aliases.filter_map(|link| UnitName::parse(&link.path).ok()) {
            match taken.get(&name) {
                Some(other) if other.draft.name != unit.draft.name => {
                    let message = match other.draft.loaded_as() == name {
                        true => format!(
                            "`{}` has the alias `{name}`, which is declared itself",
                            unit.draft.name
                        ),
                        false => format!(
                            "`{}` and `{}` both have the alias `{name}`",
                            other.draft.name, unit.draft.name
                        ),
                    };
                    work.push(
                        Mistake::new(codes::ALIAS_TAKEN, unit.draft.key, message)
                            .with_related_place(other.draft.key, "the other one")
                            .with_help(
                                "remove one of the two aliases, or declare `enabled: false`",
                            ),
                    );
                }
                _ => {
                    taken.insert(name, unit);
                }
            }
        }
    }
}

fn template_is_absent(
    unit: &SettledUnit<'_>,
    units: &BTreeMap<UnitName, SettledUnit<'_>>,
    work: &mut Work<'_>,
) {
    if !unit.draft.is_instance || !unit.is_present() {
        return;
    }
    let template = unit.draft.name.template().and_then(|name| units.get(&name));
    let absent = template.and_then(|template| template.draft.written.state);
    if let Some(absent) = absent.filter(|state| state.value == UnitState::Absent) {
        let message = format!(
            "`{}` is an instance of a template that is absent",
            unit.draft.name
        );
        work.push(
            Mistake::new(codes::ABSENT_AND_WANTED, unit.draft.key, message)
                .with_related_place(absent.key, "absent")
                .with_help(
                    "remove `instances` as well: an absent template takes its instances along",
                ),
        );
    }
}

/// A file below `~/.config/systemd/user` that is a declared unit as well.
fn written_as_file(
    units: &BTreeMap<UnitName, SettledUnit<'_>>,
    user: &SettledUser<'_>,
    work: &mut Work<'_>,
) {
    for (path, file) in &user.files {
        let below = |directory: &str| path.as_str().strip_prefix(directory);
        let name = below(".config/systemd/user/").or_else(|| below(".config/containers/systemd/"));
        let unit = name.and_then(|name| units.get(&UnitName::parse(name).ok()?));
        if let Some(unit) = unit {
            let message = format!("`{}` is declared as a file and as a unit", unit.draft.name);
            work.push(
                Mistake::new(codes::SAME_UNIT_TWICE, file.key, message)
                    .with_label("as a file")
                    .with_related_place(unit.draft.key, "as a unit")
                    .with_help("remove it from `files`"),
            );
        }
    }
}
