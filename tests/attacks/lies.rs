//! A user who lies in every answer that abide's scripts get, one answer in each run: from their processes (`liar/liar.rs`)
//! and from their manager (`proxy.rs`). After each run the whole host must be as it was, but for what the manifest says of
//! the system and of the others.
//!
//! `ABIDE_LIES=500` has so many told on each version (`all`: 500), else there is a sample; `make attacks-all` does.

use std::thread;
use std::time::{Duration, Instant};

use crate::attack::{Promise, attack};
use crate::support::World;

mod declared;
mod host;
mod ledger;
mod run;
#[path = "liar/texts.rs"]
mod texts;

use declared::{bystanders, declare};
use host::Host;

/// Where a text is put: `placed` of `liar.rs`; `is` is instead of everything, `only` without doing anything.
const PLACES: &[&str] = &[
    "is", "before", "behind", "cut", "every", "values", "words", "numbers", "only",
];
/// What stands suddenly in the place of something else: `swap` of `liar.rs`.
const SWAPS: &[&str] = &[
    "units-etc",
    "units-alice",
    "units-root",
    "units-loop",
    "units-file",
    "units-gone",
    "config-etc",
    "file-shadow",
    "file-alice",
    "file-pipe",
    "file-directory",
    "file-hard",
    "new-link",
    "new-pipe",
    "new-directory",
    "drop-ins-etc",
    "wants-etc",
];
/// What the scripts ask a user's manager for.
const PROPERTIES: &[&str] = &[
    "InvocationID",
    "Id",
    "LoadState",
    "ActiveState",
    "SubState",
    "Result",
    "UnitFileState",
    "FragmentPath",
    "SourcePath",
    "DropInPaths",
    "NeedDaemonReload",
    "ExecMainStartTimestamp",
    "ActiveEnterTimestamp",
    "ActiveEnterTimestampMonotonic",
    "InactiveExitTimestampMonotonic",
    "StateChangeTimestamp",
    "ConditionTimestampMonotonic",
    "ExecMainStartTimestampMonotonic",
    "NRestarts",
    "ExecMainStatus",
    "CanReload",
    "RefuseManualStart",
    "RefuseManualStop",
    "ConditionResult",
    "Transient",
    "TriggeredBy",
    "Triggers",
    "RequiredBy",
    "BoundBy",
    "ConsistsOf",
    "PropagatesStopTo",
    "Requires",
    "Wants",
    "Conflicts",
    "UnitsLoadTimestamp",
    "UnitsLoadStartTimestampMonotonic",
    "Version",
    "LoadError",
];
/// How many on each version without being told: a minute's worth.
const SAMPLE: usize = 20;
const ALL: usize = 500;
/// A run that takes longer is told, for somebody to wonder why.
const SLOW: Duration = Duration::from_secs(10);
const HOSTS: [&str; 2] = ["h1", "h2"];

/// Each of them once, far from what was beside it: every 181st.
fn mixed(all: &[String]) -> Vec<String> {
    let many = all.len();
    let mut step = 181;
    while (2..=step).any(|divisor| step % divisor == 0 && many.is_multiple_of(divisor)) {
        step += 1;
    }
    (0..many).map(|at| all[at * step % many].clone()).collect()
}

/// What a user's processes say, and what they do meanwhile.
fn of_processes() -> Vec<String> {
    let mut all: Vec<String> = SWAPS.iter().map(|what| format!("swap-{what}")).collect();
    for place in PLACES {
        // A place takes few texts of 10 MB.
        let big = |text: &str| text.starts_with("line") && !matches!(*place, "is" | "behind");
        let texts = texts::NAMES.iter().filter(|text| !big(text));
        all.extend(texts.map(|text| format!("{place}-{text}")));
    }
    mixed(&all)
}

/// What a user's manager says. It has to be text.
fn of_the_manager() -> Vec<String> {
    let texts = texts::NAMES.iter().filter(|text| {
        let text = texts::text(text, b"");
        !text.is_empty()
            && text.len() < 10_000
            && std::str::from_utf8(&text).is_ok()
            && !text.contains(&0)
    });
    let texts: Vec<&&str> = texts.collect();
    let pairs = PROPERTIES.iter().flat_map(|property| {
        texts
            .iter()
            .map(move |text| format!("manager-{property}-{text}"))
    });
    mixed(&pairs.collect::<Vec<_>>())
}

/// Few of those that take their time, and none in a sample.
fn lie_of(round: usize, lies: &[String], many: usize) -> &str {
    match round % 100 {
        24 if many > SAMPLE => "swap-socket-gone",
        49 if many > SAMPLE => "keep",
        74 if many > SAMPLE => "swap-socket-system",
        99 if many > SAMPLE => "stop",
        _ => &lies[round % lies.len()],
    }
}

