//! What is left of an approved plan: under which numbers, on which ground, and what is never part of it.

use abide_model::{
    ActionId, Cause, Change, Desired, DesiredAccount, HomePath, HostPathOrHome, RefusalKind,
    ResourceId, RootRoute,
};
use abide_sim::{Edit, SimHost, desired, path, unit_ref, user};

use super::gate::{FILE, changed, gated, rest, stale};
use super::support::{WEB, as_declared, one, planned, seen_file, service, steps, told};
use crate::{Gate, gate};

#[test]
fn what_is_left_keeps_its_numbers_its_causes_and_what_it_waits_for() {
    let (mut host, wanted, plan) = changed();
    host.write_file(&path(FILE), &service("/bin/b"), "deploy");
    let rest = rest(&host, &wanted, &plan);
    assert_eq!(rest.actions.len(), 2);
    for action in &rest.actions {
        let approved = plan.action(action.id).unwrap();
        assert_eq!(action.change, approved.change);
        assert_eq!(action.causes, approved.causes, "{}", told(&rest));
    }
    let restart = rest.actions.last().unwrap();
    assert_eq!(restart.after, [rest.actions[0].id], "{}", told(&rest));
    assert_eq!(rest.actions[0].id, ActionId(2));
}

#[test]
fn a_file_that_is_to_be_written_otherwise_is_not_the_approved_one() {
    let (host, _, plan) = changed();
    let other = one("web.service", &service("/bin/c")).build();
    let facts = stale(&host, &other, &plan);
    assert!(
        facts[0].contains("to be written otherwise than planned"),
        "{facts:?}"
    );
}

#[test]
fn a_link_more_than_was_approved_is_never_made() {
    let wanted = |targets: &str| {
        let text = format!("[Service]\nExecStart=/bin/a\n[Install]\nWantedBy={targets}\n");
        one("web.service", &text).build()
    };
    let mut host = as_declared(&wanted("default.target"));
    let both = wanted("default.target extra.target");
    let plan = planned(&host, &both);
    assert_eq!(steps(&rest(&host, &both, &plan)), steps(&plan));
    host.edit(&Edit::Disable(unit_ref(WEB)));
    let facts = stale(&host, &both, &plan);
    assert!(
        facts
            .iter()
            .any(|fact| fact.contains("to be enabled otherwise than planned")),
        "{facts:?}"
    );
}

/// A web service that is restarted when its environment changes.
fn with_environment(command: &str) -> Desired {
    let at = HostPathOrHome::Home(HomePath::parse(".config/app/env").unwrap());
    let user = desired("h1")
        .user("deploy")
        .file(".config/app/env", "A=1\n");
    user.unit("web.service", &service(command))
        .restart_on(at)
        .build()
}

#[test]
fn a_file_that_a_restart_waits_for_is_needed_and_was_not_approved() {
    let mut host = as_declared(&with_environment("/bin/a"));
    let wanted = with_environment("/bin/b");
    let plan = planned(&host, &wanted);
    host.edit(&Edit::HomeFile(
        user("deploy"),
        ".config/app/env".to_owned(),
        "A=2\n".to_owned(),
    ));
    let facts = stale(&host, &wanted, &plan);
    assert!(
        facts.iter().any(|fact| fact
            .contains("/home/deploy/.config/app/env to be written otherwise than planned")),
        "{facts:?}"
    );
}

/// Another shell for the user, and a changed service of it.
fn with_shell(shell: &str, command: &str) -> Desired {
    let account = DesiredAccount {
        shell: Some(path(shell)),
        ..DesiredAccount::default()
    };
    one("web.service", &service(command))
        .account(account)
        .build()
}

/// The host as seen by its user `deploy`, who cannot become root.
fn without_root(mut host: SimHost) -> SimHost {
    host.facts.login = user("deploy");
    host.facts.root = RootRoute::None("sudo wants a password".to_owned());
    host
}

#[test]
fn what_was_refused_already_stops_nothing() {
    let host = without_root(as_declared(&with_shell("/bin/sh", "/bin/a")));
    let wanted = with_shell("/bin/zsh", "/bin/b");
    let plan = planned(&host, &wanted);
    assert_eq!(plan.refused.len(), 1, "{}", told(&plan));
    assert_eq!(plan.refused[0].resource, ResourceId::User(user("deploy")));
    assert_eq!(steps(&rest(&host, &wanted, &plan)), steps(&plan));
}

