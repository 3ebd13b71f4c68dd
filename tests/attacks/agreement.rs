//! Units in every state that can be made, asked about by plan, status, drift and apply: nobody may disagree.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::attack::{Promise, attack};
use crate::support::World;

const HOSTS: [&str; 2] = ["h1", "h2"];

/// Units whose start ends at once: name, what its file has, what is done with it.
const QUICK: &[(&str, &str, &str)] = &[
    (
        "run.service",
        "[Service]\nExecStart=/bin/sleep infinity",
        "start",
    ),
    ("end.service", "[Service]\nExecStart=/bin/true", "start"),
    ("fail.service", "[Service]\nExecStart=/bin/false", "start"),
    ("exec.service", "[Service]\nExecStart=/opt/nope", "start"),
    (
        "typeexec.service",
        "[Service]\nType=exec\nExecStart=/opt/nope",
        "start",
    ),
    (
        "user.service",
        "[Service]\nUser=nobody-there\nExecStart=/bin/true",
        "start",
    ),
    (
        "chdir.service",
        "[Service]\nWorkingDirectory=/opt/nope\nExecStart=/bin/true",
        "start",
    ),
    (
        "loop.service",
        "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=300",
        "start",
    ),
    (
        "loop0.service",
        "[Service]\nExecStart=/bin/true\nRestart=always\nRestartSec=300",
        "start",
    ),
    (
        "flap.service",
        "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep 1\nRestart=always\nRestartSec=1",
        "start",
    ),
    (
        "limit.service",
        "[Unit]\nStartLimitBurst=1\n[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=0",
        "start",
    ),
    (
        "stopped.service",
        "[Service]\nExecStart=/bin/sleep infinity",
        "start stop",
    ),
    (
        "never.service",
        "[Service]\nExecStart=/bin/sleep infinity",
        "",
    ),
    (
        "cond.service",
        "[Unit]\nConditionPathExists=/opt/nope\n[Service]\nExecStart=/bin/sleep infinity",
        "start",
    ),
    (
        "condnow.service",
        "[Unit]\nConditionPathExists=/etc/passwd\n[Service]\nExecStart=/bin/sleep infinity",
        "",
    ),
    (
        "assert.service",
        "[Unit]\nAssertPathExists=/opt/nope\n[Service]\nExecStart=/bin/sleep infinity",
        "start",
    ),
    (
        "oneshot.service",
        "[Service]\nType=oneshot\nExecStart=/bin/true",
        "start",
    ),
    (
        "oneshotfail.service",
        "[Service]\nType=oneshot\nExecStart=/bin/false",
        "start",
    ),
    (
        "remains.service",
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true",
        "start",
    ),
    (
        "exited.service",
        "[Service]\nRemainAfterExit=yes\nExecStart=/bin/true",
        "start",
    ),
    (
        "killed.service",
        "[Service]\nExecStart=/bin/sleep infinity",
        "start kill",
    ),
    (
        "idle.service",
        "[Service]\nType=idle\nExecStart=/bin/sleep infinity",
        "start",
    ),
    (
        "forking.service",
        "[Service]\nType=forking\nExecStart=/bin/true",
        "start",
    ),
    (
        "dep.service",
        "[Unit]\nRequires=gs-exec.service\nAfter=gs-exec.service\n[Service]\nExecStart=/bin/sleep infinity",
        "start",
    ),
    (
        "refuse.service",
        "[Unit]\nRefuseManualStart=yes\n[Service]\nExecStart=/bin/sleep infinity",
        "",
    ),
    (
        "bad.service",
        "[Service]\nExecStart=/bin/sleep infinity",
        "start break",
    ),
    (
        "badoff.service",
        "[Service]\nExecStart=/bin/sleep infinity",
        "break",
    ),
    (
        "gone.service",
        "[Service]\nExecStart=/bin/sleep infinity",
        "start remove",
    ),
    (
        "goneoff.service",
        "[Service]\nExecStart=/bin/sleep infinity",
        "remove",
    ),
    (
        "maskrun.service",
        "[Service]\nExecStart=/bin/sleep infinity",
        "start mask",
    ),
    ("i@1.service", "[Service]\nExecStart=/bin/sleep %i", "start"),
    (
        "i@inf.service",
        "[Service]\nExecStart=/bin/sleep %iinity",
        "start",
    ),
    (
        "wait.timer",
        "[Timer]\nOnActiveSec=1h\nUnit=gs-never.service",
        "start",
    ),
    (
        "off.timer",
        "[Timer]\nOnActiveSec=1h\nUnit=gs-never.service",
        "",
    ),
    (
        "elapsed.timer",
        "[Timer]\nOnActiveSec=0\nUnit=gs-oneshot.service",
        "start",
    ),
    (
        "running.timer",
        "[Timer]\nOnActiveSec=0\nUnit=gs-run.service",
        "start",
    ),
    (
        "listen.socket",
        "[Socket]\nListenStream=/run/gs-listen\nService=gs-never.service",
        "start",
    ),
    (
        "off.socket",
        "[Socket]\nListenStream=/run/gs-off\nService=gs-never.service",
        "",
    ),
    (
        "fail.socket",
        "[Socket]\nListenStream=/proc/gs\nService=gs-never.service",
        "start",
    ),
    (
        "wait.path",
        "[Path]\nPathExists=/opt/nope\nUnit=gs-never.service",
        "start",
    ),
    (
        "off.path",
        "[Path]\nPathExists=/opt/nope\nUnit=gs-never.service",
        "",
    ),
    ("up.target", "[Unit]\nDescription=up", "start"),
    ("off.target", "[Unit]\nDescription=off", ""),
    ("up.slice", "[Slice]\nCPUWeight=50", "start"),
    ("off.slice", "[Slice]\nCPUWeight=50", ""),
];