/// Every `step`th of these lies from the `first`, so many on each version, and what they did that they must not.
fn tell(world: &World, lies: &[String], many: usize, [first, step]: [usize; 2]) -> Told {
    // Twice: the first change of a file makes the places that later ones use.
    for letter in ["A", "B"] {
        declare(world, letter);
        world.converge();
    }
    bystanders(world);
    let mut hosts = HOSTS.map(|name| Host::new(world, name));
    let answers = answers(world, &mut hosts);
    let (mut problems, mut held_back) = (Vec::new(), 0);
    let mut round = first;
    while hosts.iter().any(|host| host.told < many) && problems.len() < 20 {
        let letter = ["B", "A"][round / step % 2];
        declare(world, letter);
        let lie = lie_of(round, lies, many);
        // Each answer in turn, but not beside its neighbour's lie.
        let calls = [round * 89 % answers, (round * 89 + answers / 2) % answers];
        for (host, call) in hosts.iter().zip(calls) {
            host.prepare(call, lie, round);
        }
        let started = Instant::now();
        let wrong = run::apply(world);
        if started.elapsed() > SLOW {
            eprintln!("{lie} in answers {calls:?} took {:?}", started.elapsed());
        }
        let mut problem = |wrong: String| {
            let problem = format!("{lie} in answers {calls:?}, seed {round}: {wrong}");
            eprintln!("{problem}");
            problems.push(problem);
        };
        wrong.into_iter().for_each(&mut problem);
        for (host, call) in hosts.iter_mut().zip(calls) {
            host.told += usize::from(lie.starts_with("manager") || host.calls() > call);
            let on = host.name;
            if !host.others_have(letter) {
                held_back += 1;
                eprintln!("{on}: {lie} in answers {calls:?} keeps the others from their change");
            }
            host.judge()
                .into_iter()
                .for_each(|wrong| problem(format!("{on}: {wrong}")));
            host.tidy(lie);
        }
        round += step;
    }
    // What was left in ledgers and homes leads to nothing later.
    for letter in ["A", "B"] {
        declare(world, letter);
        world.converge();
    }
    problems.extend(hosts.iter_mut().flat_map(Host::judge));
    Told {
        counts: hosts.map(|host| host.told),
        held_back,
        problems,
    }
}

/// How many answers an honest run gets from each host; nothing else changes in it.
fn answers(world: &World, hosts: &mut [Host<'_>]) -> usize {
    for host in &*hosts {
        host.prepare(usize::MAX, "none", 0);
    }
    declare(world, "A");
    world.converge();
    let wrong: Vec<String> = hosts.iter_mut().flat_map(Host::judge).collect();
    assert!(wrong.is_empty(), "without a lie: {wrong:#?}");
    hosts.iter().map(Host::calls).min().expect("hosts")
}

struct Told {
    counts: [usize; 2],
    /// How often nothing was done for the others either: safe, but a nuisance.
    held_back: usize,
    problems: Vec<String>,
}

/// All of them on several pairs of hosts, a sample on one. The counts in words.
fn tell_all(lies: &[String], many: usize) -> String {
    let pairs = if many > SAMPLE { 4 } else { 1 };
    let worlds: Vec<World> = (0..pairs).map(|_| World::both("attack-lies")).collect();
    let told: Vec<Told> = thread::scope(|scope| {
        let mut telling = Vec::new();
        for (first, world) in worlds.iter().enumerate() {
            let many = many.div_ceil(pairs);
            telling.push(scope.spawn(move || tell(world, lies, many, [first, pairs])));
        }
        let told = telling.into_iter().map(thread::ScopedJoinHandle::join);
        told.map(|told| told.expect("they are told")).collect()
    });
    let problems: Vec<&String> = told.iter().flat_map(|told| &told.problems).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    let held_back: usize = told.iter().map(|told| told.held_back).sum();
    eprintln!("{held_back} of them kept the others from their change");
    let [on_252, on_257] = [0, 1].map(|at| told.iter().map(|told| told.counts[at]).sum::<usize>());
    format!("{on_252} lies on 252, {on_257} on 257")
}

fn wanted() -> usize {
    match std::env::var("ABIDE_LIES").as_deref() {
        Ok("all") => ALL,
        Ok(number) => number.parse().expect("ABIDE_LIES is `all` or a number"),
        Err(_) => SAMPLE,
    }
}

#[test]
fn a_user_whose_processes_lie_in_every_answer_changes_nothing_else() {
    let mut attack = attack(
        "their processes answer whatever they like, each answer in turn",
        Promise::OwnReach,
    );
    attack.count(tell_all(&of_processes(), wanted()));
}

#[test]
fn a_user_whose_manager_lies_in_every_property_changes_nothing_else() {
    let mut attack = attack(
        "their manager answers whatever they like, each property in turn",
        Promise::OwnReach,
    );
    attack.count(tell_all(&of_the_manager(), wanted() / 2));
}
