//! What an apply script tells, read line by line. A host's lines are bounded, printable, without the secrets of the
//! manifest, and believed only behind the run's nonce.

use abide_model::{
    ActionId, FailedUnit, LockHolder, Masks, Plan, StepOutcome, Suspension, Timestamp, UnitRef,
    printable,
};

/// Longest text of one event, in characters.
const LONGEST: usize = 2000;
/// Most journal lines that are kept of one unit.
const MOST_LINES: usize = 40;

/// One thing that an apply script told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostEvent {
    /// A step began.
    Start(ActionId),
    /// A step ended.
    Done {
        /// Which.
        action: ActionId,
        /// How.
        outcome: StepOutcome,
        /// What the host said; may be empty.
        message: String,
    },
    /// Something that belongs to no step.
    Progress(String),
    /// Somebody else holds the lock; nothing was done.
    Locked(LockHolder),
    /// Somebody else holds the lock, and it is waited for, so many seconds at most.
    Waiting(u64, LockHolder),
    /// The host is suspended; nothing was done.
    Suspended(Suspension),
    /// A fact that the plan stands on has changed; nothing was done.
    Stale(String),
    /// A unit did not hold.
    UnitFailed(FailedUnit),
    /// Something failed that belongs to no step.
    Failed(String),
}

/// Reads the lines of one run.
#[derive(Debug)]
pub struct Reader {
    nonce: String,
    /// Only actions of the plan are believed.
    actions: Vec<ActionId>,
    /// A unit whose journal lines are still coming.
    unit: Option<FailedUnit>,
    masks: Masks,
}

impl Reader {
    /// Reads what the script of this plan tells with this nonce, without these secrets.
    pub fn new(plan: &Plan, nonce: &str, masks: Masks) -> Self {
        Self {
            nonce: nonce.to_owned(),
            actions: plan.actions.iter().map(|action| action.id).collect(),
            unit: None,
            masks,
        }
    }

    /// The events that a line completes. Lines without the nonce are not ours and mean nothing. A failed unit is
    /// complete with the line that is not of its journal; the script's `end` sees to that.
    pub fn line(&mut self, line: &[u8]) -> Vec<HostEvent> {
        let line = String::from_utf8_lossy(line);
        let ours = line.strip_prefix(self.nonce.as_str());
        let Some(rest) = ours.and_then(|rest| rest.strip_prefix(' ')) else {
            return Vec::new();
        };
        let (kind, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        if kind == "journal" {
            if let Some(unit) = self
                .unit
                .as_mut()
                .filter(|unit| unit.journal.len() < MOST_LINES)
            {
                let line = self.masks.hide(rest);
                unit.journal.push(text(&line));
            }
            return Vec::new();
        }
        let waiting = self.unit.take().map(HostEvent::UnitFailed);
        if kind == "unit" {
            self.unit = self.failed_unit(rest);
        }
        let event = self.event(kind, rest);
        waiting.into_iter().chain(event).collect()
    }

    fn event(&self, kind: &str, rest: &str) -> Option<HostEvent> {
        match kind {
            "begin" => self.action(rest).map(HostEvent::Start),
            "done" => self.done(rest),
            "progress" => Some(HostEvent::Progress(self.text(rest))),
            "locked" => Some(HostEvent::Locked(holder(&self.fields(rest)))),
            "waiting" => {
                let (left, body) = rest.split_once(' ')?;
                let holder = holder(&self.fields(body));
                Some(HostEvent::Waiting(left.parse().ok()?, holder))
            }
            "suspended" => Some(HostEvent::Suspended(suspension(&self.fields(rest)))),
            "stale" => Some(HostEvent::Stale(self.text(rest))),
            "failed" => Some(HostEvent::Failed(self.text(rest))),
            _ => None,
        }
    }

    fn done(&self, rest: &str) -> Option<HostEvent> {
        let (id, rest) = rest.split_once(' ')?;
        let (outcome, message) = rest.split_once(' ').unwrap_or((rest, ""));
        let outcome = match outcome {
            "ok" => StepOutcome::Ok,
            "failed" => StepOutcome::Failed,
            "skipped" => StepOutcome::Skipped,
            "restored" => StepOutcome::Restored,
            _ => return None,
        };
        Some(HostEvent::Done {
            action: self.action(id)?,
            outcome,
            message: self.text(message),
        })
    }

    fn failed_unit(&self, rest: &str) -> Option<FailedUnit> {
        let (unit, state) = rest.split_once(' ')?;
        let unit: UnitRef = unit.parse().ok()?;
        Some(FailedUnit {
            unit,
            state: self.text(state),
            journal: Vec::new(),
        })
    }

    /// `key=value` lines, which come with tabs between them.
    fn fields(&self, raw: &str) -> String {
        self.masks.hide(raw).replace('\t', "\n")
    }

    fn text(&self, raw: &str) -> String {
        text(&self.masks.hide(raw))
    }

    fn action(&self, word: &str) -> Option<ActionId> {
        let id = ActionId(word.trim().parse().ok()?);
        self.actions.contains(&id).then_some(id)
    }
}

/// Who holds a lock, from its `key=value` lines; what is missing is empty.
pub(crate) fn holder(body: &str) -> LockHolder {
    let field = |key: &str| field(body, key);
    LockHolder {
        who: field("who"),
        operation: field("operation"),
        since: seconds(&field("since")),
        id: field("id"),
        plan: field("plan"),
        url: field("url"),
    }
}

/// A suspension, from its `key=value` lines. One without an end is over: nobody would ever lift it.
pub(crate) fn suspension(body: &str) -> Suspension {
    let field = |key: &str| field(body, key);
    Suspension {
        who: field("who"),
        reason: field("reason"),
        since: seconds(&field("since")),
        until: seconds(&field("until")),
    }
}

fn field(body: &str, key: &str) -> String {
    let mut lines = body.lines();
    let line = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    text(line.unwrap_or_default())
}

fn seconds(text: &str) -> Timestamp {
    Timestamp::from_secs(text.parse().unwrap_or_default())
}

fn text(raw: &str) -> String {
    let short: String = raw.chars().take(LONGEST).collect();
    printable(short.trim())
}
