//! No restart without a changed byte, and no byte changed without its restart: what deployments do to files, after runs
//! that began without abide.

use crate::fleet::skip;
use crate::support::World;

/// A user's unit and one of the system, each with all that it may read: what the manifest manages, and what it only names.
const MANIFEST: &str = r#"
version: 1
name: unchanged
hosts: {h1: {}, h2: {}}
groups:
  all:
    users:
      same:
        files: {env: {content: "A=1\n"}}
        units:
          a.service: {source: a.service, restart_on: [~/rev, /etc/same/env], drop_ins: {10-nice.conf: "[Service]\nNice=1\n"}, settle: {for: 0s}}
    units:
      same-b.service: {source: b.service, restart_on: [/etc/same/env, /etc/same/cred], settle: {for: 0s}}
"#;

const OF_USER: &str = "[Service]
ExecStart=/bin/sleep infinity
EnvironmentFile=%h/env
EnvironmentFile=-%h/rev
Restart=always
RestartSec=100ms
[Install]
WantedBy=default.target
";

const OF_SYSTEM: &str = "[Service]
ExecStart=/bin/sleep infinity
EnvironmentFile=-/etc/same/env
LoadCredential=key:/etc/same/cred
Restart=always
RestartSec=100ms
[Install]
WantedBy=multi-user.target
";

const HOSTS: [&str; 2] = ["h1", "h2"];

/// Files that the manifest says nothing of but that they are read.
const THEIRS: &str = "/etc/same/env /etc/same/cred /home/same/rev";
/// Files of the manifest.
const OURS: &str = "/home/same/env /home/same/.config/systemd/user/a.service \
    /home/same/.config/systemd/user/a.service.d/10-nice.conf /etc/systemd/system/same-b.service";

fn same() -> World {
    let world = World::both("unchanged");
    world
        .file("a.service", OF_USER)
        .file("b.service", OF_SYSTEM)
        .manifest(MANIFEST);
    for host in HOSTS {
        world.fleet.sh(
            host,
            "mkdir -p /etc/same; echo B=1 >/etc/same/env; echo secret >/etc/same/cred",
        );
    }
    world.converge();
    each(
        &world,
        "echo R=1 >/home/same/rev; chown same /home/same/rev",
    );
    world.converge();
    world
}

fn runs(world: &World) -> Vec<String> {
    let units = [("same", "a.service"), ("root", "same-b.service")];
    let of = |host| units.map(|(user, unit)| world.show(host, user, unit, "InvocationID"));
    HOSTS.into_iter().flat_map(of).collect()
}

fn each(world: &World, script: &str) {
    for host in HOSTS {
        world.fleet.sh(host, script);
    }
}

fn up(world: &World) {
    for host in HOSTS {
        world.wait_until_active(host, "same", "a.service");
        world.wait_until_active(host, "root", "same-b.service");
    }
}

const AS_USER: &str =
    "as_same() { runuser -u same -- env XDG_RUNTIME_DIR=/run/user/$(id -u same) \"$@\"; }\n";

/// Restarts both units by hand.
fn restart(world: &World) {
    each(
        world,
        &format!(
            "{AS_USER}as_same systemctl --user restart a.service; systemctl restart same-b.service"
        ),
    );
}

