//! A simulated systemd host: what a plan would do, without a host.
//!
//! It knows systemd's rules (docs/systemd-facts.md and the manual pages) and nothing of scripts: it
//! carries out a plan's actions by itself, so that mistakes of `abide-host` and of this crate cannot cancel out. Real
//! hosts keep both honest.
//!
//! What it leaves out: time that passes by itself (timers never elapse, calendars are not read), cgroups, mounts that
//! are busy, the gate of the apply script that puts old files back.
//!
//! ```
//! use abide_sim::{SimHost, desired, unit_ref, user};
//!
//! let wanted = desired("h1")
//!     .user("deploy")
//!     .unit("web.service", "[Service]\nExecStart=/bin/web\n[Install]\nWantedBy=default.target\n")
//!     .build();
//! let host = SimHost::new().with_user("deploy");
//! let seen = host.observe(&wanted);
//! assert!(seen.users[&user("deploy")].as_known().is_some());
//! assert!(host.runtime_of(&unit_ref("user:deploy/web.service")).is_none());
//! ```

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test double: where a test gives it a wrong name it should stop there"
)]

mod account;
mod aged;
mod apply;
mod boot;
mod definition;
mod deps;
mod desired;
mod disk;
mod edit;
mod engine;
mod host;
mod install;
mod job;
mod kind;
mod observe;
mod order;
mod place;
pub mod random;
mod reduce;
mod service;
mod tool_error;
mod transaction;
mod trigger;
mod uninstall;

pub use definition::LoadedDefinition;
pub use desired::{DesiredBuilder, desired};
pub use edit::Edit;
pub use host::{Runtime, SimHost, SimUser};
pub use order::NameOrder;
pub use place::{config_dir, path, scope, unit_ref, user};
pub use tool_error::ToolError;
