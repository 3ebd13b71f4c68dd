//! The simulator against real hosts of systemd 252 and 257: random sequences of what people do to units are done on
//! both, and after each step both must look the same. What the planner's tests believe of systemd is true as far as
//! these sequences reach.
//!
//! `ABIDE_DIFFERENTIAL_SEED` gives other sequences (`random`: new ones each time), `ABIDE_DIFFERENTIAL_COUNT` more or
//! fewer. `ABIDE_DIFFERENTIAL_KEEP` names a directory where answers of hosts are kept, and taken from when the same is
//! asked again: for work on the simulator. A disagreement is told with the shortest sequence that still shows it.

#![expect(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::let_underscore_must_use,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "one test binary that runs programs and panics when a host is not as it should be"
)]

#[path = "../fleet/fleet.rs"]
mod fleet;
mod generate;
mod real;
mod sequence;
mod shrink;
mod simulated;
mod trace;

use std::collections::BTreeMap;
use std::sync::Mutex;

use abide_sim::NameOrder;

use crate::fleet::Fleet;
use crate::real::{Lane, Pace};
use crate::sequence::Sequence;
use crate::simulated::{Beside, Verdict};
use crate::trace::Difference;

/// Sequences for each version, unless the environment says otherwise.
const COUNT: usize = 1000;
/// Sequences that share a manager.
const BATCH: usize = 25;
/// Managers of users on each host, beside the system's.
const USERS: usize = 5;
/// Disagreements after which no more are looked for.
const ENOUGH: usize = 100;
/// So often a disagreement must show again.
const OFTEN: usize = 12;
/// Disagreements that are told in full.
const TOLD: usize = 5;

#[test]
fn the_simulator_agrees_with_systemd_252() {
    compare("bookworm", 252);
}

#[test]
fn the_simulator_agrees_with_systemd_257() {
    compare("trixie", 257);
}

/// A sequence after which the two hosts were not alike.
struct Disagreement {
    batch: u64,
    lane: Lane,
    sequence: Sequence,
    differences: Vec<Difference>,
}

impl Disagreement {
    /// What it is about, whatever the unit: of several alike, one is told.
    fn kind(&self) -> (String, String, String) {
        let first = &self.differences[0];
        let about = first.about.split(' ').next_back().unwrap_or_default();
        let kind = about.rsplit('.').next().unwrap_or_default();
        let (simulated, real) = (first.simulated.clone(), first.real.clone());
        let no_steps = |text: String| text.replace(|c: char| c.is_ascii_digit(), "");
        (kind.to_owned(), no_steps(simulated), no_steps(real))
    }
}

fn compare(image: &str, systemd: u32) {
    let seed = seed();
    let count = setting("ABIDE_DIFFERENTIAL_COUNT").map_or(COUNT, |count| {
        count.parse().expect("ABIDE_DIFFERENTIAL_COUNT is a number")
    });
    eprintln!("systemd {systemd}: {count} sequences, ABIDE_DIFFERENTIAL_SEED={seed}");
    let began = std::time::Instant::now();
    let host = format!("h{systemd}");
    let fleet = Fleet::up("differential", &[(&host, image)]);
    let lanes = real::prepare(&fleet, &host, USERS);
    let batches = count.div_ceil(BATCH);
    let compared: Mutex<Compared> = Mutex::default();
    let in_lane = |first: usize, lane: &Lane| {
        for index in (first..batches).step_by(lanes.len()) {
            if compared.lock().expect("no panic").disagreements.len() >= ENOUGH {
                return;
            }
            let size = BATCH.min(count - index * BATCH);
            let batch = seed.wrapping_add(u64::try_from(index).expect("few batches"));
            let more = compare_batch(&fleet, systemd, lane, batch, size);
            compared.lock().expect("no panic").add(more);
        }
    };
    std::thread::scope(|scope| {
        for (first, lane) in lanes.iter().enumerate() {
            let in_lane = &in_lane;
            scope.spawn(move || in_lane(first, lane));
        }
    });
    let mut compared = compared.into_inner().expect("no panic");
    compared.look_again(&fleet, systemd, &lanes);
    let found = compared.disagreements;
    eprintln!(
        "systemd {systemd}: {} disagreements after {:?}; {} ended by luck, {} by the order of hash tables, {} never",
        found.len(),
        began.elapsed(),
        compared.lucky,
        compared.by_order,
        compared.restless
    );
    let mut kinds: BTreeMap<_, Vec<&Disagreement>> = BTreeMap::new();
    for disagreement in &found {
        kinds
            .entry(disagreement.kind())
            .or_default()
            .push(disagreement);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, alike)| std::cmp::Reverse(alike.len()));
    for ((about, simulated, real), alike) in &kinds {
        eprintln!(
            "  {} times: {about}: `{simulated}` is really `{real}`",
            alike.len()
        );
    }
    for (_, alike) in kinds.iter().take(TOLD) {
        alike
            .iter()
            .take(1)
            .for_each(|one| tell(&fleet, systemd, one));
    }
    assert!(
        found.is_empty(),
        "{} of {count} sequences end otherwise on systemd {systemd} than in the simulator",
        found.len()
    );
    let undecided = compared.lucky + compared.by_order + compared.restless;
    assert!(
        undecided * 50 <= count,
        "{undecided} of {count} sequences ended as luck would have it: that is too many to trust the others"
    );
}

/// What came of some comparisons.
#[derive(Default)]
struct Compared {
    /// Sequences whose end depends on the order of systemd's hash tables.
    by_order: usize,
    /// Sequences that keep a manager busy for ever, though not in the simulator: where that is so depends on who is quicker.
    restless: usize,
    /// Sequences that ended otherwise and, alone and slowly, as simulated too: it depends on what process was quicker.
    lucky: usize,
    disagreements: Vec<Disagreement>,
}

