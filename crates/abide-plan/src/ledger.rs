//! What the ledger will say, and which configuration a unit runs by it.
//!
//! The ledger says who owns a thing and how abide left it, never what is true: that is observed.

use abide_model::{Body, Change, Digest, HostPath, Ledger, LedgerFile, Plan, ResourceId, UnitRef};
use abide_unit::Effective;

/// What stands in a ledger for the digest of a secret: a digest of the secret itself could be guessed from, and
/// ledgers are part of plans.
fn secret() -> Digest {
    Digest::of(b"secret")
}

/// The digest that the ledger keeps of a file with this content.
pub(crate) fn digest_of(body: &Body) -> Digest {
    match body {
        Body::Plain(bytes) => bytes.digest(),
        Body::Secret { .. } => secret(),
    }
}

/// Whether the file was a secret when abide left it.
pub(crate) fn is_secret(file: &LedgerFile) -> bool {
    file.digest == Some(secret())
}

/// The digest of what a unit runs and only a restart changes: its [`Effective::restart_digest`], then for each file
/// in `restart_on`, in the order of their paths, the path and the digest of its content (empty where there is none).
///
/// Secrets are no part of it, so that nothing in a plan can be guessed from; that one changed is seen by its ctime.
pub(crate) fn config_digest<'a>(
    effective: &Effective,
    files: impl IntoIterator<Item = (&'a HostPath, Option<Digest>)>,
) -> Digest {
    let digest = effective.restart_digest().to_string();
    let mut parts = vec![digest];
    for (path, digest) in files {
        parts.push(path.to_string());
        parts.push(digest.map(|digest| digest.to_string()).unwrap_or_default());
    }
    Digest::of_parts(parts.iter().map(String::as_bytes))
}

/// The ledger before the first change: everything owned before or after. A file that is about to be written has no
/// digest, and a unit is claimed: that is how a later run sees that this one was cut. Nothing is said of attributes that are about to change.
pub(crate) fn claim(before: &Ledger, plan: &Plan) -> Ledger {
    let mut claim = plan.ledger_after.clone();
    for (path, file) in &before.files {
        claim.files.insert(path.clone(), file.clone());
    }
    for action in &plan.actions {
        if let Change::WriteFile(write) = &action.change
            && let Some(file) = claim.files.get_mut(&write.path)
        {
            file.digest = None;
        }
    }
    for unit in claim.units.values_mut() {
        unit.invocation = String::new();
        unit.config = None;
    }
    for (unit, left) in &before.units {
        let enabled = claim.units.get(unit).is_some_and(|unit| unit.enabled);
        let mut left = left.clone();
        left.enabled |= enabled;
        claim.units.insert(unit.clone(), left);
    }
    for action in &plan.actions {
        let ResourceId::Unit(unit) = &action.resource else {
            continue;
        };
        let loaded = UnitRef::new(&unit.scope, &unit.unit.loaded_as());
        for unit in [unit, &loaded] {
            if let Some(left) = claim.units.get_mut(unit) {
                left.claimed = true;
            }
        }
    }
    claim.users.extend(before.users.iter().cloned());
    claim.lingers.extend(before.lingers.iter().cloned());
    claim.attributes.clone_from(&before.attributes);
    for action in &plan.actions {
        if let ResourceId::User(user) = &action.resource {
            claim.attributes.remove(user);
        }
    }
    claim
}
