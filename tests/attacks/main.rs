//! Attacks on abide by those whom it does not trust: users of a host, hosts, and manifests from strangers. Each test plays
//! one attacker and asserts the promise of `docs/security.md` that must hold all the same, on systemd 252 and 257.
//!
//! `make attacks` runs them all and writes the table of attacks into that document.

#![expect(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "one test binary that runs programs and panics when a promise does not hold"
)]
#![allow(
    dead_code,
    clippy::format_collect,
    clippy::too_many_lines,
    clippy::indexing_slicing,
    clippy::let_underscore_must_use,
    clippy::string_slice,
    clippy::allow_attributes,
    reason = "the fleet's and the hosts' tools have more than attacks need, and tools of their own"
)]

mod attack;
mod desk;
mod everything;
#[path = "../fleet/fleet.rs"]
mod fleet;
#[path = "../hosts/pool.rs"]
mod pool;
#[path = "../hosts/support.rs"]
mod support;

// Tests begin in the order of their names; this one waits the longest.
mod agreement;
mod declared_files;
mod green;
mod health;
mod home;
mod hostile_host;
mod ledger;
mod lies;
mod limits;
mod lock;
mod loud_units;
mod manifest;
mod plain_user;
mod proxy;
mod rehearsal;
mod room;
mod root;
mod saved_plan;
mod staging;
mod table;
