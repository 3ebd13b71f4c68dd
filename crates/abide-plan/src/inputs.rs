//! Whether what a unit needs at its start will be there: its program, the files that are read for it, its working
//! directory, its accounts, as the user sees them that runs it, once this plan is done.
//!
//! Only of units that the plan starts or restarts, and only what is certain: a wrong alarm is worse than none. What the
//! answers do not hold is not judged, so where nothing was asked nothing is said.

use abide_model::{
    BrokenInput, Change, EnvSearch, FilePurpose, GroupName, HostPath, InputFault, InputLook,
    InputSeen, Interpreter, NoteKind, NoteReason, Observation, ObservedUser, RefusalReason,
    ResourceId, Runner, Scope, UnitKind, UnitName, UnitRef, UserName, Wanted,
};
use abide_unit::{Input, InputKind, Needs, PathVariable, escape::unescape, specifier};

use crate::account;
use crate::draft::{Draft, StepId};
use crate::obstacles;
use crate::refuse::Denied;
use crate::unit::Unit;
use crate::unit::decide::Decision;
use crate::unit::notes::foreign_drop_ins;
use crate::unit::run::{Verb, comes_up};
use crate::unit::support;

/// Where systemd looks for a program that is named without a directory (`systemd-path search-binaries-default`).
const SEARCHED: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// Refuses to restart a unit that runs into a failure that can be foreseen, and notes that one which does not run yet will
/// fail.
pub(crate) fn judge<'a>(decision: Decision<'a>, draft: &mut Draft) -> Result<Decision<'a>, Denied> {
    let written = decision.files.iter().chain(&decision.replaced);
    obstacles::may_write(decision.unit.view, draft, written)?;
    loads(&decision, draft)?;
    let unit = &decision.unit;
    let accepted = unit.view.host.desired.policy.accept_broken;
    if !accepted {
        spares_others(&decision, draft)?;
    }
    let starts = matches!(decision.run.then, Some((Verb::Start | Verb::Restart, _)));
    if starts {
        note_triggered(unit, draft);
    }
    let starts = starts || is_restarted_with_manager(&decision);
    let Some(input) = starts.then(|| broken(unit, draft)).flatten() else {
        return Ok(decision);
    };
    let runs = is_well(unit);
    if runs && !accepted {
        return Err(Denied::because(RefusalReason::WouldNotStartAgain { input }));
    }
    let why = match runs {
        true => NoteReason::AcceptedBroken { input },
        false => NoteReason::WillNotStart { input },
    };
    draft.note_why(unit.file_resource(), NoteKind::WillFail, why);
    Ok(decision)
}

/// More lines of systemd's about one unit are counted.
const MOST_LINES: usize = 6;

/// Whether systemd would load what is written, and what it says of it besides. A text with secrets nobody else is shown.
fn loads(decision: &Decision<'_>, draft: &mut Draft) -> Result<(), Denied> {
    let unit = &decision.unit;
    let mut files = unit.files.iter().chain(&unit.template_files);
    let secret = files.any(|file| file.body.is_some_and(abide_model::Body::is_secret));
    let mut written = decision.files.iter();
    let written = written.any(|file| matches!(file.change(), Some(Change::WriteFile(_))));
    if !written || secret || unit.name.kind().is_quadlet() {
        return Ok(());
    }
    let look = InputLook::Text(UnitRef::new(&unit.view.scope, &unit.name));
    let seen = unit.view.host.observed.inputs.get(&look);
    draft.looks.insert(look);
    let Some(InputSeen::Text {
        refused,
        ignored,
        held,
    }) = seen
    else {
        return Ok(());
    };
    let ignored: Vec<&String> = ignored
        .iter()
        .filter(|line| !support::tells(unit, line))
        .collect();
    let more = ignored.len().saturating_sub(MOST_LINES);
    let told = ignored.len().min(MOST_LINES);
    for (index, line) in ignored.into_iter().take(told).enumerate() {
        let line = line.clone();
        let more = if index + 1 == told { more } else { 0 };
        let why = NoteReason::SystemdIgnores { line, more };
        draft.note_why(unit.file_resource(), NoteKind::Expect, why);
    }
    for line in held
        .iter()
        .filter(|line| !is_declared(unit, line))
        .take(MOST_LINES)
    {
        let line = line.clone();
        let why = NoteReason::SystemdWouldNotStart { line };
        draft.note_why(unit.file_resource(), NoteKind::Expect, why);
    }
    match refused {
        Some(line) => Err(Denied::because(RefusalReason::WouldNotLoad {
            line: line.clone(),
        })),
        None => Ok(()),
    }
}

