//! Hides what looks like a secret in contents that are shown: the one place, before every renderer
//! (docs/decisions/0010).
//!
//! A value whose key looks like one in `Environment=` of a unit and in a line of another file, `SetCredential=`,
//! passwords in URLs, private keys. Whoever wants to see them all says `--show-sensitive`. That a hidden value changes is
//! told: old and new are hidden together.

use std::collections::BTreeSet;

use abide_model::{Before, Body, Bytes, Change, Desired, FilePurpose, Plan};

mod key;
mod scan;
#[cfg(test)]
mod tests;

use scan::{TextPiece, pieces_of_text};

/// What stands for a value.
const HIDDEN: &str = "(hidden)";
/// What stands for a value that is another than before.
const CHANGED: &str = "(hidden, changed)";

/// The change, with nothing in its contents that looks like a secret.
pub(crate) fn change_without_sensitive(change: &Change) -> Change {
    let mut change = change.clone();
    match &mut change {
        Change::WriteFile(write) => {
            let purpose = write.purpose;
            let (before, after) = match (content(&mut write.before), &mut write.body) {
                (before, Body::Plain(after)) => (before, Some(after)),
                (before, Body::Secret { .. }) => (before, None),
            };
            hide(before, after, purpose);
        }
        Change::RemoveFile {
            before, purpose, ..
        } => hide(content(before), None, *purpose),
        _ => {}
    }
    change
}

/// The plan, with nothing in its contents that looks like a secret: to be shown, not to be carried out.
pub fn without_sensitive(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    for action in &mut plan.actions {
        action.change = change_without_sensitive(&action.change);
    }
    plan
}

/// What a manifest asks for, in the same way.
pub fn without_sensitive_contents(desired: &Desired) -> Desired {
    let mut desired = desired.clone();
    let users = desired.users.values_mut();
    let (files, units): (Vec<_>, Vec<_>) = users
        .map(|user| (user.files.values_mut(), user.units.values_mut()))
        .unzip();
    let files = files.into_iter().flatten().map(|file| &mut file.body);
    let units = desired
        .units
        .values_mut()
        .chain(units.into_iter().flatten());
    let units = units.flat_map(|unit| unit.file.iter_mut().chain(unit.drop_ins.values_mut()));
    let files = files.map(|body| (body, FilePurpose::Plain));
    for (body, purpose) in files.chain(units.map(|body| (body, FilePurpose::Unit))) {
        if let Body::Plain(content) = body {
            hide(None, Some(content), purpose);
        }
    }
    desired
}

fn content(before: &mut Before) -> Option<&mut Bytes> {
    match before {
        Before::File { content, .. } => content.as_mut(),
        Before::Absent | Before::Symlink(_) => None,
    }
}

fn hide(before: Option<&mut Bytes>, after: Option<&mut Bytes>, purpose: FilePurpose) {
    let scanned = |bytes: &Bytes| {
        Some(pieces_of_text(
            bytes.as_text()?,
            purpose != FilePurpose::Plain,
        ))
    };
    let old = before.as_deref().and_then(scanned);
    let new = after.as_deref().and_then(scanned);
    let known: BTreeSet<&TextPiece> = old.iter().flatten().collect();
    let keys: BTreeSet<&str> = known
        .iter()
        .filter_map(|piece| piece.secret_subject())
        .collect();
    let is_new = |piece: &TextPiece| {
        let had = piece.secret_subject().is_some_and(|key| keys.contains(key));
        had && !known.contains(piece)
    };
    if let (Some(after), Some(new)) = (after, &new) {
        *after = bytes_to_show(new, is_new);
    }
    if let (Some(before), Some(old)) = (before, &old) {
        *before = bytes_to_show(old, |_| false);
    }
}

fn bytes_to_show(pieces: &[TextPiece], is_new: impl Fn(&TextPiece) -> bool) -> Bytes {
    let text: String = pieces
        .iter()
        .map(|piece| match piece {
            TextPiece::Plain(text) => text.as_str(),
            TextPiece::Secret { .. } if is_new(piece) => CHANGED,
            TextPiece::Secret { .. } => HIDDEN,
        })
        .collect();
    Bytes::from(text.as_str())
}
