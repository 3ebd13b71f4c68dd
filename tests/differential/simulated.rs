//! Runs a sequence on a simulated host.

use std::collections::BTreeMap;

use abide_model::{Link, ObservedUnit, Scope, UnitName, UnitRef};
use abide_sim::{NameOrder, SimHost, desired, path, scope, unit_ref, user};

use crate::real::Lane;
use crate::sequence::{Edit, Place, Sequence, Step, Verb};
use crate::trace::{ANYTHING, Difference, Runs, Seen, Shown, State, Trace};

/// The prefix of the only sequence on the simulated host.
const PREFIX: &str = "q";

/// What goes on in the same manager, as far as it shows in a sequence that has nothing to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beside {
    /// Links change after the last daemon-reload.
    pub links: bool,
}

impl Beside {
    /// What all sequences of a batch do.
    pub fn of(batch: &[Sequence]) -> Self {
        let touches = |sequence: &Sequence| {
            let steps = sequence.steps.iter().rev();
            let mut since = steps.take_while(|step| **step != Step::Reload);
            since.any(|step| matches!(step, Step::Verb(verb, _) if verb.changes_links()))
        };
        Self {
            links: batch.len() > 1 && batch.iter().any(touches),
        }
    }

    /// Whether `NeedDaemonReload` depends on nobody else: systemd 257 says yes for all units where links of one were
    /// changed, and 252 finds a new directory of drop-ins when any unit is loaded after it was made.
    fn tells_reload(self, systemd: u32, sequence: &Sequence, unit: &str) -> bool {
        match systemd {
            252 => !sequence.has_drop_ins(unit),
            _ => !self.links,
        }
    }
}

/// What came of a comparison.
pub enum Verdict {
    Agrees,
    /// What systemd does depends on the order of its hash tables, so on luck.
    Undecided,
    Differs(Vec<Difference>),
}

/// Orders of hash tables that are tried.
const ORDERS: u64 = 6;

/// Compares what a real host did with what the simulated one does.
pub fn compare(
    systemd: u32,
    lane: &Lane,
    sequence: &Sequence,
    beside: Beside,
    real: &Trace,
) -> Verdict {
    let first = run(systemd, lane, sequence, beside, NameOrder::default());
    let differences = first.differences(real);
    if differences.is_empty() {
        return Verdict::Agrees;
    }
    let mut alike = true;
    for order in (1..ORDERS).map(NameOrder) {
        let other = run(systemd, lane, sequence, beside, order);
        if other.differences(real).is_empty() {
            return Verdict::Agrees;
        }
        alike &= other == first;
    }
    match alike {
        true => Verdict::Differs(differences),
        false => Verdict::Undecided,
    }
}

/// Whether the manager comes to rest after each step. There are units that start each other for ever; systemd is busy
/// with nothing else then.
pub fn rests(systemd: u32, lane: &Lane, sequence: &Sequence) -> bool {
    let mut world = World::new(systemd, lane);
    for step in &sequence.steps {
        world.step(step);
    }
    !world.host.restless
}

/// What a host of this systemd would do in this lane.
pub fn run(
    systemd: u32,
    lane: &Lane,
    sequence: &Sequence,
    beside: Beside,
    order: NameOrder,
) -> Trace {
    let mut world = World::new(systemd, lane);
    world.host.hash_order = order;
    let mut trace = Trace::default();
    let mut runs = Runs::default();
    let mut began = BTreeMap::new();
    for (index, step) in sequence.steps.iter().enumerate() {
        let ok = world.step(step);
        let seen = world.look(index, ok, &mut runs);
        world.note_starts(index, &mut began);
        trace.steps.push(seen);
    }
    for name in sequence.units() {
        let unit = world.unit(&name);
        world.host.ask_for(&unit);
        let mut shown = world.show(&name, &began);
        world.host.show(&unit);
        world.forget_starts(&mut began);
        let id = shown.get("Id").cloned().unwrap_or_default();
        if !beside.tells_reload(systemd, sequence, &id) {
            shown.insert("NeedDaemonReload", ANYTHING.to_owned());
        }
        trace.last.insert(name, shown);
    }
    trace.forget_others();
    trace
}

struct World {
    host: SimHost,
    scope: Scope,
    config: String,
}

