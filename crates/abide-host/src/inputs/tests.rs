use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use abide_model::{EnvSearch, HostPath, InputLook, InputSeen, Interpreter, Runner};

use super::LOOK;
use crate::follow_up::put_together;
use crate::probe::Frames;

const NONCE: &str = "0123456789abcdef0123";

fn script(looks: &BTreeSet<InputLook>, nonce: &str) -> Option<String> {
    put_together(&[(super::script_part(looks, nonce), "inputs")], nonce)
}

fn read(looks: &BTreeSet<InputLook>, nonce: &str, answer: &[u8]) -> super::Inputs {
    super::read(looks, &Frames::of_answer(answer, nonce))
}

fn path(text: &str) -> InputLook {
    InputLook::Path {
        runner: Runner::Root,
        path: HostPath::parse(text).unwrap(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the script is run as a host would"
)]
/// What this machine answers, as whoever runs the tests.
fn answer(looks: &BTreeSet<InputLook>, shell: &str) -> super::Inputs {
    let text = script(looks, NONCE).unwrap();
    let mut child = Command::new(shell)
        .args(["-s", "--", "root", "root", "0", ""])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    read(looks, NONCE, &child.wait_with_output().unwrap().stdout)
}

/// This machine may know more formats than programs and scripts.
fn text_format() -> Interpreter {
    let formats = fs::read_dir("/proc/sys/fs/binfmt_misc")
        .into_iter()
        .flatten();
    let mut more = formats
        .flatten()
        .filter(|one| one.file_name() != "register" && one.file_name() != "status");
    match more.next() {
        Some(_) => Interpreter::Fine,
        None => Interpreter::NoFormat,
    }
}

#[test]
fn paths_are_seen_as_they_are() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| format!("{}/{name}", place.path().display());
    let write = |name: &str, text: &str, mode: u32| {
        fs::write(at(name), text).unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    write("plain", "x", 0o644);
    write("good 'script", "#! /bin/sh -e\n", 0o755);
    write("bad", "#!/opt/nowhere/ruby\n", 0o755);
    write("dos", "#!/bin/sh\r\n", 0o755);
    write("text", "echo\thi\n", 0o755);
    write("empty", "", 0o755);
    write("binary", "\u{7f}ELF\n", 0o755);
    write("short", "#!/bin/sh", 0o755);
    fs::create_dir(at("dir")).unwrap();
    let file = |executable, interpreter| InputSeen::File {
        readable: true,
        executable,
        interpreter,
    };
    let wanted = [
        ("plain", file(false, Interpreter::Fine)),
        ("good 'script", file(true, Interpreter::Fine)),
        ("bad", file(true, Interpreter::Missing)),
        ("dos", file(true, Interpreter::CarriageReturn)),
        ("text", file(true, text_format())),
        ("empty", file(true, Interpreter::NoFormat)),
        ("binary", file(true, Interpreter::Fine)),
        ("short", file(true, Interpreter::Fine)),
        ("dir", InputSeen::Directory { searchable: true }),
        ("gone", InputSeen::Absent),
        ("gone/below/it", InputSeen::Absent),
        ("plain/below", InputSeen::Absent),
    ];
    let mut looks: BTreeSet<InputLook> = wanted.iter().map(|(name, _)| path(&at(name))).collect();
    looks.insert(path("/dev/null"));
    looks.insert(InputLook::User("root".to_owned()));
    looks.insert(InputLook::User("no-such-user-here".to_owned()));
    looks.insert(InputLook::Group("no-such-group-here".to_owned()));
    for shell in ["sh", "bash"] {
        let seen = answer(&looks, shell);
        for (name, wanted) in &wanted {
            assert_eq!(
                seen.get(&path(&at(name))),
                Some(wanted),
                "{name} in {shell}"
            );
        }
        assert_eq!(seen.get(&path("/dev/null")), Some(&InputSeen::Other));
        let user = |name: &str| seen.get(&InputLook::User(name.to_owned())).cloned();
        assert_eq!(user("root"), Some(InputSeen::Present));
        assert_eq!(user("no-such-user-here"), Some(InputSeen::Absent));
        let group = InputLook::Group("no-such-group-here".to_owned());
        assert_eq!(seen.get(&group), Some(&InputSeen::Absent));
    }
}

#[test]
fn another_root_is_looked_into_as_far_as_no_link_leads_elsewhere() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("a 'root");
    fs::create_dir_all(root.join("usr/bin")).unwrap();
    fs::write(root.join("usr/bin/run"), "x").unwrap();
    std::os::unix::fs::symlink("/usr/bin", root.join("bin")).unwrap();
    std::os::unix::fs::symlink("/nowhere", root.join("dangling")).unwrap();
    let inside = |path: &str| InputLook::Inside {
        root: HostPath::parse(root.to_str().unwrap()).unwrap(),
        path: HostPath::parse(path).unwrap(),
    };
    let wanted = [
        ("/usr/bin/run", Some(InputSeen::Present)),
        ("/usr/bin", Some(InputSeen::Present)),
        ("/", Some(InputSeen::Present)),
        ("/usr/bin/none", Some(InputSeen::Absent)),
        ("/none/below", Some(InputSeen::Absent)),
        ("/bin/none", None),
        ("/dangling", None),
    ];
    let looks: BTreeSet<InputLook> = wanted.iter().map(|(path, _)| inside(path)).collect();
    for shell in ["sh", "bash"] {
        let seen = answer(&looks, shell);
        for (path, wanted) in &wanted {
            assert_eq!(
                seen.get(&inside(path)),
                wanted.as_ref(),
                "{path} in {shell}"
            );
        }
    }
}

