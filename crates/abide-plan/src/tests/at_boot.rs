//! Units that are enabled as declared, and that a boot does not start: by what every observation shows.

use abide_model::{
    ActiveState, Boot, Judged, Link, NoteKind, Observation, Observed, ObservedUnit, Rehearsal,
    UnitName,
};
use abide_sim::{DesiredBuilder, desired, scope, unit_ref, user};

use super::support::{WEB, as_declared, notes, refusals, seen_of, seen_unit, service, steps};
use crate::{drift, plan};

const OTHER: &str = "user:deploy/other.service";

fn name(name: &str) -> UnitName {
    UnitName::parse(name).unwrap()
}

/// Two enabled services of a user who lingers.
fn two(wanted_by: &str) -> DesiredBuilder {
    let text = service("/bin/web").replace("default.target", wanted_by);
    desired("h1")
        .user("deploy")
        .unit("web.service", &text)
        .unit("other.service", &service("/bin/other"))
        .linger(Some(true))
}

/// What is refused and noted after a change to what was seen, where nothing is to be done.
fn told(wanted: &DesiredBuilder, change: impl FnOnce(&mut Observed)) -> (Vec<String>, Vec<String>) {
    let wanted = wanted.clone().build();
    let mut seen = as_declared(&wanted).observe(&wanted);
    change(&mut seen);
    let planned = plan(&wanted, &seen);
    assert_eq!(steps(&planned), Vec::<String>::new());
    // Everybody says the same.
    let drifted = drift(&wanted, &seen);
    assert_eq!(
        planned.refused.is_empty(),
        drifted.resources.is_empty(),
        "{drifted:?}"
    );
    let web = abide_model::ResourceId::Unit(unit_ref(WEB));
    let refused = planned.refused.iter().any(|one| one.resource == web);
    let judged = planned.judge(&[&web]);
    assert_eq!(judged == Judged::Differs, refused);
    (refusals(&planned), notes(&planned))
}

fn ordered(seen: &mut Observed, unit: &str, key: &str, other: &str) {
    let relations = &mut seen_unit(seen, unit).relations;
    let named = relations.entry(key.to_owned()).or_default();
    named.insert(name(other));
}

#[test]
fn what_is_enabled_and_starts_is_told_nothing_of() {
    let quiet = (Vec::new(), Vec::new());
    assert_eq!(told(&two("default.target"), |_| ()), quiet);
    // An order without a circle, and one whose other half is not started by a boot.
    let told = told(&two("default.target"), |seen| {
        ordered(seen, WEB, "After", "other.service");
        ordered(seen, OTHER, "Before", "web.service");
        ordered(seen, WEB, "Before", "elsewhere.service");
        ordered(seen, WEB, "After", "elsewhere.service");
    });
    assert_eq!(told, quiet);
}

#[test]
fn what_a_manager_needs_at_boot_is_refused_where_it_is_masked() {
    for masked in [
        "user-runtime-dir@1000.service",
        "user-1000.slice",
        "user.slice",
        "systemd-logind.service",
    ] {
        let (refused, noted) = told(&two("default.target"), |seen| {
            let Some(Observation::Known(seen)) = seen.users.get_mut(&user("deploy")) else {
                panic!()
            };
            seen.linger.masked = UnitName::parse(masked).ok();
        });
        let why = format!(
            "it is enabled, and a boot does not start it: the user manager needs {masked}, which is masked"
        );
        assert_eq!(
            refused,
            [format!("{OTHER}: {why}"), format!("{WEB}: {why}")]
        );
        assert_eq!(noted, Vec::<String>::new());
    }
}

#[test]
fn a_masked_manager_is_refused_for_each_of_its_units() {
    let (refused, noted) = told(&two("default.target"), |seen| {
        let Some(Observation::Known(seen)) = seen.users.get_mut(&user("deploy")) else {
            panic!()
        };
        seen.linger.masked = UnitName::parse("user@1000.service").ok();
    });
    let why = "it is enabled, and a boot does not start it: user manager masked";
    assert_eq!(
        refused,
        [format!("{OTHER}: {why}"), format!("{WEB}: {why}")]
    );
    assert_eq!(noted, Vec::<String>::new());
}

#[test]
fn a_masked_target_of_every_boot_is_refused() {
    let (refused, _) = told(&two("timers.target"), |seen| {
        seen_of(seen, "user:deploy").links.insert(Link {
            path: "timers.target".to_owned(),
            target: "/dev/null".to_owned(),
        });
    });
    assert_eq!(
        refused,
        [format!(
            "{WEB}: it is enabled, and a boot does not start it: timers.target is masked"
        )]
    );
}

