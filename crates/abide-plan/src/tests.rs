//! Plans against the simulated host.

mod properties;
mod support;
