//! The manifest language from the outside: texts in, hosts or diagnostics out.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod design;
mod examples;
mod explain;
mod schema;
mod support;
