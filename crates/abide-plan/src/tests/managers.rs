//! What a user's manager has read when it started, or at its last reload: groups, its environment, its defaults.

use abide_model::{
    Change, Desired, DesiredAccount, HomePath, HostPathOrHome, InputLook, InputSeen, Inputs,
    LastLoad, Manager, ManagerRestart, Observation, Plan, RefusalReason, Runner, Timestamp, Wanted,
};
use abide_sim::{DesiredBuilder, SimHost, desired, path, unit_ref, user};

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

/// Two services of a user that run, of which one needs a program; what is seen of that program.
fn with_a_program(seen: InputSeen) -> (SimHost, DesiredBuilder, Inputs) {
    let needs = "[Service]\nExecStart=/opt/job\n[Install]\nWantedBy=default.target\n";
    let wanted = || web().unit("job.service", needs);
    let host = as_declared(&wanted().build());
    let look = InputLook::Path {
        runner: Runner::User(user("deploy")),
        path: path("/opt/job"),
    };
    let allowed = with_docker(wanted()).manager_restart(ManagerRestart::Allow);
    (host, allowed, Inputs::from([(look, seen)]))
}

/// The plan where these answers are known, and the codes of what it refuses and notes.
fn with_answers(host: &SimHost, wanted: &Desired, inputs: &Inputs) -> (Plan, Vec<&'static str>) {
    let mut observed = host.observe(wanted);
    let asked = crate::input_looks(wanted, &observed);
    assert!(inputs.keys().all(|look| asked.contains(look)), "{asked:?}");
    observed.inputs = inputs.clone();
    let plan = crate::plan(wanted, &observed);
    let codes = super::inputs::codes(&plan);
    (plan, codes)
}

fn restarts_manager(plan: &Plan) -> bool {
    plan.actions
        .iter()
        .any(|action| action.change == Change::RestartManager)
}

#[test]
fn a_manager_is_not_restarted_where_a_unit_that_runs_would_be_lost() {
    let (host, wanted, inputs) = with_a_program(InputSeen::Absent);
    let wanted = wanted.build();
    let (plan, codes) = with_answers(&host, &wanted, &inputs);
    assert_eq!(
        (steps(&plan), codes),
        (Vec::new(), vec!["R0412"]),
        "{}",
        told(&plan)
    );
    let why = &plan.refused[0];
    assert_eq!(why.resource, abide_model::ResourceId::User(user("deploy")));
    assert!(
        matches!(&why.why, Some(RefusalReason::ManagerRestartWouldStop { unit, input: Some(input) })
            if unit.as_str() == "job.service" && input.fault == abide_model::InputFault::Missing),
        "{why:?}"
    );
    // Nobody looked, or it is there: then it is restarted.
    let (plan, codes) = with_answers(&host, &wanted, &Inputs::new());
    assert!(
        restarts_manager(&plan) && codes.is_empty(),
        "{}",
        told(&plan)
    );
    let (_, _, inputs) = with_a_program(InputSeen::File {
        readable: true,
        executable: true,
        interpreter: abide_model::Interpreter::Fine,
    });
    let (plan, codes) = with_answers(&host, &wanted, &inputs);
    assert!(
        restarts_manager(&plan) && codes.is_empty(),
        "{}",
        told(&plan)
    );
    // It is said that this does not matter.
    let (_, _, inputs) = with_a_program(InputSeen::Absent);
    let mut accepted = wanted.clone();
    accepted.policy.accept_broken = true;
    let (plan, codes) = with_answers(&host, &accepted, &inputs);
    assert!(restarts_manager(&plan), "{}", told(&plan));
    assert_eq!(codes, ["N0402"]);
}

