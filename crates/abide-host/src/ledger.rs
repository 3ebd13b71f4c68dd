//! The text of a ledger: one fact a line, in words that `sed` and `read` can take apart.
//!
//! ```text
//! abide-ledger 1
//! user sidekiq
//! linger sidekiq
//! attribute sidekiq shell /bin/sh
//! file user:sidekiq /srv/sidekiq/.config/systemd/user/sidekiq.service <sha256>
//! file system /etc/systemd/system/new.service claimed
//! unit user:sidekiq sidekiq.service <InvocationID or -> <sha256 of its configuration or -> enabled
//! end
//! ```
//!
//! Names and paths are percent-encoded. `claimed` stands for a digest, and behind a unit, while a run is under way. A ledger
//! without its `end` was cut and is not believed.

use std::collections::BTreeMap;

use abide_model::{HostPath, Ledger, LedgerFile, LedgerUnit, Scope, UnitName, UnitRef, UserName};

use crate::percent;

/// The first line of every ledger that this version writes and reads.
const HEADER: &str = "abide-ledger 1";
/// The last line: a ledger without it is not whole.
const END: &str = "end";
/// In place of a digest while a run is under way.
const CLAIMED: &str = "claimed";
/// In place of anything that is not there.
const NONE: &str = "-";
const ENABLED: &str = "enabled";

/// Why a text is not a ledger: a whole clause for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Another version of abide wrote it, or it is something else.
    #[error("it does not begin with `{HEADER}`: a newer abide may have written it")]
    Version,
    /// A line that means nothing.
    #[error("line {number} is not understood")]
    Line {
        /// Which, from 1.
        number: usize,
    },
    /// The last line is missing.
    #[error("it was cut short: its last line is not `end`")]
    Cut,
}

/// The text of a ledger; the same ledger gives the same bytes.
pub fn write(ledger: &Ledger) -> String {
    let Ledger {
        files,
        units,
        users,
        lingers,
        attributes,
    } = ledger;
    let mut lines = vec![first_line()];
    lines.extend(users.iter().map(user_line));
    lines.extend(lingers.iter().map(linger_line));
    lines.extend(
        attributes
            .iter()
            .map(|(user, all)| attribute_lines(user, all)),
    );
    lines.extend(files.iter().map(|(path, file)| file_line(path, file)));
    lines.extend(units.iter().map(|(unit, left)| {
        let [before, after] = unit_line(unit, left);
        format!("{before}{}{after}", or_dash(&left.invocation))
    }));
    lines.push(last_line());
    lines.concat()
}

/// What every ledger begins with.
pub(crate) fn first_line() -> String {
    format!("{HEADER}\n")
}

/// What every whole ledger ends with.
pub(crate) fn last_line() -> String {
    format!("{END}\n")
}

/// The line of a user that abide created.
pub(crate) fn user_line(user: &UserName) -> String {
    format!("user {user}\n")
}

/// The line of a user whose lingering abide enabled.
pub(crate) fn linger_line(user: &UserName) -> String {
    format!("linger {user}\n")
}

/// The lines of a user's attributes.
pub(crate) fn attribute_lines(user: &UserName, attributes: &BTreeMap<String, String>) -> String {
    let line = |(field, value): (&String, &String)| {
        let (field, value) = (percent::encode(field), percent::encode(value));
        format!("attribute {user} {field} {value}\n")
    };
    attributes.iter().map(line).collect()
}

/// The line of a file.
pub(crate) fn file_line(path: &HostPath, file: &LedgerFile) -> String {
    let LedgerFile { scope, digest } = file;
    let path = percent::encode(path.as_str());
    let digest = digest.map_or_else(|| CLAIMED.to_owned(), |digest| digest.to_string());
    format!("file {scope} {path} {digest}\n")
}

/// The line of a unit, before and behind its invocation, which an apply script fills in.
pub(crate) fn unit_line(unit: &UnitRef, left: &LedgerUnit) -> [String; 2] {
    let UnitRef { scope, unit } = unit;
    let unit = percent::encode(unit.as_str());
    let config = left
        .config
        .map_or_else(|| NONE.to_owned(), |config| config.to_string());
    let enabled = if left.enabled { ENABLED } else { NONE };
    let claimed = match left.claimed {
        true => format!(" {CLAIMED}"),
        false => String::new(),
    };
    [
        format!("unit {scope} {unit} "),
        format!(" {config} {enabled}{claimed}\n"),
    ]
}

/// An invocation as it is written.
pub(crate) fn or_dash(text: &str) -> String {
    if text.is_empty() { NONE } else { text }.to_owned()
}

/// Reads what [`write()`] wrote. Invocations are checked to be what systemd gives: hexadecimal digits.
pub fn read(text: &str) -> Result<Ledger, LedgerError> {
    let body = text
        .strip_prefix(HEADER)
        .and_then(|rest| rest.strip_prefix('\n'))
        .ok_or(LedgerError::Version)?;
    let body = body
        .strip_suffix('\n')
        .and_then(|body| body.strip_suffix(END))
        .ok_or(LedgerError::Cut)?;
    let mut ledger = Ledger::default();
    for (index, line) in body.lines().enumerate() {
        read_line(&mut ledger, line).ok_or(LedgerError::Line {
            number: index.saturating_add(2),
        })?;
    }
    Ok(ledger)
}

fn read_line(ledger: &mut Ledger, line: &str) -> Option<()> {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["user", name] => {
            ledger.users.insert(UserName::parse(name).ok()?);
        }
        ["linger", name] => {
            ledger.lingers.insert(UserName::parse(name).ok()?);
        }
        ["attribute", user, field, value] => {
            let of = ledger.attributes.entry(UserName::parse(user).ok()?);
            of.or_default()
                .insert(percent::decode(field)?, percent::decode(value)?);
        }
        ["file", scope, path, digest] => {
            let path = HostPath::parse(&percent::decode(path)?).ok()?;
            let scope = scope.parse().ok()?;
            let digest = match *digest {
                CLAIMED => None,
                digest => Some(digest.parse().ok()?),
            };
            ledger.files.insert(path, LedgerFile { scope, digest });
        }
        [
            "unit",
            scope,
            name,
            invocation,
            config,
            enabled,
            claimed @ ..,
        ] => {
            let unit = UnitName::parse(&percent::decode(name)?).ok()?;
            let scope: Scope = scope.parse().ok()?;
            let left = LedgerUnit {
                invocation: read_invocation(invocation)?,
                config: match *config {
                    NONE => None,
                    digest => Some(digest.parse().ok()?),
                },
                enabled: read_enabled(enabled)?,
                claimed: match claimed {
                    [] => false,
                    [CLAIMED] => true,
                    _ => return None,
                },
            };
            ledger.units.insert(UnitRef { scope, unit }, left);
        }
        _ => return None,
    }
    Some(())
}

fn read_invocation(word: &str) -> Option<String> {
    match word {
        NONE => Some(String::new()),
        id if id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Some(id.to_owned())
        }
        _ => None,
    }
}

fn read_enabled(word: &str) -> Option<bool> {
    match word {
        ENABLED => Some(true),
        NONE => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
