//! Lingering that is switched off: declared so, ours and no longer needed, or undeclared where only declared users
//! may linger.
//!
//! It stops the user's manager with everything in it, so it comes last and never where somebody else's unit is
//! enabled there.

use std::collections::BTreeSet;

use abide_model::{
    Cause, Change, Field, LingerExclusive, LingerNote, LingerReason, NoteKind, NoteText,
    Observation, Presence, ResourceId, Scope, UnitName, UserName,
};

use crate::causes::{difference_cause, names, safe_host_text};
use crate::draft::{Draft, DraftStep, Phase};
use crate::host::Host;
use crate::linger::may_switch;
use crate::places::{LedgerPlace, Places};
use crate::refuse::Denied;

/// Switches lingering off.
pub(crate) fn draft(host: &Host<'_>, draft: &mut Draft) {
    for (name, user) in &host.desired.users {
        if user.state == Presence::Present && user.linger.value == Some(false) {
            declared_off(host, draft, name);
        }
    }
    for name in &host.ledger.lingers {
        no_longer_needed(host, draft, name);
    }
    if let Some(exclusive) = &host.desired.linger_exclusive {
        undeclared(host, draft, exclusive);
    }
}

fn declared_off(host: &Host<'_>, draft: &mut Draft, name: &UserName) {
    if !host.is_lingering(name) {
        draft.ledger.lingers.remove(name);
        return;
    }
    match may_end(host, name) {
        Ok(()) => end(draft, name, difference_cause(Field::Linger, "on", "off")),
        Err(denied) => draft.refuse(denied.into_refusal(ResourceId::Linger(name.clone()))),
    }
}

/// Lingering that abide switched on, of a user for whom nothing asks for it any more.
fn no_longer_needed(host: &Host<'_>, draft: &mut Draft, name: &UserName) {
    let resource = ResourceId::Linger(name.clone());
    match host.desired.users.get(name) {
        Some(user) if user.state == Presence::Absent => return,
        Some(user) => match (user.linger.value, &user.linger.reason) {
            (None, LingerReason::Unasked) => {}
            // `linger: unmanaged` lets go of it.
            (None, _) => {
                draft.ledger.lingers.remove(name);
                return;
            }
            (Some(_), _) => return,
        },
        None => {}
    }
    if !host.is_lingering(name) {
        draft.ledger.lingers.remove(name);
        let step = DraftStep::new(Phase::Claims, resource, Change::Forget);
        draft.add(step.with_cause(Cause::Undeclared));
    } else if !host.desired.policy.prune {
        let text = note(name, LingerNote::Orphan);
        draft.note(resource, NoteKind::Orphan, text);
    } else if let Err(denied) = may_end(host, name) {
        // Nobody asked for this, so it is no failure to leave it.
        let refusal = denied.into_refusal(resource.clone());
        let why = refusal.reason;
        let text = note(name, LingerNote::Stays { why });
        draft.note(resource, NoteKind::Orphan, text);
    } else {
        end(draft, name, Cause::Undeclared);
    }
}

/// Lingering users whom nobody declares, where the manifest says that there should be none.
fn undeclared(host: &Host<'_>, draft: &mut Draft, exclusive: &LingerExclusive) {
    let lingering = match &host.observed.lingering {
        Observation::Known(names) => names,
        Observation::Absent => return,
        Observation::Unknown(why) => {
            let denied = Denied::not_seen(format!(
                "who else lingers could not be seen: {}",
                safe_host_text(&why.to_string())
            ));
            draft.refuse(denied.into_refusal(ResourceId::Manager(Scope::System)));
            return;
        }
    };
    for text in lingering {
        let Ok(name) = UserName::parse(text) else {
            continue;
        };
        let declared = host.desired.users.contains_key(&name);
        if !declared && !host.ledger.lingers.contains(&name) {
            one_undeclared(host, draft, exclusive, &name);
        }
    }
}

