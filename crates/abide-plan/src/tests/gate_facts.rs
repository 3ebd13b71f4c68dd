//! Facts that an approved plan stands on and that have moved: which of them count, and in which words.

use abide_model::{
    ActiveState, Body, Bytes, Change, Desired, DesiredAccount, OnChange, Plan, Precondition, Scope,
    SecretSource, Wanted,
};
use abide_sim::{Edit, SimHost, desired, path, unit_ref, user};

use super::gate::{FILE, changed, rest, stale};
use super::support::{WEB, as_declared, one, planned, seen_unit, service, steps};
use crate::{Gate, gate};

/// What is said where the plan was made from another fact about its last resource: a host that is as planned, and a plan
/// that remembers it otherwise.
fn said(host: &SimHost, wanted: &Desired, change: impl Fn(&mut Precondition)) -> Vec<String> {
    let mut plan = planned(host, wanted);
    plan.preconditions.iter_mut().for_each(change);
    stale(host, wanted, &plan)
}

fn was(state: ActiveState) -> impl Fn(&mut Precondition) {
    move |fact| {
        if let Precondition::Unit { active, .. } = fact {
            *active = state;
        }
    }
}

#[test]
fn what_was_wanted_of_a_unit_is_told_in_a_word() {
    let on = one("web.service", &service("/bin/a"));
    let off = on.clone().with_running(Wanted::No).build();
    let on = on.build();
    assert_eq!(
        said(&as_declared(&on), &off, was(ActiveState::Inactive)),
        [format!(
            "{WEB}: planned from inactive, now active, wanted inactive"
        )]
    );
    let mut stopped = as_declared(&on);
    stopped.edit(&Edit::Stop(unit_ref(WEB)));
    assert_eq!(
        said(&stopped, &on, was(ActiveState::Active)),
        [format!(
            "{WEB}: planned from active, now inactive, wanted active"
        )]
    );
    let reloads = |command: &str| {
        let text =
            format!("[Service]\nExecStart=/bin/a\nExecReload={command}\nEnvironment=A={command}\n");
        one("web.service", &text)
            .on_change(OnChange::Reload)
            .build()
    };
    assert_eq!(
        said(
            &as_declared(&reloads("/r1")),
            &reloads("/r2"),
            was(ActiveState::Failed)
        ),
        [format!(
            "{WEB}: planned from failed, now active, wanted reloaded"
        )]
    );
}

#[test]
fn what_was_wanted_of_lingering_is_told_in_a_word() {
    let flip = |fact: &mut Precondition| {
        if let Precondition::Linger { recorded, .. } = fact {
            *recorded = !*recorded;
        }
    };
    let lingers = |value: bool| desired("h1").user("deploy").linger(Some(value)).build();
    let host = |value: bool| as_declared(&lingers(value));
    assert_eq!(
        said(&host(false), &lingers(true), flip),
        ["lingering of deploy: planned from on, now off, wanted on"]
    );
    assert_eq!(
        said(&host(true), &lingers(false), flip),
        ["lingering of deploy: planned from off, now on, wanted off"]
    );
}

#[test]
fn what_was_wanted_of_an_account_is_told_in_a_word() {
    let other = |fact: &mut Precondition| {
        if let Precondition::User { uid, .. } = fact {
            *uid = Some(4321);
        }
    };
    let there = desired("h1").user("deploy").build();
    assert_eq!(
        said(&SimHost::new(), &there, other),
        ["user deploy: planned from uid 4321, now absent, wanted created"]
    );
    let host = as_declared(&there);
    let uid = match &host.observe(&there).users[&user("deploy")] {
        abide_model::Observation::Known(user) => user.uid,
        other => panic!("{other:?}"),
    };
    let gone = desired("h1").user("deploy").user_absent(true).build();
    assert_eq!(
        said(&host, &gone, other),
        [format!(
            "user deploy: planned from uid 4321, now uid {uid}, wanted absent"
        )]
    );
}

