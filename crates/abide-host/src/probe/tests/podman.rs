//! What makes services of quadlets, and how old it is.

use abide_model::{Podman, PodmanVersion};

use super::*;
use crate::testing::{Directory, run};

/// What `podman_facts` says where the generator and `podman` are these scripts.
fn said(generator: Option<&str>, podman: Option<&str>) -> Vec<String> {
    let host = Directory::new("podman");
    if let Some(script) = generator {
        host.program("podman-system-generator", script);
    }
    if let Some(script) = podman {
        host.program("podman", script);
    }
    let folder = host.path().display();
    let script = format!(
        "{COMMON}{HOST}\nnonce=n quadlets=yes limiter=none generator_folders='/nowhere {folder}'\n\
         PATH={folder}:$PATH\npodman_facts"
    );
    let answers = shells().into_iter().map(|shell| {
        let answer = run(&shell, &[], script.as_bytes());
        let answer = String::from_utf8(answer).unwrap();
        answer.replace(&folder.to_string(), "DIR")
    });
    answers.collect()
}

#[test]
fn the_generator_says_how_old_it_is_and_an_older_one_lets_podman_say_it() {
    let knows = "[ \"$1\" = -version ] && echo 5.4.2";
    let older = "echo flag provided but not defined: -version >&2; exit 2";
    let podman = "echo podman version 4.4.1";
    for (generator, podman, expected) in [
        (
            Some(knows),
            Some("echo not asked"),
            "generator=DIR/podman-system-generator\nversion=5.4.2\n",
        ),
        (
            Some(older),
            Some(podman),
            "generator=DIR/podman-system-generator\nversion=podman version 4.4.1\n",
        ),
        (
            None,
            Some("echo podman version 4.3.1"),
            "generator=\nversion=podman version 4.3.1\n",
        ),
        (None, None, "generator=\nversion=\n"),
    ] {
        for answer in said(generator, podman) {
            assert_eq!(answer, format!("\nn podman\n{expected}"));
        }
    }
}

#[test]
fn a_host_is_asked_for_podman_only_where_quadlets_are_declared() {
    let mut desired = desired();
    assert!(script(&desired, NONCE).contains("\nquadlets='yes'\n"));
    let deploy = desired.users.get_mut(&"deploy".parse().unwrap()).unwrap();
    deploy
        .units
        .retain(|unit, _| unit.as_str() != "web.container");
    assert!(script(&desired, NONCE).contains("\nquadlets=''\n"));
}

#[test]
fn a_host_that_was_not_asked_says_nothing_and_odd_versions_are_none() {
    let answer = ANSWERS[0].1;
    assert_eq!(observed(answer).facts.podman, None);
    let with = |said: &str| {
        let answer = String::from_utf8(answer.to_vec()).unwrap();
        let frame = format!("\n{NONCE} podman\n{said}\n{NONCE} linger\n");
        let answer = answer.replacen(&format!("\n{NONCE} linger\n"), &frame, 1);
        observed(answer.as_bytes()).facts.podman
    };
    let podman = |generator, version| Some(Podman { generator, version });
    assert_eq!(
        with("generator=/x\nversion=5.4.2\n"),
        podman(true, Some(PodmanVersion::new(5, 4)))
    );
    assert_eq!(
        with("generator=/x\nversion=\u{1b}[31m\n"),
        podman(true, None)
    );
    assert_eq!(with(""), podman(false, None));
}
