//! What a host answers to the probe: as it is, and as what one user's shell says in an answer that is otherwise whole.
//! `@` stands for the nonce.

use std::sync::LazyLock;

use abide_host::probe::read;
use abide_manifest::{Files, LoadOptions, Source, Unreadable, load};
use abide_model::{Desired, Observation, Observed, Scope};

const NONCE: &str = "@";
/// An answer, with `BODY` where the shell of `u` speaks.
const ANSWER: &str = include_str!("answer/whole");
/// What it says there, where it says the truth.
const TRUTH: &str = include_str!("answer/scope");

/// Reading ends, in memory in proportion to the answer. Whatever a user's shell says changes what is known of that user's
/// scope, and nothing else.
pub fn check(data: &[u8]) {
    // An answer begins with a frame of the host, a scope with its manager.
    if data.starts_with(b"@ host") {
        check_whole(data);
    } else {
        check_scope(data);
    }
}

fn check_whole(data: &[u8]) {
    let raw = crate::within(memory(data.len()), || read(&DESIRED, NONCE, data));
    if let Err(error) = raw {
        let said = error.to_string();
        assert!(said.chars().count() < 1000, "{said}");
        crate::assert_printable(&said);
    }
}

fn check_scope(data: &[u8]) {
    let said = answer(data);
    let seen = crate::within(memory(said.len()), || read(&DESIRED, NONCE, &said));
    let mut seen = seen.expect("the host itself said everything");
    let own = seen.scopes.insert(USER.clone(), Observation::Absent);
    assert_eq!(seen, *HONEST);
    if let Some(Observation::Unknown(why)) = own {
        let why = why.to_string();
        assert!(why.chars().count() <= 1000, "{why}");
        crate::assert_printable(&why);
    }
}

/// Sixty-four times the bytes, and what the least answer takes.
fn memory(bytes: usize) -> usize {
    64 * bytes + 262_144
}

/// The whole answer, with this from the shell of `u`. Its lines come indented, for the host's own `sed` does that.
fn answer(body: &[u8]) -> Vec<u8> {
    let (before, after) = ANSWER.split_once("BODY\n").expect("a place for it");
    let mut answer = before.as_bytes().to_vec();
    for line in body
        .strip_suffix(b"\n")
        .unwrap_or(body)
        .split(|byte| *byte == b'\n')
    {
        answer.push(b'\t');
        answer.extend(line);
        answer.push(b'\n');
    }
    answer.extend(after.as_bytes());
    answer
}

/// Who lies.
static USER: LazyLock<Scope> = LazyLock::new(|| Scope::User("u".parse().expect("a name")));

/// What is seen where everybody says the truth, without what `u` says: all of it is known, or this target would look at
/// nothing.
static HONEST: LazyLock<Observed> = LazyLock::new(|| {
    let mut seen = read(&DESIRED, NONCE, &answer(TRUTH.as_bytes())).expect("a whole answer");
    for (scope, seen) in &seen.scopes {
        assert!(seen.as_known().is_some(), "{scope}: {seen:?}");
    }
    assert_eq!(seen.scopes.len(), 3);
    assert!(seen.users.values().all(|user| user.as_known().is_some()));
    assert!(seen.ledger.as_known().is_some());
    seen.scopes.insert(USER.clone(), Observation::Absent);
    seen
});

static DESIRED: LazyLock<Desired> = LazyLock::new(|| {
    let source = Source {
        name: "fleet.yaml".to_owned(),
        text: include_str!("answer/fleet.yaml").to_owned(),
    };
    let loaded = load(&[source], &Unit, &LoadOptions::default());
    let fleet = loaded
        .fleet
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    let host = fleet.hosts.into_values().next().expect("one host");
    host.desired
});

struct Unit;

impl Files for Unit {
    fn read(&self, _: &str, _: usize) -> Result<Vec<u8>, Unreadable> {
        Ok(b"[Service]\nExecStart=/bin/true\n".to_vec())
    }
}
