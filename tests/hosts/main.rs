//! abide on real hosts of systemd 252 (bookworm) and 257 (trixie): nothing about systemd is believed
//! until a host has shown it. Each test boots its own hosts and takes them down. `ABIDE_TEST_SUITES` lets the same tests run
//! on other versions (`make core`, `make hosts-all`).

#![expect(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::let_underscore_must_use,
    clippy::panic,
    clippy::string_slice,
    clippy::too_many_lines,
    let_underscore_drop,
    reason = "one test binary that runs programs and panics when a host is not as it should be"
)]

#[path = "../fleet/fleet.rs"]
mod fleet;
mod pool;
mod support;
#[path = "../../crates/abide-report/src/tool.rs"]
#[expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a tool of tests, there and here"
)]
mod tool;

mod aged;
mod aliases;
mod boot;
mod by_hand;
mod cases;
mod change;
mod core;
mod crash_loop;
mod cut;
mod directory_users;
mod drift;
mod environment_files;
mod exit_codes;
mod faults;
mod forty;
mod inputs;
mod install_names;
mod interrupted;
mod ledger;
mod lifecycle;
mod links;
mod lints;
mod locks;
mod manager_groups;
mod names;
mod put_back;
mod quadlet_kinds;
mod quadlet_service;
mod quadlet_text;
mod quadlets;
mod routes;
mod saved;
mod sensitive;
mod settings;
mod slow_start;
mod ssh_config;
mod unchanged;
mod versions;
