//! A stranger proposes a manifest. Whoever looks at it trusts its author with nothing on their own machine.

use std::process::Command;

use crate::attack::{Promise, attack};
use crate::desk::{Desk, said};
use crate::support::{World, worker};

/// Everything that is done with a manifest.
const COMMANDS: [&[&str]; 16] = [
    &["validate"],
    &["hosts"],
    &["hosts", "--matrix", "3", "--json"],
    &["show", "--resolved", "h1"],
    &["plan"],
    &["plan", "-o", "plan.json"],
    &["plan", "--detailed-exitcode", "--json"],
    &["apply", "--yes"],
    &["apply", "--expect-digest", DIGEST],
    &["drift"],
    &["drift", "--fix", "--yes"],
    &["status"],
    &["show", "--script", "h1"],
    &["lock", "ls"],
    &[
        "suspend", "--group", "all", "--reason", "x", "--until", "1h",
    ],
    &["resume"],
];
/// The first of [`COMMANDS`] only look at the manifest.
const LOOKING: usize = 4;
const DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A user of `h1`, which nothing listens for, with a file.
fn with_file(content: &str) -> String {
    format!(
        "version: 1\nname: s\nhosts: {{h1: {{address: 127.0.0.1, port: 9}}}}\n\
         groups:\n  all:\n    users:\n      app:\n        files:\n          f: {content}\n"
    )
}

/// No command does what the manifest says on this machine: each that would ends with the place, before it has begun.
fn is_refused_everywhere(desk: &Desk, place: &str) {
    for (index, command) in COMMANDS.iter().enumerate() {
        let said = desk.abide(command);
        let text = format!("{}{}", said.stdout, said.stderr);
        assert!(!desk.path("ran").exists(), "{command:?} ran it: {text}");
        assert!(
            !text.contains("Connection refused"),
            "{command:?} asked a host: {text}"
        );
        if index < LOOKING {
            assert_eq!(said.code, 0, "{command:?}: {text}");
            continue;
        }
        assert_eq!(said.code, 65, "{command:?}: {text}");
        for word in ["E0306", place, "--allow-commands"] {
            assert!(text.contains(word), "{command:?} without {word}: {text}");
        }
    }
}

#[test]
fn a_secrets_command_is_not_run() {
    let _attack = attack(
        "proposes a manifest with a `secret: {command: …}`",
        Promise::Reviewed,
    );
    for secret in [
        "{secret: {command: [touch, ran]}}",
        "{secret: {command: [sh, -c, 'touch ran; echo x']}}",
        "{secret: {command: [./run]}}",
    ] {
        let desk = Desk::with(&with_file(secret));
        desk.file("run", "#!/bin/sh\ntouch ran\n");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(desk.path("run"), mode).expect("a mode");
        is_refused_everywhere(&desk, "abide.yaml:9:");
        let _ran = desk.abide(&["plan", "--allow-commands"]);
        assert!(desk.path("ran").exists(), "it runs where it may: {secret}");
    }
}

#[test]
fn an_ssh_configuration_is_not_used() {
    let _attack = attack(
        "proposes a manifest with an `ssh_config` that runs a program",
        Promise::Reviewed,
    );
    for (connection, place) in [
        (
            "connection: {ssh_config: ./ssh}\nhosts: {h1: {}}\n",
            "abide.yaml:3:",
        ),
        (
            "hosts: {h1: {connection: {ssh_config: ssh}}}\n",
            "abide.yaml:3:",
        ),
    ] {
        for config in [
            "Host *\n  ProxyCommand touch ran\n",
            "Match exec \"touch ran\"\n  User x\n",
            "Host *\n  KnownHostsCommand /usr/bin/touch ran\n  ProxyCommand sh -c 'touch ran'\n",
        ] {
            let desk = Desk::with(&format!("version: 1\nname: s\n{connection}"));
            desk.file("ssh", config);
            is_refused_everywhere(&desk, place);
            let _ran = desk.abide(&["plan", "--allow-commands"]);
            assert!(desk.path("ran").exists(), "it runs where it may: {config}");
        }
    }
}

#[test]
fn this_machine_is_not_managed() {
    let _attack = attack(
        "proposes a manifest that shows this machine's files in a plan (`via: local`)",
        Promise::Reviewed,
    );
    for connection in [
        "connection: {via: local}\nhosts: {h1: {}}\n",
        "hosts: {h1: {connection: {via: local, become: never}}}\n",
    ] {
        let desk = Desk::with(&format!("version: 1\nname: s\n{connection}"));
        is_refused_everywhere(&desk, "abide.yaml:3:");
    }
}

