//! What a user's manager has read when it started, or at its last reload: groups, its environment, its defaults.

use abide_model::{
    Desired, DesiredAccount, HomePath, HostPathOrHome, LastLoad, Manager, ManagerRestart,
    Observation, Timestamp,
};
use abide_sim::{DesiredBuilder, SimHost, desired, path, user};

use super::support::{
    as_declared, assert_converges, notes, one, planned, refusals, seen_of, service, steps, told,
};

fn with_docker(wanted: DesiredBuilder) -> DesiredBuilder {
    wanted.account(DesiredAccount {
        groups: Some(["docker".to_owned()].into()),
        ..DesiredAccount::default()
    })
}

fn web() -> DesiredBuilder {
    one("web.service", &service("/bin/web"))
}

const LACKS: &str = "what runs under it does not have the group docker: user@1000.service has the groups that it started with";

#[test]
fn groups_that_come_after_the_manager_need_a_word_about_its_restart() {
    let unsaid = with_docker(web()).build();
    let host = as_declared(&web().build());
    let refused = [format!("user deploy: {LACKS}")];
    assert_eq!(steps(&planned(&host, &unsaid)), Vec::<String>::new());
    assert_eq!(refusals(&planned(&host, &unsaid)), refused);
    // It is the same where somebody else gave the account its group.
    let mut seen = host.observe(&unsaid);
    match seen.users.get_mut(&user("deploy")) {
        Some(Observation::Known(found)) => found.groups.insert("docker".to_owned()),
        other => panic!("{other:?}"),
    };
    assert_eq!(refusals(&crate::plan(&unsaid, &seen)), refused);
}

#[test]
fn a_manager_that_may_be_restarted_is_and_its_units_start_again() {
    let wanted = with_docker(web())
        .manager_restart(ManagerRestart::Allow)
        .build();
    let mut host = as_declared(&web().build());
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(
        told(&plan),
        "1 user deploy: modify groups  -> docker <- groups  -> docker\n\
         2 manager user:deploy: restart-manager <- groups of its manager deploy -> deploy,docker\n\
         3 user:deploy/web.service: start <- #2"
    );
    assert!(planned(&host, &wanted).is_empty());
}