/// Whether a unit that the line names, and that is not there yet, comes with the manifest.
fn is_declared(unit: &Unit<'_>, line: &str) -> bool {
    let missing = line
        .split_once("/start: Unit ")
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .and_then(|name| UnitName::parse(name).ok());
    let mut declared = unit.view.host.units(&unit.view.scope).into_iter().flatten();
    missing.is_some_and(|missing| {
        declared.any(|(name, unit)| {
            let loaded = unit.loaded_as(name);
            *name == missing || loaded == missing || missing.template().as_ref() == Some(name)
        })
    })
}

/// Notes that a service which only this timer, socket or path starts will fail then.
fn note_triggered(unit: &Unit<'_>, draft: &mut Draft) {
    let Some(name) = unit.wanted.triggers().filter(|_| unit.ours) else {
        return;
    };
    let declared = unit.view.host.units(&unit.view.scope);
    let Some((name, wanted)) = declared.and_then(|units| units.get_key_value(&name)) else {
        return;
    };
    let Ok(other) = Unit::declared(unit.view, name, wanted) else {
        return;
    };
    // One that is to run anyway is judged by itself, and one that is masked is not started.
    if other.running() == Wanted::Yes || other.masked() || other.goes().is_some() {
        return;
    }
    if let Some(input) = broken(&other, draft) {
        let why = NoteReason::WillNotStart { input };
        draft.note_why(other.file_resource(), NoteKind::WillFail, why);
    }
}

/// Whether a unit that runs is stopped with its manager, and comes up with it by itself.
fn is_restarted_with_manager(decision: &Decision<'_>) -> bool {
    let unit = &decision.unit;
    unit.manager_restarts() && decision.run.stop.is_empty() && is_well(unit) && comes_up(unit)
}

/// Whether something would be lost: the unit is up, or is stopped only with its manager, and is none that comes and goes.
fn is_well(unit: &Unit<'_>) -> bool {
    let user = unit.view.scope.user();
    let restart = user.and_then(|user| unit.view.host.restarts.get(user));
    restart.is_some_and(|due| due.interrupts(&unit.loaded))
        || unit.seen.active.is_up() && !unit.health().comes_and_goes()
}

/// systemd stops and starts these together with the unit that they name (systemd.unit(5)).
const TOGETHER: [&str; 3] = ["RequiredBy", "BoundBy", "ConsistsOf"];

/// Whether declared units that run, and that systemd restarts together with this one, would come up again.
fn spares_others(decision: &Decision<'_>, draft: &mut Draft) -> Result<(), Denied> {
    let unit = &decision.unit;
    let comes_back = matches!(decision.run.then, Some((Verb::Start | Verb::Restart, _)));
    if !comes_back || !unit.seen.active.is_up() {
        return Ok(());
    }
    let along = TOGETHER
        .iter()
        .filter_map(|key| unit.seen.relations.get(*key));
    for name in along.flatten() {
        let declared = unit.view.host.units(&unit.view.scope);
        let Some(wanted) = declared.and_then(|units| units.get(name)) else {
            continue;
        };
        let Ok(other) = Unit::declared(unit.view, name, wanted) else {
            continue;
        };
        if is_well(&other)
            && let Some(input) = broken(&other, draft)
        {
            let unit = name.clone();
            return Err(Denied::because(RefusalReason::WouldBreakAnother {
                unit,
                input,
            }));
        }
    }
    Ok(())
}

