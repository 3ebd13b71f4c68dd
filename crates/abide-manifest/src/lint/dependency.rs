//! Dependencies of user units on units of the system manager: a user manager does not see them.

use abide_model::UnitName;

use super::system_only::is_system_only;
use super::{View, at_word};
use crate::codes;
use crate::work::Work;

/// Keys that make a start fail where the unit does not exist.
const REQUIRING: [&str; 3] = ["Requires", "BindsTo", "Requisite"];
/// Keys that have no effect then.
const INERT: [&str; 5] = ["After", "Before", "Wants", "PartOf", "Upholds"];

/// `is_foreign` knows units that this host's manifest declares for the system only.
pub(super) fn lint(
    view: &View<'_, '_>,
    is_foreign: impl Fn(&UnitName) -> bool,
    work: &mut Work<'_>,
) {
    let units = view.entries().filter(|(_, entry)| entry.section == "Unit");
    for (text, entry) in units {
        let key = entry.key.as_str();
        for word in entry.value.split_whitespace() {
            let declared = UnitName::parse(word).is_ok_and(|name| is_foreign(&name));
            if !declared && !is_system_only(word) {
                continue;
            }
            if !view.may_tell() {
                return;
            }
            if REQUIRING.contains(&key) {
                let message =
                    format!("`{word}` does not exist in a user manager, so this unit cannot start");
                work.push(
                    at_word(
                        codes::REQUIRES_SYSTEM_UNIT,
                        (text, entry),
                        word,
                        message,
                        &work.texts,
                    )
                    .with_label("a unit of the system manager")
                    .with_help(format!(
                        "remove it from `{key}=`: a user unit cannot wait for system units"
                    )),
                );
            } else if INERT.contains(&key) {
                let message = format!("`{key}={word}` has no effect in a user unit");
                work.push(
                    at_word(codes::INERT_ORDERING, (text, entry), word, message, &work.texts)
                        .with_label("a unit of the system manager")
                        .with_help("remove it; what is not up yet when the unit starts is retried with `Restart=on-failure`"),
                );
            }
        }
    }
}
