//! Why a host failed, as data: what of a run went wrong beside what its steps and units tell.

use std::fmt::{self, Formatter};

use serde::{Deserialize, Serialize};

use crate::observed::LockHolder;
use crate::stale::StaleFact;
use crate::step_outcome::StepOutcome;

/// Why a host failed.
///
/// Files and documents have it in words: who reads one back has [`Self::Told`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum FailReason {
    /// So many of something are not as they should be; the details stand beside it in the report.
    Counted {
        /// How many.
        number: usize,
        /// Of what.
        what: Failing,
    },
    /// A user's scope was left alone, as a fact about it had moved.
    ScopeLeftAlone(Box<StaleFact>),
    /// Somebody's script still runs there.
    StillRuns(Box<LockHolder>),
    /// Nobody knows how it is after the run.
    NotSeenAfterwards {
        /// Why it could not be observed, as the error says.
        why: String,
    },
    /// The apply script ended otherwise than well and told no reason.
    ScriptEnded {
        /// Its exit status; `None` where a signal ended it.
        status: Option<i32>,
        /// Its last words.
        said: String,
    },
    /// It was to be changed without having been observed.
    NotObserved,
    /// This machine gave no random bytes.
    NoRandom {
        /// As the error says.
        error: String,
    },
    /// abide itself failed: a mistake in it.
    Abide {
        /// As the error says.
        error: String,
    },
    /// As the host's script, the connection or an earlier document tells it.
    Told(String),
}

/// What may be not as it should be after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// Steps that ended so; only failed and restored ones are counted.
    Steps(StepOutcome),
    /// Units that do not stay up.
    Units,
    /// Changes that a new plan would still make.
    Changes,
    /// Resources that a new plan refuses.
    Refused,
}

impl FailReason {
    /// A reason in the words of somebody else.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self::Told(text.into())
    }
}

impl From<FailReason> for String {
    fn from(reason: FailReason) -> Self {
        reason.to_string()
    }
}

impl From<String> for FailReason {
    fn from(text: String) -> Self {
        Self::Told(text)
    }
}

impl fmt::Display for FailReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counted { number, what } => {
                let (noun, how) = what.words();
                let plural = if *number == 1 { "" } else { "s" };
                write!(f, "{number} {noun}{plural} {how}")
            }
            Self::ScopeLeftAlone(fact) => write!(f, "stale, so its scope was left alone: {fact}"),
            Self::StillRuns(holder) => {
                write!(f, "{} of {} still runs there", holder.operation, holder.who)
            }
            Self::NotSeenAfterwards { why } => write!(
                f,
                "it could not be observed afterwards: {why}; run `abide plan` to see how it is"
            ),
            Self::ScriptEnded { status, said } => {
                f.write_str("the apply script ended with ")?;
                match status {
                    Some(status) => write!(f, "status {status}: {said}"),
                    None => write!(f, "a signal: {said}"),
                }
            }
            Self::NotObserved => f.write_str("it was not observed before"),
            Self::NoRandom { error } => write!(f, "no random numbers on this machine: {error}"),
            Self::Abide { error } => write!(f, "abide itself failed: {error}"),
            Self::Told(text) => f.write_str(text),
        }
    }
}

impl Failing {
    /// One of it, and what became of it.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Steps(StepOutcome::Ok) => ("step", "done"),
            Self::Steps(StepOutcome::Failed) => ("step", "failed"),
            Self::Steps(StepOutcome::Skipped) => ("step", "skipped"),
            Self::Steps(StepOutcome::Restored) => ("step", "undone: the old files are back"),
            Self::Units => ("unit", "not staying up"),
            Self::Changes => ("change", "left to do"),
            Self::Refused => ("resource", "refused now"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FailReason, Failing};
    use crate::step_outcome::StepOutcome;

    #[test]
    fn a_reason_is_written_in_words_and_read_back_with_the_same() {
        let count = |number, what| FailReason::Counted { number, what };
        let words = [
            (
                count(1, Failing::Steps(StepOutcome::Failed)),
                "1 step failed",
            ),
            (count(2, Failing::Units), "2 units not staying up"),
            (
                FailReason::ScriptEnded {
                    status: Some(2),
                    said: "sh: no".to_owned(),
                },
                "the apply script ended with status 2: sh: no",
            ),
            (
                FailReason::ScriptEnded {
                    status: None,
                    said: String::new(),
                },
                "the apply script ended with a signal: ",
            ),
        ];
        for (reason, words) in words {
            let text = serde_json::to_string(&reason).unwrap();
            assert_eq!(text, format!("{words:?}"));
            let back: FailReason = serde_json::from_str(&text).unwrap();
            assert_eq!(back, FailReason::from_text(words));
        }
    }
}
