//! What `drift --fix` restores, and what it leaves: each with its reason.

use abide_model::{Desired, HomePath, HostPathOrHome, OnChange, Wanted};
use abide_sim::{DesiredBuilder, Edit, SimHost, desired, unit_ref, user};

use super::drift::{told, web};
use super::support::{WEB, as_declared, one, seen_unit, service, steps};
use crate::{Restored, restore};

fn restored(host: &SimHost, wanted: &Desired) -> Restored {
    restore(wanted, &host.observe(wanted))
}

/// What is left alone, each as `RESOURCE: REASON`.
fn left(restored: &Restored) -> Vec<String> {
    let left = restored.drift.left.iter();
    left.map(|one| format!("{}: {}", one.resource, one.reason))
        .collect()
}

fn added_by_hand() -> Edit {
    let text = "[Service]\nNice=5\n".to_owned();
    Edit::DropIn(unit_ref(WEB), "50-mine.conf".to_owned(), text)
}

#[test]
fn a_drop_in_that_somebody_added_is_left_with_its_reason() {
    let wanted = web("/bin/web");
    let mut host = as_declared(&wanted);
    host.edit(&added_by_hand());
    let reason = "abide removes no drop-in that it did not write: remove it, or declare it";
    let restored = restored(&host, &wanted);
    assert_eq!(left(&restored), [format!("{WEB}: {reason}")]);
    assert!(restored.plan.is_empty());
}

#[test]
fn a_unit_that_does_not_stay_up_is_left_with_its_reason() {
    let wanted = web("/bin/web");
    let mut seen = as_declared(&wanted).observe(&wanted);
    seen_unit(&mut seen, WEB).sub = "auto-restart".to_owned();
    assert_eq!(
        left(&restore(&wanted, &seen)),
        [format!(
            "{WEB}: nothing that abide restores would make it stay up"
        )]
    );
}

#[test]
fn lingering_that_the_manifest_only_reports_is_left_with_its_reason() {
    let wanted = one("web.service", &service("/bin/web"))
        .linger_exclusive(false)
        .build();
    let mut host = as_declared(&wanted).with_user("eve");
    host.edit(&Edit::EnableLinger(user("eve")));
    assert_eq!(
        left(&restored(&host, &wanted)),
        ["linger eve: no action of abide changes it"]
    );
}

#[test]
fn a_refusal_elsewhere_is_no_part_of_what_restores() {
    let both = |other: &str, on_change: OnChange| {
        let wanted = one("web.service", &service("/bin/web"));
        let wanted = wanted.unit("other.service", &service(other));
        wanted.on_change(on_change).build()
    };
    let mut host = as_declared(&both("/bin/a", OnChange::Restart));
    host.edit(&Edit::Stop(unit_ref(WEB)));
    // It cannot be reloaded.
    let wanted = both("/bin/b", OnChange::Reload);
    let restored = restored(&host, &wanted);
    assert_eq!(steps(&restored.plan), [format!("{WEB}: start")]);
    assert_eq!(restored.plan.refused, []);
    assert!(
        told(&host, &wanted)
            .iter()
            .any(|line| line.contains("refused: "))
    );
}

#[test]
fn a_stop_that_the_manifest_asks_for_by_now_restores_nothing() {
    let mut host = as_declared(&web("/bin/web"));
    host.edit(&Edit::Write(unit_ref(WEB), service("/bin/other")));
    let stopped = one("web.service", &service("/bin/web"));
    let stopped = stopped.with_running(Wanted::No).build();
    let restored = restored(&host, &stopped);
    assert!(
        left(&restored)[0].contains("the manifest has moved on"),
        "{:?}",
        left(&restored)
    );
    assert!(restored.plan.is_empty());
}

/// A web service that is restarted when its environment changes, and that environment.
fn with_environment(value: &str) -> DesiredBuilder {
    let at = HostPathOrHome::Home(HomePath::parse(".config/app/env").unwrap());
    let user = desired("h1").user("deploy").file(".config/app/env", value);
    user.unit("web.service", &service("/bin/web"))
        .restart_on(at)
}

#[test]
fn what_cannot_be_restored_without_a_part_of_the_rollout_is_left_to_it() {
    let host = as_declared(&with_environment("A=1\n").build());
    let wanted = with_environment("A=2\n").build();
    let without = "it cannot be restored without what the manifest asks for beside it: ";
    for edit in [Edit::Stop(unit_ref(WEB)), added_by_hand()] {
        let mut host = host.clone();
        host.edit(&edit);
        let restored = restored(&host, &wanted);
        let left = left(&restored);
        assert_eq!(left.len(), 1, "{edit:?}: {left:?}");
        assert!(
            left[0].starts_with(&format!("{WEB}: {without}")),
            "{edit:?}: {left:?}"
        );
        assert!(
            restored.plan.is_empty(),
            "{edit:?}: {:?}",
            steps(&restored.plan)
        );
    }
}

#[test]
fn the_same_edits_are_restored_where_no_rollout_waits() {
    let wanted = with_environment("A=1\n").build();
    let mut host = as_declared(&wanted);
    host.edit(&Edit::Stop(unit_ref(WEB)));
    let restored = restored(&host, &wanted);
    assert_eq!(left(&restored), Vec::<String>::new());
    host.apply(&restored.plan);
    assert_eq!(told(&host, &wanted), Vec::<String>::new());
}
