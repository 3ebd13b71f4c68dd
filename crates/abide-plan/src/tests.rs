//! Plans against the simulated host. Numbers in names are those of the test cases in unit-change.md section 5.

mod declared;
mod drift;
mod drift_files;
mod drift_units;
mod enable;
mod faults;
mod fresh;
mod gate;
mod gate_facts;
mod gate_rest;
mod ledgers;
mod linger;
mod owed;
mod properties;
mod quadlets;
mod quadlets_shared;
mod refusals;
mod removal;
mod restore;
mod services;
mod support;
mod templates;
mod together;
mod triggers;
mod users;
