//! What a host is asked, and how its answer is read.
//!
//! One script, one answer: a few processes however many units there are, nothing written. The answer comes in frames
//! that begin with the run's nonce. What belongs to one user is read as that user, and its lines come indented, so
//! that nobody on the host can forge what another says.

use std::collections::BTreeSet;

use abide_model::{Desired, Observed, Presence, Scope, UnitRef, UserName};

use crate::quote::{quote, word};

mod ask;
mod clock;
mod frames;
mod read;
mod read_files;
mod read_host;
mod read_rehearsal;
mod read_scope;
mod read_units;
mod read_users;
mod room;

pub(crate) use frames::{Frame, Frames};
pub(crate) use room::{LEDGERS as LEDGERS_ROOM, MOST_LEDGERS, NAME, printable_up_to};

pub(crate) const COMMON: &str = include_str!("probe/common.sh");
pub(crate) const RUN_AS: &str = include_str!("probe/run_as.sh");
const HOST: &str = include_str!("probe/host.sh");
const SCOPE: &str = include_str!("probe/scope.sh");

/// Why an answer says nothing about the host: a whole clause for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Nothing there could be limited in time.
    #[error("it has no timeout(1) as coreutils and busybox have it")]
    NoTimeout,
    /// PID 1 is something else.
    #[error("systemd does not run there")]
    NoSystemd,
    /// Lingering came with systemd 206.
    #[error("systemd {version} is too old: lingering needs 206")]
    TooOld {
        /// Its version.
        version: u32,
    },
    /// The answer ends before its end.
    #[error("the answer was cut short{}", host_said(.said))]
    Cut {
        /// The first line that is no answer; may be empty.
        said: String,
    },
    /// A frame says what no script of ours prints.
    #[error("the answer about {frame} is not understood: {why}")]
    Malformed {
        /// Which frame.
        frame: &'static str,
        /// What is wrong.
        why: String,
    },
}

fn host_said(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("; the host said `{text}`")
    }
}

/// Whether a script of ours has answered, with the words that [`bootstrap`](crate::bootstrap) gives it. Where not, the login
/// shell did something else, or became another shell that read the script by itself.
pub fn was_asked(answer: &[u8], nonce: &str) -> bool {
    let mut lines = answer.split(|byte| *byte == b'\n');
    let is_ours = lines.clone().any(|line| line.starts_with(nonce.as_bytes()));
    is_ours && !lines.any(|line| line == b"login=")
}

/// The script that asks a host for everything a plan needs. It reads and changes nothing.
///
/// It runs as `sh -s -- ROUTE USER UID REASON` (see [`bootstrap`](crate::bootstrap)), from standard input, and does
/// nothing where it was cut on the way. `nonce` must be new for every run, at least 16 letters and digits.
pub fn script(desired: &Desired, nonce: &str) -> String {
    script_with(desired, &BTreeSet::new(), false, nonce)
}

/// The same, and what became of these units: what is stopped may be named by nothing any more. Of scopes where nothing is
/// declared nothing more is asked. With `rehearse` each manager's own program says what a boot would start: 30 ms of a user's
/// scope, 0.2 s of the system's.
pub fn script_with(
    desired: &Desired,
    also: &BTreeSet<UnitRef>,
    rehearse: bool,
    nonce: &str,
) -> String {
    let ask = ask::Ask::new(desired, also);
    let users: Vec<&str> = desired.users.keys().map(UserName::as_str).collect();
    let absent = desired.users.iter();
    let absent = absent.filter(|(_, user)| user.state == Presence::Absent);
    let absent: Vec<&str> = absent.map(|(name, _)| name.as_str()).collect();
    let quadlets = if ask.quadlets { "yes" } else { "" };
    let system = if ask.scopes.contains_key(&Scope::System) {
        "yes"
    } else {
        ""
    };
    [
        format!(
            "# abide: what {} is, for the manifest {}. It reads and changes nothing.\nmain() {{\n",
            word(desired.host.as_str()),
            word(desired.manifest.as_str())
        ),
        format!("nonce={}\n", word(nonce)),
        format!("manifest={}\n", word(desired.manifest.as_str())),
        format!("declared_users={}\n", quote(&users.join(" "))),
        format!("absent_users={}\n", quote(&absent.join(" "))),
        format!("system_scope='{system}'\n"),
        format!("quadlets='{quadlets}'\n"),
        format!("rehearse='{}'\n", if rehearse { "yes" } else { "" }),
        format!(
            "ledgers_room={}\nspare={}\n\n",
            room::LEDGERS,
            room::SPARE / 2
        ),
        COMMON.to_owned(),
        crate::NAMES.to_owned(),
        crate::LOCK.to_owned(),
        crate::ledger::EACH.to_owned(),
        RUN_AS.to_owned(),
        HOST.to_owned(),
        heredoc_variable("common", COMMON, nonce),
        heredoc_variable("scope_functions", SCOPE, nonce),
        ask.asked_function(nonce),
        ask.room_function(),
        "\nprobe \"$@\" </dev/null\n}\nmain \"$@\"\n".to_owned(),
    ]
    .concat()
}

/// A variable that holds a text, readable as it stands.
fn heredoc_variable(name: &str, text: &str, nonce: &str) -> String {
    format!("\n{name}=$(\n  cat <<'{nonce}'\n{text}{nonce}\n)\n")
}

/// How many bytes a host may answer to [`script_with`] of the same. It follows from what is asked.
pub fn largest_answer(desired: &Desired, also: &BTreeSet<UnitRef>) -> usize {
    ask::Ask::new(desired, also).largest_answer()
}

/// Reads what the host answered to [`script`] with the same `desired` and `nonce`.
///
/// Nothing in the answer is trusted: what is missing, oversized or malformed is unknown, with its reason, or an
/// error where nothing can be known.
pub fn read(desired: &Desired, nonce: &str, answer: &[u8]) -> Result<Observed, ProbeError> {
    read::observed(desired, nonce, answer)
}

#[cfg(test)]
pub(crate) mod tests;
