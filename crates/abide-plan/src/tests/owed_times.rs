//! When a unit started and when its files changed: what it is owed where the ledger does not know its run.

use abide_model::{
    Body, Bytes, Desired, HomePath, HostPathOrHome, LastLoad, Observation, Observed, SecretSource,
    Timestamp,
};
use abide_sim::{SimHost, desired, path, scope, unit_ref};

use super::support::{
    WEB, as_declared, notes, one, planned, seen_file, seen_of, seen_unit, service, steps, told,
};

const FILE: &str = "/home/deploy/.config/systemd/user/web.service";
const ENV: &str = "/etc/app/env";

/// A web service that reads a file which nobody manages.
fn reads_env(command: &str) -> Desired {
    let wanted = one("web.service", &service(command));
    wanted
        .restart_on(HostPathOrHome::Absolute(path(ENV)))
        .build()
}

fn with_env() -> SimHost {
    // The user is there before: what nobody could look at yet, the ledger does not know.
    let mut host = as_declared(&desired("h1").user("deploy").linger(Some(true)).build());
    host.write_file(&path(ENV), "A=1\n", "root");
    host.apply(&planned(&host, &reads_env("/bin/web")));
    host
}

/// The scope in which the file of the environment was seen.
fn scope_of_env(seen: &Observed) -> String {
    let mut scopes = seen.scopes.iter();
    let found = scopes.find(|(_, scope)| {
        scope
            .known()
            .is_some_and(|scope| scope.files.contains_key(&path(ENV)))
    });
    found.unwrap().0.to_string()
}

/// The plan for an untouched host, seen with these times, its run being none that the ledger knows.
fn unknown_run(command: &str, change: impl Fn(&mut Observed)) -> String {
    let mut seen = with_env().observe(&reads_env(command));
    seen_unit(&mut seen, WEB).invocation = "by-hand".to_owned();
    change(&mut seen);
    told(&crate::plan(&reads_env(command), &seen))
}

fn started(seen: &mut Observed) -> Timestamp {
    seen_unit(seen, WEB).started_at.unwrap()
}

fn env_changed_at(seen: &mut Observed, at: Timestamp) {
    let scope = scope_of_env(seen);
    seen_file(seen, &scope, ENV).changed_at = at;
}

#[test]
fn a_unit_runs_what_is_on_disk_where_it_started_after_all_of_that_changed() {
    assert_eq!(unknown_run("/bin/web", |_| {}), "");
    // At the same moment proves nothing.
    let definition = unknown_run("/bin/web", |seen| {
        let at = started(seen);
        seen_file(seen, "user:deploy", FILE).changed_at = at;
        let deploy = seen_of(seen, "user:deploy");
        deploy.manager = abide_model::Manager::Up {
            last_load: LastLoad::At(Timestamp(at.0 + 1)),
        };
    });
    assert!(
        definition.contains(&format!("{WEB}: restart")),
        "{definition}"
    );
    let read = unknown_run("/bin/web", |seen| {
        let at = started(seen);
        env_changed_at(seen, at);
    });
    assert!(read.contains(&format!("{WEB}: restart")), "{read}");
    let before = unknown_run("/bin/web", |seen| {
        let at = started(seen);
        env_changed_at(seen, Timestamp(at.0 - 1));
    });
    assert_eq!(before, "");
}

/// The plan for an untouched host whose environment nobody can read, which changed so long after the unit's start.
fn unreadable(after: i64) -> String {
    let mut seen = with_env().observe(&reads_env("/bin/web"));
    let at = started(&mut seen);
    let of_env = scope_of_env(&seen);
    let file = seen_file(&mut seen, &of_env, ENV);
    (file.digest, file.content) = (None, None);
    file.changed_at = Timestamp(at.0.saturating_add_signed(after));
    // The ledger knows the run as one with this file unread.
    let left = crate::plan(&reads_env("/bin/web"), &seen).ledger_after;
    let config = left.units[&unit_ref(WEB)].config;
    if let Observation::Known(ledger) = &mut seen.ledger {
        ledger.units.get_mut(&unit_ref(WEB)).unwrap().config = config;
    }
    told(&crate::plan(&reads_env("/bin/web"), &seen))
}