#[test]
fn an_account_that_a_first_part_of_the_plan_made_is_no_news() {
    let wanted = one("web.service", &service("/bin/a")).build();
    let plan = planned(&SimHost::new(), &wanted);
    let mut host = SimHost::new();
    host.apply_until(&plan, 1);
    let left = rest(&host, &wanted, &plan);
    assert_eq!(steps(&left), steps(&plan)[1..]);
    // Made by somebody else, and otherwise.
    let zsh = |shell: &str| DesiredAccount {
        shell: Some(path(shell)),
        ..DesiredAccount::default()
    };
    let wanted = one("web.service", &service("/bin/a")).account(zsh("/bin/zsh"));
    let wanted = wanted.build();
    let plan = planned(&SimHost::new(), &wanted);
    let facts = stale(&SimHost::new().with_user("deploy"), &wanted, &plan);
    assert!(
        facts[0].starts_with("user deploy: planned from absent, now uid "),
        "{facts:?}"
    );
}

#[test]
fn a_fact_about_one_user_says_nothing_of_another_whose_name_begins_its_own() {
    let with = |shell: &str| DesiredAccount {
        shell: Some(path(shell)),
        ..DesiredAccount::default()
    };
    let wanted = |of_de: &str| {
        let de = desired("h1").user("de").account(with(of_de));
        de.user("deploy").account(with("/bin/zsh")).build()
    };
    let plan = planned(&SimHost::new().with_user("de"), &wanted("/bin/bash"));
    let host = SimHost::new().with_user("de").with_user("deploy");
    let facts = stale(&host, &wanted("/bin/fish"), &plan);
    assert!(
        facts[0].starts_with("user deploy: planned from absent, now uid "),
        "{facts:?}"
    );
    assert_eq!(
        facts[1..],
        ["user de: now needs to be modified otherwise than planned, which is not in the plan"]
    );
}

#[test]
fn an_account_with_another_number_is_another_account() {
    let (host, wanted, plan) = changed();
    let mut seen = host.observe(&wanted);
    if let Some(abide_model::Observation::Known(found)) = seen.users.get_mut(&user("deploy")) {
        found.uid += 1;
    }
    let Gate::Stale { facts, .. } = gate(&plan, &wanted, &seen).gate else {
        panic!()
    };
    assert!(
        facts[0]
            .to_string()
            .starts_with("user deploy: planned from uid "),
        "{facts:?}"
    );
}

#[test]
fn a_unit_that_a_first_part_of_the_plan_stopped_is_no_news() {
    let stops = |command: &str| {
        let wanted = one("web.service", &service(command));
        wanted.on_change(OnChange::StopStart).build()
    };
    let host = as_declared(&stops("/bin/a"));
    let plan = planned(&host, &stops("/bin/b"));
    assert!(steps(&plan).contains(&format!("{WEB}: stop")));
    for cut in 1..plan.actions.len() {
        let mut host = host.clone();
        host.apply_until(&plan, cut);
        let left = rest(&host, &stops("/bin/b"), &plan);
        assert_eq!(steps(&left), steps(&plan)[cut..], "after {cut}");
    }
}

#[test]
fn a_link_in_place_of_a_file_is_told_and_so_is_one_where_nothing_was() {
    let (mut host, wanted, plan) = changed();
    host.write_link(&path(FILE), "/opt/web.service", "deploy");
    let link = "a link to /opt/web.service";
    assert_eq!(
        stale(&host, &wanted, &plan),
        [format!("{FILE}: planned from a file, now {link}")]
    );
    let empty = desired("h1").user("deploy").linger(Some(true)).build();
    let mut host = as_declared(&empty);
    let wanted = one("web.service", &service("/bin/a"))
        .linger(Some(true))
        .build();
    let plan = planned(&host, &wanted);
    host.write_link(&path(FILE), "/opt/web.service", "deploy");
    let facts = stale(&host, &wanted, &plan);
    assert!(
        facts.contains(&format!("{FILE}: planned from absent, now {link}")),
        "{facts:?}"
    );
}

