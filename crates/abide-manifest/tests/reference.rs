//! `docs/reference/manifest.md` is made from the schema, so that neither can say what the other does not.
//! `ABIDE_BLESS=1 cargo test -p abide-manifest` writes it anew.
#![expect(clippy::expect_used, reason = "helpers outside of #[test]")]

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value};

/// The order in which a person reads; what is not named here comes after, by name.
const ORDER: [&str; 13] = [
    "Host",
    "Group",
    "User",
    "Unit",
    "Instance",
    "Settle",
    "File",
    "Secret",
    "Connection",
    "HostConnection",
    "LingerPolicy",
    "Policy",
    "Rollout",
];

const HEAD: &str = "\
# The manifest, key by key

<!-- Made from the schema by `ABIDE_BLESS=1 cargo test -p abide-manifest`. Do not edit. -->

How the keys work together (precedence, defaults, triggers) is told in [concepts](../concepts.md); manifests that
load are in [examples](../../examples/README.md). Editors complete and check keys by
[the schema](../../schemas/abide.schema.json), from which this page is made: put
`# yaml-language-server: $schema=…` at the top of a manifest, as `abide init` does.

";

#[test]
fn the_reference_is_what_the_schema_says() {
    let current = reference(&abide_manifest::manifest_schema());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/manifest.md");
    if std::env::var_os("ABIDE_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("docs/reference");
        std::fs::write(&path, &current).expect("docs/reference/ can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == current,
        "docs/reference/manifest.md is out of date: run `ABIDE_BLESS=1 cargo test -p abide-manifest`"
    );
}

#[test]
fn every_key_of_the_schema_is_in_the_reference() {
    let schema = abide_manifest::manifest_schema();
    let text = reference(&schema);
    let definitions = members(&schema, "$defs");
    for (name, definition) in definitions
        .iter()
        .chain([(&"Manifest".to_owned(), &schema)])
    {
        assert!(text.contains(&format!("\n## {name}\n")), "{name}");
        for key in members(definition, "properties").keys() {
            assert!(text.contains(&format!("\n| `{key}`")), "{name}.{key}");
        }
    }
}

fn reference(schema: &Value) -> String {
    let mut out = HEAD.to_owned();
    section(&mut out, "Manifest", schema);
    let definitions = members(schema, "$defs");
    let place = |name: &str| {
        ORDER
            .iter()
            .position(|known| *known == name)
            .unwrap_or(ORDER.len())
    };
    let mut sorted: Vec<(&String, &Value)> = definitions.iter().collect();
    sorted.sort_by_key(|(name, _)| place(name));
    for (name, definition) in sorted {
        section(&mut out, name, definition);
    }
    out
}

fn members(value: &Value, key: &str) -> Map<String, Value> {
    value
        .get(key)
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

fn said(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .replace('\n', " ")
}

fn section(out: &mut String, name: &str, definition: &Value) {
    write!(out, "## {name}\n\n{}\n\n", said(definition, "description")).expect("a string");
    let required: Vec<&str> = definition
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let forms = definition.get("oneOf").and_then(Value::as_array);
    if let Some(forms) = forms {
        out.push_str("One of:\n\n");
        table(
            out,
            forms
                .iter()
                .flat_map(|form| rows(form, &said(form, "description"), &[])),
        );
    }
    if definition.get("properties").is_some() {
        table(out, rows(definition, "", &required).into_iter());
    }
}

fn table(out: &mut String, rows: impl Iterator<Item = [String; 3]>) {
    out.push_str("| key | value | meaning |\n|---|---|---|\n");
    for row in rows {
        let cells = row.map(|cell| cell.replace('|', "\\|"));
        writeln!(out, "| {} |", cells.join(" | ")).expect("a string");
    }
    out.push('\n');
}

fn rows(definition: &Value, instead: &str, required: &[&str]) -> Vec<[String; 3]> {
    let row = |(key, property): (String, Value)| {
        let needed = if required.contains(&key.as_str()) {
            " (required)"
        } else {
            ""
        };
        [
            format!("`{key}`{needed}"),
            value(&property),
            meaning(&property, instead),
        ]
    };
    members(definition, "properties")
        .into_iter()
        .map(row)
        .collect()
}

/// What may stand as a value: a link to its own section, a list, a map, words, or a plain type.
fn value(property: &Value) -> String {
    if let Some(reference) = property.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(words) = property.get("enum").and_then(Value::as_array) {
        return words
            .iter()
            .map(|word| format!("`{}`", bare(word)))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let forms = ["oneOf", "anyOf"]
        .iter()
        .find_map(|key| property.get(key)?.as_array());
    if let Some(forms) = forms {
        return forms.iter().map(form).collect::<Vec<_>>().join(", ");
    }
    match said(property, "type").as_str() {
        "array" => format!(
            "list of {}",
            property.get("items").map_or_else(String::new, value)
        ),
        "object" => match property.get("additionalProperties") {
            Some(inner) if inner.is_object() => format!("map to {}", value(inner)),
            _ => "map".to_owned(),
        },
        "" => property
            .get("const")
            .map_or_else(|| "any".to_owned(), |word| format!("`{}`", bare(word))),
        "integer" => range(property),
        kind => kind.to_owned(),
    }
}

fn form(form: &Value) -> String {
    match form.get("const") {
        Some(word) => format!("`{}`", bare(word)),
        None if said(form, "pattern").ends_with("%$") => "a percentage".to_owned(),
        None => value(form),
    }
}

fn range(property: &Value) -> String {
    let at = |key: &str| property.get(key).map(bare);
    match (at("minimum"), at("maximum")) {
        (Some(least), Some(most)) if least == most => format!("`{least}`"),
        (Some(least), Some(most)) => format!("integer, {least} to {most}"),
        (Some(least), None) => format!("integer from {least}"),
        _ => "integer".to_owned(),
    }
}

fn bare(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// The description, then what each word means, then an example.
fn meaning(property: &Value, instead: &str) -> String {
    let mut text = match said(property, "description") {
        text if text.is_empty() => instead.to_owned(),
        text => text,
    };
    let words = property
        .get("oneOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for word in words {
        if let (Some(name), told) = (word.get("const"), said(word, "description"))
            && !told.is_empty()
        {
            write!(text, "<br>`{}`: {told}", bare(name)).expect("a string");
        }
    }
    let examples = property.get("examples").and_then(Value::as_array);
    if let Some(example) = examples.and_then(|examples| examples.first()) {
        write!(text, "<br>Example: `{example}`").expect("a string");
    }
    text
}
