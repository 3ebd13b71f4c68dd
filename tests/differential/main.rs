//! The simulator against real hosts of systemd 252 and 257: random sequences of what people do to units are done on
//! both, and after each step both must look the same. What the planner's tests believe of systemd is true as far as
//! these sequences reach.
//!
//! `ABIDE_DIFFERENTIAL_SEED` gives other sequences (`random`: new ones each time), `ABIDE_DIFFERENTIAL_COUNT` more or
//! fewer. A disagreement is told with the shortest sequence that still shows it.

#![expect(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
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
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::fleet::Fleet;
use crate::real::{Lane, Pace};
use crate::sequence::Sequence;
use crate::simulated::Beside;
use crate::trace::Difference;

/// Sequences for each version, unless the environment says otherwise.
const COUNT: usize = 1000;
/// Sequences that share a manager.
const BATCH: usize = 25;
/// Managers of users on each host, beside the system's.
const USERS: usize = 5;
/// Disagreements that are told in full.
const TOLD: usize = 5;

#[test]
#[ignore = "the simulator is still being taught"]
fn the_simulator_agrees_with_systemd_252() {
    compare("bookworm", 252);
}

#[test]
#[ignore = "the simulator is still being taught"]
fn the_simulator_agrees_with_systemd_257() {
    compare("trixie", 257);
}

/// A sequence after which the two hosts were not alike.
struct Disagreement {
    batch: u64,
    lane: Lane,
    sequence: Sequence,
    first: Difference,
}

impl Disagreement {
    /// What it is about, whatever the unit: of several alike, one is told.
    fn kind(&self) -> (String, String, String) {
        let about = self.first.about.split(' ').next_back().unwrap_or_default();
        let kind = about.rsplit('.').next().unwrap_or_default();
        let (simulated, real) = (self.first.simulated.clone(), self.first.real.clone());
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
    let fleet = Fleet::up("differential", &[("h", image)]);
    let lanes = real::prepare(&fleet, "h", USERS);
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<Disagreement>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for lane in &lanes {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index * BATCH >= count || found.lock().expect("no panic").len() >= 40 {
                        return;
                    }
                    let size = BATCH.min(count - index * BATCH);
                    let batch = seed.wrapping_add(u64::try_from(index).expect("few batches"));
                    let sequences = generate::batch(batch, size);
                    let beside = Beside::of(&sequences);
                    let traces = real::run(&fleet, lane, &sequences, Pace::Quick);
                    for (sequence, real) in sequences.into_iter().zip(traces) {
                        let ours = simulated::run(systemd, lane, &sequence, beside);
                        if let Some(first) = ours.differences(&real).into_iter().next() {
                            found.lock().expect("no panic").push(Disagreement {
                                batch,
                                lane: lane.clone(),
                                sequence,
                                first,
                            });
                        }
                    }
                }
            });
        }
    });
    let found = found.into_inner().expect("no panic");
    eprintln!(
        "systemd {systemd}: {} disagreements after {:?}",
        found.len(),
        began.elapsed()
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
    let mut told = 0;
    for (_, alike) in kinds {
        if told < TOLD && alike.iter().take(2).any(|one| tell(&fleet, systemd, one)) {
            told += 1;
        }
    }
    assert!(
        told == 0,
        "{} of {count} sequences ended otherwise on systemd {systemd} than in the simulator",
        found.len()
    );
}

/// Tells a disagreement, if it shows again when its sequence runs by itself and slowly.
fn tell(fleet: &Fleet, systemd: u32, found: &Disagreement) -> bool {
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
        return false;
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
    true
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
    };
    for batch in seed()..seed() + 20 {
        for sequence in generate::batch(batch, BATCH) {
            let began = std::time::Instant::now();
            let ended = std::panic::catch_unwind(|| {
                simulated::run(252, &lane, &sequence, Beside { links: false })
            });
            if ended.is_err() || began.elapsed().as_millis() > 500 {
                eprintln!("{:?}\n{sequence}", began.elapsed());
            }
        }
    }
}
