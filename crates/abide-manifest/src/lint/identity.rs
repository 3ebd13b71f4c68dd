//! A user manager cannot run anything as another user or group (systemd-facts.md#user-unit-user: 216/GROUP). Naming its own user
//! fails as well on systemd 252; 257 accepts that.

use abide_model::UserName;

use super::{View, at_word};
use crate::codes;
use crate::work::Work;

/// `User=` and its like in a user unit.
pub(super) fn lint(view: &View<'_, '_>, user: &UserName, work: &mut Work<'_>) {
    for (text, entry) in view.entries() {
        let switches = match entry.section.as_str() {
            "Service" | "Mount" | "Swap" => {
                matches!(entry.key.as_str(), "User" | "Group" | "SupplementaryGroups")
            }
            "Socket" => matches!(
                entry.key.as_str(),
                "User" | "Group" | "SupplementaryGroups" | "SocketUser" | "SocketGroup"
            ),
            _ => false,
        };
        if switches && view.unit.draft.name.kind().is_quadlet() {
            continue;
        }
        if switches {
            let message = format!(
                "a user unit cannot have `{}=`: it would fail to start",
                entry.key
            );
            work.push(
                at_word(
                    codes::OTHER_USER,
                    (text, entry),
                    &entry.value,
                    message,
                    &work.texts,
                )
                .with_label(format!("runs as `{user}` already"))
                .with_help(format!(
                    "remove `{}=`, or declare the unit under the user that it should run as",
                    entry.key
                )),
            );
        }
    }
}
