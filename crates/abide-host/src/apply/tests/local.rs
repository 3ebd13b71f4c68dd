//! Whole scripts in the shells of this machine, as the user who runs the tests, with doubles of systemd's tools.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::*;
use crate::testing::{Directory, shells};

/// A home with doubles of systemd's tools. What they do is in files that a test may write: `show` is what
/// `systemctl show` says of each unit, `fails` has a line `VERB MESSAGE` for a verb that fails, `on.VERB` is run for one.
pub(super) struct Host {
    pub(super) at: Directory,
    pub(super) scope: Scope,
}

const SYSTEMCTL: &str = r#"
[ "$1" = --user ] && shift
[ "$1" = --no-ask-password ] && shift
[ "$1" = --no-reload ] && shift
verb=$1
echo "$*" >>"$at/calls"
if [ "$verb" = show ]; then
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    [ "$1" != -p ] || asked=$(echo "$2" | tr , "|")
    shift
  done
  [ $# = 0 ] || shift
  for unit do
    [ -z "$not_first" ] || echo
    not_first=1
    echo "FragmentPath=$at/units/$unit"
    if [ -e "$at/show.$unit" ]; then cat "$at/show.$unit"; else cat "$at/show"; fi
  done | grep -E "^(($asked)=.*|)$"
  exit 0
fi
if [ -e "$at/on.$verb" ]; then . "$at/on.$verb"; fi
grep "^$verb " "$at/fails" | cut -d' ' -f2- >&2
! grep -q "^$verb " "$at/fails"
"#;

const LOADED: &str = "LoadState=loaded\nDropInPaths=\nActiveState=active\nSubState=running\nResult=success\n\
                      NRestarts=0\nInvocationID=00000000000000000000000000000007\n";

impl Host {
    fn new() -> Self {
        let at = Directory::new("apply");
        let head = format!("at='{}'\n", at.path().display());
        at.program("systemctl", &format!("{head}{SYSTEMCTL}"));
        at.program(
            "loginctl",
            &format!("{head}echo \"loginctl $*\" >>\"$at/calls\""),
        );
        at.program("journalctl", "printf 'first words\\nlast words\\n'");
        at.program(
            "systemd-analyze",
            &format!("{head}cat \"$at/refuses\" >&2; ! [ -s \"$at/refuses\" ]"),
        );
        let host = Self {
            scope: Scope::User(whoami()),
            at,
        };
        host.put("show", LOADED);
        host.put("fails", "");
        host.put("refuses", "");
        host
    }

    pub(super) fn put(&self, name: &str, text: &str) {
        std::fs::write(self.at.path().join(name), text).unwrap();
    }

    pub(super) fn place(&self, name: &str) -> HostPath {
        path(&format!("{}/{name}", self.at.path().display()))
    }

    pub(super) fn local(&self, name: &str) -> PathBuf {
        self.at.path().join(name)
    }

    pub(super) fn unit(&self, name: &str) -> ResourceId {
        ResourceId::Unit(unit(&self.scope, name))
    }

    fn file(&self, name: &str) -> ResourceId {
        ResourceId::File {
            scope: self.scope.clone(),
            path: self.place(name),
        }
    }

    pub(super) fn reload(&self, after: Vec<u32>) -> (ResourceId, Change, Vec<u32>) {
        (
            ResourceId::Manager(self.scope.clone()),
            Change::DaemonReload,
            after,
        )
    }

    fn write_unit(&self, name: &str, text: &str) -> (ResourceId, Change, Vec<u32>) {
        let at = self.place(&format!("units/{name}"));
        let write = write(at, FilePurpose::Unit, Body::Plain(text.into()), 0o644);
        (self.unit(name), write, vec![])
    }

    pub(super) fn write_file(
        &self,
        name: &str,
        body: Body,
        mode: u32,
    ) -> (ResourceId, Change, Vec<u32>) {
        (
            self.file(name),
            write(self.place(name), FilePurpose::Plain, body, mode),
            vec![],
        )
    }

    /// What the script tells, a line an event, and its exit status.
    #[expect(
        clippy::disallowed_methods,
        reason = "the script itself is what is tested"
    )]
    pub(super) fn apply_with(
        &self,
        shell: &[&str],
        plan: &Plan,
        edit: impl FnOnce(String) -> String,
    ) -> (String, i32) {
        let script = script(plan, &facts(RootRoute::None("no".into())), &options());
        let script = edit(script);
        let mut child = Command::new(shell[0])
            .args(&shell[1..])
            .arg("-s")
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin:/usr/sbin", self.at.path().display()),
            )
            .env("HOME", self.at.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(stderr, "", "{shell:?}");
        let told = String::from_utf8(output.stdout)
            .unwrap()
            .replace("n0nce ", "");
        (told, output.status.code().unwrap())
    }

    pub(super) fn apply(&self, shell: &[&str], plan: &Plan) -> (String, i32) {
        self.apply_with(shell, plan, |script| script)
    }

    pub(super) fn content(&self, name: &str) -> String {
        std::fs::read_to_string(self.local(name)).unwrap_or_else(|error| error.to_string())
    }

    /// Calls that change something.
    pub(super) fn calls(&self) -> Vec<String> {
        let log = self.at.read("calls");
        let changes = log.lines().filter(|line| !line.starts_with("show "));
        changes.map(str::to_owned).collect()
    }

    fn ledger(&self) -> Ledger {
        ledger::read(&self.content(".local/state/abide/ledger/shop"))
            .unwrap()
            .ledger
    }

    pub(super) fn nothing_is_left_over(&self) {
        let state = std::fs::read_dir(self.local(".local/state/abide")).unwrap();
        let names: Vec<String> = state
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(
            names
                .iter()
                .all(|name| ["ledger", "lock"].contains(&name.as_str())),
            "{names:?}"
        );
        assert_eq!(self.content(".local/state/abide/lock"), "");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "scripts run as whoever runs the tests"
)]
fn whoami() -> UserName {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

/// Each test in every shell, on a host of its own.
pub(super) fn on_hosts(test: impl Fn(&Host, &[&str])) {
    for shell in shells() {
        test(&Host::new(), &shell);
    }
}

#[test]
fn a_whole_plan_is_carried_out_and_told() {
    on_hosts(|host, shell| {
        let mut plan = plan_of(vec![
            host.write_unit("a.service", "[Service]\nExecStart=/bin/sleep 1\n"),
            (
                host.unit("a.service"),
                Change::Enable {
                    add: ["x".to_owned()].into(),
                    remove: [].into(),
                    file: None,
                },
                vec![1],
            ),
            host.reload(vec![1]),
            (host.unit("b.service"), Change::Restart, vec![3]),
            (host.unit("c.service"), Change::Restart, vec![3]),
            (host.unit("a.service"), Change::Start, vec![3]),
        ]);
        let a = unit(&host.scope, "a.service");
        plan.watches = vec![watch(&a, 0)];
        let left = LedgerUnit {
            invocation: String::new(),
            config: Some(Digest::of_bytes(b"c")),
            enabled: true,
            claimed: false,
            reads: abide_model::LedgerReads::default(),
        };
        plan.ledger_claim.units.insert(a.clone(), left.clone());
        plan.ledger_after.units.insert(a.clone(), left);
        let (told, status) = host.apply(shell, &plan);
        let expected = "begin 1\ndone 1 ok \nbegin 2\ndone 2 ok \nbegin 3\ndone 3 ok \nbegin 4\nbegin 5\ndone 4 ok \n\
                        done 5 ok \nbegin 6\ndone 6 ok \nprogress watching for 0 s that units stay up\nend\n";
        assert_eq!((told.as_str(), status), (expected, 0), "{shell:?}");
        assert_eq!(
            host.calls(),
            [
                "cat -- a.service",
                "enable -- a.service",
                "daemon-reload",
                "restart -- b.service c.service",
                "start -- a.service"
            ]
        );
        assert_eq!(
            host.content("units/a.service"),
            "[Service]\nExecStart=/bin/sleep 1\n"
        );
        assert_eq!(
            host.ledger().units[&a].invocation,
            "00000000000000000000000000000007"
        );
        host.nothing_is_left_over();
    });
}

#[test]
fn odd_names_and_contents_arrive_as_they_are() {
    let names = [
        "-n",
        "a b",
        "it's",
        "new\nline\n",
        "$HOME",
        "back\\slash",
        "%s%n",
        "`id`",
        "ü",
        "*",
    ];
    let contents = [
        "",
        "\n",
        "no newline",
        "END\nEND_\n",
        "$HOME `id` \\ \"'\n",
        "a\r\n",
        "\u{1F600}\n\n\n",
        "a\0b\n",
    ];
    on_hosts(|host, shell| {
        let mut changes = Vec::new();
        for (number, name) in names.iter().enumerate() {
            let content = contents[number % contents.len()];
            changes.push(host.write_file(
                &format!("{name}/{name}"),
                Body::Plain(content.into()),
                0o640,
            ));
        }
        let large = "0123456789abcde\n".repeat(65_536);
        changes.push(host.write_file("large", Body::Plain(large.as_str().into()), 0o4755));
        let bytes = Bytes::new((0..=255).collect::<Vec<u8>>());
        changes.push(host.write_file("bytes", Body::Plain(bytes.clone()), 0o600));
        let (told, status) = host.apply(shell, &plan_of(changes));
        assert_eq!(status, 0, "{shell:?} {told}");
        for (number, name) in names.iter().enumerate() {
            let at = format!("{name}/{name}");
            assert_eq!(
                host.content(&at),
                contents[number % contents.len()],
                "{shell:?} {name}"
            );
            assert_eq!(mode(&host.local(&at)), 0o640);
        }
        assert!(host.content("large") == large && mode(&host.local("large")) == 0o4755);
        assert_eq!(
            std::fs::read(host.local("bytes")).unwrap(),
            bytes.as_slice()
        );
    });
}

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_link_in_the_way_is_replaced_and_not_followed() {
    on_hosts(|host, shell| {
        host.put("target", "old");
        std::fs::create_dir(host.local("dir")).unwrap();
        std::os::unix::fs::symlink("target", host.local("link")).unwrap();
        std::os::unix::fs::symlink("dir", host.local("link-to-dir")).unwrap();
        let plan = plan_of(vec![
            host.write_file("link", Body::Plain("new".into()), 0o644),
            host.write_file("link-to-dir", Body::Plain("new".into()), 0o644),
        ]);
        let (told, status) = host.apply(shell, &plan);
        assert_eq!(status, 0, "{told}");
        assert_eq!(
            (host.content("target"), host.content("link")),
            ("old".into(), "new".into())
        );
        assert_eq!(host.content("link-to-dir"), "new");
        assert!(!host.local("link").is_symlink() && !host.local("link-to-dir").is_symlink());
        assert_eq!(std::fs::read_dir(host.local("dir")).unwrap().count(), 0);
    });
}

#[test]
fn where_a_file_cannot_be_written_the_others_come_back_and_nothing_more_is_done() {
    on_hosts(|host, shell| {
        std::fs::create_dir(host.local("units")).unwrap();
        host.put("units/a.service", "old a\n");
        host.put("removed", "old\n\nbytes");
        std::os::unix::fs::symlink("/nowhere", host.local("link")).unwrap();
        host.put("not-a-directory", "");
        let removed = Change::RemoveFile {
            path: host.place("removed"),
            purpose: FilePurpose::Plain,
            before: Before::Absent,
        };
        let mut plan = plan_of(vec![
            (host.unit("a.service"), Change::Stop, vec![]),
            host.write_unit("a.service", "new a\n"),
            host.write_file("link", Body::Plain("new".into()), 0o600),
            (host.file("removed"), removed, vec![]),
            host.write_file("created.d/x", Body::Plain("new".into()), 0o600),
            host.write_file("not-a-directory/x", Body::Plain("new".into()), 0o600),
            host.reload(vec![2]),
            (host.unit("a.service"), Change::Start, vec![7]),
        ]);
        let entry = |digest| LedgerFile {
            scope: host.scope.clone(),
            digest,
        };
        for claimed in ["created.d/x", "removed"] {
            let claim = &mut plan.ledger_claim.files;
            claim.insert(host.place(claimed), entry(None));
        }
        plan.ledger_after.files.insert(
            host.place("created.d/x"),
            entry(Some(Digest::of_bytes(b"new"))),
        );
        let (told, status) = host.apply(shell, &plan);
        assert_eq!(status, 1);
        for step in [2, 3, 4, 5] {
            assert!(told.contains(&format!("done {step} ok")), "{told}");
            assert!(told.contains(&format!("done {step} restored")), "{told}");
        }
        assert!(
            told.contains("done 6 failed ")
                && told.contains("done 7 skipped ")
                && told.contains("done 8 skipped "),
            "{told}"
        );
        assert_eq!(host.content("units/a.service"), "old a\n");
        assert_eq!(host.content("removed"), "old\n\nbytes");
        assert_eq!(
            std::fs::read_link(host.local("link")).unwrap(),
            PathBuf::from("/nowhere")
        );
        assert!(!host.local("created.d").exists());
        // What was stopped for this runs again; what was claimed stays claimed.
        assert_eq!(
            host.calls(),
            ["stop -- a.service", "daemon-reload", "start -- a.service"]
        );
        assert_eq!(host.ledger().files, plan.ledger_claim.files);
        host.nothing_is_left_over();
    });
}

#[test]
fn what_does_not_load_is_put_back_before_anything_restarts() {
    on_hosts(|host, shell| {
        std::fs::create_dir(host.local("units")).unwrap();
        host.put("units/a.service", "old\n");
        host.put(
            "show.b.service",
            "LoadState=bad-setting\nLoadError=x \"it is broken\"\nDropInPaths=\n",
        );
        let plan = plan_of(vec![
            host.write_unit("a.service", "new\n"),
            host.write_unit("b.service", "new\n"),
            (
                host.unit("b.service"),
                Change::Enable {
                    add: ["x".to_owned()].into(),
                    remove: [].into(),
                    file: None,
                },
                vec![2],
            ),
            host.reload(vec![1, 2]),
            (host.unit("a.service"), Change::Restart, vec![4]),
        ]);
        let (told, status) = host.apply(shell, &plan);
        assert_eq!(status, 1);
        assert!(
            told.contains("failed the new files of user:")
                && told.contains("b.service is bad-setting"),
            "{told}"
        );
        assert!(
            told.contains("done 1 restored") && told.contains("done 5 skipped"),
            "{told}"
        );
        assert_eq!(host.content("units/a.service"), "old\n");
        assert!(!host.local("units/b.service").exists());
        assert_eq!(
            host.calls(),
            [
                "cat -- b.service",
                "enable -- b.service",
                "daemon-reload",
                "daemon-reload"
            ]
        );
    });
}

#[test]
fn a_drop_in_that_the_manager_does_not_see_is_found() {
    on_hosts(|host, shell| {
        let drop_in = host.place("units/a.service.d/x.conf");
        let body = Body::Plain("[Service]\n".into());
        let plan = plan_of(vec![
            (
                host.unit("a.service"),
                write(drop_in.clone(), FilePurpose::DropIn, body, 0o644),
                vec![],
            ),
            host.reload(vec![1]),
        ]);
        let (told, status) = host.apply(shell, &plan);
        assert!(
            status == 1 && told.contains("a.service does not have"),
            "{told}"
        );
        host.put(
            "show.a.service",
            &format!("LoadState=loaded\nDropInPaths=/x.conf {drop_in}\n"),
        );
        let (told, status) = host.apply(shell, &plan);
        assert_eq!(status, 0, "{told}");
    });
}

#[test]
fn only_the_unit_that_systemctl_names_has_failed() {
    on_hosts(|host, shell| {
        host.put(
            "fails",
            "start Job for aa.service failed because the control process exited with error code.\n\
             start See \"systemctl status aa.service\" and \"journalctl -xeu aa.service\" for details.\n\
             start A dependency job for d.service failed. See 'journalctl -xe' for details.\n\
             stop Failed to stop gone.service: Unit gone.service not loaded.\n",
        );
        let plan = plan_of(vec![
            (host.unit("gone.service"), Change::Stop, vec![]),
            (host.unit("a.service"), Change::Start, vec![]),
            (host.unit("aa.service"), Change::Start, vec![]),
            (host.unit("d.service"), Change::Start, vec![]),
            (host.unit("x.service"), Change::Restart, vec![3]),
        ]);
        let (told, status) = host.apply(shell, &plan);
        assert_eq!(status, 1);
        let done: Vec<&str> = told
            .lines()
            .filter(|line| line.starts_with("done"))
            .collect();
        assert_eq!(
            done,
            [
                "done 1 ok ",
                "done 2 ok ",
                "done 3 failed Job for aa.service failed because the control process exited with error code.",
                "done 4 failed A dependency job for d.service failed.",
                "done 5 skipped step 3 did not succeed",
            ],
            "{shell:?}"
        );
    });
}

#[test]
fn what_changed_since_the_plan_is_stale_and_nothing_is_written() {
    on_hosts(|host, shell| {
        host.put("changed", "by hand");
        host.put("already", "new");
        let mut plan = plan_of(vec![
            host.write_file("changed", Body::Plain("new".into()), 0o644),
            host.write_file("already", Body::Plain("new".into()), 0o644),
            host.write_file("absent", Body::Plain("new".into()), 0o644),
        ]);
        let fact = |name: &str, digest| Precondition::File {
            scope: host.scope.clone(),
            path: host.place(name),
            digest,
        };
        plan.preconditions = vec![
            fact("changed", Some(Digest::of_bytes(b"planned"))),
            fact("already", Some(Digest::of_bytes(b"planned"))),
            fact("absent", None),
            Precondition::Unit {
                unit: unit(&host.scope, "a.service"),
                active: ActiveState::Active,
                invocation: "0123456789abcdef0123456789abcdef".into(),
            },
        ];
        let (told, status) = host.apply(shell, &plan);
        assert_eq!(status, 1);
        let lines: Vec<&str> = told.lines().collect();
        let planned = Digest::of_bytes(b"planned").short_form();
        let now = Digest::of_bytes(b"by hand").short_form();
        assert_eq!(
            lines,
            [
                format!(
                    "stale {}: planned from {planned}, now {now}",
                    host.place("changed")
                )
                .as_str(),
                "stale a.service: planned from run 0123456789ab, now 00000000000000000000000000000007",
                "end",
            ]
        );
        assert!(
            !host.local("absent").exists() && !host.local(".local/state/abide/ledger").exists()
        );
    });
}

#[test]
fn a_second_run_is_told_who_holds_the_lock() {
    on_hosts(|host, shell| {
        std::fs::create_dir_all(host.local(".local/state/abide")).unwrap();
        host.put(
            ".local/state/abide/lock",
            "who=bob@desk\noperation=apply\nsince=5\npid=1\n",
        );
        let lock = std::fs::File::open(host.local(".local/state/abide/lock")).unwrap();
        lock.lock().unwrap();
        let plan = plan_of(vec![host.write_file("x", Body::Plain("new".into()), 0o644)]);
        let (told, status) = host.apply(shell, &plan);
        assert_eq!(status, 1);
        assert_eq!(
            told,
            "locked who=bob@desk\toperation=apply\tsince=5\tpid=1\t\nend\n"
        );
        drop(lock);
        assert_eq!(host.apply(shell, &plan).1, 0);
    });
}

#[test]
fn what_systemd_refuses_is_said_and_nothing_is_touched_unless_this_plan_brings_what_is_missing() {
    on_hosts(|host, shell| {
        let program = host.place("bin/run");
        host.put(
            "refuses",
            &format!("a.service: Command {program} is not executable: No such file or directory\n"),
        );
        host.put("show", LOADED);
        let start = || (host.unit("a.service"), Change::Start, vec![]);
        let text = format!("[Service]\nExecStart={program}\n");
        let written = vec![host.write_unit("a.service", &text)];
        let mut changes = written.clone();
        changes.push((host.unit("a.service"), Change::Restart, vec![]));
        let (told, status) = host.apply(shell, &plan_of(changes.clone()));
        assert_eq!(status, 1);
        assert!(
            told.contains("nothing was changed there: a.service: Command"),
            "{told}"
        );
        assert!(!host.local("units").exists() && !host.local(".local/state/abide/ledger").exists());
        changes.push(host.write_file("bin/run", Body::Plain("#!/bin/sh\n".into()), 0o755));
        let (told, status) = host.apply(shell, &plan_of(changes));
        assert_eq!(status, 0, "{told}");
        // Nothing that runs is restarted: it is told, and written.
        for then in [vec![], vec![start()]] {
            let changes = [written.clone(), then].concat();
            let (told, status) = host.apply(shell, &plan_of(changes));
            assert_eq!(status, 0, "{told}");
            assert!(
                told.contains("notice systemd says of the new files of user:")
                    && told.contains(": a.service: Command"),
                "{told}"
            );
        }
        // One that says itself when it has its program may be started.
        let guarded = "[Unit]\nConditionPathExists=/opt/app\n[Service]\nExecStart=/opt/app/run\n";
        let guarded = vec![host.write_unit("a.service", guarded), start()];
        let (told, status) = host.apply(shell, &plan_of(guarded));
        assert_eq!(status, 0, "{told}");
        assert!(!told.contains("notice"), "{told}");
    });
}

#[test]
fn what_systemd_says_of_new_files_is_weighed_line_by_line() {
    on_hosts(|host, shell| {
        host.put("show", LOADED);
        let apply = |said: &str| {
            host.put("refuses", said);
            let changes = vec![
                host.write_unit("a.service", "[Service]\nExecStart=/bin/true\n"),
                (host.unit("a.service"), Change::Start, vec![]),
            ];
            host.apply(shell, &plan_of(changes))
        };
        // What it cannot load: the line that says most first, and whole, before what it only ignores.
        let (told, status) = apply(
            "a.service:2: Failed to parse service type, ignoring: nonsense\na.service:3: Standard output type syslog is obsolete\n\
             a.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.\nUnit a.service has a bad unit file setting.\n",
        );
        assert_eq!(status, 1);
        let failed: Vec<&str> = told
            .lines()
            .filter(|line| line.starts_with("failed "))
            .collect();
        assert!(
            failed[0].ends_with(
                "a.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing."
            ),
            "{told}"
        );
        assert_eq!(
            failed[1..],
            [
                "failed a.service:2: Failed to parse service type, ignoring: nonsense",
                "failed and 1 more about settings that are only old"
            ]
        );
        // What it would not start it says again when it is started.
        for said in [
            "a.service: Failed to create a.service/start: Unit nowhere.service not found.\n",
            "a.service: Failed to create a.service/start: Unit nowhere.service is masked.\n",
            "a.service: Command /opt/none is not executable: No such file or directory\na.service:2: Unknown key 'X' in section [Unit], ignoring.\n",
        ] {
            let (told, status) = apply(said);
            assert_eq!(status, 0, "{told}");
            let first = said.lines().next().unwrap();
            assert!(told.contains(&format!(": {first}\n")), "{told}");
        }
        let (told, _) = apply(
            "a.service: Command /opt/none is not executable: x\na.service:2: Unknown key 'X' in section [Unit], ignoring.\n/usr/lib/systemd/system/b.service:2: Unknown key 'Y', ignoring.\n",
        );
        assert!(
            told.contains("Unknown key 'X'") && !told.contains("Unknown key 'Y'"),
            "{told}"
        );
        // What is not understood is no permission.
        assert_eq!(apply("something went wrong\n").1, 1);
    });
}

#[test]
fn a_unit_that_restarted_is_told_with_its_last_words() {
    on_hosts(|host, shell| {
        host.put("show", &LOADED.replace("NRestarts=0", "NRestarts=2"));
        let mut plan = plan_of(vec![(host.unit("a.service"), Change::Start, vec![])]);
        plan.watches = vec![watch(&unit(&host.scope, "a.service"), 0)];
        let (told, status) = host.apply(shell, &plan);
        assert_eq!(status, 1);
        let expected = format!(
            "unit {}/a.service active (success), 2 restarts\njournal first words\njournal last words\nend\n",
            host.scope
        );
        assert!(told.ends_with(&expected), "{told}");
        // One that this plan did not start may have restarted before.
        plan.actions.clear();
        assert_eq!(host.apply(shell, &plan).1, 0);
    });
}

/// A shell takes a number with a leading zero for an octal one, and dash ends where it is none: so would root's script.
#[test]
fn numbers_that_systemd_never_prints_end_no_script() {
    on_hosts(|host, shell| {
        for odd in ["09", "010", "0x1", "-1", "1 2", "99999999999999999999"] {
            let show = LOADED.replace("NRestarts=0", &format!("NRestarts={odd}"));
            host.put(
                "show",
                &format!("{show}InactiveExitTimestampMonotonic={odd}\nActiveEnterTimestampMonotonic={odd}9\n"),
            );
            let mut plan = plan_of(vec![(host.unit("a.service"), Change::Start, vec![])]);
            plan.watches = vec![watch(&unit(&host.scope, "a.service"), 0)];
            let (told, _) = host.apply(shell, &plan);
            assert!(told.ends_with("end\n"), "{odd}: {told}");
            plan.actions.clear();
            let (told, _) = host.apply(shell, &plan);
            assert!(told.ends_with("end\n"), "{odd}: {told}");
        }
    });
}

#[test]
fn a_closed_pipe_ends_nothing() {
    on_hosts(|host, shell| {
        let plan = plan_of(vec![
            host.write_file("one", Body::Plain("new".into()), 0o644),
            host.write_file("two", Body::Plain("new".into()), 0o644),
        ]);
        #[expect(
            clippy::disallowed_methods,
            reason = "the script itself is what is tested"
        )]
        let mut child = Command::new(shell[0])
            .args(&shell[1..])
            .arg("-s")
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin:/usr/sbin", host.at.path().display()),
            )
            .env("HOME", host.at.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let script = script(&plan, &facts(RootRoute::None("no".into())), &options());
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), script.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{shell:?}");
        assert_eq!(
            (host.content("one"), host.content("two")),
            ("new".into(), "new".into())
        );
    });
}