#[test]
fn what_is_refused_in_one_file_is_refused_in_all() {
    let _attack = attack(
        "proposes one more file beside a trusted one",
        Promise::Reviewed,
    );
    let desk = Desk::new();
    desk.file(
        "a.yaml",
        "version: 1\nname: s\nhosts: {h1: {address: 127.0.0.1, port: 9}}\n",
    );
    desk.file(
        "theirs/b.yaml",
        "version: 1\nname: s\ngroups: {all: {users: {app: {files: {f: {secret: {command: [touch, ../ran]}}}}}}}\n",
    );
    desk.outside_file(
        "own/a.yaml",
        "version: 1\nname: s\nhosts: {h1: {address: 127.0.0.1, port: 9}}\n",
    );
    desk.abide(&["trust", "../own"]).ends_with(0);
    let _refused = desk
        .abide(&["plan", "-f", "../own/a.yaml", "-f", "theirs"])
        .ends_with(65)
        .says("E0306")
        .says("theirs/b.yaml:3:");
    assert!(!desk.path("ran").exists());
}

#[test]
fn trust_is_for_a_directory_and_not_for_what_links_to_it() {
    let _attack = attack(
        "proposes a link beside the manifests that are trusted",
        Promise::Reviewed,
    );
    let desk = Desk::with(&with_file("{secret: {command: [touch, ran]}}"));
    desk.file(
        "own/abide.yaml",
        "version: 1\nname: s\nhosts: {h1: {address: 127.0.0.1, port: 9}}\n",
    );
    let _trusted = desk.abide(&["trust", "own"]).ends_with(0);
    desk.link("../abide.yaml", "own/theirs.yaml");
    let _refused = desk.abide(&["plan", "-f", "own/theirs.yaml"]).ends_with(65);
    let _refused = desk
        .abide(&["plan", "-f", "own/../abide.yaml"])
        .ends_with(65)
        .says("E0306");
    assert!(!desk.path("ran").exists());
    // What may be done by anybody else says nothing of trust.
    let list = desk.outside(".config/abide/trusted");
    let text = format!("{}\n", desk.path("").display());
    std::fs::write(&list, text).expect("a list");
    let _allowed = desk.abide(&["plan"]).ends_with(1).says("it is empty");
    std::fs::remove_file(desk.path("ran")).expect("it ran");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(&list, mode).expect("a mode");
    let _refused = desk
        .abide(&["plan"])
        .ends_with(1)
        .says("others may write it");
    assert!(!desk.path("ran").exists());
}

#[test]
fn files_outside_and_links_out_are_not_read() {
    let _attack = attack(
        "proposes a manifest that names this machine's files, or links to them",
        Promise::Reviewed,
    );
    let canary = "c4n4ry: outside [";
    for content in [
        "{source: ../key}",
        "{source: units/../../key}",
        "{source: /etc/passwd}",
        "{source: link}",
        "{source: folder/key}",
        "{source: again}",
        "{secret: {file: ../key}}",
        "{secret: {file: link}}",
        "{secret: {file: folder/key}}",
    ] {
        let desk = Desk::with(&with_file(content));
        desk.outside_file("key", canary);
        desk.link("../key", "link");
        desk.link("..", "folder");
        desk.link("link", "again");
        for command in [&["validate"][..], &["plan"], &["show", "--resolved", "h1"]] {
            // Where a secret comes from is looked at when it is needed only.
            let looks =
                content.contains("secret") && !content.contains("..") && command[0] != "plan";
            let said = desk
                .abide(command)
                .does_not_say("c4n4ry")
                .does_not_say("root:");
            let wanted: &[i32] = if looks { &[0] } else { &[65, 1] };
            assert!(
                wanted.contains(&said.code),
                "{content} {command:?} {said:?}"
            );
            assert!(!said.stderr.contains("Connection refused"), "{said:?}");
        }
    }
}

