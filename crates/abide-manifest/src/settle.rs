//! Settles what each host should be: precedence, contents, defaults. What is contradictory is looked for later, in
//! [`crate::check`] and [`crate::lint`].

mod account;
mod connection;
mod content;
mod defaults;
mod drop_in;
mod here;
mod home_path;
pub(crate) mod host;
mod instance;
mod triggers;
mod unit;
mod unit_name;
mod user;
mod written;
