//! Facts that are no longer as they were planned from, and on which an action stands that is still wanted.

use abide_model::{
    ActiveState, Aim, Before, Bytes, Change, HostPath, LastChange, Observed, Plan, Precondition,
    ResourceId, Scope, StaleFact, StaleKind, UnitRef, UserName,
};

use super::ApprovedActions;
use super::users::{owning_scope, whose_fact};

/// A fact that has moved.
pub(super) struct Moved {
    /// Who could have done that.
    pub(super) whose: Scope,
    /// The fact.
    pub(super) fact: StaleFact,
}

/// Each such fact.
pub(super) fn facts(
    approved: &Plan,
    fresh: &Plan,
    kept: &ApprovedActions,
    observed: &Observed,
) -> Vec<Moved> {
    let mut moved = Vec::new();
    for then in &approved.preconditions {
        // Where no action of now stands on it, nothing is left to do about it.
        let now = fresh
            .preconditions
            .iter()
            .find(|now| subject(now) == subject(then));
        if let Some(now) = now
            && !is_same(then, now)
            && !is_reached(now, approved, fresh)
        {
            moved.push(Moved {
                whose: whose_fact(then),
                fact: moved_fact(then, now, approved, observed),
            });
        }
    }
    moved.extend(replaced_files(approved, fresh, kept));
    moved
}

/// A fact that moved, with what was wanted of it.
fn moved_fact(
    then: &Precondition,
    now: &Precondition,
    approved: &Plan,
    observed: &Observed,
) -> StaleFact {
    let (resource, wanted, by) = match then {
        Precondition::File { scope, path, .. } => (
            ResourceId::File {
                scope: scope.clone(),
                path: path.clone(),
            },
            planned_content(approved, path),
            last_change(observed, scope, path),
        ),
        Precondition::User { user, .. } => {
            aim_without_change(approved, ResourceId::User(user.clone()))
        }
        Precondition::Linger { user, .. } => {
            aim_without_change(approved, ResourceId::Linger(user.clone()))
        }
        Precondition::Unit { unit, .. } => {
            aim_without_change(approved, ResourceId::Unit(unit.clone()))
        }
    };
    StaleFact::of_resource(
        resource,
        StaleKind::Moved {
            from: then.clone(),
            now: now.clone(),
            by,
            wanted,
        },
    )
}

fn aim_without_change(
    approved: &Plan,
    resource: ResourceId,
) -> (ResourceId, Option<Aim>, Option<LastChange>) {
    let aim = wanted_of(approved, &resource);
    (resource, aim, None)
}

