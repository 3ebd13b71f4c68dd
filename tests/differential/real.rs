//! Runs sequences on a real host: many at once in one manager, each with a prefix of its own, by one script.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;

use crate::fleet::Fleet;
use crate::sequence::{Edit, FLAGS, Place, Sequence, Step};
use crate::trace::{Runs, Seen, Shown, State, Trace};

/// A service manager of a host, in which one batch runs at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    pub host: String,
    /// `None`: the system's.
    pub user: Option<String>,
    /// Its place among the lanes of the host, which tells their files outside of their directories apart.
    pub place: usize,
}

/// More sequences than run in a lane at once.
const SEQUENCES: usize = 1000;

impl Lane {
    /// What the names of its n-th sequence begin with.
    fn prefix(&self, index: usize) -> String {
        format!("q{}", (self.place + 1) * SEQUENCES + index)
    }

    /// The directory of its units.
    pub fn config(&self) -> String {
        match &self.user {
            None => "/etc/systemd/system".to_owned(),
            Some(user) => format!("/home/{user}/.config/systemd/user"),
        }
    }
}

/// How fast a batch is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// After each step of all sequences until nothing seems to change any more.
    Quick,
    /// Longer, for everything comes to rest even where the host is busy, and with what systemctl says.
    Slow,
}

/// What is asked about each unit in the end. The left name is systemd's.
const PROPERTIES: [&str; 24] = [
    "Id",
    "LoadState",
    "ActiveState",
    "SubState",
    "Result",
    "FragmentPath",
    "DropInPaths",
    "NeedDaemonReload",
    "CanReload",
    "NRestarts",
    "ConditionResult",
    "ConditionTimestampMonotonic",
    "InvocationID",
    "InactiveExitTimestampMonotonic",
    "RefuseManualStart",
    "RefuseManualStop",
    "Triggers",
    "TriggeredBy",
    "RequiredBy",
    "RequisiteOf",
    "BoundBy",
    "ConsistsOf",
    "PropagatesStopTo",
    "PropagatesReloadTo",
];

/// Makes lanes on a host: users that linger, and the manager of the system. Starts are limited to five in a lifetime,
/// not in ten seconds, so that no speed of this machine decides whether the limit is hit.
pub fn prepare(fleet: &Fleet, host: &str, users: usize) -> Vec<Lane> {
    let mut lanes = vec![Lane {
        host: host.to_owned(),
        user: None,
        place: 0,
    }];
    let mut script = format!(
        "mkdir -m 1777 {FLAGS}
        for kind in user system; do
          for of in generators environment-generators; do
            mkdir -p /etc/systemd/$kind-$of
            for path in /usr/lib/systemd/$kind-$of/*; do ln -sf /dev/null /etc/systemd/$kind-$of/${{path##*/}}; done
          done
          mkdir -p /etc/systemd/$kind.conf.d
          printf '[Manager]\\nDefaultTimeoutStopSec=5s\\nDefaultStartLimitIntervalSec=1h\\nDefaultStartLimitBurst=5\\nLogLevel=err\\n' >/etc/systemd/$kind.conf.d/test.conf
        done
        systemctl daemon-reexec\n"
    );
    for number in 1..=users {
        let user = format!("lane{number}");
        let _ = writeln!(
            script,
            "useradd -m {user}; install -d -o {user} -g {user} /home/{user}/.config /home/{user}/.config/systemd /home/{user}/.config/systemd/user
            loginctl enable-linger {user}; systemctl start user@$(id -u {user}).service"
        );
        lanes.push(Lane {
            host: host.to_owned(),
            user: Some(user),
            place: number,
        });
    }
    fleet.sh(host, &script);
    lanes
}

/// Runs a batch in a lane. Step by step, each sequence takes its turn; a daemon-reload is everybody's, so all
/// sequences have theirs at the same steps. `None` where the manager does not come to rest any more, and answers nobody.
pub fn run(fleet: &Fleet, lane: &Lane, batch: &[Sequence], pace: Pace) -> Option<Vec<Trace>> {
    let script = script(lane, batch, pace);
    let kept = kept(lane, &script);
    if let Some(answer) = kept.as_ref().and_then(|path| fs::read_to_string(path).ok()) {
        return Some(read(lane, batch, &answer));
    }
    let user = lane.user.as_deref().unwrap_or("root");
    let ran = fleet.exec_with(
        &lane.host,
        user,
        &["timeout", "120", "/bin/sh", "-s"],
        script.as_bytes(),
    );
    if !ran.stdout.ends_with("end\n") {
        eprintln!(
            "a batch on {lane:?} ended early ({})\n{script}\n--- stdout\n{}\n--- stderr\n{}",
            ran.code, ran.stdout, ran.stderr
        );
        start_anew(fleet, lane);
        return None;
    }
    if let Some(path) = kept {
        fs::write(path, &ran.stdout).expect("what a host answered is kept");
    }
    Some(read(lane, batch, &ran.stdout))
}