#[test]
fn a_file_that_nobody_can_read_restarts_the_unit_where_it_changed_after_the_start() {
    assert!(
        unreadable(1).contains(&format!("{WEB}: restart")),
        "{}",
        unreadable(1)
    );
    assert_eq!(unreadable(-1), "");
}

#[test]
fn a_file_that_was_only_touched_restarts_nothing() {
    let mut seen = with_env().observe(&reads_env("/bin/web"));
    let at = started(&mut seen);
    env_changed_at(&mut seen, Timestamp(at.0 + 1));
    assert_eq!(told(&crate::plan(&reads_env("/bin/web"), &seen)), "");
}

#[test]
fn a_file_that_is_only_read_is_not_told_as_a_drop_in() {
    let plan = planned(&with_env(), &reads_env("/bin/web"));
    assert_eq!(notes(&plan), Vec::<String>::new());
}

#[test]
fn only_what_changed_since_the_start_is_named() {
    let plan = planned(&with_env(), &reads_env("/bin/other"));
    let restart = told(&plan);
    assert!(
        restart.contains(&format!("{WEB}: restart <- #1; runs old ExecStart"))
            && !restart.contains(ENV),
        "{restart}"
    );
}

/// A service that reads a secret of its user.
fn reads_secret(text: &str) -> Desired {
    let key = HostPathOrHome::Home(HomePath::parse("key").unwrap());
    let mut wanted = desired("h1")
        .user("deploy")
        .file("key", text)
        .unit("web.service", &service("/bin/web"))
        .restart_on(key)
        .build();
    let user = wanted.users.values_mut().next().unwrap();
    user.files.values_mut().next().unwrap().body = Body::Secret {
        source: SecretSource::Env("KEY".to_owned()),
        bytes: Some(Bytes::new(text.as_bytes().to_vec())),
    };
    wanted
}

#[test]
fn a_secret_restarts_what_reads_it_and_is_in_no_digest() {
    let host = as_declared(&reads_secret("one"));
    let plan = planned(&host, &reads_secret("two"));
    assert_eq!(
        steps(&plan),
        [
            "write /home/deploy/key 0600".to_owned(),
            format!("{WEB}: restart")
        ]
    );
    let config = |wanted: &Desired| {
        let plan = planned(&SimHost::new(), wanted);
        plan.ledger_after.units.values().next().unwrap().config
    };
    assert_eq!(config(&reads_secret("one")), config(&reads_secret("two")));
}

#[test]
fn a_secret_that_the_last_run_left_so_restarts_nothing_however_new_it_is() {
    let wanted = reads_secret("one");
    let host = as_declared(&wanted);
    let with = |change: &dyn Fn(&mut Observed)| {
        let mut seen = host.observe(&wanted);
        let at = started(&mut seen);
        let file = seen_file(&mut seen, "user:deploy", "/home/deploy/key");
        file.changed_at = Timestamp(at.0 + 1);
        change(&mut seen);
        steps(&crate::plan(&wanted, &seen))
    };
    assert_eq!(with(&|_| {}), Vec::<String>::new());
    // Of another run nobody knows which secret it took.
    assert_eq!(
        with(&|seen| seen_unit(seen, WEB).invocation = "by-hand".to_owned()),
        [format!("{WEB}: restart")]
    );
    let older = |seen: &mut Observed| {
        let at = started(seen);
        seen_unit(seen, WEB).invocation = "by-hand".to_owned();
        seen_file(seen, "user:deploy", "/home/deploy/key").changed_at = Timestamp(at.0 - 1);
    };
    assert_eq!(with(&older), Vec::<String>::new());
    assert!(host.manager_is_up(&scope("user:deploy")));
}