/// What a fact is about.
#[derive(PartialEq, Eq)]
enum Subject<'a> {
    User(&'a UserName),
    Linger(&'a UserName),
    File(&'a HostPath),
    Unit(&'a UnitRef),
}

fn subject(fact: &Precondition) -> Subject<'_> {
    match fact {
        Precondition::File { path, .. } => Subject::File(path),
        Precondition::User { user, .. } => Subject::User(user),
        Precondition::Linger { user, .. } => Subject::Linger(user),
        Precondition::Unit { unit, .. } => Subject::Unit(unit),
    }
}

/// Which run of a unit it is does not matter: a host that was rebooted meanwhile runs the same units. Whether the run
/// still goes on when it is ended is checked again under the host's lock.
fn is_same(then: &Precondition, now: &Precondition) -> bool {
    match (then, now) {
        (Precondition::Unit { active: then, .. }, Precondition::Unit { active: now, .. }) => {
            then == now
        }
        (then, now) => then == now,
    }
}

/// Whether a first part of the plan has brought the fact to where it is: an account was made, a unit stopped that will
/// be started with its new definition.
fn is_reached(now: &Precondition, approved: &Plan, fresh: &Plan) -> bool {
    let has = |plan: &Plan, resource: &ResourceId, wanted: fn(&Change) -> bool| {
        let mut actions = plan.actions.iter();
        actions.any(|one| one.resource == *resource && wanted(&one.change))
    };
    match now {
        Precondition::User { user, uid: Some(_) } => {
            let user = ResourceId::User(user.clone());
            has(approved, &user, |change| {
                matches!(change, Change::CreateUser { .. })
            }) && !has(fresh, &user, |_| true)
        }
        Precondition::Unit {
            unit,
            active: ActiveState::Inactive,
            ..
        } => {
            let unit = ResourceId::Unit(unit.clone());
            let stop = |change: &Change| *change == Change::Stop;
            has(approved, &unit, stop) && !has(fresh, &unit, stop)
        }
        _ => false,
    }
}

/// What stands where a file is written or removed, as far as no precondition says it: a link, or a secret.
fn replaced_files(approved: &Plan, fresh: &Plan, kept: &ApprovedActions) -> Vec<Moved> {
    let before = |change: &Change| match change {
        Change::WriteFile(write) => Some((write.path.clone(), write.before.clone())),
        Change::RemoveFile { path, before, .. } => Some((path.clone(), before.clone())),
        _ => None,
    };
    let mut moved = Vec::new();
    for now_action in &fresh.actions {
        let then = kept.get(&now_action.id);
        let then = then.and_then(|id| approved.action(*id));
        let both = then.and_then(|then| Some((before(&then.change)?, before(&now_action.change)?)));
        if let Some(((path, then), (_, now))) = both
            && kind(&then) != kind(&now)
            && !is_unmasked(&then, &now)
            && !is_told(approved, fresh, &path)
        {
            moved.push(Moved {
                whose: owning_scope(&now_action.resource),
                fact: StaleFact::of_resource(
                    ResourceId::File {
                        scope: now_action.resource.scope(),
                        path,
                    },
                    StaleKind::Replaced { from: then, now },
                ),
            });
        }
    }
    moved
}

/// The link that masked a unit is gone because a first part of the plan unmasked it; had it been there, it would go
/// anyway.
fn is_unmasked(then: &Before, now: &Before) -> bool {
    *then == Before::Symlink("/dev/null".to_owned()) && *now == Before::Absent
}

/// Whether both plans have a precondition about this file.
fn is_told(approved: &Plan, fresh: &Plan, path: &HostPath) -> bool {
    let tells = |plan: &Plan| {
        let mut facts = plan.preconditions.iter();
        facts.any(|fact| subject(fact) == Subject::File(path))
    };
    tells(approved) && tells(fresh)
}

fn kind(before: &Before) -> (u8, &str) {
    match before {
        Before::Absent => (0, ""),
        Before::File { .. } => (1, ""),
        Before::Symlink(target) => (2, target),
    }
}

/// Who changed a file last, and when, as far as it can be told.
fn last_change(observed: &Observed, scope: &Scope, path: &HostPath) -> Option<LastChange> {
    let scope = observed.scopes.get(scope)?.as_known()?;
    let file = scope.files.get(path)?.as_known()?;
    Some(LastChange {
        at: file.changed_at,
        owner: file.owner.clone(),
    })
}

/// What an approved action would have made of a file.
fn planned_content(approved: &Plan, path: &HostPath) -> Option<Aim> {
    approved.actions.iter().find_map(|one| match &one.change {
        Change::WriteFile(write) if write.path == *path => Some(match write.body.is_secret() {
            true => Aim::Secret,
            false => Aim::Content(write.body.bytes().map(Bytes::digest)?),
        }),
        Change::RemoveFile { path: gone, .. } if gone == path => Some(Aim::NothingThere),
        _ => None,
    })
}

/// What an approved action would have made of an account, of lingering or of a unit.
fn wanted_of(approved: &Plan, resource: &ResourceId) -> Option<Aim> {
    let actions = approved.actions.iter().rev();
    let mut of = actions.filter(|one| one.resource == *resource);
    of.find_map(|one| match one.change {
        Change::Stop => Some(Aim::State(ActiveState::Inactive)),
        Change::Start => Some(Aim::State(ActiveState::Active)),
        Change::Restart => Some(Aim::Restarted),
        Change::Reload => Some(Aim::Reloaded),
        Change::EnableLinger => Some(Aim::Lingering(true)),
        Change::DisableLinger => Some(Aim::Lingering(false)),
        Change::DeleteUser { .. } => Some(Aim::Deleted),
        Change::CreateUser { .. } => Some(Aim::Created),
        _ => None,
    })
}