/// The first thing that the unit will not have when it is started.
fn broken(unit: &Unit<'_>, draft: &mut Draft) -> Option<BrokenInput> {
    if !is_all_known(unit) {
        return None;
    }
    let needs = Needs::of(&unit.wanted);
    if needs.conditional && !is_well(unit) {
        return None;
    }
    let judge = Judge::new(unit, &needs);
    let mut first = None;
    for input in &needs.inputs {
        let Some(question) = judge.question(input, draft) else {
            continue;
        };
        draft.looks.extend(question.looks());
        let fault = question.fault(unit, draft, needs.only_presence);
        if let (None, Some(fault)) = (&first, fault) {
            first = Some(BrokenInput {
                setting: input.setting.to_owned(),
                value: question.value,
                runner: question.runner,
                fault,
            });
        }
    }
    first
}

/// Whether the text of the unit is all that there is to it, and may be shown.
fn is_all_known(unit: &Unit<'_>) -> bool {
    let mut files = unit.files.iter().chain(&unit.template_files);
    let secret = files.any(|file| file.body.is_some_and(abide_model::Body::is_secret));
    unit.ours && !unit.name.is_template() && !secret && foreign_drop_ins(unit).is_empty()
}

/// What is there in every root.
const OF_KERNEL: [&str; 4] = ["/proc", "/sys", "/dev", "/run"];

/// What is known of a unit's surroundings.
struct Judge<'u, 'a> {
    unit: &'u Unit<'a>,
    needs: &'u Needs,
    /// Who runs it; of a user that this plan makes nobody can look as that user.
    runner: Runner,
    /// Who runs it is not known: only what is not there at all is missing then.
    nobody: bool,
    /// Its home, where that is known.
    home: Option<HostPath>,
}

impl<'u, 'a> Judge<'u, 'a> {
    fn new(unit: &'u Unit<'a>, needs: &'u Needs) -> Self {
        let host = unit.view.host;
        let named = |name: &str| expanded_name(unit, name).and_then(|n| UserName::parse(&n).ok());
        let runner = match (unit.view.scope.user(), &needs.user) {
            (Some(user), _) => Some(Runner::User(user.clone())),
            (None, None) => Some(Runner::Root),
            (None, Some(name)) => match named(name) {
                Some(user) if user.as_str() == "root" => Some(Runner::Root),
                Some(user) => Some(Runner::User(user)),
                // A number, or a specifier that only the host knows.
                None => None,
            },
        };
        let nobody = runner.is_none();
        let runner = runner.unwrap_or(Runner::Root);
        let home = match &runner {
            Runner::Root if nobody => None,
            Runner::Root => HostPath::parse("/root").ok(),
            Runner::User(name) => {
                let known = host.desired.users.contains_key(name)
                    || matches!(host.user(name), Observation::Known(_));
                known.then(|| host.home(name))
            }
        };
        Self {
            unit,
            needs,
            runner,
            nobody,
            home,
        }
    }