#[test]
fn a_stop_that_ran_into_its_timeout_keeps_what_was_to_go() {
    on_hosts(|host, shell| {
        std::fs::create_dir(host.local("units")).unwrap();
        host.put("units/a.service", "a\n");
        host.put("units/b.service", "b\n");
        host.put("show.a.service", "ActiveState=failed\nResult=timeout\n");
        host.put("show.b.service", "ActiveState=inactive\nResult=success\n");
        let remove = |name: &str, after| {
            let change = Change::RemoveFile {
                path: host.place(&format!("units/{name}")),
                purpose: FilePurpose::Unit,
                before: Before::Absent,
            };
            (host.unit(name), change, after)
        };
        let plan = plan_of(vec![
            (host.unit("b.service"), Change::Stop, vec![]),
            (host.unit("a.service"), Change::Stop, vec![]),
            remove("a.service", vec![2]),
            remove("b.service", vec![1]),
        ]);
        let (told, status) = host.apply(shell, &plan);
        assert_eq!(status, 1, "{shell:?}");
        assert_eq!(
            told,
            "begin 1\nbegin 2\ndone 1 ok \n\
             done 2 failed a.service did not stop in time, and what was left of it was killed (timeout)\n\
             done 3 skipped step 2 did not succeed\nbegin 4\ndone 4 ok \nend\n"
        );
        assert_eq!(host.content("units/a.service"), "a\n");
        assert!(!host.local("units/b.service").exists());
    });
}

#[test]
fn what_was_stopped_and_is_gone_leaves_no_failure_behind() {
    let plan = |host: &Host| {
        let remove = Change::RemoveFile {
            path: host.place("units/a.service"),
            purpose: FilePurpose::Unit,
            before: Before::Absent,
        };
        plan_of(vec![
            (host.unit("a.service"), Change::Stop, vec![]),
            (host.unit("a.service"), remove, vec![1]),
            host.reload(vec![2]),
        ])
    };
    on_hosts(|host, shell| {
        let (told, status) = host.apply(shell, &plan(host));
        assert_eq!(status, 0, "{told}");
        assert_eq!(
            host.calls(),
            [
                "stop -- a.service",
                "daemon-reload",
                "reset-failed -- a.service"
            ]
        );
    });
    // What did not stop is still there, and its failure is to be seen.
    on_hosts(|host, shell| {
        host.put("fails", "stop Job for a.service failed.\n");
        let (_, status) = host.apply(shell, &plan(host));
        assert_eq!(status, 1);
        assert_eq!(host.calls(), ["stop -- a.service"]);
    });
}
