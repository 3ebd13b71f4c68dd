//! How much an answer may be, from what was asked: in bytes, and in things. What is more is not read, so that no host, and
//! no user of one, takes more of the controller than its question deserves.
//!
//! The script keeps to the bytes by itself, scope by scope: a user who has too much to say loses their own scope, and
//! the host does not lose its answer. Against a host that does not keep to them, the whole answer is limited as well.

use abide_model::printable_text;

/// What a host says about itself: its users, their groups, sessions and managers.
pub(super) const HOST: usize = 2 << 20;
/// The ledgers of all manifests together.
pub(crate) const LEDGERS: usize = 2 << 20;
/// All scopes together that nobody declares and that the ledger names.
pub(super) const SPARE: usize = 2 << 20;
/// A user of a scope that is asked.
const USER: usize = 1 << 10;
/// A scope with nothing in it: links and drop-ins of others, units beside declared ones, what the ledger still has.
const SCOPE: usize = 1 << 20;
/// All scopes share this, however many there are.
const ALL_SCOPES: usize = 128 << 20;
/// `systemctl show` says one to three KiB about a unit.
const UNIT: usize = 16 << 10;
/// Instances of a template that nobody declares are shown as well.
const PATTERN: usize = 16 * UNIT;
/// What is at a path, apart from its content.
const FILE: usize = 2 << 10;
/// Contents of files that differ, for each file: most have less, and then others may have more.
const CONTENT: usize = 64 << 10;
/// Contents of a scope are this much at most, and at least what [`SMALL`] says.
const CONTENTS: usize = 8 << 20;
const SMALL: usize = 512 << 10;
/// No answer is larger, whatever was asked.
const LARGEST: usize = 256 << 20;

/// Units, files, links or entries of a ledger that nobody declares, in one scope or ledger: more are not believed.
pub(super) const MOST_UNDECLARED: usize = 4096;
/// Units that go along with declared ones.
pub(super) const MOST_BESIDE: usize = 1024;
/// Other units that a unit names, on average.
const RELATIONS: usize = 256;
/// Properties that `systemctl show` prints of one unit: it is asked for some fifty.
pub(super) const MOST_PROPERTIES: usize = 64;
/// Drop-ins of one unit.
pub(super) const MOST_DROP_INS: usize = 256;
/// Users with a linger record.
pub(super) const MOST_LINGERING: usize = 4096;
/// Ledgers of other manifests.
pub(crate) const MOST_LEDGERS: usize = 256;
/// Processes of users that are to go: the script counts as far.
pub(super) const MOST_PROCESSES: usize = 500;
/// Groups of one user: what Linux lets one be in is 65536, and nobody is.
pub(super) const MOST_GROUPS: usize = 1024;

/// Groups of a host, sessions, managers of users.
pub(super) const MOST_LINES: usize = 65536;

/// Frames of an answer, or of a scope in it: there are three for a file that is a link, and few others.
pub(super) const MOST_FRAMES: usize = 65536;

/// Characters of a word of systemd, such as a state.
pub(super) const WORD: usize = 64;
/// Characters of a name, such as a host's.
pub(crate) const NAME: usize = 200;
/// Characters of a sentence, such as why something is not known.
pub(super) const SENTENCE: usize = 500;
/// Characters of a path: `PATH_MAX`.
pub(super) const PATH: usize = 4096;

/// What is asked of one scope, counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) units: usize,
    pub(super) patterns: usize,
    pub(super) files: usize,
}

impl Counts {
    /// How many bytes of contents the scope may send, where so many scopes are asked.
    pub(super) fn content_bytes(self, scopes: usize) -> usize {
        let asked = self.files.saturating_mul(CONTENT);
        asked.clamp(SMALL.min(scope_share(scopes)), CONTENTS)
    }

    /// How many bytes the scope itself may say. Each of its lines comes behind a tab, so up to twice as many arrive.
    pub(super) fn answer_bytes(self, scopes: usize) -> usize {
        // In base64, in lines of 76 characters.
        let contents = self.content_bytes(scopes).saturating_mul(3) / 2;
        [
            SCOPE.min(scope_share(scopes)),
            self.units.saturating_mul(UNIT),
            self.patterns.saturating_mul(PATTERN),
            self.files.saturating_mul(FILE),
            contents,
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }

    /// How many units the scope may describe that were asked for.
    pub(super) fn most_units(self) -> usize {
        self.units.saturating_add(MOST_UNDECLARED)
    }

    /// How many other units all units of the scope may name.
    pub(super) fn most_names(self) -> usize {
        let undeclared = MOST_UNDECLARED.saturating_mul(8);
        self.units
            .saturating_mul(RELATIONS)
            .saturating_add(undeclared)
    }
}

fn scope_share(scopes: usize) -> usize {
    ALL_SCOPES / scopes.max(1)
}

/// How many bytes the answer of a host may have whose scopes may say these.
pub(super) fn whole_answer_bytes(scopes: impl Iterator<Item = usize>) -> usize {
    let fixed = HOST.saturating_add(LEDGERS).saturating_add(SPARE);
    let indented = scopes.map(|scope| scope.saturating_mul(2).saturating_add(USER));
    indented.fold(fixed, usize::saturating_add).min(LARGEST)
}

/// A host's word or sentence for a person: safe to print, and cut after so many characters.
pub(crate) fn printable_up_to(text: &str, most: usize) -> String {
    printable_text(cut(text.trim(), most))
}

/// The first so many characters.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(most);
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}
