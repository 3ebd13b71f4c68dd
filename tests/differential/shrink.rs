//! Finds the shortest part of a sequence on which both hosts still disagree.

use crate::fleet::Fleet;
use crate::real::{self, Lane, Pace};
use crate::sequence::{Edit, Sequence, Step};
use crate::simulated;
use crate::trace::{Difference, Trace};

/// The shortest sequence found, its differences, and what was seen on the real host. `None` where the two agree when
/// the sequence runs by itself. Shorter ones are tried in all these lanes at once.
pub fn shrink(
    fleet: &Fleet,
    systemd: u32,
    lanes: &[Lane],
    sequence: &Sequence,
) -> Option<(Sequence, Vec<Difference>, Trace)> {
    let check = |lane: &Lane, sequence: &Sequence| {
        let traces = real::run(fleet, lane, std::slice::from_ref(sequence), Pace::Slow);
        let real = traces.into_iter().next()?;
        let found = simulated::run(systemd, lane, sequence).differences(&real);
        (!found.is_empty()).then_some((found, real))
    };
    let mut best = sequence.clone();
    let (mut found, mut real) = check(lanes.first()?, &best)?;
    let cut = |sequence: &mut Sequence, found: &[Difference]| {
        // What comes behind the first difference does not matter.
        if let Some(step) = found.first().and_then(|difference| difference.step) {
            sequence.steps.truncate(step + 1);
        }
    };
    cut(&mut best, &found);
    'shorter: loop {
        for tried in candidates(&best).chunks(lanes.len()) {
            let seen: Vec<_> = std::thread::scope(|scope| {
                let runs: Vec<_> = tried
                    .iter()
                    .zip(lanes)
                    .map(|(sequence, lane)| scope.spawn(move || check(lane, sequence)))
                    .collect();
                let runs = runs.into_iter();
                runs.map(|run| run.join().expect("a run")).collect()
            });
            for (sequence, seen) in tried.iter().zip(seen) {
                if let Some((differences, trace)) = seen {
                    best = sequence.clone();
                    (found, real) = (differences, trace);
                    cut(&mut best, &found);
                    continue 'shorter;
                }
            }
        }
        break;
    }
    Some((best, found, real))
}

/// The sequence with one thing less: a step, a file, a unit of a verb, a line of a file.
fn candidates(sequence: &Sequence) -> Vec<Sequence> {
    let mut all = Vec::new();
    for index in (0..sequence.steps.len()).rev() {
        let mut less = sequence.clone();
        less.steps.remove(index);
        all.push(less);
    }
    for (index, step) in sequence.steps.iter().enumerate() {
        let parts: Vec<Step> = match step {
            Step::Files(edits) => fewer_edits(edits),
            Step::Verb(verb, units) if units.len() > 1 => units
                .iter()
                .map(|unit| Step::Verb(*verb, vec![unit.clone()]))
                .collect(),
            Step::Verb(..) | Step::Reload | Step::Nothing => Vec::new(),
        };
        for part in parts {
            let mut less = sequence.clone();
            less.steps[index] = part;
            all.push(less);
        }
    }
    all
}

fn fewer_edits(edits: &[Edit]) -> Vec<Step> {
    let mut all = Vec::new();
    if edits.len() > 1 {
        for index in 0..edits.len() {
            let mut less = edits.to_vec();
            less.remove(index);
            all.push(Step::Files(less));
        }
    }
    for (index, edit) in edits.iter().enumerate() {
        let Edit::Write(place, text) = edit else {
            continue;
        };
        let lines: Vec<&str> = text.lines().collect();
        for line in 0..lines.len() {
            if lines[line].starts_with('[') && lines.len() > 1 {
                continue;
            }
            let kept: Vec<&str> = lines
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != line)
                .map(|(_, line)| *line)
                .collect();
            let mut less = edits.to_vec();
            less[index] = Edit::Write(place.clone(), kept.join("\n") + "\n");
            all.push(Step::Files(less));
        }
    }
    all
}