/// Both units die and come back by themselves.
fn crash(world: &World) {
    each(
        world,
        &format!(
            "{AS_USER}before() {{ systemctl show --value -p InvocationID same-b.service; as_same systemctl --user show --value -p InvocationID a.service; }}
             was=$(before)
             kill -9 $(systemctl show --value -p MainPID same-b.service) $(as_same systemctl --user show --value -p MainPID a.service)
             i=0; until set -- $was $(before); [ \"$1\" != \"${{3-}}\" ] && [ \"$2\" != \"${{4-}}\" ]; do
               i=$((i+1)); [ $i -lt 100 ] || exit 1; sleep 0.1; done"
        ),
    );
    up(world);
}

fn reboot(world: &World) {
    for host in HOSTS {
        world.fleet.reboot(host);
    }
    up(world);
}

/// Nothing is restarted. What was only given to others is not even spoken of; of what was written nobody knows whether
/// it was another before, where the run is not the one that abide left.
#[track_caller]
fn assert_untouched(world: &World, what: &str, is_doubtful: bool) {
    let before = runs(world);
    let plan = world
        .plan()
        .ends_with(0)
        .does_not_say("restart —")
        .does_not_say("with the old")
        .does_not_say("old configuration");
    let plan = match is_doubtful {
        true => plan.says("may run an old").says("N0501"),
        false => plan.does_not_say("old"),
    };
    drop(plan);
    world.abide(&["drift"]).does_not_say("old");
    world.converge();
    assert_eq!(runs(world), before, "{what}");
}

/// How a run of both units begins.
type Begin = fn(&World);

#[test]
fn touch_chmod_and_chown_restart_nothing_after_whatever_began_the_run() {
    let world = same();
    let beginnings: [(&str, Begin); 4] = [
        ("as abide left it", |_| ()),
        ("a restart by hand", restart),
        ("a crash", crash),
        ("a boot", reboot),
    ];
    for (began, begin) in beginnings {
        begin(&world);
        each(
            &world,
            &format!("chmod 664 {THEIRS}; chown daemon {THEIRS}"),
        );
        assert_untouched(
            &world,
            &format!("chmod and chown of theirs after {began}"),
            false,
        );
        let is_doubtful = began != "as abide left it";
        each(
            &world,
            &format!("touch {THEIRS}; chown root {THEIRS}; chown same /home/same/rev"),
        );
        world.abide(&["plan", "--detailed-exitcode"]).ends_with(0);
        world.abide(&["drift"]).ends_with(0);
        // A deployment writes the same once more.
        each(
            &world,
            "echo B=1 >/etc/same/env.new; mv /etc/same/env.new /etc/same/env",
        );
        world.abide(&["plan", "--detailed-exitcode"]).ends_with(0);
        each(&world, &format!("touch {OURS}"));
        assert_untouched(&world, &format!("touch after {began}"), is_doubtful);
        each(&world, &format!("chmod 600 {OURS}; chmod 644 {OURS}"));
        assert_untouched(&world, &format!("chmod after {began}"), is_doubtful);
        each(
            &world,
            "chown root /home/same/env /home/same/.config/systemd/user/a.service",
        );
        assert_untouched(&world, &format!("chown after {began}"), is_doubtful);
        each(
            &world,
            &format!(
                "touch {OURS}; {AS_USER}as_same systemctl --user daemon-reload; systemctl daemon-reload"
            ),
        );
        assert_untouched(
            &world,
            &format!("touch and a reload after {began}"),
            is_doubtful,
        );

        // What changed is brought into effect all the same, and named.
        begin(&world);
        each(&world, "echo B=2 >/etc/same/env");
        world
            .plan()
            .says("a.service")
            .says("same-b.service")
            .says("with the old /etc/same/env")
            .does_not_say("/etc/same/cred")
            .does_not_say("/home/same/rev");
        let before = runs(&world);
        world.converge();
        let after = runs(&world);
        assert!(before.iter().zip(&after).all(|(a, b)| a != b), "{began}");
        each(&world, "echo B=1 >/etc/same/env");
        world.converge();
    }
}

#[test]
fn a_run_that_began_while_a_file_was_another_is_told_when_the_file_is_put_back() {
    let world = same();
    let reload =
        format!("{AS_USER}as_same systemctl --user daemon-reload; systemctl daemon-reload");
    let nice = |nice: u8| {
        format!(
            "sed -i 's/^Nice=.*/Nice={nice}/' /home/same/.config/systemd/user/a.service.d/10-nice.conf; {reload}"
        )
    };
    let stories: [(&str, String, String, Begin); 3] = [
        (
            "/etc/same/env",
            "echo B=7 >/etc/same/env".to_owned(),
            "echo B=1 >/etc/same/env".to_owned(),
            restart,
        ),
        // Where a copy was kept and is moved back: of another inode, and older than the run.
        (
            "/etc/same/cred",
            "cp /etc/same/cred /etc/same/cred.old; echo other >/etc/same/cred".to_owned(),
            "mv /etc/same/cred.old /etc/same/cred".to_owned(),
            crash,
        ),
        (
            "/home/same/.config/systemd/user/a.service.d/10-nice.conf",
            nice(7),
            nice(1),
            restart,
        ),
    ];
    for (path, edit, back, begin) in stories {
        let says = format!("may run an old {path}");
        each(&world, &edit);
        begin(&world);
        each(&world, &back);
        let before = runs(&world);
        world
            .plan()
            .ends_with(0)
            .says(&says)
            .says("N0501")
            .does_not_say("restart —");
        world.converge();
        world.abide(&["drift"]).ends_with(0);
        // What another change records settles nothing.
        world.manifest(&MANIFEST.replace("files: {", "files: {other: {content: x}, "));
        world.converge();
        world.plan().says(&says);
        assert_eq!(runs(&world), before, "{path}");
        // Where the manifest says what a change leads to, that decides.
        world.manifest(&MANIFEST.replace("restart_on:", "on_change: restart, restart_on:"));
        world.plan().says("restart").says(&format!(
            "it may run an old {path}, and `on_change` is declared"
        ));
        world.converge().does_not_say("N0501");
        assert_ne!(runs(&world), before, "{path}");
        world.manifest(MANIFEST);
        world.converge();
        world.plan().does_not_say("may run an old");
    }
    // What the run has is known where it began after the last change: abide puts it back and restarts.
    each(&world, "echo A=7 >/home/same/env");
    restart(&world);
    let before = runs(&world);
    world.plan().says("A=7").says("restart —");
    world.converge();
    assert_ne!(runs(&world), before);
}

#[test]
fn a_file_that_restart_on_names_from_now_on_restarts_at_its_next_change() {
    let world = World::both("unchanged-named");
    let manifest = |restart_on: &str| {
        format!(
            "version: 1\nname: named\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      named:\n        units:\n          \
             a.service: {{source: a.service, restart_on: [{restart_on}], settle: {{for: 0s}}}}\n"
        )
    };
    // A file below a home that is made by the same apply: nobody could look before.
    world
        .file(
            "a.service",
            &OF_USER.replace("EnvironmentFile=%h/env\n", ""),
        )
        .manifest(&manifest("~/rev, /etc/named/a"));
    each(
        &world,
        "mkdir -p /etc/named; echo 1 >/etc/named/a; echo 1 >/etc/named/b; echo 1 >/etc/named/c",
    );
    world.converge();
    each(&world, "touch /etc/named/a");
    world.assert_converged();
    each(
        &world,
        "echo R=1 >/home/named/rev; chown named /home/named/rev",
    );
    world
        .plan()
        .says("restart")
        .says("with the old /home/named/rev");
    world.converge();

    // One that is older than the run, and one that was touched since.
    each(&world, "touch /etc/named/c");
    world.manifest(&manifest("~/rev, /etc/named/a, /etc/named/b, /etc/named/c"));
    let run = |host| world.show(host, "named", "a.service", "InvocationID");
    let before = HOSTS.map(run);
    world
        .plan()
        .does_not_say("restart —")
        .says("`restart_on` names /etc/named/b, /etc/named/c")
        .says("may run an old /etc/named/c")
        .says("N0501");
    world.converge();
    assert_eq!(HOSTS.map(run), before);
    world
        .plan()
        .says("may run an old /etc/named/c")
        .does_not_say("/etc/named/b");
    world.abide(&["drift"]).ends_with(0);
    each(&world, "echo 2 >/etc/named/b");
    world
        .plan()
        .says("with the old /etc/named/b")
        .does_not_say("with the old /etc/named/c");
    world.converge().does_not_say("may run an old");
    world.plan().does_not_say("may run an old");

    // Where the manifest says what a change leads to, that decides a doubt.
    each(&world, "echo 1 >/etc/named/d");
    world.manifest(
        &manifest("~/rev, /etc/named/d").replace("restart_on:", "on_change: restart, restart_on:"),
    );
    world
        .plan()
        .says("restart")
        .says("it may run an old /etc/named/d, and `on_change` is declared");
    world.converge().does_not_say("N0501");
}

#[test]
fn files_that_a_pattern_names_restart_their_unit_when_a_byte_changes_and_not_when_they_are_put_there_again()
 {
    let world = World::used();
    let manifest = |value: u8| {
        format!(
            "version: 1\nname: patterned\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      patterned:\n        \
             files: {{conf.d/a.env: {{content: \"A={value}\\n\"}}, secrets/key: {{content: \"k{value}\"}}}}\n        units:\n          \
             a.service: {{source: a.service, restart_on: [~/current], settle: {{for: 0s}}}}\n"
        )
    };
    let files_only = |host: &&str| world.show(host, "root", "", "Version").starts_with("247");
    let credential = if HOSTS.iter().any(files_only) {
        skip("a directory of credentials: systemd 247 loads files only");
        "key:%h/secrets/key"
    } else {
        "all:%h/secrets"
    };
    world
        .file(
            "a.service",
            &format!(
                "[Service]\nExecStart=/bin/sleep infinity\nEnvironmentFile=%h/conf.d/*.env\nLoadCredential={credential}\n\
                 [Install]\nWantedBy=default.target\n"
            ),
        )
        .manifest(&manifest(1));
    world.converge();
    each(
        &world,
        "cd /home/patterned; mkdir releases; mkdir releases/1 releases/2; ln -s releases/1 current; chown -h patterned current",
    );
    world.converge();
    let run = |host| world.show(host, "patterned", "a.service", "InvocationID");
    // As a deployment does: a new inode with the same bytes and times, and a link that is made anew.
    each(
        &world,
        "cd /home/patterned; for file in conf.d/a.env secrets/key; do cp -p $file $file.new; mv $file.new $file; done
         ln -s releases/1 new; chown -h patterned new; mv -T new current; touch releases/1",
    );
    let before = HOSTS.map(run);
    world.assert_converged();
    world.abide(&["drift"]).ends_with(0);
    assert_eq!(HOSTS.map(run), before);
    each(&world, "ln -sfn releases/2 /home/patterned/current");
    world.plan().says("with the old /home/patterned/current");
    world.converge();
    let before = HOSTS.map(run);
    world.manifest(&manifest(2));
    world.plan().says("restart —").says("conf.d/a.env");
    world.converge();
    assert!(HOSTS.map(run).iter().all(|run| !before.contains(run)));
    // Each by itself.
    world.manifest(&manifest(2).replace("k2", "k3"));
    world
        .plan()
        .says("restart —")
        .says("secrets/key")
        .does_not_say("conf.d/a.env");
    world.converge();
    world.manifest("version: 1\nname: patterned\nhosts: {h1: {}, h2: {}}\n");
    world.converge();
}

#[test]
fn a_source_path_that_is_not_there_converges_and_is_said() {
    let world = World::used();
    let unit = |line: &str| {
        format!(
            "[Unit]\n{line}\n{}",
            OF_USER.replace("EnvironmentFile=%h/env\n", "")
        )
    };
    world
        .file("a.service", &unit("SourcePath=/etc/srcless/gone"))
        .manifest(
            "version: 1\nname: srcless\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      srcless:\n        units:\n          \
             a.service: {source: a.service, settle: {for: 0s}}\n    units:\n      \
             srcless-b.service: {drop_ins: {10-nice.conf: \"[Service]\\nNice=1\\n\"}}\n",
        );
    // One of somebody else, with a drop-in of ours.
    each(
        &world,
        "mkdir -p /usr/local/lib/systemd/system
         printf '[Unit]\\nSourcePath=/etc/srcless/gone\\n[Service]\\nExecStart=/bin/sleep infinity\\n' >/usr/local/lib/systemd/system/srcless-b.service
         systemctl daemon-reload; systemctl start srcless-b.service",
    );
    world.converge();
    for host in HOSTS {
        assert_eq!(
            world.show(host, "srcless", "a.service", "NeedDaemonReload"),
            "yes"
        );
        assert_eq!(
            world.show(host, "root", "srcless-b.service", "NeedDaemonReload"),
            "yes"
        );
    }
    world
        .abide(&["plan", "--detailed-exitcode", "-v"])
        .ends_with(0)
        .says("a.service has `SourcePath=/etc/srcless/gone` where nothing is")
        .says("srcless-b.service has `SourcePath=/etc/srcless/gone` where nothing is")
        .says("N0502");
    world.abide(&["drift"]).ends_with(0);
    // What changes is read all the same, and a source that is there counts.
    world.file(
        "a.service",
        &unit("SourcePath=/etc/srcless/gone\nDescription=Other"),
    );
    world.converge();
    each(&world, "mkdir -p /etc/srcless; echo >/etc/srcless/gone");
    world.plan().says("daemon-reload").does_not_say("restart");
    world.converge();
    world.plan().does_not_say("N0502");
    world.manifest("version: 1\nname: srcless\nhosts: {h1: {}, h2: {}}\n");
    world.converge();
}

#[test]
fn what_runs_an_old_file_is_one_finding_for_all_hosts() {
    let world = World::used();
    world
        .file("a.service", &OF_USER.replace("EnvironmentFile=%h/env\n", ""))
        .manifest(
            "version: 1\nname: onefind\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      onefind:\n        units:\n          \
             a.service: {source: a.service, restart_on: [/etc/onefind], settle: {for: 0s}}\n",
        );
    each(&world, "echo 1 >/etc/onefind");
    world.converge();
    let lines = |said: &str| {
        said.lines()
            .filter(|line| line.contains("a.service"))
            .count()
    };
    for by_hand in [false, true] {
        if by_hand {
            for host in HOSTS {
                world.fleet.sh_as(
                    host,
                    "onefind",
                    "export XDG_RUNTIME_DIR=/run/user/$(id -u); systemctl --user restart a.service",
                );
                // Times differ between hosts.
                std::thread::sleep(std::time::Duration::from_millis(1100));
            }
        }
        each(&world, &format!("echo {by_hand} >/etc/onefind"));
        let said = world
            .abide(&["drift"])
            .ends_with(2)
            .says("a.service runs an old configuration of /etc/onefind");
        assert_eq!(lines(&said.stdout), 1, "{}", said.stdout);
        world.converge();
        world.abide(&["drift"]).ends_with(0);
    }
    world.manifest("version: 1\nname: onefind\nhosts: {h1: {}, h2: {}}\n");
    world.converge();
}
