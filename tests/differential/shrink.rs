//! Finds a short part of a sequence on which both hosts still disagree.
//!
//! A run on a host takes a second or more, however many sequences are in it. So everything that could be left out is
//! tried at once, and then more and more of what could be left out together.

use std::collections::BTreeSet;

use crate::fleet::Fleet;
use crate::real::{self, Lane, Pace};
use crate::sequence::{Edit, Sequence, Step};
use crate::simulated::{self, Beside, Verdict};
use crate::trace::{Difference, Trace};

/// What was found out about a sequence.
pub struct Shown {
    pub sequence: Sequence,
    pub differences: Vec<Difference>,
    /// What was seen on the real host.
    pub real: Trace,
}

/// Something of a sequence that could be left out, by the places of the sequence as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Step(usize),
    /// A file of a step.
    Edit(usize, usize),
    /// A line of a file of a step.
    Line(usize, usize, usize),
    /// A unit of a verb.
    Unit(usize, usize),
}

/// The shortest sequence found. `None` where the two agree when the sequence runs by itself.
pub fn shrink(fleet: &Fleet, systemd: u32, lane: &Lane, sequence: &Sequence) -> Option<Shown> {
    let run = Try {
        fleet,
        systemd,
        lane,
    };
    let mut best = run.one(sequence)?;
    loop {
        // What comes behind the first difference does not matter.
        if let Some(step) = best.differences.first().and_then(|found| found.step) {
            best.sequence.steps.truncate(step + 1);
        }
        let parts = parts(&best.sequence);
        let without: Vec<Sequence> = parts
            .iter()
            .map(|part| leave_out(&best.sequence, &[*part]))
            .collect();
        let able: Vec<Part> = parts
            .into_iter()
            .zip(run.all(&without))
            .filter(|(_, shown)| shown.is_some())
            .map(|(part, _)| part)
            .collect();
        let together: Vec<Sequence> = (1..=able.len())
            .map(|count| leave_out(&best.sequence, &able[..count]))
            .collect();
        let mut shown = run.all(&together);
        shown.retain(Option::is_some);
        match shown.pop().flatten() {
            Some(shown) => best = shown,
            None => break,
        }
    }
    // A daemon-reload is everybody's: whether it matters is tried one by one.
    for step in (0..best.sequence.steps.len()).rev() {
        if best.sequence.steps[step] == Step::Reload {
            let less = leave_out(&best.sequence, &[Part::Step(step)]);
            best = run.one(&less).unwrap_or(best);
        }
    }
    let mut dense = best.sequence.clone();
    dense.steps.retain(|step| *step != Step::Nothing);
    run.one(&dense).or(Some(best))
}

struct Try<'t> {
    fleet: &'t Fleet,
    systemd: u32,
    lane: &'t Lane,
}

impl Try<'_> {
    fn one(&self, sequence: &Sequence) -> Option<Shown> {
        self.all(std::slice::from_ref(sequence)).pop().flatten()
    }

    /// Runs sequences that reload at the same steps; each that still shows a difference.
    fn all(&self, sequences: &[Sequence]) -> Vec<Option<Shown>> {
        if sequences.is_empty() {
            return Vec::new();
        }
        let traces = real::run(self.fleet, self.lane, sequences, Pace::Slow);
        let Some(traces) = traces else {
            return sequences.iter().map(|_| None).collect();
        };
        let beside = Beside::of(sequences);
        let shown = sequences.iter().zip(traces).map(|(sequence, real)| {
            match simulated::compare(self.systemd, self.lane, sequence, beside, &real) {
                Verdict::Agrees | Verdict::Undecided => None,
                Verdict::Differs(differences) => Some(Shown {
                    sequence: sequence.clone(),
                    differences,
                    real,
                }),
            }
        });
        shown.collect()
    }
}

fn parts(sequence: &Sequence) -> Vec<Part> {
    let mut parts = Vec::new();
    for (index, step) in sequence.steps.iter().enumerate() {
        match step {
            Step::Nothing | Step::Reload => continue,
            Step::Files(edits) => {
                for (place, edit) in edits.iter().enumerate() {
                    if edits.len() > 1 {
                        parts.push(Part::Edit(index, place));
                    }
                    if let Edit::Write(_, text) = edit {
                        let lines = text.lines().count();
                        parts.extend((0..lines).map(|line| Part::Line(index, place, line)));
                    }
                }
            }
            Step::Verb(_, units) if units.len() > 1 => {
                parts.extend((0..units.len()).map(|unit| Part::Unit(index, unit)));
            }
            Step::Verb(..) => {}
        }
        parts.push(Part::Step(index));
    }
    // Whole steps first: most of what is left out lies within them.
    parts.sort_by_key(|part| match part {
        Part::Step(step) => (0, usize::MAX - step, 0, 0),
        Part::Edit(step, edit) => (1, *step, *edit, 0),
        Part::Unit(step, unit) => (1, *step, *unit, 0),
        Part::Line(step, edit, line) => (2, *step, *edit, *line),
    });
    parts
}

fn leave_out(sequence: &Sequence, parts: &[Part]) -> Sequence {
    let parts: BTreeSet<Part> = parts.iter().copied().collect();
    let steps = sequence.steps.iter().enumerate();
    let steps = steps.map(|(index, step)| match step {
        _ if parts.contains(&Part::Step(index)) => Step::Nothing,
        Step::Files(edits) => Step::Files(fewer_edits(edits, index, &parts)),
        Step::Verb(verb, units) => {
            let kept = units.iter().enumerate();
            let kept = kept.filter(|(unit, _)| !parts.contains(&Part::Unit(index, *unit)));
            let kept: Vec<String> = kept.map(|(_, unit)| unit.clone()).collect();
            match kept.is_empty() {
                true => Step::Nothing,
                false => Step::Verb(*verb, kept),
            }
        }
        Step::Reload | Step::Nothing => step.clone(),
    });
    Sequence {
        steps: steps.collect(),
    }
}

fn fewer_edits(edits: &[Edit], step: usize, parts: &BTreeSet<Part>) -> Vec<Edit> {
    let kept = edits.iter().enumerate();
    let kept = kept.filter(|(edit, _)| !parts.contains(&Part::Edit(step, *edit)));
    kept.map(|(place, edit)| match edit {
        Edit::Write(at, text) => {
            let lines = text.lines().enumerate();
            let lines = lines.filter(|(line, _)| !parts.contains(&Part::Line(step, place, *line)));
            let lines: Vec<String> = lines.map(|(_, line)| format!("{line}\n")).collect();
            Edit::Write(at.clone(), lines.concat())
        }
        edit => edit.clone(),
    })
    .collect()
}
