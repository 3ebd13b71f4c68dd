//! What a unit needs when it starts is looked at while planning, as the user that runs it: a unit that runs is not restarted
//! into a failure that can be foreseen, and one that would fail is named.

mod foreseen;
mod quadlets;

use crate::support::{Said, World, worker};

/// A manifest with this below `groups: all:`.
fn manifest(world: &World, name: &str, body: &str) {
    world.manifest(&format!(
        "version: 1\nname: {name}\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n{body}"
    ));
}

/// What a running unit's change would break is refused on both hosts, with its code.
#[track_caller]
fn refused(said: &Said, texts: &[&str]) {
    assert_eq!(said.code, 1, "{}\n{}", said.stdout, said.stderr);
    let flat = flat(said);
    for text in texts.iter().chain(&["R0401"]) {
        assert!(
            flat.contains(text),
            "no `{text}` in\n{}\n{}",
            said.stdout,
            said.stderr
        );
    }
}

/// What was said, in one line: texts are wrapped for a terminal.
fn flat(said: &Said) -> String {
    said.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

const USER: &str = "    users:
      app:
        units:
          a.service: {source: a.service}
          b.service: {source: b.service}
";

fn pids(world: &World, user: &str, unit: &str) -> [String; 2] {
    ["h1", "h2"].map(|host| world.show(host, user, unit, "MainPID"))
}

/// Whether a plan's text says of a new unit that it will not start: that stands below its name.
fn is_told_to_fail(said: &str, unit: &str) -> bool {
    let name = format!("  + {unit} ");
    let mut lines = said.lines().skip_while(|line| !line.starts_with(&name));
    let own = lines
        .by_ref()
        .skip(1)
        .take_while(|line| !line.starts_with("  + "));
    own.collect::<String>().contains("it will not start")
}

#[test]
fn a_running_unit_is_not_restarted_into_a_failure_that_can_be_foreseen() {
    let world = World::both("inputs-run");
    manifest(&world, "foresee", USER);
    world
        .file("a.service", &worker(""))
        .file("b.service", &worker(""));
    world.converge();
    let before = pids(&world, "app", "a.service");
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "mkdir -p /srv/closed/in /srv/open && chmod 700 /srv/closed && chmod 755 /srv/closed/in
             printf 'x\\n' >/srv/open/plain; printf 'A=1\\n' >/srv/open/secret.env; chmod 600 /srv/open/secret.env
             printf '#!/opt/none/ruby\\n' >/srv/open/script; chmod 755 /srv/open/script
             printf '#!/bin/sh\\r\\n' >/srv/open/dos; chmod 755 /srv/open/dos",
        );
    }
    let run = |line: &str| worker("").replace("/bin/sleep infinity", line);
    for (unit, said) in [
        (
            worker("EnvironmentFile=/etc/nowhere.env"),
            "/etc/nowhere.env is not there",
        ),
        (
            worker("EnvironmentFile=/srv/open/secret.env"),
            "app may not read /srv/open/secret.env",
        ),
        (
            worker("EnvironmentFile=%h/none.env"),
            "/home/app/none.env is not there",
        ),
        (
            worker("WorkingDirectory=/srv/nowhere"),
            "`WorkingDirectory=/srv/nowhere`",
        ),
        (
            worker("WorkingDirectory=/srv/closed"),
            "app may not enter /srv/closed",
        ),
        (
            worker("WorkingDirectory=/srv/closed/in"),
            "app may not enter /srv/closed",
        ),
        (
            worker("WorkingDirectory=/srv/open/plain"),
            "/srv/open/plain is no directory",
        ),
        (
            worker("LoadCredential=key:/etc/nowhere.key"),
            "/etc/nowhere.key is not there",
        ),
        (run("/opt/nowhere/worker"), "203/EXEC"),
        (
            run("no-such-program-anywhere x"),
            "no-such-program-anywhere",
        ),
        (
            run("/srv/open/plain"),
            "app may not execute /srv/open/plain",
        ),
        (run("/srv/open"), "/srv/open is no file"),
        (run("/srv/open/script"), "interpreter"),
        (run("/srv/open/dos"), "carriage return"),
        (run("@%h/none name"), "/home/app/none is not there"),
        (
            worker("ExecStartPre=/opt/nowhere/check"),
            "ExecStartPre=/opt/nowhere/check",
        ),
    ] {
        world.file("a.service", &unit);
        refused(&world.plan(), &["a.service", said]);
    }
    // What else is to be done is done, and the unit is left as it is.
    world.file("b.service", &worker("Environment=B=2"));
    let said = world.apply();
    refused(&said, &["a.service"]);
    assert_eq!(pids(&world, "app", "a.service"), before, "it goes on");
    for host in ["h1", "h2"] {
        let env = world.show(host, "app", "b.service", "Environment");
        assert_eq!(env, "B=2");
    }
    world
        .abide(&["plan", "-q", "--report", "json=-"])
        .says("would_not_start_again")
        .says("R0401");
    // Unless it is accepted, by a saved plan as well.
    world.file("a.service", &worker("EnvironmentFile=/etc/late.env"));
    refused(&world.plan(), &["/etc/late.env"]);
    world
        .abide(&["plan", "--accept-broken", "-o", "broken.plan"])
        .ends_with(0)
        .says("N0402");
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "printf 'L=1\\n' >/etc/late.env");
    }
    world.abide(&["apply", "--yes", "broken.plan"]).ends_with(0);
    world.assert_converged();
}

