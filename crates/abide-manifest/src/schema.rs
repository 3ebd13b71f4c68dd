//! The manifest's types: what may be written, and nothing about what it means.
//!
//! The JSON schema and the parser both come from here, and the comments are the manual's text. No `flatten`,
//! `untagged` or tagged enums: they would lose the places of the values in them.

pub(crate) mod connection;
pub(crate) mod drop_in;
pub(crate) mod fleet;
pub(crate) mod json;
pub(crate) mod policy;
pub(crate) mod unit;
pub(crate) mod user;
pub(crate) mod word;

pub(crate) use connection::{HostConnection, WrittenConnection};
pub(crate) use drop_in::DropIn;
pub(crate) use fleet::{Group, LingerPolicy, ManifestHost, WrittenManifest};
pub(crate) use policy::{WrittenPolicy, WrittenRollout};
pub(crate) use unit::{Instance, WrittenSettle, WrittenUnit};
pub(crate) use user::{File, User, WrittenSecret};
pub(crate) use word::{Choice, DurationText, WrittenShare};
