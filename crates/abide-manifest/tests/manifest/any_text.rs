//! No text makes the loader panic, and every place that it tells is one.

use abide_manifest::{LoadOptions, Source, Unreadable, load, resolve};
use abide_model::HostName;
use proptest::prelude::*;

use crate::support::told;

/// Every file holds the same text.
struct Everywhere(String);

impl abide_manifest::Files for Everywhere {
    fn read(&self, path: &str, _: usize) -> Result<Vec<u8>, Unreadable> {
        if path.len().is_multiple_of(5) {
            return Err(Unreadable::Missing);
        }
        Ok(self.0.clone().into_bytes())
    }
}

/// What a random manifest is made of.
const PARTS: &[&str] = &[
    "version: 1",
    "name: x",
    "hosts:",
    "groups:",
    "all:",
    "users:",
    "units:",
    "u:",
    "h1:",
    "h1: {}",
    "a.service:",
    "w@.service:",
    "a.timer:",
    "web.container:",
    "srv-x.mount:",
    "instances: {a: {}, 'é': {}}",
    "state: started",
    "state: absent",
    "enabled: true",
    "masked: true",
    "linger: yes",
    "linger: true",
    "source: a/b",
    "content: |",
    "[Service]",
    "[Service",
    "User=x",
    "ExecStart=~/é",
    "ExecStart=$X",
    "WantedBy=multi-user.target",
    "[Install]",
    "[Timer]",
    "OnUnitActiveSec=1",
    "Where=/x",
    "template: true",
    "${x}",
    "${",
    "$${x}",
    "vars: {x: \"é\\n\"}",
    "drop_ins: {a.conf: \"[Service]\\nUser=é\\n\"}",
    "files: {.env: {content: '${x}', mode: '0600'}}",
    "---",
    "...",
    "settle: {for: 5s, timeout: 1s}",
    "restart_on: [/x, ~/y]",
    "on_change: none",
    "on_change: reload",
    "- a",
    "}",
    "{",
    "\t",
    "é",
    "🔑: 1",
    "'",
    "\"",
    "\u{feff}",
    "\r",
    "\\",
    "# x",
    "&a",
    "*a",
    "<<: *a",
    "!t",
    ": ",
    "? ",
];

/// A line of a manifest, indented somehow: random texts of these get far.
fn part() -> impl Strategy<Value = String> {
    let indentation = 0usize..12;
    let word = prop_oneof![
        8 => proptest::sample::select(PARTS).prop_map(str::to_owned),
        1 => ".{0,8}",
    ];
    (indentation, word).prop_map(|(spaces, word)| format!("{}{word}\n", " ".repeat(spaces)))
}

fn check(text: String, file: String) -> Result<(), TestCaseError> {
    let files = Everywhere(file);
    let source = Source {
        name: "m.yaml".to_owned(),
        text,
    };
    let sources = [source];
    let options = LoadOptions::default();
    let loaded = load(&sources, &files, &options);
    // Every span is cut out of its text here.
    drop(told(&loaded));
    let errors = loaded
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.code.0.starts_with('E'));
    prop_assert_eq!(loaded.fleet.is_none(), errors);
    let again = load(&sources, &files, &options);
    prop_assert_eq!(&loaded, &again);
    let host = HostName::parse("h1").expect("a name");
    drop(resolve(&sources, &files, &options, &host));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_text_is_answered(text in ".{0,200}", file in "\\PC{0,60}") {
        check(text, file)?;
    }

    #[test]
    fn random_parts_of_manifests_are_answered(
        parts in proptest::collection::vec(part(), 0..30),
        file in proptest::collection::vec(part(), 0..6),
    ) {
        check(format!("version: 1\nname: x\n{}", parts.concat()), file.concat())?;
    }
}

/// A right manifest with one random change: the way real mistakes look.
#[test]
fn a_changed_letter_is_answered() {
    let text = include_str!("design/03-mistakes-of-meaning.yaml");
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    for (at, letter) in letters.iter().step_by(7) {
        let rest = text
            .get(at + letter.len_utf8()..)
            .expect("behind the letter");
        for change in ["", "é", "\n", "  ", "{", ":", "'"] {
            let changed = format!("{}{change}{rest}", text.get(..*at).expect("before it"));
            check(changed, "[Service]\nUser=x\n".to_owned()).expect("an answer");
        }
    }
}

#[test]
fn what_is_said_of_a_text_is_printable() {
    let text =
        "version: 1\nname: x\nhosts: {h1: {units: {a.service: {source:\u{1}x}}}}\n".to_owned();
    let source = Source {
        name: "f.yaml".to_owned(),
        text,
    };
    let loaded = load(
        &[source],
        &Everywhere(String::new()),
        &LoadOptions::default(),
    );
    assert!(!loaded.diagnostics.is_empty());
    for found in &loaded.diagnostics {
        assert_eq!(abide_model::printable_text(&found.message), found.message);
    }
}
