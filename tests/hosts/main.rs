//! abide on real hosts of systemd 252 (bookworm) and 257 (trixie): nothing about systemd is believed
//! until a host has shown it. Each test boots its own hosts and takes them down.

#![expect(
    unreachable_pub,
    reason = "one test binary: what its modules share is public to them"
)]

#[path = "../fleet/fleet.rs"]
mod fleet;
mod support;

mod change;
mod cut;
mod faults;
mod lifecycle;
mod names;
mod routes;
