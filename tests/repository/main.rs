//! The repository stands by itself: what code and documents refer to is in it.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "tests read files and say by panicking that they cannot go on"
)]

mod citations;
mod files;
mod names;
mod reasons;
