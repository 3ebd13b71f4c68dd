//! `docs/change-classes.md` says what the code does: each row of its table of keys is asked of the code.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers outside of #[test]"
)]

use std::path::Path;

use abide_model::UnitKind;
use abide_unit::{ChangeClass, class_of};

struct Row {
    section: String,
    keys: Vec<String>,
    kinds: Vec<UnitKind>,
    class: ChangeClass,
}

/// The rows of the table with four columns.
fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/change-classes.md");
    let text = std::fs::read_to_string(path).expect("docs/change-classes.md");
    let cells = text.lines().map(|line| {
        line.trim_matches('|')
            .split(" | ")
            .map(str::trim)
            .collect::<Vec<_>>()
    });
    cells
        .filter_map(|cells| match cells.as_slice() {
            [section, keys, units, class] if keys.starts_with('`') => Some(Row {
                section: (*section).to_owned(),
                keys: keys
                    .split_whitespace()
                    .map(|key| key.trim_matches('`').to_owned())
                    .collect(),
                kinds: kinds(units),
                class: class_named(class),
            }),
            _ => None,
        })
        .collect()
}

fn kinds(units: &str) -> Vec<UnitKind> {
    UnitKind::ALL
        .into_iter()
        .filter(|(_, suffix)| units == "all" || units == *suffix)
        .map(|(kind, _)| kind)
        .collect()
}

fn class_named(word: &str) -> ChangeClass {
    match word {
        "inert" => ChangeClass::Inert,
        "live" => ChangeClass::Live,
        "install" => ChangeClass::Install,
        "reload" => ChangeClass::Reload,
        "restart" => ChangeClass::Restart,
        other => panic!("{other} is no class"),
    }
}

#[test]
fn every_row_of_the_page_is_what_the_code_says() {
    let rows = rows();
    assert!(rows.len() > 12, "the table was not found");
    for row in rows {
        assert!(!row.kinds.is_empty(), "units of [{}]", row.section);
        let section = if row.section == "any" {
            "Service"
        } else {
            &row.section
        };
        for (kind, key) in row
            .kinds
            .iter()
            .flat_map(|kind| row.keys.iter().map(move |key| (kind, key)))
        {
            let key = key.replace('*', "Anything");
            let class = class_of(*kind, section, &key);
            assert_eq!(class, row.class, "[{section}] {key}= of {kind:?}");
        }
    }
}
