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
//! reads user:sidekiq sidekiq.service definition <sha256 that this run has or -> <sha256 that stood there then or ->
//! reads user:sidekiq sidekiq.service /etc/app/env <sha256> none
//! end
//! ```
//!
//! Names and paths are percent-encoded. `claimed` stands for a digest, and behind a unit, while a run is under way. A ledger
//! without its `end` was cut and is not believed. A line that is none of these costs that line. What a unit reads stands behind
//! the unit (docs/decisions/0023); an abide that does not know these lines names them, and does without.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Digest, Held, HostPath, Ledger, LedgerFault, LedgerFile, LedgerFinding, LedgerRead,
    LedgerReads, LedgerTextFault, LedgerUnit, Scope, UnitName, UnitRef, UserName, ownable,
    printable_text,
};

use crate::percent;

pub mod ask;
pub mod repair;

/// Functions of several scripts that say what stands in the place of each ledger.
pub(crate) const EACH: &str = include_str!("ledger/each.sh");

/// The first line of every ledger that this version writes and reads.
const HEADER: &str = "abide-ledger 1";
/// The last line: a ledger without it is not whole.
const END: &str = "end";
/// In place of a digest while a run is under way.
const CLAIMED: &str = "claimed";
/// In place of anything that is not there.
const NONE: &str = "-";
const ENABLED: &str = "enabled";
/// What a unit reads that is no single file: its unit file with drop-ins. No path is such a word.
const DEFINITION: &str = "definition";
/// In place of a digest where nothing stands.
const NOTHING: &str = "none";

/// More findings are not kept of one ledger: nobody reads them all, and whoever damaged it may have meant just that.
const MOST_FINDINGS: usize = 200;
/// So much is shown of a line that is not believed.
const SHOWN: usize = 120;

/// Why a text is no ledger: a whole clause for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Another version of abide wrote it, or it is something else.
    #[error("it does not begin with `{HEADER}`: a newer abide may have written it")]
    Version,
    /// The last line is missing.
    #[error("it was cut short: its last line is not `end`")]
    Cut,
}

/// What a ledger says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// What its lines say that are believed.
    pub ledger: Ledger,
    /// The others.
    pub findings: Vec<LedgerFinding>,
    /// How many more of them there are.
    pub more: usize,
    /// The line of each file, from 1.
    files: BTreeMap<HostPath, (usize, String)>,
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
    format!("user {}\n", percent::encode(user.as_str()))
}

/// The line of a user whose lingering abide enabled.
pub(crate) fn linger_line(user: &UserName) -> String {
    format!("linger {}\n", percent::encode(user.as_str()))
}

/// The lines of a user's attributes.
pub(crate) fn attribute_lines(user: &UserName, attributes: &BTreeMap<String, String>) -> String {
    let line = |(field, value): (&String, &String)| {
        let key = attribute_key(user, field);
        format!("{key} {}\n", percent::encode(value))
    };
    attributes.iter().map(line).collect()
}

/// How the line of an attribute begins: what it is about.
pub(crate) fn attribute_key(user: &UserName, field: &str) -> String {
    let [user, field] = [user.as_str(), field].map(percent::encode);
    format!("attribute {user} {field}")
}

/// The line of a file.
pub(crate) fn file_line(path: &HostPath, file: &LedgerFile) -> String {
    let LedgerFile { scope, digest } = file;
    let [scope, path] = [scope.to_string().as_str(), path.as_str()].map(percent::encode);
    let digest = digest.map_or_else(|| CLAIMED.to_owned(), |digest| digest.to_string());
    format!("file {scope} {path} {digest}\n")
}

/// The line of a unit, before and behind its invocation, which an apply script fills in, and what it reads.
pub(crate) fn unit_line(unit: &UnitRef, left: &LedgerUnit) -> [String; 2] {
    let reads = reads_lines(unit, left);
    let unit = unit_words(unit);
    let config = left
        .config
        .map_or_else(|| NONE.to_owned(), |config| config.to_string());
    let enabled = if left.enabled { ENABLED } else { NONE };
    let claimed = match left.claimed {
        true => format!(" {CLAIMED}"),
        false => String::new(),
    };
    [
        format!("unit {unit} "),
        format!(" {config} {enabled}{claimed}\n{reads}"),
    ]
}