#[test]
fn what_is_refused_only_now_counts_where_it_is_about_the_plan() {
    let host = without_root(as_declared(&with_shell("/bin/sh", "/bin/a")));
    let wanted = with_shell("/bin/zsh", "/bin/b");
    let mut plan = planned(&host, &wanted);
    let about = plan.refused.remove(0);
    let only_of_units = plan.actions.iter();
    let mut only_of_units = only_of_units.map(|one| one.resource.scope().to_string());
    assert!(
        only_of_units.all(|scope| scope == "user:deploy"),
        "{}",
        told(&plan)
    );
    assert_eq!(
        stale(&host, &wanted, &plan),
        [format!("{}: {}", about.resource, about.reason)]
    );
    // A unit that the plan does not name.
    let both = |command: &str| {
        let wanted = one("web.service", &service(command));
        wanted.unit("other.service", &service("/bin/other")).build()
    };
    let host = as_declared(&both("/bin/a"));
    let plan = planned(&host, &both("/bin/b"));
    let mut host = host;
    let other = path("/home/deploy/.config/systemd/user/other.service");
    host.remove_file(&other);
    host.write_file(&other.join(&HomePath::parse("x").unwrap()), "", "deploy");
    let mut seen = host.observe(&both("/bin/b"));
    if let Some(abide_model::Observation::Known(deploy)) =
        seen.scopes.get_mut(&abide_sim::scope("user:deploy"))
    {
        let unknown =
            abide_model::Observation::Unknown(abide_model::UnknownReason::from_text("no answer"));
        deploy.files.insert(other, unknown);
    }
    let now = crate::plan(&both("/bin/b"), &seen);
    assert_eq!(now.refused.len(), 1, "{}", told(&now));
    assert_eq!(now.refused[0].kind, RefusalKind::Unknown);
    let Gate::Go(left) = gate(&plan, &both("/bin/b"), &seen).gate else {
        panic!("{:?}", gate(&plan, &both("/bin/b"), &seen).gate)
    };
    assert_eq!(steps(&left), steps(&plan));
}

#[test]
fn what_is_done_beside_something_left_alone_is_in_the_ledger() {
    // The plan makes a user and its service; beside it, a unit of the system was stopped and edited by hand.
    let with = |deploy: bool| {
        let wanted = desired("h1")
            .system()
            .unit("sys.service", "[Service]\nExecStart=/bin/s\n");
        match deploy {
            true => wanted
                .user("deploy")
                .account(DesiredAccount {
                    shell: Some(path("/bin/bash")),
                    ..DesiredAccount::default()
                })
                .unit("web.service", &service("/bin/web"))
                .build(),
            false => wanted.build(),
        }
    };
    let mut host = as_declared(&with(false));
    let plan = planned(&host, &with(true));
    let file = path("/etc/systemd/system/sys.service");
    host.write_file(&file, "[Service]\nExecStart=/bin/by-hand\n", "root");
    let gated = gated(&host, &with(true), &plan);
    assert!(gated.elsewhere > 0);
    let Gate::Go(rest) = gated.gate else {
        panic!("{:?}", gated.gate)
    };
    assert_eq!(steps(&rest), steps(&plan));
    let after = &rest.ledger_after;
    assert!(after.users.contains(&user("deploy")));
    assert!(after.lingers.contains(&user("deploy")));
    assert!(after.attributes.contains_key(&user("deploy")));
    assert!(after.units.contains_key(&unit_ref(WEB)));
    assert_eq!(
        after.files[&path(FILE)].digest,
        Some(abide_model::Digest::of_bytes(
            service("/bin/web").as_bytes()
        ))
    );
    assert_eq!(
        after.files[&file].digest,
        plan.ledger_after.files[&file].digest
    );
    host.apply(&rest);
    let left = planned(&host, &with(true));
    assert!(
        !left.actions.is_empty()
            && left
                .actions
                .iter()
                .all(|one| one.resource.scope() == abide_model::Scope::System),
        "{}",
        told(&left)
    );
}

#[test]
fn what_is_left_of_a_plan_names_no_cause_of_its_own() {
    let (mut host, wanted, plan) = changed();
    host.write_file(&path(FILE), &service("/bin/b"), "deploy");
    let rest = rest(&host, &wanted, &plan);
    let reload = &rest.actions[0];
    assert_eq!(reload.change, Change::DaemonReload);
    assert_eq!(reload.causes, [Cause::FollowsFrom(ActionId(1))]);
}

