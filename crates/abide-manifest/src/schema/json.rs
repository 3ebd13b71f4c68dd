//! The JSON schema of manifests, for editors and other tools.

use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{Schema, json_schema};
use serde_json::{Map, Value};

use super::WrittenManifest;

/// The JSON schema of a manifest file, draft 2020-12.
pub fn manifest_schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12()
        .with_transform(without_null)
        .into_generator()
        .into_root_schema_for::<WrittenManifest>();
    schema.insert("$id".to_owned(), ID.into());
    schema.insert("title".to_owned(), "abide manifest".into());
    name_keys(&mut schema);
    schema.to_value()
}

const ID: &str = "https://raw.githubusercontent.com/abide-rs/abide/main/schemas/abide.schema.json";

/// A key that has nothing to say is left out: there is no `null` in a manifest.
fn without_null(schema: &mut Schema) {
    if let Some(object) = schema.as_object_mut() {
        if let Some(Value::Array(types)) = object.get_mut("type") {
            types.retain(|of| of != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                object.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(words)) = object.get_mut("enum") {
            words.retain(|word| !word.is_null());
        }
        object.remove("default");
        unwrap_only_choice(object);
    }
    transform_subschemas(&mut without_null, schema);
}

/// `anyOf: [X, null]` becomes X; what stands beside it, the description above all, is kept.
fn unwrap_only_choice(object: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else {
        return;
    };
    let null = json_schema!({ "type": "null" }).to_value();
    choices.retain(|choice| *choice != null);
    if choices.len() == 1
        && let Some(Value::Object(only)) = choices.pop()
    {
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
}

/// What may be the key of a map, where the schema's types cannot say it.
fn name_keys(schema: &mut Schema) {
    const UNIT: &str = r"^[A-Za-z0-9:_.\\-]+(@[A-Za-z0-9:_.\\@-]*)?\.(service|socket|timer|path|target|slice|mount|automount|swap|scope|device|container|pod|network|volume|kube|image|build|artifact)$";
    const USER: &str = r"^([A-Za-z_]([A-Za-z0-9_.-]{0,30}|[A-Za-z0-9_.-]{0,61}@[A-Za-z0-9_][A-Za-z0-9_.-]{0,61})|[A-Za-z0-9_][A-Za-z0-9_.-]{0,61}\\[A-Za-z0-9_][A-Za-z0-9_.-]{0,61})$";
    const NAME: &str = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$";
    const VARIABLE: &str = r"^[A-Za-z_][A-Za-z0-9_]*$";
    for (pointer, pattern) in [
        ("/properties/vars", VARIABLE),
        ("/properties/groups", NAME),
        ("/$defs/Host/properties/vars", VARIABLE),
        ("/$defs/Group/properties/vars", VARIABLE),
        ("/$defs/Host/properties/users", USER),
        ("/$defs/Group/properties/users", USER),
        ("/$defs/Host/properties/units", UNIT),
        ("/$defs/Group/properties/units", UNIT),
        ("/$defs/User/properties/units", UNIT),
        ("/$defs/User/properties/files", r"^[^/]"),
        ("/$defs/Unit/properties/drop_ins", r"^[^/]+\.conf$"),
        ("/$defs/Instance/properties/drop_ins", r"^[^/]+\.conf$"),
    ] {
        if let Some(Value::Object(map)) = schema.pointer_mut(pointer) {
            let names = json_schema!({ "pattern": pattern }).to_value();
            map.insert("propertyNames".to_owned(), names);
        }
    }
}
