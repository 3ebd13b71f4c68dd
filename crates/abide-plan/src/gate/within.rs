//! Whether an action that would be planned now is one that was approved.

use abide_model::{Action, Body, Change, WriteFile};

/// Whether `now` does nothing that `approved` does not: the same change of the same thing, or a part of it because the
/// rest is done. What a file held before is a fact, and looked at as such.
pub(super) fn is_within(now: &Action, approved: &Action) -> bool {
    now.resource == approved.resource && is_part(&now.change, &approved.change)
}

fn is_part(now: &Change, approved: &Change) -> bool {
    match (now, approved) {
        (Change::WriteFile(now), Change::WriteFile(approved)) => {
            let WriteFile {
                path,
                purpose,
                body,
                mode,
                before: _,
            } = approved;
            (&now.path, &now.purpose, &now.mode) == (path, purpose, mode)
                && is_same(&now.body, body)
        }
        (
            Change::RemoveFile { path, purpose, .. },
            Change::RemoveFile {
                path: approved_path,
                purpose: approved_purpose,
                ..
            },
        ) => (path, purpose) == (approved_path, approved_purpose),
        (
            Change::Enable { add, remove, file },
            Change::Enable {
                add: all_added,
                remove: all_removed,
                file: approved_file,
            },
        ) => {
            // What was approved before anybody could see the unit's file: whatever links that asks for.
            let unseen = approved_file.is_none() && all_added.is_empty();
            let same_file = file == approved_file || add.is_empty();
            unseen && remove.is_empty()
                || same_file && add.is_subset(all_added) && remove.is_subset(all_removed)
        }
        (Change::Disable { remove }, Change::Disable { remove: all }) => remove.is_subset(all),
        (Change::ModifyUser(now), Change::ModifyUser(approved)) => {
            now.iter().all(|field| approved.contains(field))
        }
        (now, approved) => now == approved,
    }
}

/// A secret in a file has no bytes: that it is the approved one is checked with the file's key.
fn is_same(now: &Body, approved: &Body) -> bool {
    match (now, approved) {
        (Body::Plain(now), Body::Plain(approved)) => now == approved,
        (
            Body::Secret { source: now, .. },
            Body::Secret {
                source: approved, ..
            },
        ) => now == approved,
        _ => false,
    }
}