    /// What is to be seen for this to be judged; `None` where it cannot be judged, or need not be.
    fn question(&self, input: &Input, draft: &Draft) -> Option<Question> {
        let by_manager = input.by_manager && self.unit.view.scope.user().is_none();
        let runner = match by_manager {
            true => Runner::Root,
            false => self.runner.clone(),
        };
        let question = |value: String, what: What| Question {
            value,
            runner: runner.clone(),
            kind: input.kind,
            what,
        };
        if matches!(input.kind, InputKind::User | InputKind::Group) {
            let (name, look) = self.account(input)?;
            return Some(question(name, What::Account(look)));
        }
        let text = match (input.kind, input.text.as_str()) {
            (InputKind::Directory, "~") if self.needs.root.is_some() => return None,
            (InputKind::Directory, "~") => self.home.as_ref()?.to_string(),
            (_, text) => self.expand(text)?,
        };
        // A manager of a user cannot change the root without a namespace of its own.
        let changes_root =
            input.kind == InputKind::Root || input.in_root && self.needs.root.is_some();
        if changes_root && self.is_confined_by_user_manager() {
            return None;
        }
        if let Some(root) = self.needs.root.as_ref().filter(|_| input.in_root) {
            let root = HostPath::parse(tidy(&self.expand(root)?)).ok()?;
            let paths = match text.contains('/') {
                true => vec![HostPath::parse(tidy(&text)).ok()?],
                false if input.kind == InputKind::Program => self.found_at(&text)?,
                false => return None,
            };
            let comes = paths.iter().any(|path| self.comes_otherwise(path));
            let of_kernel =
                |path: &HostPath| OF_KERNEL.iter().any(|one| path.as_str().starts_with(one));
            let unknown = comes || paths.iter().any(of_kernel);
            return (!unknown).then(|| question(text, What::InRoot { root, paths }));
        }
        let text = match input.kind {
            InputKind::Program => text,
            _ => self.beside_quadlet(text),
        };
        if input.kind == InputKind::Program && !text.contains('/') {
            let paths = self.found_at(&text)?;
            return Some(question(text, What::Anywhere(paths)));
        }
        let named = HostPath::parse(tidy(&text)).ok()?;
        let path = match input.kind {
            InputKind::Inside => named.parent(),
            _ => named.clone(),
        };
        // A manager of a user mounts nothing without a user namespace of its own.
        let unmounted = input.kind == InputKind::Mounted && self.is_confined_by_user_manager();
        if unmounted || self.comes_otherwise(&path) {
            return None;
        }
        if self.is_protected(input, &path) {
            return Some(question(path.to_string(), What::Protected));
        }
        let new_user = matches!(&runner, Runner::User(name) if makes_user(name.as_str(), draft));
        let what = match (&runner, new_user, &self.home) {
            // What is in a new home comes from there (useradd(8)).
            (_, true, Some(home)) if path.is_within(home) => {
                let below = path.as_str().strip_prefix(home.as_str())?;
                let skeleton = HostPath::parse(&format!("/etc/skel{below}")).ok()?;
                What::NewHome(skeleton)
            }
            (_, true, _) => What::AsAnybody(path.clone()),
            (_, false, _) if self.nobody && !by_manager => What::AsAnybody(path.clone()),
            (_, false, _) => {
                let env = self.env_of(input, &path, &runner, draft);
                What::At(path.clone(), env)
            }
        };
        Some(question(named.to_string(), what))
    }

    /// What Podman reads may be named from the directory of its quadlet.
    fn beside_quadlet(&self, text: String) -> String {
        let is_relative = !text.starts_with('/') && self.unit.name.kind().is_quadlet();
        let file = self.unit.files.first().filter(|_| is_relative);
        file.map_or(text.clone(), |file| {
            format!("{}/{}", file.path.parent(), text.trim_start_matches("./"))
        })
    }

    /// The question whether `env` finds what a script asks it for.
    fn env_of(
        &self,
        input: &Input,
        path: &HostPath,
        runner: &Runner,
        draft: &Draft,
    ) -> Option<InputLook> {
        let is_program = input.kind == InputKind::Program;
        if !is_program || self.nobody || is_elsewhere(&self.unit.view.host.observed.facts.os) {
            return None;
        }
        let search = match (&self.needs.path, &self.unit.view.scope) {
            (PathVariable::Unknown, _) => return None,
            // What the manager hands on may change with the plan.
            (PathVariable::OfManager, scope) if changes_environment(draft, scope) => return None,
            (PathVariable::OfManager, Scope::System) => EnvSearch::OfSystem,
            (PathVariable::OfManager, Scope::User(_)) => EnvSearch::OfUser,
            (PathVariable::Set(path), _) => EnvSearch::Path(self.expand(path)?),
        };
        Some(InputLook::ByEnv {
            runner: runner.clone(),
            path: path.clone(),
            search,
        })
    }

    /// The places where a program without a directory is looked for; `None` where that is not known.
    fn found_at(&self, name: &str) -> Option<Vec<HostPath>> {
        if is_elsewhere(&self.unit.view.host.observed.facts.os) {
            return None;
        }
        let own = self.needs.searched.iter().map(|dir| self.expand(dir));
        let own = own.collect::<Option<Vec<String>>>()?;
        let usual = SEARCHED.iter().map(|dir| (*dir).to_owned());
        let dirs = if own.is_empty() { usual.collect() } else { own };
        let paths = dirs.iter().map(|dir| format!("{}/{name}", tidy(dir)));
        let paths: Vec<HostPath> = paths
            .filter_map(|path| HostPath::parse(&path).ok())
            .collect();
        let otherwise = paths.iter().any(|path| self.comes_otherwise(path));
        (!otherwise).then_some(paths)
    }