/// A unit and its scope, which may be that of `CORP\svc`.
fn unit_words(UnitRef { scope, unit }: &UnitRef) -> String {
    let scope = percent::encode(&scope.to_string());
    format!("{scope} {}", percent::encode(unit.as_str()))
}

/// How the line of a file that a unit reads begins.
pub(crate) fn read_key(unit: &UnitRef, path: &HostPath) -> String {
    let path = percent::encode(path.as_str());
    format!("reads {} {path}", unit_words(unit))
}

/// The files that a unit reads and at which nobody could look before, as below a home that is made only now.
pub(crate) fn unseen_reads(left: &LedgerUnit) -> BTreeSet<HostPath> {
    let files = left.reads.files.iter();
    let unseen = files.filter(|(_, read)| **read == LedgerRead::default());
    unseen.map(|(path, _)| path.clone()).collect()
}

/// How the lines of what a unit reads begin: what they are about.
pub(crate) fn reads_keys(unit: &UnitRef, left: &LedgerUnit) -> Vec<String> {
    let keys = reads_by_key(unit, &left.reads);
    keys.map(|(key, _)| key).collect()
}

fn reads_by_key<'a>(
    unit: &UnitRef,
    reads: &'a LedgerReads,
) -> impl Iterator<Item = (String, &'a LedgerRead)> {
    let of = format!("reads {}", unit_words(unit));
    let LedgerReads { definition, files } = reads;
    let definition = definition.iter().map(|read| (DEFINITION.to_owned(), read));
    let files = files
        .iter()
        .map(|(path, read)| (percent::encode(path.as_str()), read));
    let all = definition.chain(files);
    all.map(move |(what, read)| (format!("{of} {what}"), read))
}

fn reads_lines(unit: &UnitRef, left: &LedgerUnit) -> String {
    let line = |(key, read): (String, &LedgerRead)| {
        let [run, left] = [read.run, read.left].map(held_word);
        format!("{key} {run} {left}\n")
    };
    reads_by_key(unit, &left.reads).map(line).collect()
}

fn held_word(held: Option<Held>) -> String {
    match held {
        None => NONE.to_owned(),
        Some(Held::Nothing) => NOTHING.to_owned(),
        Some(Held::Digest(digest)) => digest.to_string(),
    }
}

/// An invocation as it is written: what is none is left out.
pub(crate) fn or_dash(text: &str) -> &str {
    if is_invocation(text) { text } else { NONE }
}

