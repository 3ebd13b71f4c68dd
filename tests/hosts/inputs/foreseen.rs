//! What the plan says of units before they are started is what then happens: nothing is foreseen that does not come, and
//! nothing comes of what can be foreseen.

use super::{flat, is_told_to_fail};
use crate::fleet::skip;
use crate::support::{World, worker};

/// A unit, its text and whether it starts.
pub(super) type Case = (String, String, bool);

/// `[Service]` lines that start a service or do not.
fn services(of: &str, lines: &[(&str, bool)]) -> Vec<Case> {
    let numbered = lines.iter().enumerate();
    let services = numbered.map(|(number, (lines, starts))| {
        let text = format!("[Service]\n{lines}\n");
        (format!("{of}{number:02}.service"), text, *starts)
    });
    services.collect()
}

/// Units as a manifest has them.
pub(super) fn declared(units: &[Case]) -> String {
    let lines = units.iter().map(|(name, text, _)| {
        let text = serde_json::Value::from(text.as_str());
        format!("{name}: {{content: {text}, settle: {{for: 1s}}}}")
    });
    lines.collect::<Vec<_>>().join(", ")
}

/// Plans, applies, and compares what was said of each unit with what became of it on each host.
#[track_caller]
pub(super) fn compare(world: &World, units: &[(&str, &[Case])]) {
    let said = world.plan().ends_with(0).stdout;
    let told_to_fail = |unit: &str| is_told_to_fail(&said, unit);
    let all = || {
        units
            .iter()
            .flat_map(|(user, units)| units.iter().map(move |unit| (*user, unit)))
    };
    for (_, (unit, text, starts)) in all() {
        assert_eq!(told_to_fail(unit), !starts, "{unit}: {text}\n{said}");
    }
    world.apply();
    for (user, (unit, text, starts)) in all() {
        for host in ["h1", "h2"] {
            let loaded = loaded(unit);
            let state = world.show(host, user, &loaded, "ActiveState");
            let result = world.show(host, user, &loaded, "Result");
            let is_up = state == "active" && result == "success";
            assert_eq!(
                is_up, *starts,
                "{unit} on {host}: {text} is {state}, {result}"
            );
        }
    }
}

/// As systemd knows it.
fn loaded(unit: &str) -> String {
    let (stem, kind) = unit.split_once('.').expect("a kind");
    match kind {
        "container" | "kube" => format!("{stem}.service"),
        "build" | "pod" => format!("{stem}-{kind}.service"),
        _ => unit.to_owned(),
    }
}

const RUN: &str = "ExecStart=/bin/sleep infinity";

