//! Answers that are far larger than what was asked: they are read in little memory, and cost what they are about.

use std::fs;

use super::*;

/// How much a host sends here.
const FLOOD: usize = 4 << 20;
/// How much memory may be taken beside the answer, whatever it is, in KiB; tests that run beside this one included.
const MOST_KIB: u64 = 24 << 10;

/// A number of `/proc/self/status`, in KiB.
fn kib(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.unwrap().trim_start_matches(':').trim();
    number.trim_end_matches(" kB").parse().unwrap()
}

/// A captured answer with this in the place of that, again and again until it is large.
fn flooded(after: &str, piece: &str, end: &str) -> Vec<u8> {
    let answer = String::from_utf8(ANSWERS[0].1.to_vec()).unwrap();
    let (before, rest) = answer.split_once(after).unwrap();
    let mut flooded = String::with_capacity(FLOOD + answer.len() + 4096);
    flooded.push_str(before);
    flooded.push_str(after);
    while !piece.is_empty() && flooded.len() < FLOOD {
        flooded.push_str(piece);
    }
    flooded.push_str(end);
    flooded.push_str(rest);
    flooded.into_bytes()
}

/// Reads it, and says what was observed, having looked at the memory that took.
fn reads(what: &str, answer: &[u8]) -> Result<Observed, ProbeError> {
    // Forgets the highest use so far.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = kib("VmRSS");
    let observed = read(&desired(), NONCE, answer);
    let taken = kib("VmHWM").saturating_sub(before);
    assert!(taken < MOST_KIB, "{what} took {taken} KiB");
    observed
}

/// Why the system's scope is unknown, where everything else is as it was.
fn costs_the_scope(what: &str, answer: &[u8]) -> String {
    let seen = reads(what, answer).unwrap();
    let whole = observed(ANSWERS[0].1);
    assert_eq!(seen.users, whole.users, "{what}");
    for (scope, observation) in &seen.scopes {
        if *scope != Scope::System {
            assert_eq!(observation, &whole.scopes[scope], "{what}");
        }
    }
    match &seen.scopes[&Scope::System] {
        Observation::Unknown(why) => why.to_string(),
        other => panic!("{what} leads to {other:?}"),
    }
}

/// One after the other: each looks at the memory of this process.
#[test]
fn a_flood_is_read_in_little_memory_and_costs_what_it_is_about() {
    frames_without_end();
    lines_of_the_host();
    ledgers();
    units_of_a_scope();
    links_and_files_of_a_scope();
}

fn host(frame: &str) -> String {
    format!("\n{NONCE} {frame}\n")
}

/// A captured answer in which the system's scope says this first.
fn scope_says(frame: &str, lines: &str) -> Vec<u8> {
    let system = format!("{NONCE} scope system\n");
    flooded(&system, "", &format!("\t{NONCE} {frame}\n{lines}"))
}

/// As many lines of a scope as make a flood.
fn numbered(line: impl Fn(usize) -> String) -> String {
    let mut lines = String::new();
    let mut number = 0;
    while lines.len() < FLOOD {
        lines.push_str(&line(number));
        number += 1;
    }
    lines
}

fn frames_without_end() {
    let words = format!("{NONCE} {}\n", "x ".repeat(FLOOD / 2));
    let answer = flooded(&host("linger"), "", &words);
    assert!(reads("a frame of one line", &answer).is_ok());
    let answer = flooded(&host("linger"), &format!("{NONCE} a b\n"), "");
    let read = reads("frames", &answer);
    assert!(matches!(read, Err(ProbeError::Cut { .. })));
    let in_scope = format!("{NONCE} scope system\n\t\n\t{NONCE} manager up\n");
    let answer = flooded(&in_scope, &format!("\t{NONCE} show\n"), "");
    let said = costs_the_scope("frames of a scope", &answer);
    assert!(said.contains("more than was asked"), "{said}");
}

fn lines_of_the_host() {
    for (frame, line) in [
        ("group", "\n"),
        ("group", "g:1\n"),
        ("linger", "u\n"),
        ("sessions", "1 a b\n"),
        ("passwd 2", "::::\n"),
        ("ids", "u - 1\n"),
        ("host", "a=b\n"),
    ] {
        let answer = flooded(&host(frame), line, "");
        assert!(reads(frame, &answer).is_ok(), "{frame}");
    }
    let answer = flooded(&host("passwd 2"), ":", "\n");
    assert!(reads("colons", &answer).is_ok());
    let groups = numbered(|number| format!("g{number}:{number}\n"));
    let answer = flooded(&host("group"), "", &groups);
    assert!(reads("groups", &answer).is_ok());
}

fn ledgers() {
    let answer = flooded(&host("ledger shop"), "user u\n", "");
    let seen = reads("a ledger", &answer).unwrap();
    assert!(matches!(seen.ledger, Observation::Unknown(why) if why.to_string().contains("lines")));
    let other = format!(
        "{}abide-ledger 1\n{}end\n",
        host("ledger flood"),
        "user u\n".repeat(FLOOD / 8)
    );
    let answer = flooded(&host("linger"), "", &other);
    let seen = reads("another ledger", &answer).unwrap();
    assert!(!seen.other_ledgers.contains_key(&"flood".parse().unwrap()));
}

fn units_of_a_scope() {
    let units = numbered(|unit| format!("\tId=u{unit}.path\n\tActiveState=active\n\t\n"));
    let said = costs_the_scope("instances", &scope_says("instances", &units));
    assert!(said.contains("more than"), "{said}");
    let unit = format!(
        "\tId=a.service\n\tActiveState=active\n\tWants={}\n\t\n",
        "a.path ".repeat(FLOOD / 7)
    );
    let said = costs_the_scope("relations", &scope_says("instances", &unit));
    assert!(said.contains("name more others"), "{said}");
    let empty = "\t\n".repeat(FLOOD / 2);
    assert!(reads("empty lines", &scope_says("instances", &empty)).is_ok());
    let keys = numbered(|key| format!("\tk{key}=\n"));
    let unit = format!("\tId=a.service\n{keys}");
    costs_the_scope("properties", &scope_says("instances", &unit));
}

fn links_and_files_of_a_scope() {
    let links = numbered(|link| format!("\ta{link}.path\n\tb\n"));
    let said = costs_the_scope("links", &scope_says("links", &links));
    assert!(said.contains("links"), "{said}");
    let files = "\tf /a\n".repeat(FLOOD / 6);
    let said = costs_the_scope("files", &scope_says("files", &files));
    assert!(said.contains("files"), "{said}");
    let system = format!("{NONCE} scope system\n");
    let endless = flooded(&system, "\tx\n", &host("a"));
    let said = costs_the_scope("no end", &endless);
    assert!(said.contains("more than was asked"), "{said}");
}
