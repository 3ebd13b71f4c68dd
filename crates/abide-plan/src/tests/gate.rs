//! An approved plan on a host that has moved on: exactly its actions or fewer, never more, and in words why not.

use abide_model::{ActionId, Change, Desired, Plan, Share, UnitRef};
use abide_sim::random::{edit_sequences, hosts};
use abide_sim::{DesiredBuilder, SimHost, path, unit_ref, user};
use proptest::prelude::*;

use super::properties::{cases, manifests};
use super::support::{WEB, as_declared, lines, one, planned, service, steps, told};
use crate::{Gate, Gated, gate, plan_still_owed};

pub(super) const FILE: &str = "/home/deploy/.config/systemd/user/web.service";

/// A host that runs `/bin/a`, what should be, and the plan that restarts it with `/bin/b`.
pub(super) fn changed() -> (SimHost, Desired, Plan) {
    changed_in(|wanted| wanted)
}

pub(super) fn changed_in(more: fn(DesiredBuilder) -> DesiredBuilder) -> (SimHost, Desired, Plan) {
    let host = as_declared(&more(one("web.service", &service("/bin/a"))).build());
    let wanted = more(one("web.service", &service("/bin/b"))).build();
    let plan = planned(&host, &wanted);
    (host, wanted, plan)
}

pub(super) fn gated(host: &SimHost, wanted: &Desired, plan: &Plan) -> Gated {
    gate(plan, wanted, &host.observe(wanted))
}

