//! `docs/reference/json.md` is made from the schemas of what abide writes for programs, so that neither can say what the
//! other does not. `ABIDE_BLESS=1 cargo test -p abide-report` writes it anew.
#![expect(clippy::expect_used, reason = "helpers outside of #[test]")]

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value};

const HEAD: &str = "\
# JSON

<!-- Made from the schemas by `ABIDE_BLESS=1 cargo test -p abide-report`. Do not edit. -->

Three documents are for programs. Each has a schema, which `abide schema` prints as well, and a version: readers must not mind
members that they do not know, and a member is never given another meaning.

| what | where from | schema |
|---|---|---|
| [report](#report) | `--report json=PATH`, at the end of a run however it ends | [report.schema.json](../../schemas/report.schema.json) |
| [events](#events) | `--json`, one object a line, as they happen | [events.schema.json](../../schemas/events.schema.json) |
| [saved plan](#saved-plan) | `abide plan -o FILE` | [plan.schema.json](../../schemas/plan.schema.json) |

These pages name the members that scripts use; what stands in them further down, the schemas say. Times are RFC 3339 where
abide's own clock is meant, and microseconds since 1970 (integers) where a host's is. Digests are SHA-256 in hexadecimal.

    abide drift --report json=- | jq -r '.hosts[] | select(.state != \"clean\") | .host'
    abide apply --yes --json | jq -r 'select(.type == \"action_failed\") | \"\\(.host) \\(.resource) \\(.message)\"'
    jq -e '.applyable and .complete' plan.json

";

/// The definitions of a report that have a table here.
const OF_A_REPORT: [&str; 7] = [
    "Exit",
    "Run",
    "Summary",
    "SharedChange",
    "HostEntry",
    "ResourceEntry",
    "Reason",
];

#[test]
fn the_page_about_json_says_what_the_schemas_say() {
    let current = page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/json.md");
    if std::env::var_os("ABIDE_BLESS").is_some() {
        std::fs::write(&path, &current).expect("docs/reference/ can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == current,
        "docs/reference/json.md is out of date: run `ABIDE_BLESS=1 cargo test -p abide-report`"
    );
}

fn page() -> String {
    let mut out = HEAD.to_owned();
    let report = abide_report::schema::report();
    out.push_str("## Report\n\n");
    table(&mut out, &report);
    for name in OF_A_REPORT {
        definition(&mut out, &report, name);
    }
    for name in ["HostState", "ResourceState", "ReasonCode"] {
        words(&mut out, &report, name);
    }
    events(&mut out, &abide_report::schema::events());
    let plan = abide_report::schema::plan();
    out.push_str("## Saved plan\n\n");
    table(&mut out, &plan);
    for name in ["PlannedManifest", "Selected", "SavedHost"] {
        definition(&mut out, &plan, name);
    }
    out.trim_end().to_owned() + "\n"
}

fn events(out: &mut String, schema: &Value) {
    out.push_str("## Events\n\nEvery line has these:\n\n");
    table(out, schema);
    out.push_str("And, by its `type`:\n\n| type | when | members |\n|---|---|---|\n");
    let all = schema.get("oneOf").and_then(Value::as_array);
    for event in all.into_iter().flatten() {
        let members = members(event, "properties");
        let kind = members.get("type").and_then(|kind| kind.get("const"));
        let kind = kind.and_then(Value::as_str).expect("a type");
        let others: Vec<String> = members
            .keys()
            .filter(|name| *name != "type")
            .map(|name| format!("`{name}`"))
            .collect();
        row(
            out,
            &[&format!("`{kind}`"), &said(event), &others.join(", ")],
        );
    }
    out.push('\n');
}

fn definition(out: &mut String, schema: &Value, name: &str) {
    let definitions = members(schema, "$defs");
    let definition = definitions.get(name).expect("a definition of that name");
    write!(out, "### {name}\n\n{}\n\n", said(definition)).expect("a string");
    table(out, definition);
}

fn table(out: &mut String, definition: &Value) {
    out.push_str("| member | value | meaning |\n|---|---|---|\n");
    for (name, member) in members(definition, "properties") {
        row(
            out,
            &[&format!("`{name}`"), &value(&member), &said(&member)],
        );
    }
    out.push('\n');
}

/// What each word of a member means.
fn words(out: &mut String, schema: &Value, name: &str) {
    let definitions = members(schema, "$defs");
    let definition = definitions.get(name).expect("a definition of that name");
    write!(
        out,
        "### {name}\n\n{}\n\n| word | meaning |\n|---|---|\n",
        said(definition)
    )
    .expect("a string");
    let all = definition.get("oneOf").and_then(Value::as_array);
    for word in all.into_iter().flatten() {
        let name = word.get("const").and_then(Value::as_str).expect("a word");
        row(out, &[&format!("`{name}`"), &said(word)]);
    }
    out.push('\n');
}

fn row(out: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    writeln!(out, "| {} |", cells.join(" | ")).expect("a string");
}

/// What stands there: a definition that has a table here, a list, a map, or a plain type.
fn value(member: &Value) -> String {
    if let Some(reference) = member.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        let has_a_table = OF_A_REPORT
            .iter()
            .chain(&[
                "HostState",
                "ResourceState",
                "ReasonCode",
                "PlannedManifest",
            ])
            .chain(&["Selected", "SavedHost"])
            .any(|known| *known == name);
        return if has_a_table {
            format!("[{name}](#{})", name.to_lowercase())
        } else {
            name.to_owned()
        };
    }
    if let Some(forms) = member.get("anyOf").and_then(Value::as_array) {
        let forms: Vec<String> = forms.iter().map(value).collect();
        return forms.join(" or ");
    }
    match member.get("type") {
        Some(Value::Array(kinds)) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" or ")
        }
        Some(Value::String(kind)) if kind == "array" => {
            format!(
                "list of {}",
                member.get("items").map_or_else(String::new, value)
            )
        }
        Some(Value::String(kind)) if kind == "object" => match member.get("additionalProperties") {
            Some(inner) if inner.is_object() => format!("map to {}", value(inner)),
            _ => "map".to_owned(),
        },
        Some(Value::String(kind)) => kind.clone(),
        _ => "any".to_owned(),
    }
}

fn members(value: &Value, key: &str) -> Map<String, Value> {
    let found = value.get(key).and_then(Value::as_object);
    found.cloned().unwrap_or_default()
}

fn said(value: &Value) -> String {
    let text = value.get("description").and_then(Value::as_str);
    // Links of the code mean nothing here.
    let text = text.unwrap_or_default().replace('\n', " ");
    let mut parts = text.split("](crate::");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once(')').map_or(part, |(_, rest)| rest));
    let text = rest.fold(first, |text, part| text + part);
    text.replace("[`", "`")
        .replace("`]", "`")
        .replace("`None`", "`null`")
}