    /// The question about an account.
    fn account(&self, input: &Input) -> Option<(String, InputLook)> {
        // systemd of a user changes nobody's accounts.
        let system = self.unit.view.scope == Scope::System;
        let name = expanded_name(self.unit, &input.text).filter(|_| system)?;
        let look = match input.kind {
            InputKind::User => UserName::parse(&name)
                .ok()
                .map(|_| InputLook::User(name.clone())),
            _ => GroupName::parse(&name)
                .ok()
                .map(|_| InputLook::Group(name.clone())),
        };
        Some((name, look?))
    }

    fn is_confined_by_user_manager(&self) -> bool {
        let is_service = self.unit.name.kind() == UnitKind::Service;
        is_service && self.unit.view.scope.user().is_some()
    }

    /// Whether `ProtectHome=` hides it.
    fn is_protected(&self, input: &Input, path: &HostPath) -> bool {
        let within = |home: &&str| HostPath::parse(home).is_ok_and(|home| path.is_within(&home));
        self.needs.hides_homes
            && !input.by_manager
            && self.unit.view.scope == Scope::System
            && matches!(input.kind, InputKind::Program | InputKind::Directory)
            && ["/home", "/root", "/run/user"].iter().any(within)
    }

    /// Whether the path comes with something that the unit itself names: a directory that systemd makes for it, a mount, or a
    /// condition without which it is not started.
    fn comes_otherwise(&self, path: &HostPath) -> bool {
        let made = self
            .needs
            .made
            .iter()
            .flat_map(|(key, name)| self.made_at(key, name));
        let elsewhere = self
            .needs
            .elsewhere
            .iter()
            .filter_map(|path| self.expand(path));
        let below = made
            .chain(elsewhere)
            .filter_map(|one| HostPath::parse(tidy(&one)).ok());
        let guards = self
            .needs
            .guards
            .iter()
            .filter_map(|path| self.expand(path));
        let mut guards = guards.filter_map(|one| HostPath::parse(tidy(&one)).ok());
        let unreadable = self
            .needs
            .guards
            .iter()
            .any(|path| self.expand(path).is_none());
        unreadable
            || below
                .into_iter()
                .any(|one| path.is_within(&one) || one.is_within(path))
            || guards.any(|one| path.is_within(&one) || one.is_within(path))
            || self.is_mounted(path)
    }

    /// Whether a mount unit of the manifest covers it.
    fn is_mounted(&self, path: &HostPath) -> bool {
        let host = self.unit.view.host;
        let units = host.units(&self.unit.view.scope).into_iter().flatten();
        let system = host.desired.units.iter();
        units.chain(system).any(|(name, _)| {
            let point = unescape(name.prefix()).map(|point| format!("/{point}"));
            let point = point.and_then(|point| HostPath::parse(&point).ok());
            matches!(name.kind(), UnitKind::Mount | UnitKind::Automount)
                && point.is_some_and(|point| path.is_within(&point))
        })
    }

    /// Where systemd makes such a directory; in a user's scope it depends on systemd's version and the user's environment, so
    /// these are all the places.
    fn made_at(&self, key: &str, name: &str) -> Vec<String> {
        let Some(name) = specifier::expand(&self.unit.loaded, None, name) else {
            return vec!["/".to_owned()];
        };
        let Some(user) = self.unit.view.scope.user() else {
            let base = match key {
                "StateDirectory" => "/var/lib",
                "RuntimeDirectory" => "/run",
                "CacheDirectory" => "/var/cache",
                "LogsDirectory" => "/var/log",
                _ => "/etc",
            };
            return vec![format!("{base}/{name}")];
        };
        let home = self.unit.view.host.home(user);
        let mut places: Vec<String> = [
            ".local/state",
            ".config",
            ".cache",
            ".config/log",
            ".local/state/log",
        ]
        .iter()
        .map(|base| format!("{home}/{base}/{name}"))
        .collect();
        places.extend(self.uid().map(|uid| format!("/run/user/{uid}/{name}")));
        places
    }