impl World {
    fn new(systemd: u32, lane: &Lane) -> Self {
        let mut host = SimHost::new();
        host.facts.systemd = systemd;
        let scope = match &lane.user {
            None => scope("system"),
            Some(name) => {
                host = host.with_user(name);
                host.enable_linger(&user(name)).expect("a user may linger");
                scope(&format!("user:{name}"))
            }
        };
        Self {
            host,
            scope,
            config: lane.config(),
        }
    }

    fn step(&mut self, step: &Step) -> Option<bool> {
        match step {
            Step::Files(edits) => {
                for edit in edits {
                    self.edit(edit);
                }
                None
            }
            Step::Reload => {
                let scope = self.scope.clone();
                self.host
                    .reload_manager(&scope)
                    .expect("a manager that runs reloads");
                None
            }
            Step::Verb(verb, units) => {
                let units: Vec<UnitRef> = units.iter().map(|unit| self.unit(unit)).collect();
                Some(self.verb(*verb, &units))
            }
            Step::Nothing => None,
        }
    }

    fn verb(&mut self, verb: Verb, units: &[UnitRef]) -> bool {
        let host = &mut self.host;
        match verb {
            Verb::Start => host.start_all(units).is_ok(),
            Verb::Stop => host.stop_all(units).is_ok(),
            Verb::Restart => host.restart_all(units).is_ok(),
            Verb::Reload => each(units, |unit| host.reload(unit).is_ok()),
            Verb::ResetFailed => each(units, |unit| host.reset_failed(unit).is_ok()),
            Verb::Enable => each(units, |unit| host.enable(unit).is_ok()),
            Verb::Reenable => each(units, |unit| host.reenable_unit(unit).is_ok()),
            Verb::Disable => each(units, |unit| host.disable(unit).is_ok()),
            Verb::Mask => each(units, |unit| host.mask(unit).is_ok()),
            Verb::Unmask => each(units, |unit| {
                host.unmask(unit);
                true
            }),
        }
    }

    fn edit(&mut self, edit: &Edit) {
        let owner = self.scope.user().map_or("root", |user| user.as_str());
        let owner = owner.to_owned();
        match edit {
            Edit::Write(place, text) => {
                self.host
                    .write_file(&self.path(place), &named(text), &owner);
            }
            Edit::Remove(place) => self.host.remove_file(&self.path(place)),
            Edit::Link(place, target) => {
                self.host
                    .write_link(&self.path(place), &named(target), &owner);
            }
        }
    }

    fn path(&self, place: &Place) -> abide_model::HostPath {
        let text = named(&place.to_string());
        match place {
            Place::Config(_) => path(&format!("{}/{text}", self.config)),
            Place::Flag(_) => path(&text),
        }
    }

    fn unit(&self, name: &str) -> UnitRef {
        unit_ref(&format!("{}/{}", self.scope, named(name)))
    }

    fn look(&self, step: usize, ok: Option<bool>, runs: &mut Runs) -> Seen {
        let mut seen = Seen {
            ok,
            ..Seen::default()
        };
        let mut invocations = Vec::new();
        for (name, unit) in self.host.in_memory(&self.scope) {
            let Some(name) = placeheld(&name) else {
                continue;
            };
            let state = State {
                load: unit.load.clone(),
                active: unit.active.word().to_owned(),
                sub: unit.sub.clone(),
            };
            // A service that is about to be restarted runs as little as one that is down.
            let waits = unit.sub.starts_with("auto-restart");
            if name.ends_with(".service") && unit.active.is_up() && !waits {
                invocations.push((name.clone(), unit.invocation.clone()));
            }
            seen.units.insert(name, state);
        }
        seen.since = runs.at(step, invocations);
        for Link { path, target } in self.host.link_targets(&self.scope) {
            let target = target.rsplit('/').next().unwrap_or(&target);
            let here = tilde(&path);
            if here != path {
                seen.links.insert((here, tilde(target)));
            }
        }
        seen
    }

    /// Forgets the starts of units that the manager has forgotten: a unit that was read only to be shown may go with
    /// others that it names.
    fn forget_starts(&self, began: &mut BTreeMap<UnitName, (String, usize)>) {
        let memory = self.host.in_memory(&self.scope);
        began.retain(|name, _| memory.contains_key(name));
    }