/// Whether this is an `InvocationID` as `systemctl show` prints it: 128 bits in lower case.
pub(crate) fn is_invocation(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Reads what [`write()`] wrote. A line that it would not have written, or that is about something that abide cannot own,
/// is a finding and nothing more; the others stand.
pub fn read(text: &str) -> Result<Contents, LedgerError> {
    let (lines, whole) = split(text)?;
    match whole {
        true => Ok(contents_of_lines(&lines)),
        false => Err(LedgerError::Cut),
    }
}

/// What can be believed of a text that may be no whole ledger, for whoever repairs it, and what is wrong with it as a whole.
pub fn read_leniently(text: &str) -> (Contents, Option<LedgerTextFault>) {
    match split(text) {
        Ok((lines, true)) => (contents_of_lines(&lines), None),
        Ok((lines, false)) => (contents_of_lines(&lines), Some(LedgerTextFault::Cut)),
        Err(_) if is_of_another_version(text) => {
            (Contents::default(), Some(LedgerTextFault::Newer))
        }
        Err(_) => (without_head(text), Some(LedgerTextFault::NoLedger)),
    }
}

/// Whether its first line is that of a ledger of another version.
fn is_of_another_version(text: &str) -> bool {
    let first = text.split('\n').next().unwrap_or_default();
    let number = HEADER
        .rsplit_once(' ')
        .and_then(|(name, _)| first.strip_prefix(name)?.strip_prefix(' '));
    number.is_some_and(|number| {
        !number.is_empty() && number.len() < 10 && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The valid lines of a text that does not begin as a ledger. It may be anything, so no line of it is shown.
fn without_head(text: &str) -> Contents {
    let mut found = Contents::default();
    let mut lines: Vec<&str> = text.split('\n').collect();
    // What stands behind the last newline was cut.
    lines.pop();
    let _end = lines.pop_if(|line| *line == END);
    for (line, number) in lines.iter().zip(1..) {
        if let Err(fault) = read_line(&mut found, line, number) {
            found.find(number, "", fault);
        }
    }
    found
}

/// The lines between the first and the last, and whether the last is there.
fn split(text: &str) -> Result<(Vec<&str>, bool), LedgerError> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.first() != Some(&HEADER) {
        return Err(LedgerError::Version);
    }
    lines.remove(0);
    // A line ends with a newline: what stands behind the last one was cut.
    let rest = lines.pop();
    let whole = rest == Some("") && lines.pop_if(|line| *line == END).is_some();
    Ok((lines, whole))
}

fn contents_of_lines(lines: &[&str]) -> Contents {
    let mut contents = Contents::default();
    for (line, number) in lines.iter().zip(2..) {
        if let Err(fault) = read_line(&mut contents, line, number) {
            contents.find(number, line, fault);
        }
    }
    contents
}

impl Contents {
    fn find(&mut self, line: usize, text: &str, fault: LedgerFault) {
        if self.findings.len() < MOST_FINDINGS {
            let text: String = printable_text(text)
                .replace('\t', " ")
                .chars()
                .take(SHOWN)
                .collect();
            self.findings.push(LedgerFinding { line, text, fault });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Lets go of files that do not lie below the home of their user, where that is known.
    pub(crate) fn at_home<'a>(&mut self, home: impl Fn(&UserName) -> Option<&'a HostPath>) {
        let files = std::mem::take(&mut self.ledger.files);
        for (path, file) in files {
            let user = file.scope.user();
            let home = user.and_then(|user| Some((user, home(user)?)));
            let fault = home.and_then(|(user, home)| ownable::below_home(user, home, &path).err());
            match fault {
                None => {
                    self.ledger.files.insert(path, file);
                }
                Some(fault) => {
                    let (line, text) = self.files.remove(&path).unwrap_or_default();
                    self.find(line, &text, fault.into());
                }
            }
        }
        self.findings.sort_by_key(|finding| finding.line);
    }
}

fn read_line(contents: &mut Contents, line: &str, number: usize) -> Result<(), LedgerFault> {
    let words: Vec<&str> = line.split(' ').collect();
    let ledger = &mut contents.ledger;
    let new = match words.as_slice() {
        ["user", name] => {
            let name = user(name)?;
            ownable::account(&name)?;
            ledger.users.insert(name)
        }
        ["linger", name] => ledger.lingers.insert(user(name)?),
        ["attribute", name, field, value] => {
            let user = user(name)?;
            let (field, value) = (decode_word(field)?, decode_word(value)?);
            let of = ledger.attributes.entry(user).or_default();
            let new = !of.contains_key(&field);
            of.entry(field).or_insert(value);
            new
        }
        ["file", scope, path, digest] => {
            let path = or_meaningless(HostPath::parse(&decode_word(path)?).ok())?;
            let scope = read_scope(scope)?;
            let digest = match *digest {
                CLAIMED => None,
                digest => Some(read_digest(digest)?),
            };
            ownable::file(&scope, &path)?;
            if ledger.files.contains_key(&path) {
                return Err(LedgerFault::Twice);
            }
            let shown = line.chars().take(SHOWN).collect();
            contents.files.insert(path.clone(), (number, shown));
            ledger.files.insert(path, LedgerFile { scope, digest });
            true
        }
        ["unit", scope, name, invocation, config, enabled] => {
            let left = read_unit([invocation, config, enabled], false)?;
            add_unit(ledger, scope, name, left)?
        }
        ["unit", scope, name, invocation, config, enabled, CLAIMED] => {
            let left = read_unit([invocation, config, enabled], true)?;
            add_unit(ledger, scope, name, left)?
        }
        ["reads", scope, name, what, run, left] => {
            let read = LedgerRead {
                run: read_held(run)?,
                left: read_held(left)?,
            };
            add_read(ledger, scope, name, what, read)?
        }
        _ => return Err(LedgerFault::Meaningless),
    };
    match new {
        true => Ok(()),
        false => Err(LedgerFault::Twice),
    }
}

fn read_digest(word: &str) -> Result<Digest, LedgerFault> {
    let digest: Digest = or_meaningless(word.parse().ok())?;
    match digest.to_string() == word {
        true => Ok(digest),
        false => Err(LedgerFault::Meaningless),
    }
}

fn user(word: &str) -> Result<UserName, LedgerFault> {
    or_meaningless(UserName::parse(&decode_word(word)?).ok())
}

fn read_scope(word: &str) -> Result<Scope, LedgerFault> {
    or_meaningless(decode_word(word)?.parse().ok())
}

fn or_meaningless<T>(read: Option<T>) -> Result<T, LedgerFault> {
    read.ok_or(LedgerFault::Meaningless)
}

/// The text of a word, in the one way to write it.
fn decode_word(word: &str) -> Result<String, LedgerFault> {
    let text = or_meaningless(percent::decode(word))?;
    match percent::encode(&text) == word {
        true => Ok(text),
        false => Err(LedgerFault::Meaningless),
    }
}

fn add_unit(
    ledger: &mut Ledger,
    scope: &str,
    name: &str,
    left: LedgerUnit,
) -> Result<bool, LedgerFault> {
    let scope = read_scope(scope)?;
    let unit = or_meaningless(UnitName::parse(&decode_word(name)?).ok())?;
    let unit = UnitRef { scope, unit };
    if ledger.units.contains_key(&unit) {
        return Ok(false);
    }
    ledger.units.insert(unit, left);
    Ok(true)
}

/// What a unit reads: the line of the unit came before.
fn add_read(
    ledger: &mut Ledger,
    scope: &str,
    name: &str,
    what: &str,
    read: LedgerRead,
) -> Result<bool, LedgerFault> {
    let scope = read_scope(scope)?;
    let unit = or_meaningless(UnitName::parse(&decode_word(name)?).ok())?;
    let unit = ledger.units.get_mut(&UnitRef { scope, unit });
    let reads = &mut or_meaningless(unit)?.reads;
    if what == DEFINITION {
        let new = reads.definition.is_none();
        reads.definition.get_or_insert(read);
        return Ok(new);
    }
    let path = or_meaningless(HostPath::parse(&decode_word(what)?).ok())?;
    let new = !reads.files.contains_key(&path);
    reads.files.entry(path).or_insert(read);
    Ok(new)
}

fn read_held(word: &str) -> Result<Option<Held>, LedgerFault> {
    Ok(match word {
        NONE => None,
        NOTHING => Some(Held::Nothing),
        digest => Some(Held::Digest(read_digest(digest)?)),
    })
}

fn read_unit(
    [invocation, config, enabled]: [&str; 3],
    claimed: bool,
) -> Result<LedgerUnit, LedgerFault> {
    let invocation = match invocation {
        NONE => String::new(),
        id if is_invocation(id) => id.to_owned(),
        _ => return Err(LedgerFault::Meaningless),
    };
    let config = match config {
        NONE => None,
        digest => Some(read_digest(digest)?),
    };
    let enabled = match enabled {
        ENABLED => true,
        NONE => false,
        _ => return Err(LedgerFault::Meaningless),
    };
    Ok(LedgerUnit {
        invocation,
        config,
        enabled,
        claimed,
        reads: LedgerReads::default(),
    })
}

#[cfg(test)]
mod tests;
