//! Lingering that nobody needs, or that somebody should not have.

use std::collections::BTreeMap;

use abide_model::{UnitName, UserName, Wanted};

use crate::codes;
use crate::finding::Mistake;
use crate::schema::Choice;
use crate::schema::unit::UnitState;
use crate::settled::{SettledUnit, SettledUser};
use crate::work::Work;

/// Groups whose members are as good as root, or read what only root should.
const PRIVILEGED: [&str; 7] = ["sudo", "wheel", "admin", "adm", "docker", "lxd", "root"];

/// Looks over a user's lingering; `system` are the units of the system manager.
pub(super) fn lint(
    name: &UserName,
    user: &SettledUser<'_>,
    system: &BTreeMap<UnitName, SettledUnit<'_>>,
    work: &mut Work<'_>,
) {
    lingers_for_nothing(name, user, system, work);
    privileged_lingers(name, user, work);
    linger_off(name, user, work);
}

fn lingers_for_nothing(
    name: &UserName,
    user: &SettledUser<'_>,
    system: &BTreeMap<UnitName, SettledUnit<'_>>,
    work: &mut Work<'_>,
) {
    let Some(said) = user.linger_said.filter(|said| said.value == Choice::Yes) else {
        return;
    };
    let may_run = |unit: &SettledUnit<'_>| {
        unit.is_present()
            && (unit.state.value != UnitState::Stopped || unit.enabled.value != Wanted::No)
    };
    if user.units.values().any(may_run) {
        return;
    }
    let runs_as = |unit: &&SettledUnit<'_>| {
        let effective = unit.draft.effective.as_ref();
        effective.and_then(|effective| effective.last_value("Service", "User"))
            == Some(name.as_str())
    };
    let message = format!("`{name}` lingers and has nothing to run");
    let finding = Mistake::new(codes::LINGERS_FOR_NOTHING, said.key, message).with_label("lingers");
    work.push(match system.values().find(runs_as) {
        Some(unit) => finding
            .with_related_place(unit.draft.key, "runs as this user, in the system manager")
            .with_help("remove `linger`: units of the system manager do not need it"),
        None => finding.with_help(format!(
            "remove `linger`, or declare what runs: `users.{name}.units`"
        )),
    });
}

fn privileged_lingers(name: &UserName, user: &SettledUser<'_>, work: &mut Work<'_>) {
    if user.linger.value != Some(true) {
        return;
    }
    let groups = user.account.groups.iter().flatten();
    let mut groups = groups.chain(&user.account.group);
    let reason = if name.as_str() == "root" {
        "root itself".to_owned()
    } else if let Some(group) = groups.find(|group| PRIVILEGED.contains(&group.as_str())) {
        format!("a member of `{group}`")
    } else {
        return;
    };
    let (at, label) = match user.linger_said {
        Some(said) => (said.key, "lingers"),
        None => (user.key, "lingers, because a unit of it must run"),
    };
    let message =
        format!("`{name}` lingers and is {reason}: its services run with its rights, always");
    work.push(
        Mistake::new(codes::PRIVILEGED_LINGERS, at, message)
            .with_label(label)
            .with_help(
                "run services under a user of their own, with no more rights than they need",
            ),
    );
}

fn linger_off(name: &UserName, user: &SettledUser<'_>, work: &mut Work<'_>) {
    let Some(said) = user.linger_said.filter(|said| said.value == Choice::No) else {
        return;
    };
    let started = user
        .units
        .values()
        .find(|unit| unit.state.value == UnitState::Started);
    if let Some(unit) = started {
        let message = format!(
            "`{}` must run, and `{name}` does not linger: it would stop at logout",
            unit.draft.name
        );
        work.push(
            Mistake::new(codes::LINGER_OFF, said.key, message)
                .with_label("does not linger")
                .with_related_place(unit.draft.key, "must run")
                .with_help("remove `linger: false`, or write `state: unmanaged` for the unit"),
        );
    }
}