    fn uid(&self) -> Option<u32> {
        let user = self.unit.view.scope.user()?;
        let known: Observation<&ObservedUser> = self.unit.view.host.user(user);
        known.known().map(|user| user.uid)
    }

    /// The text with its specifiers; `None` where one is not known here.
    fn expand(&self, text: &str) -> Option<String> {
        let unit = &self.unit.loaded;
        let scope = self.unit.view.scope.user();
        let mut half = String::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if c != '%' {
                half.push(c);
                continue;
            }
            let value = match (rest.next()?, scope) {
                // The manager's own, whatever `User=` says.
                ('h', Some(user)) => self.unit.view.host.home(user).to_string(),
                ('h', None) => "/root".to_owned(),
                ('u', Some(user)) => user.to_string(),
                ('u', None) => "root".to_owned(),
                ('U', Some(_)) => self.uid()?.to_string(),
                ('U', None) => "0".to_owned(),
                ('t', Some(_)) => format!("/run/user/{}", self.uid()?),
                ('t', None) => "/run".to_owned(),
                ('S', None) => "/var/lib".to_owned(),
                ('C', None) => "/var/cache".to_owned(),
                ('L', None) => "/var/log".to_owned(),
                ('E', None) => "/etc".to_owned(),
                ('I', _) => unescape(unit.instance()?)?,
                (other, _) => {
                    half.extend(['%', other]);
                    continue;
                }
            };
            half.push_str(&value.replace('%', "%%"));
        }
        specifier::expand(unit, None, &half)
    }
}

/// A name with the specifiers that the unit's own name decides.
fn expanded_name(unit: &Unit<'_>, text: &str) -> Option<String> {
    specifier::expand(&unit.loaded, None, text)
}

/// systemd takes doubled and trailing slashes for one.
fn tidy(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed,
    }
}

/// Distributions that keep their programs in other directories, and tell systemd so.
fn is_elsewhere(os: &str) -> bool {
    ["NixOS", "Guix"].iter().any(|one| os.contains(one))
}

/// What has to be seen for one input.
struct Question {
    value: String,
    runner: Runner,
    kind: InputKind,
    what: What,
}

enum What {
    /// The path, as its runner sees it, and whether `env` finds what a script there asks it for.
    At(HostPath, Option<InputLook>),
    /// One of these, below another root.
    InRoot {
        /// That root.
        root: HostPath,
        /// The paths in it.
        paths: Vec<HostPath>,
    },
    /// Whether the path is there at all: its runner is not there yet.
    AsAnybody(HostPath),
    /// A path in a home that is made, by what stands in the skeleton of homes.
    NewHome(HostPath),
    /// One of these.
    Anywhere(Vec<HostPath>),
    /// An account or a group.
    Account(InputLook),
    /// Nothing has to be seen: the unit hides it from itself.
    Protected,
}

impl Question {
    fn looks(&self) -> Vec<InputLook> {
        let at = |runner: &Runner, path: &HostPath| InputLook::Path {
            runner: runner.clone(),
            path: path.clone(),
        };
        match &self.what {
            What::At(path, env) => {
                let looks = std::iter::once(at(&self.runner, path));
                looks.chain(env.clone()).collect()
            }
            What::InRoot { root, paths } => {
                let inside = |path: &HostPath| InputLook::Inside {
                    root: root.clone(),
                    path: path.clone(),
                };
                paths.iter().map(inside).collect()
            }
            What::AsAnybody(path) | What::NewHome(path) => vec![at(&Runner::Root, path)],
            What::Anywhere(paths) => paths.iter().map(|path| at(&Runner::Root, path)).collect(),
            What::Account(look) => vec![look.clone()],
            What::Protected => Vec::new(),
        }
    }

    /// What will be wrong with it when the unit starts, where that is certain.
    fn fault(&self, unit: &Unit<'_>, draft: &Draft, only_presence: bool) -> Option<InputFault> {
        let fault = self.fault_of_path(unit, draft, only_presence)?;
        if self.kind != InputKind::Inside {
            return Some(fault);
        }
        let directory = HostPath::parse(&self.value).ok()?.parent();
        Some(match fault {
            InputFault::Missing | InputFault::NoDirectory | InputFault::Removed => {
                InputFault::NoParent { directory }
            }
            InputFault::NotSearchable => InputFault::Behind { directory },
            other => other,
        })
    }

