//! The script that mends the ledgers of a host, and what it tells.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_model::{
    Digest, LedgerRepair, LockHolder, RepairStep, StepResult, Suspension, printable_text,
};

use crate::apply::{lock_holder, suspension};
use crate::ledger;
use crate::quote::{quote, word};

const FUNCTIONS: [&str; 7] = [
    crate::probe::COMMON,
    ledger::EACH,
    crate::PLACES,
    include_str!("../apply/events.sh"),
    crate::LOCK,
    include_str!("../apply/run.sh"),
    include_str!("repair.sh"),
];

/// Longest text of one line, in characters.
const LONGEST: usize = 500;

/// What a run of the script is told beside what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairOptions {
    /// A word that nothing on the host can know.
    pub nonce: String,
    /// `user@machine` of the controller, for the lock.
    pub who: String,
    /// Where the job of a CI system that this run is part of can be seen, for the lock; may be empty.
    pub url: String,
    /// How long it may take once it has the lock.
    pub time_limit: Duration,
}

/// What came of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repaired {
    /// What became of each step, by its place among them; those that are missing were not reached.
    pub steps: BTreeMap<usize, StepResult>,
    /// Somebody else holds the lock; nothing was done.
    pub locked: Option<LockHolder>,
    /// The host is suspended; nothing was done.
    pub suspended: Option<Suspension>,
    /// What failed that belongs to no step.
    pub failed: Vec<String>,
    /// The script came to its end.
    pub ended: bool,
}

/// The script. It runs as [`bootstrap`](crate::bootstrap) runs scripts.
pub fn script(repair: &LedgerRepair, options: &RepairOptions) -> String {
    let mut parts = vec![
        "# shellcheck disable=SC2034,SC2154,SC2317 # functions are shared with other scripts\nmain() {\n"
            .to_owned(),
    ];
    for functions in FUNCTIONS {
        parts.push(functions.to_owned());
        parts.push("\n".to_owned());
    }
    parts.push(format!(
        "trap '' HUP INT PIPE\nexport LC_ALL=C TZ=UTC SYSTEMD_LOG_COLOR=0\numask 022\ncd / || exit\n\
         nonce={}\ntime_limit={}\noperation='ledger repair'\nlock_timeout=0\n\
         outcome=0 user_scopes='' touched='' work='' given_up='' told_hung='' moved_to=''\n\
         places \"$1\" \"${{4-}}\"\nstate=$runtime\nacting_id=$(id -u)\nbegan_at=$(date +%s)\n\
         find_limiter\nbegin_time\ntake_lock {} '' {}\nhas_lock=yes\ntrap clean_up EXIT\ncheck_suspension\n",
        word(&options.nonce),
        options.time_limit.as_secs(),
        quote(&one_line(&options.who)),
        quote(&one_line(&options.url)),
    ));
    for (number, step) in repair.steps.iter().enumerate() {
        parts.push(call(number, step, &options.nonce));
    }
    parts.push("end_run \"$outcome\"\n}\nmain \"$@\" </dev/null\n".to_owned());
    parts.concat()
}

fn call(number: usize, step: &RepairStep, nonce: &str) -> String {
    match step {
        // What is in a directory is judged only once nobody else can change it.
        RepairStep::Directory(fault) => {
            format!("mend_directory {number} {} || end_run 1\n", fault.word())
        }
        RepairStep::InTheWay => format!("mend_way {number}\n"),
        RepairStep::SetAside { name, fault } => {
            format!(
                "set_aside {number} {} {}\n",
                word(name.as_str()),
                fault.word()
            )
        }
        RepairStep::Readable { name } => {
            format!("make_readable {number} {}\n", word(name.as_str()))
        }
        RepairStep::Rewrite { name, was, ledger } => {
            let text = ledger::write(ledger);
            let becomes = Digest::of_bytes(text.as_bytes());
            format!(
                "rewrite {number} {} {was} {becomes} <<'{nonce}'\n{text}{nonce}\n",
                word(name.as_str())
            )
        }
    }
}

/// What is written there is one line of a file.
fn one_line(text: &str) -> String {
    let flat = printable_text(text).replace(['\n', '\t'], " ");
    flat.chars().take(LONGEST).collect()
}

/// How many bytes the script of this repair may print.
pub fn largest_answer(repair: &LedgerRepair) -> usize {
    let steps = repair.steps.len().saturating_mul(8 << 10);
    steps.saturating_add(64 << 10)
}

/// Reads the lines of one run.
#[derive(Debug)]
pub struct RepairReader {
    nonce: String,
    steps: usize,
    told: Repaired,
}

impl RepairReader {
    /// Reads what the script of this repair tells with this nonce.
    pub fn new(repair: &LedgerRepair, nonce: &str) -> Self {
        Self {
            nonce: nonce.to_owned(),
            steps: repair.steps.len(),
            told: Repaired::default(),
        }
    }

    /// One line. Those without the nonce are not ours and mean nothing; of a step the first counts.
    pub fn line(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let ours = line.strip_prefix(self.nonce.as_str());
        let Some(rest) = ours.and_then(|rest| rest.strip_prefix(' ')) else {
            return;
        };
        let (kind, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        match kind {
            "mended" => self.step(rest, |copy| StepResult::Mended {
                kept: (!copy.is_empty()).then_some(copy),
            }),
            "not-mended" => self.step(rest, |said| StepResult::Failed { said }),
            "locked" => self.told.locked = Some(lock_holder(&rest.replace('\t', "\n"))),
            "suspended" => self.told.suspended = Some(suspension(&rest.replace('\t', "\n"))),
            "failed" if self.told.failed.len() < 8 => self.told.failed.push(one_line(rest)),
            "end" => self.told.ended = true,
            _ => {}
        }
    }

    fn step(&mut self, rest: &str, outcome: impl FnOnce(String) -> StepResult) {
        let (number, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let Ok(number) = number.parse::<usize>() else {
            return;
        };
        if number < self.steps {
            let text = one_line(text);
            self.told
                .steps
                .entry(number)
                .or_insert_with(|| outcome(text));
        }
    }

    /// What came of it.
    pub fn end(self) -> Repaired {
        self.told
    }
}

#[cfg(test)]
mod tests;
