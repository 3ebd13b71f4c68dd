//! The numbered cases of what a change leads to, on real hosts of systemd 252 and 257: what happened there, and not
//! only what abide says of it. The planner has a test of the same number for each (`crates/abide-plan/src/tests`).

mod case;
mod shell;

mod cuts;
mod enable;
mod faults;
mod forecast;
mod linger;
mod managers;
mod owed;
mod removal;
mod services;
mod templates;
mod triggers;
mod users;