#[test]
fn programs_of_every_step_of_a_start_are_foreseen() {
    let world = World::both("inputs-steps");
    let run = |lines: &str| format!("{RUN}\n{lines}");
    let post = run("ExecStartPost=/opt/no/x");
    let lines = [
        (post.clone(), false),
        (run("Type=exec\nExecStartPost=/opt/no/x"), false),
        (run("ExecStartPost=-/opt/no/x"), true),
        (run("ExecStartPost=/bin/true"), true),
        (run("ExecStartPre=/bin/true\nExecStartPre=/opt/no/x"), false),
        ("Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecStart=/opt/no/x".to_owned(), false),
        // These fail no start.
        (run("ExecStop=/opt/no/x"), true),
        (run("ExecStopPost=/opt/no/x"), true),
        (run("ExecReload=/opt/no/x"), true),
        (run("ExecCondition=-/opt/no/x"), true),
        // What is made meanwhile.
        (run("ExecStartPre=/bin/cp /bin/true %t/made-%N\nExecStartPost=%t/made-%N"), true),
        (
            "Type=exec\nExecStart=/bin/sh -c 'cp /bin/true %t/late-%N; exec sleep infinity'\nExecStartPost=/bin/sleep 1\nExecStartPost=%t/late-%N".to_owned(),
            true,
        ),
        (
            "Type=forking\nExecStart=/bin/sh -c 'cp /bin/true %t/fork-%N; sleep infinity & true'\nExecStartPost=%t/fork-%N".to_owned(),
            true,
        ),
    ];
    let lines: Vec<(&str, bool)> = lines
        .iter()
        .map(|(lines, starts)| (lines.as_str(), *starts))
        .collect();
    let (system, own) = (services("s", &lines), services("u", &lines));
    let sockets: Vec<Case> = [
        ("ExecStartPre=/opt/no/x", false),
        ("ExecStartPost=/opt/no/x", false),
        ("ExecStartPre=-/opt/no/x", true),
        ("SocketUser=nobody-here", false),
        ("SocketGroup=nobody-here", false),
        ("SocketUser=deploy\nSocketGroup=deploy", true),
        ("ExecStopPost=/opt/no/x", true),
    ]
    .iter()
    .enumerate()
    .map(|(number, (lines, starts))| {
        (
            format!("k{number:02}.socket"),
            format!("[Socket]\nListenStream=/run/k{number:02}\n{lines}\n"),
            *starts,
        )
    })
    .collect();
    let with_services: Vec<Case> = sockets
        .iter()
        .map(|(name, ..)| {
            (
                name.replace("socket", "service"),
                format!("[Service]\n{RUN}\n"),
                true,
            )
        })
        .collect();
    let behind = declared(&with_services).replace("settle: {for: 1s}", "state: unmanaged");
    super::manifest(
        &world,
        "steps",
        &format!(
            "    units: {{{}, {}, {behind}}}\n    users:\n      app:\n        units: {{{}}}\n",
            declared(&system),
            declared(&sockets),
            declared(&own)
        ),
    );
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "useradd -m app");
    }
    let system: Vec<_> = system.into_iter().chain(sockets).collect();
    compare(&world, &[("root", &system), ("app", &own)]);
    // One that runs goes on.
    super::manifest(
        &world,
        "one",
        "    users:\n      app:\n        units: {run.service: {source: run.service}}\n",
    );
    world.file("run.service", &worker(""));
    world.converge();
    let before = super::pids(&world, "app", "run.service");
    for lines in ["ExecStartPost=/opt/no/x", "ExecCondition=/opt/no/x"] {
        world.file("run.service", &worker(lines));
        super::refused(
            &world.plan(),
            &["run.service", "/opt/no/x is not there", "203/EXEC"],
        );
        super::refused(&world.apply(), &["run.service"]);
    }
    assert_eq!(super::pids(&world, "app", "run.service"), before);
    // Without it the unit is not started, and nothing says that it failed.
    let said = flat(&world.plan());
    assert!(said.contains("and it is not started"), "{said}");
}