    /// Notes the step at which each unit last became active.
    fn note_starts(&self, step: usize, began: &mut BTreeMap<UnitName, (String, usize)>) {
        self.forget_starts(began);
        for (name, unit) in self.host.in_memory(&self.scope) {
            if let Some(at) = self.host.began_at(&UnitRef::new(&self.scope, &name)) {
                let at = format!("{at:?}");
                let known = began.entry(unit.id).or_insert((String::new(), step));
                if known.0 != at {
                    *known = (at, step);
                }
            }
        }
    }

    fn show(&self, name: &str, began: &BTreeMap<UnitName, (String, usize)>) -> Shown {
        let unit = self.unit(name);
        let mut wanted = desired("host");
        if let Some(user) = self.scope.user() {
            wanted = wanted.user(user.as_str());
        }
        let seen = self
            .host
            .observe(&wanted.foreign_unit(unit.unit.as_str()).build());
        let scope = seen.scopes[&self.scope]
            .as_known()
            .expect("the scope is seen");
        let seen: &ObservedUnit = &scope.units[&unit.unit];
        let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let config = format!("{}/", self.config);
        let relations = |key: &str| {
            let units = seen.relations.get(key).into_iter().flatten();
            let units: Vec<String> = units.filter_map(placeheld).collect();
            units.join(" ")
        };
        let mut drop_ins: Vec<String> = seen
            .drop_ins
            .iter()
            .map(|path| tilde(path.as_str()).replace(&config, ""))
            .collect();
        drop_ins.sort();
        let fragment = seen.fragment.as_ref().map(|path| tilde(path.as_str()));
        let mut shown = Shown::from([
            ("Id", tilde(seen.id.as_str())),
            ("LoadState", seen.load.clone()),
            ("ActiveState", seen.active.word().to_owned()),
            ("SubState", seen.sub.clone()),
            ("Result", said(&seen.result)),
            (
                "FragmentPath",
                fragment.unwrap_or_default().replace(&config, ""),
            ),
            ("DropInPaths", drop_ins.join(" ")),
            ("NeedDaemonReload", yes(seen.need_reload)),
            ("CanReload", yes(seen.can_reload)),
            ("NRestarts", seen.restarts.to_string()),
            ("ConditionResult", yes(seen.condition)),
            ("RefuseManualStart", yes(seen.refuse_start)),
            ("RefuseManualStop", yes(seen.refuse_stop)),
            (
                "InvocationID",
                if seen.invocation.is_empty() {
                    ""
                } else {
                    "known"
                }
                .to_owned(),
            ),
            (
                "InactiveExitTimestampMonotonic",
                began
                    .get(&seen.id)
                    .map_or("never".to_owned(), |(_, step)| format!("in step {step}")),
            ),
        ]);
        for key in [
            "Triggers",
            "TriggeredBy",
            "RequiredBy",
            "RequisiteOf",
            "BoundBy",
            "ConsistsOf",
            "PropagatesStopTo",
            "PropagatesReloadTo",
        ] {
            shown.insert(key, relations(key));
        }
        shown
    }
}

fn said(result: &str) -> String {
    match result {
        "" => "success".to_owned(),
        result => result.to_owned(),
    }
}

/// Names follow each other in one call of systemctl; one that fails does not keep it from the next.
fn each(units: &[UnitRef], mut verb: impl FnMut(&UnitRef) -> bool) -> bool {
    let done: Vec<bool> = units.iter().map(&mut verb).collect();
    done.into_iter().all(|done| done)
}

fn named(text: &str) -> String {
    text.replace('~', PREFIX)
}

/// The name with its tilde, if the unit is of the sequence.
fn placeheld(name: &UnitName) -> Option<String> {
    let rest = name.as_str().strip_prefix(PREFIX)?;
    Some(format!("~{rest}"))
}

/// A path or name with its tilde: every word of it that begins with the prefix.
fn tilde(text: &str) -> String {
    let words: Vec<String> = text
        .split('/')
        .map(|word| match word.strip_prefix(PREFIX) {
            Some(rest) => format!("~{rest}"),
            None => word.to_owned(),
        })
        .collect();
    words.join("/")
}
