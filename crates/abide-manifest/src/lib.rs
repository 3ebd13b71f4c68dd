//! (being written)
#![allow(missing_docs, dead_code, unused, reason = "being written")]
mod codes;
mod documents;
mod finding;
mod located;
mod misfit;
mod node;
mod read;
mod schema;
mod suggest;
mod text;
mod yaml;