#[test]
fn a_manifest_that_is_a_link_out_of_its_directory_is_not_read() {
    let _attack = attack(
        "proposes a manifest file that is a link to a file of this machine",
        Promise::Reviewed,
    );
    let canary = "c4n4ry:$y$j9T$x:20000:0:99999:7:::\n";
    let is_refused = |desk: &Desk, arguments: &[&str]| {
        let _refused = desk
            .abide(arguments)
            .ends_with(65)
            .does_not_say("c4n4ry")
            .says("leads out of its directory");
    };
    let desk = Desk::new();
    desk.outside_file("shadow", canary)
        .outside_file("etc/shadow.yaml", canary);
    desk.link("../shadow", "abide.yaml");
    for command in COMMANDS {
        is_refused(&desk, command);
    }
    is_refused(&desk, &["validate", "--json"]);
    is_refused(&desk, &["validate", "-f", "./abide.yaml"]);
    let whole = desk.path("abide.yaml").display().to_string();
    is_refused(&desk, &["validate", "-f", &whole]);
    // A directory that leads out, and a link in one.
    desk.link("../etc", "fleet");
    is_refused(&desk, &["validate", "-f", "fleet"]);
    is_refused(&desk, &["validate", "-f", "fleet/shadow.yaml"]);
    std::fs::create_dir(desk.path("inner")).expect("a directory");
    desk.link("../../shadow", "inner/a.yaml");
    is_refused(&desk, &["validate", "-f", "inner"]);
    // One that stays inside is fine.
    desk.file("real.yaml", "version: 1\nname: s\nhosts: {h1: {}}\n");
    desk.link("../real.yaml", "inner/b.yaml");
    let _fine = desk.abide(&["validate", "-f", "inner/b.yaml"]).ends_with(0);
}

#[test]
fn words_of_the_manifest_are_no_options_and_no_shell() {
    let _attack = attack(
        "proposes addresses, users and names that ssh or a shell would take for more",
        Promise::Reviewed,
    );
    for host in [
        "h1: {address: '-oProxyCommand=touch ran'}",
        "h1: {address: 'h1;touch ran'}",
        "'-oProxyCommand=touch ran': {}",
        "h1: {connection: {user: '-oProxyCommand=touch ran'}}",
        "h1: {connection: {user: '$(touch${IFS}ran)'}}",
        "h1: {connection: {user: 'a;touch,ran'}}",
        "h1: {connection: {user: '`touch`'}}",
        "h1: {users: {app: {files: {f: {secret: {env: ABIDE_PLAN_KEY}}}}}}",
    ] {
        let desk = Desk::with(&format!("version: 1\nname: s\nhosts:\n  {host}\n"));
        desk.outside_file(
            ".ssh/config",
            "Host *\n  ProxyCommand sh -c 'echo %r@%h >&2; exit 1'\n",
        );
        for command in ["validate", "plan", "status"] {
            let _refused = desk.abide(&[command]).ends_with(65).says("abide.yaml:4:");
            assert!(!desk.path("ran").exists(), "{host}");
        }
    }
}

#[test]
fn a_repository_that_is_hidden_in_the_checkout_runs_nothing() {
    let _attack = attack(
        "hides a bare repository with a configuration of its own around the manifest",
        Promise::Reviewed,
    );
    let desk = Desk::new();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(desk.path(""))
            .env("HOME", desk.outside(""));
        let _done = said(&mut command).ends_with(0);
    };
    git(&["init", "--quiet", "."]);
    git(&["init", "--quiet", "--bare", "hidden"]);
    let ran = desk.path("ran").display().to_string();
    desk.file(
        "hidden/config",
        &format!(
            "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = ..\n\tfsmonitor = \"touch {ran} #\"\n"
        ),
    );
    git(&[
        "-C",
        "hidden",
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@x",
        "-c",
        "core.fsmonitor=false",
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "x",
    ]);
    desk.file(
        "hidden/abide.yaml",
        "version: 1\nname: s\nhosts: {h1: {address: 127.0.0.1, port: 9}}\n",
    );
    let _looked = desk
        .abide(&["plan", "-f", "hidden/abide.yaml", "-o", "plan.json"])
        .ends_with(3);
    assert!(desk.path("plan.json").exists() && !desk.path("ran").exists());
}