    fn fault_of_path(
        &self,
        unit: &Unit<'_>,
        draft: &Draft,
        only_presence: bool,
    ) -> Option<InputFault> {
        let path = HostPath::parse(&self.value).ok();
        let (path, kind) = match self.kind {
            InputKind::Inside => (path.map(|path| path.parent()), InputKind::Directory),
            kind => (path, kind),
        };
        match path.map_or(Brought::Nothing, |path| brought(&path, kind, draft)) {
            Brought::Right => return None,
            Brought::Wrong(fault) => return Some(fault),
            Brought::Nothing => {}
        }
        let seen = &unit.view.host.observed.inputs;
        let looks = self.looks();
        match &self.what {
            What::Protected => Some(InputFault::Protected),
            What::Anywhere(paths) if paths.iter().any(|path| comes(path, draft)) => None,
            What::Anywhere(_) => {
                let absent = |look: &InputLook| seen.get(look) == Some(&InputSeen::Absent);
                let all = looks.iter().all(absent);
                all.then_some(InputFault::NotInPath)
            }
            What::Account(look) => match (seen.get(look)?, look) {
                (InputSeen::Absent, InputLook::User(name)) => {
                    (!makes_user(name, draft)).then_some(InputFault::NoSuchUser)
                }
                (InputSeen::Absent, InputLook::Group(name)) => {
                    // useradd(8) makes a group of the user's name.
                    (!makes_user(name, draft)).then_some(InputFault::NoSuchGroup)
                }
                _ => None,
            },
            What::NewHome(path) if path.as_str() == "/etc/skel" => None,
            What::AsAnybody(_) | What::NewHome(_) => {
                let found = seen.get(looks.first()?)?;
                (*found == InputSeen::Absent).then_some(InputFault::Missing)
            }
            What::InRoot { root, paths } => {
                let joined = |path: &HostPath| HostPath::parse(&format!("{root}{path}"));
                let comes = |path: &HostPath| {
                    joined(path).is_ok_and(|path| {
                        !matches!(brought(&path, self.kind, draft), Brought::Nothing)
                    })
                };
                let absent = |look: &InputLook| seen.get(look) == Some(&InputSeen::Absent);
                let missing = looks.iter().all(absent) && !paths.iter().any(comes);
                missing.then(|| InputFault::NotInRoot { root: root.clone() })
            }
            What::At(_, env) => {
                let found = seen.get(looks.first()?)?;
                let by_env = || match seen.get(env.as_ref()?)? {
                    InputSeen::NotByEnv { name } if !writes_program(name, draft) => {
                        Some(InputFault::NotByEnv { name: name.clone() })
                    }
                    _ => None,
                };
                let fault = self.of_seen(found).or_else(by_env)?;
                let present = !matches!(fault, InputFault::Missing);
                let changed = self.is_changed(draft);
                (!present || !only_presence && !changed).then_some(fault)
            }
        }
    }

    fn of_seen(&self, found: &InputSeen) -> Option<InputFault> {
        match (self.kind, found) {
            (_, InputSeen::Absent) => Some(InputFault::Missing),
            (_, InputSeen::Hidden { by }) => Some(InputFault::Behind {
                directory: by.clone(),
            }),
            (InputKind::Program, InputSeen::Directory { .. }) => Some(InputFault::NoFile),
            (
                InputKind::Program,
                InputSeen::File {
                    executable: false, ..
                },
            ) => Some(InputFault::NotExecutable),
            (InputKind::Program, InputSeen::File { interpreter, .. }) => match interpreter {
                Interpreter::Fine => None,
                Interpreter::Missing => Some(InputFault::NoInterpreter),
                Interpreter::CarriageReturn => Some(InputFault::CarriageReturn),
                Interpreter::NoFormat => Some(InputFault::NoFormat),
            },
            (
                InputKind::Directory | InputKind::Inside | InputKind::Root,
                InputSeen::Directory { searchable },
            ) => (!searchable).then_some(InputFault::NotSearchable),
            (InputKind::Directory | InputKind::Inside | InputKind::Root, _) => {
                Some(InputFault::NoDirectory)
            }
            (InputKind::File, InputSeen::Directory { .. }) => Some(InputFault::NoFile),
            (
                InputKind::File | InputKind::Credential,
                InputSeen::File {
                    readable: false, ..
                },
            ) => Some(InputFault::NotReadable),
            _ => None,
        }
    }

