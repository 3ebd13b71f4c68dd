//! Types that are data here, and a text in plan files and documents, as they always were there.

/// The JSON schema of such types: that of a string.
macro_rules! text_schema {
    ($($name:ident),+) => {$(
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                <String as schemars::JsonSchema>::schema_name()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                <String as schemars::JsonSchema>::json_schema(generator)
            }

            fn inline_schema() -> bool {
                true
            }
        }
    )+};
}

use crate::fail_reason::FailReason;
use crate::field::Field;
use crate::note_text::NoteText;
use crate::stale::StaleFact;
use crate::unknown::UnknownReason;

text_schema!(FailReason, Field, NoteText, StaleFact, UnknownReason);