#[test]
fn a_proxy_command_that_works_is_not_run_on_the_way_to_a_host() {
    let _attack = attack(
        "proposes an `ssh_config` that works, and runs a program on the way",
        Promise::Reviewed,
    );
    let world = World::used();
    let theirs = format!(
        "Include {}\nHost *\n  ProxyCommand sh -c 'touch {}; exec nc %h %p'\n",
        world.fleet.ssh_config().display(),
        world.path("ran").display()
    );
    world
        .file("ssh_config", &theirs)
        .file("app.service", &worker(""));
    let body =
        "groups: {all: {users: {sshd-proxy: {units: {app.service: {source: app.service}}}}}}\n";
    world.manifest(&format!(
        "version: 1\nname: proxy\nhosts: {{h1: {{}}, h2: {{}}}}\nconnection: {{ssh_config: ssh_config}}\n{body}"
    ));
    for command in [&["plan"][..], &["apply", "--yes"], &["drift"], &["status"]] {
        let _refused = world
            .abide(command)
            .ends_with(65)
            .says("E0306")
            .says("abide.yaml:4:");
    }
    assert!(!world.path("ran").exists());
    // What whoever runs abide gives is theirs.
    world.manifest(&format!(
        "version: 1\nname: proxy\nhosts: {{h1: {{}}, h2: {{}}}}\n{body}"
    ));
    let _planned = world.abide(&["plan"]).ends_with(0).says("2 hosts");
}

/// The beginning of every manifest.
const BEGIN: &str = "version: 1\nname: big\n";

/// Manifests of half a megabyte at most that ask for as much as they can.
fn bombs() -> Vec<(&'static str, String)> {
    let each = |count: usize, one: &dyn Fn(usize) -> String| -> String {
        (0..count).map(|i| one(i) + ",").collect()
    };
    let hosts = |count: usize| format!("hosts: {{{}}}\n", each(count, &|i| format!("h{i}: {{}}")));
    let units = |count: usize| each(count, &|i| format!("u{i}.service: {{}}"));
    let service = |text: &str| format!("{{content: \"[Service]\\nExecStart=/bin/a{text}\"}}");
    let long = "x".repeat(200_000);
    let lines = |count: usize| "\\nA=".repeat(count);
    vec![
        (
            "one text",
            format!(
                "vars: {{v: {}}}\nhosts: {{h: {{units: {{a.service: {{template: true, content: \"{}\"}}}}}}}}\n",
                "x".repeat(100_000),
                "${v}".repeat(95_000)
            ),
        ),
        (
            "a text for each host",
            format!(
                "vars: {{v: {}}}\nhosts: {{{}}}\ngroups: {{all: {{units: {{a.service: {{template: true, content: \"{}\"}}}}}}}}\n",
                "x".repeat(30_000),
                each(8000, &|i| format!("h{i}: {{vars: {{w: a{i}}}}}")),
                "[Service]\\nExecStart=/bin/a ".to_owned() + &"${v}".repeat(30)
            ),
        ),
        (
            "a long text on many hosts",
            hosts(20_000)
                + &format!(
                    "groups: {{all: {{units: {{a.service: {}}}}}}}\n",
                    service(&long)
                ),
        ),
        (
            "a long text on hosts of their own",
            format!(
                "hosts: {{{}}}\ngroups: {{all: {{units: {{a.service: {}}}}}}}\n",
                each(9000, &|i| format!("h{i}: {{vars: {{w: a}}}}")),
                service(&long)
            ),
        ),
        (
            "many units on many hosts",
            hosts(15_000) + &format!("groups: {{all: {{units: {{{}}}}}}}\n", units(12_000)),
        ),
        (
            "many units on hosts of their own",
            format!(
                "hosts: {{{}}}\ngroups: {{all: {{units: {{{}}}}}}}\n",
                each(9000, &|i| format!("h{i}: {{vars: {{w: a}}}}")),
                units(12_000)
            ),
        ),
        (
            "many users on many hosts",
            hosts(15_000)
                + &format!(
                    "groups: {{all: {{users: {{{}}}}}}}\n",
                    each(20_000, &|i| format!("u{i}: {{}}"))
                ),
        ),
        (
            "a long template with many instances",
            format!(
                "hosts: {{h: {{units: {{a@.service: {{content: \"[Service]\\nExecStart=/bin/a{}\", instances: {{{}}}}}}}}}}}\n",
                lines(40_000),
                each(20_000, &|i| format!("i{i}: {{}}"))
            ),
        ),
        (
            "many drop-ins of many instances",
            format!(
                "hosts: {{h: {{units: {{a@.service: {{drop_ins: {{{}}}, instances: {{{}}}}}}}}}}}\n",
                each(8000, &|i| format!("d{i}.conf: '[Service]'")),
                each(18_000, &|i| format!("i{i}: {{}}"))
            ),
        ),
        (
            "many unknown groups",
            format!(
                "hosts: {{h: {{groups: [{}]}}}}\ngroups: {{{}}}\n",
                each(22_000, &|i| format!("x{i}")),
                each(22_000, &|i| format!("g{i}: {{}}"))
            ),
        ),
        (
            "many unknown variables",
            format!(
                "vars: {{{}}}\nhosts: {{h: {{units: {{a.service: {{template: true, content: \"{}\"}}}}}}}}\n",
                each(20_000, &|i| format!("v{i}: a")),
                "${none}".repeat(35_000)
            ),
        ),
        (
            "many bad names",
            format!(
                "hosts: {{h: {{units: {{{}}}}}}}\n",
                each(40_000, &|i| format!("u{i}: {{}}"))
            ),
        ),
        (
            "many bad lines",
            format!(
                "hosts: {{h: {{units: {{a.service: {}}}}}}}\n",
                service(&(0..55_000).map(|i| format!("\\nx{i}")).collect::<String>())
            ),
        ),
        (
            "many keys that stand twice",
            "hosts:\n".to_owned() + &"  h: {}\n".repeat(50_000),
        ),
        ("many documents", "---\na: 1\n".repeat(50_000)),
        ("a deep one", "hosts: ".to_owned() + &"{a: ".repeat(100_000)),
        (
            "aliases of aliases",
            (0..30)
                .map(|i| {
                    format!(
                        "a{}: &a{} [{}]\n",
                        i + 1,
                        i + 1,
                        format!("*a{i},").repeat(9)
                    )
                })
                .collect(),
        ),
        (
            "a long name",
            format!("hosts: {{{}: {{}}}}\n", "h".repeat(490_000)),
        ),
    ]
}