#[test]
fn a_link_that_is_a_file_or_another_link_by_now_is_told() {
    let wanted = one("web.service", &service("/bin/a")).build();
    let mut host = as_declared(&wanted);
    host.write_link(&path(FILE), "/opt/web.service", "deploy");
    let plan = planned(&host, &wanted);
    let says = |change: fn(&mut SimHost)| {
        let mut host = host.clone();
        change(&mut host);
        stale(&host, &wanted, &plan)
    };
    let then = format!("{FILE}: planned from a link to /opt/web.service, now");
    assert_eq!(
        says(|host| host.write_link(&path(FILE), "/opt/other.service", "deploy")),
        [format!("{then} a link to /opt/other.service")]
    );
    assert_eq!(
        says(|host| host.write_file(&path(FILE), "[Service]\nExecStart=/bin/x\n", "deploy")),
        [format!("{then} a file")]
    );
    let gone = says(|host| host.remove_file(&path(FILE)));
    assert_eq!(gone, [format!("{then} absent")]);
}

#[test]
fn a_file_that_is_gone_by_now_is_told_once() {
    let (mut host, wanted, plan) = changed();
    host.remove_file(&path(FILE));
    let facts = stale(&host, &wanted, &plan);
    let about: Vec<_> = facts.iter().filter(|fact| fact.contains(FILE)).collect();
    assert_eq!(about.len(), 1, "{facts:?}");
    assert!(about[0].contains("now absent"), "{facts:?}");
}

#[test]
fn a_mask_that_a_first_part_of_the_plan_took_away_is_no_news() {
    let wanted = one("web.service", &service("/bin/a")).build();
    let mut host = as_declared(&wanted);
    host.edit(&Edit::Stop(unit_ref(WEB)));
    host.write_link(&path(FILE), "/dev/null", "deploy");
    let plan = planned(&host, &wanted);
    for cut in 1..plan.actions.len() {
        let mut host = host.clone();
        host.apply_until(&plan, cut);
        let left = rest(&host, &wanted, &plan);
        assert_eq!(steps(&left), steps(&plan)[cut..], "after {cut}");
    }
}

/// A manifest with two web services, or without them.
fn two(with: bool) -> Desired {
    let wanted = desired("h1").user("deploy").linger(Some(true));
    let mut wanted = match with {
        true => wanted
            .unit("other.service", &service("/bin/other"))
            .unit("web.service", &service("/bin/web"))
            .build(),
        false => wanted.build(),
    };
    wanted.policy.max_removals = abide_model::Share::Count(100);
    wanted
}

#[test]
fn of_several_files_each_is_told_with_what_was_wanted_of_it() {
    let mut host = as_declared(&two(true));
    let plan = planned(&host, &two(false));
    assert_eq!(steps(&rest(&host, &two(false), &plan)), steps(&plan));
    host.write_file(&path(FILE), &service("/bin/by-hand"), "deploy");
    let facts = stale(&host, &two(false), &plan);
    assert!(
        facts[0].starts_with(FILE) && facts[0].ends_with("wanted nothing there"),
        "{facts:?}"
    );
    // Nothing is wanted of a file that no action of the plan is about.
    let mut less: Plan = plan.clone();
    less.actions.retain(
        |one| !matches!(&one.change, Change::RemoveFile { path: at, .. } if *at == path(FILE)),
    );
    let facts = stale(&host, &two(false), &less);
    let of_file = facts.iter().find(|fact| fact.starts_with(FILE)).unwrap();
    assert!(!of_file.contains("wanted"), "{facts:?}");

    let wanted = |command: &str| {
        let wanted = one("other.service", &service(&format!("/bin/other {command}")));
        wanted.unit("web.service", &service(command)).build()
    };
    let mut host = as_declared(&wanted("/bin/a"));
    let plan = planned(&host, &wanted("/bin/b"));
    host.write_file(&path(FILE), &service("/bin/by-hand"), "deploy");
    let short = abide_model::Digest::of_bytes(service("/bin/b").as_bytes()).short_form();
    let facts = stale(&host, &wanted("/bin/b"), &plan);
    assert!(facts[0].ends_with(&format!("wanted {short}")), "{facts:?}");
}

#[test]
fn a_file_that_goes_and_is_a_link_by_now_is_told() {
    let mut host = as_declared(&two(true));
    let plan = planned(&host, &two(false));
    host.write_link(&path(FILE), "/opt/web.service", "deploy");
    let facts = stale(&host, &two(false), &plan);
    assert!(
        facts.contains(&format!(
            "{FILE}: planned from a file, now a link to /opt/web.service"
        )),
        "{facts:?}"
    );
}