#[test]
fn what_env_finds_is_looked_up_in_the_path_that_is_given() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| format!("{}/{name}", place.path().display());
    fs::create_dir(at("b in")).unwrap();
    let write = |name: &str, text: &str| {
        fs::write(at(name), text).unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    write("b in/here", "");
    fs::write(at("b in/plain"), "").unwrap();
    let missing = |name: &str| {
        Some(InputSeen::NotByEnv {
            name: name.to_owned(),
        })
    };
    let wanted = [
        ("#!/usr/bin/env here\n", Some(InputSeen::Present)),
        ("#! /bin/env  here  \n", Some(InputSeen::Present)),
        ("#!/usr/bin/env -S here -x\n", Some(InputSeen::Present)),
        ("#!/usr/bin/env -Shere\n", Some(InputSeen::Present)),
        ("#!/usr/bin/env /bin/sh\n", Some(InputSeen::Present)),
        ("#!/usr/bin/env none\n", missing("none")),
        ("#!/usr/bin/env here -x\n", missing("here -x")),
        ("#!/usr/bin/env -S none -x\n", missing("none")),
        ("#!/usr/bin/env plain\n", missing("plain")),
        ("#!/usr/bin/env /opt/none/x\n", missing("/opt/none/x")),
        // Nothing that is certain.
        ("#!/usr/bin/env -i none\n", None),
        ("#!/usr/bin/env -S A=1 none\n", None),
        ("#!/usr/bin/env A=1\n", None),
        ("#!/usr/bin/env -S '${X}'\n", None),
        ("#!/usr/bin/env ./none\n", None),
        ("#!/usr/bin/env\n", None),
        ("#!/usr/bin/environment none\n", None),
        ("#!/bin/sh none\n", None),
        ("\u{7f}ELF none", None),
        ("", None),
    ];
    let by_env = |number: usize, search: &str| InputLook::ByEnv {
        runner: Runner::Root,
        path: HostPath::parse(&at(&format!("s{number}"))).unwrap(),
        search: EnvSearch::Path(search.to_owned()),
    };
    for (number, (text, _)) in wanted.iter().enumerate() {
        write(&format!("s{number}"), text);
    }
    let search = format!("/opt/none:{}", at("b in"));
    let mut looks: BTreeSet<InputLook> = (0..wanted.len())
        .map(|number| by_env(number, &search))
        .collect();
    // A PATH that is not taken apart.
    let odd = ["bin:/usr/bin", "/a::/b", "/a'b"];
    looks.extend(odd.map(|search| by_env(5, search)));
    for shell in ["sh", "bash"] {
        let seen = answer(&looks, shell);
        for (number, (text, wanted)) in wanted.iter().enumerate() {
            let seen = seen.get(&by_env(number, &search));
            assert_eq!(seen, wanted.as_ref(), "{text:?} in {shell}");
        }
        for search in odd {
            assert_eq!(seen.get(&by_env(5, search)), None, "{search} in {shell}");
        }
    }
}

#[test]
fn nothing_is_asked_where_nothing_is_to_be_seen() {
    assert_eq!(script(&BTreeSet::new(), NONCE), None);
}

#[test]
fn an_answer_that_no_script_of_ours_printed_says_nothing() {
    let looks = BTreeSet::from([path("/a"), path("/b")]);
    let said = |body: &str| {
        read(
            &looks,
            NONCE,
            format!("\n{NONCE} root\n{body}\n{NONCE} end\n").as_bytes(),
        )
    };
    assert_eq!(said("a\nd\n").len(), 2);
    for body in ["a\n", "a\na\na\n", "h 99\nh x\n", "fz\nzz\n"] {
        assert!(said(body).is_empty(), "{body:?}");
    }
}

#[test]
fn the_hiding_directory_is_named() {
    let looks = BTreeSet::from([path("/srv/app/current")]);
    let said = format!("\n{NONCE} root\nh 4\n\n{NONCE} end\n");
    let by = HostPath::parse("/srv").unwrap();
    let seen = read(&looks, NONCE, said.as_bytes());
    assert_eq!(seen.values().next(), Some(&InputSeen::Hidden { by }));
}

#[test]
fn looking_runs_nothing_but_the_shell() {
    for program in ["stat ", "head", "cat ", "sed", "grep"] {
        assert!(!LOOK.contains(program), "{program}");
    }
}

#[test]
fn shellcheck_has_nothing_to_say() {
    let looks = BTreeSet::from([path("/a b"), InputLook::Group("adm".to_owned())]);
    crate::testing::shellcheck(&script(&looks, NONCE).unwrap());
    crate::testing::shellcheck(&format!("{LOOK}\nlook /a </dev/null\n"));
    let calls = "inside / /a\nby_env --user /a\n";
    crate::testing::shellcheck(&format!("{}\n{calls}", super::ELSEWHERE));
}
