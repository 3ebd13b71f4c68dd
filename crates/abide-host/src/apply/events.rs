//! What an apply script tells, read line by line. A host's lines are bounded, printable, without the secrets of the
//! manifest, and believed only behind the run's nonce.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    ActionId, FailedUnit, LockHolder, Masks, Plan, StepOutcome, Suspension, Timestamp, UnitRef,
    printable_text,
};

/// Longest text of one event, in characters.
const LONGEST: usize = 2000;
/// Longest line of a journal, in characters.
const LONGEST_LINE: usize = 500;
/// Most journal lines that are kept of one unit.
const MOST_LINES: usize = 40;
/// Bytes that all texts of a run may have together, and more for each of its actions. All reports hold them.
const TEXTS: usize = 32 << 10;
const TEXT_OF_ACTION: usize = 512;
/// Events that belong to no step, and more for each action. A script waits for a lock once a second at most.
const EVENTS: usize = 4096;
/// A step ends, and may be put back: more is not believed.
const MOST_ENDS: u8 = 3;
const EVENTS_OF_ACTION: usize = 8;

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
    /// Something that a person should know and that stops nothing.
    Notice(String),
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
pub struct ApplyReader {
    nonce: String,
    /// Only actions of the plan are believed.
    actions: Vec<ActionId>,
    /// A unit whose journal lines are still coming.
    unit: Option<FailedUnit>,
    /// Lines of its journal that nobody will see.
    left_out: usize,
    /// How many bytes of text may still come.
    room: usize,
    /// How many events beside the steps may still come.
    events: usize,
    /// Steps that have begun: each does so once.
    begun: BTreeSet<ActionId>,
    /// How often each step has ended: what was done may be undone later.
    ended: BTreeMap<ActionId, u8>,
    masks: Masks,
}

/// How many bytes the script of this plan may print: what its steps say, and the last words of its units.
pub fn largest_output(plan: &Plan) -> usize {
    let actions = plan.actions.len().saturating_add(plan.watches.len());
    actions.saturating_mul(16 << 10).saturating_add(1 << 20)
}

impl ApplyReader {
    /// Reads what the script of this plan tells with this nonce, without these secrets.
    pub fn new(plan: &Plan, nonce: &str, masks: Masks) -> Self {
        let actions = plan.actions.len();
        Self {
            nonce: nonce.to_owned(),
            actions: plan.actions.iter().map(|action| action.id).collect(),
            unit: None,
            left_out: 0,
            room: actions.saturating_mul(TEXT_OF_ACTION).saturating_add(TEXTS),
            events: actions
                .saturating_mul(EVENTS_OF_ACTION)
                .saturating_add(EVENTS),
            begun: BTreeSet::new(),
            ended: BTreeMap::new(),
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
            self.journal(rest);
            return Vec::new();
        }
        let waiting = self.unit.take().map(|unit| self.failed_unit_event(unit));
        if kind == "unit" && self.may_tell() {
            self.unit = self.failed_unit(rest);
        }
        let event = self.event(kind, rest);
        waiting.into_iter().chain(event).collect()
    }

