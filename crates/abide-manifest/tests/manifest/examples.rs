//! The examples of this repository load clean, and the published schema accepts them and every snippet that is shown.

use std::path::{Path, PathBuf};

use abide_manifest::{LoadOptions, Source, load, manifest_schema};
use serde_json::Value;

use crate::support::{Directory, crate_directory, repository, told};

fn manifests_in(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    found.sort();
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a readable manifest")
}

/// A manifest as the schema's validator takes it.
fn as_json(text: &str) -> Value {
    serde_yaml::from_str(text).expect("YAML that JSON can hold")
}

#[test]
fn every_example_loads_without_a_word() {
    let examples = manifests_in(&repository().join("examples"));
    assert!(examples.len() >= 7, "the examples are there");
    for path in examples {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned();
        let source = Source {
            name,
            text: read(&path),
        };
        let files = Directory(repository().join("examples"));
        let loaded = load(
            &[source],
            &files,
            &LoadOptions {
                allow_commands: true,
                ..LoadOptions::default()
            },
        );
        assert_eq!(told(&loaded), "", "{}", path.display());
        assert!(loaded.fleet.is_some());
    }
}

#[test]
fn the_schema_accepts_every_example_and_every_right_snippet() {
    let validator = jsonschema::validator_for(&manifest_schema()).expect("a schema");
    let design = crate_directory().join("tests/manifest/design");
    let mut texts: Vec<(String, String)> = manifests_in(&repository().join("examples"))
        .iter()
        .map(|path| (path.display().to_string(), read(path)))
        .collect();
    for name in ["01-smallest.yaml", "02-three-scenarios.yaml"] {
        texts.push((name.to_owned(), read(&design.join(name))));
    }
    texts.extend(crate::explain::right_snippets());
    assert!(texts.len() > 50, "examples and snippets are there");
    for (name, text) in texts {
        let errors: Vec<_> = validator
            .iter_errors(&as_json(&text))
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}\n{text}");
    }
}

#[test]
fn every_example_names_the_schema_for_editors() {
    for path in manifests_in(&repository().join("examples")) {
        let first = "# yaml-language-server: $schema=../schemas/abide.schema.json\n";
        assert!(read(&path).starts_with(first), "{}", path.display());
    }
}