impl Compared {
    fn add(&mut self, other: Self) {
        self.by_order += other.by_order;
        self.restless += other.restless;
        self.lucky += other.lucky;
        self.disagreements.extend(other.disagreements);
    }

    /// Keeps the disagreements that show in every manager, again and again. Where two processes end on their own account, or a timer elapses
    /// while units are read, a busy host may see the later one first, and every manager goes through its hash tables by a
    /// key of its own; the simulator has one order. An end that no manager comes to is a disagreement.
    fn look_again(&mut self, fleet: &Fleet, systemd: u32, lanes: &[Lane]) {
        let all = std::mem::take(&mut self.disagreements);
        for one in all {
            let differs = |lane| shows_again(fleet, systemd, lane, &one.sequence);
            if lanes.iter().cycle().take(OFTEN).all(differs) {
                self.disagreements.push(one);
            } else {
                let about = &one.differences[0].about;
                eprintln!("batch {}, {about}: by luck\n{}", one.batch, one.sequence);
                self.lucky += 1;
            }
        }
    }
}

/// Runs a batch on both.
fn compare_batch(fleet: &Fleet, systemd: u32, lane: &Lane, batch: u64, size: usize) -> Compared {
    let sequences = generate::batch(batch, size, |sequence| {
        simulated::rests(systemd, lane, sequence)
    });
    let beside = Beside::of(&sequences);
    let mut compared = Compared::default();
    let all: Vec<_> = match real::run(fleet, lane, &sequences, Pace::Quick) {
        Some(traces) => {
            let all = sequences.into_iter().zip(traces);
            all.map(|(sequence, real)| (sequence, beside, Some(real)))
                .collect()
        }
        // One of them keeps the manager busy for ever.
        None => sequences
            .into_iter()
            .map(|sequence| {
                let alone = std::slice::from_ref(&sequence);
                let real = real::run(fleet, lane, alone, Pace::Slow);
                let real = real.and_then(|traces| traces.into_iter().next());
                let beside = Beside::of(alone);
                (sequence, beside, real)
            })
            .collect(),
    };
    for (sequence, beside, real) in all {
        let Some(real) = real else {
            compared.restless += 1;
            continue;
        };
        match simulated::compare(systemd, lane, &sequence, beside, &real) {
            Verdict::Agrees => {}
            Verdict::Undecided => compared.by_order += 1,
            Verdict::Differs(differences) => compared.disagreements.push(Disagreement {
                batch,
                lane: lane.clone(),
                sequence,
                differences,
            }),
        }
    }
    compared
}

/// Whether a disagreement shows when its sequence runs by itself and slowly.
fn shows_again(fleet: &Fleet, systemd: u32, lane: &Lane, sequence: &Sequence) -> bool {
    let alone = std::slice::from_ref(sequence);
    let traces = real::run(fleet, lane, alone, Pace::Slow);
    let beside = Beside::of(alone);
    traces.iter().flatten().any(|real| {
        let verdict = simulated::compare(systemd, lane, sequence, beside, real);
        matches!(verdict, Verdict::Differs(_))
    })
}

/// Tells a disagreement with the shortest sequence that still shows it.
fn tell(fleet: &Fleet, systemd: u32, found: &Disagreement) {
    let Disagreement {
        batch,
        lane,
        sequence,
        ..
    } = found;
    let Some(shown) = shrink::shrink(fleet, systemd, lane, sequence) else {
        eprintln!(
            "batch {batch} in {lane:?}: a disagreement that does not show again:\n{sequence}"
        );
        return;
    };
    let shrink::Shown {
        sequence,
        differences,
        real,
    } = shown;
    eprintln!("\nsystemd {systemd}, {lane:?}, ABIDE_DIFFERENTIAL_SEED={batch}\n{sequence}");
    for (index, seen) in real.steps.iter().enumerate() {
        for line in seen.said.lines() {
            eprintln!("  systemctl in {index}: {line}");
        }
    }
    for difference in differences {
        let at = difference
            .step
            .map_or("in the end".to_owned(), |step| format!("after step {step}"));
        eprintln!(
            "  {at}, {}:\n    simulated: {}\n    real:      {}",
            difference.about, difference.simulated, difference.real
        );
    }
}

fn seed() -> u64 {
    match setting("ABIDE_DIFFERENTIAL_SEED").as_deref() {
        None => 1,
        Some("random") => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            let nanos = now.expect("after 1970").as_nanos();
            u64::try_from(nanos & u128::from(u64::MAX)).expect("64 bits")
        }
        Some(seed) => seed.parse().expect("ABIDE_DIFFERENTIAL_SEED is a number"),
    }
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[test]
#[ignore = "by hand: how long the simulator takes"]
fn the_simulator_by_itself() {
    let lane = Lane {
        host: "h".to_owned(),
        user: Some("lane1".to_owned()),
        place: 1,
    };
    for batch in seed()..seed() + 20 {
        for sequence in generate::batch(batch, BATCH, |_| true) {
            let began = std::time::Instant::now();
            let ended = std::panic::catch_unwind(|| {
                simulated::run(
                    252,
                    &lane,
                    &sequence,
                    Beside { links: false },
                    NameOrder::default(),
                )
            });
            if ended.is_err() || began.elapsed().as_millis() > 500 {
                eprintln!("{:?}\n{sequence}", began.elapsed());
            }
        }
    }
}