#[test]
fn a_unit_that_changes_with_the_groups_comes_up_with_both() {
    let mut host = as_declared(&web().build());
    let wanted = with_docker(one("web.service", &service("/bin/web --docker")))
        .manager_restart(ManagerRestart::Allow);
    let plan = assert_converges(&mut host, &wanted.build());
    let kinds: Vec<String> = steps(&plan)
        .iter()
        .map(|step| step.rsplit(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        kinds,
        [
            "docker",
            "restart-manager",
            "0644",
            "daemon-reload",
            "restart"
        ],
        "{}",
        told(&plan)
    );
}

#[test]
fn a_manager_that_may_never_be_restarted_is_told_to_lack_its_groups() {
    let wanted = with_docker(web())
        .manager_restart(ManagerRestart::Never)
        .build();
    let mut host = as_declared(&web().build());
    assert_converges(&mut host, &wanted);
    let plan = planned(&host, &wanted);
    assert!(plan.is_empty());
    assert_eq!(
        notes(&plan),
        [format!(
            "manager user:deploy: {LACKS} (`abide explain R0601`)"
        )]
    );
}

#[test]
fn groups_matter_to_no_manager_that_runs_nothing_declared() {
    let only_account = with_docker(desired("h1").user("deploy")).build();
    let mut host = as_declared(&web().build());
    host.log_in(&user("deploy"));
    let plan = planned(&host, &only_account);
    assert!(refusals(&plan).is_empty(), "{}", told(&plan));
    // A manager that starts later has them.
    let mut fresh = SimHost::new().with_user("deploy");
    assert_converges(&mut fresh, &with_docker(web()).build());
}

const UNSEEN: &str = "manager user:deploy: what runs under it may lack the group docker: nobody can see which groups \
                      user@1000.service started with (`abide explain N0802`)";

/// The host as abide sees it where it may not look at the process of the manager.
fn unseen_groups(host: &SimHost, wanted: &Desired) -> abide_model::Observed {
    let mut seen = host.observe(wanted);
    match seen.users.get_mut(&user("deploy")) {
        Some(Observation::Known(found)) => found.linger.manager_groups = None,
        other => panic!("{other:?}"),
    }
    seen
}

#[test]
fn groups_of_a_manager_that_nobody_can_look_at_are_noted_and_not_taken_to_be_right() {
    let wanted = with_docker(web()).manager_restart(ManagerRestart::Allow);
    let wanted = wanted.build();
    let host = as_declared(&wanted);
    let plan = crate::plan(&wanted, &unseen_groups(&host, &wanted));
    assert!(plan.is_empty(), "nothing is restarted for a doubt");
    assert_eq!(notes(&plan), [UNSEEN]);
    // Where no group is declared it does not matter.
    let plain = web().build();
    let host = as_declared(&plain);
    let plan = crate::plan(&plain, &unseen_groups(&host, &plain));
    assert_eq!((plan.is_empty(), notes(&plan)), (true, Vec::new()));
}

#[test]
fn what_an_account_gets_now_its_unseen_manager_lacks_for_certain() {
    let unsaid = with_docker(web()).build();
    let host = as_declared(&web().build());
    let plan = crate::plan(&unsaid, &unseen_groups(&host, &unsaid));
    assert_eq!(refusals(&plan), [format!("user deploy: {LACKS}")]);
    // Restarted, it has them: there is nothing to doubt.
    let allowed = with_docker(web()).manager_restart(ManagerRestart::Allow);
    let allowed = allowed.build();
    let plan = crate::plan(&allowed, &unseen_groups(&host, &allowed));
    assert_eq!(notes(&plan), Vec::<String>::new());
    assert!(told(&plan).contains("restart-manager"), "{}", told(&plan));
}

/// An environment for all units of a user, and a unit that is to have it.
fn with_environment(text: &str) -> Desired {
    web()
        .file(ENVIRONMENT, text)
        .unit("web.service", &service("/bin/web"))
        .restart_on(HostPathOrHome::Home(HomePath::parse(ENVIRONMENT).unwrap()))
        .build()
}

const ENVIRONMENT: &str = ".config/environment.d/10-web.conf";

#[test]
fn the_managers_own_environment_is_read_before_its_units_restart() {
    let mut host = as_declared(&with_environment("A=1\n"));
    let plan = assert_converges(&mut host, &with_environment("A=2\n"));
    assert_eq!(
        steps(&plan),
        [
            "write /home/deploy/.config/environment.d/10-web.conf 0644",
            "manager user:deploy: daemon-reload",
            "user:deploy/web.service: restart",
        ]
    );
    // Another file beside it concerns no manager.
    let other = |text: &str| web().file(".config/web.env", text).build();
    let mut host = as_declared(&other("A=1\n"));
    let plan = assert_converges(&mut host, &other("A=2\n"));
    assert_eq!(steps(&plan), ["write /home/deploy/.config/web.env 0644"]);
}

#[test]
fn an_environment_that_changed_after_the_last_reload_is_owed_one() {
    let wanted = with_environment("A=1\n");
    let file = path(&format!("/home/deploy/{ENVIRONMENT}"));
    let mut seen = as_declared(&wanted).observe(&wanted);
    let scope = seen_of(&mut seen, "user:deploy");
    scope.manager = Manager::Up {
        last_load: LastLoad::At(Timestamp(1)),
    };
    for (at, found) in &mut scope.files {
        if let Observation::Known(found) = found {
            found.changed_at = Timestamp(if *at == file { 2 } else { 1 });
        }
    }
    let plan = told(&crate::plan(&wanted, &seen));
    let owed = format!(
        "1 manager user:deploy: daemon-reload <- reload owed: {file} changed after the last reload"
    );
    assert!(plan.starts_with(&owed), "{plan}");
}
