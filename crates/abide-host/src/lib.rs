//! Speaks a host's language: what to ask, how to read the answer, which script carries out a plan.
//!
//! Everything here is text in, text out. The scripts are POSIX sh and run in dash, bash and busybox; all their
//! values pass through [`quote`](mod@quote). What a host answers is not trusted: it is bounded, framed by a word it cannot know, and
//! read without panics.

pub mod apply;
pub mod bootstrap;
pub mod evidence;
pub mod follow_up;
pub mod ledger;
pub mod order;
pub mod probe;
pub mod quote;

mod inputs;
mod last_words;
mod layout;
mod percent;
#[cfg(test)]
mod testing;

/// Functions of several scripts that say whether a lock is held, and by whom.
pub(crate) const LOCK: &str = include_str!("lock.sh");
pub(crate) const NAMES: &str = include_str!("names.sh");

/// A function of several scripts that says where things are.
pub(crate) const PLACES: &str = include_str!("places.sh");

/// Texts for the shell of whoever reads files that are not where they belong yet.
pub(crate) const STAGED: &str = include_str!("staged.sh");