#[test]
fn a_cycle_is_refused_for_those_in_it_and_for_no_other() {
    let (refused, _) = told(&two("default.target"), |seen| {
        ordered(seen, WEB, "After", "other.service");
        ordered(seen, WEB, "Before", "other.service");
    });
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused[1].ends_with("in a cycle with other.service"));
    // With a target that every boot brings up.
    let (refused, _) = told(&two("default.target"), |seen| {
        ordered(seen, WEB, "After", "basic.target");
        ordered(seen, WEB, "Before", "basic.target");
        ordered(seen, OTHER, "After", "web.service");
    });
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(refused[0].starts_with(WEB) && refused[0].ends_with("in a cycle with basic.target"));
}

#[test]
fn a_cycle_through_neighbours_that_nobody_declares_is_refused_where_they_start_at_boot() {
    let neighbour = |id: &str, wanted_by: &str, after: &str| {
        let mut unit = ObservedUnit::not_found(&name(id));
        unit.load = "loaded".to_owned();
        unit.relations = [
            ("WantedBy".to_owned(), [name(wanted_by)].into()),
            ("After".to_owned(), [name(after)].into()),
        ]
        .into();
        unit
    };
    let with = |wanted_by: &str, last: &str| {
        told(&two("default.target"), |seen| {
            ordered(seen, WEB, "After", "x.service");
            let beside = &mut seen_of(seen, "user:deploy").beside;
            for unit in [
                neighbour("x.service", wanted_by, "y.service"),
                neighbour("y.service", "x.service", last),
            ] {
                beside.insert(unit.id.clone(), unit);
            }
        })
        .0
    };
    for wanted_by in ["default.target", "web.service"] {
        let refused = with(wanted_by, "web.service");
        assert_eq!(refused.len(), 1, "{wanted_by}: {refused:?}");
        assert!(
            refused[0].starts_with(WEB)
                && refused[0].ends_with("in a cycle with x.service, y.service"),
            "{refused:?}"
        );
    }
    // Without a circle, and where no boot starts them.
    assert_eq!(with("default.target", "z.service"), Vec::<String>::new());
    assert_eq!(with("sleep.target", "web.service"), Vec::<String>::new());
}

#[test]
fn a_target_is_followed_to_what_a_boot_reaches() {
    let pulling = |seen: &mut Observed, unit: ObservedUnit| {
        let scope = seen_of(seen, "user:deploy");
        scope.pulling.insert(unit.id.clone(), unit);
    };
    let known = |target: &str, by: &str| {
        let mut unit = ObservedUnit::not_found(&name(target));
        unit.load = "loaded".to_owned();
        if !by.is_empty() {
            unit.relations = [("WantedBy".to_owned(), [name(by)].into())].into();
        }
        unit
    };
    let quiet = (Vec::new(), Vec::new());
    let wanted = two("app.target");
    // Nobody was asked.
    assert_eq!(told(&wanted, |_| ()), quiet);
    let reached = told(&wanted, |seen| {
        pulling(seen, known("app.target", "more.target"));
        pulling(seen, known("more.target", "default.target"));
    });
    assert_eq!(reached, quiet);
    let up = told(&wanted, |seen| {
        let mut target = known("app.target", "");
        target.active = ActiveState::Active;
        pulling(seen, target);
    });
    assert_eq!(up, quiet);
    let note = [format!(
        "{WEB}: web.service is enabled, and a boot does not start it: app.target is not reached (`abide explain N0302`)"
    )];
    for targets in [
        vec![known("app.target", "")],
        vec![ObservedUnit::not_found(&name("app.target"))],
        vec![
            known("app.target", "more.target"),
            known("more.target", "app.target"),
        ],
    ] {
        let (refused, noted) = told(&wanted, |seen| {
            for target in targets {
                pulling(seen, target);
            }
        });
        assert_eq!(refused, Vec::<String>::new());
        assert_eq!(noted, note);
    }
}

#[test]
fn a_rehearsal_changes_nothing_of_that() {
    let wanted = two("default.target").build();
    let mut seen = as_declared(&wanted).observe(&wanted);
    let without = plan(&wanted, &seen);
    seen_of(&mut seen, "user:deploy").rehearsal = Observation::Known(Rehearsal::default());
    let of_user = scope("user:deploy");
    let boot = Boot::from_observed(&of_user, &seen);
    assert!(
        !boot
            .start_at_boot(&name("web.service"), &name("web.service"))
            .is_sure()
    );
    assert!(
        boot.starts_by_links(&name("web.service"), &name("web.service"))
            .is_sure()
    );
    let with = plan(&wanted, &seen);
    assert_eq!(with.refused, without.refused);
    let noted = with.notes.iter();
    assert!(
        noted
            .into_iter()
            .all(|note| note.kind != NoteKind::NotAtBoot)
    );
}
