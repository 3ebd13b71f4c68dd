//! A user's lingering: declared, recorded, effective, held.

use abide_model::{
    ActiveState, Change, DesiredUser, Judged, NoteKind, Observation, Observed, ObservedUser, Plan,
    UserName,
};

use super::UserLine;

pub(super) fn line(
    name: &UserName,
    desired: &DesiredUser,
    observed: &Observed,
    plan: &Plan,
) -> UserLine {
    let mut line = UserLine {
        user: name.to_string(),
        present: None,
        declared: desired.linger.value,
        recorded: None,
        effective: None,
        held: None,
        as_declared: None,
        trouble: None,
        notes: Vec::new(),
    };
    let seen = match observed.users.get(name) {
        Some(Observation::Known(user)) => {
            fill(&mut line, user);
            linger_trouble(desired, user)
        }
        Some(Observation::Absent) => {
            line.present = Some(false);
            None
        }
        Some(Observation::Unknown(why)) => {
            line.trouble = Some(format!("unknown: {why}"));
            return line;
        }
        None => {
            line.trouble = Some("unknown: nobody asked for it".to_owned());
            return line;
        }
    };
    // Whether it is as declared is the plan's to say.
    match plan.judge_user(name) {
        Judged::AsDeclared => {
            line.as_declared = Some(true);
            line.notes.extend(seen);
        }
        Judged::Differs => {
            line.as_declared = Some(false);
            line.trouble = planned_trouble(name, plan)
                .or(seen)
                .or_else(|| refusal_reason(name, plan));
        }
        Judged::Unknown => line.trouble = refusal_reason(name, plan),
    }
    line.notes.extend(held_back(name, plan));
    line
}

/// What a plan would do about the account, the lingering or the manager, as what is wrong now.
fn planned_trouble(name: &UserName, plan: &Plan) -> Option<String> {
    plan.actions
        .iter()
        .filter(|action| action.resource.user_of() == Some(name))
        .find_map(|action| match &action.change {
            Change::CreateUser { .. } => Some("there is no such user".to_owned()),
            Change::DeleteUser { .. } => Some("is there, though declared absent".to_owned()),
            Change::ModifyUser(fields) => {
                let fields: Vec<&str> = fields.iter().map(|one| one.field.word()).collect();
                Some(format!("other than declared: {}", fields.join(", ")))
            }
            Change::RestartManager => {
                Some("its manager runs without groups that it should have".to_owned())
            }
            Change::Adopt => Some("it is as declared, and not recorded as abide's".to_owned()),
            Change::Forget => Some("it is gone, and still recorded as abide's".to_owned()),
            // How lingering and the manager are was seen.
            _ => None,
        })
}

fn refusal_reason(name: &UserName, plan: &Plan) -> Option<String> {
    let mut refused = plan.refused.iter();
    let of_user = refused.find(|one| one.resource.user_of() == Some(name));
    of_user.map(|refusal| refusal.reason.clone())
}

/// Restarts of its manager that the manifest holds back.
fn held_back(name: &UserName, plan: &Plan) -> impl Iterator<Item = String> {
    let notes = plan.notes.iter().filter(move |note| {
        note.kind == NoteKind::PendingRestart && note.resource.user_of() == Some(name)
    });
    notes.map(|note| note.text.to_string())
}

fn fill(line: &mut UserLine, user: &ObservedUser) {
    let up = user.linger.manager.is_up();
    line.present = Some(true);
    line.recorded = Some(user.linger.recorded);
    line.effective = Some(up);
    line.held = Some(up && !user.linger.recorded);
}

/// What is wrong with a user's lingering, in order of weight.
fn linger_trouble(desired: &DesiredUser, user: &ObservedUser) -> Option<String> {
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