    /// A line of the journal of the unit that was told last.
    fn journal(&mut self, line: &str) {
        let Some(mut unit) = self.unit.take() else {
            return;
        };
        if unit.journal.len() < MOST_LINES && self.room > 0 {
            let line = self.masks.hide(line);
            let line = self.text_that_fits(&line, LONGEST_LINE);
            unit.journal.push(line);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
        self.unit = Some(unit);
    }

    /// A unit with all of its journal that is kept.
    fn failed_unit_event(&mut self, mut unit: FailedUnit) -> HostEvent {
        match std::mem::take(&mut self.left_out) {
            0 => {}
            1 => unit.journal.push("… 1 more line left out".to_owned()),
            more => unit.journal.push(format!("… {more} more lines left out")),
        }
        HostEvent::UnitFailed(unit)
    }

    /// Whether one more event beside the steps is passed on.
    fn may_tell(&mut self) -> bool {
        let left = self.events.checked_sub(1);
        self.events = left.unwrap_or_default();
        left.is_some()
    }

    fn event(&mut self, kind: &str, rest: &str) -> Option<HostEvent> {
        match kind {
            "begin" => {
                let action = self.action(rest)?;
                self.begun
                    .insert(action)
                    .then_some(HostEvent::Start(action))
            }
            "done" => self.done_event(rest),
            _ if !self.may_tell() => None,
            "progress" => Some(HostEvent::Progress(self.text(rest))),
            "notice" => Some(HostEvent::Notice(self.text(rest))),
            "locked" => Some(HostEvent::Locked(lock_holder(
                &self.masked_field_lines(rest),
            ))),
            "waiting" => {
                let (left, body) = rest.split_once(' ')?;
                let holder = lock_holder(&self.masked_field_lines(body));
                Some(HostEvent::Waiting(left.parse().ok()?, holder))
            }
            "suspended" => Some(HostEvent::Suspended(suspension(
                &self.masked_field_lines(rest),
            ))),
            "stale" => Some(HostEvent::Stale(self.text(rest))),
            "failed" => Some(HostEvent::Failed(self.text(rest))),
            _ => None,
        }
    }

    fn done_event(&mut self, rest: &str) -> Option<HostEvent> {
        let (id, rest) = rest.split_once(' ')?;
        let (outcome, message) = rest.split_once(' ').unwrap_or((rest, ""));
        let outcome = match outcome {
            "ok" => StepOutcome::Ok,
            "failed" => StepOutcome::Failed,
            "skipped" => StepOutcome::Skipped,
            "restored" => StepOutcome::Restored,
            _ => return None,
        };
        let action = self.action(id)?;
        let ended = self.ended.entry(action).or_default();
        if *ended >= MOST_ENDS {
            return None;
        }
        *ended = ended.saturating_add(1);
        Some(HostEvent::Done {
            action,
            outcome,
            message: self.text(message),
        })
    }

    fn failed_unit(&mut self, rest: &str) -> Option<FailedUnit> {
        let (unit, state) = rest.split_once(' ')?;
        let unit: UnitRef = unit.parse().ok()?;
        Some(FailedUnit {
            unit,
            state: with_step(&self.text(state)),
            journal: Vec::new(),
        })
    }

    /// `key=value` lines, which come with tabs between them.
    fn masked_field_lines(&self, raw: &str) -> String {
        self.masks.hide(raw).replace('\t', "\n")
    }

    fn text(&mut self, raw: &str) -> String {
        let raw = self.masks.hide(raw);
        self.text_that_fits(&raw, LONGEST)
    }

    /// As much of a text as fits, with a mark where it does not.
    fn text_that_fits(&mut self, raw: &str, most: usize) -> String {
        let mut text = cut(raw, most);
        if text.len() > self.room {
            let end = (0..=self.room).rev().find(|at| text.is_char_boundary(*at));
            text.truncate(end.unwrap_or_default());
            text.push('…');
        }
        self.room = self.room.saturating_sub(text.len());
        text
    }

    fn action(&self, word: &str) -> Option<ActionId> {
        let id = ActionId(word.trim().parse().ok()?);
        self.actions.contains(&id).then_some(id)
    }
}

/// Who holds a lock, from its `key=value` lines; what is missing is empty.
pub(crate) fn lock_holder(body: &str) -> LockHolder {
    let field = |key: &str| field(body, key);
    LockHolder {
        who: field("who"),
        operation: field("operation"),
        since: parse_unix_time(&field("since")),
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
        since: parse_unix_time(&field("since")),
        until: parse_unix_time(&field("until")),
    }
}

fn field(body: &str, key: &str) -> String {
    let mut lines = body.lines();
    let line = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    text(line.unwrap_or_default())
}

fn parse_unix_time(text: &str) -> Timestamp {
    Timestamp::from_secs(text.parse().unwrap_or_default())
}

fn text(raw: &str) -> String {
    cut(raw, LONGEST)
}

fn cut(raw: &str, most: usize) -> String {
    let short: String = raw.chars().take(most).collect();
    printable_text(short.trim())
}

/// The same with an exit status as systemd's own steps have it: `exit status 203` is `203/EXEC`.
fn with_step(state: &str) -> String {
    let words = |part: &str| {
        let status = part.strip_prefix("exit status ")?.parse().ok()?;
        Some(abide_model::health::status(status))
    };
    let parts: Vec<String> = state
        .split(", ")
        .map(|part| words(part).unwrap_or_else(|| part.to_owned()))
        .collect();
    parts.join(", ")
}