#[test]
fn what_does_not_run_keeps_no_manager_from_its_restart() {
    let (mut host, wanted, inputs) = with_a_program(InputSeen::Absent);
    let wanted = wanted
        .with_running(Wanted::Unmanaged)
        .enabled(Wanted::Unmanaged);
    host.stop(&unit_ref("user:deploy/job.service")).unwrap();
    let (plan, codes) = with_answers(&host, &wanted.build(), &Inputs::new());
    assert!(
        restarts_manager(&plan) && codes.is_empty(),
        "{}",
        told(&plan)
    );
    // One that is to be started by this plan is noted, as without a restart.
    let (mut host, wanted, _) = with_a_program(InputSeen::Absent);
    host.stop(&unit_ref("user:deploy/job.service")).unwrap();
    let (plan, codes) = with_answers(&host, &wanted.build(), &inputs);
    assert!(restarts_manager(&plan), "{}", told(&plan));
    assert_eq!(codes, ["N0401"]);
}

#[test]
fn a_refused_change_of_what_nothing_starts_by_itself_keeps_its_manager_up() {
    // It runs, no boot starts it, and what is declared of it now would not load.
    let text = |line: &str| format!("[Service]\nExecStart=/bin/job\n{line}\n");
    let wanted = |line: &str| web().unit("job.service", &text(line)).enabled(Wanted::No);
    let host = as_declared(&wanted("").build());
    let now = with_docker(wanted("Nice=1")).manager_restart(ManagerRestart::Allow);
    let now = now.build();
    let refused = InputSeen::Text {
        refused: Some("Refusing.".to_owned()),
        ignored: Vec::new(),
        held: Vec::new(),
    };
    let look = InputLook::Text(unit_ref("user:deploy/job.service"));
    let (plan, codes) = with_answers(&host, &now, &Inputs::from([(look, refused)]));
    assert_eq!(
        (steps(&plan), codes),
        (Vec::new(), vec!["R0412", "R0411"]),
        "{}",
        told(&plan)
    );
    let (plan, codes) = with_answers(&host, &now, &Inputs::new());
    assert!(
        restarts_manager(&plan) && codes.is_empty(),
        "{}",
        told(&plan)
    );
}

#[test]
fn one_manager_that_is_spared_leaves_the_others_as_they_are() {
    let (_, wanted, inputs) = with_a_program(InputSeen::Absent);
    let other = |wanted: DesiredBuilder| {
        wanted
            .user("other")
            .unit("web.service", &service("/bin/web"))
    };
    let (_, before, _) = with_a_program(InputSeen::Absent);
    let mut first = other(before).build();
    first.users.get_mut(&user("deploy")).unwrap().account = DesiredAccount::default();
    let host = as_declared(&first);
    let wanted = with_docker(other(wanted))
        .manager_restart(ManagerRestart::Allow)
        .build();
    let (plan, codes) = with_answers(&host, &wanted, &inputs);
    assert_eq!(codes, ["R0412"], "{}", told(&plan));
    let managers: Vec<&abide_model::ResourceId> = plan
        .actions
        .iter()
        .filter(|action| action.change == Change::RestartManager)
        .map(|action| &action.resource)
        .collect();
    assert_eq!(
        managers,
        [&abide_model::ResourceId::Manager(abide_sim::scope(
            "user:other"
        ))]
    );
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

#[test]
fn a_release_that_reads_no_configuration_in_homes_is_named_and_reloads_nothing_for_it() {
    const CONFIG: &str = ".config/systemd/user.conf.d/10-web.conf";
    let wanted = |text: &str| web().file(CONFIG, text).build();
    let host = as_declared(&wanted("[Manager]\nDefaultTasksMax=1\n"));
    let wanted = wanted("[Manager]\nDefaultTasksMax=2\n");
    for (systemd, is_read) in [(247, false), (249, true), (252, true)] {
        let mut seen = host.observe(&wanted);
        seen.facts.systemd = systemd;
        let plan = crate::plan(&wanted, &seen);
        let reloads = plan
            .actions
            .iter()
            .any(|action| action.change == Change::DaemonReload);
        assert_eq!(reloads, is_read, "{systemd}: {}", told(&plan));
        let notes: Vec<String> = plan
            .notes
            .iter()
            .map(|note| note.text.to_string())
            .collect();
        let note = format!(
            "systemd {systemd} reads no `user.conf` in a home (249 does): /home/deploy/{CONFIG} sets nothing there (`abide explain N0801`)"
        );
        assert_eq!(notes.contains(&note), !is_read, "{notes:?}");
    }
}
