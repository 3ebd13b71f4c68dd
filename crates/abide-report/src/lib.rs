//! Renders plans, reports and diagnostics: text for people, JSON for programs.
//!
//! Pure: model types in, a `String` out. It decides how a thing is said and in which order, never what is
//! true or what an exit code is. Text carries ANSI styles; the command line strips them through anstream
//! where they do not belong. Nothing depends on colour alone, and everything that came from a host or a
//! file goes through [`abide_model::printable_text`] before it is put into a line.
//!
//! | for | call |
//! |---|---|
//! | `abide plan`, and what `apply` shows before it asks | [`text::plan`], [`Document`] |
//! | `abide apply`, at its end | [`text::report`], [`Document`] |
//! | while a run goes on, on stderr | [`progress::line`] for logs, [`progress::Tally`] for a live line |
//! | `abide status` | [`text::status`], [`json::status`] |
//! | `abide ledger` | [`text::ledgers`], [`json::ledgers`] |
//! | `abide validate` and every loaded manifest | [`text::diagnostics`], [`json::diagnostics`] |
//! | `abide show --resolved` | [`text::resolved_listing`] |
//! | the last line of anything | [`text::next`] |
//!
//! ```
//! use abide_model::Report;
//! use abide_report::{TextOptions, text};
//! let said = text::plan(&Report::default(), &TextOptions::default());
//! assert!(said.contains("No host"));
//! ```

mod block;
mod brings;
mod diff;
pub mod document;
pub mod events;
mod findings;
mod fleet;
mod groups;
mod hosts;
pub mod html;
pub mod json;
pub mod junit;
mod layout;
pub mod ledgers;
mod mark;
pub mod markdown;
mod moment;
pub mod options;
mod paint;
pub mod progress;
pub mod prometheus;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod sample_drift;
pub mod sarif;
pub mod schema;
mod sensitive;
mod span;
pub mod status;
mod step;
pub mod summary;
mod surprise;
mod tally;
pub mod text;
#[cfg(test)]
mod tool;
mod url;
mod verdict;
mod why;
mod words;
mod xml;

pub use document::{Command, Document};
pub use mark::Mark;
pub use moment::Moment;
pub use options::{TextOptions, Verbosity};
pub use sensitive::{without_sensitive, without_sensitive_contents};
pub use status::{HostStatus, Seen};
pub use summary::Summary;
pub use text::{LockLine, ResolvedRow};
pub use url::Url;