/// Units whose start or stop goes on.
const SLOW: &[(&str, &str, &str)] = &[
    (
        "notify.service",
        "[Service]\nType=notify\nTimeoutStartSec=600\nExecStart=/bin/sleep infinity",
        "start",
    ),
    (
        "pre.service",
        "[Service]\nTimeoutStartSec=600\nExecStartPre=/bin/sleep 600\nExecStart=/bin/sleep infinity",
        "start",
    ),
    (
        "post.service",
        "[Service]\nTimeoutStartSec=600\nExecStart=/bin/sleep infinity\nExecStartPost=/bin/sleep 600",
        "start",
    ),
    (
        "oneshotrun.service",
        "[Service]\nType=oneshot\nExecStart=/bin/sleep 600",
        "start",
    ),
    (
        "remainsrun.service",
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sleep 600",
        "start",
    ),
    (
        "timeout.service",
        "[Service]\nTimeoutStartSec=1\nExecStartPre=/bin/sleep 600\nExecStart=/bin/true",
        "start",
    ),
    (
        "condslow.service",
        "[Service]\nExecCondition=/bin/sleep 600\nTimeoutStartSec=600\nExecStart=/bin/true",
        "start",
    ),
    (
        "reload.service",
        "[Service]\nTimeoutStartSec=600\nExecStart=/bin/sleep infinity\nExecReload=/bin/sleep 600",
        "start reload",
    ),
    (
        "stop.service",
        "[Service]\nTimeoutStopSec=600\nExecStart=/bin/sleep infinity\nExecStop=/bin/sleep 600",
        "start stop",
    ),
    (
        "stoppost.service",
        "[Service]\nTimeoutStopSec=600\nExecStart=/bin/sleep infinity\nExecStopPost=/bin/sleep 600",
        "start stop",
    ),
    (
        "sigterm.service",
        "[Service]\nTimeoutStopSec=600\nExecStart=/bin/sh -c 'trap : TERM; while :; do sleep 1; done'",
        "start stop",
    ),
    (
        "watchdog.service",
        "[Service]\nType=simple\nWatchdogSec=1\nNotifyAccess=all\nExecStart=/bin/sleep infinity",
        "start",
    ),
    (
        "flapslow.service",
        "[Unit]\nStartLimitIntervalSec=0\n[Service]\nTimeoutStartSec=600\nExecStart=/bin/false\nExecStopPost=/bin/sleep 600\nRestart=always",
        "start",
    ),
    (
        "pre.socket",
        "[Socket]\nListenStream=/run/gs-pre\nTimeoutSec=600\nExecStartPre=/bin/sleep 600\nService=gs-never.service",
        "start",
    ),
    (
        "stop.socket",
        "[Socket]\nListenStream=/run/gs-stop\nTimeoutSec=600\nExecStopPre=/bin/sleep 600\nService=gs-never.service",
        "start stop",
    ),
];

