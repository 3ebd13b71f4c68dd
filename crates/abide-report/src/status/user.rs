//! A user's lingering: declared, recorded, effective, held.

use abide_model::{
    ActiveState, DesiredUser, Observation, Observed, ObservedUser, Presence, UserName,
};

use super::UserLine;

pub(super) fn line(name: &UserName, desired: &DesiredUser, observed: &Observed) -> UserLine {
    let mut line = UserLine {
        user: name.to_string(),
        present: None,
        declared: desired.linger.value,
        recorded: None,
        effective: None,
        held: None,
        as_declared: None,
        trouble: None,
    };
    let wanted = desired.state == Presence::Present;
    match observed.users.get(name) {
        Some(Observation::Known(user)) => {
            fill(&mut line, user);
            line.trouble = if wanted {
                trouble(desired, user)
            } else {
                Some("is there, though declared absent".to_owned())
            };
            line.as_declared = Some(line.trouble.is_none());
        }
        Some(Observation::Absent) => {
            line.present = Some(false);
            line.trouble = wanted.then(|| "there is no such user".to_owned());
            line.as_declared = Some(!wanted);
        }
        Some(Observation::Unknown(why)) => line.trouble = Some(format!("unknown: {why}")),
        None => line.trouble = Some("unknown: nobody asked for it".to_owned()),
    }
    line
}

fn fill(line: &mut UserLine, user: &ObservedUser) {
    let up = user.linger.manager.is_up();
    line.present = Some(true);
    line.recorded = Some(user.linger.recorded);
    line.effective = Some(up);
    line.held = Some(up && !user.linger.recorded);
}

/// What is wrong with a user's lingering, in order of weight.
fn trouble(desired: &DesiredUser, user: &ObservedUser) -> Option<String> {
    let linger = &user.linger;
    match (desired.linger.value, linger.recorded) {
        (Some(true), false) if linger.manager.is_up() => Some(
            "lingering is declared and not recorded: only an open session holds its units up"
                .to_owned(),
        ),
        (Some(true), false) => Some(
            "lingering is declared and not recorded: its units do not run without a session"
                .to_owned(),
        ),
        (Some(false), true) => Some("it lingers, though declared not to".to_owned()),
        (_, true) if linger.manager != ActiveState::Active => Some(format!(
            "it lingers, but its manager is {}: see `journalctl -u user@{}.service` there",
            linger.manager.word(),
            user.uid
        )),
        _ => None,
    }
}
