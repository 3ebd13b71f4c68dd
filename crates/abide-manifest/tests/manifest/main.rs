//! The manifest language from the outside: texts in, hosts or diagnostics out.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod any_text;
mod defaults;
mod design;
mod drop_ins;
mod examples;
mod explain;
mod lints;
mod neighbours;
mod precedence;
mod resolve;
mod scale;
mod schema;
mod several_files;
mod several_hosts;
mod support;
mod triggers;