#[track_caller]
pub(super) fn stale(host: &SimHost, wanted: &Desired, plan: &Plan) -> Vec<String> {
    match gated(host, wanted, plan).gate {
        Gate::Stale { facts, .. } => facts.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(super) fn rest(host: &SimHost, wanted: &Desired, plan: &Plan) -> Plan {
    match gated(host, wanted, plan).gate {
        Gate::Go(rest) => *rest,
        other => panic!("{other:?}"),
    }
}

#[test]
fn on_an_untouched_host_it_is_the_same_plan() {
    let (host, wanted, plan) = changed();
    assert_eq!(rest(&host, &wanted, &plan), plan);
}

#[test]
fn carried_out_it_has_nothing_left_to_do() {
    let (mut host, wanted, plan) = changed();
    host.apply(&rest(&host, &wanted, &plan));
    let again = gated(&host, &wanted, &plan);
    assert_eq!((again.gate, again.elsewhere), (Gate::Done, 0));
    assert!(
        plan_still_owed(&plan, &wanted, &host.observe(&wanted))
            .0
            .actions
            .is_empty()
    );
}

#[test]
fn a_file_changed_by_hand_is_told_with_what_it_was_is_and_should_be() {
    let (mut host, wanted, plan) = changed();
    host.write_file(&path(FILE), &service("/bin/by-hand"), "root");
    let facts = stale(&host, &wanted, &plan);
    let short = |text: &str| abide_model::Digest::of_bytes(text.as_bytes()).short_form();
    let said = format!(
        "{FILE}: planned from {}, now {} (since ",
        short(&service("/bin/a")),
        short(&service("/bin/by-hand"))
    );
    assert!(facts[0].starts_with(&said), "{facts:?}");
    let end = format!("owner root), wanted {}", short(&service("/bin/b")));
    assert!(facts[0].ends_with(&end), "{facts:?}");
    assert_eq!(facts.len(), 1, "{facts:?}");
}

#[test]
fn a_file_that_somebody_wrote_as_planned_is_no_reason_to_stop() {
    let (mut host, wanted, plan) = changed();
    host.write_file(&path(FILE), &service("/bin/b"), "deploy");
    let rest = rest(&host, &wanted, &plan);
    assert_eq!(
        steps(&rest),
        lines(
            "manager user:deploy: daemon-reload
             user:deploy/web.service: restart"
        )
    );
    // Under the numbers that were approved.
    let last = plan.actions.last().unwrap();
    assert_eq!(rest.actions.last().unwrap().id, last.id);
    host.apply(&rest);
    assert_eq!(gated(&host, &wanted, &plan).gate, Gate::Done);
}

#[test]
fn a_run_that_was_cut_is_taken_up_where_it_ended() {
    let (host, wanted, plan) = changed();
    for steps in 0..=plan.actions.len() {
        let mut host = host.clone();
        host.apply_until(&plan, steps);
        match gated(&host, &wanted, &plan).gate {
            Gate::Go(rest) => {
                host.apply(&rest);
            }
            Gate::Done => {}
            Gate::Stale { facts, .. } => panic!("after {steps} steps: {facts:?}"),
        }
        assert!(planned(&host, &wanted).is_empty(), "after {steps} steps");
    }
}

#[test]
fn a_unit_that_was_stopped_by_hand_is_stale_and_one_that_was_restarted_is_not() {
    let (mut host, wanted, plan) = changed();
    host.restart(&unit_ref(WEB)).unwrap();
    assert_eq!(steps(&rest(&host, &wanted, &plan)), steps(&plan));
    host.stop(&unit_ref(WEB)).unwrap();
    assert_eq!(
        stale(&host, &wanted, &plan),
        [format!(
            "{WEB}: planned from active, now inactive, wanted restarted"
        )]
    );
}

#[test]
fn what_becomes_necessary_is_never_added() {
    let (mut host, wanted, plan) = changed();
    host.disable_linger(&user("deploy")).unwrap();
    host.log_in(&user("deploy"));
    let facts = stale(&host, &wanted, &plan);
    let said = "lingering of deploy: now needs to be enabled, which is not in the plan";
    assert!(facts.iter().any(|fact| fact == said), "{facts:?}");
}

#[test]
fn what_moved_elsewhere_on_the_host_is_left_alone_and_counted() {
    let two = |wanted: DesiredBuilder| wanted.unit("other.service", &service("/bin/other"));
    let (mut host, wanted, plan) = changed_in(two);
    host.stop(&unit_ref("user:deploy/other.service")).unwrap();
    let other = path("/home/deploy/.config/systemd/user/other.service");
    host.write_file(&other, &service("/bin/by-hand"), "deploy");
    let gated_now = gated(&host, &wanted, &plan);
    assert!(gated_now.elsewhere > 0);
    let rest = rest(&host, &wanted, &plan);
    assert_eq!(steps(&rest), steps(&plan));
    let before = host.ledger(&wanted.manifest).unwrap().clone();
    host.apply(&rest);
    assert_eq!(host.text(&other), Some(service("/bin/by-hand").as_str()));
    let after = host.ledger(&wanted.manifest).unwrap();
    assert_eq!(after.files[&other], before.files[&other]);
    let (owed, elsewhere) = plan_still_owed(&plan, &wanted, &host.observe(&wanted));
    assert_eq!((owed.actions.len(), elsewhere > 0), (0, true));
}

#[test]
fn what_another_run_claimed_meanwhile_stays_claimed() {
    let (mut host, wanted, plan) = changed();
    // Another plan of the same manifest was carried out after this one was made.
    let more = one("web.service", &service("/bin/a"))
        .unit("new.service", &service("/bin/new"))
        .build();
    host.apply(&planned(&host, &more));
    let mut together = one("web.service", &service("/bin/b"))
        .unit("new.service", &service("/bin/new"))
        .build();
    together.policy.max_removals = Share::Count(100);
    let unit: UnitRef = unit_ref("user:deploy/new.service");
    // The manifest of the plan does not know it, so by that manifest it would go; the plan says nothing of that.
    host.apply(&rest(&host, &wanted, &plan));
    assert!(
        host.ledger(&wanted.manifest)
            .unwrap()
            .units
            .contains_key(&unit)
    );
    assert!(planned(&host, &together).is_empty());
}

#[test]
fn a_host_that_goes_down_has_not_done_what_was_planned() {
    let (mut host, wanted, plan) = changed();
    host.facts.system_state = "stopping".to_owned();
    assert!(stale(&host, &wanted, &plan)[0].contains("stopping"));
}

#[test]
fn a_removal_that_somebody_did_by_hand_is_done() {
    let first = one("web.service", &service("/bin/a")).build();
    let mut host = as_declared(&first);
    let wanted = one("web.service", &service("/bin/a"))
        .marked_absent()
        .build();
    let plan = planned(&host, &wanted);
    assert!(!plan.actions.is_empty());
    host.apply(&plan);
    assert_eq!(gated(&host, &wanted, &plan).gate, Gate::Done);
}

/// Whether an action does nothing that the plan does not list under its number.
fn is_listed(plan: &Plan, rest: &Plan, id: ActionId) -> bool {
    let (Some(listed), Some(now)) = (plan.action(id), rest.action(id)) else {
        return false;
    };
    let same = match (&now.change, &listed.change) {
        (Change::WriteFile(now), Change::WriteFile(listed)) => {
            (&now.path, &now.body, now.mode) == (&listed.path, &listed.body, listed.mode)
        }
        (now, listed) => std::mem::discriminant(now) == std::mem::discriminant(listed),
    };
    now.resource == listed.resource && same
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn without_hands_a_plan_holds_and_then_is_done(
        seed in hosts(), first in manifests(), second in manifests(),
    ) {
        let mut host = seed.build();
        host.apply(&planned(&host, &first));
        let plan = planned(&host, &second);
        let before = gated(&host, &second, &plan);
        match before.gate {
            Gate::Go(rest) => prop_assert_eq!(*rest, plan.clone()),
            Gate::Done => prop_assert!(plan.actions.is_empty()),
            Gate::Stale { facts, .. } => prop_assert!(false, "{:?}\n{}", facts, told(&plan)),
        }
        host.apply(&plan);
        prop_assert_eq!(gated(&host, &second, &plan).gate, Gate::Done, "{}", told(&plan));
    }

    #[test]
    fn whatever_hands_do_only_listed_actions_are_done_and_then_none_is_left(
        seed in hosts(), first in manifests(), second in manifests(), by_hand in edit_sequences(),
    ) {
        let mut host = seed.build();
        host.apply(&planned(&host, &first));
        let plan = planned(&host, &second);
        host.edit_all(&by_hand);
        match gated(&host, &second, &plan).gate {
            Gate::Go(rest) => {
                for action in &rest.actions {
                    prop_assert!(is_listed(&plan, &rest, action.id), "{}\n{}", told(&plan), told(&rest));
                }
                prop_assert_eq!(host.stale_facts(&rest), Vec::<String>::new(), "{}", told(&rest));
                host.apply(&rest);
                let (owed, _) = plan_still_owed(&plan, &second, &host.observe(&second));
                prop_assert!(
                    owed.actions.is_empty(),
                    "{}\nthen\n{}\nthen\n{}", told(&plan), told(&rest), told(&owed)
                );
            }
            Gate::Done => {}
            Gate::Stale { facts, others } => {
                prop_assert!(!by_hand.is_empty(), "{:?}", facts);
                let Some(others) = others else { return Ok(()) };
                for action in &others.actions {
                    prop_assert!(is_listed(&plan, &others, action.id), "{}\n{}", told(&plan), told(&others));
                }
                prop_assert_eq!(host.stale_facts(&others), Vec::<String>::new(), "{}", told(&others));
                host.apply(&others);
                let (owed, _) = plan_still_owed(&plan, &second, &host.observe(&second));
                let again = owed.actions.iter().find(|left| {
                    others.actions.iter().any(|done| done.resource == left.resource && done.change == left.change)
                });
                prop_assert!(again.is_none(), "{:?}\n{}\nthen\n{}", facts, told(&others), told(&owed));
            }
        }
    }

    #[test]
    fn a_cut_run_is_never_stale(
        seed in hosts(), wanted in manifests(), cut in any::<prop::sample::Index>(),
    ) {
        let mut host = seed.build();
        let plan = planned(&host, &wanted);
        host.apply_until(&plan, cut.index(plan.actions.len() + 1));
        match gated(&host, &wanted, &plan).gate {
            Gate::Go(rest) => {
                host.apply(&rest);
                prop_assert_eq!(gated(&host, &wanted, &plan).gate, Gate::Done, "{}", told(&rest));
            }
            Gate::Done => {}
            Gate::Stale { facts, .. } => prop_assert!(false, "{:?}\n{}", facts, told(&plan)),
        }
    }
}