/// A script that brings all of them into their states.
fn make(units: &[(&str, &str, &str)]) -> String {
    let mut script = "cd /etc/systemd/system\n".to_owned();
    for (name, text, _) in units {
        let file = match name.split_once('@') {
            Some((prefix, _)) => format!("{prefix}@.service"),
            None => (*name).to_owned(),
        };
        let text = text
            .replace('%', "%%")
            .replace('\n', "\\n")
            .replace('\'', "'\\''");
        writeln!(script, "printf '{text}\\n' >gs-{file}").expect("as it was made");
    }
    script.push_str("systemctl daemon-reload\n");
    for verb in ["start", "reload", "kill", "stop"] {
        for (name, _, done) in units {
            if done.split(' ').any(|one| one == verb) {
                let how = match verb {
                    "kill" => "kill -s KILL",
                    verb => verb,
                };
                let block = if verb == "kill" { "" } else { " --no-block" };
                writeln!(script, "systemctl {how}{block} gs-{name} 2>/dev/null")
                    .expect("as it was made");
            }
        }
        script.push_str("sleep 2\n");
    }
    for (name, _, done) in units {
        for one in done.split(' ') {
            let line = match one {
                "break" => format!("echo '[Service]\nType=no such\nExecStart=' >gs-{name}"),
                "remove" => format!("rm gs-{name}"),
                "mask" => format!("rm gs-{name}; ln -s /dev/null gs-{name}"),
                _ => continue,
            };
            writeln!(script, "{line}").expect("as it was made");
        }
    }
    script.push_str("systemctl daemon-reload; sleep 2\n");
    script
}

/// What makes a running unit older than its files, and lets nobody restart it.
const HELD: &str =
    "state: started, on_change: none, drop_ins: {held.conf: \"[Service]\\nEnvironment=HELD=1\\n\"}";

fn manifest<'a>(names: impl Iterator<Item = &'a str>, wanted: &str) -> String {
    let mut text =
        "version: 1\nname: states\npolicy: {max_removals: 200}\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    units:\n"
            .to_owned();
    for name in names {
        writeln!(
            text,
            "      gs-{name}: {{{wanted}, settle: {{for: 1s, timeout: 3s}}}}"
        )
        .expect("as it was made");
    }
    text
}

/// Whether each unit of each host is as declared, as a report of this command says.
fn of_report(world: &World, command: &str) -> BTreeMap<String, bool> {
    let path = world.path(&format!("{command}.json"));
    let file = format!("json={}", path.display());
    world.abide(&[command, "--report", &file]);
    let document: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("as it was made"))
            .expect("as it was made");
    let mut all = BTreeMap::new();
    for host in document["hosts"].as_array().expect("as it was made") {
        for resource in host["resources"].as_array().expect("as it was made") {
            let id = resource["id"].as_str().expect("as it was made");
            if id.contains("gs-") {
                let name = format!("{} {id}", host["host"].as_str().expect("as it was made"));
                all.insert(name, resource["state"] == "clean");
            }
        }
    }
    all
}

/// The same as `abide status` says it.
fn of_status(world: &World) -> BTreeMap<String, bool> {
    let said = world.abide(&["status", "--json"]);
    let document: Value = serde_json::from_str(&said.stdout).expect("as it was made");
    let mut all = BTreeMap::new();
    for host in document["hosts"].as_array().expect("as it was made") {
        for unit in host["units"].as_array().expect("as it was made") {
            let name = format!(
                "{} system/{}",
                host["host"].as_str().expect("as it was made"),
                unit["unit"].as_str().expect("as it was made")
            );
            all.insert(name, unit["as_declared"] == true);
        }
    }
    all
}

#[track_caller]
fn assert_one_answer(world: &World, what: &str) -> BTreeMap<String, bool> {
    let plan = answers(world, what);
    assert!(plan.len() > 60, "{what}: {plan:?}");
    plan
}

#[track_caller]
fn answers(world: &World, what: &str) -> BTreeMap<String, bool> {
    let (plan, status, drift) = (
        of_report(world, "plan"),
        of_status(world),
        of_report(world, "drift"),
    );
    let differ = |other: &BTreeMap<String, bool>| -> Vec<String> {
        plan.iter()
            .filter(|(name, fine)| other.get(*name) != Some(fine))
            .map(|(name, fine)| format!("{name}: {fine} by the plan"))
            .collect()
    };
    assert_eq!(differ(&status), Vec::<String>::new(), "{what}: status");
    assert_eq!(differ(&drift), Vec::<String>::new(), "{what}: drift");
    plan
}