#[test]
fn scripts_that_env_starts_are_foreseen_by_the_path_of_their_unit() {
    let world = World::both("inputs-env");
    let run = |script: &str, lines: &str| format!("Type=exec\nExecStart=/srv/e/{script}\n{lines}");
    let path = "Environment=PATH=/srv/e/bin:/bin";
    let lines = [
        (run("sh", ""), true),
        (run("none", ""), false),
        (run("only", ""), false),
        (run("only", path), true),
        (run("only", "Environment=\"PATH=/srv/e/bin:/bin\""), true),
        (run("only", "EnvironmentFile=/srv/e/path.env"), true),
        (run("only", "ExecSearchPath=/srv/e/bin:/bin"), true),
        (run("none", path), false),
        (run("sh", "Environment=PATH=/srv/e/bin"), false),
        (run("split", ""), true),
        (run("split-none", ""), false),
        (run("unsplit", ""), false),
        (run("assigns", ""), true),
        (run("absolute", ""), true),
        (run("absolute-none", ""), false),
        (run("trailing", ""), true),
    ];
    let lacks_it = |host: &&str| world.show(host, "root", "", "Version").starts_with("247");
    let lacks_it = ["h1", "h2"].iter().any(lacks_it);
    if lacks_it {
        skip("ExecSearchPath=: systemd 247 does not know it");
    }
    let lines: Vec<(&str, bool)> = lines
        .iter()
        .filter(|(lines, _)| !lacks_it || !lines.contains("ExecSearchPath"))
        .map(|(lines, starts)| (lines.as_str(), *starts))
        .collect();
    let system = services("s", &lines);
    let mut own = services("u", &lines);
    let as_user = services(
        "a",
        &[
            (&format!("User=app\n{}", run("none", "")), false),
            (&format!("User=app\n{}", run("sh", "")), true),
        ],
    );
    // The manager of this user has a PATH of its own.
    let of_manager = services(
        "m",
        &[
            (&run("own", ""), true),
            (&run("sh", ""), true),
            (&run("none", ""), false),
        ],
    );
    own.push((
        "planned.service".to_owned(),
        format!(
            "[Service]\n{}\n",
            run("brought", "Environment=PATH=%h/bin:/bin")
        ),
        true,
    ));
    super::manifest(
        &world,
        "env",
        &format!(
            "    units: {{{}, {}}}\n    users:\n      app:
        files: {{bin/brought-here: {{content: \"#!/bin/sh\\nexec sleep infinity\\n\", mode: \"0755\"}}}}
        units: {{{}}}\n      other: {{units: {{{}}}}}\n",
            declared(&system),
            declared(&as_user),
            declared(&own),
            declared(&of_manager)
        ),
    );
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "useradd -m app; loginctl enable-linger app; systemctl start user@$(id -u app); useradd -m other; mkdir -p /srv/e/bin ~other/.config/environment.d ~other/bin; cd /srv/e
             script() { printf '#!/usr/bin/env %s\\nexec sleep infinity\\n' \"$2\" >$1; chmod 755 $1; }
             script sh sh; script none ruby-not-here; script only only-here; script split '-S sh -e'; script split-none '-S ruby-not-here -w'
             script unsplit 'sh -e'; script assigns '-S A=1 sh'; script absolute /bin/sh; script absolute-none /opt/no/sh; script trailing 'sh  '
             script brought brought-here; script own own-here
             printf '#!/bin/sh\\nexec sleep infinity\\n' >bin/only-here; cp bin/only-here ~other/bin/own-here; chmod 755 bin/* ~other/bin/*
             echo PATH=/srv/e/bin:/bin >path.env; echo 'PATH=/home/other/bin:/usr/bin:/bin' >~other/.config/environment.d/10.conf; chown -R other: ~other
             loginctl enable-linger other; systemctl start user@$(id -u other)",
        );
    }
    let system: Vec<_> = system.into_iter().chain(as_user).collect();
    compare(
        &world,
        &[("root", &system), ("app", &own), ("other", &of_manager)],
    );
}

#[test]
fn what_a_service_sees_below_another_root_is_foreseen() {
    let world = World::both("inputs-root");
    let root = |lines: &str| format!("RootDirectory=/srv/r\n{lines}");
    let lines = [
        (root(RUN), true),
        (root("ExecStart=bare infinity"), true),
        (root("ExecStart=/usr/bin/env"), false),
        (root("ExecStart=none-such infinity"), false),
        (root(&format!("{RUN}\nWorkingDirectory=/w")), true),
        (root(&format!("{RUN}\nWorkingDirectory=/none")), false),
        (
            root(&format!(
                "{RUN}\nStateDirectory=xs\nWorkingDirectory=/var/lib/xs"
            )),
            true,
        ),
        (
            root(&format!("{RUN}\nUser=deploy\nWorkingDirectory=/w")),
            true,
        ),
        (root(&format!("{RUN}\nExecStartPost=/opt/no/x")), false),
        (root(&format!("{RUN}\nEnvironmentFile=/srv/r.env")), true),
        (
            root(&format!(
                "{RUN}\nBindReadOnlyPaths=/srv/tools:/opt\nExecStartPost=/opt/sleep 0"
            )),
            true,
        ),
        // Links lead elsewhere from within.
        (root("ExecStart=/bin/linked infinity"), true),
        (root("ExecStart=/lbin/sleep infinity"), true),
        (
            "RootDirectory=/srv/closed/r\nUser=deploy\nExecStart=/bin/sleep infinity".to_owned(),
            true,
        ),
        (
            "RootDirectory=/srv/none\nExecStart=/bin/sleep infinity".to_owned(),
            false,
        ),
        (
            "RootDirectory=/etc/passwd\nExecStart=/bin/sleep infinity".to_owned(),
            false,
        ),
        (
            "RootImage=/srv/none.img\nExecStart=/bin/sleep infinity".to_owned(),
            false,
        ),
    ];
    // What fails behind the start is waited for.
    let lines = lines.map(|(lines, starts)| (format!("Type=exec\n{lines}"), starts));
    let lines: Vec<(&str, bool)> = lines
        .iter()
        .map(|(lines, starts)| (lines.as_str(), *starts))
        .collect();
    let system = services("s", &lines);
    super::manifest(
        &world,
        "roots",
        &format!("    units: {{{}}}\n", declared(&system)),
    );
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "mkdir -p /srv/r/bin /srv/r/usr/bin /srv/r/w /srv/tools /srv/closed; for lib in $(ldd /bin/sleep | grep -o '/[^ ]*'); do
               mkdir -p /srv/r${lib%/*}; cp -L $lib /srv/r$lib; done
             cp /bin/sleep /srv/r/bin/; cp /bin/sleep /srv/r/usr/bin/bare; cp /bin/sleep /srv/tools/; cp /bin/sleep /srv/r/bin/real; ln -s /bin/real /srv/r/bin/linked; ln -s /bin /srv/r/lbin
             echo A=1 >/srv/r.env; cp -a /srv/r /srv/closed/r; chmod 700 /srv/closed",
        );
    }
    compare(&world, &[("root", &system)]);
}

#[test]
fn files_that_come_from_secrets_are_there_for_units_that_read_them() {
    let world = World::both("inputs-secret");
    let declare = |files: &str, value: u8| {
        super::manifest(
            &world,
            "secrets",
            &format!(
                "    users:
      app:
        files: {{{files}}}
        units: {{own.service: {{content: \"[Service]\\nEnvironment=V={value}\\nExecStart=/bin/sleep infinity\\nEnvironmentFile=%h/s/own.env\\n\"}}}}
    units: {{as.service: {{content: \"[Service]\\nEnvironment=V={value}\\nUser=app\\nExecStart=/bin/sleep infinity\\nEnvironmentFile=/home/app/s/own.env\\nLoadCredential=k:/home/app/s/own.env\\n\"}}}}
"
            ),
        );
    };
    let secret = "s/own.env: {secret: {file: own.env}}";
    world.file("own.env", "TOKEN=t0ken\n");
    let quiet = |said: crate::support::Said| {
        let said = said.ends_with(0).does_not_say("R0401");
        said.does_not_say("N0401").does_not_say("t0ken");
    };
    declare(secret, 1);
    quiet(world.plan());
    world.converge();
    world.file("own.env", "TOKEN=t0ken-2\n");
    declare(secret, 2);
    quiet(world.plan());
    world.converge();
    let before = [
        super::pids(&world, "app", "own.service"),
        super::pids(&world, "root", "as.service"),
    ];
    // It goes with the same plan.
    declare("", 3);
    let texts = [
        "own.service",
        "as.service",
        "this plan takes /home/app/s/own.env away",
    ];
    super::refused(&world.plan(), &texts);
    super::refused(&world.apply(), &texts[..2]);
    let after = [
        super::pids(&world, "app", "own.service"),
        super::pids(&world, "root", "as.service"),
    ];
    assert_eq!(before, after);
}
