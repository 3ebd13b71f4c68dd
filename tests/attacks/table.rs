//! The table of attacks in `docs/security.md` has every test that attacks, with what it tries and what must hold, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::attack::Promise;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every test of this binary that attacks, by its name: what its source says.
fn attacks() -> BTreeSet<String> {
    let directory = repository().join("tests/attacks");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(directory).expect("the tests") {
        let path = entry.expect("a test").path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let module = path.file_stem().expect("a name").to_string_lossy();
        let source = fs::read_to_string(&path).expect("a source");
        let mut tests = source.split("#[test]\n");
        // What stands before the first test is none.
        tests.next();
        for test in tests.filter(|test| test.contains(" attack(")) {
            let (_, rest) = test.split_once("fn ").expect("a function");
            let (name, _) = rest.split_once('(').expect("a function");
            names.insert(format!("{module}::{name}"));
        }
    }
    names
}

/// The lines of the table, without its head.
fn rows(document: &str) -> Vec<Vec<&str>> {
    let (_, rest) = document
        .split_once("<!-- attacks: begin -->\n")
        .expect("a table");
    let (table, _) = rest.split_once("<!-- attacks: end -->").expect("its end");
    let rows = table.lines().filter(|line| line.starts_with("| "));
    rows.skip(1)
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

#[test]
fn the_table_of_attacks_is_that_of_the_tests() {
    let document = fs::read_to_string(repository().join("docs/security.md")).expect("a document");
    let rows = rows(&document);
    let shown = rows.iter().map(|row| row[4].trim_matches('`').to_owned());
    let shown: BTreeSet<String> = shown.collect();
    let attacks = attacks();
    let missing: Vec<_> = attacks.difference(&shown).collect();
    let gone: Vec<_> = shown.difference(&attacks).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "run `make attacks`: docs/security.md lacks {missing:?} and has {gone:?}, which is no test"
    );
    for row in rows {
        assert!(
            Promise::ALL.iter().any(|promise| promise.text() == row[1]),
            "run `make attacks`: `{}` is no promise any more",
            row[1]
        );
        assert!(row[3].starts_with("held"), "{} {}", row[4], row[3]);
    }
}

#[test]
fn every_promise_stands_in_the_prose() {
    let document = fs::read_to_string(repository().join("docs/security.md")).expect("a document");
    for promise in Promise::ALL {
        let bold = format!("\n**{}**\n", promise.text());
        assert!(document.contains(&bold), "docs/security.md lacks {bold}");
    }
}

#[test]
fn every_test_that_the_prose_names_attacks() {
    let document = fs::read_to_string(repository().join("docs/security.md")).expect("a document");
    let (prose, _) = document
        .split_once("<!-- attacks: begin -->")
        .expect("a table");
    let attacks = attacks();
    // Those of `tests/hosts` have more parts.
    let named = prose
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.matches("::").count() == 1);
    for name in named {
        assert!(
            attacks.contains(name),
            "docs/security.md names {name}, which is no test"
        );
    }
}