    /// Whether this plan changes who its runner is: its groups decide what it may read.
    fn is_changed(&self, draft: &Draft) -> bool {
        let Runner::User(name) = &self.runner else {
            return false;
        };
        draft.steps.iter().any(|step| {
            matches!(&step.resource, ResourceId::User(user) if user == name)
                && matches!(step.change, Change::ModifyUser(_))
        })
    }
}

/// The steps that make or change the accounts which a unit of the system runs as.
pub(crate) fn accounts_settled(unit: &Unit<'_>, draft: &Draft) -> Vec<StepId> {
    if unit.view.scope != Scope::System {
        return Vec::new();
    }
    let named = ["User", "Group"]
        .into_iter()
        .filter_map(|key| unit.wanted.last("Service", key));
    let names = named.filter_map(|name| UserName::parse(&expanded_name(unit, name)?).ok());
    let steps = names.flat_map(|name| {
        let made = draft.steps.iter().position(|step| {
            matches!(step.change, Change::CreateUser { .. })
                && matches!(&step.resource, ResourceId::User(user) if *user == name)
        });
        let changed = account::changes(draft, &name).into_iter();
        changed.chain(made.map(StepId)).collect::<Vec<StepId>>()
    });
    steps.collect()
}

fn makes_user(name: &str, draft: &Draft) -> bool {
    draft.steps.iter().any(|step| {
        matches!(&step.resource, ResourceId::User(user) if user.as_str() == name)
            && matches!(step.change, Change::CreateUser { .. })
    })
}

/// What this plan itself does with a path.
enum Brought {
    /// Nothing.
    Nothing,
    /// It will be as it has to.
    Right,
    /// It will not.
    Wrong(InputFault),
}

/// Whether the plan writes a program of this name, wherever.
fn writes_program(name: &str, draft: &Draft) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    draft.steps.iter().any(|step| match &step.change {
        Change::WriteFile(write) => write.path.file_name() == name,
        Change::SetMode { path, .. } => path.file_name() == name,
        _ => false,
    })
}

/// Whether the plan changes what the manager of this scope hands on to its units, or starts it.
fn changes_environment(draft: &Draft, scope: &Scope) -> bool {
    const CONFIGURES: [&str; 5] = [
        "/environment.d/",
        "/user.conf",
        "/system.conf",
        "/user@",
        "/.pam_environment",
    ];
    draft.steps.iter().any(|step| match &step.change {
        Change::WriteFile(write) => CONFIGURES
            .iter()
            .any(|one| write.path.as_str().contains(one)),
        Change::StartManager | Change::RestartManager => step.resource.scope() == *scope,
        _ => false,
    })
}

/// Whether the plan writes it.
fn comes(path: &HostPath, draft: &Draft) -> bool {
    matches!(brought(path, InputKind::Program, draft), Brought::Right)
}

fn brought(path: &HostPath, kind: InputKind, draft: &Draft) -> Brought {
    let with_mode = |mode: u32| match kind {
        InputKind::Program if mode & 0o111 == 0 => Brought::Wrong(InputFault::NotExecutable),
        InputKind::Directory | InputKind::Root => Brought::Wrong(InputFault::NoDirectory),
        _ => Brought::Right,
    };
    for step in &draft.steps {
        match &step.change {
            Change::WriteFile(write) if write.path == *path => return with_mode(write.mode),
            Change::WriteFile(write) if write.path.is_within(path) => return Brought::Right,
            Change::SetMode { path: of, to, .. } if of == path => return with_mode(*to),
            Change::RemoveFile {
                path: of, purpose, ..
            } if of == path && *purpose == FilePurpose::Plain => {
                return Brought::Wrong(InputFault::Removed);
            }
            Change::CreateUser { home, .. } if home.is_within(path) => return Brought::Right,
            _ => {}
        }
    }
    Brought::Nothing
}
