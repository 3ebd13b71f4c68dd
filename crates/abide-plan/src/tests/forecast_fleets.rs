//! Over random graphs of units, declared ones and others': what is foretold is what happens, and nothing else is
//! interrupted. The simulator shares no code with the forecast.

use std::collections::BTreeSet;

use abide_model::{
    Change, Desired, Effect, OnChange, Plan, ResourceId, StepOutcome, UnitRef, Wanted,
};
use abide_sim::{DesiredBuilder, SimHost, desired, scope, unit_ref};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

use super::properties::cases;
use super::support::{came_otherwise, foretold, told};
use crate::{Runs, plan};

/// Units of the graph; the last ones are a package's.
const UNITS: [&str; 8] = [
    "a.service",
    "b.service",
    "c.service",
    "d.socket",
    "e.timer",
    "w.service",
    "x.service",
    "y.service",
];
const DECLARED: usize = 5;
/// The timer's, and the one that may do its work and end.
const JOB: &str = "b.service";
/// Its service is `c.service`.
const SOCKET: &str = "d.socket";

const TIES: [&str; 9] = [
    "Requires",
    "Requires",
    "BindsTo",
    "PartOf",
    "PartOf",
    "Wants",
    "Conflicts",
    "PropagatesStopTo",
    "PropagatesReloadTo",
];

/// A unit says this about an earlier one, so that nothing goes round in circles.
#[derive(Debug, Clone)]
struct Said {
    tie: &'static str,
    about: usize,
    ordered: bool,
}

#[derive(Debug, Clone)]
struct Unit {
    said: Vec<Said>,
    version: u8,
    oneshot: bool,
    running: Wanted,
    on_change: OnChange,
}

fn unit() -> impl Strategy<Value = Unit> {
    let said =
        (select(TIES.to_vec()), any::<usize>(), any::<bool>()).prop_map(|(tie, about, ordered)| {
            Said {
                tie,
                about,
                ordered,
            }
        });
    let running = select(vec![
        Wanted::Yes,
        Wanted::Yes,
        Wanted::Yes,
        Wanted::No,
        Wanted::Unmanaged,
    ]);
    let on_change = select(vec![
        OnChange::Restart,
        OnChange::Restart,
        OnChange::Reload,
        OnChange::StopStart,
    ]);
    (
        vec(said, 0..3),
        0..2u8,
        prop::bool::weighted(0.3),
        running,
        on_change,
    )
        .prop_map(|(said, version, oneshot, running, on_change)| Unit {
            said,
            version,
            oneshot,
            running,
            on_change,
        })
}

/// What a unit says about others: the tie, the other one's number, and whether it comes after it.
fn ties(number: usize, unit: &Unit) -> Vec<(&'static str, usize, bool)> {
    let said = unit.said.iter().filter(|_| number > 0);
    let said = said.map(|said| (said.tie, said.about % number, said.ordered));
    said.filter(|(tie, about, _)| match *tie {
        // Declared units that must run and exclude each other come to nothing that anybody could foretell.
        "Conflicts" => number >= DECLARED,
        // What is bound to a job that ends does not stay up; what needs a socket that cannot listen beside its service comes
        // up or not, as luck has it.
        "BindsTo" => UNITS[*about] != JOB && UNITS[*about] != SOCKET,
        "Requires" => UNITS[*about] != SOCKET,
        _ => true,
    })
    .collect()
}

