//! What the ledger will say, and which configuration a unit runs by it.
//!
//! The ledger says who owns a thing and how abide left it, never what is true: that is observed.

use abide_model::{
    Action, Body, Change, Digest, Held, HostPath, Ledger, LedgerFile, LedgerReads, Plan,
    ResourceId, UnitRef,
};

/// What stands in a ledger for the digest of a secret: a digest of the secret itself could be guessed from, and
/// ledgers are part of plans.
pub(crate) fn secret() -> Digest {
    Digest::of_bytes(b"secret")
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

/// The digest of what a unit runs and only a restart changes: that of its definition
/// ([`Effective::restart_digest`](abide_unit::Effective::restart_digest)), then for each file
/// in `restart_on`, in the order of their paths, the path and the digest of its content (empty where there is none).
///
/// Secrets are no part of it, so that nothing in a plan can be guessed from; that one changed is seen by its ctime.
pub(crate) fn config_digest<'a>(
    definition: Digest,
    files: impl IntoIterator<Item = (&'a HostPath, Option<Digest>)>,
) -> Digest {
    let mut parts = vec![definition.to_string()];
    for (path, digest) in files {
        parts.push(path.to_string());
        parts.push(digest.map(|digest| digest.to_string()).unwrap_or_default());
    }
    Digest::of_parts(parts.iter().map(String::as_bytes))
}

/// What is about to be written does not stay as it was left, and where two runs are cut it may be put back: a unit that was
/// started between them has neither.
fn forget_what_is_written(claim: &mut Ledger, plan: &Plan) {
    for action in &plan.actions {
        let Some(path) = file_of_action(action) else {
            continue;
        };
        for (unit, left) in &mut claim.units {
            if let Some(read) = left.reads.files.get_mut(path) {
                read.left = None;
                // Nothing tells the old secret from the new one.
                read.run = read.run.filter(|run| *run != Held::Digest(secret()));
            }
            let is_its_own = matches!(&action.resource, ResourceId::Unit(of)
                if of.scope == unit.scope
                    && [Some(unit.unit.clone()), unit.unit.template()]
                        .contains(&Some(plan.loaded_as(of))));
            if let (true, Some(read)) = (is_its_own, &mut left.reads.definition) {
                read.left = None;
            }
        }
    }
}

/// The file that an action writes or removes.
fn file_of_action(action: &Action) -> Option<&HostPath> {
    match &action.change {
        Change::WriteFile(write) => Some(&write.path),
        Change::RemoveFile { path, .. } => Some(path),
        _ => None,
    }
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
        unit.reads = LedgerReads::default();
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
        let loaded = UnitRef::new(&unit.scope, &plan.loaded_as(unit));
        for unit in [unit, &loaded] {
            if let Some(left) = claim.units.get_mut(unit) {
                left.claimed = true;
            }
        }
    }
    forget_what_is_written(&mut claim, plan);
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
