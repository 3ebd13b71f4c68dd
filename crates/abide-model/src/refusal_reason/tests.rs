//! Every code that is given has its explanation, and the other way round.

use std::collections::BTreeSet;

use super::EXPLANATIONS;

/// The files in which codes are given.
const GIVEN: [&str; 3] = [
    include_str!("../refusal_reason.rs"),
    include_str!("../note_reason.rs"),
    include_str!("../obstacle.rs"),
];

/// Codes of notes that have no reason of their own (`note_text`).
const OF_PLANNER: [&str; 2] = ["N0101", "N0301"];

#[test]
fn every_code_that_is_given_is_explained_and_every_explained_one_given() {
    let given = GIVEN.iter().flat_map(|text| codes(text));
    let given: BTreeSet<&str> = given.chain(OF_PLANNER).collect();
    let explained: BTreeSet<&str> = EXPLANATIONS.iter().map(|(code, _)| *code).collect();
    assert_eq!(given, explained);
    assert_eq!(explained.len(), EXPLANATIONS.len(), "a code stands twice");
}

/// The codes in quotes after `=>`.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let code = line.split_once("=> \"")?.1.strip_suffix("\",")?;
        let rest = code.strip_prefix(['R', 'N'])?;
        rest.parse::<u16>().is_ok().then_some(code)
    })
}
