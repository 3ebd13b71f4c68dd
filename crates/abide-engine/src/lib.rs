//! Drives a fleet: observe, plan, apply, verify, many hosts at once.
//!
//! It decides when a host's turn comes, what a broken connection or an interruption means, and what the outcome of a
//! host is. What to ask and to run is `abide-host`'s, what to change `abide-plan`'s, how to reach a host
//! `abide-transport`'s. One host's failure never ends the others.
//!
//! A connection is made once a host and serves everything from the first observation to the verification.

mod apply;
mod approved;
mod cancel;
mod drift;
mod each;
mod engine;
mod evidence;
mod gate;
mod host;
mod inputs;
mod ledgers;
mod nonce;
mod observe;
mod order;
mod room;
mod script;
mod settings;
mod told;
mod verify;
mod waves;

pub use abide_host::ledger::repair::Repaired;
pub use approved::Approved;
pub use cancel::{Cancel, Canceller, Urgency, cancel};
pub use engine::Engine;
pub use host::{EngineOptions, Sink};
pub use ledgers::LedgersError;
pub use observe::Unseen;
pub use order::Undone;