#[test]
fn what_was_refused_then_and_is_gone_by_now_is_not_let_go_of_in_passing() {
    let with = |eve: bool, command: &str| {
        let wanted = one("web.service", &service(command))
            .unit("other.service", &service("/bin/other"))
            .user("eve")
            .linger(Some(true));
        match eve {
            true => wanted.build(),
            false => wanted.user_absent(true).build(),
        }
    };
    let mut host = as_declared(&with(true, "/bin/a"));
    host.log_in(&user("eve"));
    let wanted = with(false, "/bin/b");
    let plan = planned(&host, &wanted);
    assert_eq!(plan.refused[0].resource, ResourceId::User(user("eve")));
    // Somebody deletes her, and something else moves.
    let mut seen = host.observe(&wanted);
    seen.users
        .insert(user("eve"), abide_model::Observation::Absent);
    let scope = abide_sim::scope("user:eve");
    seen.scopes.insert(scope, abide_model::Observation::Absent);
    let other = "/home/deploy/.config/systemd/user/other.service";
    seen_file(&mut seen, "user:deploy", other).digest = Some(abide_model::Digest::of_bytes(b"x"));
    let gated = gate(&plan, &wanted, &seen);
    assert!(gated.elsewhere > 0);
    let Gate::Go(rest) = gated.gate else {
        panic!("{:?}", gated.gate)
    };
    assert_eq!(steps(&rest), steps(&plan));
    assert!(rest.ledger_after.users.contains(&user("eve")));
    assert!(rest.ledger_after.lingers.contains(&user("eve")));
}
#[test]
fn what_a_restart_takes_along_is_told_under_the_approved_number() {
    let both = |command: &str| {
        let app = "[Unit]\nRequires=web.service\nAfter=web.service\n[Service]\nExecStart=/bin/app\n[Install]\nWantedBy=default.target\n";
        let wanted = one("web.service", &service(command));
        wanted.unit("app.service", app).build()
    };
    let mut host = as_declared(&both("/bin/a"));
    let plan = planned(&host, &both("/bin/b"));
    host.write_file(&path(FILE), &service("/bin/b"), "deploy");
    let rest = rest(&host, &both("/bin/b"), &plan);
    assert!(!rest.forecast.is_empty());
    assert_eq!(rest.forecast, plan.forecast);
    assert!(rest.action(rest.forecast[0].action).is_some());
}

#[test]
fn what_is_owed_interrupts_nothing_for_the_sake_of_something_else() {
    let with = |command: &str| {
        let needs = |name: &str| {
            format!(
                "[Unit]\nRequires={name}\nAfter={name}\n[Service]\nExecStart=/bin/n\n[Install]\nWantedBy=default.target\n"
            )
        };
        one("web.service", &service(command))
            .unit("of-web.service", &needs("web.service"))
            .unit("other.service", &service("/bin/other"))
            .unit("of-other.service", &needs("other.service"))
            .build()
    };
    let mut host = as_declared(&with("/bin/a"));
    let wanted = with("/bin/b");
    let plan = planned(&host, &wanted);
    host.edit(&Edit::Write(
        unit_ref("user:deploy/other.service"),
        service("/bin/by-hand"),
    ));
    host.edit(&Edit::DaemonReload(abide_sim::scope("user:deploy")));
    host.edit(&Edit::Stop(unit_ref("user:deploy/other.service")));
    host.edit(&Edit::Start(unit_ref("user:deploy/of-other.service")));
    let seen = host.observe(&wanted);
    let interrupted = |plan: &abide_model::Plan| {
        let forecast = plan.forecast.iter();
        let units: Vec<String> = forecast.map(|one| one.unit.unit.to_string()).collect();
        units
    };
    assert_eq!(
        interrupted(&crate::plan(&wanted, &seen)),
        ["of-other.service", "of-web.service"]
    );
    let (owed, elsewhere) = crate::plan_still_owed(&plan, &wanted, &seen);
    assert!(elsewhere > 0);
    assert_eq!(interrupted(&owed), ["of-web.service"]);
}

#[test]
fn an_attribute_that_could_not_be_changed_and_is_right_by_now_is_not_claimed_in_passing() {
    let with = |shell: Option<&str>, command: &str| {
        let account = DesiredAccount {
            shell: shell.map(path),
            ..DesiredAccount::default()
        };
        let wanted = one("web.service", &service(command)).account(account);
        wanted.unit("other.service", &service("/bin/other")).build()
    };
    let mut host = without_root(as_declared(&with(None, "/bin/a")));
    let wanted = with(Some("/bin/zsh"), "/bin/b");
    let plan = planned(&host, &wanted);
    assert_eq!(plan.refused.len(), 1, "{}", told(&plan));
    host.edit(&Edit::Write(
        unit_ref("user:deploy/other.service"),
        service("/bin/by-hand"),
    ));
    let mut seen = host.observe(&wanted);
    if let Some(abide_model::Observation::Known(found)) = seen.users.get_mut(&user("deploy")) {
        found.shell = "/bin/zsh".to_owned();
    }
    let gated = gate(&plan, &wanted, &seen);
    assert!(gated.elsewhere > 0);
    let Gate::Go(rest) = gated.gate else {
        panic!("{:?}", gated.gate)
    };
    assert!(!rest.ledger_after.attributes.contains_key(&user("deploy")));
}