fn one_undeclared(
    host: &Host<'_>,
    draft: &mut Draft,
    exclusive: &LingerExclusive,
    name: &UserName,
) {
    let resource = ResourceId::Linger(name.clone());
    let mut tell = |says: LingerNote| {
        let text = note(name, says);
        draft.note(resource.clone(), NoteKind::UndeclaredLinger, text);
    };
    if let Some(other) = host.user_owner(name) {
        tell(LingerNote::OfManifest(other.clone()));
    } else if matches!(host.user(name), Observation::Absent) {
        tell(LingerNote::NoAccount);
    } else if *name == host.observed.facts.login && exclusive.enforce {
        tell(LingerNote::OfLogin);
    } else if !exclusive.enforce {
        tell(LingerNote::Undeclared);
    } else if let Err(denied) = may_switch(host, name) {
        draft.refuse(denied.into_refusal(resource));
    } else {
        end(draft, name, Cause::Undeclared);
    }
}

fn note(user: &UserName, says: LingerNote) -> NoteText {
    NoteText::Linger {
        user: user.clone(),
        says,
    }
}

/// Whether switching it off harms nobody else, and may be done from this login.
fn may_end(host: &Host<'_>, name: &UserName) -> Result<(), Denied> {
    if let Some(other) = host.user_owner(name) {
        return Err(Denied::by_guard(format!(
            "manifest {other} needs it for what it has there"
        )));
    }
    let foreign = foreign_enabled(host, name)?;
    if !foreign.is_empty() {
        return Err(Denied::by_guard(format!(
            "{} would stop and not start at boot: enabled there, and not by this manifest",
            names(foreign, 5)
        ))
        .with_help("disable them, or declare `linger: unmanaged`"));
    }
    may_switch(host, name)
}

/// Units that are enabled in a user's scope and are no business of this manifest.
fn foreign_enabled(host: &Host<'_>, name: &UserName) -> Result<BTreeSet<UnitName>, Denied> {
    let scope = Scope::User(name.clone());
    let seen = match host.scope(&scope) {
        Observation::Known(seen) => seen,
        Observation::Absent => return Ok(BTreeSet::new()),
        Observation::Unknown(why) => {
            return Err(Denied::not_seen(format!(
                "what else is enabled there could not be seen: {}",
                safe_host_text(&why.to_string())
            )));
        }
    };
    let ours = our_units(host, &scope, name);
    let mut enabled: BTreeSet<UnitName> = seen
        .links
        .iter()
        .filter_map(|link| link.path.split_once('/'))
        .filter_map(|(_, unit)| UnitName::parse(unit).ok())
        .collect();
    enabled.retain(|unit| {
        let template = unit.template();
        !ours.contains(unit) && !template.is_some_and(|template| ours.contains(&template))
    });
    Ok(enabled)
}

fn our_units(host: &Host<'_>, scope: &Scope, name: &UserName) -> BTreeSet<UnitName> {
    let places = Places::of_home(&host.home(name));
    let of_file = |path| match places.as_ref().map(|places| places.classify(path)) {
        Ok(LedgerPlace::Unit(unit)) => Some(unit),
        _ => None,
    };
    let files = host.ledger.files.iter();
    let declared = host.units(scope).into_iter().flatten();
    files
        .filter(|(_, file)| file.scope == *scope)
        .filter_map(|(path, _)| of_file(path))
        .chain(declared.map(|(unit, _)| unit.clone()))
        .chain(
            host.ledger
                .units
                .keys()
                .filter(|unit| unit.scope == *scope)
                .map(|unit| unit.unit.clone()),
        )
        .collect()
}

fn end(draft: &mut Draft, name: &UserName, cause: Cause) {
    let scope = Scope::User(name.clone());
    let stops: Vec<_> = draft.steps_of(Phase::Stop, &scope).collect();
    let resource = ResourceId::Linger(name.clone());
    let step = DraftStep::new(Phase::LingerOff, resource, Change::DisableLinger);
    draft.add(step.with_cause(cause).after_steps(stops));
    draft.ledger.lingers.remove(name);
}