#[test]
fn plan_status_drift_and_apply_agree_on_units_in_sixty_states() {
    let _attack = attack("units in sixty states", Promise::AsDeclared);
    let world = World::both("attack-states");
    let all: Vec<_> = QUICK.iter().chain(SLOW).copied().collect();
    let script = make(&all);
    std::thread::scope(|scope| {
        for host in HOSTS {
            let (world, script) = (&world, &script);
            scope.spawn(move || {
                world
                    .fleet
                    .exec_with(host, "root", &["/bin/sh", "-s"], script.as_bytes())
            });
        }
    });
    let mut kinds = std::collections::BTreeSet::new();
    for host in HOSTS {
        let shown = world.fleet.sh_as(
            host,
            "root",
            "systemctl show --all -p ActiveState,SubState,LoadState 'gs-*' | paste -sd ' ' | sed 's/  /\\n/g'",
        );
        kinds.extend(shown.lines().map(str::to_owned));
    }
    assert!(
        kinds.len() >= 20,
        "{} kinds of states: {kinds:#?}",
        kinds.len()
    );
    let names = || all.iter().map(|(name, _, _)| *name);
    world.manifest(&manifest(names(), "state: started"));
    let fine = assert_one_answer(&world, "started");
    for host in HOSTS {
        let is_fine = |name: &str| fine.get(&format!("{host} system/gs-{name}")).copied();
        for name in ["run.service", "up.target", "exited.service"] {
            assert_eq!(is_fine(name), Some(true), "{host} {name}");
        }
        for name in [
            "loop.service",
            "loop0.service",
            "flap.service",
            "limit.service",
            "exec.service",
            "fail.service",
            "notify.service",
            "pre.service",
            "post.service",
            "stop.service",
            "sigterm.service",
            "bad.service",
            "gone.service",
            "killed.service",
            "off.timer",
        ] {
            assert_eq!(is_fine(name), Some(false), "{host} {name}");
        }
    }
    world.manifest(&manifest(names(), "state: stopped"));
    assert_one_answer(&world, "stopped");
    // What ends at once is applied as well; then there is a ledger to judge by.
    let quick = || QUICK.iter().map(|(name, _, _)| *name);
    world.manifest(&manifest(quick(), "state: started"));
    world.apply().ends_with(1);
    assert_one_answer(&world, "applied");
    // What is changed and may not be restarted runs what it ran: nobody calls that a difference, and all tell it.
    // Of a unit whose file is no unit file, systemd would refuse the drop-in too.
    let mut text = manifest(quick(), "state: started");
    for name in quick().filter(|name| name.ends_with(".service") && !name.starts_with("bad")) {
        let plain = format!("gs-{name}: {{state: started");
        text = text.replace(&plain, &format!("gs-{name}: {{{HELD}"));
    }
    world.manifest(&text);
    let applied = world.apply();
    assert_eq!(applied.code, 1, "{applied:?}");
    let fine = assert_one_answer(&world, "held back");
    for host in HOSTS {
        let is_fine = |name: &str| fine.get(&format!("{host} system/gs-{name}")).copied();
        let why = || format!("{host}: {applied:?}\n{:?}", world.plan());
        assert_eq!(is_fine("run.service"), Some(true), "{}", why());
        assert_eq!(is_fine("loop.service"), Some(false), "{}", why());
    }
    for command in ["plan", "status", "drift"] {
        let said = world.abide(&[command]);
        said.ends_with(match command {
            "plan" => 1,
            "status" => 0,
            _ => 2,
        })
        .says("gs-run.service keeps running its old configuration until it is restarted");
    }
}

/// Users, and what is done to each by root.
const USERS: &[(&str, &str)] = &[
    ("gs-fine", ""),
    (
        "gs-shell",
        "sed -i '/^gs-shell:/s,/bin/sh,/bin/bash,' /etc/passwd",
    ),
    (
        "gs-linger",
        "loginctl disable-linger gs-linger; systemctl stop user@$(id -u gs-linger)",
    ),
    ("gs-down", "systemctl stop user@$(id -u gs-down)"),
    (
        "gs-gone",
        "loginctl disable-linger gs-gone; systemctl stop user@$(id -u gs-gone); userdel gs-gone",
    ),
    (
        "gs-group",
        "groupadd -f gs-late; gpasswd -d gs-group gs-first",
    ),
    (
        "gs-masked",
        "systemctl stop user@$(id -u gs-masked); systemctl mask user@$(id -u gs-masked)",
    ),
    ("gs-runtime", "chown root /run/user/$(id -u gs-runtime)"),
    (
        "gs-home",
        "sed -i s,:/home/gs-home:,:/srv/gs-home:, /etc/passwd",
    ),
    ("gs-file", "echo other >/home/gs-file/a"),
    ("gs-unit", "rm -r /home/gs-unit/.config/systemd"),
];

