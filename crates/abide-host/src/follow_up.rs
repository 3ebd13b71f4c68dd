//! A second question to a host, where there is one: is what units need there that the plan starts, what does its systemd say of the
//! files that the plan writes, what did units in trouble say last?
//!
//! It is one script with one set of limits, and none where there is nothing to ask. Nothing that stays is written: planned
//! files stand for a moment in a private directory on a tmpfs. What a user's processes answer is about that user only, and what
//! is not answered stays unknown.

use std::collections::BTreeSet;

use abide_model::{InputLook, Masks, Observed, Plan};

use crate::probe::{COMMON, Frames, RUN_AS};
use crate::{inputs, last_words};

mod texts;

const FOLLOW_UP: &str = include_str!("follow_up/follow_up.sh");

/// How many bytes an answer may have.
pub const LARGEST_ANSWER: usize = 4 << 20;

/// What a host is asked once its first answer is there.
#[derive(Debug)]
pub struct FollowUp<'a> {
    looks: &'a BTreeSet<InputLook>,
    texts: Vec<texts::Texts<'a>>,
}

impl<'a> FollowUp<'a> {
    /// These are to be looked at; where there is a plan its systemd reads the texts that it writes.
    pub fn new(looks: &'a BTreeSet<InputLook>, plan: Option<&Plan>) -> Self {
        let texts = plan.map(|plan| texts::texts_by_scope(looks, plan));
        Self {
            looks,
            texts: texts.unwrap_or_default(),
        }
    }

    /// The script; `None` where there is nothing to ask. It runs as the probe does, and `nonce` is as for
    /// [`probe::script`](crate::probe::script).
    pub fn script(&self, observed: &Observed, nonce: &str) -> Option<String> {
        put_together(
            &[
                (inputs::script_part(self.looks, nonce), "inputs"),
                (texts::script_part(&self.texts, nonce), "texts"),
                (last_words::script_part(observed), "last_words"),
            ],
            nonce,
        )
    }

    /// Adds what the host answered to [`FollowUp::script`]. An answer that means nothing, or was cut, adds nothing. What is
    /// secret is not in it afterwards.
    pub fn read(&self, observed: &mut Observed, nonce: &str, answer: &[u8], masks: &Masks) {
        let frames = Frames::of_answer(answer, nonce);
        if frames.get("end").is_none() {
            return;
        }
        observed.inputs = inputs::read(self.looks, &frames);
        observed
            .inputs
            .extend(texts::read(&self.texts, &frames, masks));
        last_words::read(observed, &frames, masks);
    }
}

/// The parts that there are, each with the function that it is.
pub(crate) fn put_together(parts: &[(Option<String>, &str)], nonce: &str) -> Option<String> {
    let parts = parts.iter();
    let parts = parts.filter_map(|(part, name)| Some((part.as_deref()?, *name)));
    let (texts, calls): (Vec<&str>, Vec<String>) = parts
        .map(|(part, name)| (part, format!("{name}\n")))
        .unzip();
    (!texts.is_empty()).then(|| {
        [
            "# abide: what a plan wants to know besides. Nothing that it writes stays.\nmain() {\n",
            &format!("nonce={}\n", crate::quote::word(nonce)),
            COMMON,
            RUN_AS,
            FOLLOW_UP,
            &texts.concat(),
            "prepare \"$@\" || return\n",
            &calls.concat(),
            "frame end\n}\nmain \"$@\" </dev/null\n",
        ]
        .concat()
    })
}

#[cfg(test)]
mod tests;
