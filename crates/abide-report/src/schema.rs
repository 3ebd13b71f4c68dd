//! The JSON schemas of what abide says to programs, from the very types that are written.

use abide_model::SavedPlan;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::document::Document;
use crate::events::EventLine;

/// The schema of the document that `--report json=PATH` writes, draft 2020-12.
pub fn report() -> Value {
    schema_of_type::<Document>("report.schema.json", SchemaSettings::for_serialize)
}

/// The schema of one line of `--json`, draft 2020-12.
pub fn events() -> Value {
    schema_of_type::<EventLine>("events.schema.json", SchemaSettings::for_serialize)
}

/// The schema of a saved plan, draft 2020-12. It is that of what is read: what an older version did not write yet may be
/// missing.
pub fn plan() -> Value {
    schema_of_type::<SavedPlan>("plan.schema.json", SchemaSettings::for_deserialize)
}

/// A reader may meet members that its schema does not know: minor versions add some.
fn schema_of_type<T: JsonSchema>(file: &str, side: fn(SchemaSettings) -> SchemaSettings) -> Value {
    let mut schema = side(SchemaSettings::draft2020_12())
        .into_generator()
        .into_root_schema_for::<T>();
    let id = format!("https://raw.githubusercontent.com/abide-rs/abide/main/schemas/{file}");
    schema.insert("$id".to_owned(), id.into());
    schema.to_value()
}

#[cfg(test)]
mod tests;
