//! Settles what each host should be: precedence, contents, defaults. What is contradictory is looked for later, in
//! [`crate::check`] and [`crate::lint`].

pub(crate) mod account;
pub(crate) mod connection;
pub(crate) mod content;
pub(crate) mod defaults;
pub(crate) mod host;
pub(crate) mod triggers;
pub(crate) mod unit;
pub(crate) mod user;