/// A manager that is busy for ever is ended; its units are gone by then.
fn start_anew(fleet: &Fleet, lane: &Lane) {
    let user = lane.user.as_deref();
    let user = user.expect("the system's manager comes to rest");
    let script = format!(
        "rm -rf {}/q*; systemctl kill -s KILL user@$(id -u {user}).service; sleep 1
         systemctl reset-failed user@$(id -u {user}).service; systemctl restart user@$(id -u {user}).service",
        lane.config()
    );
    fleet.sh(&lane.host, &script);
}

/// Where the answer to a script is kept, if it is.
fn kept(lane: &Lane, script: &str) -> Option<PathBuf> {
    let dir = std::env::var_os("ABIDE_DIFFERENTIAL_KEEP")?;
    let mut hasher = DefaultHasher::new();
    (&lane.host, script).hash(&mut hasher);
    let name = format!("{}-{:016x}", lane.host, hasher.finish());
    Some(PathBuf::from(dir).join(name))
}

fn script(lane: &Lane, batch: &[Sequence], pace: Pace) -> String {
    let (manager, state) = match lane.user {
        None => ("--system", "/run/systemd/units"),
        Some(_) => ("--user", "$XDG_RUNTIME_DIR/systemd/units"),
    };
    // How long it is looked whether everything has come to rest. A program that fails at once may take a tenth of a
    // second to do so: what looks alike after a shorter pause may be on its way to its next restart.
    let (pause, tries) = match pace {
        Pace::Quick => ("0.05", 20),
        Pace::Slow => ("0.4", 20),
    };
    let said = match pace {
        Pace::Quick => {
            "c() { n=$1; shift; timeout 20 systemctl $m \"$@\" >/dev/null 2>&1; echo \"c $n $?\"; }"
        }
        Pace::Slow => {
            "c() { n=$1; shift; said=$(timeout 20 systemctl $m \"$@\" 2>&1); echo \"c $n $?\"; printf '%s\\n' \"$said\" | sed \"s/^/s $n /\"; }"
        }
    };
    let config = lane.config();
    let mut script = format!(
        "export LC_ALL=C
m={manager}; state={state}; config={config}
cd \"$config\" || exit
{said}
d() {{ [ -d \"$1\" ] || mkdir \"$1\"; }}
w() {{ [ ! -h \"$1\" ] || rm \"$1\"; printf '%s' \"$2\" >\"$1\"; }}
l() {{
  systemctl $m list-units --all --plain --no-legend --no-pager --full 'q*' | sed 's/^/u /'
  find \"$state\" -name 'invocation:q*' -printf 'i %f %l\\n'
}}
o() {{
  was=; tries=0
  while sleep {pause}; do
    now=$(l); tries=$((tries + 1))
    case $now in
      *' activating '* | *' deactivating '* | *' reloading '*) ;;
      \"$was\") break ;;
    esac
    [ $tries -lt {tries} ] || break
    was=$now
  done
  echo \"step $1\"
  printf '%s\\n' \"$now\"
  find \"$config\" -maxdepth 2 -type l -printf 'l %P %l\\n'
}}
t() {{ read -r up idle </proc/uptime; echo \"t $up\"; }}
"
    );
    for index in 0..batch.len() {
        let _ = writeln!(script, "mkdir -m 1777 {FLAGS}/{}.dir", lane.prefix(index));
    }
    let steps = batch.iter().map(|sequence| sequence.steps.len()).max();
    for step in 0..steps.unwrap_or(0) {
        script.push_str("t\n");
        let mut reloads = false;
        for (index, sequence) in batch.iter().enumerate() {
            match sequence.steps.get(step) {
                Some(Step::Files(edits)) => files(&mut script, edits, &lane.prefix(index)),
                Some(Step::Reload) => reloads = true,
                Some(Step::Verb(verb, units)) => {
                    let prefix = lane.prefix(index);
                    let units: Vec<String> =
                        units.iter().map(|unit| named(unit, &prefix)).collect();
                    let _ = writeln!(script, "c {index} {} {}", verb.words(), units.join(" "));
                }
                Some(Step::Nothing) | None => {}
            }
        }
        if reloads {
            script.push_str("systemctl $m daemon-reload\n");
        }
        let _ = writeln!(script, "o {step}");
    }
    let units: Vec<String> = batch
        .iter()
        .enumerate()
        .flat_map(|(index, sequence)| {
            let units = sequence.units().into_iter();
            let prefix = lane.prefix(index);
            units.map(move |unit| named(&unit, &prefix))
        })
        .collect();
    let _ = write!(
        script,
        "echo show
systemctl $m show -p {} -- {}
rm -rf q* */q* {FLAGS}/q{}[0-9][0-9][0-9]*
systemctl $m daemon-reload
systemctl $m stop 'q*'
systemctl $m reset-failed 'q*' >/dev/null 2>&1
echo end
",
        PROPERTIES.join(","),
        units.join(" "),
        lane.place + 1
    );
    script
}

fn files(script: &mut String, edits: &[Edit], prefix: &str) {
    for edit in edits {
        match edit {
            Edit::Write(place, text) => {
                let path = directory(script, place, prefix);
                let _ = writeln!(script, "w {path} {}", quoted(&named(text, prefix)));
            }
            Edit::Link(place, target) => {
                let path = directory(script, place, prefix);
                let _ = writeln!(script, "ln -sf {} {path}", named(target, prefix));
            }
            Edit::Remove(place) => {
                let path = named(&place.to_string(), prefix);
                let _ = writeln!(script, "rm -f {path}");
                if let (Place::Config(_), Some((dir, _))) = (place, path.rsplit_once('/')) {
                    let _ = writeln!(script, "rmdir {dir} 2>/dev/null");
                }
            }
        }
    }
}

/// Makes the directory of a file, and returns its path.
fn directory(script: &mut String, place: &Place, prefix: &str) -> String {
    let path = named(&place.to_string(), prefix);
    if let (Place::Config(_), Some((dir, _))) = (place, path.rsplit_once('/')) {
        let _ = writeln!(script, "d {dir}");
    }
    path
}

fn named(text: &str, prefix: &str) -> String {
    text.replace('~', prefix)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// What is being read about one sequence.
struct Reading {
    trace: Trace,
    runs: Runs,
    now: Seen,
    invocations: Vec<(String, String)>,
}

fn read(lane: &Lane, batch: &[Sequence], answer: &str) -> Vec<Trace> {
    let mut all: Vec<Reading> = batch.iter().map(|_| Reading::new()).collect();
    let mut times: Vec<f64> = Vec::new();
    let (steps, last) = answer.split_once("show\n").expect("the end is told");
    let mut step: Option<usize> = None;
    for line in steps.lines() {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "t" => {
                finish(&mut all, step.take());
                times.push(rest.parse().expect("a time"));
            }
            "step" => step = Some(rest.parse().expect("a step")),
            "c" | "s" => {
                let (index, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                let reading = &mut all[index.parse::<usize>().expect("a sequence")];
                if kind == "c" {
                    reading.now.ok = Some(rest == "0");
                } else {
                    reading.now.said.push_str(rest);
                    reading.now.said.push('\n');
                }
            }
            "u" => {
                let mut words = rest.split_whitespace();
                let mut word = || words.next().unwrap_or_default().to_owned();
                if let Some((index, unit)) = owner(lane, &word()) {
                    let state = State {
                        load: word(),
                        active: word(),
                        sub: word(),
                    };
                    all[index].now.units.insert(unit, state);
                }
            }
            "i" => {
                let (unit, invocation) = rest.split_once(' ').unwrap_or((rest, ""));
                let unit = unit.trim_start_matches("invocation:");
                if let Some((index, unit)) = owner(lane, unit) {
                    all[index]
                        .invocations
                        .push((unit, invocation.trim().to_owned()));
                }
            }
            "l" => {
                let (path, target) = rest.split_once(' ').unwrap_or((rest, ""));
                let target = target.rsplit('/').next().unwrap_or(target);
                for (index, reading) in all.iter_mut().enumerate() {
                    let prefix = lane.prefix(index);
                    let here = tilde(path, &prefix);
                    if here != path {
                        let link = (here, tilde(target, &prefix));
                        reading.now.links.insert(link);
                    }
                }
            }
            _ => {}
        }
    }
    finish(&mut all, step);
    show(lane, batch, &times, last, &mut all);
    let traces = all.into_iter().map(|reading| reading.trace);
    traces
        .map(|mut trace| {
            trace.forget_others();
            trace
        })
        .collect()
}

impl Reading {
    fn new() -> Self {
        Self {
            trace: Trace::default(),
            runs: Runs::default(),
            now: Seen::default(),
            invocations: Vec::new(),
        }
    }
}

fn finish(all: &mut [Reading], step: Option<usize>) {
    let Some(step) = step else { return };
    for reading in all {
        let invocations = std::mem::take(&mut reading.invocations);
        reading.now.since = reading.runs.at(step, invocations);
        reading.trace.steps.push(std::mem::take(&mut reading.now));
    }
}

fn show(lane: &Lane, batch: &[Sequence], times: &[f64], text: &str, all: &mut [Reading]) {
    let mut blocks = text.split("\n\n");
    for (index, sequence) in batch.iter().enumerate() {
        for unit in sequence.units() {
            let block = blocks.next().expect("a block for each unit");
            let block: BTreeMap<&str, &str> = block
                .lines()
                .filter_map(|line| line.split_once('='))
                .collect();
            let shown = shown(lane, index, times, &block);
            all[index].trace.last.insert(unit, shown);
        }
    }
}

/// The properties as they are compared: times as steps, lists sorted and without what every unit has.
fn shown(lane: &Lane, index: usize, times: &[f64], block: &BTreeMap<&str, &str>) -> Shown {
    let text = |key: &str| {
        tilde(
            block.get(key).copied().unwrap_or_default(),
            &lane.prefix(index),
        )
    };
    let mut shown = Shown::new();
    for key in PROPERTIES {
        let value = match key {
            "InvocationID" if !text(key).is_empty() => "known".to_owned(),
            "ConditionTimestampMonotonic" => continue,
            // A unit that was never started has not failed its conditions.
            "ConditionResult" if text("ConditionTimestampMonotonic") == "0" => "yes".to_owned(),
            "InactiveExitTimestampMonotonic" => began(&text(key), times),
            "FragmentPath" | "DropInPaths" => {
                let mut paths: Vec<String> = text(key)
                    .split_whitespace()
                    .map(|path| path.replace(&format!("{}/", lane.config()), ""))
                    .collect();
                paths.sort();
                paths.join(" ")
            }
            "NRestarts" if text(key).is_empty() => "0".to_owned(),
            "Result" if text(key).is_empty() => "success".to_owned(),
            _ if key.contains("Trigger")
                || key.contains("Of")
                || key.contains("To")
                || key.ends_with("By") =>
            {
                let mut units: Vec<String> = text(key)
                    .split_whitespace()
                    .filter(|unit| unit.starts_with('~'))
                    .map(str::to_owned)
                    .collect();
                units.sort();
                units.join(" ")
            }
            _ => text(key),
        };
        shown.insert(key, value);
    }
    shown
}

/// The step in which the unit last became active.
fn began(stamp: &str, times: &[f64]) -> String {
    let stamp: f64 = stamp.parse().unwrap_or(0.0);
    if stamp == 0.0 {
        return "never".to_owned();
    }
    let stamp = stamp / 1e6;
    let step = times.iter().filter(|time| **time <= stamp).count();
    format!("in step {}", step.saturating_sub(1))
}

/// The sequence that a unit belongs to, and its name in there.
fn owner(lane: &Lane, unit: &str) -> Option<(usize, String)> {
    let rest = unit.strip_prefix('q')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let (number, name) = rest.split_at(digits);
    let index = number.parse::<usize>().ok()? - (lane.place + 1) * SEQUENCES;
    Some((index, format!("~{name}")))
}

/// The text with the sequence's prefix taken back. A prefix ends before a letter, so `q1` is none in `q12a`.
fn tilde(text: &str, prefix: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(prefix) {
        let (before, found) = rest.split_at(at);
        let after = &found[prefix.len()..];
        result.push_str(before);
        let ends = after.starts_with(|c: char| c.is_ascii_alphabetic());
        result.push_str(if ends { "~" } else { prefix });
        rest = after;
    }
    result.push_str(rest);
    result
}