/// Whether a report has nothing to do or to refuse about the account, the lingering and the manager of each user. That a
/// manager has to read its units again is told by them.
fn users_of(document: &Value) -> BTreeMap<String, bool> {
    let mut all = BTreeMap::new();
    for host in document["hosts"].as_array().expect("as it was made") {
        let resources = host["resources"].as_array().expect("as it was made");
        for (name, _) in USERS {
            let ids = [
                format!("user {name}"),
                format!("linger {name}"),
                format!("manager user:{name}"),
            ];
            let of_user = |one: &&Value| ids.iter().any(|id| one["id"] == id.as_str());
            let fine = resources
                .iter()
                .filter(of_user)
                .all(|one| one["state"] == "clean");
            let host = host["host"].as_str().expect("as it was made");
            all.insert(format!("{host} {name}"), fine);
        }
    }
    all
}

#[test]
fn plan_status_and_drift_agree_on_users_however_they_are() {
    let _attack = attack("users in a dozen states", Promise::AsDeclared);
    let world = World::both("attack-users");
    world.file(
        "a.service",
        "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n",
    );
    let manifest = |group: &str, may: &str| {
        let mut text =
            "version: 1\nname: users\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n"
                .to_owned();
        for (name, _) in USERS {
            let more = match *name {
                "gs-group" => format!(", groups: [{group}], manager_restart: {may}"),
                "gs-file" => ", files: {a: {content: \"a\"}}".to_owned(),
                _ => String::new(),
            };
            writeln!(
                text,
                "      {name}: {{shell: /bin/sh, linger: true, units: {{a.service: {{source: a.service, settle: {{for: 1s}}}}}}{more}}}"
            )
            .expect("as it was made");
        }
        text
    };
    for host in HOSTS {
        world.fleet.sh_as(host, "root", "groupadd -f gs-first");
    }
    world.manifest(&manifest("gs-first", "never"));
    world.converge();
    assert_users_agree(&world, "as applied", &[]);
    for (_, script) in USERS {
        for host in HOSTS {
            world.fleet.sh_as(host, "root", &format!("{script}\n:"));
        }
    }
    let fine = ["gs-fine", "gs-file", "gs-unit"];
    let wrong: Vec<&str> = USERS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !fine.contains(name) && *name != "gs-home")
        .collect();
    assert_users_agree(&world, "changed by hand", &wrong);
    // What has no row of its own is told as well.
    world
        .abide(&["status", "--exit-code"])
        .ends_with(3)
        .says("not as declared either: file /home/gs-file/a");
    // A group that the manager does not get: the manifest holds the restart back.
    world.manifest(&manifest("gs-late", "never"));
    let one: &[&str] = &["--host", "h1"];
    let _applied = world.abide(&[&["apply", "--yes"], one].concat());
    assert_users_agree(&world, "held back", &[]);
    world
        .abide(&["status"])
        .says("user gs-group: what runs under it does not have the group gs-late");
}

#[track_caller]
fn assert_users_agree(world: &World, what: &str, wrong: &[&str]) {
    let report = |command: &str| -> Value {
        let path = world.path(&format!("{command}.json"));
        let file = format!("json={}", path.display());
        world.abide(&[command, "--report", &file]);
        let text = std::fs::read_to_string(path).expect("as it was made");
        serde_json::from_str(&text).expect("as it was made")
    };
    let plan = users_of(&report("plan"));
    let drift = users_of(&report("drift"));
    let said = world.abide(&["status", "--json"]);
    let status: Value = serde_json::from_str(&said.stdout).expect("as it was made");
    let mut rows = BTreeMap::new();
    for host in status["hosts"].as_array().expect("as it was made") {
        for user in host["users"].as_array().expect("as it was made") {
            let name = format!(
                "{} {}",
                host["host"].as_str().expect("as it was made"),
                user["user"].as_str().expect("as it was made")
            );
            rows.insert(name, user["as_declared"] == true);
        }
    }
    assert_eq!(plan, rows, "{what}: plan and status");
    assert_eq!(plan, drift, "{what}: plan and drift");
    for host in HOSTS {
        for name in wrong {
            assert_eq!(
                rows.get(&format!("{host} {name}")),
                Some(&false),
                "{what}: {host} {name}"
            );
        }
    }
    assert_eq!(rows.get("h1 gs-fine"), Some(&true), "{what}");
}