#[test]
fn a_unit_on_its_way_holds_no_plan_up() {
    let (host, wanted, plan) = changed();
    let mut seen = host.observe(&wanted);
    seen_unit(&mut seen, WEB).active = ActiveState::Activating;
    let Gate::Go(rest) = gate(&plan, &wanted, &seen).gate else {
        panic!()
    };
    let about_units = |plan: &Plan| {
        let mut facts = plan.preconditions.iter();
        facts.any(|fact| matches!(fact, Precondition::Unit { .. }))
    };
    assert!(about_units(&plan) && !about_units(&rest));
}

/// A secret file of the user.
fn secret(variable: &str, text: &str) -> Desired {
    let mut wanted = desired("h1")
        .user("deploy")
        .linger(Some(true))
        .file("key", text)
        .build();
    let user = wanted.users.values_mut().next().unwrap();
    user.files.values_mut().next().unwrap().body = Body::Secret {
        source: SecretSource::Env(variable.to_owned()),
        bytes: Some(Bytes::new(text.as_bytes().to_vec())),
    };
    wanted
}

#[test]
fn a_secret_is_the_approved_one_where_it_comes_from_the_same_place() {
    let host = as_declared(&desired("h1").user("deploy").linger(Some(true)).build());
    let plan = planned(&host, &secret("KEY", "one"));
    assert_eq!(
        steps(&rest(&host, &secret("KEY", "one"), &plan)),
        steps(&plan)
    );
    let facts = stale(&host, &secret("OTHER", "one"), &plan);
    assert!(
        facts[0].contains("to be written otherwise than planned"),
        "{facts:?}"
    );
}

/// Two users and the system with a new version each, planned; nothing of it is done.
fn three_scopes() -> (SimHost, Desired, Plan) {
    let all = |command: &str| {
        let text = service(command);
        let system = desired("h1").system().unit("s.service", &text);
        let first = system
            .user("deploy")
            .linger(Some(true))
            .unit("web.service", &text);
        let second = first.user("other").linger(Some(true));
        second.unit("web.service", &text).build()
    };
    let host = as_declared(&all("/bin/a"));
    let plan = planned(&host, &all("/bin/b"));
    (host, all("/bin/b"), plan)
}

fn others(host: &SimHost, wanted: &Desired, plan: &Plan) -> Option<Box<Plan>> {
    match gate(plan, wanted, &host.observe(wanted)).gate {
        Gate::Stale { others, .. } => others,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_user_moved_leaves_all_but_that_users_scope_to_do() {
    let (mut host, wanted, plan) = three_scopes();
    host.write_file(&path(FILE), &service("/bin/mine"), "deploy");
    let others = others(&host, &wanted, &plan).unwrap();
    let theirs = |plan: &Plan| {
        let mut scopes = plan.actions.iter().map(|one| one.resource.scope());
        scopes.any(|scope| scope == Scope::User(user("deploy")))
    };
    assert!(theirs(&plan) && !theirs(&others));
    let count = |plan: &Plan| plan.actions.len();
    // A file, a reload and a restart each.
    assert_eq!((count(&plan), count(&others)), (9, 6));
    let entry = |host: &SimHost| {
        let seen = host.observe(&wanted);
        seen.ledger
            .as_known()
            .and_then(|ledger| ledger.files.get(&path(FILE)).cloned())
    };
    let before = entry(&host);
    host.apply(&others);
    assert_eq!(
        entry(&host),
        before,
        "what the ledger says of a scope that is left alone stays"
    );
    assert_eq!(count(&planned(&host, &wanted)), 3);
}

#[test]
fn where_lingering_was_switched_its_users_scope_is_left_alone() {
    let (mut host, wanted, plan) = three_scopes();
    host.edit(&Edit::DisableLinger(user("deploy")));
    let others = others(&host, &wanted, &plan).unwrap();
    assert_eq!(others.actions.len(), 6);
}

#[test]
fn where_the_hosts_own_facts_moved_nothing_is_left_to_do() {
    let (mut host, wanted, plan) = three_scopes();
    host.write_file(&path(FILE), &service("/bin/mine"), "deploy");
    host.edit(&Edit::Stop(unit_ref("system/s.service")));
    assert_eq!(others(&host, &wanted, &plan), None);
}