#[test]
fn what_a_unit_of_the_system_mounts_opens_and_hides_is_foreseen() {
    let world = World::both("inputs-mounts");
    manifest(
        &world,
        "mounts",
        "    units:
      s.service: {source: s.service}
      job.timer: {content: \"[Timer]\\nOnCalendar=daily\\n[Install]\\nWantedBy=timers.target\\n\"}
      job.service: {content: \"[Service]\\nType=oneshot\\nExecStart=/opt/nowhere/job\\n\", state: unmanaged}
",
    );
    let unit = |text: &str| {
        format!(
            "[Service]\nExecStart=/bin/sleep infinity\n{text}\n[Install]\nWantedBy=multi-user.target\n"
        )
    };
    world.file("s.service", &unit(""));
    let said = flat(&world.plan().ends_with(0));
    assert!(said.contains("/opt/nowhere/job is not there"), "{said}");
    world.converge();
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "mkdir -p /srv/in /home/tool /srv/root/bin; cp /bin/sleep /home/tool/; printf 'echo hi\\n' >/srv/in/text; : >/srv/in/empty
             chmod 755 /srv/in/*; printf 'A=1\\n' >/srv/in/a.env",
        );
    }
    let run = |line: &str| format!("ExecStart=\nExecStart={line}");
    for (text, said) in [
        ("ReadWritePaths=/srv/none", "226/NAMESPACE"),
        ("InaccessiblePaths=/srv/none", "226/NAMESPACE"),
        ("BindPaths=/srv/none:/srv/in", "226/NAMESPACE"),
        ("StandardOutput=append:/srv/none/log", "209/STDOUT"),
        ("StandardError=truncate:/srv/none/log", "222/STDERR"),
        ("StandardInput=file:/srv/none", "208/STDIN"),
        (
            "EnvironmentFile=/srv/none/*.env",
            "its directory /srv/none is not there",
        ),
        (
            "ExecSearchPath=/srv/none\nExecStart=\nExecStart=tool",
            "203/EXEC",
        ),
        ("ProtectHome=yes\nWorkingDirectory=/home/tool", "200/CHDIR"),
    ] {
        world.file("s.service", &unit(text));
        refused(&world.plan(), &["s.service", said]);
    }
    for line in ["/srv/in/text", "/srv/in/empty"] {
        world.file("s.service", &unit(&run(line)));
        refused(
            &world.plan(),
            &["s.service", "203/EXEC", "names an interpreter"],
        );
    }
    world.file(
        "s.service",
        &unit(&format!(
            "ProtectHome=tmpfs\n{}",
            run("/home/tool/sleep infinity")
        )),
    );
    refused(
        &world.plan(),
        &["s.service", "`ProtectHome=` of the unit hides"],
    );
    // What is there, may be missing, or comes otherwise.
    for text in [
        "ReadWritePaths=/srv/in -/srv/none",
        "BindPaths=/srv/in:/srv/else",
        "StandardOutput=append:/srv/in/log",
        "EnvironmentFile=/srv/in/*.env",
        "ProtectHome=read-only\nWorkingDirectory=/home/tool",
        "ExecSearchPath=/home/tool:/bin\nExecStart=\nExecStart=sleep infinity",
        "LogsDirectory=app\nReadWritePaths=/var/log/app",
        "User=1000\nEnvironmentFile=/srv/in/a.env",
    ] {
        world.file("s.service", &unit(text));
        world
            .plan()
            .ends_with(0)
            .does_not_say("R0401")
            .does_not_say("would not start");
    }
    let all = "ReadWritePaths=/srv/in -/srv/none\nStandardOutput=append:/srv/in/log\nEnvironmentFile=/srv/in/*.env\nProtectHome=read-only\nWorkingDirectory=/home/tool\nExecSearchPath=/home/tool:/bin\nExecStart=\nExecStart=sleep infinity";
    world.file("s.service", &unit(all));
    world.apply().ends_with(0);
    world.assert_active("h1", "root", "s.service");
    world.assert_active("h2", "root", "s.service");
}

#[test]
fn a_unit_of_the_system_is_judged_as_the_user_that_it_runs_as() {
    let world = World::both("inputs-sys");
    manifest(
        &world,
        "sysuser",
        "    units:\n      s.service: {source: s.service}\n",
    );
    let unit = |text: &str| {
        format!(
            "[Service]\nUser=deploy\nExecStart=/bin/sleep infinity\n{text}\n[Install]\nWantedBy=multi-user.target\n"
        )
    };
    world.file("s.service", &unit(""));
    world.converge();
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "mkdir -p /srv/roots; chmod 700 /srv/roots; printf 'A=1\\n' >/srv/roots/env
             printf '#!/bin/sh\\nexec sleep infinity\\n' >/srv/roots/prog; chmod 755 /srv/roots/prog",
        );
    }
    for (text, said) in [
        (
            "WorkingDirectory=/srv/roots",
            "deploy may not enter /srv/roots",
        ),
        (
            "ExecStart=\nExecStart=/srv/roots/prog",
            "deploy may not enter /srv/roots",
        ),
        ("User=nobody-here", "the host has no user nobody-here"),
        ("Group=nogroup-here", "the host has no group nogroup-here"),
    ] {
        world.file("s.service", &unit(text));
        refused(&world.plan(), &["s.service", said]);
    }
    // The manager itself reads environment files, and `+` runs as root.
    world.file(
        "s.service",
        &unit("EnvironmentFile=/srv/roots/env\nExecStart=\nExecStart=+/srv/roots/prog"),
    );
    world
        .plan()
        .ends_with(0)
        .does_not_say("R0401")
        .does_not_say("N0401");
    world.converge();
}

#[test]
fn a_unit_that_does_not_run_yet_and_will_fail_is_named_in_the_plan() {
    let world = World::both("inputs-new");
    manifest(&world, "newunits", USER);
    world
        .file("a.service", &worker("WorkingDirectory=%h/app/current"))
        .file(
            "b.service",
            &worker("").replace("/bin/sleep", "/opt/nowhere/sleep"),
        );
    let said = flat(&world.plan().ends_with(0));
    for text in [
        "N0401",
        "/home/app/app/current is not there",
        "200/CHDIR",
        "/opt/nowhere/sleep is not there",
        "203/EXEC",
    ] {
        assert!(said.contains(text), "no `{text}` in {said}");
    }
    world
        .abide(&["plan", "-q", "--report", "json=-"])
        .says("will_not_start");
    world
        .abide(&["plan", "-q", "--report", "md=-"])
        .says("N0401");
    world.abide(&["explain", "N0401"]).ends_with(0);
    world.abide(&["explain", "R0401"]).ends_with(0);
}

#[test]
fn healthy_units_of_every_kind_are_silent() {
    let world = World::both("inputs-well");
    manifest(
        &world,
        "healthy",
        "    users:
      app:
        files:
          bin/run: {content: \"#!/bin/sh\\nexec sleep infinity\\n\", mode: \"0755\"}
          etc/app.env: {content: \"A=1\\n\"}
          deep/er/file: {content: \"x\"}
        units:
          bare.service: {content: \"[Service]\\nExecStart=sleep infinity\\n\"}
          own.service: {content: \"[Service]\\nExecStart=%h/bin/run\\nEnvironmentFile=%h/etc/app.env\\nWorkingDirectory=%h/deep/er\\n\"}
          dash.service: {content: \"[Service]\\nType=simple\\nExecStartPre=-/opt/none/x\\nExecStart=@/bin/sleep sleep infinity\\nEnvironmentFile=-/etc/none\\nWorkingDirectory=-/none\\n\"}
          home.service: {content: \"[Service]\\nExecStart=/bin/sleep infinity\\nWorkingDirectory=~\\n\"}
          state.service: {content: \"[Service]\\nStateDirectory=st\\nRuntimeDirectory=rt\\nExecStart=/bin/sleep infinity\\nWorkingDirectory=%t/rt\\n\"}
          made.service: {content: \"[Service]\\nExecStartPre=/bin/cp /bin/sleep %h/made-sleep\\nExecStart=%h/made-sleep infinity\\n\"}
          i@.service: {content: \"[Service]\\nExecStart=/bin/%i infinity\\nWorkingDirectory=%h\\n\"}
          i@sleep.service: {}
          reset.service:
            content: \"[Service]\\nExecStart=/opt/none/x\\nWorkingDirectory=/opt/none\\nEnvironmentFile=/opt/none/e\\n\"
            drop_ins: {10-ok.conf: \"[Service]\\nExecStart=\\nExecStart=/bin/sleep infinity\\nWorkingDirectory=\\nEnvironmentFile=\\n\"}
          once.service: {content: \"[Service]\\nType=oneshot\\nExecStart=/opt/none/later\\n\"}
          off.service: {content: \"[Service]\\nExecStart=/opt/none/later\\n\", state: stopped}
          any.service: {content: \"[Service]\\nExecStart=/opt/none/later\\n\", state: unmanaged}
          guard.service: {content: \"[Unit]\\nConditionPathExists=/opt/none/current\\n[Service]\\nExecStart=/opt/none/current/run\\nWorkingDirectory=/opt/none/current\\n\"}
          quoted.service: {content: \"[Service]\\nExecStart=\\\"/bin/sleep\\\" infinity\\nExecReload=/opt/none/r\\nExecStopPost=-/opt/none/s\\n\"}
          sock.socket: {content: \"[Socket]\\nListenStream=%t/sock\\n\"}
          sock.service: {content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\", state: unmanaged}
          many.service: {content: \"[Service]\\nEnvironment=X=1\\nExecStart=sh -c 'exec sleep infinity'\\nEnvironmentFile=%h/etc/*.env\\nStandardOutput=append:%h/log\\n\"}
    units:
      dyn.service: {content: \"[Service]\\nDynamicUser=yes\\nUser=dynuser\\nStateDirectory=dyn\\nWorkingDirectory=/var/lib/dyn\\nExecStart=/bin/sleep infinity\\n\"}
      num.service: {content: \"[Service]\\nUser=1000\\nExecStart=/bin/sleep infinity\\n\"}
      asapp.service: {content: \"[Service]\\nUser=app\\nGroup=app\\nWorkingDirectory=~\\nExecStart=/bin/sleep infinity\\n\"}
      root.service: {content: \"[Service]\\nRootDirectory=/\\nExecStart=/bin/sleep infinity\\n\"}
      cred.service: {content: \"[Service]\\nLoadCredential=host:/etc/hostname\\nLoadCredential=none\\nLoadCredential=fall:/etc/none\\nSetCredential=fall:x\\nExecStart=/bin/sleep infinity\\n\"}
      plus.service: {content: \"[Service]\\nUser=deploy\\nExecStartPre=+/bin/true\\nExecStart=!!/bin/sleep infinity\\n\"}
      search.service: {content: \"[Service]\\nExecSearchPath=/opt/x:/bin\\nExecStart=sleep infinity\\n\"}
",
    );
    let quiet = |said: Said| {
        said.ends_with(0)
            .does_not_say("R0401")
            .does_not_say("N0401")
            .does_not_say("N0402")
    };
    quiet(world.plan());
    quiet(world.apply());
    world.assert_converged();
    // Changed while they run, they are as well as before.
    let text = std::fs::read_to_string(world.path("abide.yaml")).expect("the manifest");
    world.manifest(&text.replace("[Service]\\n", "[Service]\\nEnvironment=V=2\\n"));
    quiet(world.plan());
    quiet(world.apply());
    world.assert_converged();
}

#[test]
fn what_hangs_on_a_user_that_cannot_be_made_is_not_tried_and_nothing_of_it_is_claimed() {
    let world = World::both("inputs-nouser");
    manifest(
        &world,
        "nouser",
        "    users:
      app:
        files: {x.env: {content: \"A=1\\n\"}}
        units: {a.service: {source: a.service}}
    units:
      asapp.service: {content: \"[Service]\\nUser=app\\nExecStart=/bin/sleep infinity\\n\"}
      other.service: {content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\"}
",
    );
    world.file("a.service", &worker("EnvironmentFile=%h/x.env"));
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "mkdir -p /usr/local/sbin; printf '#!/bin/sh\\necho no room for users >&2; exit 1\\n' >/usr/local/sbin/useradd; chmod 755 /usr/local/sbin/useradd",
        );
    }
    let began = std::time::Instant::now();
    let said = world.apply().ends_with(1).says("no room for users");
    assert!(began.elapsed().as_secs() < 25, "nothing is waited for");
    let said = flat(&said);
    assert!(
        !said.contains("not staying up") && !said.contains("unit is"),
        "{said}"
    );
    for host in ["h1", "h2"] {
        world.assert_active(host, "root", "other.service");
        assert_eq!(
            world.show(host, "root", "asapp.service", "ActiveState"),
            "inactive"
        );
        let ledger = world.fleet.sh(host, "cat /var/lib/abide/ledger/nouser");
        assert!(ledger.contains("other.service"), "{ledger}");
        for line in ledger.lines() {
            let of_user = line.contains("user:app") || ["user app", "linger app"].contains(&line);
            assert!(!of_user, "{ledger}");
        }
    }
    world
        .plan()
        .does_not_say("deleted on the host")
        .does_not_say("since abide");
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "rm /usr/local/sbin/useradd");
    }
    world.converge();
}

#[test]
fn an_account_that_cannot_be_made_or_changed_is_refused_while_planning() {
    let world = World::both("inputs-accounts");
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "groupadd taken; mkdir /home/owned; useradd -m other; mkdir -p /srv/theirs; chown other: /srv/theirs
             useradd -M -u 4321 remote; useradd -m gone; sed -i '/^remote:/d' /etc/passwd
             mkdir -p /usr/local/bin
             printf '#!/bin/sh\\nif [ \"$1\" = passwd ]; then shift; for n; do case $n in remote|4321) echo remote:x:4321:4321::/home/remote:/bin/sh;; *) /usr/bin/getent passwd \"$n\" || s=2;; esac; done; exit ${s:-0}; fi\\nexec /usr/bin/getent \"$@\"\\n' >/usr/local/bin/getent
             chmod 755 /usr/local/bin/getent",
        );
    }
    for (users, code, said) in [
        ("taken: {}", "R0402", "there is a group taken already"),
        (
            "u1: {group: nogroup-here}",
            "R0403",
            "no group nogroup-here",
        ),
        (
            "u2: {groups: [nogroup-here]}",
            "R0403",
            "no group nogroup-here",
        ),
        (
            "deploy: {groups: [nogroup-here]}",
            "R0403",
            "no group nogroup-here",
        ),
        ("u3: {uid: 1000}", "R0404", "the uid 1000 belongs to deploy"),
        (
            "owned: {files: {x: {content: x}}}",
            "R0405",
            "/home/owned is there already and belongs to root",
        ),
        (
            "u4: {home: /srv/theirs, files: {x: {content: x}}}",
            "R0405",
            "belongs to other",
        ),
        ("remote: {shell: /bin/bash}", "R0406", "not in /etc/passwd"),
    ] {
        manifest(&world, "accounts", &format!("    users:\n      {users}\n"));
        let plan = world.plan().ends_with(1);
        let flat = flat(&plan);
        for text in [code, said] {
            assert!(
                flat.contains(text),
                "{users}: no `{text}` in {flat}\n{}",
                plan.stderr
            );
        }
    }
    manifest(
        &world,
        "accounts",
        "    users:\n      owned: {}\n      taken: {group: taken}\n      u5: {uid: 5555, groups: [adm], home: /srv/u5, files: {x: {content: x}}}\n      first: {}\n      second: {group: first}\n",
    );
    world.converge();
}

#[test]
fn what_cannot_be_written_or_would_not_be_found_is_refused_while_planning() {
    let world = World::both("inputs-places");
    let one = |user: &str| {
        format!(
            "    users:\n      {user}: {{units: {{a.service: {{source: a.service, drop_ins: {{x.conf: \"[Service]\\nEnvironment=A=1\\n\"}}}}}}}}\n"
        )
    };
    world.file("a.service", &worker(""));
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "for u in closed dropin file xdg good; do useradd -m $u; done
             mkdir ~closed/.config; mkdir -p ~dropin/.config/systemd/user; printf x >~dropin/.config/systemd/user/a.service.d
             chown -R dropin: ~dropin/.config; printf x >~file/.config; chown file: ~file/.config",
        );
    }
    let refused = |user: &str, code: &str, said: &str| {
        manifest(&world, "places", &one(user));
        let plan = world.plan();
        let flat = flat(&plan);
        for text in [code, said] {
            assert!(
                flat.contains(text),
                "{user}: no `{text}` in {flat}\n{}",
                plan.stderr
            );
        }
        assert_eq!(plan.code, 1, "{flat}");
    };
    refused(
        "closed",
        "R0407",
        "closed may not write to /home/closed/.config",
    );
    refused(
        "dropin",
        "R0408",
        "/home/dropin/.config/systemd/user/a.service.d is no directory",
    );
    refused("file", "R0408", "/home/file/.config is no directory");
    manifest(&world, "places", &one("good"));
    world.converge();
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "mkdir -p /etc/systemd/system/user@.service.d
             printf '[Service]\\nEnvironment=XDG_CONFIG_HOME=/srv/else\\n' >/etc/systemd/system/user@.service.d/x.conf; systemctl daemon-reload",
        );
    }
    refused("xdg", "R0409", "XDG_CONFIG_HOME is set");
    refused("brandnew", "R0409", "XDG_CONFIG_HOME is set");
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "loginctl enable-linger xdg; systemctl start user@$(id -u xdg)",
        );
    }
    refused("xdg", "R0409", "XDG_CONFIG_HOME is set");
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "rm -r /etc/systemd/system/user@.service.d; systemctl daemon-reload; mount -t tmpfs -o ro tmpfs /etc/systemd/system",
        );
    }
    manifest(
        &world,
        "ro",
        "    units:\n      s.service: {content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\"}\n",
    );
    let plan = world.plan().ends_with(1);
    let flat = flat(&plan);
    assert!(
        flat.contains("R0407") && flat.contains("root may not write to /etc/systemd/system"),
        "{flat}"
    );
}

#[test]
fn what_systemd_would_only_not_start_is_installed_and_what_it_ignores_is_told() {
    let world = World::both("inputs-verify");
    manifest(
        &world,
        "weighed",
        "    users:
      app:
        units:
          a.service: {source: a.service}
          lacks.service: {content: \"[Unit]\\nRequires=nowhere.service\\n[Service]\\nExecStart=/bin/sleep infinity\\n\", state: unmanaged}
          masked.service: {content: \"[Unit]\\nDescriptoin=x\\n[Srevice]\\nX=1\\n[Service]\\nExecStart=/bin/sleep infinity\\nStandardOutput=syslog\\n\"}
",
    );
    world.file("a.service", &worker(""));
    // What systemd says of the new texts is in the plan, which leaves nothing behind.
    let said = flat(&world.plan().ends_with(0));
    for text in [
        "lacks.service/start: Unit nowhere.service not found",
        "N0404",
        "Descriptoin",
        "Unknown section",
        "Srevice",
        "N0403",
    ] {
        assert!(said.contains(text), "no `{text}` in {said}");
    }
    assert!(!said.contains("syslog"), "{said}");
    nothing_stays(&world);
    // An apply that shows no plan tells it as well.
    world.apply().ends_with(0).says("Descriptoin");
    world.assert_converged();
    // A drop-in is read with the unit file that stands there, and once there is a manager of the user by that user.
    let text = std::fs::read_to_string(world.path("abide.yaml")).expect("the manifest");
    world.manifest(&text.replace(
        "a.service: {source: a.service}",
        "a.service: {source: a.service, drop_ins: {x.conf: \"[Service]\\nNicce=1\\n\"}}",
    ));
    let said = flat(&world.plan().ends_with(0));
    assert!(said.contains("Nicce"), "{said}");
    nothing_stays(&world);
    world.manifest(&text);
    // What would not load is refused, with the line that says why, and the rest is done.
    let long = "x".repeat(1500);
    world.file(
        "a.service",
        &format!("[Unit]\nDescription=b\nOldKey{long}=1\n[Service]\nStandardOutput=syslog\nType=nonsense\n"),
    );
    for said in [world.plan(), world.apply()] {
        let said = flat(&said.ends_with(1));
        for text in [
            "R0411",
            "a.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.",
        ] {
            assert!(said.contains(text), "no `{text}` in {said}");
        }
    }
    world.assert_active("h1", "app", "a.service");
    // Who only looks has nothing staged.
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "tool=$(command -v mktemp); mv $tool $tool.real; printf '#!/bin/sh\\ntouch /tmp/staged\\nexec mktemp.real \"$@\"\\n' >$tool; chmod 755 $tool; rm -f /tmp/staged");
    }
    world.abide(&["drift"]);
    world.abide(&["status"]);
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "! [ -e /tmp/staged ]");
    }
}

/// What was staged for a moment is gone.
#[track_caller]
fn nothing_stays(world: &World) {
    for host in ["h1", "h2"] {
        let left = world.fleet.sh(
            host,
            "find /run /tmp /dev/shm /home /root -name '.abide-check*' 2>/dev/null | head -n 3",
        );
        assert_eq!(left.trim(), "", "{host}");
    }
}

#[test]
fn a_unit_that_is_restarted_along_with_another_is_judged_too() {
    let world = World::both("inputs-along");
    manifest(&world, "along", USER);
    let part =
        worker("EnvironmentFile=/etc/along.env").replace("[Unit]", "[Unit]\nPartOf=a.service");
    world
        .file("a.service", &worker(""))
        .file("b.service", &part);
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "printf 'A=1\\n' >/etc/along.env");
    }
    world.converge();
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "rm /etc/along.env");
    }
    let before = pids(&world, "app", "b.service");
    world.file("a.service", &worker("Environment=A=2"));
    let plan = world.plan().ends_with(1);
    let flat = flat(&plan);
    assert!(
        flat.contains("R0410") && flat.contains("b.service runs"),
        "{flat}"
    );
    world.apply().ends_with(1);
    assert_eq!(pids(&world, "app", "b.service"), before, "it goes on");
}

#[test]
fn a_mask_of_what_is_not_managed_stops_nothing() {
    let world = World::both("inputs-mask");
    manifest(
        &world,
        "masking",
        "    units:\n      theirs.service: {masked: true, state: unmanaged}\n",
    );
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "mkdir -p /usr/local/lib/systemd/system
             printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/usr/local/lib/systemd/system/theirs.service
             systemctl daemon-reload; systemctl start theirs.service",
        );
    }
    world.converge();
    for host in ["h1", "h2"] {
        world.assert_active(host, "root", "theirs.service");
        assert_eq!(
            world.show(host, "root", "theirs.service", "LoadState"),
            "masked"
        );
    }
}

#[test]
fn a_manager_is_not_restarted_where_a_unit_that_runs_would_not_come_up_again() {
    let world = World::both("inputs-restart");
    let manifest = |more: &str| {
        world.manifest(&format!(
            "version: 1\nname: restart\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      app:\n        {more}
        units:
          a.service: {{source: a.service}}
          b.service: {{source: b.service, enabled: false}}
"
        ));
    };
    manifest("linger: true");
    world
        .file("a.service", &worker("EnvironmentFile=/srv/a.env"))
        .file("b.service", &worker("WorkingDirectory=/srv/work"));
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "groupadd late; mkdir /srv/work; printf 'A=1\\n' >/srv/a.env",
        );
    }
    world.converge();
    let all = |world: &World| {
        [
            pids(world, "app", "a.service"),
            pids(world, "app", "b.service"),
        ]
    };
    let before = all(&world);
    // The first comes up with the manager by itself, the second does not.
    for (breaks, mends, unit, said) in [
        (
            "rm /srv/a.env",
            "printf 'A=1\\n' >/srv/a.env",
            "a.service",
            "/srv/a.env is not there",
        ),
        (
            "rmdir /srv/work",
            "mkdir /srv/work",
            "b.service",
            "/srv/work is not there",
        ),
    ] {
        manifest("groups: [late]\n        manager_restart: allow");
        for host in ["h1", "h2"] {
            world.fleet.sh(host, breaks);
        }
        for told in [world.plan(), world.apply()] {
            let told = flat(&told.ends_with(1));
            for text in ["R0412", unit, "which runs, would not start again", said] {
                assert!(told.contains(text), "no `{text}` in {told}");
            }
            assert!(!told.contains("restart its user manager"), "{told}");
        }
        world
            .abide(&["plan", "--accept-broken"])
            .ends_with(0)
            .says("N0402")
            .says("restart its user manager");
        for host in ["h1", "h2"] {
            world.fleet.sh(host, "! id -nG app | grep -w late");
            world.fleet.sh(host, mends);
        }
        assert_eq!(all(&world), before, "everything goes on");
    }
    // What is refused of a unit that nothing starts by itself would leave it stopped.
    world.file("b.service", "[Service]\nType=simple\n");
    let told = flat(&world.plan().ends_with(1));
    for text in ["R0412", "R0411", "what is declared of it is refused"] {
        assert!(told.contains(text), "no `{text}` in {told}");
    }
    world.file("b.service", &worker("WorkingDirectory=/srv/work"));
    world.converge();
    for host in ["h1", "h2"] {
        let script = "id=$(getent group late | cut -d: -f3); grep '^Groups:.*'$id /proc/$(XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user show -p MainPID --value a.service)/status";
        world.fleet.sh_as(host, "app", script);
    }
}

#[test]
fn what_hangs_on_a_user_that_cannot_be_changed_is_not_tried_and_nothing_of_it_is_claimed() {
    let world = World::both("inputs-nochange");
    let manifest = |account: &str, value: u8| {
        world.manifest(&format!(
            "version: 1\nname: nochange\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:
    users:
      app:
        {account}
        files: {{x.env: {{content: \"A={value}\\n\"}}}}
        units: {{a.service: {{source: a.service, restart_on: [~/x.env]}}}}
      free: {{units: {{a.service: {{source: a.service}}}}}}
    units:
      asapp.service: {{content: \"[Service]\\nUser=app\\nEnvironment=A={value}\\nExecStart=/bin/sleep infinity\\n\"}}
      other.service: {{content: \"[Service]\\nEnvironment=A={value}\\nExecStart=/bin/sleep infinity\\n\"}}
"
        ));
    };
    manifest("linger: true", 1);
    world.file("a.service", &worker("EnvironmentFile=-%h/x.env"));
    world.converge();
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "groupadd late; mkdir -p /usr/local/sbin; printf '#!/bin/sh\\necho cannot lock /etc/passwd >&2; exit 1\\n' >/usr/local/sbin/usermod; chmod 755 /usr/local/sbin/usermod",
        );
    }
    let mains = |user: &str, unit: &str| pids(&world, user, unit);
    let before = [mains("app", "a.service"), mains("root", "asapp.service")];
    for account in [
        "shell: /bin/bash",
        "groups: [late]\n        manager_restart: never",
        "groups: [late]\n        manager_restart: allow",
    ] {
        manifest(account, 2);
        let said = world.apply().ends_with(1).says("cannot lock /etc/passwd");
        let said = flat(&said);
        assert!(
            said.contains("because it follows `modify user app`"),
            "{account}: {said}"
        );
        let now = [mains("app", "a.service"), mains("root", "asapp.service")];
        assert_eq!(now, before, "{account}: {said}");
        for host in ["h1", "h2"] {
            world.fleet.sh(host, "grep -x A=1 ~app/x.env");
            let env = world.show(host, "root", "other.service", "Environment");
            assert_eq!(env, "A=2", "what needs nothing of it is done");
            let ledger = world.fleet.sh(host, "cat /var/lib/abide/ledger/nochange");
            assert!(
                !ledger.contains("/bin/bash") && !ledger.contains("late"),
                "{account}: {ledger}"
            );
        }
        world
            .abide(&["plan", "--detailed-exitcode"])
            .ends_with(2)
            .does_not_say("by hand");
    }
    // A name for people holds nothing back.
    manifest("comment: The app", 3);
    let said = world.apply().ends_with(1);
    assert_ne!(mains("app", "a.service"), before[0], "{}", said.stdout);
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "rm /usr/local/sbin/usermod");
    }
    manifest(
        "groups: [late]\n        shell: /bin/bash\n        manager_restart: allow",
        3,
    );
    world.converge();
}

#[test]
fn a_configuration_directory_behind_a_link_is_written_by_its_user_and_read_as_it_is() {
    let world = World::both("inputs-linked");
    let one = |user: &str| {
        format!(
            "      {user}: {{units: {{a.service: {{source: a.service, drop_ins: {{x.conf: \"[Service]\\nEnvironment=A=1\\n\"}}}}}}}}\n"
        )
    };
    world.file("a.service", &worker(""));
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "for u in above within other root theirs; do useradd -m u$u; done
             mkdir -p ~uabove/dots/config ~uwithin/.config ~uwithin/dots/sd
             ln -s dots/config ~uabove/.config; ln -s ../dots/sd ~uwithin/.config/systemd; chown -hR uabove: ~uabove; chown -hR uwithin: ~uwithin
             mkdir -p ~utheirs/cfg/systemd/user /srv/roots/systemd/user; chown -R utheirs: ~utheirs; chmod 755 ~utheirs
             ln -s ~utheirs/cfg ~uother/.config; ln -s /srv/roots ~uroot/.config; chown -h uother: ~uother/.config; chown -h uroot: ~uroot/.config",
        );
    }
    // What belongs to somebody else is not written to with the rights of root.
    manifest(
        &world,
        "linked",
        &format!("    users:\n{}{}", one("uother"), one("uroot")),
    );
    let told = flat(&world.apply().ends_with(1));
    for user in ["uother", "uroot"] {
        let said = format!("{user} may not write to /home/{user}/.config");
        assert!(told.contains(&said), "no `{said}` in {told}");
    }
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "! find ~utheirs/cfg /srv/roots -type f -o -type l | grep .",
        );
    }
    let both = format!("    users:\n{}{}", one("uabove"), one("uwithin"));
    manifest(&world, "linked", &both);
    world.converge();
    world.abide(&["drift"]).ends_with(0);
    manifest(&world, "linked", &both.replace("A=1", "A=2"));
    world.converge();
    for host in ["h1", "h2"] {
        for user in ["uabove", "uwithin"] {
            assert_eq!(world.show(host, user, "a.service", "Environment"), "A=2");
        }
        world.fleet.sh_as(host, "uwithin", "printf '[Service]\\nNice=1\\n' >~/.config/systemd/user/a.service.d/mine.conf; XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user daemon-reload");
    }
    world
        .abide(&["drift"])
        .ends_with(2)
        .says("mine.conf was added")
        .does_not_say("dots");
    for host in ["h1", "h2"] {
        world.fleet.sh_as(host, "uwithin", "rm ~/.config/systemd/user/a.service.d/mine.conf; XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user daemon-reload");
    }
    manifest(
        &world,
        "linked",
        &both.replace(
            "{source: a.service, drop_ins: {x.conf: \"[Service]\\nEnvironment=A=1\\n\"}}",
            "{state: absent}",
        ),
    );
    world.converge();
    for host in ["h1", "h2"] {
        world
            .fleet
            .sh(host, "! find ~uabove/dots ~uwithin/dots -type f | grep .");
    }
}

/// Lines of a service after `[Service]`, and whether it can start; what the plan says must be so.
const ODD_PATHS: [(&str, bool); 17] = [
    ("ExecStart=/srv/p/rel infinity", true),
    ("ExecStart=/srv/p/sub/up infinity", true),
    ("ExecStart=/srv/p/dangling", false),
    ("ExecStart=/srv/noexec/tool infinity", false),
    ("ExecStart=/srv/noexec/script", false),
    ("ExecStart=/srv/p/by-noexec", false),
    ("ExecStart=/srv/p/by-env", true),
    (r"ExecStart='/srv/p/with blank/tool' infinity", true),
    (r"ExecStart=/srv/p/with\x20blank/tool infinity", true),
    (
        "ExecStart=/bin/sleep infinity\nEnvironmentFile=/srv/p/with blank/env",
        true,
    ),
    (
        "ExecStart=/bin/sleep infinity\nEnvironmentFile=/srv//p/./env",
        true,
    ),
    (
        "ExecStart=/bin/sleep infinity\nEnvironmentFile=/srv/p/env-link",
        true,
    ),
    (
        "ExecStart=/bin/sleep infinity\nEnvironmentFile=/srv/p/env-gone",
        false,
    ),
    (
        "ExecStart=/bin/sleep infinity\nEnvironmentFile=%h/none.env",
        false,
    ),
    (
        "ExecStart=/bin/sleep infinity\nWorkingDirectory=/srv/p/with blank",
        true,
    ),
    (
        "ExecStart=/bin/sleep infinity\nWorkingDirectory=%h/%N",
        false,
    ),
    (
        "ExecStart=/bin/sleep infinity\nWorkingDirectory=/srv/p/env",
        false,
    ),
];

#[test]
fn what_links_blanks_mounts_and_specifiers_come_to_is_said_as_it_then_is() {
    let world = World::both("inputs-odd");
    let mut units: String = ODD_PATHS
        .iter()
        .enumerate()
        .map(|(number, (lines, _))| {
            let text = format!("[Service]\nType=exec\n{lines}\n").replace('\\', "\\\\");
            let text = text.replace('\n', "\\n");
            format!("          u{number:02}.service: {{content: \"{text}\"}}\n")
        })
        .collect();
    units.push_str(
        "          i@.service: {content: \"[Service]\\nType=exec\\nExecStart=/bin/sleep infinity\\nWorkingDirectory=/srv/p/%i\\n\"}
          i@sub.service: {state: started}
          i@none.service: {state: started}
",
    );
    manifest(
        &world,
        "odd",
        &format!("    users:\n      app:\n        units:\n{units}"),
    );
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "useradd -m app; mkdir -p /srv/p/sub '/srv/p/with blank' /srv/noexec; cd /srv/p
             cp /bin/sleep tool; cp /bin/sleep 'with blank/tool'; printf 'A=1\\n' >env; cp env 'with blank/env'
             ln -s tool rel; ln -s ../tool sub/up; ln -s /nowhere dangling; ln -s env env-link; ln -s none env-gone
             mount -t tmpfs -o noexec tmpfs /srv/noexec; cp tool /srv/noexec/tool
             printf '#!/bin/sh\\nexec sleep infinity\\n' >/srv/noexec/script; printf '#!/srv/noexec/tool\\n' >by-noexec
             printf '#!/usr/bin/env -S sh -e\\nexec sleep infinity\\n' >by-env; chmod 755 by-* /srv/noexec /srv/noexec/*",
        );
    }
    let numbered = ODD_PATHS.iter().enumerate();
    let mut expected: Vec<(String, bool)> = numbered
        .map(|(number, (_, starts))| (format!("u{number:02}.service"), *starts))
        .collect();
    expected.push(("i@sub.service".to_owned(), true));
    expected.push(("i@none.service".to_owned(), false));
    let said = world.plan().ends_with(0).stdout;
    let told_to_fail = |unit: &str| is_told_to_fail(&said, unit);
    for (unit, starts) in &expected {
        assert_eq!(told_to_fail(unit), !starts, "{unit}\n{said}");
    }
    world.apply().ends_with(1);
    for (unit, starts) in &expected {
        for host in ["h1", "h2"] {
            let state = world.show(host, "app", unit, "ActiveState");
            assert_eq!(state == "active", *starts, "{unit} on {host}: {state}");
        }
    }
}

#[test]
fn every_name_that_a_manifest_takes_is_one_that_useradd_takes_and_a_missing_shell_stops_no_unit() {
    let world = World::both("inputs-names");
    let unit = "units: {a.service: {source: a.service}}";
    manifest(
        &world,
        "names",
        &format!(
            "    users:\n      Upper: {{{unit}}}\n      a.b: {{}}\n      dash-: {{}}\n      _x: {{}}\n      a123456789012345678901234567890: {{}}\n      noshell: {{shell: /bin/nowhere, {unit}}}\n"
        ),
    );
    world.file("a.service", &worker(""));
    world.converge();
    for host in ["h1", "h2"] {
        for user in ["Upper", "noshell"] {
            world.fleet.sh(
                host,
                &format!("XDG_RUNTIME_DIR=/run/user/$(id -u {user}) runuser -u {user} -- systemctl --user is-active a.service"),
            );
        }
    }
}
