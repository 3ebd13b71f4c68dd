//! Contradictions of a user.

use abide_model::UserName;

use crate::codes;
use crate::finding::Mistake;
use crate::schema::Choice;
use crate::schema::user::UserState;
use crate::settled::{SettledHost, SettledUser};
use crate::work::Work;

/// Checks a user.
pub(crate) fn check(name: &UserName, user: &SettledUser<'_>, work: &mut Work<'_>) {
    if user.state.value == UserState::Absent {
        absent_and_wanted(name, user, work);
        return;
    }
    let of_removal = [
        ("remove_home", user.remove_home),
        ("end_processes", user.end_processes),
    ];
    for (key, said) in of_removal {
        if let Some(said) = said.filter(|said| *said.value) {
            let message = format!("`{key}` has no effect while `{name}` is present");
            work.push(
                Mistake::new(codes::NO_EFFECT, said.key, message)
                    .with_label("no effect")
                    .with_help("write `state: absent` as well, or remove it"),
            );
        }
    }
}

/// What a lower rank says of an absent user is outdone: a host can do without what its groups declare.
fn absent_and_wanted(name: &UserName, user: &SettledUser<'_>, work: &mut Work<'_>) {
    let lingers = user.linger_said.filter(|said| said.value == Choice::Yes);
    let lingers = lingers.map(|said| (said.by, said.key, "to linger"));
    let units = user.units.values().filter(|unit| unit.is_present());
    let units = units.map(|unit| (unit.draft.by, unit.draft.key, "a unit of it"));
    let files = user.files.values();
    let files = files.map(|file| (file.by, file.key, "a file of it"));
    let outdone = |by| {
        user.state
            .why
            .declared_by()
            .is_some_and(|absent| absent.is_ranked_above(by))
    };
    for (by, at, label) in lingers.into_iter().chain(units).chain(files) {
        if outdone(by) {
            continue;
        }
        let message = format!("user `{name}` is absent, and something is wanted of it");
        let finding = Mistake::new(codes::ABSENT_AND_WANTED, at, message).with_label(label);
        let finding = match user.state.why.key() {
            Some(key) => finding.with_related_place(key, "absent"),
            None => finding,
        };
        work.push(
            finding.with_help("remove one of the two: an absent user takes everything along"),
        );
    }
}

/// `enforce` goes beyond `exclusive`.
pub(crate) fn check_linger_policy(host: &SettledHost<'_>, work: &mut Work<'_>) {
    let exclusive = host.exclusive.is_some_and(|said| *said.value);
    if let Some(enforce) = host.enforce.filter(|said| *said.value && !exclusive) {
        let message = "`enforce` has no effect without `exclusive: true`";
        work.push(
            Mistake::new(codes::NO_EFFECT, enforce.key, message)
                .with_label("no effect")
                .with_help("write `{exclusive: true, enforce: true}`"),
        );
    }
}
