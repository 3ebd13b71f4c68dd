//! The published JSON schema is that of the code, and a validator we did not write agrees with it.

use abide_manifest::manifest_schema;
use serde_json::{Value, json};

use crate::support::repository;

/// `ABIDE_BLESS=1 cargo test -p abide-manifest` writes the schema anew.
#[test]
fn the_published_schema_is_up_to_date() {
    let path = repository().join("schemas/abide.schema.json");
    let mut current = serde_json::to_string_pretty(&manifest_schema()).expect("a schema is JSON");
    current.push('\n');
    if std::env::var_os("ABIDE_BLESS").is_some() {
        std::fs::write(&path, &current).expect("schemas/ can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == current,
        "schemas/abide.schema.json is out of date: run `ABIDE_BLESS=1 cargo test -p abide-manifest`"
    );
}

#[test]
fn the_schema_is_a_schema_of_its_draft() {
    jsonschema::meta::validate(&manifest_schema()).expect("draft 2020-12");
}

fn is_valid(manifest: &Value) -> bool {
    jsonschema::validator_for(&manifest_schema())
        .expect("a schema")
        .is_valid(manifest)
}

#[test]
fn the_schema_refuses_what_the_parser_refuses() {
    let user =
        |user: Value| json!({"version": 1, "name": "x", "hosts": {"h1": {"users": {"u": user}}}});
    assert!(is_valid(&user(json!({}))));
    for wrong in [
        json!({"unts": {}}),
        json!({"linger": "yes"}),
        json!({"linger": null}),
        json!(null),
        json!({"files": {".env": {"mode": 600}}}),
        json!({"files": {"/etc/x": {"content": ""}}}),
        json!({"files": {".env": {"secret": {"env": "A", "file": "B"}}}}),
        json!({"units": {"bad name.service": {}}}),
        json!({"units": {"a.service": {"state": "running"}}}),
        json!({"units": {"a.service": {"drop_ins": {"a": ""}}}}),
        json!({"units": {"a.service": {"settle": {"for": "5"}}}}),
        json!({"groups": "app"}),
    ] {
        assert!(!is_valid(&user(wrong.clone())), "{wrong}");
    }
    assert!(!is_valid(&json!({"version": 2, "name": "x"})));
    assert!(!is_valid(&json!({"version": 1})));
}

#[test]
fn everything_in_the_schema_is_described() {
    fn look(schema: &Value, path: &str, silent: &mut Vec<String>) {
        let Some(object) = schema.as_object() else {
            return;
        };
        if let Some(properties) = object.get("properties").and_then(Value::as_object) {
            assert_eq!(
                object.get("additionalProperties"),
                Some(&Value::Bool(false)),
                "{path}"
            );
            for (key, property) in properties {
                let path = format!("{path}/{key}");
                if property.get("description").is_none() {
                    silent.push(path.clone());
                }
                look(property, &path, silent);
            }
        }
        for (key, definition) in object
            .get("$defs")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            look(definition, &format!("{path}/{key}"), silent);
        }
    }
    let mut silent = Vec::new();
    look(&manifest_schema(), "", &mut silent);
    assert_eq!(silent, Vec::<String>::new());
    assert!(
        !manifest_schema().to_string().contains("\"null\""),
        "no key of a manifest may be null"
    );
}