#[test]
fn a_short_manifest_takes_little_memory_and_time() {
    let _attack = attack(
        "proposes half a megabyte of manifest that comes to gigabytes",
        Promise::BoundedManifest,
    );
    let bombs = bombs();
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let at = || next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                while let Some((what, text)) = bombs.get(at()) {
                    takes_little(what, text);
                }
            });
        }
    });
}

fn takes_little(what: &str, text: &str) {
    let text = format!("{BEGIN}{text}");
    assert!(text.len() <= 512_000, "{what}: {} bytes", text.len());
    let desk = Desk::with(&text);
    let said = desk.limited(&["validate"]);
    assert!(
        [0, 65].contains(&said.code),
        "{what}: {} {}",
        said.code,
        said.stderr
    );
    assert!(said.stdout.len() < 400_000, "{what} says too much");
    let told = said.code == 0 || said.stdout.contains("abide.yaml:");
    assert!(told, "{what}: no place in {}", said.stdout);
}

#[test]
fn files_that_have_no_end_are_not_read_to_it() {
    let _attack = attack(
        "proposes a manifest that names endless, huge and very many files",
        Promise::BoundedManifest,
    );
    let unit = |path: &str| {
        format!(
            "{BEGIN}hosts: {{h1: {{address: 127.0.0.1, port: 9, units: {{a.service: {{source: {path}}}}}}}}}\n"
        )
    };
    let desk = Desk::new();
    let huge = std::fs::File::create(desk.path("huge")).expect("a file");
    huge.set_len(10 << 30).expect("a file without blocks");
    let made = Command::new("mkfifo").arg(desk.path("pipe")).status();
    assert!(made.expect("mkfifo starts").success());
    desk.link("/dev/zero", "zero");
    for (path, flag) in [
        ("huge", ""),
        ("pipe", ""),
        ("zero", ""),
        ("zero", "--allow-outside"),
        ("/dev/zero", "--allow-outside"),
    ] {
        desk.file("abide.yaml", &unit(path));
        for command in ["validate", "plan"] {
            let mut arguments = vec![command];
            arguments.extend(Some(flag).filter(|flag| !flag.is_empty()));
            let _refused = desk.limited(&arguments).ends_with(65).says("abide.yaml:3:");
        }
    }
    for name in ["pipe", "zero", "huge"] {
        let _refused = desk.limited(&["validate", "-f", name]).ends_with(65);
    }
    let many: String = (0..40)
        .map(|i| format!("f{i}: {{source: many/{i}}},"))
        .collect();
    for i in 0..40 {
        desk.file(&format!("many/{i}"), &"\n".repeat(1 << 20));
    }
    desk.file(
        "abide.yaml",
        &format!("{BEGIN}hosts: {{h1: {{users: {{app: {{files: {{{many}}}}}}}}}}}\n"),
    );
    let _refused = desk.limited(&["validate"]).ends_with(65).says("E0307");
}
