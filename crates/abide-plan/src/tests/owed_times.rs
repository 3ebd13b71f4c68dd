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
            .as_known()
            .is_some_and(|scope| scope.files.contains_key(&path(ENV)))
    });
    found.unwrap().0.to_string()
}

/// The plan for an untouched host, seen with these times, its run being none that the ledger knows.
fn unknown_run(command: &str, change: impl Fn(&mut Observed)) -> String {
    let mut seen = with_env().observe(&reads_env(command));
    seen_unit(&mut seen, WEB).invocation = "by-hand".to_owned();
    change(&mut seen);
    told_and_noted(&crate::plan(&reads_env(command), &seen))
}

fn started(seen: &mut Observed) -> Timestamp {
    seen_unit(seen, WEB).started_at.unwrap()
}

fn env_changed_at(seen: &mut Observed, at: Timestamp) {
    let scope = scope_of_env(seen);
    seen_file(seen, &scope, ENV).changed_at = at;
}

/// What a ledger says of a unit of which it was lost what its files held.
fn forgotten(seen: &mut Observed) {
    if let Observation::Known(ledger) = &mut seen.ledger {
        let left = ledger.units.get_mut(&unit_ref(WEB)).unwrap();
        (left.config, left.reads) = (None, abide_model::LedgerReads::default());
    }
}

fn definition_changed_at_start(seen: &mut Observed) {
    let at = started(seen);
    seen_file(seen, "user:deploy", FILE).changed_at = at;
    seen_of(seen, "user:deploy").manager = abide_model::Manager::Up {
        last_load: LastLoad::At(Timestamp(at.0 + 1)),
    };
}

fn env_changed_at_start(seen: &mut Observed) {
    let at = started(seen);
    env_changed_at(seen, at);
}

#[test]
fn a_unit_runs_what_is_on_disk_where_it_started_after_all_of_that_changed() {
    assert_eq!(unknown_run("/bin/web", |_| {}), "");
    let before = unknown_run("/bin/web", |seen| {
        let at = started(seen);
        forgotten(seen);
        env_changed_at(seen, Timestamp(at.0 - 1));
    });
    assert_eq!(before, "");
}

#[test]
fn a_time_after_the_start_is_settled_by_what_the_ledger_has() {
    // At the same moment proves nothing.
    for change in [definition_changed_at_start, env_changed_at_start] {
        assert_eq!(unknown_run("/bin/web", change), "");
        let unsettled = unknown_run("/bin/web", |seen| {
            forgotten(seen);
            change(seen);
        });
        assert_eq!(unsettled, "noted");
        let changed = unknown_run("/bin/web", |seen| {
            if let Observation::Known(ledger) = &mut seen.ledger {
                let left = ledger.units.get_mut(&unit_ref(WEB)).unwrap();
                let other = Some(abide_model::Held::Digest(abide_model::Digest::of_bytes(
                    b"other",
                )));
                left.reads.definition.as_mut().unwrap().left = other;
                left.reads.files.get_mut(&path(ENV)).unwrap().left = other;
            }
            change(seen);
        });
        assert!(changed.contains(&format!("{WEB}: restart")), "{changed}");
    }
}

#[test]
fn a_ledger_that_has_one_digest_of_all_settles_it_as_well() {
    let old = |seen: &mut Observed| {
        if let Observation::Known(ledger) = &mut seen.ledger {
            let left = ledger.units.get_mut(&unit_ref(WEB)).unwrap();
            left.reads = abide_model::LedgerReads::default();
        }
    };
    for change in [definition_changed_at_start, env_changed_at_start] {
        let same = unknown_run("/bin/web", |seen| {
            old(seen);
            change(seen);
        });
        assert_eq!(same, "");
        let other = unknown_run("/bin/web", |seen| {
            old(seen);
            if let Observation::Known(ledger) = &mut seen.ledger {
                let left = ledger.units.get_mut(&unit_ref(WEB)).unwrap();
                left.config = Some(abide_model::Digest::of_bytes(b"other"));
            }
            change(seen);
        });
        assert!(other.contains(&format!("{WEB}: restart")), "{other}");
    }
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
    told_and_noted(&crate::plan(&reads_env("/bin/web"), &seen))
}

/// What is done, and whether it is noted that something may be old.
fn told_and_noted(plan: &abide_model::Plan) -> String {
    let doubts = plan.notes.iter();
    let doubts = doubts.filter(|note| note.kind == abide_model::NoteKind::MayRunOld);
    let done: Vec<String> = told(plan)
        .lines()
        .filter(|line| !line.contains(": record <- "))
        .map(str::to_owned)
        .collect();
    done.join("\n") + &"noted".repeat(doubts.count())
}

#[test]
fn a_file_that_nobody_can_read_is_told_where_it_changed_after_the_start() {
    assert_eq!(unreadable(1), "noted");
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
        told_and_noted(&crate::plan(&wanted, &seen))
    };
    assert_eq!(with(&|_| {}), "");
    // Of another run nobody knows which secret it took.
    assert_eq!(
        with(&|seen| seen_unit(seen, WEB).invocation = "by-hand".to_owned()),
        "noted"
    );
    let older = |seen: &mut Observed| {
        let at = started(seen);
        seen_unit(seen, WEB).invocation = "by-hand".to_owned();
        seen_file(seen, "user:deploy", "/home/deploy/key").changed_at = Timestamp(at.0 - 1);
    };
    assert_eq!(with(&older), "");
    assert!(host.manager_is_up(&scope("user:deploy")));
}