/// Who says what about whom.
struct Graph(Vec<(usize, &'static str, usize)>);

impl Graph {
    fn of(units: &[Unit]) -> Self {
        let all = units.iter().enumerate().flat_map(|(number, unit)| {
            let said = ties(number, unit).into_iter();
            said.map(move |(tie, about, _)| (number, tie, about))
        });
        Self(all.collect())
    }

    fn named_by(&self, unit: usize, wanted: &[&str]) -> Vec<usize> {
        let all = self.0.iter();
        let all = all.filter(|(by, tie, _)| *by == unit && wanted.contains(tie));
        all.map(|(.., about)| *about).collect()
    }

    fn naming(&self, unit: usize, wanted: &[&str]) -> Vec<usize> {
        let all = self.0.iter();
        let all = all.filter(|(_, tie, about)| *about == unit && wanted.contains(tie));
        all.map(|(by, ..)| *by).collect()
    }

    /// This unit and all that a start of it asks for.
    fn asked_for(&self, unit: usize) -> BTreeSet<usize> {
        let needs = |one| self.named_by(one, &["Requires", "BindsTo", "Wants"]);
        reach(unit, needs)
    }

    /// This unit and all that a stop of it stops.
    fn stopped_with(&self, unit: usize) -> BTreeSet<usize> {
        reach(unit, |one| {
            let mut next = self.named_by(one, &["PropagatesStopTo"]);
            next.extend(self.naming(one, &["Requires", "BindsTo", "PartOf"]));
            next
        })
    }

    /// Whether one call may ask for a unit to be up and to stop: 252 and 257 drop another one of the two jobs, and where
    /// they come one after the other the second may be in time to replace the first (both seen on hosts).
    fn asks_for_both(&self) -> bool {
        (0..UNITS.len()).any(|unit| {
            let up = self.asked_for(unit);
            let opponents = up.iter().flat_map(|one| {
                let mut both = self.named_by(*one, &["Conflicts"]);
                both.extend(self.naming(*one, &["Conflicts"]));
                both
            });
            let mut stopped = opponents.flat_map(|one| self.stopped_with(one));
            let mut needed = up.iter().filter(|one| **one != unit);
            let stops = |by: usize| by != unit;
            let by_others = |one| {
                self.naming(one, &["PropagatesStopTo"])
                    .into_iter()
                    .any(stops)
            };
            stopped.any(|one| up.contains(&one)) || needed.any(|one| by_others(*one))
        })
    }
}

fn reach(from: usize, follow: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(one) = next.pop() {
        if found.insert(one) {
            next.extend(follow(one));
        }
    }
    found
}

fn text(number: usize, unit: &Unit) -> String {
    let name = UNITS[number];
    // Nobody foretells how often somebody started it before.
    let mut text = "[Unit]\nStartLimitIntervalSec=0\n".to_owned();
    for (tie, about, ordered) in ties(number, unit) {
        let about = UNITS[about];
        text.push_str(&format!("{tie}={about}\n"));
        // A trigger comes before what it starts.
        if ordered && name.ends_with(".service") {
            text.push_str(&format!("After={about}\n"));
        }
    }
    let body = match name.rsplit_once('.').unwrap().1 {
        "socket" => format!(
            "[Socket]\nListenStream=/run/{}.sock\nService=c.service\n",
            unit.version
        ),
        "timer" => format!(
            "[Timer]\nOnActiveSec={}\nUnit=b.service\n",
            u32::from(unit.version) * 3600
        ),
        _ if unit.oneshot && name == JOB => format!(
            "[Service]\nType=oneshot\nExecStart=/bin/run {}\nExecReload=/bin/r\n",
            unit.version
        ),
        _ => format!(
            "[Service]\nExecStart=/bin/run {}\nExecReload=/bin/r\n",
            unit.version
        ),
    };
    format!("{text}{body}[Install]\nWantedBy=default.target\n")
}

fn texts(units: &[Unit]) -> String {
    let texts = units.iter().enumerate();
    let texts: Vec<String> = texts
        .map(|(number, unit)| {
            let text = text(number, unit);
            format!("{} {:?} {text}", UNITS[number], unit.running)
        })
        .collect();
    texts.concat()
}

fn manifest(units: &[Unit]) -> Desired {
    let mut builder: DesiredBuilder = desired("h1").user("deploy");
    for (number, unit) in units.iter().enumerate().take(DECLARED) {
        let service = UNITS[number].ends_with(".service");
        let running = match unit.running {
            Wanted::Yes if unit.oneshot && UNITS[number] == JOB => Wanted::Unmanaged,
            running => running,
        };
        builder = builder
            .unit(UNITS[number], &text(number, unit))
            .with_running(running);
        if service {
            builder = builder.on_change(unit.on_change);
        }
    }
    builder
        .policy(abide_model::Policy {
            max_removals: abide_model::Share::Count(1000),
            ..abide_model::Policy::default()
        })
        .build()
}

/// Units of packages; they are read as the manifest's are.
fn with_packages(mut host: SimHost, units: &[Unit]) -> SimHost {
    for (number, unit) in units.iter().enumerate().skip(DECLARED) {
        host = host.with_vendor_unit(true, UNITS[number], &text(number, unit));
    }
    host
}

/// Which units run, and which run it is.
fn runs(host: &SimHost) -> Vec<(UnitRef, bool, String)> {
    let deploy = scope("user:deploy");
    let all = host.in_memory(&deploy).into_iter();
    all.map(|(name, seen)| {
        let unit = UnitRef::new(&deploy, &name);
        (unit, seen.active.is_up(), seen.invocation)
    })
    .collect()
}

/// Units that ran and no longer do so, or run anew.
fn interrupted(before: &SimHost, after: &SimHost) -> BTreeSet<UnitRef> {
    let now = runs(after);
    let goes_on = |unit: &UnitRef, invocation: &String| {
        now.iter()
            .any(|(other, up, run)| other == unit && *up && run == invocation)
    };
    runs(before)
        .into_iter()
        .filter(|(unit, up, invocation)| *up && !goes_on(unit, invocation))
        .map(|(unit, _, _)| unit)
        .collect()
}

/// A socket that is interrupted beside its service comes back or not: a service that another job of the same call restarts
/// may be down in time (seen on 252 and 257).
fn is_a_race_of_the_socket(wrong: &str) -> bool {
    let of_both = wrong.strip_prefix("user:deploy/d.socket: ");
    of_both.is_some_and(|effects| !effects.contains("None") && !effects.contains("Start"))
}

fn acted_on(plan: &Plan) -> BTreeSet<UnitRef> {
    let runs = |change: &Change| matches!(change, Change::Stop | Change::Start | Change::Restart);
    let actions = plan.actions.iter().filter(|action| runs(&action.change));
    actions
        .filter_map(|action| match &action.resource {
            ResourceId::Unit(unit) => Some(unit.clone()),
            _ => None,
        })
        .collect()
}

proptest! {
    #![proptest_config(Config { max_global_rejects: 1 << 20, ..cases(100) })]

    #[test]
    fn what_is_foretold_happens_and_nothing_else(
        systemd in select(vec![252, 257]),
        first in vec(unit(), UNITS.len()),
        second in vec(unit(), UNITS.len()),
        by_hand in vec((0..UNITS.len(), any::<bool>()), 0..6),
        same in vec(any::<bool>(), UNITS.len()),
    ) {
        prop_assume!(!Graph::of(&first).asks_for_both());
        let mut host = SimHost::new();
        host.facts.systemd = systemd;
        let mut host = with_packages(host, &first);
        let one = manifest(&first);
        host.apply(&plan(&one, &host.observe(&one)));
        for (number, up) in by_hand {
            let unit = unit_ref(&format!("user:deploy/{}", UNITS[number]));
            let _either = if up { host.start(&unit) } else { host.stop(&unit) };
        }
        let second: Vec<Unit> = first
            .iter()
            .zip(second)
            .zip(same)
            .map(|((old, new), same)| match same {
                true => Unit { version: new.version, ..old.clone() },
                false => new,
            })
            .collect();
        let together: Vec<Unit> = second.iter().take(DECLARED).chain(&first[DECLARED..]).cloned().collect();
        prop_assume!(!Graph::of(&together).asks_for_both());
        let two = manifest(&second);
        let seen = host.observe(&two);
        let before = host.clone();
        let planned = plan(&two, &seen);
        let reports = host.apply(&planned);
        prop_assume!(reports.iter().all(|report| report.outcome == StepOutcome::Ok));
        let mut wrong = came_otherwise(&host, &two, &planned, &Runs::of_observed(&seen));
        wrong.retain(|one| !is_a_race_of_the_socket(one));
        prop_assert!(
            wrong.is_empty(),
            "it came otherwise: {:#?}\nforetold {:#?}\n{}\n{:#?}\nfrom\n{}\nto\n{}",
            wrong, foretold(&planned), told(&planned), host.log(), texts(&first), texts(&second)
        );
        let foretold_units: BTreeSet<UnitRef> = planned
            .forecast
            .iter()
            .filter(|one| one.effect != Effect::Reload)
            .map(|one| one.unit.clone())
            .collect();
        let acted_on = acted_on(&planned);
        for unit in interrupted(&before, &host) {
            prop_assert!(
                acted_on.contains(&unit) || foretold_units.contains(&unit),
                "{} was interrupted\nforetold {:#?}\n{}\n{:#?}", unit, foretold(&planned), told(&planned), host.log()
            );
        }
    }
}
